use proofmark_engine::map::{Function, Operand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OptimizerDefinition, Update};
use crate::ranges::{POSITIVE, Ranges};

/// Nesterov's accelerated gradient: `v <- momentum v - rate g`, `w <- w + momentum v - rate g`. The w that is kept is the
/// point looked ahead to, where the gradient is taken.
///
/// *States*: `nesterov.velocity.<parameter>`.
///
/// *Source*: Nesterov 1983; Bengio, Boulanger-Lewandowski, Pascanu 2012, equations 6 and 7; Keras' `SGD` with `nesterov`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Nesterov {
    /// The step's length (the paper's ε), above 0. Default 0.01.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub learning_rate: f64,
    /// Share of the velocity that a step keeps (the paper's μ), 0 to below 1. Default 0.9.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
    pub momentum: f64,
}

impl Default for Nesterov {
    fn default() -> Self {
        Nesterov { learning_rate: 0.01, momentum: 0.9 }
    }
}

impl OptimizerDefinition for Nesterov {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("learning_rate", self.learning_rate, POSITIVE);
        ranges.number("momentum", self.momentum, 0.0..1.0);
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn memory(&self) -> &'static [&'static str] {
        &["nesterov.velocity"]
    }

    fn update(&self, update: &mut Update<'_>) -> Vec<Operand> {
        let backwards = update.apply(Function::Neg, &[update.learning_rate]);
        let push = update.apply(Function::Mul, &[backwards, update.gradient]);
        let keep = update.constant(self.momentum);
        let velocity = update.apply(Function::MulAdd, &[keep, update.memory[0], push]);
        let ahead = update.apply(Function::MulAdd, &[keep, velocity, push]);
        vec![update.apply(Function::Add, &[update.parameter, ahead]), velocity]
    }
}
