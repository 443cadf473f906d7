//! How a command ends without its result.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use proofmark_engine::cpu::Level;
use proofmark_lab::spec::{Diagnostic, Style};
use proofmark_lab::{CommandError, ErrorKind, LabError, StoreError};
use proofmark_messages::{Lang, Localize, cli as say, display_in_english, study};

use crate::usage::UsageError;

/// How a command ended that came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// A gate, an acceptance or a comparison said no.
    No,
    /// The person interrupted it.
    Interrupted,
}

impl Exit {
    /// The process' exit code; 130 is what shells give for Ctrl-C.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::No => 1,
            Exit::Interrupted => 130,
        }
    }

    /// `No` unless it is so.
    pub(crate) fn yes_if(is_yes: bool) -> Exit {
        if is_yes { Exit::Done } else { Exit::No }
    }
}

/// What a failure left behind, to be gone on with; its id.
#[derive(Debug)]
pub(crate) enum Within {
    /// A run.
    Run(String),
    /// A study.
    Study(String),
}

/// Why a command did not come to its end.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What the lab says.
    Command(Box<CommandError>),
    /// As above, in a run or a study that is there already.
    Within {
        /// Which.
        place: Within,
        /// What the lab says.
        error: Box<CommandError>,
    },
    /// Arguments that cannot be understood.
    Usage(UsageError),
    /// A spec file that cannot be read.
    SpecFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A SIMD level that this machine lacks.
    NoSuchLevel {
        /// What was asked for.
        asked: String,
        /// What there is.
        available: Vec<Level>,
    },
    /// Signals cannot be caught.
    Signals(io::Error),
    /// Standard output does not take what is written: a full disk, for example.
    Output(io::Error),
    /// Whoever read standard output has left: nobody is there to be told.
    OutputClosed,
}

impl Failure {
    /// The process' exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Command(error) | Failure::Within { error, .. } => match error.kind() {
                ErrorKind::User => 2,
                ErrorKind::Ours => 3,
            },
            Failure::Usage(_) | Failure::SpecFile { .. } | Failure::NoSuchLevel { .. } | Failure::Output(_) => 2,
            Failure::Signals(_) => 3,
            Failure::OutputClosed => 0,
        }
    }

    /// The error for a person, each line ended; empty where nobody is there to read it.
    pub(crate) fn render(self, lang: Lang, style: Style) -> String {
        let mut note = String::new();
        if let Failure::Within { place, .. } = &self {
            let text = match place {
                Within::Run(run) => say::failed_run(lang, run),
                Within::Study(study) => study::failed_study(lang, study),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(note, "{text}");
        }
        let text = match &self {
            Failure::OutputClosed => return String::new(),
            Failure::Command(error) | Failure::Within { error, .. } if error.diagnostics().is_some() => {
                error.diagnostics().map(|diagnostics| diagnostics.render(lang, style)).unwrap_or_default()
            }
            _ => Diagnostic { message: Box::new(self), place: None }.render(lang, style),
        };
        text + &note
    }

    /// The error for a program.
    pub(crate) fn to_json(&self, lang: Lang) -> serde_json::Value {
        let errors = match self {
            Failure::Command(error) | Failure::Within { error, .. } => {
                error.diagnostics().map(|diagnostics| diagnostics.to_json(lang))
            }
            _ => None,
        };
        let (run, study) = match self {
            Failure::Within { place: Within::Run(run), .. } => (Some(run), None),
            Failure::Within { place: Within::Study(study), .. } => (None, Some(study)),
            _ => (None, None),
        };
        let single = || {
            serde_json::json!([{
                "text": self.text(lang), "file": null, "line": null, "column": null, "hint": self.hint(lang),
            }])
        };
        let errors = errors.unwrap_or_else(single);
        let mut json = serde_json::json!({ "run": run, "errors": errors, "exit_code": self.code() });
        if let Some(study) = study {
            json["study"] = study.clone().into();
        }
        json
    }
}

impl Localize for Failure {
    fn text(&self, lang: Lang) -> String {
        match self {
            Failure::Command(error) | Failure::Within { error, .. } => error.text(lang),
            Failure::Usage(error) => error.text(lang),
            Failure::SpecFile { path, source } => say::spec_file(lang, path.display(), source),
            Failure::NoSuchLevel { asked, .. } => say::no_such_level(lang, asked),
            Failure::Signals(source) => say::signals(lang, source),
            Failure::Output(source) => say::output_failed(lang, source),
            Failure::OutputClosed => String::new(),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            Failure::Command(error) | Failure::Within { error, .. } => error.hint(lang),
            Failure::Usage(error) => error.hint(lang),
            Failure::SpecFile { .. } => Some(say::spec_file_hint(lang)),
            Failure::NoSuchLevel { available, .. } => {
                let names: Vec<String> = available.iter().map(|level| format!("`{level}`")).collect();
                Some(say::no_such_level_hint(lang, names.join(&say::comma(lang))))
            }
            Failure::Signals(_) | Failure::Output(_) | Failure::OutputClosed => None,
        }
    }
}

display_in_english!(Failure);

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Failure::Command(error) | Failure::Within { error, .. } => Some(&**error),
            Failure::Usage(error) => Some(error),
            Failure::SpecFile { source, .. } | Failure::Signals(source) | Failure::Output(source) => Some(source),
            Failure::NoSuchLevel { .. } | Failure::OutputClosed => None,
        }
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        Failure::Command(Box::new(error))
    }
}

impl From<LabError> for Failure {
    fn from(error: LabError) -> Self {
        CommandError::from(error).into()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        CommandError::from(error).into()
    }
}
