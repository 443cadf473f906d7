use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FillSite, InitializerDefinition, scaled};

/// Uniform numbers of variance `2 / fan_in`: for layers followed by ReLU.
///
/// *Source*: He, Zhang, Ren, Sun 2015 (*Delving deep into rectifiers*), equation 10; Keras' `HeUniform`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeUniform {}

impl InitializerDefinition for HeUniform {
    fn fill(&self, site: &FillSite<'_>, values: &mut [f32]) {
        scaled::uniform(site.stream, 2.0 / site.fans.inputs as f64, values);
    }
}

/// Normal numbers, truncated at two standard deviations, of variance `2 / fan_in`: for layers followed by ReLU.
///
/// *Source*: He, Zhang, Ren, Sun 2015 (*Delving deep into rectifiers*), equation 10; Keras' `HeNormal`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeNormal {}

impl InitializerDefinition for HeNormal {
    fn fill(&self, site: &FillSite<'_>, values: &mut [f32]) {
        scaled::truncated_normal(site.stream, 2.0 / site.fans.inputs as f64, values);
    }
}
