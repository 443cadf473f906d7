//! Trials: what was tried, and what came of it.

use serde::{Deserialize, Serialize};

use crate::space::Values;

/// A trial to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its number in the study, from 0.
    pub number: u64,
    /// What it tries.
    pub values: Values,
}

/// How a trial ended, as whoever ran it says.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It has values, one for each goal. One that is not finite makes the trial a failed one.
    Complete(Vec<f64>),
    /// It was stopped because a pruner said so.
    Pruned,
    /// It could not be run to its end.
    Failed {
        /// Why, in the words of whoever ran it.
        why: String,
    },
}

/// Where a trial stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TrialState {
    /// It has no end yet.
    Running,
    /// It has a value for each goal, all finite.
    Complete {
        /// The values, in the order of the goals.
        objectives: Vec<f64>,
    },
    /// A pruner stopped it.
    Pruned,
    /// It has no values.
    Failed(Failure),
}

/// Why a trial has no values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Failure {
    /// A value is NaN or infinite.
    NotFinite {
        /// Which goal's, from 0.
        goal_idx: usize,
    },
    /// Whoever ran it said so.
    Reported {
        /// Why.
        why: String,
    },
}

/// What a pruner says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Go on.
    Continue,
    /// Stop: the trial is hardly going to be among the best.
    Prune,
}

/// A value on the way, such as validation accuracy after an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The step, from 1: an epoch, say.
    pub step: u64,
    /// The goal's value; `None` if it was NaN or infinite, which ranks behind all numbers.
    pub value: Option<f64>,
    /// What the pruner said.
    pub verdict: Verdict,
}

/// Everything about one trial of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialRecord {
    /// Its number, from 0.
    pub number: u64,
    /// What it tries.
    pub values: Values,
    /// Values on the way, steps ascending.
    pub reports: Vec<Report>,
    /// Where it stands.
    pub state: TrialState,
}

/// The trials of a study, as samplers and pruners see them.
#[derive(Clone, Copy, Debug)]
pub struct History<'s> {
    /// All trials, by number.
    pub trials: &'s [TrialRecord],
    /// Numbers of the trials that ended, in the order in which they did.
    pub finished: &'s [u64],
    /// For each goal, whether more is better.
    pub maximize: &'s [bool],
}

impl TrialRecord {
    /// Whether it has no end yet.
    pub fn is_running(&self) -> bool {
        self.state == TrialState::Running
    }

    /// The values of a complete trial.
    pub fn objectives(&self) -> Option<&[f64]> {
        match &self.state {
            TrialState::Complete { objectives } => Some(objectives),
            TrialState::Running | TrialState::Pruned | TrialState::Failed(_) => None,
        }
    }
}

impl<'s> History<'s> {
    /// The trial with this number.
    pub fn trial(&self, number: u64) -> Option<&'s TrialRecord> {
        self.trials.get(usize::try_from(number).ok()?)
    }

    /// A complete trial's values with the sign that makes less better.
    pub(crate) fn losses(&self, trial: &TrialRecord) -> Option<Vec<f64>> {
        let signed = |(value, is_maximized): (&f64, &bool)| if *is_maximized { -value } else { *value };
        Some(trial.objectives()?.iter().zip(self.maximize).map(signed).collect())
    }

    /// A report's value with the sign that makes less better; infinite if it has none.
    pub(crate) fn report_loss(&self, report: &Report) -> f64 {
        let is_maximized = self.maximize.first().copied().unwrap_or(false);
        report.value.map_or(f64::INFINITY, |value| if is_maximized { -value } else { value })
    }

    /// Trials with something to learn from, best first: complete ones by front and share of the hypervolume (with one goal: by
    /// value), then pruned ones, the longer they ran and the better they stood the earlier. Failed trials are left out. Ties
    /// keep the order of the numbers.
    pub(crate) fn ranked(&self) -> Vec<&'s TrialRecord> {
        let complete: Vec<&TrialRecord> = self.trials.iter().filter(|trial| trial.objectives().is_some()).collect();
        let losses: Vec<Vec<f64>> = complete.iter().filter_map(|trial| self.losses(trial)).collect();
        let mut ranked: Vec<&TrialRecord> =
            crate::front::ranking(&losses).into_iter().map(|idx| complete[idx]).collect();
        let mut pruned: Vec<&TrialRecord> =
            self.trials.iter().filter(|trial| trial.state == TrialState::Pruned).collect();
        let key = |trial: &TrialRecord| {
            trial.reports.last().map_or((0, f64::INFINITY), |last| (last.step, self.report_loss(last)))
        };
        pruned.sort_by(|a, b| {
            let ((a_step, a_loss), (b_step, b_loss)) = (key(a), key(b));
            b_step.cmp(&a_step).then(a_loss.total_cmp(&b_loss))
        });
        ranked.extend(pruned);
        ranked
    }
}
