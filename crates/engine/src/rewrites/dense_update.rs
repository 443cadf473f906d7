//! The gradient of a large dense layer's weights and the update that alone reads it:
//!
//! map(dense_weight_gradient(x, dy), ..) = dense_update[map](x, dy, ..).
//!
//! *Exact*: the operation is defined so.
//!
//! *What for*: the gradient, as large as the weights, is neither written nor read again, and needs no memory. Where the gradient is
//! read by something else as well (clipping by the global norm, accumulation), or is summed over shards, it stays apart.

use super::{Replacements, node_of, only_reader};
use crate::graph::{Graph, Span};
use crate::ops::{DenseUpdate, Operation};
use crate::plan::{PlanOptions, runs_over_shards};

pub(super) fn find(graph: &Graph, options: PlanOptions) -> Replacements {
    let mut found: Replacements = Vec::new();
    for (idx, node) in graph.nodes().iter().enumerate() {
        let Operation::Map(map) = &node.op else { continue };
        let produced = node.inputs.iter().enumerate().find_map(|(at, input)| {
            let producer = node_of(graph, *input)?;
            let is_gradient = matches!(graph.nodes()[producer].op, Operation::DenseWeightGradient(_));
            (is_gradient && only_reader(graph, *input) == Some(idx)).then_some((at, producer))
        });
        let Some((gradient, producer)) = produced else { continue };
        let shape = graph.shape(node.inputs[gradient]);
        let fits = node.inputs.iter().enumerate().all(|(at, input)| {
            let ty = graph.ty(*input);
            ty.span == Span::Step && (ty.shape == *shape || ty.elements() == 1)
                // The gradient twice would be two inputs of the map.
                && (at == gradient || *input != node.inputs[gradient])
        });
        if !fits || runs_over_shards(graph, producer, options) {
            continue;
        }
        let op = DenseUpdate { program: map.program.clone(), gradient };
        let mut inputs = graph.nodes()[producer].inputs.clone();
        inputs.extend(node.inputs.iter().enumerate().filter(|(at, _)| *at != gradient).map(|(_, input)| *input));
        found.push((
            idx,
            Box::new(move |graph, now| {
                let inputs: Vec<_> = inputs.iter().map(|input| now(*input)).collect();
                graph.apply(op.clone(), &inputs).expect("types are those of the parts")
            }),
        ));
    }
    found
}
