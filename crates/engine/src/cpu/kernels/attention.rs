//! Attention, defined by chains of fused multiply-adds and strided sums as its operation describes.
//!
//! Idea: per head three (backward seven) calls of the register-blocked product for groups of queries, so that a group's scores
//! stay in the cache between them and causal groups skip the keys that none of their queries sees. Keys (and values, going
//! back) are transposed into working memory, since the product's columns are contiguous.

use std::ops::Range;

use proofmark_tensor::math;

use super::Kernel;
use super::cross_entropy::{maximum_of, strided_dot, strided_sum};
use super::product::{Product, Run, product};
use super::transpose::transpose_rows;
use crate::cpu::CHAIN;
use crate::cpu::call::{Call, Slot};
use crate::cpu::level::Supported;
use crate::cpu::simd::multiversioned;
use crate::graph::Type;
use crate::ops::{ATTENTION_ROWS as ROWS, Attention, AttentionGradient, AttentionSizes, Op};
use crate::plan::Place;

/// What forward and backward have in common.
struct Heads {
    op: Attention,
    sizes: AttentionSizes,
    /// Where the rows of a group start: in q and k, in v and y, in scores, and where a row is a column of scores.
    key_rows: Vec<usize>,
    value_rows: Vec<usize>,
    score_rows: Vec<usize>,
    score_columns: Vec<usize>,
    /// 1 / sqrt(D).
    scale: f32,
}

impl Heads {
    fn new(op: Attention, name: &'static str, inputs: &[Slot]) -> Option<Self> {
        let types: Vec<&Type> = inputs.iter().map(|slot| &slot.ty).collect();
        let sizes = op.sizes(name, &types).ok()?;
        let rows = |step: usize| (0..ROWS).map(|row| row * step).collect();
        Some(Heads {
            op,
            sizes,
            key_rows: rows(op.heads * sizes.key_width),
            value_rows: rows(op.heads * sizes.value_width),
            score_rows: rows(sizes.keys),
            score_columns: rows(1),
            scale: (1.0 / (sizes.key_width as f64).sqrt()) as f32,
        })
    }

    /// Keys of a sample that are no padding.
    fn length(&self, call: &Call<'_>, sample: usize) -> usize {
        let keys = self.sizes.keys;
        if self.op.has_lengths { (call.input(3)[sample] as usize).min(keys) } else { keys }
    }

    /// How many of `length` keys a query sees.
    fn sees(&self, length: usize, query: usize) -> usize {
        if self.op.is_causal { length.min(query + 1) } else { length }
    }

    /// The keys that all queries of the group from `first` see, apart from the group's own where it is causal.
    fn common_keys(&self, length: usize, first: usize) -> Range<usize> {
        0..if self.op.is_causal { first.min(length) } else { length }
    }

    /// The keys of its own group that a query sees.
    fn own_keys(&self, length: usize, first: usize, query: usize) -> Range<usize> {
        if self.op.is_causal { first.min(length)..self.sees(length, query) } else { 0..0 }
    }

    /// The probabilities of a group of `count` queries from `first`; q and `keys` (transposed) start at the head.
    fn probabilities(
        &self,
        level: Supported,
        q: &[f32],
        keys: &[f32],
        (first, count, length): (usize, usize, usize),
        p: &mut [f32],
    ) {
        let n_keys = self.sizes.keys;
        let a =
            Rows { data: &q[first * self.op.heads * self.sizes.key_width..], rows: &self.key_rows[..count], step: 1 };
        let columns = self.sees(length, first + count - 1);
        multiply(level, &a, (keys, n_keys), self.sizes.key_width, columns, p, n_keys);
        for (row, p) in p.chunks_exact_mut(n_keys).take(count).enumerate() {
            softmax(level, self.sees(length, first + row), self.scale, p);
        }
    }
}

/// The first operand of a product.
struct Rows<'a> {
    data: &'a [f32],
    rows: &'a [usize],
    step: usize,
}

/// A product over one chain of `terms`, cut into blocks of [`CHAIN`]; `b` with the elements between its rows.
fn multiply(
    level: Supported,
    a: &Rows<'_>,
    (b, b_step): (&[f32], usize),
    terms: usize,
    columns: usize,
    c: &mut [f32],
    c_step: usize,
) {
    let all =
        Product { a: a.data, rows: a.rows, a_step: a.step, b, b_step, runs: &[], columns, c_step, accumulate: false };
    if terms == 0 {
        product(level, &all, c);
    }
    for first in (0..terms).step_by(CHAIN) {
        let terms = CHAIN.min(terms - first);
        let run = Run { a: first * a.step, b: first * b_step, terms, ends_block: true };
        product(level, &Product { runs: &[run], accumulate: first > 0, ..all }, c);
    }
}

