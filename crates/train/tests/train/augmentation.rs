//! Trainings with augmentation and mixup: the same bits on any number of threads, in one go or interrupted.

use proofmark_data::Prepared;
use proofmark_engine::cpu::CpuExecutor;
use proofmark_messages::{Lang, Localize};
use proofmark_model::{CheckedModel, ModelSpec, Target};
use proofmark_train::training::{TrainingInput, parameters_digest};
use proofmark_train::{Event, TrainSpec, train};
use serde_json::{Value, json};

use crate::squares::{Memory, SEED, SIDE, prepared};

pub(crate) fn everything() -> Value {
    json!([
        { "rotate": { "degrees": 15.0 } },
        { "shift": { "height": 0.1, "width": 0.1 } },
        { "scale": { "min": 0.9, "max": 1.1 } },
        { "crop": { "padding": 1, "fill": "reflect" } },
        { "flip": { "horizontal": 0.0, "vertical": 0.5 } },
        { "brightness": { "max_delta": 0.2 } },
        { "noise": { "std": 0.05 } },
        { "cutout": { "size": 2 } },
    ])
}

pub(crate) fn model() -> CheckedModel {
    let spec: ModelSpec = serde_json::from_value(json!({ "layers": [
        { "conv2d": { "filters": 4, "kernel": 3, "activation": "relu" } },
        { "max_pool2d": { "size": 2 } },
        "flatten",
        { "dropout": { "rate": 0.2 } },
        { "dense": { "units": 2, "activation": "softmax" } },
    ] }))
    .expect("a model");
    spec.check([SIDE, SIDE, 1], Target::Category { classes: 2 }).expect("it fits")
}

pub(crate) fn train_spec(more: Value) -> TrainSpec {
    let mut spec = json!({
        "epochs": 3,
        "batch_size": 16,
        "shard_size": 4,
        "loss": "categorical_crossentropy",
        "optimizer": { "adam": { "learning_rate": 0.01 } },
    });
    for (key, value) in more.as_object().expect("a map") {
        spec[key] = value.clone();
    }
    serde_json::from_value(spec).expect("a spec")
}

/// What a training came to: the digest of its parameters, and what its epochs said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) digest: String,
    pub(crate) epochs: Vec<(u64, u64, String)>,
}

/// Trains [`model`], stopped after each of these numbers of steps and resumed.
pub(crate) fn outcome(spec: &TrainSpec, prepared: &Prepared, threads: usize, interruptions: &[u64]) -> Outcome {
    outcome_of(&model(), spec, prepared, threads, interruptions)
}

/// The same with another model.
pub(crate) fn outcome_of(
    model: &CheckedModel,
    spec: &TrainSpec,
    prepared: &Prepared,
    threads: usize,
    interruptions: &[u64],
) -> Outcome {
    let input = TrainingInput {
        model,
        spec,
        train: &prepared.train,
        validation: &prepared.validation,
        seed: SEED,
        training_digest: "test",
        executor: CpuExecutor::new(threads),
        stop_after: None,
    };
    let mut resume = None;
    let mut events = Vec::new();
    for interrupt_after in interruptions.iter().copied().map(Some).chain([None]) {
        let mut memory = Memory { interrupt_after, ..Memory::default() };
        let trained = train(input, resume.take(), &mut memory).expect("it trains");
        events.append(&mut memory.events);
        if interrupt_after.is_none() {
            let epochs = events.iter().filter_map(|event| match event {
                Event::EpochEnded(end) => {
                    Some((end.train_loss.to_bits(), end.train_accuracy.to_bits(), end.parameters_digest.clone()))
                }
                _ => None,
            });
            return Outcome { digest: parameters_digest(&trained.state), epochs: epochs.collect() };
        }
        resume = memory.last;
        assert!(resume.is_some(), "an interruption leaves a checkpoint");
    }
    unreachable!("the last attempt is not interrupted")
}

