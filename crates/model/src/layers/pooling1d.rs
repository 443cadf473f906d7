//! What both poolings of sequences share: they are poolings of images of one row.

use proofmark_engine::{Value, ops};

use super::Padding;
use crate::build::Build;
use crate::error::ModelErrorKind;

/// A pooling of sequences: the layer and the function that makes one, from the engine's operation on images.
macro_rules! pooling1d {
    ($(#[$meta:meta])* pub struct $layer:ident from $op:ident; $(#[$function_meta:meta])* pub fn $function:ident;) => {
        $crate::layers::layer! {
            $(#[$meta])*
            pub struct $layer {
                /// Steps of the window, 1 to 65,536. Default 2.
                #[serde(default = "crate::layers::pooling1d::default_size")]
                #[schemars(range(min = 1, max = 65_536))]
                pub size: usize,
                /// Steps from one window to the next, 1 to 65,536. Default: the size, so that windows touch and do not
                /// overlap.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                #[schemars(range(min = 1, max = 65_536))]
                pub stride: Option<usize>,
                /// What the window meets at both ends. Default `valid`.
                #[serde(default)]
                pub padding: $crate::layers::Padding,
            }
        }

        $(#[$function_meta])*
        pub fn $function(size: usize) -> $layer {
            $layer { size, stride: None, padding: $crate::layers::Padding::Valid, name: None, inputs: Vec::new() }
        }

        impl $layer {
            /// The same layer with this many steps from one window to the next.
            #[must_use]
            pub fn stride(mut self, stride: usize) -> Self {
                self.stride = Some(stride);
                self
            }

            /// The same layer, padded so that a stride of 1 keeps the length.
            #[must_use]
            pub fn same(mut self) -> Self {
                self.padding = $crate::layers::Padding::Same;
                self
            }
        }

        impl $crate::layers::LayerDefinition for $layer {
            fn check(&self, ranges: &mut $crate::ranges::Ranges) {
                ranges.count("size", self.size, 1..=65_536);
                if let Some(stride) = self.stride {
                    ranges.count("stride", stride, 1..=65_536);
                }
            }

            fn build(
                &self,
                build: &mut $crate::build::Build<'_>,
                inputs: &[proofmark_engine::Value],
            ) -> Result<proofmark_engine::Value, $crate::error::ModelErrorKind> {
                let op = proofmark_engine::ops::$op {
                    size: [1, self.size],
                    stride: [1, self.stride.unwrap_or(self.size)],
                    padding: self.padding.into(),
                };
                $crate::layers::pooling1d::pool(build, inputs[0], self.size, self.padding, op)
            }
        }
    };
}
pub(super) use pooling1d;

/// The window of a pooling that names none.
pub(super) fn default_size() -> usize {
    2
}

/// Adds the pooling of a sequence by an operation on images.
pub(super) fn pool(
    build: &mut Build<'_>,
    x: Value,
    size: usize,
    padding: Padding,
    op: impl Into<ops::Operation>,
) -> Result<Value, ModelErrorKind> {
    let [steps, _] = build.sequence(x)?;
    if padding == Padding::Valid && size > steps {
        return Err(ModelErrorKind::WindowTooLong { window: size, steps });
    }
    let row = build.with_height(x)?;
    let pooled = build.graph.apply(op, &[row]).map_err(|error| match ModelErrorKind::from(error) {
        ModelErrorKind::PoolTooLarge { positions, .. } => {
            ModelErrorKind::PoolTooLarge { positions, whole: "global_max_pool1d" }
        }
        other => other,
    })?;
    build.without_height(pooled[0])
}