/// A product whose row `row` has the terms `common` of the chain, as all rows have, and then goes on with its `own(row)`.
fn multiply_seen(
    level: Supported,
    a: &Rows<'_>,
    (b, b_step): (&[f32], usize),
    common: Range<usize>,
    own: impl Fn(usize) -> Range<usize>,
    columns: usize,
    (c, c_step): (&mut [f32], usize),
) {
    let from = Rows { data: a.data.get(common.start * a.step..).unwrap_or_default(), ..*a };
    let b_from = b.get(common.start * b_step..).unwrap_or_default();
    multiply(level, &from, (b_from, b_step), common.len(), columns, c, c_step);
    for (row, start) in a.rows.iter().enumerate() {
        let own = own(row);
        if !own.is_empty() {
            let a = (&a.data[start + own.start * a.step..], a.step);
            let b = (&b[own.start * b_step..], b_step);
            go_on(level, own.len(), a, b, &mut c[row * c_step..row * c_step + columns]);
        }
    }
}

multiversioned! {
    fn go_on(terms: usize, a: (&[f32], usize), b: (&[f32], usize), c: &mut [f32]) = go_on_body
}

/// Adds `terms` more terms to the chains of a row, one after the other.
#[inline(always)]
fn go_on_body(terms: usize, (a, a_step): (&[f32], usize), (b, b_step): (&[f32], usize), c: &mut [f32]) {
    // Four vectors of the widest level: enough chains to hide what an addition takes.
    const WIDTH: usize = 64;
    let mut column = 0;
    while column < c.len() {
        let width = WIDTH.min(c.len() - column);
        let c = &mut c[column..column + width];
        // Whole blocks stay in registers for the whole chain.
        if let Ok(c) = <&mut [f32; WIDTH]>::try_from(&mut *c) {
            let mut sums = *c;
            for term in 0..terms {
                let (a, b) = (a[term * a_step], &b[term * b_step + column..][..WIDTH]);
                for lane in 0..WIDTH {
                    sums[lane] = f32::mul_add(a, b[lane], sums[lane]);
                }
            }
            *c = sums;
        } else {
            for term in 0..terms {
                let (a, b) = (a[term * a_step], &b[term * b_step + column..][..width]);
                for (c, b) in c.iter_mut().zip(b) {
                    *c = f32::mul_add(a, *b, *c);
                }
            }
        }
        column += width;
    }
}

/// Makes these rows of a head +0.0.
fn zero(to: &mut [f32], step: usize, rows: Range<usize>, width: usize) {
    for row in rows {
        to[row * step..row * step + width].fill(0.0);
    }
}

/// Copies a head of rows `step` apart, turned: `to[column][row]`.
fn turn(level: Supported, from: &[f32], step: usize, width: usize, to: &mut [f32]) {
    let rows = to.len() / width;
    transpose_rows(level, from, step, rows, to, rows, width);
}

multiversioned! { fn softmax(sees: usize, scale: f32, row: &mut [f32]) = softmax_body }

#[inline(always)]
fn softmax_body(sees: usize, scale: f32, row: &mut [f32]) {
    let (seen, hidden) = row.split_at_mut(sees);
    hidden.fill(0.0);
    seen.iter_mut().for_each(|z| *z *= scale);
    let maximum = maximum_of(seen);
    seen.iter_mut().for_each(|z| *z = math::exp(*z - maximum));
    let sum = strided_sum(seen.len(), |i| seen[i]);
    seen.iter_mut().for_each(|p| *p /= sum);
}

multiversioned! { fn softmax_gradient(sees: usize, scale: f32, p: &[f32], dp: &mut [f32]) = softmax_gradient_body }

/// Puts dz where dp is.
#[inline(always)]
fn softmax_gradient_body(sees: usize, scale: f32, p: &[f32], dp: &mut [f32]) {
    let (seen, hidden) = dp.split_at_mut(sees);
    hidden.fill(0.0);
    let dot = strided_dot(sees, |i| (p[i], seen[i]));
    for (dp, p) in seen.iter_mut().zip(p) {
        *dp = *p * (*dp - dot) * scale;
    }
}

/// Forward.
pub(super) struct AttentionKernel(Heads);

impl AttentionKernel {
    pub(super) fn new(op: &Attention, inputs: &[Slot]) -> Option<Self> {
        Some(AttentionKernel(Heads::new(*op, Attention::NAME, inputs)?))
    }
}

impl Kernel for AttentionKernel {
    fn scratch_bytes(&self) -> usize {
        let AttentionSizes { keys, key_width, .. } = self.0.sizes;
        (key_width + ROWS) * keys * 4
    }

    fn shard(&self, call: &Call<'_>) {
        let heads = &self.0;
        let AttentionSizes { queries, keys, key_width, value_width } = heads.sizes;
        let (key_step, value_step) = (heads.op.heads * key_width, heads.op.heads * value_width);
        let (q, k, v, y) = (call.input(0), call.input(1), call.input(2), call.output(0));
        let (turned, rest) = call.scratch().split_at_mut(key_width * keys);
        let p = &mut rest[..ROWS * keys];
        for sample in 0..call.n_samples() {
            let length = heads.length(call, sample);
            for head in 0..heads.op.heads {
                let q = &q[sample * queries * key_step + head * key_width..];
                let v = &v[sample * keys * value_step + head * value_width..];
                let y = &mut y[sample * queries * value_step + head * value_width..];
                turn(call.level, &k[sample * keys * key_step + head * key_width..], key_step, key_width, turned);
                for first in (0..queries).step_by(ROWS) {
                    let count = ROWS.min(queries - first);
                    heads.probabilities(call.level, q, turned, (first, count, length), p);
                    let common = heads.common_keys(length, first);
                    let own = |row| heads.own_keys(length, first, first + row);
                    let a = Rows { data: p, rows: &heads.score_rows[..count], step: 1 };
                    let y = &mut y[first * value_step..];
                    multiply_seen(call.level, &a, (v, value_step), common, own, value_width, (y, value_step));
                }
            }
        }
    }
}

