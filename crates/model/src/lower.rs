//! The graphs of a checked model.

use proofmark_engine::map::{Builder, Function, Program};
use proofmark_engine::ops::Operation;
use proofmark_engine::{Graph, Type, Value, gradient};

use crate::build::{Mode, Parameter};
use crate::check::{Assembled, CheckedModel, Target};
use crate::error::{ModelError, ModelErrorKind, ModelErrors};
use crate::losses::{Loss, LossSite, LossTarget};
use crate::optimizers::Optimizer;
use crate::ranges::Ranges;
use crate::update::add_update;
use crate::{Activation, Average, Clip, Mixup, Precision, Regularizer};

/// Where things stand in the user's spec, for errors.
const LOSS_PATH: &str = "train.loss";
const OPTIMIZER_PATH: &str = "train.optimizer";
const REGULARIZER_PATH: &str = "train.regularization";
const CLIP_PATH: &str = "train.clip";
const MIXUP_PATH: &str = "train.mixup";
const AVERAGE_PATH: &str = "train.average";
const PRECISION_PATH: &str = "train.precision";

/// The input with which the backward pass starts.
const LOSS_SCALE: &str = "loss_scale";

/// One step of training: forward, backward and update.
///
/// Its inputs, in the order in which they are fed: `x` (f32, per sample), `target` (see [`LossTarget`]; per sample),
/// `weight` (f32, a scalar per sample: what the sample counts), `loss_scale` (f32, a scalar: one over what all weights of
/// the batch add up to, computed by the caller), then the [scalars](Optimizer::scalars) of the optimizer, and with an
/// [`Average`] [`Average::TAKEN`].
///
/// With [`Mixup`], two more stand after `target`: `other_target` (as `target`: that of the sample which each one is mixed
/// with) and `mixup` (f32, a scalar of the step: λ, what `target` counts). `x` is mixed by the caller.
///
/// Where steps have weights, `step_weights` (f32, of the shape of `target`: what each step counts, 0 for one that is left out) stands
/// behind these, and `weight` is their sum.
///
/// Its states, in the order of the block: the layers' parameters and statistics, in the order of the layers, then what the
/// optimizer remembers and the averages ([`Average::state_name`]).
#[derive(Clone, Debug)]
pub struct Training {
    /// The graph.
    pub graph: Graph,
    /// Index of the output `loss`: of each sample, neither weighted nor with penalties; with [`Mixup`] the mixed one.
    pub loss: usize,
    /// Index of the output `predictions`: what the last layer gives for each sample, with dropout at work.
    pub predictions: usize,
    /// Index of the output `gradient_norm`, with [`Clip::Norm`]: of all gradients together, before clipping.
    pub gradient_norm: Option<usize>,
}

impl Training {
    /// Whether batch normalisation looks at values of which a sample has one for each channel: over a batch of one sample their
    /// variance is 0.
    pub fn normalizes_single_positions(&self) -> bool {
        self.graph.nodes().iter().any(|node| {
            matches!(node.op, Operation::BatchMoments(_))
                && node.inputs.first().is_some_and(|x| self.graph.shape(*x).rank() == 1)
        })
    }
}

/// What a training step is made of, besides the model.
#[derive(Clone, Copy, Debug)]
pub struct TrainingParts<'a> {
    /// What is minimised.
    pub loss: &'a Loss,
    /// How parameters follow their gradients.
    pub optimizer: &'a Optimizer,
    /// The penalty on kernels whose layer has none of its own.
    pub regularizer: &'a Regularizer,
    /// A bound on the gradients.
    pub clip: Option<Clip>,
    /// Whether samples are mixed.
    pub mixup: Option<Mixup>,
    /// Whether weights are averaged.
    pub average: Option<Average>,
    /// How activations are stored.
    pub precision: Precision,
    /// Whether each step of a sample has a weight of its own.
    pub weighs_steps: bool,
}

