//! The operations: one file each, one visible list ([`Operation`]), one test that walks it (`tests/engine/ops.rs`).
//!
//! An operation's file holds everything that defines it: documentation, attributes, type inference, the f64 reference in
//! plain loops (its meaning), the gradient rule, the cost, and its test cases. Fast code stands in `cpu/kernels`.

mod attention;
mod average_pool2d;
mod batch_moments;
mod batch_sum;
mod broadcast;
pub(crate) mod case;
mod cast;
mod categorical_cross_entropy;
mod concat;
mod conv2d;
mod conv2d_gradient;
mod conv2d_max_pool;
mod cross_entropy;
mod ctc_loss;
mod cumulative_sum;
mod dense;
mod dense_transposed;
mod dense_update;
mod dropout;
mod embedding;
mod gather;
mod global_norm;
mod gru;
mod log_softmax;
mod lstm;
mod max_pool2d;
mod normalize;
mod pad;
mod position_encoding;
mod quantized;
mod recurrent;
mod reduce;
mod reduce_max;
mod reference;
mod reshape;
mod rotary;
mod slice;
mod softmax;
mod softmax_cross_entropy;
mod top_k;
mod transpose;
mod triplet_loss;
mod unpooled;
mod window;
pub(crate) mod winograd;

use std::fmt;

pub(crate) use attention::AttentionSizes;
pub use attention::{ATTENTION_ROWS, Attention, AttentionGradient};
pub use average_pool2d::{AveragePool2d, AveragePool2dGradient};
pub use batch_moments::{BatchMoments, BatchMomentsGradient};
pub use batch_sum::BatchSum;
pub use broadcast::Broadcast;
pub use case::{Case, Rejection};
pub use cast::Cast;
pub use categorical_cross_entropy::{
    CategoricalCrossEntropy, CategoricalCrossEntropyGradient, PROBABILITY_FLOOR, categorical_cross_entropy, logits_of,
};
pub use concat::Concat;
pub use conv2d::Conv2d;
pub use conv2d_gradient::{Conv2dInputGradient, Conv2dWeightGradient, Zeros};
pub use conv2d_max_pool::Conv2dMaxPool;
pub use cross_entropy::NO_CLASS;
pub(crate) use ctc_loss::Sample as CtcSample;
pub use ctc_loss::{CtcLoss, CtcLossGradient};
pub use cumulative_sum::{CumulativeSum, Direction};
pub use dense::{Dense, DenseWeightGradient};
pub use dense_transposed::DenseTransposed;
pub use dense_update::DenseUpdate;
pub use dropout::Dropout;
pub(crate) use embedding::row_of;
pub use embedding::{Embedding, EmbeddingGradient};
pub(crate) use gather::row_of_i32;
pub use gather::{Gather, Outside, Scatter};
pub use global_norm::GlobalNorm;
pub use gru::{Gru, GruGradient};
pub use log_softmax::{LogSoftmax, LogSoftmaxGradient};
pub use lstm::{Lstm, LstmGradient};
pub use max_pool2d::{MaxPool2d, MaxPool2dGradient};
pub use normalize::{Centre, Normalize, NormalizeGradient};
pub use pad::Pad;
pub use position_encoding::PositionEncoding;
pub use quantized::{Affine, QuantizedConv2d, QuantizedDense, QuantizedWeights};
pub(crate) use recurrent::steps_of;
pub use reduce::{Reduce, ReduceKind};
pub use reduce_max::{ReduceMax, ReduceMaxGradient};
pub use reference::{Reference, ReferenceContext, Tensor64};
pub use reshape::Reshape;
pub use rotary::Rotary;
pub use slice::Slice;
pub use softmax::{Softmax, SoftmaxGradient};
pub use softmax_cross_entropy::{SoftmaxCrossEntropy, SoftmaxCrossEntropyGradient};
pub(crate) use top_k::is_larger;
pub use top_k::{TopK, TopKGradient};
pub use transpose::Transpose;
pub(crate) use triplet_loss::Triplet;
pub use triplet_loss::{TripletLoss, TripletLossGradient};
pub use unpooled::{Unpooled, UnpooledReader};
pub use window::{ConvGeometry, Padding, WindowGeometry};

