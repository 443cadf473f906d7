use proofmark_data::PreparedSet;
use proofmark_model::{
    Accumulated, Average, CheckedModel, Clip, Loss, Mixup, ModelErrors, Optimizer, Precision, Regularizer, Schedule,
    Training, TrainingParts,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::class_weights::ClassWeights;
use crate::early_stopping::EarlyStoppingSpec;
use crate::error::TrainError;
use crate::metrics::Metric;
use crate::training::Lengths;

/// How a model is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainSpec {
    /// How many times all training samples are seen, at most.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub epochs: u32,
    /// Samples of one step; with `accumulate`, of one of its parts. Default 32.
    #[serde(default = "default_batch_size")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub batch_size: usize,
    /// Samples of a shard: what one thread computes alone. It decides bits, and how many threads a step can use
    /// (`batch_size / shard_size`). Default 8.
    #[serde(default = "default_shard_size")]
    #[schemars(range(min = 1, max = 1024))]
    pub shard_size: usize,
    /// How many batches make a step: their gradients are added, so that a step of `accumulate * batch_size` samples needs the memory of
    /// `batch_size`. Default 1.
    #[serde(default = "default_accumulate", skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub accumulate: usize,
    /// Buckets of about the same length into which series are sorted: a batch takes its samples from one of them, padded to that
    /// bucket's longest, so that less is computed for padding. The model must not depend on padding: `sequence_length` tells a layer
    /// where series end. It decides bits. Default 1: all are padded to the longest of all.
    #[serde(default = "default_length_buckets", skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 64))]
    pub length_buckets: usize,
    /// What is minimised.
    pub loss: Loss,
    /// What the samples of each class count in that: `balanced`, or a list with a number for each class. Default: all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_weights: Option<ClassWeights>,
    /// How parameters follow their gradients.
    pub optimizer: Optimizer,
    /// How the learning rate changes. Default: not at all.
    #[serde(default)]
    pub schedule: Schedule,
    /// Penalties on the kernels of layers that have none of their own. Default: none.
    #[serde(default)]
    pub regularization: Regularizer,
    /// Limits on the gradients. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<Clip>,
    /// Mixing the samples of a batch with each other, after each was augmented. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mixup: Option<Mixup>,
    /// An average of the weights, which is evaluated and becomes the model. Default: none, the weights themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<Average>,
    /// How activations are stored from the forward to the backward pass: `f32`, or `bf16` in half the memory. It decides bits.
    /// Default f32.
    #[serde(default, skip_serializing_if = "Precision::is_f32")]
    pub precision: Precision,
    /// When to stop before all epochs are done. Default: never. The model always gets the parameters of its best epoch on
    /// validation, where there is validation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStoppingSpec>,
    /// Seconds from one checkpoint to the next within an epoch; every epoch ends with one. Changes no bit. Default 60.
    #[serde(default = "default_checkpoint_seconds")]
    #[schemars(range(min = 0.0, max = 86_400.0))]
    pub checkpoint_seconds: f64,
}

impl TrainSpec {
    /// Checks what needs no model: what the JSON Schema says too, for those who build a spec in Rust.
    ///
    /// # Errors
    /// [`TrainError::Zero`]; a schedule's parameters outside their ranges.
    pub fn check(&self) -> Result<(), TrainError> {
        let at_least_one = [
            ("train.epochs", u64::from(self.epochs)),
            ("train.batch_size", self.batch_size as u64),
            ("train.shard_size", self.shard_size as u64),
            ("train.accumulate", self.accumulate as u64),
            ("train.length_buckets", self.length_buckets as u64),
        ];
        match at_least_one.into_iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => Err(TrainError::Zero { key }),
            None => Ok(self.schedule.check("train.schedule")?),
        }
    }

    /// Checks how the model's batch normalisation and the sizes of the steps fit.
    ///
    /// # Errors
    /// [`TrainError::BatchNormOfOne`] if a step would give it one number a channel; what [`TrainSpec::training_graph`] says.
    pub fn check_batches(&self, model: &CheckedModel, samples: usize) -> Result<(), TrainError> {
        self.check_batches_of(model, &[samples])
    }

    /// As [`TrainSpec::check_batches`], for samples in several buckets.
    pub(crate) fn check_batches_of(&self, model: &CheckedModel, counts: &[usize]) -> Result<(), TrainError> {
        let batch_size = self.batch_size.max(1);
        let has_step_of_one = batch_size == 1 || counts.iter().any(|samples| samples % batch_size == 1);
        if has_step_of_one && self.training_graph(model)?.normalizes_single_positions() {
            return Err(TrainError::BatchNormOfOne { batch_size, samples: counts.iter().sum() });
        }
        Ok(())
    }

    /// Checks whether the samples have lengths to sort them by, and the model fits each of them.
    ///
    /// # Errors
    /// [`TrainError::LengthBuckets`], [`TrainError::LengthBucket`]
    pub fn check_length_buckets(&self, model: &CheckedModel, set: &PreparedSet) -> Result<(), TrainError> {
        Lengths::new(self, set)?.shorter(model).map(drop)
    }

    /// The graph of a training step of this model.
    ///
    /// # Errors
    /// What does not fit; see [`CheckedModel::training_graph`].
    pub fn training_graph(&self, model: &CheckedModel) -> Result<Training, ModelErrors> {
        self.class_weights.as_ref().map_or(Ok(()), |weights| weights.check(model))?;
        model.training_graph_of(&self.parts(model))
    }

    /// The same step in two graphs, for `accumulate` parts.
    ///
    /// # Errors
    /// As [`TrainSpec::training_graph`].
    pub(crate) fn accumulated_graphs(&self, model: &CheckedModel) -> Result<Accumulated, ModelErrors> {
        model.accumulated_graphs(&self.parts(model))
    }

    /// Samples of a step, at most.
    pub fn step_samples(&self) -> usize {
        self.batch_size.saturating_mul(self.accumulate)
    }

    fn parts(&self, model: &CheckedModel) -> TrainingParts<'_> {
        TrainingParts {
            loss: &self.loss,
            optimizer: &self.optimizer,
            regularizer: &self.regularization,
            clip: self.clip,
            mixup: self.mixup,
            average: self.average,
            precision: self.precision,
            weighs_steps: self.class_weights.is_some() && model.predicts_steps(),
        }
    }
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluateSpec {
    /// Which metrics. Default: accuracy, loss, calibration_error, confusion.
    #[serde(default = "default_metrics")]
    #[schemars(length(min = 1))]
    pub metrics: Vec<Metric>,
    /// By which columns results are sliced; only the target so far. Default: none.
    #[serde(default)]
    pub slices: Vec<String>,
}

impl Default for EvaluateSpec {
    fn default() -> Self {
        EvaluateSpec { metrics: default_metrics(), slices: Vec::new() }
    }
}

fn default_batch_size() -> usize {
    32
}

fn default_accumulate() -> usize {
    1
}

fn default_length_buckets() -> usize {
    1
}

// Serde passes a reference.
fn is_one(number: &usize) -> bool {
    *number == 1
}

fn default_shard_size() -> usize {
    8
}

fn default_checkpoint_seconds() -> f64 {
    60.0
}

fn default_metrics() -> Vec<Metric> {
    vec![Metric::Accuracy, Metric::Loss, Metric::CalibrationError, Metric::Confusion]
}
