use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Progress, ScheduleDefinition, ScheduleState};
use crate::power::power;
use crate::ranges::Ranges;

/// Multiplies the rate by `factor` after every `every` epochs: `factor^(epoch / every)`, rounded down, epochs counted from 0.
///
/// *Source*: PyTorch's `StepLR`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Epochs between two changes, 1 to 1,000,000.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub every: usize,
    /// What the rate is multiplied by, above 0 and at most 1. Default 0.1.
    #[serde(default = "default_factor")]
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0))]
    pub factor: f64,
}

fn default_factor() -> f64 {
    0.1
}

impl ScheduleDefinition for Step {
    fn check(&self, ranges: &mut Ranges, prefix: &str) {
        ranges.count(&format!("{prefix}every"), self.every, 1..=1_000_000);
        ranges.share(&format!("{prefix}factor"), self.factor);
    }

    fn factor(&self, progress: Progress, _state: &ScheduleState) -> f64 {
        power(self.factor, progress.epoch() / self.every.max(1) as u64)
    }
}
