//! Acceptance: decisions as data, the spec's two forms, and every sentence in both languages.

use std::collections::BTreeSet;
use std::fmt::Write;

use proofmark_criteria::{Fact, Facts, Grade, Path};
use proofmark_govern::acceptance::{
    AcceptanceSpec, Measures, NoCriterion, Outcome, PATHS, accept, acceptance_schema, documented_paths,
};
use proofmark_messages::{Lang, Localize};
use serde_json::json;

fn facts() -> Facts {
    let mut facts = Facts::new();
    facts.insert("metrics.accuracy.value", Fact::measured(0.9903).with_evidence("sha256:e1"));
    facts.insert("metrics.accuracy.lower95", Fact::measured(0.9882).with_evidence("sha256:e1"));
    facts.insert("metrics.accuracy.gain.lower95", Fact::measured(0.001).with_evidence("sha256:e2"));
    facts.insert("metrics.f1.lower95", Fact::graded(0.99, Grade::Reported));
    facts.insert("slices.label.accuracy.min", Fact::measured(0.975).with_evidence("sha256:e3"));
    facts.insert("test_reads", Fact::measured(1.0));
    facts
}

/// A spec that measures most of what there is.
fn measures() -> Measures {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Measures {
        metrics: names(&["accuracy", "f1", "loss"]),
        compared: names(&["accuracy", "f1"]),
        slices: names(&["label"]),
        has_cross_validation: true,
        has_validation: true,
    }
}

const HOLDS: &str = "metrics.accuracy.lower95 >= 0.9772";
const ALSO_HOLDS: &str = "slice(\"label\").accuracy.min >= 0.97 && test_reads <= 1";
const FAILS: &str = "metrics.accuracy.gain.lower95 >= 0.005";
const UNKNOWN: &str = "validation.accuracy.value >= 0.9";
const ONLY_REPORTED: &str = "metrics.f1.lower95 >= 0.9";

#[test]
fn all_criteria_must_hold() {
    let mut out = String::new();
    for (criteria, outcome) in [
        (vec![HOLDS], Outcome::Accepted),
        (vec![FAILS], Outcome::Refused),
        (vec![UNKNOWN], Outcome::NoEvidence),
        (vec![ONLY_REPORTED], Outcome::NoEvidence),
        (vec![HOLDS, ALSO_HOLDS], Outcome::Accepted),
        (vec![HOLDS, FAILS], Outcome::Refused),
        (vec![UNKNOWN, HOLDS], Outcome::NoEvidence),
        (vec![UNKNOWN, FAILS, ONLY_REPORTED], Outcome::Refused),
        (vec![UNKNOWN, ONLY_REPORTED], Outcome::NoEvidence),
    ] {
        let spec = AcceptanceSpec::new(criteria.clone()).unwrap();
        let decision = accept(&spec.compile(&acceptance_schema(&measures())).unwrap(), &facts());
        assert_eq!(decision.outcome, outcome, "{criteria:?}");
        assert_eq!(decision.verdicts.iter().map(|verdict| verdict.criterion.as_str()).collect::<Vec<_>>(), criteria);
        let again = serde_json::from_value(serde_json::to_value(&decision).unwrap()).unwrap();
        assert_eq!(decision, again);
        write_said(&mut out, &format!("{criteria:?}"), &decision);
    }
    let nothing = accept(&[], &facts());
    assert_eq!(nothing.outcome, Outcome::NoEvidence);
    write_said(&mut out, "[]", &nothing);
    insta::assert_snapshot!("decisions", out);
}

fn write_said(out: &mut String, name: &str, said: &impl Localize) {
    writeln!(out, "{name}").unwrap();
    for lang in Lang::ALL {
        writeln!(out, "    {}", said.text(lang)).unwrap();
        if let Some(hint) = said.hint(lang) {
            writeln!(out, "    hint: {hint}").unwrap();
        }
    }
}