/// A training step in two graphs: one that computes the gradients of a part of the batch, to be run part after part, and one that
/// updates from their sum. Both run on the block of the whole step ([`Training`]), which they give the same values.
#[derive(Clone, Debug)]
pub struct Accumulated {
    /// Forward and backward, with the inputs of a [`Training`] before the optimizer's; new statistics are assigned.
    pub part: Training,
    /// Outputs of `part`: the gradients, in the order of the inputs of `update`.
    pub gradients: Vec<usize>,
    /// The update. Its inputs are the gradients, then what a [`Training`] has after `loss_scale`.
    pub update: Graph,
    /// Index of the output `gradient_norm` of `update`, with [`Clip::Norm`].
    pub gradient_norm: Option<usize>,
}

/// Forward and backward of one batch, without an update: to look at gradients. Inputs as [`Training`], without scalars.
#[derive(Clone, Debug)]
pub struct Gradients {
    /// The graph. Besides `loss` and `predictions` it has an output `gradient.<parameter>` for each parameter.
    pub graph: Graph,
    /// Index of the output `loss`.
    pub loss: usize,
    /// The parameters, in the order of the block, with the index of each one's gradient.
    pub gradients: Vec<(String, usize)>,
}

/// Predictions and losses without training: dropout is off, batch normalisation uses the moving statistics. Inputs: `x`
/// and `target`.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The graph.
    pub graph: Graph,
    /// Index of the output `loss`: of each sample.
    pub loss: usize,
    /// Index of the output `predictions`.
    pub predictions: usize,
}

/// Predictions. Input: `x`.
#[derive(Clone, Debug)]
pub struct Inference {
    /// The graph.
    pub graph: Graph,
    /// Index of the output `predictions`.
    pub predictions: usize,
}

impl CheckedModel {
    /// The graph of a training step. `regularizer` applies to kernels whose layer has none of its own.
    ///
    /// # Errors
    /// A loss that does not fit the target or the last layer, parameters outside their range, or a model in which nothing
    /// can be trained.
    pub fn training_graph(
        &self,
        loss: &Loss,
        optimizer: &Optimizer,
        regularizer: &Regularizer,
        clip: Option<Clip>,
    ) -> Result<Training, ModelErrors> {
        let (mixup, average, precision, weighs_steps) = (None, None, Precision::F32, false);
        let parts = TrainingParts { loss, optimizer, regularizer, clip, mixup, average, precision, weighs_steps };
        self.training_graph_of(&parts)
    }

    /// The graph of a training step on mixed samples.
    ///
    /// # Errors
    /// As [`CheckedModel::training_graph`]; a loss that is not linear in the target.
    pub fn mixup_training_graph(
        &self,
        loss: &Loss,
        optimizer: &Optimizer,
        regularizer: &Regularizer,
        clip: Option<Clip>,
        mixup: Mixup,
    ) -> Result<Training, ModelErrors> {
        let (mixup, average, precision, weighs_steps) = (Some(mixup), None, Precision::F32, false);
        let parts = TrainingParts { loss, optimizer, regularizer, clip, mixup, average, precision, weighs_steps };
        self.training_graph_of(&parts)
    }

    /// The graph of a training step of any kind.
    ///
    /// # Errors
    /// As [`CheckedModel::training_graph`]; with mixup, a loss that is not linear in the target; [`Precision::Bf16`] where there is
    /// nothing to store so.
    pub fn training_graph_of(&self, parts: &TrainingParts<'_>) -> Result<Training, ModelErrors> {
        self.check_training(parts)?;
        let Backward { mut graph, loss_idx, predictions_idx, gradients, updates } =
            self.backward(parts.loss, parts.mixup, parts.weighs_steps)?;
        let gradient_norm = add_update(&mut graph, &gradients, &updates, parts)?;
        for (statistic, new) in updates {
            graph.assign(statistic.value, new).map_err(ModelErrorKind::from)?;
        }
        let graph = parts.precision.store(graph, LOSS_SCALE, PRECISION_PATH)?;
        Ok(Training { graph, loss: loss_idx, predictions: predictions_idx, gradient_norm })
    }

