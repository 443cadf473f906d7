//! What recurrent kernels share. They walk the steps of a shard's sequences together, so that each step is one product of as
//! many rows as the shard has samples, and what a step leaves is in cache when the next one reads it.

use std::ops::Range;

use super::Sizes;
use super::product::{Product, Run, blocks, product};
use crate::cpu::CHAIN;
use crate::cpu::call::{Call, Slot};
use crate::cpu::level::Supported;
use crate::cpu::simd::multiversioned;
use crate::ops::{Direction, steps_of};
use crate::plan::Place;

/// The sequences of a shard.
pub(super) struct Walk {
    direction: Direction,
    pub(super) steps: usize,
    pub(super) units: usize,
    pub(super) shard_samples: usize,
}

impl Walk {
    pub(super) fn new(direction: Direction, x: &Slot, mask: &Slot, sizes: Sizes) -> Self {
        let (steps, units) = (x.ty.shape[0], mask.ty.elements());
        Walk { direction, steps, units, shard_samples: sizes.shard_samples }
    }

    /// The step that is walked at this position, and the one before it.
    pub(super) fn at(&self, walked: usize) -> (usize, Option<usize>) {
        let index = |walked| self.direction.index(walked, self.steps);
        (index(walked), walked.checked_sub(1).map(index))
    }

    /// Whether a sequence of this length has the step.
    pub(super) fn has(&self, length: f32, step: usize) -> bool {
        step < steps_of(length, self.steps)
    }

    /// The chain of `terms` against a matrix of `columns`.
    pub(super) fn chain(terms: usize, columns: usize) -> Vec<Run> {
        blocks(terms, 1, columns, CHAIN)
    }

    /// Bytes of working memory of `width` elements a sample.
    pub(super) fn bytes(&self, width: usize) -> usize {
        self.shard_samples.saturating_mul(width).saturating_mul(4)
    }
}

/// The rows of one operand: as many as there are steps, or room for one a sample where nothing reads them later.
pub(super) struct Rows<'a> {
    pub(super) data: &'a mut [f32],
    width: usize,
    /// Elements from one sample to the next.
    pub(super) stride: usize,
    /// Elements from one step to the next.
    step: usize,
}

impl<'a> Rows<'a> {
    /// An output of the call, or `width` elements a sample of working memory.
    pub(super) fn new(call: &Call<'a>, output: usize, width: usize, steps: usize, scratch: &mut &'a mut [f32]) -> Self {
        if call.outputs[output].place == Place::Unused {
            Rows { data: take(scratch, call.n_samples() * width), width, stride: width, step: 0 }
        } else {
            Rows { data: call.output(output), width, stride: steps * width, step: width }
        }
    }

    /// How many elements a sample needs of working memory.
    pub(super) fn scratch_width(output: &Slot, width: usize) -> usize {
        if output.place == Place::Unused { width } else { 0 }
    }

    /// Where the first sample's row of a step starts.
    pub(super) fn start(&self, step: usize) -> usize {
        step * self.step
    }

    pub(super) fn range(&self, sample: usize, step: usize) -> Range<usize> {
        let start = sample * self.stride + self.start(step);
        start..start + self.width
    }

    pub(super) fn row(&self, sample: usize, step: usize) -> &[f32] {
        &self.data[self.range(sample, step)]
    }

    pub(super) fn row_mut(&mut self, sample: usize, step: usize) -> &mut [f32] {
        let range = self.range(sample, step);
        &mut self.data[range]
    }

    /// Makes the row what the one before is; zeros where there is none.
    pub(super) fn carry(&mut self, sample: usize, before: Option<usize>, step: usize) {
        match before {
            Some(before) => {
                let to = self.range(sample, step).start;
                self.data.copy_within(self.range(sample, before), to);
            }
            None => self.row_mut(sample, step).fill(0.0),
        }
    }
}

/// Cuts working memory off.
pub(super) fn take<'a>(scratch: &mut &'a mut [f32], elements: usize) -> &'a mut [f32] {
    let (taken, rest) = std::mem::take(scratch).split_at_mut(elements);
    *scratch = rest;
    taken
}

/// One product of a step: a row a sample.
#[derive(Clone, Copy)]
pub(super) struct StepProduct<'a> {
    /// Where the rows start in `a`.
    pub(super) rows: &'a [usize],
    pub(super) a: &'a [f32],
    pub(super) b: &'a [f32],
    pub(super) runs: &'a [Run],
    pub(super) columns: usize,
    /// Elements of the result from one sample to the next.
    pub(super) c_step: usize,
    /// Whether the chain is added to what the result holds.
    pub(super) accumulate: bool,
}

impl StepProduct<'_> {
    pub(super) fn run(self, level: Supported, c: &mut [f32]) {
        let StepProduct { rows, a, b, runs, columns, c_step, accumulate } = self;
        product(level, &Product { a, rows, a_step: 1, b, b_step: columns, runs, columns, c_step, accumulate }, c);
    }
}

multiversioned! {
    /// `y = a b`, element by element.
    pub(super) fn multiply(a: &[f32], b: &[f32], y: &mut [f32]) = multiply_body
}

#[inline(always)]
fn multiply_body(a: &[f32], b: &[f32], y: &mut [f32]) {
    for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
        *y = *a * *b;
    }
}

multiversioned! {
    /// `sum += x`, element by element.
    pub(super) fn add(x: &[f32], sum: &mut [f32]) = add_body
}

#[inline(always)]
fn add_body(x: &[f32], sum: &mut [f32]) {
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum += *x;
    }
}
