use proofmark_engine::{Value, ops};

use super::{LayerDefinition, layer};
use crate::build::Build;
use crate::error::ModelErrorKind;

layer! {
    /// The mean of each channel over the whole image.
    ///
    /// *Shapes*: x `[H, W, C]`; y `[C]`.
    ///
    /// *Source*: Lin, Chen, Yan 2013 (*Network in network*), section 3.2; Keras' `GlobalAveragePooling2D`.
    #[derive(Default)]
    pub struct GlobalAveragePool2d {}
}

/// The mean of each channel.
pub fn global_average_pool2d() -> GlobalAveragePool2d {
    GlobalAveragePool2d::default()
}

impl LayerDefinition for GlobalAveragePool2d {
    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        build.image(inputs[0])?;
        Ok(build.graph.add(ops::Reduce { kind: ops::ReduceKind::Mean, axes: vec![0, 1] }, inputs)?)
    }
}
