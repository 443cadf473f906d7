//! A step of a plan: who computes what, on which memory. One of the files that may hold `unsafe` (see ARCHITECTURE.md).
#![allow(unsafe_code)]

use std::ops::Range;

use super::call::{Addresses, Call, Work};
use super::kernels::{self, Part};
use super::level::Supported;
use super::memory::Buffer;
use super::pool::Pool;
use super::program::Prepared;
use super::times::NodeTimes;
use super::tree::tree;
use crate::executor::Step;
use crate::ops::Fold;
use crate::plan::{Place, Plan};

/// What a worker has of its own.
pub(super) struct WorkerMemory {
    pub(super) arena: Buffer,
    pub(super) scratch: Buffer,
}

/// Elements of one task when a fold is split over elements.
const FOLD_ELEMENTS: usize = 4096;

/// A quiet NaN; as integers, an index far out of range; as bytes, a position beyond most windows.
pub(super) const POISON: u32 = 0x7fee_eeee;

/// The tasks into which a fold of rows of so many bytes is cut.
pub(super) fn fold_tasks(fold: Fold, partial_stride: usize) -> usize {
    match fold {
        Fold::Moments => 1,
        Fold::Sum => (partial_stride / 4).div_ceil(FOLD_ELEMENTS),
    }
}

/// What workers share while a step runs.
pub(super) struct Running<'a> {
    pub(super) level: Supported,
    pub(super) poison: bool,
    pub(super) times: Option<&'a NodeTimes>,
    pub(super) plan: &'a Plan,
    pub(super) nodes: &'a [Prepared],
    pub(super) workers: &'a [WorkerMemory],
    pub(super) samples: usize,
    pub(super) step: Step<'a>,
    pub(super) addresses: Addresses<'a>,
    pub(super) derived: &'a [f32],
}

