//! Copies: within train and validation all but one go, and all that stand in the test split.

use super::{CleanContext, Helps, Operator};

pub(super) struct DropDuplicates;

impl Operator for DropDuplicates {
    fn helps(&self) -> &'static [Helps] {
        &[Helps::Feature("duplicates"), Helps::Feature("leaked")]
    }

    fn rows_to_drop(&self, context: &CleanContext) -> Vec<u32> {
        let CleanContext { dataset, train, validation, test_hashes, rough_limit: _ } = context;
        // By hash, and among equals the row that stays first: validation's, then a labelled one, then the first.
        let rank = |in_train: bool, row: u32| (dataset.hash(row), in_train, dataset.label(row).is_none(), row);
        let mut ranked: Vec<_> = train.iter().map(|row| rank(true, *row)).collect();
        ranked.extend(validation.iter().map(|row| rank(false, *row)));
        ranked.sort_unstable();

        let mut dropped = Vec::new();
        let mut last_kept = None;
        for (hash, _, _, row) in ranked {
            if last_kept == Some(hash) || test_hashes.binary_search(&hash).is_ok() {
                dropped.push(row);
            } else {
                last_kept = Some(hash);
            }
        }
        dropped
    }
}
