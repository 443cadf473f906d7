//! Recurrent operators in a file: `LSTM` and `GRU`, whose sequences have the step's axis before that of the samples. What they
//! give stays apart, direction by direction, until a node puts the samples first.

use std::rc::Rc;

use proofmark_engine::map::{Builder, Function, Program};
use proofmark_engine::{GraphError, Value, ops};
use proofmark_tensor::Shape;

use super::constant::Constant;
use super::error::OnnxError;
use super::operators::floats;
use super::recurrent::gates;
use super::tape::{Known, Site, Tape, Tensor};
use crate::layers::recurrent::Cell;

/// What a recurrent operator gives.
#[derive(Clone)]
pub(super) struct States {
    /// `[T, units]` for each direction, as the engine has them: going forward, the last state stays beyond a sequence's end.
    directions: Vec<(Value, ops::Direction)>,
    steps: usize,
    units: usize,
    lengths: Option<Value>,
    part: Part,
}

/// Which of the states.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// `[T, directions, N, units]`, with zeros beyond a sequence's end.
    All,
    /// `[T, directions, N, units]`, going forward with the last state beyond a sequence's end.
    Held,
    /// `[directions, N, units]`, the ones that the sequences ended with.
    Last,
    /// Those, with zeros for the second direction.
    LastForward,
}

/// Which steps a sequence has, `[T, 1, N, 1]`.
#[derive(Clone, Copy)]
pub(super) struct Within {
    pub(super) lengths: Value,
    pub(super) steps: usize,
}

/// What stands in the file for one direction.
struct Weights {
    kernel: Value,
    recurrent: Value,
    bias: Option<Value>,
    recurrent_bias: Option<Value>,
}

/// `LSTM` or `GRU`: all states, which are the first output. See [`last`] for the second.
pub(super) fn recurrent(tape: &mut Tape, site: &Site<'_>, operands: &[Option<Known>]) -> Result<Known, OnnxError> {
    let refused = |source| site.refused(source);
    let operand = |position: usize| operands.get(position).and_then(Option::as_ref);
    let cell = if site.node.op_type == "LSTM" { Cell::Lstm } else { Cell::Gru };
    let Some(Known::Steps(x)) = operand(0) else { return Err(site.operand(0)) };
    let &[steps, channels] = &x.shape[..] else { return Err(site.operand(0)) };
    let directions = directions(site, cell)?;
    let n_gates = gates(cell).len();
    let dims = |position: usize| match operand(position) {
        Some(Known::Constant(constant)) => Ok(&constant.dims[..]),
        _ => Err(site.operand(position)),
    };
    let &[n_directions, rows, units] = dims(2)? else { return Err(site.operand(2)) };
    let is_whole = n_directions == directions.len() && units.checked_mul(n_gates) == Some(rows);
    if !is_whole || usize::try_from(site.int("hidden_size", units as i64)) != Ok(units) {
        return Err(site.operand(2));
    }
    if *dims(1)? != [n_directions, rows, channels] {
        return Err(site.operand(1));
    }
    if operand(3).is_some() && *dims(3)? != [n_directions, 2 * rows] {
        return Err(site.operand(3));
    }
    let lengths = match operand(4) {
        None => None,
        Some(Known::Whole(lengths)) if lengths.shape.iter().product::<usize>() == 1 => {
            Some(tape.reshape(lengths.value, &[]).map_err(refused)?)
        }
        Some(_) => return Err(site.operand(4)),
    };
    for position in [5, 6] {
        let is_zero = operand(position).is_none_or(|start| {
            matches!(start, Known::Constant(start)
                if start.floats().is_some_and(|numbers| numbers.iter().all(|number| *number == 0.0)))
        });
        if !is_zero {
            return Err(site.operand(position));
        }
    }
    if operand(7).is_some() {
        return Err(site.operand(7));
    }
    let mask = same(tape, &[units], 1.0).map_err(refused)?;
    let count = match lengths {
        Some(lengths) => lengths,
        None => same(tape, &[], steps as f32).map_err(refused)?,
    };
    let mut walked = Vec::with_capacity(n_directions);
    for (idx, direction) in directions.into_iter().enumerate() {
        let weights = weights(tape, site, operands, cell, [idx, channels, units])?;
        let h = walk(tape, x.value, &weights, cell, direction, [mask, count]).map_err(refused)?;
        walked.push((h, direction));
    }
    Ok(Known::States(Rc::new(States { directions: walked, steps, units, lengths, part: Part::All })))
}

