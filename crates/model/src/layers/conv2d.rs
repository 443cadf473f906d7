use proofmark_engine::{Value, ops};

use super::dense::{default_bias_initializer, default_kernel_initializer};
use super::{LayerDefinition, Padding, activation_methods, trained_layer};
use crate::build::{Build, Fans};
use crate::error::ModelErrorKind;
use crate::initializers::Initializer;
use crate::ranges::Ranges;
use crate::{Activation, Pair, Regularizer};

trained_layer! {
    /// Each filter is slid over the image: `y[i, j, f] = activation(b[f] + Σ x[i s + u d, j s + v d, c] W[u, v, c, f])`
    /// (cross-correlation, as everywhere in the field), for stride s and dilation d.
    ///
    /// *Shapes*: x `[H, W, C]`, kernel W `[h, w, C / groups, filters]`, bias b `[filters]`; y `[H', W', filters]`, where
    /// `H' = (H - d (h - 1) - 1) / s + 1` with `valid` and `H / s`, rounded up, with `same` padding.
    ///
    /// *States*: `<name>.kernel`, `<name>.bias`.
    ///
    /// *Source*: LeCun, Bottou, Bengio, Haffner 1998; Keras' `Conv2D`.
    pub struct Conv2d {
        /// Number of filters, which is the number of channels of the output: 1 to 65,536, a multiple of `groups`.
        #[schemars(range(min = 1, max = 65_536))]
        pub filters: usize,
        /// Height and width of the window: an integer, or a list of two.
        pub kernel: Pair,
        /// Steps from one window to the next. Default 1.
        #[serde(default = "crate::layers::conv2d::one")]
        pub stride: Pair,
        /// What the window meets at the border. Default `valid`.
        #[serde(default)]
        pub padding: Padding,
        /// Distance between the pixels that one window reads. Default 1: they are neighbours.
        #[serde(default = "crate::layers::conv2d::one")]
        pub dilation: Pair,
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
activation_methods!(Conv2d);

/// A convolution of images; `kernel` is one number for both sides, or `[height, width]`.
pub fn conv2d(filters: usize, kernel: impl Into<Pair>) -> Conv2d {
    Conv2d {
        filters,
        kernel: kernel.into(),
        stride: one(),
        padding: Padding::Valid,
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

impl Conv2d {
    /// The same layer with this many steps from one window to the next.
    #[must_use]
    pub fn stride(mut self, stride: impl Into<Pair>) -> Self {
        self.stride = stride.into();
        self
    }

    /// The same layer, padded so that a stride of 1 keeps height and width.
    #[must_use]
    pub fn same(mut self) -> Self {
        self.padding = Padding::Same;
        self
    }

    /// The same layer with this distance between the pixels of a window.
    #[must_use]
    pub fn dilation(mut self, dilation: impl Into<Pair>) -> Self {
        self.dilation = dilation.into();
        self
    }

    /// The same layer with channels and filters divided into groups.
    #[must_use]
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }
}

pub(super) fn one() -> Pair {
    Pair::from(1)
}

pub(super) fn one_group() -> usize {
    1
}

impl LayerDefinition for Conv2d {
    fn check(&self, ranges: &mut Ranges) {
        ranges.count("filters", self.filters, 1..=65_536);
        ranges.pair("kernel", self.kernel);
        ranges.pair("stride", self.stride);
        ranges.pair("dilation", self.dilation);
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
        let x = inputs[0];
        let [_, _, channels] = build.image(x)?;
        for (what, value) in [("channels", channels), ("filters", self.filters)] {
            if !value.is_multiple_of(self.groups) {
                return Err(ModelErrorKind::Groups { groups: self.groups, what, value });
            }
        }
        let channels = channels / self.groups;
        let Pair { height, width } = self.kernel;
        // At most 2^32 pixels a window; with the channels the product may leave 64 bits.
        let window = height * width;
        let fans = Fans { inputs: window.saturating_mul(channels), outputs: window.saturating_mul(self.filters) };
        let kernel_shape = [height, width, channels, self.filters];
        let kernel = build.kernel(&kernel_shape, &self.kernel_initializer, fans, self.kernel_regularizer)?;
        let op = ops::Conv2d {
            stride: self.stride.extents(),
            padding: self.padding.into(),
            dilation: self.dilation.extents(),
            groups: self.groups,
        };
        let product = build.graph.add(op, &[x, kernel])?;
        let bias = if self.use_bias { Some(build.bias(self.filters, &self.bias_initializer)?) } else { None };
        build.activate(product, bias, self.activation)
    }
}
