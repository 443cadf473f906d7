use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FillSite, InitializerDefinition, scaled};

/// Uniform numbers of variance `1 / fan_in`: for layers whose activation keeps the variance.
///
/// *Source*: LeCun, Bottou, Orr, Müller 1998 (*Efficient backprop*), section 4.6; Keras' `LecunUniform`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LecunUniform {}

impl InitializerDefinition for LecunUniform {
    fn fill(&self, site: &FillSite<'_>, values: &mut [f32]) {
        scaled::uniform(site.stream, 1.0 / site.fans.inputs as f64, values);
    }
}

/// Normal numbers, truncated at two standard deviations, of variance `1 / fan_in`: for layers whose activation keeps the variance.
///
/// *Source*: LeCun, Bottou, Orr, Müller 1998 (*Efficient backprop*), section 4.6; Keras' `LecunNormal`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LecunNormal {}

impl InitializerDefinition for LecunNormal {
    fn fill(&self, site: &FillSite<'_>, values: &mut [f32]) {
        scaled::truncated_normal(site.stream, 1.0 / site.fans.inputs as f64, values);
    }
}
