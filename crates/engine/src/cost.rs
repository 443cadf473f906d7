use crate::graph::{Graph, Node, Span, Type};

/// Floating-point operations of a node of the graph for a batch, as its operation's definition counts them.
pub fn batch_flops(graph: &Graph, node: &Node, samples: usize) -> u64 {
    let inputs: Vec<&Type> = node.inputs.iter().map(|input| graph.ty(*input)).collect();
    let outputs: Vec<Type> = node.outputs.iter().map(|output| graph.ty(*output).clone()).collect();
    let has_samples = inputs.iter().copied().chain(&outputs).any(|ty| ty.span == Span::Sample);
    let times = if has_samples { samples as u64 } else { 1 };
    times * node.op.cost(&inputs, &outputs).flops + node.op.step_cost(&inputs, &outputs).flops
}
