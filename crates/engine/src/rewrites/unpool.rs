//! What reads the gradient of a max pooling's input reads it through the arg-max:
//!
//! reader(max_pool2d_gradient(arg-max, dy)) = unpooled[reader](arg-max, dy).
//!
//! *Exact*: the operation is defined so. Of a window only the position of its arg-max has a gradient, and the readers skip zeros, or
//! add them to sums that started at +0.0.
//!
//! *What for*: that gradient is the largest of a network's, and most of it zeros: it is neither written nor searched.

use super::{Replacements, node_of};
use crate::graph::Graph;
use crate::ops::{Operation, Unpooled, UnpooledReader, Zeros};
use crate::plan::PlanOptions;

pub(super) fn find(graph: &Graph, _options: PlanOptions) -> Replacements {
    let mut found: Replacements = Vec::new();
    for (idx, node) in graph.nodes().iter().enumerate() {
        let reader = match &node.op {
            Operation::BatchSum(op) if op.shape.rank() == 1 => UnpooledReader::Sum(op.clone()),
            Operation::Conv2dInputGradient(op) if op.zeros == Zeros::Skip => UnpooledReader::Input(op.clone()),
            Operation::Conv2dWeightGradient(op) if op.zeros == Zeros::Skip => UnpooledReader::Weights(op.clone()),
            _ => continue,
        };
        let at = reader.input();
        let Some(spreading) = node_of(graph, node.inputs[at]) else { continue };
        let Operation::MaxPool2dGradient(gradient) = &graph.nodes()[spreading].op else { continue };
        if !Unpooled::is_possible(&gradient.pool) {
            continue;
        }
        let mut inputs = node.inputs.clone();
        inputs.splice(at..=at, graph.nodes()[spreading].inputs.iter().copied());
        let op = Unpooled { reader, gradient: gradient.clone() };
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
