//! What can be wrong, for a person.

use std::io;
use std::path::PathBuf;

use proofmark_engine::RunError;
use proofmark_engine::cpu::Level;
use proofmark_messages::{Lang, Localize, cli, display_in_english, lab, runtime as say, train};
use proofmark_model::{ModelErrors, ModelFileError};

/// Why arguments cannot be understood.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum UsageError {
    /// An option that does not exist.
    Unknown {
        /// As it was written.
        option: String,
    },
    /// An option at the end that needs a value.
    MissingValue {
        /// Which.
        option: String,
    },
    /// A value that its option does not take.
    Value {
        /// Which.
        option: String,
        /// As it was written.
        value: String,
    },
    /// A SIMD level that this machine lacks, or nobody has.
    Level {
        /// As it was written.
        asked: String,
        /// What there is.
        available: Vec<Level>,
    },
    /// No model file.
    NoModel,
    /// A limit for what is not measured.
    LimitWithoutBench,
}

/// Why there is no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum RuntimeError {
    /// Arguments that cannot be understood.
    Usage(UsageError),
    /// A file that cannot be read.
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that is no model file.
    ModelFile {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: ModelFileError,
    },
    /// A model file that does not say what is needed.
    Metadata {
        /// Which.
        path: PathBuf,
        /// What it lacks.
        key: &'static str,
    },
    /// As above, where it says something else.
    MetadataMalformed {
        /// Which.
        path: PathBuf,
        /// The entry.
        key: &'static str,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Preprocessing that does not fit the images.
    Feature {
        /// The model file.
        path: PathBuf,
    },
    /// A model that does not say classes.
    Embeddings {
        /// The model file.
        path: PathBuf,
    },
    /// A model that reads a sequence of labels from each sample.
    Sequences {
        /// Which.
        path: PathBuf,
    },
    /// A model that cannot be built.
    Model {
        /// The model file.
        path: PathBuf,
        /// What is wrong.
        source: ModelErrors,
    },
    /// The engine cannot run it.
    Run(RunError),
    /// A file of samples in an unknown format.
    Format {
        /// Which.
        path: PathBuf,
    },
    /// A damaged header of samples.
    Header {
        /// Which.
        path: PathBuf,
    },
    /// Elements that are not read.
    NpyType {
        /// Which file.
        path: PathBuf,
        /// NumPy's name of the type.
        received: String,
    },
    /// Samples of another shape.
    Shape {
        /// Which file.
        path: PathBuf,
        /// The model's.
        expected: String,
        /// The file's.
        received: String,
        /// Whether training resized its images, or made them grey.
        is_prepared: bool,
    },
    /// A file that ends within a sample.
    Length {
        /// Which.
        path: PathBuf,
        /// Bytes of a sample.
        expected: usize,
    },
    /// A line that is no array of numbers.
    Json {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A line with more or fewer numbers than a sample has.
    JsonLength {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// The model's.
        expected: usize,
        /// The line's.
        received: usize,
    },
    /// A probability that is NaN or infinite.
    NotFinite {
        /// Which sample of its step, from 0.
        sample: usize,
        /// What came out.
        value: f32,
    },
    /// Standard output does not take what is written.
    Output(io::Error),
}

impl RuntimeError {
    /// The process' exit code.
    pub fn code(&self) -> u8 {
        match self {
            // Whoever reads our output has left; nobody is there to be told.
            RuntimeError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            RuntimeError::Run(RunError::Memory { .. } | RunError::Allocation { .. } | RunError::Threads { .. }) => 2,
            RuntimeError::Run(_) => 3,
            _ => 2,
        }
    }
}

impl Localize for UsageError {
    fn text(&self, lang: Lang) -> String {
        match self {
            UsageError::Unknown { option } => say::unknown_option(lang, option),
            UsageError::MissingValue { option } => say::missing_value(lang, option),
            UsageError::Value { option, value } => say::value(lang, option, value),
            UsageError::Level { asked, .. } => cli::no_such_level(lang, asked),
            UsageError::NoModel => say::no_model(lang),
            UsageError::LimitWithoutBench => say::limit_without_bench(lang),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            UsageError::Level { available, .. } => {
                let names: Vec<String> = available.iter().map(|level| format!("`{level}`")).collect();
                Some(cli::no_such_level_hint(lang, names.join(&cli::comma(lang))))
            }
            _ => Some(say::usage_hint(lang)),
        }
    }
}

impl Localize for RuntimeError {
    fn text(&self, lang: Lang) -> String {
        match self {
            RuntimeError::Usage(error) => error.text(lang),
            RuntimeError::File { path, source } => cli::file_failed(lang, path.display(), source),
            RuntimeError::ModelFile { path, source } => cli::model_file(lang, path.display(), source.text(lang)),
            RuntimeError::Metadata { path, key } => cli::model_metadata(lang, path.display(), key),
            RuntimeError::MetadataMalformed { path, key, source } => {
                lab::model_metadata_malformed(lang, path.display(), key, source)
            }
            RuntimeError::Feature { path } => say::feature(lang, path.display()),
            RuntimeError::Embeddings { path } => say::model(lang, path.display(), train::embeddings_unsupported(lang)),
            RuntimeError::Sequences { path } => say::model(lang, path.display(), train::sequences_unsupported(lang)),
            RuntimeError::Model { path, source } => say::model(lang, path.display(), source.text(lang)),
            RuntimeError::Run(error) => error.to_string(),
            RuntimeError::Format { path } => say::format(lang, path.display()),
            RuntimeError::Header { path } => say::header(lang, path.display()),
            RuntimeError::NpyType { path, received } => say::npy_type(lang, path.display(), received),
            RuntimeError::Shape { path, expected, received, .. } => {
                say::shape(lang, path.display(), expected, received)
            }
            RuntimeError::Length { path, expected } => say::length(lang, path.display(), expected),
            RuntimeError::Json { path, line, source } => say::json(lang, path.display(), line, source),
            RuntimeError::JsonLength { path, line, expected, received } => {
                say::json_length(lang, path.display(), line, expected, received)
            }
            RuntimeError::NotFinite { sample, value } => train::prediction_not_finite(lang, sample, value),
            RuntimeError::Output(source) => cli::output_failed(lang, source),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            RuntimeError::Usage(error) => error.hint(lang),
            RuntimeError::ModelFile { source, .. } => source.hint(lang),
            RuntimeError::Metadata { .. } => Some(cli::model_metadata_hint(lang)),
            RuntimeError::Model { source, .. } => source.hint(lang),
            RuntimeError::Format { .. } => Some(say::format_hint(lang)),
            RuntimeError::NpyType { .. } => Some(say::npy_type_hint(lang)),
            RuntimeError::Shape { is_prepared: true, .. } => Some(say::shape_hint_prepared(lang)),
            RuntimeError::Json { .. } | RuntimeError::JsonLength { .. } => Some(say::json_hint(lang)),
            RuntimeError::NotFinite { .. } => Some(train::prediction_not_finite_hint(lang)),
            _ => None,
        }
    }
}

display_in_english!(UsageError);
display_in_english!(RuntimeError);

impl std::error::Error for UsageError {}

impl std::error::Error for RuntimeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            RuntimeError::Usage(error) => Some(error),
            RuntimeError::File { source, .. } | RuntimeError::Output(source) => Some(source),
            RuntimeError::ModelFile { source, .. } => Some(source),
            RuntimeError::MetadataMalformed { source, .. } | RuntimeError::Json { source, .. } => Some(source),
            RuntimeError::Model { source, .. } => Some(source),
            RuntimeError::Run(error) => Some(error),
            _ => None,
        }
    }
}

impl From<RunError> for RuntimeError {
    fn from(error: RunError) -> Self {
        RuntimeError::Run(error)
    }
}
