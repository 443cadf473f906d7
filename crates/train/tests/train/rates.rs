//! The range test on real steps: the same bits whatever computes them, and an advice that trains.

use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_model::{CheckedModel, ModelSpec, Target};
use proofmark_train::TrainSpec;
use proofmark_train::learning_rate_finder::{RangeCurve, RangeEnd, RangeTest, range_test};
use proofmark_train::training::{Probe, TrainingInput};
use serde_json::{Value, json};

use crate::squares::{SAMPLES, SEED, SIDE, prepared};

fn model() -> CheckedModel {
    let spec: ModelSpec = serde_json::from_value(json!({ "layers": [
        { "conv2d": { "filters": 4, "kernel": 3, "activation": "relu" } },
        "flatten",
        { "dropout": { "rate": 0.2 } },
        { "dense": { "units": 2, "activation": "softmax" } },
    ] }))
    .expect("a spec");
    spec.check([SIDE, SIDE, 1], Target::Category { classes: 2 }).expect("a sound model")
}

fn spec(optimizer: Value) -> TrainSpec {
    serde_json::from_value(json!({
        "epochs": 3, "batch_size": 24, "loss": "categorical_crossentropy", "optimizer": optimizer,
    }))
    .expect("a spec")
}

fn with_input<T>(optimizer: Value, executor: CpuExecutor, act: impl FnOnce(TrainingInput<'_>) -> T) -> T {
    let data = prepared(&json!([{ "shift": { "height": 0.1, "width": 0.1 } }]));
    let (model, spec) = (model(), spec(optimizer));
    act(TrainingInput {
        model: &model,
        spec: &spec,
        train: &data.train,
        validation: &data.validation,
        seed: SEED,
        training_digest: "",
        executor,
        stop_after: None,
    })
}

fn curve(optimizer: Value, executor: CpuExecutor) -> RangeCurve {
    with_input(optimizer, executor, |input| range_test(input, RangeTest::default(), &mut |_, _| true).expect("a test"))
}

#[test]
fn the_same_advice_on_any_threads_and_instructions() {
    let scalar = curve(json!("adam"), CpuExecutor { level: Level::Scalar, ..CpuExecutor::new(1) });
    let bits = |curve: &RangeCurve| -> Vec<[u64; 3]> {
        let point = |point: &proofmark_train::learning_rate_finder::RangePoint| {
            [point.learning_rate, point.loss, point.smoothed].map(f64::to_bits)
        };
        curve.points.iter().map(point).collect()
    };
    let best = curve(json!("adam"), CpuExecutor::new(3));
    assert_eq!(bits(&scalar), bits(&best));
    assert_eq!((scalar.advice, scalar.ended), (best.advice, best.ended));
}

#[test]
fn the_advice_is_one_that_trains() {
    for (optimizer, range) in [(json!("adam"), 1e-4..0.1), (json!("sgd"), 1e-3..3.0)] {
        let found = curve(optimizer.clone(), CpuExecutor::new(1));
        assert_ne!(found.ended, RangeEnd::Interrupted);
        let advice = found.advice.expect("these images can be learnt");
        assert!(range.contains(&advice.learning_rate), "{optimizer}: {advice:?}");
        assert!(advice.learning_rate <= advice.steepest.min(advice.tenth_of_minimum) * 1.05, "{advice:?}");
        // A hundred steps at that rate learn; at the first rate of the test they learn nothing.
        let loss_after = |rate: f64| {
            with_input(optimizer.clone(), CpuExecutor::new(1), |input| {
                let mut probe = Probe::new(input).expect("it begins");
                let losses: Vec<f64> = (0..100).map(|_| probe.step(rate).expect("a step").0).collect();
                losses[90..].iter().sum::<f64>() / 10.0
            })
        };
        let (advised, tiny) = (loss_after(advice.learning_rate), loss_after(1e-7));
        assert!(advised < 0.6 * tiny, "{optimizer}: {advised} {tiny}");
    }
}

#[test]
fn steps_go_through_whole_epochs_and_on() {
    with_input(json!("adam"), CpuExecutor::new(1), |input| {
        let n = input.train.len();
        assert!(n < SAMPLES && n % 24 != 0, "the last batch of an epoch is to be a small one");
        let mut probe = Probe::new(input).expect("it begins");
        let sizes: Vec<usize> = (0..2 * n.div_ceil(24)).map(|_| probe.step(1e-3).expect("a step").1).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 2 * n);
        assert_eq!(sizes[..sizes.len() / 2], sizes[sizes.len() / 2..]);
        assert!(probe.memory().total_bytes() > 0);
    });
}

#[test]
fn whoever_interrupts_gets_what_was_measured() {
    with_input(json!("adam"), CpuExecutor::new(1), |input| {
        let found = range_test(input, RangeTest::default(), &mut |done, _| done < 20).expect("a test");
        assert_eq!((found.points.len(), found.ended, found.advice), (20, RangeEnd::Interrupted, None));
    });
}

#[test]
fn a_rate_without_bounds_ends_the_test() {
    let test = RangeTest { from: 1e-3, to: 1e30, steps: 60 };
    with_input(json!("sgd"), CpuExecutor::new(1), |input| {
        let found = range_test(input, test, &mut |_, _| true).expect("a test");
        assert!(matches!(found.ended, RangeEnd::NotFinite | RangeEnd::LossGrew), "{:?}", found.ended);
        assert!(found.points.iter().all(|point| point.smoothed.is_finite()));
    });
}