#[test]
fn threads_and_interruptions_change_no_bit() {
    let prepared = prepared(&everything());
    let spec = train_spec(json!({ "mixup": { "alpha": 0.4 } }));
    let expected = outcome(&spec, &prepared, 1, &[]);
    assert_eq!(expected.epochs.len(), 3);
    // An epoch has six steps: in the middle of the first, of the second, and of the third again and again.
    for threads in [1, 2, 3] {
        for interruptions in [&[][..], &[2], &[8], &[1, 4, 3], &[13, 1, 1, 1]] {
            assert_eq!(outcome(&spec, &prepared, threads, interruptions), expected, "{threads} {interruptions:?}");
        }
    }
}

#[test]
fn each_means_changes_what_is_learnt_and_none_is_what_it_was() {
    let plain = prepared(&json!([]));
    let augmented = prepared(&everything());
    let without = train_spec(json!({}));
    let with = train_spec(json!({ "mixup": { "alpha": 1.0 } }));
    let digests = [(&without, &plain), (&without, &augmented), (&with, &plain), (&with, &augmented)]
        .map(|(spec, prepared)| outcome(spec, prepared, 2, &[]).digest);
    let different: std::collections::BTreeSet<&String> = digests.iter().collect();
    assert_eq!(different.len(), 4, "{digests:?}");
    // Frozen with augmentation and mixup off and on; the first stands for every training before there were any.
    insta::assert_debug_snapshot!(digests);
}

#[test]
fn sets_are_augmented_in_training_only_and_anew_in_every_epoch() {
    let prepared = prepared(&everything());
    assert!(prepared.validation.augmentation().is_none() && prepared.test.augmentation().is_none());
    let set = &prepared.train;
    let mut plain = vec![0.0; 3 * SIDE * SIDE];
    set.gather(&[5, 0, 9], &mut plain);
    let mut scratch = set.augment_scratch();
    let mut gather = |rows: &[u32], epoch| {
        let mut numbers = vec![0.0; rows.len() * SIDE * SIDE];
        set.gather_augmented(rows, epoch, &mut scratch, &mut numbers);
        numbers
    };
    let first = gather(&[5, 0, 9], 0);
    assert_ne!(first, plain);
    assert_ne!(gather(&[5, 0, 9], 1), first);
    // In any batch the same.
    assert_eq!(gather(&[9], 0), first[2 * SIDE * SIDE..]);
}

#[test]
fn mixup_is_refused_where_it_does_not_fit() {
    let spec: ModelSpec =
        serde_json::from_value(json!({ "layers": ["flatten", { "dense": { "units": 1 } }] })).expect("a model");
    let model = spec.check([SIDE, SIDE, 1], Target::Number { outputs: 1 }).expect("it fits");
    let errors = train_spec(json!({ "loss": "mse", "mixup": { "alpha": 0.0 } }))
        .training_graph(&model)
        .expect_err("neither loss nor alpha fits");
    let mut text = String::new();
    for error in errors.errors() {
        for lang in Lang::ALL {
            text += &format!("{}: {}\n", error.path, error.text(lang));
            text += &error.hint(lang).map(|hint| format!("  hint: {hint}\n")).unwrap_or_default();
        }
    }
    insta::assert_snapshot!(text);
}

/// What each optimizer remembers is in every checkpoint.
#[test]
fn interruptions_lose_nothing_of_what_optimizers_remember() {
    let prepared = prepared(&json!([]));
    for optimizer in [
        json!({ "momentum": {} }),
        json!({ "nesterov": {} }),
        json!({ "adamw": { "weight_decay": 0.1 } }),
        json!({ "rmsprop": { "momentum": 0.5, "centered": true } }),
        json!({ "lion": { "weight_decay": 0.1 } }),
        json!({ "adafactor": {} }),
    ] {
        let spec = train_spec(json!({ "optimizer": optimizer, "clip": { "norm": 1.0 }, "class_weights": [1.0, 2.0] }));
        let expected = outcome(&spec, &prepared, 1, &[]);
        for interruptions in [&[2][..], &[8], &[1, 4, 3]] {
            assert_eq!(outcome(&spec, &prepared, 2, interruptions), expected, "{optimizer} {interruptions:?}");
        }
    }
}
