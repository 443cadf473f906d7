//! Layers with weights of 8 bits: sums of integers, equal to the last bit whoever adds them.

use std::collections::BTreeMap;

use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_engine::map::{Builder, Function};
use proofmark_engine::ops::{Affine, Conv2d, Dense, MaxPool2d, Padding, QuantizedWeights, Reshape};
use proofmark_engine::quantize::{QuantizedLayer, quantizable, quantized};
use proofmark_engine::{Feed, Graph, Session, StateBlock, StateRole, Step, Type, Value};

const SAMPLES: usize = 21;
const PIXELS: usize = 12 * 11 * 2;

fn bias_and_relu(graph: &mut Graph, x: Value, name: &str) -> Value {
    let bias = graph.state(name, [graph.shape(x).last()].into(), StateRole::Parameter).unwrap();
    let mut builder = Builder::new(2);
    let (a, b) = (builder.input(0), builder.input(1));
    let sum = builder.apply(Function::Add, &[a, b]);
    let relu = builder.apply(Function::Relu, &[sum]);
    graph.map(builder.finish(&[relu]), &[x, bias]).unwrap()
}

/// Convolution, pooling, two dense layers.
fn network() -> Graph {
    let mut graph = Graph::new();
    let x = graph.input("x", Type::sample([12, 11, 2])).unwrap();
    let kernel = graph.state("conv.kernel", [3, 3, 2, 19].into(), StateRole::Parameter).unwrap();
    let conv = Conv2d { padding: Padding::Same, ..Conv2d::valid() };
    let y = graph.add(conv, &[x, kernel]).unwrap();
    let y = bias_and_relu(&mut graph, y, "conv.bias");
    let y = graph.apply(MaxPool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid }, &[y]).unwrap()[0];
    let y = graph.add(Reshape { shape: [6 * 5 * 19].into() }, &[y]).unwrap();
    let w = graph.state("dense.kernel", [6 * 5 * 19, 35].into(), StateRole::Parameter).unwrap();
    let y = graph.add(Dense, &[y, w]).unwrap();
    let y = bias_and_relu(&mut graph, y, "dense.bias");
    let w = graph.state("last.kernel", [35, 10].into(), StateRole::Parameter).unwrap();
    let y = graph.add(Dense, &[y, w]).unwrap();
    graph.output("y", y).unwrap();
    graph
}

/// Numbers from -1 to 1.
fn number(idx: usize) -> f32 {
    ((idx * 7919 + 13) % 2003) as f32 / 1001.0 - 1.0
}

fn images() -> Vec<f32> {
    (0..SAMPLES * PIXELS).map(|idx| number(idx * 3 + idx / 7)).collect()
}

fn filled(graph: &Graph) -> StateBlock {
    let mut state = StateBlock::new(graph);
    for entry in state.entries().to_vec() {
        let scale = 2.0 / (entry.shape.elements() as f32 / entry.shape.last() as f32).sqrt();
        let values = state.get_mut(&entry.name).unwrap();
        values.iter_mut().enumerate().for_each(|(idx, value)| *value = number(idx * 5 + entry.name.len()) * scale);
    }
    state
}

fn outputs(graph: &Graph, state: &StateBlock, executor: CpuExecutor) -> Vec<Vec<f32>> {
    let mut state = state.clone();
    let mut session = executor.session(graph, &state, SAMPLES).unwrap();
    let step = Step { ids: &[0; SAMPLES], index: 0, seed: 0 };
    session.run(&mut state, &step, &[Feed::F32(&images())]).unwrap();
    (0..graph.outputs().len()).map(|idx| session.output(idx).to_vec()).collect()
}

