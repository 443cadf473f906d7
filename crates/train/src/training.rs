//! The loop: epochs of steps, each epoch judged on validation, the best kept.
//!
//! Every number here follows from the model, the spec, the prepared data and the seed: batches are cut from the epoch's
//! order, losses are summed in f64 in that order, and what decides (early stopping, schedules) reads only those sums.

mod accumulate;
mod feeds;
mod lengths;
mod probe;
mod step;

use std::collections::BTreeMap;

use proofmark_data::augment::Scratch;
use proofmark_data::{PreparedSet, epoch_order};
use proofmark_engine::cpu::{CpuExecutor, CpuSession, Outline};
use proofmark_engine::plan::PlanOptions;
use proofmark_engine::{StateBlock, StateRole};
use proofmark_model::{CheckedModel, Progress as SchedulePosition, ScheduleState, Training};

use crate::checkpoint::{self, Checkpoint, CheckpointProgress};
use crate::early_stopping::EarlyStopping;
use crate::error::TrainError;
use crate::event::{EpochEnd, Event, Progress, Recorder, StopReason};
use crate::metrics::Predictions;
use crate::mixup::Mixer;
use crate::predict::Evaluator;
use crate::spec::TrainSpec;
pub use crate::states::parameters_digest;
use crate::states::{load, states_of, swap_averages};
use crate::targets::{Targets, check_steps};
use crate::tokens::check_tokens;
use accumulate::Accumulator;
use lengths::Batches;
pub(crate) use lengths::Lengths;
pub use probe::Probe;

/// Everything that a training depends on, and where it runs.
#[derive(Clone, Copy)]
pub struct TrainingInput<'a> {
    /// The model.
    pub model: &'a CheckedModel,
    /// How it is trained.
    pub spec: &'a TrainSpec,
    /// What it is trained on, augmented as it says.
    pub train: &'a PreparedSet,
    /// What epochs are judged on; may be empty.
    pub validation: &'a PreparedSet,
    /// Seed of the run: initial parameters, order of samples, dropout, mixup.
    pub seed: u64,
    /// Digest of all that, for checkpoints.
    pub training_digest: &'a str,
    /// Threads and SIMD level; they change no bit. Its plan options are replaced by the spec's.
    pub executor: CpuExecutor,
    /// Stop after this many epochs in all, as if interrupted; to train one epoch again.
    pub stop_after: Option<u32>,
}

/// A trained model.
#[derive(Debug)]
pub struct Trained {
    /// The states: parameters of the best epoch (of the last one without validation), and the optimizer's last.
    pub state: StateBlock,
    /// Complete epochs.
    pub epochs: u32,
    /// The epoch of the model's parameters, from 1.
    pub best_epoch: u32,
    /// Why it stopped.
    pub reason: StopReason,
    /// What judged the epochs, ready to judge the model; `None` without validation.
    pub evaluator: Option<Evaluator>,
}

/// Trains a model, from the start or from a checkpoint.
///
/// # Errors
/// [`TrainError`]; what was checkpointed before is kept.
pub fn train(
    input: TrainingInput<'_>,
    resume: Option<Checkpoint>,
    recorder: &mut dyn Recorder,
) -> Result<Trained, TrainError> {
    let mut training = Run::new(input, resume)?;
    recorder
        .event(&Event::TrainingStarted { epochs_done: training.epochs_done, step: training.step })
        .map_err(TrainError::NotRecorded)?;
    let reason = training.epochs(recorder)?;
    let best_epoch = training.restore_best();
    let epochs = training.epochs_done;
    recorder.event(&Event::TrainingEnded { reason, epochs, best_epoch }).map_err(TrainError::NotRecorded)?;
    Ok(Trained { state: training.state, epochs, best_epoch, reason, evaluator: training.evaluator })
}

/// A training under way.
struct Run<'a> {
    input: TrainingInput<'a>,
    graph: Training,
    /// Of a graph for each bucket.
    session: CpuSession,
    lengths: Lengths,
    accumulator: Option<Accumulator>,
    evaluator: Option<Evaluator>,
    state: StateBlock,
    epochs_done: u32,
    step: u64,
    step_in_epoch: u64,
    running: Running,
    early_stopping: EarlyStopping,
    schedule: ScheduleState,
    best: Option<BTreeMap<String, Vec<f32>>>,
    /// The step of the newest checkpoint.
    saved_step: Option<u64>,
    buffers: Buffers,
}

