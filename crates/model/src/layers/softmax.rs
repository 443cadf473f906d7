use proofmark_engine::Value;

use super::{LayerDefinition, layer};
use crate::Activation;
use crate::build::Build;
use crate::error::ModelErrorKind;

layer! {
    /// `y[i] = e^x[i] / Σ e^x[j]` along the last axis: probabilities of classes that exclude each other.
    ///
    /// *Shapes*: y has the shape of x, which has at least one axis.
    ///
    /// *Source*: Bridle 1990; Keras' `Softmax`.
    #[derive(Default)]
    pub struct Softmax {}
}

/// Probabilities of classes.
pub fn softmax() -> Softmax {
    Softmax::default()
}

impl LayerDefinition for Softmax {
    fn activation(&self) -> Activation {
        Activation::Softmax
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        build.activate(inputs[0], None, Activation::Softmax)
    }
}
