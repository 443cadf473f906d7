//! The product of two sample matrices over their samples, by which a dense layer's weights get their gradient.
//!
//! *Defined by*: `c[m][n] = tree over shards of (sum over the shard's terms t of a[t][m] * b[t][n])`: within a shard a chain of
//! fused multiply-adds from +0.0, cut into blocks of [`CHAIN`] that are added in order; shards in the perfect binary tree.
//!
//! *Idea*: a tile of accumulators goes through all shards, so that the tree's additions are made in registers and what waits in
//! it is a few tiles in the first-level cache. The tile's rows of `a`, which stand a whole row of `a` apart from term to term
//! (on the same few cache sets where that is a power of two), are packed first and serve all columns. Against one product a
//! shard, merged in memory: 46 to 95 GFLOP/s for 8 shards of 8 terms, 82 to 102 for 2 shards of 1,024.
#![allow(unsafe_code)]

use crate::cpu::CHAIN;
use crate::cpu::simd::{Simd, multiversioned};
use crate::cpu::tree::Counter;

/// A sum over shards as the kernel takes it.
#[derive(Clone, Copy)]
pub(crate) struct ShardedProduct<'a> {
    /// `[terms, a_step]`.
    pub(crate) a: &'a [f32],
    /// Elements of `a` from one term to the next.
    pub(crate) a_step: usize,
    /// The first row of the result, a column of `a`.
    pub(crate) first_row: usize,
    /// Number of rows.
    pub(crate) rows: usize,
    /// `[terms, columns]`.
    pub(crate) b: &'a [f32],
    /// Number of columns.
    pub(crate) columns: usize,
    /// Terms of all shards.
    pub(crate) terms: usize,
    /// Terms of a shard; the last has what is left.
    pub(crate) shard_terms: usize,
    /// Arrays of the result's shape that are read next: asked for while there is arithmetic to do.
    pub(crate) read_next: &'a [*const f32],
}

/// Elements of a cache line.
const LINE: usize = 16;

/// Terms ahead of which the columns are asked for: they stand a whole row apart, which no prefetcher follows.
const AHEAD: usize = 16;

/// Rows of a tile, at most.
const ROWS: usize = 16;

/// Elements of a tile, at most.
const TILE: usize = 24 * 16;

/// More terms are not packed: they would not stay in the second-level cache.
const PACKED_TERMS: usize = 8192;

/// Elements of working memory that [`product_tree`] needs for this many terms and shards.
pub(crate) fn scratch_elements(terms: usize, n_shards: usize) -> usize {
    let packed = if terms > PACKED_TERMS { 0 } else { terms * ROWS };
    packed + Counter::slots(n_shards) * TILE
}

/// Computes the sum into `c`, `[rows, columns]`.
///
/// # Panics
/// If an address would leave its operand, or working memory is short of [`scratch_elements`].
pub(crate) fn product_tree(
    level: crate::cpu::level::Supported,
    product: &ShardedProduct<'_>,
    scratch: &mut [f32],
    c: &mut [f32],
) {
    let ShardedProduct { a, a_step, first_row, rows, b, columns, terms, shard_terms, .. } = *product;
    assert!(terms == 0 || (terms - 1) * a_step + first_row + rows <= a.len(), "a product reads beyond its rows");
    assert!(first_row + rows <= a_step || terms <= 1, "rows beyond a term");
    assert!(terms * columns <= b.len(), "a product reads beyond its columns");
    assert!(rows * columns <= c.len(), "a product writes beyond its result");
    if terms == 0 {
        c[..rows * columns].fill(0.0);
        return;
    }
    assert!(shard_terms > 0, "a shard has terms");
    assert!(scratch.len() >= scratch_elements(terms, terms.div_ceil(shard_terms)), "too little working memory");
    dispatch(level, product, scratch, c);
}

