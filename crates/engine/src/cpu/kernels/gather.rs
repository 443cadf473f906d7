//! Rows of a sample by index, and their sum by index, defined by a chain of additions along the positions.
//!
//! Idea: rows are copied and added whole.

use proofmark_tensor::DType;

use super::Kernel;
use crate::cpu::call::{Call, Slot};
use crate::ops::{Gather, Outside, Scatter, row_of, row_of_i32};

/// The indices of a call's samples, of either type.
#[derive(Clone, Copy)]
enum Indices<'a> {
    F32(&'a [f32]),
    I32(&'a [i32]),
}

impl<'a> Indices<'a> {
    fn new(call: &Call<'a>, input: usize) -> Self {
        match call.inputs[input].ty.dtype {
            DType::I32 => Indices::I32(call.input_i32(input)),
            _ => Indices::F32(call.input(input)),
        }
    }

    fn row(self, position: usize, rows: usize) -> Option<usize> {
        match self {
            Indices::F32(indices) => row_of(indices[position], rows),
            Indices::I32(indices) => row_of_i32(indices[position], rows),
        }
    }
}

pub(super) struct GatherKernel {
    outside: f32,
    rows: usize,
    columns: usize,
    /// Indices of one sample.
    positions: usize,
}

impl GatherKernel {
    pub(super) fn new(op: &Gather, inputs: &[Slot]) -> Self {
        let rows = inputs[0].ty.shape[0];
        let outside = match op.outside {
            Outside::Nan => f32::NAN,
            Outside::Zero => 0.0,
        };
        let columns = inputs[0].ty.elements() / rows;
        GatherKernel { outside, rows, columns, positions: inputs[1].ty.elements() }
    }
}

impl Kernel for GatherKernel {
    fn shard(&self, call: &Call<'_>) {
        let (x, indices) = (call.input(0), Indices::new(call, 1));
        for (position, y) in call.output(0).chunks_exact_mut(self.columns).enumerate() {
            let sample = position / self.positions;
            match indices.row(position, self.rows) {
                Some(row) => y.copy_from_slice(&x[(sample * self.rows + row) * self.columns..][..self.columns]),
                None => y.fill(self.outside),
            }
        }
    }
}

pub(super) struct ScatterKernel {
    rows: usize,
    columns: usize,
    positions: usize,
}

impl ScatterKernel {
    pub(super) fn new(op: &Scatter, inputs: &[Slot]) -> Self {
        let positions = inputs[0].ty.elements();
        ScatterKernel { rows: op.rows, columns: inputs[1].ty.elements() / positions, positions }
    }
}

impl Kernel for ScatterKernel {
    fn shard(&self, call: &Call<'_>) {
        let (indices, x, y) = (Indices::new(call, 0), call.input(1), call.output(0));
        y.fill(0.0);
        for (position, x) in x.chunks_exact(self.columns).enumerate() {
            let sample = position / self.positions;
            let Some(row) = indices.row(position, self.rows) else { continue };
            let sums = &mut y[(sample * self.rows + row) * self.columns..][..self.columns];
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum += *x;
            }
        }
    }
}
