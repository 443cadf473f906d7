use std::ops::RangeInclusive;

use proofmark_engine::{Value, ops};

use super::{LayerDefinition, layer};
use crate::build::Build;
use crate::error::ModelErrorKind;

layer! {
    /// Its inputs side by side along the last axis (the channels of images).
    ///
    /// *Shapes*: 2 to 8 inputs `[.., Ci]` that differ in the last axis only; y `[.., Σ Ci]`.
    ///
    /// *Source*: Keras' `Concatenate`.
    #[derive(Default)]
    pub struct Concatenate {}
}

/// These layers side by side.
pub fn concatenate<N: Into<String>>(inputs: impl IntoIterator<Item = N>) -> Concatenate {
    Concatenate::default().inputs(inputs)
}

impl LayerDefinition for Concatenate {
    fn n_inputs(&self) -> RangeInclusive<usize> {
        2..=8
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        let first = build.graph.shape(inputs[0]).clone();
        let Some(axis) = first.rank().checked_sub(1) else {
            return Err(ModelErrorKind::NoAxes { received: first });
        };
        for (idx, input) in inputs.iter().enumerate() {
            let received = build.graph.shape(*input);
            if received.rank() != first.rank() || received[..axis] != first[..axis] {
                let received = received.clone();
                return Err(ModelErrorKind::LeadingAxesDiffer { input: idx, expected: first, received });
            }
        }
        Ok(build.graph.add(ops::Concat { axis }, inputs)?)
    }
}
