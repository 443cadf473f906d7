//! What to set, measured on the person's own data: a learning rate by a range test, a batch size by what it takes and how fast it is.
//!
//! The rate follows from spec, data and seed, bit for bit. The batch size follows from a clock, and is an observation: it is never
//! evidence, and nothing is set by itself.

use proofmark_data::PreparedSet;
use proofmark_engine::RunError;
use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::plan::PlanOptions;
use proofmark_model::CheckedModel;
use proofmark_train::learning_rate_finder::{RangeCurve, RangeTest, range_test};
use proofmark_train::training::{Probe, TrainingInput};
use proofmark_train::{TrainError, TrainSpec};
use serde::Serialize;

use crate::RunSpec;
use crate::command_error::CommandError;
use crate::error::LabError;
use crate::host::{Host, Observation};
use crate::pipeline::{SpecSource, executor, prepare_run, read_spec};
use crate::spec::read::Read;
use crate::spec::tree::NodeValue;

/// What to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdviceQuestions {
    /// The learning rate.
    pub learning_rate: bool,
    /// The batch size.
    pub batch_size: bool,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    /// The learning rate, if it was asked for.
    pub learning_rate: Option<RateMeasurement>,
    /// The batch size, if it was asked for.
    pub batch_size: Option<BatchMeasurement>,
}

/// A range test of the spec's training.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RateMeasurement {
    /// The spec's rate.
    pub now: f64,
    /// The batch size that it was measured with, the spec's; at most the training rows.
    pub batch_size: usize,
    /// What to write after `--set`, if there is an advice.
    pub set: Option<String>,
    /// The curve, and what is read from it.
    #[serde(flatten)]
    pub curve: RangeCurve,
}

/// Batch sizes with what they take and give.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BatchMeasurement {
    /// The spec's.
    pub now: usize,
    /// Worker threads while it was measured.
    pub threads: usize,
    /// Those that were measured, rising; at least one.
    pub sizes: Vec<BatchSize>,
    /// The smallest size whose speed is within a tenth of the best: steps that cost nothing more are better taken.
    pub advice: usize,
    /// What to write after `--set`.
    pub set: String,
    /// The first size that the machine's memory does not hold, if it came to that.
    pub beyond_memory: Option<BeyondMemory>,
}

/// A batch size as measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BatchSize {
    /// Samples of a step.
    pub batch_size: usize,
    /// Training samples a second, the best of [`BLOCKS`] blocks of steps.
    pub samples_per_second: f64,
    /// What a training so holds in memory besides the data.
    pub memory_bytes: usize,
    /// Steps of an epoch.
    pub steps_per_epoch: usize,
}

/// A batch size that needs more memory than there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BeyondMemory {
    /// The size.
    pub batch_size: usize,
    /// What it needs, at least.
    pub memory_bytes: usize,
    /// What it may have.
    pub limit_bytes: usize,
}

/// The smallest size that is measured, and the largest; each is twice the one before. Larger batches are rarely faster on a CPU, and
/// small ones generalise at least as well (Masters, Luschi 2018, "Revisiting Small Batch Training").
const SIZES: (usize, usize) = (16, 1024);

/// Steps of an epoch at least, but for the smallest size: with fewer, speed is no gain.
const LEAST_STEPS: usize = 10;

/// Blocks of steps that are timed of each size. What disturbs a machine makes it slower, never faster: the best block counts.
pub const BLOCKS: usize = 3;

/// Seconds of a block at least, and steps of one at most.
const BLOCK_SECONDS: f64 = 0.3;
const BLOCK_STEPS: usize = 200;

/// A size counts as fast when it does this share of the best one's samples a second.
const FAST: f64 = 0.9;

/// Measures. Nothing is written; the test set is not looked at. `None` if the gate refuses the data.
///
/// # Errors
/// A spec or data that cannot be used; a training that cannot begin.
pub fn advise(
    source: &SpecSource,
    questions: AdviceQuestions,
    host: &mut dyn Host,
) -> Result<Option<Advice>, CommandError> {
    let read = read_spec(source)?;
    let prepared = prepare_run(&read, &source.base, host)?;
    let (Some(data), Some(model)) = (&prepared.preparation.prepared, &prepared.model) else { return Ok(None) };
    let subject = Subject { read: &read, model, train: &data.train, validation: &data.validation };
    let learning_rate = questions.learning_rate.then(|| subject.learning_rate(host)).transpose()?;
    let batch_size = questions.batch_size.then(|| subject.batch_size(host)).transpose()?;
    Ok(Some(Advice { learning_rate, batch_size }))
}

/// What is measured on.
struct Subject<'a> {
    read: &'a Read<RunSpec>,
    model: &'a CheckedModel,
    train: &'a PreparedSet,
    validation: &'a PreparedSet,
}

