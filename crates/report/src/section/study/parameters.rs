//! What mattered: the share of each searched value, and every trial through all of them.

use super::told::{Told, shown};
use crate::component::{heading, scroll};
use crate::data::{StudyDomain, StudyPage, StudyTrial, Unit};
use crate::format;
use crate::section::Body;
use crate::svg::parallel::{Parallel, ParallelAxis, ParallelLine, parallel, position, scale_ticks, ticks};
use crate::svg::scale::Scale;
use crate::svg::strip;
use crate::svg::text;
use crate::svg::trial::{Mark, without_strays};
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say_report, report_study as say};

/// Units of an axis, for the room of its labels.
const AXIS: f64 = 600.0;
/// Fewer finished trials than this are too few for shares.
const FEW: usize = 8;
/// The most that the best trial writes at an axis.
const VALUE_ROOM: f64 = 190.0;

pub(crate) fn body(page: &StudyPage, lang: Lang) -> Option<Body> {
    told(&Told::new(&page.study, lang))
}

pub(crate) fn told(told: &Told<'_>) -> Option<Body> {
    let study = told.study;
    let shares = shares(told);
    // Without a result there is nothing to compare.
    if shares.is_empty() && told.ranked().is_empty() {
        return None;
    }
    let lines = lines(told);
    let lead = match shares.first() {
        Some((name, share)) => Some(say::importance_lead(told.lang, name, format::percent_short(round(*share)))),
        None if told.ranked().len() < FEW => Some(say::importance_lead_unknown(told.lang)),
        None => None,
    };
    let content = html! {
        @if !shares.is_empty() { (importance(&shares, told.lang)) }
        @if !lines.is_empty() && !study.parameters.is_empty() { (coordinates(told, lines)) }
    };
    Some(Body { lead, rail: None, content })
}

/// Shares without false precision.
fn round(share: f64) -> f64 {
    (share * 100.0).round() / 100.0
}

/// The parameters by their share, the largest first. A path that is not searched is shown as it is.
fn shares(told: &Told<'_>) -> Vec<(String, f64)> {
    let name = |path: &str| {
        let known = told.study.parameters.iter().position(|parameter| parameter.path == path);
        known.map_or_else(|| path.to_owned(), |idx| told.names[idx].clone())
    };
    let known = told.study.importance.iter().filter(|row| row.share.is_finite());
    let mut shares: Vec<(String, f64)> = known.map(|row| (name(&row.path), row.share)).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    shares
}

fn importance(shares: &[(String, f64)], lang: Lang) -> Markup {
    let table = html! {
        table.importance {
            caption { (say::importance_caption(lang)) }
            thead { tr {
                th scope="col" { (say::column_parameter(lang)) }
                th.wide scope="col" { span.hidden { (say::column_share(lang)) } }
                th.number scope="col" { (say::column_share(lang)) }
            } }
            tbody {
                @for (name, share) in shares {
                    tr {
                        th scope="row" { code { (name) } }
                        td.wide { (strip::bar(*share, "train")) }
                        td.number { (format::percent_short(round(*share))) }
                    }
                }
            }
        }
    };
    html! {
        (heading(&say::importance_heading(lang)))
        (scroll(&say::importance_caption(lang), &table))
        p.note { (say::importance_help(lang)) }
    }
}

fn coordinates(told: &Told<'_>, lines: Vec<ParallelLine>) -> Markup {
    let lang = told.lang;
    let title = say::parallel_title(lang);
    let has_pruned = lines.iter().any(|line| line.rank.is_none());
    let drawing = parallel(&Parallel {
        id: "parallel",
        title: title.clone(),
        description: say::parallel_description(lang, lines.len(), told.study.parameters.len()),
        axes: axes(told),
        lines,
        absent: say::not_used(lang),
        ranks: say::worse_to_better(lang),
        pruned: say::state_pruned(lang),
        best: told.best_name(),
    });
    html! {
        (heading(&title))
        (scroll(&title, &html! { div.plot { (drawing) } }))
        p.note { (say::parallel_help(lang)) @if has_pruned { (told.space()) (say::parallel_help_pruned(lang)) } }
    }
}

fn axes(told: &Told<'_>) -> Vec<ParallelAxis> {
    let lang = told.lang;
    let parameters = told.study.parameters.iter().zip(&told.names).map(|(parameter, name)| ParallelAxis {
        name: name.clone(),
        full_name: parameter.path.clone(),
        note: match parameter.domain {
            StudyDomain::Number { log: true, .. } => say::log_scale(lang),
            StudyDomain::Number { .. } | StudyDomain::Choices(_) => String::new(),
        },
        ticks: ticks(&parameter.domain, AXIS),
    });
    let (scale, maximize) = result_scale(told);
    parameters
        .chain([ParallelAxis {
            name: told.first_goal(),
            full_name: told.study.goals.first().map_or_else(String::new, |goal| goal.metric.clone()),
            note: if maximize { String::new() } else { say_report::lower_is_better(lang) },
            ticks: scale_ticks(&scale, !maximize, &told.write(0)),
        }])
        .collect()
}

/// The axis of the result, on which better is on the right; and whether more is better.
fn result_scale(told: &Told<'_>) -> (Scale, bool) {
    let maximize = told.study.goals.first().is_none_or(|goal| goal.maximize);
    let values: Vec<f64> = told.study.trials.iter().filter_map(|trial| trial.objective(0)).collect();
    (Scale::of(told.unit(0) == Unit::Proportion, without_strays(&values, maximize).0, 6), maximize)
}

/// The trials that have something to show: results, and those that were stopped early.
fn lines(told: &Told<'_>) -> Vec<ParallelLine> {
    let (scale, maximize) = result_scale(told);
    let is_shown = |trial: &&StudyTrial| matches!(told.mark(trial), Mark::Complete | Mark::Pruned);
    let trials: Vec<&StudyTrial> = told.drawn().into_iter().filter(is_shown).collect();
    let n_trials = trials.len();
    let line = |(order, trial): (usize, &StudyTrial)| {
        let best = told.is_best(trial);
        // The best one stands where its axis says.
        let spread = if n_trials > 1 && !best { order as f64 / (n_trials - 1) as f64 * 2.0 - 1.0 } else { 0.0 };
        let result = trial.objective(0);
        let at = |value: f64| if maximize { scale.position(value) } else { 1.0 - scale.position(value) };
        let parameters = told.study.parameters.iter();
        let values = parameters.clone().map(|parameter| {
            let value = trial.values.get(&parameter.path).map_or_else(String::new, |value| shown(parameter, *value));
            text::fitted(&value, VALUE_ROOM, 12.0)
        });
        ParallelLine {
            rank: told.rank(trial),
            best,
            tip: told.tip(trial),
            positions: parameters
                .map(|parameter| position(&parameter.domain, *trial.values.get(&parameter.path)?, spread))
                .chain([result.map(at)])
                .collect(),
            values: if best {
                values.chain([result.map_or_else(String::new, |value| told.value(0, value))]).collect()
            } else {
                Vec::new()
            },
        }
    };
    trials.into_iter().enumerate().map(line).collect()
}
