//! Gated recurrent units, defined by their operation's order of steps; the products are [`product`](super::product)'s.
//!
//! Idea: one product a step for all three parts, which is why the reset gate stands after it. Gates that nobody reads
//! (without a gradient) are working memory of one step.

use proofmark_tensor::math::{sigmoid, tanh};

use super::product::Run;
use super::recurrent::{Rows, StepProduct, Walk, add, multiply, take};
use super::{Kernel, Sizes};
use crate::cpu::call::{Call, Slot};
use crate::cpu::simd::multiversioned;
use crate::ops::{Gru, GruGradient};

/// Forward.
pub(super) struct GruKernel {
    walk: Walk,
    rows: Vec<usize>,
    runs: Vec<Run>,
    /// Elements of working memory a sample.
    scratch_width: usize,
}

impl GruKernel {
    pub(super) fn new(op: &Gru, inputs: &[Slot], outputs: &[Slot], sizes: Sizes) -> Self {
        let walk = Walk::new(op.direction, &inputs[0], &inputs[3], sizes);
        let units = walk.units;
        let unread = Rows::scratch_width(&outputs[0], units) + Rows::scratch_width(&outputs[1], 4 * units);
        let rows = (0..sizes.shard_samples).map(|sample| sample * units).collect();
        GruKernel { rows, runs: Walk::chain(units, 3 * units), scratch_width: 4 * units + unread, walk }
    }
}

impl Kernel for GruKernel {
    fn scratch_bytes(&self) -> usize {
        self.walk.bytes(self.scratch_width)
    }

    fn shard(&self, call: &Call<'_>) {
        let (steps, units, samples) = (self.walk.steps, self.walk.units, call.n_samples());
        let (x, recurrent, bias) = (call.input(0), call.input(1), call.input(2));
        let (mask, lengths) = (call.input(3), call.input(4));
        let mut scratch = call.scratch();
        let masked = take(&mut scratch, samples * units);
        let products = take(&mut scratch, samples * 3 * units);
        let mut h = Rows::new(call, 0, units, steps, &mut scratch);
        let mut gates = Rows::new(call, 1, 4 * units, steps, &mut scratch);
        for walked in 0..steps {
            let (step, before) = self.walk.at(walked);
            let is_walked = lengths.iter().any(|length| self.walk.has(*length, step));
            if let (Some(before), true) = (before, is_walked) {
                for sample in 0..samples {
                    let own = sample * units..(sample + 1) * units;
                    multiply(call.level, h.row(sample, before), &mask[own.clone()], &mut masked[own]);
                }
                let operands = StepProduct {
                    rows: &self.rows[..samples],
                    a: masked,
                    b: recurrent,
                    runs: &self.runs,
                    columns: 3 * units,
                    c_step: 3 * units,
                    accumulate: false,
                };
                operands.run(call.level, products);
            }
            for (sample, length) in lengths.iter().enumerate() {
                h.carry(sample, before, step);
                if !self.walk.has(*length, step) {
                    gates.row_mut(sample, step).fill(0.0);
                    continue;
                }
                let a = &mut products[sample * 3 * units..][..3 * units];
                match before {
                    Some(_) => add(call.level, bias, a),
                    None => a.copy_from_slice(bias),
                }
                let x = &x[(sample * steps + step) * 3 * units..][..3 * units];
                cell(call.level, units, x, a, gates.row_mut(sample, step), h.row_mut(sample, step));
            }
        }
    }
}

multiversioned! {
    fn cell(units: usize, x: &[f32], a: &[f32], gates: &mut [f32], h: &mut [f32]) = cell_body
}

/// From x, a and h before to gates and h.
#[inline(always)]
fn cell_body(units: usize, x: &[f32], a: &[f32], gates: &mut [f32], h: &mut [f32]) {
    let (update_reset, rest) = gates.split_at_mut(2 * units);
    let (n, kept) = rest.split_at_mut(units);
    for ((gate, x), a) in update_reset.iter_mut().zip(x).zip(a) {
        *gate = sigmoid(*x + *a);
    }
    let (z, r) = update_reset.split_at(units);
    let (x, a) = (&x[2 * units..3 * units], &a[2 * units..3 * units]);
    let (n, kept, h) = (&mut n[..units], &mut kept[..units], &mut h[..units]);
    for unit in 0..units {
        n[unit] = tanh(r[unit].mul_add(a[unit], x[unit]));
        kept[unit] = a[unit];
        h[unit] = z[unit].mul_add(h[unit] - n[unit], n[unit]);
    }
}

/// Gradients.
pub(super) struct GruGradientKernel {
    walk: Walk,
    /// Where the rows of da start, and those of working memory.
    rows: [Vec<usize>; 2],
    runs: Vec<Run>,
    scratch_width: usize,
}

impl GruGradientKernel {
    pub(super) fn new(op: &GruGradient, inputs: &[Slot], outputs: &[Slot], sizes: Sizes) -> Self {
        let walk = Walk::new(op.direction, &inputs[1], &inputs[3], sizes);
        let width = 3 * walk.units;
        let rows = [walk.steps * width, width].map(|stride| (0..sizes.shard_samples).map(|s| s * stride).collect());
        let unread: usize = outputs.iter().map(|output| Rows::scratch_width(output, width)).sum();
        GruGradientKernel { rows, runs: Walk::chain(width, walk.units), scratch_width: 2 * walk.units + unread, walk }
    }
}

