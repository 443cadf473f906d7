//! Ten steps of tiny networks from the same weights, against the numbers that PyTorch gives in float64:
//! `pytorch/make.py` made them and explains the files.

use std::collections::{BTreeMap, BTreeSet};

use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::executor::reference::ReferenceExecutor;
use proofmark_engine::{Executor, Feed, Graph, Session, StateBlock, StateRole, Step};
use proofmark_model::{CheckedModel, Loss, ModelSpec, Optimizer, Regularizer, Target};
use serde::Deserialize;

/// Largest [`relative_error`] of a gradient at the first step.
const GRADIENT_TOLERANCE: f64 = 1e-5;
/// Largest [`loss_error`] of a step, the tenth included.
const LOSS_TOLERANCE: f64 = 1e-4;
/// Largest [`relative_error`] of a parameter or statistic after the last step.
const FINAL_TOLERANCE: f64 = 1e-4;

/// What `make.py` wrote; it documents the keys.
#[derive(Deserialize)]
struct Network {
    input_shape: Vec<usize>,
    model: ModelSpec,
    target: Expected,
    loss: Loss,
    optimizer: Optimizer,
    samples: usize,
    steps: u64,
    x_salt: u64,
    target_salt: u64,
    initial: BTreeMap<String, Numbers>,
    gradients: BTreeMap<String, Numbers>,
    losses: Vec<f64>,
    #[serde(rename = "final")]
    last: BTreeMap<String, Numbers>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Expected {
    Category(usize),
    Number(usize),
    /// Steps and classes.
    Steps([usize; 2]),
    /// Steps and classes of sequences that are to be read.
    Sequences([usize; 2]),
}

#[derive(Deserialize)]
struct Numbers {
    shape: Vec<usize>,
    values: Vec<f64>,
}

/// The one batch.
struct Batch {
    x: Vec<f32>,
    classes: Vec<i32>,
    numbers: Vec<f32>,
    weight: Vec<f32>,
    loss_scale: [f32; 1],
}

#[test]
fn convolutions_and_pools_with_adam() {
    check("convolutional", include_str!("pytorch/convolutional.json"));
}

#[test]
fn rows_and_columns_of_kernels_with_adafactor() {
    check("adafactor", include_str!("pytorch/adafactor.json"));
}

#[test]
fn dense_layers_with_momentum() {
    check("dense", include_str!("pytorch/dense.json"));
}

#[test]
fn a_residual_block_and_batch_norm_with_adamw() {
    check("residual", include_str!("pytorch/residual.json"));
}

#[test]
fn batch_norm_after_every_convolution_with_momentum() {
    check("batch_norm", include_str!("pytorch/batch_norm.json"));
}

#[test]
fn sequences_and_norms_of_a_sample_with_adam() {
    check("sequence", include_str!("pytorch/sequence.json"));
}

#[test]
fn transposed_convolutions_with_momentum() {
    check("transposed", include_str!("pytorch/transposed.json"));
}

#[test]
fn long_short_term_memory_with_adam() {
    check("lstm", include_str!("pytorch/lstm.json"));
}

#[test]
fn gated_recurrent_units_with_adam() {
    check("gru", include_str!("pytorch/gru.json"));
}

#[test]
fn a_class_for_each_step_with_adam() {
    check("steps", include_str!("pytorch/steps.json"));
}

#[test]
fn sequences_of_labels_with_adam() {
    check("ctc", include_str!("pytorch/ctc.json"));
}

#[test]
fn a_transformer_with_adamw() {
    check("transformer", include_str!("pytorch/transformer.json"));
}

#[track_caller]
fn check(name: &str, json: &str) {
    let network: Network = serde_json::from_str(json).expect("what make.py writes");
    let model = network.model.check(network.input_shape.clone(), network.target.into()).expect("a model");
    let executors: [&dyn Executor; 2] = [&ReferenceExecutor, &CpuExecutor::new(2)];
    for executor in executors {
        let place = format!("{name} on {}", executor.name());
        network.check_gradients(&model, executor, &place);
        network.check_training(&model, executor, &place);
    }
}

impl Network {
    fn check_gradients(&self, model: &CheckedModel, executor: &dyn Executor, place: &str) {
        let graph = model.gradient_graph(&self.loss).expect("gradients");
        let mut state = self.initial_state(&graph.graph);
        let mut session = executor.prepare(&graph.graph, &state, self.samples).expect("the states fit");
        self.run(&graph.graph, &mut *session, &mut state, 1);
        let received: BTreeMap<&str, &[f32]> =
            graph.gradients.iter().map(|(name, idx)| (name.as_str(), session.output(*idx))).collect();
        assert_close(&received, &self.gradients, GRADIENT_TOLERANCE, &format!("{place}, gradients of step 1"));
    }

