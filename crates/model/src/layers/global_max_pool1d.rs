use proofmark_engine::{Value, ops};

use super::{LayerDefinition, layer};
use crate::build::Build;
use crate::error::ModelErrorKind;

layer! {
    /// The largest value of each channel over the whole sequence.
    ///
    /// *Shapes*: x `[T, C]`; y `[C]`.
    ///
    /// *Source*: Keras' `GlobalMaxPooling1D`.
    #[derive(Default)]
    pub struct GlobalMaxPool1d {}
}

/// The largest value of each channel of a sequence.
pub fn global_max_pool1d() -> GlobalMaxPool1d {
    GlobalMaxPool1d::default()
}

impl LayerDefinition for GlobalMaxPool1d {
    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        build.sequence(inputs[0])?;
        Ok(build.graph.add(ops::ReduceMax { axes: vec![0] }, inputs)?)
    }
}
