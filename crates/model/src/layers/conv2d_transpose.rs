use proofmark_engine::{Value, ops};

use super::conv2d::one;
use super::dense::{default_bias_initializer, default_kernel_initializer};
use super::{LayerDefinition, Padding, activation_methods, trained_layer};
use crate::build::{Build, Fans, elements};
use crate::error::ModelErrorKind;
use crate::initializers::Initializer;
use crate::ranges::Ranges;
use crate::{Activation, Pair, Regularizer};

trained_layer! {
    /// Every pixel spreads the kernel over a larger image, where what overlaps is added: `y[i s + u - p, j s + v - p, f]` is the
    /// sum of `x[i, j, c] W[u, v, c, f]`, for stride s and padding p, then the bias and the activation. A convolution backwards:
    /// what a decoder enlarges images by.
    ///
    /// *Shapes*: x `[H, W, C]`, kernel W `[h, w, C, filters]`, bias b `[filters]`; y `[H', W', filters]`, where
    /// `H' = (H - 1) s + max(h, s)` with `valid` and `H s` with `same` padding: the image that a convolution with this kernel,
    /// stride and padding makes x's size of.
    ///
    /// *States*: `<name>.kernel`, `<name>.bias`. (Keras and PyTorch keep the kernel with its channels in other places.)
    ///
    /// *Source*: Zeiler, Krishnan, Taylor, Fergus 2010; Dumoulin, Visin 2016, chapter 4; Keras' `Conv2DTranspose`.
    pub struct Conv2dTranspose {
        /// Number of filters, which is the number of channels of the output: 1 to 65,536.
        #[schemars(range(min = 1, max = 65_536))]
        pub filters: usize,
        /// Height and width of what a pixel is spread over: an integer, or a list of two.
        pub kernel: Pair,
        /// Steps in the output from one pixel of the input to the next. Default 1.
        #[serde(default = "crate::layers::conv2d::one")]
        pub stride: Pair,
        /// What becomes of the border: all of it stays with `valid`, and is cut off with `same`. Default `valid`.
        #[serde(default)]
        pub padding: Padding,
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
activation_methods!(Conv2dTranspose);

/// A transposed convolution of images; `kernel` is one number for both sides, or `[height, width]`.
pub fn conv2d_transpose(filters: usize, kernel: impl Into<Pair>) -> Conv2dTranspose {
    Conv2dTranspose {
        filters,
        kernel: kernel.into(),
        stride: one(),
        padding: Padding::Valid,
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

impl Conv2dTranspose {
    /// The same layer with this many steps in the output from one pixel to the next.
    #[must_use]
    pub fn stride(mut self, stride: impl Into<Pair>) -> Self {
        self.stride = stride.into();
        self
    }

    /// The same layer with its border cut off, so that height and width grow by the stride alone.
    #[must_use]
    pub fn same(mut self) -> Self {
        self.padding = Padding::Same;
        self
    }

    /// The extent of the output, of at most 2^64; what is too large for memory is refused as such.
    fn enlarged(&self, extent: usize, kernel: usize, stride: usize) -> usize {
        match self.padding {
            Padding::Valid => (extent - 1).saturating_mul(stride).saturating_add(kernel.max(stride)),
            Padding::Same => extent.saturating_mul(stride),
        }
    }
}

impl LayerDefinition for Conv2dTranspose {
    fn check(&self, ranges: &mut Ranges) {
        ranges.count("filters", self.filters, 1..=65_536);
        ranges.pair("kernel", self.kernel);
        ranges.pair("stride", self.stride);
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
        let [height, width, channels] = build.image(x)?;
        let output = [
            self.enlarged(height, self.kernel.height, self.stride.height),
            self.enlarged(width, self.kernel.width, self.stride.width),
            self.filters,
        ];
        elements(&output)?;
        let window = self.kernel.height * self.kernel.width;
        let fans = Fans { inputs: window.saturating_mul(channels), outputs: window.saturating_mul(self.filters) };
        let kernel_shape = [self.kernel.height, self.kernel.width, channels, self.filters];
        let kernel = build.kernel(&kernel_shape, &self.kernel_initializer, fans, self.kernel_regularizer)?;
        // What the input of a convolution receives when x is what its output receives.
        let conv =
            ops::Conv2d { stride: self.stride.extents(), padding: self.padding.into(), dilation: [1, 1], groups: 1 };
        let spread = ops::Conv2dInputGradient { conv, input: output.into(), zeros: ops::Zeros::Multiply };
        let product = build.graph.add(spread, &[x, kernel])?;
        let bias = if self.use_bias { Some(build.bias(self.filters, &self.bias_initializer)?) } else { None };
        build.activate(product, bias, self.activation)
    }
}
