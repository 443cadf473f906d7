use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long each node's kernel ran, over all threads and steps. A clock is read twice a call, some 50 ns.
pub(super) struct NodeTimes(Vec<AtomicU64>);

impl NodeTimes {
    pub(super) fn new(n_nodes: usize) -> Self {
        NodeTimes((0..n_nodes).map(|_| AtomicU64::new(0)).collect())
    }

    pub(super) fn measure(&self, node: usize, work: impl FnOnce()) {
        let started = Instant::now();
        work();
        self.0[node].fetch_add(started.elapsed().as_nanos() as u64, Ordering::Relaxed);
    }

    /// What was measured since the last time, by node.
    pub(super) fn take(&mut self) -> Vec<Duration> {
        self.0.iter_mut().map(|nanoseconds| Duration::from_nanos(std::mem::take(nanoseconds.get_mut()))).collect()
    }
}