/// What is summed up over an epoch.
#[derive(Clone, Copy, Debug, Default)]
struct Running {
    /// Of labels.
    loss: f64,
    right: u64,
    /// Labels that count: as many as samples, or as the steps of sequences.
    counted: u64,
    seconds: f64,
}

/// Memory of a step, allocated once.
struct Buffers {
    x: Vec<f32>,
    targets: Targets,
    other_targets: Targets,
    /// Of each class; empty where all count the same.
    class_weights: Vec<f32>,
    weights: Vec<f32>,
    /// Of each step, where classes of steps weigh something.
    step_weights: Vec<f32>,
    ids: Vec<u64>,
    scalars: Vec<[f32; 1]>,
    augment: Scratch,
    mixer: Option<Mixer>,
}

impl<'a> Run<'a> {
    fn new(input: TrainingInput<'a>, resume: Option<Checkpoint>) -> Result<Self, TrainError> {
        let TrainingInput { model, spec, .. } = input;
        if input.train.is_empty() {
            return Err(TrainError::NoSamples);
        }
        if spec.early_stopping.is_some() && input.validation.is_empty() {
            return Err(TrainError::EarlyStoppingWithoutValidation);
        }
        spec.check()?;
        let lengths = Lengths::new(spec, input.train)?;
        let shorter = lengths.shorter(model)?;
        spec.check_batches_of(model, lengths.counts())?;
        check_steps(model, input.train)?;
        check_steps(model, input.validation)?;
        check_tokens(model, input.train)?;
        check_tokens(model, input.validation)?;
        let options = PlanOptions { shard_samples: spec.shard_size, ..PlanOptions::default() };
        let executor = CpuExecutor { options, ..input.executor };
        let step_samples = spec.step_samples().min(input.train.len());
        // Before anything is allocated: a plan that needs more than there is must be an error, not an abort.
        let batch = |bucket: usize| spec.batch_size.min(lengths.counts()[bucket].max(1));
        let mut outlines = Vec::new();
        for (bucket, model) in shorter.iter().enumerate() {
            let graph = match spec.accumulate {
                1 => spec.training_graph(model)?,
                _ => spec.accumulated_graphs(model)?.part,
            };
            outlines.push(executor.outline(&graph.graph, batch(bucket))?);
        }
        let graph = spec.training_graph(model)?;
        let whole = executor.outline(&graph.graph, batch(shorter.len()))?;
        let mut state = StateBlock::try_new(&graph.graph)?;
        model.initialize(input.seed, &mut state);
        let (accumulator, graph) = match spec.accumulate {
            1 => {
                outlines.push(whole);
                (None, graph)
            }
            _ => {
                let (accumulator, part) = Accumulator::new(spec.accumulated_graphs(model)?, executor, &state)?;
                outlines.push(executor.outline(&part.graph, batch(shorter.len()))?);
                (Some(accumulator), part)
            }
        };
        let session = Outline::session_of(outlines, &state)?;
        let evaluator = match input.validation.is_empty() {
            true => None,
            false => Some(Evaluator::new(model, &spec.loss, executor, &state)?),
        };
        let elements = model.input_shape().elements();
        let targets = Targets::new(&spec.loss, model.output_shape(), step_samples);
        let targets_width = targets.width();
        let weighs_steps = spec.class_weights.is_some() && model.predicts_steps();
        let buffers = Buffers {
            x: vec![0.0; step_samples * elements],
            other_targets: targets.clone(),
            targets,
            class_weights: spec
                .class_weights
                .as_ref()
                .map_or_else(Vec::new, |weights| weights.of(model, input.train.labels())),
            weights: vec![1.0; step_samples],
            step_weights: if weighs_steps { vec![0.0; step_samples * targets_width] } else { Vec::new() },
            ids: vec![0; step_samples],
            scalars: vec![[0.0]; spec.optimizer.scalar_names().len() + usize::from(spec.average.is_some())],
            augment: input.train.augment_scratch(),
            mixer: spec.mixup.map(|mixup| Mixer::new(mixup, input.seed, step_samples, elements)),
        };
        let mut run = Run {
            input,
            graph,
            session,
            lengths,
            accumulator,
            evaluator,
            state,
            epochs_done: 0,
            step: 0,
            step_in_epoch: 0,
            running: Running::default(),
            early_stopping: EarlyStopping::default(),
            schedule: ScheduleState::default(),
            best: None,
            saved_step: None,
            buffers,
        };
        if let Some(checkpoint) = resume {
            run.resume(checkpoint)?;
        }
        Ok(run)
    }

