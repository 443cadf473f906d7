use proofmark_engine::Graph;
use proofmark_engine::precision::store_in_bf16;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{ModelError, ModelErrorKind, ModelErrors};

/// How what a training step keeps from its forward for its backward pass is stored. Arithmetic, parameters, gradients and the
/// optimizer's memory are f32 in any case, and so is the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// As it was computed.
    #[default]
    F32,
    /// Rounded to bfloat16: half the memory for images and sequences between layers.
    ///
    /// *Source*: Micikevicius and others 2018 (*Mixed precision training*); Kalamkar and others 2019.
    Bf16,
}

impl Precision {
    /// Whether nothing is rounded.
    pub fn is_f32(&self) -> bool {
        *self == Precision::F32
    }

    /// The training step with what it keeps stored so; `loss_gradient` as in [`store_in_bf16`].
    pub(crate) fn store(self, graph: Graph, loss_gradient: &str, path: &str) -> Result<Graph, ModelErrors> {
        match self {
            Precision::F32 => Ok(graph),
            Precision::Bf16 => store_in_bf16(&graph, loss_gradient).ok_or_else(|| {
                let kind = ModelErrorKind::NothingInBf16;
                ModelError { path: path.to_owned(), layer: None, kind }.into()
            }),
        }
    }
}
