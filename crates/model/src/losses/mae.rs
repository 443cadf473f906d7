use proofmark_engine::map::{Builder, Function};
use proofmark_engine::{Graph, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LossDefinition, LossSite, LossTarget, mean_of};
use crate::error::ModelErrorKind;

/// Mean absolute error: `|p - y|`, the mean over the outputs. Gradient 0 where they are equal.
///
/// *Source*: Keras' `MeanAbsoluteError`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeanAbsoluteError {}

impl LossDefinition for MeanAbsoluteError {
    fn target(&self) -> LossTarget {
        LossTarget::Number
    }

    fn build(&self, graph: &mut Graph, site: &LossSite) -> Result<Value, ModelErrorKind> {
        let mut builder = Builder::new(2);
        let error = builder.apply(Function::Sub, &[builder.input(0), builder.input(1)]);
        let size = builder.apply(Function::Abs, &[error]);
        mean_of(graph, builder.finish(&[size]), [site.predictions, site.target])
    }
}
