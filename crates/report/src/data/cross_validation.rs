//! The cross-validation: every fold, and each metric over all of them.

use super::{Unit, number};
use serde::{Deserialize, Serialize};

/// A cross-validation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CrossValidation {
    /// How the folds were cut, as the spec says it: `stratified`.
    pub kind: String,
    /// Rows that were held out once.
    pub rows: u64,
    /// The folds, in their order.
    pub folds: Vec<FoldRow>,
    /// Each metric over the folds; the first one is the headline.
    pub metrics: Vec<FoldMetric>,
}

/// A fold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoldRow {
    /// From 1.
    pub number: u64,
    /// Rows that trained.
    pub train_rows: u64,
    /// Rows that its epochs were judged by.
    pub validation_rows: u64,
    /// Rows that it was measured on.
    pub held_out_rows: u64,
    /// Complete epochs.
    pub epochs: u64,
    /// The epoch whose parameters were measured, from 1.
    pub best_epoch: u64,
    /// What was measured, in the order of the metrics.
    pub values: Vec<FoldValue>,
}

/// A metric on the held-out rows of one fold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoldValue {
    /// The value.
    #[serde(with = "number")]
    pub value: f64,
    /// Lower end of its own 95 % interval, where there is one.
    #[serde(with = "number::option")]
    pub lower95: Option<f64>,
    /// Upper end of it.
    #[serde(with = "number::option")]
    pub upper95: Option<f64>,
}

/// A metric over the folds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoldMetric {
    /// Its name, as [`Metric`](super::Metric) has it.
    pub name: String,
    /// How it is written.
    pub unit: Unit,
    /// Whether a larger value is a better one.
    pub higher_is_better: bool,
    /// Mean over the folds.
    #[serde(with = "number")]
    pub mean: f64,
    /// Standard deviation over the folds.
    #[serde(with = "number")]
    pub std: f64,
    /// Lower end of the mean's 95 % interval.
    #[serde(with = "number")]
    pub lower95: f64,
    /// Upper end of it.
    #[serde(with = "number")]
    pub upper95: f64,
    /// Of all held-out rows taken together.
    pub out_of_fold: FoldValue,
}
