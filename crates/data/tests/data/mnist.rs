//! The real data: the clean set passes, the dirty recipe is caught, cleaned, and passes.

use crate::files::{data_spec, quality_spec};
use proofmark_criteria::Outcome;
use proofmark_data::{Reason, prepare};
use serde_json::json;
use std::path::Path;

const RULES: [&str; 7] = [
    "source.rows >= 10000",
    "source.label.missing == 0",
    "source.label.classes == 10 && source.label.min_share > 0.05",
    "source.image.duplicates <= 0.001",
    "source.image.constant == 0",
    "source.image.rough == 0",
    "features.image.min >= 0 && features.image.max <= 1",
];

#[test]
fn mnist_passes_dirty_or_not() {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let defects =
        json!({ "seed": 20, "missing_labels": 0.004, "duplicates": 0.005, "blank": 0.003, "corrupted": 0.003 });
    let operators =
        json!({ "operators": ["drop_missing", "drop_duplicates", "drop_constant_images", "drop_rough_images"] });
    let run = |more: serde_json::Value| {
        let mut data = json!({ "source": { "idx": { "folder": "mnist" } } });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        prepare(&data_spec(data), &quality_spec(&RULES, operators.clone()), &base, 7, &mut |_| ()).unwrap()
    };

    let clean = run(json!({}));
    let gate = clean.report.gate.unwrap();
    assert_eq!((gate.verdict, gate.rounds.len(), gate.stopped), (Outcome::Yes, 0, Reason::Met));
    let sets = clean.prepared.unwrap();
    assert_eq!((sets.train.len(), sets.validation.len(), sets.test.len()), (54_000, 6_000, 10_000));
    assert_eq!(sets.train.feature_shape().to_vec(), [28, 28, 1]);
    assert_eq!((sets.test.labels()[0], sets.test.ids()[0], sets.classes.len()), (7, 0, 10));
    insta::assert_snapshot!(sets.validation.digest(), @"6df249b630e129c1d99f2523b0f5a684d33f623fe236d77e609ae3f375b49dca");
    drop(sets);

    let dirty = run(json!({ "defects": defects }));
    let gate = dirty.report.gate.unwrap();
    let failing = gate.before.iter().filter(|verdict| verdict.outcome == Outcome::No).count();
    assert_eq!((failing, gate.verdict, gate.rounds.len(), gate.stopped), (4, Outcome::Yes, 1, Reason::Met));
    // The natural images are left alone: what is dropped is what was injected (blank ones are copies of each other
    // too).
    let injected = dirty.report.defects.unwrap();
    let faulty = injected.missing_labels + injected.duplicates + injected.blank + injected.noise + injected.stripes;
    assert_eq!(dirty.report.profiles.source.rows, (60_000 - faulty) as u64);
    assert!(dirty.prepared.is_some());
}
