//! Convolutions and poolings: in a file `[N, C, H, W]` with any padding, here `[H, W, C]` with one of two.

use proofmark_engine::map::{Builder, Function};
use proofmark_engine::{Value, ops};
use proofmark_tensor::Shape;

use super::error::OnnxError;
use super::operators::{along, floats};
use super::tape::{Known, Site, Tape, Tensor};
use crate::build::elements;

/// A window, along height and width; a sequence is an image of one row.
struct Window {
    size: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    before: [usize; 2],
    after: [usize; 2],
    /// How many windows there are.
    output: [usize; 2],
    is_sequence: bool,
}

impl Window {
    /// The window of a node over an image of these extents.
    fn of(site: &Site<'_>, input: &[usize], size: Option<&[usize]>) -> Result<Window, OnnxError> {
        let n_axes = input.len();
        if !matches!(n_axes, 1 | 2) {
            return Err(site.operand(0));
        }
        let size = match size {
            Some(size) => size.to_vec(),
            None if site.ints("kernel_shape").is_none() => return Err(site.attribute("kernel_shape")),
            None => site.extents("kernel_shape", n_axes, 1, 1)?,
        };
        if size.len() != n_axes || size.iter().any(|extent| *extent > 65_536) {
            return Err(site.attribute("kernel_shape"));
        }
        let stride = site.extents("strides", n_axes, 1, 1)?;
        let dilation = site.extents("dilations", n_axes, 1, 1)?;
        let pads = site.extents("pads", 2 * n_axes, 0, 0)?;
        let both = |extents: &[usize], filler: usize| match extents {
            [one] => [filler, *one],
            [first, second, ..] => [*first, *second],
            [] => [filler, filler],
        };
        let input = both(input, 1);
        let mut window = Window {
            size: both(&size, 1),
            stride: both(&stride, 1),
            dilation: both(&dilation, 1),
            before: both(&pads[..n_axes], 0),
            after: both(&pads[n_axes..], 0),
            output: [1, 1],
            is_sequence: n_axes == 1,
        };
        match site.text("auto_pad") {
            None | Some(b"NOTSET" | b"") => {}
            Some(b"VALID") => (window.before, window.after) = ([0; 2], [0; 2]),
            Some(kind @ (b"SAME_UPPER" | b"SAME_LOWER")) => {
                for (axis, extent) in input.iter().enumerate() {
                    let missing = window.missing(axis, *extent);
                    let (less, more) = (missing / 2, missing - missing / 2);
                    (window.before[axis], window.after[axis]) =
                        if kind == b"SAME_UPPER" { (less, more) } else { (more, less) };
                }
            }
            Some(_) => return Err(site.attribute("auto_pad")),
        }
        let rounds_up = site.int("ceil_mode", 0) != 0;
        for (axis, extent) in input.iter().enumerate() {
            let padded = extent + window.before[axis] + window.after[axis];
            let room = padded.checked_sub(window.covered(axis)).ok_or_else(|| site.attribute("kernel_shape"))?;
            if rounds_up && !room.is_multiple_of(window.stride[axis]) {
                return Err(site.attribute("ceil_mode"));
            }
            window.output[axis] = room / window.stride[axis] + 1;
        }
        Ok(window)
    }

    /// Positions from the first to the last that one window reads; the factors are at most 2^16 each.
    fn covered(&self, axis: usize) -> usize {
        (self.size[axis] - 1) * self.dilation[axis] + 1
    }

    /// What the engine's `same` pads.
    fn missing(&self, axis: usize, input: usize) -> usize {
        let output = input.div_ceil(self.stride[axis]);
        ((output - 1) * self.stride[axis] + self.covered(axis)).saturating_sub(input)
    }

    /// Whether the padding is the engine's `same`.
    fn is_same(&self, input: [usize; 2]) -> bool {
        (0..2).all(|axis| {
            let missing = self.missing(axis, input[axis]);
            self.covered(axis) <= 65_536
                && self.before[axis] == missing / 2
                && self.after[axis] == missing - missing / 2
                && self.output[axis] == input[axis].div_ceil(self.stride[axis])
        })
    }

