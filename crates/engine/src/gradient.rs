//! The backward pass, as nodes of the same graph.

use std::collections::BTreeMap;

use proofmark_tensor::DType;

use crate::error::GradientError;
use crate::graph::{Graph, Origin, Span, Value};
use crate::map::{Builder, Function, Program};
use crate::ops::GradientSite;

/// Adds the nodes that compute the gradients of `loss` (one number a sample, times `loss_gradient`, summed over the
/// batch) with respect to `parameters`; `None` for a parameter that the loss does not depend on.
///
/// `loss_gradient` is the derivative of the batch's loss by each sample's: one over the number of samples for a mean,
/// a weighted share where samples have weights. It is a scalar, per sample or per step.
///
/// # Errors
/// [`GradientError::Loss`] if the loss is no scalar per sample, [`GradientError::NotDifferentiable`].
pub fn backward(
    graph: &mut Graph,
    loss: Value,
    loss_gradient: Value,
    parameters: &[Value],
) -> Result<Vec<Option<Value>>, GradientError> {
    let ty = graph.ty(loss);
    if ty.span != Span::Sample || ty.shape.rank() != 0 || ty.dtype != DType::F32 {
        return Err(GradientError::Loss { received: ty.clone() });
    }
    let n_forward = graph.nodes().len();
    let depends = depends_on(graph, parameters);
    // Gradient rules rely on a gradient of its value's own type, so that a share per step is repeated for each sample.
    let loss_gradient = if graph.ty(loss_gradient).span == Span::Step {
        let builder = Builder::new(2);
        let share = builder.input(0);
        graph.map(builder.finish(&[share]), &[loss_gradient, loss])?
    } else {
        loss_gradient
    };
    let mut gradients: BTreeMap<Value, Value> = BTreeMap::new();
    gradients.insert(loss, loss_gradient);
    for idx in (0..n_forward).rev() {
        let node = graph.nodes()[idx].clone();
        let output_gradients: Vec<Option<Value>> =
            node.outputs.iter().map(|output| gradients.get(output).copied()).collect();
        let wanted: Vec<bool> = node.inputs.iter().map(|input| depends[input.idx()]).collect();
        if output_gradients.iter().all(Option::is_none) || !wanted.contains(&true) {
            continue;
        }
        graph.set_scope(&node.scope);
        let mut site = GradientSite {
            graph,
            inputs: &node.inputs,
            outputs: &node.outputs,
            output_gradients: &output_gradients,
            wanted: &wanted,
        };
        let input_gradients = node.op.gradient(&mut site)?;
        for (input, gradient) in node.inputs.iter().zip(input_gradients) {
            let Some(gradient) = gradient else { continue };
            let sum = match gradients.get(input) {
                Some(sum) => graph.map(Program::of(Function::Add), &[*sum, gradient])?,
                None => gradient,
            };
            gradients.insert(*input, sum);
        }
    }
    graph.set_scope("");
    Ok(parameters.iter().map(|parameter| gradients.get(parameter).copied()).collect())
}

/// For each value, whether it depends on any of `parameters`.
fn depends_on(graph: &Graph, parameters: &[Value]) -> Vec<bool> {
    let mut depends = vec![false; graph.n_values()];
    for value in graph.values() {
        depends[value.idx()] = parameters.contains(&value)
            || match graph.origin(value) {
                Origin::Node { node, .. } => graph.nodes()[node].inputs.iter().any(|input| depends[input.idx()]),
                Origin::Input(_) | Origin::State(_) => false,
            };
    }
    depends
}
