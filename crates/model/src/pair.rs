use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error as _, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// Height and width, each 1 to 65,536. In specs one integer stands for both, a list of two for height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Along the first axis of an image.
    pub height: usize,
    /// Along the second axis of an image.
    pub width: usize,
}

impl Pair {
    /// The largest height and width.
    pub const MAX: usize = 65_536;

    /// `[height, width]`.
    pub fn extents(self) -> [usize; 2] {
        [self.height, self.width]
    }
}

impl From<usize> for Pair {
    fn from(both: usize) -> Self {
        Pair { height: both, width: both }
    }
}

impl From<[usize; 2]> for Pair {
    fn from([height, width]: [usize; 2]) -> Self {
        Pair { height, width }
    }
}

impl Serialize for Pair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.height == self.width { self.height.serialize(serializer) } else { self.extents().serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IntegerOrList;
        impl<'de> Visitor<'de> for IntegerOrList {
            type Value = Pair;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer, or a list of height and width")
            }

            fn visit_u64<E: serde::de::Error>(self, both: u64) -> Result<Pair, E> {
                let both = usize::try_from(both).map_err(|_| E::invalid_value(Unexpected::Unsigned(both), &self))?;
                Ok(Pair::from(both))
            }

            fn visit_i64<E: serde::de::Error>(self, both: i64) -> Result<Pair, E> {
                let unsigned = u64::try_from(both).map_err(|_| E::invalid_value(Unexpected::Signed(both), &self))?;
                self.visit_u64(unsigned)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Pair, A::Error> {
                let height = list.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                let width = list.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
                match list.next_element::<usize>()? {
                    None => Ok(Pair { height, width }),
                    Some(_) => Err(A::Error::invalid_length(3, &self)),
                }
            }
        }
        deserializer.deserialize_any(IntegerOrList)
    }
}

impl JsonSchema for Pair {
    fn schema_name() -> Cow<'static, str> {
        "Pair".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let extent = json_schema!({ "type": "integer", "minimum": 1, "maximum": Pair::MAX });
        json_schema!({
            "description": "Height and width: one integer for both, or a list of two.",
            "anyOf": [extent, { "type": "array", "items": extent, "minItems": 2, "maxItems": 2 }]
        })
    }
}
