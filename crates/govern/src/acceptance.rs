//! Acceptance: all criteria of a spec's `accept` must hold, on evidence.
//!
//! ```
//! use proofmark_criteria::{Fact, Facts};
//! use proofmark_govern::acceptance::{self, AcceptanceSpec, Measures, accept, acceptance_schema};
//!
//! let spec = AcceptanceSpec::new(["metrics.accuracy.lower95 >= 0.9772"]).expect("one criterion");
//! let measures = Measures { metrics: vec!["accuracy".to_owned()], ..Measures::default() };
//! let criteria = spec.compile(&acceptance_schema(&measures))?;
//!
//! let mut facts = Facts::new();
//! facts.insert("metrics.accuracy.lower95", Fact::measured(0.9881));
//! assert_eq!(accept(&criteria, &facts).outcome, acceptance::Outcome::Accepted);
//! # Ok::<(), acceptance::AcceptanceError>(())
//! ```

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use proofmark_criteria::{Criterion, CriterionError, Facts, Kind, Outcome as Holds, Path, Schema, Verdict, compile};
use proofmark_messages::{Lang, Localize, criteria as say, display_in_english};
use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a spec's `accept` says: one criterion, or several which must all hold. Never none.
///
/// In YAML a text or a list of texts; it is written back as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptanceSpec {
    criteria: Vec<String>,
}

/// Whether a model is accepted, and all that this stands on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The decision.
    pub outcome: Outcome,
    /// The verdict on each criterion, in the order of the spec.
    pub verdicts: Vec<Verdict>,
}

/// A decision in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All criteria hold.
    Accepted,
    /// At least one criterion does not hold, whatever is known of the others.
    Refused,
    /// No criterion is known to fail, and at least one cannot be judged; or there is none.
    NoEvidence,
}

/// The criteria of a spec that cannot be used: every one of them that is wrong.
#[derive(Clone, Debug)]
pub struct AcceptanceError {
    /// What is wrong with which; at least one, in the order of the spec.
    pub problems: Vec<AcceptanceProblem>,
}

/// One criterion that cannot be used.
#[derive(Clone, Debug)]
pub struct AcceptanceProblem {
    /// Which of the criteria, counted from 0.
    pub idx: usize,
    /// What is wrong with it; its offsets count from the beginning of that criterion's text.
    pub error: CriterionError,
}

/// A list without a criterion in it: nothing could be refused by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoCriterion;

/// One row of [`PATHS`].
#[derive(Clone, Copy, Debug)]
pub struct PathRow {
    /// The path; a `*` in it stands for the names that [`Given`] says.
    pub pattern: &'static str,
    /// When there is such a fact.
    pub given: Given,
    /// The kind of value that is read there.
    pub kind: Kind,
    /// One line of documentation in each language.
    pub doc: fn(Lang) -> String,
}

/// When a path of [`PATHS`] has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// In every run.
    Always,
    /// For every metric that is measured: its name stands for `*`.
    Measured,
    /// For every metric that is measured and has a baseline.
    Compared,
    /// For every metric that is measured, where there is a validation split.
    Validated,
    /// For every metric that is measured, where there is a cross-validation.
    CrossValidated,
    /// Where results are sliced: the columns stand for `*`.
    Sliced,
}

/// What a spec has measured, and with it which paths its criteria may read. A criterion on anything else could never hold,
/// or would hold by its `optional` default alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// The metrics that come with a value.
    pub metrics: Vec<String>,
    /// Those of them that are also measured of the baseline.
    pub compared: Vec<String>,
    /// The columns by which accuracy is sliced.
    pub slices: Vec<String>,
    /// Whether there is a cross-validation.
    pub has_cross_validation: bool,
    /// Whether there is a validation split.
    pub has_validation: bool,
}

