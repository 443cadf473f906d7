//! What was measured on the finished model.

use super::{Shown, Split, number};
use serde::{Deserialize, Serialize};

/// What was measured on the finished model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The split it was measured on.
    pub split: Split,
    /// Rows of that split.
    pub rows: u64,
    /// The metrics; the first one is the headline.
    pub metrics: Vec<Metric>,
    /// The distances that pairs of samples were judged by; `None` if none were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<Thresholds>,
    /// Rows are actual classes, columns predicted ones, both in the order of `data.classes`; empty if there are none.
    pub confusion: Vec<Vec<u64>>,
    /// The same metric on parts of the rows.
    pub slices: Vec<Slice>,
    /// Predictions grouped by their probability, in rising order.
    pub calibration: Vec<CalibrationBin>,
    /// Expected calibration error, 0 to 1; `None` if not measured.
    #[serde(with = "number::option")]
    pub ece: Option<f64>,
    /// The mistakes that the model was surest of, worst first.
    pub mistakes: Vec<Mistake>,
}

/// Distances up to which two samples are taken for one class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// That of the verification's accuracy.
    #[serde(with = "number")]
    pub accuracy: f64,
    /// The one at which errors of both kinds are equally frequent.
    #[serde(with = "number")]
    pub equal_error: f64,
}

/// One metric with its interval and its baseline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Its name in the spec, e.g. `accuracy` or `f1.macro`.
    pub name: String,
    /// How it is written.
    pub unit: Unit,
    /// Whether a larger value is a better one.
    pub higher_is_better: bool,
    /// The value.
    #[serde(with = "number")]
    pub value: f64,
    /// Lower end of the 95 % confidence interval.
    #[serde(with = "number::option")]
    pub lower95: Option<f64>,
    /// Upper end of it.
    #[serde(with = "number::option")]
    pub upper95: Option<f64>,
    /// The baseline's value (majority class or mean).
    #[serde(with = "number::option")]
    pub baseline: Option<f64>,
}

/// How a metric is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 0 to 1, written in per cent.
    Proportion,
    /// Written as it is.
    #[default]
    Number,
}

/// A metric on a part of the rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// What the slices are cut by, e.g. `label`.
    pub by: String,
    /// Which part this is, e.g. `7`.
    pub name: String,
    /// Rows in it.
    pub count: u64,
    /// The metric's name.
    pub metric: String,
    /// How it is written.
    pub unit: Unit,
    /// Whether a larger value is a better one.
    pub higher_is_better: bool,
    /// The value.
    #[serde(with = "number")]
    pub value: f64,
    /// Lower end of the 95 % confidence interval.
    #[serde(with = "number::option")]
    pub lower95: Option<f64>,
    /// Upper end of it.
    #[serde(with = "number::option")]
    pub upper95: Option<f64>,
}

/// The predictions whose probability lies in one range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Mean probability that the model gave, 0 to 1.
    #[serde(with = "number")]
    pub confidence: f64,
    /// Share that was right, 0 to 1.
    #[serde(with = "number")]
    pub accuracy: f64,
    /// How many there are.
    pub count: u64,
}

/// One row that the model got wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mistake {
    /// What it looks like.
    #[serde(flatten)]
    pub shown: Shown,
    /// Its class' name.
    pub actual: String,
    /// The class that the model said.
    pub predicted: String,
    /// The probability that the model gave to what it said, 0 to 1.
    #[serde(with = "number")]
    pub probability: f64,
    /// The row's number in its split, from 0.
    pub row: u64,
}
