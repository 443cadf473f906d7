//! The kernels: what an operation's f32 result is defined by, and the vector code that computes the same bits.
//!
//! The files of this folder may hold `unsafe` (see ARCHITECTURE.md). A kernel's header names what defines it, the idea,
//! and the gain that was measured.

// Kernels count lanes over several arrays at once; an iterator over one of them would hide that.
#![allow(clippy::needless_range_loop)]

mod attention;
mod average_pool2d;
mod batch_moments;
mod batch_sum;
mod broadcast;
mod cast;
mod categorical_cross_entropy;
mod concat;
mod conv2d;
mod conv2d_max_pool;
mod conv2d_max_pool_narrow;
mod conv2d_sparse;
mod conv2d_sparse_input;
mod conv2d_sparse_narrow;
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
mod map;
mod map_fused;
mod max_pool2d;
mod nest;
mod normalize;
mod positions;
mod product;
mod product_tree;
mod quantized;
mod recurrent;
mod reduce;
mod reference;
mod softmax;
mod sparse_rows;
mod sparse_tree;
mod top_k;
mod transpose;
mod triplet_loss;
mod unpooled;
mod winograd;
mod zero_columns;

pub(super) use batch_moments::fold_moments;

use std::ops::Range;

use super::call::{Call, Slot};
use super::level::Supported;
use crate::ops::winograd::turned;
use crate::ops::{
    Conv2d, Conv2dInputGradient, Conv2dWeightGradient, ConvGeometry, Operation, Unpooled, UnpooledReader, Zeros,
};
use unpooled::Positions;

/// Code for one node, prepared for its shapes.
pub(crate) trait Kernel: Send + Sync {
    /// Bytes of working memory that each worker lends to a run.
    fn scratch_bytes(&self) -> usize {
        0
    }

    /// Whether this is code for the operation; otherwise its reference runs.
    fn is_native(&self) -> bool {
        true
    }

    /// Computes the samples of one shard; a sum over samples leaves the shard's partial result.
    fn shard(&self, call: &Call<'_>);

    /// An input that the kernel brings into another form first, and the elements of that: kept from step to step where the input is a
    /// state that no step changes ([`Work::derived`](super::call::Work)).
    fn derived_from(&self) -> Option<(usize, usize)> {
        None
    }

    /// That form of these elements.
    fn derive(&self, _level: Supported, _input: &[f32], _derived: &mut [f32]) {}

    /// Into how many parts the call's samples can be cut at most, for workers that have no shard of their own.
    fn parts(&self, _samples: usize) -> usize {
        1
    }

    /// Computes one of several parts, of which there are at most [`Kernel::parts`]; the others run at the same time.
    fn part(&self, call: &Call<'_>, _part: Part) {
        self.shard(call);
    }

    /// Into how many tasks an outputs phase splits the node; it follows from shapes alone.
    fn tasks(&self) -> usize {
        1
    }

    /// Whether for so few samples several tasks are better computed at once, by [`Kernel::joined_tasks`].
    fn joins_tasks(&self, _samples: usize) -> bool {
        false
    }

    /// Computes neighbouring tasks of an outputs phase.
    fn joined_tasks(&self, call: &Call<'_>, tasks: Range<usize>) {
        debug_assert_eq!(tasks.len(), 1, "a kernel whose tasks are not joined");
        self.task(call, tasks.start);
    }

    /// Computes one task of an outputs phase. The default is for nodes of a single task that compute the step's value as
    /// if the batch were one shard.
    fn task(&self, call: &Call<'_>, _task: usize) {
        self.shard(call);
    }
}

/// One of so many parts of a shard.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    pub(crate) idx: usize,
    pub(crate) count: usize,
}

/// Multiplications and additions of a part at least: below, a barrier costs more than the other core saves. Not much above, since a node
/// that one core computes alone has its lines of cache come from all cores that read them last: 20 microseconds in place of 6
/// for the first layer of the digits network.
pub(super) const PART_MUL_ADDS: usize = 50_000;

