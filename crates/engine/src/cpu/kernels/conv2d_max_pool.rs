//! Convolution, bias, ReLU and max pooling in one pass.
//!
//! *Defined by* the parts: the same chains, the same sums, the same scan of a window.
//!
//! *Idea*: the positions under one row of windows are computed into a band that stays in the first-level cache, and reduced to that
//! row's maxima at once; what no window covers is not computed. Where the convolution goes by tiles and the windows are those, the
//! maximum is taken in registers (`winograd.rs`).
#![allow(unsafe_code)]

use super::conv2d::{Conv2dKernel, Correlation};
use super::conv2d_max_pool_narrow::NarrowWindows;
use super::product::{Product, product};
use super::winograd::{Target, Winograd, biased};
use super::{Kernel, PART_MUL_ADDS, Part};
use crate::cpu::call::{Call, Slot};
use crate::cpu::level::Supported;
use crate::cpu::simd::{Simd, multiversioned};
use crate::ops::{Conv2d, Conv2dMaxPool, ConvGeometry, WindowGeometry, winograd};

pub(super) struct Conv2dMaxPoolKernel {
    by: Algorithm,
    has_relu: bool,
}

enum Algorithm {
    /// The windows are the tiles.
    Tiles(Winograd),
    /// The windows are others: a sample is convolved as a whole.
    Samples(Winograd, ConvGeometry, WindowGeometry),
    Bands(Bands),
}

struct Bands {
    conv: Correlation,
    windows: WindowGeometry,
    /// Start of each position under the first row of windows in the framed sample, window row by window row.
    rows: Vec<usize>,
    /// Positions in a row of the band.
    columns: usize,
    /// From one row of windows to the next, in the framed sample.
    step: usize,
    /// Where patches are small, in place of the product and the band.
    narrow: Option<NarrowWindows>,
}

impl Conv2dMaxPoolKernel {
    /// `None` for windows that overlap or reach into padding: no rewrite makes such an operation.
    pub(super) fn new(op: &Conv2dMaxPool, inputs: &[Slot]) -> Option<Self> {
        let geometry = op.conv.geometry(&inputs[0].ty.shape, &inputs[1].ty.shape).ok()?;
        let [height, width] = geometry.window.output;
        let windows = op.pool.geometry(&[height, width, geometry.filters].into()).ok()?;
        let is_apart = [0, 1].iter().all(|&axis| {
            let reached = (windows.output[axis] - 1) * windows.stride[axis] + windows.size[axis];
            windows.before[axis] == 0 && reached <= windows.input[axis] && windows.size[axis] <= windows.stride[axis]
        });
        if !is_apart {
            return None;
        }
        let is_tile = (windows.size, windows.stride) == ([2, 2], [2, 2]);
        let by = match (winograd::applies(&geometry), is_tile) {
            (true, true) => Algorithm::Tiles(Winograd::new(geometry, false, true)),
            (true, false) => Algorithm::Samples(Winograd::new(geometry, false, false), geometry, windows),
            (false, _) => Algorithm::Bands(Bands::new(&op.conv, inputs, windows)?),
        };
        Some(Conv2dMaxPoolKernel { by, has_relu: op.has_relu })
    }
}

impl Bands {
    fn new(op: &Conv2d, inputs: &[Slot], windows: WindowGeometry) -> Option<Self> {
        let conv = Conv2dKernel::new(op, inputs)?.into_correlation();
        let columns = (windows.output[1] - 1) * windows.stride[1] + windows.size[1];
        let positions = (0..windows.size[0]).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let rows: Vec<usize> = positions.map(|(row, column)| conv.rows[row * windows.input[1] + column]).collect();
        let step = conv.rows.get(windows.stride[0] * windows.input[1]).copied().unwrap_or(0);
        let narrow = NarrowWindows::new(&conv, &windows, &rows, columns);
        Some(Bands { conv, windows, rows, columns, step, narrow })
    }

    fn band_elements(&self) -> usize {
        self.rows.len().saturating_mul(self.conv.columns)
    }

