//! The finding in one paragraph, and the figures that a reader takes home.

use super::told::Told;
use crate::component::{Figure, figures};
use crate::data::{Study, StudyPage, Unit};
use crate::format;
use crate::section::Body;
use crate::svg::trial::Mark;
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say_report, report_study as say};

pub(crate) fn body(page: &StudyPage, lang: Lang) -> Option<Body> {
    let told = Told::new(&page.study, lang);
    let content = html! {
        p.sentence { (sentence(&told)) }
        (numbers(&told))
    };
    Some(Body { lead: None, rail: None, content })
}

/// What was searched, how the trials ended, and what the best gained over the spec as written.
pub(crate) fn sentence(told: &Told<'_>) -> String {
    let (study, lang) = (told.study, told.lang);
    let searched = match study.parameters.len() {
        1 => say::one_value(lang),
        n_values => say::n_values(lang, n_values),
    };
    let tried = match study.trials.len() {
        0 => return say::in_no_trial(lang, searched),
        1 => say::in_one_trial(lang, searched, ends(told)),
        n_trials => say::in_n_trials(lang, searched, n_trials, ends(told)),
    };
    format!("{tried}{}{}", told.space(), outcome(told))
}

/// How many trials ended how, without those ends that none had.
fn ends(told: &Told<'_>) -> String {
    let count = |mark: Mark| told.study.trials.iter().filter(|trial| told.mark(trial) == mark).count();
    let said = Mark::ALL.into_iter().filter(|mark| count(*mark) > 0).map(|mark| {
        let n_trials = count(mark);
        match mark {
            Mark::Complete => say::n_finished(told.lang, n_trials),
            Mark::Pruned => say::n_pruned(told.lang, n_trials),
            Mark::Failed => say::n_failed(told.lang, n_trials),
            Mark::Running => say::n_running(told.lang, n_trials),
        }
    });
    said.collect::<Vec<_>>().join(&say_report::separator(told.lang))
}

fn outcome(told: &Told<'_>) -> String {
    let (study, lang) = (told.study, told.lang);
    let Some(best) = told.best() else { return say::nothing_found(lang) };
    if study.goals.len() > 1 {
        return match study.front.len() {
            0 | 1 => say::front_of_one(lang, study.goals.len()),
            n_trials => say::front_of(lang, study.goals.len(), n_trials),
        };
    }
    let Some(value) = best.objective(0) else { return say::nothing_found(lang) };
    let (metric, shown) = (told.first_goal(), told.value(0, value));
    match (told.baseline(0), gain(told, 0, value)) {
        (Some(baseline), Some(gain)) if gain > 0.0 => {
            let (gain, baseline) = (told.gain(0, gain), told.value(0, baseline));
            say::best_gains(lang, best.number, metric, shown, gain, baseline)
        }
        (Some(baseline), _) => say::best_loses(lang, best.number, metric, shown, told.value(0, baseline)),
        (None, _) => say::best_is(lang, best.number, metric, shown),
    }
}

/// How much better a value is than what the spec as written reached; above 0 is better, whichever way the goal points.
fn gain(told: &Told<'_>, goal_idx: usize, value: f64) -> Option<f64> {
    let baseline = told.baseline(goal_idx)?;
    let maximize = told.study.goals.get(goal_idx)?.maximize;
    Some(if maximize { value - baseline } else { baseline - value })
}

/// The figures, with what a reader has to know to judge them.
pub(crate) fn numbers(told: &Told<'_>) -> Markup {
    let (study, lang) = (told.study, told.lang);
    let mut all = Vec::new();
    for (goal_idx, goal) in study.goals.iter().enumerate() {
        let Some((best, value)) = told.best_in(goal_idx).and_then(|trial| Some((trial, trial.objective(goal_idx)?)))
        else {
            continue;
        };
        all.push(Figure {
            name: say::figure_best(lang, told.goal(goal)),
            value: told.value(goal_idx, value),
            note: say::figure_best_trial(lang, best.number),
        });
        if study.goals.len() == 1
            && let Some((gain, baseline)) = gain(told, 0, value).zip(told.baseline(0))
        {
            let baseline = told.value(0, baseline);
            let (value, note) = match told.unit(0) {
                Unit::Proportion => (format::points(gain), say::figure_gain_points(lang, baseline)),
                Unit::Number => {
                    let sign = if gain > 0.0 { "+" } else { "" };
                    (format!("{sign}{}", format::number(gain)), say::figure_gain_number(lang, baseline))
                }
            };
            all.push(Figure { name: say::figure_gain(lang), value, note });
        }
    }
    if study.goals.len() > 1 && !study.front.is_empty() {
        all.push(Figure {
            name: say::figure_front(lang),
            value: format::count(study.front.len() as u64),
            note: say::figure_front_note(lang),
        });
    }
    if study.epochs > 0 {
        let (n_trials, planned) = (format::count(study.trials.len() as u64), format::count(study.max_trials));
        all.push(Figure {
            name: say::figure_epochs(lang),
            value: format::count(study.epochs),
            note: if study.max_trials > 0 {
                say::figure_epochs_planned(lang, n_trials, planned)
            } else {
                say::figure_epochs_note(lang)
            },
        });
    }
    html! {
        (figures(&all))
        @if told.best().is_some() { p.note { (say::kind_figures(lang)) } }
        @if !study.trials.is_empty() { p.note { (repeats(study, lang)) } }
    }
}

/// Whether the study as a whole gives the same again, and why not.
fn repeats(study: &Study, lang: Lang) -> String {
    match study.seconds_limit {
        _ if study.reproduces() => say::repeats(lang),
        None => say::repeats_not_parallel(lang, study.parallel),
        Some(limit) if study.parallel <= 1 => say::repeats_not_seconds(lang, format::seconds(limit, lang)),
        Some(limit) => say::repeats_not_both(lang, study.parallel, format::seconds(limit, lang)),
    }
}
