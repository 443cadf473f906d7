//! Gradients against central differences.

use proofmark_tensor::{DType, Shape};

use super::single::Single;
use super::{SEED, STEP, context, label, reference, tensors};
use crate::executor::{Step, reference::evaluate};
use crate::gradient::backward;
use crate::graph::{Graph, Span, Type, Value};
use crate::map::{Function, Program};
use crate::ops::case::made_up_values;
use crate::ops::{Case, Reduce, ReduceKind, ReferenceContext, Tensor64};

/// The relative error that truncation may cause at this file's widths of the difference.
const RELATIVE: f64 = 1e-6;
/// What the loss is scaled by, so that a rule that loses the loss' gradient shows.
const LOSS_GRADIENT: f32 = 0.75;

/// Compares the gradients of all inputs with central differences of the reference.
///
/// The loss of a sample is the sum of the outputs' elements, each times a fixed weight of its own.
pub(super) fn check(case: &Case) {
    let context = context(case.n_samples);
    let mut single = Single::new(case);
    let wanted: Vec<usize> = (0..case.inputs.len())
        .filter(|input| case.inputs[*input].0.dtype == DType::F32 && !case.constants.contains(input))
        .collect();
    let (loss, weights) = add_loss(&mut single, case);
    let loss_gradient = single.feed_f32("loss gradient", &Type::step([]), vec![LOSS_GRADIENT]);
    let parameters: Vec<Value> = wanted.iter().map(|input| single.inputs[*input]).collect();
    let gradients = backward(&mut single.graph, loss, loss_gradient, &parameters)
        .unwrap_or_else(|error| panic!("{}: {error}", label(case)));
    let step = Step { ids: &context.ids, index: STEP, seed: SEED };
    let values = evaluate(&single.graph, &single.state(), &step, &single.feeds());
    for (input, gradient) in wanted.into_iter().zip(gradients) {
        let ty = &case.inputs[input].0;
        let analytic = match gradient {
            Some(gradient) => {
                assert_eq!(single.graph.ty(gradient), ty, "{}: type of the gradient of input {input}", label(case));
                values[gradient.idx()].data.clone()
            }
            None => vec![0.0; context.copies(ty) * ty.elements()],
        };
        for (element, analytic) in analytic.into_iter().enumerate() {
            let (numeric, tolerance) = central_difference(case, &context, &weights, input, element);
            assert!(
                (analytic - numeric).abs() <= tolerance,
                "{}: gradient of input {input}[{element}] is {analytic}, central difference {numeric} +- {tolerance}",
                label(case),
            );
        }
    }
}

/// Adds the loss; for each output its weights, empty where it is no f32.
fn add_loss(single: &mut Single, case: &Case) -> (Value, Vec<Vec<f64>>) {
    let mut loss = None;
    let mut weights = Vec::new();
    for (idx, output) in single.outputs.clone().into_iter().enumerate() {
        let ty = single.graph.ty(output).clone();
        if ty.dtype != DType::F32 {
            weights.push(Vec::new());
            continue;
        }
        let weight_ty = Type { span: Span::Sample, ..ty };
        let own = made_up_values(weight_ty.elements() * case.n_samples, 11 + idx);
        let fed = own.iter().map(|weight| *weight as f32).collect();
        let weight = single.feed_f32(&format!("weight {idx}"), &weight_ty, fed);
        let sum = weighted_sum(&mut single.graph, output, weight);
        loss = Some(match loss {
            Some(loss) => single.graph.map(Program::of(Function::Add), &[loss, sum]).expect("two scalars"),
            None => sum,
        });
        weights.push(own);
    }
    (loss.expect("an operation with an f32 output"), weights)
}

fn weighted_sum(graph: &mut Graph, value: Value, weight: Value) -> Value {
    let product = graph.map(Program::of(Function::Mul), &[value, weight]).expect("equal shapes");
    let shape: Shape = graph.shape(product).clone();
    graph.add(Reduce { kind: ReduceKind::Sum, axes: (0..shape.rank()).collect() }, &[product]).expect("all axes")
}

/// The central difference of the loss by one element, and how far a right gradient may be from it.
fn central_difference(
    case: &Case,
    context: &ReferenceContext,
    weights: &[Vec<f64>],
    input: usize,
    element: usize,
) -> (f64, f64) {
    let mut inputs = tensors(case);
    let middle = inputs[input].data[element];
    // A power of two near |x| 2^-18, so that x - width and x + width are exact; 2^-18 below 1.
    let power_of_two = f64::from_bits(middle.abs().max(1.0).to_bits() & f64::INFINITY.to_bits());
    let width = power_of_two / 262_144.0;
    let at = |x: f64, inputs: &mut Vec<Tensor64>| {
        inputs[input].data[element] = x;
        reference(case, inputs, context)
    };
    let (above, below) = (at(middle + width, &mut inputs), at(middle - width, &mut inputs));
    let (mut difference, mut absolute, mut noise) = (0.0, 0.0, 0.0);
    for ((above, below), weights) in above.iter().zip(&below).zip(weights) {
        let elements = above.data.len();
        for (i, weight) in weights.iter().enumerate() {
            // A value per step counts for every sample.
            let (above, below) = (above.data[i % elements], below.data[i % elements]);
            if above != below {
                let term = weight * (above - below) / (2.0 * width);
                difference += term;
                absolute += term.abs();
                noise += (weight * above).abs() / width;
            }
        }
    }
    let scale = f64::from(LOSS_GRADIENT);
    (difference * scale, RELATIVE * absolute * scale + 4.0 * f64::EPSILON * noise + 1e-12)
}
