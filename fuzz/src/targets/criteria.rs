//! Criteria: text to a condition, and its verdict on facts.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proofmark_criteria::{Absence, Fact, Facts, Grade, Kind, MAX_BYTES, Outcome, Schema, Verdict, compile};

use super::{Seed, say, texts};
use crate::heap::bounded;

/// Size and nesting are bounded before the parser sees the text, and with them what the parser may hold.
const LIMIT_BYTES: usize = 64 << 20;

/// Problems stand within the text; what compiles is judged the same each time and explains itself; without evidence for a
/// path that has no default, the outcome is neither yes nor no; verdicts are read back from JSON as they were.
pub fn check(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let criterion = match bounded(LIMIT_BYTES, || compile(text, &SCHEMA)) {
        Ok(criterion) => criterion,
        Err(error) => {
            assert!(!error.problems.is_empty());
            for problem in &error.problems {
                assert!(
                    text.is_char_boundary(problem.offset) && text.is_char_boundary(problem.offset + problem.length)
                );
            }
            return say(&error);
        }
    };
    assert_eq!(criterion.text(), text);
    assert!(text.len() <= MAX_BYTES && !criterion.readings().is_empty());
    for facts in &*FACTS {
        let verdict = criterion.evaluate(facts);
        assert_eq!(criterion.evaluate(facts), verdict);
        let json = serde_json::to_string(&verdict).expect("a verdict is JSON");
        assert_eq!(serde_json::from_str::<Verdict>(&json).expect("written by us"), verdict);
        assert!(verdict.comparisons.iter().all(|comparison| comparison.holds.is_some() || comparison.why.is_some()));
        let lacks = criterion
            .readings()
            .iter()
            .any(|reading| reading.default.is_none() && facts.get(reading.path.clone(), reading.grade).is_none());
        match verdict.outcome {
            Outcome::Yes | Outcome::No => {
                assert!(!lacks && verdict.missing.is_empty() && verdict.reasons.is_empty(), "{verdict:?}");
            }
            Outcome::NoEvidence => assert!(!verdict.reasons.is_empty(), "{verdict:?}"),
        }
        assert_eq!(lacks, !verdict.missing.is_empty(), "{verdict:?}");
        assert_eq!(verdict.missing.iter().collect::<BTreeSet<_>>().len(), verdict.missing.len());
    }
}

/// Every operator and function, and what is refused by name.
pub fn seeds() -> Vec<Seed> {
    texts(&[
        ("accept", "metrics.accuracy.lower95 >= 0.9772"),
        ("and", "metrics.f1.lower95 >= 0.85 && metrics.f1.gain.lower95 >= -0.005 && slice(\"region\").f1.min >= 0.78"),
        ("grades", "reported(metrics.a.value) > 1 || attested(source.sorted) == true"),
        ("optional", "optional(metrics.a.value, 0.5) + 1 < 2e0 && !optional(source.sorted, false)"),
        ("text", "source.format == 'idx' || source.format in [\"png\", 'jp\\u0065g']"),
        ("arithmetic", "-(metrics.a.value - 1) * 2 / 3 + source.rows != 0"),
        ("division", "source.rows / (source.rows - source.rows) > 1 || source.sorted"),
        ("brackets", "source[\"petal length\"].missing == 0"),
        ("guard", "source.rows != 0 && metrics.a.value / source.rows < 2"),
        ("unknown-path", "metrics.acuracy.lower96 >= 0.5 && sorce.rows > 3"),
        ("mixed-kinds", "source.format > 3 && source.rows == 'a'"),
        ("not-offered", "has(source.rows) ? [1, 2].all(x, x > 0) : {} == null // no"),
        ("integer-too-large", "source.rows < 9007199254740993"),
        ("full-width", "source.rows \u{ff1e} \u{ff11} \u{ff06}\u{ff06} metrics.\u{6570}.value > 1"),
        ("deep", &format!("{}source.rows > 1{}", "(".repeat(40), ")".repeat(40))),
        ("unclosed", "source.format == \"idx && ("),
        ("reads-nothing", "1 < 2"),
    ])
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let numbers = ["metrics.*.value", "metrics.*.lower95", "metrics.*.gain.lower95", "slices.*.*.min", "source.rows"];
    let schema = Schema::new();
    let schema =
        numbers.iter().fold(schema, |schema, path| schema.with(*path, Kind::Number, |_| "a number".to_owned()));
    schema
        .with("source.*.missing", Kind::Number, |_| "a count".to_owned())
        .with("source.sorted", Kind::Bool, |_| "whether".to_owned())
        .with("source.format", Kind::Text, |_| "a format".to_owned())
});

/// No facts; all that a criterion usually reads; and some, with absences and grades.
static FACTS: LazyLock<[Facts; 3]> = LazyLock::new(|| {
    let mut all = Facts::new();
    for (path, value) in [
        ("metrics.a.value", 0.5),
        ("metrics.accuracy.lower95", 0.9881),
        ("metrics.f1.lower95", 0.86),
        ("metrics.f1.gain.lower95", -0.001),
        ("slices.region.f1.min", f64::MAX),
        ("source.rows", 3.0),
    ] {
        all.insert(path, Fact::measured(value).with_evidence("sha256:5f0c"));
        all.insert(path, Fact::graded(-value, Grade::Reported));
    }
    all.insert("source.sorted", Fact::measured(true));
    all.insert("source.format", Fact::measured("idx"));
    let mut some = Facts::new();
    some.insert("source.rows", Fact::measured(0.0));
    some.insert("metrics.a.value", Fact::graded(1.0, Grade::Attested));
    some.insert_absent("metrics.a.value", Grade::Measured, Absence::NotANumber);
    [Facts::new(), all, some]
});
