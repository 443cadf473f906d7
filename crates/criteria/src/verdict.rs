//! Judging a criterion on facts, and the verdict that explains itself.

use proofmark_messages::{Lang, Localize, criteria as say};
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::error::listed;
use crate::expression::{Arithmetic, Condition, Operand, Operator, Reading, Right, write_comparison, write_list};
use crate::facts::{Absence, Facts, Grade, Kind, Value};
use crate::path::Path;
use crate::schema::nearest_path;

/// How a criterion turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// It cannot be judged: something that it reads is not known. Neither yes nor no.
    NoEvidence,
}

/// The outcome of a criterion with all that it stands on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The criterion as it was written.
    pub criterion: String,
    /// How it turned out.
    pub outcome: Outcome,
    /// Each comparison in the order of the text, also those that did not matter any more.
    pub comparisons: Vec<Comparison>,
    /// What was read and has no evidence, as a criterion writes it: `a.b`, `reported(a.b)`.
    pub missing: Vec<String>,
    /// Why there is no evidence; empty when the outcome is yes or no.
    pub reasons: Vec<Reason>,
}

/// One comparison of a criterion. Negations are worked in (`!(a < b)` is `a >= b`), and evidence stands on the left
/// (`3 < a` is `a > 3`), so that `holds` always speaks for the criterion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The comparison as text.
    pub text: String,
    /// Its left side as text: a path, or what is computed from paths.
    pub path: String,
    /// The value of the left side, if it is known.
    pub value: Option<Value>,
    /// How the sides are compared.
    pub operator: Operator,
    /// The value of the right side, if it is known.
    pub need: Option<Need>,
    /// Whether it holds, if that is known.
    pub holds: Option<bool>,
    /// The digests of the statements that it read, in the order of reading, each once.
    pub evidence: Vec<String>,
    /// The readings which had no evidence and took their default.
    pub assumed: Vec<String>,
    /// Why it is not known whether it holds.
    pub why: Option<Reason>,
}

/// What a comparison needs on its right side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Need {
    /// A value to compare with.
    One(Value),
    /// The values of a list.
    Among(Vec<Value>),
}

/// Why something is not known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// There is no evidence of a path.
    Missing {
        /// The path.
        path: Path,
        /// The grade that the criterion reads.
        wanted: Grade,
        /// A path of nearly this name which has evidence.
        nearest: Option<Path>,
    },
    /// A path was looked for and has no value.
    Absent {
        /// The path.
        path: Path,
        /// The grade that the criterion reads.
        wanted: Grade,
        /// Why it has none.
        why: Absence,
    },
    /// There is evidence of a path, in other grades than the one that is read.
    OtherGrade {
        /// The path.
        path: Path,
        /// The grade that the criterion reads.
        wanted: Grade,
        /// The grades that there are; at least one.
        found: Vec<Grade>,
    },
    /// The evidence of a path is of another kind than the schema promises.
    WrongKind {
        /// The path.
        path: Path,
        /// The kind in the schema.
        expected: Kind,
        /// The kind of the fact.
        found: Kind,
    },
    /// A division by zero.
    DivisionByZero {
        /// The division as text.
        text: String,
        /// The divisor as text.
        divisor: String,
    },
    /// A result too large for a double.
    NotFinite {
        /// The computation as text.
        text: String,
    },
}

/// A reading after it met the facts.
enum Read {
    Known { value: Value, evidence: Option<String>, assumed: bool },
    Unknown(Reason),
}

struct Judge<'a> {
    readings: &'a [Reading],
    read: Vec<Read>,
    comparisons: Vec<Comparison>,
}

/// Judges a condition.
pub(crate) fn judge(text: &str, readings: &[Reading], condition: &Condition, facts: &Facts) -> Verdict {
    let read: Vec<Read> = readings.iter().map(|reading| read(reading, facts)).collect();
    let mut missing = Vec::new();
    let mut reasons = Vec::new();
    for (reading, read) in readings.iter().zip(&read) {
        if let Read::Unknown(reason) = read {
            missing.push(reading.grade.reading(&reading.path));
            reasons.push(reason.clone());
        }
    }
    let mut judge = Judge { readings, read, comparisons: Vec::new() };
    let holds = judge.condition(condition);
    let comparisons = judge.comparisons;
    let outcome = match holds {
        // Whatever could be said without it: a path in the text counts as read.
        _ if !missing.is_empty() => Outcome::NoEvidence,
        Some(true) => Outcome::Yes,
        Some(false) => Outcome::No,
        None => {
            for why in comparisons.iter().filter_map(|comparison| comparison.why.as_ref()) {
                if !reasons.contains(why) {
                    reasons.push(why.clone());
                }
            }
            Outcome::NoEvidence
        }
    };
    Verdict { criterion: text.to_owned(), outcome, comparisons, missing, reasons }
}