use crate::error::{GradientError, TypeError};
use crate::graph::{Graph, Span, Type, Value};
use crate::map::Map;

/// An operation: its types, meaning, gradient and cost.
pub trait Op {
    /// The name in graphs, plans and errors.
    const NAME: &'static str;

    /// The types of the outputs.
    ///
    /// # Errors
    /// [`TypeError`] where the inputs do not fit.
    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError>;

    /// The meaning, in f64 and plain loops, for a whole batch; with the magnitudes from which the tolerance of every
    /// other executor follows.
    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference>;

    /// Adds the nodes that compute the gradients of the wanted inputs; one entry an input.
    ///
    /// # Errors
    /// [`GradientError::NotDifferentiable`] where a wanted input has none.
    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        match site.wanted.iter().position(|wanted| *wanted) {
            Some(input) => Err(GradientError::NotDifferentiable { op: Self::NAME, input }),
            None => Ok(vec![None; site.inputs.len()]),
        }
    }

    /// Arithmetic for one sample (or one step).
    fn cost(&self, _inputs: &[&Type], outputs: &[Type]) -> Cost {
        Cost { flops: outputs.iter().map(|ty| ty.elements() as u64).sum() }
    }

    /// Arithmetic of the step besides that of each sample, for operations that do both.
    fn step_cost(&self, _inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost::default()
    }

    /// How the results of shards become the result of the batch, for operations that sum over samples.
    fn fold(&self) -> Option<Fold> {
        None
    }

    /// Whether a batch phase can compute it for all samples at once, split over the outputs, with the same bits: the fold of all
    /// shards directly, or each sample's value where what the samples share is large.
    fn runs_over_outputs(&self) -> bool {
        false
    }

    /// Whether what a sample has depends on the other samples of its batch. It then runs in a batch phase, for all samples at once, and
    /// has no shards.
    fn couples_samples(&self) -> bool {
        false
    }

    /// Whether the output is the input's memory under another type.
    fn is_view(&self) -> bool {
        false
    }

    /// The attributes as they stand in printed graphs: empty, or `key=value` separated by blanks.
    fn attributes(&self) -> String {
        String::new()
    }

    /// Test cases: known values and shapes that cover the attributes.
    fn cases() -> Vec<Case>
    where
        Self: Sized;

    /// Inputs that must be rejected, with the exact text.
    fn rejections() -> Vec<Rejection>
    where
        Self: Sized,
    {
        Vec::new()
    }
}

/// How shards' results are merged, in a perfect binary tree over the shard index with absent nodes skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Added, element by element.
    Sum,
    /// (mean, M2) pairs merged as in Chan, Golub and LeVeque 1979, with the shards' sample counts.
    Moments,
}

/// Arithmetic of one application, for one sample (or one step).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Floating-point operations; multiply and add counted apart.
    pub flops: u64,
}

/// Where a gradient rule adds its nodes.
pub struct GradientSite<'a> {
    /// The graph that grows.
    pub graph: &'a mut Graph,
    /// The forward node's inputs.
    pub inputs: &'a [Value],
    /// The forward node's outputs.
    pub outputs: &'a [Value],
    /// What the loss changes by, for each output; `None` where nothing depends on it.
    pub output_gradients: &'a [Option<Value>],
    /// Which inputs' gradients are needed.
    pub wanted: &'a [bool],
}

