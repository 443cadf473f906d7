//! Dense layers with the transposed matrix, defined by [`Dense`](crate::ops::Dense) of the transpose.
//!
//! Idea: a task has some columns of the result, which are rows of the matrix: they are transposed into a panel that stays in
//! cache for all rows of the batch. The transposed matrix as a whole is never written to memory.
#![allow(unsafe_code)]

use super::Kernel;
use super::product::{Product, Run, blocks, product};
use super::transpose::transpose_rows;
use crate::cpu::CHAIN;
use crate::cpu::call::{Call, Slot};

/// Columns of a panel: two vectors of the widest level.
const COLUMNS: usize = 32;

/// Rows that are computed at a time.
const ROWS: usize = 64;

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

    /// Columns from `first`, up to [`COLUMNS`]; `store(row, values)` is told each row's.
    fn columns(&self, call: &Call<'_>, first: usize, scratch: &mut [f32], mut store: impl FnMut(usize, &[f32])) {
        let columns = COLUMNS.min(self.columns - first);
        let (panel, results) = scratch.split_at_mut(self.terms * COLUMNS);
        let w = &call.input(1)[first * self.terms..][..columns * self.terms];
        transpose_rows(call.level, w, self.terms, columns, panel, COLUMNS, self.terms);
        let n_rows = self.rows_per_sample * call.n_samples();
        let results = &mut results[..ROWS * columns];
        for first_row in (0..n_rows).step_by(ROWS) {
            let operands = Product {
                a: &call.input(0)[first_row * self.terms..],
                rows: &self.rows[..ROWS.min(n_rows - first_row)],
                a_step: 1,
                b: panel,
                b_step: COLUMNS,
                runs: &self.runs,
                columns,
                c_step: columns,
                accumulate: false,
            };
            product(call.level, &operands, results);
            for (row, values) in (first_row..n_rows).zip(results.chunks_exact(columns)) {
                store(row, values);
            }
        }
    }
}

impl Kernel for DenseTransposedKernel {
    fn scratch_bytes(&self) -> usize {
        (self.terms + ROWS).saturating_mul(COLUMNS).saturating_mul(4)
    }

    fn shard(&self, call: &Call<'_>) {
        let (scratch, y) = (call.scratch(), call.output(0));
        for first in (0..self.columns).step_by(COLUMNS) {
            self.columns(call, first, scratch, |row, values| {
                y[row * self.columns + first..][..values.len()].copy_from_slice(values);
            });
        }
    }

    fn tasks(&self) -> usize {
        self.columns.div_ceil(COLUMNS)
    }

    fn task(&self, call: &Call<'_>, task: usize) {
        let first = task * COLUMNS;
        self.columns(call, first, call.scratch(), |row, values| {
            let start = row * self.columns + first;
            // SAFETY: these columns are this task's alone, and each row is asked for once.
            unsafe { call.output_part(0, start..start + values.len()) }.copy_from_slice(values);
        });
    }
}
