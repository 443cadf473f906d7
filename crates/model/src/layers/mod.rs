//! The layers: one file each, one visible list ([`Layer`]), one test that walks it (`tests/model/layers.rs`).
//!
//! A layer's file holds all that defines it: documentation with formula, shapes and source, parameters with ranges and
//! defaults, a function that makes one in Rust ([`dense`], [`conv2d`], ..), and how it is built into a graph. Shapes are
//! those of one sample; images are `[height, width, channels]`, sequences `[steps, channels]`. A layer reads the layer before it, unless `inputs` names
//! others; the name `input` stands for the sample itself.

mod activation;
mod add;
mod average_pool1d;
mod average_pool2d;
mod batch_norm;
mod concatenate;
mod conv1d;
mod conv2d;
mod conv2d_transpose;
mod dense;
mod dropout;
mod embedding;
mod flatten;
mod global_average_pool1d;
mod global_average_pool2d;
mod global_max_pool1d;
mod global_max_pool2d;
mod group_norm;
mod gru;
mod layer_norm;
mod lstm;
mod max_pool1d;
mod max_pool2d;
mod multi_head_attention;
mod multiply;
mod padding;
mod permute;
mod pooling1d;
mod position_embedding;
mod position_encoding;
pub(crate) mod recurrent;
mod relu;
mod reshape;
mod rms_norm;
mod sequence_length;
mod sequence_padding;
mod shared;
mod softmax;
mod unit_norm;

use std::ops::RangeInclusive;

use proofmark_engine::Value;

pub use activation::{ActivationLayer, activation};
pub use add::{Add, add};
pub use average_pool1d::{AveragePool1d, average_pool1d};
pub use average_pool2d::{AveragePool2d, average_pool2d};
pub use batch_norm::{BatchNorm, batch_norm};
pub use concatenate::{Concatenate, concatenate};
pub use conv1d::{Conv1d, conv1d};
pub use conv2d::{Conv2d, conv2d};
pub use conv2d_transpose::{Conv2dTranspose, conv2d_transpose};
pub use dense::{Dense, dense};
pub use dropout::{Dropout, dropout};
pub use embedding::{Embedding, embedding};
pub use flatten::{Flatten, flatten};
pub use global_average_pool1d::{GlobalAveragePool1d, global_average_pool1d};
pub use global_average_pool2d::{GlobalAveragePool2d, global_average_pool2d};
pub use global_max_pool1d::{GlobalMaxPool1d, global_max_pool1d};
pub use global_max_pool2d::{GlobalMaxPool2d, global_max_pool2d};
pub use group_norm::{GroupNorm, group_norm};
pub use gru::{Gru, gru};
pub use layer_norm::{LayerNorm, layer_norm};
pub use lstm::{Lstm, lstm};
pub use max_pool1d::{MaxPool1d, max_pool1d};
pub use max_pool2d::{MaxPool2d, max_pool2d};
pub use multi_head_attention::{MultiHeadAttention, multi_head_attention};
pub use multiply::{Multiply, multiply};
pub use padding::Padding;
pub use permute::{Permute, permute};
pub use position_embedding::{PositionEmbedding, position_embedding};
pub use position_encoding::{PositionEncoding, position_encoding};
pub use recurrent::RecurrentDirection;
pub use relu::{Relu, relu};
pub use reshape::{Reshape, reshape};
pub use rms_norm::{RmsNorm, rms_norm};
pub use sequence_length::{SequenceLength, sequence_length};
pub use sequence_padding::SequencePadding;
pub use shared::{Shared, shared};
pub use softmax::{Softmax, softmax};
pub use unit_norm::{UnitNorm, unit_norm};

use proofmark_tagged::tagged;

use crate::Activation;
use crate::build::Build;
use crate::error::ModelErrorKind;
use crate::ranges::Ranges;

tagged! {
    /// A layer: a map of its kind to its parameters, or the bare kind if none is needed.
    Layer: LayerDefinition {
        dense => Dense,
        conv2d => Conv2d,
        conv2d_transpose => Conv2dTranspose,
        conv1d => Conv1d,
        max_pool2d => MaxPool2d,
        max_pool1d => MaxPool1d,
        average_pool2d => AveragePool2d,
        average_pool1d => AveragePool1d,
        global_max_pool2d => GlobalMaxPool2d,
        global_max_pool1d => GlobalMaxPool1d,
        global_average_pool2d => GlobalAveragePool2d,
        global_average_pool1d => GlobalAveragePool1d,
        flatten => Flatten,
        reshape => Reshape,
        permute => Permute,
        add => Add,
        multiply => Multiply,
        concatenate => Concatenate,
        batch_norm => BatchNorm,
        layer_norm => LayerNorm,
        rms_norm => RmsNorm,
        group_norm => GroupNorm,
        unit_norm => UnitNorm,
        dropout => Dropout,
        embedding => Embedding,
        lstm => Lstm,
        gru => Gru,
        position_embedding => PositionEmbedding,
        position_encoding => PositionEncoding,
        multi_head_attention => MultiHeadAttention,
        sequence_length => SequenceLength,
        activation => ActivationLayer,
        relu => Relu,
        softmax => Softmax,
        shared => Shared,
    }
}

