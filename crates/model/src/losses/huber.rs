use proofmark_engine::map::{Builder, Function};
use proofmark_engine::{Graph, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LossDefinition, LossSite, LossTarget, mean_of};
use crate::error::ModelErrorKind;
use crate::ranges::{POSITIVE, Ranges};

/// Squared for small errors, absolute for large ones: with e = |p - y|, `e^2 / 2` up to `delta` and `delta (e - delta / 2)`
/// above; the mean over the outputs.
///
/// *Source*: Huber 1964; Keras' `Huber`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Huber {
    /// The error at which the two forms meet, above 0. Default 1.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub delta: f64,
}

impl Default for Huber {
    fn default() -> Self {
        Huber { delta: 1.0 }
    }
}

impl LossDefinition for Huber {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("delta", self.delta, POSITIVE);
    }

    fn target(&self) -> LossTarget {
        LossTarget::Number
    }

    fn build(&self, graph: &mut Graph, site: &LossSite) -> Result<Value, ModelErrorKind> {
        let mut builder = Builder::new(2);
        let (delta, minus_half) = (builder.constant(self.delta as f32), builder.constant(-0.5));
        let difference = builder.apply(Function::Sub, &[builder.input(0), builder.input(1)]);
        let error = builder.apply(Function::Abs, &[difference]);
        // min(e, delta) (e - min(e, delta) / 2) is both forms at once.
        let capped = builder.apply(Function::Min, &[error, delta]);
        let rest = builder.apply(Function::MulAdd, &[minus_half, capped, error]);
        let loss = builder.apply(Function::Mul, &[capped, rest]);
        mean_of(graph, builder.finish(&[loss]), [site.predictions, site.target])
    }
}
