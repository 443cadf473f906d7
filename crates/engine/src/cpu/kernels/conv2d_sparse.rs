//! Gradient of a convolution's weights that skips the zeros of the output's gradient; that of its input is in
//! `conv2d_sparse_input`.
//!
//! *Defined by* [`Zeros::Skip`](crate::ops::Zeros): an output position whose gradient is zero takes no part in any chain.
//!
//! *Idea*: behind max pooling and ReLU at most a quarter, and often an eighth, of the positions of a channel have a gradient.
//! A lane cannot skip what its neighbours need, so that lanes go over what all terms of a position share: the patch that the
//! kernel covers there. For the weights' gradient each filter has a list of its positions, and a kernel row of the
//! patch is multiplied into registers. Rows of a patch that are narrower than a vector are laid side by side first.
#![allow(unsafe_code)]

use std::ops::Range;

use super::Kernel;
use super::transpose::transpose_rows;
use super::unpooled::{AtPosition, Gradients, Positions};
use crate::cpu::CHAIN;
use crate::cpu::call::Call;
use crate::cpu::simd::{Simd, multiversioned};
use crate::ops::ConvGeometry;

/// Rows of a patch narrower than this are packed.
const NARROW: usize = 16;

/// The input with its padding, and the patches within it.
pub(super) struct Patches {
    pub(super) geometry: ConvGeometry,
    framed: [usize; 2],
    /// Elements of a patch's row: kernel columns by channels, which lie side by side.
    pub(super) row_elements: usize,
}

impl Patches {
    /// `None` if a patch's rows are not contiguous.
    pub(super) fn new(geometry: ConvGeometry) -> Option<Self> {
        let window = &geometry.window;
        if geometry.groups != 1 || window.dilation != [1, 1] {
            return None;
        }
        let framed = [0, 1].map(|axis| {
            let reached = (window.output[axis] - 1) * window.stride[axis] + window.size[axis];
            reached.max(window.before[axis] + window.input[axis])
        });
        let row_elements = window.size[1] * geometry.channels;
        Some(Patches { framed, row_elements, geometry })
    }

    pub(super) fn is_framed(&self) -> bool {
        self.framed != self.geometry.window.input
    }

    fn framed_elements(&self) -> usize {
        self.framed[0] * self.framed[1] * self.geometry.channels
    }

    pub(super) fn frame_scratch(&self) -> usize {
        if self.is_framed() { self.framed_elements() } else { 0 }
    }

    pub(super) fn sample_elements(&self) -> usize {
        let [height, width] = self.geometry.window.input;
        height * width * self.geometry.channels
    }

    /// Elements from one row of the frame to the next.
    pub(super) fn row_stride(&self) -> usize {
        self.framed[1] * self.geometry.channels
    }

    /// Where the patch of an output position starts.
    pub(super) fn start(&self, row: usize, column: usize) -> usize {
        let window = &self.geometry.window;
        row * window.stride[0] * self.row_stride() + column * window.stride[1] * self.geometry.channels
    }

    /// Copies between a sample and its place in the frame, row by row.
    pub(super) fn for_each_row(&self, mut copy: impl FnMut(usize, usize, usize)) {
        let window = &self.geometry.window;
        let length = window.input[1] * self.geometry.channels;
        for row in 0..window.input[0] {
            let at = ((window.before[0] + row) * self.framed[1] + window.before[1]) * self.geometry.channels;
            copy(row * length, at, length);
        }
    }
}

/// Gradient of the weights.
pub(super) struct SparseWeightGradientKernel {
    patches: Patches,
    positions: Positions,
    /// Rows of output positions in a block of the chain.
    block_rows: usize,
    /// Elements of a packed patch, a multiple of [`NARROW`]; `None` where rows are wide enough to be read in place.
    packed: Option<usize>,
}

