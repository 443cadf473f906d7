//! A label planted in what is fitted: it helps whoever fits on everything, and must not help a cross-validation.

use proofmark_data::{CrossValidationSpec, DataSpec, FoldKind, Prepared, QualitySpec, prepare};
use proofmark_engine::cpu::CpuExecutor;
use proofmark_model::{CheckedModel, ModelSpec, Target};
use proofmark_tensor::Shape;
use proofmark_tensor::random::Stream;
use proofmark_train::TrainSpec;
use proofmark_train::cross_validation::{fold_seed, out_of_fold, train_fold};
use proofmark_train::metrics::wilson;
use serde_json::json;

use crate::squares::{Memory, write_idx};

const SIDE: usize = 32;
const ROWS: usize = 200;
/// As many of 1,024 pixels of noise as correlate best with 200 labels, by chance alone.
const SELECTED: usize = 50;
const SEED: u64 = 5;

/// Noise with labels that have nothing to do with it.
fn noise() -> (Prepared, DataSpec) {
    let folder = tempfile::tempdir().expect("a folder");
    let bits = Stream::new(SEED, "noise");
    let pixels: Vec<u8> =
        (0..ROWS as u64).flat_map(|row| (0..(SIDE * SIDE) as u32).map(move |k| bits.u32_at(0, row, k) as u8)).collect();
    let mut labels: Vec<u32> = (0..ROWS as u32).map(|row| row % 2).collect();
    bits.shuffle(1, &mut labels);
    let labels: Vec<u8> = labels.into_iter().map(|label| label as u8).collect();
    for part in ["train", "t10k"] {
        write_idx(folder.path(), part, "images-idx3", &[ROWS, SIDE, SIDE], &pixels);
        write_idx(folder.path(), part, "labels-idx1", &[ROWS], &labels);
    }
    let select = json!({ "select_pixels": { "count": SELECTED } });
    let spec: DataSpec = serde_json::from_value(json!({
        "source": { "idx": { "folder": "." } },
        "split": { "validation": 0 },
        "features": [{ "name": "image", "type": "image", "preprocess": ["scale_pixels", "standardize", select] }],
        "target": { "name": "label", "type": "category" },
    }))
    .expect("a spec");
    let preparation = prepare(&spec, &QualitySpec::default(), folder.path(), SEED, &mut |_| ()).expect("data");
    (preparation.prepared.expect("no rule, no refusal"), spec)
}

/// How many of the rows that no fold's model saw are right. Wrongly: pixels are selected on all rows, once and for all.
fn right(is_wrong: bool) -> u64 {
    let (prepared, data) = noise();
    let layers = json!({ "layers": ["flatten", { "dense": { "units": 2, "activation": "softmax" } }] });
    let layers: ModelSpec = serde_json::from_value(layers).expect("layers");
    let model =
        CheckedModel::new(&layers, Shape::from([SIDE, SIDE, 1]), Target::Category { classes: 2 }).expect("a model");
    let spec: TrainSpec = serde_json::from_value(json!({
        "epochs": 10, "batch_size": 16, "loss": "categorical_crossentropy", "optimizer": { "adam": { "learning_rate": 0.02 } },
    }))
    .expect("a training");
    let cross_validation = CrossValidationSpec::default();
    let folds = prepared.folds(&cross_validation, SEED).expect("enough rows");
    let mut said = Vec::new();
    for fold in &folds {
        let seed = fold_seed(SEED, fold.number);
        let mut sets = prepared.fold(fold, FoldKind::Stratified, 0.0, &data.features[0], seed);
        if is_wrong {
            sets.train = prepared.train.at(&fold.train);
            sets.held_out = prepared.train.at(&fold.held_out);
        }
        let executor = CpuExecutor::new(1);
        let trained = train_fold(&model, &spec, &sets, seed, "fold", executor, &mut Memory::default()).expect("a fold");
        said.push(trained.expect("nobody interrupts").predictions);
    }
    let whole = out_of_fold(folds.iter().zip(&said));
    assert_eq!(whole.labels, prepared.train.labels());
    (0..whole.len()).filter(|sample| whole.predicted(*sample) as i32 == whole.labels[*sample]).count() as u64
}

#[test]
fn a_label_planted_in_what_is_fitted_helps_only_whoever_fits_on_everything() {
    // There is nothing to learn. Fitted on all rows, the pixels that correlate by chance carry the label of the held-out rows.
    let leaked = wilson(right(true), ROWS as u64);
    assert!(leaked.lower95 > 0.65, "{leaked:?}");
    // Fitted inside each fold, it is chance again.
    let honest = wilson(right(false), ROWS as u64);
    assert!(honest.lower95 < 0.5 && 0.5 < honest.upper95, "{honest:?}");
}
