//! How far an f32 computation of a network may lie from the exact one, number by number: an error analysis that runs forward
//! beside the network, in f64, with the magnitudes that the engine's references give. The example `onnx` uses it too, for other
//! programs.

use proofmark_engine::ops::{Operation, ReferenceContext, Tensor64};
use proofmark_engine::{Graph, Origin, StateBlock, Value};

#[path = "rounding_recurrent.rs"]
mod recurrent;

/// How many standard deviations are allowed: by Higham and Mary's theorem 2.4 (*A new approach to probabilistic rounding error
/// analysis*, 2019) a sum leaves them with a probability of 2 exp(-6^2 / 2), which is 3e-8.
const DEVIATIONS: f64 = 6.0;
/// Half a unit in the last place of 1.
const UNIT_ROUNDOFF: f64 = 1.0 / 16_777_216.0;

/// The exact numbers of a value, and how far from each an f32 computation may lie.
pub(crate) struct Bounded {
    /// All samples, one after the other.
    pub(crate) exact: Vec<f64>,
    /// As many.
    pub(crate) bound: Vec<f64>,
}

/// The exact numbers of a value of a graph for inference, and what bounds those of f32. A rounding moves a partial sum `s` by at
/// most `u |s|`, to either side and independently of the others, so that the variances add up. In a product the partial sums
/// are those of its `n` terms in an order that has nothing to do with their size: by sampling without replacement the mean of
/// their squares is `S^2 / 3 + Q / 6`, where `S` is the sum and `Q` the sum of the terms' squares. Elsewhere `|s|` is at most the
/// magnitude that the reference gives. A layer carries the variances of its input on with the squares of its weights, or, where it is
/// none of sums with weights, of its derivatives. Recurrent layers do so step by step (`rounding_recurrent.rs`). (The bound
/// that holds in every case, with `n u` times the sum of the absolute terms in each layer, is thousands of times what happens, and
/// would let a wrong weight through.) `None` where an operation has no rule here.
///
/// # Panics
/// If the samples do not fit the graph.
pub(crate) fn bounded(graph: &Graph, state: &StateBlock, output: Value, x: &[f32], samples: usize) -> Option<Bounded> {
    let context = ReferenceContext { ids: (0..samples as u64).collect(), step: 0, seed: 0 };
    let mut exact: Vec<Tensor64> = Vec::with_capacity(graph.n_values());
    let mut variance: Vec<Vec<f64>> = Vec::with_capacity(graph.n_values());
    let mut nodes = graph.nodes().iter();
    while exact.len() < graph.n_values() {
        let value = graph.values().nth(exact.len()).expect("below the number of values");
        let given = match graph.origin(value) {
            Origin::Input(_) => x,
            Origin::State(idx) => state.get(&graph.states()[idx.0].name).expect("a state of the graph"),
            Origin::Node { .. } => {
                let node = nodes.next().expect("a value of a node that exists");
                let inputs: Vec<&Tensor64> = node.inputs.iter().map(|input| &exact[input.idx()]).collect();
                let errors: Vec<&[f64]> = node.inputs.iter().map(|input| &variance[input.idx()][..]).collect();
                let carried = carried(&node.op, &inputs, &errors, &context)?;
                let references = node.op.reference(&inputs, &context);
                let squares = terms_squared(&node.op, &inputs, &context);
                let are_exact = errors.iter().all(|errors| errors.iter().all(|variance| *variance == 0.0));
                for (idx, (output, reference)) in node.outputs.iter().zip(references).enumerate() {
                    // What is moved and not computed, counts of what is exact, and what has its roundings in it already.
                    let has_own = reference.terms > 0
                        && !(are_exact && reference.data.iter().all(|x| is_count(*x)))
                        && !matches!(node.op, Operation::Lstm(_) | Operation::Gru(_));
                    let own = (0..reference.data.len()).map(|at| {
                        let partial_sums = match &squares {
                            Some(squares) => of_partial_sums(reference.terms, reference.data[at], squares[at]),
                            None => reference.terms as f64 * square(reference.magnitude[at]),
                        };
                        let own = square(UNIT_ROUNDOFF) * (partial_sums + square(reference.data[at]));
                        if has_own { own } else { 0.0 }
                    });
                    variance.push(match idx {
                        0 => own.zip(&carried).map(|(own, carried)| own + carried).collect(),
                        // Where a maximum stood, and the like.
                        _ => vec![0.0; reference.data.len()],
                    });
                    exact.push(Tensor64 { ty: graph.ty(*output).clone(), data: reference.data });
                }
                continue;
            }
        };
        variance.push(vec![0.0; given.len()]);
        let data = given.iter().map(|x| f64::from(*x)).collect();
        exact.push(Tensor64 { ty: graph.ty(value).clone(), data });
    }
    let bound = variance[output.idx()].iter().map(|variance| DEVIATIONS * variance.sqrt()).collect();
    Some(Bounded { exact: std::mem::take(&mut exact[output.idx()].data), bound })
}

/// The squares of the partial sums of so many terms, from the sum and the sum of the terms' squares, added up.
fn of_partial_sums(terms: usize, sum: f64, squares: f64) -> f64 {
    terms as f64 * (square(sum) / 3.0 + squares / 6.0)
}

/// Whether a number is whole, and so small that f32 has it and its neighbours.
fn is_count(x: f64) -> bool {
    x.fract() == 0.0 && x.abs() < 1.0 / UNIT_ROUNDOFF
}