impl Subject<'_> {
    fn input<'a>(&'a self, spec: &'a TrainSpec, executor: CpuExecutor) -> TrainingInput<'a> {
        TrainingInput {
            model: self.model,
            spec,
            train: self.train,
            validation: self.validation,
            seed: self.read.value.seed,
            // Of checkpoints, and there are none.
            training_digest: "",
            executor,
            stop_after: None,
        }
    }

    fn learning_rate(&self, host: &mut dyn Host) -> Result<RateMeasurement, LabError> {
        let spec = &self.read.value.train;
        let input = self.input(spec, executor(host));
        let curve = range_test(input, RangeTest::default(), &mut |done, total| {
            host.observe(Observation::Measure { done, total });
            !host.is_interrupted()
        })?;
        let set = curve.advice.map(|advice| self.rate_to_set(advice.learning_rate));
        let batch_size = spec.batch_size.min(self.train.len());
        Ok(RateMeasurement { now: spec.optimizer.learning_rate(), batch_size, set, curve })
    }

    /// The override that sets a rate: an optimizer that stands as a word has no key to set.
    fn rate_to_set(&self, rate: f64) -> String {
        let kind = self.read.value.train.optimizer.kind();
        match self.read.tree.at("train.optimizer").map(|node| &node.value) {
            Some(NodeValue::Map(_)) => format!("train.optimizer.{kind}.learning_rate={rate}"),
            _ => format!("train.optimizer={{ {kind}: {{ learning_rate: {rate} }} }}"),
        }
    }

    fn batch_size(&self, host: &mut dyn Host) -> Result<BatchMeasurement, LabError> {
        let spec = &self.read.value.train;
        let rows = self.train.len();
        let (smallest, largest) = SIZES;
        // Of fewer rows than the smallest size, all are one batch.
        let smallest = smallest.min(rows);
        let largest = largest.min(rows / LEAST_STEPS).max(smallest);
        let sizes = std::iter::successors(Some(smallest), |size| Some(size * 2));
        let sizes: Vec<usize> = sizes.take_while(|size| *size <= largest).collect();
        let mut measured: Vec<BatchSize> = Vec::new();
        let mut beyond_memory = None;
        for (idx, batch_size) in sizes.iter().copied().enumerate() {
            host.observe(Observation::Measure { done: idx, total: sizes.len() });
            let spec = TrainSpec { batch_size, ..spec.clone() };
            match self.measure(&spec, host) {
                Ok(size) => measured.push(size),
                Err(TrainError::Resources(RunError::Memory { memory, limit_bytes })) if !measured.is_empty() => {
                    let memory_bytes = memory.total_bytes();
                    beyond_memory = Some(BeyondMemory { batch_size, memory_bytes, limit_bytes });
                    break;
                }
                // A size whose last batch would be a single sample: the others do.
                Err(TrainError::BatchNormOfOne { .. }) if sizes.len() > 1 => {}
                Err(error) => return Err(error.into()),
            }
        }
        let best = measured.iter().map(|size| size.samples_per_second).fold(0.0, f64::max);
        let fast = measured.iter().find(|size| size.samples_per_second >= FAST * best);
        let advice = fast.map_or(spec.batch_size, |size| size.batch_size);
        Ok(BatchMeasurement {
            now: spec.batch_size,
            threads: host.threads(),
            sizes: measured,
            advice,
            set: format!("train.batch_size={advice}"),
            beyond_memory,
        })
    }

    /// Steps of one size against the clock.
    fn measure(&self, spec: &TrainSpec, host: &mut dyn Host) -> Result<BatchSize, TrainError> {
        let options = PlanOptions { shard_samples: spec.shard_size, ..PlanOptions::default() };
        let executor = CpuExecutor { options, ..executor(host) };
        // Known before any of it is taken.
        let graph = spec.training_graph(self.model)?.graph;
        let memory_bytes = executor.outline(&graph, spec.batch_size)?.memory.total_bytes();
        let mut probe = Probe::new(self.input(spec, executor))?;
        // The rate is nothing to the clock; one that moves nothing cannot diverge. The first step meets cold caches.
        const RATE: f64 = 1e-12;
        probe.step(RATE)?;
        let mut samples_per_second: f64 = 0.0;
        for _ in 0..BLOCKS {
            let started = host.seconds();
            let (mut seconds, mut samples, mut steps) = (0.0, 0, 0);
            while seconds < BLOCK_SECONDS && steps < BLOCK_STEPS && !host.is_interrupted() {
                samples += probe.step(RATE)?.1;
                steps += 1;
                seconds = host.seconds() - started;
            }
            samples_per_second = samples_per_second.max(samples as f64 / seconds.max(1e-6));
        }
        let steps_per_epoch = self.train.len().div_ceil(spec.batch_size);
        Ok(BatchSize { batch_size: spec.batch_size, samples_per_second, memory_bytes, steps_per_epoch })
    }
}
