use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Progress, ScheduleDefinition, ScheduleState};
use crate::ranges::Ranges;

/// Multiplies the rate by `factor` when the loss at the end of an epoch (validation's, or training's where there is no
/// validation) has not fallen by `min_delta` for `patience` epochs. A loss that is not finite has not fallen.
///
/// *Source*: Keras' `ReduceLROnPlateau`; its `min_lr` is a rate, `minimum` is a share of the optimizer's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReduceOnPlateau {
    /// What the rate is multiplied by, above 0 and at most 1. Default 0.1.
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0))]
    pub factor: f64,
    /// Epochs without improvement before the rate falls, 1 to 1,000,000. Default 10.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub patience: usize,
    /// What the loss must fall by to count as better, 0 or more. Default 0.0001.
    #[schemars(range(min = 0.0))]
    pub min_delta: f64,
    /// Epochs after a fall in which nothing is counted, 0 to 1,000,000. Default 0.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub cooldown: usize,
    /// The share of the optimizer's rate below which it does not fall, 0 to 1. Default 0.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub minimum: f64,
}

impl Default for ReduceOnPlateau {
    fn default() -> Self {
        ReduceOnPlateau { factor: 0.1, patience: 10, min_delta: 1e-4, cooldown: 0, minimum: 0.0 }
    }
}

impl ScheduleDefinition for ReduceOnPlateau {
    fn check(&self, ranges: &mut Ranges, prefix: &str) {
        ranges.share(&format!("{prefix}factor"), self.factor);
        ranges.count(&format!("{prefix}patience"), self.patience, 1..=1_000_000);
        ranges.number(&format!("{prefix}min_delta"), self.min_delta, 0.0..);
        ranges.count(&format!("{prefix}cooldown"), self.cooldown, 0..=1_000_000);
        ranges.number(&format!("{prefix}minimum"), self.minimum, 0.0..=1.0);
    }

    fn factor(&self, _progress: Progress, state: &ScheduleState) -> f64 {
        state.factor
    }

    fn observe(&self, _progress: Progress, loss: f64, state: &mut ScheduleState) {
        let is_resting = state.resting > 0;
        if is_resting {
            state.resting -= 1;
            state.waited = 0;
        }
        let is_better = match state.best {
            Some(best) => loss.is_finite() && loss < best - self.min_delta,
            None => loss.is_finite(),
        };
        if is_better {
            state.best = Some(loss);
            state.waited = 0;
        } else if state.resting == 0 {
            // The epoch in which a rest ends counts, as in Keras.
            state.waited += 1;
            if state.waited >= self.patience as u64 {
                let lowered = state.factor * self.factor;
                state.factor = if lowered < self.minimum { self.minimum } else { lowered };
                state.waited = 0;
                state.resting = self.cooldown as u64;
            }
        }
    }
}
