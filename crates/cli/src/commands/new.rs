//! `proofmark new SCENARIO DIR`: a ready spec to start from. `proofmark new --from FOLDER [DIR]`: one for the person's own images.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command as Definition, value_parser};
use proofmark_lab::draft::{Drafted, draft};
use proofmark_lab::scenarios;
use proofmark_messages::{Lang, cli as say};

use super::Command;
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::host::TerminalHost;
use crate::output::{grouped, labelled, table};
use crate::session::{Session, shell_word};

pub(crate) const COMMAND: Command = Command { name: "new", define, run };

fn define(lang: Lang) -> Definition {
    let rows: Vec<[String; 2]> =
        scenarios::ALL.iter().map(|scenario| [format!("  {}", scenario.name), (scenario.title)(lang)]).collect();
    let known = format!("{}\n{}", say::heading_scenarios(lang), table(&rows, [false, false]));
    Definition::new("new")
        .about(say::new_about(lang))
        .args([
            Arg::new("scenario")
                .value_name("SCENARIO")
                .help(say::argument_scenario(lang))
                .required_unless_present("from"),
            Arg::new("dir")
                .value_name("DIR")
                .help(say::argument_dir(lang))
                .value_parser(value_parser!(PathBuf))
                .required_unless_present("from"),
            Arg::new("from")
                .long("from")
                .value_name("FOLDER")
                .help(say::option_from(lang))
                .value_parser(value_parser!(PathBuf))
                .conflicts_with_all(["dir", "data"])
                .help_heading(say::heading_options(lang)),
            Arg::new("data")
                .long("data")
                .value_name("FOLDER")
                .help(say::option_data(lang))
                .value_parser(value_parser!(PathBuf))
                .help_heading(say::heading_options(lang)),
        ])
        .before_help(known.trim_end().to_owned())
        .after_help(example(
            lang,
            "proofmark new digits my-digits\n\
             proofmark new digits my-digits --data ~/mnist\n\
             proofmark new --from photos\n\
             proofmark new --from photos my-photos",
        ))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    if let Some(folder) = matches.get_one::<PathBuf>("from") {
        // The one word besides it is not a scenario then.
        let target = matches.get_one::<String>("scenario").map_or(".", String::as_str);
        return from_folder(folder, Path::new(target), session);
    }
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

fn from_folder(folder: &Path, target: &Path, session: &Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let mut host = TerminalHost::new(session);
    let drafted = draft(folder, target, &mut host);
    host.finish();
    let Drafted { spec, data, survey, shape: [height, width, channels] } = drafted?;
    if session.is_json {
        let unreadable: Vec<_> = survey.unreadable.iter().map(|unreadable| &unreadable.file).collect();
        session.output.json(&serde_json::json!({
            "spec": spec, "data": data, "has_data": true, "images": survey.images(), "classes": survey.classes,
            "shape": [height, width, channels], "excluded": unreadable,
        }))?;
        return Ok(Exit::Done);
    }
    let images = say::images_line(lang, grouped(survey.images()), survey.classes.len(), height, width, channels);
    let file = shell_word(&spec.display().to_string());
    let rows = [
        (say::label_data(lang), data.display().to_string()),
        (String::new(), images),
        (say::label_spec(lang), spec.display().to_string()),
        (say::label_next(lang), format!("proofmark check {file}")),
        (String::new(), format!("proofmark run {file}")),
    ];
    session.output.text(&labelled(&rows))?;
    Ok(Exit::Done)
}
