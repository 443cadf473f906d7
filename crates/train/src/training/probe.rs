//! A training that whoever measures takes step by step. Nothing is recorded, nothing saved.

use proofmark_data::epoch_order;
use proofmark_engine::executor::SessionMemory;

use super::{Run, Running, TrainingInput};
use crate::error::TrainError;

/// A training under measurement, on states of its own. Its steps are those of [`train`](crate::train) with the same input, at a
/// rate of the caller's.
pub struct Probe<'a> {
    run: Run<'a>,
    /// The epoch's order, and how much of it is done.
    order: Vec<u32>,
    done: usize,
}

impl<'a> Probe<'a> {
    /// As [`train`](crate::train) begins.
    ///
    /// # Errors
    /// Whatever keeps a training from beginning; [`TrainError::Resources`] for a batch that the memory does not hold.
    pub fn new(input: TrainingInput<'a>) -> Result<Probe<'a>, TrainError> {
        let run = Run::new(input, None)?;
        let order = epoch_order(input.seed, 0, input.train.len());
        Ok(Probe { run, order, done: 0 })
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
        let Probe { run, order, done } = self;
        if *done == order.len() {
            run.epochs_done += 1;
            run.step_in_epoch = 0;
            (*order, *done) = (epoch_order(run.input.seed, run.epochs_done, run.input.train.len()), 0);
        }
        let n = run.input.spec.step_samples().min(order.len() - *done);
        run.running = Running::default();
        run.run_step(&order[*done..*done + n], learning_rate)?;
        *done += n;
        Ok((run.running.loss / run.running.counted as f64, n))
    }
}
