use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Constant, Progress, Schedule, ScheduleDefinition, ScheduleState};
use crate::ranges::Ranges;

/// Rises in a straight line for some steps, then follows another schedule: `(t + 1) / steps` at step t, counted from 0.
/// The other schedule counts steps and epochs from the end of the rise, and takes the rest of the training as the whole.
///
/// *Source*: Goyal and others 2017 (*Accurate, large minibatch SGD*), section 2.2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WarmUp {
    /// Steps of the rise, 1 to 1,000,000,000.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub steps: usize,
    /// What follows. Default `constant`.
    #[serde(default)]
    pub then: Box<Schedule>,
}

impl WarmUp {
    /// A rise of this many steps to the optimizer's rate, which then stays.
    pub fn new(steps: usize) -> WarmUp {
        WarmUp { steps, then: Box::new(Constant {}.into()) }
    }

    /// Where the schedule that follows stands; `None` while the rise lasts.
    fn rest(&self, progress: Progress) -> Option<Progress> {
        let step = progress.step.checked_sub(self.steps as u64)?;
        let total_steps = progress.total_steps.saturating_sub(self.steps as u64);
        Some(Progress { step, total_steps, ..progress })
    }
}

impl ScheduleDefinition for WarmUp {
    fn check(&self, ranges: &mut Ranges, prefix: &str) {
        ranges.count(&format!("{prefix}steps"), self.steps, 1..=1_000_000_000);
        self.then.check_into(ranges, &format!("{prefix}then."));
    }

    fn factor(&self, progress: Progress, state: &ScheduleState) -> f64 {
        match self.rest(progress) {
            Some(rest) => self.then.factor(rest, state),
            None => (progress.step + 1) as f64 / self.steps as f64,
        }
    }

    fn observe(&self, progress: Progress, loss: f64, state: &mut ScheduleState) {
        if let Some(rest) = self.rest(progress) {
            self.then.observe(rest, loss, state);
        }
    }
}
