//! Every loss against its formula in f64: values and gradients.

use proofmark_engine::{Feed, StateBlock};
use proofmark_model::layers::{activation, dense, unit_norm};
use proofmark_model::losses::LossTarget;
use proofmark_model::{Activation, Loss, ModelSpec, Target};

use crate::harness::{assert_close, run};

const OUTPUTS: usize = 3;

/// What the last activation is applied to, two samples. Errors are far from the kinks of the losses.
const Z: [f32; 6] = [0.5, -1.25, 2.0, -0.75, 3.5, 0.125];

struct Case {
    json: &'static str,
    last: Activation,
    /// Class indices or numbers.
    target: [f32; 6],
    /// The loss of a sample: of the last activation's inputs and the target.
    loss: fn(&[f64], &[f64]) -> f64,
}

fn cases() -> Vec<Case> {
    vec![
        Case {
            json: r#""categorical_crossentropy""#,
            last: Activation::Softmax,
            target: [2.0, 0.0, f32::NAN, f32::NAN, f32::NAN, f32::NAN],
            loss: |z, y| z.iter().map(|z| z.exp()).sum::<f64>().ln() - z[y[0] as usize],
        },
        Case {
            json: r#"{ "categorical_crossentropy": { "label_smoothing": 0.25 } }"#,
            last: Activation::Softmax,
            target: [2.0, 0.0, f32::NAN, f32::NAN, f32::NAN, f32::NAN],
            loss: |z, y| {
                let log_sum = z.iter().map(|z| z.exp()).sum::<f64>().ln();
                let even = z.iter().map(|z| log_sum - z).sum::<f64>() / 3.0;
                0.75 * (log_sum - z[y[0] as usize]) + 0.25 * even
            },
        },
        Case {
            json: r#""mse""#,
            last: Activation::Tanh,
            target: [0.25, 1.0, -2.0, 0.5, 4.0, 0.0],
            loss: |z, y| (0..OUTPUTS).map(|i| (z[i].tanh() - y[i]).powi(2)).sum::<f64>() / 3.0,
        },
        Case {
            json: r#""mae""#,
            last: Activation::Linear,
            target: [0.25, 1.0, -2.0, 0.5, 4.0, 0.0],
            loss: |z, y| (0..OUTPUTS).map(|i| (z[i] - y[i]).abs()).sum::<f64>() / 3.0,
        },
        Case {
            json: r#"{ "huber": { "delta": 0.75 } }"#,
            last: Activation::Linear,
            target: [0.25, 1.0, -2.0, 0.5, 4.0, 0.0],
            loss: |z, y| {
                let huber = |e: f64| if e <= 0.75 { 0.5 * e * e } else { 0.75 * (e - 0.375) };
                (0..OUTPUTS).map(|i| huber((z[i] - y[i]).abs())).sum::<f64>() / 3.0
            },
        },
    ]
}

#[test]
fn values_and_gradients() {
    let mut seen = vec!["binary_crossentropy", "triplet", "ctc"];
    for case in cases() {
        let loss: Loss = serde_json::from_str(case.json).expect("a loss");
        seen.push(loss.kind());
        let target = match loss.target() {
            LossTarget::Class => Target::Category { classes: OUTPUTS },
            LossTarget::Binary | LossTarget::Number => Target::Number { outputs: OUTPUTS },
            LossTarget::Embedding => Target::Embedding { classes: 3 },
            LossTarget::Sequence => Target::Sequence { classes: OUTPUTS - 1 },
        };
        check(&loss, case.last, target, OUTPUTS, &Z, &case.target, case.loss);
    }
    for kind in Loss::KINDS {
        assert!(seen.contains(kind), "{kind} has no case");
    }
}

