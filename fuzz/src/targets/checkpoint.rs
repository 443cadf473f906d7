//! Checkpoints of a training.

use std::collections::BTreeMap;

use proofmark_train::EarlyStopping;
use proofmark_train::checkpoint::{Checkpoint, CheckpointProgress, decode, encode};

use super::framed::{framed, unframed};
use super::{Seed, same_bits, say};
use crate::heap::bounded;

/// As a model file, which is read twice here, and copied.
const BYTES_PER_BYTE: usize = 64;
/// Room for error messages.
const FIXED_BYTES: usize = 64 << 10;
/// Magic and version.
const HEADER_BYTES: usize = 8;

/// What decodes is encoded and decoded as the same, to the bit, and its encoding is stable and complete. Also for the input
/// as header and data of the safetensors file in a checkpoint (zero byte between them).
pub fn check(bytes: &[u8]) {
    check_file(bytes);
    check_file(&[&encode(&sample(false))[..HEADER_BYTES], &framed(bytes)].concat());
}

fn check_file(bytes: &[u8]) {
    let checkpoint = match bounded(FIXED_BYTES + bytes.len() * BYTES_PER_BYTE, || decode(bytes)) {
        Ok(checkpoint) => checkpoint,
        Err(error) => return say(&error),
    };
    let written = encode(&checkpoint);
    let again = decode(&written).expect("written by us");
    assert_eq!(again.progress, checkpoint.progress);
    assert!(same(&again.states, &checkpoint.states));
    assert_eq!(again.best.is_some(), checkpoint.best.is_some());
    assert!(again.best.iter().zip(&checkpoint.best).all(|(a, b)| same(a, b)));
    assert_eq!(encode(&again), written);
    assert!(decode(&written[..written.len() - 1]).is_err());
    assert!(decode(&[&written[..], &[0]].concat()).is_err());
}

/// Checkpoints with and without a best epoch, in both forms, and damaged ones.
pub fn seeds() -> Vec<Seed> {
    let (first, later) = (encode(&sample(false)), encode(&sample(true)));
    let mut other_version = first.clone();
    other_version[6] = 9;
    vec![
        ("first", first.clone()),
        ("later", later.clone()),
        ("first-framed", unframed(&first[HEADER_BYTES..])),
        ("later-framed", unframed(&later[HEADER_BYTES..])),
        ("cut", first[..first.len() - 3].to_vec()),
        ("magic-only", first[..6].to_vec()),
        ("other-version", other_version),
        (
            "no-progress-framed",
            b"{\"state/a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}\0abcd".to_vec(),
        ),
    ]
}

fn same(a: &BTreeMap<String, Vec<f32>>, b: &BTreeMap<String, Vec<f32>>) -> bool {
    a.keys().eq(b.keys()) && a.values().zip(b.values()).all(|(a, b)| same_bits(a, b))
}

fn sample(has_best: bool) -> Checkpoint {
    let progress = CheckpointProgress {
        training_digest: "sha256:00".to_owned(),
        epochs_done: u32::from(has_best),
        step_in_epoch: 17,
        step: 117,
        loss_bits: 1.5_f64.to_bits(),
        right: 3,
        samples: 4,
        seconds: 0.25,
        event_offset: 99,
        early_stopping: EarlyStopping::default(),
        schedule: serde_json::json!({ "factor": 0.5, "waited": 2 }),
    };
    let kernel = ("dense.kernel".to_owned(), vec![1.0, -0.0, f32::NAN]);
    Checkpoint {
        progress,
        states: [kernel.clone(), ("adam.step".to_owned(), vec![])].into(),
        best: has_best.then(|| [kernel].into()),
    }
}
