use proofmark_tensor::math::{exp_f64, ln_f64};

use super::value::{Value, Values};

/// One parameter of a checked space.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The path of what it sets.
    pub path: String,
    /// The values that it may take.
    pub kind: Kind,
    /// When it exists: all of these hold. Empty if it always does.
    pub when: Vec<Condition>,
    pub(crate) scale: Scale,
}

/// The values that a parameter may take. Ends are included.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Any number from `low` to `high`.
    Float {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
        /// Whether orders of magnitude count rather than differences.
        is_log: bool,
    },
    /// `low + k step` for k from 0 to `n_steps - 1`.
    Grid {
        /// The lower end.
        low: f64,
        /// From one value to the next.
        step: f64,
        /// How many values there are.
        n_steps: u64,
    },
    /// `low + k step` for k from 0 to `n_steps - 1`, in integers.
    Integer {
        /// The lower end.
        low: i64,
        /// From one value to the next.
        step: i64,
        /// How many values there are.
        n_steps: u64,
        /// Whether orders of magnitude count rather than differences; the step then is 1.
        is_log: bool,
    },
    /// One of these.
    Choice {
        /// The values, each once.
        values: Vec<serde_json::Value>,
    },
}

/// What must hold for a conditional parameter to exist.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The index of the parameter on which it depends.
    pub parent_idx: usize,
    /// The values of which that parameter must have one.
    pub values: Vec<serde_json::Value>,
}

/// How the values lie on the unit interval on which samplers work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    /// `low + u (high - low)`.
    Linear { low: f64, high: f64 },
    /// The same of logarithms.
    Log { low: f64, high: f64 },
    /// Value k of n has the cell from k/n to (k+1)/n.
    Cells { n: u64 },
    /// The integer v has the cell from `ln(v - 1/2)` to `ln(v + 1/2)`, stretched to the unit interval.
    LogCells { low: f64, high: f64 },
}

impl Parameter {
    /// How many values there are; `None` for a continuous range.
    pub fn n_values(&self) -> Option<u64> {
        match &self.kind {
            Kind::Float { low, high, .. } => (low == high).then_some(1),
            Kind::Grid { n_steps, .. } | Kind::Integer { n_steps, .. } => Some(*n_steps),
            Kind::Choice { values } => Some(values.len() as u64),
        }
    }

    /// The number of choices; `None` for numbers.
    pub(crate) fn n_choices(&self) -> Option<usize> {
        match &self.kind {
            Kind::Choice { values } => Some(values.len()),
            _ => None,
        }
    }

    /// The value at `u` of the unit interval; for a choice the intervals of its values are equal.
    pub(crate) fn at_unit(&self, u: f64) -> Value {
        let u = u.clamp(0.0, 1.0);
        match &self.kind {
            Kind::Float { low, high, .. } => {
                let value = match self.scale {
                    Scale::Log { low: ln_low, high: ln_high } => exp_f64((ln_high - ln_low).mul_add(u, ln_low)),
                    _ => low * (1.0 - u) + high * u,
                };
                Value::Float(value.clamp(*low, *high))
            }
            Kind::Grid { low, step, .. } => Value::Float((self.idx_at(u) as f64).mul_add(*step, *low)),
            Kind::Integer { low, step, .. } => Value::Integer(low + self.idx_at(u) as i64 * step),
            Kind::Choice { .. } => self.value_at(self.idx_at(u)),
        }
    }

    /// Value `idx` of a parameter with [`Parameter::n_values`]; the low end of a continuous one.
    pub(crate) fn value_at(&self, idx: u64) -> Value {
        match &self.kind {
            Kind::Float { low, .. } => Value::Float(*low),
            Kind::Grid { low, step, .. } => Value::Float((idx as f64).mul_add(*step, *low)),
            Kind::Integer { low, step, .. } => Value::Integer(low + idx as i64 * step),
            Kind::Choice { values } => {
                let idx = (idx as usize).min(values.len() - 1);
                Value::Choice { idx, value: values[idx].clone() }
            }
        }
    }

    /// Where a value lies on the unit interval: for discrete ones, the middle of its cell.
    pub(crate) fn unit_of(&self, value: &Value) -> f64 {
        match self.scale {
            Scale::Linear { low, high } if high > low => (number(value) - low) / (high - low),
            Scale::Log { low, high } if high > low => (ln_f64(number(value)) - low) / (high - low),
            Scale::Linear { .. } | Scale::Log { .. } => 0.5,
            Scale::Cells { .. } | Scale::LogCells { .. } => {
                let (start, end) = self.cell(self.idx_of(value));
                0.5 * (start + end)
            }
        }
        .clamp(0.0, 1.0)
    }

    /// The part of the unit interval that belongs to value `idx` of a discrete parameter.
    pub(crate) fn cell(&self, idx: u64) -> (f64, f64) {
        match self.scale {
            Scale::Cells { n } => (idx as f64 / n as f64, (idx + 1) as f64 / n as f64),
            Scale::LogCells { low, high } => {
                let middle = self.low_integer() as f64 + idx as f64;
                let unit = |end: f64| ((ln_f64(end) - low) / (high - low)).clamp(0.0, 1.0);
                (unit(middle - 0.5), unit(middle + 0.5))
            }
            Scale::Linear { .. } | Scale::Log { .. } => (0.0, 1.0),
        }
    }

    /// The index of a value of a discrete parameter.
    pub(crate) fn idx_of(&self, value: &Value) -> u64 {
        match (&self.kind, value) {
            (_, Value::Choice { idx, .. }) => *idx as u64,
            (Kind::Integer { low, step, .. }, Value::Integer(value)) => ((value - low) / step).max(0) as u64,
            (Kind::Grid { low, step, .. }, Value::Float(value)) => ((value - low) / step).round().max(0.0) as u64,
            _ => 0,
        }
    }

    /// Whether a value is one that the parameter may take.
    pub(crate) fn allows(&self, value: &Value) -> bool {
        match (&self.kind, value) {
            (Kind::Float { low, high, .. }, Value::Float(value)) => (*low..=*high).contains(value),
            (Kind::Grid { .. }, Value::Float(_)) | (Kind::Integer { .. }, Value::Integer(_)) => {
                let idx = self.idx_of(value);
                self.n_values().is_some_and(|n| idx < n) && self.value_at(idx) == *value
            }
            (Kind::Choice { values }, Value::Choice { idx, value }) => values.get(*idx) == Some(value),
            _ => false,
        }
    }

    fn idx_at(&self, u: f64) -> u64 {
        match self.scale {
            Scale::Cells { n } => ((u * n as f64) as u64).min(n - 1),
            Scale::LogCells { low, high } => {
                let first = self.low_integer();
                let nearest = (exp_f64((high - low).mul_add(u, low)) + 0.5).floor();
                let last = self.n_values().map_or(0, |n| n - 1);
                (nearest - first as f64).clamp(0.0, last as f64) as u64
            }
            Scale::Linear { .. } | Scale::Log { .. } => 0,
        }
    }

    fn low_integer(&self) -> i64 {
        match self.kind {
            Kind::Integer { low, .. } => low,
            _ => 0,
        }
    }
}

impl Condition {
    /// Whether the condition holds among these values, by the parent's path.
    pub(crate) fn holds(&self, parent_path: &str, values: &Values) -> bool {
        values.get(parent_path).is_some_and(|value| self.values.contains(&value.to_json()))
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Float(value) => *value,
        Value::Integer(value) => *value as f64,
        Value::Choice { idx, .. } => *idx as f64,
    }
}
