use proofmark_engine::map::{Function, Operand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OptimizerDefinition, Update};
use crate::ranges::{POSITIVE, Ranges};

/// Gradient descent with momentum: `v <- momentum v - rate g`, `w <- w + v`.
///
/// (PyTorch keeps the rate out of v, which differs once a schedule changes it.)
///
/// *States*: `momentum.velocity.<parameter>`.
///
/// *Source*: Polyak 1964; Sutskever, Martens, Dahl, Hinton 2013, equations 1 and 2; Keras' `SGD` with `momentum`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Momentum {
    /// The step's length (the paper's ε), above 0. Default 0.01.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub learning_rate: f64,
    /// Share of the velocity that a step keeps (the paper's μ), 0 to below 1. Default 0.9.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
    pub momentum: f64,
}

impl Default for Momentum {
    fn default() -> Self {
        Momentum { learning_rate: 0.01, momentum: 0.9 }
    }
}

impl OptimizerDefinition for Momentum {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("learning_rate", self.learning_rate, POSITIVE);
        ranges.number("momentum", self.momentum, 0.0..1.0);
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn memory(&self) -> &'static [&'static str] {
        &["momentum.velocity"]
    }

    fn update(&self, update: &mut Update<'_>) -> Vec<Operand> {
        let backwards = update.apply(Function::Neg, &[update.learning_rate]);
        let push = update.apply(Function::Mul, &[backwards, update.gradient]);
        let keep = update.constant(self.momentum);
        let velocity = update.apply(Function::MulAdd, &[keep, update.memory[0], push]);
        vec![update.apply(Function::Add, &[update.parameter, velocity]), velocity]
    }
}
