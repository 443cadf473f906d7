//! A JSON reader that refuses what others drop silently.

use super::number;
use crate::EvidenceError;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::fmt;

/// How deep arrays and objects may stand in each other.
pub const MAX_DEPTH: usize = 64;

/// Reads one JSON value: UTF-8, nothing after it, no key twice in one object, at most [`MAX_DEPTH`] levels, no integer
/// that a double would change.
///
/// # Errors
/// [`EvidenceError::JsonSyntax`], [`EvidenceError::JsonDuplicateKey`], [`EvidenceError::JsonTooDeep`] or
/// [`EvidenceError::JsonIntegerTooLarge`]; the first three say line and column.
pub fn parse_strict(bytes: &[u8]) -> Result<Value, EvidenceError> {
    let problem = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { problem: &problem, depth: 0 }.deserialize(&mut deserializer);
    let value = value.and_then(|value| deserializer.end().map(|()| value)).map_err(|source| {
        let (line, column) = (source.line(), source.column());
        match problem.take() {
            Some(Problem::DuplicateKey(key)) => EvidenceError::JsonDuplicateKey { key, line, column },
            Some(Problem::TooDeep) => EvidenceError::JsonTooDeep { limit: MAX_DEPTH, line, column },
            None => EvidenceError::JsonSyntax { source },
        }
    })?;
    // What parsed is UTF-8 throughout, since strings are checked and everything else is ASCII.
    let text = str::from_utf8(bytes).unwrap_or_default();
    match number::first_unsafe_integer(text) {
        Some(literal) => Err(EvidenceError::JsonIntegerTooLarge { integer: literal.to_owned() }),
        None => Ok(value),
    }
}

/// What only we refuse; kept beside serde's error, which carries the position but only text.
enum Problem {
    DuplicateKey(String),
    TooDeep,
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    problem: &'a RefCell<Option<Problem>>,
    depth: usize,
}

impl Strict<'_> {
    fn refuse<E: de::Error>(self, problem: Problem) -> E {
        self.problem.replace(Some(problem));
        E::custom("refused")
    }

    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(self.refuse(Problem::TooDeep));
        }
        Ok(Strict { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        if value <= number::MAX_SAFE_INTEGER { Ok(value.into()) } else { self.visit_f64(value as f64) }
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() <= number::MAX_SAFE_INTEGER { Ok(value.into()) } else { self.visit_f64(value as f64) }
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(self.refuse(Problem::DuplicateKey(key)));
            }
            let value = access.next_value_seed(inner)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}
