use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Progress, ScheduleDefinition, ScheduleState};

/// The optimizer's learning rate throughout.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Constant {}

impl ScheduleDefinition for Constant {
    fn factor(&self, _progress: Progress, _state: &ScheduleState) -> f64 {
        1.0
    }
}
