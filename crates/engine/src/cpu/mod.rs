//! The fast executor for CPUs: runs a [`Plan`](crate::plan::Plan) on a few threads with kernels for each SIMD level.
//!
//! Threads take shards (or ranges of outputs) by ticket: who computes what varies, what is added to what does not. The
//! files that may hold `unsafe` are listed in ARCHITECTURE.md.

mod call;
mod environment;
mod growth;
#[cfg(all(test, target_os = "linux"))]
mod guard_pages;
mod kernels;
mod level;
mod memory;
mod outline;
mod pool;
mod program;
mod running;
mod session;
mod simd;
#[cfg(target_arch = "x86_64")]
mod simd_x86;
mod tickets;
mod times;
mod tree;

pub use growth::{Growth, Limit, growth};
pub use level::Level;
pub use memory::Buffer;
pub use outline::Outline;
pub use session::CpuSession;

use std::time::Duration;

use crate::executor::{Executor, RunError, Session};
use crate::graph::Graph;
use crate::ops::Operation;
use crate::plan::PlanOptions;
use crate::state::StateBlock;

/// Length of the blocks into which every chain of multiply-adds is cut: each starts at +0.0, and they are added in order.
pub const CHAIN: usize = 4096;

/// The CPU executor. `threads` and `level` change speed, never bits.
#[derive(Clone, Copy, Debug)]
pub struct CpuExecutor {
    /// Worker threads, the caller included; at least 1.
    pub threads: usize,
    /// Which instructions to use; at most what the machine has.
    pub level: Level,
    /// How graphs are planned.
    pub options: PlanOptions,
    /// Bytes of memory that a session and its states may need, at most. A system may promise more memory than it has and
    /// end the program when it is used, so that this is checked before anything is allocated. It decides no bits.
    pub memory_limit_bytes: usize,
    /// Put fused nodes in place of some of the graph's, which changes no bit. For tests that compare with and without.
    pub rewrites: bool,
    /// Fill memory with NaN before use, so that reading what nobody wrote shows. For tests; slow.
    pub poison: bool,
    /// Where it is to be measured how long each node's kernel runs ([`CpuSession::take_times`]).
    pub clock: Option<Clock>,
}

/// The time since some moment. The engine has no clock of its own: what it computes does not depend on one.
pub type Clock = fn() -> Duration;

/// The limit where the caller knows none: 8 GiB, which most machines that train have.
pub const MEMORY_LIMIT_BYTES: usize = 8 << 30;

impl CpuExecutor {
    /// This many threads at the machine's best level, default plan options, [`MEMORY_LIMIT_BYTES`].
    pub fn new(threads: usize) -> Self {
        CpuExecutor {
            threads: threads.max(1),
            level: Level::best(),
            options: PlanOptions::default(),
            memory_limit_bytes: MEMORY_LIMIT_BYTES,
            rewrites: true,
            poison: false,
            clock: None,
        }
    }

    /// What a session for batches of up to `max_samples` samples would be: its plan, its memory, and which nodes have no
    /// kernel for their shapes. None of its memory is allocated; to be asked before the block of states is.
    ///
    /// # Errors
    /// [`RunError::Memory`] beyond the limit, [`RunError::ShardSamples`].
    pub fn outline(&self, graph: &Graph, max_samples: usize) -> Result<Outline, RunError> {
        outline::outline(*self, graph, max_samples)
    }

    /// As [`Executor::prepare`], with the session's own type.
    ///
    /// # Errors
    /// [`RunError::State`] if the block lacks a state of the graph, [`RunError::Memory`] beyond the limit,
    /// [`RunError::Allocation`] and [`RunError::Threads`] if the system refuses memory or threads,
    /// [`RunError::ShardSamples`].
    pub fn session(&self, graph: &Graph, state: &StateBlock, max_samples: usize) -> Result<CpuSession, RunError> {
        self.outline(graph, max_samples)?.session(state)
    }
}

impl Executor for CpuExecutor {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn prepare(&self, graph: &Graph, state: &StateBlock, max_samples: usize) -> Result<Box<dyn Session>, RunError> {
        Ok(Box::new(self.session(graph, state, max_samples)?))
    }
}

/// Whether the operation has a kernel of its own here, for some shapes at least; otherwise its f64 reference runs, rounded
/// once. (A view has nothing to run.) [`Outline::is_native`] knows for a node's own shapes.
pub fn runs_natively(op: &Operation) -> bool {
    kernels::is_native(op)
}
