//! The executor's rewrites: where they apply, and that they change no bit.

use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_engine::map::{Function, Program};
use proofmark_engine::ops::{Conv2d, MaxPool2d, Padding};
use proofmark_engine::{Graph, GraphError, Type, Value};

use crate::networks::{bias_and_relu, dense, descend, finish, initial, parameter};
use crate::trace::train;

const N_SAMPLES: usize = 13;

/// A convolution with what stands behind it.
#[derive(Clone, Copy)]
struct Block {
    image: [usize; 3],
    filters: usize,
    padding: Padding,
    has_relu: bool,
    window: [usize; 2],
    stride: [usize; 2],
    /// The activation is read behind the pooling as well.
    has_bypass: bool,
    /// Which rewritten nodes a step has.
    expected: &'static [&'static str],
}

const FUSED: &[&str] = &["conv2d_max_pool"];

const PLAIN: Block = Block {
    image: [8, 9, 2],
    filters: 5,
    padding: Padding::Valid,
    has_relu: true,
    window: [2, 2],
    stride: [2, 2],
    has_bypass: false,
    expected: FUSED,
};

const BLOCKS: &[(&str, Block)] = &[
    ("a ReLU", PLAIN),
    ("no ReLU", Block { has_relu: false, ..PLAIN }),
    ("blank patches", Block { image: [30, 34, 1], filters: 37, ..PLAIN }),
    ("blank patches, same", Block { image: [21, 24, 1], padding: Padding::Same, has_relu: false, ..PLAIN }),
    ("more columns than are looked at", Block { image: [8, 300, 1], ..PLAIN }),
    ("tiles", Block { image: [9, 8, 16], filters: 17, ..PLAIN }),
    ("tiles, same", Block { image: [7, 9, 17], filters: 16, padding: Padding::Same, ..PLAIN }),
    ("tiles under larger windows", Block { image: [9, 8, 16], filters: 16, window: [3, 2], stride: [3, 3], ..PLAIN }),
    ("windows apart", Block { window: [1, 2], stride: [2, 3], ..PLAIN }),
    ("windows that overlap", Block { window: [3, 3], stride: [2, 2], expected: &[], ..PLAIN }),
    ("an activation that is read twice", Block { has_bypass: true, expected: &[], ..PLAIN }),
];

fn network(block: &Block) -> Result<Graph, GraphError> {
    let mut graph = Graph::new();
    let name = if block.image[2] == 1 { "blank" } else { "image" };
    let image = graph.input(name, Type::sample(block.image))?;
    let kernel = parameter(&mut graph, "conv.kernel", &[3, 3, block.image[2], block.filters])?;
    let x = graph.add(Conv2d { padding: block.padding, ..Conv2d::valid() }, &[image, kernel])?;
    let x = if block.has_relu {
        bias_and_relu(&mut graph, x, "conv")?
    } else {
        let bias = parameter(&mut graph, "conv.bias", &[block.filters])?;
        graph.map(Program::of(Function::Add), &[x, bias])?
    };
    let pool = MaxPool2d { size: block.window, stride: block.stride, padding: Padding::Valid };
    let pooled = graph.add(pool, &[x])?;
    let mut logits = dense(&mut graph, pooled, "logits", 5)?;
    if block.has_bypass {
        let other: Value = dense(&mut graph, x, "bypass", 5)?;
        logits = graph.map(Program::of(Function::Add), &[logits, other])?;
    }
    finish(&mut graph, logits)?;
    Ok(graph)
}

/// Three steps with and without rewrites, on every level, on two threads.
#[test]
fn a_rewritten_graph_has_the_same_bits() {
    for (name, block) in BLOCKS {
        let graph = network(block).unwrap();
        let plain = CpuExecutor { level: Level::Scalar, rewrites: false, ..CpuExecutor::new(1) };
        let expected = train(&graph, &plain, N_SAMPLES, 3).bits();
        for level in Level::available() {
            for rewrites in [false, true] {
                let executor = CpuExecutor { level, rewrites, poison: true, ..CpuExecutor::new(2) };
                let bits = train(&graph, &executor, N_SAMPLES, 3).bits();
                assert!(bits == expected, "{name}, {level}, rewrites {rewrites}: other bits");
            }
        }
    }
}

#[test]
fn rewrites_apply_where_they_should() {
    for (name, block) in BLOCKS {
        let graph = network(block).unwrap();
        let states = initial(&graph);
        let session = CpuExecutor::new(1).session(&graph, &states, N_SAMPLES).unwrap();
        let ops: Vec<&str> = session.graph().nodes().iter().map(|node| node.op.name()).collect();
        let fused: Vec<&str> = ops.iter().copied().filter(|op| *op == "conv2d_max_pool").collect();
        assert_eq!(fused, block.expected, "{name}");
        // The gradient of the last layer's input, whose samples have one row.
        assert!(ops.contains(&"dense_transposed") && !ops.contains(&"transpose"), "{name}: {ops:?}");
        // The parts are gone where the whole stands.
        assert_eq!(ops.contains(&"conv2d"), fused.is_empty(), "{name}");
        assert_eq!(ops.contains(&"max_pool2d"), fused.is_empty(), "{name}");
        // The gate of a fused ReLU runs over the pooling's outputs.
        let unpooled = graph.nodes().iter().find(|node| node.op.name() == "conv2d").map(|node| node.outputs[0]);
        let large = graph.ty(unpooled.unwrap());
        let passes = |node: &&proofmark_engine::Node| {
            node.op.to_string().contains("gate") && session.graph().ty(node.outputs[0]) == large
        };
        assert_eq!(
            session.graph().nodes().iter().any(|node| passes(&node)),
            block.has_relu && fused.is_empty() && block.has_bypass,
            "{name}"
        );
        let without =
            CpuExecutor { rewrites: false, ..CpuExecutor::new(1) }.session(&graph, &states, N_SAMPLES).unwrap();
        assert_eq!(without.graph().to_string(), graph.to_string(), "{name}");
    }
}

/// Two dense layers of which the first is large against what a shard reads and writes; more rows than a task has.
fn large(has_norm: bool) -> Graph {
    let mut graph = Graph::new();
    let x = graph.input("x", Type::sample([600])).unwrap();
    let x = dense(&mut graph, x, "hidden", 60).unwrap();
    let x = bias_and_relu(&mut graph, x, "hidden").unwrap();
    let logits = dense(&mut graph, x, "logits", 5).unwrap();
    descend(&mut graph, logits, has_norm).unwrap();
    graph
}

#[test]
fn a_large_layer_is_updated_as_its_gradient_is_computed() {
    for (has_norm, expected) in [(false, 1), (true, 0)] {
        let graph = large(has_norm);
        let plain = CpuExecutor { level: Level::Scalar, rewrites: false, ..CpuExecutor::new(1) };
        let bits = train(&graph, &plain, N_SAMPLES, 3).bits();
        for (level, threads) in Level::available().into_iter().flat_map(|level| [1, 2, 5].map(|n| (level, n))) {
            let executor = CpuExecutor { level, poison: true, ..CpuExecutor::new(threads) };
            let session = executor.session(&graph, &initial(&graph), N_SAMPLES).unwrap();
            let updates = session.graph().nodes().iter().filter(|node| node.op.name() == "dense_update").count();
            // Where the norm reads the gradients as well, they are kept.
            assert_eq!(updates, expected, "norm: {has_norm}");
            let rewritten = train(&graph, &executor, N_SAMPLES, 3).bits();
            assert!(rewritten == bits, "{level}, {threads} threads, norm: {has_norm}: other bits");
        }
    }
}
