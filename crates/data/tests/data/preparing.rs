//! Splits, preprocessing, and what training reads.

use crate::files::{data_spec, idx, idx_set, images, png, prepare, profile, quality_spec, write, write_idx_part};
use proofmark_data::{
    CrossValidationSpec, FittedStep, FoldKind, GroupSpec, Preparation, Prepared, PreparedSet, QualitySpec, Stage,
    facts, facts_schema,
};
use proofmark_messages::Lang;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use tempfile::TempDir;

fn prepared(more: serde_json::Value, base: &Path, seed: u64) -> Prepared {
    prepare(&data_spec(more), &QualitySpec::default(), base, seed).prepared.unwrap()
}

#[test]
fn sets_are_stratified_disjoint_and_the_same_again() {
    let folder = idx_set();
    let first = prepared(json!({}), folder.path(), 7);
    assert_eq!((first.train.len(), first.validation.len(), first.test.len()), (360, 40, 100));
    let count = |labels: &[i32], class| labels.iter().filter(|label| **label == class).count();
    assert!((0..4).all(|class| count(first.validation.labels(), class) == 10));
    let ids: BTreeSet<u64> = first.train.ids().iter().chain(first.validation.ids()).copied().collect();
    assert_eq!(ids, (0..400).collect());
    assert!(first.train.ids().is_sorted());

    let again = prepared(json!({}), folder.path(), 7);
    let digests = |p: &Prepared| [p.train.digest(), p.validation.digest(), p.test.digest()];
    assert_eq!(digests(&first), digests(&again));
    let other = prepared(json!({}), folder.path(), 8);
    assert_ne!(first.validation.ids(), other.validation.ids());
    assert_eq!(first.test.digest(), other.test.digest());
}

#[test]
fn a_test_share_is_cut_from_train_before_validation() {
    let folder = idx_set();
    let sets = prepared(json!({ "split": { "test": 0.25, "validation": 0.1 } }), folder.path(), 7);
    assert_eq!((sets.train.len(), sets.validation.len(), sets.test.len()), (260, 40, 100));
    let all: BTreeSet<u64> =
        [&sets.train, &sets.validation, &sets.test].iter().flat_map(|s| s.ids()).copied().collect();
    assert_eq!(all.len(), 400);
    let whole = prepared(json!({ "split": { "validation": 0.0 } }), folder.path(), 7);
    assert!(whole.validation.is_empty());
    assert_eq!(whole.train.len(), 400);
}

/// No row of a held-out class stands where it is not held out for, whatever else is asked for.
#[test]
fn held_out_classes_are_seen_where_they_are_held_out_for_and_nowhere_else() {
    let folder = idx_set();
    // The spec's split, whether the test rows are of the train part, and the rows of each class in train, validation and test.
    let cases = [
        (json!({ "held_out_classes": { "test": ["3"] } }), [[90, 90, 90, 0], [10, 10, 10, 0], [0, 0, 0, 25]]),
        (
            json!({ "held_out_classes": { "test": ["3"], "validation": ["0"] } }),
            [[0, 100, 100, 0], [100, 0, 0, 0], [0, 0, 0, 25]],
        ),
        (
            json!({ "test": "train", "held_out_classes": { "test": ["1", "3"] }, "train_rows": 60 }),
            [[30, 0, 30, 0], [10, 0, 10, 0], [0, 100, 0, 100]],
        ),
    ];
    for (split, expected) in cases {
        let spec = data_spec(json!({ "split": split }));
        let quality = quality_spec(&["source.rows > 1", "test.source.rows > 1"], json!({}));
        let result = prepare(&spec, &quality, folder.path(), 7);
        let report = &result.report.split;
        let by_class = [&report.train, &report.validation, &report.test]
            .map(|rows| rows.by_class.iter().map(|class| class.rows).collect::<Vec<_>>());
        assert_eq!(by_class.each_ref().map(Vec::as_slice), expected.each_ref().map(|rows| &rows[..]), "{split}");
        let sets = result.prepared.unwrap();
        for (set, expected) in [&sets.train, &sets.validation, &sets.test].into_iter().zip(expected) {
            let count = |class| set.labels().iter().filter(|label| **label == class).count() as u64;
            assert_eq!([count(0), count(1), count(2), count(3)], expected, "{split}");
        }
        // The rows themselves differ too, where they are of one part.
        if split["test"] == "train" {
            let ids = |set: &PreparedSet| set.ids().iter().copied().collect::<BTreeSet<u64>>();
            let [train, validation, test] = [&sets.train, &sets.validation, &sets.test].map(ids);
            assert!(train.is_disjoint(&test) && validation.is_disjoint(&test) && train.is_disjoint(&validation));
        }
    }
}

