//! Cutting rows off the train part, stratified by class, or by whole classes.

use crate::dataset::{Dataset, Windows};
use crate::error::DataError;
use crate::profile::CategoryState;
use crate::spec::HeldOutSpec;
use proofmark_tensor::random::Stream;

/// Splits `rows` into (kept, cut): `round(share × rows)` rows are cut, of each class its share, by largest remainder
/// (equal remainders: the lower class first); rows without a label form a class of their own, after the others. Of a
/// class those rows are cut whose 32 random bits of the stream `stream` at their id are smallest (equal bits: the lower
/// id), so that whether a row is cut hardly depends on which other rows there are. Both lists come back sorted by id.
pub(crate) fn cut(dataset: &Dataset, rows: &[u32], share: f64, seed: u64, stream: &str) -> (Vec<u32>, Vec<u32>) {
    let draws = Stream::new(seed, stream);
    let mut strata: Vec<Vec<(u32, u32)>> = Vec::new();
    let mut unlabelled = Vec::new();
    for &row in rows {
        let entry = (draws.u32_at(0, u64::from(row), 0), row);
        match dataset.label(row) {
            Some(class) => {
                if strata.len() <= class {
                    strata.resize(class + 1, Vec::new());
                }
                strata[class].push(entry);
            }
            None => unlabelled.push(entry),
        }
    }
    strata.push(unlabelled);

    let counts = apportion(&strata.iter().map(Vec::len).collect::<Vec<_>>(), share);
    let (mut kept, mut cut) = (Vec::with_capacity(rows.len()), Vec::new());
    for (mut stratum, count) in strata.into_iter().zip(counts) {
        stratum.sort_unstable();
        cut.extend(stratum[..count].iter().map(|(_, row)| *row));
        kept.extend(stratum[count..].iter().map(|(_, row)| *row));
    }
    kept.sort_unstable();
    cut.sort_unstable();
    (kept, cut)
}

/// Splits `rows` into (kept, cut) as the data's nature asks for: [`cut`] by class and chance, or, of windows over something longer,
/// the last `round(share × rows)` of them, and kept are those that share nothing with what is cut: a model that learnt from half of
/// a sentence would know the other half.
pub(crate) fn cut_off(dataset: &Dataset, rows: &[u32], share: f64, seed: u64, stream: &str) -> (Vec<u32>, Vec<u32>) {
    let Some(Windows { starts, span }) = dataset.windows() else { return cut(dataset, rows, share, seed, stream) };
    let count = (share * rows.len() as f64).round() as usize;
    let (kept, cut) = rows.split_at(rows.len() - count.min(rows.len()));
    let mut kept = kept.to_vec();
    if let Some(first) = cut.first() {
        kept.retain(|row| starts[*row as usize] + span <= starts[*first as usize]);
    }
    (kept, cut.to_vec())
}

/// Classes that do not train, by their labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeldOut {
    test: Vec<usize>,
    validation: Vec<usize>,
}

impl HeldOut {
    /// Finds the classes of the spec among those of the source.
    pub(crate) fn new(spec: Option<&HeldOutSpec>, classes: &[String]) -> Result<HeldOut, DataError> {
        let label = |class: &String| {
            let unknown = || DataError::HeldOutUnknown { class: class.clone(), classes: classes.to_vec() };
            classes.iter().position(|known| known == class).ok_or_else(unknown)
        };
        let labels = |names: &[String]| names.iter().map(label).collect::<Result<Vec<usize>, DataError>>();
        match spec {
            Some(HeldOutSpec { test, validation }) => {
                Ok(HeldOut { test: labels(test)?, validation: labels(validation)? })
            }
            None => Ok(HeldOut::default()),
        }
    }

    /// Whether any class is held out.
    pub(crate) fn is_some(&self) -> bool {
        !self.test.is_empty()
    }

    /// Whether validation consists of classes of its own.
    pub(crate) fn has_validation(&self) -> bool {
        !self.validation.is_empty()
    }

    /// Whether a class is held out for test.
    pub(crate) fn is_tested(&self, class: usize) -> bool {
        self.test.contains(&class)
    }

    /// Divides the rows of the train part into those that may train, those that validate and those of the classes of test. Rows
    /// without a label stay where rows train, for the gate to judge.
    pub(crate) fn divide(&self, dataset: &Dataset, rows: &[u32]) -> [Vec<u32>; 3] {
        let mut divided = [Vec::new(), Vec::new(), Vec::new()];
        for &row in rows {
            let place = match dataset.label(row) {
                Some(class) if self.test.contains(&class) => 2,
                Some(class) if self.validation.contains(&class) => 1,
                _ => 0,
            };
            divided[place].push(row);
        }
        divided
    }

    /// The rows of another part that test consists of; those without a label are counted later, and left out.
    pub(crate) fn tested(&self, dataset: &Dataset, rows: &[u32]) -> Vec<u32> {
        let stays = |row: &u32| dataset.label(*row).is_none_or(|class| self.is_tested(class));
        rows.iter().copied().filter(stays).collect()
    }

