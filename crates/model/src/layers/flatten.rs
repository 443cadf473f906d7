use proofmark_engine::{Value, ops};
use proofmark_tensor::Shape;

use super::{LayerDefinition, layer};
use crate::build::Build;
use crate::error::ModelErrorKind;

layer! {
    /// The same numbers in one row, the last axis running fastest.
    ///
    /// *Shapes*: x of any shape; y `[elements]`.
    ///
    /// *Source*: Keras' `Flatten`.
    #[derive(Default)]
    pub struct Flatten {}
}

/// All axes as one.
pub fn flatten() -> Flatten {
    Flatten::default()
}

impl LayerDefinition for Flatten {
    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        let shape = Shape::new(&[build.graph.shape(inputs[0]).elements()]);
        Ok(build.graph.add(ops::Reshape { shape }, inputs)?)
    }
}
