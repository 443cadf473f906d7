use std::ops::RangeInclusive;

use proofmark_engine::{Value, ops};

use super::{LayerDefinition, trained_layer};
use crate::Regularizer;
use crate::build::{Build, Fans};
use crate::error::ModelErrorKind;
use crate::initializers::{GlorotUniform, Initializer, Zeros};
use crate::ranges::Ranges;

trained_layer! {
    /// Every step looks at all steps and takes the mean of their values, weighted by how well their keys fit its query:
    /// `softmax(Q Kᵀ / sqrt(key_dim)) V` for each head, the heads side by side, then `y = [head 1 .. head h] W_o + b_o`.
    ///
    /// Queries, keys and values are `Q = x W_q + b_q`, `K = m W_k + b_k`, `V = v W_v + b_v`, cut into heads. With one input
    /// all three come from it (self-attention); with two, keys and values come from the second one (cross-attention, of a
    /// decoder that looks at an encoder); with three, in the order of the formula: queries, keys, values.
    ///
    /// *Shapes*: x `[T, C]`, m `[S, M]`, v `[S, N]`; `W_q` `[C, heads key_dim]`, `W_k` `[M, heads key_dim]`,
    /// `W_v` `[N, heads value_dim]`, `W_o` `[heads value_dim, C]`; y `[T, C]`. `T = S` where it is causal.
    ///
    /// *States*: `<name>.query_kernel`, `<name>.query_bias`, and so for `key`, `value` and `output`.
    ///
    /// *Source*: Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser, Polosukhin 2017, section 3.2; Keras'
    /// `MultiHeadAttention`. Rotary positions: Su, Lu, Pan, Murtadha, Wen, Liu 2021, equation 34.
    pub struct MultiHeadAttention {
        /// Number of heads, 1 to 1,024.
        #[schemars(range(min = 1, max = 1_024))]
        pub heads: usize,
        /// Numbers in a head's query and key, 1 to 65,536. Default: the channels of the queries' input by the heads, which
        /// must divide them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = 65_536))]
        pub key_dim: Option<usize>,
        /// Numbers in a head's value, 1 to 65,536. Default: `key_dim`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = 65_536))]
        pub value_dim: Option<usize>,
        /// Whether a step sees itself and the steps before it only, as a model of the next step must. Default `false`.
        #[serde(default)]
        pub causal: bool,
        /// Whether the last of its inputs is a number for each sample, from `sequence_length`: how many of the keys' steps
        /// count. The others are padding, which nobody sees. Default `false`.
        #[serde(default)]
        pub lengths: bool,
        /// Whether queries and keys are turned by angles that grow with their position (RoPE), so that what fits depends on
        /// how far two steps stand apart; `key_dim` is even. Default `false`.
        #[serde(default)]
        pub rotary: bool,
        /// What the angles of `rotary` are powers of, 1 to 1e9: pair i of a head turns by `base^(-2 i / key_dim)` a step.
        /// Default 10000.
        #[serde(default = "crate::layers::multi_head_attention::default_base")]
        #[schemars(range(min = 1.0, max = 1e9))]
        pub rotary_base: f64,
        /// Whether biases are added. Default `true`.
        #[serde(default = "crate::layers::dense::default_use_bias")]
        pub use_bias: bool,
        /// How the kernels start. Default `glorot_uniform`.
        #[serde(default = "crate::layers::multi_head_attention::default_kernel_initializer")]
        pub kernel_initializer: Initializer,
        /// How the biases start. Default `zeros`.
        #[serde(default = "crate::layers::multi_head_attention::default_bias_initializer")]
        pub bias_initializer: Initializer,
        /// The penalty on the kernels. Default: the training's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub kernel_regularizer: Option<Regularizer>,
    }
}

/// Attention with this many heads, each of an equal share of the channels.
pub fn multi_head_attention(heads: usize) -> MultiHeadAttention {
    MultiHeadAttention {
        heads,
        key_dim: None,
        value_dim: None,
        causal: false,
        lengths: false,
        rotary: false,
        rotary_base: default_base(),
        use_bias: true,
        kernel_initializer: default_kernel_initializer(),
        bias_initializer: default_bias_initializer(),
        kernel_regularizer: None,
        trainable: true,
        name: None,
        inputs: Vec::new(),
    }
}

impl MultiHeadAttention {
    /// The same layer in which no step sees a later one.
    #[must_use]
    pub fn causal(mut self) -> Self {
        self.causal = true;
        self
    }

    /// The same layer whose queries and keys are turned by their positions.
    #[must_use]
    pub fn rotary(mut self) -> Self {
        self.rotary = true;
        self
    }