    fn resume(&mut self, checkpoint: Checkpoint) -> Result<(), TrainError> {
        let Checkpoint { progress, states, best } = checkpoint;
        if progress.training_digest != self.input.training_digest {
            return Err(TrainError::ResumeDiffers {
                expected: self.input.training_digest.to_owned(),
                received: progress.training_digest,
            });
        }
        load(&mut self.state, &states, |_| true)?;
        if let Some(best) = &best {
            // Checked now, so that the end of the training cannot fail on it.
            load(&mut self.state.clone(), best, |role| role != StateRole::Optimizer)?;
        }
        self.best = best;
        self.epochs_done = progress.epochs_done;
        self.step = progress.step;
        self.saved_step = Some(progress.step);
        self.step_in_epoch = progress.step_in_epoch;
        self.running = Running {
            loss: f64::from_bits(progress.loss_bits),
            right: progress.right,
            counted: progress.samples,
            seconds: progress.seconds,
        };
        self.early_stopping = progress.early_stopping;
        self.schedule = serde_json::from_value(progress.schedule)
            .map_err(|_| TrainError::ResumeState { name: "schedule".to_owned() })?;
        Ok(())
    }

    fn epochs(&mut self, recorder: &mut dyn Recorder) -> Result<StopReason, TrainError> {
        let spec = self.input.spec;
        let epochs = spec.epochs.min(self.input.stop_after.unwrap_or(u32::MAX));
        loop {
            if self.epochs_done > 0 && recorder.is_pruned() {
                return Ok(StopReason::Pruned);
            }
            // Asked before every epoch, so that a training which was killed right after its last epoch ends the same way.
            if spec.early_stopping.as_ref().is_some_and(|spec| self.early_stopping.is_over(spec)) {
                return Ok(StopReason::EarlyStopping);
            }
            if self.epochs_done >= epochs {
                return Ok(if epochs < spec.epochs { StopReason::Interrupted } else { StopReason::Epochs });
            }
            if !self.epoch(recorder)? {
                return Ok(StopReason::Interrupted);
            }
            self.end_epoch(recorder)?;
            if recorder.is_interrupted() && self.epochs_done < epochs {
                return Ok(StopReason::Interrupted);
            }
        }
    }

    fn steps_per_epoch(&self) -> u64 {
        self.lengths.steps_per_epoch(self.input.spec.step_samples()) as u64
    }

    /// The steps of the epoch that is under way.
    fn batches(&self) -> Batches {
        let order = epoch_order(self.input.seed, self.epochs_done, self.input.train.len());
        self.lengths.batches(&order, self.input.spec.step_samples())
    }

    /// The rest of an epoch; false if the person interrupted it.
    fn epoch(&mut self, recorder: &mut dyn Recorder) -> Result<bool, TrainError> {
        let batches = self.batches();
        let mut resumed_at = recorder.seconds();
        let mut saved_at = resumed_at;
        for (samples, bucket) in batches.steps.into_iter().skip(self.step_in_epoch as usize) {
            self.run_step(&batches.rows[samples.clone()], bucket, self.learning_rate())?;
            let now = recorder.seconds();
            recorder.progress(&Progress {
                epoch: self.epochs_done + 1,
                epochs: self.input.spec.epochs,
                step: self.step_in_epoch as usize,
                steps: self.steps_per_epoch() as usize,
                samples: samples.end,
                loss: self.running.loss / self.running.counted as f64,
            });
            let is_last = self.step_in_epoch == self.steps_per_epoch();
            let is_interrupted = recorder.is_interrupted();
            if !is_last && (is_interrupted || now - saved_at >= self.input.spec.checkpoint_seconds) {
                self.running.seconds += now - resumed_at;
                self.check_finite(self.epochs_done + 1, self.learning_rate())?;
                self.save(recorder)?;
                resumed_at = recorder.seconds();
                saved_at = resumed_at;
            }
            if is_interrupted && !is_last {
                return Ok(false);
            }
        }
        self.running.seconds += recorder.seconds() - resumed_at;
        Ok(true)
    }

    fn learning_rate(&self) -> f64 {
        let steps_per_epoch = self.steps_per_epoch();
        let position = SchedulePosition {
            step: self.step,
            steps_per_epoch,
            total_steps: steps_per_epoch * u64::from(self.input.spec.epochs),
        };
        self.input.spec.optimizer.learning_rate() * self.input.spec.schedule.factor(position, &self.schedule)
    }

