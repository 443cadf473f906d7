//! What criteria accept, refuse and answer. Cases are data; `properties` compares with CEL's own interpreter.

mod language;
mod properties;
mod refusals;
mod verdicts;

use proofmark_criteria::{Fact, Facts, Grade, Kind, Schema};

/// The schema of these tests.
fn schema() -> Schema {
    let doc = |_| String::new();
    Schema::new()
        .with("metrics.*.value", Kind::Number, doc)
        .with("metrics.*.lower95", Kind::Number, doc)
        .with("baseline.*.value", Kind::Number, doc)
        .with("slices.*.*.min", Kind::Number, doc)
        .with("source.rows", Kind::Number, doc)
        .with("source.*.missing", Kind::Number, doc)
        .with("source.sorted", Kind::Bool, doc)
        .with("source.format", Kind::Text, doc)
        .with("test_reads", Kind::Number, doc)
}

/// Facts for most of that schema; `metrics.wer` is only reported, `metrics.auc` could not be computed.
fn facts() -> Facts {
    let mut facts = Facts::new();
    facts.insert("metrics.f1.value", Fact::measured(0.9).with_evidence("sha256:e1"));
    facts.insert("metrics.f1.lower95", Fact::measured(0.88).with_evidence("sha256:e1"));
    facts.insert("baseline.f1.value", Fact::measured(0.75).with_evidence("sha256:b1"));
    facts.insert("metrics.wer.value", Fact::graded(0.2, Grade::Reported));
    facts.insert("metrics.bleu.value", Fact::graded(31.0, Grade::Attested).with_evidence("sha256:a1"));
    facts.insert("metrics.auc.value", Fact::measured(f64::NAN));
    facts.insert("slices.region.f1.min", Fact::measured(0.8).with_evidence("sha256:s1"));
    facts.insert("source.rows", Fact::measured(1000.0).with_evidence("sha256:p1"));
    facts.insert("source.label.missing", Fact::measured(0.0));
    facts.insert(["source", "petal length", "missing"], Fact::measured(3.0));
    facts.insert(["source", "a.b", "missing"], Fact::measured(4.0));
    facts.insert("source.sorted", Fact::measured(true));
    facts.insert("source.format", Fact::measured("idx"));
    facts.insert("test_reads", Fact::measured("once"));
    facts
}
