//! The optimizers: one file each, one visible list ([`Optimizer`]), one test that walks it (`tests/model/optimizers.rs`).
//!
//! An optimizer's update is one element-wise program for each parameter: it reads the parameter, its gradient, what the
//! optimizer remembers of it and a few numbers that the host computes for the step, and gives the new parameter and the
//! new memory in one pass. One that must see a parameter as a whole (its norm, its rows) adds nodes of its own instead.
//! The memory starts at zero.

mod adafactor;
mod adam;
mod adamw;
mod lion;
mod momentum;
mod nesterov;
mod rmsprop;
mod sgd;

use proofmark_engine::map::{Builder, Function, Operand};
use proofmark_engine::{Graph, Value};

pub use adafactor::Adafactor;
pub use adam::Adam;
pub use adamw::AdamW;
pub use lion::Lion;
pub use momentum::Momentum;
pub use nesterov::Nesterov;
pub use rmsprop::RmsProp;
pub use sgd::GradientDescent;

use proofmark_tagged::tagged;
use proofmark_tensor::Shape;

use crate::error::{ModelErrorKind, ModelErrors};
use crate::ranges::Ranges;

tagged! {
    /// How a step moves the parameters.
    Optimizer: OptimizerDefinition {
        sgd => GradientDescent,
        momentum => Momentum,
        nesterov => Nesterov,
        adam => Adam,
        adamw => AdamW,
        rmsprop => RmsProp,
        lion => Lion,
        adafactor => Adafactor,
    }
}

/// What every optimizer defines.
pub(crate) trait OptimizerDefinition {
    /// Collects the parameters that are outside their range.
    fn check(&self, ranges: &mut Ranges);

    /// The rate before any schedule.
    fn learning_rate(&self) -> f64;

    /// What it remembers of each parameter: the states are `<this>.<parameter>`.
    fn memory(&self) -> &'static [&'static str] {
        &[]
    }

    /// What it needs each step besides the learning rate: graph inputs of these names.
    fn scalar_names(&self) -> &'static [&'static str] {
        &[]
    }

    /// The values of those at a step, from 1.
    fn scalars(&self, _step: u64) -> Vec<f64> {
        Vec::new()
    }

    /// The new parameter, followed by the new memory.
    fn update(&self, update: &mut Update<'_>) -> Vec<Operand>;

    /// Whether it must see a parameter as a whole: then [`OptimizerDefinition::whole`] stands for the update and the memory.
    fn is_whole(&self) -> bool {
        false
    }

    /// Adds states and nodes; the new parameter.
    fn whole(&self, whole: &mut Whole<'_>) -> Result<Value, ModelErrorKind> {
        Ok(whole.gradient)
    }
}

/// What the update of one parameter is added to, where it is no element-wise program.
pub(crate) struct Whole<'a> {
    pub(crate) graph: &'a mut Graph,
    /// The parameter's name and shape.
    pub(crate) name: &'a str,
    pub(crate) shape: &'a Shape,
    pub(crate) parameter: Value,
    /// Clipped and with its penalty.
    pub(crate) gradient: Value,
    /// The learning rate, then as [`OptimizerDefinition::scalar_names`] lists them.
    pub(crate) scalars: &'a [Value],
}

/// What the update of one parameter is computed from.
pub(crate) struct Update<'a> {
    pub(crate) builder: &'a mut Builder,
    /// Clipped and with its penalty.
    pub(crate) gradient: Operand,
    pub(crate) parameter: Operand,
    /// As [`OptimizerDefinition::memory`] lists it.
    pub(crate) memory: Vec<Operand>,
    pub(crate) learning_rate: Operand,
    /// As [`OptimizerDefinition::scalar_names`] lists them.
    pub(crate) scalars: Vec<Operand>,
    /// Whether penalties and decay apply.
    pub(crate) is_kernel: bool,
}

impl Update<'_> {
    pub(crate) fn constant(&self, value: f64) -> Operand {
        Operand::Constant(value as f32)
    }

    pub(crate) fn apply(&mut self, function: Function, operands: &[Operand]) -> Operand {
        self.builder.apply(function, operands)
    }

    /// `keep old + (1 - keep) new`: a moving average.
    pub(crate) fn average(&mut self, keep: f64, old: Operand, new: Operand) -> Operand {
        let taken = self.apply(Function::Mul, &[self.constant(1.0 - keep), new]);
        self.apply(Function::MulAdd, &[self.constant(keep), old, taken])
    }

    /// The parameter less `rate share` of itself where it is a kernel.
    pub(crate) fn decayed(&mut self, share: f64) -> Operand {
        if !self.is_kernel || share <= 0.0 {
            return self.parameter;
        }
        let taken = self.apply(Function::Mul, &[self.learning_rate, self.constant(-share)]);
        self.apply(Function::MulAdd, &[taken, self.parameter, self.parameter])
    }
}

impl Optimizer {
    /// Name of the graph input that every optimizer has.
    pub const LEARNING_RATE: &'static str = "learning_rate";

    /// The rate that the spec gives, before any schedule.
    pub fn learning_rate(&self) -> f64 {
        self.definition().learning_rate()
    }

    /// The graph inputs that a training step feeds after `x`, `target`, `weight` and `loss_scale`, in this order.
    pub fn scalar_names(&self) -> Vec<&'static str> {
        let mut names = vec![Self::LEARNING_RATE];
        names.extend(self.definition().scalar_names());
        names
    }

    /// The values of [`Optimizer::scalar_names`] for a step, counted from 1 over the whole training, at a learning rate
    /// (the schedule's). Computed in f64 by multiplications and divisions alone, in one order: the same bits everywhere.
    pub fn scalars(&self, step: u64, learning_rate: f64) -> Vec<(&'static str, f32)> {
        let definition = self.definition();
        let mut scalars = vec![(Self::LEARNING_RATE, learning_rate as f32)];
        let own = definition.scalars(step.max(1));
        scalars.extend(definition.scalar_names().iter().zip(own).map(|(name, value)| (*name, value as f32)));
        scalars
    }

    /// Checks the parameters; `path` is where the optimizer stands in the user's spec, such as `train.optimizer`.
    ///
    /// # Errors
    /// Every parameter outside its range.
    pub fn check(&self, path: &str) -> Result<(), ModelErrors> {
        let mut ranges = Ranges::default();
        self.definition().check(&mut ranges);
        ModelErrors::of_ranges(ranges, &format!("{path}.{}", self.kind()))
    }
}
