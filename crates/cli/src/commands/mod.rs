//! Every command, one a file, in one list.

mod advise;
mod check;
mod data;
mod diff;
mod evaluate;
mod evidence;
mod explain;
mod export;
mod generate;
mod new;
mod predict;
mod quantize;
mod report;
mod reproduce;
mod run;
mod runs;
mod schema;
mod tune;

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command as Definition, value_parser};
use proofmark_messages::{Lang, cli as say};

use crate::failure::{Exit, Failure};
use crate::session::Session;

/// One command.
pub(crate) struct Command {
    /// What it is called by.
    pub(crate) name: &'static str,
    /// Its arguments and its help, in a language.
    pub(crate) define: fn(Lang) -> Definition,
    /// What it does.
    run: fn(&ArgMatches, &Session) -> Result<Exit, Failure>,
}

/// Every command, in the order of the help.
pub(crate) const ALL: &[Command] = &[
    new::COMMAND,
    run::COMMAND,
    tune::COMMAND,
    check::COMMAND,
    explain::COMMAND,
    advise::COMMAND,
    data::COMMAND,
    predict::COMMAND,
    quantize::COMMAND,
    generate::COMMAND,
    export::COMMAND,
    evaluate::COMMAND,
    reproduce::COMMAND,
    diff::COMMAND,
    report::COMMAND,
    runs::COMMAND,
    evidence::COMMAND,
    schema::COMMAND,
];

/// Runs the command that was asked for.
///
/// # Errors
/// What the command says.
pub(crate) fn dispatch(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    // clap lets nothing else through.
    let Some((name, matches)) = matches.subcommand() else { return Ok(Exit::Done) };
    match ALL.iter().find(|command| command.name == name) {
        Some(command) => (command.run)(matches, session),
        None => Ok(Exit::Done),
    }
}

/// The argument `SPEC` and the option `--set`.
fn spec_arguments(lang: Lang) -> [Arg; 2] {
    [
        Arg::new("spec")
            .value_name("SPEC")
            .help(say::argument_spec(lang))
            .value_parser(value_parser!(PathBuf))
            .required(true),
        Arg::new("set")
            .long("set")
            .value_name("PATH=VALUE")
            .help(say::option_set(lang))
            .action(ArgAction::Append)
            .help_heading(say::heading_options(lang)),
    ]
}

/// An argument that names a run.
fn run_argument(id: &'static str, lang: Lang) -> Arg {
    Arg::new(id).value_name("RUN").help(say::argument_run(lang)).required(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app;

    /// The commands and those below them, with the words that call them.
    fn leaves() -> Vec<(Vec<String>, Definition)> {
        fn walk(words: &[String], command: &Definition, into: &mut Vec<(Vec<String>, Definition)>) {
            into.push((words.to_vec(), command.clone()));
            for below in command.get_subcommands() {
                walk(&[words, &[below.get_name().to_owned()]].concat(), below, into);
            }
        }
        let mut found = Vec::new();
        walk(&["proofmark".to_owned()], &app::root(Lang::En), &mut found);
        found
    }

    #[test]
    fn the_program_is_well_defined_in_every_language() {
        for lang in Lang::ALL {
            app::root(lang).debug_assert();
            let names: Vec<&str> = ALL.iter().map(|command| command.name).collect();
            let root = app::root(lang);
            let defined: Vec<&str> = root.get_subcommands().map(Definition::get_name).collect();
            assert_eq!(names, defined);
        }
    }

    #[test]
    fn every_command_has_an_example_that_parses() {
        let commands = leaves();
        assert!(commands.len() > ALL.len());
        for (words, command) in commands {
            let help = command.clone().render_long_help().to_string();
            let (_, examples) =
                help.split_once("Example:").unwrap_or_else(|| panic!("{words:?} has no example\n{help}"));
            let mut n_examples = 0;
            for line in examples.lines().map(str::trim).filter(|line| !line.is_empty()) {
                n_examples += 1;
                let arguments: Vec<&str> = line.split(' ').collect();
                assert_eq!(arguments[..words.len()], words, "{line}");
                app::root(Lang::En).try_get_matches_from(&arguments).unwrap_or_else(|error| panic!("{line}: {error}"));
            }
            assert!(n_examples > 0, "{words:?}");
        }
    }

    #[test]
    fn help_is_in_the_language_that_was_asked_for() {
        for command in ALL {
            let (en, zh) = ((command.define)(Lang::En), (command.define)(Lang::ZhCn));
            let about = |command: &Definition| command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about(&en).is_empty() && about(&en) != about(&zh), "{}", command.name);
        }
    }
}
