//! A training step allocates nothing. A binary of its own with one test, since it counts what the whole process allocates.
#![allow(unsafe_code, missing_docs)]

#[path = "engine/networks.rs"]
mod networks;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use networks::{Data, convolutional, initial, normalised, wide};
use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::{Session, Step};

/// The system's allocator, counted.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is the system allocator's; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, start: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(start, layout, bytes) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(start, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn a_training_step_allocates_nothing() {
    for graph in [convolutional().unwrap(), normalised().unwrap(), wide().unwrap()] {
        let data = Data::new(&graph, 21);
        let feeds = data.feeds();
        for threads in [1, 2] {
            let mut states = initial(&graph);
            let mut session = CpuExecutor::new(threads).session(&graph, &states, 21).unwrap();
            let mut step = |index| {
                session.run(&mut states, &Step { ids: &data.ids, index, seed: 1 }, &feeds).unwrap();
            };
            (0..3).for_each(&mut step);
            // The test harness' own thread may allocate at any time; what a step allocates, it allocates every time.
            let rounds = [3, 23, 43, 63].map(|first| {
                let before = ALLOCATIONS.load(Ordering::Relaxed);
                (first..first + 20).for_each(&mut step);
                ALLOCATIONS.load(Ordering::Relaxed) - before
            });
            let count = rounds.into_iter().min();
            assert_eq!(count, Some(0), "allocations in 20 steps on {threads} threads");
        }
    }
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    drop(std::hint::black_box(vec![0u8; 10]));
    assert!(ALLOCATIONS.load(Ordering::Relaxed) > before, "allocations are counted");
}
