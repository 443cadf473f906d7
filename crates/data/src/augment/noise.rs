use super::operator::{Draws, Image, Limits, Parameters, PixelOperator};
use crate::spec_problem::ABOVE_ZERO;
use proofmark_tensor::math::exp_f64;
use proofmark_tensor::random::{LANE_BLOCKS, LANE_ELEMENTS};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Adds Gaussian noise to every pixel and channel on its own: `std` times a standard normal number (one of 8,192 levels,
/// 3.8 at most), on the scale from 0 (black) to 1 (white); what would leave that scale stays at its end.
///
/// *Source*: Keras' `GaussianNoise`, which does not clip.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// The standard deviation before clipping, above 0, at most 1.
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0))]
    pub std: f64,
}

/// Positive levels: with their negatives 8,192, all equally likely.
const LEVELS: usize = 4096;

/// The positive levels of a standard normal number: its quantiles in the middle of `LEVELS` equal parts, scaled so that
/// variance is 1 (in f64, which they are rounded from).
///
/// A table rather than [`Stream::fill_normal`](proofmark_tensor::random::Stream::fill_normal): without fused
/// multiply-adds that takes 20 ns a number, more than all the rest of augmentation, for digits that an image has no use for.
static LEVEL: LazyLock<[f32; LEVELS]> = LazyLock::new(levels);

impl Parameters for Noise {
    fn check(&self, limits: &mut Limits<'_>) {
        limits.within("std", self.std, ABOVE_ZERO, 1.0);
    }
}

impl PixelOperator for Noise {
    /// The k-th number of the image gets the low (k even) or high half of the word that is element k / 2: its upper 12 bits
    /// are the level, the next one is the sign.
    fn apply(&self, draws: &Draws, image: &mut Image<'_>, spare: &mut [f32]) {
        let normal = &mut spare[..image.numbers.len()];
        let table: &[f32; LEVELS] = &LEVEL;
        for (chunk, normal) in (0..).zip(normal.chunks_mut(2 * LANE_ELEMENTS)) {
            let lanes = draws.lanes(chunk * LANE_BLOCKS as u32);
            let words = (0..LANE_BLOCKS).flat_map(|block| (0..4).map(move |word| lanes[word][block]));
            for (pair, word) in normal.chunks_mut(2).zip(words) {
                for (normal, half) in pair.iter_mut().zip([word & 0xffff, word >> 16]) {
                    // 0 to 4,095, and the sign's bit where a float has it.
                    let (level, sign) = (half >> 4, (half & 8) << 28);
                    *normal = f32::from_bits(table[level as usize].to_bits() | sign);
                }
            }
        }
        add(image, self.std as f32, normal);
    }
}

/// `number + std (white - black) normal`, between black and white.
pub(super) fn add(image: &mut Image<'_>, std: f32, normal: &[f32]) {
    match image.scale.levels.as_slice() {
        [levels] => {
            let std = std * levels.span();
            for (number, normal) in image.numbers.iter_mut().zip(normal) {
                *number = levels.clamp(*number + std * normal);
            }
        }
        all => {
            let pixels = image.numbers.chunks_exact_mut(all.len()).zip(normal.chunks_exact(all.len()));
            for (pixel, normal) in pixels {
                for ((number, normal), levels) in pixel.iter_mut().zip(normal).zip(all) {
                    *number = levels.clamp(*number + std * levels.span() * normal);
                }
            }
        }
    }
}

fn levels() -> [f32; LEVELS] {
    let mut exact = [0.0; LEVELS];
    let mut z = 0.0;
    for (idx, level) in exact.iter_mut().enumerate() {
        let above_half = (idx as f64 + 0.5) / (2.0 * LEVELS as f64);
        // Newton's method from the level below: the distribution bends downwards there, so that it never overshoots.
        for _ in 0..12 {
            let (density, share) = standard_normal(z);
            z -= (share - above_half) / density;
        }
        *level = z;
    }
    let variance = exact.iter().map(|z| z * z).sum::<f64>() / LEVELS as f64;
    let scale = 1.0 / variance.sqrt();
    exact.map(|z| (z * scale) as f32)
}

/// The density at z, 0 to 4, and the probability of a number between 0 and z: the density times
/// `z + z³/3 + z⁵/(3·5) + z⁷/(3·5·7) + ..`.
fn standard_normal(z: f64) -> (f64, f64) {
    let density = exp_f64(-0.5 * z * z) / std::f64::consts::TAU.sqrt();
    let (mut term, mut sum, mut odd) = (z, z, 1.0);
    while term > 1e-17 {
        odd += 2.0;
        term *= z * z / odd;
        sum += term;
    }
    (density, density * sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_a_standard_normal_number() {
        let levels = LEVEL.map(f64::from);
        assert!(levels.is_sorted());
        let moment = |power: usize| {
            levels.iter().map(|z| (0..power).fold(1.0, |product, _| product * z)).sum::<f64>() / LEVELS as f64
        };
        assert!((moment(2) - 1.0).abs() < 1e-7, "{}", moment(2));
        // The rest of the tail is beyond the last level: a kurtosis of 3, but for that.
        assert!((moment(4) - 3.0).abs() < 0.03, "{}", moment(4));
        // Quantiles known from tables lie between the levels beside them, which the scaling moves by less than 1 in 1,000.
        for (above_half, quantile) in [(0.25, 0.674_490), (0.45, 1.644_854), (0.475, 1.959_964), (0.499, 3.090_232)] {
            let idx = (above_half * 2.0 * LEVELS as f64 - 0.5) as usize;
            let (below, above) = (levels[idx] / 1.001, levels[idx + 1] * 1.001);
            assert!((below..above).contains(&quantile), "{quantile}: {below} to {above}");
        }
        assert!((3.8..3.9).contains(&levels[LEVELS - 1]), "{}", levels[LEVELS - 1]);
    }

    #[test]
    fn levels_keep_their_bits() {
        insta::assert_compact_debug_snapshot!([0, 1, 1000, 2047, 4094, 4095].map(|idx: usize| LEVEL[idx].to_bits()), @"[958427111, 972072923, 1050626455, 1059889748, 1080300014, 1081468738]");
    }
}
