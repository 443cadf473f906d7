//! Reductions over axes, each defined by a chain over the reduced positions in row-major order for every element of the
//! result.
//!
//! Idea: sixteen neighbouring results at a time, so that there are sixteen independent chains; where the innermost axis is
//! kept they are one vector.

use super::Kernel;
use super::nest::{Axis, joined, walk};
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;
use crate::ops::{Reduce, ReduceKind, ReduceMax, ReduceMaxGradient};

/// Results that are computed together.
const LANES: usize = 16;

/// Which element of x goes into which result.
struct Reduction {
    /// The kept axes but the innermost; strides in x and in the result.
    outer: Vec<Axis<2>>,
    /// The innermost kept axis: contiguous in the result.
    lanes: Axis<2>,
    /// The reduced axes; strides in x.
    reduced: Vec<Axis<1>>,
    /// Elements of x (of one sample, or of the step's value), and of the result.
    elements: usize,
    results: usize,
}

impl Reduction {
    fn new(axes: &[usize], x: &Slot) -> Option<Self> {
        let shape = &x.ty.shape;
        let strides = shape.strides();
        let mut results = 1;
        let mut kept = Vec::new();
        for axis in (0..shape.rank()).rev().filter(|axis| !axes.contains(axis)) {
            kept.push(Axis { extent: shape[axis], strides: [strides[axis], results] });
            results *= shape[axis];
        }
        kept.reverse();
        let reduced = axes.iter().map(|axis| Axis { extent: shape[*axis], strides: [strides[*axis]] });
        let mut outer = joined(kept)?;
        let lanes = outer.pop().unwrap_or(Axis { extent: 1, strides: [1, 1] });
        Some(Reduction { outer, lanes, reduced: joined(reduced)?, elements: shape.elements(), results })
    }

    /// Elements that make one of the result.
    fn size(&self) -> usize {
        self.reduced.iter().map(|axis| axis.extent).product()
    }
}

/// One chain.
trait Chain: Copy {
    const START: Self;
    /// The chain after the element at `position` of x.
    fn take(self, value: f32, position: usize) -> Self;
}

impl Chain for f32 {
    const START: f32 = 0.0;
    #[inline(always)]
    fn take(self, value: f32, _position: usize) -> f32 {
        self + value
    }
}

/// The largest element so far.
#[derive(Clone, Copy)]
struct Largest(f32);

impl Chain for Largest {
    const START: Largest = Largest(f32::NEG_INFINITY);
    #[inline(always)]
    fn take(self, value: f32, _position: usize) -> Largest {
        // A NaN beats every number and no NaN: `>` alone would never take it.
        let wins = (value > self.0) | (value.is_nan() & !self.0.is_nan());
        Largest(if wins { value } else { self.0 })
    }
}

/// The largest element so far, and where it stands.
#[derive(Clone, Copy)]
struct FirstLargest {
    value: f32,
    position: usize,
}

impl Chain for FirstLargest {
    const START: FirstLargest = FirstLargest { value: f32::NEG_INFINITY, position: usize::MAX };
    #[inline(always)]
    fn take(self, value: f32, position: usize) -> FirstLargest {
        // The first element wins over the start, also when it is no larger.
        let wins = (value > self.value) | (value.is_nan() & !self.value.is_nan()) | (self.position == usize::MAX);
        if wins { FirstLargest { value, position } } else { self }
    }
}

/// Hands every result's chain over one sample to `put`, with the result's index.
#[inline(always)]
fn reduce<C: Chain>(reduction: &Reduction, x: &[f32], mut put: impl FnMut(usize, C)) {
    let Axis { extent, strides: [step, _] } = reduction.lanes;
    walk(&reduction.outer, |[from, to]| {
        let mut lane = 0;
        while lane < extent {
            let count = LANES.min(extent - lane);
            let first = from + lane * step;
            let mut chains = [C::START; LANES];
            walk(&reduction.reduced, |[offset]| {
                let start = first + offset;
                if count == LANES && step == 1 {
                    let (block, _) = x[start..start + LANES].as_chunks::<LANES>();
                    for lane in 0..LANES {
                        chains[lane] = chains[lane].take(block[0][lane], start + lane);
                    }
                } else {
                    for (lane, chain) in chains[..count].iter_mut().enumerate() {
                        let position = start + lane * step;
                        *chain = chain.take(x[position], position);
                    }
                }
            });
            for (idx, chain) in chains[..count].iter().enumerate() {
                put(to + lane + idx, *chain);
            }
            lane += count;
        }
    });
}