    fn run(&self, call: &Call<'_>, has_relu: bool, part: Part) {
        let (x, w, bias) = (call.input(0), call.input(1), call.input(2));
        let conv = &self.conv;
        let (band, frame) = call.scratch().split_at_mut(self.band_elements());
        let row_elements = self.windows.output[1] * conv.columns;
        let n_rows = self.windows.output[0];
        let mut of_part = part.of(x.len() / conv.sample_elements * n_rows);
        let elements = of_part.start * row_elements..of_part.end * row_elements;
        // SAFETY: the parts are apart, and this one is asked for once.
        let (y, mut arg_max) = unsafe { (call.output_part(0, elements.clone()), call.output_part_u8(1, elements)) };
        let mut at = 0;
        while !of_part.is_empty() {
            let (sample, first) = (of_part.start / n_rows, of_part.start % n_rows);
            let end = n_rows.min(first + of_part.len());
            of_part.start += end - first;
            let framed = conv.frame.lay(&x[sample * conv.sample_elements..][..conv.sample_elements], frame);
            for row in first..end {
                if let Some(narrow) = &self.narrow {
                    let arg_max = arg_max.as_mut().map(|arg_max| &mut arg_max[at..at + row_elements]);
                    let operands = (&framed[row * self.step..], w, bias);
                    narrow.run(call.level, operands, has_relu, &mut y[at..at + row_elements], arg_max);
                    at += row_elements;
                    continue;
                }
                for group in 0..conv.groups {
                    let first_column = group * conv.group_columns;
                    let operands = Product {
                        a: &framed[row * self.step + group * conv.group_channels..],
                        rows: &self.rows,
                        a_step: 1,
                        b: &w[first_column..],
                        b_step: conv.columns,
                        runs: &conv.runs,
                        columns: conv.group_columns,
                        c_step: conv.columns,
                        accumulate: false,
                    };
                    product(call.level, &operands, &mut band[first_column..]);
                }
                let arg_max = arg_max.as_mut().map(|arg_max| &mut arg_max[at..at + row_elements]);
                pool(
                    call.level,
                    &self.windows,
                    self.columns,
                    band,
                    bias,
                    has_relu,
                    &mut y[at..at + row_elements],
                    arg_max,
                );
                at += row_elements;
            }
        }
    }
}

fn convolve_then_pool(
    call: &Call<'_>,
    tiles: &Winograd,
    geometry: &ConvGeometry,
    windows: &WindowGeometry,
    has_relu: bool,
) {
    let (x, w, bias, y) = (call.input(0), call.input(1), call.input(2), call.output(0));
    let mut arg_max = call.output_u8(1);
    let [height, width] = geometry.window.input;
    let (scratch, convolved) = call.scratch().split_at_mut(tiles.scratch_elements());
    let row_step = windows.stride[0] * windows.input[1] * geometry.filters;
    let row_elements = windows.output[1] * geometry.filters;
    let convolved = &mut convolved[..windows.input[0] * windows.input[1] * geometry.filters];
    let mut at = 0;
    for sample in x.chunks_exact(height * width * geometry.channels) {
        tiles.run(
            call.level,
            (sample, w, call.derived),
            0..tiles.tiles_of(sample),
            scratch,
            Target::Outputs(convolved, 0),
        );
        for row in 0..windows.output[0] {
            let arg_max = arg_max.as_mut().map(|arg_max| &mut arg_max[at..at + row_elements]);
            let (band, y) = (&convolved[row * row_step..], &mut y[at..at + row_elements]);
            pool(call.level, windows, windows.input[1], band, bias, has_relu, y, arg_max);
            at += row_elements;
        }
    }
}

multiversioned! {
    /// The maxima of one row of windows over a band of `columns` positions a row.
    fn pool(
        windows: &WindowGeometry, columns: usize, band: &[f32], bias: &[f32], has_relu: bool, y: &mut [f32],
        arg_max: Option<&mut [u8]>,
    ) = simd pool_body
}

