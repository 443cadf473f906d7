//! `proofmark runs list|show`: what there is.

use clap::{ArgMatches, Command as Definition};
use proofmark_lab::overview::{self, Interval, Overview};
use proofmark_messages::{Lang, Localize, cli as say, lab};

use super::{Command, run_argument};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::output::{labelled, percent, short, table};
use crate::session::Session;

pub(crate) const COMMAND: Command = Command { name: "runs", define, run };

fn define(lang: Lang) -> Definition {
    Definition::new("runs")
        .about(say::runs_about(lang))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([
            Definition::new("list").about(say::runs_list_about(lang)).after_help(example(lang, "proofmark runs list")),
            Definition::new("show")
                .about(say::runs_show_about(lang))
                .arg(run_argument("run", lang))
                .after_help(example(lang, "proofmark runs show 2026-11-23-digits-7f3a")),
        ])
        .after_help(example(lang, "proofmark runs list"))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    match matches.subcommand() {
        Some(("show", matches)) => show(&overview::overview(&session.run(matches, "run")?)?, session)?,
        _ => list(session)?,
    }
    Ok(Exit::Done)
}

fn list(session: &Session) -> Result<(), Failure> {
    let lang = session.lang;
    let runs = overview::list(&session.runs())?;
    if session.is_json {
        let rows = runs.iter().map(|listed| match &listed.overview {
            Ok(overview) => serde_json::json!(overview),
            Err(error) => serde_json::json!({ "run": listed.run, "error": error.text(lang) }),
        });
        return session.output.json(&serde_json::json!({ "runs": rows.collect::<Vec<_>>() }));
    }
    if runs.is_empty() {
        return session.output.line(&say::no_runs(lang, session.data_dir.display()));
    }
    let mut rows =
        vec![[say::column_run(lang), say::column_state(lang), say::label_epochs(lang), say::column_accuracy(lang)]];
    for listed in &runs {
        rows.push(match &listed.overview {
            Ok(overview) => [overview.run.clone(), overview.state(lang), epochs(overview), accuracy(overview, lang)],
            Err(error) => [listed.run.clone(), say::unreadable(lang, error.text(lang)), String::new(), String::new()],
        });
    }
    session.output.text(&table(&rows, [false, false, true, false]))
}

fn epochs(overview: &Overview) -> String {
    match overview.epochs_asked {
        Some(asked) => format!("{}/{asked}", overview.epochs),
        None => overview.epochs.to_string(),
    }
}

fn accuracy(overview: &Overview, lang: Lang) -> String {
    let Some(Interval { value, lower95, upper95 }) = overview.metrics.get("accuracy") else { return String::new() };
    let split = split_name(overview.split.as_deref().unwrap_or_default(), lang);
    say::accuracy_cell(lang, percent(*value), percent(*lower95), percent(*upper95), split)
}

/// A split in a sentence.
fn split_name(split: &str, lang: Lang) -> String {
    match split {
        "test" => say::split_test(lang),
        "validation" => say::split_validation(lang),
        other => other.to_owned(),
    }
}

fn show(overview: &Overview, session: &Session) -> Result<(), Failure> {
    let lang = session.lang;
    if session.is_json {
        return session.output.json(&serde_json::json!(overview));
    }
    let mut rows = vec![
        (say::column_run(lang), overview.run.clone()),
        (say::column_state(lang), say::state_line(lang, overview.state(lang), overview.status.attempt)),
        (say::label_epochs(lang), epochs(overview)),
    ];
    if let Some(split) = &overview.split {
        let reads = overview.test_reads.map(short).unwrap_or_default();
        rows.push((say::label_measured_on(lang), say::measured_on(lang, split_name(split, lang), reads)));
    }
    for (name, Interval { value, lower95, upper95 }) in &overview.metrics {
        rows.push((name.clone(), say::interval(lang, short(*value), short(*lower95), short(*upper95))));
    }
    if let Some(digest) = &overview.model_digest {
        rows.push((say::label_model(lang), format!("sha256:{digest}")));
    }
    if let Some(all) = overview.test_reads_in_data_directory {
        let run = overview.test_reads.map(short).unwrap_or_default();
        rows.push((lab::label_test_reads(lang), lab::test_reads_in_all(lang, run, all)));
    }
    let by: Vec<String> = overview.reproduced_by.iter().map(|by| format!("`{by}`")).collect();
    let reproduced = match overview.reproduced {
        0 => lab::reproduced_never(lang),
        times => lab::reproduced_times(lang, times, by.join(&say::comma(lang))),
    };
    rows.push((say::label_reproduced(lang), reproduced));
    rows.push((say::label_folder(lang), overview.folder.clone()));
    session.output.text(&labelled(&rows))
}
