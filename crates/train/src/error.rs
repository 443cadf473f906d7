use proofmark_engine::RunError;
use proofmark_messages::{Lang, Localize, bytes, display_in_english, train as say};
use proofmark_model::ModelErrors;

use crate::event::RecordError;
use crate::predict::PredictError;

/// Why a training stopped without a model.
#[derive(Debug)]
#[non_exhaustive]
pub enum TrainError {
    /// The training's spec does not fit the model.
    Model(ModelErrors),
    /// There is nothing to train on.
    NoSamples,
    /// A number that the model's embedding has no row for.
    Token {
        /// Identity of the sample.
        sample: u64,
        /// Its position in the sample, from 0.
        position: usize,
        /// The number.
        value: f32,
        /// The tokens are the integers below it.
        vocabulary: usize,
    },
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
        /// The step of the newest checkpoint, which is kept; `None` before the first.
        saved_step: Option<u64>,
    },
    /// The gradient's norm is NaN or infinite. The last checkpoint is kept.
    GradientNotFinite {
        /// Epoch, from 1.
        epoch: u32,
        /// Step since training began, from 1.
        step: u64,
        /// The learning rate of the step.
        learning_rate: f64,
        /// The step of the newest checkpoint, which is kept; `None` before the first.
        saved_step: Option<u64>,
    },
    /// A parameter, a statistic or what the optimizer remembers is NaN or infinite after a step. The last checkpoint is kept.
    StateNotFinite {
        /// The state's name.
        name: String,
        /// Epoch, from 1.
        epoch: u32,
        /// Step since training began, from 1.
        step: u64,
        /// The learning rate of the step.
        learning_rate: f64,
        /// The step of the newest checkpoint, which is kept; `None` before the first.
        saved_step: Option<u64>,
    },
    /// The model's predictions do not match the labels, or one is NaN or infinite.
    Predict(PredictError),
    /// Folds of samples with a label for each step.
    FoldsOfSteps,
    /// Folds of samples from each of which a sequence of labels is read.
    FoldsOfSequences,
    /// Folds of samples whose predictions are compared with each other.
    FoldsOfEmbeddings,
    /// Classes that do not train, and a model that is to name them.
    HeldOutWithoutEmbeddings,
    /// A metric of pairs, and a model that does not give embeddings.
    PairsWithoutEmbeddings {
        /// The metric.
        metric: &'static str,
    },
    /// What sequences of labels have not, of a model that reads them.
    MetricOfSequences {
        /// The metric, or what else there is none of.
        metric: &'static str,
    },
    /// A metric of sequences of labels, and a model that reads none.
    ReadingsWithoutSequences {
        /// The metric.
        metric: &'static str,
    },
    /// The calibration of probabilities, and a model that gives embeddings.
    CalibrationOfEmbeddings,
    /// A threshold that is to be chosen on validation, and no validation.
    ThresholdWithoutValidation,
    /// Something in the spec must be at least 1.
    Zero {
        /// Where: `train.batch_size`.
        key: &'static str,
    },
    /// Batch normalisation would see a single number a channel: its variance is 0, and nothing is learnt.
    BatchNormOfOne {
        /// Samples of a step.
        batch_size: usize,
        /// Samples of the training set.
        samples: usize,
    },
    /// Samples that are no series, or have a class for each step, cannot be sorted by length.
    LengthBuckets,
    /// The model does not fit samples of a bucket's length.
    LengthBucket {
        /// Steps of the bucket's longest sample.
        steps: usize,
        /// What does not fit; `None` where parameters would have other shapes.
        cause: Option<ModelErrors>,
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
    /// The machine has not what the training needs, or may not give it.
    Resources(RunError),
    /// A step could not run: a mistake of ours.
    Run(RunError),
}

