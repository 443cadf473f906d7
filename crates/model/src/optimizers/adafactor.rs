use proofmark_engine::map::{Builder, Function, Operand, Program};
use proofmark_engine::ops::{Broadcast, GlobalNorm, Reduce, ReduceKind};
use proofmark_engine::{StateRole, Value};
use proofmark_tensor::Shape;
use proofmark_tensor::math::pow_f64;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OptimizerDefinition, Update, Whole};
use crate::error::ModelErrorKind;
use crate::ranges::{POSITIVE, Ranges};

/// Second moments of matrices from their rows and columns alone: memory of n + m numbers instead of n m. At step t, with
/// `β = 1 - t^decay`: `r <- β r + (1 - β) mean of g² along rows`, `c` likewise along columns, `v = r c / max(mean r, ε₁)`
/// (vectors keep `v <- β v + (1 - β) g²`); `u = g / sqrt(max(v, ε₁²))`;
/// `w <- w - max(ε₂, RMS w) min(rate, 1 / sqrt(t)) u / max(1, RMS u / threshold)`.
///
/// Rows and columns are the last two axes; axes before them, those of a convolution's kernel, stay apart.
///
/// *States*: `adafactor.row.<parameter>` and `adafactor.column.<parameter>`, or `adafactor.v.<parameter>`.
///
/// *Source*: Shazeer, Stern 2018, algorithms 4 to 6; PyTorch's `Adafactor`, whose ε₁ and decay are the defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Adafactor {
    /// Bound on the step's length relative to the parameter, above 0. Default 0.01.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub learning_rate: f64,
    /// How fast old gradients are forgotten: the exponent of t, -1 to 0. Default -0.8.
    #[schemars(range(min = -1.0, max = 0.0))]
    pub decay: f64,
    /// Keeps the divisions finite (ε₁), 1e-18 or more. Default 1.2e-7.
    #[schemars(range(min = 1e-18))]
    pub epsilon: f64,
    /// The size that a parameter counts as at least (ε₂), above 0. Default 0.001.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub minimum_scale: f64,
    /// The root mean square of u above which it is scaled down, above 0. Default 1.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub threshold: f64,
}

impl Default for Adafactor {
    fn default() -> Self {
        Adafactor { learning_rate: 0.01, decay: -0.8, epsilon: 1.2e-7, minimum_scale: 0.001, threshold: 1.0 }
    }
}

impl OptimizerDefinition for Adafactor {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("learning_rate", self.learning_rate, POSITIVE);
        ranges.number("decay", self.decay, -1.0..=0.0);
        // Its square must not vanish in f32.
        ranges.number("epsilon", self.epsilon, 1e-18..);
        ranges.number("minimum_scale", self.minimum_scale, POSITIVE);
        ranges.number("threshold", self.threshold, POSITIVE);
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn scalar_names(&self) -> &'static [&'static str] {
        &["adafactor.taken", "adafactor.bound"]
    }

    fn scalars(&self, step: u64) -> Vec<f64> {
        vec![pow_f64(step as f64, self.decay), 1.0 / (step as f64).sqrt()]
    }

    /// Nothing is computed element by element: see [`OptimizerDefinition::whole`].
    fn update(&self, update: &mut Update<'_>) -> Vec<Operand> {
        vec![update.gradient]
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn whole(&self, whole: &mut Whole<'_>) -> Result<Value, ModelErrorKind> {
        let variance = self.variance(whole)?;
        let count = whole.shape.elements() as f64;
        let floor = (self.epsilon * self.epsilon) as f32;
        let mut builder = Builder::new(2);
        let above = builder.apply(Function::Max, &[builder.input(1), Operand::Constant(floor)]);
        let deviation = builder.apply(Function::Sqrt, &[above]);
        let scaled = builder.apply(Function::Div, &[builder.input(0), deviation]);
        let direction = whole.graph.map(builder.finish(&[scaled]), &[whole.gradient, variance])?;
        let size = whole.graph.add(GlobalNorm, &[whole.parameter])?;
        let length = whole.graph.add(GlobalNorm, &[direction])?;
        // Both norms become root mean squares by this factor.
        let mut builder = Builder::new(6);
        let root = Operand::Constant((1.0 / count.sqrt()) as f32);
        let size_rms = builder.apply(Function::Mul, &[builder.input(2), root]);
        let scale = builder.apply(Function::Max, &[size_rms, Operand::Constant(self.minimum_scale as f32)]);
        let rate = builder.apply(Function::Min, &[builder.input(4), builder.input(5)]);
        let root = Operand::Constant((1.0 / (count.sqrt() * self.threshold)) as f32);
        let length_rms = builder.apply(Function::Mul, &[builder.input(3), root]);
        let divisor = builder.apply(Function::Max, &[length_rms, Operand::Constant(1.0)]);
        let scaled = builder.apply(Function::Mul, &[rate, scale]);
        let factor = builder.apply(Function::Div, &[scaled, divisor]);
        let step = builder.apply(Function::Mul, &[factor, builder.input(1)]);
        let moved = builder.apply(Function::Sub, &[builder.input(0), step]);
        let inputs = [whole.parameter, direction, size, length, whole.scalars[0], whole.scalars[2]];
        Ok(whole.graph.map(builder.finish(&[moved]), &inputs)?)
    }
}

