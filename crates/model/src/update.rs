//! The update at the end of a training step: bounds and penalties, the optimizer's rule, averages.

use proofmark_engine::map::{Builder, Function, Map, Operand, Program};
use proofmark_engine::ops::GlobalNorm;
use proofmark_engine::{Graph, StateRole, Type, Value};

use crate::build::Parameter;
use crate::error::{ModelErrorKind, ModelErrors};
use crate::lower::{TrainingParts, output};
use crate::optimizers::{Optimizer, Update, Whole};
use crate::{Average, Clip, Regularizer};

/// Adds the update of all parameters, and the averages of statistics; the index of the output `gradient_norm`.
pub(crate) fn add_update(
    graph: &mut Graph,
    gradients: &[(Parameter, Value)],
    statistics: &[(Parameter, Value)],
    parts: &TrainingParts<'_>,
) -> Result<Option<usize>, ModelErrors> {
    graph.set_scope("update");
    let values: Vec<Value> = gradients.iter().map(|(_, gradient)| *gradient).collect();
    let (norm, norm_scale) = match parts.clip {
        Some(Clip::Norm(limit)) => {
            let norm = graph.add(GlobalNorm, &values).map_err(ModelErrorKind::from)?;
            (Some(norm), Some(graph.map(norm_scale(limit), &[norm]).map_err(ModelErrorKind::from)?))
        }
        Some(Clip::Value(_)) | None => (None, None),
    };
    let mut scalar = |name: &str| graph.input(name, Type::step([])).map_err(ModelErrorKind::from);
    let scalars = parts.optimizer.scalar_names().into_iter().map(&mut scalar).collect::<Result<Vec<Value>, _>>()?;
    let taken = parts.average.map(|_| scalar(Average::TAKEN)).transpose()?;
    for (parameter, gradient) in gradients {
        let clip = parts.clip;
        let site = UpdateSite { parameter, gradient: *gradient, norm_scale, scalars: &scalars, taken, clip };
        let own = parameter.regularizer.as_ref().unwrap_or(parts.regularizer);
        site.add(graph, parts.optimizer, own).map_err(ModelErrors::from)?;
    }
    if let Some(taken) = taken {
        for (statistic, new) in statistics {
            let site = UpdateSite {
                parameter: statistic,
                gradient: *new,
                norm_scale: None,
                scalars: &scalars,
                taken: Some(taken),
                clip: None,
            };
            site.add_average(graph, *new, taken).map_err(ModelErrors::from)?;
        }
    }
    graph.set_scope("");
    norm.map(|norm| output(graph, "gradient_norm", norm)).transpose()
}

/// What the update of one parameter reads.
struct UpdateSite<'a> {
    parameter: &'a Parameter,
    gradient: Value,
    /// What clipping by norm multiplies gradients by.
    norm_scale: Option<Value>,
    scalars: &'a [Value],
    /// The share of the new parameter in its average, where there is one.
    taken: Option<Value>,
    clip: Option<Clip>,
}

