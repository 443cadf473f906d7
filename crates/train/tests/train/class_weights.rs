//! Weights of classes: PyTorch's numbers, and the bits of a training that has none.

use proofmark_data::PreparedSet;
use proofmark_engine::cpu::CpuExecutor;
use proofmark_messages::{Lang, Localize};
use proofmark_model::{CheckedModel, ModelSpec, Target};
use proofmark_train::training::{TrainingInput, parameters_digest};
use proofmark_train::{TrainSpec, Trained, train};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::squares::{Memory, SAMPLES, SEED, SIDE, prepared};
use crate::steps;

/// A softmax regression that starts at zero.
fn model() -> CheckedModel {
    let last =
        json!({ "dense": { "name": "last", "units": 2, "activation": "softmax", "kernel_initializer": "zeros" } });
    let spec: ModelSpec = serde_json::from_value(json!({ "layers": ["flatten", last] })).expect("a model");
    spec.check([SIDE, SIDE, 1], Target::Category { classes: 2 }).expect("it fits")
}

fn spec(more: Value) -> TrainSpec {
    let mut spec = json!({
        "epochs": 5, "batch_size": SAMPLES, "loss": "categorical_crossentropy",
        "optimizer": { "sgd": { "learning_rate": 0.5 } },
    });
    for (key, value) in more.as_object().expect("a map") {
        spec[key] = value.clone();
    }
    serde_json::from_value(spec).expect("a spec")
}

/// The same of each row of an image.
fn model_of_steps() -> CheckedModel {
    let reshape = json!({ "reshape": { "shape": [SIDE, SIDE] } });
    let last =
        json!({ "dense": { "name": "last", "units": 3, "activation": "softmax", "kernel_initializer": "zeros" } });
    let spec: ModelSpec = serde_json::from_value(json!({ "layers": [reshape, last] })).expect("a model");
    spec.check([SIDE, SIDE, 1], Target::Category { classes: 3 }).expect("it fits")
}

fn run(spec: &TrainSpec, set: &PreparedSet) -> (Trained, Memory) {
    run_of(&model(), spec, set)
}

fn run_of(model: &CheckedModel, spec: &TrainSpec, set: &PreparedSet) -> (Trained, Memory) {
    let input = TrainingInput {
        model,
        spec,
        train: set,
        validation: &set.at(&[]),
        seed: SEED,
        training_digest: "test",
        executor: CpuExecutor::new(2),
        stop_after: None,
    };
    let mut memory = Memory::default();
    (train(input, None, &mut memory).expect("it trains"), memory)
}

/// All 50 samples of class 0 and 10 of class 1.
fn uneven() -> PreparedSet {
    let set = prepared(&json!([])).test;
    let positions: Vec<u32> = (0..SAMPLES as u32).filter(|row| row % 2 == 0 || *row < 20).collect();
    set.at(&positions)
}

#[derive(Deserialize)]
struct Fixture {
    samples: Expected,
    steps: Expected,
}

#[derive(Deserialize)]
struct Expected {
    kernel: Vec<f64>,
    bias: Vec<f64>,
}

#[test]
fn weighted_losses_are_pytorchs() {
    let Fixture { samples, steps } = serde_json::from_str(include_str!("pytorch/class_weights.json")).expect("numbers");
    let (trained, _) = run(&spec(json!({ "class_weights": [0.5, 3.0] })), &uneven());
    assert_close(&trained, &samples);
    let (set, weights) = (steps::data().test, json!({ "class_weights": [0.5, 3.0, 1.25] }));
    let (trained, _) = run_of(&model_of_steps(), &spec(weights), &set);
    assert_close(&trained, &steps);
}

/// In steps of several batches, of parts, and of all that there is.
#[test]
fn equal_weights_of_steps_are_the_bits_of_none() {
    let (model, set) = (model_of_steps(), steps::data().test);
    let digest = |more: Value| parameters_digest(&run_of(&model, &spec(more), &set).0.state);
    let none = digest(json!({ "batch_size": 16, "epochs": 2 }));
    assert_eq!(digest(json!({ "batch_size": 16, "epochs": 2, "class_weights": [1.0, 1.0, 1.0] })), none);
    let balanced = |more: Value| {
        let mut spec = json!({ "class_weights": "balanced", "epochs": 2 });
        more.as_object().expect("a map").iter().for_each(|(key, value)| spec[key] = value.clone());
        digest(spec)
    };
    assert_ne!(balanced(json!({ "batch_size": 16 })), none);
    assert_eq!(balanced(json!({ "batch_size": 32 })), balanced(json!({ "batch_size": 16, "accumulate": 2 })));
    // Of 400 steps of the square 200 are of each side; 100 first rows and 34 last ones are of the third class.
    assert_eq!(
        balanced(json!({})),
        digest(json!({ "epochs": 2, "class_weights": [0.89, 0.89, 534.0 / (3.0 * 134.0)] }))
    );
}

#[track_caller]
fn assert_close(trained: &Trained, expected: &Expected) {
    for (name, expected) in [("last.kernel", &expected.kernel), ("last.bias", &expected.bias)] {
        let received = trained.state.get(name).expect("a state");
        let largest = expected.iter().fold(0.0, |most: f64, next| most.max(next.abs()));
        assert_eq!(received.len(), expected.len());
        for (received, expected) in received.iter().zip(expected) {
            assert!((f64::from(*received) - expected).abs() <= 1e-5 * largest, "{name}: {received} {expected}");
        }
    }
}

#[test]
fn equal_weights_are_the_bits_of_none() {
    let digest = |more: Value, set: &PreparedSet| parameters_digest(&run(&spec(more), set).0.state);
    // Steps of 32, 32, 32 and 4 samples.
    let small = |weights: Value| json!({ "batch_size": 32, "class_weights": weights });
    let (even, uneven) = (prepared(&json!([])).test, uneven());
    let none = digest(json!({ "batch_size": 32 }), &even);
    assert_eq!(digest(small(json!([1.0, 1.0])), &even), none);
    assert_eq!(digest(small(json!("balanced")), &even), none);
    // 60 samples of 2 classes, 50 of the first: 60 / (2 * 50) and 60 / (2 * 10).
    let balanced = digest(small(json!("balanced")), &uneven);
    assert_eq!(balanced, digest(small(json!([0.6, 3.0])), &uneven));
    assert_ne!(balanced, digest(json!({ "batch_size": 32 }), &uneven));
}

#[test]
fn losses_are_told_unweighted() {
    // The first epoch is one step from zero: every loss is ln 2, whatever the weights.
    let (_, memory) = run(&spec(json!({ "epochs": 1, "class_weights": "balanced" })), &uneven());
    let loss = memory.epochs()[0].train_loss;
    assert!((loss - std::f64::consts::LN_2).abs() < 1e-6, "{loss}");
}

#[test]
fn weights_that_do_not_fit_are_refused() {
    let mut text = String::new();
    for weights in [json!([1.0, 2.0, 3.0]), json!([1.0, 0.0]), json!([1e7, 1.0])] {
        let spec = spec(json!({ "class_weights": weights }));
        let errors = spec.training_graph(&model()).expect_err("they do not fit");
        for error in errors.errors() {
            for lang in Lang::ALL {
                text += &format!("{}: {}\n", error.path, error.text(lang));
            }
        }
    }
    insta::assert_snapshot!(text);
    for weights in [json!("even"), json!([]), json!(2.0)] {
        assert!(serde_json::from_value::<proofmark_train::ClassWeights>(weights).is_err());
    }
}
