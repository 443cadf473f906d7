//! Gradient of a convolution's input that skips the zeros of the output's gradient.
//!
//! *Defined by* [`Zeros::Skip`](crate::ops::Zeros): an output position whose gradient is zero takes no part in any chain.
//!
//! *Idea*: as in `conv2d_sparse`, lanes over the patch that the kernel covers at a position. Each position has a list of the
//! filters that have a gradient there, and a row of the patch stays in registers while what they spread is added.
#![allow(unsafe_code)]

use super::Kernel;
use super::conv2d_sparse::Patches;
use super::sparse_rows::list_elements;
use super::unpooled::{Gradients, Positions};
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::{Simd, multiversioned};
use crate::ops::ConvGeometry;

/// Gradient of the input.
pub(super) struct SparseInputGradientKernel {
    patches: Patches,
    positions: Positions,
    /// Which of the inputs are the weights.
    weights_input: usize,
}

impl SparseInputGradientKernel {
    /// The weights are the last of the inputs. `None` if a patch's rows are not contiguous.
    pub(super) fn new(geometry: ConvGeometry, positions: Positions, inputs: &[Slot]) -> Option<Self> {
        Some(SparseInputGradientKernel { patches: Patches::new(geometry)?, positions, weights_input: inputs.len() - 1 })
    }

    fn weight_elements(&self) -> usize {
        self.patches.geometry.window.size[0] * self.patches.row_elements * self.patches.geometry.filters
    }
}

impl Kernel for SparseInputGradientKernel {
    fn scratch_bytes(&self) -> usize {
        let list = list_elements(self.patches.geometry.filters);
        self.patches.frame_scratch().saturating_add(self.weight_elements()).saturating_add(list).saturating_mul(4)
    }

    fn shard(&self, call: &Call<'_>) {
        let (wt, dx) = (call.input(self.weights_input), call.output(0));
        let geometry = &self.patches.geometry;
        let (filters, channels) = (geometry.filters, geometry.channels);
        let [kernel_rows, kernel_columns] = geometry.window.size;
        let (frame, rest) = call.scratch().split_at_mut(self.patches.frame_scratch());
        let (weights, list) = rest.split_at_mut(self.weight_elements());
        // From [kernel row, kernel column, filter, channel] to a row of the patch for each (kernel row, filter).
        for (tap, values) in wt.chunks_exact(filters * channels).enumerate() {
            let (row, column) = (tap / kernel_columns, tap % kernel_columns);
            for (filter, values) in values.chunks_exact(channels).enumerate() {
                let at = (row * filters + filter) * self.patches.row_elements + column * channels;
                copy(values, &mut weights[at..at + channels]);
            }
        }
        let samples = self.positions.samples(call, 0).zip(dx.chunks_exact_mut(self.patches.sample_elements()));
        for (gradients, dx) in samples {
            let target: &mut [f32] = if self.patches.is_framed() { &mut *frame } else { &mut *dx };
            target.fill(0.0);
            let spread = Spread {
                weights,
                steps: [self.patches.start(1, 0), self.patches.start(0, 1)],
                rows: kernel_rows,
                row_stride: self.patches.row_stride(),
                row_elements: self.patches.row_elements,
            };
            scatter(call.level, &spread, &gradients, list, target);
            if self.patches.is_framed() {
                self.patches
                    .for_each_row(|to, from, count| dx[to..to + count].copy_from_slice(&frame[from..from + count]));
            }
        }
    }
}

/// Short copies, which a call of the system's would outlast.
fn copy(from: &[f32], to: &mut [f32]) {
    let ((from, rest), (to, rest_to)) = (from.as_chunks::<8>(), to.as_chunks_mut::<8>());
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    for (to, from) in rest_to.iter_mut().zip(rest) {
        *to = *from;
    }
}

/// How the gradient of a position spreads over its patch.
struct Spread<'a> {
    /// A row of the patch for each (kernel row, filter).
    weights: &'a [f32],
    /// From one row, and one column, of positions to the next.
    steps: [usize; 2],
    rows: usize,
    row_stride: usize,
    row_elements: usize,
}

