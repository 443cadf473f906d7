use proofmark_engine::map::{Function, Operand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OptimizerDefinition, Update};
use crate::ranges::{POSITIVE, Ranges};

/// Steps of one length in every direction, the sign of a momentum: `w <- w - η λ w - η sign(β₁ m + (1 - β₁) g)`, then
/// `m <- β₂ m + (1 - β₂) g`. Only kernels decay.
///
/// A rate three to ten times below AdamW's, and a decay as many times above, is where to start.
///
/// *States*: `lion.m.<parameter>`.
///
/// *Source*: Chen and others 2023 (*Symbolic discovery of optimization algorithms*), algorithm 2; Keras' `Lion`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lion {
    /// The step's length (the paper's η), above 0. Default 0.0001.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub learning_rate: f64,
    /// Share of a kernel that a step at rate 1 takes away (λ), 0 or more. Default 0.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// Weight of the momentum in the step (β₁), 0 to below 1. Default 0.9.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
    pub beta_1: f64,
    /// Share of the momentum that a step keeps (β₂), 0 to below 1. Default 0.99.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
    pub beta_2: f64,
}

impl Default for Lion {
    fn default() -> Self {
        Lion { learning_rate: 0.0001, weight_decay: 0.0, beta_1: 0.9, beta_2: 0.99 }
    }
}

impl OptimizerDefinition for Lion {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("learning_rate", self.learning_rate, POSITIVE);
        ranges.number("weight_decay", self.weight_decay, 0.0..);
        ranges.number("beta_1", self.beta_1, 0.0..1.0);
        ranges.number("beta_2", self.beta_2, 0.0..1.0);
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn memory(&self) -> &'static [&'static str] {
        &["lion.m"]
    }

    fn update(&self, update: &mut Update<'_>) -> Vec<Operand> {
        let direction = update.average(self.beta_1, update.memory[0], update.gradient);
        let sign = update.apply(Function::Sign, &[direction]);
        let step = update.apply(Function::Mul, &[update.learning_rate, sign]);
        let m = update.average(self.beta_2, update.memory[0], update.gradient);
        let decayed = update.decayed(self.weight_decay);
        vec![update.apply(Function::Sub, &[decayed, step]), m]
    }
}
