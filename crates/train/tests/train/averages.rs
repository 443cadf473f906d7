//! Averages of weights, step by step against their definition.

use std::collections::BTreeMap;

use proofmark_engine::cpu::CpuExecutor;
use proofmark_messages::{Lang, Localize};
use proofmark_train::training::{TrainingInput, parameters_digest};
use proofmark_train::{Checkpoint, TrainSpec, Trained, train};
use serde_json::{Value, json};

use crate::augmentation::{model, outcome, train_spec};
use crate::squares::{Memory, SEED, prepared};

fn run(spec: &TrainSpec, resume: Option<Checkpoint>, memory: &mut Memory) -> Trained {
    let data = prepared(&json!([]));
    let input = TrainingInput {
        model: &model(),
        spec,
        train: &data.train,
        validation: &data.train.at(&[]),
        seed: SEED,
        training_digest: "test",
        executor: CpuExecutor::new(2),
        stop_after: None,
    };
    train(input, resume, memory).expect("it trains")
}

/// The states after each step, and the end.
fn steps(spec: &TrainSpec) -> (Vec<BTreeMap<String, Vec<f32>>>, Trained) {
    let (mut resume, mut states) = (None, Vec::new());
    loop {
        let mut memory = Memory { interrupt_after: Some(1), ..Memory::default() };
        let trained = run(spec, resume.take(), &mut memory);
        let checkpoint = memory.last.expect("a checkpoint");
        if memory.steps > 0 {
            states.push(checkpoint.states.clone());
        }
        if trained.epochs == spec.epochs {
            return (states, trained);
        }
        resume = Some(checkpoint);
    }
}

#[track_caller]
fn close(received: &[f32], expected: &[f64]) {
    for (received, expected) in received.iter().zip(expected) {
        assert!((f64::from(*received) - expected).abs() < 1e-5, "{received} {expected}");
    }
}

fn doubles(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

#[test]
fn a_moving_average_follows_the_weights() {
    let spec = train_spec(json!({ "average": { "ema": { "decay": 0.75 } } }));
    let (states, trained) = steps(&spec);
    let name = "dense_1.kernel";
    let average = format!("average.{name}");
    let mut expected = doubles(&states[0][name]);
    close(&states[0][&average], &expected);
    for state in &states[1..] {
        for (average, weight) in expected.iter_mut().zip(&state[name]) {
            *average = 0.75 * *average + 0.25 * f64::from(*weight);
        }
        close(&state[&average], &expected);
    }
    // Without validation the model is the last average.
    close(trained.state.get(name).expect("a state"), &expected);
    let none = steps(&train_spec(json!({}))).0;
    assert_eq!(
        none.last().expect("steps")[name],
        states.last().expect("steps")[name],
        "the weights go on as they would"
    );
}

#[test]
fn an_equal_average_is_the_mean_over_ends_of_epochs() {
    let spec = train_spec(json!({ "epochs": 4, "average": { "swa": { "start": 2 } } }));
    let (states, trained) = steps(&spec);
    let per_epoch = states.len() / 4;
    let name = "dense_1.kernel";
    let ends: Vec<Vec<f64>> = (2..=4).map(|epoch| doubles(&states[epoch * per_epoch - 1][name])).collect();
    let mean: Vec<f64> = (0..ends[0].len()).map(|idx| ends.iter().map(|end| end[idx]).sum::<f64>() / 3.0).collect();
    close(trained.state.get(name).expect("a state"), &mean);
}

#[test]
fn what_is_judged_and_told_is_the_average() {
    // An average that keeps nothing is the weights: the bits of a training without one.
    let data = prepared(&json!([]));
    let spec = |more: Value| train_spec(more);
    let without = outcome(&spec(json!({})), &data, 2, &[]);
    let nothing_kept = outcome(&spec(json!({ "average": { "ema": { "decay": 0.0 } } })), &data, 2, &[]);
    assert_eq!(without, nothing_kept);
    let average = spec(json!({ "average": { "ema": { "decay": 0.9 } } }));
    let mut memory = Memory::default();
    let trained = run(&average, None, &mut memory);
    assert_eq!(memory.epochs().last().expect("epochs").parameters_digest, parameters_digest(&trained.state));
    assert_ne!(outcome(&average, &data, 2, &[]).epochs[2].2, without.epochs[2].2);
    // And no interruption changes a bit.
    for interruptions in [&[2][..], &[8], &[1, 4, 3]] {
        for average in [json!({ "ema": { "decay": 0.9 } }), json!({ "swa": { "start": 2 } })] {
            let spec = spec(json!({ "average": average }));
            assert_eq!(outcome(&spec, &data, 2, interruptions), outcome(&spec, &data, 1, &[]));
        }
    }
}

#[test]
fn averages_outside_their_ranges_are_refused() {
    let mut text = String::new();
    for average in [json!({ "ema": { "decay": 1.0 } }), json!({ "swa": { "start": 0 } })] {
        let errors = train_spec(json!({ "average": average })).training_graph(&model()).expect_err("out of range");
        for error in errors.errors() {
            Lang::ALL.iter().for_each(|lang| text += &format!("{}: {}\n", error.path, error.text(*lang)));
        }
    }
    insta::assert_snapshot!(text);
}
