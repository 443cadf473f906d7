//! What each operator of a file becomes.

use std::rc::Rc;

use proofmark_engine::map::{Builder, Function, Operand};
use proofmark_engine::ops;

use super::constant::{self, Constant, Numbers};
use super::error::OnnxError;
use super::idioms::Made;
use super::tape::{Known, Site, Tape, Tensor};
use super::{normalizations, products, proto, scores, sequences, windows};

/// The operators that are read.
pub const OPERATORS: &[&str] = &[
    "Abs",
    "Add",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Clip",
    "Concat",
    "Constant",
    "Conv",
    "ConvTranspose",
    "Div",
    "Dropout",
    "Erf",
    "Exp",
    "Flatten",
    "Floor",
    "GRU",
    "Gather",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Identity",
    "InstanceNormalization",
    "LSTM",
    "LayerNormalization",
    "Less",
    "LogSoftmax",
    "MatMul",
    "MaxPool",
    "Mul",
    "Neg",
    "ReduceMax",
    "ReduceMean",
    "Relu",
    "Reshape",
    "Sigmoid",
    "Sign",
    "Softmax",
    "Softplus",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Tanh",
    "Transpose",
    "Unsqueeze",
    "Where",
    "ZipMap",
];

/// Adds a node; what its first output is.
pub(super) fn apply(tape: &mut Tape, site: &Site<'_>, operands: &[Option<Known>]) -> Result<Known, OnnxError> {
    let refused = |source| site.refused(source);
    let is_own = matches!(&site.node.domain[..], "" | "ai.onnx");
    let is_learning = site.node.domain == "ai.onnx.ml" && site.node.op_type == "ZipMap";
    if !is_own && !is_learning {
        return Err(site.unsupported());
    }
    let operand =
        |position: usize| operands.get(position).and_then(Option::as_ref).ok_or_else(|| site.operand(position));
    let sample = |position: usize| match operand(position)? {
        Known::Sample(x) => Ok(x.clone()),
        _ => Err(site.operand(position)),
    };
    if let Some(result) = scores::element_wise(site, operands) {
        return result;
    }
    let each = |tape: &mut Tape, program: fn(&mut Builder, Operand) -> Operand| {
        tape.each(&sample(0)?, program).map_err(refused)
    };
    let result = match &site.node.op_type[..] {
        "Identity" | "Dropout" | "ZipMap" => return operand(0).cloned(),
        "Cast" => return cast(site, operand(0)?),
        "Constant" => {
            let tensor = site.tensor("value").ok_or_else(|| site.attribute("value"))?;
            return Ok(Known::Constant(Rc::new(constant::read(tensor)?)));
        }
        "Add" => tape.binary(site, Function::Add, operand(0)?, operand(1)?)?,
        "Sub" => tape.binary(site, Function::Sub, operand(0)?, operand(1)?)?,
        "Mul" if let (Known::States(states), Known::Constant(factors)) = (operand(0)?, operand(1)?) => {
            return sequences::forward_only(site, states, factors);
        }
        "Mul" => tape.binary(site, Function::Mul, operand(0)?, operand(1)?)?,
        "Div" => tape.binary(site, Function::Div, operand(0)?, operand(1)?)?,
        "Abs" => each(tape, |builder, x| builder.apply(Function::Abs, &[x]))?,
        "Sign" => each(tape, |builder, x| builder.apply(Function::Sign, &[x]))?,
        "Relu" => each(tape, |builder, x| builder.apply(Function::Relu, &[x]))?,
        "Sigmoid" => each(tape, |builder, x| builder.apply(Function::Sigmoid, &[x]))?,
        "Tanh" => each(tape, |builder, x| builder.apply(Function::Tanh, &[x]))?,
        "Softplus" => each(tape, |builder, x| builder.apply(Function::Softplus, &[x]))?,
        "Exp" => each(tape, |builder, x| builder.apply(Function::Exp, &[x]))?,
        "Erf" => each(tape, |builder, x| builder.apply(Function::Erf, &[x]))?,
        "Neg" => each(tape, |builder, x| builder.apply(Function::Neg, &[x]))?,
        "Sqrt" => {
            let x = sample(0)?;
            let root = each(tape, |builder, x| builder.apply(Function::Sqrt, &[x]))?;
            if let Some(Made::MeanSquareAndEpsilon(of, epsilon)) = tape.made(x.value).cloned() {
                tape.note(root.value, Made::Deviation(of, epsilon));
            }
            root
        }
        // Read only where a fraction does not count.
        "Floor" => return sample(0).map(Known::Whole),
        "Less" => return scores::less(tape, site, operand(0)?, operand(1)?),
        "Where" if let Known::Within(within) = operand(0)? => {
            return sequences::held(site, *within, operand(1)?, operand(2)?);
        }
        "Where" => return scores::choose(site, [operand(0)?, operand(1)?, operand(2)?]),
        "Gather" => products::gather(tape, site, operand(0)?, operand(1)?)?,
        "Gelu" => match site.text("approximate") {
            None | Some(b"none" | b"") => each(tape, |builder, x| crate::Activation::Gelu.apply(builder, x))?,
            Some(_) => return Err(site.attribute("approximate")),
        },
        "Clip" => clip(tape, site, &sample(0)?, operands)?,
        "Softmax" => {
            if let Known::Scores(scores) = operand(0)? {
                return scores::softmax(tape, site, scores);
            }
            by_rows(tape, site, &sample(0)?, ops::Softmax.into())?
        }
        "LogSoftmax" => by_rows(tape, site, &sample(0)?, ops::LogSoftmax.into())?,
        "Flatten" => {
            if site.int("axis", 1) != 1 {
                return Err(site.attribute("axis"));
            }
            let x = sample(0)?;
            let elements = x.shape.iter().product();
            reshaped(tape, site, &x, vec![elements])?
        }
        "Reshape" if let Known::Steps(x) = operand(0)? => {
            return sequences::joined(tape, site, x, operands.get(1).and_then(Option::as_ref));
        }
        "Reshape" => {
            let x = sample(0)?;
            let Known::Constant(target) = operand(1)? else { return Err(site.operand(1)) };
            let shape = target_shape(site, &x.shape, target, tape.batch)?;
            if let Some(Made::NormalGroups(image)) = tape.made(x.value)
                && image.shape == shape
            {
                return Ok(Known::Sample(Tensor::clone(image)));
            }
            reshaped(tape, site, &x, shape)?
        }
        "Squeeze" if let Known::States(states) = operand(0)? => {
            return sequences::squeezed(tape, site, states, operands.get(1).and_then(Option::as_ref));
        }
        "Squeeze" | "Unsqueeze" => {
            let x = sample(0)?;
            let shape = squeezed(site, &x.shape, operands.get(1).and_then(Option::as_ref))?;
            reshaped(tape, site, &x, shape)?
        }
        "LSTM" | "GRU" => return sequences::recurrent(tape, site, operands),
        "Transpose" => match sequences::transposed(tape, site, operand(0)?)? {
            Some(known) => return Ok(known),
            None => transpose(tape, site, &sample(0)?)?,
        },
        "Concat" => {
            let inputs: Result<Vec<Tensor>, OnnxError> = (0..operands.len()).map(sample).collect();
            concat(tape, site, &inputs?)?
        }
        "MatMul" => match (operand(0)?, operand(1)?) {
            (Known::Sample(a), Known::Sample(b)) => return scores::product(tape, site, a, b),
            (Known::Scores(scores), Known::Sample(values)) => scores::attend(tape, site, scores, values)?,
            (Known::Sample(x), weights) => products::by_matrix(tape, site, x, weights)?,
            _ => return Err(site.operand(0)),
        },
        "Gemm" => products::gemm(tape, site, &sample(0)?, operand(1)?, operands.get(2).and_then(Option::as_ref))?,
        "Conv" => windows::conv(tape, site, &sample(0)?, operand(1)?, operands.get(2).and_then(Option::as_ref))?,
        "ConvTranspose" => {
            windows::conv_transpose(tape, site, &sample(0)?, operand(1)?, operands.get(2).and_then(Option::as_ref))?
        }
        "MaxPool" | "AveragePool" => windows::pool(tape, site, &sample(0)?)?,
        "GlobalMaxPool" | "GlobalAveragePool" => windows::global_pool(tape, site, &sample(0)?)?,
        "ReduceMean" | "ReduceMax" => reduce(tape, site, &sample(0)?, operands.get(1).and_then(Option::as_ref))?,
        "BatchNormalization" => normalizations::batch_normalization(tape, site, &sample(0)?, operands)?,
        "LayerNormalization" => normalizations::layer_normalization(tape, site, &sample(0)?, operands)?,
        "InstanceNormalization" => normalizations::instance_normalization(tape, site, &sample(0)?, operands)?,
        _ => return Err(site.unsupported()),
    };
    Ok(Known::Sample(result))
}

