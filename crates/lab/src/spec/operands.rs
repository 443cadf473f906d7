//! What messages are made of: types, values, ranges, lengths and names, in words.

use proofmark_messages::{Lang, spec};

use super::tree::{Node, NodeValue};

/// A type of YAML values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// Text.
    Text,
    /// A list.
    List,
    /// A map.
    Map,
}

/// What may stand in a place: any of these types, or any of these names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Types.
    pub kinds: Vec<Kind>,
    /// Names of variants.
    pub names: Vec<String>,
}

/// What stands in a place, as far as a message shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// Null or no value.
    Nothing,
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Number(f64),
    /// A text.
    Text(String),
    /// A list of so many values.
    List(usize),
    /// A map of so many keys.
    Map(usize),
}

/// The numbers that are allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    /// The lower end.
    pub minimum: Option<Bound>,
    /// The upper end.
    pub maximum: Option<Bound>,
}

/// An end of a [`Range`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// The number.
    pub value: f64,
    /// The number itself is not allowed any more.
    pub is_exclusive: bool,
}

/// How long a list or a text may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Length {
    /// At least.
    pub minimum: Option<usize>,
    /// At most.
    pub maximum: Option<usize>,
}

impl Received {
    /// What a node holds.
    pub fn of(node: &Node) -> Received {
        match &node.value {
            NodeValue::Null => Received::Nothing,
            NodeValue::Bool(value) => Received::Boolean(*value),
            NodeValue::Integer(value) => Received::Integer(*value),
            NodeValue::Float(value) => Received::Number(*value),
            NodeValue::Text(text) => Received::Text(text.clone()),
            NodeValue::List(items) => Received::List(items.len()),
            NodeValue::Map(entries) => Received::Map(entries.len()),
        }
    }

    pub(crate) fn text(&self, lang: Lang) -> String {
        match self {
            Received::Nothing => spec::received_nothing(lang),
            Received::Boolean(value) => spec::received_value(lang, value),
            Received::Integer(value) => spec::received_value(lang, value),
            // With its point: it is what makes the number no integer.
            Received::Number(value) => spec::received_value(lang, format!("{value:?}")),
            Received::Text(text) => spec::received_text(lang, shown(text)),
            Received::List(1) => spec::received_list_of_one(lang),
            Received::List(length) => spec::received_list(lang, length),
            Received::Map(1) => spec::received_map_of_one(lang),
            Received::Map(length) => spec::received_map(lang, length),
        }
    }
}

impl Kind {
    pub(crate) fn text(self, lang: Lang) -> String {
        match self {
            Kind::Null => spec::kind_null(lang),
            Kind::Boolean => spec::kind_boolean(lang),
            Kind::Integer => spec::kind_integer(lang),
            Kind::Number => spec::kind_number(lang),
            Kind::Text => spec::kind_text(lang),
            Kind::List => spec::kind_list(lang),
            Kind::Map => spec::kind_map(lang),
        }
    }
}

impl Expected {
    pub(crate) fn text(&self, lang: Lang) -> String {
        let names = (!self.names.is_empty()).then(|| one_of(lang, &self.names));
        let kinds = self.kinds.iter().map(|kind| kind.text(lang));
        any_of(lang, names.into_iter().chain(kinds).collect())
    }
}

impl Range {
    /// `0 <= rate < 1`, with the last step of the path as the name.
    pub(crate) fn text(&self, name: &str) -> String {
        let sign = |bound: Bound| if bound.is_exclusive { "<" } else { "<=" };
        match (self.minimum, self.maximum) {
            (Some(low), Some(high)) => {
                format!("{} {} {name} {} {}", number(low.value), sign(low), sign(high), number(high.value))
            }
            (Some(low), None) => format!("{name} {} {}", sign(low).replace('<', ">"), number(low.value)),
            (None, Some(high)) => format!("{name} {} {}", sign(high), number(high.value)),
            (None, None) => name.to_owned(),
        }
    }

    /// Whether a number lies in it.
    pub fn contains(&self, value: f64) -> bool {
        let above = |bound: Bound| if bound.is_exclusive { value > bound.value } else { value >= bound.value };
        let below = |bound: Bound| if bound.is_exclusive { value < bound.value } else { value <= bound.value };
        self.minimum.is_none_or(above) && self.maximum.is_none_or(below)
    }
}

impl Length {
    pub(crate) fn text(&self, lang: Lang) -> String {
        match (self.minimum, self.maximum) {
            (Some(minimum), Some(maximum)) if minimum == maximum => spec::length_exactly(lang, minimum),
            (Some(minimum), Some(maximum)) => spec::length_between(lang, minimum, maximum),
            (Some(minimum), None) => spec::length_at_least(lang, minimum),
            (None, maximum) => spec::length_at_most(lang, maximum.unwrap_or(usize::MAX)),
        }
    }

    /// Whether a length is allowed.
    pub fn contains(&self, length: usize) -> bool {
        self.minimum.is_none_or(|minimum| length >= minimum) && self.maximum.is_none_or(|maximum| length <= maximum)
    }
}

/// A number as people write it: no trailing `.0`, an exponent only where zeros would have to be counted.
pub(crate) fn number(value: f64) -> String {
    let magnitude = value.abs();
    if value != 0.0 && !(1e-5..1e16).contains(&magnitude) { format!("{value:e}") } else { value.to_string() }
}

/// The user's text on one line of the terminal: control characters escaped, the end cut off where it gets long.
pub(crate) fn shown(text: &str) -> String {
    const MAX_CHARACTERS: usize = 80;
    let mut shown = String::new();
    for (idx, character) in text.chars().enumerate() {
        if idx == MAX_CHARACTERS {
            shown.push('…');
            break;
        }
        if character.is_control() || is_direction_mark(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Characters that reorder what stands beside them on a terminal.
pub(crate) fn is_direction_mark(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Chinese text as it is typeset: a space between a character and code in back-quotes, none between two characters.
/// Sentences are put together from parts that do not know their neighbours.
pub(crate) fn spaced(lang: Lang, text: String) -> String {
    if lang != Lang::ZhCn {
        return text;
    }
    let is_han = |c: Option<char>| c.is_some_and(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let mut out = String::with_capacity(text.len());
    let mut is_code = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let (before, after) = (out.chars().next_back(), characters.peek().copied());
        match character {
            '`' => {
                if !is_code && is_han(before) {
                    out.push(' ');
                }
                out.push('`');
                if is_code && is_han(after) {
                    out.push(' ');
                }
                is_code = !is_code;
            }
            ' ' if !is_code && is_han(before) && is_han(after) => {}
            other => out.push(other),
        }
    }
    out
}

/// `a`, `b` or `c`.
pub(crate) fn one_of(lang: Lang, names: &[String]) -> String {
    any_of(lang, names.iter().map(|name| format!("`{}`", shown(name))).collect())
}

/// `a`, `b`, `c`.
pub(crate) fn listed(lang: Lang, names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", shown(name))).collect();
    names.join(&spec::list_separator(lang))
}

fn any_of(lang: Lang, mut parts: Vec<String>) -> String {
    match parts.pop() {
        None => String::new(),
        Some(last) if parts.is_empty() => last,
        Some(last) => spec::or(lang, parts.join(&spec::list_separator(lang)), last),
    }
}
