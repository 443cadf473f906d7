//! A dense layer whose matrix is a transpose reads the matrix itself:
//!
//! dense(x, transpose(w)) = dense_transposed(x, w).
//!
//! *Exact*: the operation is defined so.
//!
//! *What for*: the gradient of a dense layer's input. Where each sample has one row, the whole batch takes about as long as writing
//! the transposed matrix and reading it again, and a large layer's needs as much memory as its weights. Where samples have many
//! rows, each shard would transpose for itself what is now transposed once a step.

use super::{Replacements, node_of};
use crate::graph::{Graph, Span};
use crate::ops::{DenseTransposed, Operation, Transpose};
use crate::plan::PlanOptions;

pub(super) fn find(graph: &Graph, _options: PlanOptions) -> Replacements {
    let mut found: Replacements = Vec::new();
    for (idx, node) in graph.nodes().iter().enumerate() {
        let Operation::Dense(_) = node.op else { continue };
        let [x, transposed] = node.inputs[..] else { continue };
        let Some(transposing) = node_of(graph, transposed) else { continue };
        let Operation::Transpose(Transpose { axes }) = &graph.nodes()[transposing].op else { continue };
        let [w] = graph.nodes()[transposing].inputs[..] else { continue };
        if axes[..] != [1, 0] || graph.ty(w).span != Span::Step || graph.shape(x).rank() != 1 {
            continue;
        }
        found.push((
            idx,
            Box::new(move |graph, now| graph.apply(DenseTransposed, &[now(x), now(w)]).expect("types are as before")),
        ));
    }
    found
}
