//! Connectionist temporal classification, defined by its operation's own f64 code, which this calls: a few numbers a step,
//! next to what the layers before it cost.
#![allow(unsafe_code)]

use super::Kernel;
use crate::cpu::call::{Call, Slot};
use crate::ops::CtcSample;

pub(super) struct CtcKernel {
    blank: usize,
    /// Steps and classes.
    shape: [usize; 2],
    labels: usize,
    is_gradient: bool,
}

impl CtcKernel {
    pub(super) fn new(blank: usize, inputs: &[Slot], is_gradient: bool) -> Self {
        let shape = [inputs[0].ty.shape[0], inputs[0].ty.shape[1]];
        CtcKernel { blank, shape, labels: inputs[1].ty.elements(), is_gradient }
    }

    /// Numbers in f64 of working memory: forward variables, backward variables of a step, a row of classes.
    fn numbers(&self) -> usize {
        let states = self.labels.saturating_mul(2).saturating_add(1);
        states.saturating_mul(self.shape[0].saturating_add(1)).saturating_add(self.shape[1])
    }
}

impl Kernel for CtcKernel {
    fn scratch_bytes(&self) -> usize {
        self.numbers().saturating_mul(8)
    }

    fn shard(&self, call: &Call<'_>) {
        let [steps, classes] = self.shape;
        let (y, labels, counts, lengths) = (call.input(0), call.input(1), call.input(2), call.input(3));
        // SAFETY: any bits are an f64.
        let (_, numbers, _) = unsafe { call.scratch().align_to_mut::<f64>() };
        let states = 2 * self.labels + 1;
        let (a, rest) = numbers.split_at_mut(steps * states);
        let (b, rest) = rest.split_at_mut(states);
        let row = &mut rest[..classes];
        let results = call.output(0);
        for (idx, y) in y.chunks_exact(steps * classes).enumerate() {
            let own = &labels[idx * self.labels..(idx + 1) * self.labels];
            let sample = CtcSample::new(own, counts[idx], lengths[idx], self.blank, self.shape);
            let y = |step: usize, class: usize| f64::from(y[step * classes + class]);
            let total = sample.forward(y, a);
            if !self.is_gradient {
                results[idx] = -total as f32;
                continue;
            }
            let dy = &mut results[idx * steps * classes..][..steps * classes];
            dy[sample.steps * classes..].fill(0.0);
            let scale = f64::from(call.input(4)[idx]);
            sample.backward(y, a, total, scale, b, row, |step, row| {
                for (dy, value) in dy[step * classes..].iter_mut().zip(row) {
                    *dy = *value as f32;
                }
            });
        }
    }
}
