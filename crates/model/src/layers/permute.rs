use proofmark_engine::{Value, ops};

use super::{LayerDefinition, layer};
use crate::build::Build;
use crate::error::ModelErrorKind;
use crate::ranges::Ranges;

layer! {
    /// Changes the order of the axes: axis `i` of the output is axis `axes[i]` of the input.
    ///
    /// *Shapes*: x of any shape; y has its extents in the order of `axes`. `[1, 0]` transposes a matrix.
    ///
    /// *Source*: Keras' `Permute`, whose numbers count from 1; these count from 0 (NumPy's `transpose`).
    pub struct Permute {
        /// Every axis of the input once, from 0, without the batch axis; 1 to 8 of them.
        #[schemars(length(min = 1, max = 8), inner(range(min = 0, max = 7)))]
        pub axes: Vec<usize>,
    }
}

/// The axes in another order, from 0.
pub fn permute(axes: impl Into<Vec<usize>>) -> Permute {
    Permute { axes: axes.into(), name: None, inputs: Vec::new() }
}

impl LayerDefinition for Permute {
    fn check(&self, ranges: &mut Ranges) {
        ranges.length("axes", self.axes.len(), 1..=8);
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        let shape = build.graph.shape(inputs[0]);
        if self.axes.len() != shape.rank() || !(0..shape.rank()).all(|axis| self.axes.contains(&axis)) {
            return Err(ModelErrorKind::Permutation { axes: self.axes.clone(), received: shape.clone() });
        }
        Ok(build.graph.add(ops::Transpose { axes: self.axes.clone() }, inputs)?)
    }
}
