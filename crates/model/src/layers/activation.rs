use proofmark_engine::Value;

use super::{LayerDefinition, layer};
use crate::Activation;
use crate::build::Build;
use crate::error::ModelErrorKind;

layer! {
    /// Applies an activation on its own: `y = function(x)`.
    ///
    /// *Shapes*: y has the shape of x.
    ///
    /// *Source*: Keras' `Activation`.
    pub struct ActivationLayer {
        /// The function.
        pub function: Activation,
    }
}

/// An activation as a layer of its own.
pub fn activation(function: Activation) -> ActivationLayer {
    ActivationLayer { function, name: None, inputs: Vec::new() }
}

impl LayerDefinition for ActivationLayer {
    fn activation(&self) -> Activation {
        self.function
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        build.activate(inputs[0], None, self.function)
    }
}
