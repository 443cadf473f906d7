//! Rewrites of a graph before the CPU executor plans it: exact ones, which change no bit of what the graph's outputs and states
//! are. One file each, one list.
//!
//! What changes bits is *definitional*: it stands in the graph itself, for every executor ([`Zeros`](crate::ops::Zeros),
//! Winograd's tiles in [`Conv2d`](crate::ops::Conv2d)).

mod conv2d_max_pool;
mod dense_transposed;
mod dense_update;
mod gate_before_pool;
mod unpool;

use crate::graph::{Graph, Origin, Value};
use crate::plan::PlanOptions;

/// A rewrite: what stands in place of nodes that it recognises.
type Rewrite = fn(&Graph, PlanOptions) -> Replacements;

/// The rewrites, in the order in which they are applied.
const REWRITES: &[Rewrite] = &[
    // First, since it lets a convolution's activation be read by its pooling alone.
    gate_before_pool::find,
    conv2d_max_pool::find,
    // After the gate has left the place behind the pooling's gradient.
    unpool::find,
    dense_transposed::find,
    dense_update::find,
];

/// For some nodes, what adds others in their place: given the new graph and what stands there for each value of the old one, it
/// returns the node's outputs.
pub(crate) type Replacements = Vec<(usize, Box<Replace>)>;
pub(crate) type Replace = dyn Fn(&mut Graph, &dyn Fn(Value) -> Value) -> Vec<Value>;

/// The graph after all rewrites; the same graph where none applies.
pub(crate) fn rewrite(graph: &Graph, options: PlanOptions) -> Graph {
    let mut current = graph.clone();
    for rewrite in REWRITES {
        let replacements = rewrite(&current, options);
        if !replacements.is_empty() {
            current = current.replay(&replacements);
        }
    }
    current
}

/// The graph whose gates of ReLUs stand before the gradients of the poolings behind these.
pub(crate) fn gates_before_pools(graph: &Graph) -> Graph {
    graph.replay(&gate_before_pool::find(graph, PlanOptions::default()))
}

/// The node of which the value is the first output.
fn node_of(graph: &Graph, value: Value) -> Option<usize> {
    match graph.origin(value) {
        Origin::Node { node, output: 0 } => Some(node),
        _ => None,
    }
}

/// The nodes that read a value; `None` if the caller or a state does, too.
fn readers(graph: &Graph, value: Value) -> Option<Vec<usize>> {
    let is_kept = graph.outputs().iter().any(|(_, output)| *output == value)
        || graph.assignments().iter().any(|(_, assigned)| *assigned == value);
    let reads = |node: &usize| graph.nodes()[*node].inputs.contains(&value);
    (!is_kept).then(|| (0..graph.nodes().len()).filter(reads).collect())
}

/// The only node that reads a value.
fn only_reader(graph: &Graph, value: Value) -> Option<usize> {
    match readers(graph, value)?[..] {
        [reader] => Some(reader),
        _ => None,
    }
}