    fn is_padded(&self) -> bool {
        self.before != [0; 2] || self.after != [0; 2]
    }

    /// Zeros around an image.
    fn pad(&self, tape: &mut Tape, site: &Site<'_>, mut x: Value) -> Result<Value, OnnxError> {
        for axis in 0..2 {
            let (before, after) = (self.before[axis], self.after[axis]);
            if before + after > 0 {
                let mut shape = tape.graph.shape(x).to_vec();
                shape[axis] += before + after;
                elements(&shape).map_err(|_| site.attribute("pads"))?;
                x = tape.graph.add(ops::Pad { axis, before, after }, &[x]).map_err(|source| site.refused(source))?;
            }
        }
        Ok(x)
    }

    /// The image as a value of the file again.
    fn result(&self, tape: &mut Tape, site: &Site<'_>, y: Value) -> Result<Tensor, OnnxError> {
        let shape = tape.graph.shape(y).to_vec();
        let extents: &[usize] = if self.is_sequence { &shape[1..] } else { &shape };
        let value = tape.reshape(y, extents).map_err(|source| site.refused(source))?;
        let channels = extents.last().copied().unwrap_or(1);
        let shape = std::iter::once(channels).chain(extents[..extents.len() - 1].iter().copied()).collect();
        Ok(Tensor { value, shape, is_channels_last: true })
    }
}

/// The value as an image of the graph, `[H, W, C]`.
fn image(tape: &mut Tape, site: &Site<'_>, x: &Tensor) -> Result<Value, OnnxError> {
    let refused = |source| site.refused(source);
    let x = tape.channels_last(x).map_err(refused)?;
    match x.shape[..] {
        [channels, steps] => tape.reshape(x.value, &[1, steps, channels]).map_err(refused),
        [_, _, _] => Ok(x.value),
        _ => Err(site.operand(0)),
    }
}

/// A kernel of the file with its positions first; `[a, b, positions..]` becomes `[positions.., b, a]`, or `[.., a, b]`.
fn turned(dims: &[usize], numbers: &[f32], keeps_order: bool) -> Vec<f32> {
    let (a, b) = (dims[0], dims[1]);
    let positions = numbers.len() / (a * b);
    let mut turned = Vec::with_capacity(numbers.len());
    for position in 0..positions {
        let at = |first: usize, second: usize| numbers[(first * b + second) * positions + position];
        if keeps_order {
            (0..a).for_each(|first| turned.extend((0..b).map(|second| at(first, second))));
        } else {
            (0..b).for_each(|second| turned.extend((0..a).map(|first| at(first, second))));
        }
    }
    turned
}

/// The extents and numbers of a kernel for a value of so many axes.
fn kernel<'k>(site: &Site<'_>, x: &Tensor, known: &'k Known) -> Result<(&'k [usize], &'k [f32]), OnnxError> {
    let numbers = floats(site, Some(known), 1)?;
    match known {
        Known::Constant(constant) if matches!(x.shape.len(), 2 | 3) && constant.dims.len() == x.shape.len() + 1 => {
            Ok((&constant.dims, numbers))
        }
        _ => Err(site.operand(1)),
    }
}