impl Part {
    /// All of it.
    pub(crate) const WHOLE: Part = Part { idx: 0, count: 1 };

    /// The part's share of so many pieces: as many as each other's, or one more. A single one is the first part's.
    pub(crate) fn of(self, pieces: usize) -> Range<usize> {
        (pieces * self.idx).div_ceil(self.count)..(pieces * (self.idx + 1)).div_ceil(self.count)
    }
}

/// How many samples a kernel may meet.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    /// In a shard, at most.
    pub(crate) shard_samples: usize,
    /// In a batch, at most.
    pub(crate) max_samples: usize,
}

impl Sizes {
    /// Shards of a batch, at most.
    pub(crate) fn n_shards(&self) -> usize {
        self.max_samples.div_ceil(self.shard_samples)
    }
}

/// The kernel of a node.
pub(crate) fn kernel(op: &Operation, inputs: &[Slot], outputs: &[Slot], sizes: Sizes) -> Box<dyn Kernel> {
    native(op, inputs, outputs, sizes).unwrap_or_else(|| Box::new(reference::ReferenceKernel::new(op.clone())))
}

/// Makes [`native`] and [`is_native`] of one list.
macro_rules! native_kernels {
    (|$inputs:ident, $outputs:ident, $sizes:ident| $($operation:ident($op:pat) => $kernel:expr,)*) => {
        /// The operation's kernel; `None` if it has none, or none for these shapes.
        fn native(
            op: &Operation,
            $inputs: &[Slot],
            $outputs: &[Slot],
            $sizes: Sizes,
        ) -> Option<Box<dyn Kernel>> {
            Some(match op {
                $(Operation::$operation($op) => $kernel.boxed(),)*
                _ => return None,
            })
        }

        /// Whether the list has a kernel for the operation, or the operation needs none.
        pub(super) fn is_native(op: &Operation) -> bool {
            matches!(op, $(Operation::$operation(_))|*) || op.is_view()
        }
    };
}