/// The filters that have a gradient at a position, as bits, and the gradients of all of them.
struct List<'a> {
    filters: &'a [f32],
    values: &'a [f32],
}

multiversioned! {
    /// Adds what each position spreads, positions in order, filters in order.
    fn scatter(spread: &Spread<'_>, gradients: &Gradients<'_>, list: &mut [f32], target: &mut [f32]) = simd scatter_body
}

#[inline(always)]
fn scatter_body<S: Simd>(spread: &Spread<'_>, gradients: &Gradients<'_>, list: &mut [f32], target: &mut [f32]) {
    let positions = gradients.positions;
    let (filters, columns) = (positions.filters, positions.columns());
    let Some(last_row) = positions.rows().checked_sub(1).filter(|_| columns > 0) else { return };
    let reach = last_row * spread.steps[0]
        + (columns - 1) * spread.steps[1]
        + (spread.rows - 1) * spread.row_stride
        + spread.row_elements;
    assert!(reach <= target.len(), "a patch beyond its image");
    assert_eq!(spread.weights.len(), spread.rows * filters * spread.row_elements);
    assert!(list.len() >= list_elements(filters), "a place for every filter");
    for idx in 0..positions.rows() * columns {
        let Some(here) = gradients.at(idx / columns, idx % columns) else { continue };
        let mut length = 0;
        let mut first = 0;
        while first < filters {
            let lanes = S::LANES.min(filters - first);
            // SAFETY: the level is S's, and these are filters; at most as many places as filters are listed, and a vector is written.
            unsafe {
                let (values, is_here) = here.load::<S>(first, lanes);
                let values = S::select(is_here, S::splat(0.0), values);
                length += S::append_nonzero(values, first as u32, list.as_mut_ptr().add(length).cast());
            }
            first += lanes;
        }
        if length == 0 {
            continue;
        }
        let list = List { filters: &list[..length], values: here.values };
        let start = idx / columns * spread.steps[0] + idx % columns * spread.steps[1];
        if S::LANES == 16 && spread.rows == 3 && spread.row_elements.is_multiple_of(S::LANES) {
            // SAFETY: as below, for all rows.
            unsafe { three_rows::<S>(spread, filters, &list, &mut target[start..]) };
            continue;
        }
        for row in 0..spread.rows {
            let weights = spread.weights[row * filters * spread.row_elements..].as_ptr();
            let mut at = 0;
            while at < spread.row_elements {
                let left = (spread.row_elements - at).div_ceil(S::LANES);
                let last = spread.row_elements - at - (left - 1) * S::LANES;
                // SAFETY: the patch lies within the target, and the list's addresses within the row's weights, as was
                // asserted; `chain` adds to what stands there.
                at += unsafe {
                    spread_row::<S>(
                        (weights.add(at), spread.row_elements),
                        &list,
                        left,
                        last,
                        target.as_mut_ptr().add(start + row * spread.row_stride + at),
                    )
                };
            }
        }
    }
}

