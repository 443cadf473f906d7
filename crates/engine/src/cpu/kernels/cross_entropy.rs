//! Cross-entropy on logits, defined by the strided sums of [`Softmax`](crate::ops::Softmax). A row has few classes and a
//! batch few rows: plain loops, one row at a time.

use proofmark_tensor::{DType, math};

use super::Kernel;
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;
use crate::ops::NO_CLASS;

/// Accumulators of a strided sum.
pub(super) const STRIDE: usize = 16;

/// Adds the sixteen accumulators in the fixed tree.
#[inline(always)]
pub(super) fn fold(mut accumulators: [f32; STRIDE]) -> f32 {
    let mut half = STRIDE / 2;
    while half > 0 {
        for lane in 0..half {
            accumulators[lane] += accumulators[lane + half];
        }
        half /= 2;
    }
    accumulators[0]
}

/// The sum of `of(i)` for `i` below `n`, by sixteen accumulators.
#[inline(always)]
pub(super) fn strided_sum(n: usize, of: impl Fn(usize) -> f32) -> f32 {
    let mut accumulators = [0.0f32; STRIDE];
    let mut first = 0;
    while first + STRIDE <= n {
        for lane in 0..STRIDE {
            accumulators[lane] += of(first + lane);
        }
        first += STRIDE;
    }
    for lane in 0..n - first {
        accumulators[lane] += of(first + lane);
    }
    fold(accumulators)
}

/// The sum of `a(i) b(i)` by fused multiply-adds, by sixteen accumulators.
#[inline(always)]
pub(super) fn strided_dot(n: usize, of: impl Fn(usize) -> (f32, f32)) -> f32 {
    let mut accumulators = [0.0f32; STRIDE];
    let mut first = 0;
    while first + STRIDE <= n {
        for lane in 0..STRIDE {
            let (a, b) = of(first + lane);
            accumulators[lane] = f32::mul_add(a, b, accumulators[lane]);
        }
        first += STRIDE;
    }
    for lane in 0..n - first {
        let (a, b) = of(first + lane);
        accumulators[lane] = f32::mul_add(a, b, accumulators[lane]);
    }
    fold(accumulators)
}

/// The largest element of a row; NaN takes no part.
#[inline(always)]
pub(super) fn maximum_of(row: &[f32]) -> f32 {
    let mut maximum = f32::NEG_INFINITY;
    for value in row {
        maximum = if *value > maximum { *value } else { maximum };
    }
    maximum
}

/// Maximum and sum of e^(x - maximum) of a row.
#[inline(always)]
pub(super) fn maximum_and_sum(row: &[f32]) -> (f32, f32) {
    let maximum = maximum_of(row);
    (maximum, strided_sum(row.len(), |i| math::exp(row[i] - maximum)))
}

/// Forward and gradient share what they know of their rows.
pub(super) struct CrossEntropyKernel {
    classes: usize,
    target: DType,
    is_gradient: bool,
}

impl CrossEntropyKernel {
    pub(super) fn new(inputs: &[Slot], is_gradient: bool) -> Self {
        CrossEntropyKernel { classes: inputs[0].ty.shape.last(), target: inputs[1].ty.dtype, is_gradient }
    }
}

impl Kernel for CrossEntropyKernel {
    fn shard(&self, call: &Call<'_>) {
        let logits = call.input(0);
        match (self.target, self.is_gradient) {
            (DType::I32, false) => loss_of_classes(call.level, logits, self.classes, call.input_i32(1), call.output(0)),
            (_, false) => loss_of_weights(call.level, logits, self.classes, call.input(1), call.output(0)),
            (DType::I32, true) => {
                gradient_of_classes(call.level, logits, self.classes, call.input_i32(1), call.input(2), call.output(0))
            }
            (_, true) => {
                gradient_of_weights(call.level, logits, self.classes, call.input(1), call.input(2), call.output(0));
            }
        }
    }
}

multiversioned! {
    fn loss_of_classes(logits: &[f32], classes: usize, target: &[i32], loss: &mut [f32]) = loss_of_classes_body
}
multiversioned! {
    fn loss_of_weights(logits: &[f32], classes: usize, target: &[f32], loss: &mut [f32]) = loss_of_weights_body
}
multiversioned! {
    fn gradient_of_classes(logits: &[f32], classes: usize, target: &[i32], dloss: &[f32], dx: &mut [f32])
        = gradient_of_classes_body
}
multiversioned! {
    fn gradient_of_weights(logits: &[f32], classes: usize, target: &[f32], dloss: &[f32], dx: &mut [f32])
        = gradient_of_weights_body
}

#[inline(always)]
fn loss_of_classes_body(logits: &[f32], classes: usize, target: &[i32], loss: &mut [f32]) {
    for ((row, class), loss) in logits.chunks_exact(classes).zip(target).zip(loss) {
        if *class == NO_CLASS {
            *loss = 0.0;
            continue;
        }
        let (maximum, sum) = maximum_and_sum(row);
        *loss = match usize::try_from(*class) {
            Ok(class) if class < classes => math::ln(sum) - (row[class] - maximum),
            _ => f32::NAN,
        };
    }
}

#[inline(always)]
fn loss_of_weights_body(logits: &[f32], classes: usize, target: &[f32], loss: &mut [f32]) {
    for ((row, weights), loss) in logits.chunks_exact(classes).zip(target.chunks_exact(classes)).zip(loss) {
        let (maximum, sum) = maximum_and_sum(row);
        let ln_sum = math::ln(sum);
        *loss = strided_dot(classes, |i| (weights[i], ln_sum - (row[i] - maximum)));
    }
}

#[inline(always)]
fn gradient_of_classes_body(logits: &[f32], classes: usize, target: &[i32], dloss: &[f32], dx: &mut [f32]) {
    let rows = logits.chunks_exact(classes).zip(dx.chunks_exact_mut(classes)).zip(target.iter().zip(dloss));
    for ((row, dx), (class, dloss)) in rows {
        let Some(class) = usize::try_from(*class).ok().filter(|class| *class < classes) else {
            dx.fill(if *class == NO_CLASS { 0.0 } else { f32::NAN });
            continue;
        };
        let (maximum, sum) = maximum_and_sum(row);
        for (i, dx) in dx.iter_mut().enumerate() {
            let probability = math::exp(row[i] - maximum) / sum;
            *dx = (if i == class { probability - 1.0 } else { probability }) * *dloss;
        }
    }
}

#[inline(always)]
fn gradient_of_weights_body(logits: &[f32], classes: usize, target: &[f32], dloss: &[f32], dx: &mut [f32]) {
    let rows = logits.chunks_exact(classes).zip(dx.chunks_exact_mut(classes));
    for ((row, dx), (weights, dloss)) in rows.zip(target.chunks_exact(classes).zip(dloss)) {
        let (maximum, sum) = maximum_and_sum(row);
        let total = strided_sum(classes, |i| weights[i]);
        for (i, dx) in dx.iter_mut().enumerate() {
            let probability = math::exp(row[i] - maximum) / sum;
            *dx = f32::mul_add(probability, total, -weights[i]) * *dloss;
        }
    }
}
