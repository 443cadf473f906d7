//! The data: where it came from, what was required of it, what was done to it.

use super::{Comparison, Setting, Shown, Thumbnail, number};
use serde::{Deserialize, Serialize};

/// The data of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataSummary {
    /// The sources, without their place on the machine.
    pub sources: Vec<SourceSummary>,
    /// Rows of each split, after cleaning.
    pub splits: SplitRows,
    /// The classes' names, in the order of every list that speaks of classes; empty if the target has none.
    pub classes: Vec<String>,
    /// Rows of each class; each list is empty or as long as `classes`.
    pub class_counts: ClassCounts,
    /// The rules, before and after cleaning.
    pub rules: Vec<RuleRow>,
    /// Faults that the spec had put into the data on purpose, to show what the gate does; `None` if it had none.
    pub injected: Option<InjectedFaults>,
    /// The passes of the cleaning loop, in order, with one that was tried and not done; empty if none was needed.
    pub rounds: Vec<CleaningRound>,
    /// Why the loop ended; `None` if there is no gate.
    pub stopped: Option<CleaningStop>,
    /// A few rows as they go into the network.
    pub samples: Vec<Sample>,
    /// How training images are varied, with a few of them; `None` if they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub augmented: Option<Augmented>,
}

/// One source of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSummary {
    /// Its name in the spec or its part in it, e.g. `train`.
    pub name: String,
    /// What it is, without a path, e.g. `train-images-idx3-ubyte.gz`.
    pub label: String,
    /// Rows it holds.
    pub rows: u64,
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub digest: String,
}

/// Rows of each split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitRows {
    /// Rows that fit the parameters.
    pub train: u64,
    /// Rows that decide when to stop.
    pub validation: u64,
    /// Rows for the verdict.
    pub test: u64,
    /// Rows that could fit the parameters and do not, because the spec asks for fewer.
    #[serde(default)]
    pub unused: u64,
    /// Rows that take no part (dropped by cleaning, or test rows without a label).
    pub excluded: u64,
}

/// Rows of each class in each split.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCounts {
    /// In train.
    pub train: Vec<u64>,
    /// In validation.
    pub validation: Vec<u64>,
    /// In test.
    pub test: Vec<u64>,
}

/// One required rule, before and after cleaning.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleRow {
    /// The rule as written.
    pub text: String,
    /// What it read on the data as it came.
    pub before: RuleReading,
    /// What it read after cleaning; the same as before if nothing was cleaned.
    pub after: RuleReading,
}

/// What a rule read once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleReading {
    /// Whether the rule holds; `None` if something it reads is missing.
    pub holds: Option<bool>,
    /// Its comparisons, in the order of the text.
    pub comparisons: Vec<Comparison>,
}

/// Faults that were made in memory after reading, by kind, in rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InjectedFaults {
    /// Labels that were taken away.
    pub missing_labels: u64,
    /// Rows that became copies of others.
    pub duplicates: u64,
    /// Images that were blanked.
    pub blank: u64,
    /// Images that were corrupted.
    pub corrupted: u64,
}

/// One pass of the cleaning loop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleaningRound {
    /// Whether it was done; a pass that would drop too much is not.
    pub accepted: bool,
    /// Rows before the pass, over all splits.
    pub rows_before: u64,
    /// Rows after it, or that there would be.
    pub rows_after: u64,
    /// What each operator did, in order.
    pub operators: Vec<OperatorEffect>,
}

/// What one cleaning operator did in one pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorEffect {
    /// The operator's name in the spec.
    pub operator: String,
    /// Rows it took out.
    pub rows_dropped: u64,
}

/// Why the cleaning loop ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CleaningStop {
    /// Every rule is met.
    Met,
    /// No listed operator can help the rules that fail.
    NoOperator,
    /// A pass changed nothing.
    NoChange,
    /// The largest number of passes was reached.
    RoundLimit,
    /// Going on would have dropped more rows than `max_dropped` allows.
    TooMuchDropped {
        /// The class of which too much would go; `None`: of all rows.
        class: Option<String>,
        /// Rows that all passes together would have dropped.
        dropped: u64,
        /// Rows that there were.
        of: u64,
        /// The share that the spec allows, 0 to 1.
        #[serde(with = "number")]
        max_dropped: f64,
    },
}

/// One row as people see it, with what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The image or the series.
    #[serde(flatten)]
    pub shown: Shown,
    /// Its class' name, or what else stands under it.
    pub label: String,
}

/// How training images are varied each time they are seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Augmented {
    /// The operators in their order, each with what the spec says of it, e.g. `rotate`, `max_degrees 10`.
    pub operators: Vec<Setting>,
    /// A few rows with some of their variants.
    pub samples: Vec<AugmentedSample>,
}

/// One row as it is, and as training sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AugmentedSample {
    /// The image as it is.
    pub image: Thumbnail,
    /// Its class' name.
    pub label: String,
    /// Its variants in the first epochs, in their order.
    pub variants: Vec<Thumbnail>,
}