/// For each sum of products, the sum of their squares.
fn terms_squared(op: &Operation, inputs: &[&Tensor64], context: &ReferenceContext) -> Option<Vec<f64>> {
    if !matches!(op, Operation::Dense(_) | Operation::Conv2d(_) | Operation::Conv2dInputGradient(_)) {
        return None;
    }
    let [x, weights] = [0, 1].map(|input| {
        let data = inputs[input].data.iter().map(|x| x * x).collect();
        Tensor64 { ty: inputs[input].ty.clone(), data }
    });
    Some(op.reference(&[&x, &weights], context).swap_remove(0).data)
}

/// The variances of a node's first output that those of its inputs lead to.
fn carried(op: &Operation, inputs: &[&Tensor64], variances: &[&[f64]], context: &ReferenceContext) -> Option<Vec<f64>> {
    let with = |input: usize, data: Vec<f64>| {
        let changed = Tensor64 { ty: inputs[input].ty.clone(), data };
        let inputs: Vec<&Tensor64> =
            inputs.iter().enumerate().map(|(at, given)| if at == input { &changed } else { *given }).collect();
        op.reference(&inputs, context).swap_remove(0).data
    };
    match op {
        // Weights are given: squared, they carry variances.
        Operation::Dense(_) | Operation::Conv2d(_) | Operation::Conv2dInputGradient(_) => {
            let squares = inputs[1].data.iter().map(|weight| weight * weight).collect();
            let weights = Tensor64 { ty: inputs[1].ty.clone(), data: squares };
            let x = Tensor64 { ty: inputs[0].ty.clone(), data: variances[0].to_vec() };
            Some(op.reference(&[&x, &weights], context).swap_remove(0).data)
        }
        // The largest of a window is off by no more than the one that is off most; the mean of several by less than on average.
        Operation::MaxPool2d(_)
        | Operation::ReduceMax(_)
        | Operation::AveragePool2d(_)
        | Operation::Reduce(_)
        | Operation::Reshape(_)
        | Operation::Transpose(_)
        | Operation::Broadcast(_)
        | Operation::Slice(_)
        | Operation::CumulativeSum(_)
        | Operation::Pad(_) => Some(with(0, variances[0].to_vec())),
        Operation::Concat(_) => {
            let parts = inputs.iter().zip(variances);
            let parts: Vec<Tensor64> =
                parts.map(|(part, data)| Tensor64 { ty: part.ty.clone(), data: data.to_vec() }).collect();
            Some(op.reference(&parts.iter().collect::<Vec<_>>(), context).swap_remove(0).data)
        }
        Operation::PositionEncoding(_) => Some(variances[0].to_vec()),
        // Pairs are turned.
        Operation::Rotary(_) => Some(by_differences(&with, inputs, variances, 0, 2)),
        // Each row by itself.
        Operation::Softmax(_) | Operation::LogSoftmax(_) | Operation::Normalize(_) => {
            Some(by_differences(&with, inputs, variances, 0, inputs[0].ty.shape.last()))
        }
        // Rows of a table as it is, by tokens that are exact.
        Operation::Embedding(_) if is_exact(variances[0]) && is_exact(variances[1]) => {
            Some(vec![0.0; with(0, inputs[0].data.clone()).len()])
        }
        // Queries, keys and values, of each sample by itself.
        Operation::Attention(_) if variances.get(3).is_none_or(|lengths| is_exact(lengths)) => {
            let by = |input: usize| by_differences(&with, inputs, variances, input, inputs[input].ty.elements());
            let [q, k, v] = [0, 1, 2].map(by);
            Some(q.iter().zip(&k).zip(&v).map(|((q, k), v)| q + k + v).collect())
        }
        Operation::Lstm(_) | Operation::Gru(_) if variances[1..].iter().all(|given| is_exact(given)) => {
            Some(recurrent::variances(op, inputs, variances[0]))
        }
        // A deviation to either side, input by input, goes through the function itself.
        Operation::Map(_) => {
            let middle = op.reference(inputs, context).swap_remove(0).data;
            let mut sum = vec![0.0; middle.len()];
            for input in 0..inputs.len() {
                if variances[input].iter().all(|variance| *variance == 0.0) {
                    continue;
                }
                let moved = |side: f64| {
                    let pairs = inputs[input].data.iter().zip(variances[input]);
                    with(input, pairs.map(|(x, variance)| x + side * variance.sqrt()).collect())
                };
                let sides = [moved(1.0), moved(-1.0)];
                for (at, sum) in sum.iter_mut().enumerate() {
                    *sum += sides.iter().map(|side| square(side[at] - middle[at])).fold(0.0, f64::max);
                }
            }
            Some(sum)
        }
        _ => None,
    }
}

fn is_exact(variances: &[f64]) -> bool {
    variances.iter().all(|variance| *variance == 0.0)
}

/// The variances that those of one input lead to: a deviation to either side of every `period`th element at once, none of which
/// has to do with another's results.
fn by_differences(
    with: &dyn Fn(usize, Vec<f64>) -> Vec<f64>,
    inputs: &[&Tensor64],
    variances: &[&[f64]],
    input: usize,
    period: usize,
) -> Vec<f64> {
    let given = &inputs[input].data;
    let middle = with(input, given.clone());
    let mut sum = vec![0.0; middle.len()];
    for first in 0..period {
        let moved = |side: f64| {
            let mut data = given.clone();
            for at in (first..data.len()).step_by(period) {
                data[at] += side * variances[input][at].sqrt();
            }
            with(input, data)
        };
        let sides = [moved(1.0), moved(-1.0)];
        for (at, sum) in sum.iter_mut().enumerate() {
            *sum += sides.iter().map(|side| square(side[at] - middle[at])).fold(0.0, f64::max);
        }
    }
    sum
}

fn square(x: f64) -> f64 {
    x * x
}
