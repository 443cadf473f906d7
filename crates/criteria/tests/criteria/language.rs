//! What each construct means, on the same facts.

use proofmark_criteria::{FUNCTIONS, Facts, Grade, OPERATORS, Outcome, Path, compile};

use crate::{facts, schema};

const YES: Outcome = Outcome::Yes;
const NO: Outcome = Outcome::No;
const NO_EVIDENCE: Outcome = Outcome::NoEvidence;

#[track_caller]
fn check(text: &str, outcome: Outcome) {
    let criterion = compile(text, &schema()).unwrap_or_else(|error| panic!("{text}: {:?}", error.problems));
    assert_eq!(criterion.evaluate(&facts()).outcome, outcome, "{text}");
}

#[test]
fn comparisons() {
    check("metrics.f1.value > 0.9", NO);
    check("metrics.f1.value >= 0.9", YES);
    check("metrics.f1.value < 0.9", NO);
    check("metrics.f1.value <= 0.9", YES);
    check("metrics.f1.value == 0.9", YES);
    check("metrics.f1.value != 0.9", NO);
    check("0.85 < metrics.f1.value", YES);
    check("source.format == \"idx\"", YES);
    check("source.format != 'csv'", YES);
    check("source.sorted == true", YES);
    check("source.format in ['csv', 'idx']", YES);
    check("source.rows in [1, 10, 1000]", YES);
    check("source.rows in [-1000, 0x10]", NO);
    check("!(source.format in ['csv'])", YES);
}

#[test]
fn integers_and_doubles_are_the_same_numbers() {
    check("source.rows == 1000", YES);
    check("source.rows == 1000.0", YES);
    check("source.rows == 1000u", YES);
    check("source.rows == 0x3e8", YES);
    check("source.rows / 3 > 333", YES);
    check("source.rows * 7 / 2 == 3500", YES);
    check("-source.rows == -1e3", YES);
    check("source.rows < 9007199254740992", YES);
}

#[test]
fn logic() {
    check("source.sorted", YES);
    check("!source.sorted", NO);
    check("!!source.sorted", YES);
    check("source.sorted && source.rows > 1", YES);
    check("source.sorted && source.rows > 1 && source.rows > 5000", NO);
    check("source.rows > 5000 || source.sorted", YES);
    check("!(source.rows > 5000 || source.sorted)", NO);
    check("!(source.rows > 5000 && source.sorted) && true", YES);
    check("source.rows > 5000 || source.rows == 1000 && source.sorted", YES);
}

#[test]
fn paths() {
    check("slice(\"region\").f1.min >= 0.78", YES);
    check("slices.region.f1.min == slice(\"region\").f1.min", YES);
    check("source[\"petal length\"].missing == 3", YES);
    check("source[\"a.b\"].missing == 4", YES);
    check("source['label'].missing == 0", YES);
    check("(source).rows == 1000", YES);
    check("metrics.f1.value - baseline.f1.value >= 0.1", YES);
}

#[test]
fn what_is_missing_is_neither_true_nor_false() {
    check("metrics.recall.value > 0", NO_EVIDENCE);
    check("!(metrics.recall.value > 0)", NO_EVIDENCE);
    check("metrics.recall.value == metrics.recall.value", NO_EVIDENCE);
    check("true || metrics.recall.value > 0", NO_EVIDENCE);
    check("metrics.recall.value > 0 || source.sorted", NO_EVIDENCE);
    check("source.rows > 5000 && metrics.recall.value > 0", NO_EVIDENCE);
    check("metrics.auc.value > 0", NO_EVIDENCE);
    check("test_reads == 1", NO_EVIDENCE);
    check("optional(test_reads, 1) == 1", NO_EVIDENCE);
}

#[test]
fn optional_allows_absence() {
    check("optional(metrics.recall.value, 1) == 1", YES);
    check("optional(metrics.recall.value, -1) == -1", YES);
    check("optional(metrics.f1.value, 1) == 0.9", YES);
    check("optional(metrics.auc.value, 0) > 0.5", NO);
    check("optional(reported(metrics.recall.value), 0.5) == 0.5", YES);
    check("optional(slice(\"sex\").f1.min, 1) >= 0.78", YES);
    check("optional(metrics.recall.value, 1) == 1 && metrics.recall.value == 1", NO_EVIDENCE);
}

#[test]
fn grades_do_not_mix() {
    check("metrics.wer.value < 0.3", NO_EVIDENCE);
    check("reported(metrics.wer.value) < 0.3", YES);
    check("attested(metrics.wer.value) < 0.3", NO_EVIDENCE);
    check("attested(metrics.bleu.value) > 30", YES);
    check("reported(metrics.f1.value) > 0", NO_EVIDENCE);
    check("optional(metrics.wer.value, 9) == 9", YES);
}

