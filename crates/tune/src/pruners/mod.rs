//! Pruners: when to give a trial up. One file each, one visible list ([`Pruner`]).
//!
//! A pruner is a function of the reports made so far. What it says is journalled with the report, so that a replayed study does
//! not ask again.

mod asha;
mod median;
mod none;

pub use asha::Asha;
pub use median::Median;
pub use none::NoPruning;

use proofmark_tagged::tagged;

use crate::ranges::Ranges;
use crate::trial::{History, TrialRecord, Verdict};

tagged! {
    /// Which trials are stopped early, by what they report on the way.
    Pruner: PrunerDefinition {
        none => NoPruning,
        median => Median,
        asha => Asha,
    }
}

/// What every pruner defines.
pub(crate) trait PrunerDefinition {
    /// Collects the parameters that are outside their range.
    fn check(&self, _ranges: &mut Ranges) {}

    /// Whether to go on with `trial`, whose last report was just made. There is exactly one goal.
    fn verdict(&self, history: &History<'_>, trial: &TrialRecord) -> Verdict;
}

impl Pruner {
    /// Whether to go on with `trial`, one of the history's, whose last report was just made. Losses are compared, so that it does
    /// not matter whether the goal is to maximise; a value that is not finite ranks behind all others.
    pub fn verdict(&self, history: &History<'_>, trial: &TrialRecord) -> Verdict {
        self.definition().verdict(history, trial)
    }

    pub(crate) fn check_into(&self, ranges: &mut Ranges) {
        self.definition().check(ranges);
    }
}

impl Default for Pruner {
    fn default() -> Self {
        NoPruning {}.into()
    }
}
