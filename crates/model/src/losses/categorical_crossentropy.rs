use proofmark_engine::map::{Builder, Function};
use proofmark_engine::ops::{LogSoftmax, Reduce, ReduceKind, ReduceMax, Reshape};
use proofmark_engine::{Graph, Value, ops};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LossDefinition, LossSite, LossTarget, is_zero, mean_of_counted, weighted_mean};
use crate::Activation;
use crate::error::ModelErrorKind;
use crate::ranges::Ranges;

/// For one of several classes that exclude each other: `-ln p[class]`. The last layer ends in `softmax`, with one output a
/// class; the two are computed together from the softmax's input, so that nothing overflows.
///
/// With smoothing s, `-(1 - s) ln p[class] - s (the mean of ln p over all classes)`.
///
/// Where the model predicts at every step (`[steps, classes]`), the target has a class for each step, and the loss of a sample is
/// the mean over its steps; a step whose class is missing (-1: padding, or not known) is left out. In a batch a sample weighs as
/// many as it has counted steps, so that the loss of the batch is the mean over all counted steps: PyTorch's
/// `CrossEntropyLoss(ignore_index=-1)`, Keras' `SparseCategoricalCrossentropy(ignore_class=-1)`. (A mean of the samples' means
/// would let the steps of short sequences count more.)
///
/// *Source*: Bridle 1990; Keras' `SparseCategoricalCrossentropy`; smoothing: Szegedy and others 2016 (*Rethinking the Inception
/// architecture*), section 7, as PyTorch's `CrossEntropyLoss`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CategoricalCrossentropy {
    /// The share of a target that is spread evenly over all classes (s), 0 to 1. Validation's loss has it too. Default 0.
    #[schemars(range(min = 0.0, max = 1.0))]
    #[serde(skip_serializing_if = "is_zero")]
    pub label_smoothing: f64,
}

impl LossDefinition for CategoricalCrossentropy {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("label_smoothing", self.label_smoothing, 0.0..=1.0);
    }

    fn target(&self) -> LossTarget {
        LossTarget::Class
    }

    fn activation(&self) -> Option<Activation> {
        Some(Activation::Softmax)
    }

    fn build(&self, graph: &mut Graph, site: &LossSite) -> Result<Value, ModelErrorKind> {
        let loss = self.of_each(graph, site)?;
        let is_single = graph.shape(loss).rank() == 0;
        if is_single { Ok(loss) } else { mean_of_counted(graph, loss, site.target) }
    }

    fn build_weighted(&self, graph: &mut Graph, site: &LossSite, weights: Value) -> Result<[Value; 2], ModelErrorKind> {
        let losses = self.of_each(graph, site)?;
        let loss = mean_of_counted(graph, losses, site.target)?;
        Ok([loss, weighted_mean(graph, losses, site.target, weights)?])
    }
}

impl CategoricalCrossentropy {
    /// The loss of each sample, or of each of its steps.
    fn of_each(&self, graph: &mut Graph, site: &LossSite) -> Result<Value, ModelErrorKind> {
        let sharp = ops::categorical_cross_entropy(graph, site.predictions, site.target)?;
        let is_single = graph.shape(sharp).rank() == 0;
        match self.label_smoothing {
            0.0 => Ok(sharp),
            smoothing if is_single => smoothed(graph, site.predictions, sharp, smoothing),
            smoothing => smoothed_steps(graph, site.predictions, sharp, smoothing),
        }
    }
}

/// `(1 - s) sharp + s (ln Σ exp z - mean z)`, z being the softmax's input; the logarithm is of a sum of which one term is 1,
/// so that nothing overflows.
fn smoothed(graph: &mut Graph, probabilities: Value, sharp: Value, smoothing: f64) -> Result<Value, ModelErrorKind> {
    let axes: Vec<usize> = (0..graph.shape(probabilities).rank()).collect();
    let logits = logits_of(graph, probabilities)?;
    let largest = graph.add(ReduceMax { axes: axes.clone() }, &[logits])?;
    let mut builder = Builder::new(2);
    let below = builder.apply(Function::Sub, &[builder.input(0), builder.input(1)]);
    let power = builder.apply(Function::Exp, &[below]);
    let powers = graph.map(builder.finish(&[power]), &[logits, largest])?;
    let sum = graph.add(Reduce { kind: ReduceKind::Sum, axes: axes.clone() }, &[powers])?;
    let mean = graph.add(Reduce { kind: ReduceKind::Mean, axes }, &[logits])?;
    let mut builder = Builder::new(4);
    let (sharp_loss, sum_input) = (builder.input(0), builder.input(1));
    let logarithm = builder.apply(Function::Ln, &[sum_input]);
    let above = builder.apply(Function::Sub, &[builder.input(2), builder.input(3)]);
    let even = builder.apply(Function::Add, &[logarithm, above]);
    let (keep, spread) = (builder.constant((1.0 - smoothing) as f32), builder.constant(smoothing as f32));
    let evenly = builder.apply(Function::Mul, &[spread, even]);
    let loss = builder.apply(Function::MulAdd, &[keep, sharp_loss, evenly]);
    Ok(graph.map(builder.finish(&[loss]), &[sharp, sum, largest, mean])?)
}

/// The same for the rows of `[steps, classes]`: `(1 - s) sharp - s (the mean of the log-softmax of a row)`.
fn smoothed_steps(
    graph: &mut Graph,
    probabilities: Value,
    sharp: Value,
    smoothing: f64,
) -> Result<Value, ModelErrorKind> {
    let last = graph.shape(probabilities).rank() - 1;
    let logits = logits_of(graph, probabilities)?;
    let logarithms = graph.add(LogSoftmax, &[logits])?;
    let mean = graph.add(Reduce { kind: ReduceKind::Mean, axes: vec![last] }, &[logarithms])?;
    let mut builder = Builder::new(2);
    let (keep, spread) = (builder.constant((1.0 - smoothing) as f32), builder.constant(-smoothing as f32));
    let evenly = builder.apply(Function::Mul, &[spread, builder.input(1)]);
    let loss = builder.apply(Function::MulAdd, &[keep, builder.input(0), evenly]);
    Ok(graph.map(builder.finish(&[loss]), &[sharp, mean])?)
}

/// What the probabilities are the softmax of, in their shape.
pub(super) fn logits_of(graph: &mut Graph, probabilities: Value) -> Result<Value, ModelErrorKind> {
    let Some(logits) = ops::logits_of(graph, probabilities) else { return Err(ModelErrorKind::NoLogits) };
    let shape = graph.shape(probabilities).clone();
    Ok(if *graph.shape(logits) == shape { logits } else { graph.add(Reshape { shape }, &[logits])? })
}
