//! The norm of all gradients, defined by f64 sums over blocks of [`CHAIN`] elements that are added in the tree.
//!
//! Idea: sixteen lanes in f64 a block; blocks go to tasks, and the task that ends last adds their sums in the tree, so that no
//! barrier is needed.
#![allow(unsafe_code)]

use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::Kernel;
use super::cross_entropy::STRIDE;
use crate::cpu::CHAIN;
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;
use crate::cpu::tree::Counter;

pub(super) struct GlobalNormKernel {
    blocks: Vec<Block>,
    /// Tasks that have ended, over all steps.
    ended: AtomicUsize,
}

/// A part of an input.
struct Block {
    input: usize,
    range: Range<usize>,
    /// The bits of its sum of squares: written by one task, read by the last.
    sum: AtomicU64,
}

/// Blocks of one task: 16,384 elements, some microseconds of work, well above what a ticket costs.
const TASK_BLOCKS: usize = 4;

impl GlobalNormKernel {
    pub(super) fn new(inputs: &[Slot]) -> Self {
        let mut blocks = Vec::new();
        for (input, slot) in inputs.iter().enumerate() {
            let elements = slot.ty.elements();
            blocks.extend((0..elements).step_by(CHAIN).map(|start| Block {
                input,
                range: start..(start + CHAIN).min(elements),
                sum: AtomicU64::new(0),
            }));
        }
        GlobalNormKernel { blocks, ended: AtomicUsize::new(0) }
    }

    /// The norm, of the blocks' sums.
    fn norm(&self) -> f32 {
        let mut sums = [0.0f64; usize::BITS as usize + 1];
        let mut counter = Counter::default();
        for block in &self.blocks {
            sums[counter.slot()] = f64::from_bits(block.sum.load(Ordering::Relaxed));
            counter.carry(|slot| sums[slot] += sums[slot + 1]);
        }
        counter.finish(|slot| sums[slot] += sums[slot + 1]);
        sums[0].sqrt() as f32
    }
}

impl Kernel for GlobalNormKernel {
    fn shard(&self, call: &Call<'_>) {
        (0..self.tasks()).for_each(|task| self.task(call, task));
    }

    fn tasks(&self) -> usize {
        self.blocks.len().div_ceil(TASK_BLOCKS).max(1)
    }

    fn task(&self, call: &Call<'_>, task: usize) {
        for block in self.blocks.iter().skip(task * TASK_BLOCKS).take(TASK_BLOCKS) {
            let mut sum = 0.0;
            sum_of_squares(call.level, &call.input(block.input)[block.range.clone()], &mut sum);
            block.sum.store(sum.to_bits(), Ordering::Relaxed);
        }
        // Acquired and released, so that the last task sees what all others stored.
        let ended = self.ended.fetch_add(1, Ordering::AcqRel).wrapping_add(1);
        if ended.is_multiple_of(self.tasks()) {
            // SAFETY: the last task to end is the only one of the step that asks.
            let norm = unsafe { call.output_part(0, 0..1) };
            norm[0] = self.norm();
        }
    }
}

multiversioned! { fn sum_of_squares(x: &[f32], sum: &mut f64) = sum_of_squares_body }

#[inline(always)]
fn sum_of_squares_body(x: &[f32], sum: &mut f64) {
    let mut accumulators = [0.0f64; STRIDE];
    let (blocks, rest) = x.as_chunks::<STRIDE>();
    for block in blocks {
        for lane in 0..STRIDE {
            let value = f64::from(block[lane]);
            accumulators[lane] += value * value;
        }
    }
    for (accumulator, value) in accumulators.iter_mut().zip(rest) {
        let value = f64::from(*value);
        *accumulator += value * value;
    }
    let mut half = STRIDE / 2;
    while half > 0 {
        for lane in 0..half {
            accumulators[lane] += accumulators[lane + half];
        }
        half /= 2;
    }
    *sum = accumulators[0];
}
