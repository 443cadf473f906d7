//! Faults injected into the train part: a seeded, honest simulator of dirty data for scenarios and tests.

use crate::dataset::Dataset;
use crate::spec::DefectsSpec;
use proofmark_tensor::random::Stream;
use serde::Serialize;

/// What was injected, in rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DefectsApplied {
    /// The seed that chose the rows.
    pub seed: u64,
    /// Rows that lost their label.
    pub missing_labels: usize,
    /// Rows that became a copy of another one.
    pub duplicates: usize,
    /// Rows whose image was made blank.
    pub blank: usize,
    /// Rows whose image became noise.
    pub noise: usize,
    /// Rows in whose image every second line became white.
    pub stripes: usize,
}

/// Injects the faults. The rows are shuffled by the stream `defects`; the first lose their label, the next become
/// copies of untouched rows, the next blank, the next corrupted (noise and stripes by turns).
pub(crate) fn inject(dataset: &mut Dataset, spec: &DefectsSpec) -> DefectsApplied {
    let DefectsSpec { seed, missing_labels, duplicates, blank, corrupted } = *spec;
    let rows = dataset.len();
    let count = |share: f64| (share * rows as f64).round() as usize;
    let draws = Stream::new(seed, "defects");
    let mut order = dataset.rows();
    draws.shuffle(0, &mut order);
    let mut order = order.into_iter();
    // Rounding four shares up could ask for more rows than there are; `take` then gives fewer.
    let mut take = |share: f64| -> Vec<u32> { order.by_ref().take(count(share)).collect() };
    let (unlabelled, copies, blanks, broken) = (take(missing_labels), take(duplicates), take(blank), take(corrupted));
    let untouched: Vec<u32> = order.collect();

    for &row in &unlabelled {
        dataset.lose_label(row);
    }
    let applied = DefectsApplied {
        seed,
        missing_labels: unlabelled.len(),
        duplicates: if untouched.is_empty() { 0 } else { copies.len() },
        blank: blanks.len(),
        noise: broken.len().div_ceil(2),
        stripes: broken.len() / 2,
    };
    for &row in copies.iter().take(applied.duplicates) {
        let from = untouched[draws.below(1, u64::from(row), 0, untouched.len() as u32) as usize];
        dataset.copy_row(from, row);
    }
    for &row in &blanks {
        dataset.image_mut(row).fill(0);
    }
    let line = dataset.shape()[1] * dataset.shape()[2];
    for (idx, &row) in broken.iter().enumerate() {
        let image = dataset.image_mut(row);
        if idx % 2 == 0 {
            for (element, pixel) in image.iter_mut().enumerate() {
                *pixel = draws.below(2, u64::from(row), element as u32, 256) as u8;
            }
        } else {
            image.chunks_mut(line).step_by(2).for_each(|line| line.fill(255));
        }
    }
    applied
}
