//! Attention in a file: products of queries and keys on their way to weighted sums of values. What the nodes in between say
//! (scale, mask, padding, softmax) is collected, and becomes one operation of the engine where the values come in.

use std::rc::Rc;

use proofmark_engine::map::{Builder, Function};
use proofmark_engine::{Value, ops};

use super::constant::Constant;
use super::error::OnnxError;
use super::sequences::Within;
use super::tape::{Known, Site, Tape, Tensor};

/// As low as a number must be that hides a score: the softmax makes 0 of it beside any score that is less than this.
const HIDDEN: f32 = -1e30;

/// Products of queries and keys, and what was made of them.
#[derive(Clone)]
pub(super) struct Scores {
    /// `[heads, T, D]`.
    queries: Value,
    /// `[heads, S, D]`.
    keys: Value,
    /// The shape in the file, without the batch: `[heads, T, S]`, or `[T, S]` of a single head.
    shape: Vec<usize>,
    width: usize,
    scale: f32,
    is_causal: bool,
    /// How many keys of a sample count.
    lengths: Option<Value>,
    /// Whether the softmax was taken.
    are_probabilities: bool,
    /// Whether a padded key's probability was set to 0, as it must be where a sample has no keys at all.
    are_cleared: bool,
}

/// Which keys are no padding: those before a sample's length.
#[derive(Clone)]
pub(super) struct Seen {
    lengths: Value,
    keys: usize,
}

impl Scores {
    fn sizes(&self) -> [usize; 3] {
        match self.shape[..] {
            [heads, queries, keys] => [heads, queries, keys],
            _ => [1, self.shape[0], self.shape[1]],
        }
    }

    /// Nothing of the kind stands in the file after the softmax.
    fn before_softmax(&self, site: &Site<'_>) -> Result<Scores, OnnxError> {
        if self.are_probabilities { Err(site.operand(0)) } else { Ok(self.clone()) }
    }

    fn scaled(&self, site: &Site<'_>, constant: &Constant, divides: bool) -> Result<Scores, OnnxError> {
        let scores = self.before_softmax(site)?;
        match constant.floats() {
            Some(&[factor]) if constant.dims.len() <= self.shape.len() + 1 => {
                Ok(Scores { scale: if divides { self.scale / factor } else { self.scale * factor }, ..scores })
            }
            _ => Err(site.operand(1)),
        }
    }

    /// The scores with a mask added: 0 where a query sees a key and almost minus infinity where it does not.
    fn masked(&self, site: &Site<'_>, mask: &Constant) -> Result<Scores, OnnxError> {
        let scores = self.before_softmax(site)?;
        let [_, queries, keys] = self.sizes();
        let ones = mask.dims.len().checked_sub(2).ok_or_else(|| site.operand(1))?;
        let numbers = mask.floats().ok_or_else(|| site.operand(1))?;
        let is_of_all = mask.dims[..ones].iter().all(|extent| *extent == 1);
        if !is_of_all || ones + 1 > self.shape.len() || mask.dims[ones..] != [queries, keys] || queries != keys {
            return Err(site.operand(1));
        }
        if numbers.iter().all(|number| *number == 0.0) {
            return Ok(scores);
        }
        let is_causal = numbers
            .iter()
            .enumerate()
            .all(|(at, number)| if at % keys > at / keys { *number <= HIDDEN } else { *number == 0.0 });
        if is_causal { Ok(Scores { is_causal, ..scores }) } else { Err(site.operand(1)) }
    }
}

/// `queries keys^T`, where the second operand is the keys with their last two axes exchanged.
pub(super) fn product(tape: &mut Tape, site: &Site<'_>, a: &Tensor, b: &Tensor) -> Result<Known, OnnxError> {
    let refused = |source| site.refused(source);
    let (queries, turned) = (tape.plain(a).map_err(refused)?, tape.plain(b).map_err(refused)?);
    let rank = queries.shape.len();
    let fits = matches!(rank, 2 | 3)
        && turned.shape.len() == rank
        && queries.shape[..rank - 2] == turned.shape[..rank - 2]
        && queries.shape[rank - 1] == turned.shape[rank - 2];
    if !fits {
        return Err(site.operand(1));
    }
    let (width, keys) = (queries.shape[rank - 1], turned.shape[rank - 1]);
    let axes = if rank == 2 { vec![1, 0] } else { vec![0, 2, 1] };
    let turned = tape.transposed(turned.value, axes).map_err(refused)?;
    let mut shape = queries.shape.clone();
    shape[rank - 1] = keys;
    Ok(Known::Scores(Rc::new(Scores {
        queries: queries.value,
        keys: turned,
        shape,
        width,
        scale: 1.0,
        is_causal: false,
        lengths: None,
        are_probabilities: false,
        are_cleared: false,
    })))
}

/// A node that works on scores element by element; `None` if it does not.
pub(super) fn element_wise(site: &Site<'_>, operands: &[Option<Known>]) -> Option<Result<Known, OnnxError>> {
    let operator = &site.node.op_type[..];
    let scores = match (operator, operands) {
        ("Mul", [Some(Known::Scores(scores)), Some(Known::Constant(constant))])
        | ("Mul", [Some(Known::Constant(constant)), Some(Known::Scores(scores))]) => {
            scores.scaled(site, constant, false)
        }
        ("Div", [Some(Known::Scores(scores)), Some(Known::Constant(constant))]) => scores.scaled(site, constant, true),
        ("Add", [Some(Known::Scores(scores)), Some(Known::Constant(constant))])
        | ("Add", [Some(Known::Constant(constant)), Some(Known::Scores(scores))]) => scores.masked(site, constant),
        _ => return None,
    };
    Some(scores.map(|scores| Known::Scores(Rc::new(scores))))
}

