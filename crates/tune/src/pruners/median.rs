use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PrunerDefinition;
use crate::ranges::Ranges;
use crate::trial::{History, Report, TrialRecord, Verdict};

/// Stops a trial whose best value so far is worse than the median of what the complete trials averaged up to the same step.
///
/// *Source*: Golovin et al. 2017 (*Google Vizier*), section 3.2.2, the median stopping rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Median {
    /// Complete trials before the first one is stopped, 1 to 10,000. Default 5.
    #[schemars(range(min = 1, max = 10_000))]
    pub startup_trials: u64,
    /// Steps for which every trial runs, 0 to 1,000,000. Default 0.
    #[schemars(range(max = 1_000_000))]
    pub grace: u64,
}

impl Default for Median {
    fn default() -> Self {
        Median { startup_trials: 5, grace: 0 }
    }
}

impl PrunerDefinition for Median {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("startup_trials", self.startup_trials as f64, 1.0..=10_000.0);
        ranges.number("grace", self.grace as f64, 0.0..=1e6);
    }

    fn verdict(&self, history: &History<'_>, trial: &TrialRecord) -> Verdict {
        let step = trial.reports.last().map_or(0, |last| last.step);
        let average = |reports: &[Report]| -> Option<f64> {
            let losses: Vec<f64> =
                reports.iter().filter(|report| report.step <= step).map(|report| history.report_loss(report)).collect();
            (!losses.is_empty()).then(|| losses.iter().sum::<f64>() / losses.len() as f64)
        };
        let complete = history.trials.iter().filter(|other| other.objectives().is_some());
        let mut averages: Vec<f64> = complete.filter_map(|other| average(&other.reports)).collect();
        if step <= self.grace || (averages.len() as u64) < self.startup_trials {
            return Verdict::Continue;
        }
        averages.sort_by(f64::total_cmp);
        let n = averages.len();
        let median = 0.5 * averages[(n - 1) / 2] + 0.5 * averages[n / 2];
        let best = trial.reports.iter().map(|report| history.report_loss(report)).fold(f64::INFINITY, f64::min);
        if best > median || best == f64::INFINITY { Verdict::Prune } else { Verdict::Continue }
    }
}
