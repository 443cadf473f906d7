//! What a statement claims: typed values under names.

use crate::EvidenceError;
use crate::canonical::MAX_SAFE_INTEGER;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// One claimed value. Not `Clone`, as [`Claims`] explains.
#[derive(Debug, PartialEq)]
pub enum Claim {
    /// A finite double; made by [`Claim::number`], which turns NaN and infinities into [`Claim::Absent`].
    Number(f64),
    /// True or false.
    Bool(bool),
    /// Text; also integers above 2^53, as decimal digits.
    Text(String),
    /// There is no value, and this is why. Written as `{"absent": why}`.
    Absent {
        /// A short reason in English, the same whenever the same thing is measured.
        why: String,
    },
    /// Values in order.
    List(Vec<Claim>),
    /// Values under names.
    Map(Claims),
}

impl Claim {
    /// A number, or the reason why there is none: `not a number`, `infinite` or `minus infinite`. Minus zero is zero.
    pub fn number(value: f64) -> Claim {
        if value.is_nan() {
            Claim::absent("not a number")
        } else if value.is_infinite() {
            Claim::absent(if value > 0.0 { "infinite" } else { "minus infinite" })
        } else {
            Claim::Number(value + 0.0)
        }
    }

    /// An integer: a number up to 2^53, decimal digits as text above.
    pub fn integer(value: u64) -> Claim {
        if value <= MAX_SAFE_INTEGER { Claim::Number(value as f64) } else { Claim::Text(value.to_string()) }
    }

    /// No value, and why.
    pub fn absent(why: impl Into<String>) -> Claim {
        Claim::Absent { why: why.into() }
    }

    /// The value if it is a number.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Claim::Number(value) => Some(*value),
            _ => None,
        }
    }
}

macro_rules! claim_from {
    ($($source:ty => |$value:ident| $claim:expr;)*) => {
        $(impl From<$source> for Claim {
            fn from($value: $source) -> Claim { $claim }
        })*
    };
}

claim_from! {
    f64 => |value| Claim::number(value);
    u32 => |value| Claim::Number(f64::from(value));
    u64 => |value| Claim::integer(value);
    bool => |value| Claim::Bool(value);
    &str => |value| Claim::Text(value.to_owned());
    String => |value| Claim::Text(value);
    crate::Digest => |value| Claim::Text(value.to_string());
    Claims => |value| Claim::Map(value);
    Vec<Claim> => |value| Claim::List(value);
}

/// Claims by name, in the names' order. The name `absent` is reserved.
///
/// Claims can be made and read, not copied: what a client reported cannot be lifted out of its statement and passed on as
/// measured.
///
/// ```compile_fail,E0599
/// # use proofmark_evidence::{Claims, Statement};
/// fn launder(reported: &Statement) -> Claims {
///     Claims::clone(reported.claims())
/// }
/// ```
#[derive(Debug, Default, PartialEq)]
pub struct Claims(BTreeMap<String, Claim>);

/// How deep maps and lists may stand in each other.
pub(crate) const MAX_CLAIM_DEPTH: usize = 16;
/// The key that marks an absent value, so that no map can be mistaken for one.
const ABSENT: &str = "absent";

impl Claims {
    /// No claims yet.
    pub fn new() -> Claims {
        Claims::default()
    }

    /// Adds a claim and returns all of them; the last claim of a name wins.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, claim: impl Into<Claim>) -> Claims {
        self.insert(name, claim);
        self
    }

    /// Adds a claim; the last claim of a name wins.
    pub fn insert(&mut self, name: impl Into<String>, claim: impl Into<Claim>) {
        self.0.insert(name.into(), claim.into());
    }

    /// The claim of a name in this map.
    pub fn get(&self, name: &str) -> Option<&Claim> {
        self.0.get(name)
    }

    /// The claim at a path of names through nested maps, such as `["metrics", "accuracy", "lower95"]`.
    pub fn at(&self, path: &[&str]) -> Option<&Claim> {
        let (last, parents) = path.split_last()?;
        let parent = parents.iter().try_fold(self, |claims, name| match claims.get(name) {
            Some(Claim::Map(inner)) => Some(inner),
            _ => None,
        });
        parent?.get(last)
    }

    /// All claims in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Claim)> {
        self.0.iter().map(|(name, claim)| (name.as_str(), claim))
    }

    /// How many claims this map holds.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is claimed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks what the types cannot: finite numbers, no reserved names, bounded nesting.
    pub(crate) fn check(&self) -> Result<(), EvidenceError> {
        check_map(self, "", 1)
    }

    pub(crate) fn from_json(object: serde_json::Map<String, Value>) -> Result<Claims, EvidenceError> {
        map_from_json(object, "", 1)
    }
}