/// Gradient.
pub(super) struct AttentionGradientKernel(Heads);

impl AttentionGradientKernel {
    pub(super) fn new(op: &AttentionGradient, inputs: &[Slot]) -> Option<Self> {
        Some(AttentionGradientKernel(Heads::new(op.attention, AttentionGradient::NAME, inputs)?))
    }
}

impl Kernel for AttentionGradientKernel {
    fn scratch_bytes(&self) -> usize {
        let AttentionSizes { queries, keys, key_width, value_width } = self.0.sizes;
        (key_width + value_width + 2 * queries) * keys * 4
    }

    fn shard(&self, call: &Call<'_>) {
        let heads = &self.0;
        let level = call.level;
        let AttentionSizes { queries, keys, key_width, value_width } = heads.sizes;
        let (key_step, value_step) = (heads.op.heads * key_width, heads.op.heads * value_width);
        let (q, k, v) = (call.input(0), call.input(1), call.input(2));
        let dy = call.input(3 + usize::from(heads.op.has_lengths));
        // What nothing reads is not computed.
        let output = |idx: usize| (call.outputs[idx].place != Place::Unused).then(|| call.output(idx));
        let (mut dq, mut dk, mut dv) = (output(0), output(1), output(2));
        let (turned_keys, rest) = call.scratch().split_at_mut(key_width * keys);
        let (turned_values, rest) = rest.split_at_mut(value_width * keys);
        let (p, rest) = rest.split_at_mut(queries * keys);
        let dz = &mut rest[..queries * keys];
        for sample in 0..call.n_samples() {
            let length = heads.length(call, sample);
            for head in 0..heads.op.heads {
                let query_at = sample * queries * key_step + head * key_width;
                let key_at = sample * keys * key_step + head * key_width;
                let value_at = sample * keys * value_step + head * value_width;
                let (q, k, v) = (&q[query_at..], &k[key_at..], &v[value_at..]);
                let dy = &dy[sample * queries * value_step + head * value_width..];
                turn(level, k, key_step, key_width, turned_keys);
                turn(level, v, value_step, value_width, turned_values);
                for first in (0..queries).step_by(ROWS) {
                    let count = ROWS.min(queries - first);
                    let terms = heads.sees(length, first + count - 1);
                    let group = first * keys..(first + count) * keys;
                    let (p, dz) = (&mut p[group.clone()], &mut dz[group]);
                    heads.probabilities(level, q, turned_keys, (first, count, length), p);
                    let a = Rows { data: &dy[first * value_step..], rows: &heads.value_rows[..count], step: 1 };
                    multiply(level, &a, (turned_values, keys), value_width, terms, dz, keys);
                    for (row, (p, dz)) in p.chunks_exact(keys).zip(dz.chunks_exact_mut(keys)).enumerate() {
                        softmax_gradient(level, heads.sees(length, first + row), heads.scale, p, dz);
                    }
                    if let Some(dq) = &mut dq {
                        let common = heads.common_keys(length, first);
                        let own = |row| heads.own_keys(length, first, first + row);
                        let a = Rows { data: dz, rows: &heads.score_rows[..count], step: 1 };
                        let dq = &mut dq[query_at + first * key_step..];
                        multiply_seen(level, &a, (k, key_step), common, own, key_width, (dq, key_step));
                    }
                }
                for first in (0..keys).step_by(ROWS) {
                    let count = ROWS.min(keys - first);
                    // Queries of later groups, and of the key's own from the first that sees it; nobody sees padding.
                    let seen = count.min(length.saturating_sub(first));
                    let common = if heads.op.is_causal { first + count..queries } else { 0..queries };
                    let own = |row| if heads.op.is_causal { first + row..first + count } else { 0..0 };
                    let columns = &heads.score_columns[..seen];
                    if let Some(dk) = &mut dk {
                        let a = Rows { data: &dz[first..], rows: columns, step: keys };
                        let dk = &mut dk[key_at + first * key_step..];
                        multiply_seen(level, &a, (q, key_step), common.clone(), own, key_width, (dk, key_step));
                        zero(dk, key_step, seen..count, key_width);
                    }
                    if let Some(dv) = &mut dv {
                        let a = Rows { data: &p[first..], rows: columns, step: keys };
                        let dv = &mut dv[value_at + first * value_step..];
                        multiply_seen(level, &a, (dy, value_step), common, own, value_width, (dv, value_step));
                        zero(dv, value_step, seen..count, value_width);
                    }
                }
            }
        }
    }
}
