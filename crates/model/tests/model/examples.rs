//! The worked examples of the documentation that are about losses and optimizers.

use proofmark_engine::{Feed, StateBlock};
use proofmark_model::layers::{activation, dense};
use proofmark_model::{Activation, CheckedModel, Loss, ModelSpec, Optimizer, Regularizer, Target, losses, optimizers};

use crate::harness::{assert_close, run};

/// A model of one kernel `[1, outputs]` that is the prediction, for the sample `[1]`.
fn kernel_alone(outputs: usize) -> CheckedModel {
    let spec = ModelSpec::new().add(dense(outputs).without_bias().named("theta"));
    spec.check([1], Target::Number { outputs }).expect("a model")
}

/// One step from `start` with the gradient of the mean squared error against `target`.
fn step(optimizer: impl Into<Optimizer>, rate: f64, start: &[f32], target: &[f32]) -> (Vec<f32>, StateBlock) {
    let optimizer = optimizer.into();
    let loss: Loss = losses::MeanSquaredError {}.into();
    let model = kernel_alone(start.len());
    let training = model.training_graph(&loss, &optimizer, &Regularizer::default(), None).expect("a training");
    let mut state = StateBlock::new(&training.graph);
    state.get_mut("theta.kernel").expect("the kernel").copy_from_slice(start);
    let scalars = optimizer.scalars(1, rate);
    let mut feeds = vec![
        ("x", Feed::F32(&[1.0])),
        ("target", Feed::F32(target)),
        ("weight", Feed::F32(&[1.0])),
        ("loss_scale", Feed::F32(&[1.0])),
    ];
    feeds.extend(scalars.iter().map(|(name, value)| (*name, Feed::F32(std::slice::from_ref(value)))));
    run(&training.graph, &mut state, 1, &feeds);
    (state.get("theta.kernel").expect("the kernel").to_vec(), state)
}

#[test]
fn gradient_descent_on_a_parabola() {
    // J(t) = (t - 1)^2 from t = 2.
    let (theta, _) = step(optimizers::GradientDescent { learning_rate: 0.1 }, 0.1, &[2.0], &[1.0]);
    assert_close(&theta, &[1.8], 1e-6);
}

#[test]
fn adam_with_and_without_bias_correction() {
    let start = [1.0, 2.0, 3.0];
    // The mean over three outputs has the gradient 2/3 (t - y): this target makes it (0.1, 0.2, 0.3).
    let target = [0.85, 1.7, 2.55];
    let adam = |bias_correction| optimizers::Adam {
        learning_rate: 0.1,
        beta_1: 0.9,
        beta_2: 0.99,
        epsilon: 1e-4,
        bias_correction,
    };
    let (theta, state) = step(adam(false), 0.1, &start, &target);
    assert_close(state.get("adam.m.theta.kernel").expect("m"), &[0.01, 0.02, 0.03], 1e-7);
    assert_close(state.get("adam.v.theta.kernel").expect("v"), &[1e-4, 4e-4, 9e-4], 1e-9);
    assert_close(&theta, &[0.9010, 1.9005, 2.9003], 5e-5);
    let (theta, _) = step(adam(true), 0.1, &start, &target);
    assert_close(&theta, &[0.9001, 1.9000, 2.9000], 5.1e-5);
}

/// The mean loss of samples, each a prediction (or what the last activation is applied to) and a target.
fn mean_loss(last: Activation, loss: impl Into<Loss>, target: Target, x: &[f32], y: &[f32]) -> f64 {
    // A kernel of one passes the sample on.
    let spec = ModelSpec::new().add(dense(1).without_bias().named("one")).add(activation(last));
    let model = spec.check([1], target).expect("a model");
    let evaluation = model.evaluation_graph(&loss.into()).expect("an evaluation");
    let mut state = StateBlock::new(&evaluation.graph);
    state.get_mut("one.kernel").expect("the kernel").fill(1.0);
    let feeds = [("x", Feed::F32(x)), ("target", Feed::F32(y))];
    let session = run(&evaluation.graph, &mut state, x.len(), &feeds);
    let losses = session.output(evaluation.loss);
    losses.iter().map(|loss| f64::from(*loss)).sum::<f64>() / losses.len() as f64
}

#[test]
fn mean_squared_error_of_three_pairs() {
    let number = Target::Number { outputs: 1 };
    let loss = losses::MeanSquaredError {};
    let mean = mean_loss(Activation::Linear, loss, number, &[2.0, 4.0, 6.0], &[1.9, 4.1, 5.8]);
    assert!((mean - 0.02).abs() < 1e-6, "{mean}");
}

#[test]
fn binary_crossentropy_of_three_predictions() {
    let logits = [0.9f64, 0.8, 0.7].map(|p| (p / (1.0 - p)).ln() as f32);
    let classes = Target::Category { classes: 2 };
    let loss = losses::BinaryCrossentropy::default();
    let mean = mean_loss(Activation::Sigmoid, loss, classes, &logits, &[1.0, 0.0, 1.0]);
    assert!((mean - 0.6905).abs() < 5e-5, "{mean}");
}
