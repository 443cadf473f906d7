//! What a user may write.

use crate::files::{data_spec, quality_spec};
use proofmark_data::spec::{FeatureType, PreprocessSpec, SourceSpec, TestSpec, check};
use proofmark_data::{CrossValidationSpec, DataSpec, QualitySpec, folds};
use proofmark_messages::{Lang, Localize};
use serde_json::json;

#[test]
fn the_documented_sketch_is_understood() {
    let data: DataSpec = serde_json::from_value(json!({
        "source": { "idx": { "folder": "../../datasets/mnist" } },
        "split": { "train": "train", "test": "test", "validation": 0.1 },
        "features": [{ "name": "image", "type": "image", "preprocess": ["scale_pixels"] }],
        "target": { "name": "label", "type": "category" },
    }))
    .unwrap();
    let quality: QualitySpec = serde_json::from_value(json!({
        "require": [
            "source.rows >= 10000",
            "source.label.missing == 0",
            "source.label.classes == 10 && source.label.min_share > 0.05",
            "source.image.duplicates <= 0.01",
        ],
        "clean": {
            "operators": ["drop_missing", "drop_duplicates", "drop_constant_images"],
            "max_rounds": 3,
            "max_dropped": 0.02,
        },
    }))
    .unwrap();
    assert_eq!(check(&data, &quality), []);
    assert!(matches!(data.source, SourceSpec::Idx(_)));
    assert_eq!(data.features[0].preprocess, [PreprocessSpec::ScalePixels]);
    assert!(proofmark_data::gate::rules(&quality, &columns()).is_ok());
    // What is written back is the same spec.
    assert_eq!(serde_json::from_value::<DataSpec>(serde_json::to_value(&data).unwrap()).unwrap(), data);
}

#[test]
fn everything_optional_has_its_default() {
    let data = data_spec(json!({ "source": { "images": { "folder": "x", "height": 8, "width": 9 } } }));
    insta::assert_snapshot!(crate::files::json(&data));
    insta::assert_snapshot!(crate::files::json(&QualitySpec::default()));
    let share = data_spec(json!({ "split": { "test": 0.2 } }));
    assert_eq!(share.split.test, TestSpec::Share(0.2));
    assert_eq!(share.split.validation, 0.1);
}

#[test]
fn the_schema_is_what_editors_see() {
    insta::assert_snapshot!(crate::files::json(&schemars::schema_for!(DataSpec)));
    insta::assert_snapshot!(crate::files::json(&schemars::schema_for!(QualitySpec)));
}

#[test]
fn unknown_keys_and_kinds_are_refused() {
    for (key, value) in [
        ("source", json!({ "idx": { "folder": "x", "height": 3 } })),
        ("source", json!({ "csv": { "folder": "x" } })),
        ("split", json!({ "valid": 0.1 })),
        ("split", json!({ "test": true })),
        ("features", json!([{ "name": "i", "type": "sound" }])),
        ("features", json!([{ "name": "i", "type": "image", "preprocess": ["scale"] }])),
        ("target", json!({ "name": "l", "type": "number" })),
        ("defects", json!({ "noise": 0.1 })),
        ("labels", json!(1)),
    ] {
        let mut spec = serde_json::to_value(data_spec(json!({}))).unwrap();
        assert!(serde_json::from_value::<DataSpec>(spec.clone()).is_ok());
        spec[key] = value.clone();
        assert!(serde_json::from_value::<DataSpec>(spec).is_err(), "{key}: {value}");
    }
}

#[test]
fn all_problems_are_found_at_once() {
    let data = data_spec(json!({
        "source": { "images": { "folder": "x", "height": 0, "width": 9000 } },
        "split": { "train": "train", "test": "train", "validation": 0.7, "train_rows": 0 },
        "features": [
            { "name": "", "type": "image", "preprocess": ["standardize", "scale_pixels", { "resize": { "height": 1, "width": 0 } }] },
            { "name": "label", "type": "image", "preprocess": ["grayscale", "grayscale"] },
        ],
        "defects": { "missing_labels": 0.4, "blank": 0.4, "corrupted": -0.1 },
    }));
    let quality = quality_spec(&[], json!({ "max_rounds": 0, "max_dropped": 1.5 }));
    let mut problems = check(&data, &quality);
    problems.extend(check(&data_spec(json!({ "split": { "test": 0.0 } })), &QualitySpec::default()));
    let held_out = json!({ "test": ["1", "2", "1"], "validation": ["2"] });
    for split in [json!({ "test": 0.5, "held_out_classes": held_out }), json!({ "held_out_classes": { "test": [] } })] {
        problems.extend(check(&data_spec(json!({ "split": split })), &QualitySpec::default()));
    }
    let select = json!([{ "select_pixels": { "count": 0 } }, "standardize"]);
    let augment = json!([{ "flip": { "horizontal": 0.5 } }]);
    let selected = json!([{ "name": "image", "type": "image", "preprocess": select, "augment": augment }]);
    problems.extend(check(&data_spec(json!({ "features": selected })), &QualitySpec::default()));
    for folds in [
        json!({ "folds": 1, "kind": "grouped" }),
        json!({ "kind": "grouped", "by": { "file_prefix": "_" } }),
        json!({ "kind": "time", "by": { "file_prefix": "_" } }),
    ] {
        let folds: CrossValidationSpec = serde_json::from_value(folds).unwrap();
        problems.extend(folds::check(&folds, &data_spec(json!({})).source));
    }
    let mut text = String::new();
    for problem in problems {
        for lang in Lang::ALL {
            text += &format!("{}\n", problem.text(lang));
            text += &problem.hint(lang).map(|hint| format!("  hint: {hint}\n")).unwrap_or_default();
        }
        assert!(text.contains(problem.key()));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn rules_that_cannot_be_read_are_all_named() {
    let quality =
        quality_spec(&["source.label.mising == 0", "source.rows >= 1", "test.source.image.leaked == 0"], json!({}));
    let errors = proofmark_data::gate::rules(&quality, &columns()).unwrap_err();
    let keys: Vec<_> = errors.iter().map(|error| error.key().unwrap()).collect();
    assert_eq!(keys, ["quality.require.0", "quality.require.2"]);
    let hint = errors[0].hint(Lang::En).unwrap();
    assert!(hint.contains("source.label.missing"), "{hint}");
}

fn columns() -> proofmark_data::ColumnNames {
    proofmark_data::ColumnNames { feature: "image".to_owned(), target: "label".to_owned(), kind: FeatureType::Image }
}