impl Running<'_> {
    /// A run of the node's kernel for a shard, or (`None`) for all samples of the batch.
    ///
    /// # Safety
    /// Phase and ticket are such that the plan gives this call what [`Call::new`] asks for: no other worker has the worker's
    /// memory or this ticket.
    pub(super) unsafe fn call(&self, node: usize, worker: usize, shard: Option<usize>, is_shared: bool) -> Call<'_> {
        // SAFETY: the caller's promise.
        unsafe { self.call_at(node, (worker, worker), shard, is_shared) }
    }

    /// As [`Running::call`], with the arena of one worker and the working memory of another.
    ///
    /// # Safety
    /// As there; who shares the arena is at the same node.
    unsafe fn call_at(
        &self,
        node: usize,
        (arena, worker): (usize, usize),
        shard: Option<usize>,
        is_shared: bool,
    ) -> Call<'_> {
        let prepared = &self.nodes[node];
        let scratch = &self.workers[worker].scratch;
        let size = self.plan.options.shard_samples;
        let samples = match shard {
            Some(shard) => shard * size..((shard + 1) * size).min(self.samples),
            None => 0..self.samples,
        };
        let work = Work {
            level: self.level,
            inputs: &prepared.inputs,
            outputs: &prepared.outputs,
            addresses: self.addresses,
            arena: self.workers[arena].arena.start(),
            scratch: scratch.start(),
            scratch_bytes: scratch.bytes(),
            samples,
            shard: shard.unwrap_or(0),
            partial_stride: prepared.partial_stride,
            shard_samples: size,
            ids: self.step.ids,
            step: self.step.index,
            seed: self.step.seed,
            is_in_place: prepared.is_in_place,
            is_shared,
            derived: prepared.derived.clone().map(|range| &self.derived[range]),
        };
        // SAFETY: the caller's promise; that places and sizes hold, and what they may overlap, is the plan's (see `Addresses`).
        unsafe { Call::new(work) }
    }

    /// Fills what the worker has of its own with NaN. Before every shard and task: what the last one left looks right.
    ///
    /// # Safety
    /// Nobody has the worker's memory.
    unsafe fn poison(&self, worker: usize) {
        let WorkerMemory { arena, scratch } = &self.workers[worker];
        for buffer in [arena, scratch] {
            // SAFETY: the buffer's own bytes, which the caller has alone.
            unsafe { std::slice::from_raw_parts_mut(buffer.start().cast::<u32>(), buffer.bytes() / 4) }.fill(POISON);
        }
    }

    pub(super) fn shard(&self, members: &[usize], worker: usize, shard: usize) {
        if self.poison {
            // SAFETY: each worker runs one shard at a time.
            unsafe { self.poison(worker) };
        }
        for &node in members {
            if let Some(kernel) = &self.nodes[node].kernel {
                // SAFETY: one ticket for each shard, and each worker runs one node at a time.
                let call = unsafe { self.call(node, worker, Some(shard), false) };
                self.measure(node, || kernel.shard(&call));
            }
        }
    }

    /// The only shard of a batch: workers that would have none take parts of each node, on the first one's arena. Part k is always
    /// worker k's: what it reads is then mostly what it wrote, and what it writes is in its own cache.
    pub(super) fn lone_shard(&self, pool: &mut Pool, members: &[usize]) {
        if self.poison {
            // SAFETY: nobody runs yet.
            (0..self.workers.len()).for_each(|worker| unsafe { self.poison(worker) });
        }
        for &node in members {
            let Some(kernel) = &self.nodes[node].kernel else { continue };
            let count = kernel.parts(self.samples).min(self.workers.len());
            if count == 1 {
                // SAFETY: the pool has nothing to do meanwhile.
                let call = unsafe { self.call(node, 0, Some(0), false) };
                self.measure(node, || kernel.shard(&call));
                continue;
            }
            pool.run(&|idx| {
                if idx < count {
                    // SAFETY: each worker has a part and working memory of its own.
                    let call = unsafe { self.call_at(node, (0, idx), Some(0), true) };
                    self.measure(node, || kernel.part(&call, Part { idx, count }));
                }
            });
        }
    }

    /// An outputs phase for a batch of a single shard. The same worker has the same tasks each time, so that it finds its part of the
    /// weights in its own cache.
    pub(super) fn few_outputs(&self, pool: &mut Pool, members: &[usize]) {
        let workers = self.workers.len();
        pool.run(&|idx| {
            for &node in members {
                let tasks = Part { idx, count: workers }.of(self.output_tasks(node));
                match &self.nodes[node].kernel {
                    Some(kernel) if kernel.joins_tasks(self.samples) && !tasks.is_empty() => {
                        // SAFETY: each worker has tasks of its own, and the phase is parallel over them.
                        let call = unsafe { self.call(node, idx, None, true) };
                        self.measure(node, || kernel.joined_tasks(&call, tasks));
                    }
                    _ => tasks.for_each(|task| self.task(node, idx, task)),
                }
            }
        });
    }

    pub(super) fn measure(&self, node: usize, work: impl FnOnce()) {
        match self.times {
            Some(times) => times.measure(node, work),
            None => work(),
        }
    }

    pub(super) fn output_tasks(&self, node: usize) -> usize {
        self.nodes[node].kernel.as_ref().map_or(0, |kernel| kernel.tasks())
    }

    pub(super) fn task(&self, node: usize, worker: usize, task: usize) {
        if self.poison {
            // SAFETY: each worker runs one task at a time.
            unsafe { self.poison(worker) };
        }
        if let Some(kernel) = &self.nodes[node].kernel {
            // SAFETY: one ticket for each task, nodes of a phase have outputs of their own, and each worker runs one task at
            // a time.
            let call = unsafe { self.call(node, worker, None, kernel.tasks() > 1) };
            self.measure(node, || kernel.task(&call, task));
        }
    }

    pub(super) fn fold_tasks(&self, node: usize) -> usize {
        match self.nodes[node].fold {
            Some(fold) => fold_tasks(fold, self.nodes[node].partial_stride),
            None => unreachable!("node {node} is folded, and has no fold"),
        }
    }

    pub(super) fn fold(&self, node: usize, task: usize) {
        let prepared = &self.nodes[node];
        let Place::Partial(first) = prepared.outputs[0].place else {
            unreachable!("node {node} is folded, and its result stands at {}", prepared.outputs[0].place)
        };
        let row_elements = prepared.partial_stride / 4;
        let n_shards = self.plan.n_shards(self.samples);
        // SAFETY: the plan reserved `row_elements` for each shard from `first`.
        let rows = unsafe { self.addresses.batch.add(first).cast::<f32>() };
        match prepared.fold {
            Some(Fold::Sum) => {
                let start = task * FOLD_ELEMENTS;
                let part = start..(start + FOLD_ELEMENTS).min(row_elements);
                // SAFETY: these are the rows of all shards, and no other task of this phase touches these elements.
                unsafe { fold_sums(rows, n_shards, row_elements, part) };
            }
            Some(Fold::Moments) => {
                // SAFETY: the node's only task has all its rows.
                let rows = unsafe { std::slice::from_raw_parts_mut(rows, n_shards * row_elements) };
                let x = &prepared.inputs[0].ty;
                let rows_per_sample = x.elements() / x.shape.last();
                let size = self.plan.options.shard_samples;
                let elements = |shards: Range<usize>| {
                    ((shards.end * size).min(self.samples) - shards.start * size) * rows_per_sample
                };
                kernels::fold_moments(self.level, rows, n_shards, elements, &prepared.outputs);
            }
            None => unreachable!("node {node} is folded, and has no fold"),
        }
    }
}

/// Adds these elements of the shards' rows, in the tree; the sum stands in the first row.
///
/// # Safety
/// From `rows` on there are `n_shards` rows of `row_elements` elements, and nobody else touches `part` of any of them.
pub(super) unsafe fn fold_sums(rows: *mut f32, n_shards: usize, row_elements: usize, part: Range<usize>) {
    tree(n_shards, |left, right| {
        // SAFETY: rows of two shards do not overlap, and the caller grants this part of each.
        let (sums, terms) = unsafe {
            (
                std::slice::from_raw_parts_mut(rows.add(left * row_elements + part.start), part.len()),
                std::slice::from_raw_parts(rows.add(right * row_elements + part.start), part.len()),
            )
        };
        for (sum, term) in sums.iter_mut().zip(terms) {
            *sum += *term;
        }
    });
}
