//! `proofmark quantize RUN`: the model of a run with weights of 8 bits, and what that changes.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command as Definition, value_parser};
use proofmark_lab::quantize::{
    CALIBRATION_ROWS, PERCENTILE, QuantizeOptions, QuantizedModel, folder_of_model, method_name, quantize,
};
use proofmark_lab::{CalibrationMethod, Measured, RunFolder, Split};
use proofmark_messages::{Lang, Localize, cli, quantize as say};

use super::Command;
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::host::TerminalHost;
use crate::output::{bytes, grouped, labelled, percent, short, table};
use crate::session::{Session, shell_word};
use crate::usage::UsageError;

pub(crate) const COMMAND: Command = Command { name: "quantize", define, run };

fn define(lang: Lang) -> Definition {
    let option = |id: &'static str, value: &'static str, help: String| {
        Arg::new(id).long(id).value_name(value).help(help).help_heading(cli::heading_options(lang))
    };
    Definition::new("quantize")
        .about(say::about(lang))
        .args([
            Arg::new("run").value_name("RUN").help(say::argument_run(lang)).required(true),
            option("calibrate", "N", say::option_calibrate(lang, CALIBRATION_ROWS))
                .value_parser(value_parser!(u32).range(1..)),
            option("method", "METHOD", say::option_method(lang))
                .value_parser(PossibleValuesParser::new(["max", "percentile"]))
                .hide_possible_values(true),
            option("percentile", "P", say::option_percentile(lang, PERCENTILE)).value_parser(percentile),
            option("out", "FILE", say::option_out(lang)).value_parser(value_parser!(PathBuf)),
            option("force", "", cli::option_export_force(lang)).action(ArgAction::SetTrue),
            option("base", "FOLDER", cli::option_base(lang)).value_parser(value_parser!(PathBuf)),
        ])
        .after_help(example(
            lang,
            "proofmark quantize 2026-11-23-digits-7f3a\n\
             proofmark quantize 2026-11-23-digits-7f3a --method percentile --calibrate 5000",
        ))
}

/// From above 50, where the tails would meet, to 100.
fn percentile(text: &str) -> Result<f64, String> {
    text.parse::<f64>().ok().filter(|value| *value > 50.0 && *value <= 100.0).ok_or_else(|| text.to_owned())
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let percentile = matches.get_one::<f64>("percentile").copied();
    let method = match (matches.get_one::<String>("method").map(String::as_str), percentile) {
        (Some("max"), Some(_)) => return Err(conflict("--percentile", "--method max")),
        (Some("percentile"), _) | (None, Some(_)) => CalibrationMethod::Percentile(percentile.unwrap_or(PERCENTILE)),
        _ => CalibrationMethod::Max,
    };
    let options = QuantizeOptions {
        rows: matches.get_one::<u32>("calibrate").map_or(CALIBRATION_ROWS, |rows| *rows as usize),
        method,
        output: matches.get_one::<PathBuf>("out").cloned(),
        replaces: matches.get_flag("force"),
        base: matches.get_one::<PathBuf>("base").cloned(),
    };
    let folder = folder(matches, session)?;
    let mut host = TerminalHost::new(session);
    let model = quantize(&folder, &options, &mut host);
    host.finish();
    let model = model?;
    if session.is_json {
        session.output.json(&to_json(&model, session.lang))?;
    } else {
        session.output.text(&to_text(&model, session))?;
    }
    Ok(Exit::Done)
}

/// Two arguments of which one makes the other meaningless.
fn conflict(argument: &str, other: &str) -> Failure {
    let mut error = clap::Error::new(ErrorKind::ArgumentConflict);
    error.insert(ContextKind::InvalidArg, ContextValue::String(argument.to_owned()));
    error.insert(ContextKind::PriorArg, ContextValue::String(other.to_owned()));
    Failure::Usage(UsageError::new(error))
}

/// The run, or the one in whose folder the model file stands.
fn folder(matches: &ArgMatches, session: &Session) -> Result<RunFolder, Failure> {
    let wanted = matches.get_one::<String>("run").map(String::as_str).unwrap_or_default();
    if !Path::new(wanted).is_file() {
        return session.run(matches, "run");
    }
    let folder = folder_of_model(Path::new(wanted))?;
    Ok(session.runs().find(&folder.display().to_string())?)
}

fn method_text(method: CalibrationMethod) -> String {
    match method {
        CalibrationMethod::Max => method_name(method).to_owned(),
        CalibrationMethod::Percentile(percentile) => format!("{} {percentile}", method_name(method)),
    }
}

