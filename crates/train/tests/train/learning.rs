//! What trainings learn with each loss, and what stops them.

use proofmark_data::Prepared;
use proofmark_engine::cpu::CpuExecutor;
use proofmark_messages::{Lang, Localize};
use proofmark_model::{CheckedModel, Loss, ModelErrors, ModelSpec, Target};
use proofmark_train::predict::{Evaluator, Predictor};
use proofmark_train::training::{TrainingInput, parameters_digest};
use proofmark_train::{StopReason, TrainError, TrainSpec, Trained, train};
use serde_json::{Value, json};

use crate::squares::{Memory, SAMPLES, SEED, SIDE, prepared};

fn model(layers: Value) -> CheckedModel {
    let spec: ModelSpec = serde_json::from_value(json!({ "layers": layers })).expect("a model");
    spec.check([SIDE, SIDE, 1], Target::Category { classes: 2 }).expect("it fits")
}

fn spec(loss: Value, more: Value) -> TrainSpec {
    let mut spec = json!({
        "epochs": 8, "batch_size": 16, "loss": loss, "optimizer": { "adam": { "learning_rate": 0.01 } },
    });
    for (key, value) in more.as_object().expect("a map") {
        spec[key] = value.clone();
    }
    serde_json::from_value(spec).expect("a spec")
}

fn run(model: &CheckedModel, spec: &TrainSpec, data: &Prepared, memory: &mut Memory) -> Result<Trained, TrainError> {
    let input = TrainingInput {
        model,
        spec,
        train: &data.train,
        validation: &data.test,
        seed: SEED,
        training_digest: "test",
        executor: CpuExecutor::new(2),
        stop_after: None,
    };
    train(input, None, memory)
}

#[test]
fn every_loss_learns_classes() {
    let data = prepared(&json!([]));
    // Embeddings and sequences name no class of a sample: `embeddings.rs` and `sequences.rs` have their trainings.
    for loss in Loss::KINDS.iter().filter(|kind| !matches!(**kind, "triplet" | "ctc")) {
        let last = match *loss {
            "binary_crossentropy" => json!({ "dense": { "units": 1, "activation": "sigmoid" } }),
            _ => json!({ "dense": { "units": 2, "activation": "softmax" } }),
        };
        let model = model(json!(["flatten", { "dense": { "units": 16, "activation": "relu" } }, last]));
        let spec = spec(json!(loss), json!({}));
        let mut memory = Memory::default();
        let mut trained = run(&model, &spec, &data, &mut memory).expect("it trains");
        let epochs = memory.epochs();
        let last = epochs.last().expect("epochs");
        assert_eq!(last.validation_accuracy, Some(1.0), "{loss}: {last:?}");
        // Validation is train here, and there is neither dropout nor augmentation: the curves are of one loss.
        let (train, validation) = (last.train_loss, last.validation_loss.expect("validation"));
        assert!(validation < 1.5 * train && validation > train / 4.0, "{loss}: {train} {validation}");

        let executor = CpuExecutor::new(1);
        let mut evaluator = Evaluator::new(&model, &spec.loss, executor, &trained.state).expect("an evaluator");
        let said = evaluator.evaluate(&mut trained.state, &data.test, |_| ()).expect("finite");
        assert_eq!((said.classes, said.accuracy(), said.mean_loss()), (2, 1.0, validation), "{loss}");
        let mut images = vec![0.0; SAMPLES * SIDE * SIDE];
        data.test.gather(&(0..SAMPLES as u32).collect::<Vec<u32>>(), &mut images);
        let mut predictor = Predictor::new(&model, executor, &trained.state).expect("a predictor");
        assert_eq!(predictor.predict(&mut trained.state, &images).expect("finite"), said.probabilities, "{loss}");
    }
}

#[test]
fn losses_that_do_not_fit_are_refused() {
    let refused = |layers: Value, loss: &str| {
        let loss: Loss = serde_json::from_value(loss.into()).expect("a loss");
        model(layers).check_loss(&loss).map_err(|errors: ModelErrors| errors.to_string())
    };
    let softmax = json!(["flatten", { "dense": { "units": 2, "activation": "softmax" } }]);
    let linear = json!(["flatten", { "dense": { "units": 2 } }]);
    let single = json!(["flatten", { "dense": { "units": 1, "activation": "sigmoid" } }]);
    assert_eq!(refused(softmax.clone(), "mse"), Ok(()));
    assert!(refused(linear, "mse").unwrap_err().contains("`softmax`"));
    assert!(refused(softmax, "binary_crossentropy").is_err());
    assert!(refused(single.clone(), "mse").is_err());
    assert_eq!(refused(single, "binary_crossentropy"), Ok(()));
}