/// Numbers of an operand that must be a constant.
pub(super) fn floats<'k>(site: &Site<'_>, operand: Option<&'k Known>, position: usize) -> Result<&'k [f32], OnnxError> {
    match operand {
        Some(Known::Constant(constant)) => constant.floats().ok_or_else(|| site.operand(position)),
        _ => Err(site.operand(position)),
    }
}

/// Numbers along the channels.
pub(super) fn along(
    tape: &mut Tape,
    site: &Site<'_>,
    function: Function,
    x: &Tensor,
    numbers: &[f32],
    position: usize,
) -> Result<Tensor, OnnxError> {
    if x.shape.first() != Some(&numbers.len()) {
        return Err(site.operand(position));
    }
    let dims = std::iter::once(numbers.len()).chain(x.shape[1..].iter().map(|_| 1)).collect();
    let constant = Constant { dims, numbers: Numbers::Floats(numbers.to_vec()) };
    tape.with_constant(site, function, x, &constant, false)
}

fn cast(site: &Site<'_>, x: &Known) -> Result<Known, OnnxError> {
    let to = site.int("to", 0);
    match x {
        Known::Sample(_) if matches!(to as i32, proto::FLOAT | proto::DOUBLE) => Ok(x.clone()),
        Known::Sample(x) | Known::Whole(x) if matches!(to as i32, proto::INT32 | proto::INT64) => {
            Ok(Known::Whole(x.clone()))
        }
        Known::Constant(constant) => {
            let numbers = match (&constant.numbers, to as i32) {
                (Numbers::Integers(values), proto::FLOAT | proto::DOUBLE) => {
                    Numbers::Floats(values.iter().map(|value| *value as f32).collect())
                }
                (Numbers::Floats(_), proto::FLOAT | proto::DOUBLE)
                | (Numbers::Integers(_), proto::INT32 | proto::INT64) => return Ok(x.clone()),
                _ => return Err(site.attribute("to")),
            };
            Ok(Known::Constant(Rc::new(Constant { dims: constant.dims.clone(), numbers })))
        }
        _ => Err(site.attribute("to")),
    }
}

