//! The training, epoch by epoch.

use super::number;
use serde::{Deserialize, Serialize};

/// The training, epoch by epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The epochs that were finished, or begun and stopped in.
    pub epochs: Vec<Epoch>,
    /// The epoch whose parameters were kept; `None` if none was.
    pub best_epoch: Option<u64>,
    /// Why the training ended.
    pub stopped: TrainingStop,
}

/// One pass over the training rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Its number, from 1.
    pub epoch: u64,
    /// Mean loss on train during the epoch; may be NaN or infinite.
    #[serde(with = "number")]
    pub train_loss: f64,
    /// Mean loss on validation after it.
    #[serde(with = "number::option")]
    pub validation_loss: Option<f64>,
    /// Accuracy on train during the epoch, 0 to 1.
    #[serde(with = "number::option")]
    pub train_accuracy: Option<f64>,
    /// Accuracy on validation after it, 0 to 1.
    #[serde(with = "number::option")]
    pub validation_accuracy: Option<f64>,
    /// The learning rate at its end.
    #[serde(with = "number")]
    pub learning_rate: f64,
    /// Time spent training, without validation.
    #[serde(with = "number")]
    pub seconds: f64,
    /// SHA-256 of the parameters after it, which `reproduce` compares; empty if not taken.
    pub parameters_digest: String,
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TrainingStop {
    /// All epochs of the spec were trained.
    #[default]
    Finished,
    /// Validation did not improve for the epochs that the spec allows.
    EarlyStopping,
    /// The loss was not a finite number at this step.
    LossNotFinite {
        /// The global step, from 1.
        step: u64,
    },
    /// Somebody stopped it; it can go on.
    Interrupted,
    /// A study stopped it, since it was hardly going to be among the best.
    Pruned,
}
