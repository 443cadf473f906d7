//! The product of two sample matrices over their samples, the first of which is mostly zero.
//!
//! *Defined by* [`product_tree`]: the same chains and the same tree, bit for bit, without the terms that have a zero in them. Why
//! nothing changes is told in [`sparse_rows`](super::sparse_rows); here it is b that must be finite, and a row with a sum of -0.0 that
//! is computed again.
//!
//! *Idea*: each row of the result has a list of the terms that are not zero, as bits: a square of 64 rows and 64 terms is turned.
//! Digits, one thread, the mean of two epochs: the update of a dense layer, of which this is a part, 0.56 ms a step in place of 0.66.
#![allow(unsafe_code)]

use super::conv2d_sparse::{SQUARE, turn};
use super::product_tree::{self, ShardedProduct, product_tree};
use super::sparse_rows::{is_finite, load};
use crate::cpu::CHAIN;
use crate::cpu::level::Supported;
use crate::cpu::simd::{Simd, multiversioned};
use crate::cpu::tree::Counter;

/// At most one of so many elements is not zero where it pays to leave the others out.
const ONE_OF: usize = 2;

/// Terms that are looked at to tell whether it pays.
const LOOKED_AT: usize = 8;

/// Elements of a row's sums, at most: eight vectors of the widest level.
const TILE: usize = 8 * 16;

/// Elements of working memory for so many terms and shards.
pub(crate) fn scratch_elements(terms: usize, n_shards: usize) -> usize {
    let sparse = mask_elements(terms).saturating_add(Counter::slots(n_shards) * TILE);
    sparse.max(product_tree::scratch_elements(terms, n_shards))
}

/// Elements that hold the bits of [`SQUARE`] rows.
fn mask_elements(terms: usize) -> usize {
    terms.div_ceil(SQUARE).saturating_mul(2 * SQUARE)
}

/// As [`product_tree`], which it takes where zeros are few.
///
/// # Panics
/// If an address would leave its operand, or working memory is short of [`scratch_elements`].
pub(crate) fn sparse_product_tree(level: Supported, product: &ShardedProduct<'_>, scratch: &mut [f32], c: &mut [f32]) {
    let ShardedProduct { a, a_step, first_row, rows, b, columns, terms, shard_terms, .. } = *product;
    if terms == 0 || rows == 0 || columns == 0 || shard_terms > CHAIN {
        return product_tree(level, product, scratch, c);
    }
    assert!((terms - 1) * a_step + first_row + rows <= a.len(), "a product reads beyond its rows");
    assert!(terms * columns <= b.len(), "a product reads beyond its columns");
    assert!(rows * columns <= c.len(), "a product writes beyond its result");
    assert!(scratch.len() >= scratch_elements(terms, terms.div_ceil(shard_terms)), "too little working memory");
    if !is_mostly_zero(level, product) || !is_finite(level, b, terms, columns, columns) {
        return product_tree(level, product, scratch, c);
    }
    for first in (0..rows).step_by(SQUARE) {
        let count = SQUARE.min(rows - first);
        let part = ShardedProduct { first_row: first_row + first, rows: count, ..*product };
        let target = &mut c[first * columns..][..count * columns];
        let mut again = square_of_rows(level, &part, first, scratch, target);
        while again != 0 {
            let row = again.trailing_zeros() as usize;
            again &= again - 1;
            let row_again = ShardedProduct { first_row: first_row + first + row, rows: 1, read_next: &[], ..*product };
            product_tree(level, &row_again, scratch, &mut target[row * columns..][..columns]);
        }
    }
}