impl SparseWeightGradientKernel {
    /// `None` if a patch's rows are not contiguous.
    pub(super) fn new(geometry: ConvGeometry, positions: Positions) -> Option<Self> {
        let block_rows = (CHAIN / geometry.window.output[1]).clamp(1, geometry.window.output[0]);
        let patches = Patches::new(geometry)?;
        let patch = patches.geometry.window.size[0] * patches.row_elements;
        let packed = (patches.row_elements < NARROW).then(|| patch.next_multiple_of(NARROW));
        Some(SparseWeightGradientKernel { patches, positions, block_rows, packed })
    }

    fn filters(&self) -> usize {
        self.patches.geometry.filters
    }

    fn block_positions(&self) -> usize {
        self.block_rows * self.patches.geometry.window.output[1]
    }

    /// Elements of one filter's sums: the patch, packed or not.
    fn sum_elements(&self) -> usize {
        self.packed.unwrap_or(self.patches.geometry.window.size[0] * self.patches.row_elements)
    }
}

impl Kernel for SparseWeightGradientKernel {
    fn scratch_bytes(&self) -> usize {
        let lists = self.filters().saturating_mul(2 * self.block_positions() + 1);
        let packed = self.packed.map_or(0, |elements| elements.saturating_mul(self.block_positions()));
        let sums = self.filters().saturating_mul(self.sum_elements());
        self.patches.frame_scratch().saturating_add(lists).saturating_add(packed).saturating_add(sums).saturating_mul(4)
    }

    fn shard(&self, call: &Call<'_>) {
        let (x, dw) = (call.input(0), call.output(0));
        let geometry = &self.patches.geometry;
        let [rows, columns] = geometry.window.output;
        let filters = self.filters();
        let (frame, rest) = call.scratch().split_at_mut(self.patches.frame_scratch());
        let (sums, rest) = rest.split_at_mut(filters * self.sum_elements());
        let (packed, rest) = rest.split_at_mut(self.packed.unwrap_or(0) * self.block_positions());
        let (lengths, lists) = rest.split_at_mut(filters);
        let lists = &mut lists[..filters * 2 * self.block_positions()];
        frame.fill(0.0);
        packed.fill(0.0);
        let samples = x.chunks_exact(self.patches.sample_elements()).zip(self.positions.samples(call, 1));
        let mut is_first = true;
        for (sample, gradients) in samples {
            if self.patches.is_framed() {
                self.patches.for_each_row(|from, to, count| {
                    frame[to..to + count].copy_from_slice(&sample[from..from + count]);
                });
            }
            let framed: &[f32] = if self.patches.is_framed() { frame } else { sample };
            let mut first_row = 0;
            while first_row < rows {
                let block = first_row..(first_row + self.block_rows).min(rows);
                if let Some(stride) = self.packed {
                    self.pack(framed, packed, block.start, stride);
                    let steps = [stride * columns, stride];
                    collect(call.level, &gradients, block.clone(), steps, 0, lengths, lists);
                    let kernel = Terms { source: packed, row_stride: 0, rows: 1, row_elements: stride };
                    accumulate(call.level, &kernel, lengths, lists, is_first, sums);
                } else {
                    let steps = [self.patches.start(1, 0), self.patches.start(0, 1)];
                    let first = self.patches.start(block.start, 0);
                    collect(call.level, &gradients, block.clone(), steps, first, lengths, lists);
                    let kernel = Terms {
                        source: framed,
                        row_stride: self.patches.row_stride(),
                        rows: geometry.window.size[0],
                        row_elements: self.patches.row_elements,
                    };
                    accumulate(call.level, &kernel, lengths, lists, is_first, sums);
                }
                is_first = false;
                first_row = block.end;
            }
        }
        if is_first {
            dw.fill(0.0);
            return;
        }
        let stride = self.sum_elements();
        transpose_rows(call.level, sums, stride, filters, dw, filters, dw.len() / filters);
    }
}

