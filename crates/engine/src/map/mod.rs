//! Element-wise work: one operation, [`Map`], that runs a small [`Program`] over a table of scalar functions.
//!
//! Fusing is concatenating programs; a scalar function is one row of [`FUNCTIONS`]. Adding one is adding a row.

mod functions;
mod gradient;
mod program;

pub use functions::{FUNCTIONS, Function, Row};
pub use program::{Builder, Operand, Program};

use proofmark_tensor::{DType, Shape};

use crate::error::TypeError;
use crate::graph::{Span, Type, Value};
use crate::ops::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Tensor64};

/// Applies a program to every element.
///
/// *Shapes*: the widest input gives the shape of every output; each other input's shape is a suffix of it and is
/// repeated over the leading axes. The outputs are per sample if any input is.
///
/// *Gradient*: the program is differentiated in reverse; what a repeated input receives is summed over the axes (and, if
/// it is per step, the samples) that it was repeated over.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// What is computed for each element.
    pub program: Program,
}

impl Map {
    fn widest<'a>(inputs: &[&'a Type]) -> &'a Shape {
        let mut widest = &inputs[0].shape;
        for input in inputs {
            if input.shape.rank() > widest.rank() {
                widest = &input.shape;
            }
        }
        widest
    }
}

impl Op for Map {
    const NAME: &'static str = "map";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        if inputs.is_empty() || inputs.len() != self.program.n_inputs() {
            return Err(TypeError::Arity {
                op: Self::NAME,
                expected: self.program.n_inputs().max(1),
                received: inputs.len(),
            });
        }
        let shape = Self::widest(inputs);
        for (input, ty) in inputs.iter().enumerate() {
            if ty.dtype != DType::F32 {
                return Err(TypeError::DType { op: Self::NAME, input, expected: DType::F32, received: ty.dtype });
            }
            if !ty.shape.is_suffix_of(shape) {
                return Err(TypeError::Broadcast {
                    op: Self::NAME,
                    input,
                    expected: shape.clone(),
                    received: ty.shape.clone(),
                });
            }
        }
        let per_sample = inputs.iter().any(|ty| ty.span == Span::Sample);
        let span = if per_sample { Span::Sample } else { Span::Step };
        Ok(vec![Type { dtype: DType::F32, shape: shape.clone(), span }; self.program.n_outputs()])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let per_sample = inputs.iter().any(|tensor| tensor.ty.span == Span::Sample);
        let samples = if per_sample { context.samples() } else { 1 };
        let types: Vec<&Type> = inputs.iter().map(|tensor| &tensor.ty).collect();
        let shape = Self::widest(&types).clone();
        let elements = shape.elements();
        let span = if per_sample { Span::Sample } else { Span::Step };
        let ty = Type { dtype: DType::F32, shape, span };
        let mut outputs = vec![Reference::zeros(&ty, samples, self.program.len()); self.program.n_outputs()];
        let mut arguments = vec![0.0; inputs.len()];
        for sample in 0..samples {
            for element in 0..elements {
                for (argument, tensor) in arguments.iter_mut().zip(inputs) {
                    let own = tensor.ty.elements();
                    let first = if tensor.ty.span == Span::Sample { sample * own } else { 0 };
                    *argument = tensor.data[first + element % own];
                }
                for (output, (value, magnitude)) in outputs.iter_mut().zip(self.program.evaluate_f64(&arguments)) {
                    output.data[sample * elements + element] = value;
                    output.magnitude[sample * elements + element] = magnitude;
                }
            }
        }
        outputs
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, crate::GradientError> {
        gradient::gradient(&self.program, site)
    }

    fn cost(&self, _inputs: &[&Type], outputs: &[Type]) -> Cost {
        Cost { flops: (self.program.len() * outputs.first().map_or(0, Type::elements)) as u64 }
    }

    fn cases() -> Vec<Case> {
        functions::cases()
    }
}
