//! Element-wise programs, defined by [`Function::evaluate_f32`](crate::map::Function::evaluate_f32) on each element.
//!
//! Idea: blocks of [`BLOCK`] elements stay in the first-level cache while every step of the program runs over them; each
//! step is a plain loop that the compiler turns into vector code for the level.
#![allow(unsafe_code)]

use super::Kernel;
use super::map_fused::Fused;
use crate::cpu::call::{Call, Operand as Memory, Slot};
use crate::cpu::simd::multiversioned;
use crate::graph::{Span, Type};
use crate::map::{Map, Operand, Program};

/// Elements of a block: four of them are 4 KiB, so a program of some steps stays within the first-level cache.
const BLOCK: usize = 256;

/// Elements of a task in an outputs phase.
const TASK_ELEMENTS: usize = 8192;

/// Inputs or outputs that most programs stay below: their addresses are small arrays on the stack.
const FEW: usize = 16;

/// Inputs or outputs that no program exceeds.
const MANY: usize = Program::MAX_OPERANDS;

pub(super) struct MapKernel {
    program: Program,
    /// The program as a whole, if it is one of the list.
    fused: Option<Fused>,
    constants: Vec<f32>,
    /// Elements of one sample (or of the step's value).
    elements: usize,
    /// All is per step, and no input repeated but single numbers.
    is_uniform: bool,
    /// No input is repeated: the samples of a shard are one run of elements.
    is_flat: bool,
}

impl MapKernel {
    pub(super) fn new(op: &Map, inputs: &[Slot], outputs: &[Slot]) -> Self {
        let output = &outputs[0].ty;
        let is_flat = inputs.iter().all(|input| input.ty == *output);
        let is_whole = |ty: &Type| ty.shape == output.shape || ty.elements() == 1;
        let is_uniform =
            inputs.iter().all(|input| input.ty.span == Span::Step && is_whole(&input.ty)) && output.span == Span::Step;
        let mut constants = Vec::new();
        let operands = op.program.steps().iter().flat_map(|step| &step.arguments[..step.function.arity()]);
        for operand in operands.chain(op.program.outputs()) {
            if let Operand::Constant(value) = operand
                && !constants.iter().any(|other: &f32| other.to_bits() == value.to_bits())
            {
                constants.push(*value);
            }
        }
        MapKernel {
            fused: Fused::new(&op.program),
            program: op.program.clone(),
            constants,
            elements: output.elements(),
            is_uniform,
            is_flat,
        }
    }

    fn run(&self, call: &Call<'_>, samples: usize, from: usize, to: usize) {
        if self.fused.is_some() && self.is_uniform {
            let operand = |input| call.operand(input);
            return self.run_part(call, operand, usize::MAX, from, to - from, call.scratch());
        }
        if call.inputs.len().max(call.outputs.len()) <= FEW {
            self.run_with::<FEW>(call, samples, from, to);
        } else {
            self.run_with::<MANY>(call, samples, from, to);
        }
    }

    /// With room for `N` inputs and outputs.
    fn run_with<const N: usize>(&self, call: &Call<'_>, samples: usize, from: usize, to: usize) {
        let nothing = Memory { start: std::ptr::null(), elements: 0, per_sample: false };
        let mut inputs = [nothing; N];
        for (idx, input) in inputs.iter_mut().enumerate().take(call.inputs.len()) {
            *input = call.operand(idx);
            if self.is_flat {
                input.elements *= samples;
            }
        }
        let mut targets = [std::ptr::null_mut(); N];
        for (idx, target) in targets.iter_mut().enumerate().take(call.outputs.len()) {
            *target = call.target(idx);
        }
        let (elements, samples, to) = if self.is_flat {
            (self.elements * samples, 1, if call.outputs[0].ty.span == Span::Sample { to * samples } else { to })
        } else {
            (self.elements, samples, to)
        };
        let mut in_place = [std::ptr::null(); N];
        let inputs = &inputs[..call.inputs.len()];
        let targets = &targets[..call.outputs.len()];
        let is_whole = from == 0 && to == elements;
        // SAFETY: as below.
        if let Some(fused) = self.fused.as_ref().filter(|_| is_whole)
            && unsafe { fused.run(call.level, inputs, targets, samples, elements) }
        {
            return;
        }
        // SAFETY: inputs and outputs have `elements` elements for each of `samples` samples (inputs fewer, where they are
        // repeated), `to` is at most `elements`, and a call has elements `from..to` alone.
        unsafe {
            run_program(call.level, self, inputs, targets, samples, elements, from, to, &mut in_place, call.scratch())
        };
    }
}

