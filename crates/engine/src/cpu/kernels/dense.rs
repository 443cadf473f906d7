//! Dense layers: [`product`] with one row a sample (and leading axis), and [`sparse_product_tree`] for the weights' gradient; both
//! leave zeros out where there are many.
#![allow(unsafe_code)]

use std::ops::Range;

use super::product::{Product, Run, blocks, product};
use super::product_tree::ShardedProduct;
use super::sparse_rows::{SparseRows, is_finite, is_mostly_zero, list_elements, sparse_rows};
use super::sparse_tree::{scratch_elements, sparse_product_tree};
use super::{Kernel, Part, Sizes};
use crate::cpu::CHAIN;
use crate::cpu::call::{Call, Slot};
use crate::cpu::level::Supported;

pub(super) struct DenseKernel {
    rows: Vec<usize>,
    rows_per_sample: usize,
    runs: Vec<Run>,
    terms: usize,
    columns: usize,
    /// Where rows of x are copied to, some at a time and a cache line further apart, if where they stand they fall on the same few sets of
    /// the first-level cache.
    packed: Option<Vec<usize>>,
}

impl DenseKernel {
    pub(super) fn new(inputs: &[Slot], sizes: Sizes) -> Self {
        let (terms, columns) = (inputs[1].ty.shape[0], inputs[1].ty.shape[1]);
        let rows_per_sample = inputs[0].ty.elements() / terms;
        let rows = (0..(rows_per_sample * sizes.shard_samples).max(TASK_ROWS)).map(|row| row * terms).collect();
        let rows_of_shard = rows_per_sample * sizes.shard_samples;
        let is_worth_it = terms.is_multiple_of(WAY) && rows_of_shard >= PACKED_ROWS && columns >= PACKED_COLUMNS;
        let packed = is_worth_it.then(|| (0..PACKED_ROWS).map(|row| row * (terms + LINE)).collect());
        DenseKernel { rows, rows_per_sample, runs: blocks(terms, 1, columns, CHAIN), terms, columns, packed }
    }
}

impl DenseKernel {
    fn packed_elements(&self) -> usize {
        self.packed.as_ref().map_or(0, |rows| rows.len().saturating_mul(self.terms + LINE))
    }

    /// The product of some rows, without zeros.
    fn sparse<'a>(&self, call: &'a Call<'_>, rows: &Range<usize>, columns: &Range<usize>) -> SparseRows<'a> {
        SparseRows {
            a: &call.input(0)[rows.start * self.terms..rows.end * self.terms],
            rows: rows.len(),
            terms: self.terms,
            b: &call.input(1)[columns.start..],
            b_step: self.columns,
            columns: columns.len(),
            c_step: columns.len(),
            is_finite: call.derived.is_some(),
        }
    }

    /// Whether zeros are left out: a batch that has many, or a single row of weights that are known to be finite, since to find out would
    /// take as long as the product.
    fn skips(&self, call: &Call<'_>, rows: usize) -> bool {
        let may = match call.derived {
            Some(derived) => derived[0] == 1.0,
            None => rows >= FEW_ROWS,
        };
        may && is_mostly_zero(call.level, call.input(0), rows, self.terms)
    }
}

impl Kernel for DenseKernel {
    fn shard(&self, call: &Call<'_>) {
        let rows = &self.rows[..self.rows_per_sample * call.n_samples()];
        debug_assert!(rows.last().is_none_or(|last| last + self.terms <= call.input(0).len()));
        let (x, w, y) = (call.input(0), call.input(1), call.output(0));
        let whole = Product {
            a: x,
            rows,
            a_step: 1,
            b: w,
            b_step: self.columns,
            runs: &self.runs,
            columns: self.columns,
            c_step: self.columns,
            accumulate: false,
        };
        let Some(starts) = &self.packed else { return product(call.level, &whole, y) };
        let packed = &mut call.scratch()[..self.packed_elements()];
        for (x, y) in x.chunks(PACKED_ROWS * self.terms).zip(y.chunks_mut(PACKED_ROWS * self.columns)) {
            let x = x.chunks_exact(self.terms);
            let rows = &starts[..x.len()];
            for (row, start) in x.zip(rows) {
                packed[*start..start + self.terms].copy_from_slice(row);
            }
            product(call.level, &Product { a: packed, rows, ..whole }, y);
        }
    }

    fn scratch_bytes(&self) -> usize {
        let of_task = (TASK_ROWS * TASK_COLUMNS).max(list_elements(self.terms));
        of_task.max(self.packed_elements()).saturating_mul(4)
    }

    /// Whether the weights are finite.
    fn derived_from(&self) -> Option<(usize, usize)> {
        Some((1, 1))
    }

    fn derive(&self, level: Supported, w: &[f32], derived: &mut [f32]) {
        derived[0] = f32::from(u8::from(is_finite(level, w, self.terms, self.columns, self.columns)));
    }

    fn tasks(&self) -> usize {
        self.columns.div_ceil(TASK_COLUMNS)
    }

    /// A single row: few columns are a few chains, in which each addition waits for the one before.
    fn joins_tasks(&self, samples: usize) -> bool {
        samples * self.rows_per_sample == 1
    }

