use proofmark_engine::{Value, ops};
use proofmark_tensor::Shape;

use super::{LayerDefinition, layer};
use crate::build::{Build, MAX_ELEMENTS, elements};
use crate::error::ModelErrorKind;
use crate::ranges::Ranges;

layer! {
    /// The same numbers under another shape, the last axis running fastest.
    ///
    /// *Shapes*: x of any shape; y `shape`, with as many elements.
    ///
    /// *Source*: Keras' `Reshape`.
    pub struct Reshape {
        /// The new extents, 1 to 8 of them, without the batch axis.
        #[schemars(length(min = 1, max = 8), inner(range(min = 1)))]
        pub shape: Vec<usize>,
    }
}

/// The same numbers under another shape.
pub fn reshape(shape: impl Into<Vec<usize>>) -> Reshape {
    Reshape { shape: shape.into(), name: None, inputs: Vec::new() }
}

impl LayerDefinition for Reshape {
    fn check(&self, ranges: &mut Ranges) {
        ranges.length("shape", self.shape.len(), 1..=8);
        for (axis, extent) in self.shape.iter().enumerate() {
            ranges.count(&format!("shape[{axis}]"), *extent, 1..=MAX_ELEMENTS);
        }
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        elements(&self.shape)?;
        Ok(build.graph.add(ops::Reshape { shape: Shape::new(&self.shape) }, inputs)?)
    }
}
