use proofmark_engine::map::Function;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The function that follows a layer's sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Activation {
    /// x itself.
    #[default]
    Linear,
    /// max(x, 0); NaN passes. Gradient 0 at 0.
    Relu,
    /// 1 / (1 + e^-x).
    Sigmoid,
    /// (e^x - e^-x) / (e^x + e^-x).
    Tanh,
    /// e^x over the sum of e^x along the last axis: probabilities of classes that exclude each other.
    Softmax,
    /// ln(1 + e^x).
    Softplus,
}

impl Activation {
    /// All activations.
    pub const ALL: &'static [Activation] = &[
        Activation::Linear,
        Activation::Relu,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Softmax,
        Activation::Softplus,
    ];

    /// The name as specs write it.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Linear => "linear",
            Activation::Relu => "relu",
            Activation::Sigmoid => "sigmoid",
            Activation::Tanh => "tanh",
            Activation::Softmax => "softmax",
            Activation::Softplus => "softplus",
        }
    }

    /// The row of the engine's table, for those that work element by element and do anything.
    pub(crate) fn function(self) -> Option<Function> {
        match self {
            Activation::Linear | Activation::Softmax => None,
            Activation::Relu => Some(Function::Relu),
            Activation::Sigmoid => Some(Function::Sigmoid),
            Activation::Tanh => Some(Function::Tanh),
            Activation::Softplus => Some(Function::Softplus),
        }
    }
}
