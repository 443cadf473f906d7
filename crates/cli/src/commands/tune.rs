//! `proofmark tune SPEC`: a study of other values, and the verdict on the best trial if it is asked for.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command as Definition, value_parser};
use proofmark_lab::study::{self, StudyResult};
use proofmark_lab::{LabError, RunResult};
use proofmark_messages::{Lang, cli as say, study as study_says};

use super::run::{exit, in_run, to_json};
use super::{Command, spec_arguments};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::host::TerminalHost;
use crate::session::Session;
use crate::{study_summary, summary};

pub(crate) const COMMAND: Command = Command { name: "tune", define, run };

fn define(lang: Lang) -> Definition {
    let [spec, set] = spec_arguments(lang);
    let heading = say::heading_options(lang);
    Definition::new("tune")
        .about(study_says::tune_about(lang))
        .args([
            spec.required(false).required_unless_present("resume"),
            set,
            Arg::new("resume")
                .long("resume")
                .value_name("STUDY")
                .help(study_says::option_resume(lang))
                .conflicts_with_all(["spec", "set"])
                .help_heading(heading.clone()),
            Arg::new("base")
                .long("base")
                .value_name("FOLDER")
                .help(say::option_base(lang))
                .value_parser(value_parser!(PathBuf))
                .requires("resume")
                .help_heading(heading.clone()),
            Arg::new("accept")
                .long("accept")
                .help(study_says::option_accept(lang))
                .action(ArgAction::SetTrue)
                .help_heading(heading),
        ])
        .after_help(example(
            lang,
            "proofmark tune scenarios/digits-study/digits-study.yaml\n\
             proofmark tune digits.yaml --set adjust.trials=20 --accept\n\
             proofmark tune --resume 2026-11-24-digits-study-7f3a",
        ))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let mut host = TerminalHost::interruptible(session)?;
    let base = matches.get_one::<PathBuf>("base").cloned();
    let runs = session.runs();
    let studied = match matches.contains_id("resume") {
        true => study::resume_study(&session.study(matches, "resume")?, base.as_deref(), &runs, &mut host),
        false => study::tune(&session.spec(matches)?, &runs, &mut host),
    };
    let judged = studied.and_then(|studied| {
        let is_wanted = matches.get_flag("accept") && studied.best.is_some() && !studied.is_interrupted;
        let verdict = match is_wanted {
            true => Some(study::accept(&runs.studies().find(&studied.study)?, base.as_deref(), &runs, &mut host)?),
            false => None,
        };
        Ok((studied, verdict))
    });
    host.finish();
    let (studied, verdict): (StudyResult, Option<RunResult>) =
        judged.map_err(|error: LabError| in_run(error, &host))?;
    if session.is_json {
        session.output.json(&study_summary::to_json(&studied, verdict.as_ref().map(to_json)))?;
    } else {
        study_summary::print(&studied, verdict.is_some(), session)?;
        if let Some(verdict) = &verdict {
            summary::print(verdict, session)?;
        }
    }
    Ok(match &verdict {
        _ if studied.is_interrupted => Exit::Interrupted,
        Some(verdict) => exit(verdict),
        None => Exit::yes_if(studied.best.is_some()),
    })
}