/// Sum and mean.
pub(super) struct ReduceKernel {
    reduction: Reduction,
    /// What sums are divided by.
    divisor: Option<f32>,
}

impl ReduceKernel {
    pub(super) fn new(op: &Reduce, inputs: &[Slot]) -> Option<Self> {
        let reduction = Reduction::new(&op.axes, &inputs[0])?;
        let divisor = (op.kind == ReduceKind::Mean).then_some(reduction.size() as f32);
        Some(ReduceKernel { reduction, divisor })
    }
}

impl Kernel for ReduceKernel {
    fn shard(&self, call: &Call<'_>) {
        sum(call.level, &self.reduction, self.divisor, call.input(0), call.output(0));
    }
}

multiversioned! { fn sum(reduction: &Reduction, divisor: Option<f32>, x: &[f32], y: &mut [f32]) = sum_body }

#[inline(always)]
fn sum_body(reduction: &Reduction, divisor: Option<f32>, x: &[f32], y: &mut [f32]) {
    if reduction.results == 0 {
        return;
    }
    for (x, y) in x.chunks_exact(reduction.elements).zip(y.chunks_exact_mut(reduction.results)) {
        reduce(reduction, x, |idx, sum: f32| y[idx] = sum);
        if let Some(divisor) = divisor {
            y.iter_mut().for_each(|y| *y /= divisor);
        }
    }
}

/// Maximum.
pub(super) struct ReduceMaxKernel(Reduction);

impl ReduceMaxKernel {
    pub(super) fn new(op: &ReduceMax, inputs: &[Slot]) -> Option<Self> {
        Some(ReduceMaxKernel(Reduction::new(&op.axes, &inputs[0])?))
    }
}

impl Kernel for ReduceMaxKernel {
    fn shard(&self, call: &Call<'_>) {
        maximum(call.level, &self.0, call.input(0), call.output(0));
    }
}

multiversioned! { fn maximum(reduction: &Reduction, x: &[f32], y: &mut [f32]) = maximum_body }

#[inline(always)]
fn maximum_body(reduction: &Reduction, x: &[f32], y: &mut [f32]) {
    if reduction.results == 0 {
        return;
    }
    for (x, y) in x.chunks_exact(reduction.elements).zip(y.chunks_exact_mut(reduction.results)) {
        reduce(reduction, x, |idx, largest: Largest| y[idx] = largest.0);
    }
}

/// Gradient of the maximum.
pub(super) struct ReduceMaxGradientKernel(Reduction);

impl ReduceMaxGradientKernel {
    pub(super) fn new(op: &ReduceMaxGradient, inputs: &[Slot]) -> Option<Self> {
        Some(ReduceMaxGradientKernel(Reduction::new(&op.axes, &inputs[0])?))
    }
}

impl Kernel for ReduceMaxGradientKernel {
    fn shard(&self, call: &Call<'_>) {
        spread(call.level, &self.0, call.input(0), call.input(1), call.output(0));
    }
}

multiversioned! { fn spread(reduction: &Reduction, x: &[f32], dy: &[f32], dx: &mut [f32]) = spread_body }

#[inline(always)]
fn spread_body(reduction: &Reduction, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    dx.fill(0.0);
    if reduction.results == 0 {
        return;
    }
    let samples = x.chunks_exact(reduction.elements).zip(dx.chunks_exact_mut(reduction.elements));
    for ((x, dx), dy) in samples.zip(dy.chunks_exact(reduction.results)) {
        reduce(reduction, x, |idx, largest: FirstLargest| dx[largest.position] = dy[idx]);
    }
}
