use std::borrow::Cow;
use std::fmt;
use std::ops::Bound;

use proofmark_model::{CheckedModel, ModelError, ModelErrorKind, ModelErrors, NumberRange, Target};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// Where they stand in the user's spec.
const PATH: &str = "train.class_weights";

/// The range of a weight: its ends are far from what the reciprocal of a batch's weights could lose in f32.
const RANGE: NumberRange = NumberRange { start: Bound::Included(1e-6), end: Bound::Included(1e6) };

/// What the samples of each class count in training; where samples have a class for each step, their steps. In specs `balanced`, or a list with a number for each class.
///
/// The loss of a batch is `Σ w l / Σ w`, l being a sample's loss and w the weight of its class (PyTorch's
/// `CrossEntropyLoss(weight=...)`). Losses that are reported, and those on validation and test, are not weighted.
#[derive(Clone, Debug, PartialEq)]
pub enum ClassWeights {
    /// `n / (k n_c)` for n samples of k classes, n_c of them of class c: every class counts as much as every other one.
    Balanced,
    /// Of each class, in the order of the classes.
    Each(Vec<f64>),
}

impl ClassWeights {
    /// Whether there is a weight within its range for every class.
    pub(crate) fn check(&self, model: &CheckedModel) -> Result<(), ModelErrors> {
        let refuse = |path: String, kind| Err(ModelError { path, layer: None, kind }.into());
        if matches!(model.target(), Target::Sequence { .. }) {
            return refuse(PATH.to_owned(), ModelErrorKind::ClassWeightsSequence);
        }
        let ClassWeights::Each(weights) = self else { return Ok(()) };
        let parameter = || "class_weights".to_owned();
        let classes = n_classes(model);
        if weights.len() != classes {
            let (length, minimum, maximum) = (weights.len(), classes, classes);
            return refuse(
                PATH.to_owned(),
                ModelErrorKind::Length { parameter: parameter(), length, minimum, maximum },
            );
        }
        // NaN is in no range.
        match weights.iter().position(|weight| !(1e-6..=1e6).contains(weight)) {
            Some(idx) => {
                let kind = ModelErrorKind::OutOfRange { parameter: parameter(), value: weights[idx], range: RANGE };
                refuse(format!("{PATH}[{idx}]"), kind)
            }
            None => Ok(()),
        }
    }

    /// The weight of each class, for a training on these labels. A class without samples weighs 0, which nothing reads.
    pub(crate) fn of(&self, model: &CheckedModel, labels: &[i32]) -> Vec<f32> {
        match self {
            ClassWeights::Each(weights) => weights.iter().map(|weight| *weight as f32).collect(),
            ClassWeights::Balanced => {
                let mut counts = vec![0_u32; n_classes(model)];
                // Steps whose class is missing have none.
                let classes = labels.iter().filter_map(|label| usize::try_from(*label).ok());
                classes.for_each(|class| counts[class] += 1);
                let all: u32 = counts.iter().sum();
                let present = counts.iter().filter(|count| **count > 0).count();
                let weight = |count: u32| f64::from(all) / (present as f64 * f64::from(count));
                counts.iter().map(|count| if *count == 0 { 0.0 } else { weight(*count) as f32 }).collect()
            }
        }
    }
}

fn n_classes(model: &CheckedModel) -> usize {
    match model.target() {
        Target::Category { classes } | Target::Embedding { classes } => classes,
        Target::Number { .. } | Target::Sequence { .. } => 0,
    }
}

impl Serialize for ClassWeights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            ClassWeights::Balanced => serializer.serialize_str("balanced"),
            ClassWeights::Each(weights) => weights.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ClassWeights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordOrList;
        impl<'de> Visitor<'de> for WordOrList {
            type Value = ClassWeights;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`balanced`, or a list with a number for each class")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<ClassWeights, E> {
                match word {
                    "balanced" => Ok(ClassWeights::Balanced),
                    other => Err(E::unknown_variant(other, &["balanced"])),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ClassWeights, A::Error> {
                let mut weights = Vec::new();
                while let Some(weight) = list.next_element()? {
                    weights.push(weight);
                }
                if weights.is_empty() {
                    Err(A::Error::invalid_length(0, &self))
                } else {
                    Ok(ClassWeights::Each(weights))
                }
            }
        }
        deserializer.deserialize_any(WordOrList)
    }
}

impl JsonSchema for ClassWeights {
    fn schema_name() -> Cow<'static, str> {
        "ClassWeights".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`balanced`, or a list with a number for each class.",
            "anyOf": [
                { "type": "string", "enum": ["balanced"] },
                { "type": "array", "items": { "type": "number", "minimum": 1e-6, "maximum": 1e6 }, "minItems": 2 },
            ]
        })
    }
}
