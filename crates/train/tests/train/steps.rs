//! Trainings on samples with a label for each step.
#![allow(clippy::disallowed_methods, reason = "what is tested is held against std's functions, within a tolerance")]

use proofmark_data::{Prepared, PreparedSet};
use proofmark_engine::cpu::CpuExecutor;
use proofmark_messages::{Lang, Localize};
use proofmark_model::{CheckedModel, ModelSpec, Target};
use proofmark_train::metrics::{EvaluationOptions, Metric, evaluate};
use proofmark_train::predict::{Evaluator, Predictor};
use proofmark_train::training::TrainingInput;
use proofmark_train::{TrainError, TrainSpec, Trained, train};
use serde_json::{Value, json};

use crate::squares::{Memory, SAMPLES, SEED, SIDE, prepared};

/// The rows of an image are its steps: those of the square have the class of its side, some of the others have the third class,
/// and the rest is missing.
fn labelled(set: PreparedSet) -> PreparedSet {
    let label = |sample: usize, row: usize| match row {
        2..=5 => (sample % 2) as i32,
        0 => 2,
        7 if sample.is_multiple_of(3) => 2,
        _ => -1,
    };
    let labels = set.ids().iter().flat_map(|id| (0..SIDE).map(move |row| label(*id as usize, row))).collect();
    set.with_labels(SIDE, labels)
}

pub(crate) fn data() -> Prepared {
    let Prepared { train, validation, test, feature, target, .. } = prepared(&json!([]));
    let classes = ["left", "right", "none"].map(str::to_owned).to_vec();
    Prepared { train: labelled(train), validation, test: labelled(test), classes, feature, target }
}

fn model() -> CheckedModel {
    let spec: ModelSpec = serde_json::from_value(json!({ "layers": [
        { "reshape": { "shape": [SIDE, SIDE] } },
        { "dense": { "units": 16, "activation": "relu" } },
        { "dense": { "units": 3, "activation": "softmax" } },
    ] }))
    .expect("a model");
    spec.check([SIDE, SIDE, 1], Target::Category { classes: 3 }).expect("it fits")
}

fn spec(more: Value) -> TrainSpec {
    let mut spec = json!({
        "epochs": 8, "batch_size": 16, "loss": "categorical_crossentropy",
        "optimizer": { "adam": { "learning_rate": 0.01 } },
    });
    for (key, value) in more.as_object().expect("a map") {
        spec[key] = value.clone();
    }
    serde_json::from_value(spec).expect("a spec")
}

fn run(spec: &TrainSpec, data: &Prepared, memory: &mut Memory) -> Result<Trained, TrainError> {
    let model = model();
    let (train_set, validation) = (&data.train, &data.test);
    let executor = CpuExecutor::new(2);
    let input = TrainingInput {
        model: &model,
        spec,
        train: train_set,
        validation,
        seed: SEED,
        training_digest: "test",
        executor,
        stop_after: None,
    };
    train(input, None, memory)
}

#[test]
fn steps_are_learnt_and_counted() {
    let (data, spec) = (data(), spec(json!({})));
    let counted = data.test.labels().iter().filter(|label| **label >= 0).count();
    let mut memory = Memory::default();
    let mut trained = run(&spec, &data, &mut memory).expect("it trains");
    let epochs = memory.epochs();
    let last = epochs.last().expect("epochs");
    assert!(last.validation_accuracy > Some(0.95), "{last:?}");
    let (train_loss, validation_loss) = (last.train_loss, last.validation_loss.expect("validation"));
    assert!(validation_loss < 1.5 * train_loss && validation_loss > train_loss / 4.0, "{last:?}");

    let model = model();
    let mut evaluator = Evaluator::new(&model, &spec.loss, CpuExecutor::new(1), &trained.state).expect("it fits");
    let said = evaluator.evaluate(&mut trained.state, &data.test, |_| ()).expect("finite");
    assert_eq!((said.len(), said.n_samples(), said.classes), (counted, SAMPLES, 3));
    assert_eq!((Some(said.accuracy()), said.mean_loss()), (last.validation_accuracy, validation_loss));
    // The loss is the mean of -ln p over all steps that count, whatever sample they are of.
    let surprise = (0..said.len()).map(|row| -f64::from(said.row(row)[said.labels[row] as usize]).ln());
    let expected = surprise.sum::<f64>() / counted as f64;
    assert!((validation_loss - expected).abs() < 1e-5, "{validation_loss} {expected}");

    let options = EvaluationOptions {
        metrics: Metric::ALL,
        slice_by: Some("label"),
        classes: &data.classes,
        majority_class: 0,
        seed: SEED,
        threshold: None,
        max_mistakes: 5,
    };
    let measured = evaluate(&said, &options);
    assert_eq!(measured.samples, SAMPLES as u64);
    let of = |metric| measured.metrics.iter().find(|measured| measured.metric == metric).expect("measured").estimate;
    let (loss, perplexity) = (of(Metric::Loss), of(Metric::Perplexity));
    assert!((perplexity.value - loss.value.exp()).abs() < 1e-12, "{perplexity:?}");
    assert!((perplexity.upper95 - loss.upper95.exp()).abs() < 1e-12, "{perplexity:?}");
    assert!(measured.mistakes.iter().all(|mistake| mistake.row < SAMPLES));
    let Err(error) = Predictor::new(&model, CpuExecutor::new(1), &trained.state) else {
        panic!("a class for each step")
    };
    insta::assert_snapshot!(error.text(Lang::En), @"the model predicts a class for each of 8 steps; this needs a model of one class a sample");
}

/// In parts or at once: a part weighs as many steps as it has.
#[test]
fn parts_of_a_batch_give_its_bits() {
    let data = data();
    let digest = |more| {
        let mut memory = Memory::default();
        run(&spec(more), &data, &mut memory).expect("it trains");
        memory.epochs().last().expect("epochs").parameters_digest.clone()
    };
    let whole = digest(json!({ "epochs": 2, "batch_size": 32 }));
    assert_eq!(whole, digest(json!({ "epochs": 2, "batch_size": 16, "accumulate": 2 })));
    assert_ne!(whole, digest(json!({ "epochs": 2, "batch_size": 16 })));
}

#[test]
fn what_has_no_meaning_for_steps_is_refused() {
    let refused = |more: Value, data: &Prepared| {
        let error = run(&spec(more), data, &mut Memory::default()).expect_err("refused");
        let lines =
            Lang::ALL.iter().map(|lang| format!("{} | {}", error.text(*lang), error.hint(*lang).unwrap_or_default()));
        lines.collect::<Vec<_>>().join("\n")
    };
    let steps = data();
    insta::assert_snapshot!(
        [refused(json!({}), &prepared(&json!([]))), refused(json!({ "mixup": { "alpha": 0.2 } }), &steps),].join("\n")
    );
}
