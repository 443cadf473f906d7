//! Layers with weights of 8 bits: defined by a sum of integers, which is the same in any order.
//!
//! Idea: weights lie in panels of 16 outputs and two terms, still as bytes, so that a quarter of f32's memory is read; one
//! instruction (`vpmaddwd`) multiplies both terms for 8 or 16 outputs and adds them in 32 bits. (`vpmaddubsw`, which takes bytes as
//! they are, would cut sums at 16 bits.) A few rows at a time share what is read of a panel. A convolution lays out the taps of
//! some positions as rows.
#![allow(unsafe_code)]

use super::Kernel;
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::{Scalar, Simd, multiversioned};
use crate::ops::{Affine, ConvGeometry, QuantizedConv2d, QuantizedDense, QuantizedWeights};

/// Outputs of a panel.
const PANEL: usize = 16;
/// Bytes of a panel for two terms.
const STEP: usize = 2 * PANEL;
/// Rows of one pass over the weights, at most.
const ROWS: usize = 8;
/// Rows that share what is read of a panel: their sums stay in registers.
const TILE: usize = 4;

/// Sums of a panel at each SIMD level.
///
/// # Safety
/// As [`Simd`].
trait Sums: Simd {
    /// 16 sums of 32 bits.
    type Sums: Copy;
    /// Two terms of 16 outputs, of 16 bits.
    type Weights: Copy;
    unsafe fn zeros() -> Self::Sums;
    /// From [`STEP`] readable bytes.
    unsafe fn weights(from: *const i8) -> Self::Weights;
    /// Adds, for each output, the products of both terms.
    unsafe fn add_products(sums: Self::Sums, pair: [i16; 2], weights: Self::Weights) -> Self::Sums;
    unsafe fn to_array(sums: Self::Sums) -> [i32; PANEL];
}

