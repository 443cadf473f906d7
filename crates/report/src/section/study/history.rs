//! Every trial by its number, with the best so far and what the spec as written reached.

use super::told::Told;
use crate::component::scroll;
use crate::data::{StudyPage, StudyTrial, Unit};
use crate::section::Body;
use crate::svg::trial_history::{TrialHistory, TrialPoint, n_off_scale, trial_history};
use maud::{Markup, html};
use proofmark_messages::{Lang, report_study as say};

pub(crate) fn body(page: &StudyPage, lang: Lang) -> Option<Body> {
    told(&Told::new(&page.study, lang))
}

pub(crate) fn told(told: &Told<'_>) -> Option<Body> {
    let study = told.study;
    if study.trials.is_empty() || study.goals.is_empty() {
        return None;
    }
    let content = html! {
        @if study.goals.len() == 1 {
            @let title = title(told, 0);
            figure { figcaption { (title) } (scroll(&title, &html! { div.plot { (chart(told, 0)) } })) }
        } @else {
            div.charts {
                @for goal_idx in 0..study.goals.len() { figure { figcaption { (title(told, goal_idx)) } (chart(told, goal_idx)) } }
            }
        }
        p.note { (help(told)) }
    };
    Some(Body { lead: None, rail: None, content })
}

fn title(told: &Told<'_>, goal_idx: usize) -> String {
    let goal = told.study.goals.get(goal_idx).map_or_else(String::new, |goal| told.goal(goal));
    say::history_title(told.lang, goal)
}

/// What a trial stands at: its result, or what it read last of the first goal.
fn value(trial: &StudyTrial, goal_idx: usize) -> Option<f64> {
    let last = || trial.reports.iter().rev().find_map(|report| report.value).filter(|_| goal_idx == 0);
    trial.objective(goal_idx).or_else(last).filter(|value| value.is_finite())
}

fn points(told: &Told<'_>, goal_idx: usize) -> Vec<TrialPoint> {
    let best = told.best_in(goal_idx).map(|trial| trial.number);
    let point = |trial: &StudyTrial| TrialPoint {
        number: trial.number,
        mark: told.mark(trial),
        value: value(trial, goal_idx),
        best: best == Some(trial.number),
        tip: told.tip(trial),
    };
    told.study.trials.iter().map(point).collect()
}

fn chart(told: &Told<'_>, goal_idx: usize) -> Markup {
    let (study, lang) = (told.study, told.lang);
    let best = told.best_in(goal_idx);
    let best = best.and_then(|trial| Some((trial.number, told.value(goal_idx, trial.objective(goal_idx)?))));
    trial_history(&TrialHistory {
        id: &format!("trials-{goal_idx}"),
        title: title(told, goal_idx),
        description: say::history_description(lang, study.trials.len(), best.as_ref().map_or("–", |(_, value)| value)),
        wide: study.goals.len() == 1,
        trials: points(told, goal_idx),
        maximize: study.goals.get(goal_idx).is_some_and(|goal| goal.maximize),
        baseline: told
            .baseline(goal_idx)
            .map(|value| (value, say::as_written_value(lang, told.value(goal_idx, value)))),
        best_label: best.map_or_else(String::new, |(number, value)| say::tip_value(lang, number, value)),
        proportion: told.unit(goal_idx) == Unit::Proportion,
        write: &told.write(goal_idx),
        x_label: say::trial(lang),
        no_value: say::no_value(lang),
        best_so_far: say::best_so_far(lang),
        mark_name: &|mark| told.mark_name(mark),
    })
}

fn help(told: &Told<'_>) -> String {
    let (study, lang) = (told.study, told.lang);
    let mut said = Vec::new();
    if let [goal] = &study.goals[..] {
        said.push(if goal.maximize { say::history_help_max(lang) } else { say::history_help_min(lang) });
        let is_proportion = told.unit(0) == Unit::Proportion;
        said.extend(told.strays(n_off_scale(&points(told, 0), goal.maximize, is_proportion, told.baseline(0))));
    }
    let stopped = |trial: &StudyTrial| trial.objective(0).is_none() && value(trial, 0).is_some();
    if study.trials.iter().any(stopped) {
        said.insert(said.len().min(1), say::history_help_pruned(lang));
    }
    said.join(told.space())
}
