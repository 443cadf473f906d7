use std::ops::RangeInclusive;

use proofmark_tensor::math::ln_f64;
use serde_json::Value as Json;

use super::parameter::{Condition, Kind, Parameter, Scale};
use super::value::Values;
use super::{Domain, Space};
use crate::error::{SpecError, SpecErrorKind, SpecErrors};

/// Integers beyond these lose digits as f64, in which samplers work.
const INTEGERS: RangeInclusive<i64> = -9_007_199_254_740_992..=9_007_199_254_740_992;
/// Values that a stepped range may have.
const MAX_STEPS: f64 = 1e15;

/// A space in which every parameter has values, and every condition can be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedSpace {
    parameters: Vec<Parameter>,
    /// Indices of the parameters, each behind those on which it depends.
    order: Vec<usize>,
}

impl Space {
    /// The longest search.
    pub const MAX_PARAMETERS: usize = 1000;

    /// Checks the space; `path` is where it stands in the user's spec, such as `adjust.search`.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the parameters.
    pub fn check(&self, path: &str) -> Result<CheckedSpace, SpecErrors> {
        let mut errors = Vec::new();
        let mut refuse = |at: String, kind| errors.push(SpecError { path: at, kind });
        if self.parameters.is_empty() || self.parameters.len() > Self::MAX_PARAMETERS {
            let kind = SpecErrorKind::ParameterCount { received: self.parameters.len(), maximum: Self::MAX_PARAMETERS };
            refuse(path.to_owned(), kind);
        }
        let mut parameters = Vec::new();
        for (idx, (name, domain)) in self.parameters.iter().enumerate() {
            let place = format!("{path}.{}", quoted(name));
            if self.parameters[..idx].iter().any(|(other, _)| other == name) {
                refuse(place.clone(), SpecErrorKind::DuplicateParameter { parameter: name.clone() });
            }
            let mut problems = Vec::new();
            let kind = kind(domain, &mut problems);
            let when = self.conditions(idx, domain, &mut problems);
            for (field, problem) in problems {
                let at = if field.is_empty() { place.clone() } else { format!("{place}.{field}") };
                refuse(at, problem);
            }
            if let Some(kind) = kind {
                let scale = scale(&kind);
                parameters.push(Parameter { path: name.clone(), kind, when, scale });
            }
        }
        if !errors.is_empty() {
            return Err(SpecErrors(errors));
        }
        let order = order(&parameters).map_err(|circle| {
            let path = format!("{path}.{}.when", quoted(&circle[0]));
            SpecErrors(vec![SpecError { path, kind: SpecErrorKind::Circle { parameters: circle } }])
        })?;
        Ok(CheckedSpace { parameters, order })
    }

    fn conditions(&self, idx: usize, domain: &Domain, problems: &mut Vec<(String, SpecErrorKind)>) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (parent, values) in &domain.when {
            let field = format!("when.{}", quoted(parent));
            let values = match values {
                Json::Array(values) => values.clone(),
                value => vec![value.clone()],
            };
            let Some(parent_idx) = self.parameters.iter().position(|(name, _)| name == parent) else {
                problems.push((field, SpecErrorKind::UnknownParent { parent: parent.clone() }));
                continue;
            };
            if parent_idx == idx {
                let circle = vec![parent.clone()];
                problems.push((field, SpecErrorKind::Circle { parameters: circle }));
                continue;
            }
            // A parent with mistakes of its own is reported where it stands.
            let Some(kind) = kind(&self.parameters[parent_idx].1, &mut Vec::new()) else { continue };
            if matches!(kind, Kind::Float { .. } | Kind::Grid { .. }) {
                problems.push((field, SpecErrorKind::ContinuousParent { parent: parent.clone() }));
                continue;
            }
            if values.is_empty() {
                problems.push((field.clone(), SpecErrorKind::NoValues));
            }
            for value in &values {
                if !has(&kind, value) {
                    let kind = SpecErrorKind::ImpossibleCondition { parent: parent.clone(), value: value.clone() };
                    problems.push((field.clone(), kind));
                }
            }
            conditions.push(Condition { parent_idx, values });
        }
        conditions
    }
}

