//! Means and variances over the batch, defined by two chains a shard and their merging in the tree; and their gradient.
//!
//! Idea: lanes over channels; the sums of a block stay in registers while the rows stream by, twice.

use std::ops::Range;

use super::Kernel;
use crate::cpu::call::{Call, Slot};
use crate::cpu::level::Supported;
use crate::cpu::simd::multiversioned;
use crate::cpu::tree::tree;
use crate::plan::Place;

/// Channels that are summed together.
const BLOCK: usize = 32;

/// Leaves each shard's mean, M2 and number of elements a channel.
pub(super) struct BatchMomentsKernel {
    channels: usize,
}

impl BatchMomentsKernel {
    pub(super) fn new(inputs: &[Slot]) -> Self {
        BatchMomentsKernel { channels: inputs[0].ty.shape.last() }
    }
}

impl Kernel for BatchMomentsKernel {
    fn shard(&self, call: &Call<'_>) {
        let x = call.input(0);
        moments(call.level, x, self.channels, call.output(0), call.output(1));
        call.output(2)[0] = (x.len() / self.channels) as f32;
    }
}

multiversioned! { fn moments(x: &[f32], channels: usize, mean: &mut [f32], m2: &mut [f32]) = moments_body }

#[inline(always)]
fn moments_body(x: &[f32], channels: usize, mean: &mut [f32], m2: &mut [f32]) {
    let count = (x.len() / channels) as f32;
    let mut first = 0;
    while first < channels {
        let lanes = BLOCK.min(channels - first);
        let mut means = [0.0f32; BLOCK];
        for row in x.chunks_exact(channels) {
            let block = block_of(row, first, lanes);
            for lane in 0..BLOCK {
                means[lane] += block[lane];
            }
        }
        for mean in &mut means {
            *mean /= count;
        }
        let mut squares = [0.0f32; BLOCK];
        for row in x.chunks_exact(channels) {
            let block = block_of(row, first, lanes);
            for lane in 0..BLOCK {
                let deviation = block[lane] - means[lane];
                squares[lane] = f32::mul_add(deviation, deviation, squares[lane]);
            }
        }
        mean[first..first + lanes].copy_from_slice(&means[..lanes]);
        m2[first..first + lanes].copy_from_slice(&squares[..lanes]);
        first += lanes;
    }
}

/// The row's elements from `first`, zeros beyond `lanes`.
#[inline(always)]
fn block_of(row: &[f32], first: usize, lanes: usize) -> [f32; BLOCK] {
    let mut block = [0.0f32; BLOCK];
    if lanes == BLOCK {
        block.copy_from_slice(&row[first..first + BLOCK]);
    } else {
        block[..lanes].copy_from_slice(&row[first..first + lanes]);
    }
    block
}

/// Merges the shards' moments into the first shard's, and makes M2 the variance. `rows` is what the shards left, one after
/// the other, `elements` the number of elements a channel of a range of shards.
pub(in crate::cpu) fn fold_moments(
    level: Supported,
    rows: &mut [f32],
    n_shards: usize,
    elements: impl Fn(Range<usize>) -> usize,
    outputs: &[Slot],
) {
    let channels = outputs[0].ty.elements();
    let start = |output: usize| match outputs[output].place {
        Place::Partial(offset) => offset / 4,
        place => panic!("moments that are folded stand at {place}"),
    };
    let row = rows.len() / n_shards;
    let (m2_at, count_at) = (start(1) - start(0), start(2) - start(0));
    tree(n_shards, |left, right| {
        let end = (right + (right - left)).min(n_shards);
        let counts = [elements(left..right), elements(right..end)];
        let (before, after) = rows.split_at_mut(right * row);
        let (left_mean, left_m2) = before[left * row..][..row].split_at_mut(m2_at);
        let (right_mean, right_m2) = after[..row].split_at_mut(m2_at);
        merge(
            level,
            counts,
            (&mut left_mean[..channels], &mut left_m2[..channels]),
            (&right_mean[..channels], &right_m2[..channels]),
        );
    });
    let total = elements(0..n_shards) as f32;
    let first = &mut rows[..row];
    for m2 in &mut first[m2_at..m2_at + channels] {
        *m2 /= total;
    }
    first[count_at] = total;
}

multiversioned! {
    fn merge(counts: [usize; 2], left: (&mut [f32], &mut [f32]), right: (&[f32], &[f32])) = merge_body
}

/// Adds the moments of `counts[1]` elements on the right to those of `counts[0]` on the left.
#[inline(always)]
fn merge_body(counts: [usize; 2], left: (&mut [f32], &mut [f32]), right: (&[f32], &[f32])) {
    let [left_count, right_count] = counts.map(|count| count as f64);
    let total = left_count + right_count;
    let mean_share = (right_count / total) as f32;
    let square_share = (left_count * right_count / total) as f32;
    let values = left.0.iter_mut().zip(left.1).zip(right.0.iter().zip(right.1));
    for ((mean, m2), (right_mean, right_m2)) in values {
        let difference = *right_mean - *mean;
        *mean = f32::mul_add(difference, mean_share, *mean);
        *m2 = f32::mul_add(difference * difference, square_share, *m2 + *right_m2);
    }
}

/// Gradient: one multiply-add for each element, with two numbers a channel that are computed once a shard.
pub(super) struct BatchMomentsGradientKernel {
    channels: usize,
}

impl BatchMomentsGradientKernel {
    pub(super) fn new(inputs: &[Slot]) -> Self {
        BatchMomentsGradientKernel { channels: inputs[0].ty.shape.last() }
    }
}

impl Kernel for BatchMomentsGradientKernel {
    fn scratch_bytes(&self) -> usize {
        2 * self.channels * 4
    }

    fn shard(&self, call: &Call<'_>) {
        let count = call.input(2)[0];
        let (slopes, rest) = call.scratch().split_at_mut(self.channels);
        let shifts = &mut rest[..self.channels];
        for (shift, dmean) in shifts.iter_mut().zip(call.input(3)) {
            *shift = *dmean / count;
        }
        for (slope, dvariance) in slopes.iter_mut().zip(call.input(4)) {
            *slope = 2.0 * *dvariance / count;
        }
        gradient(call.level, call.input(0), call.input(1), slopes, shifts, call.output(0));
    }
}

multiversioned! {
    fn gradient(x: &[f32], mean: &[f32], slopes: &[f32], shifts: &[f32], dx: &mut [f32]) = gradient_body
}

#[inline(always)]
fn gradient_body(x: &[f32], mean: &[f32], slopes: &[f32], shifts: &[f32], dx: &mut [f32]) {
    let channels = mean.len();
    for (x, dx) in x.chunks_exact(channels).zip(dx.chunks_exact_mut(channels)) {
        for channel in 0..channels {
            dx[channel] = f32::mul_add(x[channel] - mean[channel], slopes[channel], shifts[channel]);
        }
    }
}
