use proofmark_engine::map::{Function, Program};
use proofmark_engine::{Value, ops};

use super::layer_norm::{channels, check_epsilon};
use super::{LayerDefinition, trained_layer};
use crate::build::Build;
use crate::error::ModelErrorKind;
use crate::ranges::Ranges;

trained_layer! {
    /// Divides each row (the last axis) by its own root mean square: `y = gamma x / sqrt(mean of x² + epsilon)`.
    ///
    /// *Shapes*: x `[.., C]`; gamma `[C]`; y has the shape of x.
    ///
    /// *States*: `<name>.gamma`.
    ///
    /// *Source*: Zhang, Sennrich 2019, equation 4; Keras' `RMSNormalization`, whose default epsilon this is.
    pub struct RmsNorm {
        /// Added to the mean square, above 0 and at most 1. Default 0.000001.
        #[serde(default = "crate::layers::rms_norm::default_epsilon")]
        #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0))]
        pub epsilon: f64,
    }
}

/// Divides each row by its own root mean square.
pub fn rms_norm() -> RmsNorm {
    RmsNorm { epsilon: default_epsilon(), trainable: true, name: None, inputs: Vec::new() }
}

pub(super) fn default_epsilon() -> f64 {
    1e-6
}

impl LayerDefinition for RmsNorm {
    fn check(&self, ranges: &mut Ranges) {
        check_epsilon(ranges, self.epsilon);
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        let channels = channels(build, inputs[0])?;
        let op = ops::Normalize { centre: ops::Centre::Zero, epsilon: self.epsilon as f32 };
        let y = build.graph.apply(op, inputs)?[0];
        let gamma = build.scale("gamma", channels, 1.0)?;
        Ok(build.graph.map(Program::of(Function::Mul), &[y, gamma])?)
    }
}
