use proofmark_engine::map::{Function, Operand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OptimizerDefinition, Update};
use crate::ranges::{POSITIVE, Ranges};

/// Gradient descent on batches: `w <- w - rate g`.
///
/// *Source*: Robbins, Monro 1951; Keras' `SGD`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GradientDescent {
    /// The step's length, above 0. Default 0.01.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub learning_rate: f64,
}

impl Default for GradientDescent {
    fn default() -> Self {
        GradientDescent { learning_rate: 0.01 }
    }
}

impl OptimizerDefinition for GradientDescent {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("learning_rate", self.learning_rate, POSITIVE);
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn update(&self, update: &mut Update<'_>) -> Vec<Operand> {
        let backwards = update.apply(Function::Neg, &[update.learning_rate]);
        vec![update.apply(Function::MulAdd, &[backwards, update.gradient, update.parameter])]
    }
}