    /// The same layer whose last input is the number of steps that are no padding.
    #[must_use]
    pub fn lengths(mut self) -> Self {
        self.lengths = true;
        self
    }

    /// The same layer without biases.
    #[must_use]
    pub fn without_bias(mut self) -> Self {
        self.use_bias = false;
        self
    }

    /// Adds `x W + b`, with the parameters of this name.
    fn project(&self, build: &mut Build<'_>, x: Value, name: &str, outputs: usize) -> Result<Value, ModelErrorKind> {
        let inputs = build.graph.shape(x).last();
        let fans = Fans { inputs, outputs };
        let suffix = format!("{name}_kernel");
        let shape = [inputs, outputs];
        let kernel = build.kernel_named(&suffix, &shape, &self.kernel_initializer, fans, self.kernel_regularizer)?;
        let product = build.graph.add(ops::Dense, &[x, kernel])?;
        let bias = match self.use_bias {
            true => Some(build.bias_named(&format!("{name}_bias"), outputs, &self.bias_initializer)?),
            false => None,
        };
        build.activate(product, bias, crate::Activation::Linear)
    }
}

pub(super) fn default_base() -> f64 {
    10_000.0
}

pub(super) fn default_kernel_initializer() -> Initializer {
    GlorotUniform {}.into()
}

pub(super) fn default_bias_initializer() -> Initializer {
    Zeros {}.into()
}

impl LayerDefinition for MultiHeadAttention {
    fn check(&self, ranges: &mut Ranges) {
        ranges.count("heads", self.heads, 1..=1_024);
        for (parameter, value) in [("key_dim", self.key_dim), ("value_dim", self.value_dim)] {
            if let Some(value) = value {
                ranges.count(parameter, value, 1..=65_536);
            }
        }
        ranges.number("rotary_base", self.rotary_base, 1.0..=1e9);
        self.kernel_initializer.check(ranges, "kernel_initializer.");
        self.bias_initializer.check(ranges, "bias_initializer.");
        if let Some(regularizer) = &self.kernel_regularizer {
            regularizer.check(ranges, "kernel_regularizer.");
        }
    }

    fn n_inputs(&self) -> RangeInclusive<usize> {
        if self.lengths { 2..=4 } else { 1..=3 }
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        let (lengths, sources) = match inputs.split_last() {
            Some((lengths, sources)) if self.lengths => (Some(*lengths), sources),
            _ => (None, inputs),
        };
        let (x, m, v) = match *sources {
            [x] => (x, x, x),
            [x, m] => (x, m, m),
            [x, m, v, ..] => (x, m, v),
            [] => return Err(ModelErrorKind::NoAxes { received: proofmark_tensor::Shape::scalar() }),
        };
        let [steps, channels] = build.sequence(x)?;
        let [keys, _] = build.sequence(m)?;
        let [values, _] = build.sequence(v)?;
        if keys != values || (self.causal && keys != steps) {
            let (of, what) = if keys != values { (values, "keys") } else { (keys, "queries") };
            let expected = if keys != values { keys } else { steps };
            return Err(ModelErrorKind::StepsDiffer { what, expected, received: of });
        }
        let key_dim = match self.key_dim {
            Some(key_dim) => key_dim,
            None if channels.is_multiple_of(self.heads) => channels / self.heads,
            None => return Err(ModelErrorKind::Heads { heads: self.heads, channels }),
        };
        if self.rotary && !key_dim.is_multiple_of(2) {
            return Err(ModelErrorKind::RotaryOdd { key_dim });
        }
        let value_dim = self.value_dim.unwrap_or(key_dim);
        let mut q = self.project(build, x, "query", self.heads * key_dim)?;
        let mut k = self.project(build, m, "key", self.heads * key_dim)?;
        let v = self.project(build, v, "value", self.heads * value_dim)?;
        if self.rotary {
            let op = ops::Rotary { heads: self.heads, base: self.rotary_base as f32, backwards: false };
            (q, k) = (build.graph.add(op, &[q])?, build.graph.add(op, &[k])?);
        }
        let mut operands = vec![q, k, v];
        if let Some(lengths) = lengths {
            let received = build.graph.shape(lengths);
            if received.elements() != 1 {
                return Err(ModelErrorKind::NoLength { received: received.clone() });
            }
            operands.push(build.reshape(lengths, [])?);
        }
        let op = ops::Attention { heads: self.heads, is_causal: self.causal, has_lengths: self.lengths };
        let y = build.graph.apply(op, &operands)?[0];
        self.project(build, y, "output", channels)
    }
}
