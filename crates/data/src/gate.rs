//! The gate: rules over the profile, and the bounded cleaning loop when one of them does not hold.

use crate::clean::{CleanContext, Helps, OperatorName};
use crate::dataset::{Column, Dataset};
use crate::error::DataError;
use crate::prepare::{Progress, Stage};
use crate::preprocess::{FittedFeature, Geometry};
use crate::profile::{
    CategoryState, ColumnNames, ColumnState, Profiles, RoughnessLimit, SourceState, facts, facts_schema,
};
use crate::spec::{CleanSpec, FeatureSpec, QualitySpec};
use proofmark_criteria::{Criterion, Facts, Outcome, Verdict, compile};
use proofmark_messages::{Lang, Localize, data as say};
use serde::Serialize;

/// What the gate decided, and how it came to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GateReport {
    /// The outcome for the data as they are after the last accepted round: yes if all rules hold.
    pub verdict: Outcome,
    /// Each rule's verdict on the data as they came.
    pub before: Vec<Verdict>,
    /// Each rule's verdict on the data as they are after the last accepted round.
    pub after: Vec<Verdict>,
    /// The rounds of cleaning, in order; none if the data were good or nothing could be done.
    pub rounds: Vec<Round>,
    /// Why the loop ended.
    pub stopped: Reason,
}

/// One round of cleaning.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Round {
    /// From 1.
    pub number: u32,
    /// What was applied, in this order, and to which rows.
    pub applied: Vec<Touched>,
    /// Whether the round stands; a round that would drop too much does not.
    pub accepted: bool,
    /// The profiles before the round.
    pub before: Profiles,
    /// The profiles after it (if not accepted: as they would be).
    pub after: Profiles,
    /// Each rule's verdict after it (if not accepted: as it would be).
    pub verdicts: Vec<Verdict>,
}

/// The rows that an operator touched: the lineage of what was dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Touched {
    /// The operator.
    pub operator: OperatorName,
    /// The ids of the train rows that it dropped, sorted.
    pub train: Vec<u64>,
    /// The ids of the validation rows that it dropped, sorted.
    pub validation: Vec<u64>,
}

/// Why the cleaning loop ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// All rules hold.
    Met,
    /// A rule does not hold, and no operator that the spec lists changes anything about it.
    NoChange,
    /// A rule does not hold after the last round that the spec allows.
    Rounds {
        /// How many it allows.
        max_rounds: u32,
    },
    /// The round would have dropped more than the spec allows.
    TooMuchDropped {
        /// The class of which too much would go; `None`: of all rows.
        class: Option<String>,
        /// Rows that all rounds together would have dropped.
        dropped: u64,
        /// Rows that there were.
        of: u64,
        /// The share that the spec allows.
        max_dropped: f64,
    },
}

impl Localize for Reason {
    fn text(&self, lang: Lang) -> String {
        match self {
            Reason::Met => say::stopped_met(lang),
            Reason::NoChange => say::stopped_no_change(lang),
            Reason::Rounds { max_rounds } => say::stopped_rounds(lang, max_rounds),
            Reason::TooMuchDropped { class, dropped, of, max_dropped } => match class {
                Some(class) => say::stopped_too_much_of_class(lang, dropped, of, class, max_dropped),
                None => say::stopped_too_much(lang, dropped, of, max_dropped),
            },
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            Reason::Met => None,
            Reason::NoChange => Some(say::hint_stopped_no_change(lang)),
            Reason::Rounds { .. } => Some(say::hint_stopped_rounds(lang)),
            Reason::TooMuchDropped { .. } => Some(say::hint_stopped_too_much(lang)),
        }
    }
}

/// Reads the rules.
///
/// # Errors
/// With every rule that cannot be read.
pub fn rules(quality: &QualitySpec, columns: &ColumnNames) -> Result<Vec<Criterion>, Vec<DataError>> {
    let schema = facts_schema(columns);
    let mut criteria = Vec::new();
    let mut errors = Vec::new();
    for (rule_idx, rule) in quality.require.iter().enumerate() {
        match compile(rule, &schema) {
            Ok(criterion) => criteria.push(criterion),
            Err(error) => errors.push(DataError::Rule { rule_idx, error }),
        }
    }
    if errors.is_empty() { Ok(criteria) } else { Err(errors) }
}

/// Train and validation, which are cleaned together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) train: Vec<u32>,
    pub(crate) validation: Vec<u32>,
}

/// What profiles are made from, besides the rows that are left.
pub(crate) struct Subject<'a> {
    pub(crate) dataset: &'a Dataset,
    pub(crate) test_dataset: &'a Dataset,
    pub(crate) test_rows: &'a [u32],
    pub(crate) classes: &'a [String],
    pub(crate) columns: &'a ColumnNames,
    pub(crate) feature: &'a FeatureSpec,
    /// Of images.
    pub(crate) geometry: Option<&'a Geometry>,
    pub(crate) test_state: SourceState,
    pub(crate) test_pixels: Vec<[u64; 256]>,
    pub(crate) test_hashes: Vec<u128>,
    pub(crate) rough_limit: RoughnessLimit,
}