    /// Judges the epoch, records it and saves a checkpoint.
    fn end_epoch(&mut self, recorder: &mut dyn Recorder) -> Result<(), TrainError> {
        let learning_rate = {
            self.step -= 1;
            let rate = self.learning_rate();
            self.step += 1;
            rate
        };
        let epoch = self.epochs_done + 1;
        // The losses that were looked at came before the last update.
        self.check_finite(epoch, learning_rate)?;
        // The average is what is judged, kept and told.
        self.swap_averages();
        let validation = match &mut self.evaluator {
            Some(evaluator) => Some(evaluator.evaluate(&mut self.state, self.input.validation, |_| {})?),
            None => None,
        };
        let validation_loss = validation.as_ref().map(Predictions::mean_loss);
        let validation_accuracy = validation.as_ref().map(Predictions::accuracy);
        if let (Some(loss), Some(accuracy)) = (validation_loss, validation_accuracy) {
            let spec = self.input.spec.early_stopping.as_ref();
            let monitor = spec.map(|spec| spec.monitor).unwrap_or_default();
            let value = match monitor {
                crate::Monitor::ValidationLoss => loss,
                crate::Monitor::ValidationAccuracy => accuracy,
            };
            if self.early_stopping.observe(epoch, value, monitor, spec) {
                self.best = Some(states_of(&self.state, |role| role != StateRole::Optimizer));
            }
        }
        let train_loss = self.running.loss / self.running.counted as f64;
        let steps_per_epoch = self.steps_per_epoch();
        let position = SchedulePosition {
            step: self.step,
            steps_per_epoch,
            total_steps: steps_per_epoch * u64::from(self.input.spec.epochs),
        };
        let observed = validation_loss.unwrap_or(train_loss);
        self.input.spec.schedule.observe(position, observed, &mut self.schedule);
        let event = Event::EpochEnded(EpochEnd {
            epoch,
            step: self.step,
            train_loss,
            train_accuracy: self.running.right as f64 / self.running.counted as f64,
            validation_loss,
            validation_accuracy,
            learning_rate,
            parameters_digest: parameters_digest(&self.state),
            seconds: self.running.seconds,
        });
        self.swap_averages();
        recorder.event(&event).map_err(TrainError::NotRecorded)?;
        self.epochs_done = epoch;
        self.step_in_epoch = 0;
        self.running = Running::default();
        self.save(recorder)
    }

    /// A checkpoint never holds a number from which a training could not go on.
    fn check_finite(&self, epoch: u32, learning_rate: f64) -> Result<(), TrainError> {
        match self.state.entries().iter().find(|entry| self.state.all()[entry.range()].iter().any(|x| !x.is_finite())) {
            None => Ok(()),
            Some(entry) => Err(TrainError::StateNotFinite {
                name: entry.name.clone(),
                epoch,
                step: self.step,
                learning_rate,
                saved_step: self.saved_step,
            }),
        }
    }

    fn save(&mut self, recorder: &mut dyn Recorder) -> Result<(), TrainError> {
        let checkpoint = Checkpoint {
            progress: CheckpointProgress {
                training_digest: self.input.training_digest.to_owned(),
                epochs_done: self.epochs_done,
                step_in_epoch: self.step_in_epoch,
                step: self.step,
                loss_bits: self.running.loss.to_bits(),
                right: self.running.right,
                samples: self.running.counted,
                seconds: self.running.seconds,
                event_offset: recorder.position(),
                early_stopping: self.early_stopping.clone(),
                schedule: serde_json::to_value(&self.schedule).unwrap_or_default(),
            },
            states: states_of(&self.state, |_| true),
            best: self.best.clone(),
        };
        let is_epoch_end = self.step_in_epoch == 0;
        recorder
            .checkpoint(self.epochs_done, self.step, is_epoch_end, &checkpoint::encode(&checkpoint))
            .map_err(TrainError::NotRecorded)?;
        self.saved_step = Some(self.step);
        Ok(())
    }

    /// Gives the model the parameters of its best epoch; that epoch.
    fn restore_best(&mut self) -> u32 {
        match &self.best {
            Some(best) => {
                for (name, values) in best {
                    if let Some(target) = self.state.get_mut(name) {
                        target.copy_from_slice(values);
                    }
                }
                self.early_stopping.best_epoch()
            }
            None => {
                self.swap_averages();
                self.epochs_done
            }
        }
    }

    /// Puts the averages where the model's states are, and these where the averages were: twice is not at all.
    fn swap_averages(&mut self) {
        if self.input.spec.average.is_some() {
            swap_averages(&mut self.state);
        }
    }
}