/// Every path that acceptance may read.
///
/// `metrics` are those of the split that is being judged: validation when it is decided whether to go on to test, test for
/// the final candidate. Times are no evidence of a model's worth, and are not here.
pub const PATHS: &[PathRow] = &[
    row("metrics.*.value", Given::Measured, say::path_metric_value),
    row("metrics.*.lower95", Given::Measured, say::path_metric_lower95),
    row("metrics.*.upper95", Given::Measured, say::path_metric_upper95),
    row("metrics.*.gain.value", Given::Compared, say::path_gain_value),
    row("metrics.*.gain.lower95", Given::Compared, say::path_gain_lower95),
    row("metrics.*.gain.upper95", Given::Compared, say::path_gain_upper95),
    row("baseline.*.value", Given::Compared, say::path_baseline_value),
    row("validation.*.value", Given::Validated, say::path_validation_value),
    row("validation.*.lower95", Given::Validated, say::path_validation_lower95),
    row("validation.*.upper95", Given::Validated, say::path_validation_upper95),
    row("cross_validation.*.value", Given::CrossValidated, say::path_cross_validation_value),
    row("cross_validation.*.lower95", Given::CrossValidated, say::path_cross_validation_lower95),
    row("cross_validation.*.upper95", Given::CrossValidated, say::path_cross_validation_upper95),
    row("cross_validation.*.min", Given::CrossValidated, say::path_cross_validation_min),
    row("cross_validation.*.max", Given::CrossValidated, say::path_cross_validation_max),
    row("slices.accuracy.min", Given::Sliced, say::path_slices_min),
    row("slices.accuracy.max", Given::Sliced, say::path_slices_max),
    row("slices.*.accuracy.min", Given::Sliced, say::path_slice_min),
    row("slices.*.accuracy.max", Given::Sliced, say::path_slice_max),
    row("data.rows", Given::Always, say::path_data_rows),
    row("data.train_rows", Given::Always, say::path_data_train_rows),
    row("data.validation_rows", Given::Always, say::path_data_validation_rows),
    row("data.test_rows", Given::Always, say::path_data_test_rows),
    row("data.dropped", Given::Always, say::path_data_dropped),
    row("test_reads", Given::Always, say::path_test_reads),
    row("train.epochs", Given::Always, say::path_train_epochs),
    row("train.best_epoch", Given::Always, say::path_train_best_epoch),
    row("model.parameters", Given::Always, say::path_model_parameters),
];

const fn row(pattern: &'static str, given: Given, doc: fn(Lang) -> String) -> PathRow {
    PathRow { pattern, given, kind: Kind::Number, doc }
}

/// [`PATHS`] as documentation shows them, `*` for any name. Criteria are checked against [`acceptance_schema`].
pub fn documented_paths() -> Schema {
    PATHS.iter().fold(Schema::new(), |schema, row| schema.with(row.pattern, row.kind, row.doc))
}

/// The paths that the criteria of one spec may read: those of [`PATHS`] that will have a value.
pub fn acceptance_schema(measures: &Measures) -> Schema {
    let mut schema = Schema::new();
    for PathRow { pattern, given, kind, doc } in PATHS {
        let always = [String::new()];
        let names: &[String] = match given {
            Given::Always => &always,
            Given::Measured => &measures.metrics,
            Given::Compared => &measures.compared,
            Given::Validated if measures.has_validation => &measures.metrics,
            Given::CrossValidated if measures.has_cross_validation => &measures.metrics,
            Given::Validated | Given::CrossValidated => &[],
            // A path without `*` is there once, however many columns there are.
            Given::Sliced if !pattern.contains('*') => &measures.slices[..measures.slices.len().min(1)],
            Given::Sliced => &measures.slices,
        };
        for name in names {
            // Segment by segment: a column's name may contain points.
            let path: Path = pattern.split('.').map(|segment| if segment == "*" { name } else { segment }).collect();
            schema = schema.with(path, *kind, *doc);
        }
    }
    schema
}

/// Decides on the facts: all criteria must hold. Without a criterion nothing is accepted.
pub fn accept(criteria: &[Criterion], facts: &Facts) -> Decision {
    let verdicts: Vec<Verdict> = criteria.iter().map(|criterion| criterion.evaluate(facts)).collect();
    let any = |outcome| verdicts.iter().any(|verdict| verdict.outcome == outcome);
    let outcome = if any(Holds::No) {
        Outcome::Refused
    } else if any(Holds::NoEvidence) || verdicts.is_empty() {
        Outcome::NoEvidence
    } else {
        Outcome::Accepted
    };
    Decision { outcome, verdicts }
}

impl AcceptanceSpec {
    /// A spec of these criteria.
    ///
    /// # Errors
    ///
    /// Without a criterion.
    pub fn new<S: Into<String>>(criteria: impl IntoIterator<Item = S>) -> Result<AcceptanceSpec, NoCriterion> {
        let criteria: Vec<String> = criteria.into_iter().map(Into::into).collect();
        if criteria.is_empty() { Err(NoCriterion) } else { Ok(AcceptanceSpec { criteria }) }
    }

