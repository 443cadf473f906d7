//! What a study writes down, so that it can go on after a crash. The file itself is the store's.
//!
//! A record is one line of JSON. Records are complete in themselves and are never altered; a journal that ends anywhere is the
//! journal of a study that came so far.

use serde::{Deserialize, Serialize};

use crate::error::{JournalError, JournalErrorKind};
use crate::space::Values;
use crate::trial::{TrialState, Verdict};

/// One thing that happened in a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Record {
    /// The study started. Always the first record, and only the first.
    StudyStarted {
        /// The digest of what decides its choices: the spec, as whoever runs the study writes it.
        spec_digest: String,
        /// The study's seed.
        seed: u64,
    },
    /// A trial started. Numbers ascend from 0 without gaps.
    TrialStarted {
        /// Its number.
        trial: u64,
        /// What it tries.
        values: Values,
    },
    /// A trial reported a value on the way.
    Intermediate {
        /// The trial's number.
        trial: u64,
        /// The step, from 1.
        step: u64,
        /// The value; null if it was NaN or infinite.
        value: Option<f64>,
        /// What the pruner said. It is replayed, not decided again.
        verdict: Verdict,
    },
    /// A trial ended.
    TrialEnded {
        /// Its number.
        trial: u64,
        /// How.
        state: TrialState,
    },
}

impl Record {
    /// The record as one line of JSON, without its end of line.
    pub fn to_line(&self) -> String {
        // Strings, integers and finite numbers only: there is nothing in a record that JSON could not write.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a line; `position` is its place in the journal, from 0.
    ///
    /// # Errors
    /// If the line is no record: the last line of a journal may be cut off by a crash, and whoever keeps the file drops it; any
    /// other such line means that the file was altered.
    pub fn from_line(position: usize, line: &str) -> Result<Record, JournalError> {
        serde_json::from_str(line)
            .map_err(|cause| JournalError { position, kind: JournalErrorKind::Unreadable { cause } })
    }
}
