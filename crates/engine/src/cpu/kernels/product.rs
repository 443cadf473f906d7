//! The register-blocked product on which dense layers and convolutions stand.
//!
//! *Defined by*: `c[m][n] = sum over t of a[row(m) + a(t)] * b[b(t) + n]`, for each element a chain of fused multiply-adds
//! along t from +0.0, cut into blocks that are added in order. A list of runs says how the two addresses move with t.
//!
//! *Idea*: lanes over the columns n, several rows m at once, so that accumulators stay in registers for the whole chain;
//! no packing, since a dense matrix, a convolution's weights and activations in `[H, W, C]` order all have their columns
//! contiguous.
#![allow(unsafe_code)]

use crate::cpu::simd::{Simd, multiversioned};

/// Part of the chain in which both addresses move by constant steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Where the run starts in a, from the row's start.
    pub(crate) a: usize,
    /// Where the run starts in b.
    pub(crate) b: usize,
    /// Number of terms.
    pub(crate) terms: usize,
    /// A block of the chain ends after this run; the last run ends one in any case.
    pub(crate) ends_block: bool,
}

/// A product as the kernels take it.
#[derive(Clone, Copy)]
pub(crate) struct Product<'a> {
    /// The operand of which single elements are repeated over the lanes.
    pub(crate) a: &'a [f32],
    /// Where each row starts in `a`.
    pub(crate) rows: &'a [usize],
    /// Elements of `a` from one term of a run to the next.
    pub(crate) a_step: usize,
    /// The operand whose columns are the lanes.
    pub(crate) b: &'a [f32],
    /// Elements of `b` from one term of a run to the next.
    pub(crate) b_step: usize,
    /// The chain.
    pub(crate) runs: &'a [Run],
    /// Number of columns.
    pub(crate) columns: usize,
    /// Elements of the result from one row to the next.
    pub(crate) c_step: usize,
    /// Add to what the result holds instead of replacing it.
    pub(crate) accumulate: bool,
}

/// Cuts a chain of `terms` that moves evenly into runs of at most `chain` terms, each a block.
pub(crate) fn blocks(terms: usize, a_step: usize, b_step: usize, chain: usize) -> Vec<Run> {
    let mut runs = Vec::new();
    cut(&mut runs, 0, terms, 0, 0, (a_step, b_step), chain);
    runs
}

/// Appends a run of `terms` that starts at term `done` of the chain, cut where a block ends.
pub(crate) fn cut(
    runs: &mut Vec<Run>,
    done: usize,
    terms: usize,
    a: usize,
    b: usize,
    (a_step, b_step): (usize, usize),
    chain: usize,
) {
    let mut at = 0;
    while at < terms {
        let room = chain - (done + at) % chain;
        let count = room.min(terms - at);
        runs.push(Run { a: a + at * a_step, b: b + at * b_step, terms: count, ends_block: count == room });
        at += count;
    }
}

/// Computes the product into `c`.
///
/// # Panics
/// If an address would leave its operand.
pub(crate) fn product(level: crate::cpu::level::Supported, product: &Product<'_>, c: &mut [f32]) {
    let (Some(last_row), Some(_)) = (largest(product.rows), product.runs.first()) else {
        // An empty chain is +0.0; no rows are nothing.
        if !product.accumulate {
            for row in 0..product.rows.len() {
                c[row * product.c_step..row * product.c_step + product.columns].fill(0.0);
            }
        }
        return;
    };
    if product.columns == 0 {
        return;
    }
    for run in product.runs.iter().filter(|run| run.terms > 0) {
        let last = run.terms - 1;
        assert!(last_row + run.a + last * product.a_step < product.a.len(), "a product reads beyond its rows");
        assert!(
            run.b + last * product.b_step + product.columns <= product.b.len(),
            "a product reads beyond its columns"
        );
    }
    assert!(
        (product.rows.len() - 1) * product.c_step + product.columns <= c.len(),
        "a product writes beyond its result"
    );
    dispatch(level, product, c);
}