#[test]
fn binary_crossentropy_on_both_sides() {
    let loss: Loss = serde_json::from_str(r#""binary_crossentropy""#).expect("a loss");
    let definition = |z: &[f64], y: &[f64]| {
        let softplus = |z: f64| z.max(0.0) + (-z.abs()).exp().ln_1p();
        y[0] * softplus(-z[0]) + (1.0 - y[0]) * softplus(z[0])
    };
    let z = [0.0, 0.0, 12.0, -30.0, 30.0, 1.5];
    let y = [0.0, 1.0, 1.0, 0.0, 0.0, 0.25];
    check(&loss, Activation::Sigmoid, Target::Category { classes: 2 }, 1, &z, &y, definition);
}

#[test]
fn binary_crossentropy_with_smoothed_labels() {
    let loss: Loss = serde_json::from_str(r#"{ "binary_crossentropy": { "label_smoothing": 0.2 } }"#).expect("a loss");
    let definition = |z: &[f64], y: &[f64]| {
        let softplus = |z: f64| z.max(0.0) + (-z.abs()).exp().ln_1p();
        let y = 0.8 * y[0] + 0.1;
        y * softplus(-z[0]) + (1.0 - y) * softplus(z[0])
    };
    let z = [0.0, 0.0, 12.0, -8.0, 9.0, 1.5];
    let y = [0.0, 1.0, 1.0, 0.0, 0.0, 0.25];
    check(&loss, Activation::Sigmoid, Target::Category { classes: 2 }, 1, &z, &y, definition);
}

/// Values and the gradient of a kernel, against the formula in f64: the loss of a sample hangs on the others of its batch.
#[test]
fn triplets_of_a_batch() {
    let loss: Loss = serde_json::from_str(r#"{ "triplet": { "margin": 0.5 } }"#).expect("a loss");
    let spec = ModelSpec::new().add(dense(OUTPUTS).named("pass")).add(unit_norm());
    let model = spec.check([OUTPUTS], Target::Embedding { classes: 2 }).expect("a model");
    let x: [f32; 15] = [0.5, -1.25, 2.0, -0.75, 3.5, 0.125, 1.0, 0.75, 0.25, -2.0, 0.5, 1.5, 0.25, 2.0, -1.0];
    let classes = [0, 1, 0, 0, 1];
    let definition = |kernel: &[f64]| -> Vec<f64> {
        let embed = |x: &[f32]| -> Vec<f64> {
            let column = |j: usize| -> f64 { (0..OUTPUTS).map(|i| f64::from(x[i]) * kernel[i * OUTPUTS + j]).sum() };
            let y: Vec<f64> = (0..OUTPUTS).map(column).collect();
            let length = y.iter().map(|y| y * y).sum::<f64>().sqrt();
            y.iter().map(|y| y / length).collect()
        };
        let y: Vec<Vec<f64>> = x.chunks(OUTPUTS).map(embed).collect();
        let distance = |a: usize, b: usize| y[a].iter().zip(&y[b]).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        let hardest = |a: usize| {
            let of = |is_same: bool| (0..5).filter(move |b| *b != a && (classes[*b] == classes[a]) == is_same);
            let positive = of(true).map(|b| distance(a, b)).fold(0.0, f64::max);
            let negative = of(false).map(|b| distance(a, b)).fold(f64::INFINITY, f64::min);
            (0.5 + positive - negative).max(0.0)
        };
        (0..5).map(hardest).collect()
    };
    let mut kernel = vec![0.0; OUTPUTS * OUTPUTS];
    (0..OUTPUTS).for_each(|i| kernel[i * OUTPUTS + i] = 1.0);

    let gradients = model.gradient_graph(&loss).expect("gradients");
    let mut state = StateBlock::new(&gradients.graph);
    identity(&mut state, OUTPUTS);
    let weight = [1.0, 2.0, 3.0, 4.0, 5.0];
    let feeds = [
        ("x", Feed::F32(&x)),
        ("target", Feed::I32(&classes)),
        ("weight", Feed::F32(&weight)),
        ("loss_scale", Feed::F32(&[0.5])),
    ];
    let session = run(&gradients.graph, &mut state, 5, &feeds);
    let expected = definition(&kernel);
    assert!(expected.iter().any(|loss| *loss > 0.1), "{expected:?}");
    assert_close(session.output(gradients.loss), &expected, 1e-6);
    let (_, idx) = gradients.gradients.iter().find(|(name, _)| name == "pass.kernel").expect("the kernel");
    let total = |kernel: &[f64]| -> f64 {
        definition(kernel).iter().zip(weight).map(|(loss, weight)| 0.5 * loss * f64::from(weight)).sum()
    };
    let slopes: Vec<f64> = (0..kernel.len())
        .map(|i| {
            let at = |h: f64| {
                let mut moved = kernel.clone();
                moved[i] += h;
                total(&moved)
            };
            (at(1e-5) - at(-1e-5)) / 2e-5
        })
        .collect();
    assert_close(session.output(*idx), &slopes, 5e-6);
}

/// Values and the gradient of a bias, against the sum over all paths in f64.
#[test]
fn sequences_of_labels() {
    let loss: Loss = serde_json::from_str(r#""ctc""#).expect("a loss");
    let spec = ModelSpec::new().add(dense(OUTPUTS).named("pass")).add(activation(Activation::Softmax));
    let model = spec.check([4, OUTPUTS], Target::Sequence { classes: OUTPUTS - 1 }).expect("a model");
    let x: Vec<f32> = (0..4 * 4 * OUTPUTS).map(|i| ((i * 37 + 11) % 29) as f32 / 8.0 - 1.75).collect();
    // One label, two, an equal pair; the last needs every step.
    let labels: [&[i32]; 4] = [&[1], &[0, 1], &[1, 1], &[0, 1, 0, 1]];
    let target: Vec<i32> = labels.iter().flat_map(|labels| labels.iter().copied().chain([-1; 4]).take(4)).collect();
    let definition = |bias: &[f64]| -> Vec<f64> {
        let of_sample = |(sample, labels): (usize, &&[i32])| {
            let z = |t: usize, c: usize| f64::from(x[(sample * 4 + t) * OUTPUTS + c]) + bias[c];
            let p = |t: usize, c: usize| z(t, c).exp() / (0..OUTPUTS).map(|c| z(t, c).exp()).sum::<f64>();
            let paths = (0..OUTPUTS.pow(4)).map(|path| [path % 3, path / 3 % 3, path / 9 % 3, path / 27]);
            let reads = |path: &[usize; 4]| {
                let mut read: Vec<usize> = path.to_vec();
                read.dedup();
                read.retain(|class| *class != OUTPUTS - 1);
                read.iter().map(|class| *class as i32).eq(labels.iter().copied())
            };
            let sum: f64 = paths.filter(reads).map(|path| (0..4).map(|t| p(t, path[t])).product::<f64>()).sum();
            -sum.ln() / labels.len() as f64
        };
        labels.iter().enumerate().map(of_sample).collect()
    };
    let gradients = model.gradient_graph(&loss).expect("gradients");
    let mut state = StateBlock::new(&gradients.graph);
    identity(&mut state, OUTPUTS);
    let weight = [1.0, 2.0, 2.0, 4.0];
    let feeds = [
        ("x", Feed::F32(&x)),
        ("target", Feed::I32(&target)),
        ("weight", Feed::F32(&weight)),
        ("loss_scale", Feed::F32(&[0.5])),
    ];
    let session = run(&gradients.graph, &mut state, 4, &feeds);
    assert_close(session.output(gradients.loss), &definition(&[0.0; OUTPUTS]), 1e-6);
    let (_, idx) = gradients.gradients.iter().find(|(name, _)| name == "pass.bias").expect("the bias");
    let slopes: Vec<f64> = (0..OUTPUTS)
        .map(|i| {
            let total = |h: f64| -> f64 {
                let mut bias = [0.0; OUTPUTS];
                bias[i] = h;
                definition(&bias).iter().zip(weight).map(|(loss, weight)| 0.5 * loss * f64::from(weight)).sum()
            };
            (total(1e-5) - total(-1e-5)) / 2e-5
        })
        .collect();
    assert_close(session.output(*idx), &slopes, 2e-6);
}

#[test]
fn sequences_need_a_blank_and_a_loss_for_them() {
    let of = |loss: &str| serde_json::from_value::<Loss>(loss.into()).expect("a loss");
    let spec = ModelSpec::new().add(dense(5).softmax());
    let model = spec.check([6, 3], Target::Sequence { classes: 4 }).expect("a model");
    assert!(model.check_loss(&of("ctc")).is_ok());
    assert_eq!(of("ctc").target_of_classes(4), Target::Sequence { classes: 4 });
    let text = |result: Result<(), proofmark_model::ModelErrors>| result.unwrap_err().to_string();
    let other = text(model.check_loss(&of("categorical_crossentropy")));
    assert!(other.contains("does not compare sequences of labels"), "{other}");
    let classes = spec.check([6, 3], Target::Category { classes: 5 }).expect("a model");
    assert!(classes.check_loss(&of("ctc")).is_err());
    for (input, outputs) in [(&[6, 3][..], 5), (&[3], 4)] {
        let error = spec.check(input.to_vec(), Target::Sequence { classes: outputs }).unwrap_err().to_string();
        assert!(error.contains(&format!("expected `[steps, {}]`", outputs + 1)), "{error}");
    }
    let linear = ModelSpec::new().add(dense(5)).check([6, 3], Target::Sequence { classes: 4 }).expect("a model");
    assert!(text(linear.check_loss(&of("ctc"))).contains("softmax"));
}

#[test]
fn triplets_are_of_embeddings() {
    let of = |loss: &str| serde_json::from_value::<Loss>(loss.into()).expect("a loss");
    let spec = ModelSpec::new().add(dense(OUTPUTS));
    let embedding = spec.check([4], Target::Embedding { classes: 7 }).expect("a model");
    assert!(embedding.check_loss(&of("triplet")).is_ok());
    assert_eq!(of("triplet").target_of_classes(7), Target::Embedding { classes: 7 });
    let text = |result: Result<(), proofmark_model::ModelErrors>| result.unwrap_err().to_string();
    assert!(text(embedding.check_loss(&of("mse"))).contains("does not compare samples with each other"));
    for target in [Target::Category { classes: OUTPUTS }, Target::Number { outputs: OUTPUTS }] {
        assert!(spec.check([4], target).expect("a model").check_loss(&of("triplet")).is_err());
    }
    let rows = spec.check([2, 4], Target::Embedding { classes: 7 }).unwrap_err().to_string();
    assert!(rows.contains("expected one row of numbers"), "{rows}");
}

/// PyTorch 2.15's `cross_entropy(.., label_smoothing=0.1, reduction="none")`; and logits that would overflow an exponential.
#[test]
fn smoothed_labels_as_pytorch() {
    let loss: Loss =
        serde_json::from_str(r#"{ "categorical_crossentropy": { "label_smoothing": 0.1 } }"#).expect("a loss");
    let spec = ModelSpec::new().add(dense(OUTPUTS).named("pass")).add(activation(Activation::Softmax));
    let model = spec.check([OUTPUTS], Target::Category { classes: OUTPUTS }).expect("a model");
    let evaluation = model.evaluation_graph(&loss).expect("an evaluation");
    let mut state = StateBlock::new(&evaluation.graph);
    identity(&mut state, OUTPUTS);
    let x = [1.0, -0.5, 2.0, 0.3, 0.2, -1.0, 300.0, 0.0, 0.0];
    let feeds = [("x", Feed::F32(&x)), ("target", Feed::I32(&[2, 1, 0]))];
    let session = run(&evaluation.graph, &mut state, 3, &feeds);
    // The last is 0.1 of the mean of 0, 300 and 300.
    assert_close(session.output(evaluation.loss), &[0.488_205_698_519_349_5, 0.914_784_030_804_746_5, 20.0], 1e-6);
}

/// The evaluation's losses, and the gradient of a bias under the last activation by central differences.
fn check(
    loss: &Loss,
    last: Activation,
    target: Target,
    outputs: usize,
    z: &[f32],
    y: &[f32],
    definition: fn(&[f64], &[f64]) -> f64,
) {
    // The dense layer passes the sample on and adds a bias of zero, whose gradient is that of what follows.
    let spec = ModelSpec::new().add(dense(outputs).named("pass")).add(activation(last));
    let model = spec.check([outputs], target).expect("a model");
    let classes: Vec<i32> = y.iter().take(z.len() / outputs).map(|class| *class as i32).collect();
    let fed = match loss.target() {
        LossTarget::Class | LossTarget::Embedding | LossTarget::Sequence => Feed::I32(&classes),
        LossTarget::Binary | LossTarget::Number => Feed::F32(y),
    };
    let samples = z.len() / outputs;
    let expected = |shift: &[f64]| -> Vec<f64> {
        (0..samples)
            .map(|sample| {
                let moved: Vec<f64> = (0..outputs).map(|i| f64::from(z[sample * outputs + i]) + shift[i]).collect();
                let target: Vec<f64> = match loss.target() {
                    LossTarget::Class => vec![f64::from(y[sample])],
                    _ => (0..outputs).map(|i| f64::from(y[sample * outputs + i])).collect(),
                };
                definition(&moved, &target)
            })
            .collect()
    };
    let unmoved = vec![0.0; outputs];

    let evaluation = model.evaluation_graph(loss).expect("an evaluation");
    let mut state = StateBlock::new(&evaluation.graph);
    identity(&mut state, outputs);
    let feeds = [("x", Feed::F32(z)), ("target", fed)];
    let session = run(&evaluation.graph, &mut state, samples, &feeds);
    assert_close(session.output(evaluation.loss), &expected(&unmoved), 1e-6);

    let gradients = model.gradient_graph(loss).expect("gradients");
    let weight: Vec<f32> = (1..=samples).map(|sample| sample as f32).collect();
    let feeds =
        [("x", Feed::F32(z)), ("target", fed), ("weight", Feed::F32(&weight)), ("loss_scale", Feed::F32(&[0.5]))];
    let session = run(&gradients.graph, &mut state, samples, &feeds);
    assert_close(session.output(gradients.loss), &expected(&unmoved), 1e-6);
    let (_, bias) = gradients.gradients.iter().find(|(name, _)| name == "pass.bias").expect("the bias");
    let slopes: Vec<f64> = (0..outputs)
        .map(|i| {
            let total = |h: f64| -> f64 {
                let mut shift = unmoved.clone();
                shift[i] = h;
                expected(&shift).iter().zip(&weight).map(|(loss, weight)| 0.5 * loss * f64::from(*weight)).sum()
            };
            (total(1e-5) - total(-1e-5)) / 2e-5
        })
        .collect();
    assert_close(session.output(*bias), &slopes, 2e-6);
}

fn identity(state: &mut StateBlock, outputs: usize) {
    let kernel = state.get_mut("pass.kernel").expect("the kernel");
    kernel.fill(0.0);
    (0..outputs).for_each(|i| kernel[i * outputs + i] = 1.0);
}
