//! What is searched: paths with the values that they may take.
//!
//! [`Space`] is what a person wrote; [`Space::check`] makes it a [`CheckedSpace`], with all that is wrong at once.
//! A domain is written as `[low, high]`, or as a map with exactly one of the keys `linear`, `log`, `integer`, `log_integer` and
//! `choice`, to which `step` and `when` may be added. The schema is one closed map rather than a union of forms: so an unknown
//! key, a wrong type or a wrong length is named for what it is, and only what a schema cannot say (one key of five, a low end
//! below a high one, a condition that can come true) is left to `check`.

mod check;
mod parameter;
mod value;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};

pub use check::CheckedSpace;
pub use parameter::{Condition, Kind, Parameter};
pub use value::{Value, Values};

/// What is searched: parameters by the path of what they set, in the order in which they were written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Space {
    /// Paths with their domains. A path stands once.
    pub parameters: Vec<(String, Domain)>,
}

/// The values that one parameter may take, as written. Exactly one of `linear`, `log`, `integer`, `log_integer` and `choice` is
/// given; `[low, high]` alone is `linear`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Domain {
    /// A number between two ends, ends included, each part of the range as likely as any other of its length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linear: Option<[f64; 2]>,
    /// A number between two ends above 0, ends included, each order of magnitude as likely as any other: for rates and widths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<[f64; 2]>,
    /// An integer between two ends, ends included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integer: Option<[i64; 2]>,
    /// An integer between two ends, the lower at least 1, each order of magnitude as likely as any other: for counts of units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_integer: Option<[i64; 2]>,
    /// One of several values of any kind, without order. No value stands twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub choice: Option<Vec<serde_json::Value>>,
    /// Only `low`, `low + step`, `low + 2 step` and so on up to `high`: with `linear` and `integer`. Default: every number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub step: Option<f64>,
    /// The parameter exists only where others of the search, each a `choice` or an integer, have one of these values: a value, or
    /// a list of values. Default: always.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub when: BTreeMap<String, serde_json::Value>,
}

impl Space {
    /// Adds a parameter behind the others.
    pub fn with(mut self, path: impl Into<String>, domain: Domain) -> Space {
        self.parameters.push((path.into(), domain));
        self
    }
}

impl Domain {
    /// `[low, high]`.
    pub fn linear(low: f64, high: f64) -> Domain {
        Domain { linear: Some([low, high]), ..Domain::default() }
    }

    /// `{ log: [low, high] }`.
    pub fn log(low: f64, high: f64) -> Domain {
        Domain { log: Some([low, high]), ..Domain::default() }
    }

    /// `{ integer: [low, high] }`.
    pub fn integer(low: i64, high: i64) -> Domain {
        Domain { integer: Some([low, high]), ..Domain::default() }
    }

    /// `{ log_integer: [low, high] }`.
    pub fn log_integer(low: i64, high: i64) -> Domain {
        Domain { log_integer: Some([low, high]), ..Domain::default() }
    }

    /// `{ choice: [..] }`.
    pub fn choice<V: Into<serde_json::Value>>(values: impl IntoIterator<Item = V>) -> Domain {
        Domain { choice: Some(values.into_iter().map(Into::into).collect()), ..Domain::default() }
    }

    /// The same with a `step`.
    pub fn with_step(mut self, step: f64) -> Domain {
        self.step = Some(step);
        self
    }

    /// The same, existing only where `path` has `value`, which may be a list of values.
    pub fn when(mut self, path: impl Into<String>, value: impl Into<serde_json::Value>) -> Domain {
        self.when.insert(path.into(), value.into());
        self
    }

    fn is_plain_linear(&self) -> bool {
        self.linear.is_some() && *self == Domain { linear: self.linear, ..Domain::default() }
    }
}

impl Serialize for Space {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.parameters.len()))?;
        for (path, domain) in &self.parameters {
            map.serialize_entry(path, domain)?;
        }
        map.end()
    }
}

/// `[low, high]` where that says all.
impl Serialize for Domain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.linear {
            Some(ends) if self.is_plain_linear() => ends.serialize(serializer),
            _ => Domain::serialize(self, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Domain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrMap;
        impl<'de> Visitor<'de> for ListOrMap {
            type Value = Domain;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of low and high, or a map")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Domain, A::Error> {
                let [low, high] = <[f64; 2]>::deserialize(SeqAccessDeserializer::new(list))?;
                Ok(Domain::linear(low, high))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Domain, A::Error> {
                // The derived reading, which `remote = "Self"` makes an associated function.
                Domain::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(ListOrMap)
    }
}

impl<'de> Deserialize<'de> for Space {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parameters;
        impl<'de> Visitor<'de> for Parameters {
            type Value = Space;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of paths with what they may be")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Space, A::Error> {
                let mut space = Space::default();
                while let Some((path, domain)) = map.next_entry::<String, Domain>()? {
                    if space.parameters.iter().any(|(other, _)| *other == path) {
                        return Err(A::Error::custom(format_args!("`{path}` stands twice")));
                    }
                    space.parameters.push((path, domain));
                }
                Ok(space)
            }
        }
        deserializer.deserialize_map(Parameters)
    }
}

impl JsonSchema for Space {
    fn schema_name() -> Cow<'static, str> {
        "Space".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<Domain>();
        let ends = generator.subschema_for::<[f64; 2]>();
        schemars::json_schema!({
            "description": "What is searched: the path of a value in the spec, with the values that it may take: `[low, high]`, or \
                            a map with one of `linear`, `log`, `integer`, `log_integer` and `choice`.",
            "type": "object",
            "additionalProperties": { "anyOf": [ends, map] }
        })
    }
}
