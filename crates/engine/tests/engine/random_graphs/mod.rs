//! Random graphs over all operations, by fixed seeds. Each is one training step, run twice. Its bits are the same for all
//! levels, numbers of threads and phases, with memory that was NaN before use; and the same when every value in it is read, so
//! that nothing dies, is overwritten or is swallowed by what comes after it. Of that second graph every node is within its
//! derived tolerance of the f64 reference on the values that it read. The gradients are the slopes of the loss.
//!
//! What fails says its seed and its graph.

mod generator;
mod patterns;

use std::cell::Cell;
use std::collections::BTreeSet;

use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_engine::ops::{Case, Operation, Reference, ReferenceContext, Tensor64};
use proofmark_engine::plan::PlanOptions;
use proofmark_engine::{Feed, Graph, Origin, Session, Step, Value};
use proofmark_tensor::DType;

use generator::{RandomGraph, small_cases};

const SEEDS: std::ops::Range<u64> = 0..150;
const RUN_SEED: u64 = 11;
const FIRST_STEP: u32 = 3;

/// Says which graph it was, where a test fails.
struct OnFailure<'a>(&'a RandomGraph);

impl Drop for OnFailure<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let RandomGraph { seed, graph, n_samples, options, .. } = self.0;
            eprintln!("seed {seed}, {n_samples} samples, {options:?}:\n{graph}");
        }
    }
}

fn check_all(check: impl Fn(&RandomGraph)) {
    let cases: Vec<Case> = small_cases();
    for seed in SEEDS {
        let random = RandomGraph::new(seed, &cases);
        let _on_failure = OnFailure(&random);
        check(&random);
    }
}

/// Two steps; for each its outputs, and the states at the end.
fn run(random: &RandomGraph, graph: &Graph, executor: &CpuExecutor) -> (Vec<Vec<Vec<f32>>>, Vec<f32>) {
    let mut states = random.states();
    let mut session = executor.session(graph, &states, random.n_samples + 2).expect("all states are there");
    let ids = random.ids();
    let mut step = |index| {
        let step = Step { ids: &ids, index, seed: RUN_SEED };
        session.run(&mut states, &step, &random.feeds()).expect("the data fit");
        (0..graph.outputs().len()).map(|output| session.output(output).to_vec()).collect()
    };
    let outputs = vec![step(FIRST_STEP), step(FIRST_STEP + 1)];
    (outputs, states.all().to_vec())
}

fn bits(outputs: &[Vec<Vec<f32>>], states: &[f32]) -> Vec<u32> {
    outputs.iter().flatten().flatten().chain(states).map(|value| value.to_bits()).collect()
}

fn executors(options: PlanOptions) -> Vec<CpuExecutor> {
    let on = |level, threads| CpuExecutor { level, options, poison: true, ..CpuExecutor::new(threads) };
    let mut executors: Vec<CpuExecutor> = Level::available().into_iter().map(|level| on(level, 1)).collect();
    executors.extend([2, 3].map(|threads| on(Level::best(), threads)));
    for outputs_ratio in [0, usize::MAX] {
        let options = PlanOptions { outputs_ratio, ..options };
        executors.push(CpuExecutor { options, ..on(Level::best(), 2) });
    }
    executors.push(CpuExecutor { rewrites: false, ..on(Level::best(), 1) });
    executors
}

