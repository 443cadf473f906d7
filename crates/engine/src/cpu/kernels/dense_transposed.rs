//! Dense layers with the transposed matrix, defined by [`Dense`](crate::ops::Dense) of the transpose.
//!
//! Idea: a task has some columns of the result, which are rows of the matrix: they are transposed into a panel that stays in
//! cache for all rows of the batch. The transposed matrix as a whole is never written to memory.
#![allow(unsafe_code)]

use std::ops::Range;

use super::Kernel;
use super::product::{Product, Run, blocks, product};
use super::sparse_rows::{SparseRows, is_mostly_zero, list_elements, sparse_rows};
use super::transpose::transpose_rows;
use crate::cpu::CHAIN;
use crate::cpu::call::{Call, Slot};

/// Columns of a panel: four vectors of the widest level, enough to hide what an addition takes where zeros are left out.
const COLUMNS: usize = 64;

/// Rows that are computed at a time.
const ROWS: usize = 64;

/// Panels in a task of a large result, so that what is written of each row is some cache lines.
const TASK_PANELS: usize = 4;

/// Panels from which on a result is large: there are tasks enough for any number of threads.
const MANY_PANELS: usize = 512;

pub(super) struct DenseTransposedKernel {
    rows_per_sample: usize,
    /// Terms of a chain: columns of the matrix.
    terms: usize,
    /// Columns of the result: rows of the matrix.
    columns: usize,
    rows: Vec<usize>,
    runs: Vec<Run>,
}

impl DenseTransposedKernel {
    pub(super) fn new(inputs: &[Slot]) -> Self {
        let (columns, terms) = (inputs[1].ty.shape[0], inputs[1].ty.shape[1]);
        DenseTransposedKernel {
            rows_per_sample: inputs[0].ty.elements() / terms,
            terms,
            columns,
            rows: (0..ROWS).map(|row| row * terms).collect(),
            runs: blocks(terms, 1, COLUMNS, CHAIN),
        }
    }

    fn task_columns(&self, task: usize) -> Range<usize> {
        let size = COLUMNS * self.task_panels();
        task * size..((task + 1) * size).min(self.columns)
    }

    /// Panels in a task.
    fn task_panels(&self) -> usize {
        if self.columns.div_ceil(COLUMNS) >= MANY_PANELS { TASK_PANELS } else { 1 }
    }

    /// Some columns of all rows; `store(row, values)` is told each row's.
    fn columns(
        &self,
        call: &Call<'_>,
        columns: Range<usize>,
        scratch: &mut [f32],
        mut store: impl FnMut(usize, &[f32]),
    ) {
        let (panels, results) = scratch.split_at_mut(self.terms * COLUMNS * self.task_panels());
        let count = columns.len();
        let w = &call.input(1)[columns.start * self.terms..columns.end * self.terms];
        for (panel, w) in panels.chunks_exact_mut(self.terms * COLUMNS).zip(w.chunks(COLUMNS * self.terms)) {
            transpose_rows(call.level, w, self.terms, w.len() / self.terms, panel, COLUMNS, self.terms);
        }
        let n_rows = self.rows_per_sample * call.n_samples();
        let (results, list) = results.split_at_mut(ROWS * count);
        let skips = is_mostly_zero(call.level, call.input(0), n_rows, self.terms);
        for first_row in (0..n_rows).step_by(ROWS) {
            let rows = ROWS.min(n_rows - first_row);
            for (panel, first) in panels.chunks_exact(self.terms * COLUMNS).zip((0..count).step_by(COLUMNS)) {
                let (a, columns) = (&call.input(0)[first_row * self.terms..], COLUMNS.min(count - first));
                let results = &mut results[first..];
                if skips {
                    let operands = SparseRows {
                        a,
                        rows,
                        terms: self.terms,
                        b: panel,
                        b_step: COLUMNS,
                        columns,
                        c_step: count,
                        is_finite: false,
                    };
                    sparse_rows(call.level, &operands, list, results);
                    continue;
                }
                let operands = Product {
                    a,
                    rows: &self.rows[..rows],
                    a_step: 1,
                    b: panel,
                    b_step: COLUMNS,
                    runs: &self.runs,
                    columns,
                    c_step: count,
                    accumulate: false,
                };
                product(call.level, &operands, results);
            }
            for (row, values) in (first_row..n_rows).zip(results.chunks_exact(count)) {
                store(row, values);
            }
        }
    }
}

impl Kernel for DenseTransposedKernel {
    fn scratch_bytes(&self) -> usize {
        let panels = (self.terms + ROWS).saturating_mul(COLUMNS * self.task_panels());
        panels.saturating_add(list_elements(self.terms)).saturating_mul(4)
    }

    fn shard(&self, call: &Call<'_>) {
        let (scratch, y) = (call.scratch(), call.output(0));
        for task in 0..self.tasks() {
            let columns = self.task_columns(task);
            self.columns(call, columns.clone(), scratch, |row, values| {
                y[row * self.columns + columns.start..][..values.len()].copy_from_slice(values);
            });
        }
    }

    fn tasks(&self) -> usize {
        self.columns.div_ceil(COLUMNS * self.task_panels())
    }

    fn task(&self, call: &Call<'_>, task: usize) {
        let columns = self.task_columns(task);
        self.columns(call, columns.clone(), call.scratch(), |row, values| {
            let start = row * self.columns + columns.start;
            // SAFETY: these columns are this task's alone, and each row is asked for once.
            unsafe { call.output_part(0, start..start + values.len()) }.copy_from_slice(values);
        });
    }
}
