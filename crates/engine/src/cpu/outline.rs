use std::fmt;

use super::CpuExecutor;
use super::call::Slot;
use super::kernels::{self, Kernel, Sizes};
use super::program::derived_elements;
use super::session::CpuSession;
use crate::executor::{RunError, SessionMemory};
use crate::graph::{Graph, Value};
use crate::plan::{Place, Plan, plan};
use crate::rewrites::rewrite;
use crate::state::StateBlock;

/// What a session would be, before any of its memory is allocated ([`CpuExecutor::outline`]).
pub struct Outline {
    /// The graph that runs: the given one after the executor's rewrites, of which nodes and values the plan speaks.
    pub graph: Graph,
    /// What runs when, and where every value stands.
    pub plan: Plan,
    /// Memory of the session and of the graph's states.
    pub memory: SessionMemory,
    /// The nodes that have no kernel for their shapes: their f64 reference runs, rounded once, and allocates. Indices among
    /// the nodes of the graph that runs, ascending.
    pub by_reference: Vec<usize>,
    /// For each node of the graph that runs, the tasks into which it is cut where it runs over outputs.
    pub tasks: Vec<usize>,
    pub(super) executor: CpuExecutor,
    /// By node of the graph, its kernel; `None` for a view, which has nothing to run.
    pub(super) kernels: Vec<Option<Box<dyn Kernel>>>,
}

impl Outline {
    /// The session, on states laid out as in `state`. Nothing is planned again.
    ///
    /// # Errors
    /// [`RunError::State`] if the block lacks a state of the graph; [`RunError::Allocation`] and [`RunError::Threads`] if the
    /// system refuses memory or threads.
    pub fn session(self, state: &StateBlock) -> Result<CpuSession, RunError> {
        CpuSession::new(vec![self], state)
    }

    /// One session for several graphs on the same states, which share threads and memory, and run one at a time: see
    /// [`CpuSession::select`]. For inputs of several lengths, say.
    ///
    /// # Errors
    /// As [`Outline::session`].
    ///
    /// # Panics
    /// Without outlines.
    pub fn session_of(outlines: Vec<Outline>, state: &StateBlock) -> Result<CpuSession, RunError> {
        assert!(!outlines.is_empty(), "a session of no graph");
        CpuSession::new(outlines, state)
    }

    /// Whether the node (by its index in the graph that runs) runs by a kernel of its own at its shapes, or has nothing to run.
    pub fn is_native(&self, node: usize) -> bool {
        self.by_reference.binary_search(&node).is_err()
    }
}

impl fmt::Debug for Outline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outline { graph, plan, memory, by_reference, tasks, .. } = self;
        f.debug_struct("Outline")
            .field("graph", graph)
            .field("plan", plan)
            .field("memory", memory)
            .field("by_reference", by_reference)
            .field("tasks", tasks)
            .finish_non_exhaustive()
    }
}

/// The outline of a session with its kernels.
pub(super) fn outline(executor: CpuExecutor, given: &Graph, max_samples: usize) -> Result<Outline, RunError> {
    let CpuExecutor { threads, options, memory_limit_bytes: limit_bytes, .. } = executor;
    if !options.is_in_range() {
        return Err(RunError::ShardSamples { received: options.shard_samples });
    }
    let graph = if executor.rewrites { rewrite(given, options) } else { given.clone() };
    let plan = plan(&graph, options, max_samples);
    let mut memory = SessionMemory {
        threads: threads.max(1),
        state_bytes: StateBlock::bytes_of(&graph),
        batch_bytes: plan.batch_bytes,
        arena_bytes: plan.arena_bytes,
        scratch_bytes: 0,
        derived_bytes: 0,
    };
    let check = |memory: SessionMemory| {
        if memory.total_bytes() > limit_bytes { Err(RunError::Memory { memory, limit_bytes }) } else { Ok(()) }
    };
    // Before kernels are made: their tables grow with the same shapes.
    check(memory)?;
    let sizes = Sizes { shard_samples: options.shard_samples, max_samples };
    let kernels: Vec<Option<Box<dyn Kernel>>> = (graph.nodes().iter())
        .map(|node| {
            let inputs: Vec<Slot> = node.inputs.iter().map(|value| slot(&graph, &plan, *value)).collect();
            let outputs: Vec<Slot> = node.outputs.iter().map(|value| slot(&graph, &plan, *value)).collect();
            (!node.op.is_view()).then(|| kernels::kernel(&node.op, &inputs, &outputs, sizes))
        })
        .collect();
    memory.scratch_bytes = kernels.iter().flatten().map(|kernel| kernel.scratch_bytes()).max().unwrap_or(0);
    memory.derived_bytes = (graph.nodes().iter().zip(&kernels))
        .filter_map(|(node, kernel)| derived_elements(&graph, node, kernel.as_deref()))
        .fold(0, |bytes, elements| bytes.saturating_add(elements.saturating_mul(4)));
    check(memory)?;
    let is_by_reference = |kernel: &Option<Box<dyn Kernel>>| kernel.as_ref().is_some_and(|kernel| !kernel.is_native());
    let by_reference = (0..kernels.len()).filter(|node| is_by_reference(&kernels[*node])).collect();
    let tasks = kernels.iter().map(|kernel| kernel.as_ref().map_or(0, |kernel| kernel.tasks())).collect();
    Ok(Outline { graph, plan, memory, by_reference, tasks, executor, kernels })
}

/// A value's type and place; where states stand is known when there is a block of them.
pub(super) fn slot(graph: &Graph, plan: &Plan, value: Value) -> Slot {
    let place: Place = plan.place(value);
    Slot { ty: graph.ty(value).clone(), place, state_offset: 0 }
}
