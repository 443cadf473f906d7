use proofmark_engine::{Value, ops};

use super::{LayerDefinition, layer};
use crate::build::Build;
use crate::error::ModelErrorKind;

layer! {
    /// The largest value of each channel over the whole image.
    ///
    /// *Shapes*: x `[H, W, C]`; y `[C]`.
    ///
    /// *Source*: Keras' `GlobalMaxPooling2D`.
    #[derive(Default)]
    pub struct GlobalMaxPool2d {}
}

/// The largest value of each channel.
pub fn global_max_pool2d() -> GlobalMaxPool2d {
    GlobalMaxPool2d::default()
}

impl LayerDefinition for GlobalMaxPool2d {
    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        build.image(inputs[0])?;
        Ok(build.graph.add(ops::ReduceMax { axes: vec![0, 1] }, inputs)?)
    }
}
