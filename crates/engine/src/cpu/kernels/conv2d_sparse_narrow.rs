//! Gradient of a convolution's weights that skips zeros, for kernels of few taps and channels: the first layer of a network.
//!
//! *Defined by* [`Zeros::Skip`](crate::ops::Zeros), as `conv2d_sparse`.
//!
//! *Idea*: lists of positions do not pay for a patch that fills no vector. Lanes go over filters instead, all elements of the
//! patch have their sums in registers, and a lane whose gradient is zero at a position keeps its sum by a mask.
#![allow(unsafe_code)]

use super::Kernel;
use super::conv2d_sparse::Patches;
use crate::cpu::CHAIN;
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::{Simd, multiversioned};
use crate::ops::Conv2dWeightGradient;

/// Elements of a patch, at most: with as many sums, a gradient and an element fit sixteen registers.
const MOST_ELEMENTS: usize = 12;

pub(super) struct NarrowWeightGradientKernel {
    patches: Patches,
    /// Rows of output positions in a block of the chain.
    block_rows: usize,
    /// Where the patch's elements lie, from its start.
    offsets: Vec<usize>,
}

impl NarrowWeightGradientKernel {
    /// `None` where patches are larger, or their rows not contiguous.
    pub(super) fn new(op: &Conv2dWeightGradient, inputs: &[Slot]) -> Option<Self> {
        let geometry = op.geometry(&inputs[0].ty.shape, &inputs[1].ty.shape).ok()?;
        let block_rows = (CHAIN / geometry.window.output[1]).clamp(1, geometry.window.output[0]);
        let patches = Patches::new(geometry)?;
        let rows = 0..geometry.window.size[0];
        let offsets: Vec<usize> = rows
            .flat_map(|row| (0..patches.row_elements).map(move |element| (row, element)))
            .map(|(row, element)| row * patches.row_stride() + element)
            .collect();
        (offsets.len() <= MOST_ELEMENTS).then_some(NarrowWeightGradientKernel { patches, block_rows, offsets })
    }
}

impl Kernel for NarrowWeightGradientKernel {
    fn scratch_bytes(&self) -> usize {
        self.patches.frame_scratch().saturating_mul(4)
    }

    fn shard(&self, call: &Call<'_>) {
        let (x, dy, dw) = (call.input(0), call.input(1), call.output(0));
        let filters = self.patches.geometry.filters;
        let [rows, columns] = self.patches.geometry.window.output;
        let frame = &mut call.scratch()[..self.patches.frame_scratch()];
        frame.fill(0.0);
        let samples = x.chunks_exact(self.patches.sample_elements()).zip(dy.chunks_exact(rows * columns * filters));
        let mut is_first = true;
        for (sample, gradient) in samples {
            if self.patches.is_framed() {
                self.patches.for_each_row(|from, to, count| {
                    frame[to..to + count].copy_from_slice(&sample[from..from + count]);
                });
            }
            let framed: &[f32] = if self.patches.is_framed() { frame } else { sample };
            let mut first_row = 0;
            while first_row < rows {
                let end = (first_row + self.block_rows).min(rows);
                let block = Block {
                    source: &framed[self.patches.start(first_row, 0)..],
                    steps: [self.patches.start(1, 0), self.patches.start(0, 1)],
                    gradient: &gradient[first_row * columns * filters..end * columns * filters],
                    rows: end - first_row,
                    columns,
                    filters,
                };
                accumulate(call.level, &block, &self.offsets, is_first, dw);
                is_first = false;
                first_row = end;
            }
        }
        if is_first {
            dw.fill(0.0);
        }
    }
}

/// Rows of positions whose terms are one block of the chain.
struct Block<'a> {
    /// From the first patch.
    source: &'a [f32],
    /// From one row, and one column, of positions to the next.
    steps: [usize; 2],
    gradient: &'a [f32],
    rows: usize,
    columns: usize,
    filters: usize,
}

multiversioned! {
    /// Adds the block's chains to the sums `[element, filter]`; the first block's are the sums.
    fn accumulate(block: &Block<'_>, offsets: &[usize], is_first: bool, sums: &mut [f32]) = simd accumulate_body
}

#[inline(always)]
fn accumulate_body<S: Simd>(block: &Block<'_>, offsets: &[usize], is_first: bool, sums: &mut [f32]) {
    let last_patch = (block.rows - 1) * block.steps[0] + (block.columns - 1) * block.steps[1];
    let reach = last_patch + offsets.iter().max().map_or(0, |offset| offset + 1);
    assert!(reach <= block.source.len(), "a patch beyond its image");
    assert!(block.rows * block.columns * block.filters <= block.gradient.len(), "a position without a gradient");
    assert!(offsets.len() * block.filters <= sums.len(), "a place for every sum");
    let mut filter = 0;
    while filter < block.filters {
        let lanes = S::LANES.min(block.filters - filter);
        macro_rules! elements {
            ($($count:literal),*) => {
                match offsets.len() {
                    // SAFETY: what the assertions hold; `lanes` filters from `filter`; the level is S's.
                    $($count => unsafe { chains::<S, $count>(block, offsets, filter, lanes, is_first, sums) },)*
                    _ => unreachable!("a patch of {} elements", offsets.len()),
                }
            };
        }
        elements!(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
        filter += lanes;
    }
}

/// # Safety
/// Every patch lies in the source, every position has gradients, every element sums for `lanes` filters from `filter`.
#[inline(always)]
unsafe fn chains<S: Simd, const ELEMENTS: usize>(
    block: &Block<'_>,
    offsets: &[usize],
    filter: usize,
    lanes: usize,
    is_first: bool,
    sums: &mut [f32],
) {
    // SAFETY (whole body): the caller's promise.
    unsafe {
        let mut places = [0; ELEMENTS];
        places.copy_from_slice(offsets);
        let mut chains = [S::splat(0.0); ELEMENTS];
        let mut gradients = block.gradient.as_ptr().add(filter);
        for row in 0..block.rows {
            let mut patch = block.source.as_ptr().add(row * block.steps[0]);
            for _ in 0..block.columns {
                let gradient = S::load_first(gradients, lanes);
                let mask = S::nonzero_mask(gradient);
                for (chain, place) in chains.iter_mut().zip(&places) {
                    *chain = S::mul_add_where(mask, gradient, S::splat(*patch.add(*place)), *chain);
                }
                // Past the last position it is not read.
                gradients = gradients.wrapping_add(block.filters);
                patch = patch.wrapping_add(block.steps[1]);
            }
        }
        for (element, chain) in chains.into_iter().enumerate() {
            let at = sums.as_mut_ptr().add(element * block.filters + filter);
            let sum = if is_first { chain } else { S::add(S::load_first(at, lanes), chain) };
            S::store_first(at, sum, lanes);
        }
    }
}
