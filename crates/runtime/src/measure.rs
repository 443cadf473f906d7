//! How long answers take, and how much memory the process did.

use std::time::Instant;

use crate::error::RuntimeError;
use crate::model::Model;

/// Answers before the first that is measured: caches and branch predictors are warm then.
const WARM_UP: usize = 20;

/// Microseconds of single answers.
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

/// Answers one sample `n` times. Percentiles are of the nearest rank: one of the times that were measured.
pub(crate) fn latency(model: &mut Model, sample: &[f32], n: usize) -> Result<Latency, RuntimeError> {
    let mut out = Vec::new();
    for _ in 0..WARM_UP {
        model.predict(sample, &mut out)?;
    }
    let mut microseconds = Vec::with_capacity(n);
    for _ in 0..n {
        let started = Instant::now();
        model.predict(sample, &mut out)?;
        microseconds.push(started.elapsed().as_nanos() as f64 / 1e3);
    }
    microseconds.sort_by(f64::total_cmp);
    let rank = |share: f64| microseconds[((share * n as f64).ceil() as usize).clamp(1, n) - 1];
    Ok(Latency { p50: rank(0.5), p99: rank(0.99), max: rank(1.0) })
}

/// Largest resident memory of the process; `None` where the system does not say (other systems than Linux).
pub(crate) fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    kibibytes.checked_mul(1024)
}
