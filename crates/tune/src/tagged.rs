//! The visible lists: one enum a list, one struct a kind.

/// Makes the enum of a list of kinds, each a struct of its parameters, with the trait that all of them implement.
///
/// In specs a kind is a map of one key, `adam: { learning_rate: 0.01 }`; one whose parameters all have defaults may be
/// written as its bare name, `adam`. Reading and schema are made here rather than derived, because serde knows bare names
/// only for kinds that never have parameters.
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

        impl serde::Serialize for $list {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap as _;
                let mut map = serializer.serialize_map(Some(1))?;
                match self { $($list::$kind(kind) => map.serialize_entry(stringify!($name), kind)?,)* }
                map.end()
            }
        }

        impl<'de> serde::Deserialize<'de> for $list {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use serde::de::Error as _;
                struct Kind;
                impl<'de> serde::de::Visitor<'de> for Kind {
                    type Value = $list;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(f, "one of {}, with its parameters", $list::KINDS.join(", "))
                    }

                    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<$list, E> {
                        let parameters = std::iter::empty::<(&str, &str)>();
                        let parameters = serde::de::value::MapDeserializer::new(parameters);
                        match name {
                            $(stringify!($name) => serde::Deserialize::deserialize(parameters).map($list::$kind),)*
                            _ => Err(E::unknown_variant(name, $list::KINDS)),
                        }
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$list, A::Error> {
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

        impl schemars::JsonSchema for $list {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($list).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut bare: Vec<&str> = Vec::new();
                let mut forms: Vec<schemars::Schema> = Vec::new();
                $(
                    if <$kind as schemars::JsonSchema>::json_schema(generator).get("required").is_none() {
                        bare.push(stringify!($name));
                    }
                    let parameters = generator.subschema_for::<$kind>();
                    forms.push(schemars::json_schema!({
                        "type": "object",
                        "properties": { (stringify!($name)): parameters },
                        "required": [stringify!($name)],
                        "additionalProperties": false
                    }));
                )*
                if !bare.is_empty() {
                    forms.push(schemars::json_schema!({ "type": "string", "enum": bare }));
                }
                let doc: &[&str] = &[$($doc),+];
                let doc: Vec<&str> = doc.iter().map(|line| line.trim()).collect();
                schemars::json_schema!({ "description": doc.join("\n"), "oneOf": forms })
            }
        }
    };
}
