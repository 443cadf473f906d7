//! The gradient of a convolution's output as the kernels that skip zeros read it: as it stands, or where only its max pooling's
//! gradient and arg-max are there ([`Unpooled`](crate::ops::Unpooled)), through them.
#![allow(unsafe_code)]

use super::Kernel;
use super::sparse_rows::is_finite;
use crate::cpu::call::Call;
use crate::cpu::level::Supported;
use crate::cpu::simd::{Simd, multiversioned};
use crate::ops::WindowGeometry;

/// No window covers the position.
const UNCOVERED: u32 = u32::MAX;

/// For each row (or column) of positions: the row of windows that covers it, and its row within the window.
#[derive(Clone, Copy)]
struct Tap {
    window: u32,
    offset: u8,
}

/// Where positions stand in what the gradient is read from.
pub(super) struct Positions {
    taps: [Vec<Tap>; 2],
    /// Windows of a row, or positions.
    stored_columns: usize,
    stored_rows: usize,
    /// Columns of a window.
    width: u8,
    pub(super) filters: usize,
    is_pooled: bool,
    /// Columns of windows follow each other without a gap.
    is_dense: bool,
}

impl Positions {
    /// Of a gradient `[rows, columns, filters]`.
    pub(super) fn plain([rows, columns]: [usize; 2], filters: usize) -> Self {
        let taps = [rows, columns].map(|count| (0..count as u32).map(|window| Tap { window, offset: 0 }).collect());
        Positions {
            taps,
            stored_columns: columns,
            stored_rows: rows,
            width: 1,
            filters,
            is_pooled: false,
            is_dense: true,
        }
    }

    /// Of windows that do not overlap and lie within the image.
    pub(super) fn pooled(windows: &WindowGeometry, filters: usize) -> Self {
        let taps = [0, 1].map(|axis| {
            let (size, stride, count) = (windows.size[axis], windows.stride[axis], windows.output[axis]);
            (0..windows.input[axis])
                .map(|at| {
                    let is_covered = at / stride < count && at % stride < size;
                    Tap {
                        window: if is_covered { (at / stride) as u32 } else { UNCOVERED },
                        offset: (at % stride).min(255) as u8,
                    }
                })
                .collect()
        });
        Positions {
            taps,
            stored_columns: windows.output[1],
            stored_rows: windows.output[0],
            width: windows.size[1] as u8,
            filters,
            is_pooled: true,
            is_dense: windows.size[1] == windows.stride[1],
        }
    }

    /// Whether every position lies in a window of two columns side by side.
    pub(super) fn is_in_pairs(&self) -> bool {
        self.is_pooled && self.width == 2 && self.is_dense
    }

    /// Windows in a row.
    pub(super) fn windows(&self) -> usize {
        self.stored_columns
    }

    pub(super) fn rows(&self) -> usize {
        self.taps[0].len()
    }

    pub(super) fn columns(&self) -> usize {
        self.taps[1].len()
    }

    /// Elements of a sample of what is read.
    fn stored_elements(&self) -> usize {
        self.stored_rows * self.stored_columns * self.filters
    }

    /// The gradients of a call's samples, of which the inputs from `first` hold the gradient, or arg-max and gradient.
    pub(super) fn samples<'a>(&'a self, call: &Call<'a>, first: usize) -> impl Iterator<Item = Gradients<'a>> {
        let (arg_max, values): (&[u8], &[f32]) =
            if self.is_pooled { (call.input_u8(first), call.input(first + 1)) } else { (&[], call.input(first)) };
        let elements = self.stored_elements();
        values.chunks_exact(elements).enumerate().map(move |(sample, values)| Gradients {
            positions: self,
            values,
            arg_max: if self.is_pooled { &arg_max[sample * elements..][..elements] } else { &[] },
        })
    }
}

/// The gradient of one sample.
#[derive(Clone, Copy)]
pub(super) struct Gradients<'a> {
    pub(super) positions: &'a Positions,
    values: &'a [f32],
    arg_max: &'a [u8],
}

