use proofmark_engine::{Value, ops};

use super::{LayerDefinition, layer};
use crate::build::Build;
use crate::error::ModelErrorKind;

layer! {
    /// The mean of each channel over the whole sequence.
    ///
    /// *Shapes*: x `[T, C]`; y `[C]`.
    ///
    /// *Source*: Keras' `GlobalAveragePooling1D`.
    #[derive(Default)]
    pub struct GlobalAveragePool1d {}
}

/// The mean of each channel of a sequence.
pub fn global_average_pool1d() -> GlobalAveragePool1d {
    GlobalAveragePool1d::default()
}

impl LayerDefinition for GlobalAveragePool1d {
    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        build.sequence(inputs[0])?;
        Ok(build.graph.add(ops::Reduce { kind: ops::ReduceKind::Mean, axes: vec![0] }, inputs)?)
    }
}
