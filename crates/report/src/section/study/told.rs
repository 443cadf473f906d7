//! What every part of a study's page needs to know: how values and goals are written, how trials rank.

use std::collections::{BTreeMap, BTreeSet};

use crate::data::{Study, StudyDomain, StudyGoal, StudyParameter, StudyTrial, StudyTrialState, StudyValue, Unit};
use crate::format;
use crate::section::metrics::metric_name;
use crate::svg::trial::{Mark, N_RANKS};
use proofmark_messages::{Lang, report as say_report, report_study as say};

/// Metrics that are shares of something, by the first part of their names.
const PROPORTIONS: [&str; 6] = ["accuracy", "balanced_accuracy", "precision", "recall", "f1", "ece"];

/// A study in a language.
pub(crate) struct Told<'a> {
    pub(crate) study: &'a Study,
    pub(crate) lang: Lang,
    /// The parameters' names, each as short as it is unique, in their order.
    pub(crate) names: Vec<String>,
    ranks: BTreeMap<u64, usize>,
}

impl<'a> Told<'a> {
    pub(crate) fn new(study: &'a Study, lang: Lang) -> Self {
        let paths: Vec<&str> = study.parameters.iter().map(|parameter| &*parameter.path).collect();
        Told { study, lang, names: short_names(&paths), ranks: ranks(study) }
    }

    /// 1 (worst fifth) to 5 (best fifth) by the first goal; `None` for a trial that is not complete.
    pub(crate) fn rank(&self, trial: &StudyTrial) -> Option<usize> {
        self.ranks.get(&trial.number).copied()
    }

    /// Whether it is the best trial. A number that no complete trial has marks nothing.
    pub(crate) fn is_best(&self, trial: &StudyTrial) -> bool {
        self.study.best == Some(trial.number) && trial.objective(0).is_some()
    }

