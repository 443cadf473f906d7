use proofmark_data::{CrossValidationSpec, DataSpec, QualitySpec};
use proofmark_govern::acceptance::AcceptanceSpec;
use proofmark_model::ModelSpec;
use proofmark_train::{EvaluateSpec, TrainSpec};
use proofmark_tune::AdjustSpec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A whole run in one file: data, the rules they must meet, the model, its training, and what it must reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// The name of the run, in folders and reports: letters, digits, `-`, `_` and `.`.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// Seed of everything random: initial parameters, order of samples, dropout, splits. 0 to 2^53 - 1. Default 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))]
    pub seed: u64,
    /// Where the data come from, how they are split, what the model reads and what it predicts.
    pub data: DataSpec,
    /// What the data must satisfy before anything is trained. Default: nothing.
    #[serde(default)]
    pub quality: QualitySpec,
    /// The layers.
    pub model: ModelSpec,
    /// How the model is trained.
    pub train: TrainSpec,
    /// Before that training, one for each fold of the train split, measured on the rows that it did not see. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_validation: Option<CrossValidationSpec>,
    /// What is measured. Default: accuracy, loss, calibration error, confusion.
    #[serde(default)]
    pub evaluate: EvaluateSpec,
    /// What the model must reach: one criterion or a list. Without it, nothing is accepted or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<AcceptanceSpec>,
    /// A study of other settings, judged on validation: where `accept` says no there, or with `tune`. Without it, nothing is
    /// adjusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjust: Option<AdjustSpec>,
}
