use proofmark_engine::map::{Builder, Function, Operand};
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
    /// x times the standard normal distribution's share below x: x (1 + erf(x / √2)) / 2, exactly, not by a tanh.
    Gelu,
    /// x / (1 + e^-x), also called swish.
    Silu,
    /// ln of what `softmax` gives, without losing small probabilities.
    LogSoftmax,
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
        Activation::Gelu,
        Activation::Silu,
        Activation::LogSoftmax,
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
            Activation::Gelu => "gelu",
            Activation::Silu => "silu",
            Activation::LogSoftmax => "log_softmax",
        }
    }

    /// Adds what works element by element to a program; x itself for what does nothing, or works on rows.
    pub(crate) fn apply(self, builder: &mut Builder, x: Operand) -> Operand {
        match self {
            Activation::Linear | Activation::Softmax | Activation::LogSoftmax => x,
            Activation::Relu => builder.apply(Function::Relu, &[x]),
            Activation::Sigmoid => builder.apply(Function::Sigmoid, &[x]),
            Activation::Tanh => builder.apply(Function::Tanh, &[x]),
            Activation::Softplus => builder.apply(Function::Softplus, &[x]),
            // Hendrycks, Gimpel 2016, section 2. Below -5 the share is a difference of nearly equal numbers, whose rounding
            // leaves the result off by |x| 2^-25 at most: as exact as 1 + erf, as in PyTorch and Keras.
            Activation::Gelu => {
                let half = builder.constant(0.5);
                let scale = builder.constant(std::f32::consts::FRAC_1_SQRT_2);
                let scaled = builder.apply(Function::Mul, &[x, scale]);
                let erf = builder.apply(Function::Erf, &[scaled]);
                let share = builder.apply(Function::MulAdd, &[erf, half, half]);
                builder.apply(Function::Mul, &[x, share])
            }
            // Elfwing, Uchibe, Doya 2017, equation 5.
            Activation::Silu => {
                let share = builder.apply(Function::Sigmoid, &[x]);
                builder.apply(Function::Mul, &[x, share])
            }
        }
    }
}
