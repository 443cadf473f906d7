use proofmark_engine::Value;
use proofmark_engine::map::{Function, Program};

use super::{LayerDefinition, trained_layer};
use crate::Regularizer;
use crate::build::{Build, Fans};
use crate::error::ModelErrorKind;
use crate::initializers::{GlorotUniform, Initializer};
use crate::ranges::Ranges;

trained_layer! {
    /// Adds a trained vector for each position: `y[t, :] = x[t, :] + W[t, :]`. Attention by itself does not know what stands
    /// where.
    ///
    /// *Shapes*: x `[T, C]`, kernel W `[T, C]`; y `[T, C]`.
    ///
    /// *States*: `<name>.kernel`.
    ///
    /// *Source*: Gehring, Auli, Grangier, Yarats, Dauphin 2017, section 3.1; KerasHub's `PositionEmbedding`.
    pub struct PositionEmbedding {
        /// How the vectors start. Default `glorot_uniform`.
        #[serde(default = "crate::layers::position_embedding::default_kernel_initializer")]
        pub kernel_initializer: Initializer,
        /// The penalty on the vectors. Default: the training's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub kernel_regularizer: Option<Regularizer>,
    }
}

/// Adds a trained vector for each position.
pub fn position_embedding() -> PositionEmbedding {
    PositionEmbedding {
        kernel_initializer: default_kernel_initializer(),
        kernel_regularizer: None,
        trainable: true,
        name: None,
        inputs: Vec::new(),
    }
}

pub(super) fn default_kernel_initializer() -> Initializer {
    GlorotUniform {}.into()
}

impl LayerDefinition for PositionEmbedding {
    fn check(&self, ranges: &mut Ranges) {
        self.kernel_initializer.check(ranges, "kernel_initializer.");
        if let Some(regularizer) = &self.kernel_regularizer {
            regularizer.check(ranges, "kernel_regularizer.");
        }
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        let [steps, channels] = build.sequence(inputs[0])?;
        let fans = Fans { inputs: steps, outputs: channels };
        let kernel = build.kernel(&[steps, channels], &self.kernel_initializer, fans, self.kernel_regularizer)?;
        Ok(build.graph.map(Program::of(Function::Add), &[inputs[0], kernel])?)
    }
}
