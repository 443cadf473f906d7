use super::fill::Fill;
use super::operator::{Draws, Extents, Image, Limits, Parameters, PixelOperator};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Pads the image by `padding` pixels on every side and cuts one of the same size out of it: the corner is a whole number
/// of pixels, uniform in `0..=2 padding` downwards and to the right. Nothing is interpolated.
///
/// *Source*: He, Zhang, Ren, Sun 2016, section 4.2, with 4 pixels of zeros.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// Pixels on every side, at least 1, fewer than the image's smaller side has.
    #[schemars(range(min = 1, max = 4095))]
    pub padding: usize,
    /// What the padding is made of. Default black.
    #[serde(default)]
    pub fill: Fill,
}

impl Parameters for Crop {
    fn check(&self, limits: &mut Limits<'_>) {
        limits.within("padding", self.padding as f64, 1.0, 4095.0);
        self.fill.check(limits);
    }

    fn size(&self, smaller_side: usize) -> Option<(&'static str, usize, usize)> {
        Some(("padding", self.padding, smaller_side - 1))
    }
}

impl PixelOperator for Crop {
    /// Element 0: the corner's row; element 1: its column.
    fn apply(&self, draws: &Draws, image: &mut Image<'_>, spare: &mut [f32]) {
        let corners = 2 * self.padding + 1;
        let offset = |element| draws.below(element, corners) as isize - self.padding as isize;
        cut(image, offset(0), offset(1), self.fill, spare);
    }
}

/// The pixel in row i and column j becomes the one `down` rows below and `right` columns beside it.
pub(super) fn cut(image: &mut Image<'_>, down: isize, right: isize, fill: Fill, spare: &mut [f32]) {
    let Extents { height, width, channels } = image.extents;
    let row_elements = image.extents.row();
    let input = &mut spare[..image.numbers.len()];
    input.copy_from_slice(image.numbers);
    let levels = &image.scale.levels;
    // Columns whose pixel comes from inside; the image is never moved out of itself as a whole.
    let inner = (-right).max(0) as usize..(width as isize - right.max(0)) as usize;
    for (i, row) in image.numbers.chunks_exact_mut(row_elements).enumerate() {
        let from = fill.position(i as isize + down, height).map(|i| &input[i * row_elements..(i + 1) * row_elements]);
        let mut outer = 0..width;
        if let Some(from) = from {
            let start = (inner.start as isize + right) as usize * channels;
            let whole = &mut row[inner.start * channels..inner.end * channels];
            whole.copy_from_slice(&from[start..start + whole.len()]);
            outer = 0..width - inner.len();
        }
        for idx in outer {
            let j = if from.is_some() && idx >= inner.start { idx + inner.len() } else { idx };
            let pixel = &mut row[j * channels..(j + 1) * channels];
            match (from, fill.position(j as isize + right, width)) {
                (Some(from), Some(j)) => pixel.copy_from_slice(&from[j * channels..(j + 1) * channels]),
                (None, _) | (_, None) => {
                    let Fill::Constant(value) = fill else { continue };
                    for (number, levels) in pixel.iter_mut().zip(levels) {
                        *number = levels.at(value as f32);
                    }
                }
            }
        }
    }
}
