use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ranges::Ranges;

/// Mixes the samples of a batch with each other: a step trains on `λ x + (1 - λ) x'`, x' being another sample of the batch,
/// and its loss is `λ loss(y) + (1 - λ) loss(y')`. λ is drawn for each step from the Beta(alpha, alpha) distribution.
///
/// Losses that are linear in the target only: for these, mixing losses is mixing targets.
///
/// *Source*: Zhang, Cissé, Dauphin, Lopez-Paz 2018, *mixup: beyond empirical risk minimization*.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mixup {
    /// α of the paper: near 0 one of the two samples outweighs the other, 1 is uniform, more mixes evenly. 0.01 to 100; the
    /// paper has 0.1 to 0.4 for ImageNet and 1 for CIFAR-10.
    #[schemars(range(min = 0.01, max = 100.0))]
    pub alpha: f64,
}

impl Mixup {
    pub(crate) fn check(&self, ranges: &mut Ranges) {
        ranges.number("alpha", self.alpha, 0.01..=100.0);
    }
}
