use proofmark_engine::map::{Function, Operand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OptimizerDefinition, Update};
use crate::ranges::{POSITIVE, Ranges};

/// Gradients divided by a moving root mean square of theirs: `v <- ρ v + (1 - ρ) g²`, `u <- momentum u + g / (sqrt(v) + ε)`,
/// `w <- w - rate u`. Centred, also `m <- ρ m + (1 - ρ) g`, and `max(v - m², 0)` stands for v in the division.
///
/// *States*: `rmsprop.v.<parameter>`, `rmsprop.u.<parameter>`, `rmsprop.m.<parameter>`.
///
/// *Source*: Tieleman, Hinton 2012 (lecture 6.5 of *Neural networks for machine learning*); centred: Graves 2013, equations 38
/// to 41; PyTorch's `RMSprop`, whose `alpha` is ρ. (Keras takes ε into the root.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RmsProp {
    /// The step's length, above 0. Default 0.001.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub learning_rate: f64,
    /// Share of the mean square that a step keeps (ρ), 0 to below 1. Default 0.9, Keras' (PyTorch's is 0.99).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
    pub rho: f64,
    /// Share of the last move that a step keeps, 0 to below 1. Default 0.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
    pub momentum: f64,
    /// Keeps the division finite (ε), above 0. Default 1e-7.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub epsilon: f64,
    /// Whether the variance of the gradients stands for their mean square. Default `false`.
    pub centered: bool,
}

impl Default for RmsProp {
    fn default() -> Self {
        RmsProp { learning_rate: 0.001, rho: 0.9, momentum: 0.0, epsilon: 1e-7, centered: false }
    }
}

impl OptimizerDefinition for RmsProp {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("learning_rate", self.learning_rate, POSITIVE);
        ranges.number("rho", self.rho, 0.0..1.0);
        ranges.number("momentum", self.momentum, 0.0..1.0);
        ranges.number("epsilon", self.epsilon, POSITIVE);
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn memory(&self) -> &'static [&'static str] {
        match (self.momentum > 0.0, self.centered) {
            (false, false) => &["rmsprop.v"],
            (true, false) => &["rmsprop.v", "rmsprop.u"],
            (false, true) => &["rmsprop.v", "rmsprop.m"],
            (true, true) => &["rmsprop.v", "rmsprop.u", "rmsprop.m"],
        }
    }

    fn update(&self, update: &mut Update<'_>) -> Vec<Operand> {
        let square = update.apply(Function::Square, &[update.gradient]);
        let v = update.average(self.rho, update.memory[0], square);
        let (variance, m) = match update.memory.last() {
            Some(&old) if self.centered => {
                let m = update.average(self.rho, old, update.gradient);
                let minus_m = update.apply(Function::Neg, &[m]);
                let variance = update.apply(Function::MulAdd, &[minus_m, m, v]);
                // Rounding may take it below zero where gradients hardly change.
                (update.apply(Function::Max, &[variance, update.constant(0.0)]), Some(m))
            }
            _ => (v, None),
        };
        let deviation = update.apply(Function::Sqrt, &[variance]);
        let divisor = update.apply(Function::Add, &[deviation, update.constant(self.epsilon)]);
        let scaled = update.apply(Function::Div, &[update.gradient, divisor]);
        let velocity = (self.momentum > 0.0)
            .then(|| update.apply(Function::MulAdd, &[update.constant(self.momentum), update.memory[1], scaled]));
        let step = update.apply(Function::Mul, &[update.learning_rate, velocity.unwrap_or(scaled)]);
        let parameter = update.apply(Function::Sub, &[update.parameter, step]);
        [Some(parameter), Some(v), velocity, m].into_iter().flatten().collect()
    }
}