multiversioned! { fn dispatch(product: &ShardedProduct<'_>, scratch: &mut [f32], c: &mut [f32]) = simd tiles }

#[inline(always)]
fn tiles<S: Simd>(product: &ShardedProduct<'_>, scratch: &mut [f32], c: &mut [f32]) {
    // SAFETY: `product_tree` checked every address, and `dispatch` runs at the level of `S`.
    unsafe {
        match (S::LANES, product.columns > S::LANES) {
            (16, true) => rows::<S, 12, 2>(product, scratch, c),
            (16, false) => rows::<S, 16, 1>(product, scratch, c),
            (_, true) => rows::<S, 6, 2>(product, scratch, c),
            (_, false) => rows::<S, 8, 1>(product, scratch, c),
        }
    }
}

/// Where a tile reads its rows: element `m` of term `t` is `start[t * step + m]`.
#[derive(Clone, Copy)]
struct Rows {
    start: *const f32,
    step: usize,
}

/// All tiles; a tile has up to `M` rows and `V` vectors of columns.
#[inline(always)]
unsafe fn rows<S: Simd, const M: usize, const V: usize>(
    product: &ShardedProduct<'_>,
    scratch: &mut [f32],
    c: &mut [f32],
) {
    let is_packed = product.terms <= PACKED_TERMS;
    let (packed, waiting) = scratch.split_at_mut(if is_packed { product.terms * ROWS } else { 0 });
    for row in (0..product.rows).step_by(M) {
        let count = M.min(product.rows - row);
        let first = product.first_row + row;
        let from = if is_packed {
            pack::<M>(product, first, count, packed);
            Rows { start: packed.as_ptr(), step: M }
        } else {
            // SAFETY: a column of `a`.
            Rows { start: unsafe { product.a.as_ptr().add(first) }, step: product.a_step }
        };
        let mut column = 0;
        while column < product.columns {
            let width = (V * S::LANES).min(product.columns - column);
            for array in product.read_next {
                for row in row..row + count {
                    for line in (column..column + width).step_by(LINE) {
                        // SAFETY: the level is S's.
                        unsafe { S::prefetch(array.wrapping_add(row * product.columns + line)) };
                    }
                }
            }
            // SAFETY: passed on; `tile` reads `M` rows where they are packed, else `count`.
            unsafe {
                let to = c.as_mut_ptr().add(row * product.columns + column);
                let is_whole = is_packed || count == M;
                if width == V * S::LANES && is_whole {
                    tile::<S, M, V, true>(product, from, count, column, width, waiting, to);
                } else if width > S::LANES || V == 1 || !is_whole {
                    tile::<S, M, V, false>(product, from, count, column, width, waiting, to);
                } else {
                    tile::<S, M, 1, false>(product, from, count, column, width, waiting, to);
                }
            }
            column += width;
        }
    }
}

/// Packs `count` rows of `a` from `first` into `[terms, M]`, zeros beyond.
#[inline(always)]
fn pack<const M: usize>(product: &ShardedProduct<'_>, first: usize, count: usize, packed: &mut [f32]) {
    let (targets, _) = packed.as_chunks_mut::<M>();
    for (term, target) in targets[..product.terms].iter_mut().enumerate() {
        let from = &product.a[term * product.a_step + first..];
        match from.first_chunk::<M>() {
            Some(whole) if count == M => *target = *whole,
            _ => {
                *target = [0.0; M];
                target[..count].copy_from_slice(&from[..count]);
            }
        }
    }
}

/// One tile: `width` columns from `column`, of which the last vector may lack lanes unless `FULL`.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn tile<S: Simd, const M: usize, const V: usize, const FULL: bool>(
    product: &ShardedProduct<'_>,
    from: Rows,
    count: usize,
    column: usize,
    width: usize,
    waiting: &mut [f32],
    to: *mut f32,
) {
    // SAFETY (whole body): `product_tree` checked every address; lanes beyond `width` are masked unless `FULL`; rows beyond
    // `count` are zeros where they are packed, and repeat the last row where not; they are not stored.
    unsafe {
        let tail = width - (V - 1) * S::LANES;
        let rows_read = if FULL { M } else { count };
        let mut counter = Counter::default();
        let mut sums = [[S::splat(0.0); V]; M];
        let mut start = 0;
        while start < product.terms {
            let end = (start + product.shard_terms).min(product.terms);
            sums = chain::<S, M, V, FULL>(product, from, rows_read, column, tail, start, end.min(start + CHAIN));
            for block in (start..end).step_by(CHAIN).skip(1) {
                let more =
                    chain::<S, M, V, FULL>(product, from, rows_read, column, tail, block, end.min(block + CHAIN));
                for (sums, more) in sums.iter_mut().zip(&more) {
                    for (sum, more) in sums.iter_mut().zip(more) {
                        *sum = S::add(*sum, *more);
                    }
                }
            }
            // The merges as loops: a closure would not inherit the level's instructions.
            for slot in counter.take_in() {
                add_waiting::<S, M, V>(&mut sums, &waiting[slot * TILE..]);
            }
            if end < product.terms {
                let slot = &mut waiting[(counter.slot() - 1) * TILE..][..TILE];
                for m in 0..M {
                    for v in 0..V {
                        S::store(slot.as_mut_ptr().add((m * V + v) * S::LANES), sums[m][v]);
                    }
                }
            }
            start = end;
        }
        for slot in counter.rest() {
            add_waiting::<S, M, V>(&mut sums, &waiting[slot * TILE..]);
        }
        for (m, sums) in sums.iter().enumerate() {
            if m >= count {
                break;
            }
            let to = to.add(m * product.columns);
            for (v, sum) in sums.iter().enumerate() {
                if FULL || v + 1 < V {
                    S::store(to.add(v * S::LANES), *sum);
                } else {
                    S::store_first(to.add(v * S::LANES), *sum, tail);
                }
            }
        }
    }
}

/// The left neighbour's sum, which waits, plus this one.
#[inline(always)]
unsafe fn add_waiting<S: Simd, const M: usize, const V: usize>(sums: &mut [[S::Vector; V]; M], waiting: &[f32]) {
    let waiting = &waiting[..TILE];
    // SAFETY: a tile has at most `TILE` elements.
    unsafe {
        for m in 0..M {
            for v in 0..V {
                sums[m][v] = S::add(S::load(waiting.as_ptr().add((m * V + v) * S::LANES)), sums[m][v]);
            }
        }
    }
}

/// Terms `start..end` of the chain, from +0.0.
#[inline(always)]
unsafe fn chain<S: Simd, const M: usize, const V: usize, const FULL: bool>(
    product: &ShardedProduct<'_>,
    from: Rows,
    rows_read: usize,
    column: usize,
    tail: usize,
    start: usize,
    end: usize,
) -> [[S::Vector; V]; M] {
    // SAFETY (whole body): as in `tile`.
    unsafe {
        let mut sums = [[S::splat(0.0); V]; M];
        let mut a = from.start.add(start * from.step);
        let mut b = product.b.as_ptr().add(start * product.columns + column);
        for _ in start..end {
            let mut columns = [S::splat(0.0); V];
            for (v, vector) in columns.iter_mut().enumerate() {
                *vector = if FULL || v + 1 < V {
                    S::load(b.add(v * S::LANES))
                } else {
                    S::load_first(b.add(v * S::LANES), tail)
                };
            }
            for (m, sums) in sums.iter_mut().enumerate() {
                let element = S::splat(*a.add(if FULL { m } else { m.min(rows_read - 1) }));
                for (sum, columns) in sums.iter_mut().zip(&columns) {
                    *sum = S::mul_add(element, *columns, *sum);
                }
            }
            S::prefetch(b.wrapping_add(AHEAD * product.columns));
            if V > 1 {
                S::prefetch(b.wrapping_add(AHEAD * product.columns + LINE));
            }
            a = a.wrapping_add(from.step);
            b = b.wrapping_add(product.columns);
        }
        sums
    }
}