    /// The same training step in two graphs.
    ///
    /// # Errors
    /// As [`CheckedModel::training_graph_of`].
    pub fn accumulated_graphs(&self, parts: &TrainingParts<'_>) -> Result<Accumulated, ModelErrors> {
        self.check_training(parts)?;
        let Backward { mut graph, loss_idx, predictions_idx, gradients, updates } =
            self.backward(parts.loss, parts.mixup, parts.weighs_steps)?;
        let mut update = Graph::new();
        let mut outputs = Vec::new();
        let mut summed = Vec::new();
        for (parameter, gradient) in gradients {
            let name = format!("gradient.{}", parameter.name);
            outputs.push(output(&mut graph, &name, gradient)?);
            let ty = Type::step(parameter.shape.clone());
            summed.push((parameter, update.input(&name, ty).map_err(ModelErrorKind::from)?));
        }
        let mut state = |parameter: &Parameter| {
            let value = update.state(&parameter.name, parameter.shape.clone(), parameter.role);
            value.map_err(ModelErrorKind::from)
        };
        for (parameter, _) in &mut summed {
            parameter.value = state(parameter)?;
        }
        let mut statistics = Vec::new();
        for (mut statistic, new) in updates {
            graph.assign(statistic.value, new).map_err(ModelErrorKind::from)?;
            if parts.average.is_some() {
                // By then the parts have given it its new value.
                statistic.value = state(&statistic)?;
                let value = statistic.value;
                statistics.push((statistic, value));
            }
        }
        let gradient_norm = add_update(&mut update, &summed, &statistics, parts)?;
        let graph = parts.precision.store(graph, LOSS_SCALE, PRECISION_PATH)?;
        let part = Training { graph, loss: loss_idx, predictions: predictions_idx, gradient_norm: None };
        Ok(Accumulated { part, gradients: outputs, update, gradient_norm })
    }

    /// The graph of a batch's gradients.
    ///
    /// # Errors
    /// As [`CheckedModel::training_graph`].
    pub fn gradient_graph(&self, loss: &Loss) -> Result<Gradients, ModelErrors> {
        self.check_loss(loss)?;
        let Backward { mut graph, loss_idx, gradients, .. } = self.backward(loss, None, false)?;
        let gradients = gradients
            .into_iter()
            .map(|(parameter, gradient)| {
                let idx = output(&mut graph, &format!("gradient.{}", parameter.name), gradient)?;
                Ok((parameter.name, idx))
            })
            .collect::<Result<_, ModelErrors>>()?;
        Ok(Gradients { graph, loss: loss_idx, gradients })
    }

    /// The graph of predictions and losses. Runs on the block of the training graph.
    ///
    /// # Errors
    /// A loss that does not fit the target or the last layer.
    pub fn evaluation_graph(&self, loss: &Loss) -> Result<Evaluation, ModelErrors> {
        self.check_loss(loss)?;
        let mut graph = Graph::new();
        let assembled = self.assemble(&mut graph, Mode::Inference, true)?;
        let loss = self.add_loss(&mut graph, &assembled, loss, "target")?;
        let loss = output(&mut graph, "loss", loss)?;
        let predictions = output(&mut graph, "predictions", assembled.predictions)?;
        Ok(Evaluation { graph, loss, predictions })
    }

    /// The graph of predictions. Runs on the block of the training graph, or on its own.
    ///
    /// # Errors
    /// None that a checked model is known to meet.
    pub fn inference_graph(&self) -> Result<Inference, ModelErrors> {
        let mut graph = Graph::new();
        let assembled = self.assemble(&mut graph, Mode::Inference, false)?;
        let predictions = output(&mut graph, "predictions", assembled.predictions)?;
        Ok(Inference { graph, predictions })
    }