pub(super) fn conv(
    tape: &mut Tape,
    site: &Site<'_>,
    x: &Tensor,
    weights: &Known,
    bias: Option<&Known>,
) -> Result<Tensor, OnnxError> {
    let refused = |source| site.refused(source);
    let (dims, numbers) = kernel(site, x, weights)?;
    let window = Window::of(site, &x.shape[1..], Some(&dims[2..]))?;
    let groups = usize::try_from(site.int("group", 1)).ok().filter(|groups| (1..=65_536).contains(groups));
    let groups = groups.ok_or_else(|| site.attribute("group"))?;
    let [filters, channels] = [dims[0], dims[1]];
    if channels.checked_mul(groups) != Some(x.shape[0]) || !filters.is_multiple_of(groups) {
        return Err(site.operand(1));
    }
    elements(&[window.output[0], window.output[1], filters]).map_err(|_| site.operand(1))?;
    let mut image = image(tape, site, x)?;
    let input = [tape.graph.shape(image)[0], tape.graph.shape(image)[1]];
    let is_same = window.is_padded() && window.is_same(input);
    let padding = if is_same { ops::Padding::Same } else { ops::Padding::Valid };
    if !is_same {
        image = window.pad(tape, site, image)?;
    }
    let shape = [window.size[0], window.size[1], channels, filters];
    let weights = tape.state(&shape, turned(dims, numbers, false)).map_err(refused)?;
    let op = ops::Conv2d { stride: window.stride, padding, dilation: window.dilation, groups };
    let y = tape.graph.add(op, &[image, weights]).map_err(refused)?;
    let y = window.result(tape, site, y)?;
    match bias {
        Some(bias) => along(tape, site, Function::Add, &y, floats(site, Some(bias), 2)?, 2),
        None => Ok(y),
    }
}

pub(super) fn conv_transpose(
    tape: &mut Tape,
    site: &Site<'_>,
    x: &Tensor,
    weights: &Known,
    bias: Option<&Known>,
) -> Result<Tensor, OnnxError> {
    let refused = |source| site.refused(source);
    let (dims, numbers) = kernel(site, x, weights)?;
    let n_axes = x.shape.len() - 1;
    if site.int("group", 1) != 1 {
        return Err(site.attribute("group"));
    }
    for name in ["output_shape", "auto_pad"] {
        if site.ints(name).is_some_and(|ints| !ints.is_empty())
            || !matches!(site.text(name), None | Some(b"NOTSET" | b""))
        {
            return Err(site.attribute(name));
        }
    }
    if site.extents("dilations", n_axes, 1, 1)? != vec![1; n_axes] {
        return Err(site.attribute("dilations"));
    }
    let stride = site.extents("strides", n_axes, 1, 1)?;
    let pads = site.extents("pads", 2 * n_axes, 0, 0)?;
    let more = site.extents("output_padding", n_axes, 0, 0)?;
    if dims[0] != x.shape[0] || dims[2..].iter().any(|extent| *extent > 65_536) {
        return Err(site.operand(1));
    }
    let filters = dims[1];
    let (mut size, mut steps, mut whole) = ([1; 2], [1; 2], [1; 2]);
    for axis in 0..n_axes {
        let at = axis + 2 - n_axes;
        (size[at], steps[at]) = (dims[axis + 2], stride[axis]);
        whole[at] = (x.shape[axis + 1] - 1).saturating_mul(stride[axis]).saturating_add(dims[axis + 2]);
    }
    elements(&[whole[0], whole[1], filters]).map_err(|_| site.operand(1))?;
    let image = image(tape, site, x)?;
    let shape = [size[0], size[1], dims[0], filters];
    let weights = tape.state(&shape, turned(dims, numbers, true)).map_err(refused)?;
    let conv = ops::Conv2d { stride: steps, padding: ops::Padding::Valid, dilation: [1, 1], groups: 1 };
    let input = Shape::new(&[whole[0], whole[1], filters]);
    let spread = ops::Conv2dInputGradient { conv, input, zeros: ops::Zeros::Multiply };
    let mut y = tape.graph.add(spread, &[image, weights]).map_err(refused)?;
    for axis in 0..n_axes {
        let at = axis + 2 - n_axes;
        // First what no window reached, then what is cut off.
        if more[axis] > 0 {
            let mut shape = tape.graph.shape(y).to_vec();
            shape[at] += more[axis];
            elements(&shape).map_err(|_| site.attribute("output_padding"))?;
            y = tape.graph.add(ops::Pad { axis: at, before: 0, after: more[axis] }, &[y]).map_err(refused)?;
        }
        let cut = pads[axis] + pads[axis + n_axes];
        if cut > 0 {
            let length = tape.graph.shape(y)[at].checked_sub(cut).filter(|length| *length > 0);
            let length = length.ok_or_else(|| site.attribute("pads"))?;
            y = tape.graph.add(ops::Slice { axis: at, start: pads[axis], length }, &[y]).map_err(refused)?;
        }
    }
    let shape = tape.graph.shape(y).to_vec();
    let extents: &[usize] = if n_axes == 1 { &shape[1..] } else { &shape };
    let value = tape.reshape(y, extents).map_err(refused)?;
    let shape = std::iter::once(filters).chain(extents[..n_axes].iter().copied()).collect();
    let y = Tensor { value, shape, is_channels_last: true };
    match bias {
        Some(bias) => along(tape, site, Function::Add, &y, floats(site, Some(bias), 2)?, 2),
        None => Ok(y),
    }
}

