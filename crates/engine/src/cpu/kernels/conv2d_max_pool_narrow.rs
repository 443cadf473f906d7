//! Convolution, bias, ReLU and max pooling where a patch has few elements: the first layer of a network.
//!
//! *Defined by* the parts, as `conv2d_max_pool`.
//!
//! *Idea*: the weights of two vectors of filters stay in registers for a whole row of windows. The four positions of a window of
//! 2 x 2 are four chains beside each other, and its maximum is taken before anything is stored. Against a product into a band
//! that is then pooled: 0.40 ms to 0.52 for 64 images of 28 x 28, 3 x 3 x 1 and 32 filters. Windows over nothing but zeros share one
//! result, which is exact where the weights are finite: 0.29 ms for MNIST's images.
#![allow(unsafe_code)]

use super::conv2d::Correlation;
use super::winograd::largest_of_four;
use super::zero_columns::NonzeroColumns;
use crate::cpu::simd::{Simd, multiversioned};
use crate::ops::WindowGeometry;

/// Elements of a patch, at most: with as many weights for each of two vectors of filters, eight sums and an element fit 32 registers.
const MOST_ELEMENTS: usize = 9;

/// The convolution under windows of 2 x 2.
pub(super) struct NarrowWindows {
    /// Where a patch's elements lie, from its start.
    offsets: Vec<usize>,
    filters: usize,
    n_windows: usize,
    /// From one window to the next in the framed sample.
    window_step: usize,
    /// The four positions of a window, from its start.
    positions: [usize; 4],
    /// Where the rows under a window start, and the elements of each; no rows where zeros are not looked for.
    rows: Vec<usize>,
    width: usize,
}

impl NarrowWindows {
    /// `None` for larger patches or other windows. `rows`: where the positions under a row of windows start, `columns` in each of
    /// its two rows.
    pub(super) fn new(conv: &Correlation, windows: &WindowGeometry, rows: &[usize], columns: usize) -> Option<Self> {
        let elements = || conv.runs.iter().flat_map(|run| (0..run.terms).map(move |term| (run, term)));
        let offsets: Vec<usize> = elements().map(|(run, term)| run.a + term).collect();
        let is_in_order =
            elements().enumerate().all(|(element, (run, term))| run.b + term * conv.columns == element * conv.columns);
        let fits = windows.size == [2, 2] && conv.groups == 1 && (1..=MOST_ELEMENTS).contains(&offsets.len());
        if !(fits && is_in_order) {
            return None;
        }
        let positions = [rows[0], rows[1], rows[columns], rows[columns + 1]];
        let mut starts: Vec<usize> =
            conv.runs.iter().flat_map(|run| [positions[0] + run.a, positions[2] + run.a]).collect();
        starts.sort_unstable();
        starts.dedup();
        let width = positions[1] - positions[0] + conv.runs.iter().map(|run| run.terms).max().unwrap_or(0);
        let window_step = rows.get(windows.stride[1]).map_or(0, |next| next - rows[0]);
        if width > NonzeroColumns::MOST_OF_PATCH || (windows.output[1] - 1) * window_step + width > NonzeroColumns::MOST
        {
            starts.clear();
        }
        Some(NarrowWindows {
            offsets,
            filters: conv.columns,
            n_windows: windows.output[1],
            window_step,
            positions,
            rows: starts,
            width,
        })
    }

    /// One row of windows, the first of which starts at the start of `x`.
    pub(super) fn run(
        &self,
        level: crate::cpu::level::Supported,
        (x, w, bias): (&[f32], &[f32], &[f32]),
        has_relu: bool,
        y: &mut [f32],
        arg_max: Option<&mut [u8]>,
    ) {
        let reached = (self.n_windows - 1) * self.window_step
            + self.positions[3]
            + self.offsets.iter().max().map_or(0, |offset| offset + 1);
        let rows_reach = self.rows.last().map_or(0, |row| (self.n_windows - 1) * self.window_step + row + self.width);
        assert!(reached.max(rows_reach) <= x.len(), "a patch beyond its image");
        assert!(self.offsets.len() * self.filters <= w.len() && self.filters <= bias.len(), "weights for every filter");
        let results = self.n_windows * self.filters;
        assert!(results <= y.len(), "a place for every maximum");
        assert!(arg_max.as_ref().is_none_or(|arg_max| results <= arg_max.len()), "a place for every position");
        windows(level, self, (x, w, bias), has_relu, y, arg_max);
    }
}

multiversioned! {
    fn windows(
        narrow: &NarrowWindows, operands: (&[f32], &[f32], &[f32]), has_relu: bool, y: &mut [f32], arg_max: Option<&mut [u8]>,
    ) = simd windows_body
}

