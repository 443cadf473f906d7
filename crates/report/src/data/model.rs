//! The network and how it was fitted.

use serde::{Deserialize, Serialize};

/// The network and how it was fitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSummary {
    /// Shape of one sample as it enters, e.g. `[28, 28, 1]`.
    pub input: Vec<u64>,
    /// The layers, in an order in which each comes after its inputs.
    pub layers: Vec<LayerRow>,
    /// Numbers fitted by training, over all layers.
    pub parameters: u64,
    /// Multiply-adds of one forward pass of one sample; `None` if not counted.
    pub multiply_adds: Option<u64>,
    /// How it was fitted: name and value as in the spec, e.g. `optimizer` and `adam { learning_rate: 0.001 }`.
    pub settings: Vec<Setting>,
}

/// One layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRow {
    /// The layer's name.
    pub name: String,
    /// Its kind in the spec, e.g. `conv2d`.
    pub kind: String,
    /// What else the spec says of it, e.g. `32 filters, 3×3, relu`; may be empty.
    pub detail: String,
    /// Names of the layers it reads; empty means the one before it.
    pub inputs: Vec<String>,
    /// Shape of one sample as it leaves.
    pub output: Vec<u64>,
    /// Numbers fitted by training.
    pub parameters: u64,
}

/// One setting of the training.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The spec's key, e.g. `batch_size`.
    pub name: String,
    /// The value, as the spec would write it.
    pub value: String,
}