impl SparseWeightGradientKernel {
    /// Lays the patches of a block's positions out one after the other.
    fn pack(&self, framed: &[f32], packed: &mut [f32], first_row: usize, stride: usize) {
        let window = &self.patches.geometry.window;
        let length = self.patches.row_elements;
        let rows = self.block_rows.min(window.output[0] - first_row);
        for (idx, patch) in packed.chunks_exact_mut(stride).take(rows * window.output[1]).enumerate() {
            let start = self.patches.start(first_row + idx / window.output[1], idx % window.output[1]);
            for row in 0..window.size[0] {
                let from = &framed[start + row * self.patches.row_stride()..][..length];
                for (to, value) in patch[row * length..][..length].iter_mut().zip(from) {
                    *to = *value;
                }
            }
        }
    }
}

multiversioned! {
    /// For each filter, where the patches start that its gradient is not zero at, and the gradients: pairs of an address (as
    /// bits) and a number. `steps`: from one row, and one column, of positions to the next.
    fn collect(
        gradients: &Gradients<'_>, rows: Range<usize>, steps: [usize; 2], first: usize, lengths: &mut [f32],
        lists: &mut [f32],
    ) = simd collect_body
}

/// Positions, and filters, that are looked at together: a square of bits that is turned.
pub(super) const SQUARE: usize = 64;

#[inline(always)]
fn collect_body<S: Simd>(
    gradients: &Gradients<'_>,
    rows: Range<usize>,
    steps: [usize; 2],
    first: usize,
    lengths: &mut [f32],
    lists: &mut [f32],
) {
    let positions = gradients.positions;
    let filters = positions.filters;
    // Windows of two columns are looked at as one place: a filter's gradient is in one of the two at most.
    let (columns, width) = if positions.is_in_pairs() { (positions.windows(), 2) } else { (positions.columns(), 1) };
    let capacity = lists.len() / filters;
    lengths.fill(f32::from_bits(0));
    let n_positions = rows.len() * columns;
    let mut start = 0;
    while start < n_positions {
        let mut addresses = [0u32; SQUARE];
        let mut square: [Option<AtPosition<'_>>; SQUARE] = [None; SQUARE];
        for idx in start..n_positions.min(start + SQUARE) {
            let (row, column) = (idx / columns, idx % columns * width);
            addresses[idx - start] = (first + row * steps[0] + column * steps[1]) as u32;
            square[idx - start] = gradients.at(rows.start + row, column);
        }
        let mut first_filter = 0;
        while first_filter < filters {
            let count = SQUARE.min(filters - first_filter);
            let mut bits = [0u64; SQUARE];
            let mut seconds = [0u64; SQUARE];
            for ((bits, seconds), position) in bits.iter_mut().zip(&mut seconds).zip(&square) {
                if let Some(here) = position {
                    // SAFETY: the level is S's.
                    unsafe {
                        if width == 2 {
                            (*bits, *seconds) = here.pair_bits::<S>(first_filter, count);
                        } else {
                            *bits = here.bits::<S>(first_filter, count);
                        }
                    }
                }
            }
            turn(&mut bits);
            for (filter, bits) in (first_filter..).zip(&bits[..count]) {
                let list = &mut lists[filter * capacity..(filter + 1) * capacity];
                let mut length = lengths[filter].to_bits() as usize;
                let mut left = *bits;
                while left != 0 {
                    let position = left.trailing_zeros() as usize;
                    left &= left - 1;
                    let Some(here) = &square[position] else { continue };
                    let second = (seconds[position] >> (filter - first_filter)) as u32 & 1;
                    list[2 * length] = f32::from_bits(addresses[position] + second * steps[1] as u32);
                    list[2 * length + 1] = here.values[filter];
                    length += 1;
                }
                lengths[filter] = f32::from_bits(length as u32);
            }
            first_filter += count;
        }
        start += SQUARE;
    }
}

/// Exchanges rows and columns of a square of bits, by halves, quarters and so on (Warren, Hacker's Delight, section 7-3).
#[inline(always)]
pub(super) fn turn(square: &mut [u64; SQUARE]) {
    let mut mask = u64::MAX >> 32;
    let mut size = 32;
    while size > 0 {
        for block in square.chunks_exact_mut(2 * size) {
            let (above, below) = block.split_at_mut(size);
            for (above, below) in above.iter_mut().zip(below) {
                let exchanged = ((*above >> size) ^ *below) & mask;
                *below ^= exchanged;
                *above ^= exchanged << size;
            }
        }
        size /= 2;
        mask ^= mask << size;
    }
}

/// Patches whose terms are summed.
struct Terms<'a> {
    source: &'a [f32],
    /// From one row of a patch to the next.
    row_stride: usize,
    rows: usize,
    row_elements: usize,
}

