//! `proofmark run SPEC`: the whole flow, from data to verdict.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command as Definition, value_parser};
use proofmark_lab::{LabError, Measured, Metric, Outcome, RunResult, pipeline};
use proofmark_messages::{Lang, cli as say};

use super::{Command, spec_arguments};
use crate::app::example;
use crate::failure::{Exit, Failure, Within};
use crate::host::TerminalHost;
use crate::session::Session;
use crate::summary;

pub(crate) const COMMAND: Command = Command { name: "run", define, run };

fn define(lang: Lang) -> Definition {
    let [spec, set] = spec_arguments(lang);
    Definition::new("run")
        .about(say::run_about(lang))
        .args([
            spec.required(false).required_unless_present("resume"),
            set,
            Arg::new("resume")
                .long("resume")
                .value_name("RUN")
                .help(say::option_resume(lang))
                .conflicts_with_all(["spec", "set"])
                .help_heading(say::heading_options(lang)),
            Arg::new("base")
                .long("base")
                .value_name("FOLDER")
                .help(say::option_base(lang))
                .value_parser(value_parser!(PathBuf))
                .requires("resume")
                .conflicts_with_all(["spec", "set"])
                .help_heading(say::heading_options(lang)),
        ])
        .after_help(example(
            lang,
            "proofmark run scenarios/digits/digits.yaml\n\
             proofmark run digits.yaml --set train.epochs=3 --set seed=1\n\
             proofmark run --resume 2026-11-23-digits-7f3a",
        ))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let mut host = TerminalHost::interruptible(session)?;
    let result = match matches.contains_id("resume") {
        true => {
            let base = matches.get_one::<PathBuf>("base").map(PathBuf::as_path);
            pipeline::resume(&session.run(matches, "resume")?, base, &session.runs(), &mut host)
        }
        false => pipeline::run(&session.spec(matches)?, &session.runs(), &mut host),
    };
    host.finish();
    let result = result.map_err(|error| in_run(error, &host))?;
    if session.is_json {
        session.output.json(&to_json(&result))?;
    } else {
        summary::print(&result, session)?;
    }
    Ok(exit(&result))
}

/// A failure with the run or study that it left behind, if it came that far.
pub(super) fn in_run(error: LabError, host: &TerminalHost) -> Failure {
    // What has come to its end is not gone on with.
    let has_ended = matches!(error, LabError::NothingToResume { .. });
    let study = host.study().filter(|_| !has_ended).map(|study| Within::Study(study.to_owned()));
    match study.or_else(|| host.run().map(|run| Within::Run(run.to_owned()))) {
        Some(place) => Failure::Within { place, error: Box::new(error.into()) },
        None => error.into(),
    }
}

pub(super) fn exit(result: &RunResult) -> Exit {
    match result.outcome {
        None => Exit::Interrupted,
        Some(Outcome::Accepted | Outcome::NoCriterion) => Exit::Done,
        // Refused, by whatever stage or for want of evidence.
        Some(_) => Exit::No,
    }
}

pub(super) fn to_json(result: &RunResult) -> serde_json::Value {
    type Metrics = serde_json::Map<String, serde_json::Value>;
    let interval = |metric: Metric, [value, lower95, upper95]: [f64; 3]| {
        (metric.name().to_owned(), serde_json::json!({ "value": value, "lower95": lower95, "upper95": upper95 }))
    };
    let measured = result.metrics.iter().map(|Measured { metric, estimate, .. }| {
        interval(*metric, [estimate.value, estimate.lower95, estimate.upper95])
    });
    let metrics: Metrics = measured.collect();
    let folds = result.cross_validation.iter();
    let folds: Metrics = folds.map(|f| interval(f.metric, [f.value, f.lower95, f.upper95])).collect();
    let verdict = result.outcome.map_or_else(|| "interrupted".into(), |outcome| serde_json::json!(outcome));
    let mut json = serde_json::json!({
        "run": result.run,
        "verdict": verdict,
        "metrics": metrics,
        "model_digest": result.model_digest,
        "train_seconds_per_epoch": result.train_seconds_per_epoch,
        "seconds": result.seconds,
        "report": result.report,
    });
    if let Some(study) = &result.study {
        json["study"] = study.study.clone().into();
    }
    if !folds.is_empty() {
        json["cross_validation"] = folds.into();
    }
    json
}
