//! Max pooling, defined by a scan of each window in row-major order in which the first maximum wins, and the first NaN
//! over everything.
//!
//! Idea: lanes over channels, which are contiguous; one pass over the window's positions keeps maximum and position of a
//! block of channels in registers. The gradient selects by the byte that the forward pass kept.

use super::Kernel;
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;
use crate::ops::{MaxPool2d, MaxPool2dGradient, WindowGeometry};

/// Channels that are scanned together.
const BLOCK: usize = 32;

/// Forward.
pub(super) struct MaxPool2dKernel {
    geometry: WindowGeometry,
    channels: usize,
}

impl MaxPool2dKernel {
    pub(super) fn new(op: &MaxPool2d, inputs: &[Slot]) -> Option<Self> {
        let shape = &inputs[0].ty.shape;
        Some(MaxPool2dKernel { geometry: op.geometry(shape).ok()?, channels: shape[2] })
    }
}

impl Kernel for MaxPool2dKernel {
    fn shard(&self, call: &Call<'_>) {
        forward(call.level, &self.geometry, self.channels, call.input(0), call.output(0), call.output_u8(1));
    }
}

multiversioned! {
    fn forward(geometry: &WindowGeometry, channels: usize, x: &[f32], y: &mut [f32], arg_max: Option<&mut [u8]>) = forward_body
}

#[inline(always)]
fn forward_body(geometry: &WindowGeometry, channels: usize, x: &[f32], y: &mut [f32], mut arg_max: Option<&mut [u8]>) {
    let [height, width] = geometry.input;
    let [rows, columns] = geometry.output;
    let mut to = 0;
    for sample in x.chunks_exact(height * width * channels) {
        for row in 0..rows {
            let row_taps = geometry.taps(0, row);
            for column in 0..columns {
                let column_taps = geometry.taps(1, column);
                let mut first = 0;
                while first < channels {
                    let count = BLOCK.min(channels - first);
                    let mut best = [f32::NEG_INFINITY; BLOCK];
                    let mut position = [0u8; BLOCK];
                    let mut is_first = true;
                    for i in row_taps.clone() {
                        let source_row = row * geometry.stride[0] + i - geometry.before[0];
                        for j in column_taps.clone() {
                            let source_column = column * geometry.stride[1] + j - geometry.before[1];
                            let at = (source_row * width + source_column) * channels + first;
                            let place = (i * geometry.size[1] + j) as u8;
                            if count == BLOCK {
                                let (block, _) = sample[at..at + BLOCK].as_chunks::<BLOCK>();
                                scan(&block[0], place, is_first, &mut best, &mut position);
                            } else {
                                let mut block = [f32::NEG_INFINITY; BLOCK];
                                block[..count].copy_from_slice(&sample[at..at + count]);
                                scan(&block, place, is_first, &mut best, &mut position);
                            }
                            is_first = false;
                        }
                    }
                    y[to..to + count].copy_from_slice(&best[..count]);
                    if let Some(arg_max) = &mut arg_max {
                        arg_max[to..to + count].copy_from_slice(&position[..count]);
                    }
                    to += count;
                    first += count;
                }
            }
        }
    }
}

/// Takes in one position of the window.
#[inline(always)]
fn scan(values: &[f32; BLOCK], place: u8, is_first: bool, best: &mut [f32; BLOCK], position: &mut [u8; BLOCK]) {
    if is_first {
        *best = *values;
        *position = [place; BLOCK];
        return;
    }
    for lane in 0..BLOCK {
        // A NaN beats every number and no NaN: `>` alone would never take it.
        let value = values[lane];
        let wins = (value > best[lane]) | (value.is_nan() & !best[lane].is_nan());
        best[lane] = if wins { value } else { best[lane] };
        position[lane] = if wins { place } else { position[lane] };
    }
}

/// Gradient.
pub(super) struct MaxPool2dGradientKernel {
    geometry: WindowGeometry,
    channels: usize,
}

impl MaxPool2dGradientKernel {
    pub(super) fn new(op: &MaxPool2dGradient) -> Option<Self> {
        Some(MaxPool2dGradientKernel { geometry: op.pool.geometry(&op.input).ok()?, channels: op.input[2] })
    }
}

impl Kernel for MaxPool2dGradientKernel {
    fn shard(&self, call: &Call<'_>) {
        backward(call.level, &self.geometry, self.channels, call.input_u8(0), call.input(1), call.output(0));
    }
}

multiversioned! {
    fn backward(geometry: &WindowGeometry, channels: usize, arg_max: &[u8], dy: &[f32], dx: &mut [f32]) = backward_body
}

#[inline(always)]
fn backward_body(geometry: &WindowGeometry, channels: usize, arg_max: &[u8], dy: &[f32], dx: &mut [f32]) {
    let [height, width] = geometry.input;
    let [rows, columns] = geometry.output;
    dx.fill(0.0);
    let input_elements = height * width * channels;
    let output_elements = rows * columns * channels;
    let samples = arg_max.chunks_exact(output_elements).zip(dy.chunks_exact(output_elements));
    for ((arg_max, dy), dx) in samples.zip(dx.chunks_exact_mut(input_elements)) {
        for row in 0..rows {
            for column in 0..columns {
                let from = (row * columns + column) * channels;
                let (positions, gradients) = (&arg_max[from..from + channels], &dy[from..from + channels]);
                for i in geometry.taps(0, row) {
                    let source_row = row * geometry.stride[0] + i - geometry.before[0];
                    for j in geometry.taps(1, column) {
                        let source_column = column * geometry.stride[1] + j - geometry.before[1];
                        let at = (source_row * width + source_column) * channels;
                        let place = (i * geometry.size[1] + j) as u8;
                        let target = &mut dx[at..at + channels];
                        for lane in 0..channels {
                            let sum = target[lane] + gradients[lane];
                            target[lane] = if positions[lane] == place { sum } else { target[lane] };
                        }
                    }
                }
            }
        }
    }
}
