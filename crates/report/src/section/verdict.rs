//! What was decided, by which criteria, on how many readings of the test set, and how far the run came.

use super::Body;
use super::criterion_words::in_words;
use crate::component::{judgement, margin, operator, scroll};
use crate::data::{Comparison, CriterionRow, Outcome, ReportData, Stage, TrainingStop};
use crate::format;
use crate::svg::icon::{Icon, icon};
use crate::svg::seal::{self, seal};
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say};

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let verdict = &data.verdict;
    let sign = sign(verdict.outcome);
    let digest = data.reproduce.as_ref().map_or("", |reproduce| &reproduce.model_digest);
    let words = seal::Words {
        title: say::seal_title(lang, word(verdict.outcome, lang)),
        description: say::seal_description(lang),
        rim_above: rim(verdict.outcome, lang),
        rim_below: if data.run.date.is_empty() { data.run.id.clone() } else { day(&data.run.date) },
        word: word(verdict.outcome, lang),
    };
    let content = html! {
        p class={ "word " (sign.class()) } { (word(verdict.outcome, lang)) }
        p.sentence { (sentence(data, lang)) }
        @if !verdict.criteria.is_empty() { (criteria(&verdict.criteria, lang)) }
        p.note { (test_reads(data, lang)) }
        (flow(verdict.outcome, data.cross_validation.is_some(), lang))
    };
    Some(Body {
        lead: None,
        rail: Some(html! { div.stamp { (seal(sign, &words, if digest.is_empty() { &data.run.id } else { digest })) } }),
        content,
    })
}

/// The outcome in one or two words.
pub(crate) fn word(outcome: Outcome, lang: Lang) -> String {
    match outcome {
        Outcome::Accepted => say::accepted(lang),
        Outcome::Refused | Outcome::RefusedOnValidation => say::refused(lang),
        Outcome::DataRefused => say::data_refused(lang),
        Outcome::NoEvidence => say::no_evidence(lang),
        Outcome::TrainingFailed => say::training_failed(lang),
        Outcome::NoCriterion => say::measured_only(lang),
        Outcome::Tried => say::tried(lang),
        Outcome::Pruned => say::pruned(lang),
    }
}

/// The outcome's sign and colour.
pub(crate) fn sign(outcome: Outcome) -> Icon {
    match outcome {
        Outcome::Accepted => Icon::Yes,
        Outcome::Refused | Outcome::RefusedOnValidation | Outcome::DataRefused | Outcome::TrainingFailed => Icon::No,
        Outcome::NoEvidence | Outcome::NoCriterion | Outcome::Tried | Outcome::Pruned => Icon::Unknown,
    }
}

fn rim(outcome: Outcome, lang: Lang) -> String {
    match outcome {
        Outcome::Accepted => say::rim_measured_on_test(lang),
        Outcome::Refused => say::rim_refused_on_test(lang),
        Outcome::RefusedOnValidation => say::rim_measured_on_validation(lang),
        Outcome::DataRefused => say::rim_data_gate(lang),
        Outcome::NoEvidence | Outcome::TrainingFailed => say::rim_no_proof(lang),
        Outcome::NoCriterion => say::rim_measured(lang),
        Outcome::Tried | Outcome::Pruned => say::rim_trial(lang),
    }
}

/// The day of a date that may go on with a time.
fn day(date: &str) -> String {
    date.split([' ', 'T']).next().unwrap_or_default().to_owned()
}

fn sentence(data: &ReportData, lang: Lang) -> String {
    match data.verdict.outcome {
        Outcome::Accepted => say::sentence_accepted(lang),
        Outcome::Refused => say::sentence_refused(lang),
        Outcome::RefusedOnValidation => say::sentence_refused_on_validation(lang),
        Outcome::DataRefused => say::sentence_data_refused(lang),
        Outcome::NoEvidence => say::sentence_no_evidence(lang),
        Outcome::TrainingFailed => match data.history.as_ref().map(|history| history.stopped) {
            Some(TrainingStop::LossNotFinite { step }) => say::sentence_loss_not_finite(lang, format::count(step)),
            Some(
                TrainingStop::Finished | TrainingStop::EarlyStopping | TrainingStop::Interrupted | TrainingStop::Pruned,
            )
            | None => say::sentence_training_failed(lang),
        },
        Outcome::NoCriterion => say::sentence_no_criterion(lang),
        Outcome::Tried => say::sentence_tried(lang),
        Outcome::Pruned => say::sentence_pruned(lang),
    }
}

