//! Average pooling, defined by a chain of additions over a window's positions inside the image; its gradient by one over
//! the windows that hold a position.
//!
//! Idea: lanes over channels, which are contiguous; a block's sums (or quotients) stay in registers for the whole window.

use super::Kernel;
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;
use crate::ops::{AveragePool2d, AveragePool2dGradient, WindowGeometry};

/// Channels that are summed together.
const BLOCK: usize = 32;

/// Forward.
pub(super) struct AveragePool2dKernel {
    geometry: WindowGeometry,
    channels: usize,
}

impl AveragePool2dKernel {
    pub(super) fn new(op: &AveragePool2d, inputs: &[Slot]) -> Option<Self> {
        let shape = &inputs[0].ty.shape;
        Some(AveragePool2dKernel { geometry: op.geometry(shape).ok()?, channels: shape[2] })
    }
}

impl Kernel for AveragePool2dKernel {
    fn shard(&self, call: &Call<'_>) {
        forward(call.level, &self.geometry, self.channels, call.input(0), call.output(0));
    }
}

multiversioned! { fn forward(geometry: &WindowGeometry, channels: usize, x: &[f32], y: &mut [f32]) = forward_body }

#[inline(always)]
fn forward_body(geometry: &WindowGeometry, channels: usize, x: &[f32], y: &mut [f32]) {
    let [height, width] = geometry.input;
    let [rows, columns] = geometry.output;
    let samples = x.chunks_exact(height * width * channels).zip(y.chunks_exact_mut(rows * columns * channels));
    for (x, y) in samples {
        for (window, y) in y.chunks_exact_mut(channels).enumerate() {
            let (row, column) = (window / columns, window % columns);
            let (row_taps, column_taps) = (geometry.taps(0, row), geometry.taps(1, column));
            let count = (row_taps.len() * column_taps.len()) as f32;
            let mut first = 0;
            while first < channels {
                let lanes = BLOCK.min(channels - first);
                let mut sums = [0.0f32; BLOCK];
                for i in row_taps.clone() {
                    let source_row = row * geometry.stride[0] + i - geometry.before[0];
                    for j in column_taps.clone() {
                        let source_column = column * geometry.stride[1] + j - geometry.before[1];
                        let at = (source_row * width + source_column) * channels + first;
                        if lanes == BLOCK {
                            let (block, _) = x[at..at + BLOCK].as_chunks::<BLOCK>();
                            for lane in 0..BLOCK {
                                sums[lane] += block[0][lane];
                            }
                        } else {
                            for (sum, value) in sums.iter_mut().zip(&x[at..at + lanes]) {
                                *sum += *value;
                            }
                        }
                    }
                }
                for (y, sum) in y[first..first + lanes].iter_mut().zip(&sums) {
                    *y = *sum / count;
                }
                first += lanes;
            }
        }
    }
}

/// Gradient.
pub(super) struct AveragePool2dGradientKernel {
    geometry: WindowGeometry,
    channels: usize,
}

impl AveragePool2dGradientKernel {
    pub(super) fn new(op: &AveragePool2dGradient) -> Option<Self> {
        Some(AveragePool2dGradientKernel { geometry: op.pool.geometry(&op.input).ok()?, channels: op.input[2] })
    }
}

impl Kernel for AveragePool2dGradientKernel {
    fn shard(&self, call: &Call<'_>) {
        backward(call.level, &self.geometry, self.channels, call.input(0), call.output(0));
    }
}

multiversioned! { fn backward(geometry: &WindowGeometry, channels: usize, dy: &[f32], dx: &mut [f32]) = backward_body }

#[inline(always)]
fn backward_body(geometry: &WindowGeometry, channels: usize, dy: &[f32], dx: &mut [f32]) {
    let [height, width] = geometry.input;
    let [rows, columns] = geometry.output;
    dx.fill(0.0);
    let samples = dy.chunks_exact(rows * columns * channels).zip(dx.chunks_exact_mut(height * width * channels));
    for (dy, dx) in samples {
        for (window, dy) in dy.chunks_exact(channels).enumerate() {
            let (row, column) = (window / columns, window % columns);
            let (row_taps, column_taps) = (geometry.taps(0, row), geometry.taps(1, column));
            let count = (row_taps.len() * column_taps.len()) as f32;
            let mut first = 0;
            while first < channels {
                let lanes = BLOCK.min(channels - first);
                let mut quotients = [0.0f32; BLOCK];
                for (quotient, dy) in quotients.iter_mut().zip(&dy[first..first + lanes]) {
                    *quotient = *dy / count;
                }
                for i in row_taps.clone() {
                    let target_row = row * geometry.stride[0] + i - geometry.before[0];
                    for j in column_taps.clone() {
                        let target_column = column * geometry.stride[1] + j - geometry.before[1];
                        let at = (target_row * width + target_column) * channels + first;
                        for (dx, quotient) in dx[at..at + lanes].iter_mut().zip(&quotients) {
                            *dx += *quotient;
                        }
                    }
                }
                first += lanes;
            }
        }
    }
}
