//! Sequences of labels that are read from samples: what is learnt, what is told of it, what is refused.

use proofmark_data::PreparedSet;
use proofmark_engine::cpu::CpuExecutor;
use proofmark_messages::{Lang, Localize};
use proofmark_model::{CheckedModel, ModelSpec, Target};
use proofmark_train::metrics::{Metric, value};
use proofmark_train::training::{TrainingInput, parameters_digest};
use proofmark_train::{TrainError, TrainSpec, Trained, check_steps, train};
use serde_json::{Value, json};

use crate::squares::{Memory, SEED, SIDE, prepared};

/// Rows of an image as steps.
fn model() -> CheckedModel {
    let layers = json!([
        { "reshape": { "shape": [SIDE, SIDE] } },
        { "conv1d": { "filters": 16, "kernel": 3, "padding": "same", "activation": "relu" } },
        { "dense": { "units": 3, "activation": "softmax" } },
    ]);
    let spec: ModelSpec = serde_json::from_value(json!({ "layers": layers })).expect("a model");
    spec.check([SIDE, SIDE, 1], Target::Sequence { classes: 2 }).expect("it fits")
}

fn spec(more: Value) -> TrainSpec {
    let mut spec =
        json!({ "epochs": 20, "batch_size": 20, "loss": "ctc", "optimizer": { "adam": { "learning_rate": 0.02 } } });
    for (key, value) in more.as_object().expect("a map") {
        spec[key] = value.clone();
    }
    serde_json::from_value(spec).expect("a spec")
}

/// Squares on the left read as 0, on the right as 1 0, since the classes alternate.
fn set() -> PreparedSet {
    let set = prepared(&json!([])).test;
    let labels = set.labels().iter().flat_map(|label| if *label == 0 { [0, -1, -1] } else { [1, 0, -1] }).collect();
    set.with_labels(3, labels)
}

fn run(spec: &TrainSpec, set: &PreparedSet, threads: usize) -> Result<(Trained, Memory), TrainError> {
    let input = TrainingInput {
        model: &model(),
        spec,
        train: set,
        validation: set,
        seed: SEED,
        training_digest: "test",
        executor: CpuExecutor::new(threads),
        stop_after: None,
    };
    let mut memory = Memory::default();
    Ok((train(input, None, &mut memory)?, memory))
}

#[test]
fn sequences_are_learnt_with_the_same_bits_on_any_number_of_threads() {
    let set = set();
    let (mut trained, memory) = run(&spec(json!({})), &set, 2).expect("it trains");
    let epochs = memory.epochs();
    // All paths are as probable at the start: 36 of 3^8 read as one label, 210 as two.
    assert!(epochs[0].train_loss > 1.0 && epochs[19].validation_loss < Some(0.5), "{:?} {:?}", epochs[0], epochs[19]);
    let mut evaluator = trained.evaluator.take().expect("validation");
    let said = evaluator.evaluate(&mut trained.state, &set, |_| ()).expect("finite");
    assert_eq!((said.n_samples(), Some(said.accuracy())), (set.len(), epochs[19].validation_accuracy));
    // Fewer labels are read than there are: what is not right is an error.
    let rate = value(Metric::LabelErrorRate, &said).expect("sequences");
    assert!((rate - (1.0 - said.accuracy())).abs() < 1e-12, "{rate}");
    assert_eq!((value(Metric::F1, &said), epochs[19].validation_loss), (None, Some(said.mean_loss())));
    let (again, _) = run(&spec(json!({})), &set, 1).expect("it trains");
    assert_eq!(parameters_digest(&again.state), parameters_digest(&trained.state));
    // Parts of whole shards are the bits of one batch.
    let parts = |parts: usize| {
        let spec = spec(json!({ "epochs": 1, "batch_size": 48 / parts, "accumulate": parts }));
        parameters_digest(&run(&spec, &set, 2).expect("it trains").0.state)
    };
    assert_eq!(parts(1), parts(3));
}

#[test]
fn what_steps_have_no_room_for_is_refused() {
    let set = prepared(&json!([])).test;
    let wide = |labels: &[i32]| {
        let rows = (0..set.len()).flat_map(|row| if row == 4 { labels.to_vec() } else { vec![0; labels.len()] });
        let rows: Vec<i32> = rows
            .enumerate()
            .map(|(i, label)| if i % labels.len() > 3 && i / labels.len() != 4 { -1 } else { label })
            .collect();
        set.clone().with_labels(labels.len(), rows)
    };
    // Eight steps: eight labels that differ fit, of equal ones four.
    assert!(check_steps(&model(), &wide(&[0, 1, 0, 1, 0, 1, 0, 1])).is_ok());
    let mut text = String::new();
    for labels in [&[0, 1, 0, 1, 0, 1, 0, 1, 0][..], &[0, 0, 1, 1, 0, 0]] {
        let error = check_steps(&model(), &wide(labels)).expect_err("too long");
        for lang in Lang::ALL {
            text += &format!("{}\n  hint: {}\n", error.text(lang), error.hint(lang).unwrap_or_default());
        }
    }
    for more in
        [json!({ "length_buckets": 2 }), json!({ "class_weights": "balanced" }), json!({ "mixup": { "alpha": 0.2 } })]
    {
        let error = run(&spec(more), &self::set(), 1).map(drop).expect_err("no meaning");
        for lang in Lang::ALL {
            text += &format!("{}\n", error.text(lang));
        }
    }
    for error in [
        TrainError::FoldsOfSequences,
        TrainError::MetricOfSequences { metric: "f1" },
        TrainError::ReadingsWithoutSequences { metric: "label_error_rate" },
    ] {
        for lang in Lang::ALL {
            text += &format!("{}\n  hint: {}\n", error.text(lang), error.hint(lang).unwrap_or_default());
        }
    }
    insta::assert_snapshot!(text);
}
