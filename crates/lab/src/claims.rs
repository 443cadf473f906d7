//! What the statements of a run claim, as types: the flow writes them and `verify` reads them, through one definition.
//!
//! Their JSON is the claims of a statement, but that a value which does not exist is `{"absent": why}` there.

mod column;
mod measured;

use std::collections::BTreeMap;

use proofmark_criteria::{Outcome as Holds, Verdict};
use proofmark_data::FittedFeature;
use proofmark_evidence::{Claim, Claims, Statement};
use proofmark_govern::acceptance::Decision;
use proofmark_report::Split;
use proofmark_train::metrics::Metric;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::lock::Lock;
pub(crate) use column::{ColumnClaims, ImageClaims, SeriesClaims};
pub(crate) use measured::{EstimateClaims, MetricClaims, ThresholdClaims};

/// `run.spec`: everything that the run was resolved to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SpecClaims {
    /// The lock as a whole.
    pub(crate) lock: Lock,
    /// Its [`training_digest`](Lock::training_digest), as the training names it.
    pub(crate) training: String,
}

/// `data.profile`: what was read, and what it looks like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ProfileClaims {
    pub(crate) classes: Vec<String>,
    pub(crate) sources: Vec<SourceClaims>,
    /// What was made worse on purpose is said where the data are described.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) injected: Option<InjectedClaims>,
    pub(crate) split: SplitClaims,
    /// As the data came.
    pub(crate) raw: PartsClaims,
    /// After cleaning.
    pub(crate) cleaned: PartsClaims,
}

/// The faults that the spec asked to inject, in rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InjectedClaims {
    pub(crate) seed: u64,
    pub(crate) missing_labels: u64,
    pub(crate) duplicates: u64,
    pub(crate) blank: u64,
    pub(crate) noise: u64,
    pub(crate) stripes: u64,
}

/// A file of the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SourceClaims {
    pub(crate) part: String,
    pub(crate) file: String,
    /// Rows that were read from it.
    pub(crate) rows: u64,
    pub(crate) sha256: String,
}

/// The rows of the splits after cleaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SplitClaims {
    pub(crate) train: RowsClaims,
    pub(crate) validation: RowsClaims,
    pub(crate) test: RowsClaims,
    pub(crate) test_unlabelled: u64,
    /// Rows that could train and do not, because the spec asks for fewer; said where there are any.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) train_unused: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The rows of a split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RowsClaims {
    pub(crate) rows: u64,
    /// In the order of the classes.
    pub(crate) by_class: Vec<u64>,
}

/// The profiles of both parts of the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PartsClaims {
    /// What train and validation are cut from.
    pub(crate) source: PartClaims,
    pub(crate) test: PartClaims,
}

/// The profile of a part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PartClaims {
    pub(crate) rows: u64,
    pub(crate) label_missing: Number,
    pub(crate) label_classes: u64,
    pub(crate) label_min_share: Number,
    #[serde(flatten)]
    pub(crate) column: ColumnClaims,
}

/// `data.cleaning`: one round, whether it stands or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CleaningClaims {
    pub(crate) round: u32,
    pub(crate) accepted: bool,
    pub(crate) rows_before: u64,
    pub(crate) rows_after: u64,
    pub(crate) applied: Vec<AppliedClaims>,
}

/// The rows that an operator dropped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AppliedClaims {
    pub(crate) operator: String,
    pub(crate) train: Vec<u64>,
    pub(crate) validation: Vec<u64>,
}

/// `data.gate`: each rule, before and after cleaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GateClaims {
    pub(crate) verdict: Holds,
    pub(crate) before: Vec<Verdict>,
    pub(crate) after: Vec<Verdict>,
    pub(crate) rounds: u64,
    pub(crate) stopped: Stop,
}

/// Why the cleaning loop ended; [`Reason`](proofmark_data::Reason) to be read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stop {
    Met,
    NoChange,
    Rounds { max_rounds: u32 },
    TooMuchDropped { class: Option<String>, dropped: u64, of: u64, max_dropped: Number },
}

/// `data.prepared`: what the training reads, and what treats a new image in the same way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PreparedClaims {
    pub(crate) train: String,
    pub(crate) validation: String,
    pub(crate) test: String,
    pub(crate) feature: FittedFeature,
}