impl Sums for Scalar {
    type Sums = [i32; PANEL];
    type Weights = [i8; STEP];
    #[inline(always)]
    unsafe fn zeros() -> [i32; PANEL] {
        [0; PANEL]
    }
    #[inline(always)]
    unsafe fn weights(from: *const i8) -> [i8; STEP] {
        // SAFETY: the caller grants 32 bytes.
        unsafe { from.cast::<[i8; STEP]>().read() }
    }
    #[inline(always)]
    unsafe fn add_products(mut sums: [i32; PANEL], pair: [i16; 2], weights: [i8; STEP]) -> [i32; PANEL] {
        for (sum, weights) in sums.iter_mut().zip(weights.as_chunks::<2>().0) {
            *sum += i32::from(pair[0]) * i32::from(weights[0]) + i32::from(pair[1]) * i32::from(weights[1]);
        }
        sums
    }
    #[inline(always)]
    unsafe fn to_array(sums: [i32; PANEL]) -> [i32; PANEL] {
        sums
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{PANEL, Sums};
    use crate::cpu::simd::{Avx2, Avx512};

    /// Both terms in one number of 32 bits, the first one low.
    #[inline(always)]
    fn joined(pair: [i16; 2]) -> i32 {
        i32::from(pair[1]) << 16 | i32::from(pair[0] as u16)
    }

    impl Sums for Avx2 {
        type Sums = [__m256i; 2];
        type Weights = [__m256i; 2];
        #[inline(always)]
        unsafe fn zeros() -> [__m256i; 2] {
            // SAFETY: the caller runs with AVX2.
            unsafe { [_mm256_setzero_si256(); 2] }
        }
        #[inline(always)]
        unsafe fn weights(from: *const i8) -> [__m256i; 2] {
            // SAFETY: as above; the caller grants 32 bytes.
            unsafe {
                [
                    _mm256_cvtepi8_epi16(_mm_loadu_si128(from.cast())),
                    _mm256_cvtepi8_epi16(_mm_loadu_si128(from.add(16).cast())),
                ]
            }
        }
        #[inline(always)]
        unsafe fn add_products(sums: [__m256i; 2], pair: [i16; 2], weights: [__m256i; 2]) -> [__m256i; 2] {
            // SAFETY: as above.
            unsafe {
                let pair = _mm256_set1_epi32(joined(pair));
                [
                    _mm256_add_epi32(sums[0], _mm256_madd_epi16(pair, weights[0])),
                    _mm256_add_epi32(sums[1], _mm256_madd_epi16(pair, weights[1])),
                ]
            }
        }
        #[inline(always)]
        unsafe fn to_array(sums: [__m256i; 2]) -> [i32; PANEL] {
            let mut array = [0; PANEL];
            // SAFETY: as above; the array has 64 bytes.
            unsafe {
                _mm256_storeu_si256(array.as_mut_ptr().cast(), sums[0]);
                _mm256_storeu_si256(array.as_mut_ptr().add(8).cast(), sums[1]);
            }
            array
        }
    }

    impl Sums for Avx512 {
        type Sums = __m512i;
        type Weights = __m512i;
        #[inline(always)]
        unsafe fn zeros() -> __m512i {
            // SAFETY: the caller runs with AVX-512 F, BW, DQ and VL.
            unsafe { _mm512_setzero_si512() }
        }
        #[inline(always)]
        unsafe fn weights(from: *const i8) -> __m512i {
            // SAFETY: as above; the caller grants 32 bytes.
            unsafe { _mm512_cvtepi8_epi16(_mm256_loadu_si256(from.cast())) }
        }
        #[inline(always)]
        unsafe fn add_products(sums: __m512i, pair: [i16; 2], weights: __m512i) -> __m512i {
            // SAFETY: as above.
            unsafe { _mm512_add_epi32(sums, _mm512_madd_epi16(_mm512_set1_epi32(joined(pair)), weights)) }
        }
        #[inline(always)]
        unsafe fn to_array(sums: __m512i) -> [i32; PANEL] {
            let mut array = [0; PANEL];
            // SAFETY: as above; the array has 64 bytes.
            unsafe { _mm512_storeu_si512(array.as_mut_ptr().cast(), sums) };
            array
        }
    }
}

/// Weights in panels, with what their sums are worth.
struct Panels {
    /// Terms of a sum, rounded up to a multiple of two: what is beyond is 0.
    terms: usize,
    columns: usize,
    /// By panel, pair of terms, output, term.
    values: Vec<i8>,
    scales: Vec<f32>,
}

impl Panels {
    fn new(weights: &QuantizedWeights, input: Affine) -> Panels {
        let columns = weights.shape().last();
        let rows: Vec<&[i8]> = weights.values().chunks_exact(columns).collect();
        let mut values = Vec::with_capacity(columns.next_multiple_of(PANEL) * rows.len().next_multiple_of(2));
        for first in (0..columns).step_by(PANEL) {
            for pair in rows.chunks(2) {
                for column in first..first + PANEL {
                    let value = |term: usize| pair.get(term).and_then(|row| row.get(column)).copied().unwrap_or(0);
                    values.extend([value(0), value(1)]);
                }
            }
        }
        Panels { terms: rows.len().next_multiple_of(2), columns, values, scales: weights.output_scales(input) }
    }
}

multiversioned! {
    /// The outputs of some rows: `x` has whole numbers of `panels.terms` terms a row, `y` a row of `panels.columns`.
    fn product(panels: &Panels, x: &[i16], y: &mut [f32]) = simd product_body
}

#[inline(always)]
fn product_body<S: Sums>(panels: &Panels, x: &[i16], y: &mut [f32]) {
    let n_rows = x.len() / panels.terms;
    let a_panel = panels.terms / 2 * STEP;
    for (idx, weights) in panels.values.chunks_exact(a_panel).enumerate() {
        let columns = idx * PANEL..((idx + 1) * PANEL).min(panels.columns);
        let mut row = 0;
        while row < n_rows {
            let x = &x[row * panels.terms..];
            let y = &mut y[row * panels.columns..];
            if n_rows - row >= TILE {
                tile::<S, TILE>(panels, columns.clone(), weights, x, y);
                row += TILE;
            } else {
                tile::<S, 1>(panels, columns.clone(), weights, x, y);
                row += 1;
            }
        }
    }
}

/// One panel for `R` rows.
#[inline(always)]
fn tile<S: Sums, const R: usize>(
    panels: &Panels,
    columns: std::ops::Range<usize>,
    weights: &[i8],
    x: &[i16],
    y: &mut [f32],
) {
    let rows: [&[[i16; 2]]; R] = std::array::from_fn(|row| x[row * panels.terms..][..panels.terms].as_chunks::<2>().0);
    // SAFETY: `multiversioned!` runs this with the level's instructions.
    let mut sums = [unsafe { S::zeros() }; R];
    for (step, weights) in weights.as_chunks::<STEP>().0.iter().enumerate() {
        // SAFETY: as above; the chunk has the bytes of a step.
        let weights = unsafe { S::weights(weights.as_ptr()) };
        for (sums, row) in sums.iter_mut().zip(rows) {
            // SAFETY: as above.
            *sums = unsafe { S::add_products(*sums, row[step], weights) };
        }
    }
    let scales = &panels.scales[columns.clone()];
    for (row, sums) in sums.into_iter().enumerate() {
        let y = &mut y[row * panels.columns..][columns.clone()];
        // SAFETY: as above.
        let sums = unsafe { S::to_array(sums) };
        for ((y, sum), scale) in y.iter_mut().zip(sums).zip(scales) {
            *y = sum as f32 * scale;
        }
    }
}

multiversioned! {
    /// Whole numbers of some f32.
    fn quantize(input: Affine, x: &[f32], q: &mut [i16]) = quantize_body
}

#[inline(always)]
fn quantize_body(input: Affine, x: &[f32], q: &mut [i16]) {
    for (q, x) in q.iter_mut().zip(x) {
        *q = input.quantize(*x);
    }
}

/// Working memory as whole numbers of 16 bits.
fn as_i16(memory: &mut [f32]) -> &mut [i16] {
    // SAFETY: twice as many numbers of half the size and a smaller alignment, in the same place and for as long; any bits are
    // an i16, and any are an f32.
    unsafe { std::slice::from_raw_parts_mut(memory.as_mut_ptr().cast(), memory.len() * 2) }
}

/// Bytes for this many i16, in whole f32.
fn bytes(numbers: usize) -> usize {
    numbers.div_ceil(2).saturating_mul(4)
}

pub(super) struct QuantizedDenseKernel {
    input: Affine,
    /// Terms of a row of the input.
    terms: usize,
    panels: Panels,
}

impl QuantizedDenseKernel {
    pub(super) fn new(op: &QuantizedDense) -> Self {
        let panels = Panels::new(&op.weights, op.input);
        QuantizedDenseKernel { input: op.input, terms: op.weights.shape()[0], panels }
    }
}

impl Kernel for QuantizedDenseKernel {
    fn scratch_bytes(&self) -> usize {
        bytes(ROWS.saturating_mul(self.panels.terms))
    }