pub(super) fn pool(tape: &mut Tape, site: &Site<'_>, x: &Tensor) -> Result<Tensor, OnnxError> {
    let refused = |source| site.refused(source);
    let extents = x.shape.get(1..).ok_or_else(|| site.operand(0))?;
    let window = Window::of(site, extents, None)?;
    if window.dilation != [1, 1] {
        return Err(site.attribute("dilations"));
    }
    if site.int("storage_order", 0) != 0 {
        return Err(site.attribute("storage_order"));
    }
    let is_max = site.node.op_type == "MaxPool";
    let counts_padding = site.int("count_include_pad", 0) != 0;
    let mut image = image(tape, site, x)?;
    let input = [tape.graph.shape(image)[0], tape.graph.shape(image)[1]];
    elements(&[window.output[0], window.output[1], tape.graph.shape(image)[2]]).map_err(|_| site.attribute("pads"))?;
    let mut padding = ops::Padding::Valid;
    if window.is_padded() {
        if (is_max || !counts_padding) && window.is_same(input) {
            padding = ops::Padding::Same;
        } else if is_max {
            // Minus infinity around the image: the logarithm of ones with zeros around them, added to it.
            let inside = tape.graph.shape(image).clone();
            let one = tape.state(&[], vec![1.0]).map_err(refused)?;
            let axes = (0..inside.rank()).collect();
            let ones = tape.graph.add(ops::Broadcast { shape: inside, axes }, &[one]).map_err(refused)?;
            let ones = window.pad(tape, site, ones)?;
            image = window.pad(tape, site, image)?;
            let mut builder = Builder::new(2);
            let wall = builder.apply(Function::Ln, &[builder.input(1)]);
            let sum = builder.apply(Function::Add, &[builder.input(0), wall]);
            image = tape.graph.map(builder.finish(&[sum]), &[image, ones]).map_err(refused)?;
        } else if counts_padding {
            image = window.pad(tape, site, image)?;
        } else {
            return Err(site.attribute("pads"));
        }
    }
    let (size, stride) = (window.size, window.stride);
    let y = if is_max {
        tape.graph.apply(ops::MaxPool2d { size, stride, padding }, &[image]).map_err(refused)?[0]
    } else {
        tape.graph.add(ops::AveragePool2d { size, stride, padding }, &[image]).map_err(refused)?
    };
    window.result(tape, site, y)
}

pub(super) fn global_pool(tape: &mut Tape, site: &Site<'_>, x: &Tensor) -> Result<Tensor, OnnxError> {
    let refused = |source| site.refused(source);
    let rank = x.shape.len();
    if rank < 2 {
        return Err(site.operand(0));
    }
    let x = tape.channels_last(x).map_err(refused)?;
    let axes: Vec<usize> = (0..rank - 1).collect();
    let pooled = if site.node.op_type == "GlobalMaxPool" {
        tape.graph.add(ops::ReduceMax { axes }, &[x.value])
    } else {
        tape.graph.add(ops::Reduce { kind: ops::ReduceKind::Mean, axes }, &[x.value])
    };
    let shape: Vec<usize> = std::iter::once(x.shape[0]).chain((1..rank).map(|_| 1)).collect();
    let value = tape.reshape(pooled.map_err(refused)?, &shape).map_err(refused)?;
    Ok(Tensor { value, shape, is_channels_last: false })
}
