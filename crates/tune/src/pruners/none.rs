use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PrunerDefinition;
use crate::trial::{History, TrialRecord, Verdict};

/// Every trial runs to its end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoPruning {}

impl PrunerDefinition for NoPruning {
    fn verdict(&self, _history: &History<'_>, _trial: &TrialRecord) -> Verdict {
        Verdict::Continue
    }
}
