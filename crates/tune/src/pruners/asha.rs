use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PrunerDefinition;
use crate::ranges::Ranges;
use crate::trial::{History, TrialRecord, Verdict};

/// Asynchronous successive halving: at steps `grace`, `grace · reduction_factor`, `grace · reduction_factor²`, .. (the rungs)
/// a trial goes on only if it is in the best `1/reduction_factor` of the trials that have come to the rung by then.
///
/// *Source*: Li et al. 2020 (*A system for massively parallel hyperparameter tuning*), whose η is `reduction_factor` and whose r is
/// `grace`; in the form that stops trials instead of pausing them, so that nothing waits and no trial is taken up again. The first
/// `reduction_factor` trials at a rung go on only while they are the best so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Asha {
    /// One trial in so many goes on from a rung, 2 to 100. Default 3.
    #[schemars(range(min = 2, max = 100))]
    pub reduction_factor: u64,
    /// The first rung: steps that every trial gets, 1 to 1,000,000. Default 1.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub grace: u64,
}

impl Default for Asha {
    fn default() -> Self {
        Asha { reduction_factor: 3, grace: 1 }
    }
}

impl PrunerDefinition for Asha {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("reduction_factor", self.reduction_factor as f64, 2.0..=100.0);
        ranges.number("grace", self.grace as f64, 1.0..=1e6);
    }

    fn verdict(&self, history: &History<'_>, trial: &TrialRecord) -> Verdict {
        let [before @ .., last] = trial.reports.as_slice() else { return Verdict::Continue };
        let previous = before.last().map_or(0, |report| report.step);
        // Reports need not hit a rung's step: the first at or behind it counts.
        let Some(rung) = self.rungs(last.step).filter(|rung| *rung > previous).last() else { return Verdict::Continue };
        let loss = history.report_loss(last);
        if loss == f64::INFINITY {
            return Verdict::Prune;
        }
        let at_rung = |other: &TrialRecord| {
            let report = other.reports.iter().find(|report| report.step >= rung)?;
            Some(history.report_loss(report))
        };
        let others = history.trials.iter().filter(|other| other.number != trial.number);
        let losses: Vec<f64> = others.filter_map(at_rung).collect();
        let n_better = losses.iter().filter(|other| **other < loss).count() as u64;
        let n_places = ((losses.len() as u64 + 1) / self.reduction_factor).max(1);
        if n_better < n_places { Verdict::Continue } else { Verdict::Prune }
    }
}

impl Asha {
    /// The rungs up to a step, ascending.
    fn rungs(&self, step: u64) -> impl Iterator<Item = u64> {
        let factor = self.reduction_factor.max(2);
        std::iter::successors(Some(self.grace.max(1)), move |rung| rung.checked_mul(factor))
            .take_while(move |rung| *rung <= step)
    }
}
