//! What the cases of the operations do not bring: numbers that are none, batches of any size. Every operation of the list takes
//! part by its cases, with memory that is NaN before use.

use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_engine::executor::reference::ReferenceExecutor;
use proofmark_engine::ops::{Attention, AttentionGradient, Case, Operation};
use proofmark_engine::plan::PlanOptions;
use proofmark_engine::testing::{check_executor, executor_outputs};
use proofmark_engine::{Executor, Feed, Graph, RunError, Span, StateBlock, Step, Type};
use proofmark_tensor::DType;

/// Every level on one thread, three threads, and both ways of summing over samples.
fn executors() -> Vec<CpuExecutor> {
    let on = |level, threads| CpuExecutor { level, poison: true, ..CpuExecutor::new(threads) };
    let mut executors: Vec<CpuExecutor> = Level::available().into_iter().map(|level| on(level, 1)).collect();
    executors.push(on(Level::best(), 3));
    for outputs_ratio in [0, usize::MAX] {
        let options = PlanOptions { outputs_ratio, ..PlanOptions::default() };
        executors.push(CpuExecutor { options, ..on(Level::best(), 3) });
    }
    executors
}

/// The payload and the sign of a NaN are no promise.
fn bits(case: &Case, executor: &CpuExecutor) -> Vec<Vec<u32>> {
    let bits = |value: f32| if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() };
    executor_outputs(case, executor).into_iter().map(|output| output.into_iter().map(bits).collect()).collect()
}

fn check_bits(case: &Case, what: &str) {
    let executors = executors();
    let expected = bits(case, &executors[0]);
    for executor in &executors[1..] {
        assert_eq!(bits(case, executor), expected, "{} ({}), {what}, on {executor:?}", case.op, case.name);
    }
}

/// The case with this many samples: its own, over and over.
fn with_samples(case: &Case, n_samples: usize) -> Case {
    let mut case = case.clone();
    for (ty, values) in &mut case.inputs {
        if ty.span == Span::Sample {
            *values = values.iter().copied().cycle().take(ty.elements() * n_samples).collect();
        }
    }
    case.expected = None;
    case.samples(n_samples)
}

#[test]
fn no_number_that_is_special_tells_levels_apart() {
    let specials = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, f64::from(f32::MAX), 1e-40];
    for case in Operation::all_cases() {
        for (input, special) in (0..case.inputs.len()).flat_map(|input| specials.map(|special| (input, special))) {
            let mut case = case.clone();
            let (ty, values) = &mut case.inputs[input];
            if ty.dtype != DType::F32 {
                continue;
            }
            // The first, the last, and others that meet different lanes.
            let last = values.len().saturating_sub(1);
            values.iter_mut().enumerate().filter(|(idx, _)| idx % 7 == 0 || *idx == last).for_each(|(_, value)| {
                *value = special;
            });
            check_bits(&case, &format!("{special} in input {input}"));
        }
    }
}

/// Rows of zeros have no scale, no deviation, no largest element of their own; what follows from it is the reference's.
#[test]
fn rows_of_zeros_give_what_the_reference_gives() {
    for case in Operation::all_cases() {
        let f32s: Vec<usize> =
            (0..case.inputs.len()).filter(|input| case.inputs[*input].0.dtype == DType::F32).collect();
        // Each input alone, then all of them.
        for inputs in f32s.iter().map(|input| vec![*input]).chain([f32s.clone()]) {
            for zero in [0.0, -0.0] {
                let mut case = case.clone();
                inputs.iter().for_each(|input| case.inputs[*input].1.fill(zero));
                case.expected = None;
                check_bits(&case, &format!("inputs {inputs:?} of {zero}"));
                check_executor(&case, &CpuExecutor { poison: true, ..CpuExecutor::new(1) });
            }
        }
    }
}

/// Shapes without elements are refused when the graph is built, or nothing is computed of them.
#[test]
fn shapes_without_elements_are_refused_or_give_what_the_reference_gives() {
    let mut n_run = 0;
    for case in Operation::all_cases() {
        for axis in 0..3 {
            let mut case = case.clone();
            let Some(extent) = case.inputs[0].0.shape.get(axis).copied() else { continue };
            for (ty, values) in &mut case.inputs {
                let mut shape = ty.shape.to_vec();
                if let Some(own) = shape.get_mut(axis).filter(|own| **own == extent) {
                    *own = 0;
                    ty.shape = shape.into();
                    values.clear();
                }
            }
            case.expected = None;
            let types: Vec<&Type> = case.inputs.iter().map(|(ty, _)| ty).collect();
            let has_bytes = types.iter().any(|ty| ty.dtype == DType::U8);
            if has_bytes || case.op.infer(&types).is_err() {
                continue;
            }
            check_bits(&case, &format!("axis {axis} of no elements"));
            check_executor(&case, &CpuExecutor { poison: true, ..CpuExecutor::new(1) });
            n_run += 1;
        }
    }
    assert!(n_run > 20, "{n_run} cases have room for nothing");
}