macro_rules! operations {
    ($($op:ident),* $(,)?) => {
        /// Any operation. The list of all operations, in one place.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Operation {
            $(#[allow(missing_docs)] $op($op),)*
        }

        $(impl From<$op> for Operation {
            fn from(op: $op) -> Self {
                Operation::$op(op)
            }
        })*

        impl Operation {
            /// The names of all operations.
            pub const NAMES: &'static [&'static str] = &[$($op::NAME),*];

            /// The name in graphs, plans and errors.
            pub fn name(&self) -> &'static str {
                match self { $(Operation::$op(_) => $op::NAME,)* }
            }

            /// See [`Op::infer`].
            ///
            /// # Errors
            /// [`TypeError`] where the inputs do not fit.
            pub fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
                match self { $(Operation::$op(op) => op.infer(inputs),)* }
            }

            /// See [`Op::reference`].
            pub fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
                match self { $(Operation::$op(op) => op.reference(inputs, context),)* }
            }

            /// See [`Op::gradient`].
            ///
            /// # Errors
            /// [`GradientError::NotDifferentiable`] where a wanted input has none.
            pub fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
                match self { $(Operation::$op(op) => op.gradient(site),)* }
            }

            /// See [`Op::cost`].
            pub fn cost(&self, inputs: &[&Type], outputs: &[Type]) -> Cost {
                match self { $(Operation::$op(op) => op.cost(inputs, outputs),)* }
            }

            /// See [`Op::step_cost`].
            pub fn step_cost(&self, inputs: &[&Type], outputs: &[Type]) -> Cost {
                match self { $(Operation::$op(op) => op.step_cost(inputs, outputs),)* }
            }

            /// See [`Op::fold`].
            pub fn fold(&self) -> Option<Fold> {
                match self { $(Operation::$op(op) => op.fold(),)* }
            }

            /// See [`Op::runs_over_outputs`].
            pub fn runs_over_outputs(&self) -> bool {
                match self { $(Operation::$op(op) => op.runs_over_outputs(),)* }
            }

            /// See [`Op::couples_samples`].
            pub fn couples_samples(&self) -> bool {
                match self { $(Operation::$op(op) => op.couples_samples(),)* }
            }

            /// See [`Op::is_view`].
            pub fn is_view(&self) -> bool {
                match self { $(Operation::$op(op) => op.is_view(),)* }
            }

            fn attributes(&self) -> String {
                match self { $(Operation::$op(op) => op.attributes(),)* }
            }

            /// The cases of every operation.
            pub fn all_cases() -> Vec<Case> {
                let mut cases = Vec::new();
                $(cases.extend($op::cases());)*
                cases
            }

            /// The rejections of every operation.
            pub fn all_rejections() -> Vec<Rejection> {
                let mut rejections = Vec::new();
                $(rejections.extend($op::rejections());)*
                rejections
            }
        }
    };
}

operations! {
    Map,
    Dense, DenseTransposed, DenseWeightGradient, DenseUpdate,
    Conv2d, Conv2dInputGradient, Conv2dWeightGradient, Conv2dMaxPool,
    MaxPool2d, MaxPool2dGradient, AveragePool2d, AveragePool2dGradient, Unpooled,
    Reshape, Transpose, Concat, Slice, Pad, Cast,
    Reduce, ReduceMax, ReduceMaxGradient, Broadcast, BatchSum, CumulativeSum, TopK, TopKGradient,
    Softmax, SoftmaxGradient, LogSoftmax, LogSoftmaxGradient,
    SoftmaxCrossEntropy, SoftmaxCrossEntropyGradient,
    CategoricalCrossEntropy, CategoricalCrossEntropyGradient,
    Attention, AttentionGradient, Rotary, PositionEncoding,
    Dropout, BatchMoments, BatchMomentsGradient, Normalize, NormalizeGradient, GlobalNorm,
    Embedding, EmbeddingGradient,
    Lstm, LstmGradient, Gru, GruGradient,
    QuantizedDense, QuantizedConv2d,
    Gather, Scatter, CtcLoss, CtcLossGradient, TripletLoss, TripletLossGradient,
}

impl Operation {
    /// The max pooling whose arg-max the operation reads, for those that read one.
    pub fn max_pooling(&self) -> Option<&MaxPool2dGradient> {
        match self {
            Operation::MaxPool2dGradient(op) => Some(op),
            Operation::Unpooled(op) => Some(&op.gradient),
            _ => None,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Operation::Map(map) = self {
            return write!(f, "map{}", map.program);
        }
        f.write_str(self.name())?;
        let attributes = self.attributes();
        if attributes.is_empty() { Ok(()) } else { write!(f, "[{attributes}]") }
    }
}

/// Checks shared by the operations' type inference.
pub(crate) mod check {
    use super::{Span, Type, TypeError};
    use proofmark_tensor::{DType, Shape};

