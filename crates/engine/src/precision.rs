//! Mixed precision: what a training step keeps from its forward for its backward pass, stored in bfloat16.
//!
//! Parameters, gradients, what the optimizer remembers and all arithmetic stay f32. An activation that the backward pass reads is
//! rounded once, where it is computed; every reader, going forward or back, gets that rounded number as f32 again. So the bits are
//! defined by the graph, for every executor: [`Cast`] stands in it.
//!
//! *Source*: Micikevicius and others 2018 (*Mixed precision training*), section 3.1, with the numbers of Kalamkar and others 2019:
//! f32's range, hence no scaling of the loss.

use proofmark_tensor::{DType, Shape};

use crate::graph::{Graph, Origin, Span, Value};
use crate::ops::{Cast, Operation, Reshape};
use crate::plan::needed;
use crate::rewrites::{Replacements, gates_before_pools};

/// The same training step with what it keeps in bf16; `None` where there is nothing to store so. `loss_gradient` names the input with
/// which the backward pass starts ([`backward`](crate::gradient::backward)): what is read before it belongs to the forward pass.
///
/// Stored in bf16 is the first output of a node of the forward pass if it is f32 per sample, has at least two axes wherever it is read,
/// is read by the backward pass, and is no output of the graph. So these stay f32:
/// - logits, probabilities and losses: few, and their rounding would be the gradient's;
/// - what dense layers read as one row a sample: its weights and their optimizer's memory outweigh it;
/// - statistics that an operation leaves for its own gradient, such as the sums of softmax's rows.
///
/// What only a ReLU before a pooling would keep is not kept at all: its gate stands behind the pooling here.
///
/// # Panics
/// If there is no such input.
pub fn store_in_bf16(graph: &Graph, loss_gradient: &str) -> Option<Graph> {
    let graph = gates_before_pools(graph);
    let is_stored = stored(&graph, loss_gradient);
    if !is_stored.contains(&true) {
        return None;
    }
    let mut replacements: Replacements = Vec::new();
    for (idx, node) in graph.nodes().iter().enumerate().filter(|(_, node)| !node.op.is_view()) {
        let stored_root = |input: &Value| Some(graph.root(*input)).filter(|root| is_stored[root.idx()]);
        let reads: Vec<Read> = (node.inputs.iter())
            .map(|input| match stored_root(input) {
                None => Read::Itself(*input),
                Some(root) if root == *input => Read::Stored(root, None),
                Some(root) => Read::Stored(root, Some(graph.shape(*input).clone())),
            })
            .collect();
        let stores = is_stored[node.outputs[0].idx()];
        if stores || reads.iter().any(|read| matches!(read, Read::Stored(..))) {
            let op = node.op.clone();
            replacements.push((idx, Box::new(move |graph, now| apply(graph, now, &op, &reads, stores))));
        }
    }
    Some(graph.replay(&replacements))
}

/// What a node reads.
#[derive(PartialEq)]
enum Read {
    /// The value as it is.
    Itself(Value),
    /// What is stored of this value, under this shape where it is another.
    Stored(Value, Option<Shape>),
}

/// By value, whether it is stored in bf16.
fn stored(graph: &Graph, loss_gradient: &str) -> Vec<bool> {
    let nodes = graph.nodes();
    let needed = needed(graph);
    let start = graph.inputs().iter().find(|input| input.name == loss_gradient).expect("an input of this name").value;
    // Whatever else depends on it stands behind the first that reads it.
    let backward = nodes.iter().position(|node| node.inputs.contains(&start)).unwrap_or(nodes.len());
    let mut is_stored = vec![false; graph.n_values()];
    for (idx, node) in nodes.iter().enumerate().filter(|(_, node)| !node.op.is_view()) {
        for root in node.inputs.iter().map(|input| graph.root(*input)).filter(|_| needed[idx] && idx >= backward) {
            let ty = graph.ty(root);
            let is_main = matches!(graph.origin(root), Origin::Node { node, output: 0 } if node < backward);
            is_stored[root.idx()] |= is_main && ty.dtype == DType::F32 && ty.span == Span::Sample;
        }
    }
    let narrow = graph.outputs().iter().map(|(_, output)| *output);
    let rows = (nodes.iter().enumerate())
        .filter(|(idx, node)| needed[*idx] && !node.op.is_view())
        .flat_map(|(_, node)| node.inputs.iter().copied().filter(move |input| graph.shape(*input).rank() < 2));
    for value in narrow.chain(rows) {
        is_stored[graph.root(value).idx()] = false;
    }
    is_stored
}

/// A node that reads what is stored, or stores what it computes.
fn apply(graph: &mut Graph, now: &dyn Fn(Value) -> Value, op: &Operation, reads: &[Read], stores: bool) -> Vec<Value> {
    let mut inputs: Vec<Value> = Vec::new();
    for (idx, read) in reads.iter().enumerate() {
        let input = match (read, reads[..idx].iter().position(|other| other == read)) {
            (_, Some(same)) => inputs[same],
            (Read::Itself(value), None) => now(*value),
            (Read::Stored(value, shape), None) => wide(graph, now(*value), shape.as_ref()),
        };
        inputs.push(input);
    }
    let outputs = graph.apply(op.clone(), &inputs).expect("types are as before");
    if stores {
        graph.add(Cast::ToBf16, &outputs[..1]).expect("f32");
    }
    outputs
}

/// What was stored of a value, as f32.
fn wide(graph: &mut Graph, value: Value, shape: Option<&Shape>) -> Value {
    let rounding = Operation::Cast(Cast::ToBf16);
    let node = graph.nodes().iter().rev().find(|node| node.op == rounding && node.inputs == [value]);
    let mut stored = node.expect("it is stored where it is computed").outputs[0];
    if let Some(shape) = shape {
        stored = graph.add(Reshape { shape: shape.clone() }, &[stored]).expect("a view as before");
    }
    graph.add(Cast::ToF32, &[stored]).expect("bf16")
}
