use std::path::PathBuf;

use proofmark_data::DataError;
use proofmark_data::survey::SurveyError;
use proofmark_data::tokens::TextError;
use proofmark_evidence::EvidenceError;
use proofmark_messages::{Lang, Localize, cli as say, display_in_english, draft, lab, quantize, tokens};
use proofmark_model::onnx::OnnxError;
use proofmark_model::{ModelErrors, ModelFileError};
use proofmark_report::ExtractError;
use proofmark_store::StoreError;
use proofmark_tensor::Shape;
use proofmark_train::predict::PredictError;

use crate::error::{ErrorKind, LabError};
use crate::spec::diagnostic::Diagnostics;

/// Why something could not be done with a run that is there, or with a spec that is not to be trained.
#[derive(Debug)]
#[non_exhaustive]
pub enum CommandError {
    /// What the pipeline says.
    Lab(Box<LabError>),
    /// A file that cannot be read or written.
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A model file that is none, or does not fit its model.
    ModelFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ModelFileError,
    },
    /// A model file without what a prediction needs besides parameters.
    ModelMetadata {
        /// The file.
        path: PathBuf,
        /// The key that is missing.
        key: &'static str,
    },
    /// A model file with something else than what a prediction needs.
    ModelMetadataMalformed {
        /// The file.
        path: PathBuf,
        /// The key that does not read.
        key: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A model that reads no tokens, asked to write.
    ReadsNoTokens,
    /// A model that does not say for each step what follows, or looks ahead.
    CannotWrite(PredictError),
    /// Sound to be shown.
    SoundWithoutFile,
    /// A prompt with characters that the model does not know.
    Prompt(TextError),
    /// A model of what follows each step of a sequence, asked for the class of a file.
    PredictsTokens,
    /// A model file that no statement of its run speaks of.
    ModelUnclaimed {
        /// The file.
        path: PathBuf,
    },
    /// A model file that is not the one that the run's evidence names.
    ModelAltered {
        /// The file.
        path: PathBuf,
        /// The digest in the evidence.
        expected: String,
        /// The file's.
        found: String,
    },
    /// A model that was valid when it was trained and is not now.
    Model(ModelErrors),
    /// A model with a layer that has no form in the format that was asked for.
    NotExported {
        /// The model's file.
        path: PathBuf,
        /// Which layer.
        source: ModelErrors,
    },
    /// A file that is not imported.
    Onnx {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<OnnxError>,
    },
    /// A model with another number of outputs than there are classes.
    OnnxClasses {
        /// The file.
        path: PathBuf,
        /// Numbers that it gives for a sample.
        outputs: usize,
        /// Classes of the data.
        classes: usize,
    },
    /// A model that reads samples of another shape than the data have.
    ModelInput {
        /// The file.
        path: PathBuf,
        /// What the model reads.
        expected: Shape,
        /// What the data have.
        received: Shape,
    },
    /// A model without a layer that can have weights of 8 bits.
    NothingToQuantize {
        /// The model's file.
        path: PathBuf,
    },
    /// A model file that is quantised already.
    AlreadyQuantized {
        /// The file.
        path: PathBuf,
    },
    /// A run whose model was not quantised.
    NotQuantized {
        /// The run.
        run: String,
    },
    /// A page without evidence.
    Page {
        /// The page.
        path: PathBuf,
        /// What is wrong with it.
        source: ExtractError,
    },
    /// There is no scenario of this name.
    NoSuchScenario {
        /// The name.
        name: String,
    },
    /// A folder that no spec can be drafted from.
    Survey(SurveyError),
    /// A spec that would stand among the images, where its folder would be read as one of a class.
    TargetAmongImages {
        /// Where it was to be written.
        path: PathBuf,
        /// The folder of the images.
        images: PathBuf,
    },
    /// Images that were others when they were read again.
    ImagesChanged {
        /// Their folder.
        path: PathBuf,
    },
    /// A file to write that is there already.
    FileExists {
        /// The folder.
        path: PathBuf,
    },
    /// A file to write in place of one that is there already, where that was not asked for.
    WouldReplace {
        /// The file.
        path: PathBuf,
    },
    /// An embedded scenario does not say where its data are: a mistake of ours.
    ScenarioWithoutData {
        /// The scenario.
        name: &'static str,
    },
}

