use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a window meets at both ends of a sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SequencePadding {
    /// Windows lie within the sequence: `(steps - window) / stride + 1` of them, rounded down.
    #[default]
    Valid,
    /// The sequence is padded evenly (the odd step at the end) so that `steps / stride` windows fit, rounded up.
    Same,
    /// All padding stands before the first step, so that a window ends at its own step and sees nothing after it; as many
    /// windows as with `same`.
    Causal,
}