    /// Whether every class has a row where it is to be found.
    pub(crate) fn check(
        &self,
        classes: &[String],
        [test_part, train_part]: [&str; 2],
        [tested, validated]: [&CategoryState; 2],
    ) -> Result<(), DataError> {
        for (labels, counts, part) in [(&self.test, tested, test_part), (&self.validation, validated, train_part)] {
            if let Some(label) = labels.iter().find(|label| counts.counts()[**label] == 0) {
                let class = classes[*label].clone();
                return Err(DataError::HeldOutWithoutRows { class, part: part.to_owned() });
            }
        }
        Ok(())
    }
}

/// Splits `rows` into (left out, chosen), `count` of them chosen as [`cut`] cuts: by class and seed.
pub(crate) fn choose(dataset: &Dataset, rows: &[u32], count: usize, seed: u64, stream: &str) -> (Vec<u32>, Vec<u32>) {
    // Exact after rounding: there are fewer than 2^32 rows, and an f64 holds 53 bits.
    cut(dataset, rows, count as f64 / rows.len().max(1) as f64, seed, stream)
}

/// How many of each stratum are cut, so that together they are `round(share × total)`.
fn apportion(sizes: &[usize], share: f64) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    let wanted = (share * total as f64).round() as usize;
    let quotas: Vec<f64> = sizes.iter().map(|size| share * *size as f64).collect();
    let mut counts: Vec<usize> = quotas.iter().zip(sizes).map(|(quota, size)| (*quota as usize).min(*size)).collect();
    let mut by_remainder: Vec<usize> = (0..sizes.len()).collect();
    let remainder = |idx: usize| quotas[idx] - quotas[idx].floor();
    by_remainder.sort_by(|a, b| remainder(*b).total_cmp(&remainder(*a)).then(a.cmp(b)));
    let mut missing = wanted.saturating_sub(counts.iter().sum());
    for idx in by_remainder {
        if missing > 0 && counts[idx] < sizes[idx] {
            counts[idx] += 1;
            missing -= 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proofmark_tensor::Shape;
    use proptest::prelude::*;
    use std::path::Path;

    fn labelled(labels: &[Option<u8>]) -> Dataset {
        Dataset::new(Path::new("set"), Shape::from([1, 1, 1]), vec![0; labels.len()], labels.iter().copied()).unwrap()
    }

    #[test]
    fn counts_follow_the_largest_remainder() {
        let cases: &[(&[usize], f64, &[usize])] = &[
            (&[10, 10, 10], 0.1, &[1, 1, 1]),
            (&[15, 15, 10], 0.1, &[2, 1, 1]),
            (&[5923, 6742, 1], 0.1, &[593, 674, 0]),
            (&[3, 0, 3], 0.5, &[2, 0, 1]),
            (&[4], 0.0, &[0]),
        ];
        for (sizes, share, expected) in cases {
            assert_eq!(apportion(sizes, *share), *expected, "{sizes:?} {share}");
        }
    }

    proptest! {
        #[test]
        fn a_cut_is_a_partition_with_every_class_within_one_row_of_its_share(
            labels in proptest::collection::vec(proptest::option::weighted(0.9, 0_u8..4), 1..200),
            share in 0.0..0.5,
            seed in 0_u64..1000,
        ) {
            let set = labelled(&labels);
            let (kept, cut) = cut(&set, &set.rows(), share, seed, "validation split");
            let mut all = [kept.clone(), cut.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, set.rows());
            prop_assert!(kept.is_sorted() && cut.is_sorted());
            prop_assert_eq!(cut.len(), (share * labels.len() as f64).round() as usize);
            for class in [Some(0), Some(1), Some(2), Some(3), None] {
                let of = |rows: &[u32]| rows.iter().filter(|row| set.label(**row) == class).count() as f64;
                prop_assert!((of(&cut) - share * of(&set.rows())).abs() < 1.0 + 1e-9);
            }
        }
    }

    proptest! {
        #[test]
        fn as_many_are_chosen_as_were_asked_for(
            labels in proptest::collection::vec(proptest::option::weighted(0.9, 0_u8..4), 1..200),
            share in 0.0..1.0,
            seed in 0_u64..1000,
        ) {
            let set = labelled(&labels);
            let wanted = (share * labels.len() as f64) as usize;
            let (left, chosen) = choose(&set, &set.rows(), wanted, seed, "train rows");
            prop_assert_eq!((left.len(), chosen.len()), (labels.len() - wanted, wanted));
        }
    }

    #[test]
    fn another_seed_cuts_other_rows() {
        let set = labelled(&[Some(0); 100]);
        let rows = set.rows();
        assert_eq!(cut(&set, &rows, 0.1, 7, "s"), cut(&set, &rows, 0.1, 7, "s"));
        assert_ne!(cut(&set, &rows, 0.1, 7, "s"), cut(&set, &rows, 0.1, 8, "s"));
    }
}
