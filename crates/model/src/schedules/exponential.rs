use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Progress, ScheduleDefinition, ScheduleState};
use crate::power::power;
use crate::ranges::Ranges;

/// Multiplies the rate by `rate` after every epoch: `rate^epoch`, epochs counted from 0.
///
/// *Source*: Keras' `ExponentialDecay` with `staircase`, one epoch a stair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exponential {
    /// What the rate is multiplied by, above 0 and at most 1.
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0))]
    pub rate: f64,
}

impl ScheduleDefinition for Exponential {
    fn check(&self, ranges: &mut Ranges, prefix: &str) {
        ranges.share(&format!("{prefix}rate"), self.rate);
    }

    fn factor(&self, progress: Progress, _state: &ScheduleState) -> f64 {
        power(self.rate, progress.epoch())
    }
}
