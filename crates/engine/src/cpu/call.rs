//! What a kernel sees: the memory of its node's values, for one shard or for a range of outputs. One of the files that
//! may hold `unsafe` (see ARCHITECTURE.md).
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ops::{Deref, Range};

use proofmark_tensor::{Bf16, DType};

use super::level::Supported;
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
// phase, workers write only the rows of their shard or the outputs of their task (`verify` in tests/engine/plans.rs replays
// plans of random graphs for this, and runs with poisoned memory give the same bits).
unsafe impl Send for Addresses<'_> {}
// SAFETY: as above.
unsafe impl Sync for Addresses<'_> {}

/// What one run of one kernel is about, and where its values stand.
pub(crate) struct Work<'a> {
    pub(crate) level: Supported,
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
    /// Outputs may stand where inputs do ([`runs_in_place`](crate::plan::runs_in_place)): they are pointers only.
    pub(crate) is_in_place: bool,
    /// Several tasks write parts of the outputs at the same time.
    pub(crate) is_shared: bool,
    /// What the kernel derived from states that no step changes: see [`Kernel::derived_from`](super::kernels::Kernel::derived_from).
    pub(crate) derived: Option<&'a [f32]>,
}

/// One run of one kernel: [`Work`], whose memory it hands out so that safe code cannot have the same bytes twice.
pub(crate) struct Call<'a> {
    work: Work<'a>,
    /// One bit for each output that was handed out; the highest is for working memory.
    taken: Cell<u64>,
}

/// Which bit of [`Call::taken`] stands for working memory.
const SCRATCH: usize = 63;

/// An operand as a kernel reads it through a pointer, because it may be written in place.
#[derive(Clone, Copy)]
pub(crate) struct Operand {
    pub(crate) start: *const f32,
    /// Elements of one sample (or of the step's value).
    pub(crate) elements: usize,
    /// Whether each sample has its own.
    pub(crate) per_sample: bool,
}

impl<'a> Deref for Call<'a> {
    type Target = Work<'a>;
    fn deref(&self) -> &Work<'a> {
        &self.work
    }
}

impl<'a> Call<'a> {
    /// A run of a kernel.
    ///
    /// # Safety
    /// As long as `'a` lasts, the addresses, places and sizes of `work` hold; nobody writes what its inputs are; nobody else
    /// reads or writes its outputs for these samples (or, where it is shared, this task's parts) or its working memory;
    /// and no output overlaps an input or another output, except where it is in place.
    pub(crate) unsafe fn new(work: Work<'a>) -> Self {
        Call { work, taken: Cell::new(0) }
    }

    #[cfg(test)]
    pub(crate) fn set_in_place(&mut self, is_in_place: bool) {
        self.work.is_in_place = is_in_place;
    }

    /// Notes that memory is handed out.
    ///
    /// # Panics
    /// If it was before.
    fn take(&self, bit: usize) {
        let mask = 1u64 << bit;
        assert!(self.taken.get() & mask == 0, "a kernel takes the same memory twice");
        self.taken.set(self.taken.get() | mask);
    }

    /// Hands out an output, whole.
    fn take_output(&self, idx: usize) {
        assert!(idx < SCRATCH && !self.is_in_place && !self.is_shared, "output {idx} is not this call's alone");
        self.take(idx);
    }

    /// Number of samples.
    pub(crate) fn n_samples(&self) -> usize {
        self.samples.len()
    }

