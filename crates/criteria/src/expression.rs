//! A checked criterion as a tree: conditions over operands over readings.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::facts::{Grade, Kind, Value};
use crate::path::Path;

/// One way in which a criterion reads a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// What is read.
    pub path: Path,
    /// In which grade; no other will do.
    pub grade: Grade,
    /// The kind that the schema promises.
    pub kind: Kind,
    /// What holds when there is no value: the default of `optional(path, default)`.
    pub default: Option<Value>,
}

/// A comparison's operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operator {
    /// `==`
    #[serde(rename = "==")]
    Equal,
    /// `!=`
    #[serde(rename = "!=")]
    NotEqual,
    /// `<`
    #[serde(rename = "<")]
    Less,
    /// `<=`
    #[serde(rename = "<=")]
    LessOrEqual,
    /// `>`
    #[serde(rename = ">")]
    Greater,
    /// `>=`
    #[serde(rename = ">=")]
    GreaterOrEqual,
    /// `in`
    #[serde(rename = "in")]
    In,
    /// `!(... in ...)`, which [`Comparison`](crate::Comparison) writes `not in`
    #[serde(rename = "not in")]
    NotIn,
}

/// All signs of the language with what they take, as the documentation shows them: the visible list of operators.
pub const OPERATORS: [(&str, &str); 14] = [
    ("==", "two values of one kind"),
    ("!=", "two values of one kind"),
    ("<", "two numbers"),
    ("<=", "two numbers"),
    (">", "two numbers"),
    (">=", "two numbers"),
    ("in", "a value and a list of plain values of its kind"),
    ("&&", "two conditions"),
    ("||", "two conditions"),
    ("!", "a condition"),
    ("+", "two numbers"),
    ("-", "one or two numbers"),
    ("*", "two numbers"),
    ("/", "two numbers"),
];

/// What is true or false. Negation is pushed down to the comparisons when the tree is made (exactly: no number is NaN), so
/// that each comparison says what the criterion needs and `holds` is always the good news.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    Literal(bool),
    /// A true-or-false reading by itself, and what it has to be.
    Truth {
        reading: usize,
        need: bool,
    },
    Compare {
        left: Operand,
        operator: Operator,
        right: Right,
    },
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Right {
    One(Operand),
    Among(Vec<Value>),
}

/// What has a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Literal(Value),
    /// An index into the criterion's readings.
    Read(usize),
    Negate(Box<Operand>),
    Arithmetic {
        left: Box<Operand>,
        operator: Arithmetic,
        right: Box<Operand>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// As a criterion writes it: `optional(reported(a.b), 0)`.
impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.default {
            Some(default) => write!(f, "optional({}, {default})", self.grade.reading(&self.path)),
            None => f.write_str(&self.grade.reading(&self.path)),
        }
    }
}

impl Operator {
    /// The operator as text.
    pub fn sign(self) -> &'static str {
        match self {
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::In => "in",
            Operator::NotIn => "not in",
        }
    }

    /// The operator that holds exactly where this one does not. Numbers are never NaN, so `<` and `>=` are opposites.
    pub(crate) fn opposite(self) -> Operator {
        match self {
            Operator::Equal => Operator::NotEqual,
            Operator::NotEqual => Operator::Equal,
            Operator::Less => Operator::GreaterOrEqual,
            Operator::GreaterOrEqual => Operator::Less,
            Operator::Greater => Operator::LessOrEqual,
            Operator::LessOrEqual => Operator::Greater,
            Operator::In => Operator::NotIn,
            Operator::NotIn => Operator::In,
        }
    }

    /// The operator with its sides exchanged; `in` has no such form.
    pub(crate) fn mirrored(self) -> Operator {
        match self {
            Operator::Less => Operator::Greater,
            Operator::LessOrEqual => Operator::GreaterOrEqual,
            Operator::Greater => Operator::Less,
            Operator::GreaterOrEqual => Operator::LessOrEqual,
            Operator::Equal | Operator::NotEqual | Operator::In | Operator::NotIn => self,
        }
    }

    /// Whether only numbers have this order.
    pub(crate) fn orders(self) -> bool {
        matches!(self, Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sign())
    }
}

impl Arithmetic {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
        }
    }

    /// How tightly it binds.
    fn precedence(self) -> u8 {
        match self {
            Arithmetic::Add | Arithmetic::Subtract => 1,
            Arithmetic::Multiply | Arithmetic::Divide => 2,
        }
    }
}

impl Operand {
    /// Whether its value depends on evidence.
    pub(crate) fn reads(&self) -> bool {
        match self {
            Operand::Literal(_) => false,
            Operand::Read(_) => true,
            Operand::Negate(inner) => inner.reads(),
            Operand::Arithmetic { left, right, .. } => left.reads() || right.reads(),
        }
    }

    /// The operand's kind, given what its readings are.
    pub(crate) fn kind(&self, readings: &[Reading]) -> Kind {
        match self {
            Operand::Literal(value) => value.kind(),
            Operand::Read(idx) => readings[*idx].kind,
            Operand::Negate(_) | Operand::Arithmetic { .. } => Kind::Number,
        }
    }

    /// The operand as text that CEL reads back as the same operand.
    pub(crate) fn write(&self, readings: &[Reading]) -> String {
        let mut out = String::new();
        self.write_into(readings, &mut out, 0);
        out
    }

    fn write_into(&self, readings: &[Reading], out: &mut String, at_least: u8) {
        match self {
            // A sign before a number belongs to the literal, and CEL takes no sign after a sign.
            Operand::Literal(value) => out.push_str(&value.to_string()),
            Operand::Read(idx) => out.push_str(&readings[*idx].to_string()),
            Operand::Negate(inner) => {
                out.push_str("-(");
                inner.write_into(readings, out, 0);
                out.push(')');
            }
            Operand::Arithmetic { left, operator, right } => {
                let precedence = operator.precedence();
                let brackets = precedence < at_least;
                out.push_str(if brackets { "(" } else { "" });
                left.write_into(readings, out, precedence);
                out.push_str(&format!(" {} ", operator.sign()));
                // Chains group to the left, and rounding makes the grouping matter.
                right.write_into(readings, out, precedence + 1);
                out.push_str(if brackets { ")" } else { "" });
            }
        }
    }
}

/// Writes the comparison of two operands.
pub(crate) fn write_comparison(left: &Operand, operator: Operator, right: &Right, readings: &[Reading]) -> String {
    let right = match right {
        Right::One(operand) => operand.write(readings),
        Right::Among(values) => write_list(values),
    };
    format!("{} {operator} {right}", left.write(readings))
}

/// Writes a list of values.
pub(crate) fn write_list(values: &[Value]) -> String {
    let values: Vec<String> = values.iter().map(Value::to_string).collect();
    format!("[{}]", values.join(", "))
}
