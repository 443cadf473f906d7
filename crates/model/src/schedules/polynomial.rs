use proofmark_tensor::math::pow_f64;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Progress, ScheduleDefinition, ScheduleState};
use crate::ranges::{POSITIVE, Ranges};

/// Falls from 1 to `minimum` as a power of the steps that are left: `minimum + (1 - minimum) (1 - t / T)^power` at step t of
/// T, and stays at `minimum`. A power of 1 is a straight line.
///
/// *Source*: Keras' `PolynomialDecay`; PyTorch's `PolynomialLR` has no minimum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Polynomial {
    /// The power, above 0. Default 1.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub power: f64,
    /// The share of the rate that is left at the end, 0 to 1. Default 0.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub minimum: f64,
    /// Epochs that the fall takes, 1 to 1,000,000. Default: all epochs of the training.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub epochs: Option<usize>,
}

impl Default for Polynomial {
    fn default() -> Self {
        Polynomial { power: 1.0, minimum: 0.0, epochs: None }
    }
}

impl ScheduleDefinition for Polynomial {
    fn check(&self, ranges: &mut Ranges, prefix: &str) {
        ranges.number(&format!("{prefix}power"), self.power, POSITIVE);
        ranges.number(&format!("{prefix}minimum"), self.minimum, 0.0..=1.0);
        if let Some(epochs) = self.epochs {
            ranges.count(&format!("{prefix}epochs"), epochs, 1..=1_000_000);
        }
    }

    fn factor(&self, progress: Progress, _state: &ScheduleState) -> f64 {
        let total = match self.epochs {
            Some(epochs) => progress.steps_per_epoch.saturating_mul(epochs as u64),
            None => progress.total_steps,
        };
        if progress.step >= total {
            return self.minimum;
        }
        let left = (total - progress.step) as f64 / total as f64;
        (1.0 - self.minimum).mul_add(pow_f64(left, self.power), self.minimum)
    }
}
