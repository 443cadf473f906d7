use proofmark_messages::Localize;
use serde::{Deserialize, Serialize};

/// An error that can be told to a person.
pub trait Told: std::error::Error + Localize + Send + Sync {}

impl<E: std::error::Error + Localize + Send + Sync> Told for E {}

/// Why recording failed; what the recorder's own error is, boxed.
pub type RecordError = Box<dyn Told>;

impl<'a, E: Told + 'a> From<E> for Box<dyn Told + 'a> {
    fn from(error: E) -> Self {
        Box::new(error)
    }
}

/// Where a training tells what happens. Implemented over the folder of a run, and in memory for tests.
pub trait Recorder {
    /// Something that belongs to the record. When this returns, it may be acknowledged to a person.
    ///
    /// # Errors
    /// Whatever keeps it from being recorded; the training then stops.
    fn event(&mut self, event: &Event) -> Result<(), RecordError>;

    /// Saves a checkpoint after this many complete epochs and steps; `is_epoch_end` says that no epoch is half done.
    ///
    /// # Errors
    /// As [`Recorder::event`].
    fn checkpoint(&mut self, epochs: u32, step: u64, is_epoch_end: bool, bytes: &[u8]) -> Result<(), RecordError>;

    /// How much has been recorded, in the recorder's own measure: what a resume goes back to. Part of each checkpoint.
    fn position(&self) -> u64 {
        0
    }

    /// How far the training is; called often, and not part of the record.
    fn progress(&mut self, _progress: &Progress) {}

    /// Asked after every step: true ends the training after a checkpoint (Ctrl-C).
    fn is_interrupted(&self) -> bool {
        false
    }

    /// Asked after every epoch, once it is on record, and where a training goes on: true ends it, because whoever runs it
    /// expects nothing of it any more (a study's pruner).
    fn is_pruned(&self) -> bool {
        false
    }

    /// Seconds since some moment, for durations in events; they are observations, never evidence. The clock is the
    /// recorder's, since this crate reads none.
    fn seconds(&self) -> f64 {
        0.0
    }
}

/// What happens during a training, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Training begins, or goes on after `epochs_done` epochs and `step` steps.
    TrainingStarted {
        /// Epochs that are complete.
        epochs_done: u32,
        /// Steps that are complete.
        step: u64,
    },
    /// An epoch is complete.
    EpochEnded(EpochEnd),
    /// Training stopped.
    TrainingEnded {
        /// Why.
        reason: StopReason,
        /// Epochs that are complete.
        epochs: u32,
        /// The epoch whose parameters the model has, from 1; 0 for untrained.
        best_epoch: u32,
    },
}

/// What an epoch gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochEnd {
    /// The epoch, from 1.
    pub epoch: u32,
    /// Steps since training began.
    pub step: u64,
    /// Mean loss over the epoch's training samples, as they were met: augmented, and with dropout; with mixup, the mixed
    /// loss.
    pub train_loss: f64,
    /// Share of them that was right; with mixup, a prediction is right that names the label with the larger share (of two
    /// equal ones, the sample's own).
    pub train_accuracy: f64,
    /// Mean loss over the validation set after the epoch; absent without one.
    pub validation_loss: Option<f64>,
    /// Share of it that was right.
    pub validation_accuracy: Option<f64>,
    /// The learning rate of the last step.
    pub learning_rate: f64,
    /// SHA-256 of the model's parameters and statistics, hexadecimal: what `reproduce` compares.
    pub parameters_digest: String,
    /// Seconds of training, validation left out; an observation.
    pub seconds: f64,
}

/// Why a training stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// All epochs are done.
    Epochs,
    /// What early stopping watches did not get better.
    EarlyStopping,
    /// Whoever runs it expects nothing of it any more.
    Pruned,
    /// The person asked.
    Interrupted,
}

/// How far a training is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The epoch that runs, from 1.
    pub epoch: u32,
    /// All epochs.
    pub epochs: u32,
    /// Steps done in this epoch.
    pub step: usize,
    /// Steps of an epoch.
    pub steps: usize,
    /// Samples done in this epoch.
    pub samples: usize,
    /// Mean loss of the epoch so far.
    pub loss: f64,
}