/// Every layer, with ranges from the images themselves.
fn calibrated(graph: &Graph, state: &StateBlock) -> BTreeMap<String, QuantizedLayer> {
    let mut observed = graph.clone();
    let sites = quantizable(graph);
    sites.iter().for_each(|site| observed.output(&format!("input of {}", site.weights), site.input).unwrap());
    let seen = outputs(&observed, state, CpuExecutor::new(1));
    let layers = sites.iter().zip(&seen[1..]).map(|(site, seen)| {
        let range = |fold: fn(f32, f32) -> f32| seen.iter().copied().reduce(fold).unwrap();
        let shape = &state.entry(&site.weights).unwrap().shape;
        let layer = QuantizedLayer {
            input: Affine::of_range(range(f32::min), range(f32::max)),
            weights: QuantizedWeights::of(shape, state.get(&site.weights).unwrap()),
        };
        (site.weights.clone(), layer)
    });
    layers.collect()
}

#[test]
fn a_quantised_network_says_nearly_the_same() {
    let graph = network();
    let state = filled(&graph);
    let layers = calibrated(&graph, &state);
    assert_eq!(layers.keys().collect::<Vec<_>>(), ["conv.kernel", "dense.kernel", "last.kernel"]);
    let smaller = quantized(&graph, &layers).unwrap();
    let names: Vec<&str> = smaller.states().iter().map(|state| state.name.as_str()).collect();
    assert_eq!(names, ["conv.bias", "dense.bias"]);
    let mut biases = StateBlock::new(&smaller);
    names.iter().for_each(|name| biases.get_mut(name).unwrap().copy_from_slice(state.get(name).unwrap()));
    let before = outputs(&graph, &state, CpuExecutor::new(1)).remove(0);
    let after = outputs(&smaller, &biases, CpuExecutor::new(1)).remove(0);
    let largest = before.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    let error = before.iter().zip(&after).fold(0.0f32, |error, (a, b)| error.max((a - b).abs()));
    assert!(error > 0.0 && error < 0.02 * largest, "{error} of {largest}");
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    for level in Level::available() {
        for threads in [1, 2, 5] {
            let executor = CpuExecutor { level, ..CpuExecutor::new(threads) };
            let received = outputs(&smaller, &biases, executor).remove(0);
            assert_eq!(bits(&received), bits(&after), "{level}, {threads} threads");
        }
    }
    // Some layers alone.
    let conv = BTreeMap::from([("conv.kernel".to_owned(), layers["conv.kernel"].clone())]);
    assert_eq!(quantized(&graph, &conv).unwrap().states().len(), 4);
    assert_eq!(quantized(&graph, &BTreeMap::new()).unwrap().states().len(), 5);
}

#[test]
fn weights_that_are_read_twice_stay() {
    let mut graph = Graph::new();
    let x = graph.input("x", Type::sample([3])).unwrap();
    let w = graph.state("w", [3, 3].into(), StateRole::Parameter).unwrap();
    let y = graph.add(Dense, &[x, w]).unwrap();
    let y = graph.add(Dense, &[y, w]).unwrap();
    graph.output("y", y).unwrap();
    assert!(quantizable(&graph).is_empty());
}

/// The longest sums, at their largest: 65,536 terms of 255 · 127 and of -255 · 127.
#[test]
fn the_longest_sums_do_not_overflow() {
    use proofmark_engine::ops::QuantizedDense;
    let terms = 65_536;
    let mut graph = Graph::new();
    let x = graph.input("x", Type::sample([terms])).unwrap();
    let values = (0..2 * terms).map(|idx| if idx % 2 == 0 { 127 } else { -127 }).collect();
    let weights = QuantizedWeights::new([terms, 2].into(), values, vec![1.0, 1.0]).unwrap();
    let op = QuantizedDense { input: Affine { scale: 1.0, zero_point: 0 }, weights };
    let y = graph.add(op, &[x]).unwrap();
    graph.output("y", y).unwrap();
    let mut state = StateBlock::new(&graph);
    let expected = (255 * 127 * terms as i64) as f32;
    for level in Level::available() {
        let executor = CpuExecutor { level, ..CpuExecutor::new(1) };
        let mut session = executor.session(&graph, &state, 1).unwrap();
        let step = Step { ids: &[0], index: 0, seed: 0 };
        session.run(&mut state, &step, &[Feed::F32(&vec![1e9; terms])]).unwrap();
        assert_eq!(session.output(0), [expected, -expected], "{level}");
    }
}
