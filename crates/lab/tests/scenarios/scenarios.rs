//! Every scenario: it can be read, its gate says what it is meant to say, and its model fits. The trainings take minutes and are not
//! done here.

use std::fs;
use std::path::PathBuf;

use proofmark_criteria::Outcome as Holds;
use proofmark_data::{DataReport, DefectsApplied, GateReport, PreparedSet, Reason, SplitRows};
use proofmark_lab::pipeline::{RunResult, SpecSource, read_spec, run};
use proofmark_lab::{Host, PreparedRun, prepare_run};
use proofmark_messages::Lang;
use proofmark_report::Outcome;
use proofmark_store::{RunFile, Runs, State};
use proofmark_train::metrics::{EvaluationOptions, Metric, Predictions, evaluate, verification_threshold};

use crate::root;

/// Every scenario, each with its test below.
const SCENARIOS: &[&str] = &[
    "digits-dirty/beyond-repair.yaml",
    "digits-dirty/digits-dirty.yaml",
    "digits-resnet/digits-resnet.yaml",
    "digits-study/digits-study.yaml",
    "digits-verification/digits-verification.yaml",
    "digits/digits.yaml",
    "plays/plays.yaml",
    "speakers/speakers.yaml",
    "strings/strings.yaml",
];

/// A machine on which time stands still.
#[derive(Default)]
pub(crate) struct Still {
    pub(crate) lang: Lang,
}

impl Host for Still {
    fn unix_milliseconds(&self) -> u64 {
        1_795_000_000_000
    }

    fn seconds(&self) -> f64 {
        0.0
    }

    fn threads(&self) -> usize {
        1
    }

    fn machine(&self) -> String {
        "a machine".to_owned()
    }

    fn made_by(&self) -> String {
        "a test".to_owned()
    }

    fn lang(&self) -> Lang {
        self.lang
    }
}

pub(crate) fn source(scenario: &str) -> SpecSource {
    let path = root().join("scenarios").join(scenario);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let base = path.parent().expect("a scenario stands in a folder").to_owned();
    SpecSource { file_name: scenario.to_owned(), text, base, overrides: Vec::new() }
}

fn prepared(scenario: &str) -> PreparedRun {
    let source = source(scenario);
    let read = read_spec(&source).unwrap_or_else(|error| panic!("{scenario}: {error}"));
    prepare_run(&read, &source.base, &mut Still::default()).unwrap_or_else(|error| panic!("{scenario}: {error}"))
}

fn gate(report: &DataReport) -> &GateReport {
    report.gate.as_ref().expect("a run has a gate")
}

fn holds(verdicts: &[proofmark_criteria::Verdict]) -> Vec<bool> {
    verdicts.iter().map(|verdict| verdict.outcome == Holds::Yes).collect()
}

#[test]
fn every_scenario_has_a_test() {
    let mut found = Vec::new();
    for folder in
        fs::read_dir(root().join("scenarios")).expect("the scenarios").map(|entry| entry.expect("an entry").path())
    {
        if !folder.is_dir() {
            continue;
        }
        for file in fs::read_dir(&folder).expect("a scenario").map(|entry| entry.expect("an entry").path()) {
            if file.extension().is_some_and(|extension| extension == "yaml") {
                let parts: PathBuf = file.components().rev().take(2).collect::<Vec<_>>().into_iter().rev().collect();
                found.push(parts.display().to_string());
            }
        }
    }
    found.sort();
    assert_eq!(found, SCENARIOS);
}

#[test]
fn digits_are_good_as_they_are() {
    let PreparedRun { preparation, model, lock } = prepared("digits/digits.yaml");
    let gate = gate(&preparation.report);
    assert_eq!((gate.verdict, holds(&gate.before)), (Holds::Yes, vec![true; 4]));
    assert!(gate.rounds.is_empty(), "{:?}", gate.rounds);
    let split = &preparation.report.split;
    assert_eq!([split.train.rows, split.validation.rows, split.test.rows], [54_000, 6_000, 10_000]);
    assert_eq!(model.expect("a model").summary().parameters(), 225_034);
    assert_eq!(lock.prepared.len(), 3);
}

