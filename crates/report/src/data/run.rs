//! Which run this is, and the words that the other parts share.

use serde::{Deserialize, Serialize};

/// Which run this is. Threads and SIMD level are not in it: they do not change a result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The run's name on disk, e.g. `2026-11-23-digits-7f3a`.
    pub id: String,
    /// The spec's `name`.
    pub name: String,
    /// When it ran, as it shall be printed, e.g. `2026-11-23 14:05 UTC`.
    pub date: String,
    /// Version of the program that ran it.
    pub program_version: String,
    /// The engine's `NUMERICS_VERSION`.
    pub numerics_version: u32,
    /// The spec's `seed`.
    pub seed: u64,
}

/// A part of the data, by what it is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Fits the parameters.
    Train,
    /// Decides when to stop and what to keep.
    Validation,
    /// Read once, for the verdict.
    Test,
}

/// The stages that a run goes through, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Read the sources and split them.
    Ingest,
    /// Scale, encode, extract features.
    Prepare,
    /// Compare the profile with the required rules, cleaning if it helps.
    Gate,
    /// Train and measure the folds of the train split.
    CrossValidate,
    /// Fit the parameters.
    Train,
    /// Judge the criterion on validation.
    Validate,
    /// Judge the criterion on test, once.
    Accept,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Stage; 7] = [
        Stage::Ingest,
        Stage::Prepare,
        Stage::Gate,
        Stage::CrossValidate,
        Stage::Train,
        Stage::Validate,
        Stage::Accept,
    ];
}