#[inline(always)]
fn windows_body<S: Simd>(
    narrow: &NarrowWindows,
    operands: (&[f32], &[f32], &[f32]),
    has_relu: bool,
    y: &mut [f32],
    mut arg_max: Option<&mut [u8]>,
) {
    let mut filter = 0;
    while filter < narrow.filters {
        let left = narrow.filters - filter;
        let arg_max = arg_max.as_deref_mut();
        macro_rules! elements {
            ($($count:literal),*) => {
                match (narrow.offsets.len(), left >= 2 * S::LANES) {
                    // SAFETY: `run` checked every address; there are as many filters from `filter`; the level is S's.
                    $(($count, true) => unsafe {
                        row::<S, $count, 2>(narrow, operands, has_relu, filter, S::LANES, y, arg_max)
                    },
                    ($count, false) => unsafe {
                        row::<S, $count, 1>(narrow, operands, has_relu, filter, left.min(S::LANES), y, arg_max)
                    },)*
                    (count, _) => unreachable!("a patch of {count} elements"),
                }
            };
        }
        filter += elements!(1, 2, 3, 4, 5, 6, 7, 8, 9);
    }
}

/// `V` vectors of filters, of `lanes` each; how many filters those are.
///
/// # Safety
/// The addresses are those that [`NarrowWindows::run`] checks, and there are as many filters from `filter`.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn row<S: Simd, const ELEMENTS: usize, const V: usize>(
    narrow: &NarrowWindows,
    (x, w, bias): (&[f32], &[f32], &[f32]),
    has_relu: bool,
    filter: usize,
    lanes: usize,
    y: &mut [f32],
    mut arg_max: Option<&mut [u8]>,
) -> usize {
    // SAFETY (whole body): the caller's promise.
    unsafe {
        let mut offsets = [0; ELEMENTS];
        offsets.copy_from_slice(&narrow.offsets);
        let mut weights = [[S::splat(0.0); V]; ELEMENTS];
        let mut biases = [S::splat(0.0); V];
        for v in 0..V {
            let at = filter + v * S::LANES;
            biases[v] = S::load_first(bias.as_ptr().add(at), lanes);
            for (element, weights) in weights.iter_mut().enumerate() {
                weights[v] = S::load_first(w.as_ptr().add(element * narrow.filters + at), lanes);
            }
        }
        let skips_zeros = !narrow.rows.is_empty() && is_finite::<S, ELEMENTS, V>(&weights);
        let nonzero = if skips_zeros {
            let columns = (narrow.n_windows - 1) * narrow.window_step + narrow.width;
            NonzeroColumns::of::<S>(x.as_ptr(), narrow.rows.iter().copied(), columns)
        } else {
            NonzeroColumns::NONE
        };
        for window in 0..narrow.n_windows {
            if skips_zeros && nonzero.are_zero(window * narrow.window_step, narrow.width) {
                continue;
            }
            let from = x.as_ptr().add(window * narrow.window_step);
            let mut sums = [[S::splat(0.0); V]; 4];
            for (weights, offset) in weights.iter().zip(&offsets) {
                for (sums, position) in sums.iter_mut().zip(&narrow.positions) {
                    let element = S::splat(*from.add(position + offset));
                    for (sum, weight) in sums.iter_mut().zip(weights) {
                        *sum = S::mul_add(element, *weight, *sum);
                    }
                }
            }
            for v in 0..V {
                let best = largest_of_four::<S>([sums[0][v], sums[1][v], sums[2][v], sums[3][v]], biases[v], has_relu);
                let to = window * narrow.filters + filter + v * S::LANES;
                S::store_first(y.as_mut_ptr().add(to), best.0, lanes);
                if let Some(arg_max) = &mut arg_max {
                    S::store_bytes(arg_max.as_mut_ptr().add(to), best.1, lanes);
                }
            }
        }
        // Apart, so that the weights keep their registers above.
        if skips_zeros {
            for window in 0..narrow.n_windows {
                if !nonzero.are_zero(window * narrow.window_step, narrow.width) {
                    continue;
                }
                for (v, bias) in biases.iter().enumerate() {
                    let best = largest_of_four::<S>([S::splat(0.0); 4], *bias, has_relu);
                    let to = window * narrow.filters + filter + v * S::LANES;
                    S::store_first(y.as_mut_ptr().add(to), best.0, lanes);
                    if let Some(arg_max) = &mut arg_max {
                        S::store_bytes(arg_max.as_mut_ptr().add(to), best.1, lanes);
                    }
                }
            }
        }
    }
    V * lanes
}

/// Whether each weight times zero is zero.
#[inline(always)]
unsafe fn is_finite<S: Simd, const ELEMENTS: usize, const V: usize>(weights: &[[S::Vector; V]; ELEMENTS]) -> bool {
    // SAFETY: the level is S's.
    unsafe {
        let mut sum = S::splat(0.0);
        for weights in weights {
            for weight in weights {
                sum = S::mul_add(*weight, S::splat(0.0), sum);
            }
        }
        S::bits(S::nonzero_mask(sum)) == 0
    }
}
