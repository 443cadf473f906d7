//! Running sums, defined by a chain of additions along the axis.
//!
//! Idea: lanes over what lies within the axis, each row being the one before plus its own elements. Along the last axis there
//! is one chain a row, which no lane can share.

use super::Kernel;
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;
use crate::ops::{CumulativeSum, Direction};

pub(super) struct CumulativeSumKernel {
    direction: Direction,
    extent: usize,
    /// Elements of one index along the axis.
    inner: usize,
}

impl CumulativeSumKernel {
    pub(super) fn new(op: &CumulativeSum, inputs: &[Slot]) -> Self {
        let shape = &inputs[0].ty.shape;
        CumulativeSumKernel {
            direction: op.direction,
            extent: shape[op.axis],
            inner: shape[op.axis + 1..].iter().product(),
        }
    }
}

impl Kernel for CumulativeSumKernel {
    fn shard(&self, call: &Call<'_>) {
        sums(call.level, self.direction, self.extent, self.inner, call.input(0), call.output(0));
    }
}

multiversioned! {
    fn sums(direction: Direction, extent: usize, inner: usize, x: &[f32], y: &mut [f32]) = sums_body
}

#[inline(always)]
fn sums_body(direction: Direction, extent: usize, inner: usize, x: &[f32], y: &mut [f32]) {
    let block = extent * inner;
    for (x, y) in x.chunks_exact(block).zip(y.chunks_exact_mut(block)) {
        // From +0.0, so that a first element of -0.0 becomes +0.0 as in every chain.
        let first = direction.index(0, extent) * inner;
        for column in first..first + inner {
            y[column] = 0.0 + x[column];
        }
        for step in 1..extent {
            let at = direction.index(step, extent) * inner;
            let before = direction.index(step - 1, extent) * inner;
            for column in 0..inner {
                y[at + column] = y[before + column] + x[at + column];
            }
        }
    }
}
