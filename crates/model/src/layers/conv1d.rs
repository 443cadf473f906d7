use proofmark_engine::{Value, ops};

use super::conv2d::one_group;
use super::dense::{default_bias_initializer, default_kernel_initializer};
use super::{LayerDefinition, SequencePadding, activation_methods, trained_layer};
use crate::build::{Build, Fans};
use crate::error::ModelErrorKind;
use crate::initializers::Initializer;
use crate::ranges::Ranges;
use crate::{Activation, Regularizer};

trained_layer! {
    /// Each filter is slid along the sequence: `y[t, f] = activation(b[f] + Σ x[t s + u d - p, c] W[u, c, f])`, for stride s,
    /// dilation d and padding p; what lies outside of the sequence is zero.
    ///
    /// *Shapes*: x `[T, C]`, kernel W `[k, C / groups, filters]`, bias b `[filters]`; y `[T', filters]`, where
    /// `T' = (T - d (k - 1) - 1) / s + 1`, rounded down, with `valid` and `T / s`, rounded up, with `same` and `causal` padding. With
    /// `causal` p is `d (k - 1)`: `y[t]` depends on nothing after `x[t s]`.
    ///
    /// *States*: `<name>.kernel`, `<name>.bias`.
    ///
    /// *Source*: Waibel et al. 1989; for causal and dilated ones van den Oord et al. 2016 (*WaveNet*), section 2.1; Keras' `Conv1D`.
    pub struct Conv1d {
        /// Number of filters, which is the number of channels of the output: 1 to 65,536, a multiple of `groups`.
        #[schemars(range(min = 1, max = 65_536))]
        pub filters: usize,
        /// Steps that a window reads, 1 to 65,536.
        #[schemars(range(min = 1, max = 65_536))]
        pub kernel: usize,
        /// Steps from one window to the next, 1 to 65,536. Default 1.
        #[serde(default = "crate::layers::conv1d::one")]
        #[schemars(range(min = 1, max = 65_536))]
        pub stride: usize,
        /// What the window meets at both ends. Default `valid`.
        #[serde(default)]
        pub padding: SequencePadding,
        /// Distance between the steps that one window reads, 1 to 65,536, so that a window spans 65,536 steps at most.
        /// Default 1: they are neighbours.
        #[serde(default = "crate::layers::conv1d::one")]
        #[schemars(range(min = 1, max = 65_536))]
        pub dilation: usize,
        /// Into how many groups channels and filters are divided; a filter reads only its own group's channels. 1 to
        /// 65,536, a divisor of both. Default 1.
        #[serde(default = "crate::layers::conv2d::one_group")]
        #[schemars(range(min = 1, max = 65_536))]
        pub groups: usize,
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
activation_methods!(Conv1d);

/// A convolution of sequences.
pub fn conv1d(filters: usize, kernel: usize) -> Conv1d {
    Conv1d {
        filters,
        kernel,
        stride: one(),
        padding: SequencePadding::Valid,
        dilation: one(),
        groups: one_group(),
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

impl Conv1d {
    /// The same layer with this many steps from one window to the next.
    #[must_use]
    pub fn stride(mut self, stride: usize) -> Self {
        self.stride = stride;
        self
    }

    /// The same layer, padded so that a stride of 1 keeps the length.
    #[must_use]
    pub fn same(mut self) -> Self {
        self.padding = SequencePadding::Same;
        self
    }

    /// The same layer, padded before the first step only, so that no output sees what comes after it.
    #[must_use]
    pub fn causal(mut self) -> Self {
        self.padding = SequencePadding::Causal;
        self
    }

    /// The same layer with this distance between the steps of a window.
    #[must_use]
    pub fn dilation(mut self, dilation: usize) -> Self {
        self.dilation = dilation;
        self
    }

    /// The same layer with channels and filters divided into groups.
    #[must_use]
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// Steps before the first that a window may reach: from its first to its last, less one.
    fn reach(&self) -> usize {
        (self.kernel - 1) * self.dilation
    }
}

/// The most steps that a window spans, dilation included.
const LONGEST_WINDOW: usize = 65_536;

pub(super) fn one() -> usize {
    1
}

impl LayerDefinition for Conv1d {
    fn check(&self, ranges: &mut Ranges) {
        ranges.count("filters", self.filters, 1..=65_536);
        ranges.count("kernel", self.kernel, 1..=LONGEST_WINDOW);
        ranges.count("stride", self.stride, 1..=65_536);
        let most = match self.kernel {
            2..=LONGEST_WINDOW => (LONGEST_WINDOW - 1) / (self.kernel - 1),
            _ => 65_536,
        };
        ranges.count("dilation", self.dilation, 1..=most);
        ranges.count("groups", self.groups, 1..=65_536);
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
        let mut x = inputs[0];
        let [steps, channels] = build.sequence(x)?;
        for (what, value) in [("channels", channels), ("filters", self.filters)] {
            if !value.is_multiple_of(self.groups) {
                return Err(ModelErrorKind::Groups { groups: self.groups, what, value });
            }
        }
        let padding = match self.padding {
            SequencePadding::Same => ops::Padding::Same,
            SequencePadding::Valid if self.reach() >= steps => {
                return Err(ModelErrorKind::WindowTooLong { window: self.reach() + 1, steps });
            }
            SequencePadding::Valid => ops::Padding::Valid,
            SequencePadding::Causal => {
                x = build.graph.add(ops::Pad { axis: 0, before: self.reach(), after: 0 }, &[x])?;
                ops::Padding::Valid
            }
        };
        let channels = channels / self.groups;
        let fans = Fans { inputs: self.kernel * channels, outputs: self.kernel * self.filters };
        let kernel_shape = [self.kernel, channels, self.filters];
        let kernel = build.kernel(&kernel_shape, &self.kernel_initializer, fans, self.kernel_regularizer)?;
        // A sequence is an image of one row, without a move.
        let (row, kernel) = (build.with_height(x)?, build.with_height(kernel)?);
        let (stride, dilation) = ([1, self.stride], [1, self.dilation]);
        let product =
            build.graph.add(ops::Conv2d { stride, padding, dilation, groups: self.groups }, &[row, kernel])?;
        let product = build.without_height(product)?;
        let bias = if self.use_bias { Some(build.bias(self.filters, &self.bias_initializer)?) } else { None };
        build.activate(product, bias, self.activation)
    }
}
