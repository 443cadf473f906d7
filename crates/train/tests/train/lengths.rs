//! Trainings on series that are sorted into buckets by their length.

use std::fmt::Write as _;

use proofmark_data::{DataSpec, Prepared, QualitySpec, prepare};
use proofmark_engine::cpu::CpuExecutor;
use proofmark_messages::{Lang, Localize};
use proofmark_model::{CheckedModel, ModelSpec, Target};
use proofmark_train::training::{TrainingInput, parameters_digest};
use proofmark_train::{Checkpoint, TrainError, TrainSpec, Trained, train};
use serde_json::{Value, json};

use crate::squares::{self, Memory, SEED};

/// Two channels; the second tells the class from its first step on. Series of these numbers of steps; to test on, one of `most`.
fn series(steps: impl Iterator<Item = usize>, most: usize) -> Prepared {
    let folder = tempfile::tempdir().expect("a folder");
    let part = |name: &str, steps: &mut dyn Iterator<Item = usize>| {
        let mut text = "@problemName Set\n@timeStamps false\n@classLabel true low high\n@data\n".to_owned();
        for (row, steps) in steps.enumerate() {
            let channel = |level: usize| {
                let value =
                    |step: usize| format!("{}", level as f64 + (row * 7 + step * 3) as f64 / 64.0 % 1.0 + 0.125);
                (0..steps).map(value).collect::<Vec<_>>().join(",")
            };
            writeln!(text, "{}:{}:{}", channel(0), channel(row % 2), ["low", "high"][row % 2]).expect("a string");
        }
        std::fs::write(folder.path().join(format!("Set_{name}.ts")), text).expect("a file");
    };
    part("TRAIN", &mut { steps });
    part("TEST", &mut [most, most].into_iter());
    let spec: DataSpec = serde_json::from_value(json!({
        "source": { "series": { "folder": "." } },
        "features": [{ "name": "series", "type": "series" }],
        "target": { "name": "label", "type": "category" },
    }))
    .expect("a spec");
    let preparation = prepare(&spec, &QualitySpec::default(), folder.path(), SEED, &mut |_| ()).expect("data");
    preparation.prepared.expect("no rule, no refusal")
}

/// Sixty series of 2 to 11 steps.
fn mixed() -> Prepared {
    series((0..60).map(|row| 2 + row * 7 % 10), 12)
}

fn lstm(data: &Prepared) -> CheckedModel {
    model(
        data,
        json!([
            { "sequence_length": { "name": "length", "inputs": ["input"] } },
            { "lstm": { "units": 6, "direction": "both", "dropout": 0.2, "inputs": ["input", "length"] } },
            { "dense": { "units": 2, "activation": "softmax" } },
        ]),
    )
}

fn model(data: &Prepared, layers: Value) -> CheckedModel {
    let spec: ModelSpec = serde_json::from_value(json!({ "layers": layers })).expect("a model");
    spec.check(data.train.feature_shape().clone(), Target::Category { classes: 2 }).expect("it fits")
}

fn spec(buckets: usize, accumulate: usize) -> TrainSpec {
    serde_json::from_value(json!({
        "epochs": 4, "batch_size": 8, "shard_size": 4, "accumulate": accumulate, "length_buckets": buckets,
        "loss": "categorical_crossentropy", "optimizer": { "adam": { "learning_rate": 0.02 } },
    }))
    .expect("a spec")
}

fn run_from(
    (model, data, spec): (&CheckedModel, &Prepared, &TrainSpec),
    threads: usize,
    resume: Option<Checkpoint>,
    memory: &mut Memory,
) -> Result<Trained, TrainError> {
    let input = TrainingInput {
        model,
        spec,
        train: &data.train,
        validation: &data.validation,
        seed: SEED,
        training_digest: "test",
        executor: CpuExecutor::new(threads),
        stop_after: None,
    };
    train(input, resume, memory)
}

fn digest(data: &Prepared, spec: &TrainSpec, threads: usize) -> String {
    let trained = run_from((&lstm(data), data, spec), threads, None, &mut Memory::default()).expect("it trains");
    parameters_digest(&trained.state)
}

/// Five steps are read and not twelve, and what comes of it is the same.
#[test]
fn padding_that_is_left_out_changes_no_bit() {
    let data = series((0..60).map(|_| 5), 12);
    for accumulate in [1, 2] {
        assert_eq!(digest(&data, &spec(3, accumulate), 2), digest(&data, &spec(1, accumulate), 2), "{accumulate}");
    }
}

#[test]
fn buckets_are_learnt_from_with_the_same_bits_on_any_number_of_threads() {
    let data = mixed();
    for accumulate in [1, 2] {
        let spec = spec(3, accumulate);
        let expected = digest(&data, &spec, 1);
        for threads in [2, 3, 5] {
            assert_eq!(digest(&data, &spec, threads), expected, "{threads} threads, {accumulate}");
        }
        // Other batches than without.
        assert_ne!(expected, digest(&data, &self::spec(1, accumulate), 1));
    }
    let mut memory = Memory::default();
    run_from((&lstm(&data), &data, &spec(3, 1)), 2, None, &mut memory).expect("it trains");
    let epochs = memory.epochs();
    // 54 samples, which would be seven steps of eight, in three buckets.
    assert_eq!(memory.steps, 4 * 8);
    assert!(epochs[3].train_loss < epochs[0].train_loss * 0.8, "{epochs:?}");
}

#[test]
fn a_training_goes_on_in_the_middle_of_an_epoch() {
    let (data, spec) = (mixed(), spec(3, 1));
    let model = lstm(&data);
    let whole =
        parameters_digest(&run_from((&model, &data, &spec), 2, None, &mut Memory::default()).expect("it trains").state);
    for interrupt_after in [1, 5, 9, 13, 17] {
        let mut memory = Memory { interrupt_after: Some(interrupt_after), ..Memory::default() };
        run_from((&model, &data, &spec), 2, None, &mut memory).expect("it is interrupted");
        let resume = memory.last.take();
        let trained = run_from((&model, &data, &spec), 1, resume, &mut Memory::default()).expect("it goes on");
        assert_eq!(parameters_digest(&trained.state), whole, "after {interrupt_after} steps");
    }
}

#[test]
fn what_cannot_be_sorted_by_length_is_refused() {
    let data = mixed();
    let said = |model: &CheckedModel, data: &Prepared| {
        let error = run_from((model, data, &spec(3, 1)), 1, None, &mut Memory::default()).expect_err("refused");
        [Lang::En, Lang::ZhCn].map(|lang| format!("{}\n{}", error.text(lang), error.hint(lang).expect("a hint")))
    };
    let classes = json!({ "dense": { "units": 2, "activation": "softmax" } });
    let flat = model(&data, json!(["flatten", classes]));
    let wide = model(&data, json!([{ "conv1d": { "filters": 2, "kernel": 7 } }, "global_max_pool1d", classes]));
    let images = squares::prepared(&json!([]));
    let of_images = model(&images, json!(["flatten", classes]));
    let all = [said(&flat, &data), said(&wide, &data), said(&of_images, &images)];
    insta::assert_snapshot!(all.map(|said| said.join("\n")).join("\n\n"));
}
