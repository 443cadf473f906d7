//! The norm of all gradients, defined by f64 sums over blocks of [`CHAIN`] elements that are added in the tree.
//!
//! Idea: sixteen lanes in f64 a block; the blocks' sums merge as a binary counter carries, so that none is stored.

use super::Kernel;
use super::cross_entropy::STRIDE;
use crate::cpu::CHAIN;
use crate::cpu::call::Call;
use crate::cpu::simd::multiversioned;

pub(super) struct GlobalNormKernel;

/// Subtrees that may wait at a time: one for each bit of the number of blocks.
const MAX_DEPTH: usize = usize::BITS as usize;

impl Kernel for GlobalNormKernel {
    fn shard(&self, call: &Call<'_>) {
        let mut stack = [0.0f64; MAX_DEPTH + 1];
        let (mut depth, mut n_blocks) = (0, 0usize);
        for input in 0..call.inputs.len() {
            for block in call.input(input).chunks(CHAIN) {
                let mut sum = 0.0;
                sum_of_squares(call.level, block, &mut sum);
                stack[depth] = sum;
                depth += 1;
                n_blocks += 1;
                for _ in 0..n_blocks.trailing_zeros() {
                    depth -= 1;
                    stack[depth - 1] += stack[depth];
                }
            }
        }
        // What is left are subtrees of falling size; the last blocks have no neighbour and move up unchanged.
        while depth > 1 {
            depth -= 1;
            stack[depth - 1] += stack[depth];
        }
        call.output(0)[0] = stack[0].sqrt() as f32;
    }
}

multiversioned! { fn sum_of_squares(x: &[f32], sum: &mut f64) = sum_of_squares_body }

#[inline(always)]
fn sum_of_squares_body(x: &[f32], sum: &mut f64) {
    let mut accumulators = [0.0f64; STRIDE];
    let (blocks, rest) = x.as_chunks::<STRIDE>();
    for block in blocks {
        for lane in 0..STRIDE {
            let value = f64::from(block[lane]);
            accumulators[lane] += value * value;
        }
    }
    for (accumulator, value) in accumulators.iter_mut().zip(rest) {
        let value = f64::from(*value);
        *accumulator += value * value;
    }
    let mut half = STRIDE / 2;
    while half > 0 {
        for lane in 0..half {
            accumulators[lane] += accumulators[lane + half];
        }
        half /= 2;
    }
    *sum = accumulators[0];
}
