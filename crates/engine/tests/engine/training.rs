//! Whole trainings: the same bits for all levels, numbers of threads and phases, and with memory that was poisoned.

use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_engine::executor::reference::ReferenceExecutor;
use proofmark_engine::plan::PlanOptions;
use proofmark_engine::{Graph, StateRole};

use crate::networks::{convolutional, normalised, wide};
use crate::trace::train;

/// Two shards of eight samples and one of five.
const N_SAMPLES: usize = 21;
const STEPS: u32 = 5;

/// How far losses in f32 may be from those in f64 after one update, relatively: the product's promise for first steps.
const FIRST_STEPS: f32 = 1e-5;

/// Twelve shards and one of five: every one of eight threads has some.
const MANY_SAMPLES: usize = 101;

fn check(graph: &Graph, n_samples: usize) {
    let plain = CpuExecutor { level: Level::Scalar, ..CpuExecutor::new(1) };
    let expected = train(graph, &plain, n_samples, STEPS);
    let mean = |losses: &[f32]| losses.iter().sum::<f32>() / losses.len() as f32;
    let losses: Vec<f32> = expected.outputs.iter().map(|outputs| mean(&outputs[0])).collect();
    assert!(losses.iter().all(|loss| loss.is_finite()), "{losses:?}");
    let exact = train(graph, &ReferenceExecutor, n_samples, 2);
    for (step, outputs) in exact.outputs.iter().enumerate() {
        for (output, (exact, values)) in outputs.iter().zip(&expected.outputs[step]).enumerate() {
            for (exact, value) in exact.iter().zip(values) {
                let difference = (exact - value).abs();
                assert!(
                    difference <= FIRST_STEPS * exact.abs().max(1.0),
                    "step {step}, output {output}: {value}, {exact}"
                );
            }
        }
    }
    for state in graph.states().iter().filter(|state| state.role == StateRole::Parameter) {
        let start = crate::networks::initial(graph);
        let entry = start.entry(&state.name).unwrap();
        assert_ne!(start.all()[entry.range()], expected.states[entry.range()], "`{}` is never updated", state.name);
    }
    let expected = expected.bits();
    for level in Level::available() {
        for threads in [1, 2, 3, 5, 8] {
            for poison in [false, true] {
                let executor = CpuExecutor { level, poison, ..CpuExecutor::new(threads) };
                let bits = train(graph, &executor, n_samples, STEPS).bits();
                assert!(bits == expected, "{level}, {threads} threads, poison {poison}: other bits");
            }
        }
    }
    for outputs_ratio in [0, usize::MAX] {
        let options = PlanOptions { outputs_ratio, ..PlanOptions::default() };
        let executor = CpuExecutor { options, poison: true, ..CpuExecutor::new(3) };
        let bits = train(graph, &executor, n_samples, STEPS).bits();
        assert!(bits == expected, "weight gradients over outputs from a ratio of {outputs_ratio}: other bits");
    }
}

#[test]
fn a_convolutional_network_has_the_same_bits_everywhere() {
    check(&convolutional().unwrap(), N_SAMPLES);
}

#[test]
fn a_network_with_batch_normalisation_has_the_same_bits_everywhere() {
    check(&normalised().unwrap(), N_SAMPLES);
}

/// So many shards that every thread has some, and so many parameters that folds and the norm are split into tasks.
#[test]
fn large_batches_and_layers_have_the_same_bits_everywhere() {
    check(&wide().unwrap(), MANY_SAMPLES);
    check(&convolutional().unwrap(), MANY_SAMPLES);
    check(&normalised().unwrap(), MANY_SAMPLES);
}

#[test]
fn it_learns() {
    let trace = train(&convolutional().unwrap(), &CpuExecutor::new(2), 16, 600);
    let mean = |step: usize| trace.outputs[step][0].iter().sum::<f32>() / 16.0;
    assert!(mean(599) < 0.6 * mean(0), "from {} to {}", mean(0), mean(599));
}

/// The size of the session's batch is room, not meaning.
#[test]
fn a_larger_session_gives_the_same_bits() {
    use crate::networks::{Data, initial};
    use proofmark_engine::{Session, Step};
    let graph = normalised().unwrap();
    let data = Data::new(&graph, N_SAMPLES);
    let losses = |max_samples: usize| {
        let mut states = initial(&graph);
        let executor = CpuExecutor { poison: true, ..CpuExecutor::new(2) };
        let mut session = executor.session(&graph, &states, max_samples).unwrap();
        session.run(&mut states, &Step { ids: &data.ids, index: 0, seed: 11 }, &data.feeds()).unwrap();
        session.output(0).iter().map(|loss| loss.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(losses(N_SAMPLES), losses(3 * N_SAMPLES));
}
