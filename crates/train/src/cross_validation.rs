//! One fold of a cross-validation: trained from its own initial parameters, measured on the rows that it did not see.
//!
//! The fold's seed is 64 bits of the stream `cross-validation fold` at the fold's number, so that folds differ in initial
//! parameters, order of samples, dropout and augmentation as two runs would. What stops a training or lowers its rate must not
//! be the rows that it is measured on: where the spec asks for either, an inner validation split is cut from the rows that train
//! (see [`Prepared::fold`](proofmark_data::Prepared::fold)); otherwise all epochs are trained and the last one counts.

use proofmark_data::{Fold, FoldSets};
use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::plan::PlanOptions;
use proofmark_model::{CheckedModel, Schedule};
use proofmark_tensor::random::Stream;

use crate::error::TrainError;
use crate::event::{Recorder, StopReason};
use crate::metrics::Predictions;
use crate::predict::Evaluator;
use crate::spec::TrainSpec;
use crate::training::{TrainingInput, parameters_digest, train};

/// The seed of a fold (from 1) of a run.
pub fn fold_seed(seed: u64, number: u32) -> u64 {
    let [low, high, ..] = Stream::new(seed, "cross-validation fold").u32s(0, u64::from(number), 0);
    u64::from(high) << 32 | u64::from(low)
}

/// The share of a fold's train rows that is cut off to judge its epochs by: `share` if something in the spec reads it.
pub fn inner_validation(spec: &TrainSpec, share: f64) -> f64 {
    let is_read = spec.early_stopping.is_some() || matches!(spec.schedule, Schedule::ReduceOnPlateau(_));
    if is_read { share } else { 0.0 }
}

/// What a fold gave.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldTrained {
    /// What its model said about the rows that were held out, in their order.
    pub predictions: Predictions,
    /// Complete epochs.
    pub epochs: u32,
    /// The epoch of the model's parameters, from 1.
    pub best_epoch: u32,
    /// Why the training stopped; never because of the person.
    pub reason: StopReason,
    /// SHA-256 of the model's parameters.
    pub parameters_digest: String,
}

/// Trains a fold and measures it on its held-out rows; `None` if the person interrupted it. `seed` is the fold's own.
/// Checkpoints of it carry `training_digest`; where they go is the recorder's affair.
///
/// # Errors
/// [`TrainError`]
pub fn train_fold(
    model: &CheckedModel,
    spec: &TrainSpec,
    sets: &FoldSets,
    seed: u64,
    training_digest: &str,
    executor: CpuExecutor,
    recorder: &mut dyn Recorder,
) -> Result<Option<FoldTrained>, TrainError> {
    let (train_set, validation) = (&sets.train, &sets.validation);
    let input =
        TrainingInput { model, spec, train: train_set, validation, seed, training_digest, executor, stop_after: None };
    let mut trained = train(input, None, recorder)?;
    if trained.reason == StopReason::Interrupted {
        return Ok(None);
    }
    let options = PlanOptions { shard_samples: spec.shard_size, ..PlanOptions::default() };
    let mut evaluator = match trained.evaluator.take() {
        Some(evaluator) => evaluator,
        None => Evaluator::new(model, &spec.loss, CpuExecutor { options, ..executor }, &trained.state)?,
    };
    let predictions = evaluator.evaluate(&mut trained.state, &sets.held_out, |_| {})?;
    Ok(Some(FoldTrained {
        predictions,
        epochs: trained.epochs,
        best_epoch: trained.best_epoch,
        reason: trained.reason,
        parameters_digest: parameters_digest(&trained.state),
    }))
}

/// The predictions of all folds as one, in the order of the rows.
pub fn out_of_fold<'a>(folds: impl IntoIterator<Item = (&'a Fold, &'a Predictions)>) -> Predictions {
    let mut rows: Vec<(u32, &Predictions, usize)> = Vec::new();
    for (fold, predictions) in folds {
        rows.extend(fold.held_out.iter().enumerate().map(|(sample, row)| (*row, predictions, sample)));
    }
    rows.sort_unstable_by_key(|(row, ..)| *row);
    let mut whole =
        Predictions { classes: rows.first().map_or(1, |(_, first, _)| first.classes), ..Predictions::default() };
    for (_, predictions, sample) in rows {
        whole.probabilities.extend_from_slice(predictions.row(sample));
        whole.losses.push(predictions.losses[sample]);
        whole.labels.push(predictions.labels[sample]);
    }
    whole
}
