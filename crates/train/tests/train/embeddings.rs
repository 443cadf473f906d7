//! Trainings of embeddings, whose loss compares the samples of a batch.

use proofmark_data::{Prepared, PreparedSet};
use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_messages::{Lang, Localize};
use proofmark_model::{CheckedModel, ModelSpec, Target};
use proofmark_train::metrics::{Estimate, EvaluationOptions, Metric, evaluate, verification_threshold};
use proofmark_train::predict::{Evaluator, Predictor};
use proofmark_train::training::TrainingInput;
use proofmark_train::{TrainSpec, Trained, train};
use serde_json::{Value, json};

use crate::squares::{Memory, SEED, SIDE, prepared};

fn model() -> CheckedModel {
    let spec: ModelSpec = serde_json::from_value(json!({ "layers": [
        "flatten", { "dense": { "units": 16, "activation": "relu" } }, { "dense": { "units": 6 } }, "unit_norm",
    ] }))
    .expect("a model");
    spec.check([SIDE, SIDE, 1], Target::Embedding { classes: 2 }).expect("it fits")
}

fn run(more: &Value, data: &Prepared, executor: CpuExecutor) -> (Trained, Memory) {
    let mut spec = json!({
        "epochs": 6, "batch_size": 24, "loss": { "triplet": { "margin": 0.3 } },
        "optimizer": { "adam": { "learning_rate": 0.01 } },
    });
    for (key, value) in more.as_object().expect("a map") {
        spec[key] = value.clone();
    }
    let spec: TrainSpec = serde_json::from_value(spec).expect("a spec");
    let (model, mut memory) = (model(), Memory::default());
    let (train_set, validation) = (&data.train, &data.test);
    let input = TrainingInput {
        model: &model,
        spec: &spec,
        train: train_set,
        validation,
        seed: SEED,
        training_digest: "test",
        executor,
        stop_after: None,
    };
    let trained = train(input, None, &mut memory).expect("it trains");
    (trained, memory)
}

/// Samples of a batch are compared by one thread or another, at any level: with the same bits.
#[test]
fn neither_threads_nor_levels_change_a_bit() {
    let data = prepared(&json!([]));
    for more in [json!({ "epochs": 2 }), json!({ "epochs": 2, "accumulate": 2, "class_weights": "balanced" })] {
        let digest = |executor| {
            let (_, memory) = run(&more, &data, executor);
            memory.epochs().last().expect("epochs").parameters_digest.clone()
        };
        let expected = digest(CpuExecutor { level: Level::Scalar, ..CpuExecutor::new(1) });
        for level in Level::available() {
            for threads in [1, 3] {
                assert_eq!(digest(CpuExecutor { level, ..CpuExecutor::new(threads) }), expected, "{level}, {threads}");
            }
        }
    }
}

fn measured(trained: &mut Trained, set: &PreparedSet, data: &Prepared) -> Vec<Estimate> {
    let loss = serde_json::from_value(json!({ "triplet": { "margin": 0.3 } })).expect("a loss");
    let mut evaluator = Evaluator::new(&model(), &loss, CpuExecutor::new(1), &trained.state).expect("it fits");
    let said = evaluator.evaluate(&mut trained.state, set, |_| ()).expect("finite");
    assert_eq!((said.len(), said.classes, said.embeddings.len()), (set.len(), 2, 6 * set.len()));
    let options = EvaluationOptions {
        metrics: Metric::ALL,
        slice_by: None,
        classes: &data.classes,
        majority_class: 0,
        seed: SEED,
        threshold: verification_threshold(&said, SEED),
        max_mistakes: 0,
    };
    let measured = evaluate(&said, &options).metrics;
    let of = |metric| measured.iter().find(|measured| measured.metric == metric).expect("measured").estimate;
    [Metric::Accuracy, Metric::VerificationAccuracy, Metric::EqualErrorRate, Metric::VerificationAuc].map(of).to_vec()
}

#[test]
fn what_is_trained_tells_pairs_apart() {
    let data = prepared(&json!([]));
    let (mut trained, memory) = run(&json!({}), &data, CpuExecutor::new(2));
    let epochs = memory.epochs();
    let (first, last) = (&epochs[0], epochs.last().expect("epochs"));
    assert!(last.train_loss < 0.5 * first.train_loss, "{} {}", first.train_loss, last.train_loss);
    let [accuracy, verification, equal_error, auc] = measured(&mut trained, &data.test, &data)[..] else {
        panic!("four")
    };
    assert_eq!(Some(accuracy.value), last.validation_accuracy);
    assert!(verification.value > 0.95 && verification.lower95 > 0.9, "{verification:?}");
    assert!(equal_error.value < 0.05 && auc.value > 0.98, "{equal_error:?} {auc:?}");
    let Err(error) = Predictor::new(&model(), CpuExecutor::new(1), &trained.state) else { panic!("no classes") };
    assert!(error.text(Lang::En).contains("embeddings"));
}
