//! How the learning rate changes: one file each, one visible list ([`Schedule`]), one test that walks it
//! (`tests/model/schedules.rs`).
//!
//! A schedule is a factor on the optimizer's `learning_rate`, for each step. All but one follow from the step alone;
//! [`ReduceOnPlateau`] also looks at the validation loss, and what it remembers is the [`ScheduleState`], which belongs in a
//! checkpoint. Computed in f64 with our own functions: the same bits everywhere.

mod constant;
mod cosine;
mod exponential;
mod one_cycle;
mod polynomial;
mod reduce_on_plateau;
mod step;
mod warm_up;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use constant::Constant;
pub use cosine::Cosine;
pub use exponential::Exponential;
pub use one_cycle::OneCycle;
pub use polynomial::Polynomial;
pub use reduce_on_plateau::ReduceOnPlateau;
pub use step::Step;
pub use warm_up::WarmUp;

use proofmark_tagged::tagged;

use crate::error::ModelErrors;
use crate::ranges::Ranges;

tagged! {
    /// How the learning rate changes in the course of a training.
    Schedule: ScheduleDefinition {
        constant => Constant,
        step => Step,
        exponential => Exponential,
        cosine => Cosine,
        polynomial => Polynomial,
        one_cycle => OneCycle,
        warm_up => WarmUp,
        reduce_on_plateau => ReduceOnPlateau,
    }
}

/// Where a training stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Steps done: 0 before the first.
    pub step: u64,
    /// Steps of one epoch, at least 1.
    pub steps_per_epoch: u64,
    /// Steps of the whole training.
    pub total_steps: u64,
}

/// What a schedule remembers from epoch to epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleState {
    /// The factor reached so far. Starts at 1.
    pub factor: f64,
    /// The lowest finite loss seen; none before the first.
    pub best: Option<f64>,
    /// Epochs since it was seen.
    pub waited: u64,
    /// Epochs for which the schedule still rests.
    pub resting: u64,
}

impl Default for ScheduleState {
    fn default() -> Self {
        ScheduleState { factor: 1.0, best: None, waited: 0, resting: 0 }
    }
}

/// What every schedule defines.
pub(crate) trait ScheduleDefinition {
    /// Collects the parameters that are outside their range, each with `prefix` before its name.
    fn check(&self, _ranges: &mut Ranges, _prefix: &str) {}

    /// The factor on the learning rate of the next step.
    fn factor(&self, progress: Progress, state: &ScheduleState) -> f64;

    /// Takes note of the loss at the end of an epoch.
    fn observe(&self, _progress: Progress, _loss: f64, _state: &mut ScheduleState) {}
}

impl Progress {
    /// Epochs done.
    pub fn epoch(self) -> u64 {
        self.step / self.steps_per_epoch.max(1)
    }
}

impl Schedule {
    /// The factor on the optimizer's learning rate for the next step, 0 to 1.
    pub fn factor(&self, progress: Progress, state: &ScheduleState) -> f64 {
        self.definition().factor(progress, state)
    }

    /// Takes note of the loss (validation's, or training's where there is no validation) at the end of an epoch.
    pub fn observe(&self, progress: Progress, loss: f64, state: &mut ScheduleState) {
        self.definition().observe(progress, loss, state);
    }

    /// Checks the parameters; `path` is where the schedule stands in the user's spec, such as `train.schedule`.
    ///
    /// # Errors
    /// Every parameter outside its range.
    pub fn check(&self, path: &str) -> Result<(), ModelErrors> {
        let mut ranges = Ranges::default();
        self.check_into(&mut ranges, "");
        ModelErrors::of_ranges(ranges, path)
    }

    pub(crate) fn check_into(&self, ranges: &mut Ranges, prefix: &str) {
        self.definition().check(ranges, &format!("{prefix}{}.", self.kind()));
    }
}

/// The schedule that changes nothing.
impl Default for Schedule {
    fn default() -> Self {
        Constant {}.into()
    }
}