/// The second output of a recurrent operator, from its first.
pub(super) fn last(all: &Known) -> Option<Known> {
    match all {
        Known::States(states) => Some(Known::States(Rc::new(States { part: Part::Last, ..States::clone(states) }))),
        _ => None,
    }
}

/// The directions of a node without any setting that there is no form for.
fn directions(site: &Site<'_>, cell: Cell) -> Result<Vec<ops::Direction>, OnnxError> {
    let (forward, backward) = (ops::Direction::Forward, ops::Direction::Backward);
    let directions = match site.text("direction") {
        None | Some(b"forward") => vec![forward],
        Some(b"reverse") => vec![backward],
        Some(b"bidirectional") => vec![forward, backward],
        Some(_) => return Err(site.attribute("direction")),
    };
    for name in ["clip", "activation_alpha", "activation_beta"] {
        if site.has(name) {
            return Err(site.attribute(name));
        }
    }
    for name in ["input_forget", "layout"] {
        if site.int(name, 0) != 0 {
            return Err(site.attribute(name));
        }
    }
    // The gates' functions are the usual ones, whether or not they are written out.
    let usual: &[&[u8]] = match cell {
        Cell::Lstm => &[b"Sigmoid", b"Tanh", b"Tanh"],
        Cell::Gru => &[b"Sigmoid", b"Tanh"],
    };
    let written = site.texts("activations");
    let is_usual = written.len() == usual.len() * directions.len()
        && written.iter().zip(usual.iter().cycle()).all(|(written, usual)| written == usual);
    if !written.is_empty() && !is_usual {
        return Err(site.attribute("activations"));
    }
    if cell == Cell::Gru && site.int("linear_before_reset", 0) == 0 {
        return Err(site.attribute("linear_before_reset"));
    }
    Ok(directions)
}

/// The constants of one direction, its gates in our order.
fn weights(
    tape: &mut Tape,
    site: &Site<'_>,
    operands: &[Option<Known>],
    cell: Cell,
    sizes: [usize; 3],
) -> Result<Weights, OnnxError> {
    let refused = |source| site.refused(source);
    let [direction, channels, units] = sizes;
    let gates = gates(cell);
    let columns = gates.len() * units;
    // Where one of our columns stands in the file.
    let place = |column: usize| {
        let at = gates.iter().position(|gate| *gate == column / units).unwrap_or_default();
        at * units + column % units
    };
    let mut matrices = Vec::with_capacity(2);
    for (position, inputs) in [(1, channels), (2, units)] {
        let numbers = floats(site, operands.get(position).and_then(Option::as_ref), position)?;
        let numbers = &numbers[direction * columns * inputs..][..columns * inputs];
        let turned = (0..inputs * columns).map(|idx| numbers[place(idx % columns) * inputs + idx / columns]).collect();
        matrices.push(tape.state(&[inputs, columns], turned).map_err(refused)?);
    }
    let mut result = Weights { kernel: matrices[0], recurrent: matrices[1], bias: None, recurrent_bias: None };
    let Some(bias @ Known::Constant(_)) = operands.get(3).and_then(Option::as_ref) else { return Ok(result) };
    let numbers = &floats(site, Some(bias), 3)?[direction * 2 * columns..][..2 * columns];
    let [mut of_input, of_state] =
        [0, columns].map(|start| (0..columns).map(|column| numbers[start + place(column)]).collect::<Vec<f32>>());
    match cell {
        // Our layer has one bias: that of the input, and that of the state where it is any.
        Cell::Lstm => {
            for (a, b) in of_input.iter_mut().zip(&of_state).filter(|(_, b)| **b != 0.0) {
                *a += b;
            }
        }
        Cell::Gru => result.recurrent_bias = Some(tape.state(&[columns], of_state).map_err(refused)?),
    }
    result.bias = Some(tape.state(&[columns], of_input).map_err(refused)?);
    Ok(result)
}

