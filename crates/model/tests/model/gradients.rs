//! Gradients of whole networks against central differences, all through the executor that defines meaning.

use proofmark_engine::{Feed, StateBlock, StateRole};
use proofmark_model::{Loss, Target};

use crate::harness::{numbers, run, spec};

/// Half the distance between the two points of a difference: a power of two, so that most sums are exact.
const H: f32 = 1.0 / 256.0;

/// The loss is rounded to f32, which moves a difference by about `2^-24 * 2 / (2 H)` for losses near 2, and the third
/// derivative moves it by `H^2 / 6` times its size, which is below 10 here.
const TOLERANCE: f64 = 6e-5;

#[test]
fn smooth_convolutions() {
    check(
        r#"{ "layers": [
            { "conv2d": { "filters": 3, "kernel": 3, "activation": "tanh" } },
            { "average_pool2d": { "size": 2 } },
            { "conv2d": { "filters": 4, "kernel": 2, "padding": "same", "dilation": 2, "activation": "softplus" } },
            "flatten",
            { "dense": { "units": 3, "activation": "softmax" } }
        ] }"#,
        &[7, 6, 2],
        Target::Category { classes: 3 },
        "categorical_crossentropy",
    );
}

#[test]
fn branches_and_batch_norm() {
    check(
        r#"{ "layers": [
            { "conv2d": { "name": "stem", "filters": 4, "kernel": 3, "padding": "same", "use_bias": false } },
            { "batch_norm": { "name": "norm" } },
            { "activation": { "name": "left", "function": "tanh" } },
            { "conv2d": { "name": "right", "inputs": ["norm"], "filters": 4, "kernel": 1, "groups": 2 } },
            { "multiply": { "name": "gated", "inputs": ["left", "right"] } },
            { "add": { "inputs": ["gated", "right", "stem"] } },
            { "concatenate": { "inputs": ["add_1", "input"] } },
            "global_average_pool2d",
            { "dense": { "units": 1, "activation": "sigmoid" } }
        ] }"#,
        &[4, 4, 1],
        Target::Category { classes: 2 },
        "binary_crossentropy",
    );
}

#[test]
fn axes_and_dropout() {
    check(
        r#"{ "layers": [
            { "permute": { "axes": [1, 0] } },
            { "dense": { "units": 3, "activation": "sigmoid" } },
            { "dropout": { "rate": 0.4 } },
            { "reshape": { "shape": [2, 2, 3] } },
            { "max_pool2d": { "size": [2, 1] } },
            "flatten",
            { "dense": { "units": 2 } }
        ] }"#,
        &[3, 4],
        Target::Number { outputs: 2 },
        "mse",
    );
}

#[test]
fn global_maximum_and_huber() {
    check(
        r#"{ "layers": [
            { "conv2d": { "filters": 3, "kernel": 2, "stride": [2, 1], "activation": "tanh" } },
            "global_max_pool2d",
            { "dense": { "units": 2 } }
        ] }"#,
        &[5, 4, 1],
        Target::Number { outputs: 2 },
        "huber",
    );
}

/// An epsilon of 1 keeps the third derivative as small as the tolerance needs it; the engine's cases have small ones.
#[test]
fn sequences_and_norms() {
    check(
        r#"{ "layers": [
            { "conv1d": { "filters": 4, "kernel": 2, "dilation": 2, "padding": "causal", "activation": "gelu" } },
            { "layer_norm": { "epsilon": 1 } },
            { "conv1d": { "filters": 4, "kernel": 3, "stride": 2, "groups": 2, "padding": "same", "activation": "silu" } },
            { "average_pool1d": { "stride": 1 } },
            { "rms_norm": { "epsilon": 1 } },
            { "max_pool1d": {} },
            { "group_norm": { "groups": 2, "epsilon": 1 } },
            { "unit_norm": { "epsilon": 1 } },
            "global_average_pool1d",
            { "dense": { "units": 3, "activation": "softmax" } }
        ] }"#,
        &[11, 2],
        Target::Category { classes: 3 },
        "categorical_crossentropy",
    );
}

