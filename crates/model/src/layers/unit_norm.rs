use proofmark_engine::map::{Builder, Function};
use proofmark_engine::{Value, ops};

use super::layer_norm::{channels, check_epsilon};
use super::{LayerDefinition, layer};
use crate::build::Build;
use crate::error::ModelErrorKind;
use crate::ranges::Ranges;

layer! {
    /// Brings each row (the last axis) to length 1: `y = x / sqrt(Σ x² + epsilon)`. At the end of a model whose outputs are compared
    /// by their distance: two embeddings are at most 2 apart, whatever their length was.
    ///
    /// *Shapes*: x `[.., C]`; y the same. A row of zeros stays one.
    ///
    /// *Source*: L2 normalisation, as in Schroff, Kalenichenko, Philbin 2015 (*FaceNet*), section 3; Keras' `UnitNormalization` and
    /// PyTorch's `normalize` have the same epsilon as a lower bound instead.
    pub struct UnitNorm {
        /// Added to the sum of the squares, above 0 and at most 1. Default 0.000000000001.
        #[serde(default = "crate::layers::unit_norm::default_epsilon")]
        #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0))]
        pub epsilon: f64,
    }
}

/// Brings each row to length 1.
pub fn unit_norm() -> UnitNorm {
    UnitNorm { epsilon: default_epsilon(), name: None, inputs: Vec::new() }
}

pub(super) fn default_epsilon() -> f64 {
    1e-12
}

impl LayerDefinition for UnitNorm {
    fn check(&self, ranges: &mut Ranges) {
        check_epsilon(ranges, self.epsilon);
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        let channels = channels(build, inputs[0])? as f64;
        // By the root of the mean square first, which is the root of the channels' number times the length that is wanted.
        let op = ops::Normalize { centre: ops::Centre::Zero, epsilon: (self.epsilon / channels) as f32 };
        let scaled = build.graph.apply(op, inputs)?[0];
        let mut builder = Builder::new(1);
        let factor = builder.constant((1.0 / channels.sqrt()) as f32);
        let row = builder.apply(Function::Mul, &[builder.input(0), factor]);
        Ok(build.graph.map(builder.finish(&[row]), &[scaled])?)
    }
}