/// The gradients at a position: one for each filter.
#[derive(Clone, Copy)]
pub(super) struct AtPosition<'a> {
    /// Those of the window that covers it.
    pub(super) values: &'a [f32],
    /// Empty where values are the position's own.
    arg_max: &'a [u8],
    place: u8,
}

impl<'a> Gradients<'a> {
    /// `None` where no window covers the position.
    #[inline(always)]
    pub(super) fn at(&self, row: usize, column: usize) -> Option<AtPosition<'a>> {
        let Positions { taps, stored_columns, width, filters, is_pooled, .. } = self.positions;
        let (row, column) = (taps[0][row], taps[1][column]);
        if row.window == UNCOVERED || column.window == UNCOVERED {
            return None;
        }
        let start = (row.window as usize * stored_columns + column.window as usize) * filters;
        let arg_max: &[u8] = if *is_pooled { &self.arg_max[start..start + filters] } else { &[] };
        let place = row.offset.wrapping_mul(*width).wrapping_add(column.offset);
        Some(AtPosition { values: &self.values[start..start + filters], arg_max, place })
    }
}

impl<'a> Gradients<'a> {
    /// Whether none is infinite or NaN.
    pub(super) fn are_finite(&self, level: Supported) -> bool {
        is_finite(level, self.values, 1, self.values.len(), self.values.len())
    }

    /// The gradients of a window, at its first column in this row of positions; `None` where no window covers the row.
    #[inline(always)]
    pub(super) fn window(&self, row: usize, window: usize) -> Option<AtPosition<'a>> {
        self.at(row, window * usize::from(self.positions.width))
    }
}

impl AtPosition<'_> {
    /// Of a window of two columns: the gradients, the lanes whose gradient is in this row of positions and not zero, and those where
    /// it is in the second column.
    ///
    /// # Safety
    /// As [`AtPosition::load`].
    #[inline(always)]
    pub(super) unsafe fn load_pair<S: Simd>(&self, filter: usize, lanes: usize) -> (S::Vector, S::Mask, S::Mask) {
        debug_assert!(filter + lanes <= self.arg_max.len());
        // SAFETY: the caller's promise.
        unsafe {
            let values = S::load_first(self.values.as_ptr().add(filter), lanes);
            let arg_max = self.arg_max.as_ptr().add(filter);
            let first = S::equal_mask(arg_max, lanes, self.place);
            let second = S::equal_mask(arg_max, lanes, self.place + 1);
            (values, S::both(S::nonzero_mask(values), S::either(first, second)), second)
        }
    }

    /// As [`AtPosition::bits`] of a window of two columns: whether its gradient is in either, and whether in the second.
    ///
    /// # Safety
    /// The level is S's.
    #[inline(always)]
    pub(super) unsafe fn pair_bits<S: Simd>(&self, first: usize, count: usize) -> (u64, u64) {
        assert!(first + count <= self.values.len());
        let (mut bits, mut seconds) = (0, 0);
        let mut at = 0;
        while at < count {
            let lanes = S::LANES.min(count - at);
            // SAFETY: the caller's promise; within the filters, as was asserted.
            let (_, here, second) = unsafe { self.load_pair::<S>(first + at, lanes) };
            // SAFETY: the level is S's.
            unsafe {
                bits |= u64::from(S::bits(here)) << at;
                seconds |= u64::from(S::bits(second)) << at;
            }
            at += lanes;
        }
        (bits, seconds)
    }

    /// The lanes from `filter` whose gradient is here and not zero, and the gradients; `lanes` at most.
    ///
    /// # Safety
    /// The level is S's; `filter + lanes` is at most the number of filters, and `lanes` at most that of the vector.
    #[inline(always)]
    pub(super) unsafe fn load<S: Simd>(&self, filter: usize, lanes: usize) -> (S::Vector, S::Mask) {
        debug_assert!(filter + lanes <= self.values.len());
        // SAFETY: the caller's promise.
        unsafe {
            let values = S::load_first(self.values.as_ptr().add(filter), lanes);
            let mut mask = S::nonzero_mask(values);
            if !self.arg_max.is_empty() {
                mask = S::both(mask, S::equal_mask(self.arg_max.as_ptr().add(filter), lanes, self.place));
            }
            (values, mask)
        }
    }

    /// One bit for each of `count` filters from `first`, at most 64: whether its gradient is here and not zero.
    ///
    /// # Safety
    /// The level is S's.
    #[inline(always)]
    pub(super) unsafe fn bits<S: Simd>(&self, first: usize, count: usize) -> u64 {
        assert!(first + count <= self.values.len());
        let mut bits = 0;
        let mut at = 0;
        while at < count {
            let lanes = S::LANES.min(count - at);
            // SAFETY: the caller's promise; within the filters, as was asserted.
            bits |= u64::from(unsafe { S::bits(self.load::<S>(first + at, lanes).1) }) << at;
            at += lanes;
        }
        bits
    }
}

