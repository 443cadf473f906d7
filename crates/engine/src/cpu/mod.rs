//! The fast executor for CPUs: runs a [`Plan`](crate::plan::Plan) on a few threads with kernels for each SIMD level.
//!
//! `memory`, `pool`, `simd` and `kernels` are the only places of the engine with `unsafe`. Threads take shards (or
//! ranges of outputs) by ticket: who computes what varies, what is added to what does not.

mod call;
mod environment;
mod kernels;
mod level;
mod memory;
mod pool;
mod session;
mod simd;

pub use level::Level;
pub use memory::{ALIGNMENT, Buffer};
pub use session::CpuSession;

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
    /// Fill memory with NaN before use, so that reading what nobody wrote shows. For tests; slow.
    pub poison: bool,
}

impl CpuExecutor {
    /// This many threads at the machine's best level, default plan options.
    pub fn new(threads: usize) -> Self {
        CpuExecutor { threads: threads.max(1), level: Level::best(), options: PlanOptions::default(), poison: false }
    }

    /// As [`Executor::prepare`], with the session's own type.
    ///
    /// # Errors
    /// [`RunError::State`] if the block lacks a state of the graph.
    pub fn session(&self, graph: &Graph, state: &StateBlock, max_samples: usize) -> Result<CpuSession, RunError> {
        CpuSession::new(*self, graph, state, max_samples)
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

/// Whether the operation has a kernel of its own here; otherwise its f64 reference runs, rounded once. (A view has nothing to run.)
pub fn runs_natively(op: &Operation) -> bool {
    kernels::is_native(op)
}
