use proofmark_engine::{Value, ops};

use super::{LayerDefinition, Padding, layer};
use crate::Pair;
use crate::build::Build;
use crate::error::ModelErrorKind;
use crate::ranges::Ranges;

layer! {
    /// The mean of each window, channel by channel.
    ///
    /// *Shapes*: x `[H, W, C]`; y `[H', W', C]`, where `H' = (H - size) / stride + 1`, rounded down, with `valid` and
    /// `H / stride`, rounded up, with `same` padding. Padding does not count.
    ///
    /// *Source*: Keras' `AveragePooling2D`.
    pub struct AveragePool2d {
        /// Height and width of the window: an integer, or a list of two. Default 2.
        #[serde(default = "crate::layers::max_pool2d::default_size")]
        pub size: Pair,
        /// Steps from one window to the next. Default: the size, so that windows touch and do not overlap.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub stride: Option<Pair>,
        /// What the window meets at the border. Default `valid`.
        #[serde(default)]
        pub padding: Padding,
    }
}

/// The mean of each window; `size` is one number for both sides, or `[height, width]`.
pub fn average_pool2d(size: impl Into<Pair>) -> AveragePool2d {
    AveragePool2d { size: size.into(), stride: None, padding: Padding::Valid, name: None, inputs: Vec::new() }
}

impl AveragePool2d {
    /// The same layer with this many steps from one window to the next.
    #[must_use]
    pub fn stride(mut self, stride: impl Into<Pair>) -> Self {
        self.stride = Some(stride.into());
        self
    }

    /// The same layer, padded so that a stride of 1 keeps height and width.
    #[must_use]
    pub fn same(mut self) -> Self {
        self.padding = Padding::Same;
        self
    }
}

impl LayerDefinition for AveragePool2d {
    fn check(&self, ranges: &mut Ranges) {
        ranges.pair("size", self.size);
        if let Some(stride) = self.stride {
            ranges.pair("stride", stride);
        }
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        build.image(inputs[0])?;
        let op = ops::AveragePool2d {
            size: self.size.extents(),
            stride: self.stride.unwrap_or(self.size).extents(),
            padding: self.padding.into(),
        };
        Ok(build.graph.apply(op, inputs)?[0])
    }
}