/// `train.run`: each epoch, and the model; no model if the training failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TrainClaims {
    /// Complete epochs.
    pub(crate) epochs: u32,
    /// The epoch of the model's parameters, from 1; 0 without a model.
    pub(crate) best_epoch: u32,
    pub(crate) stopped: Stopped,
    pub(crate) history: Vec<EpochClaims>,
    /// Trained numbers.
    pub(crate) n_parameters: u64,
    /// SHA-256 of the parameters of the model.
    pub(crate) parameters: Option<String>,
    /// SHA-256 of the model file.
    pub(crate) model: Option<String>,
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stopped {
    Epochs,
    EarlyStopping,
    /// The loss or the gradient was not finite at this step, from 1.
    Diverged {
        step: u64,
    },
    /// A study stopped it.
    Pruned,
}

/// An epoch; how long it took is no claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EpochClaims {
    pub(crate) epoch: u32,
    pub(crate) train_loss: Number,
    pub(crate) train_accuracy: Number,
    pub(crate) validation_loss: Option<Number>,
    pub(crate) validation_accuracy: Option<Number>,
    pub(crate) learning_rate: Number,
    /// SHA-256 of the parameters after it.
    pub(crate) parameters: String,
}

/// `eval.result`: everything that was measured on one reading of a split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EvaluationClaims {
    pub(crate) split: Split,
    pub(crate) samples: u64,
    /// In the order of [`Metric::ALL`].
    pub(crate) metrics: BTreeMap<Metric, MetricClaims>,
    /// The distances that pairs were judged by, where any were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) thresholds: Option<ThresholdClaims>,
    pub(crate) confusion: Vec<Vec<u64>>,
    pub(crate) slices: Vec<SliceClaims>,
    pub(crate) calibration: Vec<BinClaims>,
    pub(crate) calibration_error: Number,
    pub(crate) mistakes: Vec<MistakeClaims>,
    /// Readings of the test split up to this one; said of test only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) test_reads: Option<u64>,
}

/// Accuracy on a part of the rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SliceClaims {
    pub(crate) by: String,
    pub(crate) slice: String,
    pub(crate) samples: u64,
    pub(crate) value: Number,
    pub(crate) lower95: Number,
    pub(crate) upper95: Number,
}

/// Predictions of like probability; bins without any are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BinClaims {
    pub(crate) samples: u64,
    pub(crate) confidence: Number,
    pub(crate) accuracy: Number,
}

/// A row that the model got wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MistakeClaims {
    pub(crate) row: u64,
    /// Index of the right class.
    pub(crate) actual: u64,
    /// Index of the class that the model said.
    pub(crate) predicted: u64,
    pub(crate) probability: Number,
}

/// `accept.decision`: the criteria, and what each comparison read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DecisionClaims {
    pub(crate) split: Split,
    pub(crate) decision: Decision,
}

/// `tune.study`: what was searched, every trial, and which one was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StudyClaims {
    /// The digest of the study's lock, as its trials name it.
    pub(crate) study: String,
    /// What was searched and how, with all defaults.
    pub(crate) adjust: Value,
    pub(crate) seed: u64,
    /// Whether the study as a whole reproduces, and not only each of its trials.
    pub(crate) reproduces: bool,
    /// What the plain spec measured.
    pub(crate) baseline: Option<BaselineClaims>,
    /// By number.
    pub(crate) trials: Vec<TrialClaims>,
    /// The number of the trial that was chosen; none if no trial came to its end.
    pub(crate) best: Option<u64>,
    /// How much of the objective's variance each parameter explains, the first goal's, largest first.
    pub(crate) importance: Vec<ImportanceClaims>,
}

/// What the plain spec measured, to be compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BaselineClaims {
    /// One for each goal.
    pub(crate) objectives: Vec<Number>,
    /// The statement of what was measured on validation.
    pub(crate) validation: String,
}

/// A trial of a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TrialClaims {
    pub(crate) number: u64,
    /// By path.
    pub(crate) values: BTreeMap<String, Value>,
    pub(crate) state: TrialEnd,
    /// Why it has no result, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// The epochs that it trained.
    pub(crate) epochs: u64,
    /// What it reported after each epoch.
    pub(crate) reports: Vec<ReportClaims>,
    /// One for each goal, where it is complete.
    pub(crate) objectives: Vec<Number>,
    /// The statement of its training.
    pub(crate) train: Option<String>,
    /// The statement of what was measured on validation.
    pub(crate) validation: Option<String>,
}

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TrialEnd {
    Complete,
    Pruned,
    Failed,
}

