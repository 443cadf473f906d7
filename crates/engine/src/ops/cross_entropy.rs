//! What the two cross-entropies share: the types of their targets, and how a row's target is read.

use proofmark_tensor::{DType, Shape};

use super::{Case, GradientSite, Operation, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};

/// The class of a row that has none: its loss and its gradient are 0, as PyTorch's `ignore_index` has it.
pub const NO_CLASS: i32 = -1;

/// The target of one row.
pub(super) enum Target<'a> {
    /// [`NO_CLASS`].
    Nothing,
    /// A class; `None` if the index is outside of the row.
    Class(Option<usize>),
    /// A weight for every class.
    Distribution(&'a [f64]),
}

/// The type of the loss, after checking rows and target: inputs 0 and 1.
pub(super) fn infer_loss(op: &'static str, inputs: &[&Type]) -> Result<Type, TypeError> {
    check::dtype(op, inputs, 0, DType::F32)?;
    check::span(op, inputs, 0, Span::Sample)?;
    check::span(op, inputs, 1, Span::Sample)?;
    check::rows(op, inputs, 0)?;
    let rows = &inputs[0].shape;
    let leading = Shape::new(&rows[..rows.rank() - 1]);
    match inputs[1].dtype {
        DType::F32 => check::shape(op, inputs, 1, rows)?,
        DType::I32 => check::shape(op, inputs, 1, &leading)?,
        DType::Bf16 | DType::U8 => check::dtype(op, inputs, 1, DType::I32)?,
    }
    Ok(Type::sample(leading))
}

/// The types of the gradient's outputs, after checking rows, target and the loss' gradient: inputs 0, 1 and 2.
pub(super) fn infer_gradient(op: &'static str, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
    let loss = infer_loss(op, inputs)?;
    check::dtype(op, inputs, 2, DType::F32)?;
    check::span(op, inputs, 2, Span::Sample)?;
    check::shape(op, inputs, 2, &loss.shape)?;
    Ok(vec![inputs[0].clone()])
}

/// The target of row `row` of a batch whose rows have `classes` elements.
pub(super) fn target_of(target: &Tensor64, row: usize, classes: usize) -> Target<'_> {
    if target.ty.dtype == DType::F32 {
        return Target::Distribution(&target.data[row * classes..(row + 1) * classes]);
    }
    let class = target.data[row];
    if class == f64::from(NO_CLASS) {
        return Target::Nothing;
    }
    Target::Class((class >= 0.0 && class < classes as f64).then_some(class as usize))
}

/// Sum of weight times value, and of the absolute products with the magnitudes.
pub(super) fn weighted_sum(weights: &[f64], value_of: impl Fn(usize) -> (f64, f64)) -> (f64, f64) {
    let mut sums = (0.0, 0.0);
    for (class, weight) in weights.iter().enumerate() {
        let (value, magnitude) = value_of(class);
        sums.0 += weight * value;
        sums.1 += weight.abs() * magnitude;
    }
    sums
}

/// The gradient of the rows by `op`; the target has none.
pub(super) fn gradient(
    name: &'static str,
    op: impl Into<Operation>,
    site: &mut GradientSite<'_>,
) -> Result<Vec<Option<Value>>, GradientError> {
    if site.wanted[1] {
        return Err(GradientError::NotDifferentiable { op: name, input: 1 });
    }
    let (Some(dloss), true) = (site.output_gradients[0], site.wanted[0]) else { return Ok(vec![None, None]) };
    Ok(vec![Some(site.graph.add(op, &[site.inputs[0], site.inputs[1], dloss])?), None])
}

/// The rows, their number of samples, and made-up class indices for them.
fn class_cases() -> Vec<(Type, usize, Vec<f64>)> {
    [(vec![10], 11), (vec![1], 2), (vec![16], 3), (vec![2, 3, 37], 2)]
        .into_iter()
        .map(|(shape, n_samples)| {
            let ty = Type::sample(shape);
            let classes = ty.shape.last();
            let rows = ty.elements() / classes * n_samples;
            // Every fifth row but the first has no class.
            let class = |row: usize| if row % 5 == 4 { f64::from(NO_CLASS) } else { (7 * row % classes) as f64 };
            (ty, n_samples, (0..rows).map(class).collect())
        })
        .collect()
}

/// The made-up cases of a loss, with classes and with distributions as targets.
pub(super) fn cases(case: impl Fn(&[Type], usize) -> Case) -> Vec<Case> {
    let mut cases = Vec::new();
    for (rows, n_samples, classes) in class_cases() {
        let loss = Type::sample(Shape::new(&rows.shape[..rows.shape.rank() - 1]));
        cases.push(case(&[rows.clone(), loss.with_dtype(DType::I32)], n_samples).with_input(1, classes));
        cases.push(case(&[rows.clone(), rows], n_samples).constant(1));
    }
    cases
}

/// The made-up cases of a loss' gradient.
pub(super) fn gradient_cases(case: impl Fn(&[Type], usize) -> Case) -> Vec<Case> {
    let mut cases = Vec::new();
    for (rows, n_samples, classes) in class_cases() {
        let loss = Type::sample(Shape::new(&rows.shape[..rows.shape.rank() - 1]));
        let class = loss.clone().with_dtype(DType::I32);
        cases.push(case(&[rows.clone(), class, loss.clone()], n_samples).with_input(1, classes));
        cases.push(case(&[rows.clone(), rows, loss], n_samples));
    }
    cases
}
