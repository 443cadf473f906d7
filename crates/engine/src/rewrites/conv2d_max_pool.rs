//! A convolution, its bias, the ReLU where there is one, and the max pooling behind them become one node.
//!
//! *Exact*: the kernel of [`Conv2dMaxPool`] computes each part as its own kernel does.
//!
//! *What for*: the activation before the pooling is the largest of most networks, and is never written to memory; positions that no
//! window covers are not computed.

use super::{Replacements, node_of, only_reader};
use crate::graph::{Graph, Span};
use crate::map::{Builder, Function, Program};
use crate::ops::{Conv2dMaxPool, Operation, Padding};
use crate::plan::PlanOptions;

/// The bias' program, as layers write it, with and without the ReLU.
fn epilogue(has_relu: bool) -> Program {
    let mut builder = Builder::new(2);
    let (x, bias) = (builder.input(0), builder.input(1));
    let mut y = builder.apply(Function::Add, &[x, bias]);
    if has_relu {
        y = builder.apply(Function::Relu, &[y]);
    }
    builder.finish(&[y])
}

pub(super) fn find(graph: &Graph, _options: PlanOptions) -> Replacements {
    let mut found: Replacements = Vec::new();
    for (idx, node) in graph.nodes().iter().enumerate() {
        let Operation::MaxPool2d(pool) = node.op else { continue };
        // Windows that overlap would have positions computed twice.
        let is_apart =
            pool.padding == Padding::Valid && pool.size[0] <= pool.stride[0] && pool.size[1] <= pool.stride[1];
        let [activation] = node.inputs[..] else { continue };
        let Some(biased) = node_of(graph, activation).filter(|_| is_apart) else { continue };
        let Operation::Map(map) = &graph.nodes()[biased].op else { continue };
        let Some(has_relu) = [true, false].into_iter().find(|has_relu| map.program == epilogue(*has_relu)) else {
            continue;
        };
        let [convolved, bias] = graph.nodes()[biased].inputs[..] else { continue };
        let Some(convolution) = node_of(graph, convolved) else { continue };
        let Operation::Conv2d(conv) = graph.nodes()[convolution].op else { continue };
        let filters = graph.shape(convolved)[2];
        let is_bias = graph.shape(bias)[..] == [filters] && graph.ty(bias).span == Span::Step;
        if !is_bias || only_reader(graph, activation) != Some(idx) || only_reader(graph, convolved) != Some(biased) {
            continue;
        }
        let [x, w] = graph.nodes()[convolution].inputs[..] else { continue };
        let op = Conv2dMaxPool { conv, has_relu, pool };
        found
            .push((idx, Box::new(move |graph, now| graph.apply(op, &[now(x), now(w), now(bias)]).expect("as before"))));
    }
    found
}
