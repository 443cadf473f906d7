//! What a training step keeps in bf16.

use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_engine::executor::reference::ReferenceExecutor;
use proofmark_engine::gradient::backward;
use proofmark_engine::map::{Function, Program};
use proofmark_engine::ops::{AveragePool2d, Cast, Conv2d, MaxPool2d, Operation, Padding, Reduce, ReduceKind};
use proofmark_engine::plan::{PlanOptions, plan};
use proofmark_engine::precision::store_in_bf16;
use proofmark_engine::{Graph, GraphError, Origin, Type, Value};
use proofmark_tensor::Bf16;

use crate::networks::{bias_and_relu, dense, finish, normalise, normalised, parameter, wide};
use crate::trace::train;

const N_SAMPLES: usize = 13;

fn conv(graph: &mut Graph, x: Value, name: &str, filters: usize) -> Result<Value, GraphError> {
    graph.set_scope(name);
    let channels = graph.shape(x).last();
    let kernel = parameter(graph, &format!("{name}.kernel"), &[3, 3, channels, filters])?;
    graph.add(Conv2d { padding: Padding::Same, ..Conv2d::valid() }, &[x, kernel])
}

/// Convolutions before and behind a pooling, and at the end everything a sample has in one row.
fn convolutions() -> Result<Graph, GraphError> {
    let mut graph = Graph::new();
    let mut x = graph.input("image", Type::sample([10, 8, 3]))?;
    for (name, filters) in [("first", 5), ("second", 16), ("third", 17)] {
        x = conv(&mut graph, x, name, filters)?;
        x = bias_and_relu(&mut graph, x, name)?;
        if name == "second" {
            x = graph.add(MaxPool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid }, &[x])?;
        }
    }
    x = graph.add(AveragePool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid }, &[x])?;
    let logits = dense(&mut graph, x, "logits", 5)?;
    finish(&mut graph, logits)?;
    Ok(graph)
}

/// As many convolutions of one size.
fn deep(n_layers: usize, is_normalised: bool) -> Result<Graph, GraphError> {
    let mut graph = Graph::new();
    let mut x = graph.input("image", Type::sample([12, 12, 8]))?;
    for layer in 0..n_layers {
        let name = format!("layer {layer}");
        x = conv(&mut graph, x, &name, 8)?;
        if is_normalised {
            x = normalise(&mut graph, x, &name)?;
        }
        x = bias_and_relu(&mut graph, x, &name)?;
    }
    x = graph.add(Reduce { kind: ReduceKind::Mean, axes: vec![0, 1] }, &[x])?;
    let logits = dense(&mut graph, x, "logits", 5)?;
    finish(&mut graph, logits)?;
    Ok(graph)
}

fn in_bf16(graph: &Graph) -> Graph {
    store_in_bf16(graph, "share").expect("something to store")
}

#[test]
fn what_is_stored_stands_in_the_graph() {
    let graph = in_bf16(&convolutions().unwrap()).to_string();
    let casts: Vec<&str> = graph.lines().filter(|line| line.contains("cast") || line.contains("pool")).collect();
    insta::assert_snapshot!(casts.join("\n"));
}

#[test]
fn levels_threads_and_phases_do_not_change_a_bit() {
    for graph in [convolutions(), normalised(), deep(3, true)] {
        let graph = in_bf16(&graph.unwrap());
        let plain = CpuExecutor { level: Level::Scalar, rewrites: false, ..CpuExecutor::new(1) };
        let expected = train(&graph, &plain, N_SAMPLES, 3).bits();
        for level in Level::available() {
            for (threads, outputs_ratio) in [(1, 4), (2, 0), (3, 1), (5, usize::MAX)] {
                let options = PlanOptions { outputs_ratio, ..PlanOptions::default() };
                let executor = CpuExecutor { level, options, poison: true, ..CpuExecutor::new(threads) };
                let found = train(&graph, &executor, N_SAMPLES, 3).bits();
                assert!(found == expected, "{level}, {threads} threads, ratio {outputs_ratio}:\n{graph}");
            }
        }
    }
}