// The list of native kernels. Missing are views, which have nothing to do.
native_kernels! { |inputs, outputs, sizes|
    Map(op) => map::MapKernel::new(op, inputs, outputs),
    Dense(_) => dense::DenseKernel::new(inputs, sizes),
    DenseTransposed(_) => dense_transposed::DenseTransposedKernel::new(inputs),
    DenseUpdate(op) => dense_update::DenseUpdateKernel::new(op, inputs, outputs, sizes),
    DenseWeightGradient(_) => dense::WeightGradientKernel::new(inputs, sizes),
    Conv2d(op) => forward(op, inputs)?,
    Conv2dInputGradient(op) => input_gradient(op, inputs)?,
    Conv2dWeightGradient(op) => weight_gradient(op, inputs, outputs)?,
    Conv2dMaxPool(op) => conv2d_max_pool::Conv2dMaxPoolKernel::new(op, inputs)?,
    MaxPool2d(op) => max_pool2d::MaxPool2dKernel::new(op, inputs)?,
    MaxPool2dGradient(op) => max_pool2d::MaxPool2dGradientKernel::new(op)?,
    AveragePool2d(op) => average_pool2d::AveragePool2dKernel::new(op, inputs)?,
    AveragePool2dGradient(op) => average_pool2d::AveragePool2dGradientKernel::new(op)?,
    Unpooled(op) => unpooled(op, inputs)?,
    Transpose(op) => transpose::TransposeKernel::new(op, inputs)?,
    Concat(op) => concat::ConcatKernel::new(op, inputs),
    Cast(op) => cast::CastKernel::new(*op),
    Slice(op) => concat::SliceKernel::new(op, inputs),
    Pad(op) => concat::PadKernel::new(op, inputs),
    Reduce(op) => reduce::ReduceKernel::new(op, inputs)?,
    ReduceMax(op) => reduce::ReduceMaxKernel::new(op, inputs)?,
    ReduceMaxGradient(op) => reduce::ReduceMaxGradientKernel::new(op, inputs)?,
    Broadcast(op) => broadcast::BroadcastKernel::new(op, inputs)?,
    BatchSum(_) => batch_sum::BatchSumKernel::new(outputs),
    CumulativeSum(op) => cumulative_sum::CumulativeSumKernel::new(op, inputs),
    TopK(op) => top_k::TopKKernel::new(op, inputs),
    TopKGradient(op) => top_k::TopKGradientKernel::new(op, inputs),
    Softmax(_) => softmax::SoftmaxKernel::new(inputs),
    SoftmaxGradient(_) => softmax::SoftmaxGradientKernel::new(inputs),
    LogSoftmax(_) => log_softmax::LogSoftmaxKernel::new(inputs),
    LogSoftmaxGradient(_) => log_softmax::LogSoftmaxGradientKernel::new(inputs),
    SoftmaxCrossEntropy(_) => cross_entropy::CrossEntropyKernel::new(inputs, false),
    SoftmaxCrossEntropyGradient(_) => cross_entropy::CrossEntropyKernel::new(inputs, true),
    CategoricalCrossEntropy(_) => categorical_cross_entropy::CategoricalCrossEntropyKernel::new(inputs, false),
    CategoricalCrossEntropyGradient(_) => categorical_cross_entropy::CategoricalCrossEntropyKernel::new(inputs, true),
    Attention(op) => attention::AttentionKernel::new(op, inputs)?,
    AttentionGradient(op) => attention::AttentionGradientKernel::new(op, inputs)?,
    Rotary(op) => positions::RotaryKernel::new(op, inputs),
    PositionEncoding(op) => positions::PositionEncodingKernel::new(op, inputs),
    Dropout(op) => dropout::DropoutKernel::new(op, inputs),
    BatchMoments(_) => batch_moments::BatchMomentsKernel::new(inputs),
    BatchMomentsGradient(_) => batch_moments::BatchMomentsGradientKernel::new(inputs),
    Normalize(op) => normalize::NormalizeKernel::new(op, inputs),
    NormalizeGradient(op) => normalize::NormalizeGradientKernel::new(op, inputs),
    GlobalNorm(_) => global_norm::GlobalNormKernel::new(inputs),
    Embedding(_) => embedding::EmbeddingKernel::new(inputs),
    EmbeddingGradient(_) => embedding::EmbeddingGradientKernel::new(inputs, outputs, sizes),
    Lstm(op) => lstm::LstmKernel::new(op, inputs, outputs, sizes),
    LstmGradient(op) => lstm::LstmGradientKernel::new(op, inputs, sizes),
    Gru(op) => gru::GruKernel::new(op, inputs, outputs, sizes),
    GruGradient(op) => gru::GruGradientKernel::new(op, inputs, outputs, sizes),
    QuantizedDense(op) => quantized::QuantizedDenseKernel::new(op),
    QuantizedConv2d(op) => quantized::QuantizedConv2dKernel::new(op, inputs)?,
    Gather(op) => gather::GatherKernel::new(op, inputs),
    Scatter(op) => gather::ScatterKernel::new(op, inputs),
    CtcLoss(op) => ctc_loss::CtcKernel::new(op.blank, inputs, false),
    CtcLossGradient(op) => ctc_loss::CtcKernel::new(op.blank, inputs, true),
    TripletLoss(op) => triplet_loss::TripletKernel::new(op.margin, inputs, sizes, false),
    TripletLossGradient(op) => triplet_loss::TripletKernel::new(op.margin, inputs, sizes, true),
}

fn forward(op: &Conv2d, inputs: &[Slot]) -> Option<Box<dyn Kernel>> {
    let geometry = op.geometry(&inputs[0].ty.shape, &inputs[1].ty.shape).ok()?;
    Some(match winograd::WinogradKernel::new(geometry, false) {
        Some(kernel) => Box::new(kernel),
        None => Box::new(conv2d::Conv2dKernel::new(op, inputs)?),
    })
}

