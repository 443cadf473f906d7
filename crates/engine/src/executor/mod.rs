//! What runs a graph: one trait, one conformance suite ([`testing`](crate::testing)), several executors.

pub mod reference;

use std::io;
use std::sync::Arc;

use proofmark_tensor::DType;

use crate::graph::{Graph, Span, Type};
use crate::state::StateBlock;

/// Prepares graphs for running.
pub trait Executor {
    /// Its name in plans and reports.
    fn name(&self) -> &'static str;

    /// Prepares a graph for batches of at most `max_samples` samples, on states laid out as in `state`.
    ///
    /// # Errors
    /// [`RunError::State`] if the block lacks a state of the graph; where an executor has limits, those.
    fn prepare(&self, graph: &Graph, state: &StateBlock, max_samples: usize) -> Result<Box<dyn Session>, RunError>;
}

/// A prepared graph with its memory.
pub trait Session {
    /// Runs one step on a batch. The outputs can be read until the next step; states have their new values.
    ///
    /// # Errors
    /// [`RunError`] if batch or feeds do not fit the graph; the states are then unchanged.
    fn run(&mut self, state: &mut StateBlock, step: &Step<'_>, feeds: &[Feed<'_>]) -> Result<(), RunError>;

    /// The value of a named f32 output (see [`Graph::output_idx`]) after the last step: `samples` times its elements
    /// for a per-sample output.
    fn output(&self, idx: usize) -> &[f32];
}

/// One step.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Identity of each sample of the batch: what random numbers depend on. Its length is the number of samples.
    pub ids: &'a [u64],
    /// Index of the training step since the run began.
    pub index: u32,
    /// Seed of the run.
    pub seed: u64,
}

/// The elements of one input for one step, samples one after the other.
#[derive(Clone, Copy, Debug)]
pub enum Feed<'a> {
    /// For an f32 input.
    F32(&'a [f32]),
    /// For an i32 input.
    I32(&'a [i32]),
}

impl Feed<'_> {
    /// The element type.
    pub fn dtype(&self) -> DType {
        match self {
            Feed::F32(_) => DType::F32,
            Feed::I32(_) => DType::I32,
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Feed::F32(data) => data.len(),
            Feed::I32(data) => data.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Memory of a session in bytes, known before any of it is allocated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionMemory {
    /// Worker threads.
    pub threads: usize,
    /// Parameters, statistics and what the optimizer remembers: the block of states.
    pub state_bytes: usize,
    /// What crosses phases.
    pub batch_bytes: usize,
    /// Activations of one shard; every thread has its own.
    pub arena_bytes: usize,
    /// What kernels work with; every thread has its own.
    pub scratch_bytes: usize,
    /// What kernels derive once from states that no step changes, such as transformed weights.
    pub derived_bytes: usize,
}

impl SessionMemory {
    /// Enough for either, where one of two graphs runs at a time on the same states.
    pub(crate) fn largest(self, other: SessionMemory) -> SessionMemory {
        SessionMemory {
            threads: self.threads.max(other.threads),
            state_bytes: self.state_bytes.max(other.state_bytes),
            batch_bytes: self.batch_bytes.max(other.batch_bytes),
            arena_bytes: self.arena_bytes.max(other.arena_bytes),
            scratch_bytes: self.scratch_bytes.max(other.scratch_bytes),
            derived_bytes: self.derived_bytes.saturating_add(other.derived_bytes),
        }
    }

    /// All of it: states, what is derived from them, batch memory, and each thread's arena and working memory.
    pub fn total_bytes(&self) -> usize {
        let own = self.arena_bytes.saturating_add(self.scratch_bytes).saturating_mul(self.threads);
        own.saturating_add(self.batch_bytes).saturating_add(self.state_bytes).saturating_add(self.derived_bytes)
    }
}

/// Why a session cannot be prepared, or a step cannot run.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The session would need more memory than it may have. Nothing was allocated.
    #[error(
        "a session of {} threads needs at least {} bytes of memory ({} of states, {} of batch memory, and {} for each \
         thread), more than the {limit_bytes} that it may have",
        memory.threads, memory.total_bytes(), memory.state_bytes, memory.batch_bytes,
        memory.arena_bytes.saturating_add(memory.scratch_bytes)
    )]
    Memory {
        /// What it needs. Beyond the limit working memory may not have been counted yet, and is 0 then.
        memory: SessionMemory,
        /// What it may have.
        limit_bytes: usize,
    },
    /// The system has no such block of memory.
    #[error("the system has no {bytes} bytes of memory")]
    Allocation {
        /// Size of the block.
        bytes: usize,
    },
    /// The system starts fewer threads. Those that it started have ended.
    #[error("the system started {started} of {requested} threads: {cause}")]
    Threads {
        /// How many were asked for, the caller's included.
        requested: usize,
        /// How many there were, the caller's included.
        started: usize,
        /// Why there was no other.
        #[source]
        cause: Arc<io::Error>,
    },
    /// A shard has no samples, or more than a plan takes.
    #[error("shards of {received} samples; 1 to 1024 are possible")]
    ShardSamples {
        /// Samples of a shard.
        received: usize,
    },
    /// The block of states lacks a state of the graph, or has it with another shape.
    #[error("the block of states has no `{name}` of the graph's shape")]
    State {
        /// The state's name.
        name: String,
    },
    /// The batch is empty or larger than what the session was prepared for.
    #[error("a batch of {received} samples; the session was prepared for 1 to {max}")]
    Samples {
        /// Samples given.
        received: usize,
        /// Samples at most.
        max: usize,
    },
    /// Another number of feeds than inputs.
    #[error("{received} feeds for {expected} inputs")]
    Feeds {
        /// Number of inputs.
        expected: usize,
        /// Number of feeds.
        received: usize,
    },
    /// A feed of another element type or length.
    #[error("input `{input}` needs {expected} elements of {expected_dtype}, received {received} of {received_dtype}")]
    Feed {
        /// Name of the input.
        input: String,
        /// Elements needed.
        expected: usize,
        /// Type needed.
        expected_dtype: DType,
        /// Elements given.
        received: usize,
        /// Type given.
        received_dtype: DType,
    },
}

/// Checks a step against the graph; shared by all executors.
pub(crate) fn check_step(
    graph: &Graph,
    max_samples: usize,
    step: &Step<'_>,
    feeds: &[Feed<'_>],
) -> Result<(), RunError> {
    let samples = step.ids.len();
    if samples == 0 || samples > max_samples {
        return Err(RunError::Samples { received: samples, max: max_samples });
    }
    if feeds.len() != graph.inputs().len() {
        return Err(RunError::Feeds { expected: graph.inputs().len(), received: feeds.len() });
    }
    for (input, feed) in graph.inputs().iter().zip(feeds) {
        let ty: &Type = graph.ty(input.value);
        let expected = ty.elements() * if ty.span == Span::Sample { samples } else { 1 };
        if feed.len() != expected || feed.dtype() != ty.dtype {
            return Err(RunError::Feed {
                input: input.name.clone(),
                expected,
                expected_dtype: ty.dtype,
                received: feed.len(),
                received_dtype: feed.dtype(),
            });
        }
    }
    Ok(())
}

/// Checks that the block holds every state of the graph.
pub(crate) fn check_states(graph: &Graph, state: &StateBlock) -> Result<(), RunError> {
    for wanted in graph.states() {
        match state.entry(&wanted.name) {
            Some(entry) if entry.shape == wanted.shape => {}
            _ => return Err(RunError::State { name: wanted.name.clone() }),
        }
    }
    Ok(())
}