impl CommandError {
    /// Whose mistake it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            CommandError::Lab(error) => error.kind(),
            CommandError::Model(_) | CommandError::ScenarioWithoutData { .. } => ErrorKind::Ours,
            CommandError::File { .. }
            | CommandError::ModelFile { .. }
            | CommandError::ModelMetadata { .. }
            | CommandError::ModelMetadataMalformed { .. }
            | CommandError::ReadsNoTokens
            | CommandError::SoundWithoutFile
            | CommandError::CannotWrite(_)
            | CommandError::Prompt(_)
            | CommandError::PredictsTokens
            | CommandError::ModelUnclaimed { .. }
            | CommandError::ModelAltered { .. }
            | CommandError::NotExported { .. }
            | CommandError::Onnx { .. }
            | CommandError::OnnxClasses { .. }
            | CommandError::ModelInput { .. }
            | CommandError::NothingToQuantize { .. }
            | CommandError::AlreadyQuantized { .. }
            | CommandError::NotQuantized { .. }
            | CommandError::Page { .. }
            | CommandError::NoSuchScenario { .. }
            | CommandError::Survey(_)
            | CommandError::TargetAmongImages { .. }
            | CommandError::ImagesChanged { .. }
            | CommandError::FileExists { .. }
            | CommandError::WouldReplace { .. } => ErrorKind::User,
        }
    }

    /// The problems of the spec with their places, where it is that.
    pub fn diagnostics(&self) -> Option<&Diagnostics> {
        match self {
            CommandError::Lab(error) => error.diagnostics(),
            _ => None,
        }
    }
}

impl Localize for CommandError {
    fn text(&self, lang: Lang) -> String {
        match self {
            CommandError::Lab(error) => error.text(lang),
            CommandError::File { path, source } => say::file_failed(lang, path.display(), source),
            CommandError::ModelFile { path, source } => say::model_file(lang, path.display(), source.text(lang)),
            CommandError::ModelMetadata { path, key } => say::model_metadata(lang, path.display(), key),
            CommandError::ModelMetadataMalformed { path, key, source } => {
                lab::model_metadata_malformed(lang, path.display(), key, source)
            }
            CommandError::ReadsNoTokens => tokens::reads_no_tokens(lang),
            CommandError::SoundWithoutFile => tokens::sound_without_file(lang),
            CommandError::CannotWrite(error) => error.text(lang),
            CommandError::Prompt(error) => tokens::prompt(lang, error.text(lang)),
            CommandError::PredictsTokens => tokens::predicts_tokens(lang),
            CommandError::ModelUnclaimed { path } => lab::model_unclaimed(lang, path.display()),
            CommandError::ModelAltered { path, expected, found } => {
                say::model_altered(lang, path.display(), expected, found)
            }
            CommandError::Model(errors) => errors.text(lang),
            CommandError::NotExported { path, source } => say::model_file(lang, path.display(), source.text(lang)),
            CommandError::Onnx { path, source } => say::model_file(lang, path.display(), source.text(lang)),
            CommandError::OnnxClasses { path, outputs, classes } => {
                say::onnx_classes(lang, path.display(), outputs, classes)
            }
            CommandError::ModelInput { path, expected, received } => {
                quantize::model_input(lang, path.display(), expected, received)
            }
            CommandError::NothingToQuantize { path } => quantize::nothing_to_quantize(lang, path.display()),
            CommandError::AlreadyQuantized { path } => quantize::already_quantized(lang, path.display()),
            CommandError::NotQuantized { run } => quantize::not_quantized(lang, run),
            CommandError::Page { path, source } => say::page(lang, path.display(), source.text(lang)),
            CommandError::NoSuchScenario { name } => say::no_such_scenario(lang, name),
            CommandError::Survey(error) => error.text(lang),
            CommandError::TargetAmongImages { path, images } => {
                draft::target_among_images(lang, path.display(), images.display())
            }
            CommandError::ImagesChanged { path } => draft::images_changed(lang, path.display()),
            CommandError::FileExists { path } | CommandError::WouldReplace { path } => {
                say::file_exists(lang, path.display())
            }
            CommandError::ScenarioWithoutData { name } => say::scenario_without_data(lang, name),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            CommandError::Lab(error) => error.hint(lang),
            CommandError::ModelFile { source, .. } => source.hint(lang),
            CommandError::ModelMetadata { .. } | CommandError::ModelMetadataMalformed { .. } => {
                Some(say::model_metadata_hint(lang))
            }
            CommandError::ModelAltered { .. } | CommandError::ModelUnclaimed { .. } => {
                Some(say::model_altered_hint(lang))
            }
            CommandError::Model(_) | CommandError::ScenarioWithoutData { .. } => Some(lab::internal_hint(lang)),
            CommandError::NotExported { source, .. } => source.hint(lang),
            CommandError::Onnx { source, .. } => source.hint(lang),
            CommandError::OnnxClasses { .. } | CommandError::ModelInput { .. } => Some(say::onnx_classes_hint(lang)),
            CommandError::NothingToQuantize { .. } => Some(quantize::nothing_to_quantize_hint(lang)),
            CommandError::AlreadyQuantized { .. } => Some(quantize::already_quantized_hint(lang)),
            CommandError::NotQuantized { run } => Some(quantize::not_quantized_hint(lang, run)),
            CommandError::Page { source, .. } => source.hint(lang),
            CommandError::NoSuchScenario { .. } => {
                let names: Vec<String> =
                    crate::scenarios::ALL.iter().map(|scenario| format!("`{}`", scenario.name)).collect();
                Some(say::no_such_scenario_hint(lang, names.join(&say::comma(lang))))
            }
            CommandError::Survey(error) => error.hint(lang),
            CommandError::TargetAmongImages { .. } => Some(draft::hint_target_among_images(lang)),
            CommandError::ImagesChanged { .. } => Some(draft::hint_images_changed(lang)),
            CommandError::FileExists { .. } => Some(say::file_exists_hint(lang)),
            CommandError::WouldReplace { .. } => Some(say::would_replace_hint(lang)),
            CommandError::PredictsTokens => Some(tokens::hint_predicts_tokens(lang)),
            CommandError::CannotWrite(error) => error.hint(lang),
            CommandError::SoundWithoutFile => Some(tokens::hint_sound_without_file(lang)),
            CommandError::Prompt(TextError::Sound) => None,
            CommandError::Prompt(_) => Some(tokens::hint_prompt(lang)),
            CommandError::File { .. } | CommandError::ReadsNoTokens => None,
        }
    }
}

