//! Training on mixed samples: what a step learns is the mean of what it would learn from both targets.

use proofmark_engine::{Feed, StateBlock};
use proofmark_model::layers::{dense, flatten};
use proofmark_model::{CheckedModel, Loss, Mixup, ModelSpec, Optimizer, Regularizer, Target};

use crate::harness::{DIGITS, assert_close, numbers, run, spec};

const SAMPLES: usize = 4;
const NONE: Regularizer = Regularizer { l1: 0.0, l2: 0.0 };

/// What a step gave: the losses, and how much each parameter moved.
struct Learnt {
    losses: Vec<f32>,
    moved: Vec<f64>,
}

/// A step of gradient descent at the rate 1, without mixup or with this share and these other targets.
fn learn<'a>(model: &CheckedModel, loss: &Loss, target: Feed<'a>, mixed: Option<(Feed<'a>, f32)>) -> Learnt {
    let sgd: Optimizer = serde_json::from_str(r#"{ "sgd": { "learning_rate": 1 } }"#).expect("an optimizer");
    let training = match mixed {
        Some(_) => model.mixup_training_graph(loss, &sgd, &NONE, None, Mixup { alpha: 0.2 }),
        None => model.training_graph(loss, &sgd, &NONE, None),
    }
    .expect("a training");
    let mut state = StateBlock::new(&training.graph);
    model.initialize(3, &mut state);
    let before = state.all().to_vec();
    let x = numbers(SAMPLES * model.input_shape().elements(), 1);
    let (other, share) = mixed.unwrap_or((target, 1.0));
    let share = [share];
    let rate = [1.0];
    let mut feeds = vec![
        ("x", Feed::F32(&x)),
        ("target", target),
        ("other_target", other),
        ("mixup", Feed::F32(&share)),
        ("weight", Feed::F32(&[1.0, 0.5, 2.0, 0.5])),
        ("loss_scale", Feed::F32(&[0.25])),
    ];
    feeds.extend(sgd.scalar_names().into_iter().map(|name| (name, Feed::F32(&rate[..]))));
    let session = run(&training.graph, &mut state, SAMPLES, &feeds);
    let losses = session.output(training.loss).to_vec();
    drop(session);
    let moved = state.all().iter().zip(&before).map(|(now, before)| f64::from(*now) - f64::from(*before));
    Learnt { losses, moved: moved.collect() }
}

fn check(model: &CheckedModel, loss: &str, first: Feed<'_>, second: Feed<'_>) {
    let loss: Loss = serde_json::from_str(loss).expect("a loss");
    let of_first = learn(model, &loss, first, None);
    let of_second = learn(model, &loss, second, None);
    for share in [1.0_f32, 0.75, 0.3, 0.0] {
        let mixed = learn(model, &loss, first, Some((second, share)));
        let mean = |a: f64, b: f64| f64::from(share) * a + (1.0 - f64::from(share)) * b;
        let both = |a: &[f32], b: &[f32]| -> Vec<f64> {
            a.iter().zip(b).map(|(a, b)| mean(f64::from(*a), f64::from(*b))).collect()
        };
        // Losses and states are rounded to f32 where they leave the reference; parameters are below 2, losses below 4.
        assert_close(&mixed.losses, &both(&of_first.losses, &of_second.losses), 4.0 / 8_388_608.0);
        for ((mixed, a), b) in mixed.moved.iter().zip(&of_first.moved).zip(&of_second.moved) {
            assert!((mixed - mean(*a, *b)).abs() <= 4.0 / 8_388_608.0, "{mixed} for {a} and {b} at {share}");
        }
        if share == 1.0 {
            assert_eq!(mixed.losses, of_first.losses);
            assert_eq!(mixed.moved, of_first.moved);
        }
    }
}

#[test]
fn a_step_learns_the_mean_of_both_targets() {
    let classes = ModelSpec::new().add(flatten()).add(dense(3).softmax());
    let classes = classes.check([2, 3, 1], Target::Category { classes: 3 }).expect("a model");
    check(&classes, r#""categorical_crossentropy""#, Feed::I32(&[0, 1, 2, 0]), Feed::I32(&[2, 1, 0, 1]));
    let yes = ModelSpec::new().add(dense(1).sigmoid());
    let yes = yes.check([5], Target::Category { classes: 2 }).expect("a model");
    let (first, second) = ([0.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0]);
    check(&yes, r#""binary_crossentropy""#, Feed::F32(&first), Feed::F32(&second));
}

#[test]
fn the_graph_of_digits_with_mixup() {
    let model = spec(DIGITS).check([28, 28, 1], Target::Category { classes: 10 }).expect("a model");
    let loss: Loss = serde_json::from_str(r#""categorical_crossentropy""#).expect("a loss");
    let sgd: Optimizer = serde_json::from_str(r#""sgd""#).expect("an optimizer");
    let mixed = model.mixup_training_graph(&loss, &sgd, &NONE, None, Mixup { alpha: 0.2 }).expect("a graph");
    let names: Vec<&str> = mixed.graph.inputs().iter().map(|input| input.name.as_str()).collect();
    assert_eq!(names, ["x", "target", "other_target", "mixup", "weight", "loss_scale", "learning_rate"]);
    // Only the loss differs: what is mixed, and how two gradients flow back from it.
    let plain = model.training_graph(&loss, &sgd, &NONE, None).expect("a graph");
    let lines = |graph: &proofmark_engine::Graph| graph.to_string().lines().count();
    assert!(lines(&mixed.graph) > lines(&plain.graph));
    insta::assert_snapshot!(mixed.graph);
}