/// What is fitted to train has seen nothing of a class that is held out.
#[test]
fn nothing_is_fitted_to_a_held_out_class() {
    let (pixels, labels) = images(400, 4, 0);
    let changed = |class: u8| {
        let folder = TempDir::new().unwrap();
        let mut pixels = pixels.clone();
        for (image, label) in pixels.chunks_exact_mut(16).zip(&labels) {
            image.iter_mut().filter(|_| *label == class).for_each(|pixel| *pixel = 255 - *pixel);
        }
        write_idx_part(&folder.path().join("set"), "train", &pixels, &labels);
        write_idx_part(&folder.path().join("set"), "t10k", &pixels, &labels);
        let features = json!([{ "name": "image", "type": "image", "preprocess": ["standardize"] }]);
        let split = json!({ "held_out_classes": { "test": ["3"], "validation": ["2"] } });
        let sets = prepared(json!({ "split": split, "features": features }), folder.path(), 7);
        (sets.feature, sets.train.digest())
    };
    let (unchanged, of_test, of_validation, of_train) = (changed(9), changed(3), changed(2), changed(1));
    assert!(unchanged == of_test && unchanged == of_validation);
    assert_ne!(unchanged.0, of_train.0);
}

#[test]
fn fewer_rows_train_when_fewer_are_asked_for() {
    let folder = idx_set();
    let result = |rows: serde_json::Value| {
        let steps = json!(["standardize"]);
        let spec = json!({
            "split": { "train_rows": rows },
            "features": [{ "name": "image", "type": "image", "preprocess": steps }],
        });
        prepare(&data_spec(spec), &QualitySpec::default(), folder.path(), 7)
    };
    let ids = |result: &Preparation| result.prepared.as_ref().unwrap().train.ids().to_vec();
    let (all, some, few) = (result(json!(null)), result(json!(90)), result(json!(40)));
    let split = &some.report.split;
    assert_eq!((split.train.rows, split.train_unused, split.validation.rows, split.test.rows), (90, 270, 40, 100));
    let by_class: Vec<u64> = split.train.by_class.iter().map(|class| class.rows).collect();
    assert_eq!(by_class, [23, 23, 22, 22]);
    // Fewer rows are among more rows, and validation is the same: points of one learning curve.
    let (all_ids, some_ids) = (ids(&all), ids(&some));
    assert!(some_ids.iter().all(|id| all_ids.contains(id)) && ids(&few).iter().all(|id| some_ids.contains(id)));
    let validation = |result: &Preparation| result.prepared.as_ref().unwrap().validation.ids().to_vec();
    assert_eq!(validation(&all), validation(&few));
    // More than there are: all. What was judged is the whole; what is fitted, the rows that train.
    assert_eq!(ids(&result(json!(360))), all_ids);
    assert_eq!(result(json!(5000)).report.split.train_unused, 0);
    assert_eq!(some.report.profiles, all.report.profiles);
    let sets = few.prepared.as_ref().unwrap();
    let mut numbers = vec![0.0; 40 * 16];
    sets.train.gather(&(0..40).collect::<Vec<_>>(), &mut numbers);
    let mean = numbers.iter().map(|x| f64::from(*x)).sum::<f64>() / numbers.len() as f64;
    assert!(mean.abs() < 1e-6 && few.report.feature != all.report.feature, "{mean}");
}

