//! A study: what was searched, every trial, and what came of it.

use std::collections::BTreeMap;

use super::{EvidenceRow, Reproduce, RunInfo, number};
use serde::{Deserialize, Serialize};

/// Everything that the page of a study tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StudyPage {
    /// Name, date, seed and versions; its `id` is the study's.
    pub run: RunInfo,
    /// The study.
    pub study: Study,
    /// The statements that the page stands on.
    pub evidence: Vec<EvidenceRow>,
    /// How anybody can do it again; `None` if it cannot be repeated.
    pub reproduce: Option<Reproduce>,
    /// The spec as the user wrote it; empty if unknown.
    pub spec_yaml: String,
}

/// A search for better values of a spec: what may be tried, what was tried, what came of it.
///
/// A number that is not finite is shown nowhere and counts as not measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Study {
    /// Its name on disk; empty if it has none.
    pub id: String,
    /// What chooses the values, as the spec calls it, e.g. `tpe`.
    pub sampler: String,
    /// What stops trials early, as the spec calls it, e.g. `asha`; `none` or empty if nothing does.
    pub pruner: String,
    /// The seed of all choices.
    pub seed: u64,
    /// What is to be reached, all of it measured on validation; not empty.
    pub goals: Vec<StudyGoal>,
    /// What is searched, in the order of the spec.
    pub parameters: Vec<StudyParameter>,
    /// What the spec as written reached, one value a goal in their order; `None` if it was not trained.
    #[serde(with = "number::option_list")]
    pub baseline: Option<Vec<f64>>,
    /// The trials by number, ascending.
    pub trials: Vec<StudyTrial>,
    /// The number of the best complete trial; `None` if none is complete.
    pub best: Option<u64>,
    /// The numbers of the complete trials that no other one beats in every goal; with one goal the best and its equals.
    pub front: Vec<u64>,
    /// How much each parameter mattered for the first goal; empty if too few trials tell.
    pub importance: Vec<ParameterShare>,
    /// The most trials that the spec allows; 0 if unknown.
    pub max_trials: u64,
    /// Trials that ran at the same time. With more than one, what a trial could learn from others depends on the machine.
    pub parallel: u64,
    /// Seconds after which no trial was started any more; `None`: no limit.
    #[serde(with = "number::option")]
    pub seconds_limit: Option<f64>,
    /// Epochs that all trials trained together, with those of pruned and failed ones.
    pub epochs: u64,
}

/// One thing to reach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudyGoal {
    /// The path of what is measured, e.g. `validation.accuracy`.
    pub metric: String,
    /// Whether more is better.
    pub maximize: bool,
}

/// One value of the spec that is searched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudyParameter {
    /// Its path in the spec, e.g. `train.optimizer.adam.learning_rate`.
    pub path: String,
    /// The values that it may take.
    pub domain: StudyDomain,
}

/// The values that a parameter may take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StudyDomain {
    /// A number between two ends, ends included.
    Number {
        /// The lower end.
        #[serde(with = "number")]
        low: f64,
        /// The upper end.
        #[serde(with = "number")]
        high: f64,
        /// Whether orders of magnitude count rather than differences; both ends are above 0 then.
        log: bool,
        /// Whether only whole numbers are tried.
        integer: bool,
    },
    /// One of several.
    Choices(
        /// The choices in the order of the spec, each as the spec would write it on one line.
        Vec<String>,
    ),
}

/// The value of one parameter in one trial.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StudyValue {
    /// Of a number.
    Number(#[serde(with = "number")] f64),
    /// The place of a choice in its list, from 0.
    Choice(u64),
}

/// One trial.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StudyTrial {
    /// Its number in the study, from 0.
    pub number: u64,
    /// The name on disk of the run that it was; `None` if it left none.
    pub run: Option<String>,
    /// What it tried, by the parameters' paths; a conditional parameter that did not exist in it is absent.
    pub values: BTreeMap<String, StudyValue>,
    /// Where it stands.
    pub state: StudyTrialState,
    /// What it reached, one value a goal in their order; empty unless it is complete.
    #[serde(with = "number::list")]
    pub objectives: Vec<f64>,
    /// What the first goal read on the way, steps ascending.
    pub reports: Vec<StudyReport>,
}

/// Where a trial stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StudyTrialState {
    /// It ran to its end and was measured.
    Complete,
    /// It was stopped early, since it was hardly going to be among the best.
    Pruned,
    /// It has no result.
    Failed {
        /// Why.
        why: StudyFailure,
    },
    /// It has no end yet.
    #[default]
    Running,
}

/// Why a trial has no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StudyFailure {
    /// What a goal measured was not a finite number.
    NotFinite {
        /// Which goal, from 0.
        goal_idx: u64,
    },
    /// It could not be run; the program's own words, which may be empty.
    Error(String),
}

/// What a trial read on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StudyReport {
    /// After which epoch, from 1.
    pub step: u64,
    /// The first goal's value; `None` if it was not finite.
    #[serde(with = "number::option")]
    pub value: Option<f64>,
}

/// How much a parameter mattered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ParameterShare {
    /// The parameter's path.
    pub path: String,
    /// Its share, 0 to 1; all shares of a study add up to 1.
    #[serde(with = "number")]
    pub share: f64,
}

impl Study {
    /// Whether the study as a whole gives the same again, and not only each of its trials: one trial at a time, and no limit
    /// of time.
    pub fn reproduces(&self) -> bool {
        self.parallel <= 1 && self.seconds_limit.is_none()
    }

    /// Whether trials could be stopped early.
    pub(crate) fn has_pruner(&self) -> bool {
        !matches!(&*self.pruner, "" | "none")
    }

    /// The trial with this number.
    pub fn trial(&self, number: u64) -> Option<&StudyTrial> {
        self.trials.iter().find(|trial| trial.number == number)
    }
}

impl StudyTrial {
    /// What a complete trial reached for a goal, from 0; `None` if it is not complete or the value is not finite.
    pub fn objective(&self, goal_idx: usize) -> Option<f64> {
        match self.state {
            StudyTrialState::Complete => self.objectives.get(goal_idx).copied().filter(|value| value.is_finite()),
            StudyTrialState::Pruned | StudyTrialState::Failed { .. } | StudyTrialState::Running => None,
        }
    }
}
