//! Dense layers: [`product`] with one row a sample (and leading axis), and its transpose for the weights' gradient.

use super::Kernel;
use super::product::{Product, Run, blocks, product};
use crate::cpu::CHAIN;
use crate::cpu::call::{Call, Slot};

pub(super) struct DenseKernel {
    rows: Vec<usize>,
    rows_per_sample: usize,
    runs: Vec<Run>,
    terms: usize,
    columns: usize,
}

impl DenseKernel {
    pub(super) fn new(inputs: &[Slot], shard_samples: usize) -> Self {
        let (terms, columns) = (inputs[1].ty.shape[0], inputs[1].ty.shape[1]);
        let rows_per_sample = inputs[0].ty.elements() / terms;
        let rows = (0..rows_per_sample * shard_samples).map(|row| row * terms).collect();
        DenseKernel { rows, rows_per_sample, runs: blocks(terms, 1, columns, CHAIN), terms, columns }
    }
}

impl Kernel for DenseKernel {
    fn shard(&self, call: &Call<'_>) {
        let rows = &self.rows[..self.rows_per_sample * call.n_samples()];
        debug_assert!(rows.last().is_none_or(|last| last + self.terms <= call.input(0).len()));
        let operands = Product {
            a: call.input(0),
            rows,
            a_step: 1,
            b: call.input(1),
            b_step: self.columns,
            runs: &self.runs,
            columns: self.columns,
            c_step: self.columns,
            accumulate: false,
        };
        product(call.level, &operands, call.output(0));
    }
}

pub(super) struct WeightGradientKernel {
    /// Start of each row of the gradient within one row of x: 0, 1, 2, ...
    rows: Vec<usize>,
    rows_per_sample: usize,
    /// Chains for shards of 1, 2, ... samples.
    runs: Vec<Vec<Run>>,
    columns: usize,
}

/// Subtrees that may wait at a time: enough for 2^15 shards.
const MAX_DEPTH: usize = 16;

/// Rows of the gradient in one task of an outputs phase.
const TASK_ROWS: usize = 48;

impl WeightGradientKernel {
    pub(super) fn new(inputs: &[Slot], shard_samples: usize) -> Self {
        let terms = inputs[0].ty.shape.last();
        let columns = inputs[1].ty.shape.last();
        let rows_per_sample = inputs[0].ty.elements() / terms;
        let runs =
            (0..=shard_samples).map(|samples| blocks(samples * rows_per_sample, terms, columns, CHAIN)).collect();
        WeightGradientKernel { rows: (0..terms).collect(), rows_per_sample, runs, columns }
    }
}

impl Kernel for WeightGradientKernel {
    fn shard(&self, call: &Call<'_>) {
        let operands = Product {
            a: call.input(0),
            rows: &self.rows,
            a_step: self.rows.len(),
            b: call.input(1),
            b_step: self.columns,
            runs: &self.runs[call.n_samples()],
            columns: self.columns,
            c_step: self.columns,
            accumulate: false,
        };
        product(call.level, &operands, call.output(0));
    }

    fn scratch_bytes(&self) -> usize {
        // The sums of a task's complete subtrees: at most one for each bit of the number of shards.
        TASK_ROWS.min(self.rows.len()) * self.columns * MAX_DEPTH * 4
    }

    fn tasks(&self) -> usize {
        self.rows.len().div_ceil(TASK_ROWS)
    }

    /// The tree over shards for some rows: each shard's product is merged at once with the subtree of equal size beside
    /// it, as a binary counter carries, so that the sums stay in cache. The same additions in the same order as the fold.
    fn task(&self, call: &Call<'_>, task: usize) {
        let first = task * TASK_ROWS;
        let rows = &self.rows[first..(first + TASK_ROWS).min(self.rows.len())];
        let size = rows.len() * self.columns;
        let (a, b) = (call.input(0), call.input(1));
        let n_samples = call.n_samples();
        let n_shards = n_samples.div_ceil(call.shard_samples);
        let stack = call.scratch();
        let mut depth = 0;
        for shard in 0..n_shards {
            let samples = call.shard_samples.min(n_samples - shard * call.shard_samples);
            let start = shard * call.shard_samples * self.rows_per_sample;
            let operands = Product {
                a: &a[start * self.rows.len()..],
                rows,
                a_step: self.rows.len(),
                b: &b[start * self.columns..],
                b_step: self.columns,
                runs: &self.runs[samples],
                columns: self.columns,
                c_step: self.columns,
                accumulate: false,
            };
            product(call.level, &operands, &mut stack[depth * size..(depth + 1) * size]);
            depth += 1;
            for _ in 0..(shard + 1).trailing_zeros() {
                depth = merge(stack, depth, size);
            }
        }
        // What is left are subtrees of falling size; the last shards have no neighbour and move up unchanged.
        while depth > 1 {
            depth = merge(stack, depth, size);
        }
        let target = call.output_part(0, first * self.columns..first * self.columns + size);
        target.copy_from_slice(&stack[..size]);
    }
}

/// Adds the topmost sum to the one below it; the new depth.
fn merge(stack: &mut [f32], depth: usize, size: usize) -> usize {
    let (below, top) = stack[..depth * size].split_at_mut((depth - 1) * size);
    for (sum, term) in below[(depth - 2) * size..].iter_mut().zip(top.iter()) {
        *sum += *term;
    }
    depth - 1
}

#[cfg(test)]
mod tests {
    use crate::cpu::session::tree;

    /// The binary counter adds the same pairs in the same order as the tree over all shards.
    #[test]
    fn the_counter_follows_the_tree() {
        for n in 1..70usize {
            let mut by_tree: Vec<String> = (0..n).map(|leaf| leaf.to_string()).collect();
            tree(n, |left, right| by_tree[left] = format!("({} {})", by_tree[left], by_tree[right]));
            let mut stack: Vec<String> = Vec::new();
            let merge = |stack: &mut Vec<String>| {
                let top = stack.pop().unwrap_or_default();
                let below = stack.pop().unwrap_or_default();
                stack.push(format!("({below} {top})"));
            };
            for leaf in 0..n {
                stack.push(leaf.to_string());
                (0..(leaf + 1).trailing_zeros()).for_each(|_| merge(&mut stack));
            }
            while stack.len() > 1 {
                merge(&mut stack);
            }
            assert_eq!(stack[0], by_tree[0], "{n} shards");
        }
    }
}