    /// The best trial.
    pub(crate) fn best(&self) -> Option<&'a StudyTrial> {
        self.study.trials.iter().find(|trial| self.is_best(trial))
    }

    /// What the best trial's line is called; with several goals no trial is best in everything.
    pub(crate) fn best_name(&self) -> String {
        match self.best() {
            Some(best) if self.study.goals.len() > 1 => say::trial_number(self.lang, best.number),
            Some(best) => say::best_trial(self.lang, best.number),
            None => String::new(),
        }
    }

    /// The complete trial that is best in a goal; of equals the first.
    pub(crate) fn best_in(&self, goal_idx: usize) -> Option<&'a StudyTrial> {
        if self.study.goals.len() == 1 {
            return self.best();
        }
        let trials = self.study.trials.iter().filter_map(|trial| Some((loss(self.study, trial, goal_idx)?, trial)));
        trials.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, trial)| trial)
    }

    /// The complete trials, the best in the first goal first; of equals the earlier one.
    pub(crate) fn ranked(&self) -> Vec<&'a StudyTrial> {
        let mut complete: Vec<(f64, &StudyTrial)> =
            self.study.trials.iter().filter_map(|trial| Some((loss(self.study, trial, 0)?, trial))).collect();
        complete.sort_by(|a, b| a.0.total_cmp(&b.0));
        complete.into_iter().map(|(_, trial)| trial).collect()
    }

    /// The trials in the order in which lines are drawn: without a result, from the worst to the best, the best trial last.
    pub(crate) fn drawn(&self) -> Vec<&'a StudyTrial> {
        let mut drawn: Vec<&StudyTrial> =
            self.study.trials.iter().filter(|trial| trial.objective(0).is_none()).collect();
        drawn.extend(self.ranked().into_iter().rev().filter(|trial| !self.is_best(trial)));
        drawn.extend(self.best());
        drawn
    }

    /// What the spec as written reached for a goal.
    pub(crate) fn baseline(&self, goal_idx: usize) -> Option<f64> {
        self.study.baseline.as_ref()?.get(goal_idx).copied().filter(|value| value.is_finite())
    }

    /// A goal in words: `Accuracy on validation`.
    pub(crate) fn goal(&self, goal: &StudyGoal) -> String {
        match goal.metric.strip_prefix("validation.") {
            Some(metric) => say_report::words_on_validation(self.lang, metric_name(metric, self.lang)),
            None => metric_name(&goal.metric, self.lang),
        }
    }

    /// The first goal in words.
    pub(crate) fn first_goal(&self) -> String {
        self.study.goals.first().map_or_else(String::new, |goal| self.goal(goal))
    }

    /// A value of a goal.
    pub(crate) fn value(&self, goal_idx: usize, value: f64) -> String {
        match self.unit(goal_idx) {
            Unit::Proportion => format::percent(value),
            Unit::Number => format::number(value),
        }
    }

    /// How much better a value is than another one, with its unit, without a sign.
    pub(crate) fn gain(&self, goal_idx: usize, gain: f64) -> String {
        match self.unit(goal_idx) {
            Unit::Proportion => format::gain(gain, Unit::Proportion, self.lang).trim_start_matches('+').to_owned(),
            Unit::Number => format::number(gain),
        }
    }

    /// The unit of a goal.
    pub(crate) fn unit(&self, goal_idx: usize) -> Unit {
        let metric = self.study.goals.get(goal_idx).map_or("", |goal| &*goal.metric);
        let name = metric.strip_prefix("validation.").unwrap_or(metric);
        let first = name.split('.').next().unwrap_or_default();
        if PROPORTIONS.contains(&first) { Unit::Proportion } else { Unit::Number }
    }

    /// How an axis of a goal writes its ticks.
    pub(crate) fn write(&self, goal_idx: usize) -> fn(f64, usize) -> String {
        match self.unit(goal_idx) {
            Unit::Proportion => {
                |value, decimals| format!("{}%", format::decimal(value * 100.0, decimals.saturating_sub(2)))
            }
            Unit::Number => |value, decimals| {
                if (1e-4..1e7).contains(&value.abs())
                    || value == 0.0
                    || decimals > 0 && value.abs() < 1.0 && decimals < 5
                {
                    format::decimal(value, decimals)
                } else {
                    format::number(value)
                }
            },
        }
    }

    /// The shape of a trial's mark.
    pub(crate) fn mark(&self, trial: &StudyTrial) -> Mark {
        match trial.state {
            StudyTrialState::Complete if trial.objective(0).is_some() => Mark::Complete,
            StudyTrialState::Pruned => Mark::Pruned,
            StudyTrialState::Running => Mark::Running,
            // Complete without a number is a failure, whatever it is called.
            StudyTrialState::Complete | StudyTrialState::Failed { .. } => Mark::Failed,
        }
    }

    /// What a mark means.
    pub(crate) fn mark_name(&self, mark: Mark) -> String {
        match mark {
            Mark::Complete => say::state_complete(self.lang),
            Mark::Pruned => say::state_pruned(self.lang),
            Mark::Failed => say::state_failed(self.lang),
            Mark::Running => say::state_running(self.lang),
        }
    }

    /// What pointing at a trial tells.
    pub(crate) fn tip(&self, trial: &StudyTrial) -> String {
        let last = trial.reports.iter().rev().find_map(|report| Some((report.step, report.value?)));
        match (trial.objective(0), last) {
            (Some(_), _) => {
                let values: Vec<String> = (0..self.study.goals.len())
                    .filter_map(|goal| Some(self.value(goal, trial.objective(goal)?)))
                    .collect();
                say::tip_value(self.lang, trial.number, values.join(&say_report::separator(self.lang)))
            }
            (None, Some((step, value))) if value.is_finite() => {
                let state = self.mark_name(self.mark(trial));
                say::tip_last(self.lang, trial.number, state, self.value(0, value), step)
            }
            (None, _) => say::tip(self.lang, trial.number, self.mark_name(self.mark(trial))),
        }
    }

    /// That some trials are drawn at the edge of an axis; `None` if none is.
    pub(crate) fn strays(&self, n_trials: usize) -> Option<String> {
        match n_trials {
            0 => None,
            1 => Some(say::off_scale_one(self.lang)),
            n_trials => Some(say::off_scale(self.lang, n_trials)),
        }
    }

    /// What stands between two sentences.
    pub(crate) fn space(&self) -> &'static str {
        match self.lang {
            Lang::En => " ",
            Lang::ZhCn => "",
        }
    }
}

