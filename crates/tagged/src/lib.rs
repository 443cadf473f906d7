//! The visible lists of specs: one enum a list, one struct a kind.
//!
//! Entry point: [`tagged!`]. A crate whose specs choose among kinds (layers, optimizers, samplers) writes one list with it.
//!
//! ```
//! use proofmark_tagged::tagged;
//!
//! /// What every kind defines.
//! pub trait Shape {
//!     fn sides(&self) -> u32;
//! }
//!
//! /// A polygon.
//! #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! pub struct Polygon {
//!     #[serde(default)]
//!     extra_sides: u32,
//! }
//!
//! impl Shape for Polygon {
//!     fn sides(&self) -> u32 {
//!         3 + self.extra_sides
//!     }
//! }
//!
//! tagged! {
//!     /// A shape.
//!     Any: Shape { polygon => Polygon }
//! }
//!
//! let bare: Any = serde_json::from_str("\"polygon\"")?;
//! let whole: Any = serde_json::from_str("{\"polygon\": {\"extra_sides\": 2}}")?;
//! assert_eq!((bare.definition().sides(), whole.definition().sides()), (3, 5));
//! assert_eq!((whole.kind(), Any::KINDS), ("polygon", &["polygon"][..]));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! This crate does not know: what is listed.

#[doc(hidden)]
pub use {schemars, serde};

/// Makes the enum of a list of kinds, each a struct of its parameters, with the trait that all of them implement.
///
/// In specs a kind is a map of one key, `adam: { learning_rate: 0.01 }`; one whose parameters all have defaults may be
/// written as its bare name, `adam`. Reading and schema are made here rather than derived, because serde knows bare names
/// only for kinds that never have parameters.
#[macro_export]
macro_rules! tagged {
    ($(#[doc = $doc:literal])+ $list:ident: $definition:path { $($name:ident => $kind:ident),* $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum $list {
            $(#[doc = concat!("`", stringify!($name), "`: see [`", stringify!($kind), "`].")] $kind($kind),)*
        }

        $(impl From<$kind> for $list {
            fn from(kind: $kind) -> Self {
                $list::$kind(kind)
            }
        })*

        impl $list {
            /// The names of all kinds as specs write them, in the order of the list.
            pub const KINDS: &'static [&'static str] = &[$(stringify!($name)),*];

            /// The name of the kind as specs write it.
            pub fn kind(&self) -> &'static str {
                match self { $($list::$kind(_) => stringify!($name),)* }
            }

            pub(crate) fn definition(&self) -> &dyn $definition {
                match self { $($list::$kind(kind) => kind,)* }
            }
        }

        impl $crate::serde::Serialize for $list {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use $crate::serde::ser::SerializeMap as _;
                let mut map = serializer.serialize_map(Some(1))?;
                match self { $($list::$kind(kind) => map.serialize_entry(stringify!($name), kind)?,)* }
                map.end()
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $list {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use $crate::serde::de::Error as _;
                struct Kind;
                impl<'de> $crate::serde::de::Visitor<'de> for Kind {
                    type Value = $list;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(f, "one of {}, with its parameters", $list::KINDS.join(", "))
                    }

                    fn visit_str<E: $crate::serde::de::Error>(self, name: &str) -> Result<$list, E> {
                        let parameters = std::iter::empty::<(&str, &str)>();
                        let parameters = $crate::serde::de::value::MapDeserializer::new(parameters);
                        match name {
                            $(stringify!($name) => $crate::serde::Deserialize::deserialize(parameters).map($list::$kind),)*
                            _ => Err(E::unknown_variant(name, $list::KINDS)),
                        }
                    }

                    fn visit_map<A: $crate::serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$list, A::Error> {
                        let name = map.next_key::<String>()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                        let kind = match name.as_str() {
                            $(stringify!($name) => $list::$kind(map.next_value()?),)*
                            _ => return Err(A::Error::unknown_variant(&name, $list::KINDS)),
                        };
                        match map.next_key::<String>()? {
                            None => Ok(kind),
                            Some(_) => Err(A::Error::invalid_length(2, &self)),
                        }
                    }
                }
                deserializer.deserialize_any(Kind)
            }
        }

        impl $crate::schemars::JsonSchema for $list {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($list).into()
            }

            fn json_schema(generator: &mut $crate::schemars::SchemaGenerator) -> $crate::schemars::Schema {
                let mut bare: Vec<&str> = Vec::new();
                let mut forms: Vec<$crate::schemars::Schema> = Vec::new();
                $(
                    if <$kind as $crate::schemars::JsonSchema>::json_schema(generator).get("required").is_none() {
                        bare.push(stringify!($name));
                    }
                    let parameters = generator.subschema_for::<$kind>();
                    forms.push($crate::schemars::json_schema!({
                        "type": "object",
                        "properties": { (stringify!($name)): parameters },
                        "required": [stringify!($name)],
                        "additionalProperties": false
                    }));
                )*
                if !bare.is_empty() {
                    forms.push($crate::schemars::json_schema!({ "type": "string", "enum": bare }));
                }
                let doc: &[&str] = &[$($doc),+];
                let doc: Vec<&str> = doc.iter().map(|line| line.trim()).collect();
                $crate::schemars::json_schema!({ "description": doc.join("\n"), "oneOf": forms })
            }
        }
    };
}