#[test]
fn what_is_no_longer_finite_stops_before_it_is_saved() {
    let data = prepared(&json!([]));
    let model = model(json!([
        "flatten",
        { "dense": { "units": 8, "activation": "relu" } },
        { "dense": { "units": 2, "activation": "softmax" } },
    ]));
    // One step an epoch: the loss that is looked at is that from before the update.
    for rate in [3e38, 1e38] {
        let more = json!({ "epochs": 1, "batch_size": SAMPLES, "optimizer": { "sgd": { "learning_rate": rate } } });
        let mut memory = Memory::default();
        let error = run(&model, &spec(json!("categorical_crossentropy"), more), &data, &mut memory).unwrap_err();
        assert!(matches!(error, TrainError::StateNotFinite { .. } | TrainError::Predict(_)), "{rate}: {error}");
        assert!(memory.last.is_none() && memory.epochs().is_empty());
        let hint = error.hint(Lang::En).expect("a hint");
        assert!(hint.contains("learning rate") || hint.contains("learning_rate"), "{hint}");
        assert!(!hint.contains("is kept"), "{hint}");
    }
}

#[test]
fn a_pruned_training_ends_after_its_epoch() {
    let data = prepared(&json!([]));
    let model = model(json!(["flatten", { "dense": { "units": 2, "activation": "softmax" } }]));
    let spec = spec(json!("categorical_crossentropy"), json!({}));
    let mut whole = Memory::default();
    run(&model, &spec, &data, &mut whole).expect("it trains");
    let mut pruned = Memory { prune_after: Some(3), ..Memory::default() };
    let trained = run(&model, &spec, &data, &mut pruned).expect("it trains");
    assert_eq!((trained.reason, trained.epochs), (StopReason::Pruned, 3));
    assert_eq!(pruned.epochs(), &whole.epochs()[..3]);
    assert_eq!(parameters_digest(&trained.state), whole.epochs()[2].parameters_digest);
}

#[test]
fn sizes_that_cannot_be_trained_are_refused() {
    let data = prepared(&json!([]));
    let flat = json!([
        "flatten",
        { "dense": { "units": 8 } },
        "batch_norm",
        { "dense": { "units": 2, "activation": "softmax" } },
    ]);
    let error = |layers: &Value, more: Value| {
        let spec = spec(json!("categorical_crossentropy"), json!({}));
        run(&model(layers.clone()), &with(spec, &more), &data, &mut Memory::default())
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    let n = data.train.len();
    for batch_size in (1..n).filter(|batch_size| *batch_size == 1 || n % batch_size == 1) {
        let said = error(&flat, json!({ "batch_size": batch_size }));
        assert!(said.as_ref().is_err_and(|said| said.contains("`batch_norm`")), "{batch_size}: {said:?}");
    }
    assert_eq!(error(&flat, json!({ "batch_size": 7, "epochs": 1 })), Ok(()));
    let of_images = json!(["batch_norm", "flatten", { "dense": { "units": 2, "activation": "softmax" } }]);
    assert_eq!(error(&of_images, json!({ "batch_size": 33, "epochs": 1 })), Ok(()));
    for key in ["epochs", "batch_size", "shard_size"] {
        assert_eq!(error(&of_images, json!({ key: 0 })), Err(format!("`train.{key}` must be at least 1, received 0")));
    }
}

#[test]
fn numbers_that_are_no_tokens_are_refused_before_the_first_step() {
    let data = prepared(&json!([]));
    let model = model(json!([
        { "embedding": { "vocabulary": 9, "units": 2 } },
        "flatten",
        { "dense": { "units": 2, "activation": "softmax" } },
    ]));
    let mut memory = Memory::default();
    let spec = spec(json!("categorical_crossentropy"), json!({}));
    let error = run(&model, &spec, &data, &mut memory).unwrap_err();
    assert!(matches!(error, TrainError::Token { vocabulary: 9, .. }), "{error}");
    assert_eq!(memory.steps, 0);
    for (lang, words) in [(Lang::En, "expected a token: an integer from 0 to 9 - 1"), (Lang::ZhCn, "0 到 9 - 1 的整数")]
    {
        assert!(error.text(lang).contains(words), "{}", error.text(lang));
        assert!(error.hint(lang).is_some_and(|hint| hint.contains("`vocabulary`")));
    }
}

fn with(spec: TrainSpec, more: &Value) -> TrainSpec {
    let mut value = serde_json::to_value(spec).expect("plain data");
    for (key, number) in more.as_object().expect("a map") {
        value[key] = number.clone();
    }
    serde_json::from_value(value).expect("a spec")
}

#[test]
fn what_needs_more_memory_than_there_may_be_is_refused_before_it_is_taken() {
    let data = prepared(&json!([]));
    let model = model(json!([
        "flatten",
        { "dense": { "units": 1_000_000 } },
        { "dense": { "units": 1000 } },
        { "dense": { "units": 2, "activation": "softmax" } },
    ]));
    let spec = spec(json!("categorical_crossentropy"), json!({}));
    let error = run(&model, &spec, &data, &mut Memory::default()).unwrap_err();
    assert!(matches!(error, TrainError::Resources(_)), "{error}");
    for (lang, words) in [(Lang::En, "GB of memory"), (Lang::ZhCn, "GB 内存")] {
        assert!(error.text(lang).contains(words), "{}", error.text(lang));
        assert!(error.hint(lang).is_some_and(|hint| hint.contains("`--threads`")));
    }
}