/// Three rows of whole vectors at a time: the list is read once for all of them.
///
/// # Safety
/// The patch at the target's start lies within it, and the list's addresses within a row's weights.
#[inline(always)]
unsafe fn three_rows<S: Simd>(spread: &Spread<'_>, filters: usize, list: &List<'_>, target: &mut [f32]) {
    let mut at = 0;
    while at < spread.row_elements {
        macro_rules! widths {
            ($($width:literal),*) => {
                match (spread.row_elements - at) / S::LANES {
                    // SAFETY: passed on; there are as many vectors from `at`.
                    $($width => unsafe { fixed_rows::<S, $width>(spread, filters, at, list, target) },)*
                    // SAFETY: as above, and more.
                    _ => unsafe { fixed_rows::<S, 6>(spread, filters, at, list, target) },
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
    spread: &Spread<'_>,
    filters: usize,
    at: usize,
    list: &List<'_>,
    target: &mut [f32],
) -> usize {
    // SAFETY (whole body): the caller's promise.
    unsafe {
        let weights = spread.weights.as_ptr().wrapping_add(at);
        let weights_row = filters * spread.row_elements;
        let sums = target.as_mut_ptr().wrapping_add(at);
        let mut chains = [[S::splat(0.0); W]; 3];
        for (row, chains) in chains.iter_mut().enumerate() {
            for (w, chain) in chains.iter_mut().enumerate() {
                *chain = S::load(sums.wrapping_add(row * spread.row_stride + w * S::LANES));
            }
        }
        for filter in list.filters {
            let filter = filter.to_bits() as usize;
            let from = weights.wrapping_add(filter * spread.row_elements);
            let value = S::splat(*list.values.as_ptr().add(filter));
            for (row, chains) in chains.iter_mut().enumerate() {
                for (w, chain) in chains.iter_mut().enumerate() {
                    *chain = S::mul_add(value, S::load(from.wrapping_add(row * weights_row + w * S::LANES)), *chain);
                }
            }
        }
        for (row, chains) in chains.iter().enumerate() {
            for (w, chain) in chains.iter().enumerate() {
                S::store(sums.wrapping_add(row * spread.row_stride + w * S::LANES), *chain);
            }
        }
        W * S::LANES
    }
}

/// As [`chain`], with chains that go on from what stands at `sums`.
///
/// # Safety
/// As [`chain`].
#[inline(always)]
unsafe fn spread_row<S: Simd>(
    source: (*const f32, usize),
    list: &List<'_>,
    left: usize,
    last: usize,
    sums: *mut f32,
) -> usize {
    macro_rules! widths {
        ($($width:literal),*) => {
            match left {
                // SAFETY: passed on.
                $($width if last == S::LANES => unsafe { going_on::<S, $width, false>(source, list, last, sums) },
                $width => unsafe { going_on::<S, $width, true>(source, list, last, sums) },)*
                // SAFETY: passed on; there are more vectors than these, so that all are full.
                _ => unsafe { going_on::<S, 12, false>(source, list, S::LANES, sums) },
            }
        };
    }
    if S::LANES == 16 {
        widths!(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
    } else {
        match left {
            1 if last < S::LANES => unsafe { going_on::<S, 1, true>(source, list, last, sums) },
            1..4 => unsafe { going_on::<S, 1, false>(source, list, S::LANES, sums) },
            4..8 => unsafe { going_on::<S, 3, false>(source, list, S::LANES, sums) },
            _ => unsafe { going_on::<S, 6, false>(source, list, S::LANES, sums) },
        }
    }
}

/// # Safety
/// As [`fixed`].
#[inline(always)]
unsafe fn going_on<S: Simd, const W: usize, const MASKED: bool>(
    (source, step): (*const f32, usize),
    list: &List<'_>,
    last: usize,
    sums: *mut f32,
) -> usize {
    // SAFETY (whole body): the caller's promise.
    unsafe {
        let lanes = |w: usize| if MASKED && w + 1 == W { last } else { S::LANES };
        let mut chains = [S::splat(0.0); W];
        for (w, chain) in chains.iter_mut().enumerate() {
            *chain = S::load_first(sums.add(w * S::LANES), lanes(w));
        }
        for filter in list.filters {
            let filter = filter.to_bits() as usize;
            let from = source.add(filter * step);
            let value = S::splat(*list.values.as_ptr().add(filter));
            for (w, chain) in chains.iter_mut().enumerate() {
                let at = from.add(w * S::LANES);
                let x = if MASKED && w + 1 == W { S::load_first(at, last) } else { S::load(at) };
                *chain = S::mul_add(value, x, *chain);
            }
        }
        for (w, chain) in chains.iter().enumerate() {
            S::store_first(sums.add(w * S::LANES), *chain, lanes(w));
        }
        (W - 1) * S::LANES + last
    }
}
