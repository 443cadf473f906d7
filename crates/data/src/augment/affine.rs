//! Affine maps of the plane, and images sampled through them.

use super::fill::{Edge, Fill, inside, mirrored};
use super::operator::{Extents, Image, Levels};

/// What a bordered image has more of than the image: one pixel before, two after, so that all four neighbours of any
/// coordinate in `[-1, extent]` are there.
pub(crate) const BORDER: usize = 3;

/// A map `x' = xx x + xy y + x0`, `y' = yx x + yy y + y0` of positions in pixels from the image's centre, x to the right
/// and y down.
///
/// For augmentation it says from where in the input (x', y') each pixel of the output (x, y) comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Affine {
    pub(crate) xx: f32,
    pub(crate) xy: f32,
    pub(crate) x0: f32,
    pub(crate) yx: f32,
    pub(crate) yy: f32,
    pub(crate) y0: f32,
}

/// Where the pixels of an output row read: for each of them two neighbours along each axis.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taps {
    across: Taken,
    down: Taken,
}

/// Along one axis, for each pixel of the row: the first neighbour in the bordered image, and how far it is to the second,
/// in `[0, 1)`. Two lists rather than one of pairs, so that they are computed as vectors.
#[derive(Clone, Debug, Default)]
struct Taken {
    first: Vec<i32>,
    share: Vec<f32>,
}

impl Taps {
    /// For images of this width.
    pub(crate) fn new(width: usize) -> Taps {
        let taken = Taken { first: vec![0; width], share: vec![0.0; width] };
        Taps { across: taken.clone(), down: taken }
    }
}

impl Affine {
    pub(crate) const IDENTITY: Affine = Affine { xx: 1.0, xy: 0.0, x0: 0.0, yx: 0.0, yy: 1.0, y0: 0.0 };

    /// `self` of the position that `inner` gives: products first, then sums from the left.
    ///
    /// With A the first operator and B the second, an output pixel p comes from B(p) in the image between them, which
    /// comes from A(B(p)) in the input: `A.after(B)`.
    pub(crate) fn after(self, inner: Affine) -> Affine {
        let Affine { xx, xy, x0, yx, yy, y0 } = self;
        Affine {
            xx: xx * inner.xx + xy * inner.yx,
            xy: xx * inner.xy + xy * inner.yy,
            x0: xx * inner.x0 + xy * inner.y0 + x0,
            yx: yx * inner.xx + yy * inner.yx,
            yy: yx * inner.xy + yy * inner.yy,
            y0: yx * inner.x0 + yy * inner.y0 + y0,
        }
    }
}

/// Samples the image through a map: bilinear between the four nearest pixels.
///
/// For the output pixel in column j and row i, with x = j - (width - 1)/2 and y = i - (height - 1)/2, in f32 as written:
/// `u = (xx x + (xy y + x0)) + (width - 1)/2`, put inside by [`Fill::edge`]; `p = u + 1`, `q` its integer part,
/// `f = p - q`; the same downwards. With a, b the neighbours in the upper row and c, d in the lower one,
/// `top = a + f (b - a)`, `bottom = c + f (d - c)`, `out = top + g (bottom - top)`. Equal neighbours give their value and
/// whole positions the pixel there, bit for bit.
///
/// `bordered` holds [`Extents::bordered_elements`] numbers, `taps` is made for the image's width.
pub(crate) fn resample(image: &mut Image<'_>, map: &Affine, fill: Fill, bordered: &mut [f32], taps: &mut Taps) {
    let Extents { height, width, channels } = image.extents;
    border(image, fill, bordered);
    let half_height = (height - 1) as f32 / 2.0;
    for (i, row) in image.numbers.chunks_exact_mut(width * channels).enumerate() {
        let y = i as f32 - half_height;
        taps.across.aim(map.xx, map.xy * y + map.x0, width, fill);
        taps.down.aim(map.yx, map.yy * y + map.y0, height, fill);
        // With the number of channels as a constant where it is usual: the loop over them then is none.
        match channels {
            1 => sample(bordered, width, 1, taps, row),
            3 => sample(bordered, width, 3, taps, row),
            _ => sample(bordered, width, channels, taps, row),
        }
    }
}

impl Taken {
    /// Where `slope x + offset` lies along an axis of this extent, for x from the left end of the row to its right end.
    fn aim(&mut self, slope: f32, offset: f32, extent: usize, fill: Fill) {
        let half = (extent - 1) as f32 / 2.0;
        let edge = fill.edge(extent);
        // One loop for each kind of edge, each without a branch.
        match edge {
            Edge::Between { low, high } => {
                self.each(|x| inside(slope * x + offset + half, low, high));
            }
            Edge::Mirror { last, period, turns_a_pixel } => {
                self.each(|x| mirrored(slope * x + offset + half, last, period, turns_a_pixel));
            }
        }
    }

    #[inline(always)]
    fn each(&mut self, coordinate: impl Fn(f32) -> f32) {
        let half_width = (self.first.len() - 1) as f32 / 2.0;
        for ((j, first), share) in (0_i32..).zip(&mut self.first).zip(&mut self.share) {
            let position = coordinate(j as f32 - half_width) + 1.0;
            // Not negative and below 2^13: the conversion truncates.
            *first = position as i32;
            *share = position - *first as f32;
        }
    }
}

