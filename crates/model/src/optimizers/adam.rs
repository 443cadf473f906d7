use proofmark_engine::map::{Function, Operand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OptimizerDefinition, Update};
use crate::power::power;
use crate::ranges::{POSITIVE, Ranges};

/// Adaptive moments: `m <- β₁ m + (1 - β₁) g`, `v <- β₂ v + (1 - β₂) g²`, `w <- w - α m̂ / (sqrt(v̂) + ε)` with
/// `m̂ = m / (1 - β₁^t)` and `v̂ = v / (1 - β₂^t)` at step t.
///
/// *States*: `adam.m.<parameter>`, `adam.v.<parameter>`.
///
/// *Source*: Kingma, Ba 2014, algorithm 1 (as PyTorch; Keras' `Adam` takes the form before section 2.1 of the paper, whose
/// ε̂ grows with t to this ε).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Adam {
    /// The step's length (the paper's α), above 0. Default 0.001.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub learning_rate: f64,
    /// Share of the first moment that a step keeps (β₁), 0 to below 1. Default 0.9.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
    pub beta_1: f64,
    /// Share of the second moment that a step keeps (β₂), 0 to below 1. Default 0.999.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
    pub beta_2: f64,
    /// Keeps the division finite (ε), above 0. Default 1e-7, Keras' (the paper's and PyTorch's is 1e-8).
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub epsilon: f64,
    /// Whether the moments, which start at 0, are corrected for it; without, `m̂ = m` and `v̂ = v`. Default `true`.
    pub bias_correction: bool,
}

impl Default for Adam {
    fn default() -> Self {
        Adam { learning_rate: 0.001, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, bias_correction: true }
    }
}

impl OptimizerDefinition for Adam {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("learning_rate", self.learning_rate, POSITIVE);
        ranges.number("beta_1", self.beta_1, 0.0..1.0);
        ranges.number("beta_2", self.beta_2, 0.0..1.0);
        ranges.number("epsilon", self.epsilon, POSITIVE);
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn memory(&self) -> &'static [&'static str] {
        &["adam.m", "adam.v"]
    }

    fn scalar_names(&self) -> &'static [&'static str] {
        if self.bias_correction { &["adam.correction_1", "adam.correction_2"] } else { &[] }
    }

    fn scalars(&self, step: u64) -> Vec<f64> {
        if !self.bias_correction {
            return Vec::new();
        }
        vec![1.0 / (1.0 - power(self.beta_1, step)), 1.0 / (1.0 - power(self.beta_2, step))]
    }

    fn update(&self, update: &mut Update<'_>) -> Vec<Operand> {
        let [m, v] = moments(update, self.beta_1, self.beta_2);
        let step = step_of(update, m, v, self.epsilon);
        vec![update.apply(Function::Sub, &[update.parameter, step]), m, v]
    }
}

/// The new moments.
pub(super) fn moments(update: &mut Update<'_>, beta_1: f64, beta_2: f64) -> [Operand; 2] {
    let m = update.average(beta_1, update.memory[0], update.gradient);
    let square = update.apply(Function::Square, &[update.gradient]);
    let v = update.average(beta_2, update.memory[1], square);
    [m, v]
}

/// `α m̂ / (sqrt(v̂) + ε)`; the moments are corrected if the step has corrections.
pub(super) fn step_of(update: &mut Update<'_>, m: Operand, v: Operand, epsilon: f64) -> Operand {
    let (m, v) = match update.scalars[..] {
        [correction_1, correction_2] => {
            (update.apply(Function::Mul, &[m, correction_1]), update.apply(Function::Mul, &[v, correction_2]))
        }
        _ => (m, v),
    };
    let deviation = update.apply(Function::Sqrt, &[v]);
    let divisor = update.apply(Function::Add, &[deviation, update.constant(epsilon)]);
    let scaled = update.apply(Function::Mul, &[update.learning_rate, m]);
    update.apply(Function::Div, &[scaled, divisor])
}
