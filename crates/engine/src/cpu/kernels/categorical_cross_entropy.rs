//! Cross-entropy on probabilities, defined by its operation: logarithms of probabilities that are not below a floor.

use proofmark_tensor::{DType, math};

use super::Kernel;
use super::cross_entropy::strided_dot;
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;
use crate::ops::{NO_CLASS, PROBABILITY_FLOOR};

/// Forward and gradient share what they know of their rows.
pub(super) struct CategoricalCrossEntropyKernel {
    classes: usize,
    target: DType,
    is_gradient: bool,
}

impl CategoricalCrossEntropyKernel {
    pub(super) fn new(inputs: &[Slot], is_gradient: bool) -> Self {
        let (classes, target) = (inputs[0].ty.shape.last(), inputs[1].ty.dtype);
        CategoricalCrossEntropyKernel { classes, target, is_gradient }
    }
}

impl Kernel for CategoricalCrossEntropyKernel {
    fn shard(&self, call: &Call<'_>) {
        let (level, classes, p, y) = (call.level, self.classes, call.input(0), call.output(0));
        match (self.target, self.is_gradient) {
            (DType::I32, false) => loss_of_classes(level, p, classes, call.input_i32(1), y),
            (_, false) => loss_of_weights(level, p, classes, call.input(1), y),
            (DType::I32, true) => gradient_of_classes(level, p, classes, call.input_i32(1), call.input(2), y),
            (_, true) => gradient_of_weights(level, p, classes, call.input(1), call.input(2), y),
        }
    }
}

multiversioned! {
    fn loss_of_classes(p: &[f32], classes: usize, target: &[i32], loss: &mut [f32]) = loss_of_classes_body
}
multiversioned! {
    fn loss_of_weights(p: &[f32], classes: usize, target: &[f32], loss: &mut [f32]) = loss_of_weights_body
}
multiversioned! {
    fn gradient_of_classes(p: &[f32], classes: usize, target: &[i32], dloss: &[f32], dp: &mut [f32])
        = gradient_of_classes_body
}
multiversioned! {
    fn gradient_of_weights(p: &[f32], classes: usize, target: &[f32], dloss: &[f32], dp: &mut [f32])
        = gradient_of_weights_body
}

#[inline(always)]
fn logarithm(p: f32) -> f32 {
    math::ln(if PROBABILITY_FLOOR > p { PROBABILITY_FLOOR } else { p })
}

#[inline(always)]
fn loss_of_classes_body(p: &[f32], classes: usize, target: &[i32], loss: &mut [f32]) {
    for ((row, class), loss) in p.chunks_exact(classes).zip(target).zip(loss) {
        *loss = match usize::try_from(*class) {
            Ok(class) if class < classes => -logarithm(row[class]),
            _ if *class == NO_CLASS => 0.0,
            _ => f32::NAN,
        };
    }
}

#[inline(always)]
fn loss_of_weights_body(p: &[f32], classes: usize, target: &[f32], loss: &mut [f32]) {
    for ((row, weights), loss) in p.chunks_exact(classes).zip(target.chunks_exact(classes)).zip(loss) {
        *loss = strided_dot(classes, |i| (-weights[i], logarithm(row[i])));
    }
}

#[inline(always)]
fn gradient_of_classes_body(p: &[f32], classes: usize, target: &[i32], dloss: &[f32], dp: &mut [f32]) {
    let rows = p.chunks_exact(classes).zip(dp.chunks_exact_mut(classes)).zip(target.iter().zip(dloss));
    for ((row, dp), (class, dloss)) in rows {
        match usize::try_from(*class).ok().filter(|class| *class < classes) {
            Some(class) => {
                dp.fill(0.0);
                let p = row[class];
                dp[class] = if PROBABILITY_FLOOR > p { 0.0 } else { -*dloss / p };
            }
            None => dp.fill(if *class == NO_CLASS { 0.0 } else { f32::NAN }),
        }
    }
}

#[inline(always)]
fn gradient_of_weights_body(p: &[f32], classes: usize, target: &[f32], dloss: &[f32], dp: &mut [f32]) {
    let rows = p.chunks_exact(classes).zip(dp.chunks_exact_mut(classes));
    for ((row, dp), (weights, dloss)) in rows.zip(target.chunks_exact(classes).zip(dloss)) {
        for (dp, (p, weight)) in dp.iter_mut().zip(row.iter().zip(weights)) {
            *dp = if PROBABILITY_FLOOR > *p { 0.0 } else { -(*weight * *dloss) / *p };
        }
    }
}
