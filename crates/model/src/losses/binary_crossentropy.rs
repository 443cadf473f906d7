use proofmark_engine::map::{Builder, Function};
use proofmark_engine::{Graph, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LossDefinition, LossSite, LossTarget, mean_of};
use crate::Activation;
use crate::error::ModelErrorKind;

/// For yes or no: `-y ln p - (1 - y) ln(1 - p)`, the mean over the outputs. The last layer ends in `sigmoid`; with z as the
/// sigmoid's input this is `y softplus(-z) + (1 - y) softplus(z)`, which is how it is computed: nothing overflows, and a
/// prediction that is nearly right still has a gradient.
///
/// *Source*: Keras' `BinaryCrossentropy`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BinaryCrossentropy {}

impl LossDefinition for BinaryCrossentropy {
    fn target(&self) -> LossTarget {
        LossTarget::Binary
    }

    fn activation(&self) -> Option<Activation> {
        Some(Activation::Sigmoid)
    }

    fn build(&self, graph: &mut Graph, site: &LossSite) -> Result<Value, ModelErrorKind> {
        let Some(logits) = site.logits else { return Err(ModelErrorKind::NoLogits) };
        let mut builder = Builder::new(2);
        let (z, y, one) = (builder.input(0), builder.input(1), builder.constant(1.0));
        let minus_z = builder.apply(Function::Neg, &[z]);
        let cost_of_yes = builder.apply(Function::Softplus, &[minus_z]);
        let cost_of_no = builder.apply(Function::Softplus, &[z]);
        let no = builder.apply(Function::Sub, &[one, y]);
        let weighted_no = builder.apply(Function::Mul, &[no, cost_of_no]);
        let loss = builder.apply(Function::MulAdd, &[y, cost_of_yes, weighted_no]);
        mean_of(graph, builder.finish(&[loss]), [logits, site.target])
    }
}
