//! Tests of the kernels' memory: every operand stands against a page that may not be touched, so that one element too far ends
//! the test program. One of the files that may hold `unsafe` (see ARCHITECTURE.md).
#![allow(unsafe_code)]

use std::ops::Range;
use std::ptr;

use proofmark_tensor::{Bf16, DType};

use super::call::{Addresses, Call, Slot, Work};
use super::kernels::{self, Sizes};
use super::level::{Level, Supported};
use super::running::fold_sums;
use super::tree::tree;
use crate::graph::{Span, Type};
use crate::ops::{Case, Operation};
use crate::plan::{ALIGNMENT, Place, runs_in_place};

const PAGE: usize = 4096;

/// Which end of an operand has no room.
#[derive(Clone, Copy, Debug)]
enum Side {
    /// What is read or written before the first element faults.
    Start,
    /// What is read or written behind the last element faults.
    End,
}

/// Addresses that fault, but for the operands that were placed among them.
struct Guarded {
    start: *mut u8,
    bytes: usize,
    used: usize,
    side: Side,
}

impl Guarded {
    fn new(side: Side) -> Self {
        let bytes = 1 << 30;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: new addresses, which nothing has.
        let start = unsafe { libc::mmap(ptr::null_mut(), bytes, libc::PROT_NONE, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED, "the system has no addresses");
        Guarded { start: start.cast(), bytes, used: 0, side }
    }

    /// Room for this many bytes, a page that faults before and behind it; its distance from the start.
    fn place(&mut self, bytes: usize) -> usize {
        let whole = bytes.next_multiple_of(PAGE);
        let first = self.used + PAGE;
        self.used = first + whole;
        assert!(self.used + PAGE <= self.bytes, "a case too large for the test");
        self.protect(first, whole, libc::PROT_READ | libc::PROT_WRITE);
        match self.side {
            Side::Start => first,
            Side::End => first + whole - bytes,
        }
    }

    /// Room that holds these values from now on, and cannot be written.
    fn place_input(&mut self, ty: &Type, values: &[f64]) -> usize {
        let bytes: Vec<u8> = match ty.dtype {
            DType::F32 => values.iter().flat_map(|value| (*value as f32).to_ne_bytes()).collect(),
            DType::Bf16 => {
                values.iter().flat_map(|value| Bf16::from_f32(*value as f32).to_bits().to_ne_bytes()).collect()
            }
            DType::I32 => values.iter().flat_map(|value| (*value as i32).to_ne_bytes()).collect(),
            DType::U8 => values.iter().map(|value| *value as u8).collect(),
        };
        let offset = self.place(bytes.len());
        // SAFETY: `place` made room for them.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.add(offset), bytes.len()) };
        let first = offset / PAGE * PAGE;
        self.protect(first, self.used - first, libc::PROT_READ);
        offset
    }

    fn protect(&self, first: usize, bytes: usize, protection: i32) {
        if bytes > 0 {
            // SAFETY: whole pages of our own addresses.
            let result = unsafe { libc::mprotect(self.start.add(first).cast(), bytes, protection) };
            assert_eq!(result, 0, "the system protects no more pages");
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: our own addresses, and nothing borrows them any more.
        unsafe { libc::munmap(self.start.cast(), self.bytes) };
    }
}

/// Runs the case's kernel as one shard or over its outputs; the outputs' bytes, NaN as one NaN.
fn outputs(case: &Case, level: Level, side: Side, is_shard: bool) -> Vec<Vec<u8>> {
    let mut memory = Guarded::new(side);
    let place = |ty: &Type, offset: usize, is_output: bool| match ty.span {
        Span::Sample if is_shard => Place::Arena(offset),
        Span::Sample => Place::Batch(offset),
        Span::Step if is_output && is_shard => Place::Partial(offset),
        Span::Step => Place::Step(offset),
    };
    let types: Vec<&Type> = case.inputs.iter().map(|(ty, _)| ty).collect();
    let results = case.op.infer(&types).expect("a case's types fit");
    let inputs: Vec<Slot> = (case.inputs.iter())
        .map(|(ty, values)| {
            let offset = memory.place_input(ty, values);
            Slot { ty: ty.clone(), place: place(ty, offset, false), state_offset: 0 }
        })
        .collect();
    let placed: Vec<(usize, usize)> = (results.iter())
        .map(|ty| {
            let bytes = ty.bytes() * if ty.span == Span::Sample { case.n_samples } else { 1 };
            (memory.place(bytes), bytes)
        })
        .collect();
    let outputs: Vec<Slot> = (results.into_iter().zip(&placed))
        .map(|(ty, (offset, _))| Slot { place: place(&ty, *offset, true), ty, state_offset: 0 })
        .collect();
    let sizes = Sizes { shard_samples: case.n_samples, max_samples: case.n_samples };
    let kernel = kernels::kernel(&case.op, &inputs, &outputs, sizes);
    // As a session's: whole cache lines.
    let scratch_bytes = kernel.scratch_bytes().next_multiple_of(ALIGNMENT);
    let scratch = memory.place(scratch_bytes);
    let ids: Vec<u64> = (0..case.n_samples as u64).collect();
    let call = |is_shared| {
        let work = Work {
            level: Supported::at_most(level),
            inputs: &inputs,
            outputs: &outputs,
            addresses: Addresses { states: memory.start.cast(), batch: memory.start, feeds: &[] },
            arena: memory.start,
            // SAFETY: within our addresses.
            scratch: unsafe { memory.start.add(scratch) },
            scratch_bytes,
            samples: 0..case.n_samples,
            shard: 0,
            partial_stride: 0,
            shard_samples: case.n_samples,
            ids: &ids,
            step: 3,
            seed: 42,
            is_in_place: runs_in_place(&case.op),
            is_shared,
            derived: None,
        };
        // SAFETY: every operand was placed with the bytes of its type, none overlaps another, and one call runs at a time.
        unsafe { Call::new(work) }
    };
    if is_shard {
        kernel.shard(&call(false));
    } else {
        for task in 0..kernel.tasks() {
            kernel.task(&call(kernel.tasks() > 1), task);
        }
    }
    let bytes = |(slot, (offset, bytes)): (&Slot, &(usize, usize))| {
        // SAFETY: `place` made room for them, and the kernel is done.
        let bytes = unsafe { std::slice::from_raw_parts(memory.start.add(*offset), *bytes) };
        let canonical = |word: &[u8]| match f32::from_ne_bytes(word.try_into().expect("four bytes")) {
            value if value.is_nan() => f32::NAN.to_ne_bytes(),
            value => value.to_ne_bytes(),
        };
        if slot.ty.dtype == DType::F32 { bytes.chunks(4).flat_map(canonical).collect() } else { bytes.to_vec() }
    };
    outputs.iter().zip(&placed).map(bytes).collect()
}

#[test]
fn no_kernel_touches_what_is_not_its_own() {
    for case in Operation::all_cases().into_iter().filter(|case| !case.op.is_view()) {
        let has_samples = case.inputs.iter().any(|(ty, _)| ty.span == Span::Sample);
        for is_shard in [true, false] {
            // What has no samples runs over its outputs; what has some does where the operation says so.
            if is_shard != has_samples && (is_shard || !case.op.runs_over_outputs()) {
                continue;
            }
            let expected = outputs(&case, Level::Scalar, Side::End, is_shard);
            for level in Level::available() {
                for side in [Side::Start, Side::End] {
                    let found = outputs(&case, level, side, is_shard);
                    assert!(found == expected, "{} ({}): {level}, {side:?}, shard: {is_shard}", case.op, case.name);
                }
            }
        }
    }
}

/// Rows of shards between pages that fault: their fold, as the rows are afterwards.
fn folded(rows: &[f32], side: Side, fold: impl Fn(&mut [f32])) -> Vec<u32> {
    let mut memory = Guarded::new(side);
    let offset = memory.place(size_of_val(rows));
    // SAFETY: `place` made room for them.
    let placed = unsafe { std::slice::from_raw_parts_mut(memory.start.add(offset).cast::<f32>(), rows.len()) };
    placed.copy_from_slice(rows);
    fold(placed);
    placed.iter().map(|value| value.to_bits()).collect()
}

/// Numbers whose sums are rounded.
fn rows_of(n_shards: usize, row_elements: usize) -> Vec<f32> {
    (0..n_shards * row_elements).map(|i| ((i + 1) * 1009 % 4093) as f32 / 3.0 - 600.0).collect()
}

#[test]
fn no_sum_over_shards_touches_what_is_not_its_own() {
    for (n_shards, row_elements) in [(1, 16), (2, 16), (3, 48), (5, 16), (8, 4096), (13, 112)] {
        let rows = rows_of(n_shards, row_elements);
        let mut expected = rows.clone();
        tree(n_shards, |left, right| {
            for element in 0..row_elements {
                expected[left * row_elements + element] += expected[right * row_elements + element];
            }
        });
        let expected: Vec<u32> = expected.iter().map(|value| value.to_bits()).collect();
        for side in [Side::Start, Side::End] {
            // In two parts, as two tasks do it.
            let found = folded(&rows, side, |rows| {
                for part in [0..row_elements / 3, row_elements / 3..row_elements] {
                    // SAFETY: whole rows, which nobody else has.
                    unsafe { fold_sums(rows.as_mut_ptr(), n_shards, row_elements, part) };
                }
            });
            assert!(found == expected, "{n_shards} rows of {row_elements}, {side:?}");
        }
    }
}

#[test]
fn no_merging_of_moments_touches_what_is_not_its_own() {
    for (n_shards, channels) in [(1usize, 1usize), (2, 5), (3, 16), (5, 37), (8, 64), (13, 3)] {
        // Mean, M2 and number, each on cache lines of its own.
        let line = ALIGNMENT / size_of::<f32>();
        let (m2_at, count_at) = (channels.next_multiple_of(line), 2 * channels.next_multiple_of(line));
        let slot = |ty, at: usize| Slot { ty, place: Place::Partial(at * size_of::<f32>()), state_offset: 0 };
        let moments = || Type::step([channels]);
        let outputs = [slot(moments(), 0), slot(moments(), m2_at), slot(Type::step([]), count_at)];
        let rows = rows_of(n_shards, count_at + line);
        let fold = |level, side| {
            folded(&rows, side, |rows| {
                // Of the last shard there are fewer elements.
                let elements = |shards: Range<usize>| shards.len() * 8 - if shards.end == n_shards { 3 } else { 0 };
                kernels::fold_moments(Supported::at_most(level), rows, n_shards, elements, &outputs);
            })
        };
        let expected = fold(Level::Scalar, Side::End);
        for level in Level::available() {
            for side in [Side::Start, Side::End] {
                assert!(fold(level, side) == expected, "{n_shards} rows of {channels} channels: {level}, {side:?}");
            }
        }
    }
}

/// The pages do fault: a child that reads or writes where it must not is ended by the system.
#[test]
fn one_element_too_far_faults() {
    let ends_by_signal = |side, position: isize, is_write: bool| {
        let mut memory = Guarded::new(side);
        let offset = if is_write { memory.place(12) } else { memory.place_input(&Type::step([3]), &[1.0; 3]) };
        // SAFETY: the child touches one address and leaves without running anything of this process's.
        unsafe {
            let element = memory.start.add(offset).cast::<f32>().offset(position);
            let child = libc::fork();
            if child == 0 {
                // Without the handlers that Rust sets, which print.
                libc::signal(libc::SIGSEGV, libc::SIG_DFL);
                if is_write {
                    element.write_volatile(1.0)
                } else {
                    _ = element.read_volatile()
                }
                libc::_exit(0);
            }
            let mut status = 0;
            assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
            libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGSEGV
        }
    };
    for is_write in [false, true] {
        assert!(!ends_by_signal(Side::End, 2, is_write) && ends_by_signal(Side::End, 3, is_write));
        assert!(!ends_by_signal(Side::Start, 0, is_write) && ends_by_signal(Side::Start, -1, is_write));
    }
}