fn clip(tape: &mut Tape, site: &Site<'_>, x: &Tensor, operands: &[Option<Known>]) -> Result<Tensor, OnnxError> {
    let mut x = x.clone();
    for (position, name, function) in [(1, "min", Function::Max), (2, "max", Function::Min)] {
        let limit = match operands.get(position).and_then(Option::as_ref) {
            None => site.float(name, f32::NAN),
            known => match floats(site, known, position)? {
                [limit] => *limit,
                _ => return Err(site.operand(position)),
            },
        };
        if limit.is_nan() {
            continue;
        }
        let mut builder = Builder::new(1);
        let limit = builder.constant(limit);
        let result = builder.apply(function, &[builder.input(0), limit]);
        x.value = tape.graph.map(builder.finish(&[result]), &[x.value]).map_err(|source| site.refused(source))?;
    }
    Ok(x)
}

/// Softmax and its like along the last axis, or along the channels of an image.
fn by_rows(tape: &mut Tape, site: &Site<'_>, x: &Tensor, op: ops::Operation) -> Result<Tensor, OnnxError> {
    let refused = |source| site.refused(source);
    let rank = x.shape.len();
    // Before version 13 everything from the axis on was one row.
    let axis = site.axis(site.int("axis", if tape.opset < 13 { 1 } else { -1 }), rank)?;
    let x = match axis {
        axis if axis + 1 == rank => tape.plain(x).map_err(refused)?,
        0 if tape.opset >= 13 => tape.channels_last(x).map_err(refused)?,
        _ => return Err(site.attribute("axis")),
    };
    let value = tape.graph.add(op, &[x.value]).map_err(refused)?;
    Ok(Tensor { value, ..x })
}

