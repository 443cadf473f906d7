//! The gate and its loop.

use crate::files::{data_spec, idx_set, images, prepare, quality_spec, write_idx_part};
use proofmark_criteria::Outcome;
use proofmark_data::clean::OperatorName;
use proofmark_data::{GateReport, Reason, check, clean};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

const RULES: [&str; 5] = [
    "source.rows >= 300",
    "source.label.missing == 0",
    "source.image.duplicates == 0 && source.image.leaked == 0",
    "source.image.constant == 0",
    "source.image.rough == 0",
];

const OPERATORS: [&str; 4] = ["drop_missing", "drop_duplicates", "drop_constant_images", "drop_rough_images"];

fn defects() -> serde_json::Value {
    json!({ "defects": { "seed": 3, "missing_labels": 0.01, "duplicates": 0.015, "blank": 0.01, "corrupted": 0.02 } })
}

/// Everything that the files of a folder hold.
fn contents(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut contents: Vec<_> = paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    contents.sort();
    contents
}

fn round_summary(gate: &GateReport) -> String {
    let mut text = format!("{:?}, {:?}\n", gate.verdict, gate.stopped);
    for round in &gate.rounds {
        let (before, after) = (&round.before.source, &round.after.source);
        text +=
            &format!("round {} accepted {}: {} rows to {}\n", round.number, round.accepted, before.rows, after.rows);
        for touched in &round.applied {
            let (train, validation) = (touched.train.len(), touched.validation.len());
            text += &format!("  {} dropped {train} of train, {validation} of validation\n", touched.operator.name());
        }
    }
    text
}

#[test]
fn dirty_data_are_cleaned_and_everything_is_recorded() {
    let folder = idx_set();
    let before = contents(&folder.path().join("set"));
    let quality = quality_spec(&RULES, json!({ "operators": OPERATORS, "max_dropped": 0.2 }));
    let result = prepare(&data_spec(defects()), &quality, folder.path(), 7);
    let gate = result.report.gate.unwrap();
    insta::assert_snapshot!(round_summary(&gate));
    insta::assert_debug_snapshot!(result.report.defects);
    assert_eq!((gate.verdict, &gate.stopped), (Outcome::Yes, &Reason::Met));

    // What was dropped is what is gone, and the rest is prepared.
    let prepared = result.prepared.unwrap();
    let dropped: BTreeSet<u64> = gate
        .rounds
        .iter()
        .flat_map(|r| &r.applied)
        .flat_map(|t| t.train.iter().chain(&t.validation))
        .copied()
        .collect();
    let kept: BTreeSet<u64> = prepared.train.ids().iter().chain(prepared.validation.ids()).copied().collect();
    assert!(dropped.is_disjoint(&kept));
    assert_eq!(dropped.len() + kept.len(), 400);
    assert_eq!(result.report.raw.source.rows, 400);
    assert_eq!(result.report.profiles.source.rows, kept.len() as u64);
    assert_eq!(prepared.test.len(), 100);
    assert_eq!(contents(&folder.path().join("set")), before);
}

#[test]
fn only_what_helps_a_failing_rule_is_applied() {
    let folder = idx_set();
    let quality = quality_spec(&["source.label.missing == 0"], json!({ "operators": OPERATORS, "max_dropped": 0.2 }));
    let report = clean(&data_spec(defects()), &quality, folder.path(), 7, &mut |_| ()).unwrap();
    let applied: Vec<_> = report.gate.unwrap().rounds[0].applied.iter().map(|touched| touched.operator).collect();
    assert_eq!(applied, [OperatorName::DropMissing]);
}

/// A name, rules, the settings of cleaning, the verdict, and what else holds.
type Case<'a> = (&'a str, &'a [&'a str], serde_json::Value, Outcome, &'a dyn Fn(&GateReport) -> bool);

