use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The value of one parameter in one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Value {
    /// Of a `linear` or `log` parameter.
    Float(f64),
    /// Of an `integer` or `log_integer` parameter.
    Integer(i64),
    /// Of a `choice`.
    Choice {
        /// Its place in the list of choices, from 0.
        idx: usize,
        /// What the list has there.
        value: serde_json::Value,
    },
}

/// The values of one trial by the parameters' paths. A conditional parameter that does not exist in the trial is absent.
pub type Values = BTreeMap<String, Value>;

impl Value {
    /// The value as it is written into a spec.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Float(value) => serde_json::Value::from(*value),
            Value::Integer(value) => serde_json::Value::from(*value),
            Value::Choice { value, .. } => value.clone(),
        }
    }
}
