//! Steps in several parts: the bits of one large batch.

use proofmark_train::{TrainError, TrainSpec};
use serde_json::{Value, json};

use crate::augmentation::{everything, outcome, train_spec};
use crate::squares::prepared;

/// With what a step may be made of.
fn spec(batch_size: usize, accumulate: usize) -> TrainSpec {
    train_spec(json!({
        "batch_size": batch_size, "accumulate": accumulate, "shard_size": 4, "mixup": { "alpha": 0.4 },
        "clip": { "norm": 0.5 }, "class_weights": [1.0, 2.0], "average": { "ema": { "decay": 0.9 } },
        "regularization": { "l2": 0.01 },
    }))
}

#[test]
fn parts_of_whole_shards_are_the_bits_of_one_batch() {
    let prepared = prepared(&everything());
    // Parts of 1, 2 and 4 shards; the last step of an epoch is a short one.
    for (samples, parts) in [(32, [(4, 8), (8, 4), (16, 2)]), (48, [(16, 3), (8, 6), (4, 12)])] {
        let whole = outcome(&spec(samples, 1), &prepared, 1, &[]);
        for (batch_size, accumulate) in parts {
            let in_parts = outcome(&spec(batch_size, accumulate), &prepared, 2, &[]);
            assert_eq!(in_parts, whole, "{samples} samples in {accumulate} parts");
        }
    }
}

#[test]
fn an_interruption_changes_no_bit_of_a_step_in_parts() {
    let prepared = prepared(&everything());
    for optimizer in [json!("adam"), json!("adafactor")] {
        let more =
            json!({ "batch_size": 12, "accumulate": 3, "optimizer": optimizer, "average": { "swa": { "start": 2 } } });
        let spec = train_spec(more);
        let expected = outcome(&spec, &prepared, 1, &[]);
        for interruptions in [&[1][..], &[4], &[2, 2, 1]] {
            assert_eq!(outcome(&spec, &prepared, 3, interruptions), expected, "{interruptions:?}");
        }
    }
}

#[test]
fn one_part_is_written_as_before() {
    let text =
        |spec: &TrainSpec| serde_json::to_value(spec).expect("plain data").get("accumulate").map(Value::to_string);
    assert_eq!(text(&train_spec(json!({}))), None);
    assert_eq!(text(&train_spec(json!({ "accumulate": 2 }))), Some("2".to_owned()));
    let refused = train_spec(json!({ "accumulate": 0 })).check();
    assert!(matches!(refused, Err(TrainError::Zero { key: "train.accumulate" })));
}
