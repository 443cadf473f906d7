//! Runs a plan. One of the files that may hold `unsafe` (see ARCHITECTURE.md).
#![allow(unsafe_code)]

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use super::call::Addresses;
use super::environment;
use super::level::Supported;
use super::memory::Buffer;
use super::outline::Outline;
use super::pool::Pool;
use super::program::Program;
use super::running::{POISON, Running, WorkerMemory};
use super::tickets::{nth_task, take_tickets};
use super::times::NodeTimes;
use crate::executor::{Feed, RunError, Session, SessionMemory, Step, check_step};
use crate::graph::{Graph, Span};
use crate::plan::{Phase, Place, Plan};
use crate::state::StateBlock;

/// Graphs prepared for the CPU, with the threads and the memory that they share. One of them is the current one, which runs;
/// the first is, until another is [selected](CpuSession::select).
pub struct CpuSession {
    level: Supported,
    poison: bool,
    programs: Vec<Program>,
    current: usize,
    memory: SessionMemory,
    pool: Pool,
    workers: Vec<WorkerMemory>,
    batch: Buffer,
    samples: usize,
}

impl CpuSession {
    /// Outlines of the same executor; one at least.
    pub(super) fn new(outlines: Vec<Outline>, state: &StateBlock) -> Result<Self, RunError> {
        let executor = outlines[0].executor;
        let memory = outlines[1..].iter().fold(outlines[0].memory, |most, outline| most.largest(outline.memory));
        let programs = outlines
            .into_iter()
            .map(|outline| Program::new(outline, executor.clock, state))
            .collect::<Result<Vec<_>, _>>()?;
        let worker = |_| {
            let (arena, scratch) = (Buffer::zeroed(memory.arena_bytes)?, Buffer::zeroed(memory.scratch_bytes)?);
            Ok(WorkerMemory { arena, scratch })
        };
        let workers = (0..memory.threads).map(worker).collect::<Result<_, RunError>>()?;
        let batch = Buffer::zeroed(memory.batch_bytes)?;
        let mut pool = Pool::new(memory.threads)?;
        pool.run(&|_| environment::assert_standard());
        Ok(CpuSession {
            level: Supported::at_most(executor.level),
            poison: executor.poison,
            programs,
            current: 0,
            memory,
            pool,
            workers,
            batch,
            samples: 0,
        })
    }

    /// Makes the graph at this position of those that were prepared the current one. Outputs of the last step are gone.
    ///
    /// # Panics
    /// If there is none.
    pub fn select(&mut self, idx: usize) {
        assert!(idx < self.programs.len(), "graph {idx} of {}", self.programs.len());
        self.current = idx;
        self.samples = 0;
    }

    fn program(&self) -> &Program {
        &self.programs[self.current]
    }

    /// The plan of the current graph.
    pub fn plan(&self) -> &Plan {
        &self.program().plan
    }

    /// The current graph as it runs: the one of `prepare` after the executor's rewrites.
    pub fn graph(&self) -> &Graph {
        &self.program().graph
    }

    /// The memory that it holds, and that of the states.
    pub fn memory(&self) -> SessionMemory {
        self.memory
    }

    /// For each node of the current graph as it runs, how long its kernel ran since the last call, all threads and steps together;
    /// `None` unless the executor has a [`clock`](CpuExecutor::clock).
    pub fn take_times(&mut self) -> Option<Vec<Duration>> {
        self.programs[self.current].times.as_mut().map(NodeTimes::take)
    }
}

