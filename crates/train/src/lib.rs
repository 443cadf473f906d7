//! The training loop, metrics and checkpoints.
//!
//! Entry points: [`train`](training::train) runs epochs over prepared data and tells a [`Recorder`] what happens;
//! [`predict`] runs a model over samples; [`calibrate`](mod@calibrate) rounds its weights to 8 bits; [`metrics::evaluate`] measures what it said;
//! [`generate`] goes on with a sequence;
//! [`cross_validation`] trains folds;
//! [`checkpoint`] is the saved state from which a training goes on with the same bits;
//! [`learning_rate_finder`] and [`training::Probe`] measure a training before it is run.
//!
//! This crate does not know: databases, HTTP, folders, terminals; where events and checkpoints go is the recorder's.

pub mod calibrate;
pub mod checkpoint;
mod class_weights;
pub mod cross_validation;
mod early_stopping;
mod error;
mod event;
pub mod generate;
pub mod learning_rate_finder;
pub mod metrics;
mod mixup;
pub mod predict;
mod spec;
mod states;
mod targets;
mod tokens;
pub mod training;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use class_weights::ClassWeights;
pub use early_stopping::{EarlyStopping, EarlyStoppingSpec, Monitor};
pub use error::TrainError;
pub use event::{EpochEnd, Event, Progress, RecordError, Recorder, StopReason};
pub use spec::{EvaluateSpec, TrainSpec};
pub use targets::check_steps;
pub use training::{Trained, train};
