//! Cross-validation: cutting the train split into folds, and what each fold's training reads.
//!
//! [`make`] is a pure function of the rows' ids, labels and groups, and of the seed. [`Prepared::fold`] makes the sets of one
//! fold; whatever is fitted is fitted again, to the rows that train in this fold alone, so that nothing learnt from a held-out
//! row can reach the model that is measured on it. Validation and test are never touched.

use crate::error::{DataError, SpecProblem};
use crate::prepared::{Prepared, PreparedSet};
use crate::preprocess::FittedFeature;
use crate::spec::{FeatureSpec, SourceSpec};
use crate::split;
use proofmark_tensor::random::Stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Before the training, trains one model for each fold and measures it on the rows that it did not see. The folds are cut from
/// the train split; validation and test are not touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CrossValidationSpec {
    /// How many folds, 2 to 20. Default 5.
    #[schemars(range(min = 2, max = 20))]
    pub folds: u32,
    /// Which rows are held out together. Default `stratified`.
    pub kind: FoldKind,
    /// For `kind: grouped`, what the rows of a group have in common. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<GroupSpec>,
}

impl Default for CrossValidationSpec {
    fn default() -> Self {
        CrossValidationSpec { folds: 5, kind: FoldKind::Stratified, by: None }
    }
}

/// Which rows are held out together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoldKind {
    /// Each class is dealt out evenly, so that every fold has the classes' shares. Each row is held out once.
    #[default]
    Stratified,
    /// Rows are dealt out at random, whatever their class. Each row is held out once.
    Plain,
    /// Rows of one group are held out together, so that a model is never measured on a group that it has seen: patients,
    /// writers, machines. Groups go to the fold that has the fewest rows, large ones first. Each row is held out once.
    Grouped,
    /// Rows are in the order of time: of `folds` + 1 blocks, each but the first is held out once, after a training on all
    /// blocks before it (forward chaining). No model sees a row that is later than those it is measured on.
    Time,
}

impl FoldKind {
    /// The name as specs write it.
    pub fn name(self) -> &'static str {
        match self {
            FoldKind::Stratified => "stratified",
            FoldKind::Plain => "plain",
            FoldKind::Grouped => "grouped",
            FoldKind::Time => "time",
        }
    }
}

/// What the rows of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GroupSpec {
    /// What stands in the file's name before the first occurrence of this text: with `_`, `patient7_03.png` is of the group
    /// `patient7`. A name without it is a group of its own. For folders of images.
    FilePrefix(#[schemars(length(min = 1))] String),
}

/// Everything wrong with the key that its type cannot say.
pub fn check(spec: &CrossValidationSpec, source: &SourceSpec) -> Vec<SpecProblem> {
    let mut problems = Vec::new();
    if !(2..=20).contains(&spec.folds) {
        let key = "cross_validation.folds".to_owned();
        problems.push(SpecProblem::OutOfRange { key, received: f64::from(spec.folds), low: 2.0, high: 20.0 });
    }
    match (spec.kind, &spec.by) {
        (FoldKind::Grouped, None) => problems.push(SpecProblem::GroupsByNothing),
        (FoldKind::Grouped, Some(GroupSpec::FilePrefix(_))) if !has_file_names(source) => {
            problems.push(SpecProblem::NoFileNames);
        }
        (FoldKind::Grouped, Some(_)) | (_, None) => {}
        (kind, Some(_)) => problems.push(SpecProblem::GroupsUnused { kind: kind.name() }),
    }
    problems
}

fn has_file_names(source: &SourceSpec) -> bool {
    match source {
        SourceSpec::Images(_) => true,
        SourceSpec::Idx(_) | SourceSpec::Series(_) | SourceSpec::Text(_) | SourceSpec::Audio(_) => false,
        // No folds are made of them.
        SourceSpec::Transcripts(_) => false,
    }
}

/// The rows that are cut into folds, by position.
#[derive(Clone, Copy, Debug)]
pub struct FoldRows<'a> {
    /// The samples' ids: what chance is drawn by.
    pub ids: &'a [u64],
    /// The samples' classes.
    pub labels: &'a [i32],
    /// The samples' groups; needed for [`FoldKind::Grouped`] only.
    pub groups: Option<&'a [u32]>,
    /// Names of the classes, for errors.
    pub classes: &'a [String],
}

/// One fold, as positions among the rows, each list sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// From 1.
    pub number: u32,
    /// Positions that train.
    pub train: Vec<u32>,
    /// Positions that the model is measured on.
    pub held_out: Vec<u32>,
}