#[test]
fn faults_of_arithmetic_are_no_evidence_unless_guarded() {
    check("1 / source.label.missing > 0", NO_EVIDENCE);
    check("!(1 / source.label.missing > 0)", NO_EVIDENCE);
    check("source.label.missing / source.label.missing == 0", NO_EVIDENCE);
    check("source.rows * 1e308 > 0", NO_EVIDENCE);
    check("source.rows * 1e308 - source.rows * 1e308 == 0", NO_EVIDENCE);
    check("source.label.missing != 0 && 1 / source.label.missing > 0", NO);
    check("source.label.missing == 0 || 1 / source.label.missing > 0", YES);
    check("1 / source.label.missing > 0 || source.label.missing == 0", YES);
    check("source.label.missing == 0 && 1 / source.label.missing > 0", NO_EVIDENCE);
}

#[test]
fn every_path_is_listed_once() {
    let text = "true || !(metrics.f1.value > 0) && optional(reported(metrics.wer.value), 1) < slice('a').b.min * \
                metrics.f1.value && source.format in ['x']";
    let criterion = compile(text, &schema()).unwrap();
    let readings: Vec<String> = criterion.readings().iter().map(ToString::to_string).collect();
    let expected = ["metrics.f1.value", "optional(reported(metrics.wer.value), 1)", "slices.a.b.min", "source.format"];
    assert_eq!(readings, expected);
    assert_eq!(criterion.paths().map(ToString::to_string).collect::<Vec<_>>()[1], "metrics.wer.value");
    assert_eq!(criterion.readings()[1].grade, Grade::Reported);
    assert_eq!(criterion.text(), text);
}

#[test]
fn paths_and_texts_convert_both_ways() {
    for (text, segments) in [
        ("a.b.c", vec!["a", "b", "c"]),
        ("a[\"b c\"].d", vec!["a", "b c", "d"]),
        ("a[\"b.c\"]", vec!["a", "b.c"]),
        ("a[\"x\\\"]\\\\\\n\"].d", vec!["a", "x\"]\\\n", "d"]),
        ("a[\"0\"][\"true\"][\"\"].z", vec!["a", "0", "true", "", "z"]),
        ("a[\"数据\"]", vec!["a", "数据"]),
        ("[\"b c\"].d", vec!["b c", "d"]),
    ] {
        let path = Path::from(segments);
        assert_eq!(path.to_string(), text);
        assert_eq!(Path::from(text), path);
    }
    assert_eq!(Path::from("a.petal length.0"), Path::from(["a", "petal length", "0"]));
    assert_eq!(Path::from("a..b"), Path::from(["a", "", "b"]));
    assert_eq!(Path::from("a[\"b"), Path::from(["a[\"b"]));
}

/// The lists that the documentation shows are the language: each entry compiles as it is described.
#[test]
fn listed_operators_and_functions_compile() {
    for (sign, takes) in OPERATORS {
        let text = match takes {
            "two conditions" => format!("source.sorted {sign} source.sorted"),
            "a condition" => format!("{sign}source.sorted"),
            "one or two numbers" => format!("{sign}source.rows {sign} 1 == 0"),
            "a value and a list of plain values of its kind" => format!("source.rows {sign} [1]"),
            "two numbers" if "+*/".contains(sign) => format!("source.rows {sign} 1 == 0"),
            _ => format!("source.rows {sign} 1"),
        };
        assert!(compile(&text, &schema()).is_ok(), "{text}");
    }
    for function in FUNCTIONS {
        let call = function.usage.replace("path", "metrics.a.value").replace("default", "1");
        let text = if function.name == "slice" { format!("{call}.f1.min > 0") } else { format!("{call} > 0") };
        assert!(compile(&text, &schema()).is_ok(), "{text}");
        assert!(function.usage.starts_with(function.name));
    }
}

#[test]
fn facts_hold_no_nan_and_no_negative_zero() {
    let mut facts = Facts::new();
    let measured = proofmark_criteria::Fact::measured;
    facts.insert("a", measured(f64::NAN));
    facts.insert("b", measured(f64::NEG_INFINITY));
    facts.insert("c", measured(-0.0));
    facts.insert("d", measured(1.0));
    facts.insert("d", measured(2.0));
    assert_eq!((facts.number("a"), facts.number("b"), facts.number("d")), (None, None, Some(2.0)));
    assert_eq!(facts.number("c").map(f64::to_bits), Some(0));
    assert_eq!(facts.iter().count(), 2);
    assert_eq!(facts.absences().count(), 2);
    insta::assert_snapshot!(serde_json::to_string(&facts).unwrap(), @r#"[{"path":"c","value":0.0,"grade":"measured","evidence":null},{"path":"d","value":2.0,"grade":"measured","evidence":null}]"#);
}
