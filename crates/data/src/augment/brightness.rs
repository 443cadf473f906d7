use super::operator::{Draws, Image, Levels, Limits, Parameters, PixelOperator};
use crate::spec_problem::ABOVE_ZERO;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Adds one number to all pixels, uniform in `[-max_delta, max_delta]` on the scale from 0 (black) to 1 (white); what would
/// leave that scale stays at its end.
///
/// *Source*: TensorFlow's `random_brightness`, with the clipping of Keras' `RandomBrightness`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Brightness {
    /// The largest change, above 0, at most 1.
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0))]
    pub max_delta: f64,
}

impl Parameters for Brightness {
    fn check(&self, limits: &mut Limits<'_>) {
        limits.within("max_delta", self.max_delta, ABOVE_ZERO, 1.0);
    }
}

impl PixelOperator for Brightness {
    /// Element 0: what is added.
    fn apply(&self, draws: &Draws, image: &mut Image<'_>, _: &mut [f32]) {
        add(image, draws.symmetric(0, self.max_delta as f32));
    }
}

/// `number + delta (white - black)`, between black and white.
pub(super) fn add(image: &mut Image<'_>, delta: f32) {
    let change = |number: &mut f32, levels: &Levels, delta: f32| *number = levels.clamp(*number + delta);
    match image.scale.levels.as_slice() {
        [levels] => {
            let delta = delta * levels.span();
            image.numbers.iter_mut().for_each(|number| change(number, levels, delta));
        }
        all => {
            for pixel in image.numbers.chunks_exact_mut(all.len()) {
                pixel.iter_mut().zip(all).for_each(|(number, levels)| change(number, levels, delta * levels.span()));
            }
        }
    }
}
