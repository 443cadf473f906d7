//! `proofmark report RUN`: draws the report of a run again, in another language for example.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command as Definition, value_parser};
use proofmark_lab::{CommandError, RunFile, page};
use proofmark_messages::{Lang, cli as say};

use super::{Command, run_argument};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::session::Session;

pub(crate) const COMMAND: Command = Command { name: "report", define, run };

fn define(lang: Lang) -> Definition {
    Definition::new("report")
        .about(say::report_about(lang))
        .args([
            run_argument("run", lang),
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FILE")
                .help(say::option_output(lang))
                .value_parser(value_parser!(PathBuf))
                .help_heading(say::heading_options(lang)),
        ])
        .after_help(example(lang, "proofmark report 2026-11-23-digits-7f3a --lang zh-CN --output report.zh-CN.html"))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let run = session.run(matches, "run")?;
    let html = page::render_again(&run, session.lang)?;
    let path = match matches.get_one::<PathBuf>("output") {
        Some(path) => {
            std::fs::write(path, &html).map_err(|source| CommandError::File { path: path.clone(), source })?;
            path.clone()
        }
        None => {
            run.open()?.write(RunFile::Report, html.as_bytes())?;
            run.file_path(RunFile::Report)
        }
    };
    if session.is_json {
        session.output.json(&serde_json::json!({ "run": run.id(), "report": path }))?;
    } else {
        session.output.line(&path.display().to_string())?;
    }
    Ok(Exit::Done)
}
