use super::affine::Affine;
use super::fill::Fill;
use super::operator::{AffineOperator, Draws, Extents, Limits, Parameters};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Makes what the image shows larger (a factor above 1) or smaller about its centre, in both directions alike; the size of
/// the image stays. The factor is uniform in `[min, max]`. Bilinear.
///
/// *Source*: Keras' `RandomZoom`; `scale` of torchvision's `RandomAffine`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// The smallest factor, 0.1 to 10.
    #[schemars(range(min = 0.1, max = 10.0))]
    pub min: f64,
    /// The largest factor, at least `min`, at most 10.
    #[schemars(range(min = 0.1, max = 10.0))]
    pub max: f64,
    /// What stands where the input has no pixel. Default black.
    #[serde(default)]
    pub fill: Fill,
}

impl Parameters for Scale {
    fn check(&self, limits: &mut Limits<'_>) {
        limits.within("min", self.min, 0.1, 10.0);
        let lowest = if self.min > 0.1 && self.min <= 10.0 { self.min } else { 0.1 };
        limits.within("max", self.max, lowest, 10.0);
        self.fill.check(limits);
    }
}

impl AffineOperator for Scale {
    fn fill(&self) -> Fill {
        self.fill
    }

    /// Element 0: the factor.
    fn input_of_output(&self, draws: &Draws, _: Extents) -> Affine {
        let (min, max) = (self.min as f32, self.max as f32);
        by_factor(min + draws.uniform(0) * (max - min))
    }
}

/// What is seen grows by the factor, hence it comes from nearer to the centre.
pub(super) fn by_factor(factor: f32) -> Affine {
    let inverse = 1.0 / factor;
    Affine { xx: inverse, yy: inverse, ..Affine::IDENTITY }
}
