//! What a session says of itself before it allocates: memory, what runs by the reference, and that too much is an error.

use proofmark_engine::cpu::{CpuExecutor, MEMORY_LIMIT_BYTES, Outline, growth};
use proofmark_engine::map::{Builder, Function, Map};
use proofmark_engine::ops::{Conv2d, Padding, Reduce, ReduceKind, Transpose};
use proofmark_engine::plan::PlanOptions;
use proofmark_engine::{Graph, RunError, Session, StateBlock, StateRole, Step, Type};

use crate::networks::{CLASSES, Data, convolutional, dense, finish, initial, normalised, parameter};

#[test]
fn an_outline_is_what_the_session_has() {
    for graph in [convolutional().unwrap(), normalised().unwrap()] {
        for threads in [1, 3] {
            let executor = CpuExecutor::new(threads);
            let Outline { graph: runs, plan, memory, by_reference, tasks, .. } = executor.outline(&graph, 64).unwrap();
            let states = initial(&graph);
            let session = executor.session(&graph, &states, 64).unwrap();
            assert_eq!((&plan, memory), (session.plan(), session.memory()));
            assert_eq!(memory.state_bytes, size_of_val(states.all()));
            assert_eq!((memory.arena_bytes, memory.batch_bytes), (plan.arena_bytes, plan.batch_bytes));
            assert!(memory.scratch_bytes > 0);
            let own = memory.arena_bytes + memory.scratch_bytes;
            assert_eq!(memory.total_bytes(), memory.state_bytes + memory.batch_bytes + threads * own);
            assert_eq!(by_reference, []);
            assert_eq!(tasks.len(), runs.nodes().len());
        }
    }
}

/// A kernel of 2 x 2 taps, 65,535 apart, on 6 x 6 pixels: its windows are 65,536 wide, and its memory is not.
#[test]
fn taps_outside_of_the_image_need_no_memory() {
    let mut graph = Graph::new();
    let image = graph.input("image", Type::sample([6, 6, 1])).unwrap();
    let kernel = parameter(&mut graph, "kernel", &[2, 2, 1, 4]).unwrap();
    let conv = Conv2d { dilation: [65_535, 65_535], padding: Padding::Same, ..Conv2d::valid() };
    let x = graph.add(conv, &[image, kernel]).unwrap();
    let logits = dense(&mut graph, x, "logits", 5).unwrap();
    finish(&mut graph, logits).unwrap();
    let outline = CpuExecutor::new(2).outline(&graph, 64).unwrap();
    // A frame is at most four times the image along each axis.
    let image_bytes = 6 * 6 * 4;
    assert!(outline.memory.scratch_bytes <= 64 * 16 * image_bytes, "{:?}", outline.memory);
}

/// A dense layer of this many units on 4,096 numbers.
fn wide(units: usize) -> Graph {
    let mut graph = Graph::new();
    let x = graph.input("x", Type::sample([4096])).unwrap();
    let y = dense(&mut graph, x, "wide", units).unwrap();
    graph.output("y", y).unwrap();
    graph
}

/// 17 GB of parameters, and sizes that no number holds: an error with the numbers, and nothing was allocated.
#[test]
fn too_much_memory_is_an_error() {
    let executor = CpuExecutor::new(2);
    for (units, batch) in [(1 << 20, 64), (1 << 45, 64), (usize::MAX / 4096, 1), (10, 1 << 40), (10, usize::MAX)] {
        match executor.outline(&wide(units), batch) {
            Err(RunError::Memory { memory, limit_bytes }) => {
                assert_eq!(limit_bytes, MEMORY_LIMIT_BYTES);
                assert!(memory.total_bytes() > limit_bytes, "{memory:?}");
            }
            other => panic!("{units} units, a batch of {batch}: {other:?}"),
        }
    }
    let error = executor.outline(&wide(1 << 20), 64).unwrap_err();
    insta::assert_snapshot!(error, @"a session of 2 threads needs at least 17448304640 bytes of memory (17179869184 of states, 268435456 of batch memory, and 0 for each thread), more than the 8589934592 that it may have");
    // The same numbers are within another limit.
    let graph = wide(16);
    let needed = executor.outline(&graph, 64).unwrap().memory.total_bytes();
    let limited = |memory_limit_bytes| CpuExecutor { memory_limit_bytes, ..executor }.outline(&graph, 64);
    assert!(limited(needed).is_ok());
    assert!(matches!(limited(needed - 1), Err(RunError::Memory { .. })));
    // A session is held to it as well.
    let states = StateBlock::new(&graph);
    let session = CpuExecutor { memory_limit_bytes: needed - 1, ..executor }.session(&graph, &states, 64);
    assert!(matches!(session, Err(RunError::Memory { .. })));
}

#[test]
fn memory_that_the_system_lacks_is_an_error() {
    let error = StateBlock::try_new(&wide(usize::MAX / 4096)).unwrap_err();
    assert!(matches!(error, RunError::Allocation { .. }), "{error}");
    let unlimited = CpuExecutor { memory_limit_bytes: usize::MAX, ..CpuExecutor::new(1) };
    let graph = wide(1);
    let error = unlimited.session(&graph, &StateBlock::new(&graph), 1 << 58).err().unwrap();
    assert!(matches!(error, RunError::Allocation { .. }), "{error}");
}

