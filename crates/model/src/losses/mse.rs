use proofmark_engine::map::{Builder, Function};
use proofmark_engine::{Graph, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LossDefinition, LossSite, LossTarget, mean_of};
use crate::error::ModelErrorKind;

/// Mean squared error: `(p - y)^2`, the mean over the outputs.
///
/// *Source*: Keras' `MeanSquaredError`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeanSquaredError {}

impl LossDefinition for MeanSquaredError {
    fn target(&self) -> LossTarget {
        LossTarget::Number
    }

    fn build(&self, graph: &mut Graph, site: &LossSite) -> Result<Value, ModelErrorKind> {
        let mut builder = Builder::new(2);
        let error = builder.apply(Function::Sub, &[builder.input(0), builder.input(1)]);
        let square = builder.apply(Function::Square, &[error]);
        mean_of(graph, builder.finish(&[square]), [site.predictions, site.target])
    }
}
