//! The CTC loss against every path there is, and against PyTorch's: short sequences, f64.
#![allow(clippy::disallowed_methods, reason = "what is tested is held against std's functions, within a tolerance")]

use std::collections::BTreeMap;

use proofmark_engine::Type;
use proofmark_engine::ops::{CtcLoss, CtcLossGradient, Op, ReferenceContext, Tensor64};

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
    let inputs = [
        tensor(&[steps + 1, CLASSES], padded),
        tensor(&[labels.len() + 1], given),
        tensor(&[], vec![labels.len() as f64]),
        tensor(&[], vec![steps as f64]),
    ];
    CtcLoss { blank: BLANK }.reference(&inputs.iter().collect::<Vec<_>>(), &context())[0].data[0]
}

fn tensor(shape: &[usize], data: Vec<f64>) -> Tensor64 {
    Tensor64 { ty: Type::sample(shape.to_vec()), data }
}

/// Of one sample.
fn context() -> ReferenceContext {
    ReferenceContext { ids: vec![0], step: 0, seed: 0 }
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

fn numbers(line: &str) -> Vec<f64> {
    line.split_whitespace().map(|number| number.parse().expect("a number")).collect()
}

/// Loss and gradient of logits, as `ctc/make.py` got them from PyTorch, which explains the file. The gradient there goes through the
/// log-softmax, and so does it here.
#[test]
fn the_loss_and_its_gradient_are_those_of_pytorch() {
    let lines: Vec<&str> = include_str!("ctc/pytorch.txt").lines().collect();
    assert_eq!(lines.len(), 24);
    for lines in lines.chunks_exact(4) {
        let place = lines[0];
        let [blank, steps, classes, counted, salt] = numbers(lines[0])[..] else { panic!("{place}") };
        let (steps, classes) = (steps as usize, classes as usize);
        let logit = |i: usize| (((i * 37 + salt as usize) % 101) as f64 - 50.0) / 16.0;
        let logits: Vec<f64> = (0..steps * classes).map(logit).collect();
        let log_sum = |row: &[f64]| row.iter().map(|logit| logit.exp()).sum::<f64>().ln();
        let y: Vec<f64> = logits
            .chunks_exact(classes)
            .flat_map(|row| row.iter().map(|logit| logit - log_sum(row)).collect::<Vec<_>>())
            .collect();
        let mut labels = numbers(lines[1]);
        let n_labels = labels.len() as f64;
        labels.push(-1.0);
        let mut inputs = vec![
            tensor(&[steps, classes], y.clone()),
            tensor(&[labels.len()], labels),
            tensor(&[], vec![n_labels]),
            tensor(&[], vec![counted]),
        ];
        let blank = blank as usize;
        let loss = CtcLoss { blank }.reference(&inputs.iter().collect::<Vec<_>>(), &context())[0].data[0];
        let expected = numbers(lines[2])[0];
        assert!((loss - expected).abs() <= 1e-12 * expected.abs(), "{place}: {loss}, expected {expected}");
        inputs.push(tensor(&[], vec![1.0]));
        let dy = CtcLossGradient { blank }.reference(&inputs.iter().collect::<Vec<_>>(), &context());
        let expected = numbers(lines[3]);
        assert_eq!(expected.len(), y.len());
        for (row, (dy, y)) in dy[0].data.chunks_exact(classes).zip(y.chunks_exact(classes)).enumerate() {
            let sum: f64 = dy.iter().sum();
            for class in 0..classes {
                let (received, expected) = (dy[class] - y[class].exp() * sum, expected[row * classes + class]);
                assert!((received - expected).abs() <= 1e-12, "{place}, {row}, {class}: {received}, {expected}");
            }
        }
    }
}
