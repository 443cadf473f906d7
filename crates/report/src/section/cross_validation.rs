//! Cross-validation: how much a result hangs on which rows trained.

use super::Body;
use super::metrics::{axis, interval_text, metric_name};
use crate::component::{heading, scroll};
use crate::data::{CrossValidation, FoldMetric, FoldValue, ReportData, Unit};
use crate::format;
use crate::svg::scale::Scale;
use crate::svg::strip;
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say};

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let folds = data.cross_validation.as_ref().filter(|folds| !folds.folds.is_empty())?;
    let headline = folds.metrics.first()?;
    let content = html! {
        (metrics(folds, lang))
        p.note { (say::folds_help(lang)) }
        (heading(&say::folds_heading(lang)))
        (table(folds, headline, lang))
    };
    let lead = say::folds_lead(
        lang,
        metric_name(&headline.name, lang),
        format::metric(headline.mean, headline.unit),
        interval_text(Some(headline.lower95), Some(headline.upper95), headline.unit),
        folds.folds.len(),
        format::count(folds.rows),
    );
    Body::new(lead, content)
}

/// Each metric over the folds.
fn metrics(folds: &CrossValidation, lang: Lang) -> Markup {
    let caption = say::folds_metrics_caption(lang, kind_name(&folds.kind, lang));
    let table = html! {
        table.metrics.stack {
            caption { (caption) }
            thead { tr {
                th scope="col" { (say::column_metric(lang)) }
                th.number scope="col" { (say::column_mean(lang)) }
                th.number scope="col" { (say::column_interval(lang)) }
                th.number scope="col" { (say::column_deviation(lang)) }
                th.number scope="col" { (say::column_out_of_fold(lang)) }
                th.number scope="col" { (say::column_interval(lang)) }
            } }
            tbody {
                @for metric in &folds.metrics {
                    @let FoldValue { value, lower95, upper95 } = metric.out_of_fold;
                    tr {
                        th scope="row" {
                            (metric_name(&metric.name, lang))
                            @if !metric.higher_is_better { span.muted { " " (say::lower_is_better(lang)) } }
                        }
                        td.number data-label=(say::column_mean(lang)) { strong { (format::metric(metric.mean, metric.unit)) } }
                        td.number data-label=(say::column_interval(lang)) {
                            (interval_text(Some(metric.lower95), Some(metric.upper95), metric.unit))
                        }
                        td.number data-label=(say::column_deviation(lang)) { (format::metric(metric.std, metric.unit)) }
                        td.number data-label=(say::column_out_of_fold(lang)) { (format::metric(value, metric.unit)) }
                        td.number data-label=(say::column_interval(lang)) { (interval_text(lower95, upper95, metric.unit)) }
                    }
                }
            }
        }
    };
    scroll(&caption, &table)
}

/// The folds, each a dot on the headline's scale with the mean's line through all of them.
fn table(folds: &CrossValidation, headline: &FoldMetric, lang: Lang) -> Markup {
    let first = |values: &[FoldValue]| values.first().cloned().unwrap_or_default();
    let of_folds = folds.folds.iter().flat_map(|fold| {
        let FoldValue { value, lower95, upper95 } = first(&fold.values);
        [Some(value), lower95, upper95]
    });
    let all = of_folds.flatten().chain([headline.mean, headline.lower95, headline.upper95]);
    let proportion = headline.unit == Unit::Proportion;
    let scale = if proportion { Scale::of_proportions(all, 4) } else { Scale::covering(all, 4) };
    let caption = say::folds_caption(lang, metric_name(&headline.name, lang));
    let validated = folds.folds.iter().any(|fold| fold.validation_rows > 0);
    let table = html! {
        table.slices {
            caption { (caption) }
            thead { tr {
                th scope="col" { (say::column_fold(lang)) }
                th.number scope="col" { (say::column_train_rows(lang)) }
                @if validated { th.number scope="col" { (say::column_inner_rows(lang)) } }
                th.number scope="col" { (say::column_held_out_rows(lang)) }
                th.number scope="col" { (say::column_epochs(lang)) }
                th.number scope="col" { (say::column_value(lang)) }
                th.number scope="col" { (say::column_interval(lang)) }
                th.wide scope="col" {
                    span.hidden { (say::column_interval(lang)) }
                    @if proportion { (axis(&scale)) }
                    @else { (strip::axis(&scale, |tick| format::decimal(tick, scale.decimals()))) }
                }
            } }
            tbody {
                @for fold in &folds.folds {
                    @let FoldValue { value, lower95, upper95 } = first(&fold.values);
                    tr {
                        th scope="row" { (fold.number) }
                        td.number { (format::count(fold.train_rows)) }
                        @if validated { td.number { (format::count(fold.validation_rows)) } }
                        td.number { (format::count(fold.held_out_rows)) }
                        td.number { (epochs(fold.best_epoch, fold.epochs)) }
                        td.number { strong { (format::metric(value, headline.unit)) } }
                        td.number { (interval_text(lower95, upper95, headline.unit)) }
                        td.wide { (strip::interval(&scale, lower95.zip(upper95), value, Some(headline.mean))) }
                    }
                }
            }
            tfoot { tr {
                th scope="row" { (say::column_mean(lang)) }
                td {} td {} td {} @if validated { td {} }
                td.number { strong { (format::metric(headline.mean, headline.unit)) } }
                td.number { (interval_text(Some(headline.lower95), Some(headline.upper95), headline.unit)) }
                td.wide {
                    (strip::interval(&scale, Some((headline.lower95, headline.upper95)), headline.mean, Some(headline.mean)))
                }
            } }
        }
    };
    scroll(&caption, &table)
}

/// `7 / 10` where the parameters are not those of the last epoch.
fn epochs(best: u64, all: u64) -> String {
    if best == all { all.to_string() } else { format!("{best}\u{a0}/\u{a0}{all}") }
}

/// How folds were cut, in words; a kind that the table does not know stays as it is.
fn kind_name(kind: &str, lang: Lang) -> String {
    match kind {
        "stratified" => say::folds_stratified(lang),
        "plain" => say::folds_plain(lang),
        "grouped" => say::folds_grouped(lang),
        "time" => say::folds_time(lang),
        _ => kind.to_owned(),
    }
}
