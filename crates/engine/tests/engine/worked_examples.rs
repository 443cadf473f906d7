//! The product's worked examples, as far as they are about operations: right values, to four digits, on every executor.

use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::executor::reference::ReferenceExecutor;
use proofmark_engine::map::{Builder, Function, Program};
use proofmark_engine::ops::{
    CategoricalCrossEntropy, Conv2d, MaxPool2d, Padding, Reduce, ReduceKind, categorical_cross_entropy,
};
use proofmark_engine::{Executor, Feed, Graph, StateBlock, Step, Type, Value};

/// The value that `build` adds, of inputs with these types and elements, for one sample on every executor.
fn check(inputs: &[(Type, &[f32])], build: impl Fn(&mut Graph, &[Value]) -> Value, expected: &[f32]) {
    let mut graph = Graph::new();
    let values: Vec<Value> =
        inputs.iter().enumerate().map(|(i, (ty, _))| graph.input(&format!("{i}"), ty.clone()).unwrap()).collect();
    let result = build(&mut graph, &values);
    graph.output("result", result).unwrap();
    let feeds: Vec<Feed<'_>> = inputs.iter().map(|(_, elements)| Feed::F32(elements)).collect();
    let executors: [&dyn Executor; 2] = [&ReferenceExecutor, &CpuExecutor::new(1)];
    for executor in executors {
        let mut state = StateBlock::new(&graph);
        let mut session = executor.prepare(&graph, &state, 1).unwrap();
        session.run(&mut state, &Step { ids: &[0], index: 0, seed: 0 }, &feeds).unwrap();
        let output = session.output(0);
        assert_eq!(output.len(), expected.len(), "on {}", executor.name());
        for (value, expected) in output.iter().zip(expected) {
            assert!((value - expected).abs() <= 0.5e-4, "{value}, not {expected}, on {}", executor.name());
        }
    }
}

/// The mean of a vector.
fn mean(graph: &mut Graph, value: Value) -> Value {
    graph.add(Reduce { kind: ReduceKind::Mean, axes: vec![0] }, &[value]).unwrap()
}

#[test]
fn activations_of_minus_two() {
    for (function, expected) in [(Function::Sigmoid, 0.1192), (Function::Relu, 0.0), (Function::Tanh, -0.9640)] {
        let apply = |graph: &mut Graph, x: &[Value]| graph.map(Program::of(function), x).unwrap();
        check(&[(Type::sample([1]), &[-2.0])], apply, &[expected]);
    }
}

#[test]
fn mean_squared_error_of_three_pairs() {
    let pairs = [(Type::sample([3]), &[2.0, 4.0, 6.0][..]), (Type::sample([3]), &[1.9, 4.1, 5.8])];
    let build = |graph: &mut Graph, values: &[Value]| {
        let mut builder = Builder::new(2);
        let difference = builder.apply(Function::Sub, &[builder.input(0), builder.input(1)]);
        let square = builder.apply(Function::Square, &[difference]);
        let squares = graph.map(builder.finish(&[square]), values).unwrap();
        mean(graph, squares)
    };
    check(&pairs, build, &[0.0200]);
}

/// y = (1, 0, 1) and p = (0.9, 0.8, 0.7).
fn truths_and_probabilities() -> [(Type, &'static [f32]); 2] {
    [(Type::sample([3]), &[1.0, 0.0, 1.0]), (Type::sample([3]), &[0.9, 0.8, 0.7])]
}

#[test]
fn cross_entropy_of_three_predictions() {
    let build = |graph: &mut Graph, values: &[Value]| {
        let sum = graph.add(CategoricalCrossEntropy, &[values[1], values[0]]).unwrap();
        let mut builder = Builder::new(1);
        let three = builder.constant(3.0);
        let share = builder.apply(Function::Div, &[builder.input(0), three]);
        graph.map(builder.finish(&[share]), &[sum]).unwrap()
    };
    check(&truths_and_probabilities(), build, &[0.1540]);
}

#[test]
fn binary_cross_entropy_of_three_predictions() {
    let build = |graph: &mut Graph, values: &[Value]| {
        let mut builder = Builder::new(2);
        let (y, p, one) = (builder.input(0), builder.input(1), builder.constant(1.0));
        let (not_y, not_p) = (builder.apply(Function::Sub, &[one, y]), builder.apply(Function::Sub, &[one, p]));
        let (ln_p, ln_not_p) = (builder.apply(Function::Ln, &[p]), builder.apply(Function::Ln, &[not_p]));
        let negatives = builder.apply(Function::Mul, &[not_y, ln_not_p]);
        let both = builder.apply(Function::MulAdd, &[y, ln_p, negatives]);
        let loss = builder.apply(Function::Neg, &[both]);
        let losses = graph.map(builder.finish(&[loss]), values).unwrap();
        mean(graph, losses)
    };
    check(&truths_and_probabilities(), build, &[0.6905]);
}

#[test]
fn convolution_then_pooling() {
    let image: Vec<f32> = (1..10).map(|pixel| pixel as f32).collect();
    let inputs = [(Type::sample([3, 3, 1]), &image[..]), (Type::step([2, 2, 1, 1]), &[0.0, 1.0, 1.0, 0.0])];
    check(&inputs, |graph, values| graph.add(Conv2d::valid(), values).unwrap(), &[6.0, 8.0, 12.0, 14.0]);
    let pooled = |graph: &mut Graph, values: &[Value]| {
        let y = graph.add(Conv2d::valid(), values).unwrap();
        graph.add(MaxPool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid }, &[y]).unwrap()
    };
    check(&inputs, pooled, &[14.0]);
}

#[test]
fn cross_entropy_of_a_softmax_is_computed_on_the_logits() {
    use proofmark_engine::ops::{Reshape, Softmax};
    let inputs =
        [(Type::sample([2, 2]), &[1000.0, 0.0, 0.0, 0.0][..]), (Type::sample([2, 1, 2]), &[0.0, 1.0, 1.0, 0.0])];
    // The probability of the first row's target is 0 in f32; only the logits know that the loss is 1000.
    let build = |graph: &mut Graph, values: &[Value]| {
        let probabilities = graph.add(Softmax, &[values[0]]).unwrap();
        let reshaped = graph.add(Reshape { shape: [2, 1, 2].into() }, &[probabilities]).unwrap();
        categorical_cross_entropy(graph, reshaped, values[1]).unwrap()
    };
    check(&inputs, build, &[1000.0, std::f32::consts::LN_2]);
    // Rows that are not the softmax's rows are no distribution to be fused.
    let mixed = |graph: &mut Graph, values: &[Value]| {
        let probabilities = graph.add(Softmax, &[values[0]]).unwrap();
        let reshaped = graph.add(Reshape { shape: [4].into() }, &[probabilities]).unwrap();
        categorical_cross_entropy(graph, reshaped, values[1]).unwrap()
    };
    let target = (Type::sample([4]), &[0.0, 0.0, 1.0, 0.0][..]);
    check(&[inputs[0].clone(), target], mixed, &[std::f32::consts::LN_2]);
}