    pub(crate) fn arity(op: &'static str, inputs: &[&Type], expected: usize) -> Result<(), TypeError> {
        if inputs.len() == expected { Ok(()) } else { Err(TypeError::Arity { op, expected, received: inputs.len() }) }
    }

    pub(crate) fn dtype(op: &'static str, inputs: &[&Type], input: usize, expected: DType) -> Result<(), TypeError> {
        let received = inputs[input].dtype;
        if received == expected { Ok(()) } else { Err(TypeError::DType { op, input, expected, received }) }
    }

    pub(crate) fn all_f32(op: &'static str, inputs: &[&Type]) -> Result<(), TypeError> {
        (0..inputs.len()).try_for_each(|input| dtype(op, inputs, input, DType::F32))
    }

    pub(crate) fn span(op: &'static str, inputs: &[&Type], input: usize, expected: Span) -> Result<(), TypeError> {
        let received = inputs[input].span;
        if received == expected { Ok(()) } else { Err(TypeError::Span { op, input, expected, received }) }
    }

    pub(crate) fn rank(op: &'static str, inputs: &[&Type], input: usize, expected: usize) -> Result<(), TypeError> {
        let received = &inputs[input].shape;
        if received.rank() == expected {
            Ok(())
        } else {
            Err(TypeError::Rank { op, input, expected, received: received.clone() })
        }
    }

    /// The input's last axis exists and has elements.
    pub(crate) fn rows(op: &'static str, inputs: &[&Type], input: usize) -> Result<(), TypeError> {
        let received = &inputs[input].shape;
        if received.rank() == 0 {
            return Err(TypeError::Rank { op, input, expected: 1, received: received.clone() });
        }
        not_empty(op, received)
    }

    /// The shape has elements.
    pub(crate) fn not_empty(op: &'static str, shape: &Shape) -> Result<(), TypeError> {
        if shape.elements() == 0 { Err(TypeError::Empty { op, shape: shape.clone() }) } else { Ok(()) }
    }

    /// A gradient's attribute `input` is the shape of an image.
    pub(crate) fn image(op: &'static str, shape: &Shape) -> Result<(), TypeError> {
        if shape.rank() == 3 {
            Ok(())
        } else {
            Err(TypeError::Attribute { op, attribute: "axes of `input`", value: shape.rank() as f64, range: "3" })
        }
    }

    pub(crate) fn at_least_one(op: &'static str, attribute: &'static str, value: usize) -> Result<(), TypeError> {
        if value > 0 {
            Ok(())
        } else {
            Err(TypeError::Attribute { op, attribute, value: value as f64, range: "1 or more" })
        }
    }

    pub(crate) fn axis(op: &'static str, axis: usize, shape: &Shape) -> Result<(), TypeError> {
        if axis < shape.rank() {
            Ok(())
        } else {
            Err(TypeError::Attribute { op, attribute: "axis", value: axis as f64, range: "the axes of the input" })
        }
    }

    pub(crate) fn ascending_axes(op: &'static str, axes: &[usize], rank: usize) -> Result<(), TypeError> {
        let is_ascending = axes.windows(2).all(|pair| pair[0] < pair[1]);
        match axes.last() {
            Some(last) if !is_ascending || *last >= rank => Err(TypeError::Attribute {
                op,
                attribute: "axes",
                value: *last as f64,
                range: "ascending axes of the input",
            }),
            _ => Ok(()),
        }
    }

    pub(crate) fn shape(op: &'static str, inputs: &[&Type], input: usize, expected: &[usize]) -> Result<(), TypeError> {
        let received = &inputs[input].shape;
        if **received == *expected {
            Ok(())
        } else {
            Err(TypeError::Shape { op, input, expected: expected.to_vec().into(), received: received.clone() })
        }
    }
}