impl Kernel for GruGradientKernel {
    fn scratch_bytes(&self) -> usize {
        self.walk.bytes(self.scratch_width)
    }

    fn shard(&self, call: &Call<'_>) {
        let (steps, units, samples) = (self.walk.steps, self.walk.units, call.n_samples());
        let (transposed, gates, h) = (call.input(0), call.input(1), call.input(2));
        let (mask, lengths, dh_given) = (call.input(3), call.input(4), call.input(5));
        let dgates = (call.inputs.len() > 6).then(|| call.input(6));
        let mut scratch = call.scratch();
        let dh = take(&mut scratch, samples * units);
        let products = take(&mut scratch, samples * units);
        let mut dx = Rows::new(call, 0, 3 * units, steps, &mut scratch);
        let mut da = Rows::new(call, 1, 3 * units, steps, &mut scratch);
        dh.fill(0.0);
        for walked in (0..steps).rev() {
            let (step, before) = self.walk.at(walked);
            for (sample, length) in lengths.iter().enumerate() {
                let row = sample * steps + step;
                let dh = &mut dh[sample * units..][..units];
                add(call.level, &dh_given[row * units..][..units], dh);
                let (dx, da) = (dx.row_mut(sample, step), da.row_mut(sample, step));
                if !self.walk.has(*length, step) {
                    dx.fill(0.0);
                    da.fill(0.0);
                    continue;
                }
                let before = before.map(|before| &h[(sample * steps + before) * units..][..units]);
                let used = dgates.map(|dgates| &dgates[row * 4 * units..][..4 * units]);
                gradients(call.level, units, &gates[row * 4 * units..][..4 * units], before, used, dh, dx, da);
            }
            if before.is_none() || !lengths.iter().any(|length| self.walk.has(*length, step)) {
                continue;
            }
            let rows = if da.stride == 3 * units { &self.rows[1] } else { &self.rows[0] };
            let operands = StepProduct {
                rows: &rows[..samples],
                a: &da.data[da.start(step)..],
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
                    multiply_add(call.level, &products[own.clone()], &mask[own.clone()], &mut dh[own]);
                }
            }
        }
    }
}

multiversioned! {
    fn gradients(
        units: usize, gates: &[f32], before: Option<&[f32]>, dgates: Option<&[f32]>, dh: &mut [f32], dx: &mut [f32],
        da: &mut [f32],
    ) = gradients_body
}

/// The gradients of a step, and that of h without the product.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn gradients_body(
    units: usize,
    gates: &[f32],
    before: Option<&[f32]>,
    dgates: Option<&[f32]>,
    dh: &mut [f32],
    dx: &mut [f32],
    da: &mut [f32],
) {
    let [z, r, n, kept] = [0, 1, 2, 3].map(|part| &gates[part * units..(part + 1) * units]);
    let given = |part: usize| dgates.map(|dgates| &dgates[part * units..(part + 1) * units]);
    let (dz, rest) = dx.split_at_mut(units);
    let (dr, dn) = rest.split_at_mut(units);
    let (dn, dh) = (&mut dn[..units], &mut dh[..units]);
    match before {
        Some(before) => {
            let before = &before[..units];
            for unit in 0..units {
                dz[unit] = dh[unit] * (before[unit] - n[unit]);
            }
        }
        None => {
            for unit in 0..units {
                dz[unit] = dh[unit] * (0.0 - n[unit]);
            }
        }
    }
    for unit in 0..units {
        dn[unit] = dh[unit] * (1.0 - z[unit]);
        dh[unit] *= z[unit];
    }
    if let (Some(by_z), Some(by_n)) = (given(0), given(2)) {
        add_rows(by_z, dz);
        add_rows(by_n, dn);
    }
    for unit in 0..units {
        dz[unit] *= z[unit] * (1.0 - z[unit]);
        dn[unit] *= (-n[unit]).mul_add(n[unit], 1.0);
        dr[unit] = dn[unit] * kept[unit];
    }
    if let Some(by_r) = given(1) {
        add_rows(by_r, dr);
    }
    for unit in 0..units {
        dr[unit] *= r[unit] * (1.0 - r[unit]);
    }
    let (da_z, rest) = da.split_at_mut(units);
    let (da_r, da_n) = rest.split_at_mut(units);
    da_z.copy_from_slice(dz);
    da_r.copy_from_slice(dr);
    let da_n = &mut da_n[..units];
    for unit in 0..units {
        da_n[unit] = dn[unit] * r[unit];
    }
    if let Some(by_a) = given(3) {
        add_rows(by_a, da_n);
    }
}

#[inline(always)]
fn add_rows(x: &[f32], sum: &mut [f32]) {
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum += *x;
    }
}

multiversioned! {
    fn multiply_add(a: &[f32], b: &[f32], sum: &mut [f32]) = multiply_add_body
}

#[inline(always)]
fn multiply_add_body(a: &[f32], b: &[f32], sum: &mut [f32]) {
    for ((sum, a), b) in sum.iter_mut().zip(a).zip(b) {
        *sum = a.mul_add(*b, *sum);
    }
}