#[test]
fn one_sample_and_batches_that_no_shard_divides() {
    for case in Operation::all_cases() {
        for n_samples in [1, 7, 9, 17] {
            let case = with_samples(&case, n_samples);
            check_bits(&case, &format!("{n_samples} samples"));
            // Bytes cannot be fed: they are computed from made-up images, which are the reference's for the case's own samples only.
            if case.inputs.iter().any(|(ty, _)| ty.dtype == DType::U8) {
                continue;
            }
            for level in Level::available() {
                check_executor(&case, &CpuExecutor { level, poison: true, ..CpuExecutor::new(1) });
            }
        }
    }
}

/// What a causal query or padding hides is not even multiplied by zero: no NaN of a later key or value reaches an earlier query,
/// going forward or back, none of an earlier query reaches a later key, and none of padding anything.
#[test]
fn what_attention_hides_reaches_nothing() {
    const STEPS: usize = 53;
    const WIDTH: usize = 4;
    // Either side of a group's border, and within groups.
    let firsts = [1, 10, 23, 24, 30, 52];
    for (first, special) in
        firsts.into_iter().flat_map(|first| [f64::NAN, f64::INFINITY].map(|special| (first, special)))
    {
        for (is_causal, has_lengths) in [(true, false), (true, true), (false, true)] {
            let attention = Attention { heads: 2, is_causal, has_lengths };
            let sequence = Type::sample([STEPS, WIDTH]);
            let mut types = vec![sequence.clone(); 3];
            if has_lengths {
                types.push(Type::sample([]));
            }
            let with_lengths = |case: Case, length: usize| {
                if has_lengths { case.with_input(3, vec![length as f64]) } else { case }
            };
            // Without padding the hidden keys are those after each query, with it those from the length on.
            let length = if has_lengths { first } else { STEPS };
            let made_up = |op: Operation, types: &[Type]| with_lengths(Case::made_up("hidden", op, types, 1), length);
            let forward = made_up(attention.into(), &types);
            types.push(sequence);
            let backward = made_up(AttentionGradient { attention }.into(), &types);
            let spoil = |case: &Case, inputs: &[usize], rows: std::ops::Range<usize>| {
                let mut case = case.clone();
                for input in inputs {
                    case.inputs[*input].1[rows.start * WIDTH..rows.end * WIDTH].fill(special);
                }
                case
            };
            for executor in executors() {
                let same = |case: &Case, spoiled: &Case, output: usize, rows: std::ops::Range<usize>| {
                    let of = |case| bits(case, &executor)[output][rows.start * WIDTH..rows.end * WIDTH].to_vec();
                    let (expected, received): (Vec<u32>, Vec<u32>) = (of(case), of(spoiled));
                    assert_eq!(expected, received, "output {output} of {} from {first}, {special}", case.op);
                    assert!(received.iter().all(|bits| f32::from_bits(*bits).is_finite()));
                };
                let later = first..STEPS;
                let earlier = if has_lengths && !is_causal { 0..STEPS } else { 0..first };
                same(&forward, &spoil(&forward, &[1, 2], later.clone()), 0, earlier.clone());
                same(&backward, &spoil(&backward, &[1, 2], later.clone()), 0, earlier);
                if is_causal {
                    let dy = backward.inputs.len() - 1;
                    let spoiled = spoil(&backward, &[0, dy], 0..first);
                    same(&backward, &spoiled, 1, later.clone());
                    same(&backward, &spoiled, 2, later);
                }
            }
        }
    }
}

/// There is no batch of nothing: it is refused, by every executor and before anything runs.
#[test]
fn a_batch_without_samples_is_refused() {
    let mut graph = Graph::new();
    let x = graph.input("x", Type::sample([3])).unwrap();
    graph.output("x", x).unwrap();
    let mut state = StateBlock::new(&graph);
    let cpus = executors().into_iter().map(|executor| Box::new(executor) as Box<dyn Executor>);
    for executor in cpus.chain([Box::new(ReferenceExecutor) as Box<dyn Executor>]) {
        let mut session = executor.prepare(&graph, &state, 4).unwrap();
        let result = session.run(&mut state, &Step { ids: &[], index: 0, seed: 0 }, &[Feed::F32(&[])]);
        assert!(matches!(result, Err(RunError::Samples { .. })), "{}: {result:?}", executor.name());
    }
}