/// The reference rounds to bf16 as well. Where a sum in f32 falls on the other side of a middle, one stored number differs by its
/// last bit, hence the wide bound.
#[test]
fn the_reference_computes_the_same() {
    for graph in [convolutions(), normalised()] {
        let plain = graph.unwrap();
        let graph = in_bf16(&plain);
        let found = train(&graph, &CpuExecutor::new(1), N_SAMPLES, 2);
        let expected = train(&graph, &ReferenceExecutor, N_SAMPLES, 2);
        let in_f32 = train(&plain, &CpuExecutor::new(1), N_SAMPLES, 2);
        for ((found, expected), in_f32) in found.states.iter().zip(&expected.states).zip(&in_f32.states) {
            assert!((found - expected).abs() < 1e-3, "{found} {expected}");
            assert!((found - in_f32).abs() < 2e-2, "{found} in bf16, {in_f32} in f32");
        }
        assert_ne!(found.bits(), in_f32.bits());
    }
}

/// Each reader has the number that was computed, rounded.
#[test]
fn every_reader_has_the_rounded_value() {
    let mut graph = in_bf16(&convolutions().unwrap());
    let first = graph.outputs().len();
    let mut pairs = Vec::new();
    for node in graph.clone().nodes() {
        if node.op == Operation::Cast(Cast::ToF32) {
            let mut stored = node.inputs[0];
            while let Origin::Node { node, .. } = graph.origin(stored)
                && graph.nodes()[node].op != Operation::Cast(Cast::ToBf16)
            {
                stored = graph.nodes()[node].inputs[0];
            }
            let Origin::Node { node: rounding, .. } = graph.origin(stored) else { panic!("nobody stored {stored}") };
            pairs.push([graph.nodes()[rounding].inputs[0], node.outputs[0]]);
        }
    }
    assert!(pairs.len() > 4);
    for (idx, [computed, read]) in pairs.iter().enumerate() {
        graph.map(Program::identity(), &[*computed]).and_then(|x| graph.output(&format!("computed {idx}"), x)).unwrap();
        graph.output(&format!("read {idx}"), *read).unwrap();
    }
    let trace = train(&graph, &CpuExecutor::new(2), N_SAMPLES, 1);
    for pair in trace.outputs[0][first..].chunks(2) {
        let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        let rounded = pair[0].iter().map(|x| Bf16::from_f32(*x).to_f32()).collect();
        assert_eq!(bits(rounded), bits(pair[1].clone()));
        assert_ne!(bits(pair[0].clone()), bits(pair[1].clone()), "nothing that rounding changes");
    }
}

/// Arenas for what lives within a phase, batch memory for what waits for a batch's statistics.
#[test]
fn deep_networks_need_less_memory() {
    let bytes = |graph: &Graph| {
        let plan = plan(graph, PlanOptions::default(), 64);
        (plan.arena_bytes, plan.batch_bytes)
    };
    let (plain, normal) = (deep(24, false).unwrap(), deep(12, true).unwrap());
    let ((before, _), (after, _)) = (bytes(&plain), bytes(&in_bf16(&plain)));
    assert!(after * 3 < before * 2, "arenas of {before} and {after} bytes");
    let ((_, before), (_, after)) = (bytes(&normal), bytes(&in_bf16(&normal)));
    assert!(after * 5 < before * 4, "batch memory of {before} and {after} bytes");
}

#[test]
fn rows_alone_are_nothing_to_store() {
    assert!(store_in_bf16(&wide().unwrap(), "share").is_none());
}

/// As if nothing had been rounded.
#[test]
fn gradients_pass_straight_through() {
    let mut graph = Graph::new();
    let weight = parameter(&mut graph, "weight", &[3]).unwrap();
    let x = graph.input("x", Type::sample([3])).unwrap();
    let share = graph.input("share", Type::step([])).unwrap();
    let stored = graph.add(Cast::ToBf16, &[weight]).unwrap();
    let rounded = graph.add(Cast::ToF32, &[stored]).unwrap();
    let product = graph.map(Program::of(Function::Mul), &[rounded, x]).unwrap();
    let loss = graph.add(Reduce { kind: ReduceKind::Sum, axes: vec![0] }, &[product]).unwrap();
    let gradient = backward(&mut graph, loss, share, &[weight]).unwrap()[0].expect("a gradient");
    assert_eq!(graph.ty(gradient), &Type::step([3]));
    graph.output("gradient", gradient).unwrap();
    graph.output("x", x).unwrap();
    let trace = train(&graph, &CpuExecutor::new(1), 2, 1);
    let [gradient, x] = &trace.outputs[0][..] else { panic!("two outputs") };
    let expected: Vec<f32> = (0..3).map(|i| x[i] * 0.5 + x[3 + i] * 0.5).collect();
    assert_eq!(gradient, &expected);
}
