//! `proofmark check SPEC`: everything that a run does before its training.

use clap::{ArgMatches, Command as Definition};
use proofmark_lab::pipeline::{PreparedRun, prepare_run, read_spec};
use proofmark_messages::{Lang, cli as say, report};

use super::data::gate_rows;
use super::{Command, spec_arguments};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::host::TerminalHost;
use crate::output::{Tone, grouped, labelled};
use crate::session::{Session, shell_word};

pub(crate) const COMMAND: Command = Command { name: "check", define, run };

fn define(lang: Lang) -> Definition {
    Definition::new("check").about(say::check_about(lang)).args(spec_arguments(lang)).after_help(example(
        lang,
        "proofmark check digits.yaml\n\
         proofmark check digits.yaml --set data.split.validation=0.2",
    ))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let source = session.spec(matches)?;
    let mut host = TerminalHost::new(session);
    let read = read_spec(&source)?;
    let prepared = prepare_run(&read, &source.base, &mut host);
    host.finish();
    let prepared = prepared?;
    let is_ready = prepared.model.is_some();
    if session.is_json {
        session.output.json(&serde_json::json!({
            "name": read.value.name,
            "ready": is_ready,
            "parameters": prepared.model.as_ref().map(|model| model.summary().parameters()),
            "gate": prepared.preparation.report.gate,
            "lock": prepared.lock,
        }))?;
    } else {
        print(&prepared, &source.file_name, session)?;
    }
    Ok(Exit::yes_if(is_ready))
}

fn print(prepared: &PreparedRun, file: &str, session: &Session) -> Result<(), Failure> {
    let lang = session.lang;
    let output = &session.output;
    let found = &prepared.preparation.report;
    let split = &found.split;
    let rows = [&split.train, &split.validation, &split.test].map(|rows| grouped(rows.rows));
    let [train, validation, test] = rows;
    let mut lines = vec![
        (say::label_data(lang), say::split_line(lang, train, validation, test)),
        (say::label_classes(lang), found.classes.join(&say::comma(lang))),
    ];
    if let Some(gate) = &found.gate {
        lines.extend(gate_rows(gate, session));
    }
    if let Some(model) = &prepared.model {
        let summary = model.summary();
        let text = say::model_line(lang, summary.rows.len(), grouped(summary.parameters()), grouped(summary.flops()));
        lines.push((say::label_model(lang), text));
    }
    let (tone, verdict, sentence) = if prepared.model.is_some() {
        (Tone::Good, say::verdict_ready(lang), say::sentence_ready(lang, shell_word(file)))
    } else {
        (Tone::Bad, report::data_refused(lang), report::sentence_data_refused(lang))
    };
    output.text(&format!("\n{}  {sentence}\n\n{}", output.paint(tone, &verdict), labelled(&lines)))
}
