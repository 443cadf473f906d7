use std::fmt;
use std::ops::{Bound, RangeBounds};

use proofmark_messages::{Lang, model as say};

use crate::error::ModelErrorKind;

/// Collects the parameters of one layer (loss, optimizer, ..) that are outside their range.
///
/// The schema holds the same ranges for specs in YAML; this holds them for specs built in Rust.
#[derive(Debug, Default)]
pub(crate) struct Ranges {
    pub(crate) problems: Vec<(String, ModelErrorKind)>,
}

/// The range of a number, with or without its ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumberRange {
    /// The lower end.
    pub start: Bound<f64>,
    /// The upper end.
    pub end: Bound<f64>,
}

/// Above zero, without an upper end.
pub(crate) const POSITIVE: (Bound<f64>, Bound<f64>) = (Bound::Excluded(0.0), Bound::Unbounded);

impl Ranges {
    /// A count: every parameter that is an integer.
    pub(crate) fn count(&mut self, parameter: &str, value: usize, range: std::ops::RangeInclusive<usize>) {
        if !range.contains(&value) {
            let range = NumberRange {
                start: Bound::Included(*range.start() as f64),
                end: Bound::Included(*range.end() as f64),
            };
            self.refuse(parameter, value as f64, range);
        }
    }

    /// A number, which must be finite and still in the range once it is rounded to f32, in which graphs compute.
    pub(crate) fn number(&mut self, parameter: &str, value: f64, range: impl RangeBounds<f64>) {
        let fits = |value: f64| value.is_finite() && range.contains(&value);
        let rounded = value as f32;
        if fits(value) && fits(f64::from(rounded)) {
            return;
        }
        let named = NumberRange { start: range.start_bound().cloned(), end: range.end_bound().cloned() };
        if fits(value) {
            let kind = ModelErrorKind::Rounded { parameter: parameter.to_owned(), value, rounded, range: named };
            self.problems.push((parameter.to_owned(), kind));
        } else {
            self.refuse(parameter, value, named);
        }
    }

    /// Height and width.
    pub(crate) fn pair(&mut self, parameter: &str, pair: crate::Pair) {
        // The one that is wrong, and once if both are.
        let wrong = if (1..=crate::Pair::MAX).contains(&pair.height) { pair.width } else { pair.height };
        self.count(parameter, wrong, 1..=crate::Pair::MAX);
    }

    /// A factor that does not raise: above 0 and at most 1.
    pub(crate) fn share(&mut self, parameter: &str, value: f64) {
        self.number(parameter, value, (Bound::Excluded(0.0), Bound::Included(1.0)));
    }

    /// The length of a list.
    pub(crate) fn length(&mut self, parameter: &str, length: usize, range: std::ops::RangeInclusive<usize>) {
        if !range.contains(&length) {
            let (minimum, maximum) = (*range.start(), *range.end());
            let kind = ModelErrorKind::Length { parameter: parameter.to_owned(), length, minimum, maximum };
            self.problems.push((parameter.to_owned(), kind));
        }
    }

    fn refuse(&mut self, parameter: &str, value: f64, range: NumberRange) {
        let kind = ModelErrorKind::OutOfRange { parameter: parameter.to_owned(), value, range };
        self.problems.push((parameter.to_owned(), kind));
    }
}

impl NumberRange {
    pub(crate) fn text(&self, lang: Lang) -> String {
        match (self.start, self.end) {
            (Bound::Included(start), Bound::Included(end)) => say::range_between(lang, Number(start), Number(end)),
            (Bound::Included(start), Bound::Excluded(end)) => say::range_until(lang, Number(start), Number(end)),
            (Bound::Excluded(start), Bound::Included(end)) => say::range_above_to(lang, Number(start), Number(end)),
            (Bound::Excluded(start), Bound::Excluded(end)) => say::range_inside(lang, Number(start), Number(end)),
            (Bound::Included(start), Bound::Unbounded) => say::range_at_least(lang, Number(start)),
            (Bound::Excluded(start), Bound::Unbounded) => say::range_above(lang, Number(start)),
            (Bound::Unbounded, Bound::Included(end)) => say::range_at_most(lang, Number(end)),
            (Bound::Unbounded, Bound::Excluded(end)) => say::range_below(lang, Number(end)),
            (Bound::Unbounded, Bound::Unbounded) => say::range_finite(lang),
        }
    }
}

/// A number as people write it: no exponent for what is neither large nor small.
pub(crate) struct Number(pub(crate) f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.abs();
        if self.0.is_finite() && size != 0.0 && !(1e-4..1e15).contains(&size) {
            write!(f, "{:e}", self.0)
        } else {
            write!(f, "{}", self.0)
        }
    }
}