    fn shard(&self, call: &Call<'_>) {
        let padded = self.panels.terms;
        let q = &mut as_i16(call.scratch())[..ROWS * padded];
        let y = call.output(0).chunks_mut(ROWS * self.panels.columns);
        for (x, y) in call.input(0).chunks(ROWS * self.terms).zip(y) {
            let n_rows = x.len() / self.terms;
            for (x, q) in x.chunks_exact(self.terms).zip(q.chunks_exact_mut(padded)) {
                quantize(call.level, self.input, x, q);
                q[self.terms..].fill(0);
            }
            product(call.level, &self.panels, &q[..n_rows * padded], y);
        }
    }
}

pub(super) struct QuantizedConv2dKernel {
    input: Affine,
    geometry: ConvGeometry,
    panels: Panels,
}

impl QuantizedConv2dKernel {
    pub(super) fn new(op: &QuantizedConv2d, inputs: &[Slot]) -> Option<Self> {
        let geometry = op.geometry(&inputs[0].ty.shape).ok()?;
        Some(QuantizedConv2dKernel { input: op.input, geometry, panels: Panels::new(&op.weights, op.input) })
    }

    /// Numbers of one image.
    fn image(&self) -> usize {
        self.geometry.window.input[0] * self.geometry.window.input[1] * self.geometry.channels
    }

    /// The taps of the output at (`row`, `column`), one after the other.
    fn gather(&self, image: &[i16], row: usize, column: usize, taps: &mut [i16]) {
        let (window, channels) = (&self.geometry.window, self.geometry.channels);
        let [height, width] = window.size;
        let (runs, rest) = taps.split_at_mut(height * width * channels);
        rest.fill(0);
        for (i, run) in runs.chunks_exact_mut(width * channels).enumerate() {
            let Some(source) = window.source(0, row, i) else {
                run.fill(0);
                continue;
            };
            let line = &image[source * window.input[1] * channels..][..window.input[1] * channels];
            let first = window.source(1, column, 0);
            if let (Some(first), Some(_), 1) = (first, window.source(1, column, width - 1), window.dilation[1]) {
                // All of the kernel's row lies within the image, side by side.
                run.copy_from_slice(&line[first * channels..][..width * channels]);
                continue;
            }
            for (j, tap) in run.chunks_exact_mut(channels).enumerate() {
                match window.source(1, column, j) {
                    Some(source) => tap.copy_from_slice(&line[source * channels..][..channels]),
                    None => tap.fill(0),
                }
            }
        }
    }
}

impl Kernel for QuantizedConv2dKernel {
    fn scratch_bytes(&self) -> usize {
        bytes(self.image().saturating_add(ROWS.saturating_mul(self.panels.terms)))
    }

    fn shard(&self, call: &Call<'_>) {
        let (image, rest) = as_i16(call.scratch()).split_at_mut(self.image());
        let taps = &mut rest[..ROWS * self.panels.terms];
        let [height, width] = self.geometry.window.output;
        let columns = self.panels.columns;
        let samples = call.input(0).chunks_exact(self.image());
        for (x, y) in samples.zip(call.output(0).chunks_exact_mut(height * width * columns)) {
            quantize(call.level, self.input, x, image);
            for (idx, y) in y.chunks_mut(ROWS * columns).enumerate() {
                let n_rows = y.len() / columns;
                for (row, taps) in taps.chunks_exact_mut(self.panels.terms).take(n_rows).enumerate() {
                    let position = idx * ROWS + row;
                    self.gather(image, position / width, position % width, taps);
                }
                product(call.level, &self.panels, &taps[..n_rows * self.panels.terms], y);
            }
        }
    }
}
