//! Frozen layers, and layers that share their parameters.

use proofmark_engine::{Feed, StateBlock};
use proofmark_model::layers::{add, batch_norm, concatenate, dense, flatten, layer_norm, relu, shared};
use proofmark_model::{CheckedModel, Loss, ModelSpec, Optimizer, Regularizer, Target};

use crate::harness::{numbers, run};

const SAMPLES: usize = 5;
const NUMBERS: Target = Target::Number { outputs: 2 };

fn optimizer() -> Optimizer {
    serde_json::from_str(r#"{ "adamw": { "learning_rate": 0.1, "weight_decay": 0.5 } }"#).expect("an optimizer")
}

fn mse() -> Loss {
    serde_json::from_str(r#""mse""#).expect("a loss")
}

/// Some steps of a training on one batch of `[inputs]` numbers.
fn trained(model: &CheckedModel, inputs: usize) -> (StateBlock, StateBlock) {
    let penalty = Regularizer { l1: 0.01, l2: 0.1 };
    let training = model.training_graph(&mse(), &optimizer(), &penalty, None).expect("a training");
    let mut state = StateBlock::new(&training.graph);
    model.initialize(3, &mut state);
    let before = state.clone();
    let (x, y) = (numbers(SAMPLES * inputs, 1), numbers(SAMPLES * 2, 2));
    for step in 1..=3 {
        let scalars = optimizer().scalars(step, 0.1);
        let mut feeds = vec![
            ("x", Feed::F32(&x)),
            ("target", Feed::F32(&y)),
            ("weight", Feed::F32(&[1.0; SAMPLES])),
            ("loss_scale", Feed::F32(&[0.2])),
        ];
        feeds.extend(scalars.iter().map(|(name, value)| (*name, Feed::F32(std::slice::from_ref(value)))));
        run(&training.graph, &mut state, SAMPLES, &feeds);
    }
    (before, state)
}

fn moved(before: &StateBlock, after: &StateBlock) -> Vec<String> {
    let names = before.entries().iter().map(|entry| entry.name.clone());
    names.filter(|name| before.get(name) != after.get(name) && !name.starts_with("adamw.")).collect()
}

#[test]
fn frozen_layers_stay_as_they_are() {
    let spec = |freeze: bool| {
        let (stem, norm) = (dense(4).named("stem"), batch_norm().named("norm"));
        let (stem, norm) = if freeze { (stem.frozen(), norm.frozen()) } else { (stem, norm) };
        ModelSpec::new()
            .add(stem)
            .add(norm)
            .add(relu())
            .add(dense(2).named("head"))
            .check([3], NUMBERS)
            .expect("a model")
    };
    let (before, after) = trained(&spec(true), 3);
    assert_eq!(moved(&before, &after), ["head.kernel", "head.bias"]);
    // Nothing is remembered of them, and nothing computed.
    assert!(after.get("adamw.m.stem.kernel").is_none() && after.get("adamw.m.head.kernel").is_some());
    let graph =
        spec(true).training_graph(&mse(), &optimizer(), &Regularizer::default(), None).expect("a training").graph;
    assert!(graph.nodes().iter().all(|node| node.op.name() != "batch_moments"));
    let (before, after) = trained(&spec(false), 3);
    assert_eq!(moved(&before, &after).len(), 8);
}

#[test]
fn what_is_not_frozen_is_written_as_before() {
    let text = serde_json::to_value(ModelSpec::new().add(dense(2))).expect("plain data");
    assert!(text["layers"][0]["dense"].get("trainable").is_none());
    let text = serde_json::to_value(ModelSpec::new().add(dense(2).frozen())).expect("plain data");
    assert_eq!(text["layers"][0]["dense"]["trainable"], false);
    let nothing = ModelSpec::new().add(dense(2).frozen()).check([3], NUMBERS).expect("a model");
    let error = nothing.training_graph(&mse(), &optimizer(), &Regularizer::default(), None).expect_err("all is frozen");
    assert!(error.to_string().contains("train"), "{error}");
}

#[test]
fn shared_layers_are_one_matrix_used_twice() {
    // Twice the same layer on one input is that layer on twice the input, with the same gradients.
    let twice = ModelSpec::new()
        .add(dense(4).tanh().named("stem"))
        .add(dense(2).without_bias().named("a"))
        .add(shared("a").named("b").inputs(["stem"]))
        .add(add(["a", "b"]));
    let model = twice.check([3], NUMBERS).expect("a model");
    assert_eq!(model.summary().parameters(), 3 * 4 + 4 + 4 * 2);
    let (_, of_twice) = trained(&model, 3);
    let doubled = ModelSpec::new()
        .add(dense(4).tanh().named("stem"))
        .add(add(["stem", "stem"]))
        .add(dense(2).without_bias().named("a"));
    let (_, of_doubled) = trained(&doubled.check([3], NUMBERS).expect("a model"), 3);
    for name in ["stem.kernel", "stem.bias", "a.kernel"] {
        let (left, right) = (of_twice.get(name).expect("a state"), of_doubled.get(name).expect("a state"));
        assert!(left.iter().zip(right).all(|(left, right)| (left - right).abs() < 1e-5), "{name}: {left:?} {right:?}");
    }
    assert_eq!(of_twice.entries().len(), of_doubled.entries().len());
}

#[test]
fn a_shared_last_layer_ends_as_its_own() {
    let spec = ModelSpec::new().add(dense(2).softmax().named("a")).add(shared("a"));
    let model = spec.check([2], Target::Category { classes: 2 }).expect("a model");
    model
        .check_loss(&serde_json::from_str(r#""categorical_crossentropy""#).expect("a loss"))
        .expect("it ends in softmax");
    // Shared again, and by way of another.
    let spec = spec.add(shared("shared_1")).add(flatten());
    assert_eq!(spec.check([2], NUMBERS).expect("a model").summary().parameters(), 6);
}

#[test]
fn layers_of_other_shapes_or_with_statistics_are_not_shared() {
    let error = |spec: ModelSpec| spec.check([3], NUMBERS).expect_err("it does not fit").to_string();
    let other_shape = ModelSpec::new().add(dense(2).named("a")).add(shared("a"));
    assert!(error(other_shape).contains("a.kernel"));
    let statistics = ModelSpec::new().add(batch_norm().named("a")).add(shared("a")).add(dense(2));
    assert!(error(statistics).contains("statistics"));
    let later = ModelSpec::new().add(shared("a")).add(dense(2).named("a"));
    assert!(error(later).contains("not above"));
    let unknown = ModelSpec::new().add(layer_norm().named("norm")).add(shared("nrm")).add(dense(2));
    assert!(error(unknown).contains("no layer above is called"));
    let inputs = ModelSpec::new().add(dense(2).named("a")).add(concatenate(["a", "a"]).named("c")).add(shared("c"));
    assert!(error(inputs).contains("2 to 8 inputs"));
}
