use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ranges::{POSITIVE, Ranges};

/// A bound on the gradient of the loss, applied before regularisation and update: `{ norm: 1.0 }` or `{ value: 0.5 }`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Clip {
    /// All gradients together are scaled by `min(1, norm / |g|)`, |g| being the root of the sum of all squares (Pascanu,
    /// Mikolov, Bengio 2013, algorithm 1). Above 0.
    Norm(#[schemars(extend("exclusiveMinimum" = 0))] f64),
    /// Each element is moved into `[-value, value]`. Above 0.
    Value(#[schemars(extend("exclusiveMinimum" = 0))] f64),
}

impl Clip {
    pub(crate) fn check(&self, ranges: &mut Ranges) {
        match *self {
            Clip::Norm(norm) => ranges.number("norm", norm, POSITIVE),
            Clip::Value(value) => ranges.number("value", value, POSITIVE),
        }
    }
}
