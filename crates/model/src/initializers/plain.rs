use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FillSite, InitializerDefinition};
use crate::ranges::Ranges;

/// All 0: for biases.
///
/// *Source*: Keras' `Zeros`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zeros {}

/// All 1: for scales.
///
/// *Source*: Keras' `Ones`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ones {}

/// All the same.
///
/// *Source*: Keras' `Constant`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    /// The value, -1e30 to 1e30.
    #[schemars(range(min = -1e30, max = 1e30))]
    pub value: f64,
}

/// 1 in the second quarter, 0 elsewhere: for the bias of an `lstm`, whose forget gates stand there, so that it starts by
/// keeping what it has.
///
/// *Source*: Gers, Schmidhuber, Cummins 2000, section 4; Jozefowicz, Zaremba, Sutskever 2015; Keras' `unit_forget_bias`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgetGate {}

impl InitializerDefinition for Zeros {
    fn fill(&self, _site: &FillSite<'_>, values: &mut [f32]) {
        values.fill(0.0);
    }
}

impl InitializerDefinition for Ones {
    fn fill(&self, _site: &FillSite<'_>, values: &mut [f32]) {
        values.fill(1.0);
    }
}

impl InitializerDefinition for Constant {
    fn check(&self, ranges: &mut Ranges, prefix: &str) {
        ranges.number(&format!("{prefix}value"), self.value, -1e30..=1e30);
    }

    fn fill(&self, _site: &FillSite<'_>, values: &mut [f32]) {
        values.fill(self.value as f32);
    }
}

impl InitializerDefinition for ForgetGate {
    fn fill(&self, _site: &FillSite<'_>, values: &mut [f32]) {
        let quarter = values.len() / 4;
        values.fill(0.0);
        values[quarter..2 * quarter].fill(1.0);
    }
}