/// The graph with a name for every f32 value that a node computes.
fn with_all_outputs(graph: &Graph) -> Graph {
    let mut graph = graph.clone();
    for value in graph.values() {
        if is_computed(&graph, value)
            && graph.ty(value).dtype == DType::F32
            && !graph.outputs().iter().any(|(_, output)| *output == value)
        {
            graph.output(&format!("value {value}"), value).expect("a new name");
        }
    }
    graph
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

/// Whether a value is a node's own, and no other type of what was fed or of a state.
fn is_computed(graph: &Graph, value: Value) -> bool {
    match graph.origin(value) {
        Origin::Node { node, .. } => {
            let node = &graph.nodes()[node];
            !node.op.is_view() || is_computed(graph, node.inputs[0])
        }
        Origin::Input(_) | Origin::State(_) => false,
    }
}

/// The values of the graph, each by the reference on the values before it; `replace` may put another in its place.
fn evaluate(
    random: &RandomGraph,
    graph: &Graph,
    parameters: impl Fn(usize) -> Vec<f64>,
    mut replace: impl FnMut(Value, &Reference) -> Option<Vec<f64>>,
) -> Vec<Tensor64> {
    let context = ReferenceContext { ids: random.ids(), step: FIRST_STEP, seed: RUN_SEED };
    let feeds = random.feeds();
    let mut values: Vec<Tensor64> = Vec::new();
    let mut nodes = graph.nodes().iter();
    while values.len() < graph.n_values() {
        let value = graph.values().nth(values.len()).expect("below the number of values");
        let data = match graph.origin(value) {
            Origin::Input(idx) => match feeds[idx] {
                Feed::F32(data) => wide(data),
                Feed::I32(data) => data.iter().map(|x| f64::from(*x)).collect(),
            },
            Origin::State(idx) => parameters(idx.0),
            Origin::Node { .. } => {
                let node = nodes.next().expect("a value of a node that exists");
                let inputs: Vec<&Tensor64> = node.inputs.iter().map(|input| &values[input.idx()]).collect();
                let references = node.op.reference(&inputs, &context);
                for (output, reference) in node.outputs.iter().zip(references) {
                    let data = replace(*output, &reference).unwrap_or(reference.data);
                    values.push(Tensor64 { ty: graph.ty(*output).clone(), data });
                }
                continue;
            }
        };
        values.push(Tensor64 { ty: graph.ty(value).clone(), data });
    }
    values
}

#[test]
fn every_operation_occurs() {
    let mut names = BTreeSet::new();
    let cases = small_cases();
    for seed in SEEDS {
        names.extend(RandomGraph::new(seed, &cases).graph.nodes().iter().map(|node| node.op.name()));
    }
    let missing: Vec<&&str> = Operation::NAMES.iter().filter(|name| !names.contains(*name)).collect();
    assert!(missing.is_empty(), "in no graph: {missing:?}. An operation needs a case of at most 700 elements an input");
}

#[test]
fn levels_threads_and_phases_do_not_change_a_bit() {
    check_all(|random| {
        let executors = executors(random.options);
        let (outputs, states) = run(random, &random.graph, &executors[0]);
        let expected = bits(&outputs, &states);
        let is_finite = outputs.iter().flatten().flatten().chain(&states).all(|value| value.is_finite());
        assert!(is_finite, "numbers that are none would hide others: the generator is to stay in domain");
        for executor in &executors[1..] {
            let (outputs, states) = run(random, &random.graph, executor);
            assert!(bits(&outputs, &states) == expected, "other bits on {executor:?}");
        }
    });
}

#[test]
fn every_value_is_within_its_tolerance_and_the_same_when_all_are_read() {
    check_all(|random| {
        let all = with_all_outputs(&random.graph);
        for level in Level::available() {
            let executor = CpuExecutor { level, options: random.options, ..CpuExecutor::new(1) };
            let (outputs, states) = run(random, &random.graph, &executor);
            let (all_outputs, all_states) = run(random, &all, &executor);
            let named = random.graph.outputs().len();
            let first: Vec<_> = all_outputs.iter().map(|outputs| outputs[..named].to_vec()).collect();
            assert!(bits(&outputs, &states) == bits(&first, &all_states), "{level}: other bits when all are read");
            evaluate(
                random,
                &all,
                |state| wide(random.initial(state)),
                |value, reference| {
                    let position = all.outputs().iter().position(|(_, output)| *output == value)?;
                    let computed = &all_outputs[0][position];
                    assert_eq!(computed.len(), reference.data.len(), "{level}: elements of {value}");
                    for (idx, (value_f32, expected)) in computed.iter().zip(&reference.data).enumerate() {
                        let tolerance = reference.tolerance(idx);
                        let difference = (f64::from(*value_f32) - expected).abs();
                        assert!(
                            difference <= tolerance,
                            "{level}: {value}[{idx}] is {value_f32}, not {expected} +- {tolerance}"
                        );
                    }
                    Some(wide(computed))
                },
            );
        }
    });
}

/// Along one direction for all parameters at once, by central differences in f64.
#[test]
fn gradients_are_the_slopes_of_the_loss() {
    const WIDTH: f64 = 1e-6;
    let (n_checked, n_bent) = (Cell::new(0), Cell::new(0));
    check_all(|random| {
        let graph = &random.graph;
        if random.gradients.is_empty() {
            return;
        }
        let direction =
            |state: usize, element: usize| ((state * 389 + (element + 1) * 1009) % 4093) as f64 / 2046.5 - 1.0;
        let at = |distance: f64| {
            let moved = |state: usize| {
                let own = wide(random.initial(state)).into_iter().enumerate();
                own.map(|(element, value)| value + distance * direction(state, element)).collect()
            };
            evaluate(random, graph, moved, |_, _| None)
        };
        // The share of each sample is one over their number.
        let loss = |values: &[Tensor64]| values[random.loss.idx()].data.iter().sum::<f64>() / random.n_samples as f64;
        let difference = |width: f64| (loss(&at(width)) - loss(&at(-width))) / (2.0 * width);
        let values = at(0.0);
        let (mut slope, mut size) = (0.0, 0.0);
        for (parameter, gradient) in &random.gradients {
            let Origin::State(state) = graph.origin(*parameter) else { unreachable!("a parameter is a state") };
            for (element, gradient) in values[gradient.idx()].data.iter().enumerate() {
                let term = gradient * direction(state.0, element);
                slope += term;
                size += f64::abs(term);
            }
        }
        let tolerance = 1e-5 * size + 1e-8 * loss(&values).abs().max(1.0);
        n_checked.set(n_checked.get() + 1);
        let numeric = difference(WIDTH);
        if (numeric - slope).abs() > tolerance {
            // Where two widths disagree, a maximum or a ReLU bends between them: there is no slope to compare with.
            let narrow = difference(WIDTH / 16.0);
            assert!(
                (narrow - numeric).abs() > tolerance / 4.0,
                "the gradient says {slope}, the differences {numeric} and {narrow}"
            );
            n_bent.set(n_bent.get() + 1);
        }
    });
    assert!(n_checked.get() > 100 && n_bent.get() * 20 < n_checked.get(), "{n_bent:?} of {n_checked:?} bend");
}
