use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ranges::Ranges;

/// A penalty on the size of kernels, added to their gradient once a step, in the update: `2 l2 w + l1 sign(w)`, the
/// gradient of `l2 Σw² + l1 Σ|w|` (Keras' L1 and L2; PyTorch's `weight_decay` is twice its `l2`). Biases, scales and
/// statistics are not penalised. The reported loss does not contain the penalty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Regularizer {
    /// Weight of the sum of absolute values, 0 or more. Default 0.
    #[schemars(range(min = 0.0))]
    pub l1: f64,
    /// Weight of the sum of squares, 0 or more. Default 0.
    #[schemars(range(min = 0.0))]
    pub l2: f64,
}

impl Regularizer {
    pub(crate) fn check(&self, ranges: &mut Ranges, prefix: &str) {
        ranges.number(&format!("{prefix}l1"), self.l1, 0.0..);
        ranges.number(&format!("{prefix}l2"), self.l2, 0.0..);
    }
}
