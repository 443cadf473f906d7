//! What was decided, and on what.

use super::{Stage, number};
use serde::{Deserialize, Serialize};

/// What was decided, by which criteria, on how many readings of the test set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was decided.
    pub outcome: Outcome,
    /// The acceptance criteria; empty if the spec has none or the run did not come that far.
    pub criteria: Vec<CriterionRow>,
    /// How often the test split was read in this run. Every honest run says 0 or 1.
    pub test_reads: u64,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Every criterion held on the test split.
    Accepted,
    /// A criterion did not hold on the test split.
    Refused,
    /// A criterion did not hold on validation; the test split was not read.
    RefusedOnValidation,
    /// The data did not meet its rules, and cleaning did not mend it; nothing was trained.
    DataRefused,
    /// A criterion reads something that was not measured.
    NoEvidence,
    /// The training stopped before its end; there is no finished model.
    TrainingFailed,
    /// Trained and measured; the spec states no criterion.
    #[default]
    NoCriterion,
    /// A trial of a study: trained and measured on validation, for the study to choose by.
    Tried,
    /// A trial that the study stopped before its end, since it was hardly going to be among the best.
    Pruned,
}

impl Outcome {
    /// Every outcome, for tests and examples that walk them.
    pub const ALL: [Outcome; 9] = [
        Outcome::Accepted,
        Outcome::Refused,
        Outcome::RefusedOnValidation,
        Outcome::DataRefused,
        Outcome::NoEvidence,
        Outcome::TrainingFailed,
        Outcome::NoCriterion,
        Outcome::Tried,
        Outcome::Pruned,
    ];

    /// The stage that the run stopped at without passing it; `None` if it went through all.
    pub fn stopped_at(self) -> Option<Stage> {
        match self {
            Outcome::Accepted | Outcome::NoCriterion => None,
            Outcome::Refused | Outcome::NoEvidence => Some(Stage::Accept),
            Outcome::RefusedOnValidation => Some(Stage::Validate),
            Outcome::DataRefused => Some(Stage::Gate),
            Outcome::TrainingFailed | Outcome::Pruned => Some(Stage::Train),
            Outcome::Tried => Some(Stage::Accept),
        }
    }
}

/// One criterion: one expression, taken apart into its comparisons.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CriterionRow {
    /// The whole expression as written.
    pub text: String,
    /// Its comparisons, in the order of the text.
    pub comparisons: Vec<Comparison>,
}

/// One comparison of an expression, with what it read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The side that was measured, as written, e.g. `metrics.accuracy.lower95`.
    pub text: String,
    /// What was measured.
    pub value: Fact,
    /// `>=`, `==` and so on, as written.
    pub operator: String,
    /// What it has to be.
    pub need: Fact,
    /// Whether it holds; `None` if the value is missing.
    pub holds: Option<bool>,
}

/// A value that an expression read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A number.
    Number(#[serde(with = "number")] f64),
    /// A text.
    Text(String),
    /// True or false.
    Flag(bool),
    /// Nothing was measured under that path.
    #[default]
    Missing,
}
