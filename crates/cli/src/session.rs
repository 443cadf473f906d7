//! What every command is given: the global options, and where to write.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use proofmark_engine::cpu::Level;
use proofmark_lab::pipeline::SpecSource;
use proofmark_lab::spec::Style;
use proofmark_lab::{RunFolder, Runs};
use proofmark_messages::Lang;

use crate::failure::Failure;
use crate::output::Output;

/// Where runs are kept, if nothing else is said.
const DATA_DIR: &str = ".proofmark";

/// What the program was started with.
pub(crate) struct Environment {
    /// The program's name, then its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// The language of the locale.
    pub(crate) lang: Lang,
    /// The person's name on this machine.
    pub(crate) user: Option<String>,
    /// `NO_COLOR` is set.
    pub(crate) no_color: bool,
}

/// The global options of one call.
pub(crate) struct Session {
    pub(crate) lang: Lang,
    /// For a program rather than a person.
    pub(crate) is_json: bool,
    pub(crate) threads: usize,
    pub(crate) level: Level,
    pub(crate) data_dir: PathBuf,
    pub(crate) user: Option<String>,
    /// Standard error is a terminal: progress is drawn rather than listed.
    pub(crate) has_terminal: bool,
    /// How errors and progress look.
    pub(crate) style: Style,
    pub(crate) output: Output,
}

impl Session {
    /// Reads the global options.
    ///
    /// # Errors
    /// A SIMD level that this machine lacks.
    pub(crate) fn new(matches: &ArgMatches, environment: &Environment, lang: Lang) -> Result<Session, Failure> {
        let is_json = matches.get_flag("json");
        let style = |is_terminal: bool| {
            if is_terminal && !environment.no_color { Style::Coloured } else { Style::Plain }
        };
        let has_terminal = std::io::stderr().is_terminal();
        let level = match matches.get_one::<String>("simd") {
            None => Level::best(),
            Some(asked) => {
                let available = Level::available();
                let found = available.iter().copied().find(|level| level.to_string() == *asked);
                found.ok_or_else(|| Failure::NoSuchLevel { asked: asked.clone(), available })?
            }
        };
        let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Ok(Session {
            lang,
            is_json,
            threads: matches.get_one::<u16>("threads").map_or_else(cores, |threads| usize::from(*threads)),
            level,
            data_dir: matches.get_one::<PathBuf>("data-dir").cloned().unwrap_or_else(|| PathBuf::from(DATA_DIR)),
            user: environment.user.clone(),
            has_terminal,
            style: style(has_terminal),
            output: Output::new(style(std::io::stdout().is_terminal())),
        })
    }

    /// A command to go on with, as this person would have to type it here.
    pub(crate) fn next(&self, command: &str) -> String {
        let is_default = self.data_dir == Path::new(DATA_DIR);
        let option = if is_default {
            String::new()
        } else {
            format!(" --data-dir {}", shell_word(&self.data_dir.display().to_string()))
        };
        format!("proofmark {command}{option}")
    }

    /// The runs of the data directory.
    pub(crate) fn runs(&self) -> Runs {
        Runs::open(&self.data_dir)
    }

    /// The run of an argument.
    ///
    /// # Errors
    /// If there is no such run, or more than one.
    pub(crate) fn run(&self, matches: &ArgMatches, id: &str) -> Result<RunFolder, Failure> {
        let wanted = matches.get_one::<String>(id).map(String::as_str).unwrap_or_default();
        Ok(self.runs().find(wanted)?)
    }

    /// The study of an argument.
    ///
    /// # Errors
    /// If there is no such study, or more than one.
    pub(crate) fn study(&self, matches: &ArgMatches, id: &str) -> Result<RunFolder, Failure> {
        let wanted = matches.get_one::<String>(id).map(String::as_str).unwrap_or_default();
        Ok(self.runs().studies().find(wanted)?)
    }

    /// The spec of the argument `SPEC`, with the `--set` options.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn spec(&self, matches: &ArgMatches) -> Result<SpecSource, Failure> {
        let path = matches.get_one::<PathBuf>("spec").map(PathBuf::as_path).unwrap_or(Path::new(""));
        let text =
            std::fs::read_to_string(path).map_err(|source| Failure::SpecFile { path: path.to_owned(), source })?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(SpecSource {
            file_name: path.display().to_string(),
            text,
            // Absolute, since a resume or a reproduction may be started elsewhere.
            base: folder.canonicalize().unwrap_or_else(|_| folder.to_owned()),
            overrides: matches.get_many::<String>("set").into_iter().flatten().cloned().collect(),
        })
    }
}

/// A text as one word of a shell: in single quotes unless it needs none.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,~".contains(c);
    // A tilde in front, and nowhere else, is somebody's home.
    if !text.is_empty() && !text.starts_with('~') && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::shell_word;

    #[test]
    fn words_of_a_shell() {
        for (text, word) in [
            (".proofmark", ".proofmark"),
            ("/a/b-c_d.e", "/a/b-c_d.e"),
            ("数据/运行", "数据/运行"),
            ("sp ace/d", "'sp ace/d'"),
            ("it's", "'it'\\''s'"),
            ("$HOME", "'$HOME'"),
            ("~", "'~'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(text), word);
        }
    }
}