#[test]
fn everything_is_fitted_again_inside_a_fold() {
    let folder = idx_set();
    let select = json!({ "select_pixels": { "count": 3 } });
    let features = json!([{ "name": "image", "type": "image", "preprocess": ["scale_pixels", "standardize", select] }]);
    let spec = data_spec(json!({ "features": features }));
    let sets = prepare(&spec, &QualitySpec::default(), folder.path(), 7).prepared.unwrap();
    let folds = sets.folds(&CrossValidationSpec::default(), 7).unwrap();
    for fold in &folds {
        let made = sets.fold(fold, FoldKind::Stratified, 0.25, &spec.features[0], 9);
        assert_eq!((made.train.len(), made.validation.len(), made.held_out.len()), (216, 72, 72));
        let ids = |set: &PreparedSet| set.ids().to_vec();
        let held_out: Vec<u64> = fold.held_out.iter().map(|row| sets.train.ids()[*row as usize]).collect();
        assert_eq!(ids(&made.held_out), held_out);
        let mut all = [ids(&made.train), ids(&made.validation), held_out].concat();
        all.sort_unstable();
        assert_eq!(all, sets.train.ids());
        // What stays is standardised on the rows that train in this fold, and on no others.
        let mut numbers = vec![0.0; 216 * 16];
        made.train.gather(&(0..216).collect::<Vec<_>>(), &mut numbers);
        let Some(FittedStep::SelectPixels { kept }) = made.feature.steps.last() else { panic!("no selection") };
        assert_eq!(kept.len(), 3);
        let is_kept = |pixel: usize| kept.contains(&(pixel as u32));
        assert!(numbers.chunks(16).all(|image| (0..16).all(|pixel| is_kept(pixel) || image[pixel] == 0.0)));
        assert_ne!(made.feature.steps[1], sets.feature.steps[1]);
    }
    // Rows in the order of time: the last of those that train judge the epochs.
    let time = CrossValidationSpec { kind: FoldKind::Time, ..CrossValidationSpec::default() };
    let fold = sets.folds(&time, 7).unwrap().remove(1);
    let made = sets.fold(&fold, FoldKind::Time, 0.25, &spec.features[0], 9);
    assert_eq!((made.train.len(), made.validation.len(), made.held_out.len()), (90, 30, 60));
    let [train, validation, held_out] = [&made.train, &made.validation, &made.held_out].map(PreparedSet::ids);
    assert!(train.last() < validation.first() && validation.last() < held_out.first());
}

#[test]
fn groups_are_the_beginnings_of_file_names() {
    let folder = TempDir::new().unwrap();
    for (class, names) in [("a", ["p1_1", "p1_2", "p2_1", "solo"]), ("b", ["p2_1", "p2_2", "p3_1", "p3_2"])] {
        for (idx, name) in names.iter().enumerate() {
            let shade = [idx as u8 + if class == "a" { 0 } else { 100 }];
            let bytes = png(1, 1, png::ColorType::Grayscale, &shade);
            write(folder.path(), &format!("set/{class}/{name}.png"), &bytes);
            write(folder.path(), &format!("set/{class}/{name}x.png"), &bytes);
        }
    }
    let spec = data_spec(json!({
        "source": { "images": { "folder": "set", "height": 1, "width": 1, "grayscale": true } },
        "split": { "test": 0.2, "validation": 0.0 },
    }));
    let sets = prepare(&spec, &QualitySpec::default(), folder.path(), 7).prepared.unwrap();
    let by = Some(GroupSpec::FilePrefix("_".to_owned()));
    let grouped = |folds| sets.folds(&CrossValidationSpec { folds, kind: FoldKind::Grouped, by: by.clone() }, 7);
    let sizes: Vec<usize> = grouped(2).unwrap().iter().map(|fold| fold.held_out.len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), sets.train.len());
    let error = grouped(6).unwrap_err().to_string();
    assert!(error.starts_with("`6` grouped folds need at least `6` groups, there are `"), "{error}");
}

#[test]
fn gathering_scales_the_bytes_of_the_asked_samples() {
    let folder = idx_set();
    let sets = prepared(json!({}), folder.path(), 7);
    let (pixels, labels) = images(400, 4, 0);
    let rows = [5, 0, 359];
    let mut out = vec![f32::NAN; 3 * 16];
    sets.train.gather(&rows, &mut out);
    for (row, numbers) in rows.iter().zip(out.chunks_exact(16)) {
        let id = sets.train.ids()[*row as usize] as usize;
        let expected: Vec<f32> = pixels[id * 16..][..16].iter().map(|byte| f32::from(*byte) / 255.0).collect();
        assert_eq!(numbers, expected);
        assert_eq!(sets.train.labels()[*row as usize], i32::from(labels[id]));
        assert_eq!(sets.train.image_u8(*row), &pixels[id * 16..][..16]);
    }
}

