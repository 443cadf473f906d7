//! Networks with weights of 8 bits, made from trained ones: which layers can be, and the graph in which some are.
//!
//! Activations between layers stay f32: a quantised layer rounds what it reads and gives f32, so that whatever stands between two
//! of them is what it was. Rounding is monotone, hence a ReLU or a max pooling before it gives what it would behind it.

use std::collections::BTreeMap;

use crate::error::GraphError;
use crate::graph::{Graph, Node, Origin, Value};
use crate::ops::{Affine, Operation, QuantizedConv2d, QuantizedDense, QuantizedWeights};

/// A layer that can be computed with weights of 8 bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantizable {
    /// The state that holds its weights.
    pub weights: String,
    /// What it reads: whose range must be known.
    pub input: Value,
}

/// What becomes of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedLayer {
    /// How what it reads becomes whole numbers.
    pub input: Affine,
    /// Its weights.
    pub weights: QuantizedWeights,
}

/// The dense layers and convolutions of a graph whose weights are a state that nothing else reads; not grouped convolutions, and not
/// sums of more terms than 32 bits hold.
pub fn quantizable(graph: &Graph) -> Vec<Quantizable> {
    let site = |node: &Node| Some(Quantizable { weights: weights_of(graph, node)?.to_owned(), input: node.inputs[0] });
    graph.nodes().iter().filter_map(site).collect()
}

/// The name of the state that holds a node's weights, if the node can be quantised.
fn weights_of<'g>(graph: &'g Graph, node: &Node) -> Option<&'g str> {
    match &node.op {
        Operation::Dense(_) => {}
        Operation::Conv2d(conv) if conv.groups == 1 => {}
        _ => return None,
    }
    let weights = node.inputs[1];
    let Origin::State(idx) = graph.origin(weights) else { return None };
    let shape = graph.shape(weights);
    if shape.elements() / shape.last().max(1) > QuantizedWeights::MAX_TERMS {
        return None;
    }
    let n_readers = graph.nodes().iter().flat_map(|node| &node.inputs).filter(|input| **input == weights).count();
    let is_kept = graph.outputs().iter().any(|(_, output)| *output == weights)
        || graph.assignments().iter().any(|(state, _)| *state == idx);
    (n_readers == 1 && !is_kept).then(|| graph.states()[idx.0].name.as_str())
}

/// The graph with these layers, by their weights' names, quantised. Their weights are no states of it; all else is as before.
///
/// # Errors
/// [`GraphError`] where a layer's weights do not fit. Names of no [`quantizable`] layer are passed over.
pub fn quantized(graph: &Graph, layers: &BTreeMap<String, QuantizedLayer>) -> Result<Graph, GraphError> {
    let layer_of = |node: &Node| layers.get(weights_of(graph, node)?);
    let replaced: Vec<Value> =
        graph.nodes().iter().filter(|node| layer_of(node).is_some()).map(|node| node.inputs[1]).collect();
    let mut made = Graph::new();
    let mut now: BTreeMap<Value, Value> = BTreeMap::new();
    for input in graph.inputs() {
        now.insert(input.value, made.input(&input.name, graph.ty(input.value).clone())?);
    }
    for state in graph.states().iter().filter(|state| !replaced.contains(&state.value)) {
        now.insert(state.value, made.state(&state.name, state.shape.clone(), state.role)?);
    }
    for node in graph.nodes() {
        made.set_scope(&node.scope);
        let outputs = match (layer_of(node), &node.op) {
            (Some(QuantizedLayer { input, weights }), Operation::Conv2d(conv)) => {
                let op = QuantizedConv2d { conv: *conv, input: *input, weights: weights.clone() };
                made.apply(op, &[now[&node.inputs[0]]])?
            }
            (Some(QuantizedLayer { input, weights }), _) => {
                let op = QuantizedDense { input: *input, weights: weights.clone() };
                made.apply(op, &[now[&node.inputs[0]]])?
            }
            (None, op) => {
                let inputs: Vec<Value> = node.inputs.iter().map(|input| now[input]).collect();
                made.apply(op.clone(), &inputs)?
            }
        };
        now.extend(node.outputs.iter().copied().zip(outputs));
    }
    for (name, value) in graph.outputs() {
        made.output(name, now[value])?;
    }
    for (state, value) in graph.assignments() {
        made.assign(now[&graph.states()[state.0].value], now[value])?;
    }
    Ok(made)
}
