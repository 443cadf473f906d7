use proofmark_engine::Value;

use super::{LayerDefinition, layer};
use crate::Activation;
use crate::build::Build;
use crate::error::ModelErrorKind;

layer! {
    /// max(x, 0), element by element: for use after an addition or a normalisation, where no layer with an `activation`
    /// stands.
    ///
    /// *Shapes*: y has the shape of x.
    ///
    /// *Source*: Nair, Hinton 2010; Keras' `ReLU`.
    #[derive(Default)]
    pub struct Relu {}
}

/// max(x, 0).
pub fn relu() -> Relu {
    Relu::default()
}

impl LayerDefinition for Relu {
    fn activation(&self) -> Activation {
        Activation::Relu
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        build.activate(inputs[0], None, Activation::Relu)
    }
}
