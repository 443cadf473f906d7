use std::fmt;

use super::functions::Function;

/// A straight-line program over scalars: each step applies a function of the table to inputs, constants or earlier
/// steps. At most [`Program::MAX_OPERANDS`] inputs, steps and outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    n_inputs: u8,
    steps: Vec<Step>,
    outputs: Vec<Operand>,
}

/// One step of a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) function: Function,
    /// The first `function.arity()` count.
    pub(crate) arguments: [Operand; 3],
}

/// What a step reads or an output names.
#[derive(Clone, Copy, Debug)]
pub enum Operand {
    /// The input of this index.
    Input(u8),
    /// The result of the step of this index.
    Step(u8),
    /// A constant.
    Constant(f32),
}

/// Constants are equal when their bits are, so that a program with a NaN equals itself.
impl PartialEq for Operand {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Operand::Input(a), Operand::Input(b)) | (Operand::Step(a), Operand::Step(b)) => a == b,
            (Operand::Constant(a), Operand::Constant(b)) => a.to_bits() == b.to_bits(),
            _ => false,
        }
    }
}

/// Builds a [`Program`] step by step.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    n_inputs: u8,
    steps: Vec<Step>,
}

impl Builder {
    /// A program of `n_inputs` inputs, at most 255.
    pub fn new(n_inputs: usize) -> Self {
        Builder { n_inputs: u8::try_from(n_inputs).expect("a program has at most 255 inputs"), steps: Vec::new() }
    }

    /// The input of this index.
    pub fn input(&self, idx: usize) -> Operand {
        assert!(idx < usize::from(self.n_inputs), "input {idx} of a program with {} inputs", self.n_inputs);
        Operand::Input(idx as u8)
    }

    /// A constant.
    pub fn constant(&self, value: f32) -> Operand {
        Operand::Constant(value)
    }

    /// Applies a function. The same function of the same operands is computed once.
    pub fn apply(&mut self, function: Function, operands: &[Operand]) -> Operand {
        assert_eq!(operands.len(), function.arity(), "operands of `{}`", function.name());
        let mut arguments = [Operand::Constant(0.0); 3];
        arguments[..operands.len()].copy_from_slice(operands);
        let step = Step { function, arguments };
        let idx = self.steps.iter().position(|other| *other == step).unwrap_or_else(|| {
            self.steps.push(step);
            self.steps.len() - 1
        });
        Operand::Step(u8::try_from(idx).expect("a program has at most 255 steps"))
    }

    /// The program with these outputs, at most 255; steps that no output needs are dropped.
    pub fn finish(self, outputs: &[Operand]) -> Program {
        assert!(outputs.len() <= Program::MAX_OPERANDS, "a program has at most 255 outputs");
        let mut needed = vec![false; self.steps.len()];
        let mark = |operand: &Operand, needed: &mut Vec<bool>| {
            if let Operand::Step(idx) = operand {
                needed[usize::from(*idx)] = true;
            }
        };
        outputs.iter().for_each(|output| mark(output, &mut needed));
        for (idx, step) in self.steps.iter().enumerate().rev() {
            if needed[idx] {
                step.arguments[..step.function.arity()].iter().for_each(|operand| mark(operand, &mut needed));
            }
        }
        let mut moved = vec![0u8; self.steps.len()];
        let mut steps = Vec::new();
        let renumber = |operand: Operand, moved: &[u8]| match operand {
            Operand::Step(idx) => Operand::Step(moved[usize::from(idx)]),
            other => other,
        };
        for (idx, step) in self.steps.iter().enumerate() {
            if needed[idx] {
                moved[idx] = steps.len() as u8;
                let arguments = step.arguments.map(|operand| renumber(operand, &moved));
                steps.push(Step { function: step.function, arguments });
            }
        }
        let outputs = outputs.iter().map(|output| renumber(*output, &moved)).collect();
        Program { n_inputs: self.n_inputs, steps, outputs }
    }
}

