//! The graphs as text, and that those of one model share their states.

use proofmark_engine::{Feed, StateBlock, StateRole};
use proofmark_messages::Lang;
use proofmark_model::{CheckedModel, Clip, Loss, Optimizer, Regularizer, Target};

use crate::harness::{DIGITS, RESIDUAL, numbers, run, spec};

fn digits() -> CheckedModel {
    spec(DIGITS).check([28, 28, 1], Target::Category { classes: 10 }).expect("a model")
}

fn residual() -> CheckedModel {
    spec(RESIDUAL).check([8, 8, 1], Target::Category { classes: 3 }).expect("a model")
}

fn crossentropy() -> Loss {
    serde_json::from_str(r#""categorical_crossentropy""#).expect("a loss")
}

fn optimizer(json: &str) -> Optimizer {
    serde_json::from_str(json).expect("an optimizer")
}

#[test]
fn digits_training() {
    let adam = optimizer(r#""adam""#);
    let training = digits().training_graph(&crossentropy(), &adam, &Regularizer::default(), None).expect("a graph");
    insta::assert_snapshot!(training.graph);
}

#[test]
fn digits_inference() {
    insta::assert_snapshot!(digits().inference_graph().expect("a graph").graph);
}

#[test]
fn residual_training() {
    let momentum = optimizer(r#""momentum""#);
    let penalty = Regularizer { l1: 0.0, l2: 1e-4 };
    let training =
        residual().training_graph(&crossentropy(), &momentum, &penalty, Some(Clip::Norm(1.0))).expect("a graph");
    insta::assert_snapshot!(training.graph);
}

#[test]
fn summaries() {
    insta::assert_snapshot!(format!("{}\n{}", digits().summary(), residual().summary().table(Lang::ZhCn)));
    let summary = digits().summary();
    assert_eq!(summary.parameters(), 225_034);
    // The first convolution: 26 x 26 x 32 sums of 9 products, a bias and a relu.
    assert_eq!(summary.rows[0].flops, 26 * 26 * 32 * (2 * 9 + 2));
    assert_eq!(residual().summary().statistics(), 2 * (4 + 8 + 8));
}

#[test]
fn all_graphs_of_a_model_run_on_one_block() {
    let model = residual();
    let adam = optimizer(r#""adam""#);
    let training = model.training_graph(&crossentropy(), &adam, &Regularizer::default(), None).expect("a graph");
    let mut state = StateBlock::new(&training.graph);
    model.initialize(1, &mut state);
    // What belongs to the model comes first, in the order of the layers.
    let roles: Vec<StateRole> = state.entries().iter().map(|entry| entry.role).collect();
    let first = roles.iter().position(|role| *role == StateRole::Optimizer).expect("moments");
    assert!(roles[first..].iter().all(|role| *role == StateRole::Optimizer));
    let inference = model.inference_graph().expect("a graph");
    let names = |graph: &proofmark_engine::Graph| -> Vec<String> {
        graph.states().iter().map(|state| state.name.clone()).collect()
    };
    assert_eq!(names(&inference.graph), names(&training.graph)[..first]);
    assert_eq!(names(&inference.graph), names(&model.evaluation_graph(&crossentropy()).expect("a graph").graph));

    let before = state.clone();
    let x = numbers(2 * 64, 1);
    let session = run(&inference.graph, &mut state, 2, &[("x", Feed::F32(&x))]);
    let probabilities = session.output(inference.predictions);
    for row in probabilities.chunks(3) {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{row:?}");
    }
    assert_eq!(before.all(), state.all());
}

#[test]
fn training_lowers_the_loss() {
    let model = residual();
    let adam = optimizer(r#"{ "adam": { "learning_rate": 0.02 } }"#);
    let training = model.training_graph(&crossentropy(), &adam, &Regularizer::default(), None).expect("a graph");
    let mut state = StateBlock::new(&training.graph);
    model.initialize(1, &mut state);
    let x = numbers(6 * 64, 1);
    let classes = [0, 1, 2, 0, 1, 2];
    let mut losses = Vec::new();
    for step in 1..=15 {
        let scalars = adam.scalars(step, adam.learning_rate());
        let mut feeds = vec![
            ("x", Feed::F32(&x)),
            ("target", Feed::I32(&classes)),
            ("weight", Feed::F32(&[1.0; 6])),
            ("loss_scale", Feed::F32(&[1.0 / 6.0])),
        ];
        feeds.extend(scalars.iter().map(|(name, value)| (*name, Feed::F32(std::slice::from_ref(value)))));
        let session = run(&training.graph, &mut state, 6, &feeds);
        losses.push(session.output(training.loss).iter().sum::<f32>() / 6.0);
    }
    assert!(losses[14] < 0.3 * losses[0], "{losses:?}");
}