/// The largest of some numbers, in eight chains: short products show what one chain takes.
fn largest(numbers: &[usize]) -> Option<usize> {
    let mut chains = [*numbers.first()?; 8];
    let (eights, rest) = numbers.as_chunks::<8>();
    for eight in eights {
        for (chain, number) in chains.iter_mut().zip(eight) {
            *chain = (*chain).max(*number);
        }
    }
    chains.iter().chain(rest).copied().max()
}

multiversioned! { fn dispatch(product: &Product<'_>, c: &mut [f32]) = simd tiles }

/// Vectors of a tile of one row: as many chains as hide what an addition takes.
const ONE_ROW_VECTORS: usize = 8;

/// Rows and vectors of a tile. 16 lanes: 12 x 2 accumulators, 2 columns and 1 repeated element of 32 registers; 8 lanes:
/// 6 x 2 of 16. One vector of columns: twice the rows.
#[inline(always)]
fn tiles<S: Simd>(product: &Product<'_>, c: &mut [f32]) {
    let mut column = 0;
    while column < product.columns {
        let left = product.columns - column;
        if product.rows.len() == 1 && left >= ONE_ROW_VECTORS * S::LANES {
            // SAFETY: as below.
            unsafe { tile::<S, 1, ONE_ROW_VECTORS>(product, c, 0, 1, column, ONE_ROW_VECTORS * S::LANES) };
            column += ONE_ROW_VECTORS * S::LANES;
            continue;
        }
        if product.rows.len() == 1 && left >= ONE_ROW_VECTORS / 2 * S::LANES {
            // SAFETY: as below.
            unsafe { tile::<S, 1, { ONE_ROW_VECTORS / 2 }>(product, c, 0, 1, column, ONE_ROW_VECTORS / 2 * S::LANES) };
            column += ONE_ROW_VECTORS / 2 * S::LANES;
            continue;
        }
        if left > S::LANES {
            let width = left.min(2 * S::LANES);
            // SAFETY: `product` checked every address, and `dispatch` runs at the level of `S`.
            unsafe {
                if S::LANES == 16 {
                    rows::<S, 12, 2>(product, c, column, width);
                } else {
                    rows::<S, 6, 2>(product, c, column, width);
                }
            }
            column += width;
        } else {
            // SAFETY: as above.
            unsafe {
                if S::LANES == 16 {
                    rows::<S, 16, 1>(product, c, column, left);
                } else {
                    rows::<S, 8, 1>(product, c, column, left);
                }
            }
            column += left;
        }
    }
}

/// All rows of `width` columns from `column`.
#[inline(always)]
unsafe fn rows<S: Simd, const M: usize, const V: usize>(
    product: &Product<'_>,
    c: &mut [f32],
    column: usize,
    width: usize,
) {
    let mut row = 0;
    while row < product.rows.len() {
        let left = product.rows.len() - row;
        // SAFETY: passed on. Smaller tiles for what is left, so that no row is computed in vain more than once or twice.
        unsafe {
            if left >= M {
                tile::<S, M, V>(product, c, row, M, column, width);
                row += M;
            } else if left == 1 {
                tile::<S, 1, V>(product, c, row, 1, column, width);
                row += 1;
            } else if left > 4 && M > 8 {
                tile::<S, 8, V>(product, c, row, left.min(8), column, width);
                row += left.min(8);
            } else {
                tile::<S, 4, V>(product, c, row, left.min(4), column, width);
                row += left.min(4);
            }
        }
    }
}

/// Elements of a cache line.
const LINE: usize = 16;

/// Elements between rows of `b` from which on they are asked for so many terms ahead: no prefetcher follows rows on pages of their own.
const FAR: usize = 256;
const AHEAD: usize = 16;

/// Terms of a run from which on the results' cache lines are asked for before it.
const LONG: usize = 128;

/// One tile: `count` of `M` rows from `row`, `width` of `V` vectors of columns from `column`.
#[inline(always)]
unsafe fn tile<S: Simd, const M: usize, const V: usize>(
    product: &Product<'_>,
    c: &mut [f32],
    row: usize,
    count: usize,
    column: usize,
    width: usize,
) {
    // SAFETY (whole body): `product` checked every address; rows beyond `count` repeat the last one and are not stored;
    // lanes beyond `width` are masked.
    unsafe {
        let mut starts = [product.a.as_ptr(); M];
        for (m, start) in starts.iter_mut().enumerate() {
            *start = product.a.as_ptr().add(product.rows[row + m.min(count - 1)]);
        }
        let b = product.b.as_ptr().add(column);
        if product.runs[0].terms >= LONG {
            // Where results go is on its way while there is arithmetic to do.
            for m in 0..count {
                for line in (column..column + width).step_by(LINE) {
                    S::prefetch(c.as_ptr().wrapping_add((row + m) * product.c_step + line));
                }
            }
        }
        let zero = S::splat(0.0);
        let mut accumulators = [[zero; V]; M];
        let mut totals = [[zero; V]; M];
        let mut is_first_block = true;
        let tail = width - (V - 1) * S::LANES;
        let is_full = tail == S::LANES;
        let n_runs = product.runs.len();
        for (idx, run) in product.runs.iter().enumerate() {
            if is_full {
                chain::<S, M, V, true>(product, run, &starts, b, tail, &mut accumulators);
            } else {
                chain::<S, M, V, false>(product, run, &starts, b, tail, &mut accumulators);
            }
            if run.ends_block && idx + 1 < n_runs {
                for m in 0..M {
                    for v in 0..V {
                        totals[m][v] =
                            if is_first_block { accumulators[m][v] } else { S::add(totals[m][v], accumulators[m][v]) };
                        accumulators[m][v] = zero;
                    }
                }
                is_first_block = false;
            }
        }
        if !is_first_block {
            for m in 0..M {
                for v in 0..V {
                    accumulators[m][v] = S::add(totals[m][v], accumulators[m][v]);
                }
            }
        }
        for m in 0..M {
            if m >= count {
                break;
            }
            let to = c.as_mut_ptr().add((row + m) * product.c_step + column);
            for v in 0..V {
                let at = to.add(v * S::LANES);
                let lanes = if v + 1 == V { tail } else { S::LANES };
                let mut value = accumulators[m][v];
                if product.accumulate {
                    value = S::add(S::load_first(at, lanes), value);
                }
                if lanes == S::LANES {
                    S::store(at, value);
                } else {
                    S::store_first(at, value, lanes);
                }
            }
        }
    }
}

/// One run of the chain.
#[inline(always)]
unsafe fn chain<S: Simd, const M: usize, const V: usize, const FULL: bool>(
    product: &Product<'_>,
    run: &Run,
    starts: &[*const f32; M],
    b: *const f32,
    tail: usize,
    accumulators: &mut [[S::Vector; V]; M],
) {
    // SAFETY (whole body): as in `tile`.
    unsafe {
        let is_far = product.b_step >= FAR;
        let mut sums = *accumulators;
        let mut a_at = run.a;
        let mut b_at = b.add(run.b);
        for _ in 0..run.terms {
            let mut columns = [S::splat(0.0); V];
            for (v, vector) in columns.iter_mut().enumerate() {
                *vector = if FULL || v + 1 < V {
                    S::load(b_at.add(v * S::LANES))
                } else {
                    S::load_first(b_at.add(v * S::LANES), tail)
                };
            }
            for m in 0..M {
                let element = S::splat(*starts[m].add(a_at));
                for v in 0..V {
                    sums[m][v] = S::mul_add(element, columns[v], sums[m][v]);
                }
            }
            if M > 8 && is_far {
                S::prefetch(b_at.wrapping_add(AHEAD * product.b_step));
            }
            a_at += product.a_step;
            b_at = b_at.wrapping_add(product.b_step);
        }
        *accumulators = sums;
    }
}
