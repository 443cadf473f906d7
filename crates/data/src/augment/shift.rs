use super::affine::Affine;
use super::fill::Fill;
use super::operator::{AffineOperator, Draws, Extents, Limits, Parameters};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Moves the image down by a share of its height that is uniform in `[-height, height]`, and to the right by a share of its
/// width, uniform in `[-width, width]`. Not only by whole pixels: bilinear.
///
/// *Source*: Keras' `RandomTranslation`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// The largest share of the height, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub height: f64,
    /// The largest share of the width, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub width: f64,
    /// What stands where the input has no pixel. Default black.
    #[serde(default)]
    pub fill: Fill,
}

impl Parameters for Shift {
    fn check(&self, limits: &mut Limits<'_>) {
        limits.within("height", self.height, 0.0, 1.0);
        limits.within("width", self.width, 0.0, 1.0);
        self.fill.check(limits);
    }
}

impl AffineOperator for Shift {
    fn fill(&self) -> Fill {
        self.fill
    }

    /// Element 0: how far down; element 1: how far to the right.
    fn input_of_output(&self, draws: &Draws, extents: Extents) -> Affine {
        let down = draws.symmetric(0, self.height as f32) * extents.height as f32;
        let right = draws.symmetric(1, self.width as f32) * extents.width as f32;
        by_pixels(down, right)
    }
}

/// What is seen moves down and to the right, hence it comes from above and from the left.
pub(super) fn by_pixels(down: f32, right: f32) -> Affine {
    Affine { x0: -right, y0: -down, ..Affine::IDENTITY }
}
