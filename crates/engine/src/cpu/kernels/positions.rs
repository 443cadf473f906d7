//! What depends on positions: rotary embedding and the waves of an encoding, defined by tables of sines and cosines that are
//! computed once.

use super::Kernel;
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;
use crate::ops::{PositionEncoding, Rotary};

/// Turns pairs.
pub(super) struct RotaryKernel {
    /// For each position and pair of a head, cosine and sine.
    turns: Vec<[f32; 2]>,
    heads: usize,
    pairs: usize,
}

impl RotaryKernel {
    pub(super) fn new(op: &Rotary, inputs: &[Slot]) -> Self {
        let (steps, width) = (inputs[0].ty.shape[0], inputs[0].ty.shape[1] / op.heads);
        RotaryKernel { turns: op.turns(steps, width), heads: op.heads, pairs: width / 2 }
    }
}

impl Kernel for RotaryKernel {
    fn shard(&self, call: &Call<'_>) {
        turn(call.level, &self.turns, self.heads, self.pairs, call.input(0), call.output(0));
    }
}

multiversioned! { fn turn(turns: &[[f32; 2]], heads: usize, pairs: usize, x: &[f32], y: &mut [f32]) = turn_body }

#[inline(always)]
fn turn_body(turns: &[[f32; 2]], heads: usize, pairs: usize, x: &[f32], y: &mut [f32]) {
    let width = 2 * pairs;
    let rows = x.chunks_exact(heads * width).zip(y.chunks_exact_mut(heads * width));
    for ((x, y), turns) in rows.zip(turns.chunks_exact(pairs).cycle()) {
        for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
            for ((x, y), [cos, sin]) in x.chunks_exact(2).zip(y.chunks_exact_mut(2)).zip(turns) {
                y[0] = f32::mul_add(x[0], *cos, -(x[1] * sin));
                y[1] = f32::mul_add(x[1], *cos, x[0] * sin);
            }
        }
    }
}

/// Adds waves.
pub(super) struct PositionEncodingKernel {
    waves: Vec<f32>,
}

impl PositionEncodingKernel {
    pub(super) fn new(op: &PositionEncoding, inputs: &[Slot]) -> Self {
        let shape = &inputs[0].ty.shape;
        PositionEncodingKernel { waves: op.waves(shape[0], shape[1]) }
    }
}

impl Kernel for PositionEncodingKernel {
    fn shard(&self, call: &Call<'_>) {
        add(call.level, &self.waves, call.input(0), call.output(0));
    }
}

multiversioned! { fn add(waves: &[f32], x: &[f32], y: &mut [f32]) = add_body }

#[inline(always)]
fn add_body(waves: &[f32], x: &[f32], y: &mut [f32]) {
    for (x, y) in x.chunks_exact(waves.len()).zip(y.chunks_exact_mut(waves.len())) {
        for ((x, y), wave) in x.iter().zip(y).zip(waves) {
            *y = x + wave;
        }
    }
}