    /// An f32 input: the samples of this shard, one after the other, or the step's value.
    pub(crate) fn input(&self, idx: usize) -> &'a [f32] {
        assert!(
            self.inputs[idx].ty.dtype == DType::F32 && !self.is_in_place,
            "input {idx} is no f32 that is only read"
        );
        let (start, elements) = self.locate(&self.inputs[idx], false);
        // SAFETY: see `new`; inputs are written in earlier phases or by earlier nodes of this shard.
        unsafe { std::slice::from_raw_parts(start.cast_const().cast(), elements) }
    }

    /// An f32 input of a kernel that runs in place, all samples of it: one that no output stands in the place of, since samples
    /// have their own and the outputs are the step's.
    pub(crate) fn own_input(&self, idx: usize) -> &'a [f32] {
        let is_step = |slot: &Slot| slot.ty.span == Span::Step;
        assert!(
            self.inputs[idx].ty.dtype == DType::F32 && !is_step(&self.inputs[idx]),
            "input {idx} is no sample's f32"
        );
        assert!(self.outputs.iter().all(is_step), "an output might stand where input {idx} does");
        let (start, elements) = self.locate(&self.inputs[idx], false);
        // SAFETY: as in `input`; only outputs of the same type may stand where an input does.
        unsafe { std::slice::from_raw_parts(start.cast_const().cast(), elements) }
    }

    /// An i32 input.
    pub(crate) fn input_i32(&self, idx: usize) -> &'a [i32] {
        let (start, elements) = self.locate(&self.inputs[idx], false);
        assert_eq!(self.inputs[idx].ty.dtype, DType::I32);
        // SAFETY: as in `input`; any bits are an i32.
        unsafe { std::slice::from_raw_parts(start.cast_const().cast(), elements) }
    }

    /// A bf16 input.
    pub(crate) fn input_bf16(&self, idx: usize) -> &'a [Bf16] {
        let (start, elements) = self.locate(&self.inputs[idx], false);
        assert_eq!(self.inputs[idx].ty.dtype, DType::Bf16);
        // SAFETY: as in `input`; a `Bf16` is its two bytes, and any bits are one.
        unsafe { std::slice::from_raw_parts(start.cast_const().cast(), elements) }
    }

    /// A byte input.
    pub(crate) fn input_u8(&self, idx: usize) -> &'a [u8] {
        let (start, elements) = self.locate(&self.inputs[idx], false);
        assert_eq!(self.inputs[idx].ty.dtype, DType::U8);
        // SAFETY: as in `input`.
        unsafe { std::slice::from_raw_parts(start.cast_const(), elements) }
    }

    /// An f32 output, handed out once. Kernels that run in place use [`Call::operand`] and [`Call::target`], tasks that share
    /// an output [`Call::output_part`].
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn output(&self, idx: usize) -> &'a mut [f32] {
        assert_eq!(self.outputs[idx].ty.dtype, DType::F32);
        self.take_output(idx);
        let (start, elements) = self.locate(&self.outputs[idx], true);
        // SAFETY: see `new`; it is handed out once, and no input overlaps it.
        unsafe { std::slice::from_raw_parts_mut(start.cast(), elements) }
    }

    /// A part of an f32 output, for tasks that share one.
    ///
    /// # Safety
    /// No other task of the node asks for a part that overlaps this one, nor this task a second time.
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn output_part(&self, idx: usize, range: Range<usize>) -> &'a mut [f32] {
        assert!(self.outputs[idx].ty.dtype == DType::F32 && !self.is_in_place, "output {idx} has no f32 parts");
        let (start, elements) = self.locate(&self.outputs[idx], true);
        assert!(range.start <= range.end && range.end <= elements, "a part beyond the output");
        // SAFETY: see `new`; within the output, and the caller alone has the part.
        unsafe { std::slice::from_raw_parts_mut(start.cast::<f32>().add(range.start), range.len()) }
    }

    /// A part of a byte output, for tasks that share one; `None` where nothing reads it.
    ///
    /// # Safety
    /// As [`Call::output_part`].
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn output_part_u8(&self, idx: usize, range: Range<usize>) -> Option<&'a mut [u8]> {
        if self.outputs[idx].place == Place::Unused {
            return None;
        }
        assert!(self.outputs[idx].ty.dtype == DType::U8 && !self.is_in_place, "output {idx} has no parts of bytes");
        let (start, elements) = self.locate(&self.outputs[idx], true);
        assert!(range.start <= range.end && range.end <= elements, "a part beyond the output");
        // SAFETY: as in `output_part`.
        Some(unsafe { std::slice::from_raw_parts_mut(start.add(range.start), range.len()) })
    }

    /// A bf16 output, handed out once.
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn output_bf16(&self, idx: usize) -> &'a mut [Bf16] {
        assert_eq!(self.outputs[idx].ty.dtype, DType::Bf16);
        self.take_output(idx);
        let (start, elements) = self.locate(&self.outputs[idx], true);
        // SAFETY: as in `output` and `input_bf16`.
        unsafe { std::slice::from_raw_parts_mut(start.cast(), elements) }
    }

    /// A byte output; `None` where nothing reads it.
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn output_u8(&self, idx: usize) -> Option<&'a mut [u8]> {
        if self.outputs[idx].place == Place::Unused {
            return None;
        }
        assert_eq!(self.outputs[idx].ty.dtype, DType::U8);
        self.take_output(idx);
        let (start, elements) = self.locate(&self.outputs[idx], true);
        // SAFETY: as in `output`.
        Some(unsafe { std::slice::from_raw_parts_mut(start, elements) })
    }

    /// An i32 output; `None` where nothing reads it.
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn output_i32(&self, idx: usize) -> Option<&'a mut [i32]> {
        if self.outputs[idx].place == Place::Unused {
            return None;
        }
        assert_eq!(self.outputs[idx].ty.dtype, DType::I32);
        self.take_output(idx);
        let (start, elements) = self.locate(&self.outputs[idx], true);
        // SAFETY: as in `output`; places are aligned for four bytes, and any bits are an i32.
        Some(unsafe { std::slice::from_raw_parts_mut(start.cast(), elements) })
    }

    /// An f32 input of a kernel that may run in place.
    pub(crate) fn operand(&self, idx: usize) -> Operand {
        let slot = &self.inputs[idx];
        assert_eq!(slot.ty.dtype, DType::F32);
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

    /// Working memory of this worker, with what an earlier kernel left in it; handed out once.
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn scratch(&self) -> &'a mut [f32] {
        self.take(SCRATCH);
        // SAFETY: see `new`; each worker has its own, and it is handed out once.
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
