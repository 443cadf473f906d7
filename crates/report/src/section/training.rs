//! The training: curves of loss and accuracy, and every epoch's numbers.

use super::Body;
use crate::component::scroll;
use crate::data::{Epoch, History, ReportData, TrainingStop};
use crate::format;
use crate::svg::line::{LineChart, Series, line_chart};
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say};

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let history = data.history.as_ref().filter(|history| !history.epochs.is_empty())?;
    let content = html! {
        div.charts {
            (loss_chart(history, lang))
            @if has_accuracy(history) { (accuracy_chart(history, lang)) }
            @if learning_rate_varies(history) { (learning_rate_chart(history, lang)) }
        }
        p.note { (reading_help(history, lang)) }
        details {
            summary { (say::epochs_summary(lang)) }
            (epochs(history, lang))
        }
    };
    Body::new(lead(history, lang), content)
}

fn lead(history: &History, lang: Lang) -> String {
    let epochs = match history.epochs.len() {
        1 => say::one_epoch(lang),
        n_epochs => say::n_epochs(lang, n_epochs),
    };
    let ended = match history.stopped {
        TrainingStop::Finished => say::training_finished(lang, epochs),
        TrainingStop::EarlyStopping => say::training_early_stopping(lang, epochs),
        TrainingStop::LossNotFinite { step } => say::training_loss_not_finite(lang, format::count(step)),
        TrainingStop::Interrupted => say::training_interrupted(lang, epochs),
        TrainingStop::Pruned => say::training_pruned(lang, epochs),
    };
    match history.best_epoch {
        Some(best) => format!("{ended}{}", say::training_best(lang, best)),
        None => ended,
    }
}

fn reading_help(history: &History, lang: Lang) -> String {
    if history.epochs.iter().any(|epoch| epoch.validation_loss.is_some()) {
        say::curves_help(lang)
    } else {
        say::curves_help_train_only(lang)
    }
}

fn has_accuracy(history: &History) -> bool {
    history.epochs.iter().any(|epoch| epoch.train_accuracy.is_some() || epoch.validation_accuracy.is_some())
}

fn learning_rate_varies(history: &History) -> bool {
    history.epochs.windows(2).any(|pair| pair[0].learning_rate != pair[1].learning_rate)
}

fn mark(history: &History, lang: Lang) -> Option<(f64, String)> {
    history.best_epoch.map(|best| (best as f64, say::best_epoch(lang, best)))
}

fn series(
    history: &History,
    name: String,
    class: &'static str,
    value: impl Fn(&Epoch) -> Option<f64>,
) -> Option<Series> {
    let points: Vec<(f64, f64)> =
        history.epochs.iter().filter_map(|epoch| Some((epoch.epoch as f64, value(epoch)?))).collect();
    (!points.is_empty()).then_some(Series { name, class, points })
}

fn loss_chart(history: &History, lang: Lang) -> Markup {
    let train = series(history, say::split_train(lang), "train", |epoch| Some(epoch.train_loss));
    let validation = series(history, say::split_validation(lang), "validation", |epoch| epoch.validation_loss);
    let last = history.epochs.last();
    chart(
        say::loss_title(lang),
        LineChart {
            id: "loss",
            title: say::loss_title(lang),
            description: say::curve_description(
                lang,
                history.epochs.len(),
                last.map_or_else(String::new, |epoch| format::decimal(epoch.train_loss, 4)),
                last.and_then(|epoch| epoch.validation_loss).map_or("–".to_owned(), |loss| format::decimal(loss, 4)),
            ),
            x_label: say::epoch(lang),
            series: train.into_iter().chain(validation).collect(),
            mark: mark(history, lang),
            write: format::decimal,
            proportion: false,
        },
    )
}

fn accuracy_chart(history: &History, lang: Lang) -> Markup {
    let train = series(history, say::split_train(lang), "train", |epoch| epoch.train_accuracy);
    let validation = series(history, say::split_validation(lang), "validation", |epoch| epoch.validation_accuracy);
    let last = |value: fn(&Epoch) -> Option<f64>| {
        history.epochs.iter().rev().find_map(value).map_or("–".to_owned(), format::percent)
    };
    chart(
        say::accuracy_title(lang),
        LineChart {
            id: "accuracy",
            title: say::accuracy_title(lang),
            description: say::curve_description(
                lang,
                history.epochs.len(),
                last(|epoch| epoch.train_accuracy),
                last(|epoch| epoch.validation_accuracy),
            ),
            x_label: say::epoch(lang),
            series: train.into_iter().chain(validation).collect(),
            mark: mark(history, lang),
            write: |value, decimals| {
                if value.is_finite() {
                    format!("{}%", format::decimal(value * 100.0, decimals.saturating_sub(2)))
                } else {
                    format::percent(value)
                }
            },
            proportion: true,
        },
    )
}

fn learning_rate_chart(history: &History, lang: Lang) -> Markup {
    let rates = series(history, say::learning_rate(lang), "train", |epoch| Some(epoch.learning_rate));
    chart(
        say::learning_rate(lang),
        LineChart {
            id: "learning-rate",
            title: say::learning_rate(lang),
            description: say::learning_rate_description(lang),
            x_label: say::epoch(lang),
            series: rates.into_iter().collect(),
            mark: None,
            write: |value, _| format::number(value),
            proportion: false,
        },
    )
}

fn chart(caption: String, chart: LineChart<'_>) -> Markup {
    html! { figure { figcaption { (caption) } (line_chart(&chart)) } }
}

fn epochs(history: &History, lang: Lang) -> Markup {
    let optional = |value: Option<f64>, write: fn(f64) -> String| value.map_or_else(|| "–".to_owned(), write);
    let loss = |value| format::decimal(value, 4);
    let digests = history.epochs.iter().any(|epoch| !epoch.parameters_digest.is_empty());
    let table = html! {
        table.epochs {
            caption { (say::epochs_caption(lang)) }
            thead { tr {
                th.number scope="col" { (say::epoch(lang)) }
                th.number scope="col" { (say::column_train_loss(lang)) }
                th.number scope="col" { (say::column_validation_loss(lang)) }
                th.number scope="col" { (say::column_train_accuracy(lang)) }
                th.number scope="col" { (say::column_validation_accuracy(lang)) }
                th.number scope="col" { (say::learning_rate(lang)) }
                th.number scope="col" { (say::column_time(lang)) }
                @if digests { th scope="col" { (say::column_parameters_digest(lang)) } }
            } }
            tbody {
                @for epoch in &history.epochs {
                    @let best = history.best_epoch == Some(epoch.epoch);
                    tr.best[best] {
                        th.number scope="row" { (epoch.epoch) @if best { " ★" span.hidden { (say::best(lang)) } } }
                        td.number { (loss(epoch.train_loss)) }
                        td.number { (optional(epoch.validation_loss, loss)) }
                        td.number { (optional(epoch.train_accuracy, format::percent)) }
                        td.number { (optional(epoch.validation_accuracy, format::percent)) }
                        td.number { (format::number(epoch.learning_rate)) }
                        td.number { (format::seconds(epoch.seconds, lang)) }
                        @if digests { td { code title=(epoch.parameters_digest) { (format::short_digest(&epoch.parameters_digest)) } } }
                    }
                }
            }
        }
    };
    scroll(&say::epochs_caption(lang), &table)
}