    /// The criteria as they were written; at least one.
    pub fn criteria(&self) -> &[String] {
        &self.criteria
    }

    /// Reads and checks all criteria.
    ///
    /// # Errors
    ///
    /// With every criterion that is wrong, and everything that is wrong with it.
    pub fn compile(&self, schema: &Schema) -> Result<Vec<Criterion>, AcceptanceError> {
        let mut criteria = Vec::new();
        let mut problems = Vec::new();
        for (idx, text) in self.criteria.iter().enumerate() {
            match compile(text, schema) {
                Ok(criterion) => criteria.push(criterion),
                Err(error) => problems.push(AcceptanceProblem { idx, error }),
            }
        }
        if problems.is_empty() { Ok(criteria) } else { Err(AcceptanceError { problems }) }
    }
}

impl Serialize for AcceptanceSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.criteria.as_slice() {
            [criterion] => serializer.serialize_str(criterion),
            criteria => criteria.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for AcceptanceSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AcceptanceSpec, D::Error> {
        struct TextOrList;

        impl<'de> Visitor<'de> for TextOrList {
            type Value = AcceptanceSpec;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&say::accept_expecting(Lang::En))
            }

            fn visit_str<E: de::Error>(self, criterion: &str) -> Result<AcceptanceSpec, E> {
                Ok(AcceptanceSpec { criteria: vec![criterion.to_owned()] })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<AcceptanceSpec, A::Error> {
                let mut criteria = Vec::new();
                while let Some(criterion) = list.next_element::<String>()? {
                    criteria.push(criterion);
                }
                AcceptanceSpec::new(criteria).map_err(de::Error::custom)
            }
        }

        // A text or a list, told apart by what stands there: an untagged enum would lose positions and say only that no
        // variant fits.
        deserializer.deserialize_any(TextOrList)
    }
}

impl JsonSchema for AcceptanceSpec {
    fn schema_name() -> Cow<'static, str> {
        "AcceptanceSpec".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        json_schema!({
            "description": "One criterion, or a list of criteria which must all hold.",
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            ],
            "examples": ["metrics.accuracy.lower95 >= 0.97"],
        })
    }
}

impl Localize for Decision {
    fn text(&self, lang: Lang) -> String {
        let n_criteria = self.verdicts.len();
        let n = |outcome| self.verdicts.iter().filter(|verdict| verdict.outcome == outcome).count();
        match (self.outcome, n_criteria) {
            (_, 0) => say::nothing_to_judge(lang),
            (Outcome::Accepted, 1) => say::accepted_one(lang),
            (Outcome::Accepted, _) => say::accepted(lang, n_criteria),
            (Outcome::Refused, 1) => say::refused_one(lang),
            (Outcome::Refused, _) => say::refused(lang, n(Holds::No), n_criteria),
            (Outcome::NoEvidence, 1) => say::not_judged_one(lang),
            (Outcome::NoEvidence, _) => say::not_judged(lang, n(Holds::NoEvidence), n_criteria),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self.outcome {
            Outcome::NoEvidence => self.verdicts.iter().find_map(|verdict| verdict.hint(lang)),
            // More evidence would not change it.
            Outcome::Accepted | Outcome::Refused => None,
        }
    }
}

impl Localize for NoCriterion {
    fn text(&self, lang: Lang) -> String {
        say::accept_empty(lang)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        Some(say::example_hint(lang, "metrics.accuracy.lower95 >= 0.97"))
    }
}

impl Localize for AcceptanceProblem {
    fn text(&self, lang: Lang) -> String {
        say::accept_problem(lang, self.idx + 1, self.error.text(lang))
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        self.error.hint(lang)
    }
}

impl Localize for AcceptanceError {
    fn text(&self, lang: Lang) -> String {
        let first = self.problems.first().map(|problem| problem.text(lang)).unwrap_or_default();
        match self.problems.len() {
            0 | 1 => first,
            n => say::and_more_problems(lang, first, n - 1),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        self.problems.first()?.hint(lang)
    }
}

display_in_english!(NoCriterion);
display_in_english!(AcceptanceProblem);
display_in_english!(AcceptanceError);

impl Error for NoCriterion {}

impl Error for AcceptanceProblem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

impl Error for AcceptanceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.problems.first().map(|problem| problem as _)
    }
}
