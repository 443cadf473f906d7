//! Runs a plan. One of the files that may hold `unsafe` (see ARCHITECTURE.md).
#![allow(unsafe_code)]

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::call::{Addresses, Call, Slot};
use super::kernels::{self, Kernel};
use super::memory::Buffer;
use super::pool::Pool;
use super::{CpuExecutor, Level, environment};
use crate::executor::{Feed, RunError, Session, Step, check_states, check_step};
use crate::graph::{Graph, Span, Value};
use crate::ops::Fold;
use crate::plan::{Phase, Place, Plan, plan};
use crate::state::StateBlock;

/// A graph prepared for the CPU, with its threads and memory.
pub struct CpuSession {
    executor: CpuExecutor,
    graph: Graph,
    plan: Plan,
    nodes: Vec<Prepared>,
    /// For each of the graph's states, its range in the block of states that the session was prepared with.
    state_offsets: Vec<usize>,
    pool: Pool,
    workers: Vec<WorkerMemory>,
    batch: Buffer,
    samples: usize,
    /// The graph's outputs.
    outputs: Vec<Value>,
}

/// A node with its kernel and where its values stand.
struct Prepared {
    kernel: Option<Box<dyn Kernel>>,
    inputs: Vec<Slot>,
    outputs: Vec<Slot>,
    fold: Option<Fold>,
    partial_stride: usize,
}

/// What a worker has of its own.
struct WorkerMemory {
    arena: Buffer,
    scratch: Buffer,
}

/// Elements of one task when a fold is split over elements.
const FOLD_ELEMENTS: usize = 4096;

impl CpuSession {
    pub(super) fn new(
        executor: CpuExecutor,
        graph: &Graph,
        state: &StateBlock,
        max_samples: usize,
    ) -> Result<Self, RunError> {
        check_states(graph, state)?;
        // Kernels trust the level: what the machine lacks must not reach them. The bits are the same.
        let executor =
            CpuExecutor { threads: executor.threads.max(1), level: executor.level.min(Level::best()), ..executor };
        let plan = plan(graph, executor.options, max_samples);
        let state_offsets: Vec<usize> =
            graph.states().iter().map(|declared| state.entry(&declared.name).map_or(0, |entry| entry.offset)).collect();
        let slot = |value: &Value| {
            let place = plan.place(*value);
            let state_offset = if let Place::State(idx) = place { state_offsets[idx] } else { 0 };
            Slot { ty: graph.ty(*value).clone(), place, state_offset }
        };
        let nodes: Vec<Prepared> = graph
            .nodes()
            .iter()
            .enumerate()
            .map(|(idx, node)| {
                let inputs: Vec<Slot> = node.inputs.iter().map(slot).collect();
                let outputs: Vec<Slot> = node.outputs.iter().map(slot).collect();
                let kernel = (!node.op.is_view())
                    .then(|| kernels::kernel(&node.op, &inputs, &outputs, executor.options.shard_samples));
                Prepared { kernel, inputs, outputs, fold: node.op.fold(), partial_stride: plan.partial_stride[idx] }
            })
            .collect();
        let scratch_bytes =
            nodes.iter().filter_map(|node| node.kernel.as_ref()).map(|k| k.scratch_bytes()).max().unwrap_or(0);
        let workers = (0..executor.threads)
            .map(|_| WorkerMemory { arena: Buffer::zeroed(plan.arena_bytes), scratch: Buffer::zeroed(scratch_bytes) })
            .collect();
        let mut pool = Pool::new(executor.threads);
        pool.run(&|_| environment::assert_standard());
        Ok(CpuSession {
            executor,
            graph: graph.clone(),
            batch: Buffer::zeroed(plan.batch_bytes),
            plan,
            nodes,
            state_offsets,
            pool,
            workers,
            samples: 0,
            outputs: graph.outputs().iter().map(|(_, value)| *value).collect(),
        })
    }

    /// The plan that runs.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The graph that runs.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Bytes of all memory that the session holds: arenas, working memory, batch memory.
    pub fn memory_bytes(&self) -> usize {
        let own: usize = self.workers.iter().map(|worker| worker.arena.bytes() + worker.scratch.bytes()).sum();
        own + self.batch.bytes()
    }