/// The sum of an unpooled gradient over samples and positions: a bias' gradient.
///
/// *Defined by* [`BatchSum`](crate::ops::BatchSum). What is not selected adds +0.0, which changes no sum that started at +0.0.
pub(super) struct UnpooledSumKernel {
    positions: Positions,
}

impl UnpooledSumKernel {
    pub(super) fn new(positions: Positions) -> Self {
        UnpooledSumKernel { positions }
    }
}

impl Kernel for UnpooledSumKernel {
    fn shard(&self, call: &Call<'_>) {
        let sums = call.output(0);
        sums.fill(0.0);
        for gradients in self.positions.samples(call, 0) {
            add_positions(call.level, &gradients, sums);
        }
    }
}

multiversioned! { fn add_positions(gradients: &Gradients<'_>, sums: &mut [f32]) = simd add_positions_body }

#[inline(always)]
fn add_positions_body<S: Simd>(gradients: &Gradients<'_>, sums: &mut [f32]) {
    assert_eq!(sums.len(), gradients.positions.filters, "a sum for each filter");
    let mut filter = 0;
    while filter < sums.len() {
        // SAFETY: the level is S's, and there are as many filters from `filter`.
        filter += unsafe {
            match sums.len() - filter {
                left if left >= 4 * S::LANES => add_positions_of::<S, 4>(gradients, filter, S::LANES, sums),
                left if left >= 2 * S::LANES => add_positions_of::<S, 2>(gradients, filter, S::LANES, sums),
                left => add_positions_of::<S, 1>(gradients, filter, left.min(S::LANES), sums),
            }
        };
    }
}

/// `V` vectors of filters, of `lanes` each; how many filters those are.
///
/// # Safety
/// There are as many filters from `filter`; the level is S's.
#[inline(always)]
unsafe fn add_positions_of<S: Simd, const V: usize>(
    gradients: &Gradients<'_>,
    filter: usize,
    lanes: usize,
    sums: &mut [f32],
) -> usize {
    let positions = gradients.positions;
    // SAFETY (whole body): the caller's promise.
    unsafe {
        let one = S::splat(1.0);
        let mut totals = [S::splat(0.0); V];
        for (v, total) in totals.iter_mut().enumerate() {
            *total = S::load_first(sums.as_ptr().add(filter + v * S::LANES), lanes);
        }
        if positions.is_in_pairs() {
            // A lane's gradient is in one of a window's two columns at most: the order of a filter's terms is the same.
            for row in 0..positions.rows() {
                for window in 0..positions.windows() {
                    let Some(here) = gradients.window(row, window) else { break };
                    for (v, total) in totals.iter_mut().enumerate() {
                        let (values, mask, _) = here.load_pair::<S>(filter + v * S::LANES, lanes);
                        *total = S::mul_add_where(mask, one, values, *total);
                    }
                }
            }
        }
        for row in (0..positions.rows()).filter(|_| !positions.is_in_pairs()) {
            for column in 0..positions.columns() {
                let Some(here) = gradients.at(row, column) else { continue };
                for (v, total) in totals.iter_mut().enumerate() {
                    let (values, mask) = here.load::<S>(filter + v * S::LANES, lanes);
                    *total = S::mul_add_where(mask, one, values, *total);
                }
            }
        }
        for (v, total) in totals.iter().enumerate() {
            S::store_first(sums.as_mut_ptr().add(filter + v * S::LANES), *total, lanes);
        }
    }
    V * lanes
}
