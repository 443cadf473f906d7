//! Log-softmax, defined by the strided sums that its operation describes. Plain loops, one row at a time.

use proofmark_tensor::math;

use super::Kernel;
use super::cross_entropy::{maximum_and_sum, strided_sum};
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;

/// Forward.
pub(super) struct LogSoftmaxKernel {
    classes: usize,
}

impl LogSoftmaxKernel {
    pub(super) fn new(inputs: &[Slot]) -> Self {
        LogSoftmaxKernel { classes: inputs[0].ty.shape.last() }
    }
}

impl Kernel for LogSoftmaxKernel {
    fn shard(&self, call: &Call<'_>) {
        forward(call.level, self.classes, call.input(0), call.output(0));
    }
}

multiversioned! { fn forward(classes: usize, x: &[f32], y: &mut [f32]) = forward_body }

#[inline(always)]
fn forward_body(classes: usize, x: &[f32], y: &mut [f32]) {
    for (x, y) in x.chunks_exact(classes).zip(y.chunks_exact_mut(classes)) {
        let (maximum, sum) = maximum_and_sum(x);
        let ln_sum = math::ln(sum);
        for (y, x) in y.iter_mut().zip(x) {
            *y = (*x - maximum) - ln_sum;
        }
    }
}

/// Gradient.
pub(super) struct LogSoftmaxGradientKernel {
    classes: usize,
}

impl LogSoftmaxGradientKernel {
    pub(super) fn new(inputs: &[Slot]) -> Self {
        LogSoftmaxGradientKernel { classes: inputs[0].ty.shape.last() }
    }
}

impl Kernel for LogSoftmaxGradientKernel {
    fn shard(&self, call: &Call<'_>) {
        backward(call.level, self.classes, call.input(0), call.input(1), call.output(0));
    }
}

multiversioned! { fn backward(classes: usize, y: &[f32], dy: &[f32], dx: &mut [f32]) = backward_body }

#[inline(always)]
fn backward_body(classes: usize, y: &[f32], dy: &[f32], dx: &mut [f32]) {
    let rows = y.chunks_exact(classes).zip(dy.chunks_exact(classes)).zip(dx.chunks_exact_mut(classes));
    for ((y, dy), dx) in rows {
        let sum = strided_sum(classes, |i| dy[i]);
        for (dx, (y, dy)) in dx.iter_mut().zip(y.iter().zip(dy)) {
            *dx = f32::mul_add(-math::exp(*y), sum, *dy);
        }
    }
}
