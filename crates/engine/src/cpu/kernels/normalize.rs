//! Normalised rows, defined by the strided sums that their operation describes. Plain loops, one row at a time.
//!
//! Idea: the deviations stand in the output while their squares are summed, so that each row is read once from memory and
//! stays in the first-level cache for the rest. A row without centring is one whose centre is +0.0: subtracting that
//! changes no bit, and both kinds share their code.

use super::Kernel;
use super::cross_entropy::{strided_dot, strided_sum};
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;
use crate::ops::{Centre, Normalize, NormalizeGradient};
use crate::plan::Place;

/// Forward.
pub(super) struct NormalizeKernel {
    op: Normalize,
    columns: usize,
}

impl NormalizeKernel {
    pub(super) fn new(op: &Normalize, inputs: &[Slot]) -> Self {
        NormalizeKernel { op: *op, columns: inputs[0].ty.shape.last() }
    }
}

impl Kernel for NormalizeKernel {
    fn shard(&self, call: &Call<'_>) {
        let is_centred = self.op.centre == Centre::Mean;
        // Without a gradient nobody reads the scales.
        let scales = (call.outputs[1].place != Place::Unused).then(|| call.output(1));
        forward(call.level, self.columns, is_centred, self.op.epsilon, call.input(0), call.output(0), scales);
    }
}

multiversioned! {
    fn forward(
        columns: usize, is_centred: bool, epsilon: f32, x: &[f32], y: &mut [f32], scales: Option<&mut [f32]>,
    ) = forward_body
}

#[inline(always)]
fn forward_body(
    columns: usize,
    is_centred: bool,
    epsilon: f32,
    x: &[f32],
    y: &mut [f32],
    mut scales: Option<&mut [f32]>,
) {
    let count = columns as f32;
    for (row, (x, y)) in x.chunks_exact(columns).zip(y.chunks_exact_mut(columns)).enumerate() {
        let centre = if is_centred { strided_sum(columns, |i| x[i]) / count } else { 0.0 };
        for (y, x) in y.iter_mut().zip(x) {
            *y = *x - centre;
        }
        let square = strided_dot(columns, |i| (y[i], y[i])) / count;
        let scale = 1.0 / (square + epsilon).sqrt();
        y.iter_mut().for_each(|y| *y *= scale);
        if let Some(scales) = &mut scales {
            scales[row] = scale;
        }
    }
}

/// Gradient.
pub(super) struct NormalizeGradientKernel {
    is_centred: bool,
    columns: usize,
}

impl NormalizeGradientKernel {
    pub(super) fn new(op: &NormalizeGradient, inputs: &[Slot]) -> Self {
        NormalizeGradientKernel { is_centred: op.centre == Centre::Mean, columns: inputs[0].ty.shape.last() }
    }
}

impl Kernel for NormalizeGradientKernel {
    fn shard(&self, call: &Call<'_>) {
        let (y, scales, dy) = (call.input(0), call.input(1), call.input(2));
        backward(call.level, self.columns, self.is_centred, y, scales, dy, call.output(0));
    }
}

multiversioned! {
    fn backward(columns: usize, is_centred: bool, y: &[f32], scales: &[f32], dy: &[f32], dx: &mut [f32]) = backward_body
}

#[inline(always)]
fn backward_body(columns: usize, is_centred: bool, y: &[f32], scales: &[f32], dy: &[f32], dx: &mut [f32]) {
    let count = columns as f32;
    let rows = y.chunks_exact(columns).zip(dy.chunks_exact(columns)).zip(dx.chunks_exact_mut(columns));
    for (((y, dy), dx), scale) in rows.zip(scales) {
        let centre = if is_centred { strided_sum(columns, |i| dy[i]) / count } else { 0.0 };
        let along = strided_dot(columns, |i| (y[i], dy[i])) / count;
        for (dx, (y, dy)) in dx.iter_mut().zip(y.iter().zip(dy)) {
            *dx = *scale * f32::mul_add(-*y, along, *dy - centre);
        }
    }
}
