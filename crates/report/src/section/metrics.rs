//! The metrics, each with its 95 % interval and its baseline.

use super::Body;
use crate::component::scroll;
use crate::data::{Evaluation, Metric, ReportData, Split, Thresholds, Unit};
use crate::format;
use crate::svg::scale::Scale;
use crate::svg::strip;
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say};

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let evaluation = data.evaluation.as_ref().filter(|evaluation| !evaluation.metrics.is_empty())?;
    let content = html! {
        (table(evaluation, lang))
        @if let Some(Thresholds { accuracy, equal_error }) = evaluation.thresholds {
            p { (say::verification_thresholds(lang, format::decimal(accuracy, 4), format::decimal(equal_error, 4))) }
        }
        p.note { (say::interval_help(lang)) }
    };
    let rows = format::count(evaluation.rows);
    let lead = match evaluation.split {
        Split::Test => say::metrics_lead_test(lang, rows),
        Split::Validation => say::metrics_lead_validation(lang, rows),
        Split::Train => say::metrics_lead_train(lang, rows),
    };
    Body::new(lead, content)
}

/// A metric's name in words; a name that the table does not know stays as it is.
pub(crate) fn metric_name(name: &str, lang: Lang) -> String {
    let (base, rest) = name.split_once('.').unwrap_or((name, ""));
    let base = match base {
        "accuracy" => say::metric_accuracy(lang),
        "balanced_accuracy" => say::metric_balanced_accuracy(lang),
        "precision" => say::metric_precision(lang),
        "recall" => say::metric_recall(lang),
        "f1" => say::metric_f1(lang),
        "loss" => say::metric_loss(lang),
        "log_loss" => say::metric_log_loss(lang),
        "perplexity" => say::metric_perplexity(lang),
        "huber" => say::metric_huber(lang),
        "brier" => say::metric_brier(lang),
        "ece" => say::metric_ece(lang),
        "verification_accuracy" => say::metric_verification_accuracy(lang),
        "equal_error_rate" => say::metric_equal_error_rate(lang),
        "verification_auc" => say::metric_verification_auc(lang),
        "label_error_rate" => say::metric_label_error_rate(lang),
        "mse" => say::metric_mse(lang),
        "mae" => say::metric_mae(lang),
        "rmse" => say::metric_rmse(lang),
        "r2" => say::metric_r2(lang),
        _ => return name.to_owned(),
    };
    match rest {
        "" => base,
        "macro" => say::metric_macro(lang, base),
        "weighted" => say::metric_weighted(lang, base),
        "micro" => say::metric_micro(lang, base),
        class => say::metric_of_class(lang, base, class),
    }
}

fn table(evaluation: &Evaluation, lang: Lang) -> Markup {
    let metrics = &evaluation.metrics;
    let any = |present: fn(&Metric) -> bool| metrics.iter().any(present);
    let baselines = any(|metric| metric.baseline.is_some());
    // Proportions share one axis, so that their intervals can be compared by eye; other units have none in common.
    let scale = Scale::of_proportions(
        metrics
            .iter()
            .filter(|metric| metric.unit == Unit::Proportion)
            .flat_map(|metric| [Some(metric.value), metric.lower95, metric.upper95])
            .flatten(),
        4,
    );
    let proportions = any(|metric| metric.unit == Unit::Proportion);
    let table = html! {
        table.metrics.stack {
            caption { (say::metrics_caption(lang)) }
            thead { tr {
                th scope="col" { (say::column_metric(lang)) }
                th.number scope="col" { (say::column_value(lang)) }
                th.number scope="col" { (say::column_interval(lang)) }
                @if proportions { th.wide scope="col" { span.hidden { (say::column_interval(lang)) } (axis(&scale)) } }
                @if baselines {
                    th.number scope="col" { (say::column_baseline(lang)) }
                    th.number scope="col" { (say::column_gain(lang)) }
                }
            } }
            tbody {
                @for metric in metrics {
                    tr {
                        th scope="row" {
                            (metric_name(&metric.name, lang))
                            @if !metric.higher_is_better { span.muted { " " (say::lower_is_better(lang)) } }
                        }
                        td.number data-label=(say::column_value(lang)) { strong { (format::metric(metric.value, metric.unit)) } }
                        td.number data-label=(say::column_interval(lang)) { (interval_text(metric.lower95, metric.upper95, metric.unit)) }
                        @if proportions {
                            td.wide {
                                @if metric.unit == Unit::Proportion {
                                    (strip::interval(&scale, metric.lower95.zip(metric.upper95), metric.value, None))
                                }
                            }
                        }
                        @if baselines {
                            td.number.muted data-label=(say::column_baseline(lang)) { (metric.baseline.map_or_else(String::new, |value| format::metric(value, metric.unit))) }
                            td.number data-label=(say::column_gain(lang)) { (gain(metric, lang)) }
                        }
                    }
                }
            }
        }
    };
    scroll(&say::metrics_caption(lang), &table)
}

/// How much better than the baseline; above zero is better, whichever way the metric points.
fn gain(metric: &Metric, lang: Lang) -> String {
    let better = if metric.higher_is_better { 1.0 } else { -1.0 };
    let gain = |baseline: f64| format::gain(better * (metric.value - baseline), metric.unit, lang);
    metric.baseline.map_or_else(String::new, gain)
}

/// The ticks of a column of proportions.
pub(crate) fn axis(scale: &Scale) -> Markup {
    let decimals = scale.decimals().saturating_sub(2);
    strip::axis(scale, |tick| format!("{}%", format::decimal(tick * 100.0, decimals)))
}

/// Both ends of an interval.
pub(crate) fn interval_text(lower: Option<f64>, upper: Option<f64>, unit: Unit) -> String {
    match (lower, upper) {
        (Some(lower), Some(upper)) => format!("{} – {}", format::metric(lower, unit), format::metric(upper, unit)),
        _ => String::new(),
    }
}
