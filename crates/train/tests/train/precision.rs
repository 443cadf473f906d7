//! Trainings whose activations are stored in bf16.

use proofmark_messages::{Lang, Localize};
use proofmark_model::{CheckedModel, ModelSpec, Target};
use proofmark_train::TrainSpec;
use serde_json::{Value, json};

use crate::augmentation::{Outcome, everything, model, outcome_of, train_spec};
use crate::squares::{SIDE, prepared};

/// With images between its layers.
fn convolutions() -> CheckedModel {
    let spec: ModelSpec = serde_json::from_value(json!({ "layers": [
        { "conv2d": { "filters": 4, "kernel": 3, "activation": "relu" } },
        { "conv2d": { "filters": 6, "kernel": 3, "padding": "same" } },
        "batch_norm",
        "relu",
        "global_average_pool2d",
        { "dropout": { "rate": 0.2 } },
        { "dense": { "units": 2, "activation": "softmax" } },
    ] }))
    .expect("a model");
    spec.check([SIDE, SIDE, 1], Target::Category { classes: 2 }).expect("it fits")
}

fn spec(mut more: Value) -> TrainSpec {
    more["precision"] = json!("bf16");
    more["mixup"] = json!({ "alpha": 0.4 });
    more["average"] = json!({ "ema": { "decay": 0.9 } });
    train_spec(more)
}

#[test]
fn threads_and_interruptions_change_no_bit() {
    let (model, data) = (convolutions(), prepared(&everything()));
    for more in [json!({}), json!({ "batch_size": 12, "accumulate": 2 })] {
        let spec = spec(more);
        let of = |threads, interruptions: &[u64]| outcome_of(&model, &spec, &data, threads, interruptions);
        let expected: Outcome = of(1, &[]);
        assert_eq!(of(3, &[]), expected);
        for interruptions in [&[1][..], &[4], &[2, 2, 1]] {
            assert_eq!(of(2, interruptions), expected, "{interruptions:?}");
        }
        let in_f32 = TrainSpec { precision: proofmark_model::Precision::F32, ..spec.clone() };
        assert_ne!(outcome_of(&model, &in_f32, &data, 1, &[]).digest, expected.digest);
    }
}

#[test]
fn f32_is_written_as_before() {
    let text = |spec: &TrainSpec| serde_json::to_value(spec).expect("plain data").get("precision").cloned();
    assert_eq!(text(&train_spec(json!({}))), None);
    assert_eq!(text(&train_spec(json!({ "precision": "f32" }))), None);
    assert_eq!(text(&train_spec(json!({ "precision": "bf16" }))), Some(json!("bf16")));
}

/// The only image between its layers is read as one row.
#[test]
fn a_model_with_nothing_to_store_is_refused() {
    let errors = train_spec(json!({ "precision": "bf16" })).training_graph(&model()).expect_err("nothing to store");
    let mut text = String::new();
    for error in errors.errors() {
        for lang in Lang::ALL {
            text += &format!("{}: {}\n", error.path, error.text(lang));
            text += &format!("  {}\n", error.hint(lang).unwrap_or_default());
        }
    }
    insta::assert_snapshot!(text);
}