/// What every kind of layer defines.
pub(crate) trait LayerDefinition: Wired {
    /// Collects the parameters that are outside their range.
    fn check(&self, _ranges: &mut Ranges) {}

    /// How many inputs it takes.
    fn n_inputs(&self) -> RangeInclusive<usize> {
        1..=1
    }

    /// The activation that it ends in; losses ask this of the last layer.
    fn activation(&self) -> Activation {
        Activation::Linear
    }

    /// Adds its parameters and nodes to the graph. The inputs are f32, as many as [`LayerDefinition::n_inputs`] says, and
    /// the parameters are within their ranges.
    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind>;
}

/// The part that all layers have in common; `layer!` writes it.
pub(crate) trait Wired {
    /// The name that the user gave.
    fn own_name(&self) -> Option<&str>;
    /// The inputs that the user named.
    fn own_inputs(&self) -> &[String];
    /// Whether a step moves its parameters.
    fn is_trainable(&self) -> bool;
}

impl Layer {
    /// The name that the user gave, if any; [`CheckedModel`](crate::CheckedModel) knows all names.
    pub fn own_name(&self) -> Option<&str> {
        self.definition().own_name()
    }

    /// The inputs that the user named; empty where it is the layer before.
    pub fn own_inputs(&self) -> &[String] {
        self.definition().own_inputs()
    }
}

