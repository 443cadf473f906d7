//! Images: pixels, copies, constant and rough ones.

use super::category::share;
use crate::dataset::{Dataset, ROUGHNESS_STEPS};
use crate::digest::{Digest, Hasher};
use proofmark_tensor::Shape;
use serde::Serialize;

/// An image counts as rough beyond the median by so many median absolute deviations. Measured on MNIST's 60,000
/// training images (median 70 of 1023, deviation 10): the furthest lies at 5.3 of them, 2,000 images of uniform noise
/// at 24.8 and more, the images with every second line white at 24.5 and more.
const ROUGH_DEVIATIONS: u16 = 10;

/// The state of a pass over images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageState {
    /// The rows' hashes, in their order.
    hashes: Vec<u128>,
    /// How often each byte occurs, by channel.
    pixels: Vec<[u64; 256]>,
    /// How many images have each roughness.
    roughness: Vec<u64>,
}

/// The statistics of a column of images, in the source's bytes (0 to 255).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImageProfile {
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// Channels: 1 for grey, 3 for colour.
    pub channels: usize,
    /// The smallest byte.
    pub min: f64,
    /// The greatest byte.
    pub max: f64,
    /// The mean of all bytes.
    pub mean: f64,
    /// Their standard deviation (of the population: divided by n).
    pub std: f64,
    /// Rows whose image an earlier row has too.
    pub duplicate_rows: u64,
    /// Their share of all rows, 0 to 1.
    pub duplicates: f64,
    /// Rows whose image stands in the test split too.
    pub leaked_rows: u64,
    /// Their share of all rows, 0 to 1.
    pub leaked: f64,
    /// Rows whose image is of one colour.
    pub constant_rows: u64,
    /// Their share of all rows, 0 to 1.
    pub constant: f64,
    /// Rows whose image is far rougher than the train split's are.
    pub rough_rows: u64,
    /// Their share of all rows, 0 to 1.
    pub rough: f64,
    /// The roughness (mean absolute difference of neighbours, 0 to 1) beyond which an image counts as rough.
    pub rough_limit: f64,
    /// How often each byte occurs, all channels together: 256 counts.
    pub histogram: Vec<u64>,
    /// SHA-256 over the first 16 bytes of every image's SHA-256, in the order of the rows.
    pub digest: Digest,
}

/// The roughness above which an image counts as rough: median plus ten median absolute deviations of the train split as
/// it came, of at least one step. The split's images must be sound for the most part: it is a rule about outliers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoughnessLimit(pub(crate) u16);

impl ImageState {
    /// No rows yet.
    pub fn new(channels: usize) -> ImageState {
        ImageState { hashes: Vec::new(), pixels: vec![[0; 256]; channels], roughness: vec![0; ROUGHNESS_STEPS] }
    }

    /// One more row.
    pub(crate) fn update(&mut self, dataset: &Dataset, row: u32) {
        self.hashes.push(dataset.hash(row));
        self.roughness[usize::from(dataset.roughness(row))] += 1;
        count(&mut self.pixels, dataset.image(row));
    }

    /// Adds what comes after these rows.
    pub fn merge(&mut self, after: &ImageState) {
        self.hashes.extend_from_slice(&after.hashes);
        merge_histograms(&mut self.pixels, &after.pixels);
        self.roughness.iter_mut().zip(&after.roughness).for_each(|(count, more)| *count += more);
    }

    /// Fits the limit of roughness to these rows.
    pub fn roughness_limit(&self) -> RoughnessLimit {
        let median = median(&self.roughness);
        let mut deviations = vec![0; ROUGHNESS_STEPS];
        for (step, rows) in self.roughness.iter().enumerate() {
            deviations[step.abs_diff(median)] += rows;
        }
        let deviation = self::median(&deviations).max(1) as u16;
        RoughnessLimit((median as u16).saturating_add(ROUGH_DEVIATIONS * deviation))
    }

    /// The rows' hashes, sorted.
    pub(crate) fn sorted_hashes(&self) -> Vec<u128> {
        let mut hashes = self.hashes.clone();
        hashes.sort_unstable();
        hashes
    }

    /// How often each byte occurs, by channel.
    pub(crate) fn pixels(&self) -> &[[u64; 256]] {
        &self.pixels
    }

    /// The statistics.
    pub(crate) fn finish(&self, shape: &Shape, test_hashes: &[u128], limit: RoughnessLimit) -> ImageProfile {
        let rows = self.hashes.len() as u64;
        let hashes = self.sorted_hashes();
        let duplicate_rows = hashes.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
        let leaked_rows = hashes.iter().filter(|hash| test_hashes.binary_search(hash).is_ok()).count() as u64;
        let rough_rows = self.roughness[ROUGHNESS_STEPS.min(usize::from(limit.0) + 1)..].iter().sum();
        let moments = Moments::of(&self.pixels, &Encoding::bytes(self.pixels.len()));
        let mut digest = Hasher::default();
        self.hashes.iter().for_each(|hash| digest.update(&hash.to_be_bytes()));
        ImageProfile {
            height: shape[0],
            width: shape[1],
            channels: shape[2],
            min: moments.min,
            max: moments.max,
            mean: moments.mean,
            std: moments.std,
            duplicate_rows,
            duplicates: share(duplicate_rows, rows),
            leaked_rows,
            leaked: share(leaked_rows, rows),
            constant_rows: self.roughness[0],
            constant: share(self.roughness[0], rows),
            rough_rows,
            rough: share(rough_rows, rows),
            rough_limit: (f64::from(limit.0) / (ROUGHNESS_STEPS - 2) as f64).min(1.0),
            histogram: (0..256).map(|byte| self.pixels.iter().map(|counts| counts[byte]).sum()).collect(),
            digest: digest.finish().0,
        }
    }
}