multiversioned! {
    /// Adds each filter's chain over a block to its sums; the first block's is the sum.
    fn accumulate(terms: &Terms<'_>, lengths: &[f32], lists: &[f32], is_first: bool, sums: &mut [f32]) = simd accumulate_body
}

#[inline(always)]
fn accumulate_body<S: Simd>(terms: &Terms<'_>, lengths: &[f32], lists: &[f32], is_first: bool, sums: &mut [f32]) {
    let capacity = lists.len() / lengths.len();
    let elements = terms.rows * terms.row_elements;
    for (filter, sums) in sums.chunks_exact_mut(elements).enumerate() {
        let list = &lists[filter * capacity..][..2 * lengths[filter].to_bits() as usize];
        // Positions are listed in order, and later ones lie further on.
        debug_assert!(list.chunks_exact(2).is_sorted_by_key(|pair| pair[0].to_bits()));
        let highest = list.len().checked_sub(2).map_or(0, |last| list[last].to_bits() as usize);
        let reach = highest + (terms.rows - 1) * terms.row_stride + terms.row_elements;
        assert!(list.is_empty() || reach <= terms.source.len(), "a patch beyond its image");
        if S::LANES == 16 && terms.rows == 3 && terms.row_elements.is_multiple_of(S::LANES) {
            // SAFETY: as below, for all rows.
            unsafe { three_rows::<S>(terms, list, is_first, sums) };
            continue;
        }
        for row in 0..terms.rows {
            let sums = &mut sums[row * terms.row_elements..][..terms.row_elements];
            // SAFETY: every patch lies within the source, as was asserted; `sums` has the row's elements.
            let source = unsafe { terms.source.as_ptr().add(if list.is_empty() { 0 } else { row * terms.row_stride }) };
            let mut at = 0;
            while at < terms.row_elements {
                let left = (terms.row_elements - at).div_ceil(S::LANES);
                let last = terms.row_elements - at - (left - 1) * S::LANES;
                // SAFETY: as above; lanes beyond `last` of the row's last vector are masked.
                at +=
                    unsafe { chain::<S>(source.wrapping_add(at), list, left, last, is_first, sums[at..].as_mut_ptr()) };
            }
        }
    }
}

/// Three rows of whole vectors at a time: the list is read once for all of them.
///
/// # Safety
/// Every patch of the list lies within the source, and `sums` has a patch's elements.
#[inline(always)]
unsafe fn three_rows<S: Simd>(terms: &Terms<'_>, list: &[f32], is_first: bool, sums: &mut [f32]) {
    let mut at = 0;
    while at < terms.row_elements {
        macro_rules! widths {
            ($($width:literal),*) => {
                match (terms.row_elements - at) / S::LANES {
                    // SAFETY: passed on; there are as many vectors from `at`.
                    $($width => unsafe { fixed_rows::<S, $width>(terms, at, list, is_first, sums) },)*
                    // SAFETY: as above, and more.
                    _ => unsafe { fixed_rows::<S, 6>(terms, at, list, is_first, sums) },
                }
            };
        }
        at += widths!(1, 2, 3, 4, 5, 6, 7, 8);
    }
}

/// # Safety
/// As [`three_rows`], for `W` vectors of each row from `at`.
#[inline(always)]
unsafe fn fixed_rows<S: Simd, const W: usize>(
    terms: &Terms<'_>,
    at: usize,
    list: &[f32],
    is_first: bool,
    sums: &mut [f32],
) -> usize {
    // SAFETY (whole body): the caller's promise.
    unsafe {
        let mut chains = [[S::splat(0.0); W]; 3];
        let source = terms.source.as_ptr().wrapping_add(at);
        for pair in list.chunks_exact(2) {
            let patch = source.wrapping_add(pair[0].to_bits() as usize);
            let value = S::splat(pair[1]);
            for (row, chains) in chains.iter_mut().enumerate() {
                let from = patch.wrapping_add(row * terms.row_stride);
                for (w, chain) in chains.iter_mut().enumerate() {
                    *chain = S::mul_add(value, S::load(from.wrapping_add(w * S::LANES)), *chain);
                }
            }
        }
        for (row, chains) in chains.iter().enumerate() {
            for (w, chain) in chains.iter().enumerate() {
                let to = sums.as_mut_ptr().add(row * terms.row_elements + at + w * S::LANES);
                S::store(to, if is_first { *chain } else { S::add(S::load(to), *chain) });
            }
        }
        W * S::LANES
    }
}

/// As many vectors of a row as registers hold; the elements done.
///
/// # Safety
/// `source` can be read at each address of `list` for `left` vectors, the last of them with `last` lanes if it is the row's end,
/// and `sums` be written for as many.
#[inline(always)]
unsafe fn chain<S: Simd>(
    source: *const f32,
    list: &[f32],
    left: usize,
    last: usize,
    is_first: bool,
    sums: *mut f32,
) -> usize {
    macro_rules! widths {
        ($($width:literal),*) => {
            match left {
                // SAFETY: passed on.
                $($width if last == S::LANES => unsafe { fixed::<S, $width, false>(source, list, last, is_first, sums) },
                $width => unsafe { fixed::<S, $width, true>(source, list, last, is_first, sums) },)*
                // SAFETY: passed on; there are more vectors than these, so that all are full.
                _ => unsafe { fixed::<S, 12, false>(source, list, S::LANES, is_first, sums) },
            }
        };
    }
    if S::LANES == 16 {
        widths!(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
    } else {
        // Sixteen registers: eight sums, the number and what is read.
        match left {
            1 if last < S::LANES => unsafe { fixed::<S, 1, true>(source, list, last, is_first, sums) },
            1..4 => unsafe { fixed::<S, 1, false>(source, list, S::LANES, is_first, sums) },
            4..8 => unsafe { fixed::<S, 3, false>(source, list, S::LANES, is_first, sums) },
            _ => unsafe { fixed::<S, 6, false>(source, list, S::LANES, is_first, sums) },
        }
    }
}

/// # Safety
/// As [`chain`], for `W` vectors, the last of `last` lanes if it is `MASKED`.
#[inline(always)]
unsafe fn fixed<S: Simd, const W: usize, const MASKED: bool>(
    source: *const f32,
    list: &[f32],
    last: usize,
    is_first: bool,
    sums: *mut f32,
) -> usize {
    // SAFETY (whole body): the caller's promise.
    unsafe {
        let mut chains = [S::splat(0.0); W];
        for pair in list.chunks_exact(2) {
            let from = source.add(pair[0].to_bits() as usize);
            let value = S::splat(pair[1]);
            for (w, chain) in chains.iter_mut().enumerate() {
                let at = from.add(w * S::LANES);
                let x = if MASKED && w + 1 == W { S::load_first(at, last) } else { S::load(at) };
                *chain = S::mul_add(value, x, *chain);
            }
        }
        for (w, chain) in chains.iter().enumerate() {
            let at = sums.add(w * S::LANES);
            let lanes = if MASKED && w + 1 == W { last } else { S::LANES };
            let sum = if is_first { *chain } else { S::add(S::load_first(at, lanes), *chain) };
            S::store_first(at, sum, lanes);
        }
        (W - 1) * S::LANES + last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_of_bits_is_turned() {
        let square: [u64; SQUARE] = std::array::from_fn(|row| (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut turned = square;
        turn(&mut turned);
        for row in 0..SQUARE {
            for column in 0..SQUARE {
                assert_eq!(turned[column] >> row & 1, square[row] >> column & 1, "row {row}, column {column}");
            }
        }
    }
}
