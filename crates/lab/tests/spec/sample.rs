//! A small spec with everything that a real one has: structs with defaults, variants with and without content, unions,
//! ranges, lengths, options, free maps, and a type that refuses more than its schema can say.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sample {
    #[schemars(length(min = 1, max = 20))]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) seed: u64,
    pub(crate) model: Model,
    #[serde(default)]
    pub(crate) train: Train,
    #[serde(default)]
    pub(crate) accept: Option<Condition>,
    #[serde(default)]
    pub(crate) adjust: Option<Adjust>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Model {
    #[schemars(length(min = 1))]
    pub(crate) layers: Vec<Layer>,
}

/// A variant with documentation on some and not on others: `schemars` writes them differently.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Layer {
    /// A convolution.
    Conv2d(Conv2d),
    /// All axes in one.
    Flatten,
    GlobalPool,
    Dense(Dense),
    Dropout(Dropout),
    Reshape([u32; 3]),
}

#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Conv2d {
    #[schemars(range(min = 1, max = 4096))]
    pub(crate) filters: u32,
    pub(crate) kernel: Size,
    #[serde(default)]
    pub(crate) activation: Option<Activation>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dense {
    #[schemars(range(min = 1))]
    pub(crate) units: u32,
    #[serde(default)]
    pub(crate) bias: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dropout {
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub(crate) rate: f32,
}

/// One number for both axes, or one for each.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Size {
    Square(u32),
    Sides([u32; 2]),
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Activation {
    Relu,
    Sigmoid,
    /// The last layer's.
    Softmax,
}

#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Train {
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) epochs: u32,
    pub(crate) shuffle: bool,
    pub(crate) optimizer: Optimizer,
    pub(crate) metrics: BTreeSet<String>,
}

impl Default for Train {
    fn default() -> Train {
        let adam = Adam::default();
        Train { epochs: 10, shuffle: true, optimizer: Optimizer::Adam(adam), metrics: BTreeSet::new() }
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Optimizer {
    Adam(Adam),
    Plain(Plain),
}

/// An optimizer without settings.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plain {}

#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Adam {
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub(crate) learning_rate: f64,
}

impl Default for Adam {
    fn default() -> Adam {
        Adam { learning_rate: 0.001 }
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Adjust {
    pub(crate) search: BTreeMap<String, Space>,
}

/// A range to search, plain or by magnitude.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Space {
    Linear([f64; 2]),
    Log(LogSpace),
}

#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogSpace {
    pub(crate) log: [f64; 2],
}

/// A condition; that it compares something, only its own reader can see.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub(crate) struct Condition(pub(crate) String);

impl TryFrom<String> for Condition {
    type Error = NothingCompared;

    fn try_from(text: String) -> Result<Condition, NothingCompared> {
        if text.contains(['<', '>', '=']) { Ok(Condition(text)) } else { Err(NothingCompared) }
    }
}

#[derive(Debug)]
pub(crate) struct NothingCompared;

impl std::fmt::Display for NothingCompared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the condition compares nothing")
    }
}

pub(crate) const GOOD: &str = "\
name: digits
seed: 7
model:
  layers:
    - conv2d: { filters: 32, kernel: 3, activation: relu }
    - conv2d:
        filters: 64
        kernel: [3, 5]
    - flatten
    - dropout: { name: drop, rate: 0.5 }
    - dense: { units: 10, bias: true }
train:
  epochs: 10
  optimizer: { adam: { learning_rate: 0.001 } }
  metrics: [accuracy, recall]
accept: metrics.accuracy.lower95 >= 0.9772
adjust:
  search:
    train.optimizer.adam.learning_rate: { log: [0.0001, 0.01] }
    model.drop.rate: [0.2, 0.6]
";
