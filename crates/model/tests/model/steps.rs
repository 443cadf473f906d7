//! A class for each step of a sample: the loss over the steps that count, against its formula in f64.

use proofmark_engine::{Feed, StateBlock};
use proofmark_model::{CheckedModel, Loss, Mixup, ModelErrors, Optimizer, Regularizer, Target};

use crate::harness::{assert_close, numbers, run, spec};

const STEPS: usize = 4;
const CLASSES: usize = 3;
/// Two samples and one without a class; -1 is missing.
const TARGETS: [i32; 3 * STEPS] = [2, -1, 0, 0, -1, 1, -1, -1, -1, -1, -1, -1];

fn model() -> CheckedModel {
    let json = r#"{ "layers": [{ "dense": { "name": "last", "units": 3, "activation": "softmax" } }] }"#;
    spec(json).check([STEPS, CLASSES], Target::Category { classes: CLASSES }).expect("it fits")
}

fn loss(json: &str) -> Loss {
    serde_json::from_str(json).expect("a loss")
}

/// The logits are the inputs.
fn identity(state: &mut StateBlock) {
    let kernel = state.get_mut("last.kernel").expect("a kernel");
    kernel.iter_mut().enumerate().for_each(|(i, value)| *value = f32::from(u8::from(i % (CLASSES + 1) == 0)));
}

/// Of a row of logits, the loss and its gradient.
fn of_row(z: &[f32], class: usize, smoothing: f64) -> (f64, Vec<f64>) {
    let powers: Vec<f64> = z.iter().map(|z| f64::from(*z).exp()).collect();
    let sum: f64 = powers.iter().sum();
    let weight = |i: usize| (1.0 - smoothing) * f64::from(u8::from(i == class)) + smoothing / CLASSES as f64;
    let loss = (0..CLASSES).map(|i| weight(i) * (sum.ln() - f64::from(z[i]))).sum();
    (loss, (0..CLASSES).map(|i| powers[i] / sum - weight(i)).collect())
}

#[test]
fn the_loss_is_the_mean_over_the_steps_that_count() {
    let x = numbers(TARGETS.len() * CLASSES, 3);
    for (json, smoothing) in [
        (r#""categorical_crossentropy""#, 0.0),
        (r#"{ "categorical_crossentropy": { "label_smoothing": 0.25 } }"#, 0.25),
    ] {
        let rows: Vec<Option<(f64, Vec<f64>)>> = x
            .chunks_exact(CLASSES)
            .zip(TARGETS)
            .map(|(z, class)| usize::try_from(class).ok().map(|class| of_row(z, class, smoothing)))
            .collect();
        let counts: Vec<usize> = rows.chunks_exact(STEPS).map(|rows| rows.iter().flatten().count()).collect();
        assert_eq!(counts, [3, 1, 0]);
        let expected: Vec<f64> = rows
            .chunks_exact(STEPS)
            .zip(&counts)
            .map(|(rows, count)| rows.iter().flatten().map(|(loss, _)| loss).sum::<f64>() / (*count).max(1) as f64)
            .collect();

        let evaluation = model().evaluation_graph(&loss(json)).expect("it fits");
        let mut state = StateBlock::new(&evaluation.graph);
        identity(&mut state);
        let feeds = [("x", Feed::F32(&x)), ("target", Feed::I32(&TARGETS))];
        let session = run(&evaluation.graph, &mut state, 3, &feeds);
        assert_close(session.output(evaluation.loss), &expected, 1e-6);

        // Samples weigh as many as they have steps that count: the gradient is that of the mean over all of these.
        let gradients = model().gradient_graph(&loss(json)).expect("it fits");
        let weights = [3.0, 1.0, 0.0];
        let feeds = [feeds[0], feeds[1], ("weight", Feed::F32(&weights)), ("loss_scale", Feed::F32(&[0.25]))];
        let session = run(&gradients.graph, &mut state, 3, &feeds);
        let (_, bias) = gradients.gradients.iter().find(|(name, _)| name == "last.bias").expect("a bias");
        let mean = |i: usize| rows.iter().flatten().map(|(_, gradient)| gradient[i]).sum::<f64>() / 4.0;
        let expected: Vec<f64> = (0..CLASSES).map(mean).collect();
        assert_close(session.output(*bias), &expected, 1e-6);
    }
}

#[test]
fn what_does_not_fit_steps_is_refused() {
    let refused = |json: &str| {
        let result: Result<(), ModelErrors> = model().check_loss(&loss(json));
        result.expect_err(json).to_string()
    };
    let mixup = model()
        .mixup_training_graph(
            &loss(r#""categorical_crossentropy""#),
            &serde_json::from_str::<Optimizer>(r#"{ "sgd": { "learning_rate": 0.1 } }"#).expect("an optimizer"),
            &Regularizer::default(),
            None,
            Mixup { alpha: 0.2 },
        )
        .expect_err("mixup of steps");
    insta::assert_snapshot!([refused(r#""mse""#), refused(r#""binary_crossentropy""#), mixup.to_string()].join("\n"));
}