fn to_text(model: &QuantizedModel, session: &Session) -> String {
    let lang = session.lang;
    let rows = match model.split {
        Split::Validation => say::rows_of_validation(lang, grouped(model.rows)),
        _ => say::rows_of_test(lang, grouped(model.rows)),
    };
    let calibrated = say::calibrated(lang, grouped(model.calibration_rows as u64), method_text(model.method));
    let head = [
        (say::label_file(lang), model.file.display().to_string()),
        (String::new(), model.digest.clone()),
        (say::label_layers(lang), model.layers.join(&cli::comma(lang))),
        (say::label_calibrated(lang), calibrated),
        (say::label_measured(lang), rows),
    ];
    let mut sides = vec![[String::new(), say::column_before(lang), say::column_after(lang)]];
    for (before, after) in model.metrics[0].iter().zip(&model.metrics[1]) {
        let cell = |Measured { metric, estimate, .. }: &Measured| {
            let number = |value: f64| if metric.is_unbounded() { short(value) } else { percent(value) };
            let [value, lower, upper] = [estimate.value, estimate.lower95, estimate.upper95].map(number);
            say::value_interval(lang, value, lower, upper)
        };
        sides.push([before.metric.name().to_owned(), cell(before), cell(after)]);
    }
    let [size_before, size_after] = model.bytes;
    let share = percent(size_after as f64 / size_before as f64);
    sides.push([say::row_size(lang), bytes(size_before), format!("{} ({share})", bytes(size_after))]);
    if let Some(times) = model.microseconds {
        let [before, after] = times.map(|time| say::microseconds(lang, format!("{time:.1}")));
        sides.push([say::row_time(lang), before, after]);
    }
    let paired = &model.paired;
    let [changed, all, before, after] =
        [paired.changed, paired.rows, paired.only_first, paired.only_second].map(grouped);
    let mut foot = Vec::new();
    // Sequences have no classes that could change.
    if paired.rows > 0 {
        foot.push((say::label_changed(lang), say::changed(lang, changed, all, before, after)));
    }
    if let Some(difference) = paired.difference {
        let [value, lower, upper] =
            [difference.value, difference.lower95, difference.upper95].map(|share| format!("{:+.2} %", share * 100.0));
        let text = say::difference(lang, value, lower, upper, short(difference.p_value));
        foot.push((say::label_accuracy(lang), text));
    }
    if let Some(error) = &model.not_recorded {
        foot.push((String::new(), say::not_recorded(lang, error.text(lang))));
    }
    let next = session.next(&format!("predict {} --quantized {}", model.run, shell_word("IMAGE")));
    foot.push((cli::label_next(lang), next));
    let sides: String = table(&sides, [false, false, false]).lines().map(|line| format!("  {line}\n")).collect();
    let note = model.microseconds.map(|_| format!("\n  {}\n", say::times_note(lang))).unwrap_or_default();
    format!("{}\n{sides}\n{}{note}", labelled(&head), labelled(&foot))
}

fn to_json(model: &QuantizedModel, lang: Lang) -> serde_json::Value {
    let metrics = |measured: &[Measured]| -> serde_json::Value {
        let row = |Measured { metric, estimate, .. }: &Measured| {
            let value = serde_json::json!({
                "value": estimate.value, "lower95": estimate.lower95, "upper95": estimate.upper95,
            });
            (metric.name().to_owned(), value)
        };
        measured.iter().map(row).collect::<serde_json::Map<_, _>>().into()
    };
    let side = |idx: usize| {
        serde_json::json!({
            "metrics": metrics(&model.metrics[idx]),
            "bytes": model.bytes[idx],
            "microseconds": model.microseconds.map(|times| times[idx]),
        })
    };
    let percentile = match model.method {
        CalibrationMethod::Max => None,
        CalibrationMethod::Percentile(percentile) => Some(percentile),
    };
    serde_json::json!({
        "run": model.run,
        "file": model.file,
        "digest": model.digest,
        "model_digest": model.model_digest,
        "calibration": {
            "rows": model.calibration_rows,
            "method": method_name(model.method),
            "percentile": percentile,
            "digest": model.calibration_digest,
        },
        "layers": model.layers,
        "split": if model.split == Split::Validation { "validation" } else { "test" },
        "rows": model.rows,
        "before": side(0),
        "after": side(1),
        "paired": {
            "rows": model.paired.rows,
            "changed": model.paired.changed,
            "only_before_right": model.paired.only_first,
            "only_after_right": model.paired.only_second,
            "difference": model.paired.difference.map(|difference| serde_json::json!({
                "value": difference.value, "lower95": difference.lower95, "upper95": difference.upper95,
                "p_value": difference.p_value,
            })),
        },
        "recorded": model.not_recorded.is_none(),
        "not_recorded": model.not_recorded.as_ref().map(|error| error.text(lang)),
    })
}
