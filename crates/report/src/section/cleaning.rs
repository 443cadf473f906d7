//! The gate on the data: the rules, what they read before and after, the passes of the cleaning loop, why it ended.

use super::Body;
use crate::component::{heading, judgement, reading, scroll};
use crate::data::{CleaningRound, CleaningStop, DataSummary, ReportData, RuleReading, RuleRow};
use crate::format;
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
        @if let Some(stopped) = summary.stopped { p.note { (why(stopped, summary.rounds.len(), lang)) } }
    };
    Body::new(lead(summary, lang), content)
}

fn lead(summary: &DataSummary, lang: Lang) -> String {
    let n_rules = summary.rules.len();
    let met = |reading: fn(&RuleRow) -> &RuleReading| {
        summary.rules.iter().filter(|rule| reading(rule).holds == Some(true)).count()
    };
    let (before, after) = (met(|rule| &rule.before), met(|rule| &rule.after));
    match (summary.rounds.len(), after == n_rules) {
        (0, true) => say::gate_lead_clean(lang, n_rules),
        (0, false) => say::gate_lead_refused_at_once(lang, n_rules - after, n_rules),
        (rounds, true) => say::gate_lead_mended(lang, n_rules - before, n_rules, rounds),
        (rounds, false) => say::gate_lead_refused(lang, n_rules - after, n_rules, rounds),
    }
}

fn why(stopped: CleaningStop, rounds: usize, lang: Lang) -> String {
    match stopped {
        CleaningStop::Met if rounds == 0 => say::stopped_at_once(lang),
        CleaningStop::Met => say::stopped_met(lang),
        CleaningStop::NoOperator => say::stopped_no_operator(lang),
        CleaningStop::NoChange => say::stopped_no_change(lang),
        CleaningStop::RoundLimit => say::stopped_round_limit(lang),
        CleaningStop::TooMuchDropped => say::stopped_too_much_dropped(lang),
    }
}

fn rules(summary: &DataSummary, lang: Lang) -> Markup {
    let cleaned = !summary.rounds.is_empty();
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
                th.number scope="col" { (say::column_changed(lang)) }
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
                            td.number { (format::count(effect.rows_changed)) }
                            td {}
                            td {}
                        }
                    }
                    tr.total {
                        td { (idx + 1) }
                        th scope="row" { (say::round_total(lang)) }
                        td.number { (format::count(round.rows_before.saturating_sub(round.rows_after))) }
                        td.number { (format::count(round.operators.iter().map(|effect| effect.rows_changed).sum())) }
                        td.number { strong { (format::count(round.rows_after)) } }
                        td.wide { (strip::bar(round.rows_after as f64 / first, "good")) }
                    }
                }
            }
        }
    };
    html! { (heading(&say::rounds_heading(lang))) (scroll(&say::rounds_caption(lang), &table)) }
}
