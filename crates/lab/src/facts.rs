//! What acceptance may read, from what the statements say.

use proofmark_criteria::{Fact, Facts, Schema};
use proofmark_govern::acceptance::{Measures, acceptance_schema};
use proofmark_report::Split;
use proofmark_train::metrics::Metric;

use crate::chain::Chain;
use crate::claims::Number;
use crate::run_spec::RunSpec;

/// What the criteria of a spec may read: what a run of it will measure, and nothing else.
pub(crate) fn schema_of(spec: &RunSpec) -> Schema {
    acceptance_schema(&measures(spec))
}

fn measures(spec: &RunSpec) -> Measures {
    let measured = Metric::ALL.iter().filter(|metric| spec.evaluate.metrics.contains(metric));
    let has_baseline = |metric: &Metric| match metric {
        Metric::Accuracy | Metric::Precision | Metric::Recall | Metric::F1 => Some(true),
        Metric::Loss | Metric::Perplexity | Metric::CalibrationError => Some(false),
        Metric::VerificationAccuracy | Metric::EqualErrorRate | Metric::VerificationAuc => Some(false),
        Metric::LabelErrorRate => Some(false),
        // It is no number.
        Metric::Confusion => None,
    };
    let measured = measured.filter(|metric| has_baseline(metric).is_some());
    let names = |metrics: Vec<&Metric>| metrics.into_iter().map(|metric| metric.name().to_owned()).collect();
    Measures {
        metrics: names(measured.clone().collect()),
        compared: names(measured.filter(|metric| has_baseline(metric) == Some(true)).collect()),
        slices: spec.evaluate.slices.clone(),
        has_cross_validation: spec.cross_validation.is_some(),
        has_validation: spec.data.split.has_validation(),
    }
}

/// The facts on a split, under the paths of [`schema_of`]; `None` before the split was measured.
///
/// Everything is read from statements, so that anybody can decide again.
pub(crate) fn facts(chain: &Chain, split: Split) -> Option<Facts> {
    let judged = if split == Split::Test { &chain.test } else { &chain.validation };
    let (judged, profile, train) =
        (judged.evaluation.as_ref()?, &chain.profile.as_ref()?.claims, &chain.train.as_ref()?.claims);
    let mut facts = Facts::new();
    let mut put = |path: Vec<&str>, value: f64, evidence: Option<&str>| {
        let fact = Fact::measured(value);
        let fact = match evidence {
            Some(digest) => fact.with_evidence(digest),
            None => fact,
        };
        facts.insert(path, fact);
    };
    let digest = judged.digest.to_string();
    let evidence = Some(digest.as_str());
    for (metric, claims) in &judged.claims.metrics {
        let name = metric.name();
        for (key, value) in ends(claims.value, claims.lower95, claims.upper95) {
            put(vec!["metrics", name, key], value, evidence);
        }
        if let Some(gain) = &claims.gain {
            for (key, value) in ends(gain.value, gain.lower95, gain.upper95) {
                put(vec!["metrics", name, "gain", key], value, evidence);
            }
        }
        if let Some(baseline) = claims.baseline {
            put(vec!["baseline", name, "value"], baseline.0, evidence);
        }
    }
    if let Some(slice) = judged.claims.slices.first() {
        let by_slice = judged.claims.slices.iter().map(|slice| slice.value.0);
        let least = by_slice.clone().fold(f64::INFINITY, f64::min);
        let greatest = by_slice.fold(f64::NEG_INFINITY, f64::max);
        for path in [vec!["slices", "accuracy"], vec!["slices", &slice.by, "accuracy"]] {
            put([path.clone(), vec!["min"]].concat(), least, evidence);
            put([path, vec!["max"]].concat(), greatest, evidence);
        }
    }
    if let Some(validation) = &chain.validation.evaluation {
        let digest = validation.digest.to_string();
        for (metric, claims) in &validation.claims.metrics {
            for (key, value) in ends(claims.value, claims.lower95, claims.upper95) {
                put(vec!["validation", metric.name(), key], value, Some(&digest));
            }
        }
    }
    if let Some(folds) = &chain.cross_validation {
        let digest = folds.digest.to_string();
        for (metric, claims) in &folds.claims.metrics {
            let over_folds = [("min", claims.min.0), ("max", claims.max.0)];
            for (key, value) in ends(claims.value, claims.lower95, claims.upper95).into_iter().chain(over_folds) {
                put(vec!["cross_validation", metric.name(), key], value, Some(&digest));
            }
        }
    }
    let (raw, rows) = (&profile.raw, &profile.split);
    put(vec!["data", "rows"], (raw.source.rows + raw.test.rows) as f64, None);
    put(vec!["data", "train_rows"], rows.train.rows as f64, None);
    put(vec!["data", "validation_rows"], rows.validation.rows as f64, None);
    put(vec!["data", "test_rows"], rows.test.rows as f64, None);
    put(vec!["data", "dropped"], chain.dropped_rows() as f64 / raw.source.rows.max(1) as f64, None);
    // On validation: the reading that a yes leads to. What can be said once the test split was read must not be a no before.
    put(vec!["test_reads"], judged.claims.test_reads.unwrap_or(1) as f64, None);
    put(vec!["train", "epochs"], f64::from(train.epochs), None);
    put(vec!["train", "best_epoch"], f64::from(train.best_epoch), None);
    put(vec!["model", "parameters"], train.n_parameters as f64, None);
    Some(facts)
}

