use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When to stop before all epochs are done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlyStoppingSpec {
    /// What is watched, after every epoch. Default: the loss on validation.
    #[serde(default)]
    pub monitor: Monitor,
    /// How many epochs in a row may bring nothing better. Default 3.
    #[serde(default = "default_patience")]
    #[schemars(range(min = 1, max = 100_000))]
    pub patience: u32,
    /// By how much a value must be better to count. Default 0.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub min_delta: f64,
}

/// What early stopping and the choice of the best epoch watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Monitor {
    /// The mean loss on validation; lower is better.
    #[default]
    #[serde(rename = "validation.loss")]
    ValidationLoss,
    /// The accuracy on validation; higher is better.
    #[serde(rename = "validation.accuracy")]
    ValidationAccuracy,
}

fn default_patience() -> u32 {
    3
}

/// What has been seen so far: the best epoch, and how long ago it was. Part of every checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EarlyStopping {
    best: Option<f64>,
    best_epoch: u32,
    /// The best value that counted against `min_delta`.
    reference: Option<f64>,
    epochs_without: u32,
}

impl EarlyStopping {
    /// The best epoch so far, from 1; 0 before the first.
    pub fn best_epoch(&self) -> u32 {
        self.best_epoch
    }

    /// Whether it is time to stop.
    pub fn is_over(&self, spec: &EarlyStoppingSpec) -> bool {
        self.epochs_without >= spec.patience
    }

    /// Takes in the value of an epoch; whether it is the best so far. Of equal values the earlier epoch stays the best.
    /// Without `spec`, `monitor` still decides which epoch is the best.
    pub fn observe(&mut self, epoch: u32, value: f64, monitor: Monitor, spec: Option<&EarlyStoppingSpec>) -> bool {
        let better = |value: f64, than: Option<f64>, by: f64| match (than, monitor) {
            (None, _) => !value.is_nan(),
            (Some(than), Monitor::ValidationLoss) => value < than - by,
            (Some(than), Monitor::ValidationAccuracy) => value > than + by,
        };
        let is_best = better(value, self.best, 0.0);
        if is_best {
            self.best = Some(value);
            self.best_epoch = epoch;
        }
        if better(value, self.reference, spec.map_or(0.0, |spec| spec.min_delta)) {
            self.reference = Some(value);
            self.epochs_without = 0;
        } else {
            self.epochs_without += 1;
        }
        is_best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(values: &[f64], monitor: Monitor, patience: u32, min_delta: f64) -> (u32, Option<usize>) {
        let spec = EarlyStoppingSpec { monitor, patience, min_delta };
        let mut state = EarlyStopping::default();
        let stopped = values.iter().enumerate().position(|(idx, value)| {
            state.observe(idx as u32 + 1, *value, monitor, Some(&spec));
            state.is_over(&spec)
        });
        (state.best_epoch(), stopped.map(|idx| idx + 1))
    }

    #[test]
    fn it_stops_after_patience_and_remembers_the_best() {
        assert_eq!(run(&[3.0, 2.0, 2.5, 2.1, 1.0], Monitor::ValidationLoss, 2, 0.0), (2, Some(4)));
        assert_eq!(run(&[0.5, 0.6, 0.6, 0.6], Monitor::ValidationAccuracy, 2, 0.0), (2, Some(4)));
        assert_eq!(run(&[3.0, 2.0, 1.0], Monitor::ValidationLoss, 1, 0.0), (3, None));
    }

    #[test]
    fn a_small_gain_is_best_but_does_not_count() {
        assert_eq!(run(&[1.0, 0.99, 0.98], Monitor::ValidationLoss, 2, 0.1), (3, Some(3)));
    }

    #[test]
    fn nan_is_never_best() {
        assert_eq!(run(&[f64::NAN, 1.0], Monitor::ValidationLoss, 5, 0.0), (2, None));
    }
}
