//! What acceptance may read, from what was measured.

use proofmark_criteria::{Fact, Facts};
use proofmark_train::metrics::{Estimate, Evaluation};

/// Where facts come from.
pub(crate) struct FactSources<'a> {
    /// The evaluation of the split that is judged.
    pub(crate) judged: &'a Evaluation,
    /// Digest of its statement.
    pub(crate) evidence: &'a str,
    /// The evaluation on validation, with its statement's digest.
    pub(crate) validation: Option<(&'a Evaluation, &'a str)>,
    /// Rows of train, validation and test, as they were read.
    pub(crate) rows: [u64; 3],
    /// Rows of all sources before the split.
    pub(crate) source_rows: u64,
    /// The share of train and validation that cleaning dropped.
    pub(crate) dropped_share: f64,
    /// How often the test split was read.
    pub(crate) test_reads: u64,
    /// Epochs trained and the best one.
    pub(crate) epochs: [u32; 2],
    /// Trained numbers.
    pub(crate) parameters: u64,
}

/// The facts under the paths of [`acceptance_schema`](proofmark_govern::acceptance::acceptance_schema).
pub(crate) fn facts(sources: &FactSources<'_>) -> Facts {
    let mut facts = Facts::new();
    let mut put = |path: Vec<&str>, value: f64, evidence: Option<&str>| {
        let fact = Fact::measured(value);
        let fact = match evidence {
            Some(digest) => fact.with_evidence(digest),
            None => fact,
        };
        facts.insert(path, fact);
    };
    let evidence = Some(sources.evidence);
    for measured in &sources.judged.metrics {
        let name = measured.metric.name();
        for (key, value) in ends(&measured.estimate) {
            put(vec!["metrics", name, key], value, evidence);
        }
        if let Some(gain) = &measured.gain {
            for (key, value) in ends(gain) {
                put(vec!["metrics", name, "gain", key], value, evidence);
            }
        }
        if let Some(baseline) = measured.baseline {
            put(vec!["baseline", name, "value"], baseline, evidence);
        }
    }
    let by_slice = sources.judged.slices.iter().map(|slice| slice.accuracy.value);
    if let Some(slice) = sources.judged.slices.first() {
        let least = by_slice.clone().fold(f64::INFINITY, f64::min);
        let greatest = by_slice.fold(f64::NEG_INFINITY, f64::max);
        for path in [vec!["slices", "accuracy"], vec!["slices", &slice.by, "accuracy"]] {
            put([path.clone(), vec!["min"]].concat(), least, evidence);
            put([path, vec!["max"]].concat(), greatest, evidence);
        }
    }
    if let Some((validation, digest)) = sources.validation {
        for measured in &validation.metrics {
            for (key, value) in ends(&measured.estimate) {
                put(vec!["validation", measured.metric.name(), key], value, Some(digest));
            }
        }
    }
    let [train, validation, test] = sources.rows.map(|rows| rows as f64);
    put(vec!["data", "rows"], sources.source_rows as f64, None);
    put(vec!["data", "train_rows"], train, None);
    put(vec!["data", "validation_rows"], validation, None);
    put(vec!["data", "test_rows"], test, None);
    put(vec!["data", "dropped"], sources.dropped_share, None);
    put(vec!["test_reads"], sources.test_reads as f64, None);
    put(vec!["train", "epochs"], f64::from(sources.epochs[0]), None);
    put(vec!["train", "best_epoch"], f64::from(sources.epochs[1]), None);
    put(vec!["model", "parameters"], sources.parameters as f64, None);
    facts
}

fn ends(estimate: &Estimate) -> [(&'static str, f64); 3] {
    [("value", estimate.value), ("lower95", estimate.lower95), ("upper95", estimate.upper95)]
}