impl MapKernel {
    /// Elements `start..start + count` of a step's values, of which every input has as many as the output or one. Input
    /// `position` is a part of its own, given from its start.
    pub(super) fn run_part(
        &self,
        call: &Call<'_>,
        operand: impl Fn(usize) -> Memory,
        position: usize,
        start: usize,
        count: usize,
        scratch: &mut [f32],
    ) {
        assert!(start + count <= self.elements, "a part beyond the output");
        let nothing = Memory { start: std::ptr::null(), elements: 0, per_sample: false };
        let mut inputs = [nothing; MANY];
        let n_inputs = self.program.n_inputs();
        for (idx, input) in inputs.iter_mut().enumerate().take(n_inputs) {
            *input = operand(idx);
            assert!(
                !input.per_sample && [1, if idx == position { count } else { self.elements }].contains(&input.elements)
            );
            if idx != position && input.elements == self.elements && self.elements > 1 {
                // SAFETY: within the operand, as was asserted.
                input.start = unsafe { input.start.add(start) };
                input.elements = count;
            }
        }
        let mut targets = [std::ptr::null_mut(); MANY];
        for (idx, target) in targets.iter_mut().enumerate().take(call.outputs.len()) {
            let first = call.target(idx);
            if !first.is_null() {
                // SAFETY: within the output, as was asserted.
                *target = unsafe { first.add(start) };
            }
        }
        let mut in_place = [std::ptr::null(); MANY];
        let (inputs, targets) = (&inputs[..n_inputs], &targets[..call.outputs.len()]);
        // SAFETY: as below.
        if self.fused.as_ref().is_some_and(|fused| unsafe { fused.run(call.level, inputs, targets, 1, count) }) {
            return;
        }
        // SAFETY: as in `run_with`, for a part that the call has alone.
        unsafe { run_program(call.level, self, inputs, targets, 1, count, 0, count, &mut in_place, scratch) };
    }
}

impl Kernel for MapKernel {
    fn scratch_bytes(&self) -> usize {
        (self.program.n_inputs() + self.program.len() + self.constants.len()) * BLOCK * 4
    }

    fn shard(&self, call: &Call<'_>) {
        self.run(call, call.n_samples(), 0, self.elements);
    }

    fn tasks(&self) -> usize {
        self.elements.div_ceil(TASK_ELEMENTS).max(1)
    }

    fn task(&self, call: &Call<'_>, task: usize) {
        let from = task * TASK_ELEMENTS;
        self.run(call, 1, from, (from + TASK_ELEMENTS).min(self.elements));
    }
}

multiversioned! {
    unsafe fn run_program(
        kernel: &MapKernel, inputs: &[Memory], targets: &[*mut f32], samples: usize, elements: usize, from: usize, to: usize,
        in_place: &mut [*const [f32; BLOCK]], scratch: &mut [f32],
    ) = program_body
}

