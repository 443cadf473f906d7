use proofmark_engine::{Origin, Value, ops};

use super::{LayerDefinition, trained_layer};
use crate::Regularizer;
use crate::build::{Build, Fans};
use crate::error::ModelErrorKind;
use crate::initializers::{GlorotUniform, Initializer};
use crate::ranges::Ranges;

trained_layer! {
    /// A trained vector for each token: `y[.., :] = W[x[..], :]`.
    ///
    /// It reads the sample itself, whose numbers are tokens: integers from 0 to `vocabulary - 1`. Training refuses other
    /// numbers before its first step.
    ///
    /// *Shapes*: x `[..]`, kernel W `[vocabulary, units]`; y `[.., units]`.
    ///
    /// *States*: `<name>.kernel`.
    ///
    /// *Source*: Bengio, Ducharme, Vincent, Jauvin 2003; Keras' `Embedding`.
    pub struct Embedding {
        /// Number of different tokens, 1 to 16,777,216: up to there the numbers of a sample are exact.
        #[schemars(range(min = 1, max = 16_777_216))]
        pub vocabulary: usize,
        /// Numbers in a token's vector, 1 to 1,048,576.
        #[schemars(range(min = 1, max = 1_048_576))]
        pub units: usize,
        /// How the vectors start. Default `glorot_uniform`.
        #[serde(default = "crate::layers::embedding::default_kernel_initializer")]
        pub kernel_initializer: Initializer,
        /// The penalty on the vectors. Default: the training's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub kernel_regularizer: Option<Regularizer>,
    }
}

/// A vector of `units` numbers for each of `vocabulary` tokens.
pub fn embedding(vocabulary: usize, units: usize) -> Embedding {
    Embedding {
        vocabulary,
        units,
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

impl LayerDefinition for Embedding {
    fn check(&self, ranges: &mut Ranges) {
        ranges.count("vocabulary", self.vocabulary, 1..=1 << 24);
        ranges.count("units", self.units, 1..=1_048_576);
        self.kernel_initializer.check(ranges, "kernel_initializer.");
        if let Some(regularizer) = &self.kernel_regularizer {
            regularizer.check(ranges, "kernel_regularizer.");
        }
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        if !matches!(build.graph.origin(inputs[0]), Origin::Input(_)) {
            return Err(ModelErrorKind::NoTokens);
        }
        let fans = Fans { inputs: self.vocabulary, outputs: self.units };
        let shape = [self.vocabulary, self.units];
        let kernel = build.kernel(&shape, &self.kernel_initializer, fans, self.kernel_regularizer)?;
        Ok(build.graph.add(ops::Embedding, &[inputs[0], kernel])?)
    }
}
