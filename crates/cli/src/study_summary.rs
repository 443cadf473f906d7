//! The closing words of a study: what was tried, what was best, what to set, where to look.

use proofmark_lab::StudyResult;
use proofmark_lab::study::trials::{TrialRecord, TrialState};
use proofmark_messages::{Lang, cli as say, study as words};

use crate::failure::Failure;
use crate::output::{Tone, duration, labelled, short};
use crate::session::{Session, shell_word};

/// Prints them; `is_judged` if a verdict on the best trial follows.
///
/// # Errors
/// If they cannot be written.
pub(crate) fn print(result: &StudyResult, is_judged: bool, session: &Session) -> Result<(), Failure> {
    let lang = session.lang;
    let output = &session.output;
    let resume = session.next(&format!("tune --resume {}", result.study));
    if result.is_interrupted {
        let resume = if is_judged { format!("{resume} --accept") } else { resume };
        let verdict = output.paint(Tone::Open, &say::verdict_interrupted(lang));
        let rows = [(words::label_trials(lang), counts(result, lang)), (say::label_go_on(lang), resume)];
        return output.text(&format!("\n{verdict}  {}\n\n{}", words::sentence_interrupted(lang), labelled(&rows)));
    }
    let mut rows = Vec::new();
    let mut set = String::new();
    if let Some((best, run)) = &result.best {
        rows.push((words::label_best(lang), words::best_line(lang, best.number, objectives(best, result, lang))));
        if let Some(baseline) = &result.baseline {
            rows.push((words::label_plain(lang), goals(baseline, result, lang)));
        }
        for (path, value) in &best.values {
            let label = if set.is_empty() { words::label_set(lang) } else { String::new() };
            set = format!("--set {}", shell_word(&format!("{path}={}", value.to_json())));
            rows.push((label, set.clone()));
        }
        rows.push((words::label_run(lang), run.clone()));
    }
    rows.push((words::label_trials(lang), counts(result, lang)));
    for (idx, (path, share)) in result.importance.iter().enumerate() {
        let label = if idx == 0 { words::label_importance(lang) } else { String::new() };
        rows.push((label, format!("{path}  {}", short(*share))));
    }
    rows.push((say::label_time(lang), duration(result.seconds, lang)));
    if let Some(report) = &result.report {
        rows.push((say::label_report(lang), report.display().to_string()));
    }
    if result.best.is_some() && !is_judged {
        rows.push((words::label_accept(lang), format!("{resume} --accept")));
    }
    let (tone, verdict, mut sentence) = verdict(result, lang);
    if !is_judged {
        // Chinese sentences follow each other without a space.
        let gap = if lang == Lang::ZhCn { "" } else { " " };
        sentence += &format!("{gap}{}", words::test_not_read(lang));
    }
    output.text(&format!("\n{}  {sentence}\n\n{}", output.paint(tone, &verdict), labelled(&rows)))
}

fn verdict(result: &StudyResult, lang: Lang) -> (Tone, String, String) {
    let Some((best, _)) = &result.best else {
        return (Tone::Bad, words::verdict_nothing(lang), words::sentence_nothing(lang));
    };
    let sentence = match (&result.goals[..], best.objectives(), result.baseline.as_deref()) {
        ([(_, is_maximized)], Some([value]), Some([plain])) => {
            let gain = if *is_maximized { value - plain } else { plain - value };
            if gain > 0.0 { words::sentence_better(lang, short(gain)) } else { words::sentence_not_better(lang) }
        }
        _ => words::sentence_front(lang, result.front.len()),
    };
    (Tone::Good, words::verdict_finished(lang), sentence)
}

fn counts(result: &StudyResult, lang: Lang) -> String {
    let count = |is: fn(&TrialState) -> bool| result.trials.iter().filter(|trial| is(&trial.state)).count();
    words::trials_line(
        lang,
        count(|state| matches!(state, TrialState::Complete { .. })),
        count(|state| matches!(state, TrialState::Pruned)),
        count(|state| matches!(state, TrialState::Failed(_))),
    )
}

fn objectives(trial: &TrialRecord, result: &StudyResult, lang: Lang) -> String {
    goals(trial.objectives().unwrap_or_default(), result, lang)
}

fn goals(values: &[f64], result: &StudyResult, lang: Lang) -> String {
    let words: Vec<String> =
        result.goals.iter().zip(values).map(|((path, _), value)| format!("{path} {}", short(*value))).collect();
    words.join(&words::comma(lang))
}

/// The study for a program, with the verdict on its best trial where that was asked for.
pub(crate) fn to_json(result: &StudyResult, verdict: Option<serde_json::Value>) -> serde_json::Value {
    let trials: Vec<serde_json::Value> = result
        .trials
        .iter()
        .map(|trial| {
            let values: serde_json::Map<String, serde_json::Value> =
                trial.values.iter().map(|(path, value)| (path.clone(), value.to_json())).collect();
            serde_json::json!({
                "number": trial.number, "values": values, "state": trial.state, "epochs": trial.reports.len(),
            })
        })
        .collect();
    serde_json::json!({
        "study": result.study,
        "interrupted": result.is_interrupted,
        "best": result.best.as_ref().map(|(best, run)| serde_json::json!({
            "number": best.number, "run": run, "objectives": best.objectives(),
        })),
        "baseline": result.baseline,
        "front": result.front,
        "trials": trials,
        "seconds": result.seconds,
        "report": result.report,
        "verdict": verdict,
    })
}