impl Session for CpuSession {
    /// # Panics
    /// If the calling thread does not round to nearest, or flushes denormal numbers: the bits would be others.
    fn run(&mut self, state: &mut StateBlock, step: &Step<'_>, feeds: &[Feed<'_>]) -> Result<(), RunError> {
        // The caller is worker 0, and may have been another thread before, or have loaded a library since.
        environment::assert_standard();
        let program = &self.programs[self.current];
        check_step(&program.graph, program.plan.max_samples, step, feeds)?;
        // Kernels write by these offsets.
        program.check_layout(state)?;
        if self.poison {
            self.batch.f32_mut().fill(f32::from_bits(POISON));
        }
        self.samples = step.ids.len();
        self.programs[self.current].derive(self.level, state);
        let program = &self.programs[self.current];
        // Without assignments the states stay as they are, and what was derived from them holds.
        let states = if program.graph.assignments().is_empty() { state.start() } else { state.memory_mut().start() };
        let addresses = Addresses { states: states.cast(), batch: self.batch.start(), feeds };
        let running = Running {
            level: self.level,
            poison: self.poison,
            times: program.times.as_ref(),
            plan: &program.plan,
            nodes: &program.nodes,
            workers: &self.workers,
            samples: self.samples,
            step: *step,
            addresses,
            derived: program.derived.f32(),
        };
        for phase in &program.plan.phases {
            let tickets = AtomicUsize::new(0);
            match phase {
                Phase::Shards(members) => {
                    let n_shards = program.plan.n_shards(self.samples);
                    if n_shards == 1 && self.workers.len() > 1 {
                        running.lone_shard(&mut self.pool, members);
                        continue;
                    }
                    self.pool.run(&|worker| {
                        take_tickets(&tickets, n_shards, |shard| running.shard(members, worker, shard));
                    });
                }
                Phase::Fold(members) => {
                    let total = members.iter().map(|node| running.fold_tasks(*node)).sum();
                    self.pool.run(&|_| {
                        take_tickets(&tickets, total, |ticket| {
                            let (node, task) = nth_task(members, ticket, |node| running.fold_tasks(node));
                            running.measure(node, || running.fold(node, task));
                        });
                    });
                }
                Phase::Outputs(members) => {
                    let total = members.iter().map(|node| running.output_tasks(*node)).sum();
                    if program.plan.n_shards(self.samples) == 1 {
                        running.few_outputs(&mut self.pool, members);
                        continue;
                    }
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
        let Program { graph, plan, outputs, .. } = self.program();
        let value = outputs[idx];
        let ty = graph.ty(value);
        let count = ty.elements() * if ty.span == Span::Sample { self.samples } else { 1 };
        match plan.place(value) {
            Place::Batch(offset) | Place::Step(offset) | Place::Partial(offset) => {
                &self.batch.f32()[offset / 4..offset / 4 + count]
            }
            place @ (Place::Input(_) | Place::State(_) | Place::Arena(_) | Place::Unused) => {
                unreachable!(
                    "an output of the graph is a node's own value and outlives its phase, but stands at {place}"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::cpu::CpuExecutor;
    use crate::cpu::call::Call;
    use crate::cpu::kernels::Kernel;
    use crate::graph::Type;
    use crate::map::{Function, Program};

    /// The logistic function of a number a sample, and its session on one thread.
    fn session(poison: bool) -> (CpuSession, StateBlock) {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::sample([])).unwrap();
        let y = graph.map(Program::of(Function::Sigmoid), &[x]).unwrap();
        graph.output("y", y).unwrap();
        let states = StateBlock::new(&graph);
        let executor = CpuExecutor { poison, ..CpuExecutor::new(1) };
        (executor.session(&graph, &states, 20).unwrap(), states)
    }

    fn run(session: &mut CpuSession, states: &mut StateBlock) {
        session.run(states, &Step { ids: &[7; 20], index: 0, seed: 0 }, &[Feed::F32(&[1.0; 20])]).unwrap();
    }

    /// Counts the shards that find their memory as an earlier one left it.
    struct Probe(Arc<AtomicUsize>);

    impl Kernel for Probe {
        fn scratch_bytes(&self) -> usize {
            0
        }

        fn shard(&self, call: &Call<'_>) {
            let scratch = call.scratch();
            let is_poisoned = scratch.iter().all(|value| value.to_bits() == POISON);
            assert!(!scratch.is_empty());
            self.0.fetch_add(usize::from(!is_poisoned), Ordering::Relaxed);
            scratch.fill(1.0);
        }
    }

    #[test]
    fn memory_is_poisoned_before_every_shard() {
        let (mut session, mut states) = session(true);
        let count = Arc::new(AtomicUsize::new(0));
        session.programs[0].nodes[0].kernel = Some(Box::new(Probe(Arc::clone(&count))));
        run(&mut session, &mut states);
        assert_eq!(count.load(Ordering::Relaxed), 0, "shards with what an earlier one left");
    }

    /// A kernel that takes an output twice, or one that it shares or that stands where an input does.
    #[test]
    fn no_memory_is_handed_out_twice() {
        let (session, mut states) = session(false);
        let running = Running {
            level: session.level,
            poison: false,
            times: None,
            plan: &session.programs[0].plan,
            nodes: &session.programs[0].nodes,
            workers: &session.workers,
            samples: 1,
            step: Step { ids: &[7], index: 0, seed: 0 },
            addresses: Addresses {
                states: states.memory_mut().start().cast(),
                batch: session.batch.start(),
                feeds: &[Feed::F32(&[1.0])],
            },
            derived: &[],
        };
        let refused = |is_in_place: bool, is_shared: bool, take: &dyn Fn(&Call<'_>)| {
            // SAFETY: one thread, and no other call.
            let mut call = unsafe { running.call(0, 0, Some(0), is_shared) };
            call.set_in_place(is_in_place);
            catch_unwind(AssertUnwindSafe(|| take(&call))).is_err()
        };
        let once = |call: &Call<'_>| _ = (call.input(0), call.output(0), call.scratch());
        assert!(!refused(false, false, &once));
        assert!(refused(false, false, &|call| _ = (call.output(0), call.output(0))));
        assert!(refused(false, false, &|call| _ = (call.scratch(), call.scratch())));
        assert!(refused(false, true, &|call| _ = call.output(0)));
        assert!(refused(true, false, &|call| _ = call.output(0)));
        assert!(refused(true, false, &|call| _ = call.input(0)));
    }

    /// The caller of each step is worker 0, whatever it did since the session was made.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn a_step_on_a_thread_that_flushes_denormals_is_refused() {
        let (mut session, mut states) = session(false);
        run(&mut session, &mut states);
        let mut standard = 0u32;
        // SAFETY: the register is stored, and loaded again below; bit 15 is flush-to-zero.
        unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut standard) };
        let flushing = standard | 1 << 15;
        // SAFETY: as above.
        unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const flushing) };
        let result = catch_unwind(AssertUnwindSafe(|| run(&mut session, &mut states)));
        // SAFETY: as above.
        unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const standard) };
        assert!(result.is_err());
        run(&mut session, &mut states);
    }
}
