use super::functions::Function;
use super::{Builder, Map, Operand, Program};
use crate::error::GradientError;
use crate::graph::{Span, Value};
use crate::ops::{BatchSum, GradientSite, Reduce, ReduceKind};

/// Differentiates `program` in reverse and adds the nodes.
///
/// The backward program recomputes what it needs from the inputs, except that a result which is an output of the
/// forward program is read from there: so `relu`, `sigmoid` and `tanh` need not keep their argument.
pub(super) fn gradient(program: &Program, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
    let n_inputs = program.n_inputs();
    let n_outputs = program.n_outputs();
    // The backward program's inputs: forward inputs, forward outputs, gradients of the outputs. Unused ones go at the end.
    let mut builder = Builder::new(n_inputs + 2 * n_outputs);
    let mut results: Vec<Operand> = Vec::with_capacity(program.len());
    for (idx, step) in program.steps().iter().enumerate() {
        let own = Operand::Step(idx as u8);
        let result = match program.outputs().iter().position(|output| *output == own) {
            Some(output) => builder.input(n_inputs + output),
            None => {
                let arguments = step.arguments.map(|operand| resolve(operand, &results));
                builder.apply(step.function, &arguments[..step.function.arity()])
            }
        };
        results.push(result);
    }
    let mut step_gradients: Vec<Option<Operand>> = vec![None; program.len()];
    let mut input_gradients: Vec<Option<Operand>> = vec![None; n_inputs];
    for (output, operand) in program.outputs().iter().enumerate() {
        if site.output_gradients[output].is_some() {
            let gradient = builder.input(n_inputs + n_outputs + output);
            accumulate(&mut builder, *operand, gradient, &mut step_gradients, &mut input_gradients);
        }
    }
    for (idx, step) in program.steps().iter().enumerate().rev() {
        let Some(gradient) = step_gradients[idx] else { continue };
        let arity = step.function.arity();
        let arguments = step.arguments.map(|operand| resolve(operand, &results));
        let partials = step.function.gradient(&mut builder, &arguments[..arity], results[idx], gradient);
        for (operand, partial) in step.arguments[..arity].iter().zip(partials) {
            if let Some(partial) = partial {
                accumulate(&mut builder, *operand, partial, &mut step_gradients, &mut input_gradients);
            }
        }
    }

    let sources: Vec<Option<Value>> = site
        .inputs
        .iter()
        .chain(site.outputs)
        .map(|value| Some(*value))
        .chain(site.output_gradients.iter().copied())
        .collect();
    // The gradient must have the output's shape even where the program reads only narrow inputs.
    let full = site.graph.ty(site.outputs[0]).clone();
    // A gradient that is passed on as it came (an addition's, say) is no new value.
    let passed_on = |operand: &Operand, site: &GradientSite<'_>| match operand {
        Operand::Input(idx) => sources[usize::from(*idx)].filter(|value| *site.graph.ty(*value) == full),
        Operand::Step(_) | Operand::Constant(_) => None,
    };
    let mut computed: Vec<Operand> = Vec::new();
    for (input, gradient) in input_gradients.iter().enumerate() {
        if let (true, Some(gradient)) = (site.wanted[input], gradient)
            && passed_on(gradient, site).is_none()
            && !computed.contains(gradient)
        {
            computed.push(*gradient);
        }
    }
    let computed_values = if computed.is_empty() {
        Vec::new()
    } else {
        let (backward, used) = builder.finish(&computed).without_unused_inputs();
        let values: Vec<Value> =
            used.iter().map(|idx| sources[*idx].expect("a program reads only gradients that exist")).collect();
        widen(site, backward, values, &full)?
    };
    let mut gradients = vec![None; n_inputs];
    for (input, gradient) in input_gradients.iter().enumerate() {
        let (true, Some(gradient)) = (site.wanted[input], gradient) else { continue };
        let value = match passed_on(gradient, site) {
            Some(value) => value,
            None => computed_values[computed.iter().position(|other| other == gradient).expect("listed above")],
        };
        gradients[input] = Some(narrow(site, value, site.inputs[input])?);
    }
    Ok(gradients)
}

