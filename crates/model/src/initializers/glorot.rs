use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FillSite, InitializerDefinition, scaled};

/// Uniform numbers of variance `2 / (fan_in + fan_out)`: for layers followed by tanh, sigmoid, softmax or nothing.
///
/// *Source*: Glorot, Bengio 2010, equation 16; Keras' `GlorotUniform`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GlorotUniform {}

impl InitializerDefinition for GlorotUniform {
    fn fill(&self, site: &FillSite<'_>, values: &mut [f32]) {
        scaled::uniform(site.stream, 2.0 / (site.fans.inputs as f64 + site.fans.outputs as f64), values);
    }
}

/// Normal numbers, truncated at two standard deviations, of variance `2 / (fan_in + fan_out)`: for layers followed by tanh, sigmoid, softmax or nothing.
///
/// *Source*: Glorot, Bengio 2010, equation 16; Keras' `GlorotNormal`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GlorotNormal {}

impl InitializerDefinition for GlorotNormal {
    fn fill(&self, site: &FillSite<'_>, values: &mut [f32]) {
        scaled::truncated_normal(site.stream, 2.0 / (site.fans.inputs as f64 + site.fans.outputs as f64), values);
    }
}