#[inline(always)]
fn sample(bordered: &[f32], width: usize, channels: usize, taps: &Taps, row: &mut [f32]) {
    let stride = (width + BORDER) * channels;
    let across = taps.across.first.iter().zip(&taps.across.share);
    let down = taps.down.first.iter().zip(&taps.down.share);
    for (((left, f), (upper, g)), out) in across.zip(down).zip(row.chunks_exact_mut(channels)) {
        let start = *upper as usize * stride + *left as usize * channels;
        let near = &bordered[start..start + stride + 2 * channels];
        for (channel, out) in out.iter_mut().enumerate() {
            let (a, b) = (near[channel], near[channel + channels]);
            let (c, d) = (near[stride + channel], near[stride + channel + channels]);
            let top = a + f * (b - a);
            let bottom = c + f * (d - c);
            *out = top + g * (bottom - top);
        }
    }
}

/// Copies the image into its bordered form. The border holds the constant; another fill does not read it with a share
/// above zero, and zeros stand there.
fn border(image: &Image<'_>, fill: Fill, bordered: &mut [f32]) {
    let Extents { height, width, channels } = image.extents;
    let stride = (width + BORDER) * channels;
    let constant = |levels: &Levels| match fill {
        Fill::Constant(value) => levels.at(value as f32),
        Fill::Nearest | Fill::Reflect => 0.0,
    };
    let paint = |pixels: &mut [f32]| {
        for pixel in pixels.chunks_exact_mut(channels) {
            for (number, levels) in pixel.iter_mut().zip(&image.scale.levels) {
                *number = constant(levels);
            }
        }
    };
    paint(&mut bordered[..stride]);
    for (row, pixels) in image.numbers.chunks_exact(width * channels).enumerate() {
        let bordered = &mut bordered[(row + 1) * stride..(row + 2) * stride];
        paint(&mut bordered[..channels]);
        bordered[channels..channels + pixels.len()].copy_from_slice(pixels);
        paint(&mut bordered[channels + pixels.len()..]);
    }
    paint(&mut bordered[(height + 1) * stride..(height + BORDER) * stride]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::tests::{noisy, resampled};
    use crate::augment::{rotate, scale, shift};

    /// What [`resample`] means, in f64.
    fn reference(shape: [usize; 2], numbers: &[f32], map: &[f64; 6], fill: Fill) -> Vec<f64> {
        let [height, width] = shape;
        let pixel = |i: isize, j: isize| match (fill.position(i, height), fill.position(j, width), fill) {
            (Some(i), Some(j), _) => f64::from(numbers[i * width + j]),
            (_, _, Fill::Constant(value)) => value,
            _ => unreachable!("other fills have every position"),
        };
        let mut out = Vec::new();
        for i in 0..height {
            for j in 0..width {
                let (x, y) = (j as f64 - (width - 1) as f64 / 2.0, i as f64 - (height - 1) as f64 / 2.0);
                let u = map[0] * x + map[1] * y + map[2] + (width - 1) as f64 / 2.0;
                let v = map[3] * x + map[4] * y + map[5] + (height - 1) as f64 / 2.0;
                let (j, i) = (u.floor(), v.floor());
                let (f, g) = (u - j, v - i);
                let (j, i) = (j as isize, i as isize);
                let top = (1.0 - f) * pixel(i, j) + f * pixel(i, j + 1);
                let bottom = (1.0 - f) * pixel(i + 1, j) + f * pixel(i + 1, j + 1);
                out.push((1.0 - g) * top + g * bottom);
            }
        }
        out
    }

    #[test]
    fn resampling_agrees_with_its_meaning_in_f64() {
        const U: f64 = 1.0 / 16_777_216.0;
        let shape = [9, 12];
        let input = noisy(9 * 12, 3);
        for fill in [Fill::Constant(0.5), Fill::Nearest, Fill::Reflect] {
            for (degrees, factor, down, right) in [
                (10.0_f32, 1.0_f32, 0.0_f32, 0.0_f32),
                (-33.3, 0.77, 1.3, -2.9),
                (171.0, 1.9, -0.4, 0.6),
                (45.0, 0.1, 5.5, 7.25),
            ] {
                let map = rotate::turn(degrees).after(scale::by_factor(factor)).after(shift::by_pixels(down, right));
                let found = resampled(shape, &input, map, fill);
                // The same product of maps in f64, from the angle itself.
                let radians = f64::from(degrees) * (std::f64::consts::PI / 180.0);
                let cos = proofmark_tensor::math::cos_f64(radians);
                let sin = proofmark_tensor::math::cos_f64(radians - std::f64::consts::FRAC_PI_2);
                let s = 1.0 / f64::from(factor);
                let (right, down) = (f64::from(right), f64::from(down));
                let exact = [
                    cos * s,
                    -sin * s,
                    -(cos * s * right - sin * s * down),
                    sin * s,
                    cos * s,
                    -(sin * s * right + cos * s * down),
                ];
                let expected = reference(shape, &input, &exact, fill);
                // A coordinate is a sum of terms of at most `reach` altogether. An entry of the map goes through at most
                // eight roundings (radians, sine, inverse, products, sums; each at most U of the entry's terms), a
                // coordinate through five more, a fold of the reflection through three; what it is off by moves the value by
                // at most as much in each direction, since neighbours differ by at most 1. The interpolation has nine
                // roundings of numbers up to 1.
                let reach = s * (12.0 + 9.0 + right.abs() + down.abs()) + 12.0;
                let tolerance = 2.0 * 16.0 * U * reach + 9.0 * U;
                for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
                    let error = (f64::from(*found) - expected).abs();
                    assert!(
                        error <= tolerance,
                        "{fill:?}, {degrees} degrees, pixel {i}: {found} for {expected}, {tolerance}"
                    );
                }
            }
        }
    }
}