#[test]
fn the_digest_is_that_of_numbers_labels_and_ids() {
    let folder = idx_set();
    let sets = prepared(json!({}), folder.path(), 7);
    let set = &sets.validation;
    let mut numbers = vec![0.0; set.len() * 16];
    set.gather(&(0..set.len() as u32).collect::<Vec<_>>(), &mut numbers);
    let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    bytes.extend(set.labels().iter().flat_map(|label| label.to_le_bytes()));
    bytes.extend(set.ids().iter().flat_map(|id| id.to_le_bytes()));
    assert_eq!(set.digest(), proofmark_data::Digest::of(&bytes));
}

#[test]
fn resizing_and_standardizing_are_fitted_on_train_alone() {
    let folder = idx_set();
    let steps = json!([{ "resize": { "height": 2, "width": 2 } }, "scale_pixels", "standardize"]);
    let sets =
        prepared(json!({ "features": [{ "name": "image", "type": "image", "preprocess": steps }] }), folder.path(), 7);
    assert_eq!(sets.train.feature_shape().to_vec(), [2, 2, 1]);
    let mut numbers = vec![0.0; sets.train.len() * 4];
    sets.train.gather(&(0..sets.train.len() as u32).collect::<Vec<_>>(), &mut numbers);
    let mean = numbers.iter().map(|x| f64::from(*x)).sum::<f64>() / numbers.len() as f64;
    let square = numbers.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / numbers.len() as f64;
    // Mean and deviation are stored as f32, and every number is rounded to it.
    assert!(mean.abs() < 1e-6 && (square - 1.0).abs() < 1e-6, "{mean} {square}");
}

#[test]
fn test_rows_without_a_label_are_left_out_and_counted() {
    let folder = idx_set();
    let (_, mut labels) = images(100, 4, 1);
    labels[10..15].fill(255);
    write(&folder.path().join("set"), "t10k-labels-idx1-ubyte", &idx(&[100], &labels));
    let result = prepare(&data_spec(json!({})), &QualitySpec::default(), folder.path(), 7);
    assert_eq!((result.report.split.test.rows, result.report.split.test_unlabelled), (95, 5));
    let test = result.prepared.unwrap().test;
    assert_eq!(test.len(), 95);
    assert!(!test.ids().contains(&12) && test.ids().contains(&15));
}

#[test]
fn the_report_is_stable() {
    let folder = idx_set();
    let data = data_spec(json!({ "split": { "validation": 0.25 } }));
    let mut report = serde_json::to_value(profile(&data, folder.path())).unwrap();
    for path in ["/raw/source/image", "/raw/test_source/image", "/profiles/source/image", "/profiles/test_source/image"]
    {
        report.pointer_mut(path).unwrap().as_object_mut().unwrap().remove("histogram");
    }
    insta::assert_snapshot!(crate::files::json(&report));
}

#[test]
fn every_fact_is_in_the_schema_and_the_other_way_round() {
    let folder = idx_set();
    let report = profile(&data_spec(json!({})), folder.path());
    let facts: Vec<String> =
        facts(&report.profiles, &report.columns).iter().map(|(path, _)| path.to_string()).collect();
    let schema = facts_schema(&report.columns);
    let mut known: Vec<String> = schema.iter().map(|known| known.shown()).collect();
    known.sort();
    let mut sorted = facts;
    sorted.sort();
    assert_eq!(sorted, known);
    let mut text = String::new();
    for row in schema.iter().filter(|row| !row.shown().starts_with("test.")) {
        text += &format!("{}: {}\n  {}\n", row.shown(), row.doc(Lang::En), row.doc(Lang::ZhCn));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn progress_is_told_in_order() {
    let folder = idx_set();
    let mut seen: Vec<(Stage, String)> = Vec::new();
    proofmark_data::prepare(&data_spec(json!({})), &QualitySpec::default(), folder.path(), 7, &mut |progress| {
        assert!(progress.done <= progress.total);
        let step = (progress.stage, progress.part.to_owned());
        if seen.last() != Some(&step) {
            seen.push(step);
        }
    })
    .unwrap();
    insta::assert_compact_debug_snapshot!(
        seen,
        @r#"[(Read, "train"), (Measure, "train"), (Read, "test"), (Measure, "test"), (Profile, "train")]"#
    );
}