fn read(reading: &Reading, facts: &Facts) -> Read {
    let Reading { path, grade, kind, default } = reading;
    if let Some(fact) = facts.get(path, *grade) {
        let found = fact.value.kind();
        if found != *kind {
            return Read::Unknown(Reason::WrongKind { path: path.clone(), expected: *kind, found });
        }
        return Read::Known { value: fact.value.clone(), evidence: fact.evidence.clone(), assumed: false };
    }
    if let Some(value) = default {
        return Read::Known { value: value.clone(), evidence: None, assumed: true };
    }
    if let Some(why) = facts.absence(path, *grade) {
        return Read::Unknown(Reason::Absent { path: path.clone(), wanted: *grade, why: why.clone() });
    }
    let found: Vec<Grade> = Grade::ALL.into_iter().filter(|other| facts.get(path, *other).is_some()).collect();
    if !found.is_empty() {
        return Read::Unknown(Reason::OtherGrade { path: path.clone(), wanted: *grade, found });
    }
    let others = facts.iter().filter(|(_, fact)| fact.grade == *grade).map(|(path, _)| path);
    let nearest = nearest_path(path, others).cloned();
    Read::Unknown(Reason::Missing { path: path.clone(), wanted: *grade, nearest })
}

impl Judge<'_> {
    /// Whether a condition holds; `None` if that is not known. Nothing is skipped, for the sake of the explanation.
    fn condition(&mut self, condition: &Condition) -> Option<bool> {
        match condition {
            Condition::Literal(value) => Some(*value),
            Condition::Truth { reading, need } => self.truth(*reading, *need),
            Condition::Compare { left, operator, right } => self.comparison(left, *operator, right),
            Condition::All(conditions) => self.decided_by(false, conditions),
            Condition::Any(conditions) => self.decided_by(true, conditions),
        }
    }

    /// Conditions of which one with the deciding value settles the whole, known or not what the others are.
    fn decided_by(&mut self, deciding: bool, conditions: &[Condition]) -> Option<bool> {
        let values: Vec<Option<bool>> = conditions.iter().map(|condition| self.condition(condition)).collect();
        if values.contains(&Some(deciding)) {
            Some(deciding)
        } else if values.contains(&None) {
            None
        } else {
            Some(!deciding)
        }
    }

    fn truth(&mut self, reading: usize, need: bool) -> Option<bool> {
        let operand = Operand::Read(reading);
        let path = operand.write(self.readings);
        let text = if need { path.clone() } else { format!("!{path}") };
        self.compare(text, &operand, Operator::Equal, &Right::One(Operand::Literal(Value::Bool(need))))
    }

    fn comparison(&mut self, left: &Operand, operator: Operator, right: &Right) -> Option<bool> {
        self.compare(write_comparison(left, operator, right, self.readings), left, operator, right)
    }

    fn compare(&mut self, text: String, left: &Operand, operator: Operator, right: &Right) -> Option<bool> {
        let (mut evidence, mut assumed) = (Vec::new(), Vec::new());
        self.trace(left, &mut evidence, &mut assumed);
        if let Right::One(right) = right {
            self.trace(right, &mut evidence, &mut assumed);
        }
        let value = self.value(left);
        let need = match right {
            Right::One(operand) => self.value(operand).map(Need::One),
            Right::Among(values) => Ok(Need::Among(values.clone())),
        };
        let holds = match (&value, &need) {
            (Ok(value), Ok(need)) => Some(compare(value, operator, need)),
            _ => None,
        };
        let path = left.write(self.readings);
        let why = value.as_ref().err().or(need.as_ref().err()).cloned();
        let (value, need) = (value.ok(), need.ok());
        self.comparisons.push(Comparison { text, path, value, operator, need, holds, evidence, assumed, why });
        holds
    }

    /// Notes what an operand stands on.
    fn trace(&self, operand: &Operand, evidence: &mut Vec<String>, assumed: &mut Vec<String>) {
        match operand {
            Operand::Literal(_) => {}
            Operand::Negate(inner) => self.trace(inner, evidence, assumed),
            Operand::Arithmetic { left, right, .. } => {
                self.trace(left, evidence, assumed);
                self.trace(right, evidence, assumed);
            }
            Operand::Read(idx) => match &self.read[*idx] {
                Read::Known { assumed: true, .. } => {
                    let reading = &self.readings[*idx];
                    add_once(assumed, &reading.grade.reading(&reading.path));
                }
                Read::Known { evidence: Some(digest), .. } => add_once(evidence, digest),
                Read::Known { evidence: None, .. } | Read::Unknown(_) => {}
            },
        }
    }

    fn value(&self, operand: &Operand) -> Result<Value, Reason> {
        match operand {
            Operand::Literal(value) => Ok(value.clone()),
            Operand::Read(idx) => match &self.read[*idx] {
                Read::Known { value, .. } => Ok(value.clone()),
                Read::Unknown(reason) => Err(reason.clone()),
            },
            Operand::Negate(_) | Operand::Arithmetic { .. } => self.number(operand).map(Value::Number),
        }
    }

    fn number(&self, operand: &Operand) -> Result<f64, Reason> {
        let (left, operator, right) = match operand {
            Operand::Negate(inner) => return Ok(-self.number(inner)?),
            Operand::Arithmetic { left, operator, right } => (left, *operator, right),
            Operand::Literal(_) | Operand::Read(_) => {
                return match self.value(operand)? {
                    Value::Number(number) => Ok(number),
                    // The check lets only numbers stand here, and a reading of another kind is unknown.
                    Value::Bool(_) | Value::Text(_) => Err(Reason::NotFinite { text: operand.write(self.readings) }),
                };
            }
        };
        let (left, divisor) = (self.number(left)?, right);
        let right = self.number(right)?;
        let result = match operator {
            Arithmetic::Add => left + right,
            Arithmetic::Subtract => left - right,
            Arithmetic::Multiply => left * right,
            Arithmetic::Divide if right == 0.0 => {
                let (text, divisor) = (operand.write(self.readings), divisor.write(self.readings));
                return Err(Reason::DivisionByZero { text, divisor });
            }
            Arithmetic::Divide => left / right,
        };
        if result.is_finite() { Ok(result) } else { Err(Reason::NotFinite { text: operand.write(self.readings) }) }
    }
}