fn reshaped(tape: &mut Tape, site: &Site<'_>, x: &Tensor, shape: Vec<usize>) -> Result<Tensor, OnnxError> {
    let image = x;
    let x = tape.plain(x).map_err(|source| site.refused(source))?;
    let value = tape.reshape(x.value, &shape).map_err(|source| site.refused(source))?;
    if let [groups, _] = shape[..]
        && image.is_channels_last
        && image.shape[0].is_multiple_of(groups)
    {
        tape.note(value, Made::Groups(Rc::new(image.clone())));
    }
    Ok(Tensor { value, shape, is_channels_last: false })
}

/// The extents that a reshape gives, without the batch.
fn target_shape(
    site: &Site<'_>,
    from: &[usize],
    target: &Constant,
    batch: Option<usize>,
) -> Result<Vec<usize>, OnnxError> {
    let target = target.integers().ok_or_else(|| site.operand(1))?;
    let (&first, rest) = target.split_first().ok_or_else(|| site.batch_axis())?;
    let takes_zeros = site.int("allowzero", 0) == 0;
    let is_batch = match first {
        0 => takes_zeros,
        -1 => true,
        extent => batch.is_some_and(|batch| i64::try_from(batch) == Ok(extent)),
    };
    if !is_batch || rest.len() > 7 {
        return Err(site.batch_axis());
    }
    let elements: usize = from.iter().product();
    let mut known = 1usize;
    let mut open = None;
    let mut shape = Vec::with_capacity(rest.len());
    for (axis, extent) in rest.iter().enumerate() {
        let extent = match extent {
            0 if takes_zeros => *from.get(axis).ok_or_else(|| site.operand(1))?,
            -1 if open.is_none() && first != -1 => {
                open = Some(axis);
                1
            }
            extent => usize::try_from(*extent).map_err(|_| site.operand(1))?,
        };
        known = known.checked_mul(extent).ok_or_else(|| site.operand(1))?;
        shape.push(extent);
    }
    if let Some(axis) = open.filter(|_| known > 0) {
        shape[axis] = elements / known;
        known = known.saturating_mul(shape[axis]);
    }
    if known == elements { Ok(shape) } else { Err(site.batch_axis()) }
}

fn squeezed(site: &Site<'_>, from: &[usize], axes: Option<&Known>) -> Result<Vec<usize>, OnnxError> {
    let axes: &[i64] = match axes {
        Some(Known::Constant(constant)) => constant.integers().ok_or_else(|| site.operand(1))?,
        Some(_) => return Err(site.operand(1)),
        None => site.ints("axes").ok_or_else(|| site.attribute("axes"))?,
    };
    if axes.is_empty() || axes.len() > 7 {
        return Err(site.attribute("axes"));
    }
    let adds = site.node.op_type == "Unsqueeze";
    let rank = if adds { from.len() + axes.len() } else { from.len() };
    let mut named = vec![false; rank];
    for axis in axes {
        let axis = site.axis(*axis, rank)?;
        if std::mem::replace(&mut named[axis], true) || (!adds && from[axis] != 1) {
            return Err(site.attribute("axes"));
        }
    }
    if !adds {
        return Ok(from.iter().zip(&named).filter(|(_, named)| !**named).map(|(extent, _)| *extent).collect());
    }
    if rank > 7 {
        return Err(site.attribute("axes"));
    }
    let mut extents = from.iter().copied();
    Ok(named.iter().map(|named| if *named { 1 } else { extents.next().unwrap_or(1) }).collect())
}

fn transpose(tape: &mut Tape, site: &Site<'_>, x: &Tensor) -> Result<Tensor, OnnxError> {
    let rank = x.shape.len();
    let axes: Option<Vec<usize>> = match site.ints("perm") {
        None => return Err(site.batch_axis()),
        Some(axes) => axes.iter().map(|axis| usize::try_from(*axis).ok()).collect(),
    };
    let axes = axes.ok_or_else(|| site.attribute("perm"))?;
    if axes.first() != Some(&0) {
        return Err(site.batch_axis());
    }
    if axes.len() != rank + 1 || !(0..=rank).all(|axis| axes.contains(&axis)) {
        return Err(site.attribute("perm"));
    }
    let axes: Vec<usize> = axes[1..].iter().map(|axis| axis - 1).collect();
    let shape: Vec<usize> = axes.iter().map(|axis| x.shape[*axis]).collect();
    // Between the two orders of an image nothing moves: the graph's value stands as it should.
    let to_last: Vec<usize> = (1..rank).chain([0]).take(rank).collect();
    if x.is_channels_last && axes == to_last {
        return Ok(Tensor { value: x.value, shape, is_channels_last: false });
    }
    let to_first: Vec<usize> = rank.checked_sub(1).into_iter().chain(0..rank.saturating_sub(1)).collect();
    if !x.is_channels_last && rank >= 2 && axes == to_first {
        return Ok(Tensor { value: x.value, shape, is_channels_last: true });
    }
    let x = tape.plain(x).map_err(|source| site.refused(source))?;
    let value = tape.transposed(x.value, axes).map_err(|source| site.refused(source))?;
    Ok(Tensor { value, shape, is_channels_last: false })
}

