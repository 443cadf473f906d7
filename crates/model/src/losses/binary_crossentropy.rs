use proofmark_engine::map::{Builder, Function};
use proofmark_engine::{Graph, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LossDefinition, LossSite, LossTarget, is_zero, mean_of};
use crate::Activation;
use crate::error::ModelErrorKind;
use crate::ranges::Ranges;

/// For yes or no: `-y ln p - (1 - y) ln(1 - p)`, the mean over the outputs. The last layer ends in `sigmoid`; with z as the
/// sigmoid's input this is `y softplus(-z) + (1 - y) softplus(z)`, which is how it is computed: nothing overflows, and a
/// prediction that is nearly right still has a gradient.
///
/// With smoothing s, y is first moved towards one half: `(1 - s) y + s / 2`.
///
/// *Source*: Keras' `BinaryCrossentropy`; smoothing: Szegedy and others 2016 (*Rethinking the Inception architecture*),
/// section 7.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BinaryCrossentropy {
    /// How far targets are moved towards one half (s), 0 to 1. Validation's loss has it too. Default 0.
    #[schemars(range(min = 0.0, max = 1.0))]
    #[serde(skip_serializing_if = "is_zero")]
    pub label_smoothing: f64,
}

impl LossDefinition for BinaryCrossentropy {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("label_smoothing", self.label_smoothing, 0.0..=1.0);
    }

    fn target(&self) -> LossTarget {
        LossTarget::Binary
    }

    fn activation(&self) -> Option<Activation> {
        Some(Activation::Sigmoid)
    }

    fn build(&self, graph: &mut Graph, site: &LossSite) -> Result<Value, ModelErrorKind> {
        let Some(logits) = site.logits else { return Err(ModelErrorKind::NoLogits) };
        let mut builder = Builder::new(2);
        let (z, one) = (builder.input(0), builder.constant(1.0));
        let y = match self.label_smoothing {
            0.0 => builder.input(1),
            smoothing => {
                let (keep, floor) =
                    (builder.constant((1.0 - smoothing) as f32), builder.constant((0.5 * smoothing) as f32));
                builder.apply(Function::MulAdd, &[keep, builder.input(1), floor])
            }
        };
        let minus_z = builder.apply(Function::Neg, &[z]);
        let cost_of_yes = builder.apply(Function::Softplus, &[minus_z]);
        let cost_of_no = builder.apply(Function::Softplus, &[z]);
        let no = builder.apply(Function::Sub, &[one, y]);
        let weighted_no = builder.apply(Function::Mul, &[no, cost_of_no]);
        let loss = builder.apply(Function::MulAdd, &[y, cost_of_yes, weighted_no]);
        mean_of(graph, builder.finish(&[loss]), [logits, site.target])
    }
}