    fn check_training(&self, model: &CheckedModel, executor: &dyn Executor, place: &str) {
        let none = Regularizer::default();
        let training = model.training_graph(&self.loss, &self.optimizer, &none, None).expect("a training");
        let mut state = self.initial_state(&training.graph);
        let mut session = executor.prepare(&training.graph, &state, self.samples).expect("the states fit");
        assert_eq!(self.losses.len() as u64, self.steps);
        for (step, expected) in (1..).zip(&self.losses) {
            self.run(&training.graph, &mut *session, &mut state, step);
            let losses = session.output(training.loss);
            let Batch { weight, .. } = self.batch();
            let weighted = losses.iter().zip(&weight).map(|(loss, weight)| f64::from(*loss) * f64::from(*weight));
            let received = weighted.sum::<f64>() / weight.iter().map(|weight| f64::from(*weight)).sum::<f64>();
            let error = loss_error(received, *expected);
            assert!(
                error <= LOSS_TOLERANCE,
                "{place}, loss of step {step}: {received} is off by {error:e} from {expected}"
            );
        }
        let received: BTreeMap<&str, &[f32]> =
            trained(&state).into_iter().map(|name| (name, state.get(name).expect("an entry of the block"))).collect();
        assert_close(&received, &self.last, FINAL_TOLERANCE, &format!("{place}, after step {}", self.steps));
    }

    /// A block with the initial weights, and zeros for what the optimizer remembers.
    fn initial_state(&self, graph: &Graph) -> StateBlock {
        let mut state = StateBlock::new(graph);
        let names: BTreeSet<&str> = self.initial.keys().map(String::as_str).collect();
        assert_eq!(trained(&state), names);
        for (name, numbers) in &self.initial {
            assert_eq!(state.entry(name).expect("compared above").shape.to_vec(), numbers.shape, "{name}");
            let values = state.get_mut(name).expect("compared above");
            for (value, number) in values.iter_mut().zip(&numbers.values) {
                *value = *number as f32;
                assert_eq!(f64::from(*value), *number, "{name} starts with numbers that f32 has");
            }
        }
        state
    }

    /// One step of a graph on the batch; `step` counts from 1.
    fn run(&self, graph: &Graph, session: &mut dyn Session, state: &mut StateBlock, step: u64) {
        let batch = self.batch();
        let scalars = self.optimizer.scalars(step, self.optimizer.learning_rate());
        let feed = |name: &str| match name {
            "x" => Feed::F32(&batch.x),
            "target" => match self.target {
                Expected::Category(_) | Expected::Steps(_) | Expected::Sequences(_) => Feed::I32(&batch.classes),
                Expected::Number(_) => Feed::F32(&batch.numbers),
            },
            "weight" => Feed::F32(&batch.weight),
            "loss_scale" => Feed::F32(&batch.loss_scale),
            scalar => {
                let (_, value) = scalars.iter().find(|(other, _)| *other == scalar).expect("a known input");
                Feed::F32(std::slice::from_ref(value))
            }
        };
        let feeds: Vec<Feed<'_>> = graph.inputs().iter().map(|input| feed(&input.name)).collect();
        let ids: Vec<u64> = (0..self.samples as u64).collect();
        let index = u32::try_from(step - 1).expect("a few steps");
        session.run(state, &Step { ids: &ids, index, seed: 0 }, &feeds).expect("the feeds fit");
    }

