//! The closing words of a run: verdict, what it stands on, where to look, how to do it again.

use proofmark_lab::page::{self, Refusal};
use proofmark_lab::{Measured, Metric, Outcome, RunFile, RunResult};
use proofmark_messages::{Lang, cli as say, report};

use crate::failure::Failure;
use crate::output::{Tone, duration, labelled, percent, short};
use crate::session::Session;
use crate::study_summary;

/// Prints them.
///
/// # Errors
/// If they cannot be written, or the report of the run cannot be read.
pub(crate) fn print(result: &RunResult, session: &Session) -> Result<(), Failure> {
    let lang = session.lang;
    let output = &session.output;
    if let Some(study) = &result.study {
        study_summary::print(study, true, session)?;
        if study.is_interrupted {
            return Ok(());
        }
    }
    let Some(outcome) = result.outcome else {
        let rows = [(say::label_go_on(lang), session.next(&format!("run --resume {}", result.run)))];
        let verdict = output.paint(Tone::Open, &say::verdict_interrupted(lang));
        return output.text(&format!("\n{verdict}  {}\n\n{}", say::sentence_interrupted(lang), labelled(&rows)));
    };
    let (tone, verdict, sentence) = verdict(outcome, lang);
    let mut rows = Vec::new();
    criteria(result, session, &mut rows);
    if outcome == Outcome::DataRefused {
        refusal(&page::refusal(&session.runs().find(&result.run)?, lang)?, lang, &mut rows);
    }
    let on_test = matches!(outcome, Outcome::Accepted | Outcome::Refused | Outcome::NoCriterion);
    accuracy(&result.metrics, on_test, lang, &mut rows);
    if let Some(folds) = result.cross_validation.iter().find(|folds| folds.metric == Metric::Accuracy) {
        let [value, lower95, upper95] = [folds.value, folds.lower95, folds.upper95].map(percent);
        rows.push((say::label_cross_validation(lang), say::accuracy_line(lang, value, lower95, upper95)));
    }
    if let Some(epoch) = result.train_seconds_per_epoch {
        let time = say::time_with_epochs(lang, duration(result.seconds, lang), duration(epoch, lang));
        rows.push((say::label_time(lang), time));
    }
    if result.model_digest.is_some() {
        rows.push((say::label_model(lang), result.folder.join(RunFile::Model.name()).display().to_string()));
    }
    if let Some(report) = &result.report {
        rows.push((say::label_report(lang), report.display().to_string()));
    }
    if result.model_digest.is_some() {
        rows.push((say::label_again(lang), session.next(&format!("reproduce {}", result.run))));
    }
    output.text(&format!("\n{}  {sentence}\n\n{}", output.paint(tone, &verdict), labelled(&rows)))
}

fn verdict(outcome: Outcome, lang: Lang) -> (Tone, String, String) {
    match outcome {
        Outcome::Accepted => (Tone::Good, report::accepted(lang), report::sentence_accepted(lang)),
        Outcome::Refused => (Tone::Bad, report::refused(lang), report::sentence_refused(lang)),
        Outcome::RefusedOnValidation => {
            (Tone::Bad, report::refused(lang), report::sentence_refused_on_validation(lang))
        }
        Outcome::DataRefused => (Tone::Bad, report::data_refused(lang), report::sentence_data_refused(lang)),
        Outcome::NoEvidence => (Tone::Open, report::no_evidence(lang), report::sentence_no_evidence(lang)),
        Outcome::TrainingFailed => (Tone::Bad, report::training_failed(lang), report::sentence_training_failed(lang)),
        Outcome::NoCriterion => (Tone::Open, report::measured_only(lang), report::sentence_no_criterion(lang)),
        Outcome::Tried => (Tone::Open, report::tried(lang), report::sentence_tried(lang)),
        Outcome::Pruned => (Tone::Open, report::pruned(lang), report::sentence_pruned(lang)),
        // An outcome that was added to the report and not here: its name says more than nothing.
        other => (Tone::Open, format!("{other:?}"), String::new()),
    }
}

/// Each comparison of each criterion with what was measured.
fn criteria(result: &RunResult, session: &Session, rows: &mut Vec<(String, String)>) {
    let lang = session.lang;
    for comparison in result.decision.iter().flat_map(|decision| &decision.verdicts).flat_map(|v| &v.comparisons) {
        let (tone, judgement) = match comparison.holds {
            Some(true) => (Tone::Good, say::holds(lang)),
            Some(false) => (Tone::Bad, say::does_not_hold(lang)),
            None => (Tone::Open, report::not_measured(lang)),
        };
        let value = comparison.value.as_ref().map_or_else(|| "–".to_owned(), |value| plain(&value.to_string()));
        let text = say::criterion_line(lang, &comparison.text, value, session.output.paint(tone, &judgement));
        let label = if rows.is_empty() { say::label_criterion(lang) } else { String::new() };
        rows.push((label, text));
    }
}

/// A number in few digits; anything else as it is.
fn plain(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), short)
}

fn refusal(refusal: &Refusal, lang: Lang, rows: &mut Vec<(String, String)>) {
    for (idx, failed) in refusal.rules.iter().enumerate() {
        let label = if idx == 0 { say::label_rule(lang) } else { String::new() };
        let read = |(_, value): &(String, Option<String>)| value.as_deref().map(plain);
        let values: Vec<String> = failed.readings.iter().filter_map(read).collect();
        rows.push((label, say::rule_line(lang, &failed.rule, values.join(&say::comma(lang)))));
    }
    if let Some(stopped) = &refusal.stopped {
        rows.push((say::label_cleaning(lang), stopped.clone()));
    }
}

fn accuracy(metrics: &[Measured], on_test: bool, lang: Lang, rows: &mut Vec<(String, String)>) {
    let Some(measured) = metrics.iter().find(|measured| measured.metric.name() == "accuracy") else { return };
    let estimate = &measured.estimate;
    let text = say::accuracy_line(lang, percent(estimate.value), percent(estimate.lower95), percent(estimate.upper95));
    let baseline = measured.baseline.map(|baseline| say::baseline(lang, percent(baseline))).unwrap_or_default();
    let label = if on_test { say::label_test_accuracy(lang) } else { say::label_validation_accuracy(lang) };
    rows.push((label, text + &baseline));
}
