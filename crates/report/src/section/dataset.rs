//! The data: sources, splits, class balance, samples.

use std::collections::BTreeMap;

use super::Body;
use crate::component::{digest, heading, image, scroll, shown};
use crate::data::{Augmented, DataSummary, InjectedFaults, ReportData, Sample, SourceSummary, SplitRows};
use crate::format;
use crate::svg::strip;
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say, report_study as say_study};

/// Beyond so many classes the table shows the largest ones only.
const MAX_CLASSES: usize = 24;

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let summary = data.data.as_ref()?;
    let content = html! {
        @if let Some(injected) = &summary.injected { p.injected { (faults(injected, lang)) } }
        (splits(&summary.splits, lang))
        @if !summary.samples.is_empty() { (samples(&summary.samples, lang)) }
        @if let Some(augmented) = &summary.augmented { (variants(augmented, lang)) }
        @if !summary.classes.is_empty() { (classes(summary, lang)) }
        @if !summary.sources.is_empty() { (sources(&summary.sources, lang)) }
    };
    Body::new(lead(summary, lang), content)
}

fn lead(summary: &DataSummary, lang: Lang) -> String {
    let rows = rows_of_sources(summary);
    if summary.classes.is_empty() {
        return say::data_lead(lang, format::count(rows));
    }
    let counts = &summary.class_counts.train;
    match (counts.iter().min(), counts.iter().max()) {
        (Some(smallest), Some(largest)) if *smallest > 0 => say::data_lead_balance(
            lang,
            format::count(rows),
            summary.classes.len(),
            format::decimal(*largest as f64 / *smallest as f64, 1),
        ),
        _ => say::data_lead_classes(lang, format::count(rows), summary.classes.len()),
    }
}

/// That the data were made worse on purpose, and by how much: nobody must take the figures below for the source's own.
fn faults(injected: &InjectedFaults, lang: Lang) -> String {
    let InjectedFaults { missing_labels, duplicates, blank, corrupted } = *injected;
    let kinds = [
        (say::fault_missing_labels(lang), missing_labels),
        (say::fault_duplicates(lang), duplicates),
        (say::fault_blank(lang), blank),
        (say::fault_corrupted(lang), corrupted),
    ];
    let kinds = kinds.into_iter().filter(|(_, rows)| *rows > 0);
    let kinds: Vec<String> = kinds.map(|(name, rows)| say::fault_rows(lang, name, format::count(rows))).collect();
    say::faults_injected(lang, kinds.join(&say::separator(lang)))
}

fn splits(splits: &SplitRows, lang: Lang) -> Markup {
    let SplitRows { train, validation, test, unused, excluded } = *splits;
    let total = (train + validation + test + unused + excluded).max(1) as f64;
    let rows = [
        ("train", say::split_train(lang), say::split_train_use(lang), train),
        ("validation", say::split_validation(lang), say::split_validation_use(lang), validation),
        ("test", say::split_test(lang), say::split_test_use(lang), test),
        ("unused", say::split_unused(lang), say::split_unused_use(lang), unused),
        ("excluded", say::split_excluded(lang), say::split_excluded_use(lang), excluded),
    ];
    html! {
        table.splits {
            caption { (say::splits_caption(lang)) }
            thead { tr {
                th scope="col" { (say::column_split(lang)) }
                th scope="col" { (say::column_use(lang)) }
                th.number scope="col" { (say::column_rows(lang)) }
                th.wide scope="col" { span.hidden { (say::column_share(lang)) } }
            } }
            tbody {
                @for (class, name, purpose, count) in rows {
                    @if count > 0 || !["unused", "excluded"].contains(&class) {
                        tr {
                            th scope="row" { (name) }
                            td.muted { (purpose) }
                            td.number { (format::count(count)) }
                            td.wide { (strip::bar(count as f64 / total, class)) }
                        }
                    }
                }
            }
        }
    }
}

fn samples(samples: &[Sample], lang: Lang) -> Markup {
    html! {
        (heading(&say::samples_heading(lang)))
        ul.samples {
            @for sample in samples {
                li { figure { (shown(&sample.shown, &say::image_of(lang, &sample.label))) figcaption { (sample.label) } } }
            }
        }
    }
}

