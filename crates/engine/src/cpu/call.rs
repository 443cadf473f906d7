//! What a kernel sees: the memory of its node's values, for one shard or for a range of outputs. One of the files that
//! may hold `unsafe` (see ARCHITECTURE.md).
#![allow(unsafe_code)]

use std::ops::Range;

use proofmark_tensor::DType;

use super::Level;
use crate::executor::Feed;
use crate::graph::{Span, Type};
use crate::ops::ReferenceContext;
use crate::plan::Place;

/// A value as kernels reach it: its type and its place.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) ty: Type,
    pub(crate) place: Place,
    /// For [`Place::State`]: elements from the start of the block of states.
    pub(crate) state_offset: usize,
}

/// Addresses that hold for one step. Pointers rather than borrows, since workers write disjoint parts at the same time.
#[derive(Clone, Copy)]
pub(crate) struct Addresses<'a> {
    pub(crate) states: *mut f32,
    pub(crate) batch: *mut u8,
    pub(crate) feeds: &'a [Feed<'a>],
}

// SAFETY: a plan gives every value its own bytes, alive from the phase that writes it to the last that reads it; within a
// phase, workers write only the rows of their shard or the outputs of their task (`plan::tests`, and poisoned runs, hold this).
unsafe impl Send for Addresses<'_> {}
// SAFETY: as above.
unsafe impl Sync for Addresses<'_> {}

/// One run of one kernel.
pub(crate) struct Call<'a> {
    pub(crate) level: Level,
    pub(crate) inputs: &'a [Slot],
    pub(crate) outputs: &'a [Slot],
    pub(crate) addresses: Addresses<'a>,
    pub(crate) arena: *mut u8,
    pub(crate) scratch: *mut u8,
    pub(crate) scratch_bytes: usize,
    /// The samples of this shard; in an outputs phase all samples of the batch.
    pub(crate) samples: Range<usize>,
    /// Index of the shard; 0 in an outputs phase.
    pub(crate) shard: usize,
    /// Bytes from one shard's partial results to the next.
    pub(crate) partial_stride: usize,
    /// Samples in a full shard.
    pub(crate) shard_samples: usize,
    pub(crate) ids: &'a [u64],
    pub(crate) step: u32,
    pub(crate) seed: u64,
}

/// An operand as a kernel reads it through a pointer, because it may be written in place.
#[derive(Clone, Copy)]
pub(crate) struct Operand {
    pub(crate) start: *const f32,
    /// Elements of one sample (or of the step's value).
    pub(crate) elements: usize,
    /// Whether each sample has its own.
    pub(crate) per_sample: bool,
}

impl<'a> Call<'a> {
    /// Number of samples.
    pub(crate) fn n_samples(&self) -> usize {
        self.samples.len()
    }