/// Cuts rows into folds. Chance is the stream `cross-validation folds`: of a row its bits at its id, of a group those at its
/// first row's id; equal bits keep the order of the rows.
///
/// # Errors
/// [`DataError::TooFewForFolds`] if a fold would be empty, [`DataError::ClassSmallerThanFolds`] if a stratified fold would lack
/// a class.
pub fn make(kind: FoldKind, folds: u32, rows: FoldRows<'_>, seed: u64) -> Result<Vec<Fold>, DataError> {
    let (n, n_folds) = (rows.ids.len(), folds as usize);
    let bits = Stream::new(seed, "cross-validation folds");
    let drawn = |row: u32| (bits.u32_at(0, rows.ids[row as usize], 0), row);
    let enough = |available: usize, needed: usize, what: Counted| match available < needed {
        true => Err(DataError::TooFewForFolds { what, received: available, needed, folds }),
        false => Ok(()),
    };
    let fold_of: Vec<usize> = match kind {
        FoldKind::Time => {
            enough(n, n_folds + 1, Counted::Rows)?;
            return Ok(forward_chain(n, folds));
        }
        FoldKind::Plain => {
            enough(n, n_folds, Counted::Rows)?;
            let mut order: Vec<(u32, u32)> = (0..n as u32).map(drawn).collect();
            order.sort_unstable();
            deal(order.into_iter().map(|(_, row)| row), n, n_folds)
        }
        FoldKind::Stratified => {
            enough(n, n_folds, Counted::Rows)?;
            let mut by_class: BTreeMap<i32, Vec<(u32, u32)>> = BTreeMap::new();
            for row in 0..n as u32 {
                by_class.entry(rows.labels[row as usize]).or_default().push(drawn(row));
            }
            for (class, members) in &mut by_class {
                if members.len() < n_folds {
                    let class = usize::try_from(*class).ok().and_then(|class| rows.classes.get(class));
                    let (class, rows) = (class.cloned().unwrap_or_default(), members.len());
                    return Err(DataError::ClassSmallerThanFolds { class, rows, folds });
                }
                members.sort_unstable();
            }
            // One deal through all classes: every class within one row of its share, and so is the whole.
            deal(by_class.into_values().flatten().map(|(_, row)| row), n, n_folds)
        }
        FoldKind::Grouped => {
            let groups = rows.groups.unwrap_or_default();
            let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for (row, group) in groups.iter().enumerate() {
                members.entry(*group).or_default().push(row as u32);
            }
            enough(members.len(), n_folds, Counted::Groups)?;
            spread(members.into_values().map(|members| (drawn(members[0]), members)).collect(), n, n_folds)
        }
    };
    let fold = |fold: usize| {
        let (held_out, train) = (0..n as u32).partition(|row| fold_of[*row as usize] == fold);
        Fold { number: fold as u32 + 1, train, held_out }
    };
    Ok((0..n_folds).map(fold).collect())
}

/// Each row's fold, dealt out in this order like cards.
fn deal(order: impl Iterator<Item = u32>, n: usize, folds: usize) -> Vec<usize> {
    let mut fold_of = vec![0; n];
    order.enumerate().for_each(|(place, row)| fold_of[row as usize] = place % folds);
    fold_of
}

/// Each row's fold, such that groups stay together: large ones first, each to the fold that has the fewest rows (of equal
/// ones, the first). A group comes with what chance drew for it, which decides among groups of one size.
fn spread(mut groups: Vec<((u32, u32), Vec<u32>)>, n: usize, folds: usize) -> Vec<usize> {
    groups.sort_unstable_by(|(a_drawn, a), (b_drawn, b)| b.len().cmp(&a.len()).then(a_drawn.cmp(b_drawn)));
    let (mut fold_of, mut sizes) = (vec![0; n], vec![0; folds]);
    for (_, members) in groups {
        let smallest = (0..folds).min_by_key(|fold| sizes[*fold]).unwrap_or(0);
        sizes[smallest] += members.len();
        members.iter().for_each(|row| fold_of[*row as usize] = smallest);
    }
    fold_of
}

/// Blocks of equal size within one row; each but the first is held out once.
fn forward_chain(n: usize, folds: u32) -> Vec<Fold> {
    let end = |block: u32| (n as u64 * u64::from(block) / (u64::from(folds) + 1)) as u32;
    let fold =
        |number| Fold { number, train: (0..end(number)).collect(), held_out: (end(number)..end(number + 1)).collect() };
    (1..=folds).map(fold).collect()
}