#[test]
fn groups_of_images_and_log_probabilities() {
    check(
        r#"{ "layers": [
            { "conv2d": { "filters": 6, "kernel": 2, "activation": "gelu" } },
            { "group_norm": { "groups": 3, "epsilon": 1 } },
            { "reshape": { "shape": [12, 6] } },
            "global_max_pool1d",
            { "dense": { "units": 2, "activation": "log_softmax" } }
        ] }"#,
        &[5, 4, 1],
        Target::Number { outputs: 2 },
        "huber",
    );
}

#[test]
fn transposed_convolutions() {
    check(
        r#"{ "layers": [
            { "conv2d_transpose": { "filters": 3, "kernel": [3, 2], "stride": [2, 1], "activation": "tanh" } },
            { "conv2d_transpose": { "filters": 2, "kernel": 3, "stride": 2, "padding": "same", "use_bias": false } },
            { "average_pool2d": { "size": 3 } },
            "flatten",
            { "dense": { "units": 3, "activation": "softmax" } }
        ] }"#,
        &[2, 3, 2],
        Target::Category { classes: 3 },
        "categorical_crossentropy",
    );
}

fn check(json: &str, input: &[usize], target: Target, loss: &str) {
    const SAMPLES: usize = 3;
    let loss: Loss = serde_json::from_value(loss.into()).expect("a loss");
    let model = spec(json).check(input.to_vec(), target).expect("a model");
    let gradients = model.gradient_graph(&loss).expect("gradients");
    let mut state = StateBlock::new(&gradients.graph);
    model.initialize(2, &mut state);
    let x = numbers(SAMPLES * input.iter().product::<usize>(), 7);
    let classes: Vec<i32> = (0..SAMPLES as i32).collect();
    let numbers: Vec<f32> = match target {
        Target::Category { .. } | Target::Embedding { .. } | Target::Sequence { .. } => vec![1.0, 0.0, 1.0],
        Target::Number { outputs } => numbers(SAMPLES * outputs, 3),
    };
    let is_class = matches!(loss.target(), proofmark_model::losses::LossTarget::Class);
    let weight = [1.0, 0.25, 2.0];
    let feeds = [
        ("x", Feed::F32(&x)),
        ("target", if is_class { Feed::I32(&classes) } else { Feed::F32(&numbers) }),
        ("weight", Feed::F32(&weight)),
        ("loss_scale", Feed::F32(&[0.5])),
    ];
    let total = |state: &mut StateBlock| -> f64 {
        let session = run(&gradients.graph, state, SAMPLES, &feeds);
        let losses = session.output(gradients.loss).iter().zip(weight);
        losses.map(|(loss, weight)| 0.5 * f64::from(*loss) * f64::from(weight)).sum()
    };
    let session = run(&gradients.graph, &mut state, SAMPLES, &feeds);
    let n_parameters = state.entries().iter().filter(|entry| entry.role == StateRole::Parameter).count();
    assert_eq!(gradients.gradients.len(), n_parameters);
    for (name, idx) in &gradients.gradients {
        let gradient = session.output(*idx).to_vec();
        assert!(gradient.iter().any(|g| g.abs() > 1e-3), "{name} has no gradient to speak of");
        for (element, gradient) in gradient.iter().enumerate() {
            let start = state.get(name).expect("a parameter")[element];
            let mut at = |value: f32| {
                state.get_mut(name).expect("a parameter")[element] = value;
                total(&mut state)
            };
            let (above, below) = (start + H, start - H);
            let slope = (at(above) - at(below)) / (f64::from(above) - f64::from(below));
            at(start);
            let error = (f64::from(*gradient) - slope).abs();
            assert!(error < TOLERANCE, "{name}[{element}]: {gradient}, by differences {slope}");
        }
    }
}