impl Program {
    /// Inputs, steps and outputs that a program has, at most.
    pub const MAX_OPERANDS: usize = u8::MAX as usize;

    /// The program of one function of its inputs.
    pub fn of(function: Function) -> Program {
        let mut builder = Builder::new(function.arity());
        let operands: Vec<Operand> = (0..function.arity()).map(|idx| builder.input(idx)).collect();
        let result = builder.apply(function, &operands);
        builder.finish(&[result])
    }

    /// The program that returns its input.
    pub fn identity() -> Program {
        Program { n_inputs: 1, steps: Vec::new(), outputs: vec![Operand::Input(0)] }
    }

    /// Number of inputs.
    pub fn n_inputs(&self) -> usize {
        usize::from(self.n_inputs)
    }

    /// Number of outputs.
    pub fn n_outputs(&self) -> usize {
        self.outputs.len()
    }

    /// Number of steps.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether it only passes inputs and constants on.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub(crate) fn outputs(&self) -> &[Operand] {
        &self.outputs
    }

    /// The outputs in f64, each with the magnitude from which its f32 tolerance follows: the sum over the steps of what
    /// one rounding of that step may move the output by, in units of the last place, to first order.
    pub(crate) fn evaluate_f64(&self, inputs: &[f64]) -> Vec<(f64, f64)> {
        let mut values: Vec<f64> = Vec::with_capacity(self.steps.len());
        // Error of each step, as a multiple of the unit round-off: its own rounding, and its arguments' errors times the
        // slope, which a small difference measures.
        let mut errors: Vec<f64> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let read = |operand: Operand, values: &[f64], errors: &[f64]| match operand {
                Operand::Input(idx) => (inputs[usize::from(idx)], 0.0),
                Operand::Step(idx) => (values[usize::from(idx)], errors[usize::from(idx)]),
                Operand::Constant(value) => (f64::from(value), 0.0),
            };
            let arity = step.function.arity();
            let mut arguments = [0.0; 3];
            let mut argument_errors = [0.0; 3];
            for i in 0..arity {
                (arguments[i], argument_errors[i]) = read(step.arguments[i], &values, &errors);
            }
            let value = step.function.evaluate_f64(arguments);
            let mut error = step.function.roundings() * value.abs();
            for i in 0..arity {
                if argument_errors[i] > 0.0 {
                    let mut moved = arguments;
                    moved[i] += argument_errors[i] * UNIT_ROUND_OFF;
                    let mut back = arguments;
                    back[i] -= argument_errors[i] * UNIT_ROUND_OFF;
                    let shift = (step.function.evaluate_f64(moved) - value)
                        .abs()
                        .max((step.function.evaluate_f64(back) - value).abs());
                    error += shift / UNIT_ROUND_OFF;
                }
            }
            values.push(value);
            errors.push(error);
        }
        let read = |operand: &Operand| match operand {
            Operand::Input(idx) => (inputs[usize::from(*idx)], 0.0),
            Operand::Step(idx) => (values[usize::from(*idx)], errors[usize::from(*idx)]),
            Operand::Constant(value) => (f64::from(*value), 0.0),
        };
        self.outputs.iter().map(read).collect()
    }
}

/// 2^-24: half a unit in the last place of 1 in f32.
const UNIT_ROUND_OFF: f64 = 1.0 / 16_777_216.0;

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Input(idx) => write!(f, "x{idx}"),
            Operand::Step(idx) => write!(f, "t{idx}"),
            Operand::Constant(value) => write!(f, "{value:?}"),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (idx, step) in self.steps.iter().enumerate() {
            write!(f, "t{idx} = {}", step.function.name())?;
            for operand in &step.arguments[..step.function.arity()] {
                write!(f, " {operand}")?;
            }
            f.write_str("; ")?;
        }
        for (i, output) in self.outputs.iter().enumerate() {
            write!(f, "{}{output}", if i > 0 { ", " } else { "" })?;
        }
        f.write_str("}")
    }
}
