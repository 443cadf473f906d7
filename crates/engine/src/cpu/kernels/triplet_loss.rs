//! Triplet loss over the hardest samples of the batch, defined by f64 sums of squared differences with sixteen accumulators.
//!
//! Idea: one anchor after the other, a row of distances for each; the batch is small, so that nothing is kept but that row. Choosing
//! and the gradient's sums, of one positive and one negative an anchor, are the operation's own scalar code.
#![allow(unsafe_code)]

use super::cross_entropy::STRIDE;
use super::{Kernel, Sizes};
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;
use crate::ops::Triplet;

pub(super) struct TripletKernel {
    margin: f64,
    /// Numbers of a sample.
    width: usize,
    max_samples: usize,
    is_gradient: bool,
}

impl TripletKernel {
    pub(super) fn new(margin: f32, inputs: &[Slot], sizes: Sizes, is_gradient: bool) -> Self {
        let width = inputs[0].ty.elements();
        TripletKernel { margin: f64::from(margin), width, max_samples: sizes.max_samples, is_gradient }
    }
}

impl Kernel for TripletKernel {
    /// In f64: a row of distances, and the gradient before it is rounded.
    fn scratch_bytes(&self) -> usize {
        let row = if self.is_gradient { self.width.saturating_add(1) } else { 1 };
        self.max_samples.saturating_mul(row).saturating_mul(8)
    }

    /// The samples are the whole batch: the plan has no shards for it.
    fn shard(&self, call: &Call<'_>) {
        let (x, classes) = (call.input(0), call.input_i32(1));
        let n = call.n_samples();
        // SAFETY: any bits are an f64.
        let (_, numbers, _) = unsafe { call.scratch().align_to_mut::<f64>() };
        let (squares, rest) = numbers.split_at_mut(n);
        let class = |sample: usize| i64::from(classes[sample]);
        let mut hardest = |anchor: usize| {
            squared_distances(call.level, x, self.width, anchor, squares);
            Triplet::hardest(self.margin, class, anchor, squares)
        };
        let result = call.output(0);
        if !self.is_gradient {
            for (anchor, loss) in result.iter_mut().enumerate() {
                *loss = hardest(anchor).map_or(0.0, |triplet| triplet.loss()) as f32;
            }
            return;
        }
        let dloss = call.input(2);
        let sums = &mut rest[..n * self.width];
        sums.fill(0.0);
        for anchor in 0..n {
            let Some(triplet) = hardest(anchor).filter(|triplet| !triplet.is_met()) else { continue };
            let scale = f64::from(dloss[anchor]);
            let others = [(triplet.positive, scale), (triplet.negative, -scale)];
            for ((other, scale), distance) in others.into_iter().zip(triplet.distances) {
                if distance == 0.0 {
                    continue;
                }
                for i in 0..self.width {
                    let (own, its) = (anchor * self.width + i, other * self.width + i);
                    let term = scale * ((f64::from(x[own]) - f64::from(x[its])) / distance);
                    sums[own] += term;
                    sums[its] -= term;
                }
            }
        }
        result.iter_mut().zip(sums).for_each(|(dx, sum)| *dx = *sum as f32);
    }
}

multiversioned! {
    fn squared_distances(x: &[f32], width: usize, anchor: usize, squares: &mut [f64]) = squared_distances_body
}

#[inline(always)]
fn squared_distances_body(x: &[f32], width: usize, anchor: usize, squares: &mut [f64]) {
    let own = &x[anchor * width..(anchor + 1) * width];
    for (row, square) in x.chunks_exact(width).zip(squares) {
        let mut accumulators = [0.0f64; STRIDE];
        let ((own, own_rest), (row, row_rest)) = (own.as_chunks::<STRIDE>(), row.as_chunks::<STRIDE>());
        for (own, row) in own.iter().zip(row) {
            for lane in 0..STRIDE {
                let difference = f64::from(own[lane]) - f64::from(row[lane]);
                accumulators[lane] += difference * difference;
            }
        }
        for ((accumulator, own), row) in accumulators.iter_mut().zip(own_rest).zip(row_rest) {
            let difference = f64::from(*own) - f64::from(*row);
            *accumulator += difference * difference;
        }
        let mut half = STRIDE / 2;
        while half > 0 {
            for lane in 0..half {
                accumulators[lane] += accumulators[lane + half];
            }
            half /= 2;
        }
        *square = accumulators[0];
    }
}