fn test_reads(data: &ReportData, lang: Lang) -> String {
    match data.verdict.test_reads {
        0 => say::test_not_read(lang),
        1 => say::test_read_once(lang),
        reads => say::test_read_often(lang, reads),
    }
}

fn flow(outcome: Outcome, has_folds: bool, lang: Lang) -> Markup {
    let stopped_at = outcome.stopped_at();
    html! {
        ol.flow aria-label=(say::flow_label(lang)) {
            @for stage in Stage::ALL.into_iter().filter(|stage| has_folds || *stage != Stage::CrossValidate) {
                @let (sign, state) = match stopped_at {
                    Some(stop) if stage == stop && outcome == Outcome::NoEvidence => {
                        (Icon::Unknown, say::no_evidence(lang))
                    }
                    Some(stop) if stage == stop && matches!(outcome, Outcome::Tried | Outcome::Pruned) => {
                        (Icon::Unknown, word(outcome, lang))
                    }
                    Some(Stage::Accept) if stage == Stage::Accept => (Icon::No, say::refused(lang)),
                    Some(stop) if stage == stop => (Icon::No, say::stage_stopped(lang)),
                    Some(stop) if stage > stop => (Icon::Unknown, say::stage_not_reached(lang)),
                    None if stage == Stage::Accept && outcome == Outcome::NoCriterion => {
                        (Icon::Unknown, say::stage_no_criterion(lang))
                    }
                    Some(_) | None => (Icon::Yes, say::stage_passed(lang)),
                };
                li class=(sign.class()) {
                    (icon(sign))
                    span.stage { (stage_name(stage, lang)) }
                    span.state { (state) }
                }
            }
        }
    }
}

/// A stage's name.
pub(crate) fn stage_name(stage: Stage, lang: Lang) -> String {
    match stage {
        Stage::Ingest => say::stage_ingest(lang),
        Stage::Prepare => say::stage_prepare(lang),
        Stage::Gate => say::stage_gate(lang),
        Stage::CrossValidate => say::stage_cross_validate(lang),
        Stage::Train => say::stage_train(lang),
        Stage::Validate => say::stage_validate(lang),
        Stage::Accept => say::stage_accept(lang),
    }
}

fn criteria(criteria: &[CriterionRow], lang: Lang) -> Markup {
    let table = html! {
        table.criteria {
            caption { (say::criteria_caption(lang)) }
            thead {
                tr {
                    th scope="col" { (say::column_measured(lang)) }
                    th.number scope="col" { (say::column_value(lang)) }
                    th.number scope="col" { (say::column_need(lang)) }
                    th.number scope="col" { (say::column_margin(lang)) }
                    th scope="col" { (say::column_judgement(lang)) }
                }
            }
            @for criterion in criteria {
                tbody {
                    // One comparison says the whole expression; several are shown under it.
                    @if criterion.comparisons.len() != 1 {
                        tr.expression { th colspan="5" scope="rowgroup" { code { (criterion.text) } } }
                    }
                    @for comparison in &criterion.comparisons { (row(comparison, lang)) }
                }
            }
        }
    };
    scroll(&say::criteria_caption(lang), &table)
}

fn row(comparison: &Comparison, lang: Lang) -> Markup {
    html! {
        tr {
            th scope="row" {
                @if let Some(words) = in_words(comparison, lang) { span.words { (words) } }
                code { (comparison.text) }
            }
            td.number { strong { (format::fact(&comparison.value, lang)) } }
            td.number { (operator(&comparison.operator)) " " (format::fact(&comparison.need, lang)) }
            td.number { (margin(comparison).unwrap_or_default()) }
            td { (judgement(comparison.holds, lang)) }
        }
    }
}
