//! Gradient of a convolution's weights that skips zeros, for kernels of few taps and channels: the first layer of a network.
//!
//! *Defined by* [`Zeros::Skip`](crate::ops::Zeros), as `conv2d_sparse`.
//!
//! *Idea*: lists of positions do not pay for a patch that fills no vector. Lanes go over filters instead, all elements of the
//! patch have their sums in registers, and a lane whose gradient is zero at a position keeps its sum by a mask. Patches of nothing but
//! zeros are passed over where the gradients are finite; a shard whose sums have a -0.0 then is summed again with all of them, since a
//! zero that is added could have made it +0.0.
#![allow(unsafe_code)]

use std::ops::Range;

use super::Kernel;
use super::conv2d_sparse::Patches;
use super::sparse_rows::has_negative_zero;
use super::unpooled::{Gradients, Positions};
use super::zero_columns::NonzeroColumns;
use crate::cpu::CHAIN;
use crate::cpu::call::Call;
use crate::cpu::simd::{Simd, multiversioned};
use crate::ops::ConvGeometry;

/// Elements of a patch, at most: with as many sums, a gradient and an element fit sixteen registers.
const MOST_ELEMENTS: usize = 12;

/// The same in windows of two columns, where a pass over the gradients costs half as much: several passes still pay.
const MOST_ELEMENTS_OF_PAIRS: usize = 36;

/// Elements in a pass over windows of two columns.
const PAIR_ELEMENTS: usize = 9;

pub(super) struct NarrowWeightGradientKernel {
    patches: Patches,
    positions: Positions,
    /// Rows of output positions in a block of the chain.
    block_rows: usize,
    /// Where the patch's elements lie, from its start.
    offsets: Vec<usize>,
}

impl NarrowWeightGradientKernel {
    /// The positions again where patches are larger, or their rows not contiguous.
    pub(super) fn new(geometry: ConvGeometry, positions: Positions) -> Result<Self, Positions> {
        match Self::offsets(geometry, positions.is_in_pairs()) {
            Some((patches, offsets)) => {
                let block_rows = (CHAIN / geometry.window.output[1]).clamp(1, geometry.window.output[0]);
                Ok(NarrowWeightGradientKernel { patches, positions, block_rows, offsets })
            }
            None => Err(positions),
        }
    }

    fn offsets(geometry: ConvGeometry, is_in_pairs: bool) -> Option<(Patches, Vec<usize>)> {
        let patches = Patches::new(geometry)?;
        let rows = 0..geometry.window.size[0];
        let offsets: Vec<usize> = rows
            .flat_map(|row| (0..patches.row_elements).map(move |element| (row, element)))
            .map(|(row, element)| row * patches.row_stride() + element)
            .collect();
        let most = if is_in_pairs { MOST_ELEMENTS_OF_PAIRS } else { MOST_ELEMENTS };
        (offsets.len() <= most).then_some((patches, offsets))
    }
}

impl Kernel for NarrowWeightGradientKernel {
    fn scratch_bytes(&self) -> usize {
        self.patches.frame_scratch().saturating_mul(4)
    }

    fn shard(&self, call: &Call<'_>) {
        let (dw, frame) = (call.output(0), &mut call.scratch()[..self.patches.frame_scratch()]);
        let may_skip = self.positions.is_in_pairs();
        self.sum(call, may_skip, frame, dw);
        if may_skip && has_negative_zero(call.level, dw) {
            self.sum(call, false, frame, dw);
        }
    }
}