#[test]
fn a_spec_is_a_text_or_a_list() {
    for (written, criteria) in
        [(json!(HOLDS), vec![HOLDS]), (json!([HOLDS, FAILS]), vec![HOLDS, FAILS]), (json!([HOLDS]), vec![HOLDS])]
    {
        let spec: AcceptanceSpec = serde_json::from_value(written).unwrap();
        assert_eq!(spec.criteria(), criteria);
        let again: AcceptanceSpec = serde_json::from_value(serde_json::to_value(&spec).unwrap()).unwrap();
        assert_eq!(again, spec);
    }
    let refused: Vec<String> = [json!([]), json!(0.97), json!({"metrics": 1}), json!([HOLDS, 1]), json!(null)]
        .into_iter()
        .map(|written| serde_json::from_value::<AcceptanceSpec>(written).unwrap_err().to_string())
        .collect();
    insta::assert_snapshot!("not_a_spec", refused.join("\n"));
    let schema = schemars::schema_for!(AcceptanceSpec);
    insta::assert_snapshot!("json_schema", serde_json::to_string_pretty(&schema).unwrap());
}

#[test]
fn what_is_wrong_is_said_of_every_criterion() {
    let spec = AcceptanceSpec::new([
        HOLDS,
        "metrics.accuracy.lower95 >= 0.9 && train.seconds < 60",
        "metrics.acuracy.lower95 >= 0.9",
        "metrics.accuracy.lower > 0.9",
        "metrics.accuracy.value",
    ]);
    let error = spec.unwrap().compile(&acceptance_schema(&measures())).unwrap_err();
    assert_eq!(error.problems.iter().map(|problem| problem.idx).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(error.problems[0].error.problems[0].offset, 35);
    let mut out = String::new();
    write_said(&mut out, "all", &error);
    for problem in &error.problems {
        write_said(&mut out, &problem.error.criterion, problem);
    }
    write_said(&mut out, "no criterion", &NoCriterion);
    insta::assert_snapshot!("errors", out);
    let cause = std::error::Error::source(&error).and_then(std::error::Error::source).unwrap();
    assert_eq!(cause.to_string(), "`train.seconds` is not known here");
}

/// The list is the documentation of what acceptance reads.
#[test]
fn paths_are_listed_once_and_documented() {
    let mut seen = BTreeSet::new();
    let mut out = String::new();
    for known in documented_paths().iter() {
        assert!(seen.insert(known.pattern().clone()), "{} stands twice", known.pattern());
        let docs: Vec<String> = Lang::ALL.iter().map(|lang| known.doc(*lang)).collect();
        writeln!(out, "{}: {} / {}", known.shown(), docs[0], docs[1]).unwrap();
    }
    assert_eq!(seen.len(), PATHS.len());
    insta::assert_snapshot!("paths", out);
    assert!(documented_paths().lookup(&Path::from("train.seconds")).is_none(), "times are no evidence");
}

/// A criterion may read what the spec measures, and nothing else.
#[test]
fn what_is_not_measured_cannot_be_asked_for() {
    let known = |measures: &Measures, path: &str| acceptance_schema(measures).lookup(&Path::from(path)).is_some();
    let all = measures();
    for path in [
        "metrics.accuracy.lower95",
        "metrics.loss.upper95",
        "metrics.f1.gain.lower95",
        "baseline.accuracy.value",
        "validation.loss.value",
        "cross_validation.f1.min",
        "slices.accuracy.min",
        "slices.label.accuracy.max",
        "test_reads",
    ] {
        assert!(known(&all, path), "{path}");
    }
    for path in [
        "metrics.acuracy.lower95",
        "metrics.recall.lower95",
        "metrics.confusion.value",
        "metrics.loss.gain.value",
        "baseline.loss.value",
        "slices.f1.min",
        "slices.region.accuracy.min",
        "run.reproduced.times",
    ] {
        assert!(!known(&all, path), "{path}");
    }
    assert!(!known(&Measures { has_validation: false, ..all.clone() }, "validation.accuracy.value"));
    assert!(!known(&Measures { has_cross_validation: false, ..all.clone() }, "cross_validation.accuracy.value"));
    assert!(!known(&Measures { slices: Vec::new(), ..all.clone() }, "slices.accuracy.min"));
    // A column's name is one segment, whatever stands in it.
    let odd = Measures { slices: vec!["petal.length".to_owned()], ..all };
    let path = Path::from(["slices", "petal.length", "accuracy", "min"]);
    assert!(acceptance_schema(&odd).lookup(&path).is_some());
    // `*` is for documentation only.
    assert!(acceptance_schema(&odd).iter().all(|known| !known.shown().contains('*')));
}
