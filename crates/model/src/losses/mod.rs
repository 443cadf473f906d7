//! The losses: one file each, one visible list ([`Loss`]), one test that walks it (`tests/model/losses.rs`).
//!
//! A loss is one number a sample; what a step lowers is the mean over the batch, weighted where samples have weights.
//! Penalties on parameters are not part of it: see [`Regularizer`](crate::Regularizer).

mod binary_crossentropy;
mod categorical_crossentropy;
mod ctc;
mod huber;
mod mae;
mod mse;
mod triplet;

use proofmark_engine::map::{Builder, Function, Program};
use proofmark_engine::ops::{Cast, Reduce, ReduceKind};
use proofmark_engine::{Graph, Type, Value};
use proofmark_tensor::{DType, Shape};

pub use binary_crossentropy::BinaryCrossentropy;
pub use categorical_crossentropy::CategoricalCrossentropy;
pub use ctc::{Ctc, best_path, steps_needed};
pub use huber::Huber;
pub use mae::MeanAbsoluteError;
pub use mse::MeanSquaredError;
pub use triplet::Triplet;

use proofmark_tagged::tagged;

use crate::error::{ModelErrorKind, ModelErrors};
use crate::ranges::Ranges;
use crate::{Activation, Target};

tagged! {
    /// What training lowers.
    Loss: LossDefinition {
        categorical_crossentropy => CategoricalCrossentropy,
        binary_crossentropy => BinaryCrossentropy,
        mse => MeanSquaredError,
        mae => MeanAbsoluteError,
        huber => Huber,
        triplet => Triplet,
        ctc => Ctc,
    }
}

/// What a loss compares predictions with, and how samples of the target are fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossTarget {
    /// The index of one of several classes for each row of the predictions, i32: `[]` for predictions `[classes]`, `[steps]` for
    /// `[steps, classes]`, where -1 leaves a step out.
    Class,
    /// 0 or 1 for each prediction: f32 of the predictions' shape.
    Binary,
    /// A number for each prediction: f32 of the predictions' shape.
    Number,
    /// The class of the sample, i32 `[]`: predictions of a batch, one row each, are compared with each other.
    Embedding,
    /// The classes that a sequence is to be read as, i32 `[steps]` for predictions `[steps, classes + 1]`, with -1 behind the last.
    Sequence,
}

impl LossTarget {
    /// The type of the target of a sample whose prediction has this shape.
    pub fn of(self, predictions: &Shape) -> Type {
        match self {
            LossTarget::Class | LossTarget::Sequence => {
                let rows = predictions.rank().saturating_sub(1);
                Type::sample(Shape::new(&predictions[..rows])).with_dtype(DType::I32)
            }
            LossTarget::Embedding => Type::sample(Shape::scalar()).with_dtype(DType::I32),
            LossTarget::Binary | LossTarget::Number => Type::sample(predictions.clone()),
        }
    }
}

/// What every loss defines.
pub(crate) trait LossDefinition {
    /// Collects the parameters that are outside their range.
    fn check(&self, _ranges: &mut Ranges) {}

    /// What it compares predictions with.
    fn target(&self) -> LossTarget;

    /// The activation that the last layer must have.
    fn activation(&self) -> Option<Activation> {
        None
    }

    /// Adds the loss of each sample, a scalar.
    fn build(&self, graph: &mut Graph, site: &LossSite) -> Result<Value, ModelErrorKind>;

    /// Adds the loss of each sample, and the mean over its steps of which each weighs something else: `Σ w l / Σ w`. The weights are
    /// of the target's shape, 0 for a step whose class is missing.
    fn build_weighted(
        &self,
        _graph: &mut Graph,
        _site: &LossSite,
        _weights: Value,
    ) -> Result<[Value; 2], ModelErrorKind> {
        // Others have no losses of steps: a sample's is of all that is read from it.
        Err(ModelErrorKind::ClassWeightsSequence)
    }
}

