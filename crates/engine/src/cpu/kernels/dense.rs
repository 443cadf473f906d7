//! Dense layers: [`product`] with one row a sample (and leading axis), and its transpose for the weights' gradient.
#![allow(unsafe_code)]

use super::product::{Product, Run, blocks, product};
use super::{Kernel, Sizes};
use crate::cpu::CHAIN;
use crate::cpu::call::{Call, Slot};
use crate::cpu::tree::Counter;

pub(super) struct DenseKernel {
    rows: Vec<usize>,
    rows_per_sample: usize,
    runs: Vec<Run>,
    terms: usize,
    columns: usize,
}

impl DenseKernel {
    pub(super) fn new(inputs: &[Slot], sizes: Sizes) -> Self {
        let (terms, columns) = (inputs[1].ty.shape[0], inputs[1].ty.shape[1]);
        let rows_per_sample = inputs[0].ty.elements() / terms;
        let rows = (0..(rows_per_sample * sizes.shard_samples).max(TASK_ROWS)).map(|row| row * terms).collect();
        DenseKernel { rows, rows_per_sample, runs: blocks(terms, 1, columns, CHAIN), terms, columns }
    }
}

impl Kernel for DenseKernel {
    fn shard(&self, call: &Call<'_>) {
        let rows = &self.rows[..self.rows_per_sample * call.n_samples()];
        debug_assert!(rows.last().is_none_or(|last| last + self.terms <= call.input(0).len()));
        let operands = Product {
            a: call.input(0),
            rows,
            a_step: 1,
            b: call.input(1),
            b_step: self.columns,
            runs: &self.runs,
            columns: self.columns,
            c_step: self.columns,
            accumulate: false,
        };
        product(call.level, &operands, call.output(0));
    }

    fn scratch_bytes(&self) -> usize {
        TASK_ROWS * TASK_COLUMNS * 4
    }

    fn tasks(&self) -> usize {
        self.columns.div_ceil(TASK_COLUMNS)
    }

    /// Some columns for the whole batch: their part of the weights is read from memory once, not once a shard.
    fn task(&self, call: &Call<'_>, task: usize) {
        let first = task * TASK_COLUMNS;
        let columns = TASK_COLUMNS.min(self.columns - first);
        let results = &mut call.scratch()[..TASK_ROWS * columns];
        let n_rows = self.rows_per_sample * call.n_samples();
        for first_row in (0..n_rows).step_by(TASK_ROWS) {
            let rows = TASK_ROWS.min(n_rows - first_row);
            let operands = Product {
                a: &call.input(0)[first_row * self.terms..],
                rows: &self.rows[..rows],
                a_step: 1,
                b: &call.input(1)[first..],
                b_step: self.columns,
                runs: &self.runs,
                columns,
                c_step: columns,
                accumulate: false,
            };
            product(call.level, &operands, results);
            for (row, values) in (first_row..first_row + rows).zip(results.chunks_exact(columns)) {
                let start = row * self.columns + first;
                // SAFETY: these columns are this task's alone, and each row is asked for once.
                unsafe { call.output_part(0, start..start + columns) }.copy_from_slice(values);
            }
        }
    }
}

/// Columns of the result in one task of an outputs phase: two vectors of the widest level.
const TASK_COLUMNS: usize = 32;

/// Rows that a task computes at a time.
const TASK_ROWS: usize = 64;

pub(super) struct WeightGradientKernel {
    /// Start of each row of the gradient within one row of x: 0, 1, 2, ...
    rows: Vec<usize>,
    rows_per_sample: usize,
    /// Chains for shards of 1, 2, ... samples.
    runs: Vec<Vec<Run>>,
    columns: usize,
    /// Sums that wait at a time in the tree over shards, at most.
    slots: usize,
}

/// Rows of the weights' gradient in one task of an outputs phase.
const GRADIENT_ROWS: usize = 48;

impl WeightGradientKernel {
    pub(super) fn new(inputs: &[Slot], sizes: Sizes) -> Self {
        let terms = inputs[0].ty.shape.last();
        let columns = inputs[1].ty.shape.last();
        let rows_per_sample = inputs[0].ty.elements() / terms;
        let runs =
            (0..=sizes.shard_samples).map(|samples| blocks(samples * rows_per_sample, terms, columns, CHAIN)).collect();
        let slots = Counter::slots(sizes.n_shards());
        WeightGradientKernel { rows: (0..terms).collect(), rows_per_sample, runs, columns, slots }
    }
}

impl Kernel for WeightGradientKernel {
    fn shard(&self, call: &Call<'_>) {
        let operands = Product {
            a: call.input(0),
            rows: &self.rows,
            a_step: self.rows.len(),
            b: call.input(1),
            b_step: self.columns,
            runs: &self.runs[call.n_samples()],
            columns: self.columns,
            c_step: self.columns,
            accumulate: false,
        };
        product(call.level, &operands, call.output(0));
    }

    fn scratch_bytes(&self) -> usize {
        GRADIENT_ROWS.min(self.rows.len()).saturating_mul(self.columns).saturating_mul(self.slots).saturating_mul(4)
    }

    fn tasks(&self) -> usize {
        self.rows.len().div_ceil(GRADIENT_ROWS)
    }

    /// The tree over shards for some rows: each shard's product is merged at once with the subtree of equal size beside it,
    /// so that the sums stay in cache. The same additions in the same order as the fold.
    fn task(&self, call: &Call<'_>, task: usize) {
        let first = task * GRADIENT_ROWS;
        let rows = &self.rows[first..(first + GRADIENT_ROWS).min(self.rows.len())];
        let size = rows.len() * self.columns;
        let (a, b) = (call.input(0), call.input(1));
        let n_samples = call.n_samples();
        let n_shards = n_samples.div_ceil(call.shard_samples);
        let sums = call.scratch();
        let mut counter = Counter::default();
        for shard in 0..n_shards {
            let samples = call.shard_samples.min(n_samples - shard * call.shard_samples);
            let start = shard * call.shard_samples * self.rows_per_sample;
            let operands = Product {
                a: &a[start * self.rows.len()..],
                rows,
                a_step: self.rows.len(),
                b: &b[start * self.columns..],
                b_step: self.columns,
                runs: &self.runs[samples],
                columns: self.columns,
                c_step: self.columns,
                accumulate: false,
            };
            product(call.level, &operands, &mut sums[counter.slot() * size..][..size]);
            counter.carry(|slot| merge(sums, slot, size));
        }
        counter.finish(|slot| merge(sums, slot, size));
        // SAFETY: these rows are this task's alone, and asked for once.
        let target = unsafe { call.output_part(0, first * self.columns..first * self.columns + size) };
        target.copy_from_slice(&sums[..size]);
    }
}

/// Adds the sum of the slot after this one to its own.
fn merge(sums: &mut [f32], slot: usize, size: usize) {
    let (below, above) = sums.split_at_mut((slot + 1) * size);
    for (sum, term) in below[slot * size..].iter_mut().zip(&above[..size]) {
        *sum += *term;
    }
}