/// A layer's struct with what all layers have: name and inputs, reading and writing, schema.
macro_rules! layer {
    ($(#[$meta:meta])* pub struct $layer:ident { $($body:tt)* }) => {
        $crate::layers::layer! { @trainable(|_: &$layer| true) $(#[$meta])* pub struct $layer { $($body)* } }
    };
    (@trainable($is_trainable:expr) $(#[$meta:meta])* pub struct $layer:ident { $($(#[$field_meta:meta])* pub $field:ident: $ty:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $layer {
            $($(#[$field_meta])* pub $field: $ty,)*
            /// The layer's name: 1 to 64 letters, digits, `_` and `-`. Parameters, random numbers and searches are named
            /// after it. Default: its kind and its number among the layers of this kind, such as `dense_2`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schemars(length(min = 1, max = 64))]
            pub name: Option<String>,
            /// The layers above that it reads, by name; `input` is the sample. Default: the layer before.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub inputs: Vec<String>,
        }

        impl $layer {
            /// The same layer with this name.
            #[must_use]
            pub fn named(mut self, name: impl Into<String>) -> Self {
                self.name = Some(name.into());
                self
            }

            /// The same layer, reading these layers instead of the one before.
            #[must_use]
            pub fn inputs<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
                self.inputs = names.into_iter().map(Into::into).collect();
                self
            }
        }

        impl crate::layers::Wired for $layer {
            fn own_name(&self) -> Option<&str> {
                self.name.as_deref()
            }

            fn own_inputs(&self) -> &[String] {
                &self.inputs
            }

            fn is_trainable(&self) -> bool {
                ($is_trainable)(self)
            }
        }
    };
}
use layer;

/// A layer with parameters, which may be frozen: [`layer!`] with one field more.
macro_rules! trained_layer {
    ($(#[$meta:meta])* pub struct $layer:ident { $($body:tt)* }) => {
        $crate::layers::layer! {
            @trainable(|layer: &$layer| layer.trainable)
            $(#[$meta])*
            pub struct $layer {
                $($body)*
                /// Whether training moves its parameters. A frozen layer has no gradient, no penalty and no decay, and the
                /// moving statistics of a frozen batch normalisation stand still and are what it normalises by. Default `true`.
                #[serde(default = "crate::layers::yes", skip_serializing_if = "crate::layers::is_yes")]
                pub trainable: bool,
            }
        }

        impl $layer {
            /// The same layer, whose parameters stay as they are.
            #[must_use]
            pub fn frozen(mut self) -> Self {
                self.trainable = false;
                self
            }
        }
    };
}
use trained_layer;

fn yes() -> bool {
    true
}

// Serde passes a reference.
fn is_yes(value: &bool) -> bool {
    *value
}

/// A pooling: the layer and the function that makes one, from the engine's operation of the same name.
macro_rules! pooling {
    ($(#[$meta:meta])* pub struct $layer:ident; $(#[$function_meta:meta])* pub fn $function:ident;) => {
        $crate::layers::layer! {
            $(#[$meta])*
            pub struct $layer {
                /// Height and width of the window: an integer, or a list of two. Default 2.
                #[serde(default = "crate::layers::default_window")]
                pub size: $crate::Pair,
                /// Steps from one window to the next. Default: the size, so that windows touch and do not overlap.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub stride: Option<$crate::Pair>,
                /// What the window meets at the border. Default `valid`.
                #[serde(default)]
                pub padding: $crate::layers::Padding,
            }
        }

        $(#[$function_meta])*
        pub fn $function(size: impl Into<$crate::Pair>) -> $layer {
            let padding = $crate::layers::Padding::Valid;
            $layer { size: size.into(), stride: None, padding, name: None, inputs: Vec::new() }
        }

        impl $layer {
            /// The same layer with this many steps from one window to the next.
            #[must_use]
            pub fn stride(mut self, stride: impl Into<$crate::Pair>) -> Self {
                self.stride = Some(stride.into());
                self
            }

            /// The same layer, padded so that a stride of 1 keeps height and width.
            #[must_use]
            pub fn same(mut self) -> Self {
                self.padding = $crate::layers::Padding::Same;
                self
            }
        }

        impl $crate::layers::LayerDefinition for $layer {
            fn check(&self, ranges: &mut $crate::ranges::Ranges) {
                ranges.pair("size", self.size);
                if let Some(stride) = self.stride {
                    ranges.pair("stride", stride);
                }
            }

            fn build(
                &self,
                build: &mut $crate::build::Build<'_>,
                inputs: &[proofmark_engine::Value],
            ) -> Result<proofmark_engine::Value, $crate::error::ModelErrorKind> {
                build.image(inputs[0])?;
                let op = proofmark_engine::ops::$layer {
                    size: self.size.extents(),
                    stride: self.stride.unwrap_or(self.size).extents(),
                    padding: self.padding.into(),
                };
                Ok(build.graph.apply(op, inputs)?[0])
            }
        }
    };
}
use pooling;

/// The window of a pooling that names none.
fn default_window() -> crate::Pair {
    crate::Pair::from(2)
}

/// The choice of activation for layers that have one.
macro_rules! activation_methods {
    ($layer:ident) => {
        impl $layer {
            /// The same layer with this activation.
            #[must_use]
            pub fn activation(mut self, activation: crate::Activation) -> Self {
                self.activation = activation;
                self
            }

            /// The same layer, followed by max(x, 0).
            #[must_use]
            pub fn relu(self) -> Self {
                self.activation(crate::Activation::Relu)
            }

            /// The same layer, followed by the logistic function.
            #[must_use]
            pub fn sigmoid(self) -> Self {
                self.activation(crate::Activation::Sigmoid)
            }

            /// The same layer, followed by the hyperbolic tangent.
            #[must_use]
            pub fn tanh(self) -> Self {
                self.activation(crate::Activation::Tanh)
            }

            /// The same layer, followed by x times the share of the standard normal distribution below x.
            #[must_use]
            pub fn gelu(self) -> Self {
                self.activation(crate::Activation::Gelu)
            }

            /// The same layer, followed by x times the logistic function of x.
            #[must_use]
            pub fn silu(self) -> Self {
                self.activation(crate::Activation::Silu)
            }

            /// The same layer, followed by softmax over the last axis.
            #[must_use]
            pub fn softmax(self) -> Self {
                self.activation(crate::Activation::Softmax)
            }

            /// The same layer without a bias.
            #[must_use]
            pub fn without_bias(mut self) -> Self {
                self.use_bias = false;
                self
            }

            /// The same layer with a penalty on its kernel in place of the training's.
            #[must_use]
            pub fn regularized(mut self, regularizer: crate::Regularizer) -> Self {
                self.kernel_regularizer = Some(regularizer);
                self
            }

            /// The same layer with another start for its kernel.
            #[must_use]
            pub fn initialized(mut self, initializer: impl Into<crate::Initializer>) -> Self {
                self.kernel_initializer = initializer.into();
                self
            }
        }
    };
}
use activation_methods;