/// The states of one direction, as the layer has them.
fn walk(
    tape: &mut Tape,
    x: Value,
    weights: &Weights,
    cell: Cell,
    direction: ops::Direction,
    [mask, length]: [Value; 2],
) -> Result<Value, GraphError> {
    let mut projected = tape.graph.add(ops::Dense, &[x, weights.kernel])?;
    if let Some(bias) = weights.bias {
        projected = tape.graph.map(Program::of(Function::Add), &[projected, bias])?;
    }
    let states = match cell {
        Cell::Lstm => tape.graph.apply(ops::Lstm { direction }, &[projected, weights.recurrent, mask, length])?,
        Cell::Gru => {
            let inside = match weights.recurrent_bias {
                Some(inside) => inside,
                None => {
                    let columns = tape.graph.shape(weights.recurrent).last();
                    tape.state(&[columns], vec![0.0; columns])?
                }
            };
            tape.graph.apply(ops::Gru { direction }, &[projected, weights.recurrent, inside, mask, length])?
        }
    };
    Ok(states[0])
}

/// The same number throughout a value of this shape, of at most one axis, for each sample.
fn same(tape: &mut Tape, shape: &[usize], number: f32) -> Result<Value, GraphError> {
    let sample = tape.graph.inputs()[0].value;
    let elements = tape.graph.shape(sample).elements();
    let row = tape.reshape(sample, &[elements])?;
    let one = tape.graph.add(ops::Slice { axis: 0, start: 0, length: 1 }, &[row])?;
    let scalar = tape.reshape(one, &[])?;
    let builder = Builder::new(1);
    let constant = builder.constant(number);
    let scalar = tape.graph.map(builder.finish(&[constant]), &[scalar])?;
    if shape.is_empty() {
        return Ok(scalar);
    }
    tape.graph.add(ops::Broadcast { shape: Shape::new(shape), axes: vec![0] }, &[scalar])
}

/// The axes of a sequence, `[T, N, C]`, or of states in another order.
pub(super) fn transposed(tape: &mut Tape, site: &Site<'_>, x: &Known) -> Result<Option<Known>, OnnxError> {
    let refused = |source| site.refused(source);
    let axes = site.ints("perm").unwrap_or_default();
    match x {
        Known::Sample(x) if x.shape.len() == 2 && *axes == [1, 0, 2] => {
            tape.plain(x).map(|x| Some(Known::Steps(x))).map_err(refused)
        }
        Known::Steps(x) if x.shape.len() == 2 && *axes == [1, 0, 2] => Ok(Some(Known::Sample(x.clone()))),
        Known::Steps(_) => Err(site.batch_axis()),
        Known::States(states) => {
            let x = states.sample(tape, site)?;
            match (states.is_last(), axes) {
                (false, [2, 0, 1, 3]) | (true, [1, 0, 2]) => Ok(Some(Known::Sample(x))),
                (false, [0, 2, 1, 3]) => Ok(Some(Known::Steps(x))),
                _ => Err(site.batch_axis()),
            }
        }
        _ => Ok(None),
    }
}

/// Without the axis of the directions, where there is one only.
pub(super) fn squeezed(
    tape: &mut Tape,
    site: &Site<'_>,
    states: &States,
    axes: Option<&Known>,
) -> Result<Known, OnnxError> {
    let axes = match axes {
        Some(Known::Constant(constant)) => constant.integers().ok_or_else(|| site.operand(1))?,
        Some(_) => return Err(site.operand(1)),
        None => site.ints("axes").unwrap_or_default(),
    };
    if states.directions.len() != 1 || *axes != [i64::from(!states.is_last())] {
        return Err(site.attribute("axes"));
    }
    let x = states.sample(tape, site)?;
    let mut shape = x.shape;
    shape.remove(shape.len() - 2);
    let value = tape.reshape(x.value, &shape).map_err(|source| site.refused(source))?;
    let x = Tensor { value, shape, is_channels_last: false };
    // Of the last ones the samples come first by now.
    Ok(if states.is_last() { Known::Sample(x) } else { Known::Steps(x) })
}

