//! Every layer, forward and back, with samples that are zeros or no numbers, alone and in batches that no shard divides, in
//! memory that is NaN before use: the same bits at each level and on any number of threads.

use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_engine::{Feed, StateBlock};
use proofmark_model::Loss;

use crate::harness::{numbers, run_on};
use crate::layers::{CASES, Case};

/// Batches of one sample, of a part of a shard, and of a shard and a part.
const BATCHES: [usize; 3] = [1, 7, 11];

/// What the loss of each sample and all gradients are, by their bits; the payload and the sign of a NaN are no promise.
fn step(case: &Case, executor: &CpuExecutor, samples: usize, x: &[f32]) -> (Vec<u32>, Vec<u32>) {
    let loss: Loss = serde_json::from_str(r#""mse""#).expect("a loss");
    let model = case.model();
    let gradients = model.gradient_graph(&loss).expect(case.layer);
    let mut state = StateBlock::new(&gradients.graph);
    model.initialize(2, &mut state);
    let (target, weight) = (numbers(2 * samples, 3), vec![1.0; samples]);
    let feeds = [
        ("x", Feed::F32(x)),
        ("target", Feed::F32(&target)),
        ("weight", Feed::F32(&weight)),
        ("loss_scale", Feed::F32(&[0.5])),
    ];
    let session = run_on(executor, &gradients.graph, &mut state, samples, &feeds);
    let bits = |value: &f32| if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() };
    let losses = session.output(gradients.loss).iter().map(bits).collect();
    let of = |idx: &usize| session.output(*idx).iter().map(bits).collect::<Vec<u32>>();
    (losses, gradients.gradients.iter().flat_map(|(_, idx)| of(idx)).collect())
}

/// The same step everywhere: the losses and the gradients.
fn same_everywhere(case: &Case, samples: usize, x: &[f32], what: &str) -> (Vec<u32>, Vec<u32>) {
    let on = |level, threads| CpuExecutor { level, poison: true, ..CpuExecutor::new(threads) };
    let expected = step(case, &on(Level::Scalar, 1), samples, x);
    let others = Level::available().into_iter().map(|level| on(level, 1)).chain([on(Level::best(), 3)]);
    for executor in others.filter(|executor| executor.level != Level::Scalar) {
        let found = step(case, &executor, samples, x);
        assert!(found == expected, "{}: {samples} samples, {what}: other bits on {executor:?}", case.layer);
    }
    expected
}

fn is_finite(bits: &[u32]) -> bool {
    bits.iter().all(|bits| f32::from_bits(*bits).is_finite())
}

/// Numbers that the layer may read: tokens for one that reads tokens.
fn ordinary(case: &Case, samples: usize) -> Vec<f32> {
    let values = numbers(samples * case.input.iter().product::<usize>(), 7);
    if case.layer.contains("vocabulary") {
        return values.iter().map(|value| (value.abs() * 6.0).floor()).collect();
    }
    values
}

#[test]
fn zeros_and_batches_of_any_size_give_numbers() {
    for case in CASES {
        for samples in BATCHES {
            let x = ordinary(case, samples);
            let size = x.len() / samples;
            for what in ["ordinary", "all zeros", "a sample of zeros"] {
                let mut x = x.clone();
                match what {
                    "all zeros" => x.fill(0.0),
                    "a sample of zeros" => x[..size].fill(0.0),
                    _ => {}
                }
                let (losses, gradients) = same_everywhere(case, samples, &x, what);
                assert_eq!(losses.len(), samples, "{}", case.layer);
                let is_number = is_finite(&losses) && is_finite(&gradients);
                assert!(is_number, "{}: {samples} samples, {what}: what is no number", case.layer);
            }
        }
    }
}

/// No NaN is lost on its way to the loss, and none gets into another sample's, where samples are alone.
#[test]
fn what_is_no_number_stays_in_its_sample_and_shows() {
    for case in CASES {
        for samples in BATCHES {
            for special in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut x = ordinary(case, samples);
                let size = x.len() / samples;
                let last = samples - 1;
                x[last * size..].fill(special);
                let (losses, _) = same_everywhere(case, samples, &x, &special.to_string());
                // Batch normalisation makes one of all samples.
                if !case.layer.contains("batch_norm") {
                    assert!(is_finite(&losses[..last]), "{}: {special} reached another sample", case.layer);
                }
                // The number of positions is all that this layer gives.
                if special.is_nan() && !case.layer.contains("sequence_length") {
                    assert!(f32::from_bits(losses[last]).is_nan(), "{}: a NaN that nobody sees", case.layer);
                }
            }
        }
    }
}
