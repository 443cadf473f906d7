//! Dropout, defined by one word of the counter-based generator for each element: the mask is computed, never stored.
//!
//! Idea: sixteen blocks of the generator at a time, lane by lane; the words are used as they are made.
#![allow(unsafe_code)]

use proofmark_tensor::random::{LANE_BLOCKS, LANE_ELEMENTS, Stream};

use super::Kernel;
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;
use crate::ops::Dropout;

pub(super) struct DropoutKernel {
    op: Dropout,
    elements: usize,
}

impl DropoutKernel {
    pub(super) fn new(op: &Dropout, inputs: &[Slot]) -> Self {
        DropoutKernel { op: op.clone(), elements: inputs[0].ty.elements() }
    }
}

/// What decides the mask of a step.
#[derive(Clone, Copy)]
struct Mask {
    stream: Stream,
    step: u32,
    threshold: u32,
    kept_share: f32,
}

impl Kernel for DropoutKernel {
    fn shard(&self, call: &Call<'_>) {
        let mask = Mask {
            stream: Stream::new(call.seed, &self.op.stream),
            step: call.step,
            threshold: self.op.threshold(),
            kept_share: self.op.kept_share(),
        };
        let (x, y) = (call.operand(0).start, call.target(0));
        // SAFETY: input and output have `elements` elements for each sample of the call.
        unsafe { drop_out(call.level, mask, call.sample_ids(), self.elements, x, y) };
    }
}

multiversioned! {
    unsafe fn drop_out(mask: Mask, ids: &[u64], elements: usize, x: *const f32, y: *mut f32) = drop_out_body
}

/// # Safety
/// `x` and `y` have `elements` elements for each id; they may be the same memory.
#[inline(always)]
unsafe fn drop_out_body(mask: Mask, ids: &[u64], elements: usize, x: *const f32, y: *mut f32) {
    for (sample, id) in ids.iter().enumerate() {
        let mut first = 0;
        while first < elements {
            let count = LANE_ELEMENTS.min(elements - first);
            let at = sample * elements + first;
            let mut values = [0.0f32; LANE_ELEMENTS];
            // SAFETY: `count` elements from `at` are within the sample; they are read before any of them is written.
            unsafe { std::ptr::copy_nonoverlapping(x.add(at), values.as_mut_ptr(), count) };
            let words = mask.stream.lanes(mask.step, *id, (first / 4) as u32);
            let mut bits = [0u32; LANE_ELEMENTS];
            for block in 0..LANE_BLOCKS {
                for word in 0..4 {
                    bits[4 * block + word] = words[word][block];
                }
            }
            for lane in 0..LANE_ELEMENTS {
                let kept = values[lane] / mask.kept_share;
                values[lane] = if bits[lane] >= mask.threshold { kept } else { 0.0 };
            }
            // SAFETY: as above.
            unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), y.add(at), count) };
            first += count;
        }
    }
}