/// A value on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReportClaims {
    pub(crate) epoch: u64,
    pub(crate) value: Option<Number>,
}

/// How important a parameter was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ImportanceClaims {
    pub(crate) parameter: String,
    /// 0 to 1.
    pub(crate) share: Number,
}

/// A number of a claim; one that is none is absent, with the reason why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number(pub(crate) f64);

/// The key of an absent value, and why something optional is absent.
const ABSENT: &str = "absent";
const NONE: &str = "none";

impl From<f64> for Number {
    fn from(value: f64) -> Number {
        Number(value)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Absent { absent: String },
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = match Claim::number(self.0) {
            Claim::Absent { why } => Written::Absent { absent: why },
            _ => Written::Number(self.0),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        Ok(Number(match Written::deserialize(deserializer)? {
            Written::Number(number) => number,
            Written::Absent { absent } => match absent.as_str() {
                "infinite" => f64::INFINITY,
                "minus infinite" => f64::NEG_INFINITY,
                _ => f64::NAN,
            },
        }))
    }
}

/// Typed claims as a statement takes them.
///
/// # Panics
/// Never for the types of this module: their keys are texts.
pub(crate) fn write<T: Serialize>(claims: &T) -> Claims {
    let value = serde_json::to_value(claims).expect("claims are plain data with text keys");
    match claim_of(&value) {
        Claim::Map(claims) => claims,
        other => Claims::new().with("value", other),
    }
}

/// The claims of a statement as their type.
///
/// # Errors
/// If they are those of another type, or of another version of their definition.
pub(crate) fn read<T: DeserializeOwned>(statement: &Statement) -> Result<T, serde_json::Error> {
    let mut value: Value = serde_json::from_str(statement.as_json())?;
    serde_json::from_value(without_absent(value["claims"].take()))
}

/// JSON in the one form that claims give back: numbers as canonical JSON writes them, so that equal claims are equal values.
pub(crate) fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            // Below 2^53 every integer is itself.
            Some(float) if float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 => (float as i64).into(),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), normal(value))).collect(),
        other => other.clone(),
    }
}

fn claim_of(value: &Value) -> Claim {
    match value {
        Value::Null => Claim::absent(NONE),
        Value::Bool(value) => Claim::Bool(*value),
        Value::Number(number) => match number.as_u64() {
            Some(integer) => Claim::integer(integer),
            None => Claim::number(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Claim::Text(text.clone()),
        Value::Array(items) => Claim::List(items.iter().map(claim_of).collect()),
        Value::Object(entries) => {
            if let (1, Some(Value::String(why))) = (entries.len(), entries.get(ABSENT)) {
                return Claim::absent(why.clone());
            }
            let mut claims = Claims::new();
            for (key, value) in entries {
                claims.insert(key.clone(), claim_of(value));
            }
            Claim::Map(claims)
        }
    }
}

fn without_absent(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(without_absent).collect(),
        Value::Object(entries) => {
            if entries.len() == 1 && entries.get(ABSENT).is_some_and(|why| why == NONE) {
                return Value::Null;
            }
            entries.into_iter().map(|(key, value)| (key, without_absent(value))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn claims_are_read_as_they_were_written() {
        let epoch = |validation_loss, train_loss: f64| EpochClaims {
            epoch: 3,
            train_loss: train_loss.into(),
            train_accuracy: 1.0.into(),
            validation_loss,
            validation_accuracy: None,
            learning_rate: 1e-3.into(),
            parameters: "ab".to_owned(),
        };
        for claims in [epoch(None, 0.1), epoch(Some(0.25.into()), f64::INFINITY), epoch(None, f64::NEG_INFINITY)] {
            let written = serde_json::to_value(write(&claims)).unwrap();
            let read: EpochClaims = serde_json::from_value(without_absent(normal(&written))).unwrap();
            assert_eq!(read, claims);
        }
        let written = serde_json::to_value(write(&epoch(None, f64::NAN))).unwrap();
        assert_eq!(written["train_loss"], json!({ "absent": "not a number" }));
        assert_eq!(written["validation_loss"], json!({ "absent": "none" }));
    }

    #[test]
    fn the_normal_form_has_one_spelling_for_a_number() {
        assert_eq!(normal(&json!({ "a": [1.0, 0.5, -2.0], "b": null })), json!({ "a": [1, 0.5, -2], "b": null }));
    }
}