/// A trial's value for a goal with the sign that makes less better.
pub(crate) fn loss(study: &Study, trial: &StudyTrial, goal_idx: usize) -> Option<f64> {
    let goal = study.goals.get(goal_idx)?;
    let value = trial.objective(goal_idx)?;
    Some(if goal.maximize { -value } else { value })
}

/// A value as a reader takes it in.
pub(crate) fn shown(parameter: &StudyParameter, value: StudyValue) -> String {
    match (&parameter.domain, value) {
        (_, StudyValue::Number(value)) => format::number(value),
        (StudyDomain::Choices(choices), StudyValue::Choice(idx)) => choice(choices, idx),
        (StudyDomain::Number { .. }, StudyValue::Choice(idx)) => format::count(idx),
    }
}

/// A value with all of its digits, as a spec takes it.
pub(crate) fn exact(parameter: &StudyParameter, value: StudyValue) -> String {
    match (&parameter.domain, value) {
        (_, StudyValue::Number(value)) => value.to_string(),
        (StudyDomain::Choices(choices), StudyValue::Choice(idx)) => choice(choices, idx),
        (StudyDomain::Number { .. }, StudyValue::Choice(idx)) => idx.to_string(),
    }
}

fn choice(choices: &[String], idx: u64) -> String {
    usize::try_from(idx).ok().and_then(|idx| choices.get(idx)).cloned().unwrap_or_default()
}

/// Fifths by the first goal. Equal results have equal ranks.
fn ranks(study: &Study) -> BTreeMap<u64, usize> {
    let losses: Vec<(u64, f64)> =
        study.trials.iter().filter_map(|trial| Some((trial.number, loss(study, trial, 0)?))).collect();
    let mut sorted: Vec<f64> = losses.iter().map(|(_, loss)| *loss).collect();
    sorted.sort_by(f64::total_cmp);
    let rank = |(number, loss): (u64, f64)| {
        let n_better = sorted.partition_point(|other| other.total_cmp(&loss).is_lt());
        (number, N_RANKS - n_better * N_RANKS / sorted.len())
    };
    losses.into_iter().map(rank).collect()
}

/// For each path its last part; where that is not unique, as many parts as make it so.
fn short_names(paths: &[&str]) -> Vec<String> {
    let tail = |path: &str, n_parts: usize| {
        let parts: Vec<&str> = path.split('.').collect();
        parts[parts.len().saturating_sub(n_parts)..].join(".")
    };
    let most = paths.iter().map(|path| path.split('.').count()).max().unwrap_or(1);
    let unique = |path: &str, n_parts: usize| {
        let others: BTreeSet<String> =
            paths.iter().filter(|other| **other != path).map(|other| tail(other, n_parts)).collect();
        !others.contains(&tail(path, n_parts))
    };
    let shortest = |path: &&str| {
        let n_parts = (1..=most).find(|n_parts| unique(path, *n_parts)).unwrap_or(most);
        tail(path, n_parts)
    };
    paths.iter().map(shortest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_short_as_they_are_unique() {
        let paths = ["train.optimizer.adam.learning_rate", "model.a.rate", "model.b.rate", "seed", "model.a.rate"];
        assert_eq!(short_names(&paths), ["learning_rate", "a.rate", "b.rate", "seed", "a.rate"]);
        assert!(short_names(&[]).is_empty());
    }

    #[test]
    fn ranks_are_fifths_and_equals_share_one() {
        let study = |values: &[f64]| Study {
            goals: vec![StudyGoal { metric: "validation.loss".into(), maximize: false }],
            trials: values
                .iter()
                .enumerate()
                .map(|(number, value)| StudyTrial {
                    number: number as u64,
                    state: StudyTrialState::Complete,
                    objectives: vec![*value],
                    ..StudyTrial::default()
                })
                .collect(),
            ..Study::default()
        };
        let of = |values: &[f64]| ranks(&study(values)).into_values().collect::<Vec<_>>();
        assert_eq!(of(&[1.0, 2.0, 3.0, 4.0, 5.0]), [5, 4, 3, 2, 1]);
        assert_eq!(of(&[7.0]), [5]);
        assert_eq!(of(&[2.0; 3]), [5, 5, 5]);
        assert_eq!(of(&[f64::NAN, 1.0]), [5]);
        assert!(of(&[]).is_empty());
    }
}
