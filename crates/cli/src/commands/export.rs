//! `proofmark export RUN --format FORMAT`: writes the model of a run for other programs.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command as Definition, value_parser};
use proofmark_lab::CommandError;
use proofmark_lab::export::{ExportFormat, export};
use proofmark_messages::{Lang, cli as say};

use super::{Command, run_argument};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::session::Session;

pub(crate) const COMMAND: Command = Command { name: "export", define, run };

fn define(lang: Lang) -> Definition {
    Definition::new("export")
        .about(say::export_about(lang))
        .args([
            run_argument("run", lang),
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .help(say::option_format(lang))
                .value_parser(PossibleValuesParser::new(ExportFormat::ALL.iter().map(|format| format.name())))
                .required(true)
                .help_heading(say::heading_options(lang)),
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FILE")
                .help(say::option_export_output(lang))
                .value_parser(value_parser!(PathBuf))
                .help_heading(say::heading_options(lang)),
            Arg::new("force")
                .long("force")
                .help(say::option_export_force(lang))
                .action(ArgAction::SetTrue)
                .help_heading(say::heading_options(lang)),
        ])
        .after_help(example(lang, "proofmark export 2026-11-23-digits-7f3a --format onnx --output digits.onnx"))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let run = session.run(matches, "run")?;
    // clap lets no other format through.
    let name = matches.get_one::<String>("format").map_or("onnx", String::as_str);
    let format = ExportFormat::from_name(name).unwrap_or(ExportFormat::Onnx);
    let bytes = export(&run, format)?;
    let path = matches.get_one::<PathBuf>("output").cloned();
    let path = path.unwrap_or_else(|| PathBuf::from(format!("model.{}", format.name())));
    write(&path, &bytes, matches.get_flag("force"))?;
    if session.is_json {
        let result = serde_json::json!({
            "run": run.id(), "format": format.name(), "file": path, "bytes": bytes.len(),
        });
        session.output.json(&result)?;
    } else {
        session.output.line(&path.display().to_string())?;
    }
    Ok(Exit::Done)
}

/// Writes a file that is not there yet, or replaces it where that was asked for.
pub(super) fn write(path: &Path, bytes: &[u8], replaces: bool) -> Result<(), CommandError> {
    let mut options = OpenOptions::new();
    options.write(true);
    if replaces {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options.open(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists if !replaces => CommandError::WouldReplace { path: path.to_owned() },
        _ => CommandError::File { path: path.to_owned(), source },
    })
}
