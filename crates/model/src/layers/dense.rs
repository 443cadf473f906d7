use proofmark_engine::{Value, ops};

use super::{LayerDefinition, activation_methods, trained_layer};
use crate::build::{Build, Fans};
use crate::error::ModelErrorKind;
use crate::initializers::{GlorotUniform, Initializer, Zeros};
use crate::ranges::Ranges;
use crate::{Activation, Regularizer};

trained_layer! {
    /// Every output is a weighted sum of all inputs: `y = activation(x W + b)`.
    ///
    /// *Shapes*: x `[.., K]`, kernel W `[K, units]`, bias b `[units]`; y `[.., units]`. An image is flattened first, unless
    /// the same sum is meant for each of its pixels.
    ///
    /// *States*: `<name>.kernel`, `<name>.bias`.
    ///
    /// *Source*: Keras' `Dense`.
    pub struct Dense {
        /// Number of outputs, 1 to 1,048,576.
        #[schemars(range(min = 1, max = 1_048_576))]
        pub units: usize,
        /// The function of the sums. Default `linear`.
        #[serde(default)]
        pub activation: Activation,
        /// Whether a bias is added. Default `true`.
        #[serde(default = "crate::layers::dense::default_use_bias")]
        pub use_bias: bool,
        /// How the kernel starts. Default `glorot_uniform`.
        #[serde(default = "crate::layers::dense::default_kernel_initializer")]
        pub kernel_initializer: Initializer,
        /// How the bias starts. Default `zeros`.
        #[serde(default = "crate::layers::dense::default_bias_initializer")]
        pub bias_initializer: Initializer,
        /// The penalty on the kernel. Default: the training's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub kernel_regularizer: Option<Regularizer>,
    }
}
activation_methods!(Dense);

/// A layer in which every output sees every input.
pub fn dense(units: usize) -> Dense {
    Dense {
        units,
        activation: Activation::Linear,
        use_bias: true,
        kernel_initializer: default_kernel_initializer(),
        bias_initializer: default_bias_initializer(),
        kernel_regularizer: None,
        trainable: true,
        name: None,
        inputs: Vec::new(),
    }
}

pub(super) fn default_use_bias() -> bool {
    true
}

pub(super) fn default_kernel_initializer() -> Initializer {
    GlorotUniform {}.into()
}

pub(super) fn default_bias_initializer() -> Initializer {
    Zeros {}.into()
}

impl LayerDefinition for Dense {
    fn check(&self, ranges: &mut Ranges) {
        ranges.count("units", self.units, 1..=1_048_576);
        self.kernel_initializer.check(ranges, "kernel_initializer.");
        self.bias_initializer.check(ranges, "bias_initializer.");
        if let Some(regularizer) = &self.kernel_regularizer {
            regularizer.check(ranges, "kernel_regularizer.");
        }
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        let x = inputs[0];
        let shape = build.graph.shape(x).clone();
        if shape.rank() == 0 {
            return Err(ModelErrorKind::NoAxes { received: shape });
        }
        let fans = Fans { inputs: shape.last(), outputs: self.units };
        let kernel_shape = [shape.last(), self.units];
        let kernel = build.kernel(&kernel_shape, &self.kernel_initializer, fans, self.kernel_regularizer)?;
        let product = build.graph.add(ops::Dense, &[x, kernel])?;
        let bias = if self.use_bias { Some(build.bias(self.units, &self.bias_initializer)?) } else { None };
        build.activate(product, bias, self.activation)
    }
}
