use std::ops::{Bound, RangeBounds};

use crate::error::{SpecError, SpecErrorKind};

/// Collects the parameters of one sampler or pruner that are outside their range.
///
/// The schema holds the same ranges for specs in YAML; this holds them for specs built in Rust.
#[derive(Debug)]
pub(crate) struct Ranges {
    prefix: String,
    pub(crate) errors: Vec<SpecError>,
}

impl Ranges {
    /// For the parameters of what stands at `prefix`, such as `adjust.sampler.tpe`.
    pub(crate) fn new(prefix: String) -> Ranges {
        Ranges { prefix, errors: Vec::new() }
    }

    /// Above 0 and at most `end`.
    pub(crate) fn share(&mut self, parameter: &'static str, value: f64, end: f64) {
        self.number(parameter, value, (Bound::Excluded(0.0), Bound::Included(end)));
    }

    /// A number or a count.
    pub(crate) fn number(&mut self, parameter: &'static str, value: f64, range: impl RangeBounds<f64>) {
        if !range.contains(&value) || !value.is_finite() {
            let range = (range.start_bound().cloned(), range.end_bound().cloned());
            let kind = SpecErrorKind::OutOfRange { parameter, value, range };
            self.errors.push(SpecError { path: format!("{}.{parameter}", self.prefix), kind });
        }
    }
}
