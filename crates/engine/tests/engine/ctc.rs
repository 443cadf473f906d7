//! The CTC loss against every path there is: short sequences, f64.
#![allow(clippy::disallowed_methods, reason = "what is tested is held against std's functions, within a tolerance")]

use std::collections::BTreeMap;

use proofmark_engine::Type;
use proofmark_engine::ops::{CtcLoss, Op, ReferenceContext, Tensor64};

const CLASSES: usize = 3;
const BLANK: usize = 1;

/// What a path is read as: repetitions are one, blanks are left out.
fn read(path: &[usize]) -> Vec<usize> {
    let mut labels = Vec::new();
    for (step, class) in path.iter().enumerate() {
        if *class != BLANK && (step == 0 || path[step - 1] != *class) {
            labels.push(*class);
        }
    }
    labels
}

/// For each sequence of labels the sum of e^y over the paths that are read as it.
fn sums(y: &[f64], steps: usize) -> BTreeMap<Vec<usize>, f64> {
    let mut sums = BTreeMap::new();
    for number in 0..CLASSES.pow(steps as u32) {
        let path: Vec<usize> = (0..steps).map(|step| number / CLASSES.pow(step as u32) % CLASSES).collect();
        let log: f64 = path.iter().enumerate().map(|(step, class)| y[step * CLASSES + class]).sum();
        *sums.entry(read(&path)).or_insert(0.0) += log.exp();
    }
    sums
}

fn loss(y: &[f64], steps: usize, labels: &[usize]) -> f64 {
    // Room for a step and a label more than there are.
    let mut padded = y.to_vec();
    padded.extend([f64::NAN; CLASSES]);
    let mut given: Vec<f64> = labels.iter().map(|label| *label as f64).collect();
    given.push(-1.0);
    let tensor = |shape: &[usize], data: Vec<f64>| Tensor64 { ty: Type::sample(shape.to_vec()), data };
    let inputs = [
        tensor(&[steps + 1, CLASSES], padded),
        tensor(&[labels.len() + 1], given),
        tensor(&[], vec![labels.len() as f64]),
        tensor(&[], vec![steps as f64]),
    ];
    let context = ReferenceContext { ids: vec![0], step: 0, seed: 0 };
    CtcLoss { blank: BLANK }.reference(&inputs.iter().collect::<Vec<_>>(), &context)[0].data[0]
}

#[test]
fn the_loss_is_the_sum_over_all_paths() {
    for steps in 1..=6 {
        let y: Vec<f64> = (0..steps * CLASSES).map(|i| ((i * 7 + steps) % 11) as f64 / 4.0 - 2.0).collect();
        let sums = sums(&y, steps);
        assert!(sums.len() > steps);
        for (labels, sum) in &sums {
            let received = loss(&y, steps, labels);
            assert!((received + sum.ln()).abs() <= 1e-12 * sum.ln().abs().max(1.0), "{labels:?}: {received}, {sum}");
        }
        // One label more than any path has.
        assert_eq!(loss(&y, steps, &vec![0; steps / 2 + 2]), f64::INFINITY);
    }
}

/// With normalised rows the probabilities of all sequences of labels add up to 1.
#[test]
fn the_probabilities_of_all_labels_add_up_to_one() {
    let steps = 5;
    let y: Vec<f64> = [0.5f64, 0.25, 0.25].iter().cycle().take(steps * CLASSES).map(|p| p.ln()).collect();
    let total: f64 = sums(&y, steps).keys().map(|labels| (-loss(&y, steps, labels)).exp()).sum();
    assert!((total - 1.0).abs() < 1e-12, "{total}");
}
