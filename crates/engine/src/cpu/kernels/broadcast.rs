//! Repetition along new axes: nothing is computed, elements move.

use super::Kernel;
use super::nest::{Axis, joined, walk};
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;
use crate::ops::Broadcast;

pub(super) struct BroadcastKernel {
    /// The output's axes but the innermost; strides in x and y.
    outer: Vec<Axis<2>>,
    /// The innermost: contiguous in y, and in x contiguous or one element that is repeated.
    inner: Axis<2>,
    /// Elements of x and y (of one sample, or of the step's value).
    elements: [usize; 2],
}

impl BroadcastKernel {
    pub(super) fn new(op: &Broadcast, inputs: &[Slot]) -> Option<Self> {
        let mut elements = [1, 1];
        let mut axes = Vec::new();
        for axis in (0..op.shape.rank()).rev() {
            let (extent, is_new) = (op.shape[axis], op.axes.contains(&axis));
            axes.push(Axis { extent, strides: [if is_new { 0 } else { elements[0] }, elements[1]] });
            elements[1] *= extent;
            elements[0] *= if is_new { 1 } else { extent };
        }
        debug_assert_eq!(elements[0], inputs[0].ty.elements());
        axes.reverse();
        let mut outer = joined(axes)?;
        let inner = outer.pop().unwrap_or(Axis { extent: 1, strides: [1, 1] });
        Some(BroadcastKernel { outer, inner, elements })
    }
}

impl Kernel for BroadcastKernel {
    fn shard(&self, call: &Call<'_>) {
        repeat(call.level, self, call.input(0), call.output(0));
    }
}

multiversioned! { fn repeat(kernel: &BroadcastKernel, x: &[f32], y: &mut [f32]) = repeat_body }

#[inline(always)]
fn repeat_body(kernel: &BroadcastKernel, x: &[f32], y: &mut [f32]) {
    let BroadcastKernel { outer, inner, elements } = kernel;
    if elements.contains(&0) {
        return;
    }
    for (x, y) in x.chunks_exact(elements[0]).zip(y.chunks_exact_mut(elements[1])) {
        walk(outer, |[from, to]| {
            let y = &mut y[to..to + inner.extent];
            if inner.strides[0] == 0 {
                y.fill(x[from]);
            } else {
                y.copy_from_slice(&x[from..from + inner.extent]);
            }
        });
    }
}
