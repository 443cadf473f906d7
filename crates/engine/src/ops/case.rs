use super::Operation;
use crate::graph::{Span, Type};

/// One test case of an operation.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it shows.
    pub name: &'static str,
    /// The operation with its attributes.
    pub op: Operation,
    /// Types and values of the inputs; per-sample values hold the samples one after the other. Values of f32 inputs are
    /// rounded to f32 before they are used.
    pub inputs: Vec<(Type, Vec<f64>)>,
    /// Number of samples.
    pub n_samples: usize,
    /// Known values of the outputs, where there are some.
    pub expected: Option<Vec<Vec<f64>>>,
    /// Whether the gradient is compared with central differences.
    pub is_differentiable: bool,
    /// Inputs that have no gradient by the operation's definition, such as a loss' target.
    pub constants: Vec<usize>,
}

/// Inputs that type inference must refuse, and its exact words.
#[derive(Clone, Debug)]
pub struct Rejection {
    /// The operation with its attributes.
    pub op: Operation,
    /// The inputs' types.
    pub inputs: Vec<Type>,
    /// The error as text.
    pub text: &'static str,
}

impl Case {
    /// A case with given values. The number of samples is set with [`Case::samples`] (default 1).
    pub fn new(name: &'static str, op: impl Into<Operation>, inputs: Vec<(Type, Vec<f64>)>) -> Self {
        Case {
            name,
            op: op.into(),
            inputs,
            n_samples: 1,
            expected: None,
            is_differentiable: true,
            constants: Vec::new(),
        }
    }

    /// A case with made-up values: multiples of 1/1024 between -2.02 and 2.02 in scrambled order, distinct and away from zero, so
    /// that they are exact in f32 and stay clear of kinks and ties by more than 10 steps of a central difference.
    pub fn made_up(name: &'static str, op: impl Into<Operation>, types: &[Type], n_samples: usize) -> Self {
        let inputs = types
            .iter()
            .enumerate()
            .map(|(input, ty)| {
                let count = ty.elements() * if ty.span == Span::Sample { n_samples } else { 1 };
                (ty.clone(), made_up_values(count, input))
            })
            .collect();
        Case::new(name, op, inputs).samples(n_samples)
    }

    /// Leaves a third of an input's values, scattered, and makes the others zeros, some of them negative.
    pub(crate) fn with_zeros(mut self, input: usize, is_wanted: bool) -> Self {
        if is_wanted {
            for (idx, value) in self.inputs[input].1.iter_mut().enumerate() {
                match idx * 7 % 9 {
                    0..3 => {}
                    3..6 => *value = 0.0,
                    _ => *value = -0.0,
                }
            }
        }
        self
    }

    /// Sets the number of samples.
    pub fn samples(mut self, n_samples: usize) -> Self {
        self.n_samples = n_samples;
        self
    }

    /// Sets the known outputs.
    pub fn expect(mut self, outputs: Vec<Vec<f64>>) -> Self {
        self.expected = Some(outputs);
        self
    }

    /// Replaces the values of one input (class indices, for example).
    pub fn with_input(mut self, input: usize, values: Vec<f64>) -> Self {
        self.inputs[input].1 = values;
        self
    }

    /// Leaves an input out of the gradient's check.
    pub fn constant(mut self, input: usize) -> Self {
        self.constants.push(input);
        self
    }

    /// Sets whether the gradient is checked.
    pub fn differentiable(mut self, is_differentiable: bool) -> Self {
        self.is_differentiable = is_differentiable;
        self
    }
}

/// `count` values, exact in f32, distinct while `count` stays below 4,093.
pub(crate) fn made_up_values(count: usize, salt: usize) -> Vec<f64> {
    // 4,093 is prime, so multiples of 1,009 modulo it run through all residues before one repeats.
    (0..count)
        .map(|i| {
            let residue = ((i + 1) * 1009 + salt * 389) % 4093;
            let centred = residue as f64 - 2046.0;
            let away_from_zero = if centred >= 0.0 { centred + 16.0 } else { centred - 16.0 };
            away_from_zero / 1024.0
        })
        .collect()
}