#[inline(always)]
fn pool_body<S: Simd>(
    windows: &WindowGeometry,
    columns: usize,
    band: &[f32],
    bias: &[f32],
    has_relu: bool,
    y: &mut [f32],
    mut arg_max: Option<&mut [u8]>,
) {
    let filters = bias.len();
    let [rows, width] = windows.size;
    let n_windows = windows.output[1];
    let reached = (n_windows - 1) * windows.stride[1] + width;
    assert!(reached <= columns && rows * columns * filters <= band.len(), "a window beyond the band");
    assert!(n_windows * filters <= y.len(), "a place for every maximum");
    assert!(arg_max.as_ref().is_none_or(|arg_max| n_windows * filters <= arg_max.len()), "a place for every position");
    for window in 0..n_windows {
        let mut at = 0;
        while at < filters {
            let lanes = S::LANES.min(filters - at);
            // SAFETY (whole block): `lanes` filters from `at` of positions of the band and of the window's place, which the assertions
            // hold; the level is S's.
            unsafe {
                let bias = S::load_first(bias.as_ptr().add(at), lanes);
                let first = band.as_ptr().add(window * windows.stride[1] * filters + at);
                let mut best = (biased::<S>(S::load_first(first, lanes), bias, has_relu), S::splat(0.0));
                for row in 0..rows {
                    for column in usize::from(row == 0)..width {
                        let value = S::load_first(first.add((row * columns + column) * filters), lanes);
                        let place = S::splat((row * width + column) as f32);
                        best = S::take_larger(best, biased::<S>(value, bias, has_relu), place);
                    }
                }
                let to = window * filters + at;
                S::store_first(y.as_mut_ptr().add(to), best.0, lanes);
                if let Some(arg_max) = &mut arg_max {
                    S::store_bytes(arg_max.as_mut_ptr().add(to), best.1, lanes);
                }
            }
            at += lanes;
        }
    }
}

impl Kernel for Conv2dMaxPoolKernel {
    fn scratch_bytes(&self) -> usize {
        let elements = match &self.by {
            Algorithm::Tiles(tiles) => tiles.scratch_elements(),
            Algorithm::Samples(tiles, geometry, _) => {
                let [height, width] = geometry.window.output;
                tiles.scratch_elements().saturating_add((height * width).saturating_mul(geometry.filters))
            }
            Algorithm::Bands(bands) => bands.band_elements().saturating_add(bands.conv.frame.scratch_elements()),
        };
        elements.saturating_mul(4)
    }

    fn shard(&self, call: &Call<'_>) {
        self.part(call, Part::WHOLE);
    }

    fn derived_from(&self) -> Option<(usize, usize)> {
        match &self.by {
            Algorithm::Tiles(tiles) | Algorithm::Samples(tiles, ..) => Some((1, tiles.derived_elements())),
            Algorithm::Bands(_) => None,
        }
    }

    fn derive(&self, level: Supported, input: &[f32], derived: &mut [f32]) {
        if let Algorithm::Tiles(tiles) | Algorithm::Samples(tiles, ..) = &self.by {
            tiles.derive(level, input, derived);
        }
    }

    fn parts(&self, samples: usize) -> usize {
        match &self.by {
            Algorithm::Bands(bands) => {
                let [rows, columns] = bands.windows.output;
                let positions = samples * rows * columns * bands.windows.size[0] * bands.windows.size[1];
                (samples * rows).min(bands.conv.mul_adds(positions) / PART_MUL_ADDS).max(1)
            }
            Algorithm::Samples(..) => 1,
            Algorithm::Tiles(tiles) => tiles.parts(samples),
        }
    }

    fn part(&self, call: &Call<'_>, part: Part) {
        match &self.by {
            Algorithm::Bands(bands) => bands.run(call, self.has_relu, part),
            Algorithm::Samples(tiles, geometry, windows) => {
                convolve_then_pool(call, tiles, geometry, windows, self.has_relu)
            }
            Algorithm::Tiles(tiles) => {
                let (x, w, bias) = (call.input(0), call.input(1), call.input(2));
                let tiles_of_part = part.of(tiles.tiles_of(x));
                let elements = tiles_of_part.start * bias.len()..tiles_of_part.end * bias.len();
                // SAFETY: the parts are apart, and this one is asked for once.
                let (y, arg_max) = unsafe { (call.output_part(0, elements.clone()), call.output_part_u8(1, elements)) };
                let target = Target::Pooled { bias, has_relu: self.has_relu, y, arg_max };
                tiles.run(call.level, (x, w, call.derived), tiles_of_part, call.scratch(), target);
            }
        }
    }
}