impl CheckedSpace {
    /// The parameters in the order in which they were written.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Indices of the parameters, each behind those on which it depends.
    pub(crate) fn order(&self) -> &[usize] {
        &self.order
    }

    /// Whether a parameter exists among the values of those on which it depends.
    pub(crate) fn exists(&self, parameter: &Parameter, values: &Values) -> bool {
        parameter.when.iter().all(|condition| condition.holds(&self.parameters[condition.parent_idx].path, values))
    }

    /// Builds a trial's values: `value` is asked for each parameter that exists, parents first.
    pub(crate) fn values_by(&self, mut value: impl FnMut(usize, &Parameter) -> super::Value) -> Values {
        let mut values = Values::new();
        for &idx in &self.order {
            let parameter = &self.parameters[idx];
            if self.exists(parameter, &values) {
                values.insert(parameter.path.clone(), value(idx, parameter));
            }
        }
        values
    }

    /// The first parameter whose value is missing, superfluous, or none that it may take; `None` if the values are a point of the
    /// space.
    pub fn first_misfit<'v>(&'v self, values: &'v Values) -> Option<&'v str> {
        let known = |path: &str| self.parameters.iter().any(|parameter| parameter.path == path);
        if let Some(path) = values.keys().find(|path| !known(path)) {
            return Some(path);
        }
        let misfit = self.parameters.iter().find(|parameter| match values.get(&parameter.path) {
            Some(value) => !self.exists(parameter, values) || !parameter.allows(value),
            None => self.exists(parameter, values),
        });
        misfit.map(|parameter| parameter.path.as_str())
    }
}

/// A key as the paths in messages write it.
fn quoted(key: &str) -> String {
    let is_odd = |c: char| matches!(c, '.' | '[' | ']' | '=' | '"') || c.is_whitespace();
    if key.is_empty() || key.contains(is_odd) { format!("\"{key}\"") } else { key.to_owned() }
}

fn kind(domain: &Domain, problems: &mut Vec<(String, SpecErrorKind)>) -> Option<Kind> {
    let Domain { linear, log, integer, log_integer, choice, step, when: _ } = domain;
    let given: Vec<&'static str> = [
        ("linear", linear.is_some()),
        ("log", log.is_some()),
        ("integer", integer.is_some()),
        ("log_integer", log_integer.is_some()),
        ("choice", choice.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, is_given)| is_given.then_some(name))
    .collect();
    let [name] = given[..] else {
        problems.push((String::new(), SpecErrorKind::DomainKind { received: given }));
        return None;
    };
    let before = problems.len();
    let mut refuse = |field: &str, kind| problems.push((field.to_owned(), kind));
    if let Some(step) = *step {
        if !matches!(name, "linear" | "integer") {
            refuse("step", SpecErrorKind::StepWithout { kind: name });
        } else if !(step.is_finite() && step > 0.0) {
            refuse("step", SpecErrorKind::StepNotPositive { step });
        } else if name == "integer" && (step.fract() != 0.0 || step > *INTEGERS.end() as f64) {
            refuse("step", SpecErrorKind::StepNotInteger { step });
        }
    }
    if let Some([low, high]) = linear.or(*log) {
        if !low.is_finite() || !high.is_finite() {
            refuse(name, SpecErrorKind::EndsNotFinite { low, high });
        } else if low > high {
            refuse(name, SpecErrorKind::EndsReversed { low, high });
        } else if !(high - low).is_finite() {
            refuse(name, SpecErrorKind::TooWide { low, high });
        } else if name == "log" && low <= 0.0 {
            refuse(name, SpecErrorKind::LogNotPositive { low });
        }
    }
    if let Some([low, high]) = integer.or(*log_integer) {
        if low > high {
            refuse(name, SpecErrorKind::EndsReversed { low: low as f64, high: high as f64 });
        } else if !INTEGERS.contains(&low) || !INTEGERS.contains(&high) {
            refuse(name, SpecErrorKind::IntegerTooLarge { low, high, limit: *INTEGERS.end() });
        } else if name == "log_integer" && low < 1 {
            refuse(name, SpecErrorKind::LogNotPositive { low: low as f64 });
        }
    }
    if let Some(values) = choice {
        if values.is_empty() {
            refuse(name, SpecErrorKind::NoValues);
        }
        for (idx, value) in values.iter().enumerate() {
            if let Some(first_idx) = values[..idx].iter().position(|other| other == value) {
                refuse(&format!("choice[{idx}]"), SpecErrorKind::DuplicateChoice { value: value.clone(), first_idx });
            }
        }
    }
    if let (Some([low, high]), Some(step)) = (linear, step)
        && problems.len() == before
        && (high - low) / step > MAX_STEPS
    {
        problems.push(("step".to_owned(), SpecErrorKind::TooManySteps { step: *step }));
    }
    if problems.len() > before {
        return None;
    }
    Some(match (linear, log, integer, log_integer, choice) {
        (Some([low, high]), ..) => match step {
            // The last step counts as reached if rounding alone keeps it from the end.
            Some(step) => {
                let n_steps = ((high - low) / step + 1e-9).floor() as u64 + 1;
                Kind::Grid { low: *low, step: *step, n_steps }
            }
            None => Kind::Float { low: *low, high: *high, is_log: false },
        },
        (_, Some([low, high]), ..) => Kind::Float { low: *low, high: *high, is_log: true },
        (_, _, Some([low, high]), ..) => {
            let step = step.map_or(1, |step| step as i64);
            Kind::Integer { low: *low, step, n_steps: ((high - low) / step) as u64 + 1, is_log: false }
        }
        (_, _, _, Some([low, high]), _) => {
            Kind::Integer { low: *low, step: 1, n_steps: (high - low) as u64 + 1, is_log: true }
        }
        (.., values) => Kind::Choice { values: values.clone().unwrap_or_default() },
    })
}

