//! A training that whoever measures takes step by step. Nothing is recorded, nothing saved.

use proofmark_engine::executor::SessionMemory;

use super::lengths::Batches;
use super::{Run, Running, TrainingInput};
use crate::error::TrainError;

/// A training under measurement, on states of its own. Its steps are those of [`train`](crate::train) with the same input, at a
/// rate of the caller's.
pub struct Probe<'a> {
    run: Run<'a>,
    /// The epoch's steps, and how many of them are done.
    batches: Batches,
    done: usize,
}

impl<'a> Probe<'a> {
    /// As [`train`](crate::train) begins.
    ///
    /// # Errors
    /// Whatever keeps a training from beginning; [`TrainError::Resources`] for a batch that the memory does not hold.
    pub fn new(input: TrainingInput<'a>) -> Result<Probe<'a>, TrainError> {
        let run = Run::new(input, None)?;
        let batches = run.batches();
        Ok(Probe { run, batches, done: 0 })
    }

    /// The memory that the training holds.
    pub fn memory(&self) -> SessionMemory {
        self.run.session.memory()
    }

    /// One step on the next batch at this learning rate: the mean loss of the batch before the step, and its samples. Epoch follows
    /// epoch, each in its own order, as long as somebody asks.
    ///
    /// # Errors
    /// [`TrainError::LossNotFinite`] and [`TrainError::GradientNotFinite`]; what a step says.
    pub fn step(&mut self, learning_rate: f64) -> Result<(f64, usize), TrainError> {
        let Probe { run, batches, done } = self;
        if *done == batches.steps.len() {
            run.epochs_done += 1;
            run.step_in_epoch = 0;
            (*batches, *done) = (run.batches(), 0);
        }
        let (samples, bucket) = batches.steps[*done].clone();
        let n = samples.len();
        run.running = Running::default();
        run.run_step(&batches.rows[samples], bucket, learning_rate)?;
        *done += 1;
        Ok((run.running.loss / run.running.counted as f64, n))
    }
}
