//! Sums over samples and leading axes, defined by a chain of additions for each column.
//!
//! Idea: lanes over the columns; the sums stay in the first-level cache while the rows stream by.

use super::Kernel;
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;

pub(super) struct BatchSumKernel {
    columns: usize,
}

impl BatchSumKernel {
    pub(super) fn new(outputs: &[Slot]) -> Self {
        BatchSumKernel { columns: outputs[0].ty.elements() }
    }
}

impl Kernel for BatchSumKernel {
    fn shard(&self, call: &Call<'_>) {
        sum_rows(call.level, call.input(0), self.columns, call.output(0));
    }
}

multiversioned! { fn sum_rows(x: &[f32], columns: usize, y: &mut [f32]) = sum_rows_body }

/// Columns whose sums are kept in registers.
const BLOCK: usize = 32;

#[inline(always)]
fn sum_rows_body(x: &[f32], columns: usize, y: &mut [f32]) {
    if columns == 0 {
        return;
    }
    let mut first = 0;
    while first + BLOCK <= columns {
        let mut sums = [0.0f32; BLOCK];
        for row in x.chunks_exact(columns) {
            let (block, _) = row[first..first + BLOCK].as_chunks::<BLOCK>();
            for lane in 0..BLOCK {
                sums[lane] += block[0][lane];
            }
        }
        y[first..first + BLOCK].copy_from_slice(&sums);
        first += BLOCK;
    }
    y[first..].fill(0.0);
    for row in x.chunks_exact(columns) {
        for (sum, value) in y[first..].iter_mut().zip(&row[first..]) {
            *sum += *value;
        }
    }
}
