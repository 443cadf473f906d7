//! What the recurrent operations share: where sequences end, errors that grow from step to step, gradients of what the
//! steps have in common.

use proofmark_tensor::Shape;

use super::{Case, DenseWeightGradient, Direction, Pad, Reference, Slice, Transpose, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Graph, Span, Type, Value};
use crate::map::{Builder, Function, Program};

/// Steps that count of a sequence with room for `steps`.
pub(crate) fn steps_of(length: f32, steps: usize) -> usize {
    // A NaN and what is negative become 0, what is too large the largest integer.
    (length as usize).min(steps)
}

/// Where the recurrent inputs of an operation stand.
pub(super) struct Places {
    pub(super) x: usize,
    pub(super) mask: usize,
    pub(super) length: usize,
}

/// Checks the types of x `[T, parts U]`, mask `[U]` and length; T and U.
pub(super) fn check_sequence(
    op: &'static str,
    inputs: &[&Type],
    places: &Places,
    parts: usize,
) -> Result<[usize; 2], TypeError> {
    check::all_f32(op, inputs)?;
    for input in [places.x, places.mask, places.length] {
        check::span(op, inputs, input, Span::Sample)?;
    }
    check::rank(op, inputs, places.x, 2)?;
    check::rank(op, inputs, places.mask, 1)?;
    check::not_empty(op, &inputs[places.x].shape)?;
    check::not_empty(op, &inputs[places.mask].shape)?;
    let (steps, units) = (inputs[places.x].shape[0], inputs[places.mask].shape[0]);
    check::shape(op, inputs, places.x, &[steps, parts * units])?;
    check::shape(op, inputs, places.length, &[])?;
    Ok([steps, units])
}

/// Checks that an input is per step and has this shape.
pub(super) fn check_step(op: &'static str, inputs: &[&Type], input: usize, shape: &[usize]) -> Result<(), TypeError> {
    check::span(op, inputs, input, Span::Step)?;
    check::shape(op, inputs, input, shape)
}

/// Checks that an input, if it is there, is per sample and has this shape.
pub(super) fn check_sample(op: &'static str, inputs: &[&Type], input: usize, shape: &[usize]) -> Result<(), TypeError> {
    if input < inputs.len() {
        check::span(op, inputs, input, Span::Sample)?;
        check::shape(op, inputs, input, shape)?;
    }
    Ok(())
}

/// A value with a bound of the error of f32 code for it, in units of 2^-24. Each operation adds its own rounding.
#[derive(Clone, Copy, Default)]
pub(super) struct Bounded {
    pub(super) value: f64,
    error: f64,
}

impl Bounded {
    pub(super) fn exact(value: f64) -> Self {
        Bounded { value, error: 0.0 }
    }

    pub(super) fn add(self, other: Self) -> Self {
        Bounded::rounded(self.value + other.value, self.error + other.error)
    }

    pub(super) fn sub(self, other: Self) -> Self {
        Bounded::rounded(self.value - other.value, self.error + other.error)
    }

    pub(super) fn mul(self, other: Self) -> Self {
        let error = self.error * other.value.abs() + other.error * self.value.abs();
        Bounded::rounded(self.value * other.value, error + self.error * other.error / 16_777_216.0)
    }

    /// 1 - self.
    pub(super) fn complement(self) -> Self {
        Bounded::exact(1.0).sub(self)
    }

    pub(super) fn sigmoid(self) -> Self {
        let value = Function::Sigmoid.evaluate_f64([self.value, 0.0, 0.0]);
        self.function(value, value * (1.0 - value), Function::Sigmoid)
    }

    pub(super) fn tanh(self) -> Self {
        let value = Function::Tanh.evaluate_f64([self.value, 0.0, 0.0]);
        self.function(value, 1.0 - value * value, Function::Tanh)
    }

    /// The chain of products of [`Dense`](super::Dense).
    pub(super) fn product(terms: impl ExactSizeIterator<Item = (Self, f64)>) -> Self {
        let roundings = terms.len() as f64 + 1.0;
        let (mut value, mut error) = (0.0, 0.0);
        for (a, b) in terms {
            value += a.value * b;
            error += a.error * b.abs() + roundings * (a.value * b).abs();
        }
        Bounded { value, error }
    }

    /// Leaves value and bound in a reference.
    pub(super) fn put(self, reference: &mut Reference, idx: usize) {
        reference.data[idx] = self.value;
        reference.magnitude[idx] = self.error.max(self.value.abs());
    }

    fn rounded(value: f64, error: f64) -> Self {
        Bounded { value, error: error + value.abs() }
    }

    /// A function whose slope at the value is known; a tenth more for the slope nearby.
    fn function(self, value: f64, slope: f64, function: Function) -> Self {
        Bounded { value, error: 1.1 * self.error * slope + function.roundings() * value.abs() }
    }
}

/// The gradient, or zeros where nothing depends on the value.
pub(super) fn or_zeros(graph: &mut Graph, gradient: Option<Value>, like: Value) -> Result<Value, GradientError> {
    match gradient {
        Some(gradient) => Ok(gradient),
        None => zeros(graph, like),
    }
}

fn zeros(graph: &mut Graph, like: Value) -> Result<Value, GradientError> {
    let builder = Builder::new(1);
    let zero = builder.constant(0.0);
    Ok(graph.map(builder.finish(&[zero]), &[like])?)
}

/// Rᵀ.
pub(super) fn transposed(graph: &mut Graph, recurrent: Value) -> Result<Value, GradientError> {
    Ok(graph.add(Transpose { axes: vec![1, 0] }, &[recurrent])?)
}

/// Gradient of the recurrent matrix: h, masked, as it was one step before, times the gradient of the products.
pub(super) fn recurrent_gradient(
    graph: &mut Graph,
    direction: Direction,
    h: Value,
    mask: Value,
    gradient: Value,
) -> Result<Value, GradientError> {
    let steps = graph.shape(h)[0];
    let before = if steps == 1 {
        zeros(graph, h)?
    } else {
        let (start, pad) = match direction {
            Direction::Forward => (0, Pad { axis: 0, before: 1, after: 0 }),
            Direction::Backward => (1, Pad { axis: 0, before: 0, after: 1 }),
        };
        let shorter = graph.add(Slice { axis: 0, start, length: steps - 1 }, &[h])?;
        let masked = graph.map(Program::of(Function::Mul), &[shorter, mask])?;
        graph.add(pad, &[masked])?
    };
    Ok(graph.add(DenseWeightGradient, &[before, gradient])?)
}

/// `[T, width]` per sample.
pub(super) fn sequence(steps: usize, width: usize) -> Type {
    Type::sample(Shape::new(&[steps, width]))
}

/// Masks that drop some and lengths that differ, none and too many among them.
pub(super) fn with_ends(case: Case, places: &Places, steps: usize) -> Case {
    let samples = case.n_samples;
    let units = case.inputs[places.mask].0.elements();
    let mask = (0..units * samples).map(|i| [1.25, 0.0, 1.25, 1.25, 1.25][i * i % 5]).collect();
    let lengths = (0..samples).map(|sample| ((sample * 5 + 2) % (steps + 2)) as f64).collect();
    case.with_input(places.mask, mask).with_input(places.length, lengths).constant(places.mask).constant(places.length)
}

/// Values that gates have: between 0 and 1.
pub(super) fn with_gates(case: Case, input: usize) -> Case {
    let values = (0..case.inputs[input].1.len()).map(|i| ((i * 37 % 63) as f64 + 1.0) / 64.0).collect();
    case.with_input(input, values)
}
