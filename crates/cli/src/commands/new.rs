//! `proofmark new SCENARIO DIR`: a ready spec to start from.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command as Definition, value_parser};
use proofmark_lab::scenarios;
use proofmark_messages::{Lang, cli as say};

use super::Command;
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::output::{labelled, table};
use crate::session::{Session, shell_word};

pub(crate) const COMMAND: Command = Command { name: "new", define, run };

fn define(lang: Lang) -> Definition {
    let rows: Vec<[String; 2]> =
        scenarios::ALL.iter().map(|scenario| [format!("  {}", scenario.name), (scenario.title)(lang)]).collect();
    let known = format!("{}\n{}", say::heading_scenarios(lang), table(&rows, [false, false]));
    Definition::new("new")
        .about(say::new_about(lang))
        .args([
            Arg::new("scenario").value_name("SCENARIO").help(say::argument_scenario(lang)).required(true),
            Arg::new("dir")
                .value_name("DIR")
                .help(say::argument_dir(lang))
                .value_parser(value_parser!(PathBuf))
                .required(true),
            Arg::new("data")
                .long("data")
                .value_name("FOLDER")
                .help(say::option_data(lang))
                .value_parser(value_parser!(PathBuf))
                .help_heading(say::heading_options(lang)),
        ])
        .before_help(known.trim_end().to_owned())
        .after_help(example(lang, "proofmark new digits my-digits\nproofmark new digits my-digits --data ~/mnist"))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let name = matches.get_one::<String>("scenario").map(String::as_str).unwrap_or_default();
    let scenario = scenarios::find(name)?;
    let folder = matches.get_one::<PathBuf>("dir").cloned().unwrap_or_default();
    let new = scenario.write(&folder, matches.get_one::<PathBuf>("data").map(PathBuf::as_path))?;
    if session.is_json {
        session.output.json(&serde_json::json!({ "spec": new.spec, "data": new.data, "has_data": new.has_data }))?;
        return Ok(Exit::Done);
    }
    let data = new.data.display();
    let data = if new.has_data { data.to_string() } else { say::data_expected(lang, data) };
    let rows = [
        (say::label_spec(lang), new.spec.display().to_string()),
        (say::label_data(lang), data),
        (say::label_next(lang), format!("proofmark run {}", shell_word(&new.spec.display().to_string()))),
    ];
    session.output.text(&labelled(&rows))?;
    Ok(Exit::Done)
}
