use proofmark_engine::{Graph, Value, ops};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LossDefinition, LossSite, LossTarget};
use crate::Activation;
use crate::error::ModelErrorKind;

/// For one of several classes that exclude each other: `-ln p[class]`. The last layer ends in `softmax`, with one output a
/// class; the two are computed together from the softmax's input, so that nothing overflows.
///
/// *Source*: Bridle 1990; Keras' `SparseCategoricalCrossentropy`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoricalCrossentropy {}

impl LossDefinition for CategoricalCrossentropy {
    fn target(&self) -> LossTarget {
        LossTarget::Class
    }

    fn activation(&self) -> Option<Activation> {
        Some(Activation::Softmax)
    }

    fn build(&self, graph: &mut Graph, site: &LossSite) -> Result<Value, ModelErrorKind> {
        Ok(ops::categorical_cross_entropy(graph, site.predictions, site.target)?)
    }
}
