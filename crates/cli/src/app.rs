//! From arguments to a command, and from its end to an exit code.

use std::io::Write as _;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command, value_parser};
use proofmark_lab::spec::Style;
use proofmark_messages::{Lang, cli as say, lab};

use crate::commands;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Environment, Session};
use crate::usage::{THREADS, UsageError};

/// The whole program.
pub(crate) fn main(environment: Environment) -> ExitCode {
    let lang = asked_language(&environment).unwrap_or(environment.lang);
    report_panics(lang);
    let matches = match root(lang).try_get_matches_from(&environment.arguments) {
        Ok(matches) => matches,
        // Help and version, as they were asked for. Nobody is there to be told where printing fails.
        Err(error) if !error.use_stderr() => {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let is_json = environment.arguments.iter().any(|argument| argument == "--json");
            if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && !is_json {
                let _ = error.print();
                return ExitCode::from(error.exit_code() as u8);
            }
            return fail(Failure::Usage(UsageError::new(error)), is_json, lang, Style::Plain);
        }
    };
    if let Err(error) = ignore_file_limit() {
        return fail(Failure::Signals(error), matches.get_flag("json"), lang, Style::Plain);
    }
    let is_json = matches.get_flag("json");
    let (result, style) = match Session::new(&matches, &environment, lang) {
        Ok(session) => (commands::dispatch(&matches, &session), session.style),
        Err(failure) => (Err(failure), Style::Plain),
    };
    match result {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(failure) => fail(failure, is_json, lang, style),
    }
}

/// Says why a command did not come to its end.
fn fail(failure: Failure, is_json: bool, lang: Lang, style: Style) -> ExitCode {
    let code = failure.code();
    if is_json && !matches!(failure, Failure::OutputClosed | Failure::Output(_)) {
        // Standard error says it too: if standard output is gone, that is all that can be done.
        let _ = Output::new(Style::Plain).json(&failure.to_json(lang));
    }
    let _ = write!(std::io::stderr().lock(), "{}", failure.render(lang, style));
    ExitCode::from(code)
}

/// A file that grows beyond the limit on files (`ulimit -f`) raises SIGXFSZ, which would end the program without a word.
/// With any handler, the writing fails instead, as on a full disk, and the error is told with its path.
fn ignore_file_limit() -> std::io::Result<()> {
    #[cfg(unix)]
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default())?;
    Ok(())
}

/// The arguments of the program. Help stands in the language of the person.
pub(crate) fn root(lang: Lang) -> Command {
    let option = |id: &'static str, value: &'static str, help: String| {
        let heading = say::heading_global(lang);
        Arg::new(id).long(id).value_name(value).help(help).global(true).help_heading(heading).display_order(900)
    };
    let tags = Lang::ALL.map(Lang::tag);
    let root = Command::new("proofmark")
        .version(env!("CARGO_PKG_VERSION"))
        .about(say::about(lang))
        .after_help(example(lang, "proofmark run scenarios/digits/digits.yaml"))
        .arg_required_else_help(true)
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .args([
            option("json", "", say::option_json(lang)).action(ArgAction::SetTrue),
            option("threads", "N", say::option_threads(lang))
                .value_parser(value_parser!(u16).range(i64::from(*THREADS.start())..=i64::from(*THREADS.end()))),
            option("simd", "LEVEL", say::option_simd(lang))
                .value_parser(PossibleValuesParser::new(["scalar", "avx2", "avx512"]))
                .hide_possible_values(true),
            option("data-dir", "DIR", say::option_data_dir(lang)).value_parser(value_parser!(std::path::PathBuf)),
            option("lang", "LANG", say::option_lang(lang))
                .value_parser(PossibleValuesParser::new(tags))
                .hide_possible_values(true),
        ])
        .subcommands(commands::ALL.iter().map(|command| (command.define)(lang)));
    let mut root = translated(root, lang, true);
    if lang != Lang::En {
        // Built, so that each command knows its options and the words that call it.
        root.build();
        root = with_translated_usage(root, lang);
    }
    root
}

/// The usage lines as clap makes them, with the words in them that clap writes in English.
fn with_translated_usage(mut command: Command, lang: Lang) -> Command {
    let usage = command.render_usage().to_string();
    let usage = usage.split_once(' ').map_or(usage.as_str(), |(_, usage)| usage);
    let usage = usage
        .replace("[OPTIONS]", &format!("[{}]", say::heading_options(lang)))
        .replace("<COMMAND>", &format!("<{}>", say::heading_commands(lang)));
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(name, |command| with_translated_usage(command, lang));
    }
    command.override_usage(usage)
}

/// An example below a command's help.
pub(crate) fn example(lang: Lang, command: &str) -> String {
    format!("{}\n  {}", say::heading_example(lang), command.replace('\n', "\n  "))
}

/// The parts of help that clap writes itself, in the language of the person.
fn translated(command: Command, lang: Lang, is_root: bool) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let (usage, all) = (say::heading_usage(lang), "{all-args}");
    let global = |argument: Arg| argument.help_heading(say::heading_global(lang)).display_order(990);
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help(say::option_help(lang));
    let mut n_positionals = 0;
    let mut command = command
        .help_template(format!("{{about-with-newline}}\n{usage} {{usage}}\n\n{{before-help}}{all}{{after-help}}"))
        .subcommand_help_heading(say::heading_commands(lang))
        .mut_args(|argument| match argument.is_positional() {
            // Under a heading of its own, clap would sort them by name.
            true => {
                n_positionals += 1;
                argument.help_heading(say::heading_arguments(lang)).display_order(n_positionals)
            }
            false => argument,
        })
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(global(help));
    if is_root {
        let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
        command = command.arg(global(version.help(say::option_version(lang))));
    }
    for name in names {
        command = command.mut_subcommand(name, |command| translated(command, lang, false));
    }
    command
}

/// The language of `--lang`, before anything else is read: help and complaints are to be in it too.
fn asked_language(environment: &Environment) -> Option<Lang> {
    let arguments: Vec<_> = environment.arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let after = arguments.windows(2).find(|pair| pair[0] == "--lang").map(|pair| pair[1]);
    let joined = || arguments.iter().find_map(|argument| argument.strip_prefix("--lang="));
    after.or_else(joined).and_then(Lang::from_tag)
}

/// A panic is our fault: it says so, and the program ends with exit code 3, whichever thread it was.
fn report_panics(lang: Lang) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let cause = panic.payload_as_str().unwrap_or_default();
        let text = format!("{} ({place})", lab::internal(lang, cause));
        let _ = writeln!(std::io::stderr().lock(), "{text}\n{}", say::panic_hint(lang, env!("CARGO_PKG_VERSION")));
        std::process::exit(3);
    }));
}
