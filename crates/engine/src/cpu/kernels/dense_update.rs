//! A dense layer's weight gradient and its update in one pass, defined by [`DenseWeightGradient`](crate::ops::DenseWeightGradient)
//! and [`Map`].
//!
//! Idea: a task has some rows of the weights; their gradient is summed into working memory that stays in the second-level cache,
//! and the update runs over it at once.

use std::cmp::Ordering;

use super::dense::{GRADIENT_ROWS, WeightGradientKernel};
use super::map::MapKernel;
use super::{Kernel, Sizes};
use crate::cpu::call::{Call, Operand, Slot};
use crate::map::Map;
use crate::ops::DenseUpdate;

/// Arrays that are asked for ahead of the update: weights and what most optimizers keep of them.
const READ_NEXT: usize = 4;

pub(super) struct DenseUpdateKernel {
    gradient: WeightGradientKernel,
    update: MapKernel,
    /// Which of the update's inputs is the gradient.
    position: usize,
    terms: usize,
    columns: usize,
}

impl DenseUpdateKernel {
    pub(super) fn new(op: &DenseUpdate, inputs: &[Slot], outputs: &[Slot], sizes: Sizes) -> Self {
        let map = Map { program: op.program.clone() };
        let mut of_map = inputs[2..].to_vec();
        of_map.insert(op.gradient, outputs[0].clone());
        DenseUpdateKernel {
            gradient: WeightGradientKernel::new(inputs, sizes),
            update: MapKernel::new(&map, &of_map, outputs),
            position: op.gradient,
            terms: inputs[0].ty.shape.last(),
            columns: inputs[1].ty.shape.last(),
        }
    }

    fn task_elements(&self) -> usize {
        GRADIENT_ROWS.min(self.terms) * self.columns
    }

    /// The rows of a task.
    fn rows(&self, call: &Call<'_>, task: usize, scratch: &mut [f32]) {
        let first_row = task * GRADIENT_ROWS;
        let rows = GRADIENT_ROWS.min(self.terms - first_row);
        let (gradient, scratch) = scratch.split_at_mut(self.task_elements());
        let gradient = &mut gradient[..rows * self.columns];
        let start = first_row * self.columns;
        let mut read_next = [std::ptr::null(); READ_NEXT];
        let mut n_arrays = 0;
        for input in 2..call.inputs.len() {
            let array = call.operand(input);
            if array.elements > 1 && n_arrays < READ_NEXT {
                read_next[n_arrays] = array.start.wrapping_add(start);
                n_arrays += 1;
            }
        }
        let operands = (call.own_input(0), call.own_input(1));
        self.gradient.rows(call, operands, first_row, rows, &read_next[..n_arrays], scratch, gradient);
        let operand = |input: usize| match input.cmp(&self.position) {
            Ordering::Equal => Operand { start: gradient.as_ptr(), elements: gradient.len(), per_sample: false },
            Ordering::Less => call.operand(input + 2),
            Ordering::Greater => call.operand(input + 1),
        };
        self.update.run_part(call, operand, self.position, start, gradient.len(), scratch);
    }
}

impl Kernel for DenseUpdateKernel {
    fn scratch_bytes(&self) -> usize {
        let others = self.gradient.scratch_bytes().max(self.update.scratch_bytes());
        self.task_elements().saturating_mul(4).saturating_add(others)
    }

    /// All tasks, one after the other. Plans have none: the update is the step's.
    fn shard(&self, call: &Call<'_>) {
        let scratch = call.scratch();
        for task in 0..self.tasks() {
            self.rows(call, task, scratch);
        }
    }

    fn tasks(&self) -> usize {
        self.gradient.tasks()
    }

    fn task(&self, call: &Call<'_>, task: usize) {
        self.rows(call, task, call.scratch());
    }
}