fn ends(value: Number, lower95: Number, upper95: Number) -> [(&'static str, f64); 3] {
    [("value", value.0), ("lower95", lower95.0), ("upper95", upper95.0)]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proofmark_criteria::Path;
    use proofmark_train::metrics::{EvaluationOptions, Predictions, evaluate};
    use serde_json::json;

    use super::*;
    use crate::chain::{JudgedLinks, Link};
    use crate::cross_validation::{FoldHead, FoldResult, SavedFold, claims_of};
    use crate::spec::read::read;
    use crate::statements::evaluation_claims;

    const SPEC: &str = "
name: a
data:
  source: { idx: { folder: data } }
  features: [{ name: image, type: image }]
  target: { name: label, type: category }
model: { layers: [flatten, { dense: { units: 2, activation: softmax } }] }
train: { epochs: 1, loss: categorical_crossentropy, optimizer: adam }
";

    /// What criteria may ask for is exactly what there will be, whatever is measured.
    #[test]
    fn every_path_has_a_fact_and_every_fact_a_path() {
        for overrides in [
            &["evaluate.metrics=[accuracy, precision, recall, f1, loss, perplexity, calibration_error, confusion]"][..],
            &["evaluate.metrics=[loss, confusion]", "evaluate.slices=[label]"],
            &["data.split.validation=0"],
            &["cross_validation={ folds: 2 }", "evaluate.metrics=[accuracy, f1, loss, confusion]"],
        ] {
            let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
            let spec = read::<RunSpec>("a.yaml", SPEC, &overrides).expect("a good spec").value;
            let predictions = Predictions {
                classes: 2,
                probabilities: vec![0.9, 0.1, 0.2, 0.8, 0.6, 0.4],
                losses: vec![0.1, 0.2, 0.9],
                labels: vec![0, 1, 1],
                ..Predictions::default()
            };
            let evaluation = evaluate(
                &predictions,
                &EvaluationOptions {
                    metrics: &spec.evaluate.metrics,
                    slice_by: spec.evaluate.slices.first().map(String::as_str),
                    classes: &["0".to_owned(), "1".to_owned()],
                    majority_class: 0,
                    seed: 0,
                    threshold: None,
                    max_mistakes: 0,
                },
            );
            let judged = |split, test_reads| JudgedLinks {
                evaluation: Some(Link::made(evaluation_claims(split, &evaluation, test_reads))),
                decision: None,
            };
            let part = json!({
                "rows": 6, "label_missing": 0, "label_classes": 2, "label_min_share": 0.5, "image_height": 1,
                "image_width": 1, "image_channels": 1, "image_mean": 0, "image_std": 0, "image_duplicates": 0,
                "image_constant": 0, "image_rough": 0, "image_digest": "",
            });
            let (parts, rows) = (json!({ "source": part, "test": part }), json!({ "rows": 3, "by_class": [2, 1] }));
            let profile = json!({
                "classes": ["0", "1"], "sources": [], "raw": parts, "cleaned": parts,
                "split": { "train": rows, "validation": rows, "test": rows, "test_unlabelled": 0 },
            });
            let train = json!({
                "epochs": 1, "best_epoch": 1, "stopped": "epochs", "history": [], "n_parameters": 4,
                "parameters": null, "model": null,
            });
            let mut chain = Chain {
                profile: Some(Link::made(serde_json::from_value(profile).expect("a profile"))),
                train: Some(Link::made(serde_json::from_value(train).expect("a training"))),
                test: judged(Split::Test, Some(1)),
                ..Chain::default()
            };
            if let Some(asked) = &spec.cross_validation {
                let result = |fold| FoldResult {
                    fold,
                    train_rows: 3,
                    validation_rows: 0,
                    held_out_rows: 3,
                    epochs: 1,
                    best_epoch: 1,
                    stopped_early: false,
                    parameters: String::new(),
                    predictions: String::new(),
                };
                let head = |fold| FoldHead { training: String::new(), classes: 2, result: result(fold), seconds: 0.0 };
                let folds = [1, 2].map(|fold| SavedFold { head: head(fold), predictions: predictions.clone() });
                chain.cross_validation = Some(Link::made(claims_of(asked.kind, &folds, &evaluation)));
            }
            if spec.data.split.validation > 0.0 {
                chain.validation = judged(Split::Validation, None);
            }
            let facts = facts(&chain, Split::Test).expect("it was measured");
            let there: BTreeSet<Path> = facts.iter().map(|(path, _)| path.clone()).collect();
            let asked: BTreeSet<Path> = schema_of(&spec).iter().map(|known| known.pattern().clone()).collect();
            assert_eq!(there, asked, "{overrides:?}");
        }
    }
}