    fn poison(&mut self) {
        self.batch.f32_mut().fill(f32::from_bits(POISON));
        for worker in &mut self.workers {
            worker.arena.f32_mut().fill(f32::from_bits(POISON));
            worker.scratch.f32_mut().fill(f32::from_bits(POISON));
        }
    }
}

/// A quiet NaN; as integers, an index far out of range; as bytes, a position beyond most windows.
const POISON: u32 = 0x7fee_eeee;

impl Session for CpuSession {
    fn run(&mut self, state: &mut StateBlock, step: &Step<'_>, feeds: &[Feed<'_>]) -> Result<(), RunError> {
        check_step(&self.graph, self.plan.max_samples, step, feeds)?;
        for (declared, offset) in self.graph.states().iter().zip(&self.state_offsets) {
            // Kernels write by these offsets: the block must be laid out as the one of `prepare`.
            match state.entry(&declared.name) {
                Some(entry) if entry.offset == *offset && entry.shape == declared.shape => {}
                _ => return Err(RunError::State { name: declared.name.clone() }),
            }
        }
        if self.executor.poison {
            self.poison();
        }
        self.samples = step.ids.len();
        let addresses = Addresses { states: state.memory_mut().start().cast(), batch: self.batch.start(), feeds };
        let running = Running {
            level: self.executor.level,
            plan: &self.plan,
            nodes: &self.nodes,
            workers: &self.workers,
            samples: self.samples,
            step: *step,
            addresses,
        };
        for phase in &self.plan.phases {
            let tickets = AtomicUsize::new(0);
            match phase {
                Phase::Shards(members) => {
                    let n_shards = self.plan.n_shards(self.samples);
                    self.pool.run(&|worker| {
                        take_tickets(&tickets, n_shards, |shard| running.shard(members, worker, shard));
                    });
                }
                Phase::Fold(members) => {
                    let total = members.iter().map(|node| running.fold_tasks(*node)).sum();
                    self.pool.run(&|_| {
                        take_tickets(&tickets, total, |ticket| {
                            let (node, task) = nth_task(members, ticket, |node| running.fold_tasks(node));
                            running.fold(node, task);
                        });
                    });
                }
                Phase::Outputs(members) => {
                    let total = members.iter().map(|node| running.output_tasks(*node)).sum();
                    self.pool.run(&|worker| {
                        take_tickets(&tickets, total, |ticket| {
                            let (node, task) = nth_task(members, ticket, |node| running.output_tasks(node));
                            running.task(node, worker, task);
                        });
                    });
                }
            }
        }
        Ok(())
    }

    fn output(&self, idx: usize) -> &[f32] {
        let value = self.outputs[idx];
        let ty = self.graph.ty(value);
        let count = ty.elements() * if ty.span == Span::Sample { self.samples } else { 1 };
        match self.plan.place(value) {
            Place::Batch(offset) | Place::Step(offset) | Place::Partial(offset) => {
                &self.batch.f32()[offset / 4..offset / 4 + count]
            }
            // A graph's output is a node's value; inputs and states are the caller's already.
            Place::Input(_) | Place::State(_) | Place::Arena(_) | Place::Unused => &[],
        }
    }
}

/// What workers share while a step runs.
struct Running<'a> {
    level: Level,
    plan: &'a Plan,
    nodes: &'a [Prepared],
    workers: &'a [WorkerMemory],
    samples: usize,
    step: Step<'a>,
    addresses: Addresses<'a>,
}

