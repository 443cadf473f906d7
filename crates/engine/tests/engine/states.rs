//! States: what is read in a step is the old value, whoever computes the new one, and in whatever phase it is read.

use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::map::{Builder, Function, Map, Program};
use proofmark_engine::ops::{GlobalNorm, Reshape};
use proofmark_engine::{Feed, Graph, GraphError, StateRole, Type};

use crate::networks::{Data, apply, parameter};
use crate::plans::{plans, verify};
use crate::trace::{pair, train};

#[test]
fn only_a_state_is_assigned() {
    let mut graph = Graph::new();
    let x = graph.input("x", Type::step([3])).unwrap();
    let error = graph.assign(x, x).unwrap_err();
    assert_eq!(error, GraphError::NotAState { value: x });
    assert_eq!(error.to_string(), "`%0` is assigned a value, and is no state");
}

/// The new value of a state is read by others in the same step: they must see it, and the state gets a copy.
#[test]
fn a_new_state_can_be_used_in_its_own_step() {
    let mut graph = Graph::new();
    let x = graph.input("x", Type::sample([3])).unwrap();
    let count = graph.state("count", [3].into(), StateRole::Statistic).unwrap();
    let next = graph.map(add_one(), &[count]).unwrap();
    graph.assign(count, next).unwrap();
    // In a shard phase, long before states are written.
    let sum = apply(&mut graph, Function::Add, &[x, next]).unwrap();
    graph.output("sum", sum).unwrap();
    check_counter(&graph, |x, count| x + count);
    // As an output.
    let mut graph = Graph::new();
    graph.input("x", Type::sample([3])).unwrap();
    let count = graph.state("count", [3].into(), StateRole::Statistic).unwrap();
    let next = graph.map(add_one(), &[count]).unwrap();
    graph.assign(count, next).unwrap();
    graph.output("next", next).unwrap();
    check_counter(&graph, |_, count| count);
}

/// Only a part of a node's outputs becomes states: what reads the others does so before or after, and in any phase.
#[test]
fn a_program_can_give_a_state_its_value_and_others_theirs() {
    for (assigned, read) in [(0, 1), (1, 0)] {
        for is_read_first in [false, true] {
            let mut graph = Graph::new();
            let x = graph.input("x", Type::sample([3])).unwrap();
            let count = graph.state("count", [3].into(), StateRole::Statistic).unwrap();
            let mut builder = Builder::new(1);
            let next = builder.apply(Function::Add, &[builder.input(0), builder.constant(1.0)]);
            let double = builder.apply(Function::Mul, &[next, builder.constant(2.0)]);
            let outputs = if assigned == 0 { [next, double] } else { [double, next] };
            let outputs = graph.apply(Map { program: builder.finish(&outputs) }, &[count]).unwrap();
            let add = |graph: &mut Graph| apply(graph, Function::Add, &[x, outputs[read]]).unwrap();
            let before = is_read_first.then(|| add(&mut graph));
            graph.assign(count, outputs[assigned]).unwrap();
            let sum = before.unwrap_or_else(|| add(&mut graph));
            graph.output("sum", sum).unwrap();
            check_counter(&graph, |x, count| x + 2.0 * count);
        }
    }
    // As an output of the graph.
    let mut graph = Graph::new();
    graph.input("x", Type::sample([3])).unwrap();
    let count = graph.state("count", [3].into(), StateRole::Statistic).unwrap();
    let next = graph.map(add_one(), &[count]).unwrap();
    let both = pair(&mut graph, next).unwrap();
    graph.assign(count, next).unwrap();
    graph.output("half", both[1]).unwrap();
    check_counter(&graph, |_, count| count / 2.0);
}

/// One program that computes several new states writes all of them in place.
#[test]
fn a_program_can_write_several_states() {
    let mut graph = Graph::new();
    graph.input("x", Type::sample([3])).unwrap();
    let states = ["count", "other"].map(|name| graph.state(name, [3].into(), StateRole::Statistic).unwrap());
    let mut builder = Builder::new(2);
    let next = builder.apply(Function::Add, &[builder.input(0), builder.constant(1.0)]);
    let other = builder.apply(Function::Sub, &[builder.input(1), builder.input(0)]);
    let new = graph.apply(Map { program: builder.finish(&[next, other]) }, &states).unwrap();
    graph.assign(states[0], new[0]).unwrap();
    graph.assign(states[1], new[1]).unwrap();
    assert_eq!(graph.nodes().len(), 1, "{graph}");
    for plan in plans(&graph) {
        verify(&graph, &plan).unwrap();
    }
    let trace = train(&graph, &CpuExecutor { poison: true, ..CpuExecutor::new(2) }, 3, 3);
    assert_eq!((trace.states[0], trace.states[16]), (3.0, -3.0));
}

/// x + 1.
fn add_one() -> Program {
    let mut builder = Builder::new(1);
    let sum = builder.apply(Function::Add, &[builder.input(0), builder.constant(1.0)]);
    builder.finish(&[sum])
}

/// The graph counts its steps in a state of three elements; its output is a function of x and the new count.
fn check_counter(graph: &Graph, expected: impl Fn(f32, f32) -> f32) {
    for plan in plans(graph) {
        verify(graph, &plan).unwrap();
    }
    let trace = train(graph, &CpuExecutor { poison: true, ..CpuExecutor::new(2) }, 3, 2);
    let data = Data::new(graph, 3);
    let Feed::F32(x) = data.feeds()[0] else { panic!("x is f32") };
    for (step, outputs) in trace.outputs.iter().enumerate() {
        let count = step as f32 + 1.0;
        let is_right = outputs[0].iter().zip(x).all(|(output, x)| *output == expected(*x, count));
        assert!(is_right, "step {step}: {outputs:?}");
    }
    assert_eq!(trace.states[..3], [2.0f32; 3]);
}

/// A view of a state is the state's own memory: what reads it comes before the state is written.
#[test]
fn a_view_of_a_state_is_read_before_the_state_is_written() {
    let mut graph = Graph::new();
    let state = parameter(&mut graph, "w", &[2, 2]).unwrap();
    let flat = graph.add(Reshape { shape: [4].into() }, &[state]).unwrap();
    let norm = graph.add(GlobalNorm, &[flat]).unwrap();
    graph.output("norm", norm).unwrap();
    let doubled = apply(&mut graph, Function::Add, &[state, state]).unwrap();
    graph.assign(state, doubled).unwrap();
    for plan in plans(&graph) {
        verify(&graph, &plan).unwrap();
    }
    let error = apply(&mut graph, Function::Add, &[flat, flat]).unwrap_err();
    assert!(matches!(error, GraphError::UsedAfterAssign { .. }), "{error}");
}
