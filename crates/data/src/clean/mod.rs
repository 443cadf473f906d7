//! Operators that drop rows. One operator, one file, and one list; [`OperatorName::operator`] ends where the list does.
//!
//! An operator looks at train and validation and says which of their rows have to go. It never touches the test split,
//! and nobody's files.

mod drop_constant_images;
mod drop_duplicates;
mod drop_missing;
mod drop_rough_images;

use crate::dataset::Dataset;
use crate::profile::RoughnessLimit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The operators, by the names that a spec writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperatorName {
    /// Drops rows without a label, and rows with a series that has missing values.
    DropMissing,
    /// Drops rows whose image or series stands in the test split, and copies within train and validation: of equal ones one
    /// stays, in validation if one of them is there, and otherwise the first with a label, else the first.
    DropDuplicates,
    /// Drops rows whose image is of one colour, or whose series never changes.
    DropConstantImages,
    /// Drops rows whose image is far rougher than train's images are, as noise and torn lines make it. The limit is
    /// fitted on train once, before the first round.
    DropRoughImages,
}

/// All operators.
pub const OPERATORS: &[OperatorName] = &[
    OperatorName::DropMissing,
    OperatorName::DropDuplicates,
    OperatorName::DropConstantImages,
    OperatorName::DropRoughImages,
];

/// The rows as an operator sees them.
pub struct CleanContext<'a> {
    /// The data set of train and validation.
    pub dataset: &'a Dataset,
    /// The rows of train, sorted.
    pub train: &'a [u32],
    /// The rows of validation, sorted.
    pub validation: &'a [u32],
    /// The hashes of the test split's rows, sorted.
    pub test_hashes: &'a [u128],
    /// The limit of roughness, fitted on train.
    pub rough_limit: RoughnessLimit,
}

/// The last segment of a fact about a column, which says what an operator can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Helps {
    /// `source.TARGET.NAME`.
    Target(&'static str),
    /// `source.FEATURE.NAME`.
    Feature(&'static str),
}

/// What an operator is.
pub trait Operator: Sync {
    /// The facts that it improves.
    fn helps(&self) -> &'static [Helps];

    /// The rows of train and validation that have to go, in any order, each once.
    fn rows_to_drop(&self, context: &CleanContext) -> Vec<u32>;
}

impl OperatorName {
    /// The operator of this name.
    pub fn operator(self) -> &'static dyn Operator {
        match self {
            OperatorName::DropMissing => &drop_missing::DropMissing,
            OperatorName::DropDuplicates => &drop_duplicates::DropDuplicates,
            OperatorName::DropConstantImages => &drop_constant_images::DropConstantImages,
            OperatorName::DropRoughImages => &drop_rough_images::DropRoughImages,
        }
    }

    /// The name as a spec writes it.
    pub fn name(self) -> &'static str {
        match self {
            OperatorName::DropMissing => "drop_missing",
            OperatorName::DropDuplicates => "drop_duplicates",
            OperatorName::DropConstantImages => "drop_constant_images",
            OperatorName::DropRoughImages => "drop_rough_images",
        }
    }
}

impl CleanContext<'_> {
    /// Rows of train, then of validation, that `condition` holds for.
    fn rows_where(&self, condition: impl Fn(u32) -> bool) -> Vec<u32> {
        self.train.iter().chain(self.validation).copied().filter(|row| condition(*row)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{FACTS, SourceState};
    use proofmark_tensor::Shape;
    use std::path::Path;

    /// Rows 0 to 9: train is 0 to 6, validation 7 to 9. Smooth images differ in their level.
    fn dataset() -> Dataset {
        let smooth = |level: u8| [level, level + 4, level, level + 4];
        let noise = [0, 255, 255, 0];
        #[rustfmt::skip]
        let images = [
            smooth(1), smooth(2), smooth(1), [8; 4], noise, smooth(5), smooth(6),
            smooth(7), smooth(2), smooth(9),
        ];
        let labels = [None, Some(0), Some(0), Some(1), Some(1), None, Some(1), Some(0), Some(0), Some(1)];
        let mut set = Dataset::new(Path::new("set"), Shape::from([2, 2, 1]), images.concat(), labels).unwrap();
        set.measure(&mut |_, _| ());
        set
    }

    #[test]
    fn every_operator_drops_what_it_says_and_nothing_else() {
        let dataset = dataset();
        let (train, validation) = ([0, 1, 2, 3, 4, 5, 6], [7, 8, 9]);
        let rough_limit = SourceState::of(&dataset, &train, 2).roughness_limit();
        // The test split has the image of row 6.
        let test_hashes = [dataset.hash(6)];
        let context = CleanContext {
            dataset: &dataset,
            train: &train,
            validation: &validation,
            test_hashes: &test_hashes,
            rough_limit,
        };
        for operator in OPERATORS {
            let expected: &[u32] = match operator {
                OperatorName::DropMissing => &[0, 5],
                // 6 stands in test; 1 is a copy of 8 in validation; of 0 and 2, which are equal, 2 has a label.
                OperatorName::DropDuplicates => &[0, 1, 6],
                OperatorName::DropConstantImages => &[3],
                OperatorName::DropRoughImages => &[4],
            };
            let mut dropped = operator.operator().rows_to_drop(&context);
            dropped.sort_unstable();
            assert_eq!(dropped, expected, "{}", operator.name());
        }
    }

    #[test]
    fn names_are_those_of_the_spec_and_what_they_help_is_a_fact() {
        for operator in OPERATORS {
            let json = serde_json::to_value(operator).unwrap();
            assert_eq!(json, operator.name());
            for helps in operator.operator().helps() {
                let (Helps::Target(name) | Helps::Feature(name)) = helps;
                assert!(FACTS.iter().any(|row| row.name() == *name), "{name}");
            }
        }
    }
}