    fn joined_tasks(&self, call: &Call<'_>, tasks: Range<usize>) {
        let columns = tasks.start * TASK_COLUMNS..self.columns.min(tasks.end * TASK_COLUMNS);
        if self.skips(call, 1) {
            // SAFETY: these columns are these tasks' alone, and asked for once.
            let to = unsafe { call.output_part(0, columns.clone()) };
            sparse_rows(call.level, &self.sparse(call, &(0..1), &columns), call.scratch(), to);
            return;
        }
        let operands = Product {
            a: call.input(0),
            rows: &self.rows[..1],
            a_step: 1,
            b: &call.input(1)[columns.start..],
            b_step: self.columns,
            runs: &self.runs,
            columns: columns.len(),
            c_step: self.columns,
            accumulate: false,
        };
        // SAFETY: these columns are these tasks' alone, and asked for once.
        product(call.level, &operands, unsafe { call.output_part(0, columns) });
    }

    /// Some columns for the whole batch: their part of the weights is read from memory once, not once a shard. Where zeros are left out,
    /// some rows and all columns: what a row has to look for is looked for once.
    fn task(&self, call: &Call<'_>, task: usize) {
        let n_rows = self.rows_per_sample * call.n_samples();
        if self.skips(call, n_rows) {
            let count = self.tasks().min(n_rows / SKIPPING_ROWS).max(1);
            if task >= count {
                return;
            }
            let rows = Part { idx: task, count }.of(n_rows);
            // SAFETY: these rows are this task's alone, and asked for once. All tasks are of one mind, which the inputs decide.
            let to = unsafe { call.output_part(0, rows.start * self.columns..rows.end * self.columns) };
            sparse_rows(call.level, &self.sparse(call, &rows, &(0..self.columns)), call.scratch(), to);
            return;
        }
        let first = task * TASK_COLUMNS;
        let columns = TASK_COLUMNS.min(self.columns - first);
        let results = &mut call.scratch()[..TASK_ROWS * columns];
        for first_row in (0..n_rows).step_by(TASK_ROWS) {
            let rows = TASK_ROWS.min(n_rows - first_row);
            // Block by block of the chain: what a block reads of the weights serves all rows before it leaves the cache.
            for (block, run) in self.runs.iter().enumerate() {
                let operands = Product {
                    a: &call.input(0)[first_row * self.terms..],
                    rows: &self.rows[..rows],
                    a_step: 1,
                    b: &call.input(1)[first..],
                    b_step: self.columns,
                    runs: std::slice::from_ref(run),
                    columns,
                    c_step: columns,
                    accumulate: block > 0,
                };
                product(call.level, &operands, results);
            }
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

/// Elements of a way of the first-level cache.
const WAY: usize = 1024;

/// Elements of a cache line.
const LINE: usize = 16;

/// Rows that are packed at a time: eight tiles. Fewer are not worth it, nor are they for fewer columns. For 1,024 rows of 1,024 and 256
/// columns: 108 GFLOP/s in place of 98.
const PACKED_ROWS: usize = 96;
const PACKED_COLUMNS: usize = 128;

/// Rows of a task at least where zeros are left out: each task reads all weights.
const SKIPPING_ROWS: usize = 32;

/// Rows below which it does not pay to look whether the weights are finite.
const FEW_ROWS: usize = 4;

/// Rows that a task computes at a time.
const TASK_ROWS: usize = 64;

pub(super) struct WeightGradientKernel {
    /// Rows of the gradient: elements of a row of x.
    terms: usize,
    rows_per_sample: usize,
    columns: usize,
    scratch_elements: usize,
}

/// Rows of the weights' gradient in one task of an outputs phase.
pub(super) const GRADIENT_ROWS: usize = 48;

impl WeightGradientKernel {
    pub(super) fn new(inputs: &[Slot], sizes: Sizes) -> Self {
        let terms = inputs[0].ty.shape.last();
        let columns = inputs[1].ty.shape.last();
        let rows_per_sample = inputs[0].ty.elements() / terms;
        let scratch_elements = scratch_elements(rows_per_sample * sizes.max_samples, sizes.n_shards());
        WeightGradientKernel { terms, rows_per_sample, columns, scratch_elements }
    }

    /// Some rows of the gradient over all samples of the call.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn rows(
        &self,
        call: &Call<'_>,
        (x, dy): (&[f32], &[f32]),
        first_row: usize,
        rows: usize,
        read_next: &[*const f32],
        scratch: &mut [f32],
        target: &mut [f32],
    ) {
        let operands = ShardedProduct {
            a: x,
            a_step: self.terms,
            first_row,
            rows,
            b: dy,
            columns: self.columns,
            terms: call.n_samples() * self.rows_per_sample,
            shard_terms: call.shard_samples * self.rows_per_sample,
            read_next,
        };
        sparse_product_tree(call.level, &operands, scratch, target);
    }
}

impl Kernel for WeightGradientKernel {
    fn shard(&self, call: &Call<'_>) {
        self.rows(call, (call.input(0), call.input(1)), 0, self.terms, &[], call.scratch(), call.output(0));
    }

    fn scratch_bytes(&self) -> usize {
        self.scratch_elements * 4
    }

    fn tasks(&self) -> usize {
        self.terms.div_ceil(GRADIENT_ROWS)
    }

    /// Some rows of the tree over shards, with the same additions in the same order as the fold.
    fn task(&self, call: &Call<'_>, task: usize) {
        let first = task * GRADIENT_ROWS;
        let rows = GRADIENT_ROWS.min(self.terms - first);
        // SAFETY: these rows are this task's alone, and asked for once.
        let target = unsafe { call.output_part(0, first * self.columns..(first + rows) * self.columns) };
        self.rows(call, (call.input(0), call.input(1)), first, rows, &[], call.scratch(), target);
    }
}
