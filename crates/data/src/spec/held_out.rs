//! Whole classes that do not train.

use super::{SplitSpec, TestSpec};
use crate::spec_problem::SpecProblem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whole classes that are kept from training. A class that is listed has no row in train, and none in the split that does not list
/// it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldOutSpec {
    /// The classes that test consists of: their rows in the part that is tested on. With `test: train` (the part that is trained
    /// on) these are all their rows there; otherwise their rows in the train part go unused. At least one class.
    #[schemars(length(min = 1))]
    pub test: Vec<String>,
    /// The classes that validation consists of: all their rows in the train part, in place of the share. Default none: the share
    /// is cut off from the rows of the classes that train.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validation: Vec<String>,
}

/// Classes that train, validate or test, and no two of these.
pub(super) fn check(split: &SplitSpec, problems: &mut Vec<SpecProblem>) {
    let Some(HeldOutSpec { test, validation }) = &split.held_out_classes else { return };
    let key = |list: &str| format!("data.split.held_out_classes.{list}");
    if test.is_empty() {
        problems.push(SpecProblem::NoHeldOut { key: key("test") });
    }
    if matches!(split.test, TestSpec::Share(_)) {
        problems.push(SpecProblem::HeldOutShare);
    }
    let all: Vec<(&str, &String)> =
        test.iter().map(|class| ("test", class)).chain(validation.iter().map(|class| ("validation", class))).collect();
    for (idx, (list, class)) in all.iter().enumerate() {
        if all[..idx].iter().any(|(_, before)| before == class) {
            problems.push(SpecProblem::HeldOutTwice { key: key(list), class: (*class).clone() });
        }
    }
}
