//! The limits of numbers and lengths.

use serde_json::{Map, Value};

use super::Checker;
use crate::spec::operands::{Bound, Length, Range, Received};
use crate::spec::problem::ProblemKind;
use crate::spec::tree::{Node, NodeValue, Position};

impl Checker<'_> {
    pub(super) fn range(&mut self, node: &Node, keywords: &Map<String, Value>) {
        let value = match node.value {
            NodeValue::Integer(value) => value as f64,
            NodeValue::Float(value) => value,
            _ => return,
        };
        let range = range(keywords);
        if !range.contains(value) {
            self.problem(ProblemKind::OutOfRange { range, received: Received::of(node) }, node.position);
        }
    }

    /// Whether the list has a length that is allowed.
    pub(super) fn list_length(&mut self, received: usize, keywords: &Map<String, Value>, owner: Position) -> bool {
        let length = length(keywords, "minItems", "maxItems");
        let is_allowed = length.contains(received);
        if !is_allowed {
            self.problem(ProblemKind::WrongLength { length, received }, owner);
        }
        is_allowed
    }

    pub(super) fn text_length(&mut self, text: &str, keywords: &Map<String, Value>, position: Position) {
        let length = length(keywords, "minLength", "maxLength");
        let received = text.chars().count();
        if !length.contains(received) {
            self.problem(ProblemKind::WrongTextLength { length, received }, position);
        }
    }
}

/// The tighter of what the schema says and what the format's type holds. The ends of 64-bit integers need no check: the
/// tree holds nothing beyond `i64`, and `f64` could not tell its last values apart.
fn range(keywords: &Map<String, Value>) -> Range {
    let (lowest, highest) = match keywords.get("format").and_then(Value::as_str) {
        Some("int8") => (Some(f64::from(i8::MIN)), Some(f64::from(i8::MAX))),
        Some("int16") => (Some(f64::from(i16::MIN)), Some(f64::from(i16::MAX))),
        Some("int32") => (Some(f64::from(i32::MIN)), Some(f64::from(i32::MAX))),
        Some("uint8") => (Some(0.0), Some(f64::from(u8::MAX))),
        Some("uint16") => (Some(0.0), Some(f64::from(u16::MAX))),
        Some("uint32") => (Some(0.0), Some(f64::from(u32::MAX))),
        Some("uint64" | "uint") => (Some(0.0), None),
        Some("float") => (Some(f64::from(f32::MIN)), Some(f64::from(f32::MAX))),
        _ => (None, None),
    };
    let bound = |keyword: &str, is_exclusive: bool| {
        let value = keywords.get(keyword)?.as_f64()?;
        Some(Bound { value, is_exclusive })
    };
    let inclusive = |value: f64| Bound { value, is_exclusive: false };
    let tighter = |a: Bound, b: Bound, is_further: fn(f64, f64) -> bool| {
        if is_further(b.value, a.value) || (a.value == b.value && b.is_exclusive) { b } else { a }
    };
    let lower = [bound("minimum", false), bound("exclusiveMinimum", true), lowest.map(inclusive)];
    let upper = [bound("maximum", false), bound("exclusiveMaximum", true), highest.map(inclusive)];
    let minimum = lower.into_iter().flatten().reduce(|a, b| tighter(a, b, |b, a| b > a));
    let maximum = upper.into_iter().flatten().reduce(|a, b| tighter(a, b, |b, a| b < a));
    // The end of a float's own range is no news to anybody who meets the other end only.
    Range { minimum, maximum }
}

fn length(keywords: &Map<String, Value>, minimum: &str, maximum: &str) -> Length {
    let limit =
        |keyword: &str| keywords.get(keyword).and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    Length { minimum: limit(minimum), maximum: limit(maximum) }
}