impl<'a> Subject<'a> {
    #[allow(clippy::too_many_arguments, reason = "one caller, and all of it is needed")]
    pub(crate) fn new(
        dataset: &'a Dataset,
        train: &[u32],
        test_dataset: &'a Dataset,
        test_rows: &'a [u32],
        classes: &'a [String],
        columns: &'a ColumnNames,
        feature: &'a FeatureSpec,
        geometry: Option<&'a Geometry>,
    ) -> Subject<'a> {
        let test_state = SourceState::of(test_dataset, test_rows, classes.len());
        let test_pixels = prepared_pixels(geometry, test_dataset, test_rows, &test_state);
        let test_hashes = test_state.sorted_hashes();
        let rough_limit = SourceState::of(dataset, train, classes.len()).roughness_limit();
        Subject {
            dataset,
            test_dataset,
            test_rows,
            classes,
            columns,
            feature,
            geometry,
            test_state,
            test_pixels,
            test_hashes,
            rough_limit,
        }
    }

    /// The profiles of the rows that are left, and the preprocessing fitted to train's.
    pub(crate) fn profiles(&self, kept: &Kept) -> (Profiles, FittedFeature) {
        let Subject { dataset, test_dataset, test_rows, classes, geometry, rough_limit, .. } = *self;
        let mut state = SourceState::of(dataset, &kept.train, classes.len());
        let train_pixels = prepared_pixels(geometry, dataset, &kept.train, &state);
        let validation = SourceState::of(dataset, &kept.validation, classes.len());
        let validation_pixels = prepared_pixels(geometry, dataset, &kept.validation, &validation);
        state.merge(&validation);

        let (fitted, features, test_features) = match (dataset.column(), test_dataset.column()) {
            (Column::Series(series), Column::Series(test_series)) => {
                let fitted = FittedFeature::fit_series(self.feature, series, &kept.train);
                let features = fitted.profile_series(&[(series, &kept.train), (series, &kept.validation)]);
                let test_features = fitted.profile_series(&[(test_series, test_rows)]);
                (fitted, features, test_features)
            }
            _ => {
                let fitted = self.fit_images(&train_pixels);
                let rows = (kept.train.len() + kept.validation.len()) as u64;
                let features = fitted.profile(rows, &[&train_pixels, &validation_pixels]);
                let test_features = fitted.profile(test_rows.len() as u64, &[&self.test_pixels]);
                (fitted, features, test_features)
            }
        };
        let profiles = Profiles {
            source: state.finish(dataset, classes, &self.test_hashes, rough_limit),
            features,
            test_source: self.test_state.finish(test_dataset, classes, &[], rough_limit),
            test_features,
        };
        (profiles, fitted)
    }

    /// The preprocessing, fitted to these rows alone.
    pub(crate) fn fit(&self, train: &[u32]) -> FittedFeature {
        match (self.dataset.column(), self.geometry) {
            (Column::Series(series), _) => FittedFeature::fit_series(self.feature, series, train),
            (Column::Image(_), geometry) => {
                let pixels = geometry.map(|geometry| geometry.pixels(self.dataset, train));
                self.fit_images(&pixels.unwrap_or_default())
            }
        }
    }

    fn fit_images(&self, pixels: &[[u64; 256]]) -> FittedFeature {
        let geometry = self.geometry.expect("images have a geometry");
        FittedFeature::fit(self.feature, geometry, pixels)
    }

    fn facts(&self, profiles: &Profiles) -> Facts {
        facts(profiles, self.columns)
    }
}

/// The bytes of prepared images, none of what is no image; where preparing changes none, the profile has counted them.
fn prepared_pixels(
    geometry: Option<&Geometry>,
    dataset: &Dataset,
    rows: &[u32],
    state: &SourceState,
) -> Vec<[u64; 256]> {
    match (geometry, &state.column) {
        (Some(geometry), ColumnState::Image(images)) if geometry.is_identity() => images.pixels().to_vec(),
        (Some(geometry), ColumnState::Image(_)) => geometry.pixels(dataset, rows),
        _ => Vec::new(),
    }
}