impl UpdateSite<'_> {
    /// Adds the optimizer's memory and one node that computes parameter, memory and average after the step: gradient, then
    /// clipping, then penalty, then the optimizer's rule.
    fn add(&self, graph: &mut Graph, optimizer: &Optimizer, regularizer: &Regularizer) -> Result<(), ModelErrorKind> {
        let definition = optimizer.definition();
        if definition.is_whole() {
            return self.add_whole(graph, optimizer, regularizer);
        }
        let mut states = vec![self.parameter.value];
        for memory in definition.memory() {
            let name = format!("{memory}.{}", self.parameter.name);
            states.push(graph.state(&name, self.parameter.shape.clone(), StateRole::Optimizer)?);
        }
        let n_memory = states.len() - 1;
        if self.taken.is_some() {
            states.push(self.average_state(graph)?);
        }
        let mut inputs = states.clone();
        inputs.push(self.gradient);
        inputs.extend(self.scalars);
        inputs.extend(self.norm_scale);
        inputs.extend(self.taken);
        let mut builder = Builder::new(inputs.len());
        let parameter = builder.input(0);
        let memory = (1..=n_memory).map(|idx| builder.input(idx)).collect();
        let gradient = builder.input(states.len());
        let first = states.len() + 1;
        let scalars: Vec<Operand> = (first..first + self.scalars.len()).map(|idx| builder.input(idx)).collect();
        let norm_scale = self.norm_scale.map(|_| builder.input(first + scalars.len()));
        let gradient = self.adjusted(&mut builder, regularizer, parameter, gradient, norm_scale);
        let mut update = Update {
            builder: &mut builder,
            gradient,
            parameter,
            memory,
            learning_rate: scalars[0],
            scalars: scalars[1..].to_vec(),
            is_kernel: self.parameter.is_kernel,
        };
        let mut outputs = definition.update(&mut update);
        if self.taken.is_some() {
            let (old, taken) = (builder.input(n_memory + 1), builder.input(inputs.len() - 1));
            outputs.push(averaged(&mut builder, old, outputs[0], taken));
        }
        let new = graph.apply(Map { program: builder.finish(&outputs) }, &inputs)?;
        for (state, value) in states.into_iter().zip(new) {
            graph.assign(state, value)?;
        }
        Ok(())
    }

    /// The same for an optimizer that sees parameters as a whole.
    fn add_whole(
        &self,
        graph: &mut Graph,
        optimizer: &Optimizer,
        regularizer: &Regularizer,
    ) -> Result<(), ModelErrorKind> {
        let mut inputs = vec![self.parameter.value, self.gradient];
        inputs.extend(self.norm_scale);
        let mut builder = Builder::new(inputs.len());
        let (parameter, gradient) = (builder.input(0), builder.input(1));
        let norm_scale = self.norm_scale.map(|_| builder.input(2));
        let adjusted = self.adjusted(&mut builder, regularizer, parameter, gradient, norm_scale);
        let is_same = adjusted == gradient;
        let program = builder.finish(&[adjusted]);
        let gradient = if is_same { self.gradient } else { graph.map(program, &inputs)? };
        let new = optimizer.definition().whole(&mut Whole {
            graph,
            name: &self.parameter.name,
            shape: &self.parameter.shape,
            parameter: self.parameter.value,
            gradient,
            scalars: self.scalars,
        })?;
        if let Some(taken) = self.taken {
            self.add_average(graph, new, taken)?;
        }
        Ok(graph.assign(self.parameter.value, new)?)
    }

    /// The gradient, scaled or cut, with the penalty's.
    fn adjusted(
        &self,
        builder: &mut Builder,
        regularizer: &Regularizer,
        parameter: Operand,
        mut gradient: Operand,
        norm_scale: Option<Operand>,
    ) -> Operand {
        if let Some(scale) = norm_scale {
            gradient = builder.apply(Function::Mul, &[gradient, scale]);
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
        gradient
    }

    fn average_state(&self, graph: &mut Graph) -> Result<Value, ModelErrorKind> {
        let name = Average::state_name(&self.parameter.name);
        Ok(graph.state(&name, self.parameter.shape.clone(), StateRole::Optimizer)?)
    }

    /// Adds the average of a state whose new value is known, as a node of its own.
    fn add_average(&self, graph: &mut Graph, new: Value, taken: Value) -> Result<(), ModelErrorKind> {
        let state = self.average_state(graph)?;
        let mut builder = Builder::new(3);
        let (old, new_operand, share) = (builder.input(0), builder.input(1), builder.input(2));
        let average = averaged(&mut builder, old, new_operand, share);
        let value = graph.map(builder.finish(&[average]), &[state, new, taken])?;
        Ok(graph.assign(state, value)?)
    }
}

/// `(1 - t) a + t w`: exactly w for t = 1 and exactly a for t = 0.
fn averaged(builder: &mut Builder, old: Operand, new: Operand, taken: Operand) -> Operand {
    let one = builder.constant(1.0);
    let kept = builder.apply(Function::Sub, &[one, taken]);
    let part = builder.apply(Function::Mul, &[taken, new]);
    builder.apply(Function::MulAdd, &[kept, old, part])
}

/// `min(1, limit / norm)`.
fn norm_scale(limit: f64) -> Program {
    let mut builder = Builder::new(1);
    let (one, limit) = (builder.constant(1.0), builder.constant(limit as f32));
    let ratio = builder.apply(Function::Div, &[limit, builder.input(0)]);
    let scale = builder.apply(Function::Min, &[one, ratio]);
    builder.finish(&[scale])
}
