//! Softmax, defined by the strided sums that its operation describes. Plain loops, one row at a time.

use proofmark_tensor::math;

use super::Kernel;
use super::cross_entropy::{maximum_of, strided_dot, strided_sum};
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;

/// Forward.
pub(super) struct SoftmaxKernel {
    classes: usize,
}

impl SoftmaxKernel {
    pub(super) fn new(inputs: &[Slot]) -> Self {
        SoftmaxKernel { classes: inputs[0].ty.shape.last() }
    }
}

impl Kernel for SoftmaxKernel {
    fn shard(&self, call: &Call<'_>) {
        forward(call.level, self.classes, call.input(0), call.output(0));
    }
}

multiversioned! { fn forward(classes: usize, x: &[f32], y: &mut [f32]) = forward_body }

#[inline(always)]
fn forward_body(classes: usize, x: &[f32], y: &mut [f32]) {
    for (x, y) in x.chunks_exact(classes).zip(y.chunks_exact_mut(classes)) {
        let maximum = maximum_of(x);
        for (y, x) in y.iter_mut().zip(x) {
            *y = math::exp(*x - maximum);
        }
        let sum = strided_sum(classes, |i| y[i]);
        y.iter_mut().for_each(|y| *y /= sum);
    }
}

/// Gradient.
pub(super) struct SoftmaxGradientKernel {
    classes: usize,
}

impl SoftmaxGradientKernel {
    pub(super) fn new(inputs: &[Slot]) -> Self {
        SoftmaxGradientKernel { classes: inputs[0].ty.shape.last() }
    }
}

impl Kernel for SoftmaxGradientKernel {
    fn shard(&self, call: &Call<'_>) {
        backward(call.level, self.classes, call.input(0), call.input(1), call.output(0));
    }
}

multiversioned! { fn backward(classes: usize, y: &[f32], dy: &[f32], dx: &mut [f32]) = backward_body }

#[inline(always)]
fn backward_body(classes: usize, y: &[f32], dy: &[f32], dx: &mut [f32]) {
    let rows = y.chunks_exact(classes).zip(dy.chunks_exact(classes)).zip(dx.chunks_exact_mut(classes));
    for ((y, dy), dx) in rows {
        let dot = strided_dot(classes, |i| (y[i], dy[i]));
        for (dx, (y, dy)) in dx.iter_mut().zip(y.iter().zip(dy)) {
            *dx = *y * (*dy - dot);
        }
    }
}
