//! The gradient of a ReLU that stands before a max pooling passes the gate before it is spread over the pooling's windows:
//!
//! gate(max_pool2d_gradient(arg-max, dy), a) = max_pool2d_gradient(arg-max, gate(dy, y)), where y is the pooling of a.
//!
//! *Exact*: what a window selected stands at the arg-max of it, so that y there is a, bit for bit; and the gate of +0.0 is +0.0. Of
//! windows that overlap, all that selected a position have its a.
//!
//! *What for*: the gate runs over a quarter of the elements, and nothing reads the activation any more but its pooling.

use super::{Replacements, node_of, only_reader};
use crate::graph::Graph;
use crate::map::{Builder, Function, Program};
use crate::ops::Operation;
use crate::plan::PlanOptions;

/// The program of a ReLU's gradient as it stands in graphs: the result first, the gradient after it.
fn gate() -> Program {
    let mut builder = Builder::new(2);
    let (y, dy) = (builder.input(0), builder.input(1));
    let gated = builder.apply(Function::Gate, &[dy, y]);
    builder.finish(&[gated])
}

pub(super) fn find(graph: &Graph, _options: PlanOptions) -> Replacements {
    let gate = gate();
    let mut found: Replacements = Vec::new();
    for (idx, node) in graph.nodes().iter().enumerate() {
        let Operation::Map(map) = &node.op else { continue };
        if map.program != gate {
            continue;
        }
        let [activation, spread] = node.inputs[..] else { continue };
        let Some(spreading) = node_of(graph, spread) else { continue };
        let Operation::MaxPool2dGradient(gradient) = graph.nodes()[spreading].op.clone() else { continue };
        if only_reader(graph, spread) != Some(idx) {
            continue;
        }
        let [arg_max, dy] = graph.nodes()[spreading].inputs[..] else { continue };
        // The pooling whose arg-max it is must be that of the gate's activation.
        let pooling = graph.nodes()[..spreading].iter().find(|pooling| pooling.outputs.get(1) == Some(&arg_max));
        let Some(pooling) = pooling else { continue };
        if pooling.op != Operation::MaxPool2d(gradient.pool) || pooling.inputs != [activation] {
            continue;
        }
        let (y, map) = (pooling.outputs[0], map.clone());
        found.push((
            idx,
            Box::new(move |graph, now| {
                let gated =
                    graph.add(map.clone(), &[now(y), now(dy)]).expect("types are those of the pooling's output");
                graph.apply(gradient.clone(), &[now(arg_max), gated]).expect("as before")
            }),
        ));
    }
    found
}
