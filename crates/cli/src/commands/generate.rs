//! `proofmark generate RUN`: what the model of a run writes.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command as Definition, value_parser};
use proofmark_lab::CommandError;
use proofmark_lab::generate::{Sampling, Writer};
use proofmark_messages::{Lang, cli, tokens as say};

use super::{Command, export, run_argument};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::host::TerminalHost;
use crate::session::Session;

pub(crate) const COMMAND: Command = Command { name: "generate", define, run };

/// The most tokens that are written at a time.
const MAX_LENGTH: i64 = 1_000_000;

fn define(lang: Lang) -> Definition {
    let option = |id: &'static str, value: &'static str, help: String| {
        Arg::new(id).long(id).value_name(value).help(help).help_heading(cli::heading_options(lang))
    };
    Definition::new("generate")
        .about(say::generate_about(lang))
        .arg(run_argument("run", lang))
        .args([
            option("prompt", "TEXT", say::option_prompt(lang)),
            option("length", "N", say::option_length(lang)).value_parser(value_parser!(u32).range(1..=MAX_LENGTH)),
            option("seed", "N", say::option_seed(lang)).value_parser(value_parser!(u64)),
            option("temperature", "T", say::option_temperature(lang)).value_parser(temperature),
            option("output", "FILE", say::option_generate_output(lang)).short('o').value_parser(value_parser!(PathBuf)),
            Arg::new("force")
                .long("force")
                .help(cli::option_export_force(lang))
                .action(ArgAction::SetTrue)
                .help_heading(cli::heading_options(lang)),
        ])
        .after_help(example(
            lang,
            "proofmark generate 2026-11-23-plays-7f3a --prompt MACBETH --length 500\n\
             proofmark generate 2026-11-23-plays --temperature 0.7 --seed 2\n\
             proofmark generate 2026-11-23-strings --length 16000 --output strings.wav",
        ))
}

/// A number from 0 on.
fn temperature(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number >= 0.0 && number.is_finite() => Ok(number),
        _ => Err(String::new()),
    }
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let host = TerminalHost::new(session);
    let mut writer = Writer::open(&session.run(matches, "run")?, &host)?;
    let prompt = matches.get_one::<String>("prompt").map_or("", String::as_str);
    let length = matches.get_one::<u32>("length").copied().unwrap_or(400);
    let seed = matches.get_one::<u64>("seed").copied().unwrap_or(1);
    let temperature = matches.get_one::<f64>("temperature").copied().unwrap_or(1.0);
    let path = matches.get_one::<PathBuf>("output");
    if writer.makes_sound() && path.is_none() {
        return Err(CommandError::SoundWithoutFile.into());
    }
    let written = writer.write(prompt, length, &Sampling::new(seed, temperature))?;
    if let Some(path) = path {
        export::write(path, &written, matches.get_flag("force"))?;
        if session.is_json {
            let bytes = written.len();
            session.output.json(&serde_json::json!({
                "prompt": prompt, "length": length, "seed": seed, "temperature": temperature, "file": path, "bytes": bytes,
            }))?;
        } else {
            session.output.line(&path.display().to_string())?;
        }
        return Ok(Exit::Done);
    }
    // Bytes that a model puts side by side need not be characters.
    let text = String::from_utf8_lossy(&written);
    let shown = if session.is_json {
        let (seed, length) = (seed.to_string(), u64::from(length));
        let line = serde_json::json!({
            "prompt": prompt, "length": length, "seed": seed, "temperature": temperature, "text": text,
        });
        format!("{line}\n")
    } else {
        format!("{}\n", visible(&text))
    };
    session.output.text(&shown)?;
    Ok(Exit::Done)
}

/// Text without what would steer a terminal: a model can write any character.
fn visible(text: &str) -> String {
    let shown = |character: char| match character {
        '\n' | '\t' => character,
        character if character.is_control() => char::REPLACEMENT_CHARACTER,
        character => character,
    };
    text.chars().map(shown).collect()
}
