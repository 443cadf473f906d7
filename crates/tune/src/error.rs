//! What can be wrong with a search, with how a study is used, and with its journal.

use std::error::Error;
use std::fmt;
use std::ops::Bound;

use proofmark_messages::{Lang, Localize, display_in_english, model as ranges, tune as say};
use serde_json::Value as Json;

/// One thing that is wrong with a spec, and where it stands in the user's file.
#[derive(Clone, Debug, PartialEq)]
pub struct SpecError {
    /// The path in the spec: `adjust.search."train.batch_size".integer`.
    pub path: String,
    /// What is wrong.
    pub kind: SpecErrorKind,
}

/// Everything that is wrong with a spec; at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct SpecErrors(pub(crate) Vec<SpecError>);

impl SpecErrors {
    /// The errors, in the order of the spec.
    pub fn into_vec(self) -> Vec<SpecError> {
        self.0
    }
}

/// The ways in which a search is wrong.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the operands say what the sentences in proofmark-messages say about them")]
pub enum SpecErrorKind {
    /// No parameter, or too many.
    ParameterCount { received: usize, maximum: usize },
    /// A path that stands twice.
    DuplicateParameter { parameter: String },
    /// None or several of the five kinds of domain.
    DomainKind { received: Vec<&'static str> },
    /// An end that is NaN or infinite.
    EndsNotFinite { low: f64, high: f64 },
    /// A low end above the high one.
    EndsReversed { low: f64, high: f64 },
    /// Ends whose difference is no number.
    TooWide { low: f64, high: f64 },
    /// A logarithmic range that does not start above 0.
    LogNotPositive { low: f64 },
    /// Integers that are no longer exact as f64.
    IntegerTooLarge { low: i64, high: i64, limit: i64 },
    /// A step for a kind that has none.
    StepWithout { kind: &'static str },
    /// A step that is not above 0.
    StepNotPositive { step: f64 },
    /// A step between integers that is none.
    StepNotInteger { step: f64 },
    /// A step so small that values cannot be told apart.
    TooManySteps { step: f64 },
    /// A choice or a condition without values.
    NoValues,
    /// A choice that stands twice.
    DuplicateChoice { value: Json, first_idx: usize },
    /// A condition on what is not searched.
    UnknownParent { parent: String },
    /// A condition on a number that is no integer.
    ContinuousParent { parent: String },
    /// A condition on a value that the other parameter cannot have.
    ImpossibleCondition { parent: String, value: Json },
    /// Parameters that depend on each other in a circle.
    Circle { parameters: Vec<String> },
    /// A number outside its range.
    OutOfRange { parameter: &'static str, value: f64, range: (Bound<f64>, Bound<f64>) },
    /// No goal, or too many.
    GoalCount { received: usize, maximum: usize },
    /// More goals than the sampler follows.
    SamplerGoals { sampler: &'static str, received: usize, maximum: usize },
    /// More parameters than the sampler searches.
    SamplerParameters { sampler: &'static str, received: usize, maximum: usize },
    /// A pruner with several goals.
    PrunerGoals { pruner: &'static str, received: usize },
}

/// A study that is used in a way in which it cannot be.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the operands say what the sentences in proofmark-messages say about them")]
pub enum StudyError {
    /// No trial has this number.
    UnknownTrial { number: u64, n_trials: usize },
    /// The trial ended before.
    Finished { number: u64 },
    /// A step that is 0, or before the last one and not among those reported.
    StepOrder { number: u64, step: u64, last: u64 },
    /// A step that was reported with another value.
    ReportDiffers { number: u64, step: u64, expected: Option<f64>, received: Option<f64> },
    /// Another number of values than of goals.
    ObjectiveCount { number: u64, expected: usize, received: usize },
}

/// A journal that cannot be what a study wrote.
#[derive(Debug)]
pub struct JournalError {
    /// The record's place, from 0.
    pub position: usize,
    /// What is wrong with it.
    pub kind: JournalErrorKind,
}

/// The ways in which a record of a journal is wrong.
#[derive(Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the operands say what the sentences in proofmark-messages say about them")]
pub enum JournalErrorKind {
    /// A line that is no record: cut off, or altered.
    Unreadable { cause: serde_json::Error },
    /// The first record does not say that a study started.
    NoStart,
    /// A second start.
    SecondStart,
    /// A study of another spec.
    SpecDiffers { expected: String, received: String },
    /// A study with another seed.
    SeedDiffers { expected: u64, received: u64 },
    /// A trial that starts out of turn: twice, or with a gap.
    TrialOutOfTurn { expected: u64, received: u64 },
    /// More trials than the spec allows.
    TooManyTrials { maximum: u64 },
    /// A trial whose values are no point of the space.
    Misfit { number: u64, parameter: String },
    /// A step that was reported before.
    ReportTwice { number: u64, step: u64 },
    /// An end that no study records.
    State { number: u64 },
    /// What the study refuses.
    Study(StudyError),
}

impl SpecErrors {
    /// The errors, in the order of the spec.
    pub fn errors(&self) -> &[SpecError] {
        &self.0
    }
}

impl IntoIterator for SpecErrors {
    type Item = SpecError;
    type IntoIter = std::vec::IntoIter<SpecError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Localize for SpecError {
    fn text(&self, lang: Lang) -> String {
        self.kind.text(lang)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        self.kind.hint(lang)
    }
}

impl Localize for SpecErrorKind {
    fn text(&self, lang: Lang) -> String {
        use SpecErrorKind as Kind;
        match self {
            Kind::ParameterCount { received: 0, .. } => say::no_parameters(lang),
            Kind::ParameterCount { received, maximum } => say::too_many_parameters(lang, received, maximum),
            Kind::DuplicateParameter { parameter } => say::duplicate_parameter(lang, parameter),
            Kind::DomainKind { received } if received.is_empty() => say::domain_without_kind(lang),
            Kind::DomainKind { received } => say::domain_of_several_kinds(lang, quoted_list(lang, received)),
            Kind::EndsNotFinite { low, high } => say::ends_not_finite(lang, low, high),
            Kind::EndsReversed { low, high } => say::ends_reversed(lang, low, high),
            Kind::TooWide { low, high } => say::too_wide(lang, Short(*low), Short(*high)),
            Kind::LogNotPositive { low } => say::log_not_positive(lang, low),
            Kind::IntegerTooLarge { low, high, limit } => say::integer_too_large(lang, low, high, limit),
            Kind::StepWithout { kind } => say::step_without(lang, kind),
            Kind::StepNotPositive { step } => say::step_not_positive(lang, step),
            Kind::StepNotInteger { step } => say::step_not_integer(lang, step),
            Kind::TooManySteps { step } => say::too_many_steps(lang, Short(*step)),
            Kind::NoValues => say::no_values(lang),
            Kind::DuplicateChoice { value, first_idx } => say::duplicate_choice(lang, value, first_idx),
            Kind::UnknownParent { parent } => say::unknown_parent(lang, parent),
            Kind::ContinuousParent { parent } => say::continuous_parent(lang, parent),
            Kind::ImpossibleCondition { parent, value } => say::impossible_condition(lang, parent, value),
            Kind::Circle { parameters } => say::circle(lang, quoted_list(lang, parameters)),
            Kind::OutOfRange { parameter, value, range } => {
                ranges::out_of_range(lang, parameter, Short(*value), range_text(lang, *range))
            }
            Kind::GoalCount { received: 0, .. } => say::no_goals(lang),
            Kind::GoalCount { received, maximum } => say::too_many_goals(lang, received, maximum),
            Kind::SamplerGoals { sampler, received, maximum } => say::sampler_goals(lang, sampler, received, maximum),
            Kind::SamplerParameters { sampler, received, maximum } => {
                say::sampler_parameters(lang, sampler, received, maximum)
            }
            Kind::PrunerGoals { pruner, received } => say::pruner_goals(lang, pruner, received),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        use SpecErrorKind as Kind;
        match self {
            Kind::ParameterCount { received: 0, .. } => Some(say::no_parameters_hint(lang)),
            Kind::DomainKind { .. } => Some(say::domain_kind_hint(lang)),
            Kind::EndsReversed { .. } => Some(say::ends_reversed_hint(lang)),
            Kind::LogNotPositive { .. } => Some(say::log_not_positive_hint(lang)),
            Kind::StepWithout { .. } => Some(say::step_without_hint(lang)),
            Kind::UnknownParent { .. } | Kind::ContinuousParent { .. } => Some(say::parent_hint(lang)),
            Kind::NoValues => Some(say::no_values_hint(lang)),
            Kind::SamplerGoals { .. } | Kind::SamplerParameters { .. } => Some(say::sampler_limits_hint(lang)),
            Kind::PrunerGoals { .. } => Some(say::pruner_goals_hint(lang)),
            Kind::ParameterCount { .. }
            | Kind::DuplicateParameter { .. }
            | Kind::EndsNotFinite { .. }
            | Kind::TooWide { .. }
            | Kind::IntegerTooLarge { .. }
            | Kind::StepNotPositive { .. }
            | Kind::StepNotInteger { .. }
            | Kind::TooManySteps { .. }
            | Kind::DuplicateChoice { .. }
            | Kind::ImpossibleCondition { .. }
            | Kind::Circle { .. }
            | Kind::OutOfRange { .. }
            | Kind::GoalCount { .. } => None,
        }
    }
}

impl Localize for SpecErrors {
    fn text(&self, lang: Lang) -> String {
        let lines: Vec<String> = self.0.iter().map(|error| format!("{}: {}", error.path, error.text(lang))).collect();
        lines.join("\n")
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        self.0.iter().find_map(|error| error.hint(lang))
    }
}

impl Localize for StudyError {
    fn text(&self, lang: Lang) -> String {
        match self {
            StudyError::UnknownTrial { number, n_trials } => say::unknown_trial(lang, number, n_trials),
            StudyError::Finished { number } => say::trial_finished(lang, number),
            StudyError::StepOrder { number, step, last } => say::step_order(lang, number, step, last),
            StudyError::ReportDiffers { number, step, expected, received } => {
                say::report_differs(lang, number, step, Given(*expected), Given(*received))
            }
            StudyError::ObjectiveCount { number, expected, received } => {
                say::objective_count(lang, number, expected, received)
            }
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            StudyError::ReportDiffers { .. } => Some(say::report_differs_hint(lang)),
            StudyError::UnknownTrial { .. }
            | StudyError::Finished { .. }
            | StudyError::StepOrder { .. }
            | StudyError::ObjectiveCount { .. } => None,
        }
    }
}

impl Localize for JournalError {
    fn text(&self, lang: Lang) -> String {
        let what = match &self.kind {
            JournalErrorKind::Unreadable { cause } => say::record_unreadable(lang, cause),
            JournalErrorKind::NoStart => say::record_no_start(lang),
            JournalErrorKind::SecondStart => say::record_second_start(lang),
            JournalErrorKind::SpecDiffers { expected, received } => say::record_spec(lang, expected, received),
            JournalErrorKind::SeedDiffers { expected, received } => say::record_seed(lang, expected, received),
            JournalErrorKind::TrialOutOfTurn { expected, received } => say::record_turn(lang, expected, received),
            JournalErrorKind::TooManyTrials { maximum } => say::record_too_many(lang, maximum),
            JournalErrorKind::Misfit { number, parameter } => say::record_misfit(lang, number, parameter),
            JournalErrorKind::ReportTwice { number, step } => say::record_report_twice(lang, number, step),
            JournalErrorKind::State { number } => say::record_state(lang, number),
            JournalErrorKind::Study(error) => error.text(lang),
        };
        say::journal(lang, self.position + 1, what)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match &self.kind {
            JournalErrorKind::SpecDiffers { .. } | JournalErrorKind::SeedDiffers { .. } => {
                Some(say::record_differs_hint(lang))
            }
            JournalErrorKind::Unreadable { .. }
            | JournalErrorKind::NoStart
            | JournalErrorKind::SecondStart
            | JournalErrorKind::TrialOutOfTurn { .. }
            | JournalErrorKind::TooManyTrials { .. }
            | JournalErrorKind::Misfit { .. }
            | JournalErrorKind::ReportTwice { .. }
            | JournalErrorKind::State { .. }
            | JournalErrorKind::Study(_) => Some(say::journal_hint(lang)),
        }
    }
}

display_in_english!(SpecError);
display_in_english!(SpecErrors);
display_in_english!(StudyError);
display_in_english!(JournalError);

impl Error for SpecError {}
impl Error for SpecErrors {}
impl Error for StudyError {}

impl Error for JournalError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            JournalErrorKind::Unreadable { cause } => Some(cause),
            JournalErrorKind::Study(error) => Some(error),
            _ => None,
        }
    }
}

/// Names in back-quotes, with the language's comma.
fn quoted_list<S: AsRef<str>>(lang: Lang, names: &[S]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    names.join(match lang {
        Lang::En => ", ",
        Lang::ZhCn => "、",
    })
}

/// The ranges that settings have: between two numbers, or above 0.
fn range_text(lang: Lang, range: (Bound<f64>, Bound<f64>)) -> String {
    match range {
        (Bound::Excluded(start), Bound::Included(end)) => ranges::range_above_to(lang, Short(start), Short(end)),
        (Bound::Included(start), Bound::Included(end)) => ranges::range_between(lang, Short(start), Short(end)),
        (Bound::Excluded(start), _) => ranges::range_above(lang, Short(start)),
        (Bound::Included(start), _) => ranges::range_at_least(lang, Short(start)),
        (Bound::Unbounded, _) => ranges::range_finite(lang),
    }
}

/// A number as people write it: no exponent for what is neither large nor small.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.abs();
        if self.0.is_finite() && size != 0.0 && !(1e-4..1e15).contains(&size) {
            write!(f, "{:e}", self.0)
        } else {
            write!(f, "{}", self.0)
        }
    }
}

/// A reported value, which may be none.
struct Given(Option<f64>);

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => write!(f, "{value}"),
            None => f.write_str("NaN"),
        }
    }
}