#[test]
fn the_residual_network_sees_every_image_otherwise_each_time() {
    let PreparedRun { preparation, model, .. } = prepared("digits-resnet/digits-resnet.yaml");
    let split = &preparation.report.split;
    assert_eq!([split.train.rows, split.validation.rows, split.test.rows], [57_000, 3_000, 10_000]);
    assert_eq!(model.expect("a model").summary().parameters(), 77_162);
    let prepared = preparation.prepared.expect("the gate says yes");
    assert!(prepared.train.is_augmented() && !prepared.validation.is_augmented() && !prepared.test.is_augmented());
}

#[test]
fn the_study_trains_on_a_sixth_and_searches_four_values() {
    let read = read_spec(&source("digits-study/digits-study.yaml")).expect("a spec");
    let adjust = read.value.adjust.expect("a study");
    assert_eq!((adjust.search.parameters.len(), adjust.reproduces()), (4, true));
    let PreparedRun { preparation, .. } = prepared("digits-study/digits-study.yaml");
    let split = &preparation.report.split;
    assert_eq!([split.train.rows, split.validation.rows, split.test.rows], [10_000, 6_000, 10_000]);
}

/// The distance of the pixels themselves is what the embeddings are to beat.
#[test]
fn digits_are_verified_that_do_not_train() {
    let PreparedRun { preparation, model, .. } = prepared("digits-verification/digits-verification.yaml");
    assert_eq!(gate(&preparation.report).verdict, Holds::Yes);
    let split = &preparation.report.split;
    assert_eq!([split.train.rows, split.validation.rows, split.test.rows], [30_596, 11_339, 3_011]);
    let by_class = |rows: &SplitRows| rows.by_class.iter().map(|class| class.rows > 0).collect::<Vec<_>>();
    assert_eq!(by_class(&split.train), [[true; 5], [false; 5]].concat());
    assert_eq!(by_class(&split.test), [vec![false; 7], vec![true; 3]].concat());
    assert_eq!(model.expect("a model").output_shape().to_vec(), [64]);
    let prepared = preparation.prepared.expect("the gate says yes");
    let pixels = |set: &PreparedSet| {
        let (rows, width): (Vec<u32>, usize) = ((0..set.len() as u32).collect(), set.feature_shape().elements());
        let mut embeddings = vec![0.0; rows.len() * width];
        set.gather(&rows, &mut embeddings);
        Predictions {
            classes: 10,
            probabilities: vec![0.1; 10 * rows.len()],
            losses: vec![0.0; rows.len()],
            labels: set.labels().to_vec(),
            embeddings,
            ..Predictions::default()
        }
    };
    let threshold = verification_threshold(&pixels(&prepared.validation), 7);
    let options = EvaluationOptions {
        metrics: &[Metric::VerificationAccuracy, Metric::EqualErrorRate, Metric::VerificationAuc],
        slice_by: None,
        classes: &prepared.classes,
        majority_class: 0,
        seed: 7,
        threshold,
        max_mistakes: 0,
    };
    let measured = evaluate(&pixels(&prepared.test), &options).metrics;
    let values: Vec<String> =
        measured.iter().map(|measured| format!("{} {:.3}", measured.metric.name(), measured.estimate.value)).collect();
    insta::assert_snapshot!(values.join(", "), @"verification_accuracy 0.618, equal_error_rate 0.380, verification_auc 0.672");
}

#[test]
fn speakers_are_series_of_different_lengths() {
    let PreparedRun { preparation, model, .. } = prepared("speakers/speakers.yaml");
    let gate = gate(&preparation.report);
    assert_eq!((gate.verdict, gate.rounds.len()), (Holds::Yes, 0));
    let split = &preparation.report.split;
    assert_eq!([split.train.rows, split.validation.rows, split.test.rows], [243, 27, 370]);
    let profile = preparation.report.profiles.source.column.series().expect("series").clone();
    assert_eq!((profile.channels, profile.steps_min, profile.steps_max), (12, 7, 26));
    let prepared = preparation.prepared.expect("the gate says yes");
    assert_eq!(prepared.train.feature_shape().to_vec(), [29, 12]);
    assert_eq!(model.expect("a model").input_shape().to_vec(), [29, 12]);
}

#[test]
fn plays_are_windows_of_three_that_train_and_a_fourth_that_tests() {
    let PreparedRun { preparation, model, .. } = prepared("plays/plays.yaml");
    let gate = gate(&preparation.report);
    assert_eq!((gate.verdict, gate.rounds.len()), (Holds::Yes, 0), "{:?}", gate.before);
    let split = &preparation.report.split;
    let rows = [split.train.rows, split.validation.rows, split.test.rows];
    // Of 441,110 characters as many windows of 64 as fit, but for the one across the cut.
    assert_eq!(rows, [6545, 345, 1576]);
    let prepared = preparation.prepared.expect("the gate says yes");
    assert_eq!((prepared.train.feature_shape().to_vec(), prepared.train.label_width()), (vec![64], 64));
    assert_eq!((prepared.classes.len(), model.expect("a model").output_shape().to_vec()), (65, vec![64, 65]));
}

