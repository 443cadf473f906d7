//! What it cost, what it stands on, and how to do it again.

use super::number;
use serde::{Deserialize, Serialize};

/// What the run cost, as observed; it differs from machine to machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Training time of an epoch, mean, without validation.
    #[serde(with = "number::option")]
    pub train_seconds_per_epoch: Option<f64>,
    /// The whole run, wall clock.
    #[serde(with = "number::option")]
    pub total_seconds: Option<f64>,
    /// Time summed over all cores, user and system.
    #[serde(with = "number::option")]
    pub cpu_seconds: Option<f64>,
    /// Largest resident memory of the process.
    pub peak_memory_bytes: Option<u64>,
    /// Threads that it ran on; they change the time, never the result.
    pub threads: Option<u64>,
    /// The machine in words, e.g. the processor's name; empty if unknown.
    pub machine: String,
    /// Wall-clock time of the stages, in order.
    pub stages: Vec<StageSeconds>,
}

/// Wall-clock time of one stage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageSeconds {
    /// Which one.
    pub stage: super::Stage,
    /// How long it took.
    #[serde(with = "number")]
    pub seconds: f64,
}

/// One statement that the report stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRow {
    /// Its kind, e.g. `eval.result`.
    pub kind: String,
    /// SHA-256 of its canonical JSON, lower-case hexadecimal.
    pub digest: String,
    /// Where it comes from.
    pub grade: Grade,
    /// The canonical JSON itself, so that the page can be verified alone; empty if left out.
    pub statement: String,
}

/// Where a statement comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// This program computed it from data that it read.
    Measured,
    /// A client sent it.
    Reported,
    /// A person said so.
    Attested,
}

/// How to do it again, and what must come out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reproduce {
    /// Commands, one a line, in order.
    pub commands: Vec<String>,
    /// SHA-256 of the model file that must come out; empty if there is none.
    pub model_digest: String,
    /// Further digests that the run is pinned to, e.g. prepared data, plan, spec.
    pub digests: Vec<SourceDigest>,
}

/// A digest with what it is of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceDigest {
    /// What it is of, e.g. `plan`.
    pub name: String,
    /// SHA-256, lower-case hexadecimal.
    pub digest: String,
}