impl Localize for TrainError {
    fn text(&self, lang: Lang) -> String {
        match self {
            TrainError::Model(errors) => errors.text(lang),
            TrainError::NoSamples => say::no_training_samples(lang),
            TrainError::Token { sample, position, value, vocabulary } => {
                say::token(lang, sample, position, value, vocabulary)
            }
            TrainError::EarlyStoppingWithoutValidation => say::early_stopping_without_validation(lang),
            TrainError::LossNotFinite { loss, epoch, step, .. } => say::loss_not_finite(lang, loss, epoch, step),
            TrainError::GradientNotFinite { epoch, step, .. } => say::gradient_not_finite(lang, epoch, step),
            TrainError::StateNotFinite { name, epoch, step, .. } => say::state_not_finite(lang, name, epoch, step),
            TrainError::Predict(error) => error.text(lang),
            TrainError::FoldsOfSteps => say::folds_of_steps(lang),
            TrainError::FoldsOfSequences => say::folds_of_sequences(lang),
            TrainError::FoldsOfEmbeddings => say::folds_of_embeddings(lang),
            TrainError::MetricOfSequences { metric } => say::metric_of_sequences(lang, metric),
            TrainError::ReadingsWithoutSequences { metric } => say::label_error_rate_without_sequences(lang, metric),
            TrainError::PairsWithoutEmbeddings { metric } => say::pairs_without_embeddings(lang, metric),
            TrainError::CalibrationOfEmbeddings => say::calibration_of_embeddings(lang),
            TrainError::ThresholdWithoutValidation => say::threshold_without_validation(lang),
            TrainError::HeldOutWithoutEmbeddings => say::held_out_without_embeddings(lang),
            TrainError::Zero { key } => say::at_least_one(lang, key),
            TrainError::BatchNormOfOne { batch_size, samples } => say::batch_norm_of_one(lang, batch_size, samples),
            TrainError::LengthBuckets => say::length_buckets(lang),
            TrainError::LengthBucket { steps, cause: Some(errors) } => {
                say::length_bucket(lang, steps, errors.text(lang))
            }
            TrainError::LengthBucket { steps, cause: None } => say::length_bucket_parameters(lang, steps),
            TrainError::ResumeDiffers { expected, received } => say::resume_differs(lang, expected, received),
            TrainError::ResumeState { name } => say::resume_state(lang, name),
            TrainError::NotRecorded(cause) => say::not_recorded(lang, cause.text(lang)),
            TrainError::Resources(error) => resources(error, lang),
            TrainError::Run(error) => error.to_string(),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            TrainError::Model(errors) => errors.hint(lang),
            TrainError::LossNotFinite { learning_rate, saved_step, .. }
            | TrainError::GradientNotFinite { learning_rate, saved_step, .. }
            | TrainError::StateNotFinite { learning_rate, saved_step, .. } => {
                let hint = say::loss_not_finite_hint(lang, learning_rate);
                let kept = saved_step.map(|step| say::checkpoint_kept(lang, step)).unwrap_or_default();
                Some(format!("{hint}{kept}"))
            }
            TrainError::Predict(error) => error.hint(lang),
            TrainError::FoldsOfSteps | TrainError::FoldsOfSequences | TrainError::FoldsOfEmbeddings => {
                Some(say::folds_of_steps_hint(lang))
            }
            TrainError::MetricOfSequences { .. } => Some(say::metric_of_sequences_hint(lang)),
            TrainError::ReadingsWithoutSequences { .. } => Some(say::label_error_rate_without_sequences_hint(lang)),
            TrainError::PairsWithoutEmbeddings { .. } => Some(say::pairs_without_embeddings_hint(lang)),
            TrainError::CalibrationOfEmbeddings => Some(say::calibration_of_embeddings_hint(lang)),
            TrainError::ThresholdWithoutValidation => Some(say::early_stopping_without_validation_hint(lang)),
            TrainError::HeldOutWithoutEmbeddings => Some(say::held_out_without_embeddings_hint(lang)),
            TrainError::Token { .. } => Some(say::token_hint(lang)),
            TrainError::BatchNormOfOne { .. } => Some(say::batch_norm_of_one_hint(lang)),
            TrainError::LengthBuckets => Some(say::length_buckets_hint(lang)),
            TrainError::LengthBucket { .. } => Some(say::length_bucket_hint(lang)),
            TrainError::Resources(RunError::Threads { .. }) => Some(say::threads_hint(lang)),
            TrainError::Resources(RunError::ShardSamples { .. }) => Some(say::shard_samples_hint(lang)),
            TrainError::Resources(_) => Some(say::memory_hint(lang)),
            TrainError::ResumeDiffers { .. } | TrainError::ResumeState { .. } => Some(say::resume_differs_hint(lang)),
            TrainError::EarlyStoppingWithoutValidation => Some(say::early_stopping_without_validation_hint(lang)),
            TrainError::NotRecorded(cause) => cause.hint(lang).or_else(|| Some(say::not_recorded_hint(lang))),
            TrainError::NoSamples | TrainError::Zero { .. } | TrainError::Run(_) => None,
        }
    }
}

display_in_english!(TrainError);

impl std::error::Error for TrainError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TrainError::Model(errors) | TrainError::LengthBucket { cause: Some(errors), .. } => Some(errors),
            TrainError::NotRecorded(cause) => Some(&**cause),
            TrainError::Predict(error) => Some(error),
            TrainError::Run(error) | TrainError::Resources(error) => Some(error),
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
        match error {
            RunError::Memory { .. }
            | RunError::Allocation { .. }
            | RunError::Threads { .. }
            | RunError::ShardSamples { .. } => TrainError::Resources(error),
            error => TrainError::Run(error),
        }
    }
}

/// What the machine lacks, in words.
fn resources(error: &RunError, lang: Lang) -> String {
    match error {
        RunError::Memory { memory, limit_bytes } => {
            let a_thread = memory.arena_bytes.saturating_add(memory.scratch_bytes);
            let [total, limit, states, batch, a_thread] =
                [memory.total_bytes(), *limit_bytes, memory.state_bytes, memory.batch_bytes, a_thread].map(bytes);
            say::memory(lang, total, limit, states, batch, a_thread, memory.threads)
        }
        RunError::Allocation { bytes: size } => say::allocation(lang, bytes(*size)),
        RunError::Threads { requested, started, cause } => say::threads(lang, requested, started, cause),
        RunError::ShardSamples { received } => say::shard_samples(lang, received),
        other => other.to_string(),
    }
}
