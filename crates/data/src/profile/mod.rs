//! What data look like: statistics from one streaming pass, by column, from states that merge.
//!
//! A state takes one row after the other; states of neighbouring blocks of rows merge into the state of both, and the
//! result is that of one pass over all rows, bit for bit: counts are integers, digests are made from the rows' own
//! digests in order. For bytes everything is exact (moments and quantiles come from a histogram of all 256 values,
//! distinct values from the rows' digests); of numbers each row's moments are kept, and merged in the order of the rows.

mod category;
mod facts;
mod images;
mod series;

pub use category::{CategoryProfile, CategoryState, ClassRows};
pub use facts::{ColumnNames, FACTS, FactRow, facts, facts_schema};
pub use images::{Encoding, ImageProfile, ImageState, RoughnessLimit};
pub(crate) use images::{Moments, count, merge_histograms};
pub use series::{SeriesProfile, SeriesState};

use crate::dataset::{Column, Dataset};
use crate::series::Series;
use crate::spec::FeatureType;
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
    /// What the model reads.
    #[serde(flatten)]
    pub column: ColumnProfile,
    /// The labels.
    pub label: CategoryProfile,
}

/// The profile of what the model reads, by its kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnProfile {
    /// Images.
    Image(ImageProfile),
    /// Series.
    Series(SeriesProfile),
}

impl ColumnProfile {
    /// Of images.
    pub fn image(&self) -> Option<&ImageProfile> {
        match self {
            ColumnProfile::Image(image) => Some(image),
            ColumnProfile::Series(_) => None,
        }
    }

    /// Of series.
    pub fn series(&self) -> Option<&SeriesProfile> {
        match self {
            ColumnProfile::Series(series) => Some(series),
            ColumnProfile::Image(_) => None,
        }
    }
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
    pub(crate) column: ColumnState,
    pub(crate) labels: CategoryState,
}

/// The state of one pass over what the model reads, by its kind.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ColumnState {
    Image(ImageState),
    Series(SeriesState),
}

impl SourceState {
    /// No rows of this data set yet, of labels of so many classes.
    pub fn new(dataset: &Dataset, classes: usize) -> SourceState {
        let column = match dataset.kind() {
            FeatureType::Image => ColumnState::Image(ImageState::new(dataset.shape().last())),
            FeatureType::Series | FeatureType::Tokens => ColumnState::Series(SeriesState::default()),
        };
        SourceState { column, labels: CategoryState::new(classes) }
    }

    /// One pass over `rows` of `dataset`.
    pub fn of(dataset: &Dataset, rows: &[u32], classes: usize) -> SourceState {
        let mut state = SourceState::new(dataset, classes);
        for &row in rows {
            match (&mut state.column, dataset.column()) {
                (ColumnState::Image(images), Column::Image(_)) => images.update(dataset, row),
                (ColumnState::Series(state), Column::Series(series)) => state.update(series, row, dataset.hash(row)),
                (ColumnState::Image(_), Column::Series(_)) | (ColumnState::Series(_), Column::Image(_)) => {
                    unreachable!("the state was made for this data set")
                }
            }
            state.labels.update(dataset.label(row));
        }
        state
    }

    /// Adds what comes after these rows, which are of the same kind.
    pub fn merge(&mut self, after: &SourceState) {
        match (&mut self.column, &after.column) {
            (ColumnState::Image(images), ColumnState::Image(after)) => images.merge(after),
            (ColumnState::Series(series), ColumnState::Series(after)) => series.merge(after),
            (ColumnState::Image(_), ColumnState::Series(_)) | (ColumnState::Series(_), ColumnState::Image(_)) => {
                unreachable!("rows of one data set")
            }
        }
        self.labels.merge(&after.labels);
    }

    /// The rows' hashes, sorted.
    pub(crate) fn sorted_hashes(&self) -> Vec<u128> {
        match &self.column {
            ColumnState::Image(images) => images.sorted_hashes(),
            ColumnState::Series(series) => series.sorted_hashes(),
        }
    }

    /// Fits the limit of roughness to these rows; of what is no image, none is rough.
    pub(crate) fn roughness_limit(&self) -> RoughnessLimit {
        match &self.column {
            ColumnState::Image(images) => images.roughness_limit(),
            ColumnState::Series(_) => RoughnessLimit(u16::MAX),
        }
    }

    /// The statistics. `test_hashes` are those of the test split, sorted; `limit` was fitted on train.
    pub(crate) fn finish(
        &self,
        dataset: &Dataset,
        classes: &[String],
        test_hashes: &[u128],
        limit: RoughnessLimit,
    ) -> SourceProfile {
        let column = match &self.column {
            ColumnState::Image(images) => ColumnProfile::Image(images.finish(dataset.shape(), test_hashes, limit)),
            ColumnState::Series(series) => {
                ColumnProfile::Series(series.finish(dataset.series().map_or(1, Series::channels), test_hashes))
            }
        };
        SourceProfile { rows: self.labels.rows(), column, label: self.labels.finish(classes) }
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
            let mut merged = SourceState::new(&set, 3);
            for block in cuts.windows(2) {
                merged.merge(&SourceState::of(&set, &all[block[0]..block[1]], 3));
            }
            prop_assert_eq!(&merged, &whole);
            let limit = whole.roughness_limit();
            let classes = ["a", "b", "c"].map(str::to_owned);
            prop_assert_eq!(merged.finish(&set, &classes, &[], limit), whole.finish(&set, &classes, &[], limit));
        }
    }
}
