//! `proofmark reproduce RUN`: trains a run again and compares, byte for byte.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command as Definition, value_parser};
use proofmark_lab::RunFolder;
use proofmark_lab::reproduce::{ReproduceOptions, Reproduction, reproduce};
use proofmark_lab::study::reproduce_study;
use proofmark_messages::{Lang, Localize, cli as say, evidence, lab, study};

use super::{Command, run_argument};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::host::TerminalHost;
use crate::output::{Tone, labelled};
use crate::session::Session;

pub(crate) const COMMAND: Command = Command { name: "reproduce", define, run };

fn define(lang: Lang) -> Definition {
    let heading = say::heading_options(lang);
    Definition::new("reproduce")
        .about(say::reproduce_about(lang))
        .args([
            run_argument("run", lang),
            Arg::new("epoch")
                .long("epoch")
                .value_name("K")
                .help(say::option_epoch(lang))
                .value_parser(value_parser!(u32).range(1..))
                .help_heading(heading.clone()),
            Arg::new("base")
                .long("base")
                .value_name("FOLDER")
                .help(say::option_base(lang))
                .value_parser(value_parser!(PathBuf))
                .help_heading(heading),
        ])
        .after_help(example(
            lang,
            "proofmark reproduce 2026-11-23-digits-7f3a\n\
             proofmark reproduce 2026-11-23-digits-7f3a --epoch 10",
        ))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    // Ctrl-C ends it: what was not trained to its end must not become evidence.
    let mut host = TerminalHost::new(session);
    let options = ReproduceOptions {
        epoch: matches.get_one::<u32>("epoch").copied(),
        base: matches.get_one::<PathBuf>("base").cloned(),
    };
    let folder = match session.run(matches, "run") {
        Ok(run) => run,
        Err(no_run) => match session.study(matches, "run") {
            Ok(study) => return again(&study, options, session, host),
            Err(_) => return Err(no_run),
        },
    };
    let result = reproduce(&folder, &options, &mut host);
    host.finish();
    let result = result?;
    if session.is_json {
        let differs = result.differs.as_ref().map(|difference| {
            serde_json::json!({
                "epoch": difference.epoch, "recorded": difference.recorded, "found": difference.found,
            })
        });
        let statement = result.differing_statement.as_ref().map(|difference| {
            serde_json::json!({
                "kind": difference.kind.name(), "path": difference.path, "recorded": difference.recorded,
                "found": difference.found,
            })
        });
        session.output.json(&serde_json::json!({
            "run": result.run, "same": result.is_same(), "same_epochs": result.same, "differs": differs,
            "same_model": result.same_model, "same_statements": result.same_statements,
            "differing_statement": statement, "recorded": result.not_recorded.is_none(),
        }))?;
    } else {
        print(&result, session)?;
    }
    Ok(Exit::yes_if(result.is_same()))
}

/// A study instead of a run.
fn again(
    folder: &RunFolder,
    options: ReproduceOptions,
    session: &Session,
    mut host: TerminalHost,
) -> Result<Exit, Failure> {
    let lang = session.lang;
    let result = reproduce_study(folder, options.base, &session.runs(), &mut host);
    host.finish();
    let result = result?;
    let trained_otherwise = result.trained_otherwise.as_ref().map(|(number, _)| number);
    if session.is_json {
        session.output.json(&serde_json::json!({
            "study": result.study, "same": result.is_same(), "trials": result.trials, "same_trials": result.same,
            "chosen_otherwise": result.chosen_otherwise, "trained_otherwise": trained_otherwise,
            "ended_otherwise": result.ended_otherwise,
        }))?;
        return Ok(Exit::yes_if(result.is_same()));
    }
    let mut rows = vec![(study::label_trials(lang), study::same_trials(lang, result.same.len(), result.trials))];
    let differences = [
        result.chosen_otherwise.map(|number| study::chosen_otherwise(lang, number)),
        trained_otherwise.map(|number| study::trained_otherwise(lang, number)),
        result.ended_otherwise.map(|number| study::ended_otherwise(lang, number)),
    ];
    rows.extend(differences.into_iter().flatten().map(|text| (say::label_differs(lang), text)));
    let (tone, verdict, sentence) = if result.is_same() {
        (Tone::Good, say::verdict_reproduced(lang), study::sentence_reproduced(lang, &result.study))
    } else {
        (Tone::Bad, say::verdict_not_reproduced(lang), say::sentence_not_reproduced(lang, &result.study))
    };
    let output = &session.output;
    output.text(&format!("\n{}  {sentence}\n\n{}", output.paint(tone, &verdict), labelled(&rows)))?;
    if let Some((_, reproduction)) = &result.trained_otherwise {
        print(reproduction, session)?;
    }
    Ok(Exit::yes_if(result.is_same()))
}

fn print(result: &Reproduction, session: &Session) -> Result<(), Failure> {
    let lang = session.lang;
    let mut rows = Vec::new();
    if let (Some(first), Some(last)) = (result.same.first(), result.same.last()) {
        let text = if first == last { say::epoch_same(lang, first) } else { say::epochs_same(lang, first, last) };
        rows.push((say::label_epochs(lang), text));
    }
    if let Some(difference) = &result.differs {
        rows.push((say::label_differs(lang), say::epoch_differs(lang, difference.epoch)));
        rows.push((say::label_recorded(lang), shown(&difference.recorded, lang)));
        rows.push((say::label_found(lang), shown(&difference.found, lang)));
    }
    match result.same_model {
        Some(true) => rows.push((say::label_model(lang), say::model_same(lang))),
        Some(false) => rows.push((say::label_model(lang), say::model_differs(lang))),
        None => {}
    }
    if result.same_statements > 0 {
        rows.push((lab::label_statements(lang), lab::statements_same(lang, result.same_statements)));
    }
    if let Some(difference) = &result.differing_statement {
        rows.push((say::label_differs(lang), evidence::subject_claim(lang, difference.kind.name(), &difference.path)));
        rows.push((say::label_recorded(lang), difference.recorded.to_string()));
        rows.push((say::label_found(lang), difference.found.to_string()));
    }
    if let Some(error) = &result.not_recorded {
        rows.push((lab::label_not_recorded(lang), error.text(lang)));
    }
    let (tone, verdict, sentence) = if result.is_same() {
        (Tone::Good, say::verdict_reproduced(lang), say::sentence_reproduced(lang, &result.run))
    } else {
        (Tone::Bad, say::verdict_not_reproduced(lang), say::sentence_not_reproduced(lang, &result.run))
    };
    let output = &session.output;
    output.text(&format!("\n{}  {sentence}\n\n{}", output.paint(tone, &verdict), labelled(&rows)))
}

/// A digest, or that there is none.
fn shown(digest: &str, lang: Lang) -> String {
    if digest.is_empty() { lab::nothing_there(lang) } else { digest.to_owned() }
}