    /// An f32 input: the samples of this shard, one after the other, or the step's value.
    pub(crate) fn input(&self, idx: usize) -> &'a [f32] {
        let (start, elements) = self.locate(&self.inputs[idx], false);
        debug_assert_eq!(self.inputs[idx].ty.dtype, DType::F32);
        // SAFETY: see `Addresses`; inputs are written in earlier phases or by earlier nodes of this shard.
        unsafe { std::slice::from_raw_parts(start.cast_const().cast(), elements) }
    }

    /// An i32 input.
    pub(crate) fn input_i32(&self, idx: usize) -> &'a [i32] {
        let (start, elements) = self.locate(&self.inputs[idx], false);
        assert_eq!(self.inputs[idx].ty.dtype, DType::I32);
        // SAFETY: as in `input`; any bits are an i32.
        unsafe { std::slice::from_raw_parts(start.cast_const().cast(), elements) }
    }

    /// A byte input.
    pub(crate) fn input_u8(&self, idx: usize) -> &'a [u8] {
        let (start, elements) = self.locate(&self.inputs[idx], false);
        assert_eq!(self.inputs[idx].ty.dtype, DType::U8);
        // SAFETY: as in `input`.
        unsafe { std::slice::from_raw_parts(start.cast_const(), elements) }
    }

    /// An f32 output. To be called once for each output; it overlaps no input unless the kernel's operation may write in
    /// place (`plan::may_overwrite`), and such kernels use [`Call::operand`] and [`Call::target`].
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn output(&self, idx: usize) -> &'a mut [f32] {
        let (start, elements) = self.locate(&self.outputs[idx], true);
        debug_assert_eq!(self.outputs[idx].ty.dtype, DType::F32);
        // SAFETY: see `Addresses`; this node alone writes it, once.
        unsafe { std::slice::from_raw_parts_mut(start.cast(), elements) }
    }

    /// A part of an f32 output, for tasks that share one: no two tasks ask for overlapping parts.
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn output_part(&self, idx: usize, range: Range<usize>) -> &'a mut [f32] {
        let (start, elements) = self.locate(&self.outputs[idx], true);
        assert!(range.start <= range.end && range.end <= elements, "a part beyond the output");
        // SAFETY: see `Addresses`; within the output, and this task alone writes the part.
        unsafe { std::slice::from_raw_parts_mut(start.cast::<f32>().add(range.start), range.len()) }
    }

    /// A byte output; `None` where nothing reads it.
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn output_u8(&self, idx: usize) -> Option<&'a mut [u8]> {
        if self.outputs[idx].place == Place::Unused {
            return None;
        }
        let (start, elements) = self.locate(&self.outputs[idx], true);
        assert_eq!(self.outputs[idx].ty.dtype, DType::U8);
        // SAFETY: as in `output`.
        Some(unsafe { std::slice::from_raw_parts_mut(start, elements) })
    }

    /// An f32 input of a kernel that may run in place.
    pub(crate) fn operand(&self, idx: usize) -> Operand {
        let slot = &self.inputs[idx];
        let (start, _) = self.locate(slot, false);
        Operand {
            start: start.cast_const().cast(),
            elements: slot.ty.elements(),
            per_sample: slot.ty.span == Span::Sample,
        }
    }

    /// The start of an f32 output of a kernel that may run in place; null where nothing reads it.
    pub(crate) fn target(&self, idx: usize) -> *mut f32 {
        match self.outputs[idx].place {
            Place::Unused => std::ptr::null_mut(),
            _ => self.locate(&self.outputs[idx], true).0.cast(),
        }
    }

    /// Working memory of this worker, with what an earlier kernel left in it.
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn scratch(&self) -> &'a mut [f32] {
        // SAFETY: each worker has its own, and a kernel asks once.
        unsafe { std::slice::from_raw_parts_mut(self.scratch.cast(), self.scratch_bytes / 4) }
    }

    /// Identities of the samples.
    pub(crate) fn sample_ids(&self) -> &'a [u64] {
        &self.ids[self.samples.clone()]
    }

    /// What the reference needs to know.
    pub(crate) fn reference_context(&self) -> ReferenceContext {
        ReferenceContext { ids: self.sample_ids().to_vec(), step: self.step, seed: self.seed }
    }

    /// Where a value starts, and how many elements this call may touch.
    fn locate(&self, slot: &Slot, is_output: bool) -> (*mut u8, usize) {
        let elements = slot.ty.elements();
        let bytes = slot.ty.bytes();
        let (count, first) = match slot.ty.span {
            Span::Sample => (self.n_samples(), self.samples.start),
            Span::Step => (1, 0),
        };
        // SAFETY (all arms): offsets come from the plan that sized the memory.
        let start = match slot.place {
            Place::Input(idx) => {
                let feed: *const u8 = match self.addresses.feeds[idx] {
                    Feed::F32(data) => data.as_ptr().cast(),
                    Feed::I32(data) => data.as_ptr().cast(),
                };
                unsafe { feed.cast_mut().add(first * bytes) }
            }
            Place::State(_) => unsafe { self.addresses.states.add(slot.state_offset).cast() },
            Place::Arena(offset) => unsafe { self.arena.add(offset) },
            Place::Batch(offset) => unsafe { self.addresses.batch.add(offset + first * bytes) },
            Place::Step(offset) => unsafe { self.addresses.batch.add(offset) },
            Place::Partial(offset) => {
                let row = if is_output { self.shard * self.partial_stride } else { 0 };
                unsafe { self.addresses.batch.add(offset + row) }
            }
            Place::Unused => panic!("a kernel uses a value that the plan gave no place"),
        };
        (start, count * elements)
    }
}
