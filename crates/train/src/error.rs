use proofmark_engine::RunError;
use proofmark_messages::{Lang, Localize, display_in_english, train as say};
use proofmark_model::ModelErrors;

use crate::event::RecordError;

/// Why a training stopped without a model.
#[derive(Debug)]
#[non_exhaustive]
pub enum TrainError {
    /// The training's spec does not fit the model.
    Model(ModelErrors),
    /// There is nothing to train on.
    NoSamples,
    /// Early stopping watches validation, and there is none.
    EarlyStoppingWithoutValidation,
    /// The loss of a sample is NaN or infinite. The last checkpoint is kept.
    LossNotFinite {
        /// The loss.
        loss: f32,
        /// Epoch, from 1.
        epoch: u32,
        /// Step since training began, from 1.
        step: u64,
        /// The learning rate of the step.
        learning_rate: f64,
    },
    /// The gradient's norm is NaN or infinite. The last checkpoint is kept.
    GradientNotFinite {
        /// Epoch, from 1.
        epoch: u32,
        /// Step since training began, from 1.
        step: u64,
        /// The learning rate of the step.
        learning_rate: f64,
    },
    /// The checkpoint belongs to another training.
    ResumeDiffers {
        /// Digest of this training.
        expected: String,
        /// Digest of the checkpoint's.
        received: String,
    },
    /// The checkpoint lacks a state.
    ResumeState {
        /// The state's name.
        name: String,
    },
    /// What happened could not be recorded.
    NotRecorded(RecordError),
    /// A step could not run: a mistake of ours.
    Run(RunError),
}

impl Localize for TrainError {
    fn text(&self, lang: Lang) -> String {
        match self {
            TrainError::Model(errors) => errors.text(lang),
            TrainError::NoSamples => say::no_training_samples(lang),
            TrainError::EarlyStoppingWithoutValidation => say::early_stopping_without_validation(lang),
            TrainError::LossNotFinite { loss, epoch, step, .. } => say::loss_not_finite(lang, loss, epoch, step),
            TrainError::GradientNotFinite { epoch, step, .. } => say::gradient_not_finite(lang, epoch, step),
            TrainError::ResumeDiffers { expected, received } => say::resume_differs(lang, expected, received),
            TrainError::ResumeState { name } => say::resume_state(lang, name),
            TrainError::NotRecorded(cause) => say::not_recorded(lang, cause),
            TrainError::Run(error) => error.to_string(),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            TrainError::Model(errors) => errors.hint(lang),
            TrainError::LossNotFinite { learning_rate, .. } | TrainError::GradientNotFinite { learning_rate, .. } => {
                Some(say::loss_not_finite_hint(lang, learning_rate))
            }
            TrainError::ResumeDiffers { .. } | TrainError::ResumeState { .. } => Some(say::resume_differs_hint(lang)),
            TrainError::EarlyStoppingWithoutValidation => Some(say::early_stopping_without_validation_hint(lang)),
            TrainError::NotRecorded(_) => Some(say::not_recorded_hint(lang)),
            TrainError::NoSamples | TrainError::Run(_) => None,
        }
    }
}

display_in_english!(TrainError);

impl std::error::Error for TrainError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TrainError::Model(errors) => Some(errors),
            TrainError::NotRecorded(cause) => Some(cause.as_ref()),
            TrainError::Run(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ModelErrors> for TrainError {
    fn from(errors: ModelErrors) -> Self {
        TrainError::Model(errors)
    }
}

impl From<RunError> for TrainError {
    fn from(error: RunError) -> Self {
        TrainError::Run(error)
    }
}
