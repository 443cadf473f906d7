//! Programs that run over all parameters of a network at every step, compiled as a whole.
//!
//! *Defined by* the program: each function rounds as in [`Function::evaluate_f32`].
//!
//! *Idea*: what a step of a program computes stays in a register for the next, where the interpreter (`map.rs`) passes a block through
//! the first-level cache. Digits, one thread: the update of 1600 x 128
//! weights takes 0.1 ms less; the transformer's GELU and its gradient, 31 ms a step in place of 41.
#![allow(unsafe_code)]

use proofmark_tensor::math;

use crate::cpu::call::Operand as Memory;
use crate::cpu::level::Supported;
use crate::cpu::simd::{Simd, multiversioned};
use crate::map::{Function, Operand, Program};

/// What a step of a pattern reads.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Argument {
    Input(usize),
    Step(usize),
    /// Any constant, the same wherever it is named.
    Constant(usize),
}

/// A program up to its constants.
struct Pattern {
    inputs: usize,
    constants: usize,
    steps: Vec<(Function, Vec<Argument>)>,
    outputs: Vec<Argument>,
}

/// Inputs, constants and outputs of a pattern, at most.
const MOST: usize = 8;

impl Pattern {
    /// The program's constants, if it is of this pattern.
    fn constants_of(&self, program: &Program) -> Option<[f32; MOST]> {
        let steps = program.steps();
        let is_alike = program.n_inputs() == self.inputs
            && steps.len() == self.steps.len()
            && program.outputs().len() == self.outputs.len();
        if !is_alike {
            return None;
        }
        let mut bound: [Option<f32>; MOST] = [None; MOST];
        let mut is_same = |wanted: &Argument, found: &Operand| match (*wanted, *found) {
            (Argument::Input(a), Operand::Input(b)) | (Argument::Step(a), Operand::Step(b)) => a == usize::from(b),
            (Argument::Constant(idx), Operand::Constant(value)) => {
                bound[idx].get_or_insert(value).to_bits() == value.to_bits()
            }
            _ => false,
        };
        for ((function, arguments), step) in self.steps.iter().zip(steps) {
            if *function != step.function || !arguments.iter().zip(&step.arguments).all(|(a, b)| is_same(a, b)) {
                return None;
            }
        }
        let outputs = self.outputs.iter().zip(program.outputs());
        outputs.into_iter().all(|(a, b)| is_same(a, b)).then(|| bound.map(Option::unwrap_or_default))
    }
}