impl Running<'_> {
    fn call(&self, node: usize, worker: usize, shard: Option<usize>) -> Call<'_> {
        let prepared = &self.nodes[node];
        let memory = &self.workers[worker];
        let size = self.plan.options.shard_samples;
        let samples = match shard {
            Some(shard) => shard * size..((shard + 1) * size).min(self.samples),
            None => 0..self.samples,
        };
        Call {
            level: self.level,
            inputs: &prepared.inputs,
            outputs: &prepared.outputs,
            addresses: self.addresses,
            arena: memory.arena.start(),
            scratch: memory.scratch.start(),
            scratch_bytes: memory.scratch.bytes(),
            samples,
            shard: shard.unwrap_or(0),
            partial_stride: prepared.partial_stride,
            shard_samples: size,
            ids: self.step.ids,
            step: self.step.index,
            seed: self.step.seed,
        }
    }

    fn shard(&self, members: &[usize], worker: usize, shard: usize) {
        for &node in members {
            if let Some(kernel) = &self.nodes[node].kernel {
                kernel.shard(&self.call(node, worker, Some(shard)));
            }
        }
    }

    fn output_tasks(&self, node: usize) -> usize {
        self.nodes[node].kernel.as_ref().map_or(0, |kernel| kernel.tasks())
    }

    fn task(&self, node: usize, worker: usize, task: usize) {
        if let Some(kernel) = &self.nodes[node].kernel {
            kernel.task(&self.call(node, worker, None), task);
        }
    }

    fn fold_tasks(&self, node: usize) -> usize {
        match self.nodes[node].fold {
            Some(Fold::Moments) | None => 1,
            Some(Fold::Sum) => (self.nodes[node].partial_stride / 4).div_ceil(FOLD_ELEMENTS),
        }
    }

    fn fold(&self, node: usize, task: usize) {
        let prepared = &self.nodes[node];
        let Place::Partial(first) = prepared.outputs[0].place else { return };
        let row_elements = prepared.partial_stride / 4;
        let n_shards = self.plan.n_shards(self.samples);
        // SAFETY: the plan reserved `row_elements` for each shard from `first`; no other task of this phase touches the
        // elements of this one.
        let rows = unsafe { self.addresses.batch.add(first).cast::<f32>() };
        match prepared.fold {
            Some(Fold::Sum) => {
                let start = task * FOLD_ELEMENTS;
                let count = FOLD_ELEMENTS.min(row_elements - start);
                let row = |shard: usize| {
                    // SAFETY: as above; different shards' rows do not overlap.
                    unsafe { std::slice::from_raw_parts_mut(rows.add(shard * row_elements + start), count) }
                };
                tree(n_shards, |left, right| {
                    for (sum, term) in row(left).iter_mut().zip(row(right).iter()) {
                        *sum += *term;
                    }
                });
            }
            Some(Fold::Moments) => {
                let row = |shard: usize| {
                    // SAFETY: as above.
                    unsafe { std::slice::from_raw_parts_mut(rows.add(shard * row_elements), row_elements) }
                };
                let x = &prepared.inputs[0].ty;
                let rows_per_sample = x.elements() / x.shape.last();
                let size = self.plan.options.shard_samples;
                let elements = |shards: Range<usize>| {
                    ((shards.end * size).min(self.samples) - shards.start * size) * rows_per_sample
                };
                kernels::fold_moments(self.level, n_shards, row, elements, &prepared.outputs);
            }
            None => {}
        }
    }
}

/// Visits the pairs (left, right) of the perfect binary tree over `n` nodes, absent ones skipped: neighbours first.
pub(super) fn tree(n: usize, mut merge: impl FnMut(usize, usize)) {
    let mut distance = 1;
    while distance < n {
        let mut left = 0;
        while left + distance < n {
            merge(left, left + distance);
            left += 2 * distance;
        }
        distance *= 2;
    }
}

fn take_tickets(tickets: &AtomicUsize, total: usize, mut work: impl FnMut(usize)) {
    loop {
        let ticket = tickets.fetch_add(1, Ordering::Relaxed);
        if ticket >= total {
            return;
        }
        work(ticket);
    }
}

/// The node and its task that a ticket of a phase stands for.
fn nth_task(members: &[usize], mut ticket: usize, tasks: impl Fn(usize) -> usize) -> (usize, usize) {
    for &node in members {
        let count = tasks(node);
        if ticket < count {
            return (node, ticket);
        }
        ticket -= count;
    }
    unreachable!("a ticket beyond the phase's tasks")
}

#[cfg(test)]
mod tests {
    use super::tree;

    #[test]
    fn the_tree_skips_absent_nodes() {
        let pairs = |n| {
            let mut pairs = Vec::new();
            tree(n, |left, right| pairs.push((left, right)));
            pairs
        };
        assert_eq!(pairs(1), []);
        assert_eq!(pairs(5), [(0, 1), (2, 3), (0, 2), (0, 4)]);
        assert_eq!(pairs(8), [(0, 1), (2, 3), (4, 5), (6, 7), (0, 2), (4, 6), (0, 4)]);
    }
}
