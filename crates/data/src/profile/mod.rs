//! What data look like: statistics from one streaming pass, by column, from states that merge.
//!
//! A state takes one row after the other; states of neighbouring blocks of rows merge into the state of both, and the
//! result is that of one pass over all rows, bit for bit: counts are integers, digests are made from the rows' own
//! digests in order. For bytes everything is exact (moments and quantiles come from a histogram of all 256 values,
//! distinct values from the rows' digests), so that no sketch is needed; columns of other types will bring theirs, one
//! file each.

mod category;
mod facts;
mod images;

pub use category::{CategoryProfile, CategoryState, ClassRows};
pub use facts::{ColumnNames, FACTS, FactRow, facts, facts_schema};
pub use images::{Encoding, ImageProfile, ImageState, RoughnessLimit};
pub(crate) use images::{Moments, count, merge_histograms};

use crate::dataset::Dataset;
use serde::Serialize;

/// What rules read: the profiles of train and validation together, and of the test split, as they came and as prepared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profiles {
    /// Train and validation, raw.
    pub source: SourceProfile,
    /// Train and validation, prepared.
    pub features: FeaturesProfile,
    /// Test, raw; rows without a label included.
    pub test_source: SourceProfile,
    /// Test, prepared.
    pub test_features: FeaturesProfile,
}

/// The profile of some rows of raw data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceProfile {
    /// Number of rows.
    pub rows: u64,
    /// The images.
    pub image: ImageProfile,
    /// The labels.
    pub label: CategoryProfile,
}

/// The profile of the numbers that a model reads, over some rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeaturesProfile {
    /// Number of rows.
    pub rows: u64,
    /// The extents of one sample: height, width, channels.
    pub shape: Vec<usize>,
    /// The smallest number.
    pub min: f64,
    /// The greatest number.
    pub max: f64,
    /// The mean of all numbers.
    pub mean: f64,
    /// Their standard deviation (of the population: divided by n).
    pub std: f64,
}

/// The state of one pass over rows of raw data.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceState {
    pub(crate) images: ImageState,
    pub(crate) labels: CategoryState,
}

impl SourceState {
    /// No rows yet, of images with so many channels and labels of so many classes.
    pub fn new(channels: usize, classes: usize) -> SourceState {
        SourceState { images: ImageState::new(channels), labels: CategoryState::new(classes) }
    }

    /// One pass over `rows` of `dataset`.
    pub fn of(dataset: &Dataset, rows: &[u32], classes: usize) -> SourceState {
        let mut state = SourceState::new(dataset.shape().last(), classes);
        for &row in rows {
            state.images.update(dataset, row);
            state.labels.update(dataset.label(row));
        }
        state
    }

    /// Adds what comes after these rows.
    pub fn merge(&mut self, after: &SourceState) {
        self.images.merge(&after.images);
        self.labels.merge(&after.labels);
    }

    /// The statistics. `test_hashes` are those of the test split, sorted; `limit` was fitted on train.
    pub(crate) fn finish(
        &self,
        dataset: &Dataset,
        classes: &[String],
        test_hashes: &[u128],
        limit: RoughnessLimit,
    ) -> SourceProfile {
        SourceProfile {
            rows: self.labels.rows(),
            image: self.images.finish(dataset.shape(), test_hashes, limit),
            label: self.labels.finish(classes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proofmark_tensor::Shape;
    use proptest::prelude::*;
    use std::path::Path;

    proptest! {
        #[test]
        fn merged_blocks_are_one_pass_bit_for_bit(
            rows in proptest::collection::vec((proptest::option::of(0_u8..3), 0_u8..4, any::<u8>()), 1..40),
            cuts in proptest::collection::vec(0_usize..40, 0..4),
        ) {
            let pixels = rows.iter().flat_map(|(_, a, b)| [*a, *a, *b / 100, 7]).collect();
            let labels = rows.iter().map(|(label, _, _)| *label);
            let mut set = Dataset::new(Path::new("set"), Shape::from([2, 1, 2]), pixels, labels).unwrap();
            set.measure(&mut |_, _| ());
            let all = set.rows();
            let whole = SourceState::of(&set, &all, 3);

            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(all.len())).collect();
            cuts.extend([0, all.len()]);
            cuts.sort_unstable();
            let mut merged = SourceState::new(2, 3);
            for block in cuts.windows(2) {
                merged.merge(&SourceState::of(&set, &all[block[0]..block[1]], 3));
            }
            prop_assert_eq!(&merged, &whole);
            let limit = whole.images.roughness_limit();
            let classes = ["a", "b", "c"].map(str::to_owned);
            prop_assert_eq!(merged.finish(&set, &classes, &[], limit), whole.finish(&set, &classes, &[], limit));
        }
    }
}