macro_rules! fused {
    ($($(#[doc = $doc:literal])+ $variant:ident($($x:ident),+; $($c:ident),*) {
        $($t:ident = $function:ident($($a:ident),+);)+
        [$($out:ident),+]
    })*) => {
        /// The programs.
        #[derive(Clone, Copy, PartialEq, Debug)]
        enum Kind {
            $($(#[doc = $doc])+ $variant,)*
        }

        /// The whole list.
        const KINDS: &[Kind] = &[$(Kind::$variant),*];

        impl Kind {
            #[allow(unused_assignments)]
            fn pattern(self) -> Pattern {
                match self { $(Kind::$variant => {
                    let (mut inputs, mut constants) = (0, 0);
                    $(let $x = Argument::Input(inputs); inputs += 1;)+
                    $(let $c = Argument::Constant(constants); constants += 1;)*
                    let mut steps = Vec::new();
                    $(steps.push((Function::$function, vec![$($a),+])); let $t = Argument::Step(steps.len() - 1);)+
                    Pattern { inputs, constants, steps, outputs: vec![$($out),+] }
                })* }
            }
        }

        $(
            struct $variant;

            impl Evaluate for $variant {
                const INPUTS: usize = [$(stringify!($x)),+].len();
                const OUTPUTS: usize = [$(stringify!($out)),+].len();

                #[inline(always)]
                unsafe fn evaluate<S: Simd>(x: &[S::Vector; MOST], c: &[S::Vector; MOST]) -> [S::Vector; MOST] {
                    // SAFETY: the level is S's.
                    unsafe {
                        let [$($x,)+ ..] = *x;
                        let [$($c,)* ..] = *c;
                        $(let $t = apply::<S>(Function::$function, &[$($a),+]);)+
                        let mut y = [S::splat(0.0); MOST];
                        y[..Self::OUTPUTS].copy_from_slice(&[$($out),+]);
                        y
                    }
                }
            }
        )*

        #[inline(always)]
        unsafe fn run_body<S: Simd>(fused: &Fused, inputs: &[Memory], targets: &[*mut f32], count: usize) {
            match fused.kind {
                // SAFETY: passed on.
                $(Kind::$variant => unsafe { elements::<S, $variant>(fused, inputs, targets, count) },)*
            }
        }
    };
}

/// A program over a vector of each input.
trait Evaluate {
    const INPUTS: usize;
    const OUTPUTS: usize;

    /// The outputs; those that the program has not are zeros.
    ///
    /// # Safety
    /// The level is S's.
    unsafe fn evaluate<S: Simd>(x: &[S::Vector; MOST], c: &[S::Vector; MOST]) -> [S::Vector; MOST];
}

/// The lanes of the widest vector.
const WIDEST: usize = 16;

/// # Safety
/// As [`Fused::run`].
#[inline(always)]
unsafe fn elements<S: Simd, E: Evaluate>(fused: &Fused, inputs: &[Memory], targets: &[*mut f32], count: usize) {
    assert!(E::INPUTS == inputs.len() && E::OUTPUTS == targets.len(), "as many as the program has");
    // SAFETY (whole body): the caller's promise; all of a vector's inputs are read before an output is written.
    unsafe {
        let mut constants = [S::splat(0.0); MOST];
        for (vector, value) in constants.iter_mut().zip(&fused.constants) {
            *vector = S::splat(*value);
        }
        // What is the same for all elements is read again and again from the same place.
        let mut repeated = [[0.0f32; WIDEST]; MOST];
        let mut starts = [std::ptr::null::<f32>(); MOST];
        let mut steps = [0; MOST];
        for (idx, input) in inputs.iter().enumerate() {
            if input.elements == 1 {
                repeated[idx] = [input.start.read(); WIDEST];
                starts[idx] = repeated[idx].as_ptr();
            } else {
                starts[idx] = input.start;
                steps[idx] = 1;
            }
        }
        let mut at = 0;
        while at < count {
            let lanes = S::LANES.min(count - at);
            let mut x = [S::splat(0.0); MOST];
            for idx in 0..E::INPUTS {
                let from = starts[idx].add(at * steps[idx]);
                x[idx] = if lanes == S::LANES { S::load(from) } else { S::load_first(from, lanes) };
            }
            let y = E::evaluate::<S>(&x, &constants);
            for (idx, target) in targets.iter().enumerate() {
                if !target.is_null() {
                    S::store_first(target.add(at), y[idx], lanes);
                }
            }
            at += lanes;
        }
    }
}

fused! {
    /// Adam.
    Adam(w, m, v, g, rate, correction_1, correction_2; taken_1, kept_1, taken_2, kept_2, epsilon) {
        new_1 = Mul(taken_1, g);
        new_m = MulAdd(kept_1, m, new_1);
        square = Square(g);
        new_2 = Mul(taken_2, square);
        new_v = MulAdd(kept_2, v, new_2);
        first = Mul(new_m, correction_1);
        second = Mul(new_v, correction_2);
        deviation = Sqrt(second);
        divisor = Add(deviation, epsilon);
        scaled = Mul(rate, first);
        step = Div(scaled, divisor);
        new_w = Sub(w, step);
        [new_w, new_m, new_v]
    }
    /// Adam with decay of the weights.
    AdamW(w, m, v, g, rate, correction_1, correction_2; taken_1, kept_1, taken_2, kept_2, epsilon, share) {
        new_1 = Mul(taken_1, g);
        new_m = MulAdd(kept_1, m, new_1);
        square = Square(g);
        new_2 = Mul(taken_2, square);
        new_v = MulAdd(kept_2, v, new_2);
        first = Mul(new_m, correction_1);
        second = Mul(new_v, correction_2);
        deviation = Sqrt(second);
        divisor = Add(deviation, epsilon);
        scaled = Mul(rate, first);
        step = Div(scaled, divisor);
        decay = Mul(rate, share);
        decayed = MulAdd(decay, w, w);
        new_w = Sub(decayed, step);
        [new_w, new_m, new_v]
    }
    /// GELU of a sum with a bias.
    Gelu(x, bias; root, half) {
        z = Add(x, bias);
        scaled = Mul(z, root);
        erf = Erf(scaled);
        share = MulAdd(erf, half, half);
        y = Mul(z, share);
        [y]
    }
    /// Its gradient, with what it computes again.
    GeluGradient(x, bias, dy; root, half, density) {
        z = Add(x, bias);
        scaled = Mul(z, root);
        erf = Erf(scaled);
        share = MulAdd(erf, half, half);
        of_share = Mul(dy, share);
        of_z = Mul(dy, z);
        of_half = Mul(of_z, half);
        square = Mul(scaled, scaled);
        falls = Neg(square);
        bell = Exp(falls);
        slope = Mul(density, bell);
        of_slope = Mul(of_half, slope);
        of_root = Mul(of_slope, root);
        dx = Add(of_share, of_root);
        [dx]
    }
}

/// A function of each lane, as the compiler makes it of a loop.
macro_rules! lanes {
    ($a:expr, $function:path) => {{
        let mut lanes = [0.0f32; WIDEST];
        S::store(lanes.as_mut_ptr(), $a);
        for lane in &mut lanes[..S::LANES] {
            *lane = $function(*lane);
        }
        S::load(lanes.as_ptr())
    }};
}

/// The functions of the patterns above.
#[inline(always)]
unsafe fn apply<S: Simd>(function: Function, a: &[S::Vector]) -> S::Vector {
    // SAFETY: the level is S's.
    unsafe {
        match function {
            Function::Add => S::add(a[0], a[1]),
            Function::Sub => S::sub(a[0], a[1]),
            Function::Mul => S::mul(a[0], a[1]),
            Function::Div => S::div(a[0], a[1]),
            Function::MulAdd => S::mul_add(a[0], a[1], a[2]),
            Function::Square => S::mul(a[0], a[0]),
            Function::Sqrt => S::sqrt(a[0]),
            Function::Neg => S::sub(S::splat(-0.0), a[0]),
            Function::Erf => lanes!(a[0], math::erf),
            Function::Exp => lanes!(a[0], math::exp),
            _ => unreachable!("`{}` in no pattern", function.name()),
        }
    }
}

/// A program of the list.
#[derive(Clone, Debug)]
pub(super) struct Fused {
    kind: Kind,
    constants: [f32; MOST],
}

impl Fused {
    pub(super) fn new(program: &Program) -> Option<Self> {
        KINDS.iter().find_map(|kind| {
            let pattern = kind.pattern();
            debug_assert!(pattern.inputs.max(pattern.constants).max(pattern.outputs.len()) <= MOST);
            let constants = pattern.constants_of(program)?;
            Some(Fused { kind: *kind, constants })
        })
    }

    /// Runs over elements `0..count` of each of `samples` samples; `false` if inputs that are repeated have not all the same number of
    /// elements, or one. What is not per sample is repeated over samples.
    ///
    /// # Safety
    /// Each input can be read for its elements (a sample), each target that is not null written for `count` a sample by this call alone.
    /// Targets may be the memory of inputs of as many elements.
    pub(super) unsafe fn run(
        &self,
        level: Supported,
        inputs: &[Memory],
        targets: &[*mut f32],
        samples: usize,
        count: usize,
    ) -> bool {
        let repeated = inputs.iter().map(|input| input.elements).filter(|elements| ![1, count].contains(elements));
        let row = repeated.clone().next().unwrap_or(count);
        if row == 0 || !count.is_multiple_of(row) || repeated.clone().any(|elements| elements != row) {
            return false;
        }
        let mut of_row = [Memory { start: std::ptr::null(), elements: 0, per_sample: false }; MOST];
        let mut to = [std::ptr::null_mut(); MOST];
        for first in (0..samples * count).step_by(row) {
            let sample = first / count;
            for (of_row, input) in of_row.iter_mut().zip(inputs) {
                let start = match (input.per_sample, input.elements == count) {
                    (true, true) => first,
                    (true, false) => sample * input.elements,
                    (false, true) => first - sample * count,
                    (false, false) => 0,
                };
                let elements = if input.elements == 1 { 1 } else { row };
                *of_row = Memory { start: input.start.wrapping_add(start), elements, per_sample: false };
            }
            for (to, target) in to.iter_mut().zip(targets) {
                *to = if target.is_null() { *target } else { target.wrapping_add(first) };
            }
            // SAFETY: the caller's promise, for a part of the elements.
            unsafe { run_fused(level, self, &of_row[..inputs.len()], &to[..targets.len()], row) };
        }
        true
    }
}

multiversioned! {
    unsafe fn run_fused(fused: &Fused, inputs: &[Memory], targets: &[*mut f32], count: usize) = simd run_body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Level;

    /// Each pattern as a program of the engine, with these constants.
    fn program(pattern: &Pattern, constants: &[f32]) -> Program {
        let mut builder = crate::map::Builder::new(pattern.inputs);
        let mut steps = Vec::new();
        let operand = |argument: &Argument, steps: &[Operand]| match *argument {
            Argument::Input(idx) => Operand::Input(idx as u8),
            Argument::Step(idx) => steps[idx],
            Argument::Constant(idx) => Operand::Constant(constants[idx]),
        };
        for (function, arguments) in &pattern.steps {
            let operands: Vec<Operand> = arguments.iter().map(|argument| operand(argument, &steps)).collect();
            steps.push(builder.apply(*function, &operands));
        }
        let outputs: Vec<Operand> = pattern.outputs.iter().map(|argument| operand(argument, &steps)).collect();
        builder.finish(&outputs)
    }

    fn evaluate(program: &Program, x: &[f32]) -> Vec<f32> {
        let mut results = Vec::new();
        let read = |operand: Operand, results: &[f32]| match operand {
            Operand::Input(idx) => x[usize::from(idx)],
            Operand::Step(idx) => results[usize::from(idx)],
            Operand::Constant(value) => value,
        };
        for step in program.steps() {
            results.push(step.function.evaluate_f32(step.arguments.map(|operand| match operand {
                // Beyond the arity there may be anything.
                Operand::Step(idx) if usize::from(idx) >= results.len() => 0.0,
                operand => read(operand, &results),
            })));
        }
        program.outputs().iter().map(|operand| read(*operand, &results)).collect()
    }

    #[test]
    fn every_pattern_has_the_bits_of_its_functions() {
        let constants = [0.125, 0.875, 0.0625, 0.9375, 1e-7, -0.01, 0.5, 2.0];
        for kind in KINDS {
            let pattern = kind.pattern();
            let program = program(&pattern, &constants);
            let fused = Fused::new(&program).unwrap();
            assert_eq!(fused.kind, *kind);
            assert_eq!(fused.constants[..pattern.constants], constants[..pattern.constants]);
            // The second input is repeated in rows, those from the fifth on everywhere; the others are per sample.
            for (count, row) in [(1, 1), (15, 15), (40, 40), (60, 20)] {
                let samples = 2;
                let length = |input| match input {
                    1 => row,
                    0..4 => samples * count,
                    _ => 1,
                };
                let values = |input: usize| (0..length(input)).map(move |i| ((i * 7 + input * 3) % 11) as f32 / 8.0);
                let inputs: Vec<Vec<f32>> = (0..pattern.inputs).map(|input| values(input).collect()).collect();
                let at = |i: usize| inputs.iter().map(|input| input[i % input.len()]).collect::<Vec<f32>>();
                for level in Level::available().into_iter().map(Supported::at_most) {
                    let memory = |(idx, input): (usize, &Vec<f32>)| Memory {
                        start: input.as_ptr(),
                        elements: if idx < 4 && idx != 1 { count } else { input.len() },
                        per_sample: idx < 4 && idx != 1,
                    };
                    let memory: Vec<Memory> = inputs.iter().enumerate().map(memory).collect();
                    let mut outputs = vec![vec![f32::NAN; samples * count]; pattern.outputs.len()];
                    let targets: Vec<*mut f32> = outputs.iter_mut().map(|output| output.as_mut_ptr()).collect();
                    // SAFETY: inputs and targets have the elements that they say.
                    assert!(unsafe { fused.run(level, &memory, &targets, samples, count) });
                    for i in 0..samples * count {
                        let expected: Vec<u32> = evaluate(&program, &at(i)).into_iter().map(f32::to_bits).collect();
                        let found: Vec<u32> = outputs.iter().map(|output| output[i].to_bits()).collect();
                        assert_eq!(found, expected, "{kind:?}, element {i} of {count}, {level:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn another_program_is_none_of_them() {
        assert!(Fused::new(&Program::of(Function::Add)).is_none());
        let pattern = Kind::Adam.pattern();
        let mut other = Kind::Adam.pattern();
        other.steps[0].1.reverse();
        let constants = [0.1; MOST];
        assert!(pattern.constants_of(&program(&pattern, &constants)).is_some());
        assert!(pattern.constants_of(&program(&other, &constants)).is_none());
    }
}
