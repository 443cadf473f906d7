//! Series: steps, values, missing ones, copies, constant ones.

use super::category::share;
use crate::digest::{Digest, Hasher};
use crate::series::{Series, Spread};
use serde::Serialize;

/// The state of a pass over series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesState {
    rows: Vec<Row>,
}

/// What is remembered of a row: its sums are its own, so that blocks of rows merge to the bit.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    hash: u128,
    steps: u64,
    spread: Spread,
    missing_values: u64,
    is_constant: bool,
}

/// The statistics of a column of series, in the source's own unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeriesProfile {
    /// Numbers of a step.
    pub channels: usize,
    /// Steps of the shortest series.
    pub steps_min: u64,
    /// Steps of the longest series.
    pub steps_max: u64,
    /// Mean of the steps.
    pub steps_mean: f64,
    /// The smallest value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// The mean of all values.
    pub mean: f64,
    /// Their standard deviation (of the population: divided by n).
    pub std: f64,
    /// Values that are missing.
    pub missing_values: u64,
    /// Rows with a missing value.
    pub missing_rows: u64,
    /// Their share of all rows, 0 to 1.
    pub missing: f64,
    /// Rows whose series an earlier row has too.
    pub duplicate_rows: u64,
    /// Their share of all rows, 0 to 1.
    pub duplicates: f64,
    /// Rows whose series stands in the test split too.
    pub leaked_rows: u64,
    /// Their share of all rows, 0 to 1.
    pub leaked: f64,
    /// Rows whose channels never change.
    pub constant_rows: u64,
    /// Their share of all rows, 0 to 1.
    pub constant: f64,
    /// SHA-256 over the first 16 bytes of every row's SHA-256, in the order of the rows.
    pub digest: Digest,
}

impl SeriesState {
    /// One more row.
    pub(crate) fn update(&mut self, series: &Series, row: u32, hash: u128) {
        let numbers = series.row(row);
        self.rows.push(Row {
            hash,
            steps: series.row_steps(row) as u64,
            spread: Spread::of(numbers.iter().map(|number| f64::from(*number))),
            missing_values: numbers.iter().filter(|number| number.is_nan()).count() as u64,
            is_constant: series.is_constant(row),
        });
    }

    /// Adds what comes after these rows.
    pub fn merge(&mut self, after: &SeriesState) {
        self.rows.extend_from_slice(&after.rows);
    }

    /// The rows' hashes, sorted.
    pub(crate) fn sorted_hashes(&self) -> Vec<u128> {
        let mut hashes: Vec<u128> = self.rows.iter().map(|row| row.hash).collect();
        hashes.sort_unstable();
        hashes
    }

    /// The statistics.
    pub(crate) fn finish(&self, channels: usize, test_hashes: &[u128]) -> SeriesProfile {
        let rows = self.rows.len() as u64;
        let count = |condition: &dyn Fn(&Row) -> bool| self.rows.iter().filter(|row| condition(row)).count() as u64;
        let spread = self.rows.iter().fold(Spread::EMPTY, |all, row| all.and(row.spread));
        let steps = self.rows.iter().map(|row| row.steps);
        let missing_rows = count(&|row| row.missing_values > 0);
        let duplicate_rows = self.sorted_hashes().windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
        let leaked_rows = count(&|row| test_hashes.binary_search(&row.hash).is_ok());
        let constant_rows = count(&|row| row.is_constant);
        let mut digest = Hasher::default();
        self.rows.iter().for_each(|row| digest.update(&row.hash.to_be_bytes()));
        SeriesProfile {
            channels,
            steps_min: steps.clone().min().unwrap_or(0),
            steps_max: steps.clone().max().unwrap_or(0),
            steps_mean: steps.sum::<u64>() as f64 / rows.max(1) as f64,
            min: spread.min_or_zero(),
            max: spread.max_or_zero(),
            mean: spread.mean,
            std: spread.std(),
            missing_values: self.rows.iter().map(|row| row.missing_values).sum(),
            missing_rows,
            missing: share(missing_rows, rows),
            duplicate_rows,
            duplicates: share(duplicate_rows, rows),
            leaked_rows,
            leaked: share(leaked_rows, rows),
            constant_rows,
            constant: share(constant_rows, rows),
            digest: digest.finish().0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Dataset;
    use std::path::Path;

    #[test]
    fn steps_values_copies_and_gaps_are_counted() {
        let mut series = Series::new(3, 1);
        for row in [&[1.0, 2.0, 3.0][..], &[5.0, 5.0], &[f32::NAN, 1.0], &[1.0, 2.0, 3.0]] {
            series.push(row);
        }
        let mut set = Dataset::of_series(Path::new("set"), series, [Some(0); 4]).unwrap();
        set.measure(&mut |_, _| ());
        let state = |rows: &[u32]| {
            let mut state = SeriesState::default();
            rows.iter().for_each(|row| state.update(set.series().unwrap(), *row, set.hash(*row)));
            state
        };
        let mut merged = state(&[0, 1]);
        merged.merge(&state(&[2, 3]));
        assert_eq!(merged, state(&[0, 1, 2, 3]));
        let found = merged.finish(1, &[set.hash(1)]);
        assert_eq!((found.steps_min, found.steps_max, found.steps_mean), (2, 3, 2.5));
        assert_eq!((found.min, found.max, found.missing_values, found.missing), (1.0, 5.0, 1, 0.25));
        assert_eq!((found.duplicate_rows, found.leaked_rows, found.constant_rows), (1, 1, 1));
    }
}
