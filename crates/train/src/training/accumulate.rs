//! A step in several parts: gradients of one after the other, and one update from their sum.
//!
//! The sum is a perfect binary tree over the parts, absent ones skipped, as that over the shards of a batch is. Where a part is a
//! power of two of whole shards, the tree over all shards of the step is the same one as if the step were a single batch, and so are
//! the bits; what looks at a whole batch (the statistics of batch normalisation) sees a part.

use proofmark_engine::cpu::{CpuExecutor, CpuSession};
use proofmark_engine::{Feed, RunError, Session, StateBlock, Step};
use proofmark_model::{Accumulated, Training};

use crate::error::TrainError;

/// The gradients of all parameters.
type Gradients = Vec<Vec<f32>>;

/// What adds up gradients and updates.
pub(super) struct Accumulator {
    outputs: Vec<usize>,
    update: CpuSession,
    gradient_norm: Option<usize>,
    /// Sums of 2^level parts each, the levels falling.
    sums: Vec<(u32, Gradients)>,
    /// Memory that is free for one more.
    free: Vec<Gradients>,
}

impl Accumulator {
    /// And the graph of a part.
    pub(super) fn new(
        graphs: Accumulated,
        executor: CpuExecutor,
        state: &StateBlock,
    ) -> Result<(Accumulator, Training), TrainError> {
        let Accumulated { part, gradients: outputs, update, gradient_norm } = graphs;
        let update = executor.session(&update, state, 1)?;
        Ok((Accumulator { outputs, update, gradient_norm, sums: Vec::new(), free: Vec::new() }, part))
    }

    /// Takes the gradients of the part that just ran.
    pub(super) fn add(&mut self, part: &CpuSession) {
        let gradients = self.outputs.iter().map(|output| part.output(*output));
        let mut own = match self.free.pop() {
            Some(mut memory) => {
                memory.iter_mut().zip(gradients).for_each(|(to, from)| to.copy_from_slice(from));
                memory
            }
            None => gradients.map(<[f32]>::to_vec).collect(),
        };
        let mut level = 0;
        while let Some((_, sum)) = self.sums.pop_if(|(other, _)| *other == level) {
            own = self.merge(sum, own);
            level += 1;
        }
        self.sums.push((level, own));
    }

    /// Updates from the sum of all parts, which begins anew; `scalars` follow the gradients.
    pub(super) fn update(
        &mut self,
        state: &mut StateBlock,
        step: &Step<'_>,
        scalars: &[[f32; 1]],
    ) -> Result<(), RunError> {
        while self.sums.len() > 1
            && let (Some((_, right)), Some((level, left))) = (self.sums.pop(), self.sums.pop())
        {
            let sum = self.merge(left, right);
            self.sums.push((level, sum));
        }
        if let Some((_, sum)) = self.sums.pop() {
            let feeds: Vec<Feed<'_>> = sum
                .iter()
                .map(|gradient| Feed::F32(gradient))
                .chain(scalars.iter().map(|one| Feed::F32(one)))
                .collect();
            self.update.run(state, &Step { ids: &[0], ..*step }, &feeds)?;
            self.free.push(sum);
        }
        Ok(())
    }

    /// The norm of all gradients of the last step, where it is bounded.
    pub(super) fn gradient_norm(&self) -> Option<&[f32]> {
        self.gradient_norm.map(|norm| self.update.output(norm))
    }

    fn merge(&mut self, mut left: Gradients, right: Gradients) -> Gradients {
        for (left, right) in left.iter_mut().zip(&right) {
            left.iter_mut().zip(right).for_each(|(left, right)| *left += right);
        }
        self.free.push(right);
        left
    }
}
