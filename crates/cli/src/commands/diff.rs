//! `proofmark diff RUN RUN`: the first thing in which two runs differ.

use clap::{ArgMatches, Command as Definition};
use proofmark_lab::compare::{Comparison, RunDifference, compare};
use proofmark_messages::{Lang, cli as say};

use super::{Command, run_argument};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::output::{Tone, labelled};
use crate::session::Session;

pub(crate) const COMMAND: Command = Command { name: "diff", define, run };

fn define(lang: Lang) -> Definition {
    Definition::new("diff")
        .about(say::diff_about(lang))
        .args([run_argument("left", lang), run_argument("right", lang)])
        .after_help(example(lang, "proofmark diff 2026-11-23-digits-7f3a 2026-11-24-digits-7f3a"))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let comparison = compare(&session.run(matches, "left")?, &session.run(matches, "right")?)?;
    if session.is_json {
        let difference = comparison.difference.as_ref().map(|difference| {
            let (path, left, right) = difference.sides();
            serde_json::json!({ "kind": difference.kind(), "path": path, "left": left, "right": right })
        });
        session.output.json(&serde_json::json!({
            "left": comparison.left, "right": comparison.right, "same": comparison.difference.is_none(),
            "difference": difference, "same_epochs": comparison.same_epochs,
        }))?;
    } else {
        print(&comparison, session)?;
    }
    Ok(Exit::yes_if(comparison.difference.is_none()))
}

fn print(comparison: &Comparison, session: &Session) -> Result<(), Failure> {
    let lang = session.lang;
    let output = &session.output;
    let Some(difference) = &comparison.difference else {
        let verdict = output.paint(Tone::Good, &say::verdict_same(lang));
        return output.line(&format!("\n{verdict}  {}", say::sentence_same(lang, comparison.same_epochs)));
    };
    let sentence = match difference {
        RunDifference::Spec(_) => say::differs_in_spec(lang),
        RunDifference::Source(_) => say::differs_in_source(lang),
        RunDifference::Classes(_) => say::differs_in_classes(lang),
        RunDifference::Prepared(_) => say::differs_in_prepared(lang),
        RunDifference::Numerics { .. } => say::differs_in_numerics(lang),
        RunDifference::Plan(_) => say::differs_in_plan(lang),
        RunDifference::Epoch { .. } => say::differs_in_epoch(lang),
        RunDifference::Epochs { .. } => say::differs_in_epochs(lang),
        RunDifference::Model { .. } => say::differs_in_model(lang),
    };
    let (path, left, right) = difference.sides();
    let rows = [
        (say::label_where(lang), path),
        (comparison.left.clone(), left.to_string()),
        (comparison.right.clone(), right.to_string()),
        (say::label_epochs(lang), say::same_epochs(lang, comparison.same_epochs)),
    ];
    let verdict = output.paint(Tone::Bad, &say::verdict_different(lang));
    output.text(&format!("\n{verdict}  {sentence}\n\n{}", labelled(&rows)))
}