/// Both directions of each step in one row: the extents are `[0, 0, -1]`, or the last one written out.
pub(super) fn joined(
    tape: &mut Tape,
    site: &Site<'_>,
    x: &Tensor,
    extents: Option<&Known>,
) -> Result<Known, OnnxError> {
    let Some(Known::Constant(extents)) = extents else { return Err(site.operand(1)) };
    let &[steps, directions, units] = &x.shape[..] else { return Err(site.operand(0)) };
    let width = directions * units;
    let fits = matches!(extents.integers(), Some([0, 0, last]) if *last == -1 || *last == width as i64);
    if !fits || site.int("allowzero", 0) != 0 {
        return Err(site.operand(1));
    }
    let shape = vec![steps, width];
    let value = tape.reshape(x.value, &shape).map_err(|source| site.refused(source))?;
    Ok(Known::Steps(Tensor { value, shape, is_channels_last: false }))
}

/// The last states with zeros for those of the second direction.
pub(super) fn forward_only(site: &Site<'_>, states: &States, factors: &Constant) -> Result<Known, OnnxError> {
    let is_forward = factors.dims == [2, 1, 1] && factors.floats().is_some_and(|numbers| *numbers == [1.0, 0.0]);
    if states.part != Part::Last || states.directions.len() != 2 || !is_forward {
        return Err(site.operand(0));
    }
    Ok(Known::States(Rc::new(States { part: Part::LastForward, ..states.clone() })))
}

/// Within a sequence its states, and beyond it the last one.
pub(super) fn held(site: &Site<'_>, within: Within, all: &Known, last: &Known) -> Result<Known, OnnxError> {
    let Known::States(all) = all else { return Err(site.operand(1)) };
    let Known::States(last) = last else { return Err(site.operand(2)) };
    let stays = match &all.directions[..] {
        [(_, ops::Direction::Forward)] => Part::Last,
        [_, _] => Part::LastForward,
        _ => return Err(site.operand(1)),
    };
    let is_whole = all.part == Part::All && all.steps == within.steps;
    if !is_whole || all.lengths != Some(within.lengths) {
        return Err(site.operand(1));
    }
    if last.part != stays || last.directions[0].0 != all.directions[0].0 {
        return Err(site.operand(2));
    }
    Ok(Known::States(Rc::new(States { part: Part::Held, ..States::clone(all) })))
}

impl States {
    fn is_last(&self) -> bool {
        matches!(self.part, Part::Last | Part::LastForward)
    }

    /// With the samples first: `[T, directions, units]`, or of the last ones `[directions, units]`.
    fn sample(&self, tape: &mut Tape, site: &Site<'_>) -> Result<Tensor, OnnxError> {
        let refused = |source| site.refused(source);
        let States { steps, units, .. } = *self;
        let is_last = match self.part {
            Part::Last => true,
            Part::Held => false,
            // As they are where no sequence ends before the others, or where zeros are what stands before its start.
            Part::All
                if self.lengths.is_none() || self.directions.iter().all(|(_, d)| *d == ops::Direction::Backward) =>
            {
                false
            }
            Part::All | Part::LastForward => return Err(site.operand(0)),
        };
        let mut parts = Vec::with_capacity(self.directions.len());
        for (h, direction) in &self.directions {
            if !is_last {
                parts.push(*h);
                continue;
            }
            let start = match direction {
                ops::Direction::Forward => steps - 1,
                ops::Direction::Backward => 0,
            };
            let row = tape.graph.add(ops::Slice { axis: 0, start, length: 1 }, &[*h]).map_err(refused)?;
            parts.push(tape.reshape(row, &[units]).map_err(refused)?);
        }
        let value = match parts[..] {
            [one] => one,
            _ => tape.graph.add(ops::Concat { axis: usize::from(!is_last) }, &parts).map_err(refused)?,
        };
        let mut shape = if is_last { Vec::new() } else { vec![steps] };
        shape.extend([self.directions.len(), units]);
        let value = tape.reshape(value, &shape).map_err(refused)?;
        Ok(Tensor { value, shape, is_channels_last: false })
    }
}
