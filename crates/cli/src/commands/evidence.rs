//! `proofmark evidence verify|show`: what a run stands on, and whether it still does.

use std::path::Path;

use clap::{Arg, ArgMatches, Command as Definition};
use proofmark_lab::verify::{Held, Note, Verification, verify_page, verify_run};
use proofmark_messages::{Lang, Localize, cli as say};

use super::{Command, run_argument};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::output::{Tone, table};
use crate::session::Session;

pub(crate) const COMMAND: Command = Command { name: "evidence", define, run };

fn define(lang: Lang) -> Definition {
    let subject = Arg::new("subject").value_name("RUN|FILE.html").help(say::argument_evidence(lang)).required(true);
    Definition::new("evidence")
        .about(say::evidence_about(lang))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([
            Definition::new("verify").about(say::evidence_verify_about(lang)).arg(subject).after_help(example(
                lang,
                "proofmark evidence verify 2026-11-23-digits-7f3a\n\
                 proofmark evidence verify report.html",
            )),
            Definition::new("show")
                .about(say::evidence_show_about(lang))
                .arg(run_argument("run", lang))
                .after_help(example(lang, "proofmark evidence show 2026-11-23-digits-7f3a")),
        ])
        .after_help(example(lang, "proofmark evidence verify report.html"))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    match matches.subcommand() {
        Some(("show", matches)) => {
            let verification = verify_run(&session.run(matches, "run")?)?;
            show(&verification, session)?;
            Ok(Exit::yes_if(verification.is_valid()))
        }
        Some((_, matches)) => {
            let subject = matches.get_one::<String>("subject").map(String::as_str).unwrap_or_default();
            // A run's id never ends so.
            let verification = if subject.ends_with(".html") || Path::new(subject).is_file() {
                verify_page(Path::new(subject))?
            } else {
                verify_run(&session.run(matches, "subject")?)?
            };
            print(&verification, session)?;
            Ok(Exit::yes_if(verification.is_valid()))
        }
        None => Ok(Exit::Done),
    }
}

fn print(verification: &Verification, session: &Session) -> Result<(), Failure> {
    let lang = session.lang;
    let output = &session.output;
    if session.is_json {
        return output.json(&to_json(verification, lang));
    }
    let is_valid = verification.is_valid();
    let (tone, verdict) =
        if is_valid { (Tone::Good, say::verdict_verified(lang)) } else { (Tone::Bad, say::verdict_not_verified(lang)) };
    let statements = verification.statements.len();
    let mut text = format!("\n{}  {}\n", output.paint(tone, &verdict), say::statements_verified(lang, statements));
    for held in &verification.held {
        text.push_str(&format!("  {}\n", held.text(lang)));
    }
    for note in &verification.notes {
        text.push_str(&format!("  {}\n", note.text(lang)));
    }
    for problem in &verification.problems {
        let mark = output.paint(Tone::Bad, &proofmark_messages::spec::error_label(lang));
        let end = proofmark_messages::spec::label_end(lang);
        text.push_str(&format!("{mark}{end}{}\n", problem.text(lang)));
        if let Some(hint) = problem.hint(lang) {
            text.push_str(&format!("{}{end}{hint}\n", proofmark_messages::spec::hint_label(lang)));
        }
    }
    output.text(&text)
}

fn show(verification: &Verification, session: &Session) -> Result<(), Failure> {
    let lang = session.lang;
    if session.is_json {
        return session.output.json(&to_json(verification, lang));
    }
    let mut rows = vec![[
        say::column_kind(lang),
        say::column_grade(lang),
        say::column_time(lang),
        say::column_by(lang),
        say::column_digest(lang),
    ]];
    for statement in &verification.statements {
        let (time, by) = statement.made.as_ref().map(|made| (made.time.clone(), made.by.clone())).unwrap_or_default();
        rows.push([
            statement.kind.name().to_owned(),
            statement.grade.text(lang),
            time,
            by,
            statement.digest.to_string(),
        ]);
    }
    session.output.text(&table(&rows, [false; 5]))?;
    if verification.is_valid() { Ok(()) } else { print(verification, session) }
}

fn to_json(verification: &Verification, lang: Lang) -> serde_json::Value {
    let statements: Vec<serde_json::Value> = verification
        .statements
        .iter()
        .map(|statement| {
            let made = statement.made.as_ref().map(|made| {
                serde_json::json!({
                    "time": made.time, "by": made.by, "machine": made.machine, "program_version": made.program_version,
                })
            });
            // It was verified, so that it is JSON.
            let content: serde_json::Value = serde_json::from_str(&statement.canonical).unwrap_or_default();
            serde_json::json!({
                "kind": statement.kind.name(), "digest": statement.digest.to_string(), "grade": statement.grade,
                "made": made, "statement": content,
            })
        })
        .collect();
    let problems: Vec<String> = verification.problems.iter().map(|problem| problem.text(lang)).collect();
    let held: Vec<&str> = verification.held.iter().map(Held::name).collect();
    let notes: Vec<&str> = verification.notes.iter().map(Note::name).collect();
    serde_json::json!({
        "subject": verification.subject, "valid": verification.is_valid(), "held": held, "notes": notes,
        "problems": problems, "statements": statements,
    })
}
