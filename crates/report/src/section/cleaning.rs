//! The gate on the data: the rules, what they read before and after, the passes of the cleaning loop, why it ended.

use super::Body;
use crate::component::{chip, heading, judgement, reading, scroll};
use crate::data::{CleaningRound, CleaningStop, DataSummary, ReportData, RuleReading, RuleRow};
use crate::format;
use crate::svg::icon::Icon;
use crate::svg::strip;
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say};

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let summary = data.data.as_ref()?;
    if summary.rules.is_empty() && summary.rounds.is_empty() {
        return None;
    }
    let content = html! {
        @if !summary.rules.is_empty() { (rules(summary, lang)) }
        @if !summary.rounds.is_empty() { (rounds(&summary.rounds, lang)) }
        @if let Some(stopped) = &summary.stopped { p.note { (why(stopped, summary.rounds.len(), lang)) } }
    };
    Body::new(lead(summary, lang), content)
}

fn lead(summary: &DataSummary, lang: Lang) -> String {
    let n_rules = summary.rules.len();
    let failed = |reading: fn(&RuleRow) -> &RuleReading| {
        summary.rules.iter().filter(|rule| reading(rule).holds != Some(true)).count()
    };
    let (before, after) = (failed(|rule| &rule.before), failed(|rule| &rule.after));
    let done = summary.rounds.iter().filter(|round| round.accepted).count();
    let cleaning = match done {
        1 => say::one_round_of_cleaning(lang),
        rounds => say::rounds_of_cleaning(lang, rounds),
    };
    match (done, after, n_rules) {
        (0, 0, 1) => say::gate_lead_clean_one(lang),
        (0, 0, _) => say::gate_lead_clean(lang, n_rules),
        (_, 0, 1) => say::gate_lead_mended_one(lang, cleaning),
        (_, 0, _) => say::gate_lead_mended(lang, before, n_rules, cleaning),
        (0, _, 1) => say::gate_lead_refused_at_once_one(lang),
        (0, _, _) => say::gate_lead_refused_at_once(lang, after, n_rules),
        (_, _, 1) => say::gate_lead_refused_one(lang, cleaning),
        (_, _, _) => say::gate_lead_refused(lang, after, n_rules, cleaning),
    }
}

/// Why cleaning ended, in one sentence; `rounds` were tried.
pub fn why(stopped: &CleaningStop, rounds: usize, lang: Lang) -> String {
    match stopped {
        CleaningStop::Met if rounds == 0 => say::stopped_at_once(lang),
        CleaningStop::Met => say::stopped_met(lang),
        CleaningStop::NoOperator => say::stopped_no_operator(lang),
        CleaningStop::NoChange if rounds == 0 => say::stopped_no_operator(lang),
        CleaningStop::NoChange => say::stopped_no_change(lang),
        CleaningStop::RoundLimit => say::stopped_round_limit(lang),
        CleaningStop::TooMuchDropped { class, dropped, of, max_dropped } => {
            let share = *dropped as f64 / (*of).max(1) as f64;
            let [dropped, of] = [dropped, of].map(|rows| format::count(*rows));
            let [share, allowed] = [share, *max_dropped].map(format::percent_short);
            match class {
                Some(class) => say::stopped_too_much_of_class(lang, dropped, of, class, share, allowed),
                None => say::stopped_too_much_dropped(lang, dropped, of, share, allowed),
            }
        }
    }
}

fn rules(summary: &DataSummary, lang: Lang) -> Markup {
    let cleaned = summary.rounds.iter().any(|round| round.accepted);
    let table = html! {
        table.rules {
            caption { (say::rules_caption(lang)) }
            thead { tr {
                th scope="col" { (say::column_rule(lang)) }
                @if cleaned { th scope="col" { (say::column_before(lang)) } th scope="col" { (say::column_after(lang)) } }
                @else { th scope="col" { (say::column_reading(lang)) } }
            } }
            tbody {
                @for rule in &summary.rules {
                    tr {
                        th scope="row" { code { (rule.text) } }
                        @if cleaned { (rule_reading(&rule.before, lang)) }
                        (rule_reading(&rule.after, lang))
                    }
                }
            }
        }
    };
    scroll(&say::rules_caption(lang), &table)
}

fn rule_reading(rule: &RuleReading, lang: Lang) -> Markup {
    html! {
        td {
            (judgement(rule.holds, lang))
            @for comparison in &rule.comparisons { (reading(comparison, lang)) }
        }
    }
}

fn rounds(rounds: &[CleaningRound], lang: Lang) -> Markup {
    let first = rounds.first().map_or(1, |round| round.rows_before).max(1) as f64;
    let table = html! {
        table.rounds {
            caption { (say::rounds_caption(lang)) }
            thead { tr {
                th scope="col" { (say::column_round(lang)) }
                th scope="col" { (say::column_operator(lang)) }
                th.number scope="col" { (say::column_dropped(lang)) }
                th.number scope="col" { (say::column_rows_after(lang)) }
                th.wide scope="col" { span.hidden { (say::column_share(lang)) } }
            } }
            @for (idx, round) in rounds.iter().enumerate() {
                tbody {
                    @for effect in &round.operators {
                        tr {
                            td { (idx + 1) }
                            th scope="row" { code { (effect.operator) } }
                            td.number { (format::count(effect.rows_dropped)) }
                            td {}
                            td {}
                        }
                    }
                    tr.total {
                        td { (idx + 1) }
                        th scope="row" {
                            @if round.accepted { (say::round_total(lang)) } @else { (chip(Icon::No, &say::round_not_done(lang))) }
                        }
                        td.number { (format::count(round.rows_before.saturating_sub(round.rows_after))) }
                        td.number { strong { (format::count(round.rows_after)) } }
                        td.wide { (strip::bar(round.rows_after as f64 / first, if round.accepted { "good" } else { "excluded" })) }
                    }
                }
            }
        }
    };
    html! { (heading(&say::rounds_heading(lang))) (scroll(&say::rounds_caption(lang), &table)) }
}
