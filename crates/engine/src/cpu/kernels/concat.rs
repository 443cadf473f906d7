//! Joining, cutting and padding along an axis: nothing is computed, runs of elements move.

use super::Kernel;
use crate::cpu::call::{Call, Slot};
use crate::ops::{Concat, Pad, Slice};

/// Elements of one index along the axis and all within it.
fn inner(slot: &Slot, axis: usize) -> usize {
    slot.ty.shape[axis + 1..].iter().product()
}

/// Joins along an axis.
pub(super) struct ConcatKernel {
    /// For each input, the elements that go to the output in one run.
    runs: Vec<usize>,
    /// Elements of the output in which each input has one run.
    block: usize,
}

impl ConcatKernel {
    pub(super) fn new(op: &Concat, inputs: &[Slot]) -> Self {
        let runs: Vec<usize> = inputs.iter().map(|input| input.ty.shape[op.axis] * inner(input, op.axis)).collect();
        ConcatKernel { block: runs.iter().sum(), runs }
    }
}

impl Kernel for ConcatKernel {
    fn shard(&self, call: &Call<'_>) {
        let y = call.output(0);
        let mut first = 0;
        for (input, run) in self.runs.iter().enumerate() {
            if *run > 0 {
                let blocks = y.chunks_exact_mut(self.block).zip(call.input(input).chunks_exact(*run));
                for (block, x) in blocks {
                    block[first..first + run].copy_from_slice(x);
                }
            }
            first += run;
        }
    }
}

/// Takes a part along an axis.
pub(super) struct SliceKernel {
    /// Elements of the input from one run to the next.
    block: usize,
    first: usize,
    run: usize,
}

impl SliceKernel {
    pub(super) fn new(op: &Slice, inputs: &[Slot]) -> Self {
        let inner = inner(&inputs[0], op.axis);
        SliceKernel { block: inputs[0].ty.shape[op.axis] * inner, first: op.start * inner, run: op.length * inner }
    }
}

impl Kernel for SliceKernel {
    fn shard(&self, call: &Call<'_>) {
        let blocks = call.input(0).chunks_exact(self.block).zip(call.output(0).chunks_exact_mut(self.run));
        for (block, y) in blocks {
            y.copy_from_slice(&block[self.first..self.first + self.run]);
        }
    }
}

/// Puts zeros around along an axis.
pub(super) struct PadKernel {
    before: usize,
    run: usize,
    after: usize,
}

impl PadKernel {
    pub(super) fn new(op: &Pad, inputs: &[Slot]) -> Self {
        let inner = inner(&inputs[0], op.axis);
        PadKernel { before: op.before * inner, run: inputs[0].ty.shape[op.axis] * inner, after: op.after * inner }
    }
}

impl Kernel for PadKernel {
    fn shard(&self, call: &Call<'_>) {
        let size = self.before + self.run + self.after;
        for (y, x) in call.output(0).chunks_exact_mut(size).zip(call.input(0).chunks_exact(self.run)) {
            let (before, rest) = y.split_at_mut(self.before);
            let (middle, after) = rest.split_at_mut(self.run);
            before.fill(0.0);
            middle.copy_from_slice(x);
            after.fill(0.0);
        }
    }
}