#[test]
fn shards_without_samples_are_an_error() {
    for shard_samples in [0, 1025] {
        let options = PlanOptions { shard_samples, ..PlanOptions::default() };
        let error = CpuExecutor { options, ..CpuExecutor::new(1) }.outline(&wide(1), 8).unwrap_err();
        assert!(matches!(error, RunError::ShardSamples { received } if received == shard_samples), "{error}");
    }
}

/// Whether a node runs natively depends on its shapes: a permutation of more axes than kernels walk runs by the reference.
#[test]
fn what_runs_by_the_reference_follows_from_shapes() {
    let mut graph = Graph::new();
    let x = graph.input("x", Type::sample(vec![2; 9])).unwrap();
    let few = graph.add(Transpose { axes: vec![1, 0, 2, 3, 4, 5, 6, 7, 8] }, &[x]).unwrap();
    let many = graph.add(Transpose { axes: (0..9).rev().collect() }, &[few]).unwrap();
    graph.output("y", many).unwrap();
    let outline = CpuExecutor::new(1).outline(&graph, 8).unwrap();
    assert_eq!(outline.by_reference, [1]);
    assert_eq!([0, 1].map(|node| outline.is_native(node)), [true, false]);
    // As many inputs as a program has run natively.
    let mut graph = Graph::new();
    let values: Vec<_> =
        (0..255).map(|idx| graph.state(&format!("x{idx}"), [3].into(), StateRole::Parameter).unwrap()).collect();
    let mut builder = Builder::new(255);
    let sum = (1..255).fold(builder.input(0), |sum, idx| {
        let input = builder.input(idx);
        builder.apply(Function::Add, &[sum, input])
    });
    let sum = graph.apply(Map { program: builder.finish(&[sum]) }, &values).unwrap()[0];
    graph.output("sum", sum).unwrap();
    assert_eq!(CpuExecutor::new(1).outline(&graph, 1).unwrap().by_reference, []);
}

/// Eight shards of eight samples: more threads than eight have nothing more to do in them.
#[test]
fn growth_ends_where_shards_do() {
    for graph in [convolutional().unwrap(), normalised().unwrap()] {
        let outline = CpuExecutor::new(1).outline(&graph, 64).unwrap();
        let bounds = growth(&outline, 64, &[1, 2, 4, 8, 16, 64]);
        assert_eq!((bounds[0].speed_up, bounds[0].limit), (1.0, None));
        for pair in bounds.windows(2) {
            assert!(pair[0].speed_up <= pair[1].speed_up * (1.0 + 1e-9), "{pair:?}");
        }
        for bound in &bounds {
            assert!(bound.speed_up <= bound.threads as f64 * (1.0 + 1e-9), "{bound:?}");
        }
        let most = bounds[5].limit.expect("64 threads are too many");
        assert_eq!(most.pieces, 8, "{bounds:?}");
        assert!(matches!(outline.plan.phases[most.phase], proofmark_engine::plan::Phase::Shards(_)));
        // A larger batch has more of them.
        let larger = CpuExecutor::new(1).outline(&graph, 512).unwrap();
        assert!(growth(&larger, 512, &[64])[0].speed_up > bounds[5].speed_up);
    }
}

/// Series of two lengths, one after the other, with threads and memory in common: each as in a session of its own.
#[test]
fn graphs_of_one_session_run_as_in_their_own() {
    let graph = |steps: usize| {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::sample([steps, 3])).unwrap();
        let x = graph.add(Reduce { kind: ReduceKind::Mean, axes: vec![0] }, &[x]).unwrap();
        let logits = dense(&mut graph, x, "logits", CLASSES).unwrap();
        finish(&mut graph, logits).unwrap();
        graph
    };
    let graphs = [graph(5), graph(2), graph(9)];
    let data = graphs.each_ref().map(|graph| Data::new(graph, 21));
    let executor = CpuExecutor { poison: true, ..CpuExecutor::new(3) };
    let mut states = initial(&graphs[0]);
    let outlines: Vec<Outline> = graphs.iter().map(|graph| executor.outline(graph, 21).unwrap()).collect();
    let most = outlines.iter().map(|outline| outline.memory.total_bytes()).max().unwrap();
    let mut session = Outline::session_of(outlines, &states).unwrap();
    assert_eq!(session.memory().total_bytes(), most);
    let mut expected = states.clone();
    let mut own: Vec<_> = graphs.iter().map(|graph| executor.session(graph, &expected, 21).unwrap()).collect();
    for (index, current) in [0, 1, 2, 1, 1, 0].into_iter().enumerate() {
        let step = Step { ids: &data[current].ids, index: index as u32, seed: 11 };
        session.select(current);
        session.run(&mut states, &step, &data[current].feeds()).unwrap();
        own[current].run(&mut expected, &step, &data[current].feeds()).unwrap();
        assert_eq!(session.output(0), own[current].output(0), "step {index}");
        assert_eq!(states.all(), expected.all(), "step {index}");
    }
}