/// What there are too few of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Rows.
    Rows,
    /// Groups of rows.
    Groups,
}

/// What one fold's training reads, and what its model is measured on.
#[derive(Clone, Debug)]
pub struct FoldSets {
    /// What the fold's model learns from, augmented as the spec says.
    pub train: PreparedSet,
    /// What its epochs are judged by, cut from the rows that train; may be empty.
    pub validation: PreparedSet,
    /// What it is measured on.
    pub held_out: PreparedSet,
    /// The preprocessing, fitted to `train` alone.
    pub feature: FittedFeature,
}

impl Prepared {
    /// Cuts the train split into folds.
    ///
    /// # Errors
    /// As [`make`].
    pub fn folds(&self, spec: &CrossValidationSpec, seed: u64) -> Result<Vec<Fold>, DataError> {
        let groups = spec.by.as_ref().and_then(|GroupSpec::FilePrefix(text)| self.train.groups_by_prefix(text));
        let rows = FoldRows {
            ids: self.train.ids(),
            labels: self.train.labels(),
            groups: groups.as_deref(),
            classes: &self.classes,
        };
        make(spec.kind, spec.folds, rows, seed)
    }

    /// The sets of one fold. The share `validation` of the rows that train is cut from them, stratified by class (of rows in
    /// the order of time: the last ones), for a training whose stop is decided by it; 0 for none. The rest is what everything is
    /// fitted to. `seed` is the fold's own.
    pub fn fold(&self, fold: &Fold, kind: FoldKind, validation: f64, feature: &FeatureSpec, seed: u64) -> FoldSets {
        let [train, held_out] = [&fold.train, &fold.held_out].map(|positions| self.train.source_rows(positions));
        let (train, validation) = match kind {
            FoldKind::Time => {
                let n_validation = (validation * train.len() as f64).round() as usize;
                let at = train.len().saturating_sub(n_validation);
                (train[..at].to_vec(), train[at..].to_vec())
            }
            FoldKind::Stratified | FoldKind::Plain | FoldKind::Grouped => {
                split::cut(self.train.dataset(), &train, validation, seed, "cross-validation validation split")
            }
        };
        let fitted = self.feature.refit(feature, self.train.dataset(), &train);
        let encoder = fitted.encoder();
        let augmentation = fitted.augmentation(feature, seed);
        let set = |rows: &[u32]| self.train.with_rows(rows, encoder.clone());
        FoldSets {
            train: set(&train).with_augmentation(augmentation),
            validation: set(&validation),
            held_out: set(&held_out),
            feature: fitted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLASSES: [&str; 4] = ["a", "b", "c", "d"];

    fn folds(kind: FoldKind, folds: u32, labels: &[i32], groups: &[u32], seed: u64) -> Result<Vec<Fold>, DataError> {
        // Ids are what is left after validation was cut off: rising, with gaps.
        let ids: Vec<u64> = (0..labels.len() as u64).map(|row| row * 3 + 5).collect();
        let classes = CLASSES.map(str::to_owned);
        make(kind, folds, FoldRows { ids: &ids, labels, groups: Some(groups), classes: &classes }, seed)
    }

    fn of_class(labels: &[i32], rows: &[u32], class: i32) -> usize {
        rows.iter().filter(|row| labels[**row as usize] == class).count()
    }

    proptest! {
        #[test]
        fn each_row_is_held_out_once_and_trains_in_all_other_folds(
            (labels, groups) in (20_usize..200).prop_flat_map(|n| (
                proptest::collection::vec(0_i32..4, n),
                proptest::collection::vec(0_u32..50, n),
            )),
            n_folds in 2_u32..=6,
            kind in prop_oneof![Just(FoldKind::Stratified), Just(FoldKind::Plain), Just(FoldKind::Grouped)],
            seed in 0_u64..1000,
        ) {
            let result = folds(kind, n_folds, &labels, &groups, seed);
            let Ok(made) = result else {
                prop_assert_ne!(kind, FoldKind::Plain);
                return Ok(());
            };
            let n = labels.len();
            prop_assert_eq!(made.len(), n_folds as usize);
            let mut held_out: Vec<u32> = made.iter().flat_map(|fold| fold.held_out.clone()).collect();
            held_out.sort_unstable();
            prop_assert_eq!(held_out, (0..n as u32).collect::<Vec<_>>());
            for (idx, fold) in made.iter().enumerate() {
                prop_assert_eq!(fold.number as usize, idx + 1);
                prop_assert!(fold.train.is_sorted() && fold.held_out.is_sorted() && !fold.held_out.is_empty());
                let mut all = [fold.train.clone(), fold.held_out.clone()].concat();
                all.sort_unstable();
                prop_assert_eq!(all, (0..n as u32).collect::<Vec<_>>());
                if kind != FoldKind::Grouped {
                    prop_assert!(fold.held_out.len().abs_diff(n / n_folds as usize) <= 1);
                }
                if kind == FoldKind::Stratified {
                    for class in 0..4 {
                        let whole = labels.iter().filter(|label| **label == class).count();
                        prop_assert!(of_class(&labels, &fold.held_out, class).abs_diff(whole / n_folds as usize) <= 1);
                    }
                }
                if kind == FoldKind::Grouped {
                    for row in &fold.held_out {
                        let group = groups[*row as usize];
                        prop_assert!(fold.train.iter().all(|other| groups[*other as usize] != group));
                    }
                }
            }
            let again = folds(kind, n_folds, &labels, &groups, seed);
            prop_assert_eq!(made, again.expect("the same again"));
        }

        #[test]
        fn time_never_looks_forward(n in 7_usize..300, n_folds in 2_u32..=6, seed in 0_u64..9) {
            let made = folds(FoldKind::Time, n_folds, &vec![0; n], &[], seed).expect("enough rows");
            let mut next = made[0].train.len() as u32;
            for fold in &made {
                prop_assert_eq!(&fold.train, &(0..next).collect::<Vec<_>>());
                prop_assert!(fold.held_out.iter().all(|row| fold.train.iter().all(|before| before < row)));
                prop_assert!(fold.held_out.len().abs_diff(n / (n_folds as usize + 1)) <= 1);
                prop_assert_eq!(fold.held_out[0], next);
                next += fold.held_out.len() as u32;
            }
            prop_assert_eq!(next as usize, n);
        }
    }

    #[test]
    fn the_seed_and_nothing_else_deals_the_rows() {
        let (labels, groups): (Vec<i32>, Vec<u32>) = (0..60).map(|row| (row % 4, row as u32 / 2)).unzip();
        for kind in [FoldKind::Stratified, FoldKind::Plain, FoldKind::Grouped] {
            assert_ne!(folds(kind, 5, &labels, &groups, 1).unwrap(), folds(kind, 5, &labels, &groups, 2).unwrap());
        }
        let [a, b] = [1, 2].map(|seed| folds(FoldKind::Time, 5, &labels, &groups, seed).unwrap());
        assert_eq!(a, b);
        insta::assert_compact_debug_snapshot!(
            folds(FoldKind::Stratified, 5, &labels, &groups, 7).unwrap()[0].held_out,
            @"[2, 14, 15, 16, 22, 25, 27, 28, 37, 41, 44, 55]"
        );
    }

    #[test]
    fn groups_of_all_sizes_are_spread_evenly() {
        // 40, 20, 10, 10, 10 rows and ten groups of one: into 2 folds of 50.
        let sizes = [40, 20, 10, 10, 10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
        let groups: Vec<u32> = (0..).zip(sizes).flat_map(|(group, size)| vec![group; size]).collect();
        let made = folds(FoldKind::Grouped, 2, &vec![0; 100], &groups, 3).unwrap();
        assert_eq!(made.iter().map(|fold| fold.held_out.len()).collect::<Vec<_>>(), [50, 50]);
    }

    #[test]
    fn folds_that_cannot_be_made_are_refused() {
        let labels = [0, 0, 0, 1, 1];
        let cases = [
            (FoldKind::Plain, 6, "`6` folds need at least `6` rows that train, there are `5`"),
            (FoldKind::Time, 5, "`5` folds need at least `6` rows that train, there are `5`"),
            (FoldKind::Grouped, 3, "`3` grouped folds need at least `3` groups, there are `2`"),
            (
                FoldKind::Stratified,
                3,
                "the class `b` has `2` rows that train, fewer than the `3` folds that each need one",
            ),
        ];
        for (kind, n_folds, expected) in cases {
            let error = folds(kind, n_folds, &labels, &[0, 0, 1, 1, 1], 7).unwrap_err();
            assert_eq!((error.to_string().as_str(), error.key().as_deref()), (expected, Some("cross_validation")));
        }
    }
}
