//! The largest elements of each row, defined by an order: nothing is computed, and no level has its own code.
//!
//! Idea: each pass over a row finds the element that follows the last one found, so that no list is kept: k is small where this
//! is used, and sorting would need memory.

use super::Kernel;
use crate::cpu::call::{Call, Slot};
use crate::ops::{TopK, TopKGradient, is_larger};
use crate::plan::Place;

/// Forward.
pub(super) struct TopKKernel {
    k: usize,
    extent: usize,
}

impl TopKKernel {
    pub(super) fn new(op: &TopK, inputs: &[Slot]) -> Self {
        TopKKernel { k: op.k, extent: inputs[0].ty.shape.last() }
    }
}

impl Kernel for TopKKernel {
    fn shard(&self, call: &Call<'_>) {
        // Of values and indices one may have no reader.
        let mut values = (call.outputs[0].place != Place::Unused).then(|| call.output(0));
        let mut indices = call.output_i32(1);
        for (row, x) in call.input(0).chunks_exact(self.extent).enumerate() {
            let mut last = None;
            for at in row * self.k..(row + 1) * self.k {
                let found = following(x, last);
                if let Some(values) = &mut values {
                    values[at] = x[found];
                }
                if let Some(indices) = &mut indices {
                    indices[at] = found as i32;
                }
                last = Some(found);
            }
        }
    }
}

/// The index of the element that follows the one at `last`, or of the first one of all.
fn following(x: &[f32], last: Option<usize>) -> usize {
    let mut found = None;
    for (i, value) in x.iter().enumerate() {
        let is_left = last.is_none_or(|last| is_larger(x[last], *value) || i > last && !is_larger(*value, x[last]));
        if is_left && found.is_none_or(|found: usize| is_larger(*value, x[found])) {
            found = Some(i);
        }
    }
    found.expect("k is at most the extent")
}

/// Gradient.
pub(super) struct TopKGradientKernel {
    k: usize,
    extent: usize,
}

impl TopKGradientKernel {
    pub(super) fn new(op: &TopKGradient, inputs: &[Slot]) -> Self {
        TopKGradientKernel { k: inputs[0].ty.shape.last(), extent: op.extent }
    }
}

impl Kernel for TopKGradientKernel {
    fn shard(&self, call: &Call<'_>) {
        let rows = call.input_i32(0).chunks_exact(self.k).zip(call.input(1).chunks_exact(self.k));
        for (dx, (indices, dy)) in call.output(0).chunks_exact_mut(self.extent).zip(rows) {
            dx.fill(0.0);
            for (index, gradient) in indices.iter().zip(dy) {
                if let Some(dx) = usize::try_from(*index).ok().and_then(|index| dx.get_mut(index)) {
                    *dx += *gradient;
                }
            }
        }
    }
}