fn scale(kind: &Kind) -> Scale {
    match kind {
        Kind::Float { low, high, is_log: false } => Scale::Linear { low: *low, high: *high },
        Kind::Float { low, high, is_log: true } => Scale::Log { low: ln_f64(*low), high: ln_f64(*high) },
        Kind::Integer { low, n_steps, is_log: true, .. } => {
            let low = *low as f64;
            Scale::LogCells { low: ln_f64(low - 0.5), high: ln_f64(low + *n_steps as f64 - 0.5) }
        }
        Kind::Grid { n_steps, .. } | Kind::Integer { n_steps, .. } => Scale::Cells { n: *n_steps },
        Kind::Choice { values } => Scale::Cells { n: values.len() as u64 },
    }
}

/// Whether a value that a condition asks for can come up.
fn has(kind: &Kind, value: &Json) -> bool {
    match kind {
        Kind::Choice { values } => values.contains(value),
        Kind::Integer { low, step, n_steps, .. } => value.as_i64().is_some_and(|value| {
            let last = low + (*n_steps as i64 - 1) * step;
            (*low..=last).contains(&value) && (value - low) % step == 0
        }),
        Kind::Float { .. } | Kind::Grid { .. } => false,
    }
}

/// Parents before children, otherwise as written; the paths of a circle if there is one.
fn order(parameters: &[Parameter]) -> Result<Vec<usize>, Vec<String>> {
    let mut order: Vec<usize> = Vec::new();
    let mut is_placed = vec![false; parameters.len()];
    while order.len() < parameters.len() {
        let is_ready = |idx: &usize| {
            !is_placed[*idx] && parameters[*idx].when.iter().all(|condition| is_placed[condition.parent_idx])
        };
        let Some(next) = (0..parameters.len()).find(is_ready) else {
            let left = (0..parameters.len()).filter(|idx| !is_placed[*idx]);
            return Err(left.map(|idx| parameters[idx].path.clone()).collect());
        };
        is_placed[next] = true;
        order.push(next);
    }
    Ok(order)
}