fn input_gradient(op: &Conv2dInputGradient, inputs: &[Slot]) -> Option<Box<dyn Kernel>> {
    let geometry = op.geometry(&inputs[1].ty.shape).ok()?;
    Some(match op.zeros {
        Zeros::Multiply => match winograd::WinogradKernel::new(turned(&geometry), true) {
            Some(kernel) => Box::new(kernel),
            None => Box::new(conv2d::InputGradientKernel::new(op, inputs)?),
        },
        Zeros::Skip => {
            let positions = Positions::plain(geometry.window.output, geometry.filters);
            Box::new(conv2d_sparse_input::SparseInputGradientKernel::new(geometry, positions, inputs)?)
        }
    })
}

fn weight_gradient(op: &Conv2dWeightGradient, inputs: &[Slot], outputs: &[Slot]) -> Option<Box<dyn Kernel>> {
    Some(match op.zeros {
        Zeros::Multiply => Box::new(conv2d::WeightGradientKernel::new(op, inputs, outputs)?),
        Zeros::Skip => {
            let geometry = op.geometry(&inputs[0].ty.shape, &inputs[1].ty.shape).ok()?;
            sparse_weights(geometry, Positions::plain(geometry.window.output, geometry.filters))?
        }
    })
}

fn sparse_weights(geometry: ConvGeometry, positions: Positions) -> Option<Box<dyn Kernel>> {
    Some(match conv2d_sparse_narrow::NarrowWeightGradientKernel::new(geometry, positions) {
        Ok(kernel) => Box::new(kernel),
        Err(positions) => Box::new(conv2d_sparse::SparseWeightGradientKernel::new(geometry, positions)?),
    })
}

fn unpooled(op: &Unpooled, inputs: &[Slot]) -> Option<Box<dyn Kernel>> {
    let input = &op.gradient.input;
    let positions = Positions::pooled(&op.gradient.pool.geometry(input).ok()?, input[2]);
    Some(match &op.reader {
        UnpooledReader::Sum(sum) if sum.shape.rank() == 1 => Box::new(unpooled::UnpooledSumKernel::new(positions)),
        UnpooledReader::Sum(_) => return None,
        UnpooledReader::Input(reader) => {
            let geometry = reader.geometry(&inputs[2].ty.shape).ok()?;
            Box::new(conv2d_sparse_input::SparseInputGradientKernel::new(geometry, positions, inputs)?)
        }
        UnpooledReader::Weights(reader) => {
            sparse_weights(reader.geometry(&inputs[0].ty.shape, input).ok()?, positions)?
        }
    })
}

/// A kernel of a known type, or one that was chosen by its shapes.
trait Boxed {
    fn boxed(self) -> Box<dyn Kernel>;
}

impl<K: Kernel + 'static> Boxed for K {
    fn boxed(self) -> Box<dyn Kernel> {
        Box::new(self)
    }
}

impl Boxed for Box<dyn Kernel> {
    fn boxed(self) -> Box<dyn Kernel> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Type;
    use crate::plan::Place;

    fn slots(types: impl IntoIterator<Item = Type>) -> Vec<Slot> {
        types.into_iter().map(|ty| Slot { ty, place: Place::Unused, state_offset: 0 }).collect()
    }

    /// Operations that run by the reference on purpose.
    const BY_REFERENCE: &[&str] = &[];

    #[test]
    fn every_case_of_every_operation_runs_natively() {
        for case in Operation::all_cases() {
            let types: Vec<&Type> = case.inputs.iter().map(|(ty, _)| ty).collect();
            let outputs = slots(case.op.infer(&types).unwrap());
            let inputs = slots(types.into_iter().cloned());
            let has_kernel = native(&case.op, &inputs, &outputs, Sizes { shard_samples: 8, max_samples: 64 }).is_some();
            let is_expected = !case.op.is_view() && !BY_REFERENCE.contains(&case.op.name());
            assert_eq!(has_kernel, is_expected, "`{}` ({})", case.op, case.name);
            assert_eq!(is_native(&case.op), has_kernel || case.op.is_view(), "`{}`", case.op);
        }
    }
}