impl Adafactor {
    /// The second moment of every element, from states that are added and brought up to date.
    fn variance(&self, whole: &mut Whole<'_>) -> Result<Value, ModelErrorKind> {
        let square = whole.graph.map(Program::of(Function::Square), &[whole.gradient])?;
        let rank = whole.shape.rank();
        if rank < 2 {
            return average(whole, "v", whole.shape.clone(), square);
        }
        let mut means = Vec::new();
        for (what, axis) in [("row", rank - 1), ("column", rank - 2)] {
            let mean = whole.graph.add(Reduce { kind: ReduceKind::Mean, axes: vec![axis] }, &[square])?;
            let shape = whole.graph.shape(mean).clone();
            means.push((average(whole, what, shape, mean)?, axis));
        }
        let shape = whole.graph.shape(means[0].0).clone();
        let row_mean = whole.graph.add(Reduce { kind: ReduceKind::Mean, axes: vec![rank - 2] }, &[means[0].0])?;
        let row_mean = whole.graph.add(Broadcast { shape, axes: vec![rank - 2] }, &[row_mean])?;
        let mut builder = Builder::new(2);
        let divisor = builder.apply(Function::Max, &[builder.input(1), Operand::Constant(self.epsilon as f32)]);
        let share = builder.apply(Function::Div, &[builder.input(0), divisor]);
        let share = whole.graph.map(builder.finish(&[share]), &[means[0].0, row_mean])?;
        let shape = whole.shape.clone();
        let rows = whole.graph.add(Broadcast { shape: shape.clone(), axes: vec![rank - 1] }, &[share])?;
        let columns = whole.graph.add(Broadcast { shape, axes: vec![rank - 2] }, &[means[1].0])?;
        Ok(whole.graph.map(Program::of(Function::Mul), &[rows, columns])?)
    }
}

/// Adds `adafactor.<what>.<parameter>`, a moving average; its new value.
fn average(whole: &mut Whole<'_>, what: &str, shape: Shape, new: Value) -> Result<Value, ModelErrorKind> {
    let name = format!("adafactor.{what}.{}", whole.name);
    let state = whole.graph.state(&name, shape, StateRole::Optimizer)?;
    let mut builder = Builder::new(3);
    let (old, new_input, taken) = (builder.input(0), builder.input(1), builder.input(2));
    let keep = builder.apply(Function::Sub, &[Operand::Constant(1.0), taken]);
    let part = builder.apply(Function::Mul, &[taken, new_input]);
    let sum = builder.apply(Function::MulAdd, &[keep, old, part]);
    let value = whole.graph.map(builder.finish(&[sum]), &[state, new, whole.scalars[1]])?;
    whole.graph.assign(state, value)?;
    Ok(value)
}
