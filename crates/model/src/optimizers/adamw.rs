use proofmark_engine::map::{Function, Operand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adam::{moments, step_of};
use super::{OptimizerDefinition, Update};
use crate::power::power;
use crate::ranges::{POSITIVE, Ranges};

/// Adam with decay that does not pass through the moments: `w <- w - α λ w - α m̂ / (sqrt(v̂) + ε)`, m̂ and v̂ as in
/// [`Adam`](super::Adam). Only kernels decay.
///
/// *States*: `adamw.m.<parameter>`, `adamw.v.<parameter>`.
///
/// *Source*: Loshchilov, Hutter 2019 (*Decoupled weight decay regularization*), algorithm 2, with the schedule's rate in
/// both terms; Keras' `AdamW`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdamW {
    /// The step's length (the paper's α), above 0. Default 0.001.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub learning_rate: f64,
    /// Share of a kernel that a step at rate 1 takes away (λ), 0 or more. Default 0.004.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// Share of the first moment that a step keeps (β₁), 0 to below 1. Default 0.9.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
    pub beta_1: f64,
    /// Share of the second moment that a step keeps (β₂), 0 to below 1. Default 0.999.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
    pub beta_2: f64,
    /// Keeps the division finite (ε), above 0. Default 1e-7, Keras' (the paper's and PyTorch's is 1e-8).
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub epsilon: f64,
}

impl Default for AdamW {
    fn default() -> Self {
        AdamW { learning_rate: 0.001, weight_decay: 0.004, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 }
    }
}

impl OptimizerDefinition for AdamW {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("learning_rate", self.learning_rate, POSITIVE);
        ranges.number("weight_decay", self.weight_decay, 0.0..);
        ranges.number("beta_1", self.beta_1, 0.0..1.0);
        ranges.number("beta_2", self.beta_2, 0.0..1.0);
        ranges.number("epsilon", self.epsilon, POSITIVE);
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn memory(&self) -> &'static [&'static str] {
        &["adamw.m", "adamw.v"]
    }

    fn scalar_names(&self) -> &'static [&'static str] {
        &["adamw.correction_1", "adamw.correction_2"]
    }

    fn scalars(&self, step: u64) -> Vec<f64> {
        vec![1.0 / (1.0 - power(self.beta_1, step)), 1.0 / (1.0 - power(self.beta_2, step))]
    }

    fn update(&self, update: &mut Update<'_>) -> Vec<Operand> {
        let [m, v] = moments(update, self.beta_1, self.beta_2);
        let step = step_of(update, m, v, self.epsilon);
        let decayed = update.decayed(self.weight_decay);
        vec![update.apply(Function::Sub, &[decayed, step]), m, v]
    }
}
