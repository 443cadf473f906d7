//! Long short-term memory, defined by its operation's order of steps; the products are [`product`](super::product)'s.
//!
//! Idea: the gates' output holds x until the product is added to it and the functions are applied in place, so that a step
//! reads and writes each row once. Gates and cells that nobody reads (without a gradient) are working memory of one step.

use proofmark_tensor::math::{sigmoid, tanh};

use super::product::Run;
use super::recurrent::{Rows, StepProduct, Walk, add, multiply, take};
use super::{Kernel, Sizes};
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;
use crate::ops::{Lstm, LstmGradient};

/// Forward.
pub(super) struct LstmKernel {
    walk: Walk,
    rows: Vec<usize>,
    runs: Vec<Run>,
    /// Elements of working memory a sample.
    scratch_width: usize,
}

impl LstmKernel {
    pub(super) fn new(op: &Lstm, inputs: &[Slot], outputs: &[Slot], sizes: Sizes) -> Self {
        let walk = Walk::new(op.direction, &inputs[0], &inputs[2], sizes);
        let units = walk.units;
        let widths = [units, units, 4 * units];
        let scratch_width =
            units + outputs.iter().zip(widths).map(|(output, width)| Rows::scratch_width(output, width)).sum::<usize>();
        let rows = (0..sizes.shard_samples).map(|sample| sample * units).collect();
        LstmKernel { rows, runs: Walk::chain(units, 4 * units), scratch_width, walk }
    }
}

impl Kernel for LstmKernel {
    fn scratch_bytes(&self) -> usize {
        self.walk.bytes(self.scratch_width)
    }

    fn shard(&self, call: &Call<'_>) {
        let (steps, units, samples) = (self.walk.steps, self.walk.units, call.n_samples());
        let (x, recurrent, mask, lengths) = (call.input(0), call.input(1), call.input(2), call.input(3));
        let mut scratch = call.scratch();
        let masked = take(&mut scratch, samples * units);
        let mut h = Rows::new(call, 0, units, steps, &mut scratch);
        let mut c = Rows::new(call, 1, units, steps, &mut scratch);
        let mut gates = Rows::new(call, 2, 4 * units, steps, &mut scratch);
        for walked in 0..steps {
            let (step, before) = self.walk.at(walked);
            if !lengths.iter().any(|length| self.walk.has(*length, step)) {
                for sample in 0..samples {
                    h.carry(sample, before, step);
                    c.carry(sample, before, step);
                    gates.row_mut(sample, step).fill(0.0);
                }
                continue;
            }
            for sample in 0..samples {
                let row = sample * steps + step;
                gates.row_mut(sample, step).copy_from_slice(&x[row * 4 * units..][..4 * units]);
            }
            if let Some(before) = before {
                for sample in 0..samples {
                    let own = sample * units..(sample + 1) * units;
                    multiply(call.level, h.row(sample, before), &mask[own.clone()], &mut masked[own]);
                }
                let operands = StepProduct {
                    rows: &self.rows[..samples],
                    a: masked,
                    b: recurrent,
                    runs: &self.runs,
                    columns: 4 * units,
                    c_step: gates.stride,
                    accumulate: true,
                };
                let start = gates.start(step);
                operands.run(call.level, &mut gates.data[start..]);
            }
            for (sample, length) in lengths.iter().enumerate() {
                c.carry(sample, before, step);
                if self.walk.has(*length, step) {
                    let (gates, c) = (gates.row_mut(sample, step), c.row_mut(sample, step));
                    cell(call.level, units, gates, c, h.row_mut(sample, step));
                } else {
                    h.carry(sample, before, step);
                    gates.row_mut(sample, step).fill(0.0);
                }
            }
        }
    }
}

multiversioned! {
    fn cell(units: usize, gates: &mut [f32], c: &mut [f32], h: &mut [f32]) = cell_body
}

/// From z and the cell before to gates, cell and h.
#[inline(always)]
fn cell_body(units: usize, gates: &mut [f32], c: &mut [f32], h: &mut [f32]) {
    let (input_forget, rest) = gates.split_at_mut(2 * units);
    let (g, o) = rest.split_at_mut(units);
    for z in input_forget.iter_mut().chain(&mut *o) {
        *z = sigmoid(*z);
    }
    for z in &mut *g {
        *z = tanh(*z);
    }
    let (i, f) = input_forget.split_at(units);
    let (g, o, c, h) = (&g[..units], &o[..units], &mut c[..units], &mut h[..units]);
    for unit in 0..units {
        c[unit] = f[unit].mul_add(c[unit], i[unit] * g[unit]);
        h[unit] = o[unit] * tanh(c[unit]);
    }
}

/// Gradient.
pub(super) struct LstmGradientKernel {
    walk: Walk,
    rows: Vec<usize>,
    runs: Vec<Run>,
}

impl LstmGradientKernel {
    pub(super) fn new(op: &LstmGradient, inputs: &[Slot], sizes: Sizes) -> Self {
        let walk = Walk::new(op.direction, &inputs[1], &inputs[3], sizes);
        let rows = (0..sizes.shard_samples).map(|sample| sample * walk.steps * 4 * walk.units).collect();
        LstmGradientKernel { rows, runs: Walk::chain(4 * walk.units, walk.units), walk }
    }
}

