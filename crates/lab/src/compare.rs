//! Two runs side by side: the first thing in which they differ.

use proofmark_evidence::Digest;
use proofmark_store::{RunFile, RunFolder, StoreError};
use serde_json::Value;

use crate::error::LabError;
use crate::lock::{Difference, Lock, first_difference};
use crate::pipeline::epochs_of;

/// Two runs, and how they differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Id of the one run.
    pub left: String,
    /// Id of the other.
    pub right: String,
    /// The first difference; `None` if they agree in everything that decides bits, and in the bits.
    pub difference: Option<RunDifference>,
    /// Epochs that both have and that came out the same, from the first on.
    pub same_epochs: u32,
}

/// In what two runs differ, in the order of looking: a later one usually follows from an earlier one.
#[derive(Clone, Debug, PartialEq)]
pub enum RunDifference {
    /// A key of the spec, defaults filled in.
    Spec(Difference),
    /// A file of the source.
    Source(Difference),
    /// The classes' names.
    Classes(Difference),
    /// The data as the model reads them, though the sources are the same.
    Prepared(Difference),
    /// The version of the program's arithmetic.
    Numerics {
        /// The one run's.
        left: u32,
        /// The other's.
        right: u32,
    },
    /// The graph or its plan, though the spec is the same.
    Plan(Difference),
    /// An epoch's parameters.
    Epoch {
        /// The epoch, from 1.
        epoch: u32,
        /// SHA-256 of the parameters in the one run.
        left: String,
        /// In the other.
        right: String,
    },
    /// One run has more epochs; those of the shorter one are the same.
    Epochs {
        /// The one run's complete epochs.
        left: u32,
        /// The other's.
        right: u32,
    },
    /// The model files, though all epochs are the same.
    Model {
        /// SHA-256 of the one; `None` without a model.
        left: Option<String>,
        /// Of the other.
        right: Option<String>,
    },
}

impl RunDifference {
    /// What differs, in one word.
    pub fn kind(&self) -> &'static str {
        match self {
            RunDifference::Spec(_) => "spec",
            RunDifference::Source(_) => "source",
            RunDifference::Classes(_) => "classes",
            RunDifference::Prepared(_) => "prepared",
            RunDifference::Numerics { .. } => "numerics",
            RunDifference::Plan(_) => "plan",
            RunDifference::Epoch { .. } => "epoch",
            RunDifference::Epochs { .. } => "epochs",
            RunDifference::Model { .. } => "model",
        }
    }

    /// Where it stands, and what stands there in the one run and the other.
    pub fn sides(&self) -> (String, Value, Value) {
        match self {
            RunDifference::Spec(difference)
            | RunDifference::Source(difference)
            | RunDifference::Classes(difference)
            | RunDifference::Prepared(difference)
            | RunDifference::Plan(difference) => {
                (difference.path.clone(), difference.left.clone(), difference.right.clone())
            }
            RunDifference::Numerics { left, right } => ("numerics_version".to_owned(), (*left).into(), (*right).into()),
            RunDifference::Epoch { epoch, left, right } => {
                (format!("epochs[{epoch}]"), left.clone().into(), right.clone().into())
            }
            RunDifference::Epochs { left, right } => ("epochs".to_owned(), (*left).into(), (*right).into()),
            RunDifference::Model { left, right } => {
                ("model".to_owned(), serde_json::json!(left), serde_json::json!(right))
            }
        }
    }
}