multiversioned! { fn is_mostly_zero(product: &ShardedProduct<'_>) -> bool = simd is_mostly_zero_body }

#[inline(always)]
fn is_mostly_zero_body<S: Simd>(product: &ShardedProduct<'_>) -> bool {
    let (mut found, mut looked_at) = (0, 0);
    for term in (0..product.terms).step_by(product.terms.div_ceil(LOOKED_AT)) {
        let values = &product.a[term * product.a_step + product.first_row..][..product.rows];
        for part in values.chunks(S::LANES) {
            // SAFETY: the part's elements; the level is S's.
            found +=
                unsafe { S::bits(S::nonzero_mask(S::load_first(part.as_ptr(), part.len()))) }.count_ones() as usize;
        }
        looked_at += values.len();
    }
    found * ONE_OF <= looked_at
}

multiversioned! {
    /// Up to [`SQUARE`] rows; one bit for each in which a sum is -0.0. Arrays that are read next have these rows from `next_row` on.
    fn square_of_rows(product: &ShardedProduct<'_>, next_row: usize, scratch: &mut [f32], c: &mut [f32]) -> u64
        = simd square_body
}

#[inline(always)]
fn square_body<S: Simd>(product: &ShardedProduct<'_>, next_row: usize, scratch: &mut [f32], c: &mut [f32]) -> u64 {
    let columns = product.columns;
    let (masks, waiting) = scratch.split_at_mut(mask_elements(product.terms));
    let (masks, _) = masks.as_chunks_mut::<2>();
    for (group, masks) in masks.chunks_exact_mut(SQUARE).enumerate() {
        let mut square = [0u64; SQUARE];
        for (bits, term) in square.iter_mut().zip(group * SQUARE..product.terms) {
            let values = &product.a[term * product.a_step + product.first_row..][..product.rows];
            for (part, shift) in values.chunks(S::LANES).zip((0..).step_by(S::LANES)) {
                // SAFETY: the part's elements; the level is S's.
                let found = unsafe { S::bits(S::nonzero_mask(S::load_first(part.as_ptr(), part.len()))) };
                *bits |= u64::from(found) << shift;
            }
        }
        turn(&mut square);
        for (mask, bits) in masks.iter_mut().zip(square) {
            *mask = [bits as u32, (bits >> 32) as u32].map(f32::from_bits);
        }
    }
    let mut again = 0;
    for row in 0..product.rows {
        for array in product.read_next {
            for line in (0..columns).step_by(16) {
                // SAFETY: the level is S's.
                unsafe { S::prefetch(array.wrapping_add((next_row + row) * columns + line)) };
            }
        }
        let to = &mut c[row * columns..][..columns];
        if masks.iter().skip(row).step_by(SQUARE).all(|mask| mask.map(f32::to_bits) == [0, 0]) {
            to.fill(0.0);
            continue;
        }
        let mut column = 0;
        while column < columns {
            let left = (columns - column).div_ceil(S::LANES);
            let vectors = [1, 2, 2, 4, 4, 4, 4, 8][left.min(8) - 1];
            let count = (vectors * S::LANES).min(columns - column);
            let to = &mut to[column..column + count];
            // SAFETY: `sparse_product_tree` holds the addresses; the level is S's.
            let negative_zeros = unsafe {
                match (vectors, count == vectors * S::LANES) {
                    (8, true) => sums::<S, 8, true>(product, masks, row, column, waiting, to),
                    (4, true) => sums::<S, 4, true>(product, masks, row, column, waiting, to),
                    (2, true) => sums::<S, 2, true>(product, masks, row, column, waiting, to),
                    (1, true) => sums::<S, 1, true>(product, masks, row, column, waiting, to),
                    (8, false) => sums::<S, 8, false>(product, masks, row, column, waiting, to),
                    (4, false) => sums::<S, 4, false>(product, masks, row, column, waiting, to),
                    (2, false) => sums::<S, 2, false>(product, masks, row, column, waiting, to),
                    _ => sums::<S, 1, false>(product, masks, row, column, waiting, to),
                }
            };
            again |= u64::from(negative_zeros) << row;
            column += count;
        }
    }
    again
}

/// `V` vectors of a row's columns, from `column` on, the last of which may lack lanes unless they are `FULL`. Whether a sum is -0.0.
///
/// # Safety
/// The row, the columns and all terms lie within their operands.
#[inline(always)]
unsafe fn sums<S: Simd, const V: usize, const FULL: bool>(
    product: &ShardedProduct<'_>,
    masks: &[[f32; 2]],
    row: usize,
    column: usize,
    waiting: &mut [f32],
    to: &mut [f32],
) -> bool {
    let tail = to.len() - (V - 1) * S::LANES;
    // SAFETY (whole body): the caller's promise; lanes beyond the columns are masked.
    unsafe {
        let terms = Terms {
            a: product.a.as_ptr().add(product.first_row + row),
            a_step: product.a_step,
            b: product.b.as_ptr().add(column),
            b_step: product.columns,
            masks,
            row,
            shard_terms: product.shard_terms,
            terms: product.terms,
        };
        let mut counter = Counter::default();
        let mut shard = 0;
        let n_shards = product.terms.div_ceil(product.shard_terms);
        let mut sum;
        loop {
            // Eight shards at a time, whose sums wait in registers; or one.
            let is_eight = n_shards - shard >= EIGHT;
            sum =
                if is_eight { terms.eight::<S, V, FULL>(shard, tail) } else { terms.chain::<S, V, FULL>(shard, tail) };
            shard += if is_eight { EIGHT } else { 1 };
            let slots = if is_eight { counter.take_in_many(EIGHT) } else { counter.take_in() };
            // The merges as loops: a closure would not inherit the level's instructions.
            for slot in slots {
                sum = plus::<S, V>(&load_waiting::<S, V>(&waiting[slot * TILE..]), &sum);
            }
            if shard == n_shards {
                break;
            }
            let slot = &mut waiting[(counter.slot() - 1) * TILE..][..TILE];
            for (v, sum) in sum.iter().enumerate() {
                S::store(slot.as_mut_ptr().add(v * S::LANES), *sum);
            }
        }
        for slot in counter.rest() {
            sum = plus::<S, V>(&load_waiting::<S, V>(&waiting[slot * TILE..]), &sum);
        }
        let mut negative_zeros = 0;
        for (v, sum) in sum.iter().enumerate() {
            let at = to.as_mut_ptr().add(v * S::LANES);
            if FULL || v + 1 < V {
                S::store(at, *sum);
            } else {
                S::store_first(at, *sum, tail);
            }
            negative_zeros |= S::bits(S::negative_zero_mask(*sum));
        }
        negative_zeros != 0
    }
}

/// Shards whose sums are added in registers.
const EIGHT: usize = 8;

/// The terms of a row.
struct Terms<'a> {
    a: *const f32,
    a_step: usize,
    b: *const f32,
    b_step: usize,
    masks: &'a [[f32; 2]],
    row: usize,
    shard_terms: usize,
    terms: usize,
}

impl Terms<'_> {
    /// A shard's chain, over the terms that are not zero.
    #[inline(always)]
    unsafe fn chain<S: Simd, const V: usize, const FULL: bool>(&self, shard: usize, tail: usize) -> [S::Vector; V] {
        // SAFETY (whole body): as in `sums`.
        unsafe {
            let mut sums = [S::splat(0.0); V];
            let mut first = shard * self.shard_terms;
            let end = (first + self.shard_terms).min(self.terms);
            while first < end {
                let last = end.min((first / SQUARE + 1) * SQUARE);
                let [low, high] = self.masks[first / SQUARE * SQUARE + self.row].map(f32::to_bits);
                let mut bits = (u64::from(low) | u64::from(high) << 32) >> (first % SQUARE);
                bits &= u64::MAX >> (SQUARE - (last - first));
                while bits != 0 {
                    let term = first + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    let element = S::splat(*self.a.add(term * self.a_step));
                    let from = self.b.add(term * self.b_step);
                    for (v, sum) in sums.iter_mut().enumerate() {
                        *sum = S::mul_add(element, load::<S, V, FULL>(from, v, tail), *sum);
                    }
                }
                first = last;
            }
            sums
        }
    }

    /// The complete tree over eight shards from `shard` on.
    #[inline(always)]
    unsafe fn eight<S: Simd, const V: usize, const FULL: bool>(&self, shard: usize, tail: usize) -> [S::Vector; V] {
        // SAFETY (whole body): as in `sums`.
        unsafe {
            let left = plus::<S, V>(&self.two::<S, V, FULL>(shard, tail), &self.two::<S, V, FULL>(shard + 2, tail));
            let right =
                plus::<S, V>(&self.two::<S, V, FULL>(shard + 4, tail), &self.two::<S, V, FULL>(shard + 6, tail));
            plus::<S, V>(&left, &right)
        }
    }

    #[inline(always)]
    unsafe fn two<S: Simd, const V: usize, const FULL: bool>(&self, shard: usize, tail: usize) -> [S::Vector; V] {
        // SAFETY (whole body): as in `sums`.
        unsafe {
            let left = self.chain::<S, V, FULL>(shard, tail);
            plus::<S, V>(&left, &self.chain::<S, V, FULL>(shard + 1, tail))
        }
    }
}

#[inline(always)]
unsafe fn plus<S: Simd, const V: usize>(left: &[S::Vector; V], right: &[S::Vector; V]) -> [S::Vector; V] {
    let mut sums = *left;
    for (sum, right) in sums.iter_mut().zip(right) {
        // SAFETY: the level is S's.
        *sum = unsafe { S::add(*sum, *right) };
    }
    sums
}

/// A sum that waits.
#[inline(always)]
unsafe fn load_waiting<S: Simd, const V: usize>(waiting: &[f32]) -> [S::Vector; V] {
    let waiting = &waiting[..TILE];
    // SAFETY: a row has at most `TILE` elements.
    unsafe {
        let mut sums = [S::splat(0.0); V];
        for (v, sum) in sums.iter_mut().enumerate() {
            *sum = S::load(waiting.as_ptr().add(v * S::LANES));
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Level;

    /// Three of eight numbers are not zero; every ninth is so small that its products are none.
    fn made_up(count: usize, seed: usize, nonzero_of_8: usize) -> Vec<f32> {
        let value = |idx: usize| {
            let drawn = (idx + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            let number = drawn as f32 / (1 << 23) as f32 - 1.0;
            match (drawn % 8 < nonzero_of_8, drawn % 9) {
                (false, sign) => [0.0, -0.0][sign % 2],
                (true, 0) => number * 1e-30,
                (true, _) => number,
            }
        };
        (0..count).map(value).collect()
    }

    #[test]
    fn zeros_left_out_change_no_bit() {
        for level in Level::available().into_iter().map(Supported::at_most) {
            for (terms, shard_terms, a_step, first_row, rows, columns) in [
                (1, 1, 1, 0, 1, 1),
                (64, 8, 100, 3, 48, 128),
                (61, 8, 70, 0, 70, 37),
                (200, 70, 40, 1, 33, 300),
                (9, 64, 20, 0, 20, 16),
                (130, 1, 5, 0, 5, 9),
            ] {
                for nonzero_of_8 in [0, 1, 3] {
                    let (a, b) = (made_up(terms * a_step, 1, nonzero_of_8), made_up(terms * columns, 2, 7));
                    let product = ShardedProduct {
                        a: &a,
                        a_step,
                        first_row,
                        rows,
                        b: &b,
                        columns,
                        terms,
                        shard_terms,
                        read_next: &[],
                    };
                    let mut scratch = vec![f32::NAN; scratch_elements(terms, terms.div_ceil(shard_terms))];
                    let mut results = [vec![f32::NAN; rows * columns], vec![f32::NAN; rows * columns]];
                    let [all, sparse] = &mut results;
                    product_tree(level, &product, &mut scratch, all);
                    scratch.fill(f32::NAN);
                    sparse_product_tree(level, &product, &mut scratch, sparse);
                    let [all, sparse] = results.map(|result| result.into_iter().map(f32::to_bits).collect::<Vec<_>>());
                    assert_eq!(
                        sparse, all,
                        "{level:?}, {terms} in {shard_terms}, {rows} x {columns}, {nonzero_of_8} of 8"
                    );
                }
            }
        }
    }
}
