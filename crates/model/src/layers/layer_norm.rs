use proofmark_engine::map::{Builder, Function};
use proofmark_engine::{Value, ops};

use super::{LayerDefinition, trained_layer};
use crate::build::Build;
use crate::error::ModelErrorKind;
use crate::ranges::Ranges;

trained_layer! {
    /// Normalises each row (the last axis) by its own mean and variance: `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`.
    ///
    /// Mean and (biased) variance are those of the row, in training and otherwise, so that a sample's result depends on no
    /// other sample, and a step's in a sequence on no other step.
    ///
    /// *Shapes*: x `[.., C]`; gamma and beta `[C]`; y has the shape of x.
    ///
    /// *States*: `<name>.gamma`, `<name>.beta`.
    ///
    /// *Source*: Ba, Kiros, Hinton 2016, section 3; PyTorch's `LayerNorm`, whose default epsilon this is (Keras' is 0.001).
    pub struct LayerNorm {
        /// Added to the variance, above 0 and at most 1. Default 0.00001.
        #[serde(default = "crate::layers::layer_norm::default_epsilon")]
        #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0))]
        pub epsilon: f64,
    }
}

/// Normalises each row by its own mean and variance.
pub fn layer_norm() -> LayerNorm {
    LayerNorm { epsilon: default_epsilon(), trainable: true, name: None, inputs: Vec::new() }
}

pub(super) fn default_epsilon() -> f64 {
    1e-5
}

/// What is added under a root.
pub(super) fn check_epsilon(ranges: &mut Ranges, epsilon: f64) {
    ranges.share("epsilon", epsilon);
}

/// The number of channels, which is the extent of the last axis.
pub(super) fn channels(build: &Build<'_>, x: Value) -> Result<usize, ModelErrorKind> {
    let shape = build.graph.shape(x);
    if shape.rank() == 0 { Err(ModelErrorKind::NoAxes { received: shape.clone() }) } else { Ok(shape.last()) }
}

/// Adds gamma y + beta, channel by channel.
pub(super) fn gain_and_bias(build: &mut Build<'_>, y: Value, channels: usize) -> Result<Value, ModelErrorKind> {
    let gamma = build.scale("gamma", channels, 1.0)?;
    let beta = build.scale("beta", channels, 0.0)?;
    let mut builder = Builder::new(3);
    let (y_input, gamma_input, beta_input) = (builder.input(0), builder.input(1), builder.input(2));
    let result = builder.apply(Function::MulAdd, &[y_input, gamma_input, beta_input]);
    Ok(build.graph.map(builder.finish(&[result]), &[y, gamma, beta])?)
}

impl LayerDefinition for LayerNorm {
    fn check(&self, ranges: &mut Ranges) {
        check_epsilon(ranges, self.epsilon);
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        let channels = channels(build, inputs[0])?;
        let op = ops::Normalize { centre: ops::Centre::Mean, epsilon: self.epsilon as f32 };
        let y = build.graph.apply(op, inputs)?[0];
        gain_and_bias(build, y, channels)
    }
}