impl Kernel for LstmGradientKernel {
    fn scratch_bytes(&self) -> usize {
        self.walk.bytes(3 * self.walk.units)
    }

    fn shard(&self, call: &Call<'_>) {
        let (steps, units, samples) = (self.walk.steps, self.walk.units, call.n_samples());
        let (transposed, gates, c) = (call.input(0), call.input(1), call.input(2));
        let (mask, lengths, dh_given) = (call.input(3), call.input(4), call.input(5));
        let used = (call.inputs.len() > 6).then(|| (call.input(6), call.input(7)));
        let dx = call.output(0);
        let mut scratch = call.scratch();
        let dh = take(&mut scratch, samples * units);
        let dc = take(&mut scratch, samples * units);
        let products = take(&mut scratch, samples * units);
        dh.fill(0.0);
        dc.fill(0.0);
        for walked in (0..steps).rev() {
            let (step, before) = self.walk.at(walked);
            for (sample, length) in lengths.iter().enumerate() {
                let own = sample * units..(sample + 1) * units;
                let row = sample * steps + step;
                let at = row * units..(row + 1) * units;
                let wide = row * 4 * units..(row + 1) * 4 * units;
                let (dh, dc) = (&mut dh[own.clone()], &mut dc[own]);
                add(call.level, &dh_given[at.clone()], dh);
                if let Some((dc_given, _)) = used {
                    add(call.level, &dc_given[at.clone()], dc);
                }
                let dx = &mut dx[wide.clone()];
                if !self.walk.has(*length, step) {
                    dx.fill(0.0);
                    continue;
                }
                let before = before.map(|before| &c[(sample * steps + before) * units..][..units]);
                own_gradients(call.level, units, &gates[wide.clone()], &c[at], before, dh, dc, dx);
                if let Some((_, dgates)) = used {
                    add(call.level, &dgates[wide.clone()], dx);
                }
                through_functions(call.level, units, &gates[wide], dx);
            }
            if before.is_none() || !lengths.iter().any(|length| self.walk.has(*length, step)) {
                continue;
            }
            let operands = StepProduct {
                rows: &self.rows[..samples],
                a: &dx[step * 4 * units..],
                b: transposed,
                runs: &self.runs,
                columns: units,
                c_step: units,
                accumulate: false,
            };
            operands.run(call.level, products);
            for (sample, length) in lengths.iter().enumerate() {
                if self.walk.has(*length, step) {
                    let own = sample * units..(sample + 1) * units;
                    multiply(call.level, &products[own.clone()], &mask[own.clone()], &mut dh[own]);
                }
            }
        }
    }
}

multiversioned! {
    fn own_gradients(
        units: usize, gates: &[f32], c: &[f32], before: Option<&[f32]>, dh: &[f32], dc: &mut [f32], dgates: &mut [f32],
    ) = own_gradients_body
}

/// The gates' gradients, and the cell's as the step before receives it.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn own_gradients_body(
    units: usize,
    gates: &[f32],
    c: &[f32],
    before: Option<&[f32]>,
    dh: &[f32],
    dc: &mut [f32],
    dgates: &mut [f32],
) {
    let [i, f, g, o] = parts(gates, units);
    let (di, rest) = dgates.split_at_mut(units);
    let (df, rest) = rest.split_at_mut(units);
    let (dg, d_o) = rest.split_at_mut(units);
    let d_o = &mut d_o[..units];
    let (c, dh, dc) = (&c[..units], &dh[..units], &mut dc[..units]);
    for unit in 0..units {
        let squashed = tanh(c[unit]);
        let slope = (-squashed).mul_add(squashed, 1.0);
        dc[unit] = (dh[unit] * o[unit]).mul_add(slope, dc[unit]);
        di[unit] = dc[unit] * g[unit];
        dg[unit] = dc[unit] * i[unit];
        d_o[unit] = dh[unit] * squashed;
    }
    match before {
        Some(before) => {
            let before = &before[..units];
            for unit in 0..units {
                df[unit] = dc[unit] * before[unit];
            }
        }
        None => {
            for unit in 0..units {
                df[unit] = dc[unit] * 0.0;
            }
        }
    }
    for unit in 0..units {
        dc[unit] *= f[unit];
    }
}

multiversioned! {
    fn through_functions(units: usize, gates: &[f32], dx: &mut [f32]) = through_functions_body
}

/// Multiplies the gates' gradients by the slopes of their functions.
#[inline(always)]
fn through_functions_body(units: usize, gates: &[f32], dx: &mut [f32]) {
    for (part, (gates, dx)) in gates.chunks_exact(units).zip(dx.chunks_exact_mut(units)).enumerate() {
        for (gate, dx) in gates.iter().zip(dx) {
            *dx *= if part == 2 { (-*gate).mul_add(*gate, 1.0) } else { *gate * (1.0 - *gate) };
        }
    }
}

/// The four gates of a row.
#[inline(always)]
fn parts(gates: &[f32], units: usize) -> [&[f32]; 4] {
    [0, 1, 2, 3].map(|part| &gates[part * units..(part + 1) * units])
}
