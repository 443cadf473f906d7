//! f64 in JSON: finite numbers as numbers, the others as `"NaN"`, `"Infinity"`, `"-Infinity"`, because JSON has no word for
//! them and a diverged loss must still be told.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Finite(f64),
    Named(String),
}

fn write(value: f64) -> Written {
    if value.is_finite() {
        Written::Finite(value)
    } else if value.is_nan() {
        Written::Named("NaN".to_owned())
    } else {
        Written::Named(if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned())
    }
}

fn read<E: de::Error>(written: Written) -> Result<f64, E> {
    match written {
        Written::Finite(value) => Ok(value),
        Written::Named(name) => match name.as_str() {
            "NaN" => Ok(f64::NAN),
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            _ => Err(E::invalid_value(de::Unexpected::Str(&name), &"a number, `NaN`, `Infinity` or `-Infinity`")),
        },
    }
}

pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    write(*value).serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    read(Written::deserialize(deserializer)?)
}

/// The same for a number that may be absent (`null`).
pub(crate) mod option {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Written, read, write};

    pub(crate) fn serialize<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(write).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        Option::<Written>::deserialize(deserializer)?.map(read).transpose()
    }
}

/// The same for a list.
pub(crate) mod list {
    use super::{Deserialize, Deserializer, Serializer, Written, read, write};

    pub(crate) fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(|value| write(*value)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        Vec::<Written>::deserialize(deserializer)?.into_iter().map(read).collect()
    }
}

/// The same for a list that may be absent (`null`).
pub(crate) mod option_list {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Written, read, write};

    pub(crate) fn serialize<S: Serializer>(values: &Option<Vec<f64>>, serializer: S) -> Result<S::Ok, S::Error> {
        let written: Option<Vec<Written>> =
            values.as_ref().map(|list| list.iter().map(|value| write(*value)).collect());
        written.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<f64>>, D::Error> {
        let written = Option::<Vec<Written>>::deserialize(deserializer)?;
        written.map(|list| list.into_iter().map(read).collect()).transpose()
    }
}
