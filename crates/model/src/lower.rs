//! The graphs of a checked model.

use proofmark_engine::map::{Builder, Function, Map, Operand, Program};
use proofmark_engine::ops::{GlobalNorm, Operation};
use proofmark_engine::{Graph, StateRole, Type, Value, gradient};
use proofmark_tensor::DType;

use crate::build::{Mode, Parameter};
use crate::check::{Assembled, CheckedModel, Target};
use crate::error::{ModelError, ModelErrorKind, ModelErrors};
use crate::losses::{Loss, LossSite, LossTarget};
use crate::optimizers::{Optimizer, Update};
use crate::ranges::Ranges;
use crate::{Activation, Clip, Mixup, Regularizer};

/// Where things stand in the user's spec, for errors.
const LOSS_PATH: &str = "train.loss";
const OPTIMIZER_PATH: &str = "train.optimizer";
const REGULARIZER_PATH: &str = "train.regularization";
const CLIP_PATH: &str = "train.clip";
const MIXUP_PATH: &str = "train.mixup";

/// One step of training: forward, backward and update.
///
/// Its inputs, in the order in which they are fed: `x` (f32, per sample), `target` (see [`LossTarget`]; per sample),
/// `weight` (f32, a scalar per sample: what the sample counts), `loss_scale` (f32, a scalar: one over what all weights of
/// the batch add up to, computed by the caller), then the [scalars](Optimizer::scalars) of the optimizer.
///
/// With [`Mixup`], two more stand after `target`: `other_target` (as `target`: that of the sample which each one is mixed
/// with) and `mixup` (f32, a scalar of the step: λ, what `target` counts). `x` is mixed by the caller.
///
/// Its states, in the order of the block: the layers' parameters and statistics, in the order of the layers, then what the
/// optimizer remembers.
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
        self.any_training_graph(loss, optimizer, regularizer, clip, None)
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
        self.any_training_graph(loss, optimizer, regularizer, clip, Some(mixup))
    }

    fn any_training_graph(
        &self,
        loss: &Loss,
        optimizer: &Optimizer,
        regularizer: &Regularizer,
        clip: Option<Clip>,
        mixup: Option<Mixup>,
    ) -> Result<Training, ModelErrors> {
        self.check_training(loss, optimizer, regularizer, clip, mixup)?;
        let mut backward = self.backward(loss, mixup)?;
        let graph = &mut backward.graph;
        graph.set_scope("update");
        let gradients: Vec<Value> = backward.gradients.iter().map(|(_, gradient)| *gradient).collect();
        let (norm, norm_scale) = match clip {
            Some(Clip::Norm(limit)) => {
                let norm = graph.add(GlobalNorm, &gradients).map_err(ModelErrorKind::from)?;
                (Some(norm), Some(graph.map(norm_scale(limit), &[norm]).map_err(ModelErrorKind::from)?))
            }
            Some(Clip::Value(_)) | None => (None, None),
        };
        let scalars = optimizer
            .scalar_names()
            .into_iter()
            .map(|name| graph.input(name, Type::step([])))
            .collect::<Result<Vec<Value>, _>>()
            .map_err(ModelErrorKind::from)?;
        for (parameter, gradient) in &backward.gradients {
            let site = UpdateSite { parameter, gradient: *gradient, norm_scale, scalars: &scalars, clip };
            let own = parameter.regularizer.as_ref().unwrap_or(regularizer);
            site.add(graph, optimizer, own).map_err(ModelErrors::from)?;
        }
        for (statistic, new) in &backward.updates {
            graph.assign(*statistic, *new).map_err(ModelErrorKind::from)?;
        }
        graph.set_scope("");
        let gradient_norm = norm.map(|norm| output(graph, "gradient_norm", norm)).transpose()?;
        Ok(Training {
            graph: backward.graph,
            loss: backward.loss_idx,
            predictions: backward.predictions_idx,
            gradient_norm,
        })
    }

    /// The graph of a batch's gradients.
    ///
    /// # Errors
    /// As [`CheckedModel::training_graph`].
    pub fn gradient_graph(&self, loss: &Loss) -> Result<Gradients, ModelErrors> {
        self.check_loss(loss)?;
        let Backward { mut graph, loss_idx, gradients, .. } = self.backward(loss, None)?;
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
        let outputs = self.output_shape().elements();
        let fits = match (loss.target(), self.target) {
            (LossTarget::Class, Target::Category { classes }) => outputs == classes,
            (LossTarget::Binary, Target::Category { classes }) => classes == 2 && outputs == 1,
            // One-hot.
            (LossTarget::Number, Target::Category { classes }) => outputs == classes && classes > 1,
            (LossTarget::Number, Target::Number { .. }) => true,
            (LossTarget::Class | LossTarget::Binary, Target::Number { .. }) => false,
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
    fn check_training(
        &self,
        loss: &Loss,
        optimizer: &Optimizer,
        regularizer: &Regularizer,
        clip: Option<Clip>,
        mixup: Option<Mixup>,
    ) -> Result<(), ModelErrors> {
        let mut ranges = Ranges::default();
        regularizer.check(&mut ranges, "");
        let mut clip_ranges = Ranges::default();
        clip.iter().for_each(|clip| clip.check(&mut clip_ranges));
        let mut mixup_ranges = Ranges::default();
        mixup.iter().for_each(|mixup| mixup.check(&mut mixup_ranges));
        let mut errors = Vec::new();
        for checked in [
            self.check_loss(loss),
            optimizer.check(OPTIMIZER_PATH),
            ModelErrors::of_ranges(ranges, REGULARIZER_PATH),
            ModelErrors::of_ranges(clip_ranges, CLIP_PATH),
            ModelErrors::of_ranges(mixup_ranges, MIXUP_PATH),
        ] {
            errors.extend(checked.err().into_iter().flat_map(ModelErrors::into_vec));
        }
        // Cross-entropies are linear in the target; no loss of numbers is.
        if mixup.is_some() && loss.target() == LossTarget::Number {
            let kind = ModelErrorKind::MixupLoss { loss: loss.kind() };
            errors.push(ModelError { path: MIXUP_PATH.to_owned(), layer: None, kind });
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

    fn backward(&self, loss: &Loss, mixup: Option<Mixup>) -> Result<Backward, ModelErrors> {
        let mut graph = Graph::new();
        let assembled = self.assemble(&mut graph, Mode::Training, true)?;
        let mut loss_value = self.add_loss(&mut graph, &assembled, loss, "target")?;
        if mixup.is_some() {
            let other = self.add_loss(&mut graph, &assembled, loss, "other_target")?;
            let share = graph.input("mixup", Type::step([])).map_err(ModelErrorKind::from)?;
            graph.set_scope("loss");
            loss_value = graph.map(mixed(), &[loss_value, other, share]).map_err(ModelErrorKind::from)?;
            graph.set_scope("");
        }
        let weight = graph.input("weight", Type::sample([])).map_err(ModelErrorKind::from)?;
        let scale = graph.input("loss_scale", Type::step([])).map_err(ModelErrorKind::from)?;
        graph.set_scope("loss");
        let share = graph.map(Program::of(Function::Mul), &[weight, scale]).map_err(ModelErrorKind::from)?;
        let parameters: Vec<Parameter> =
            assembled.record.parameters.into_iter().filter(Parameter::is_trained).collect();
        let values: Vec<Value> = parameters.iter().map(|parameter| parameter.value).collect();
        let gradients = gradient::backward(&mut graph, loss_value, share, &values).map_err(ModelErrorKind::from)?;
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
            updates: assembled.record.updates,
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
        let ty = match loss.target() {
            LossTarget::Class => Type::sample([]).with_dtype(DType::I32),
            LossTarget::Binary | LossTarget::Number => Type::sample(self.output_shape().clone()),
        };
        let target = graph.input(target, ty).map_err(ModelErrorKind::from)?;
        let site = LossSite { predictions: assembled.predictions, logits: assembled.record.logits, target };
        let value = loss.definition().build(graph, &site);
        graph.set_scope("");
        Ok(value?)
    }
}

/// A graph with gradients.
struct Backward {
    graph: Graph,
    loss_idx: usize,
    predictions_idx: usize,
    gradients: Vec<(Parameter, Value)>,
    updates: Vec<(Value, Value)>,
}

/// What the update of one parameter reads.
struct UpdateSite<'a> {
    parameter: &'a Parameter,
    gradient: Value,
    /// What clipping by norm multiplies gradients by.
    norm_scale: Option<Value>,
    scalars: &'a [Value],
    clip: Option<Clip>,
}

impl UpdateSite<'_> {
    /// Adds the optimizer's memory and one node that computes parameter and memory after the step: gradient, then
    /// clipping, then penalty, then the optimizer's rule.
    fn add(&self, graph: &mut Graph, optimizer: &Optimizer, regularizer: &Regularizer) -> Result<(), ModelErrorKind> {
        let definition = optimizer.definition();
        let mut states = vec![self.parameter.value];
        for memory in definition.memory() {
            let name = format!("{memory}.{}", self.parameter.name);
            states.push(graph.state(&name, self.parameter.shape.clone(), StateRole::Optimizer)?);
        }
        let mut inputs = states.clone();
        inputs.push(self.gradient);
        inputs.extend(self.scalars);
        inputs.extend(self.norm_scale);
        let mut builder = Builder::new(inputs.len());
        let parameter = builder.input(0);
        let memory = (1..states.len()).map(|idx| builder.input(idx)).collect();
        let mut gradient = builder.input(states.len());
        let first = states.len() + 1;
        let scalars: Vec<Operand> = (first..first + self.scalars.len()).map(|idx| builder.input(idx)).collect();
        if self.norm_scale.is_some() {
            gradient = builder.apply(Function::Mul, &[gradient, builder.input(first + scalars.len())]);
        }
        if let Some(Clip::Value(limit)) = self.clip {
            let (above, below) = (builder.constant(limit as f32), builder.constant(-limit as f32));
            gradient = builder.apply(Function::Min, &[gradient, above]);
            gradient = builder.apply(Function::Max, &[gradient, below]);
        }
        if self.parameter.is_kernel && regularizer.l2 > 0.0 {
            let slope = builder.constant((2.0 * regularizer.l2) as f32);
            gradient = builder.apply(Function::MulAdd, &[slope, parameter, gradient]);
        }
        if self.parameter.is_kernel && regularizer.l1 > 0.0 {
            let slope = builder.constant(regularizer.l1 as f32);
            let sign = builder.apply(Function::Sign, &[parameter]);
            gradient = builder.apply(Function::MulAdd, &[slope, sign, gradient]);
        }
        let mut update = Update {
            builder: &mut builder,
            gradient,
            parameter,
            memory,
            learning_rate: scalars[0],
            scalars: scalars[1..].to_vec(),
            is_kernel: self.parameter.is_kernel,
        };
        let outputs = definition.update(&mut update);
        let new = graph.apply(Map { program: builder.finish(&outputs) }, &inputs)?;
        for (state, value) in states.into_iter().zip(new) {
            graph.assign(state, value)?;
        }
        Ok(())
    }
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

/// `min(1, limit / norm)`.
fn norm_scale(limit: f64) -> Program {
    let mut builder = Builder::new(1);
    let (one, limit) = (builder.constant(1.0), builder.constant(limit as f32));
    let ratio = builder.apply(Function::Div, &[limit, builder.input(0)]);
    let scale = builder.apply(Function::Min, &[one, ratio]);
    builder.finish(&[scale])
}

fn output(graph: &mut Graph, name: &str, value: Value) -> Result<usize, ModelErrors> {
    let idx = graph.outputs().len();
    graph.output(name, value).map_err(ModelErrorKind::from)?;
    Ok(idx)
}
