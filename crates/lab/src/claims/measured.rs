//! What is claimed of a metric.

use serde::{Deserialize, Serialize};

use super::Number;

/// Distances up to which two samples are taken for one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ThresholdClaims {
    /// Of the verification's accuracy.
    pub(crate) accuracy: Number,
    /// Where errors of both kinds are equally frequent.
    pub(crate) equal_error: Number,
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MetricClaims {
    pub(crate) value: Number,
    pub(crate) lower95: Number,
    pub(crate) upper95: Number,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) baseline: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gain: Option<EstimateClaims>,
}

/// A value with its interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EstimateClaims {
    pub(crate) value: Number,
    pub(crate) lower95: Number,
    pub(crate) upper95: Number,
}
