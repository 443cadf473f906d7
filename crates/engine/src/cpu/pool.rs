//! The threads that run a session's phases. One of the files that may hold `unsafe` (see ARCHITECTURE.md).
#![allow(unsafe_code)]

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, Thread};

use crate::executor::RunError;

/// A fixed set of worker threads; the caller is worker 0. Starting a phase allocates nothing.
///
/// Our own because the usual thread pools allocate for each task that is spawned, and a training step must not.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

struct Shared {
    /// Grows by one with every phase; workers wait for it to change.
    generation: AtomicUsize,
    /// The phase's work: a `*const &dyn Fn(usize)` on the caller's stack.
    work: AtomicPtr<()>,
    /// Workers that have not ended the phase.
    running: AtomicUsize,
    /// The caller, to be woken by the last worker.
    caller: Mutex<Option<Thread>>,
    panic: Mutex<Option<Box<dyn std::any::Any + Send>>>,
    stop: AtomicBool,
}

/// How often a waiting thread looks before it sleeps: some 20 microseconds, longer than a barrier between phases takes
/// when all threads run, and short enough not to steal a shared core.
const SPINS: usize = 2_000;

type Work<'a> = &'a (dyn Fn(usize) + Sync);

impl Pool {
    /// A pool of `threads` workers, the caller included; at least one.
    ///
    /// # Errors
    /// [`RunError::Threads`] if the system starts fewer; those that it started end.
    pub(crate) fn new(threads: usize) -> Result<Self, RunError> {
        Self::with(threads, |worker, work| {
            thread::Builder::new().name(format!("worker-{worker}")).spawn(move || work.run())
        })
    }

    fn with(
        threads: usize,
        mut spawn: impl FnMut(usize, Loop) -> io::Result<JoinHandle<()>>,
    ) -> Result<Self, RunError> {
        let shared = Arc::new(Shared {
            generation: AtomicUsize::new(0),
            work: AtomicPtr::new(std::ptr::null_mut()),
            running: AtomicUsize::new(0),
            caller: Mutex::new(None),
            panic: Mutex::new(None),
            stop: AtomicBool::new(false),
        });
        // A pool from the first thread on: what ends early drops it, and that stops the threads.
        let mut pool = Pool { shared, workers: Vec::new() };
        for worker in 1..threads.max(1) {
            match spawn(worker, Loop { shared: Arc::clone(&pool.shared), worker }) {
                Ok(handle) => pool.workers.push(handle),
                Err(cause) => {
                    return Err(RunError::Threads { requested: threads, started: worker, cause: Arc::new(cause) });
                }
            }
        }
        Ok(pool)
    }

    /// Runs `work(worker)` once on every worker and returns when all have ended. A panic in any of them is passed on.
    pub(crate) fn run(&mut self, work: Work<'_>) {
        if self.workers.is_empty() {
            work(0);
            return;
        }
        let shared = &*self.shared;
        *lock(&shared.caller) = Some(thread::current());
        let on_stack: Work<'_> = work;
        shared.work.store((&raw const on_stack).cast_mut().cast(), Ordering::Relaxed);
        shared.running.store(self.workers.len(), Ordering::Relaxed);
        shared.generation.fetch_add(1, Ordering::Release);
        for worker in &self.workers {
            worker.thread().unpark();
        }
        let own = catch_unwind(AssertUnwindSafe(|| work(0)));
        // `on_stack` must outlive every worker's use of it, so wait even when our own part panicked.
        let mut spins = 0;
        while shared.running.load(Ordering::Acquire) > 0 {
            wait(&mut spins);
        }
        // Taken in any case, so that the next phase does not report this one's panic.
        let other = lock(&shared.panic).take();
        if let Some(panic) = own.err().or(other) {
            resume_unwind(panic);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.shared.generation.fetch_add(1, Ordering::Release);
        for worker in self.workers.drain(..) {
            worker.thread().unpark();
            // A worker catches the panics of its work, so joining cannot fail with one that was not reported.
            let _ = worker.join();
        }
    }
}

/// What a worker's thread does.
struct Loop {
    shared: Arc<Shared>,
    worker: usize,
}

impl Loop {
    fn run(self) {
        worker_loop(&self.shared, self.worker);
    }
}

fn worker_loop(shared: &Shared, worker: usize) {
    let mut seen = 0;
    loop {
        let mut spins = 0;
        while shared.generation.load(Ordering::Acquire) == seen {
            wait(&mut spins);
        }
        seen += 1;
        if shared.stop.load(Ordering::Acquire) {
            return;
        }
        let work: *const Work<'_> = shared.work.load(Ordering::Relaxed).cast_const().cast();
        // SAFETY: `run` stored a pointer to a `Work` on its stack before it raised the generation, and does not return
        // before `running` is zero, which this worker lowers only after its last use.
        let work = unsafe { *work };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(worker))) {
            *lock(&shared.panic) = Some(panic);
        }
        let caller = lock(&shared.caller).clone();
        if shared.running.fetch_sub(1, Ordering::Release) == 1
            && let Some(caller) = caller
        {
            caller.unpark();
        }
    }
}

fn wait(spins: &mut usize) {
    if *spins < SPINS {
        *spins += 1;
        std::hint::spin_loop();
    } else {
        thread::park_timeout(std::time::Duration::from_millis(5));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What these mutexes hold stays whole when a holder panics.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_worker_runs_every_phase_once() {
        for threads in [1, 2, 3, 8] {
            let mut pool = Pool::new(threads).unwrap();
            let counts: Vec<AtomicUsize> = (0..threads).map(|_| AtomicUsize::new(0)).collect();
            for _ in 0..200 {
                pool.run(&|worker| {
                    counts[worker].fetch_add(1, Ordering::Relaxed);
                });
            }
            assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 200), "{threads} threads");
        }
    }

    #[test]
    fn threads_that_cannot_start_are_an_error_and_the_others_end() {
        let mut shared = None;
        let result = Pool::with(5, |worker, work| {
            shared = Some(Arc::downgrade(&work.shared));
            if worker < 3 { Ok(thread::spawn(move || work.run())) } else { Err(io::ErrorKind::WouldBlock.into()) }
        });
        match result {
            Err(RunError::Threads { requested, started, cause }) => {
                assert_eq!((requested, started, cause.kind()), (5, 3, io::ErrorKind::WouldBlock));
            }
            _ => panic!("a pool with threads that did not start"),
        }
        // Dropping the pool joined the workers: nobody holds what they shared.
        assert!(shared.unwrap().upgrade().is_none());
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_stays_usable() {
        let mut pool = Pool::new(3).unwrap();
        for panicking in [&[0][..], &[1], &[2], &[0, 2]] {
            let result = catch_unwind(AssertUnwindSafe(|| {
                pool.run(&|worker| assert!(!panicking.contains(&worker), "worker {worker}"));
            }));
            assert!(result.is_err());
            let count = AtomicUsize::new(0);
            pool.run(&|_| {
                count.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(count.load(Ordering::Relaxed), 3);
        }
    }
}
