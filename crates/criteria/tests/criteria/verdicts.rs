//! Verdicts as a person and as a machine read them.

use std::fmt::Write;

use proofmark_criteria::{Absence, Grade, Verdict, compile};
use proofmark_messages::{Lang, Localize};

use crate::{facts, schema};

fn judged(text: &str) -> Verdict {
    compile(text, &schema()).unwrap_or_else(|error| panic!("{text}: {error}")).evaluate(&facts())
}

/// Everything that a verdict says, in both languages.
fn explained(text: &str) -> String {
    let verdict = judged(text);
    let mut out = String::new();
    for lang in Lang::ALL {
        writeln!(out, "{}: {}", verdict.outcome.text(lang), verdict.text(lang)).unwrap();
        for comparison in &verdict.comparisons {
            writeln!(out, "  - {} {:?}", comparison.text(lang), comparison.evidence).unwrap();
        }
        for reason in &verdict.reasons {
            writeln!(out, "  {}", reason.text(lang)).unwrap();
            if let Some(hint) = reason.hint(lang) {
                writeln!(out, "    hint: {hint}").unwrap();
            }
        }
    }
    out
}

#[test]
fn verdicts_explain_themselves() {
    let criteria = [
        "metrics.f1.lower95 >= 0.85 && slice(\"region\").f1.min >= 0.78",
        // The second comparison is behind a short circuit, and explained all the same.
        "metrics.f1.lower95 >= 0.95 && source.rows >= 100",
        // Negations are worked in, sides exchanged, computed sides named.
        "!(0.5 > metrics.f1.value - baseline.f1.value || source.sorted || source.format in ['csv', 'idx'])",
        "optional(metrics.recall.value, 1) / 2 >= 0.5",
        "metrics.f2.value > 0.5",
        "metrics.perplexity.value > 0.5",
        "reported(metrics.perplexity.lower95) > 0.5",
        "metrics.auc.value > 0.5",
        "metrics.wer.value < 0.5 && attested(metrics.wer.value) < 0.5",
        "test_reads <= 1",
        "1 / (source.label.missing - 0) > 2",
        "source.rows * 1e308 > 2",
        "source.label.missing != 0 && 1 / source.label.missing > 2",
    ];
    let out: Vec<String> = criteria.iter().map(|text| explained(text)).collect();
    insta::assert_snapshot!("verdicts", out.join("\n"));
}

#[test]
fn evidence_may_say_itself_why_it_has_no_value() {
    let mut facts = facts();
    facts.insert_absent("metrics.recall.value", Grade::Measured, Absence::Stated("no positive samples".to_owned()));
    let verdict = compile("metrics.recall.value > 0", &schema()).unwrap().evaluate(&facts);
    assert_eq!(verdict.missing, ["metrics.recall.value"]);
    let said = verdict.reasons[0].text(Lang::En);
    assert_eq!(said, "`metrics.recall.value` has no value: no positive samples");
}

#[test]
fn verdicts_are_records() {
    let verdict = judged("source.format in ['csv'] || metrics.f1.value > optional(metrics.wer.value, 0.5)");
    let json = serde_json::to_string_pretty(&verdict).unwrap();
    insta::assert_snapshot!("record", json);
    assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);

    let verdict = judged("metrics.wer.value > 0 && 1 / source.label.missing > 0 && metrics.f2.value > 0");
    let json = serde_json::to_string_pretty(&verdict).unwrap();
    insta::assert_snapshot!("record_without_evidence", json);
    assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
}