    /// Whether a loss fits what is predicted and the last layer's activation.
    ///
    /// # Errors
    /// Everything that does not fit; parameters of the loss outside their range.
    pub fn check_loss(&self, loss: &Loss) -> Result<(), ModelErrors> {
        loss.check(LOSS_PATH)?;
        let refuse = |kind| Err(ModelError { path: LOSS_PATH.to_owned(), layer: None, kind }.into());
        let (outputs, is_single) = (self.output_shape().last(), self.output_shape().rank() == 1);
        let fits = match (loss.target(), self.target) {
            (LossTarget::Class, Target::Category { classes }) => outputs == classes,
            (LossTarget::Binary | LossTarget::Number, Target::Category { .. }) if !is_single => false,
            (LossTarget::Binary, Target::Category { classes }) => classes == 2 && outputs == 1,
            // One-hot.
            (LossTarget::Number, Target::Category { classes }) => outputs == classes && classes > 1,
            (LossTarget::Number, Target::Number { .. }) => true,
            (LossTarget::Class | LossTarget::Binary, Target::Number { .. }) => false,
            (LossTarget::Embedding, target) | (_, target @ Target::Embedding { .. }) => {
                loss.target() == LossTarget::Embedding && matches!(target, Target::Embedding { .. })
            }
            (LossTarget::Sequence, target) | (_, target @ Target::Sequence { .. }) => {
                loss.target() == LossTarget::Sequence && matches!(target, Target::Sequence { .. })
            }
        };
        if !fits {
            return refuse(ModelErrorKind::LossTarget { loss: loss.kind(), target: self.target, outputs });
        }
        let received = self.last_activation();
        // Whatever is compared with a class is a probability.
        let of_classes = matches!((loss.target(), self.target), (LossTarget::Number, Target::Category { .. }));
        match loss.definition().activation().or(of_classes.then_some(Activation::Softmax)) {
            Some(expected) if received != expected => {
                refuse(ModelErrorKind::LossActivation { loss: loss.kind(), expected, received })
            }
            _ => Ok(()),
        }
    }

    /// Everything that can be wrong with a training besides the model, at once.
    fn check_training(&self, parts: &TrainingParts<'_>) -> Result<(), ModelErrors> {
        let TrainingParts { loss, optimizer, regularizer, clip, mixup, average, precision: _, weighs_steps: _ } =
            *parts;
        let mut ranges = Ranges::default();
        regularizer.check(&mut ranges, "");
        let mut clip_ranges = Ranges::default();
        clip.iter().for_each(|clip| clip.check(&mut clip_ranges));
        let mut mixup_ranges = Ranges::default();
        mixup.iter().for_each(|mixup| mixup.check(&mut mixup_ranges));
        let mut average_ranges = Ranges::default();
        average.iter().for_each(|average| average.check(&mut average_ranges));
        let mut errors = Vec::new();
        for checked in [
            self.check_loss(loss),
            optimizer.check(OPTIMIZER_PATH),
            ModelErrors::of_ranges(ranges, REGULARIZER_PATH),
            ModelErrors::of_ranges(clip_ranges, CLIP_PATH),
            ModelErrors::of_ranges(mixup_ranges, MIXUP_PATH),
            ModelErrors::of_ranges(average_ranges, AVERAGE_PATH),
        ] {
            errors.extend(checked.err().into_iter().flat_map(ModelErrors::into_vec));
        }
        // Cross-entropies are linear in the target; no loss of numbers is, and of a mixed sample nobody is the hardest.
        let is_linear = matches!(loss.target(), LossTarget::Class | LossTarget::Binary);
        if mixup.is_some() && !is_linear {
            let kind = ModelErrorKind::MixupLoss { loss: loss.kind() };
            errors.push(ModelError { path: MIXUP_PATH.to_owned(), layer: None, kind });
        }
        if mixup.is_some() && is_linear && self.predicts_steps() {
            errors.push(ModelError { path: MIXUP_PATH.to_owned(), layer: None, kind: ModelErrorKind::MixupSteps });
        }
        if self.parameters.iter().all(|parameter| !parameter.is_trained()) {
            errors.push(ModelError::of_model("layers", ModelErrorKind::NothingToTrain));
        }
        if errors.is_empty() { Ok(()) } else { Err(ModelErrors::new(errors)) }
    }

    /// The activation that the last layer ends in.
    fn last_activation(&self) -> Activation {
        self.last_layer().definition().activation()
    }

