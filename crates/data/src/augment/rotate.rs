use super::affine::Affine;
use super::degrees::sin_cos;
use super::fill::Fill;
use super::operator::{AffineOperator, Draws, Extents, Limits, Parameters};
use crate::spec_problem::ABOVE_ZERO;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Turns the image about its centre by an angle that is uniform in `[-degrees, degrees]`, counter-clockwise where it is
/// positive. Bilinear.
///
/// *Source*: Keras' `RandomRotation`, torchvision's `RandomRotation`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// The largest angle in degrees, above 0, at most 180. 10 is usual for digits.
    #[schemars(range(max = 180.0), extend("exclusiveMinimum" = 0))]
    pub degrees: f64,
    /// What stands where the input has no pixel. Default black.
    #[serde(default)]
    pub fill: Fill,
}

impl Parameters for Rotate {
    fn check(&self, limits: &mut Limits<'_>) {
        limits.within("degrees", self.degrees, ABOVE_ZERO, 180.0);
        self.fill.check(limits);
    }
}

impl AffineOperator for Rotate {
    fn fill(&self) -> Fill {
        self.fill
    }

    /// Element 0: the angle.
    fn input_of_output(&self, draws: &Draws, _: Extents) -> Affine {
        turn(draws.symmetric(0, self.degrees as f32))
    }
}

/// Counter-clockwise as a person sees it, y pointing down.
pub(super) fn turn(degrees: f32) -> Affine {
    let (sin, cos) = sin_cos(degrees);
    Affine { xx: cos, xy: -sin, x0: 0.0, yx: sin, yy: cos, y0: 0.0 }
}
