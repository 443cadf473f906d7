use super::operator::{Draws, Extents, Image, Limits, Parameters, PixelOperator};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Blots out a square whose centre is any pixel, all of them equally likely; the part of the square that lies outside of the
/// image is lost. The square covers `size` rows and columns from `centre - size / 2` (rounded down) on, also for an odd size.
///
/// *Source*: DeVries & Taylor 2017, *Improved regularization of convolutional neural networks with cutout*, section 3.2.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cutout {
    /// Side of the square in pixels, at least 1, at most the image's smaller side.
    #[schemars(range(min = 1, max = 4096))]
    pub size: usize,
    /// What stands there, from 0 (black) to 1 (white). Default 0.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub value: f64,
}

impl Parameters for Cutout {
    fn check(&self, limits: &mut Limits<'_>) {
        limits.within("size", self.size as f64, 1.0, 4096.0);
        limits.within("value", self.value, 0.0, 1.0);
    }

    fn size(&self, smaller_side: usize) -> Option<(&'static str, usize, usize)> {
        Some(("size", self.size, smaller_side))
    }
}

impl PixelOperator for Cutout {
    /// Element 0: the centre's row; element 1: its column.
    fn apply(&self, draws: &Draws, image: &mut Image<'_>, _: &mut [f32]) {
        let (row, column) = (draws.below(0, image.extents.height), draws.below(1, image.extents.width));
        blot(image, row, column, self.size, self.value as f32);
    }
}

/// Blots out the square around this pixel.
pub(super) fn blot(image: &mut Image<'_>, row: usize, column: usize, size: usize, value: f32) {
    let Extents { height, width, channels } = image.extents;
    let row_elements = image.extents.row();
    let span = |centre: usize, extent: usize| {
        // In wide integers, since the square may begin before the image.
        let first = centre as isize - (size / 2) as isize;
        first.max(0) as usize..((first + size as isize) as usize).min(extent)
    };
    for row in span(row, height) {
        let columns = span(column, width);
        let row = &mut image.numbers[row * row_elements..(row + 1) * row_elements];
        for pixel in row[columns.start * channels..columns.end * channels].chunks_exact_mut(channels) {
            for (number, levels) in pixel.iter_mut().zip(&image.scale.levels) {
                *number = levels.at(value);
            }
        }
    }
}