/// Elements `from..to` of each sample.
///
/// # Safety
/// Each input can be read for its elements a sample (or once), each target that is not null written for `elements` a sample
/// by this call alone; `to` is at most `elements`. Targets may be the memory of inputs of as many elements. `in_place` has room for a
/// pointer to each input's block.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn program_body(
    kernel: &MapKernel,
    inputs: &[Memory],
    targets: &[*mut f32],
    samples: usize,
    elements: usize,
    from: usize,
    to: usize,
    in_place: &mut [*const [f32; BLOCK]],
    scratch: &mut [f32],
) {
    let program = &kernel.program;
    let (blocks, _) = scratch.as_chunks_mut::<BLOCK>();
    let (input_blocks, rest) = blocks.split_at_mut(inputs.len());
    let (constant_blocks, step_blocks) = rest.split_at_mut(kernel.constants.len());
    for (block, value) in constant_blocks.iter_mut().zip(&kernel.constants) {
        block.fill(*value);
    }
    // What is passed on as it is must be read before its target is written, which may be the memory of another input.
    let reads_in_place = !program.outputs().iter().any(|output| matches!(output, Operand::Input(_)));
    let constant_block =
        |value: f32| kernel.constants.iter().position(|other| other.to_bits() == value.to_bits()).unwrap_or_default();
    for sample in 0..samples {
        let mut start = from;
        while start < to {
            let count = BLOCK.min(to - start);
            for ((input, block), in_place) in inputs.iter().zip(input_blocks.iter_mut()).zip(in_place.iter_mut()) {
                if reads_in_place && count == BLOCK && input.elements == elements {
                    let first = if input.per_sample { sample * elements } else { 0 };
                    // SAFETY: the operand has `elements` elements a sample, and `start + BLOCK` is at most that.
                    *in_place = unsafe { input.start.add(first + start) }.cast();
                    continue;
                }
                *in_place = std::ptr::null();
                // Repeated over the whole step: the first block serves all (a whole number of periods fits a block).
                let is_periodic = input.elements < elements
                    && BLOCK.is_multiple_of(input.elements)
                    && from.is_multiple_of(input.elements);
                if is_periodic && start > from || is_periodic && sample > 0 && !input.per_sample {
                    continue;
                }
                let first = if input.per_sample { sample * input.elements } else { 0 };
                // SAFETY: the operand has `elements` elements a sample, and positions stay below that.
                unsafe { read_block(input.start.add(first), input.elements, elements, start, count, block) };
            }
            for (idx, step) in program.steps().iter().enumerate() {
                let (done, current) = step_blocks.split_at_mut(idx);
                let read = |operand: Operand| match operand {
                    // SAFETY: null, or a block of the operand, which nothing writes before the block's outputs.
                    Operand::Input(input) => match unsafe { in_place[usize::from(input)].as_ref() } {
                        Some(block) => block,
                        None => &input_blocks[usize::from(input)],
                    },
                    Operand::Step(step) => &done[usize::from(step)],
                    Operand::Constant(value) => &constant_blocks[constant_block(value)],
                };
                let arity = step.function.arity();
                let a = read(step.arguments[0]);
                let b = if arity > 1 { read(step.arguments[1]) } else { a };
                let c = if arity > 2 { read(step.arguments[2]) } else { a };
                step.function.evaluate_block([a, b, c], &mut current[0]);
            }
            for (operand, target) in program.outputs().iter().zip(targets) {
                if target.is_null() {
                    continue;
                }
                let block = match *operand {
                    Operand::Input(input) => &input_blocks[usize::from(input)],
                    Operand::Step(step) => &step_blocks[usize::from(step)],
                    Operand::Constant(value) => &constant_blocks[constant_block(value)],
                };
                // SAFETY: the output has `elements` elements a sample; it may be the memory of an input, whose elements
                // of this block have been read.
                unsafe {
                    std::ptr::copy_nonoverlapping(block.as_ptr(), target.add(sample * elements + start), count);
                }
            }
            start += count;
        }
    }
}

/// Fills `block` with the input's elements for positions `start..start + count` of the output.
///
/// # Safety
/// `from` has `own` readable elements; `start + count <= elements`; `own` is at least 1.
#[inline(always)]
unsafe fn read_block(
    from: *const f32,
    own: usize,
    elements: usize,
    start: usize,
    count: usize,
    block: &mut [f32; BLOCK],
) {
    if own == elements {
        // SAFETY: within the input.
        unsafe { std::ptr::copy_nonoverlapping(from.add(start), block.as_mut_ptr(), count) };
        return;
    }
    if own == 1 {
        // SAFETY: within the input.
        block.fill(unsafe { from.read() });
        return;
    }
    let mut position = start % own;
    let mut filled = 0;
    while filled < BLOCK {
        let run = (own - position).min(BLOCK - filled);
        // SAFETY: `position + run <= own` and `filled + run <= BLOCK`.
        unsafe { std::ptr::copy_nonoverlapping(from.add(position), block.as_mut_ptr().add(filled), run) };
        filled += run;
        position = 0;
    }
}