fn add_once(list: &mut Vec<String>, item: &str) {
    if !list.iter().any(|earlier| earlier == item) {
        list.push(item.to_owned());
    }
}

/// Compares values of one kind, as the check has made sure; numbers as IEEE doubles.
fn compare(value: &Value, operator: Operator, need: &Need) -> bool {
    let among = |need: &Need| match need {
        Need::One(need) => value == need,
        Need::Among(values) => values.contains(value),
    };
    let ordered = |holds: fn(&f64, &f64) -> bool| match (value, need) {
        (Value::Number(value), Need::One(Value::Number(need))) => holds(value, need),
        _ => false,
    };
    match operator {
        Operator::Equal | Operator::In => among(need),
        Operator::NotEqual | Operator::NotIn => !among(need),
        Operator::Less => ordered(f64::lt),
        Operator::LessOrEqual => ordered(f64::le),
        Operator::Greater => ordered(f64::gt),
        Operator::GreaterOrEqual => ordered(f64::ge),
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Need::One(value) => write!(f, "{value}"),
            Need::Among(values) => f.write_str(&write_list(values)),
        }
    }
}

impl Localize for Outcome {
    fn text(&self, lang: Lang) -> String {
        match self {
            Outcome::Yes => say::outcome_yes(lang),
            Outcome::No => say::outcome_no(lang),
            Outcome::NoEvidence => say::outcome_no_evidence(lang),
        }
    }
}

impl Localize for Verdict {
    fn text(&self, lang: Lang) -> String {
        match self.outcome {
            Outcome::Yes => say::verdict_yes(lang, &self.criterion),
            Outcome::No => say::verdict_no(lang, &self.criterion),
            Outcome::NoEvidence => say::verdict_no_evidence(lang, &self.criterion),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        self.reasons.iter().find_map(|reason| reason.hint(lang))
    }
}

impl Localize for Comparison {
    fn text(&self, lang: Lang) -> String {
        let text = match (self.holds, &self.value) {
            (Some(true), Some(value)) => say::comparison_holds(lang, &self.text, value),
            (Some(false), Some(value)) => say::comparison_fails(lang, &self.text, value),
            _ => say::comparison_unknown(lang, &self.text),
        };
        if self.assumed.is_empty() {
            return text;
        }
        say::comparison_assumed(lang, text, listed(lang, self.assumed.iter()))
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        self.why.as_ref()?.hint(lang)
    }
}

impl Localize for Reason {
    fn text(&self, lang: Lang) -> String {
        match self {
            Reason::Missing { path, wanted, .. } => say::missing(lang, wanted.reading(path)),
            Reason::Absent { path, wanted, why } => say::absent(lang, wanted.reading(path), why.text(lang)),
            Reason::OtherGrade { path, wanted, found } => {
                let found: Vec<String> = found.iter().map(|grade| grade.text(lang)).collect();
                say::other_grade(lang, path, wanted.text(lang), found.join(&say::separator(lang)))
            }
            Reason::WrongKind { path, expected, found } => {
                say::evidence_of_other_kind(lang, path, found.text(lang), expected.text(lang))
            }
            Reason::DivisionByZero { text, .. } => say::division_by_zero(lang, text),
            Reason::NotFinite { text } => say::not_finite(lang, text),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            Reason::Missing { nearest: Some(nearest), .. } => Some(say::nearest_hint(lang, nearest)),
            Reason::Missing { path, wanted, nearest: None } | Reason::Absent { path, wanted, .. } => {
                Some(say::missing_hint(lang, wanted.reading(path)))
            }
            Reason::OtherGrade { path, found, .. } => {
                found.first().map(|grade| say::other_grade_hint(lang, grade.reading(path)))
            }
            Reason::DivisionByZero { divisor, .. } => Some(say::fault_hint(lang, divisor)),
            Reason::WrongKind { .. } | Reason::NotFinite { .. } => None,
        }
    }
}
