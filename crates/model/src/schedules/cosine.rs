use proofmark_tensor::math::cos_f64;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Progress, ScheduleDefinition, ScheduleState};
use crate::ranges::Ranges;

/// Falls from 1 to `minimum` along half a cosine, step by step: `minimum + (1 - minimum) (1 + cos(π t / T)) / 2` at step t
/// of T, and stays at `minimum`.
///
/// *Source*: Loshchilov, Hutter 2017 (*SGDR*), equation 5 without restarts; Keras' `CosineDecay`, whose `alpha` is `minimum`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Cosine {
    /// The share of the rate that is left at the end, 0 to 1. Default 0.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub minimum: f64,
    /// Epochs that the fall takes, 1 to 1,000,000. Default: all epochs of the training.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub epochs: Option<usize>,
}

impl ScheduleDefinition for Cosine {
    fn check(&self, ranges: &mut Ranges, prefix: &str) {
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
        let share = progress.step as f64 / total as f64;
        let cosine = cos_f64(std::f64::consts::PI * share);
        (1.0 - self.minimum).mul_add(0.5 * (1.0 + cosine), self.minimum)
    }
}
