use proofmark_tensor::math::cos_f64;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Progress, ScheduleDefinition, ScheduleState};
use crate::ranges::Ranges;

/// Rises from `start` to 1 and falls to `minimum`, each along half a cosine, once over the whole training: of T steps the
/// one at `rise T - 1` has the optimizer's rate, the last one `minimum` of it.
///
/// *Source*: Smith, Topin 2018 (*Super-convergence*); PyTorch's `OneCycleLR` with two phases, whose `pct_start` is `rise`,
/// `div_factor` is `1 / start` and `final_div_factor` is `start / minimum`; the momentum stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OneCycle {
    /// The share of the steps in which the rate rises, 0 to below 1. Default 0.3.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
    pub rise: f64,
    /// The share of the rate at the first step, 0 to 1. Default 0.04.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub start: f64,
    /// The share of the rate at the last step, 0 to 1. Default 0.000004.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub minimum: f64,
}

impl Default for OneCycle {
    fn default() -> Self {
        OneCycle { rise: 0.3, start: 0.04, minimum: 0.000_004 }
    }
}

impl ScheduleDefinition for OneCycle {
    fn check(&self, ranges: &mut Ranges, prefix: &str) {
        ranges.number(&format!("{prefix}rise"), self.rise, 0.0..1.0);
        ranges.number(&format!("{prefix}start"), self.start, 0.0..=1.0);
        ranges.number(&format!("{prefix}minimum"), self.minimum, 0.0..=1.0);
    }

    fn factor(&self, progress: Progress, _state: &ScheduleState) -> f64 {
        let (step, last) = (progress.step as f64, progress.total_steps as f64 - 1.0);
        let peak = self.rise * progress.total_steps as f64 - 1.0;
        if step >= last {
            self.minimum
        } else if step <= peak && peak > 0.0 {
            half_cosine(self.start, 1.0, step / peak)
        } else {
            half_cosine(1.0, self.minimum, (step - peak) / (last - peak))
        }
    }
}

/// From one number to another, `share` of the way.
fn half_cosine(from: f64, to: f64, share: f64) -> f64 {
    let cosine = cos_f64(std::f64::consts::PI * share);
    (from - to).mul_add(0.5 * (1.0 + cosine), to)
}