/// Training images beside their variants, with the operators that made them.
fn variants(augmented: &Augmented, lang: Lang) -> Markup {
    html! {
        (heading(&say_study::augmented_heading(lang)))
        @if !augmented.operators.is_empty() {
            ol.operators { @for operator in &augmented.operators { li { code { (operator.name) } " " span.muted { (operator.value) } } } }
        }
        @if !augmented.samples.is_empty() {
            div.variants {
                @for sample in &augmented.samples {
                    ul {
                        li.original { figure {
                            (image(&sample.image, &say::image_of(lang, &sample.label)))
                            figcaption { (say_study::augmented_original(lang, &sample.label)) }
                        } }
                        @for (idx, variant) in sample.variants.iter().enumerate() {
                            li { figure {
                                (image(variant, &say_study::augmented_variant(lang, &sample.label, idx + 1)))
                                figcaption { (say_study::augmented_epoch(lang, idx + 1)) }
                            } }
                        }
                    }
                }
            }
        }
        p.note { (say_study::augmented_help(lang)) }
    }
}

fn classes(summary: &DataSummary, lang: Lang) -> Markup {
    let counts = &summary.class_counts;
    let at = |list: &[u64], class: usize| list.get(class).copied().unwrap_or_default();
    let largest = counts.train.iter().max().copied().unwrap_or(1).max(1) as f64;
    let mut order: Vec<usize> = (0..summary.classes.len()).collect();
    if order.len() > MAX_CLASSES {
        order.sort_by_key(|class| std::cmp::Reverse(at(&counts.train, *class)));
        order.truncate(MAX_CLASSES);
    }
    let table = html! {
        table.classes {
            caption { (say::classes_caption(lang)) }
            thead { tr {
                th scope="col" { (say::column_class(lang)) }
                th.wide scope="col" { span.hidden { (say::column_share(lang)) } }
                th.number scope="col" { (say::split_train(lang)) }
                th.number scope="col" { (say::split_validation(lang)) }
                th.number scope="col" { (say::split_test(lang)) }
            } }
            tbody {
                @for class in &order {
                    tr {
                        th scope="row" { (summary.classes[*class]) }
                        td.wide { (strip::bar(at(&counts.train, *class) as f64 / largest, "train")) }
                        td.number { (format::count(at(&counts.train, *class))) }
                        td.number { (format::count(at(&counts.validation, *class))) }
                        td.number { (format::count(at(&counts.test, *class))) }
                    }
                }
            }
        }
    };
    html! {
        (heading(&say::classes_heading(lang)))
        (scroll(&say::classes_caption(lang), &table))
        @if order.len() < summary.classes.len() {
            p.note { (say::more_classes(lang, summary.classes.len() - order.len())) }
        }
    }
}

fn sources(sources: &[SourceSummary], lang: Lang) -> Markup {
    let table = html! {
        table.sources {
            caption { (say::sources_caption(lang)) }
            thead { tr {
                th scope="col" { (say::column_source(lang)) }
                th.number scope="col" { (say::column_rows(lang)) }
                th scope="col" { "SHA-256" }
            } }
            tbody {
                @for source in sources {
                    tr {
                        th scope="row" { (source.name) @if !source.label.is_empty() { span.muted { " " (source.label) } } }
                        td.number { (format::count(source.rows)) }
                        td { (digest(&source.digest)) }
                    }
                }
            }
        }
    };
    html! { (heading(&say::sources_heading(lang))) (scroll(&say::sources_caption(lang), &table)) }
}

/// Rows of all sources. A part of a source may stand in several files (images, labels), each with all of its rows.
fn rows_of_sources(summary: &DataSummary) -> u64 {
    let mut rows_by_part: BTreeMap<&str, u64> = BTreeMap::new();
    for source in &summary.sources {
        let rows = rows_by_part.entry(&source.name).or_default();
        *rows = source.rows.max(*rows);
    }
    rows_by_part.values().sum()
}