fn check_map(claims: &Claims, path: &str, depth: usize) -> Result<(), EvidenceError> {
    check_depth(path, depth)?;
    for (name, claim) in claims.iter() {
        let path = join(path, name);
        if name == ABSENT {
            return Err(EvidenceError::ClaimReserved { claim: path });
        }
        check_claim(claim, &path, depth)?;
    }
    Ok(())
}

fn check_claim(claim: &Claim, path: &str, depth: usize) -> Result<(), EvidenceError> {
    match claim {
        Claim::Number(value) if !value.is_finite() => Err(EvidenceError::ClaimNotFinite { claim: path.to_owned() }),
        Claim::Number(_) | Claim::Bool(_) | Claim::Text(_) | Claim::Absent { .. } => Ok(()),
        Claim::List(items) => {
            check_depth(path, depth + 1)?;
            items
                .iter()
                .enumerate()
                .try_for_each(|(idx, item)| check_claim(item, &join(path, &idx.to_string()), depth + 1))
        }
        Claim::Map(claims) => check_map(claims, path, depth + 1),
    }
}

fn check_depth(path: &str, depth: usize) -> Result<(), EvidenceError> {
    if depth > MAX_CLAIM_DEPTH {
        return Err(EvidenceError::ClaimTooDeep { claim: path.to_owned(), limit: MAX_CLAIM_DEPTH });
    }
    Ok(())
}

fn map_from_json(object: serde_json::Map<String, Value>, path: &str, depth: usize) -> Result<Claims, EvidenceError> {
    check_depth(path, depth)?;
    let claims = object.into_iter().map(|(name, value)| {
        let claim = claim_from_json(value, &join(path, &name), depth)?;
        Ok((name, claim))
    });
    claims.collect::<Result<_, _>>().map(Claims)
}

fn claim_from_json(value: Value, path: &str, depth: usize) -> Result<Claim, EvidenceError> {
    Ok(match value {
        Value::Null => return Err(EvidenceError::ClaimNull { claim: path.to_owned() }),
        Value::Bool(value) => Claim::Bool(value),
        // Strict reading leaves no number that is not a double.
        Value::Number(number) => Claim::number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => Claim::Text(text),
        Value::Array(items) => {
            check_depth(path, depth + 1)?;
            let items = items.into_iter().enumerate();
            let items = items.map(|(idx, item)| claim_from_json(item, &join(path, &idx.to_string()), depth + 1));
            Claim::List(items.collect::<Result<_, _>>()?)
        }
        Value::Object(mut object) => match (object.len(), object.remove(ABSENT)) {
            (1, Some(Value::String(why))) => Claim::Absent { why },
            (_, Some(_)) => return Err(EvidenceError::ClaimReserved { claim: join(path, ABSENT) }),
            (_, None) => Claim::Map(map_from_json(object, path, depth + 1)?),
        },
    })
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl Serialize for Claims {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0)
    }
}

impl Serialize for Claim {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Claim::Number(value) => serializer.serialize_f64(*value),
            Claim::Bool(value) => serializer.serialize_bool(*value),
            Claim::Text(text) => serializer.serialize_str(text),
            Claim::Absent { why } => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(ABSENT, why)?;
                map.end()
            }
            Claim::List(items) => serializer.collect_seq(items),
            Claim::Map(claims) => claims.serialize(serializer),
        }
    }
}