/// Compares two runs by what their folders hold.
///
/// # Errors
/// A folder that cannot be read.
pub fn compare(left: &RunFolder, right: &RunFolder) -> Result<Comparison, LabError> {
    let (mut same_epochs, mut difference) =
        (0, locks(&left.read_json(RunFile::Lock)?, &right.read_json(RunFile::Lock)?));
    let (left_epochs, right_epochs) = (epochs_of(left)?, epochs_of(right)?);
    for (a, b) in left_epochs.iter().zip(&right_epochs) {
        if a.parameters_digest != b.parameters_digest {
            let (left, right) = (a.parameters_digest.clone(), b.parameters_digest.clone());
            difference = difference.or(Some(RunDifference::Epoch { epoch: a.epoch, left, right }));
            break;
        }
        same_epochs = a.epoch;
    }
    if difference.is_none() {
        let (left_epochs, right_epochs) = (left_epochs.len() as u32, right_epochs.len() as u32);
        let (left_model, right_model) = (model_digest(left)?, model_digest(right)?);
        difference = if left_epochs != right_epochs {
            Some(RunDifference::Epochs { left: left_epochs, right: right_epochs })
        } else if left_model != right_model {
            Some(RunDifference::Model { left: left_model, right: right_model })
        } else {
            None
        };
    }
    Ok(Comparison { left: left.id().to_owned(), right: right.id().to_owned(), difference, same_epochs })
}

fn locks(left: &Lock, right: &Lock) -> Option<RunDifference> {
    let (left_value, right_value) = (left.to_value(), right.to_value());
    let at = |key: &str| {
        let of = |value: &Value| value.get(key).cloned().unwrap_or_default();
        let found = first_difference(&of(&left_value), &of(&right_value))?;
        let dot = if found.path.is_empty() || found.path.starts_with('[') { "" } else { "." };
        Some(Difference { path: format!("{key}{dot}{}", found.path), ..found })
    };
    let numerics = || {
        let (left, right) = (left.numerics_version, right.numerics_version);
        (left != right).then_some(RunDifference::Numerics { left, right })
    };
    at("spec")
        .map(RunDifference::Spec)
        .or_else(|| at("sources").map(RunDifference::Source))
        .or_else(|| at("classes").map(RunDifference::Classes))
        .or_else(|| at("prepared").map(RunDifference::Prepared))
        .or_else(numerics)
        .or_else(|| at("plan").map(RunDifference::Plan))
}

/// SHA-256 of a run's model file; `None` if it has none.
pub(crate) fn model_digest(run: &RunFolder) -> Result<Option<String>, StoreError> {
    match run.read(RunFile::Model) {
        Ok(bytes) => Ok(Some(Digest::of(&bytes).hex())),
        Err(StoreError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lock(change: impl FnOnce(&mut Lock)) -> Lock {
        let mut lock = Lock {
            format: 1,
            numerics_version: 1,
            spec: json!({ "seed": 7, "train": { "epochs": 3 } }),
            sources: [("train/images".to_owned(), "aa".to_owned())].into(),
            classes: vec!["0".to_owned(), "1".to_owned()],
            prepared: [("train".to_owned(), "bb".to_owned())].into(),
            plan: "cc".to_owned(),
            trial: None,
        };
        change(&mut lock);
        lock
    }

    #[test]
    fn the_first_difference_is_the_one_that_explains_the_others() {
        type Case = (&'static str, &'static str, fn(&mut Lock));
        let cases: [Case; 6] = [
            ("spec", "spec.train.epochs", |lock| {
                lock.spec = json!({ "seed": 7, "train": { "epochs": 4 } });
                lock.plan = "dd".to_owned();
            }),
            ("source", "sources.train/images", |lock| {
                lock.sources.insert("train/images".to_owned(), "ab".to_owned());
                lock.prepared.clear();
            }),
            ("classes", "classes[1]", |lock| lock.classes[1] = "one".to_owned()),
            ("prepared", "prepared.train", |lock| {
                lock.prepared.insert("train".to_owned(), "bc".to_owned());
                lock.numerics_version = 2;
            }),
            ("numerics", "numerics_version", |lock| lock.numerics_version = 2),
            ("plan", "plan", |lock| lock.plan = "dd".to_owned()),
        ];
        for (kind, path, change) in cases {
            let difference = locks(&lock(|_| ()), &lock(change)).expect(kind);
            assert_eq!((difference.kind(), difference.sides().0.as_str()), (kind, path));
        }
        assert_eq!(locks(&lock(|_| ()), &lock(|_| ())), None);
    }
}