/// Judges the data and cleans them while that helps. Returns the report with the profiles and the fitted preprocessing
/// of what is left in `kept`.
pub(crate) fn run(
    subject: &Subject,
    rules: &[Criterion],
    clean: &CleanSpec,
    kept: &mut Kept,
    progress: &mut dyn FnMut(Progress),
) -> (GateReport, Profiles, FittedFeature) {
    let budget = Budget::new(subject, kept, clean.max_dropped);
    let (mut profiles, mut fitted) = subject.profiles(kept);
    let before = judge(rules, &subject.facts(&profiles));
    let mut verdicts = before.clone();
    let mut rounds: Vec<Round> = Vec::new();
    let stopped = loop {
        if outcome(&verdicts) == Outcome::Yes {
            break Reason::Met;
        }
        let number = rounds.len() as u32 + 1;
        if number > clean.max_rounds {
            break Reason::Rounds { max_rounds: clean.max_rounds };
        }
        progress(Progress { stage: Stage::Clean, part: "train", done: number.into(), total: clean.max_rounds.into() });
        let mut left = kept.clone();
        let applied: Vec<Touched> = helpful(subject.columns, rules, &verdicts, &clean.operators)
            .into_iter()
            .map(|operator| apply(subject, operator, &mut left))
            .collect();
        if left == *kept {
            break Reason::NoChange;
        }
        let (after, fitted_after) = subject.profiles(&left);
        let verdicts_after = judge(rules, &subject.facts(&after));
        let over_budget = budget.exceeded_by(subject, &left);
        rounds.push(Round {
            number,
            applied,
            accepted: over_budget.is_none(),
            before: profiles.clone(),
            after: after.clone(),
            verdicts: verdicts_after.clone(),
        });
        if let Some(reason) = over_budget {
            break reason;
        }
        *kept = left;
        (profiles, fitted, verdicts) = (after, fitted_after, verdicts_after);
    };
    let verdict = outcome(&verdicts);
    (GateReport { verdict, before, after: verdicts, rounds, stopped }, profiles, fitted)
}

fn judge(rules: &[Criterion], facts: &Facts) -> Vec<Verdict> {
    rules.iter().map(|rule| rule.evaluate(facts)).collect()
}

/// Yes if all are, no if one is; else there is no evidence.
fn outcome(verdicts: &[Verdict]) -> Outcome {
    let any = |outcome: Outcome| verdicts.iter().any(|verdict| verdict.outcome == outcome);
    match (any(Outcome::No), any(Outcome::NoEvidence)) {
        (true, _) => Outcome::No,
        (false, true) => Outcome::NoEvidence,
        (false, false) => Outcome::Yes,
    }
}

/// The listed operators that improve something which a failing rule reads.
fn helpful(
    columns: &ColumnNames,
    rules: &[Criterion],
    verdicts: &[Verdict],
    operators: &[OperatorName],
) -> Vec<OperatorName> {
    let failing = rules.iter().zip(verdicts).filter(|(_, verdict)| verdict.outcome != Outcome::Yes);
    let read: Vec<&[String]> = failing.flat_map(|(rule, _)| rule.paths()).map(|path| path.segments()).collect();
    let reads = |helps: &Helps| {
        let (column, name) = match helps {
            Helps::Target(name) => (&columns.target, *name),
            Helps::Feature(name) => (&columns.feature, *name),
        };
        read.iter().any(|segments| *segments == ["source", column, name])
    };
    operators.iter().copied().filter(|operator| operator.operator().helps().iter().any(reads)).collect()
}

fn apply(subject: &Subject, operator: OperatorName, left: &mut Kept) -> Touched {
    let mut dropped = operator.operator().rows_to_drop(&CleanContext {
        dataset: subject.dataset,
        train: &left.train,
        validation: &left.validation,
        test_hashes: &subject.test_hashes,
        rough_limit: subject.rough_limit,
    });
    dropped.sort_unstable();
    let take = |rows: &mut Vec<u32>| -> Vec<u64> {
        let (gone, stay) = rows.iter().partition(|row| dropped.binary_search(row).is_ok());
        *rows = stay;
        let gone: Vec<u32> = gone;
        gone.into_iter().map(u64::from).collect()
    };
    Touched { operator, train: take(&mut left.train), validation: take(&mut left.validation) }
}

/// How much may go, of all rows and of every class.
struct Budget {
    rows: u64,
    by_class: Vec<u64>,
    max_dropped: f64,
}

impl Budget {
    fn new(subject: &Subject, kept: &Kept, max_dropped: f64) -> Budget {
        let counts = count(subject, kept);
        Budget { rows: counts.rows(), by_class: counts.counts().to_vec(), max_dropped }
    }

    fn exceeded_by(&self, subject: &Subject, left: &Kept) -> Option<Reason> {
        let counts = count(subject, left);
        let max_dropped = self.max_dropped;
        let check = |class: Option<&String>, of: u64, left: u64| {
            let dropped = of - left;
            let class = class.cloned();
            let exceeded = dropped as f64 > max_dropped * of as f64;
            exceeded.then_some(Reason::TooMuchDropped { class, dropped, of, max_dropped })
        };
        let classes = subject.classes.iter().zip(&self.by_class).zip(counts.counts());
        check(None, self.rows, counts.rows())
            .or_else(|| classes.into_iter().find_map(|((class, of), left)| check(Some(class), *of, *left)))
    }
}

fn count(subject: &Subject, kept: &Kept) -> CategoryState {
    let mut counts = CategoryState::new(subject.classes.len());
    kept.train.iter().chain(&kept.validation).for_each(|row| counts.update(subject.dataset.label(*row)));
    counts
}