/// What number a byte becomes, by channel: whatever preprocessing does to a pixel is such a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoding {
    /// 256 numbers for each channel.
    pub by_channel: Vec<[f32; 256]>,
}

impl Encoding {
    /// Bytes as they are, 0 to 255.
    pub fn bytes(channels: usize) -> Encoding {
        Encoding { by_channel: vec![std::array::from_fn(|byte| byte as f32); channels] }
    }
}

/// Counts the bytes of an image, by channel.
pub(crate) fn count(counts: &mut [[u64; 256]], image: &[u8]) {
    match counts {
        [counts] => image.iter().for_each(|byte| counts[usize::from(*byte)] += 1),
        counts => {
            for pixel in image.chunks_exact(counts.len()) {
                counts.iter_mut().zip(pixel).for_each(|(counts, byte)| counts[usize::from(*byte)] += 1);
            }
        }
    }
}

pub(crate) fn merge_histograms(counts: &mut [[u64; 256]], after: &[[u64; 256]]) {
    let counts = counts.iter_mut().flatten();
    counts.zip(after.iter().flatten()).for_each(|(count, more)| *count += more);
}

/// Moments of numbers that are given as counts of bytes: sums over at most 256 values a channel, in order, in f64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moments {
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) mean: f64,
    /// Of the population.
    pub(crate) std: f64,
}

impl Moments {
    /// Of all channels together; all zero without rows.
    pub(crate) fn of(counts: &[[u64; 256]], encoding: &Encoding) -> Moments {
        let values = || {
            let pairs = counts.iter().flatten().zip(encoding.by_channel.iter().flatten());
            pairs.filter(|(count, _)| **count > 0).map(|(count, value)| (*count as f64, f64::from(*value)))
        };
        let total = values().fold(0.0, |sum, (count, _)| sum + count);
        if total == 0.0 {
            return Moments { min: 0.0, max: 0.0, mean: 0.0, std: 0.0 };
        }
        let mean = values().fold(0.0, |sum, (count, value)| sum + count * value) / total;
        let variance = values().fold(0.0, |sum, (count, value)| sum + count * (value - mean) * (value - mean)) / total;
        Moments {
            min: values().fold(f64::INFINITY, |min, (_, value)| min.min(value)),
            max: values().fold(f64::NEG_INFINITY, |max, (_, value)| max.max(value)),
            mean,
            std: variance.sqrt(),
        }
    }
}

/// The lower median of a histogram; 0 if it is empty.
fn median(counts: &[u64]) -> usize {
    let half = counts.iter().sum::<u64>().div_ceil(2);
    let mut below = 0;
    let reaches = |count: &u64| {
        below += count;
        below >= half
    };
    counts.iter().position(reaches).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn profile(images: &[[u8; 4]], test: &[[u8; 4]]) -> ImageProfile {
        let set = |images: &[[u8; 4]]| {
            let labels = vec![Some(0); images.len()];
            let mut set = Dataset::new(Path::new("set"), Shape::from([2, 2, 1]), images.concat(), labels).unwrap();
            set.measure(&mut |_, _| ());
            let mut state = ImageState::new(1);
            set.rows().iter().for_each(|row| state.update(&set, *row));
            state
        };
        let state = set(images);
        let test_hashes = if test.is_empty() { Vec::new() } else { set(test).sorted_hashes() };
        state.finish(&Shape::from([2, 2, 1]), &test_hashes, state.roughness_limit())
    }

    #[test]
    fn copies_are_counted_beyond_the_first_and_leaks_all() {
        let (a, b, c) = ([1, 2, 3, 4], [1, 2, 3, 5], [9, 9, 9, 9]);
        let profile = profile(&[a, b, a, a, c], &[a, [0; 4]]);
        assert_eq!((profile.duplicate_rows, profile.duplicates), (2, 0.4));
        assert_eq!((profile.leaked_rows, profile.constant_rows), (3, 1));
    }

    #[test]
    fn moments_are_those_of_all_bytes() {
        let profile = profile(&[[0, 0, 0, 8], [0, 0, 0, 8]], &[]);
        assert_eq!((profile.min, profile.max, profile.mean), (0.0, 8.0, 2.0));
        assert_eq!(profile.std, 12.0_f64.sqrt());
        assert_eq!((profile.histogram[0], profile.histogram[8]), (6, 2));
    }

    #[test]
    fn noise_among_smooth_images_is_rough_and_the_digest_knows_the_order() {
        let smooth = |level: u8| [level, level + 8, level, level + 8];
        let mut images: Vec<[u8; 4]> = (0..50).map(|idx| smooth(idx * 3)).collect();
        let before = profile(&images, &[]);
        assert_eq!(before.rough_rows, 0);
        images.push([0, 255, 255, 0]);
        assert_eq!(profile(&images, &[]).rough_rows, 1);
        images.pop();
        images.swap(0, 1);
        assert_ne!(profile(&images, &[]).digest, before.digest);
    }

    #[test]
    fn medians_are_the_lower_ones() {
        assert_eq!(median(&[0, 0, 0]), 0);
        assert_eq!(median(&[1, 0, 1]), 0);
        assert_eq!(median(&[1, 1, 1]), 1);
        assert_eq!(median(&[1, 0, 2]), 2);
    }
}