#[test]
fn strings_are_windows_of_levels() {
    let PreparedRun { preparation, model, .. } = prepared("strings/strings.yaml");
    let gate = gate(&preparation.report);
    assert_eq!((gate.verdict, gate.rounds.len()), (Holds::Yes, 0), "{:?}", gate.before);
    let split = &preparation.report.split;
    assert_eq!([split.train.rows, split.validation.rows, split.test.rows], [561, 62, 156]);
    assert_eq!(model.expect("a model").output_shape().to_vec(), [256, 256]);
}

#[test]
fn dirty_digits_are_refused_cleaned_and_then_good() {
    let PreparedRun { preparation, model, .. } = prepared("digits-dirty/digits-dirty.yaml");
    let report = &preparation.report;
    let injected =
        DefectsApplied { seed: 1, missing_labels: 300, duplicates: 1200, blank: 180, noise: 120, stripes: 120 };
    assert_eq!(report.defects, Some(injected));

    let gate = gate(report);
    assert_eq!(holds(&gate.before), [true, false, false, false, false]);
    assert_eq!((gate.verdict, holds(&gate.after)), (Holds::Yes, vec![true; 5]));
    assert_eq!(gate.stopped, Reason::Met);
    let rounds: Vec<Vec<(&str, usize)>> = gate
        .rounds
        .iter()
        .map(|round| {
            let rows = round.applied.iter();
            rows.map(|touched| (touched.operator.name(), touched.train.len() + touched.validation.len())).collect()
        })
        .collect();
    // All that was injected goes, and nothing else.
    let all =
        [("drop_missing", 300), ("drop_constant_images", 180), ("drop_rough_images", 240), ("drop_duplicates", 1200)];
    assert_eq!(rounds, [all]);
    assert_eq!(report.split.train.rows + report.split.validation.rows, 60_000 - 1_920);
    // Nobody touches the test split.
    assert_eq!(report.split.test.rows, 10_000);
    assert!(model.is_some());
}

#[test]
fn what_is_beyond_repair_ends_before_the_training_and_says_why() {
    let data_dir = tempfile::tempdir().expect("a folder");
    let runs = Runs::open(data_dir.path());
    let RunResult { run: id, outcome, model_digest, report, .. } =
        run(&source("digits-dirty/beyond-repair.yaml"), &runs, &mut Still::default()).expect("a refusal is a result");
    assert_eq!((outcome, model_digest), (Some(Outcome::DataRefused), None));

    let html = fs::read_to_string(report.expect("a report")).expect("the report");
    // What a reader sees, without the spec, whose comments tell it too.
    let shown = html.split_once("<body").expect("a body").1.split_once("<pre class=\"spec\"").expect("the spec").0;
    let shown = shown.replace('\u{202f}', ",");
    let sentence = "it would have dropped 12,000 of 60,000 rows (20%), and the spec allows 2%";
    assert!(shown.contains(sentence), "the report does not say how much would be dropped");
    assert!(shown.contains("Not done"), "the round that was tried is not shown");
    assert!(shown.contains("12,000 labels taken away"), "the report does not say that the faults were injected");
    let folder = runs.find(&id).expect("the run");
    assert_eq!(folder.status().expect("a status").state, State::Refused);
    assert!(folder.read(RunFile::Model).is_err(), "a model was trained on refused data");
}

#[test]
fn what_is_beyond_repair_would_lose_too_much() {
    let PreparedRun { preparation, model, .. } = prepared("digits-dirty/beyond-repair.yaml");
    let gate = gate(&preparation.report);
    assert_eq!(gate.verdict, Holds::No);
    assert_eq!(gate.stopped, Reason::TooMuchDropped { class: None, dropped: 12_000, of: 60_000, max_dropped: 0.02 });
    // The round is on record, and does not stand.
    assert_eq!(gate.rounds.iter().map(|round| round.accepted).collect::<Vec<_>>(), [false]);
    assert!(preparation.prepared.is_none() && model.is_none());
}