fn concat(tape: &mut Tape, site: &Site<'_>, inputs: &[Tensor]) -> Result<Tensor, OnnxError> {
    let refused = |source| site.refused(source);
    let first = inputs.first().ok_or_else(|| site.operand(0))?;
    let rank = first.shape.len();
    let axis = site.axis(site.int("axis", 1), rank)?;
    let mut shape = first.shape.clone();
    for (position, input) in inputs.iter().enumerate().skip(1) {
        let agrees = input.shape.len() == rank
            && (0..rank).all(|other| other == axis || input.shape[other] == first.shape[other]);
        if !agrees {
            return Err(site.operand(position));
        }
        shape[axis] = shape[axis].saturating_add(input.shape[axis]);
    }
    crate::build::elements(&shape).map_err(|_| site.operand(0))?;
    let is_channels_last = inputs.iter().any(|input| input.is_channels_last);
    let mut parts = Vec::with_capacity(inputs.len());
    for input in inputs {
        let input = if is_channels_last { tape.channels_last(input) } else { tape.plain(input) };
        parts.push(input.map_err(refused)?.value);
    }
    let at = match axis {
        _ if !is_channels_last => axis,
        0 => rank - 1,
        axis => axis - 1,
    };
    /// As many as the engine's operation joins.
    const MOST: usize = 8;
    while parts.len() > 1 {
        let mut joined = Vec::with_capacity(parts.len().div_ceil(MOST));
        for group in parts.chunks(MOST) {
            joined.push(match group {
                [one] => *one,
                several => tape.graph.add(ops::Concat { axis: at }, several).map_err(refused)?,
            });
        }
        parts = joined;
    }
    Ok(Tensor { value: parts[0], shape, is_channels_last })
}

fn reduce(tape: &mut Tape, site: &Site<'_>, x: &Tensor, axes: Option<&Known>) -> Result<Tensor, OnnxError> {
    let axes: &[i64] = match axes {
        Some(Known::Constant(constant)) => constant.integers().ok_or_else(|| site.operand(1))?,
        Some(_) => return Err(site.operand(1)),
        None => site.ints("axes").unwrap_or_default(),
    };
    if axes.is_empty() {
        return Err(site.batch_axis());
    }
    let rank = x.shape.len();
    let mut named = vec![false; rank];
    for axis in axes.iter().take(64) {
        named[site.axis(*axis, rank)?] = true;
    }
    let x = tape.plain(x).map_err(|source| site.refused(source))?;
    let axes: Vec<usize> = (0..rank).filter(|axis| named[*axis]).collect();
    let is_mean = site.node.op_type == "ReduceMean";
    let is_of_rows = is_mean && axes == [rank - 1];
    let value = if is_mean {
        tape.graph.add(ops::Reduce { kind: ops::ReduceKind::Mean, axes }, &[x.value])
    } else {
        tape.graph.add(ops::ReduceMax { axes }, &[x.value])
    };
    let value = value.map_err(|source| site.refused(source))?;
    let keeps = site.int("keepdims", 1) != 0;
    let extents = x.shape.iter().zip(&named);
    let shape: Vec<usize> = extents
        .filter(|(_, named)| keeps || !**named)
        .map(|(extent, named)| if *named { 1 } else { *extent })
        .collect();
    let value = tape.reshape(value, &shape).map_err(|source| site.refused(source))?;
    if let (true, Some(Made::Square(of))) = (is_of_rows && keeps, tape.made(x.value)) {
        let of = *of;
        tape.note(value, Made::MeanSquare(of));
    }
    Ok(Tensor { value, shape, is_channels_last: false })
}
