//! What several nodes of a file say that one operation of ours says: how a value was made is kept until a node gives it that
//! meaning. So our own files become the operations that they were written from, with the same bits, and those of others lose a
//! rounding here and there. Nodes that nobody reads in the end are not run.

use std::rc::Rc;

use proofmark_engine::map::{Builder, Function, Operand};
use proofmark_engine::{GraphError, Value, ops};

use super::tape::{Tape, Tensor};

/// How a value was made.
#[derive(Clone)]
pub(super) enum Made {
    /// Times constants of these extents.
    Product { x: Value, factor: Factor, dims: Vec<usize> },
    /// Times itself.
    Square(Value),
    /// The mean of the squares along the last axis, which is kept.
    MeanSquare(Value),
    /// That and a small number.
    MeanSquareAndEpsilon(Value, f32),
    /// The root of that.
    Deviation(Value, f32),
    /// The two of each pair along the last axis exchanged, the new first one negative.
    Swapped(Value),
    /// An image or a sequence, with its channels last in the graph, in two axes of which the first are groups of channels.
    Groups(Rc<Tensor>),
    /// In that shape, normalised: the image that it stands for.
    NormalGroups(Rc<Tensor>),
}

/// What a value was multiplied by.
#[derive(Clone, Copy)]
pub(super) enum Factor {
    Number(f32),
    Value(Value),
}

impl Factor {
    /// The factor in a program, whose further inputs are these.
    pub(super) fn operand(self, builder: &mut Builder, inputs: &mut Vec<Value>) -> Operand {
        match self {
            Factor::Number(number) => builder.constant(number),
            Factor::Value(value) => {
                inputs.push(value);
                builder.input(inputs.len() - 1)
            }
        }
    }
}

/// `a b + c` in one program: gain and bias, or gelu's half and half.
pub(super) fn multiply_add(tape: &mut Tape, x: Value, factor: Factor, addend: Factor) -> Result<Value, GraphError> {
    let values = [factor, addend].iter().filter(|factor| matches!(factor, Factor::Value(_))).count();
    let mut builder = Builder::new(1 + values);
    let mut inputs = vec![x];
    let factor = factor.operand(&mut builder, &mut inputs);
    let addend = addend.operand(&mut builder, &mut inputs);
    let result = builder.apply(Function::MulAdd, &[builder.input(0), factor, addend]);
    tape.graph.map(builder.finish(&[result]), &inputs)
}

/// `x cos + (x swapped) sin`, as pairs are turned: the cosine's product is added to the rounded one of the sine. `None` if the
/// two are anything else.
pub(super) fn turned_pairs(tape: &mut Tape, along: Value, across: Value) -> Result<Option<Value>, GraphError> {
    let made = [along, across].map(|value| tape.made(value).cloned());
    let [Some(Made::Product { x, factor, .. }), Some(Made::Product { x: swapped, .. })] = made else { return Ok(None) };
    if !matches!(tape.made(swapped), Some(Made::Swapped(from)) if *from == x) {
        return Ok(None);
    }
    multiply_add(tape, x, factor, Factor::Value(across)).map(Some)
}

/// Whether a matrix exchanges the two of each pair and makes the new first one negative.
pub(super) fn swaps_pairs(rows: usize, columns: usize, numbers: &[f32]) -> bool {
    rows == columns
        && rows.is_multiple_of(2)
        && numbers.iter().enumerate().all(|(at, number)| {
            let (row, column) = (at / columns, at % columns);
            let expected = match row ^ column {
                1 if row > column => -1.0,
                1 => 1.0,
                _ => 0.0,
            };
            *number == expected
        })
}

/// `x / r` where r is the root mean square of x's rows; `None` if it is anything else.
pub(super) fn root_mean_square(tape: &mut Tape, a: &Tensor, b: &Tensor) -> Result<Option<Value>, GraphError> {
    let Some(Made::Deviation(x, epsilon)) = tape.made(b.value).cloned() else { return Ok(None) };
    if x != a.value || a.is_channels_last || b.is_channels_last || !(epsilon > 0.0 && epsilon.is_finite()) {
        return Ok(None);
    }
    Ok(Some(tape.graph.apply(ops::Normalize { centre: ops::Centre::Zero, epsilon }, &[x])?[0]))
}

/// Groups of channels normalised as our layer does, position by position and not channel by channel: the image again.
pub(super) fn normalized_groups(
    tape: &mut Tape,
    x: &Tensor,
    groups: usize,
    epsilon: f32,
) -> Result<Tensor, GraphError> {
    let channels = x.shape[0];
    let positions: usize = x.shape[1..].iter().product();
    let group = channels / groups;
    let split = tape.reshape(x.value, &[positions, groups, group])?;
    let moved = tape.transposed(split, vec![1, 0, 2])?;
    let rows = tape.reshape(moved, &[groups, positions * group])?;
    let normal = tape.graph.apply(ops::Normalize { centre: ops::Centre::Mean, epsilon }, &[rows])?[0];
    let split = tape.reshape(normal, &[groups, positions, group])?;
    let moved = tape.transposed(split, vec![1, 0, 2])?;
    let shape = tape.graph.shape(x.value).to_vec();
    let value = tape.reshape(moved, &shape)?;
    Ok(Tensor { value, ..x.clone() })
}
