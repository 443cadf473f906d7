use std::collections::BTreeMap;

use proofmark_evidence::{Digest, EvidenceError, canonical::to_canonical};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RunSpec;

/// Everything that a run was resolved to: with the program's numerics version, it decides every bit of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lock {
    /// Version of this format.
    pub format: u32,
    /// The engine's `NUMERICS_VERSION`.
    pub numerics_version: u32,
    /// The spec with all defaults.
    pub spec: Value,
    /// SHA-256 of each source file, uncompressed, by `part/file`.
    pub sources: BTreeMap<String, String>,
    /// The classes' names.
    pub classes: Vec<String>,
    /// SHA-256 of each prepared split; empty if the gate refused the data.
    pub prepared: BTreeMap<String, String>,
    /// SHA-256 of the training graph and its plan, as text; empty if the gate refused the data.
    pub plan: String,
    /// The trial that this run is, if a study made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<TrialOf>,
}

/// A trial of a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialOf {
    /// The digest of the study's lock: of the plain spec, resolved.
    pub study: String,
    /// The trial's number, from 0; `None` for the plain spec, trained to be compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
}

/// Version of the lock's format.
pub(crate) const FORMAT: u32 = 1;

/// The first thing in which two locks differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where: `spec.train.epochs`, `sources.train/...`.
    pub path: String,
    /// There, or `null`.
    pub left: Value,
    /// Here, or `null`.
    pub right: Value,
}

impl Lock {
    /// The digest of its canonical JSON: the name of the training.
    ///
    /// # Errors
    /// [`EvidenceError`] for a number that canonical JSON cannot hold, which the spec's ranges exclude.
    pub fn digest(&self) -> Result<Digest, EvidenceError> {
        Ok(Digest::of(to_canonical(&self.to_value())?.as_bytes()))
    }

    /// The lock without what changes neither training nor data: reading a spec's `accept` or `evaluate` anew is no new
    /// training, nor is a cross-validation before it, and neither is the same training for another purpose.
    pub fn training_digest(&self) -> Result<Digest, EvidenceError> {
        let mut value = self.to_value();
        if let Some(lock) = value.as_object_mut() {
            lock.remove("trial");
        }
        if let Some(spec) = value.get_mut("spec").and_then(Value::as_object_mut) {
            for key in ["name", "accept", "evaluate", "adjust", "cross_validation"] {
                spec.remove(key);
            }
            if let Some(train) = spec.get_mut("train").and_then(Value::as_object_mut) {
                train.remove("checkpoint_seconds");
            }
        }
        Ok(Digest::of(to_canonical(&value)?.as_bytes()))
    }

    pub(crate) fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("a lock has string keys")
    }

    pub(crate) fn spec_value(spec: &RunSpec) -> Value {
        serde_json::to_value(spec).expect("a spec has string keys and finite numbers")
    }
}

/// The first difference of two JSON values, in the order of the keys; `None` if they are equal.
pub fn first_difference(left: &Value, right: &Value) -> Option<Difference> {
    differ(String::new(), left, right)
}

fn differ(path: String, left: &Value, right: &Value) -> Option<Difference> {
    let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))).collect();
            keys.dedup();
            keys.into_iter().find_map(|key| {
                differ(join(key), a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null))
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(idx, (a, b))| differ(format!("{path}[{idx}]"), a, b))
        }
        _ => (left != right).then(|| Difference { path, left: left.clone(), right: right.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_names_the_first_difference() {
        let left = json!({"a": 1, "b": {"c": [1, 2, {"d": true}]}});
        assert_eq!(first_difference(&left, &left), None);
        let right = json!({"a": 1, "b": {"c": [1, 2, {"d": false}]}});
        assert_eq!(first_difference(&left, &right).unwrap().path, "b.c[2].d");
        let right = json!({"a": 1, "b": {"c": [1, 2]}});
        assert_eq!(first_difference(&left, &right).unwrap().path, "b.c");
        let right = json!({"a": 1, "b": {"c": [1, 2, {"d": true}]}, "e": 0});
        let difference = first_difference(&left, &right).unwrap();
        assert_eq!((difference.path.as_str(), difference.left, difference.right), ("e", Value::Null, json!(0)));
    }
}