/// Where a loss adds its nodes.
pub(crate) struct LossSite {
    /// What the model gives.
    pub(crate) predictions: Value,
    /// What the last sigmoid was applied to, if the last layer ends in one.
    pub(crate) logits: Option<Value>,
    /// What it is compared with.
    pub(crate) target: Value,
}

impl Loss {
    /// What it compares predictions with.
    pub fn target(&self) -> LossTarget {
        self.definition().target()
    }

    /// What a model is for that is trained with it, on samples of so many classes.
    pub fn target_of_classes(&self, classes: usize) -> Target {
        match self.target() {
            LossTarget::Embedding => Target::Embedding { classes },
            LossTarget::Sequence => Target::Sequence { classes },
            LossTarget::Class | LossTarget::Binary | LossTarget::Number => Target::Category { classes },
        }
    }

    /// Checks the parameters; `path` is where the loss stands in the user's spec, such as `train.loss`.
    ///
    /// # Errors
    /// Every parameter outside its range.
    pub fn check(&self, path: &str) -> Result<(), ModelErrors> {
        let mut ranges = Ranges::default();
        self.definition().check(&mut ranges);
        ModelErrors::of_ranges(ranges, &format!("{path}.{}", self.kind()))
    }
}

/// The mean of an element-wise program of predictions and targets over all elements of a sample.
fn mean_of(graph: &mut Graph, program: Program, inputs: [Value; 2]) -> Result<Value, ModelErrorKind> {
    let each = graph.map(program, &inputs)?;
    let axes = (0..graph.shape(each).rank()).collect();
    Ok(graph.add(Reduce { kind: ReduceKind::Mean, axes }, &[each])?)
}

/// The mean of the losses of a sample's steps, without those of class -1 (`target` i32, of the losses' shape); 0 without any.
fn mean_of_counted(graph: &mut Graph, losses: Value, target: Value) -> Result<Value, ModelErrorKind> {
    let counted = counted(graph, target)?;
    let kept = graph.map(Program::of(Function::Gate), &[losses, counted])?;
    quotient_of_sums(graph, kept, counted, 1.0)
}

/// The mean of the losses of a sample's steps, each of which weighs something else.
fn weighted_mean(graph: &mut Graph, losses: Value, target: Value, weights: Value) -> Result<Value, ModelErrorKind> {
    let counted = counted(graph, target)?;
    let mut builder = Builder::new(3);
    let kept = builder.apply(Function::Gate, &[builder.input(0), builder.input(1)]);
    let weighted = builder.apply(Function::Mul, &[kept, builder.input(2)]);
    let weighted = graph.map(builder.finish(&[weighted]), &[losses, counted, weights])?;
    // The least that a class may weigh: less is nothing.
    quotient_of_sums(graph, weighted, weights, 1e-6)
}

/// 1 for each step whose class is known, 0 for others.
fn counted(graph: &mut Graph, target: Value) -> Result<Value, ModelErrorKind> {
    let classes = graph.add(Cast::FromI32, &[target])?;
    let mut builder = Builder::new(1);
    let is_counted = builder.apply(Function::Greater, &[builder.input(0), builder.constant(-0.5)]);
    Ok(graph.map(builder.finish(&[is_counted]), &[classes])?)
}

/// One sum over the other, which is taken for at least `least`.
fn quotient_of_sums(graph: &mut Graph, over: Value, under: Value, least: f32) -> Result<Value, ModelErrorKind> {
    let axes: Vec<usize> = (0..graph.shape(over).rank()).collect();
    let sum = graph.add(Reduce { kind: ReduceKind::Sum, axes: axes.clone() }, &[over])?;
    let count = graph.add(Reduce { kind: ReduceKind::Sum, axes }, &[under])?;
    let mut builder = Builder::new(2);
    let at_least = builder.apply(Function::Max, &[builder.input(1), builder.constant(least)]);
    let mean = builder.apply(Function::Div, &[builder.input(0), at_least]);
    Ok(graph.map(builder.finish(&[mean]), &[sum, count])?)
}

/// Whether an option is left at 0: such a spec is written as it was before there was the option.
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}