fn resolve(operand: Operand, results: &[Operand]) -> Operand {
    match operand {
        Operand::Step(idx) => results[usize::from(idx)],
        other => other,
    }
}

fn accumulate(
    builder: &mut Builder,
    operand: Operand,
    gradient: Operand,
    steps: &mut [Option<Operand>],
    inputs: &mut [Option<Operand>],
) {
    let slot = match operand {
        Operand::Input(idx) => &mut inputs[usize::from(idx)],
        Operand::Step(idx) => &mut steps[usize::from(idx)],
        Operand::Constant(_) => return,
    };
    *slot = Some(match *slot {
        Some(sum) => builder.apply(Function::Add, &[sum, gradient]),
        None => gradient,
    });
}

/// Applies the backward program so that its outputs have the forward output's type.
fn widen(
    site: &mut GradientSite<'_>,
    program: Program,
    mut values: Vec<Value>,
    full: &crate::Type,
) -> Result<Vec<Value>, GradientError> {
    let is_full = |value: &Value| site.graph.ty(*value).shape == full.shape;
    let has_shape = values.iter().any(is_full);
    let has_span = full.span == Span::Step || values.iter().any(|v| site.graph.ty(*v).span == Span::Sample);
    let mut program = program;
    if !(has_shape && has_span) {
        // An input that is not read still gives the shape.
        program = program.with_unused_input();
        values.push(site.outputs[0]);
    }
    Ok(site.graph.apply(Map { program }, &values)?)
}

/// Sums a full gradient over what `input` was repeated over.
fn narrow(site: &mut GradientSite<'_>, gradient: Value, input: Value) -> Result<Value, GradientError> {
    let from = site.graph.ty(gradient).clone();
    let to = site.graph.ty(input).clone();
    if from == to {
        return Ok(gradient);
    }
    if from.span == Span::Sample && to.span == Span::Step {
        return Ok(site.graph.add(BatchSum { shape: to.shape }, &[gradient])?);
    }
    let axes = (0..from.shape.rank() - to.shape.rank()).collect();
    Ok(site.graph.add(Reduce { kind: ReduceKind::Sum, axes }, &[gradient])?)
}

impl Program {
    /// The program without the inputs that it does not read, and the indices of those it does.
    fn without_unused_inputs(self) -> (Program, Vec<usize>) {
        let mut used: Vec<usize> = Vec::new();
        let mut note = |operand: &Operand| {
            if let Operand::Input(idx) = operand
                && !used.contains(&usize::from(*idx))
            {
                used.push(usize::from(*idx));
            }
        };
        for step in self.steps() {
            step.arguments[..step.function.arity()].iter().for_each(&mut note);
        }
        self.outputs().iter().for_each(&mut note);
        used.sort_unstable();
        let mut builder = Builder::new(used.len());
        let renumber = |operand: Operand, results: &[Operand]| match operand {
            Operand::Input(idx) => {
                let position = used.iter().position(|other| *other == usize::from(idx)).expect("noted above");
                Operand::Input(position as u8)
            }
            other => resolve(other, results),
        };
        let mut results = Vec::new();
        for step in self.steps() {
            let arguments = step.arguments.map(|operand| renumber(operand, &results));
            results.push(builder.apply(step.function, &arguments[..step.function.arity()]));
        }
        let outputs: Vec<Operand> = self.outputs().iter().map(|operand| renumber(*operand, &results)).collect();
        (builder.finish(&outputs), used)
    }

    /// The program with one more input at the end, which it does not read.
    fn with_unused_input(self) -> Program {
        let mut builder = Builder::new(self.n_inputs() + 1);
        let mut results = Vec::new();
        for step in self.steps() {
            let arguments = step.arguments.map(|operand| resolve(operand, &results));
            results.push(builder.apply(step.function, &arguments[..step.function.arity()]));
        }
        let outputs: Vec<Operand> = self.outputs().iter().map(|operand| resolve(*operand, &results)).collect();
        builder.finish(&outputs)
    }
}
