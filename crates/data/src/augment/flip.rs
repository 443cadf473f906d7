use super::operator::{Draws, Image, Limits, Parameters, PixelOperator};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Mirrors the image: left and right are exchanged with the probability `horizontal`, top and bottom with `vertical`. Not
/// for digits or letters, which mean something else in a mirror.
///
/// *Source*: Keras' `RandomFlip`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flip {
    /// The probability of exchanging left and right, 0 to 1. 0.5 is usual.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub horizontal: f64,
    /// The probability of exchanging top and bottom, 0 to 1. Default 0.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub vertical: f64,
}

impl Parameters for Flip {
    fn check(&self, limits: &mut Limits<'_>) {
        limits.within("horizontal", self.horizontal, 0.0, 1.0);
        limits.within("vertical", self.vertical, 0.0, 1.0);
    }
}

impl PixelOperator for Flip {
    /// Element 0: whether left and right are exchanged; element 1: whether top and bottom are.
    fn apply(&self, draws: &Draws, image: &mut Image<'_>, _: &mut [f32]) {
        if draws.uniform(0) < self.horizontal as f32 {
            mirror_columns(image);
        }
        if draws.uniform(1) < self.vertical as f32 {
            mirror_rows(image);
        }
    }
}

/// Left becomes right.
pub(super) fn mirror_columns(image: &mut Image<'_>) {
    let (row_elements, channels) = (image.extents.row(), image.extents.channels);
    for row in image.numbers.chunks_exact_mut(row_elements) {
        // Backwards number by number, and then the channels of each pixel forwards again.
        row.reverse();
        if channels > 1 {
            row.chunks_exact_mut(channels).for_each(<[f32]>::reverse);
        }
    }
}

/// Top becomes bottom.
pub(super) fn mirror_rows(image: &mut Image<'_>) {
    let row_elements = image.extents.row();
    let mut rows = image.numbers.chunks_exact_mut(row_elements);
    while let (Some(upper), Some(lower)) = (rows.next(), rows.next_back()) {
        upper.swap_with_slice(lower);
    }
}