    fn backward(&self, loss: &Loss, mixup: Option<Mixup>, weighs_steps: bool) -> Result<Backward, ModelErrors> {
        let mut graph = Graph::new();
        let assembled = self.assemble(&mut graph, Mode::Training, true)?;
        let (mut loss_value, weighted) = match weighs_steps {
            false => (self.add_loss(&mut graph, &assembled, loss, "target")?, None),
            true => {
                let [loss, weighted] = self.add_weighted_loss(&mut graph, &assembled, loss)?;
                (loss, Some(weighted))
            }
        };
        if mixup.is_some() {
            let other = self.add_loss(&mut graph, &assembled, loss, "other_target")?;
            let share = graph.input("mixup", Type::step([])).map_err(ModelErrorKind::from)?;
            graph.set_scope("loss");
            loss_value = graph.map(mixed(), &[loss_value, other, share]).map_err(ModelErrorKind::from)?;
            graph.set_scope("");
        }
        let weight = graph.input("weight", Type::sample([])).map_err(ModelErrorKind::from)?;
        let scale = graph.input(LOSS_SCALE, Type::step([])).map_err(ModelErrorKind::from)?;
        graph.set_scope("loss");
        let share = graph.map(Program::of(Function::Mul), &[weight, scale]).map_err(ModelErrorKind::from)?;
        let (parameters, others): (Vec<Parameter>, Vec<Parameter>) =
            assembled.record.parameters.into_iter().partition(Parameter::is_trained);
        let statistic = |(value, new): (Value, Value)| {
            Some((others.iter().find(|parameter| parameter.value == value)?.clone(), new))
        };
        let values: Vec<Value> = parameters.iter().map(|parameter| parameter.value).collect();
        let gradients = gradient::backward(&mut graph, weighted.unwrap_or(loss_value), share, &values)
            .map_err(ModelErrorKind::from)?;
        let loss_idx = output(&mut graph, "loss", loss_value)?;
        let predictions_idx = output(&mut graph, "predictions", assembled.predictions)?;
        // A parameter that the loss does not depend on has no gradient and stays as it is.
        let gradients =
            parameters.into_iter().zip(gradients).filter_map(|(parameter, gradient)| Some((parameter, gradient?)));
        Ok(Backward {
            gradients: gradients.collect(),
            graph,
            loss_idx,
            predictions_idx,
            updates: assembled.record.updates.into_iter().filter_map(statistic).collect(),
        })
    }

    /// Adds a target of this name and the loss of each sample.
    fn add_loss(
        &self,
        graph: &mut Graph,
        assembled: &Assembled,
        loss: &Loss,
        target: &str,
    ) -> Result<Value, ModelErrors> {
        graph.set_scope("loss");
        let target = graph.input(target, loss.target().of(self.output_shape())).map_err(ModelErrorKind::from)?;
        let site = LossSite { predictions: assembled.predictions, logits: assembled.record.logits, target };
        let value = loss.definition().build(graph, &site);
        graph.set_scope("");
        Ok(value?)
    }

    /// Adds the target, the weights of its steps, and the loss of each sample, as it is and as these weigh it.
    fn add_weighted_loss(
        &self,
        graph: &mut Graph,
        assembled: &Assembled,
        loss: &Loss,
    ) -> Result<[Value; 2], ModelErrors> {
        graph.set_scope("loss");
        let ty = loss.target().of(self.output_shape());
        let weights = Type::sample(ty.shape.clone());
        let target = graph.input("target", ty).map_err(ModelErrorKind::from)?;
        let weights = graph.input("step_weights", weights).map_err(ModelErrorKind::from)?;
        let site = LossSite { predictions: assembled.predictions, logits: assembled.record.logits, target };
        let values = loss.definition().build_weighted(graph, &site, weights);
        graph.set_scope("");
        Ok(values?)
    }
}

/// A graph with gradients.
struct Backward {
    graph: Graph,
    loss_idx: usize,
    predictions_idx: usize,
    gradients: Vec<(Parameter, Value)>,
    /// Statistics and their new values.
    updates: Vec<(Parameter, Value)>,
}

/// `λ a + (1 - λ) b` of the losses a and b and of λ: exactly a for λ = 1, which a difference of losses would not give.
fn mixed() -> Program {
    let mut builder = Builder::new(3);
    let (loss, other, share) = (builder.input(0), builder.input(1), builder.input(2));
    let one = builder.constant(1.0);
    let rest = builder.apply(Function::Sub, &[one, share]);
    let of_other = builder.apply(Function::Mul, &[rest, other]);
    let both = builder.apply(Function::MulAdd, &[share, loss, of_other]);
    builder.finish(&[both])
}

pub(crate) fn output(graph: &mut Graph, name: &str, value: Value) -> Result<usize, ModelErrors> {
    let idx = graph.outputs().len();
    graph.output(name, value).map_err(ModelErrorKind::from)?;
    Ok(idx)
}
