//! The figures that a reader takes home.

use super::Body;
use super::metrics::metric_name;
use crate::component::{Figure, figures};
use crate::data::{Evaluation, ReportData};
use crate::format;
use maud::html;
use proofmark_messages::{Lang, report as say};

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let mut all = Vec::new();
    if let Some(evaluation) = &data.evaluation {
        headline(evaluation, lang, &mut all);
    }
    if let Some(summary) = &data.data {
        let rows = summary.splits.train + summary.splits.validation + summary.splits.test;
        all.push(Figure {
            name: say::figure_rows(lang),
            value: format::count(rows),
            note: if summary.splits.excluded > 0 {
                say::figure_excluded(lang, format::count(summary.splits.excluded))
            } else {
                String::new()
            },
        });
        let met = summary.rules.iter().filter(|rule| rule.after.holds == Some(true)).count();
        if data.evaluation.is_none() && !summary.rules.is_empty() {
            all.push(Figure {
                name: say::figure_rules(lang),
                value: format!("{met}\u{a0}/\u{a0}{}", summary.rules.len()),
                note: say::figure_rules_note(lang, summary.rounds.len()),
            });
        }
    }
    if let Some(model) = &data.model {
        all.push(Figure {
            name: say::figure_parameters(lang),
            value: format::magnitude(model.parameters),
            note: say::figure_layers(lang, model.layers.len()),
        });
    }
    if let Some(cost) = &data.cost {
        if let Some(seconds) = cost.train_seconds_per_epoch {
            all.push(Figure {
                name: say::figure_epoch(lang),
                value: format::seconds(seconds, lang),
                note: data
                    .history
                    .as_ref()
                    .map_or_else(String::new, |history| say::figure_epochs(lang, history.epochs.len())),
            });
        }
        if let Some(bytes) = cost.peak_memory_bytes {
            all.push(Figure {
                name: say::figure_memory(lang),
                value: format::bytes(bytes),
                note: say::figure_memory_note(lang),
            });
        }
    }
    (!all.is_empty()).then(|| Body { lead: None, rail: None, content: html! { (figures(&all)) } })
}

fn headline(evaluation: &Evaluation, lang: Lang, all: &mut Vec<Figure>) {
    if let Some(metric) = evaluation.metrics.first() {
        all.push(Figure {
            name: metric_name(&metric.name, lang),
            value: format::metric(metric.value, metric.unit),
            note: match (metric.lower95, metric.upper95) {
                (Some(lower), Some(upper)) => {
                    say::figure_interval(lang, format::metric(lower, metric.unit), format::metric(upper, metric.unit))
                }
                _ => String::new(),
            },
        });
    }
    let right: u64 = evaluation.confusion.iter().enumerate().filter_map(|(idx, row)| row.get(idx)).sum();
    let total: u64 = evaluation.confusion.iter().flatten().sum();
    if total > 0 {
        all.push(Figure {
            name: say::figure_mistakes(lang),
            value: format::count(total.saturating_sub(right)),
            note: say::figure_of_rows(lang, format::count(total)),
        });
    }
}