impl NarrowWeightGradientKernel {
    fn sum(&self, call: &Call<'_>, may_skip: bool, frame: &mut [f32], dw: &mut [f32]) {
        let x = call.input(0);
        let rows = self.patches.geometry.window.output[0];
        frame.fill(0.0);
        let samples = x.chunks_exact(self.patches.sample_elements()).zip(self.positions.samples(call, 1));
        let mut is_first = true;
        for (sample, gradients) in samples {
            if self.patches.is_framed() {
                self.patches.for_each_row(|from, to, count| {
                    frame[to..to + count].copy_from_slice(&sample[from..from + count]);
                });
            }
            let framed: &[f32] = if self.patches.is_framed() { frame } else { sample };
            let skips_zeros = may_skip && gradients.are_finite(call.level);
            let mut first_row = 0;
            while first_row < rows {
                let end = (first_row + self.block_rows).min(rows);
                let block = Block {
                    source: framed,
                    steps: [self.patches.start(1, 0), self.patches.start(0, 1)],
                    gradients,
                    rows: first_row..end,
                    kernel_rows: self.patches.geometry.window.size[0],
                    row_elements: self.patches.row_elements,
                    row_stride: self.patches.row_stride(),
                    skips_zeros,
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
    source: &'a [f32],
    /// From one row, and one column, of positions to the next.
    steps: [usize; 2],
    gradients: Gradients<'a>,
    rows: Range<usize>,
    /// Rows of a patch, the elements of each, and from one to the next in the source.
    kernel_rows: usize,
    row_elements: usize,
    row_stride: usize,
    /// Patches of nothing but zeros are passed over.
    skips_zeros: bool,
}

multiversioned! {
    /// Adds the block's chains to the sums `[element, filter]`; the first block's are the sums.
    fn accumulate(block: &Block<'_>, offsets: &[usize], is_first: bool, sums: &mut [f32]) = simd accumulate_body
}

#[inline(always)]
fn accumulate_body<S: Simd>(block: &Block<'_>, offsets: &[usize], is_first: bool, sums: &mut [f32]) {
    let positions = block.gradients.positions;
    let filters = positions.filters;
    let last_patch = (block.rows.end - 1) * block.steps[0] + (positions.columns() - 1) * block.steps[1];
    let reach = last_patch + offsets.iter().max().map_or(0, |offset| offset + 1);
    assert!(reach <= block.source.len(), "a patch beyond its image");
    assert!(block.rows.end <= positions.rows(), "a position without a gradient");
    assert!(offsets.len() * filters <= sums.len(), "a place for every sum");
    let mut filter = 0;
    while filter < filters {
        let lanes = S::LANES.min(filters - filter);
        let is_two = lanes == S::LANES && filters - filter >= 2 * S::LANES;
        if positions.is_in_pairs() {
            let rows_at_a_time = if block.row_elements <= PAIR_ELEMENTS / 3 && block.kernel_rows == 3 { 3 } else { 1 };
            for row in (0..block.kernel_rows).step_by(rows_at_a_time) {
                let mut first = 0;
                while first < block.row_elements {
                    let count = PAIR_ELEMENTS.min(block.row_elements - first);
                    macro_rules! elements {
                        ($(($rows:literal, $count:literal)),*) => {
                            match (rows_at_a_time, count, is_two) {
                                // SAFETY: as below; `lanes`, or twice the vector's, filters from `filter`.
                                $(($rows, $count, true) => unsafe {
                                    pairs::<S, $rows, $count, 2>(block, (row, first), filter, lanes, is_first, sums)
                                },
                                ($rows, $count, false) => unsafe {
                                    pairs::<S, $rows, $count, 1>(block, (row, first), filter, lanes, is_first, sums)
                                },)*
                                _ => unreachable!("{count} elements of {rows_at_a_time} rows"),
                            }
                        };
                    }
                    elements!(
                        (3, 1),
                        (3, 2),
                        (3, 3),
                        (1, 1),
                        (1, 2),
                        (1, 3),
                        (1, 4),
                        (1, 5),
                        (1, 6),
                        (1, 7),
                        (1, 8),
                        (1, 9)
                    );
                    first += count;
                }
            }
            filter += if is_two { 2 * lanes } else { lanes };
            continue;
        }
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

/// As [`chains`], over windows of two columns: of a window's two elements each lane takes the one where its gradient is, so that
/// there is half as much to multiply.
///
/// # Safety
/// As [`chains`], for `V` vectors of `lanes` filters.
#[inline(always)]
unsafe fn pairs<S: Simd, const ROWS: usize, const ELEMENTS: usize, const V: usize>(
    block: &Block<'_>,
    (kernel_row, first_element): (usize, usize),
    filter: usize,
    lanes: usize,
    is_first: bool,
    sums: &mut [f32],
) {
    // SAFETY (whole body): the caller's promise; elements of a patch's row lie side by side.
    unsafe {
        let mut chains = [[[S::splat(0.0); V]; ELEMENTS]; ROWS];
        let source = block.source.as_ptr().add(kernel_row * block.row_stride + first_element);
        let positions = block.gradients.positions;
        // The columns of two patches side by side.
        let width = block.steps[1] + ELEMENTS;
        let last_column = 2 * (positions.windows() - 1) * block.steps[1];
        let skips_zeros =
            block.skips_zeros && width <= NonzeroColumns::MOST_OF_PATCH && last_column + width <= NonzeroColumns::MOST;
        for row in block.rows.clone() {
            let patches = source.add(row * block.steps[0]);
            let nonzero = if skips_zeros {
                let starts = (0..ROWS).map(|row| row * block.row_stride);
                NonzeroColumns::of::<S>(patches, starts, last_column + width)
            } else {
                NonzeroColumns::NONE
            };
            for window in 0..positions.windows() {
                if skips_zeros && nonzero.are_zero(2 * window * block.steps[1], width) {
                    continue;
                }
                // A row that no window covers.
                let Some(here) = block.gradients.window(row, window) else { break };
                let mut taken = [here.load_pair::<S>(filter, lanes); V];
                for (v, taken) in taken.iter_mut().enumerate().skip(1) {
                    *taken = here.load_pair::<S>(filter + v * S::LANES, lanes);
                }
                let patch = patches.add(2 * window * block.steps[1]);
                for (row, chains) in chains.iter_mut().enumerate() {
                    let from = patch.add(row * block.row_stride);
                    for (element, chains) in chains.iter_mut().enumerate() {
                        let first = S::splat(*from.add(element));
                        let second = S::splat(*from.add(element + block.steps[1]));
                        for (chain, (gradient, mask, is_second)) in chains.iter_mut().zip(&taken) {
                            *chain = S::mul_add_where(*mask, *gradient, S::select(*is_second, first, second), *chain);
                        }
                    }
                }
            }
        }
        for (row, chains) in chains.into_iter().enumerate() {
            let first = (kernel_row + row) * block.row_elements + first_element;
            for (element, chains) in chains.into_iter().enumerate() {
                for (v, chain) in chains.into_iter().enumerate() {
                    let at = sums.as_mut_ptr().add((first + element) * positions.filters + filter + v * S::LANES);
                    let sum = if is_first { chain } else { S::add(S::load_first(at, lanes), chain) };
                    S::store_first(at, sum, lanes);
                }
            }
        }
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
        let positions = block.gradients.positions;
        for row in block.rows.clone() {
            let patches = block.source.as_ptr().add(row * block.steps[0]);
            for column in 0..positions.columns() {
                let Some(here) = block.gradients.at(row, column) else { continue };
                let (gradient, mask) = here.load::<S>(filter, lanes);
                let patch = patches.add(column * block.steps[1]);
                for (chain, place) in chains.iter_mut().zip(&places) {
                    *chain = S::mul_add_where(mask, gradient, S::splat(*patch.add(*place)), *chain);
                }
            }
        }
        for (element, chain) in chains.into_iter().enumerate() {
            let at = sums.as_mut_ptr().add(element * positions.filters + filter);
            let sum = if is_first { chain } else { S::add(S::load_first(at, lanes), chain) };
            S::store_first(at, sum, lanes);
        }
    }
}
