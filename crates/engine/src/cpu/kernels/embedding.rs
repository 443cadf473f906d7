//! Rows of a table by token, and the sum of gradients a row, defined by a chain of additions a shard and the tree.
//!
//! Idea: rows are copied and added whole. Over outputs a task has some rows of the table, walks the tokens of one shard
//! after the other, and merges as the tree does; rows that no token of the batch names are filled with zeros at once.
#![allow(unsafe_code)]

use super::{Kernel, Sizes};
use crate::cpu::call::{Call, Slot};
use crate::cpu::tree::Counter;
use crate::ops::row_of;

pub(super) struct EmbeddingKernel {
    rows: usize,
    columns: usize,
}

impl EmbeddingKernel {
    pub(super) fn new(inputs: &[Slot]) -> Self {
        EmbeddingKernel { rows: inputs[1].ty.shape[0], columns: inputs[1].ty.shape[1] }
    }
}

impl Kernel for EmbeddingKernel {
    fn shard(&self, call: &Call<'_>) {
        let table = call.input(1);
        for (token, y) in call.input(0).iter().zip(call.output(0).chunks_exact_mut(self.columns)) {
            match row_of(*token, self.rows) {
                Some(row) => y.copy_from_slice(&table[row * self.columns..][..self.columns]),
                None => y.fill(f32::NAN),
            }
        }
    }
}

pub(super) struct EmbeddingGradientKernel {
    rows: usize,
    columns: usize,
    /// Tokens of one sample.
    tokens: usize,
    /// Sums that wait at a time in the tree over shards, at most.
    slots: usize,
}

/// Rows of the table in one task of an outputs phase.
const TASK_ROWS: usize = 64;

impl EmbeddingGradientKernel {
    pub(super) fn new(inputs: &[Slot], outputs: &[Slot], sizes: Sizes) -> Self {
        let [rows, columns] = outputs[0].ty.shape[..] else { panic!("a table has two axes") };
        let slots = Counter::slots(sizes.n_shards());
        EmbeddingGradientKernel { rows, columns, tokens: inputs[0].ty.elements(), slots }
    }

    /// Adds what tokens leave in the rows from `first` on, as many as `sums` holds.
    fn add(&self, tokens: &[f32], dy: &[f32], first: usize, sums: &mut [f32]) {
        for (token, dy) in tokens.iter().zip(dy.chunks_exact(self.columns)) {
            let row = row_of(*token, self.rows).and_then(|row| row.checked_sub(first));
            let Some(sums) = row.and_then(|row| sums.get_mut(row * self.columns..(row + 1) * self.columns)) else {
                continue;
            };
            for (sum, dy) in sums.iter_mut().zip(dy) {
                *sum += *dy;
            }
        }
    }
}

impl Kernel for EmbeddingGradientKernel {
    fn shard(&self, call: &Call<'_>) {
        let sums = call.output(0);
        sums.fill(0.0);
        self.add(call.input(0), call.input(1), 0, sums);
    }

    fn scratch_bytes(&self) -> usize {
        TASK_ROWS.min(self.rows).saturating_mul(self.columns).saturating_mul(self.slots).saturating_mul(4)
    }

    fn tasks(&self) -> usize {
        self.rows.div_ceil(TASK_ROWS)
    }

    fn task(&self, call: &Call<'_>, task: usize) {
        let rows = task * TASK_ROWS..((task + 1) * TASK_ROWS).min(self.rows);
        let size = rows.len() * self.columns;
        // SAFETY: these rows are this task's alone, and asked for once.
        let target = unsafe { call.output_part(0, rows.start * self.columns..rows.end * self.columns) };
        let (tokens, dy) = (call.input(0), call.input(1));
        let is_named = |token: &f32| row_of(*token, self.rows).is_some_and(|row| rows.contains(&row));
        if !tokens.iter().any(is_named) {
            target.fill(0.0);
            return;
        }
        let per_shard = call.shard_samples * self.tokens;
        let shards = tokens.chunks(per_shard).zip(dy.chunks(per_shard * self.columns));
        let scratch = call.scratch();
        let mut counter = Counter::default();
        for (tokens, dy) in shards {
            let sums = &mut scratch[counter.slot() * size..][..size];
            sums.fill(0.0);
            self.add(tokens, dy, rows.start, sums);
            counter.carry(|slot| merge(scratch, slot, size));
        }
        counter.finish(|slot| merge(scratch, slot, size));
        target.copy_from_slice(&scratch[..size]);
    }
}

/// Adds the sum of the slot after this one to its own.
fn merge(sums: &mut [f32], slot: usize, size: usize) {
    let (below, above) = sums.split_at_mut((slot + 1) * size);
    for (sum, term) in below[slot * size..].iter_mut().zip(&above[..size]) {
        *sum += *term;
    }
}
