//! The best trials with their values, the winner's to copy, and why others failed.

use std::collections::BTreeMap;

use super::told::{Told, exact, shown};
use crate::component::{heading, scroll};
use crate::data::{StudyFailure, StudyPage, StudyTrial, StudyTrialState};
use crate::section::Body;
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say_report, report_study as say};

/// How many trials the table has.
const MAX_ROWS: usize = 10;

pub(crate) fn body(page: &StudyPage, lang: Lang) -> Option<Body> {
    told(&Told::new(&page.study, lang))
}

pub(crate) fn told(told: &Told<'_>) -> Option<Body> {
    let (study, lang) = (told.study, told.lang);
    let mut ranked = told.ranked();
    let n_finished = ranked.len();
    if study.goals.len() > 1 {
        // The front first; the sort keeps the order within and without.
        ranked.sort_by_key(|trial| !study.front.contains(&trial.number));
    }
    ranked.truncate(MAX_ROWS);
    let failures = failures(told);
    if ranked.is_empty() && failures.is_empty() {
        return None;
    }
    let lead = match n_finished {
        0 => say::nothing_found(lang),
        1 => say::best_lead_one(lang),
        _ if study.goals.len() > 1 => say::best_lead_front(lang),
        _ => say::best_lead(lang, ranked.len(), n_finished),
    };
    let content = html! {
        @if !ranked.is_empty() { (table(told, &ranked)) }
        @if let Some(best) = told.best().or_else(|| ranked.first().copied()) { (to_copy(told, best)) }
        @if !failures.is_empty() { (failed(&failures, lang)) }
    };
    Body::new(lead, content)
}

fn table(told: &Told<'_>, trials: &[&StudyTrial]) -> Markup {
    let (study, lang) = (told.study, told.lang);
    let has_runs = trials.iter().any(|trial| trial.run.is_some());
    let table = html! {
        table.trials {
            caption { (say::best_caption(lang)) }
            thead { tr {
                th.number scope="col" { (say::column_trial(lang)) }
                @for goal in &study.goals { th.number scope="col" { (told.goal(goal)) } }
                @for (parameter, name) in study.parameters.iter().zip(&told.names) {
                    th.number scope="col" { code title=(parameter.path) { (breakable(name)) } }
                }
                @if has_runs { th scope="col" { (say::column_run(lang)) } }
            } }
            tbody {
                @for trial in trials {
                    // Of several goals none is best; the front is what counts.
                    @let best = told.is_best(trial) && study.goals.len() == 1;
                    @let beaten = study.goals.len() > 1 && !study.front.contains(&trial.number);
                    tr.best[best].few[beaten] {
                        th.number scope="row" { (trial.number) @if best { " ★" span.hidden { (say::best_mark(lang)) } } }
                        @for goal_idx in 0..study.goals.len() {
                            td.number { (trial.objective(goal_idx).map_or_else(|| "–".to_owned(), |value| told.value(goal_idx, value))) }
                        }
                        @for parameter in &study.parameters {
                            td.number {
                                @match trial.values.get(&parameter.path) {
                                    Some(value) => { (shown(parameter, *value)) }
                                    None => { span.muted { (say::not_used(lang)) } }
                                }
                            }
                        }
                        @if has_runs { td { @if let Some(run) = &trial.run { code { (run) } } } }
                    }
                }
            }
        }
    };
    scroll(&say::best_caption(lang), &table)
}

/// A name that may break between its words.
fn breakable(name: &str) -> Markup {
    html! { @for part in name.split_inclusive(['_', '.']) { (part) wbr; } }
}

/// The trial's values as lines of a spec, and as options of the command line.
fn to_copy(told: &Told<'_>, trial: &StudyTrial) -> Markup {
    let rows: Vec<(&str, String)> = told
        .study
        .parameters
        .iter()
        .filter_map(|parameter| Some((&*parameter.path, exact(parameter, *trial.values.get(&parameter.path)?))))
        .collect();
    let line = |(path, value): &(&str, String)| {
        let key = path.rsplit('.').next().unwrap_or(path);
        format!("{key}: {value}")
    };
    let lines: Vec<String> = rows.iter().map(line).collect();
    // Places stand in one column, unless a line is so long that they would be far away.
    let column = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0).min(44);
    let options: Vec<String> =
        rows.iter().map(|(path, value)| format!("--set {}", quoted(&format!("{path}={value}")))).collect();
    html! {
        @if !rows.is_empty() {
            (heading(&say::copy_heading(told.lang, trial.number)))
            pre.copy tabindex="0" {
                code {
                    @for (line, (path, _)) in lines.iter().zip(&rows) {
                        (format!("{line:column$}")) "  " span.muted { "# " (path) } "\n"
                    }
                }
            }
            pre.copy tabindex="0" { code { (options.join(" \\\n")) } }
            p.note { (say::copy_help(told.lang)) }
        }
    }
}

/// A word for a shell: in single quotes where it has anything that a shell reads.
fn quoted(word: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-=/:@%+,".contains(character);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// Numbers of the failed trials by reason, the reasons in the order of their first trials.
fn failures(told: &Told<'_>) -> Vec<(String, Vec<u64>)> {
    let mut by_reason: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for trial in &told.study.trials {
        if let StudyTrialState::Failed { why } = &trial.state {
            by_reason.entry(reason(told, why)).or_default().push(trial.number);
        }
    }
    let mut failures: Vec<(String, Vec<u64>)> = by_reason.into_iter().collect();
    failures.sort_by_key(|(_, trials)| trials.first().copied());
    failures
}

fn reason(told: &Told<'_>, why: &StudyFailure) -> String {
    match why {
        StudyFailure::NotFinite { goal_idx } => {
            let goal = usize::try_from(*goal_idx).ok().and_then(|idx| told.study.goals.get(idx));
            say::failed_not_finite(told.lang, goal.map_or_else(String::new, |goal| told.goal(goal)))
        }
        StudyFailure::Error(text) if text.is_empty() => say::failed_unknown(told.lang),
        StudyFailure::Error(text) => text.clone(),
    }
}

fn failed(failures: &[(String, Vec<u64>)], lang: Lang) -> Markup {
    let n_trials: usize = failures.iter().map(|(_, trials)| trials.len()).sum();
    let separator = say_report::separator(lang);
    let listed = |trials: &[u64]| {
        let shown: Vec<String> = trials.iter().take(MAX_ROWS).map(u64::to_string).collect();
        format!("{}{}", shown.join(&separator), if trials.len() > MAX_ROWS { " …" } else { "" })
    };
    let table = html! {
        table.failures {
            caption { (say::failures_caption(lang)) }
            thead { tr {
                th scope="col" { (say::column_reason(lang)) }
                th scope="col" { (say::column_trials(lang)) }
            } }
            tbody {
                @for (reason, trials) in failures { tr { td { (reason) } td { (listed(trials)) } } }
            }
        }
    };
    html! {
        details {
            summary { @if n_trials == 1 { (say::failures_summary_one(lang)) } @else { (say::failures_summary(lang, n_trials)) } }
            (scroll(&say::failures_caption(lang), &table))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_shell_are_quoted_where_they_must_be() {
        assert_eq!(quoted("train.batch_size=64"), "train.batch_size=64");
        assert_eq!(quoted("train.optimizer={adam: {}}"), "'train.optimizer={adam: {}}'");
        assert_eq!(quoted("a=it's"), "'a=it'\\''s'");
    }
}