#[test]
fn the_loop_says_why_it_stopped() {
    let met = |gate: &GateReport| gate.stopped == Reason::Met && gate.rounds.is_empty();
    let no_change = |gate: &GateReport| gate.stopped == Reason::NoChange && gate.rounds.is_empty();
    let rounds = |gate: &GateReport| gate.stopped == Reason::Rounds { max_rounds: 1 } && gate.rounds.len() == 1;
    let too_much = |gate: &GateReport| {
        matches!(gate.stopped, Reason::TooMuchDropped { class: None, dropped: 4, of: 400, .. })
            && !gate.rounds[0].accepted
            && gate.rounds[0].after.source.rows == 396
    };
    let cases: [Case; 5] = [
        ("good as it is", &["source.rows == 400"], json!({}), Outcome::Yes, &met),
        ("nothing listed", &["source.label.missing == 0"], json!({}), Outcome::No, &no_change),
        (
            "nothing helps",
            &["test.source.label.missing == 1"],
            json!({ "operators": OPERATORS }),
            Outcome::No,
            &no_change,
        ),
        (
            "out of rounds",
            &["source.label.missing == 0", "source.rows == 400"],
            json!({ "operators": OPERATORS, "max_rounds": 1, "max_dropped": 0.5 }),
            Outcome::No,
            &rounds,
        ),
        (
            "too much",
            &["source.label.missing == 0"],
            json!({ "operators": OPERATORS, "max_dropped": 0.005 }),
            Outcome::No,
            &too_much,
        ),
    ];
    let folder = idx_set();
    for (name, rules, settings, verdict, holds) in cases {
        let data = if verdict == Outcome::Yes { json!({}) } else { defects() };
        let result = prepare(&data_spec(data), &quality_spec(rules, settings), folder.path(), 7);
        let gate = result.report.gate.unwrap();
        assert_eq!(gate.verdict, verdict, "{name}");
        assert!(holds(&gate), "{name}: {:?}", gate.stopped);
        assert_eq!(result.prepared.is_some(), verdict == Outcome::Yes, "{name}");
    }
}

#[test]
fn a_small_class_may_not_be_emptied() {
    // 40 of the 50 rows of class 1 are copies of each other: a tenth of all rows, but most of that class.
    let folder = tempfile::TempDir::new().unwrap();
    let (mut pixels, mut labels) = images(400, 2, 0);
    labels.iter_mut().enumerate().for_each(|(row, label)| *label = u8::from(row < 50));
    for row in 1..40 {
        pixels.copy_within(0..16, row * 16);
    }
    write_idx_part(&folder.path().join("set"), "train", &pixels, &labels);
    let data = data_spec(json!({ "split": { "test": 0.1, "validation": 0.0 } }));
    let settings = json!({ "operators": ["drop_duplicates"], "max_dropped": 0.2 });
    let result = prepare(&data, &quality_spec(&["source.image.duplicates == 0"], settings), folder.path(), 7);
    let stopped = result.report.gate.unwrap().stopped;
    assert!(matches!(&stopped, Reason::TooMuchDropped { class: Some(class), .. } if class == "1"), "{stopped:?}");
}

#[test]
fn checking_never_cleans() {
    let folder = idx_set();
    let quality = quality_spec(&RULES, json!({ "operators": OPERATORS, "max_dropped": 0.2 }));
    let report = check(&data_spec(defects()), &quality, folder.path(), 7, &mut |_| ()).unwrap();
    let gate = report.gate.unwrap();
    assert_eq!((gate.verdict, gate.rounds.len(), report.profiles == report.raw), (Outcome::No, 0, true));
}

#[test]
fn reasons_are_told_in_both_languages() {
    use proofmark_messages::{Lang, Localize};
    let much = |class: Option<&str>| Reason::TooMuchDropped {
        class: class.map(str::to_owned),
        dropped: 9,
        of: 40,
        max_dropped: 0.02,
    };
    let mut text = String::new();
    for reason in [Reason::Met, Reason::NoChange, Reason::Rounds { max_rounds: 3 }, much(None), much(Some("7"))] {
        for lang in Lang::ALL {
            text += &format!("{}\n", reason.text(lang));
            text += &reason.hint(lang).map(|hint| format!("  hint: {hint}\n")).unwrap_or_default();
        }
    }
    insta::assert_snapshot!(text);
}
