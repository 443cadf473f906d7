use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ranges::Ranges;

/// An average of the weights over the steps: `{ ema: { decay: 0.999 } }` or `{ swa: { start: 10 } }`. It is what is evaluated, what
/// the best epoch is chosen by, and what the model is; training itself goes on with the weights as they are.
///
/// After each step `a <- (1 - t) a + t w` of every parameter w that is trained, and of moving statistics alike; t is 1 in the first
/// step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Average {
    /// A moving average: newer weights count more.
    Ema(MovingAverage),
    /// The mean over the ends of epochs.
    Swa(EqualAverage),
}

/// Newer weights count more: t is `1 - decay` from the second step on.
///
/// *Source*: Polyak, Juditsky 1992; PyTorch's `AveragedModel` with `get_ema_avg_fn`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MovingAverage {
    /// Share of the average that a step keeps, 0 to below 1. Default 0.999.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
    pub decay: f64,
}

/// The weights at the ends of epochs count the same, from an epoch on: at the end of epoch e, t is `1 / (e - start + 1)`, and 0 at
/// other steps. Until the end of epoch `start` the average is the weights themselves.
///
/// *Source*: Izmailov and others 2018 (*Averaging weights leads to wider optima and better generalization*). Statistics of batch
/// normalisation are averaged, not measured again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EqualAverage {
    /// The first epoch whose weights count, from 1.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub start: u32,
}

impl Default for MovingAverage {
    fn default() -> Self {
        MovingAverage { decay: 0.999 }
    }
}

impl Average {
    /// The graph input that a training step with an average has after the optimizer's.
    pub const TAKEN: &'static str = "average.taken";

    /// What the average of a state is called among the states.
    pub fn state_name(of: &str) -> String {
        format!("average.{of}")
    }

    /// The share of the new weights at a step, counted from 0 over the whole training.
    pub fn taken(&self, step: u64, steps_per_epoch: u64) -> f32 {
        match self {
            Average::Ema(_) if step == 0 => 1.0,
            Average::Ema(MovingAverage { decay }) => (1.0 - decay) as f32,
            Average::Swa(EqualAverage { start }) => {
                let epoch = step / steps_per_epoch + 1;
                match epoch.checked_sub(u64::from(*start)) {
                    None | Some(0) => 1.0,
                    Some(later) if (step + 1).is_multiple_of(steps_per_epoch) => (1.0 / (later + 1) as f64) as f32,
                    Some(_) => 0.0,
                }
            }
        }
    }

    pub(crate) fn check(&self, ranges: &mut Ranges) {
        match self {
            Average::Ema(MovingAverage { decay }) => ranges.number("ema.decay", *decay, 0.0..1.0),
            Average::Swa(EqualAverage { start }) => ranges.count("swa.start", *start as usize, 1..=1_000_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_new_weights() {
        let ema = Average::Ema(MovingAverage { decay: 0.75 });
        assert_eq!([0, 1, 2, 99].map(|step| ema.taken(step, 3)), [1.0, 0.25, 0.25, 0.25]);
        // Epochs of two steps, averaged from the second: the ends of epochs 2, 3 and 4 count a third each.
        let swa = Average::Swa(EqualAverage { start: 2 });
        let taken: Vec<f32> = (0..8).map(|step| swa.taken(step, 2)).collect();
        assert_eq!(taken, [1.0, 1.0, 1.0, 1.0, 0.0, 0.5, 0.0, 1.0 / 3.0]);
    }
}
