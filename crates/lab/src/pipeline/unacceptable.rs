//! What is wrong with `accept`, with what to do about it in *this* spec.

use proofmark_criteria::{CriterionError, Path, ProblemKind};
use proofmark_messages::{Lang, Localize, display_in_english, lab as say};
use proofmark_train::metrics::Metric;

use crate::run_spec::RunSpec;

/// A criterion that cannot be used. A path that exists, but of which this spec measures nothing, gets a hint of its own.
#[derive(Debug)]
pub(super) struct Unacceptable {
    error: CriterionError,
    remedy: Option<Remedy>,
}

/// What would give a path its value.
#[derive(Debug, PartialEq)]
enum Remedy {
    /// A metric that is not measured.
    Measure(&'static str),
    /// There is no cross-validation.
    CrossValidate,
    /// There is no validation split.
    Validate,
    /// Nothing is sliced; the only column for slices so far is the target.
    Slice(String),
}

impl Unacceptable {
    pub(super) fn new(error: CriterionError, spec: &RunSpec) -> Unacceptable {
        // The hint of a criterion is that of its first problem.
        let remedy = match error.problems.first().map(|problem| &problem.kind) {
            Some(ProblemKind::UnknownPath { path, .. }) => remedy(path, spec),
            _ => None,
        };
        Unacceptable { error, remedy }
    }
}

fn remedy(path: &Path, spec: &RunSpec) -> Option<Remedy> {
    let [area, name, ..] = path.segments() else { return None };
    let is_measured = |metric: &&Metric| spec.evaluate.metrics.contains(metric);
    match area.as_str() {
        "validation" if !spec.data.split.has_validation() => Some(Remedy::Validate),
        "cross_validation" if spec.cross_validation.is_none() => Some(Remedy::CrossValidate),
        "metrics" | "baseline" | "validation" | "cross_validation" => {
            let metric =
                Metric::ALL.iter().find(|metric| metric.name() == name).filter(|metric| !is_measured(metric))?;
            // The confusion matrix is no number, measured or not.
            (*metric != Metric::Confusion).then(|| Remedy::Measure(metric.name()))
        }
        "slices" if spec.evaluate.slices.is_empty() => Some(Remedy::Slice(spec.data.target.name.clone())),
        _ => None,
    }
}

impl Localize for Unacceptable {
    fn text(&self, lang: Lang) -> String {
        self.error.text(lang)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match &self.remedy {
            Some(Remedy::Measure(metric)) => Some(say::measure_it_hint(lang, metric)),
            Some(Remedy::CrossValidate) => Some(say::cross_validate_hint(lang)),
            Some(Remedy::Validate) => Some(say::validate_hint(lang)),
            Some(Remedy::Slice(column)) => Some(say::slice_hint(lang, column)),
            None => self.error.hint(lang),
        }
    }
}

display_in_english!(Unacceptable);

impl std::error::Error for Unacceptable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