display_in_english!(CommandError);

impl std::error::Error for CommandError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CommandError::Lab(error) => Some(error.as_ref()),
            CommandError::File { source, .. } => Some(source),
            CommandError::ModelFile { source, .. } => Some(source),
            CommandError::Model(errors) => Some(errors),
            CommandError::NotExported { source, .. } => Some(source),
            CommandError::Onnx { source, .. } => Some(source.as_ref()),
            CommandError::Survey(error) => Some(error),
            CommandError::Page { source, .. } => Some(source),
            CommandError::ModelMetadataMalformed { source, .. } => Some(source),
            CommandError::CannotWrite(source) => Some(source),
            CommandError::Prompt(source) => Some(source),
            CommandError::PredictsTokens
            | CommandError::ReadsNoTokens
            | CommandError::SoundWithoutFile
            | CommandError::ModelUnclaimed { .. }
            | CommandError::ModelMetadata { .. }
            | CommandError::ModelAltered { .. }
            | CommandError::NoSuchScenario { .. }
            | CommandError::TargetAmongImages { .. }
            | CommandError::ImagesChanged { .. }
            | CommandError::FileExists { .. }
            | CommandError::WouldReplace { .. }
            | CommandError::OnnxClasses { .. }
            | CommandError::ModelInput { .. }
            | CommandError::NothingToQuantize { .. }
            | CommandError::AlreadyQuantized { .. }
            | CommandError::NotQuantized { .. }
            | CommandError::ScenarioWithoutData { .. } => None,
        }
    }
}

macro_rules! from {
    ($($source:ty),* $(,)?) => {
        $(impl From<$source> for CommandError {
            fn from(error: $source) -> Self {
                CommandError::Lab(Box::new(error.into()))
            }
        })*
    };
}

from!(LabError, Diagnostics, DataError, StoreError, EvidenceError, PredictError);

impl From<SurveyError> for CommandError {
    fn from(error: SurveyError) -> Self {
        CommandError::Survey(error)
    }
}

impl From<ModelErrors> for CommandError {
    fn from(errors: ModelErrors) -> Self {
        CommandError::Model(errors)
    }
}