    fn batch(&self) -> Batch {
        let samples = self.samples as u64;
        let elements = samples * self.input_shape.iter().product::<usize>() as u64;
        let (steps, classes) = match self.target {
            Expected::Category(classes) => (1, classes as u64),
            Expected::Steps([steps, classes]) | Expected::Sequences([steps, classes]) => (steps as u64, classes as u64),
            Expected::Number(_) => (1, 1),
        };
        let is_left_out = |i: u64| steps > 1 && i.is_multiple_of(4);
        let class = |i: u64| match self.target {
            Expected::Sequences(_) => {
                let (i, k) = (i / steps, i % steps);
                if k < 1 + i % 3 { ((i * 7 + k * (i % 2) + self.target_salt) % classes) as i32 } else { -1 }
            }
            _ if is_left_out(i) => -1,
            _ => ((i * 7 + self.target_salt) % classes) as i32,
        };
        let classes: Vec<i32> = (0..samples * steps).map(class).collect();
        // A sample weighs as many as it has steps that count, or labels.
        let weigh = |labels: &[i32]| labels.iter().filter(|label| **label >= 0).count() as f32;
        let weight: Vec<f32> = classes.chunks_exact(steps as usize).map(weigh).collect();
        Batch {
            x: (0..elements).map(|i| pattern(i + self.x_salt)).collect(),
            loss_scale: [1.0 / weight.iter().sum::<f32>()],
            weight,
            classes,
            numbers: (0..samples).map(|i| pattern(i + self.target_salt)).collect(),
        }
    }
}

impl From<Expected> for Target {
    fn from(expected: Expected) -> Self {
        match expected {
            Expected::Category(classes) | Expected::Steps([_, classes]) => Target::Category { classes },
            Expected::Sequences([_, classes]) => Target::Sequence { classes },
            Expected::Number(outputs) => Target::Number { outputs },
        }
    }
}

/// Numbers between -1 and 1 without a visible order, exact in f32: the `pattern` of `make.py`.
fn pattern(i: u64) -> f32 {
    let cube = (i % 2003).pow(3) % 2003;
    (cube as f32 - 1001.0) / 1024.0
}

/// The names of parameters and statistics.
fn trained(state: &StateBlock) -> BTreeSet<&str> {
    let entries = state.entries().iter().filter(|entry| entry.role != StateRole::Optimizer);
    entries.map(|entry| entry.name.as_str()).collect()
}

/// The largest difference over the largest magnitude that is expected: elements that nearly cancel are measured by the
/// size of what cancels.
fn relative_error(received: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(received.len(), expected.len());
    let differences = received.iter().zip(expected).map(|(received, expected)| (f64::from(*received) - expected).abs());
    // A NaN is as far off as a number can be.
    let difference = differences.fold(0.0, |most: f64, next| if next <= most { most } else { next });
    difference / expected.iter().fold(0.0, |most: f64, next| most.max(next.abs()))
}

/// The difference, or its share of the loss where the loss is below 1: the stricter of the two.
fn loss_error(received: f64, expected: f64) -> f64 {
    (received - expected).abs() / expected.abs().min(1.0)
}

#[track_caller]
fn assert_close(received: &BTreeMap<&str, &[f32]>, expected: &BTreeMap<String, Numbers>, tolerance: f64, place: &str) {
    assert!(received.keys().copied().eq(expected.keys().map(String::as_str)), "{place}: {:?}", received.keys());
    for (name, numbers) in expected {
        let error = relative_error(received[name.as_str()], &numbers.values);
        assert!(error <= tolerance, "{place}: `{name}` is off by {error:e}, more than {tolerance:e}");
    }
}