/// Which keys are no padding: positions from 0 on, less than a length for each sample.
pub(super) fn less(tape: &mut Tape, site: &Site<'_>, a: &Known, b: &Known) -> Result<Known, OnnxError> {
    let Known::Constant(positions) = a else { return Err(site.operand(0)) };
    let Known::Whole(lengths) = b else { return Err(site.operand(1)) };
    // Steps of sequences stand in the first of four axes.
    let steps = positions.elements();
    let is_of_steps = positions.dims == [steps, 1, 1, 1] && lengths.shape == [1];
    let numbers = positions.floats().ok_or_else(|| site.operand(0))?;
    let is_last = positions.dims.last() == Some(&steps);
    if !numbers.iter().enumerate().all(|(at, number)| at as f32 == *number) || !(is_of_steps || is_last) {
        return Err(site.operand(0));
    }
    if lengths.shape.iter().product::<usize>() != 1 {
        return Err(site.operand(1));
    }
    let lengths = tape.reshape(lengths.value, &[]).map_err(|source| site.refused(source))?;
    if is_of_steps {
        return Ok(Known::Within(Within { lengths, steps }));
    }
    Ok(Known::Seen(Seen { lengths, keys: steps }))
}

/// Scores or probabilities, where a key is no padding, and a number that hides it elsewhere.
pub(super) fn choose(site: &Site<'_>, operands: [&Known; 3]) -> Result<Known, OnnxError> {
    let [Known::Seen(seen), Known::Scores(scores), Known::Constant(other)] = operands else {
        return Err(site.operand(0));
    };
    let Some(&[other]) = other.floats() else { return Err(site.operand(2)) };
    let mut scores = Scores::clone(scores);
    if scores.shape.last() != Some(&seen.keys) || scores.lengths.is_some_and(|lengths| lengths != seen.lengths) {
        return Err(site.operand(1));
    }
    if !scores.are_probabilities && other <= HIDDEN {
        scores.lengths = Some(seen.lengths);
    } else if scores.are_probabilities && scores.lengths.is_some() && other == 0.0 {
        scores.are_cleared = true;
    } else {
        return Err(site.operand(2));
    }
    Ok(Known::Scores(Rc::new(scores)))
}

/// The softmax over the keys.
pub(super) fn softmax(tape: &Tape, site: &Site<'_>, scores: &Scores) -> Result<Known, OnnxError> {
    let scores = scores.before_softmax(site)?;
    let rank = scores.shape.len();
    if site.axis(site.int("axis", if tape.opset < 13 { 1 } else { -1 }), rank)? + 1 != rank {
        return Err(site.attribute("axis"));
    }
    Ok(Known::Scores(Rc::new(Scores { are_probabilities: true, ..scores })))
}

/// The values `[heads, S, E]`, weighted by the probabilities.
pub(super) fn attend(tape: &mut Tape, site: &Site<'_>, scores: &Scores, v: &Tensor) -> Result<Tensor, OnnxError> {
    let refused = |source| site.refused(source);
    let [heads, queries, keys] = scores.sizes();
    if !scores.are_probabilities || (scores.lengths.is_some() && !scores.are_cleared) {
        return Err(site.operand(0));
    }
    let rank = scores.shape.len();
    let v = tape.plain(v).map_err(refused)?;
    if v.shape.len() != rank || v.shape[rank - 2] != keys || v.shape[..rank - 2] != scores.shape[..rank - 2] {
        return Err(site.operand(1));
    }
    let value_width = v.shape[rank - 1];
    let mut shape = scores.shape.clone();
    shape[rank - 1] = value_width;
    crate::build::elements(&shape).map_err(|_| site.operand(1))?;
    // The engine's scale is that of Vaswani and others; for another one the queries make up.
    let own = (1.0 / (scores.width as f64).sqrt()) as f32;
    let mut q = scores.queries;
    if scores.scale.to_bits() != own.to_bits() {
        let mut builder = Builder::new(1);
        let factor = builder.constant((f64::from(scores.scale) * (scores.width as f64).sqrt()) as f32);
        let product = builder.apply(Function::Mul, &[builder.input(0), factor]);
        q = tape.graph.map(builder.finish(&[product]), &[q]).map_err(refused)?;
    }
    // Heads side by side.
    let mut operands = Vec::new();
    for (value, steps, width) in
        [(q, queries, scores.width), (scores.keys, keys, scores.width), (v.value, keys, value_width)]
    {
        let by_step = if rank == 2 { value } else { tape.transposed(value, vec![1, 0, 2]).map_err(refused)? };
        operands.push(tape.reshape(by_step, &[steps, heads * width]).map_err(refused)?);
    }
    operands.extend(scores.lengths);
    let op = ops::Attention { heads, is_causal: scores.is_causal, has_lengths: scores.lengths.is_some() };
    let y = tape.graph.apply(op, &operands).map_err(refused)?[0];
    let value = if rank == 2 {
        y
    } else {
        let by_head = tape.reshape(y, &[queries, heads, value_width]).map_err(refused)?;
        tape.transposed(by_head, vec![1, 0, 2]).map_err(refused)?
    };
    Ok(Tensor { value, shape, is_channels_last: false })
}
