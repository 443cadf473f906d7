use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Clock;

/// How long each node's kernel ran, over all threads and steps.
pub(super) struct NodeTimes {
    clock: Clock,
    nanoseconds: Vec<AtomicU64>,
}

impl NodeTimes {
    pub(super) fn new(clock: Clock, n_nodes: usize) -> Self {
        NodeTimes { clock, nanoseconds: (0..n_nodes).map(|_| AtomicU64::new(0)).collect() }
    }

    pub(super) fn measure(&self, node: usize, work: impl FnOnce()) {
        let started = (self.clock)();
        work();
        let elapsed = (self.clock)().saturating_sub(started);
        self.nanoseconds[node].fetch_add(elapsed.as_nanos() as u64, Ordering::Relaxed);
    }

    /// What was measured since the last time, by node.
    pub(super) fn take(&mut self) -> Vec<Duration> {
        let taken = self.nanoseconds.iter_mut().map(|nanoseconds| std::mem::take(nanoseconds.get_mut()));
        taken.map(Duration::from_nanos).collect()
    }
}
