//! What an import has so far: the graph, its constants, and the orders and extents in which values stand.

use std::collections::BTreeMap;
use std::rc::Rc;

use proofmark_engine::map::{Builder, Function, Operand, Program};
use proofmark_engine::{Graph, GraphError, Origin, StateRole, Value, ops};
use proofmark_tensor::Shape;

use super::constant::Constant;
use super::error::OnnxError;
use super::idioms::{self, Factor, Made};
use super::proto;
use super::scores::{Scores, Seen};
use super::sequences::{States, Within};

/// What a name in the file stands for.
#[derive(Clone)]
pub(super) enum Known {
    /// Computed for each sample.
    Sample(Tensor),
    /// A number of the file.
    Constant(Rc<Constant>),
    /// Computed for each sample, without its fraction: tokens, and how many keys count.
    Whole(Tensor),
    /// An attention that is not whole yet.
    Scores(Rc<Scores>),
    /// Which of its keys are no padding.
    Seen(Seen),
    /// A sequence with the axis of the samples second: `[T, N, C]`. The shape is `[T, C]`, or `[T, directions, units]`.
    Steps(Tensor),
    /// What a recurrent operator gives.
    States(Rc<States>),
    /// Which steps a sequence has.
    Within(Within),
}

/// A value of the graph.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    pub(super) value: Value,
    /// In the file's order, without the batch.
    pub(super) shape: Vec<usize>,
    /// Whether the first of these axes is the last one in the graph, as its convolutions want it.
    pub(super) is_channels_last: bool,
}

/// A node that is being read.
pub(super) struct Site<'a> {
    pub(super) node: &'a proto::Node,
}

/// The graph so far.
pub(super) struct Tape {
    pub(super) graph: Graph,
    /// By the name of their state.
    pub(super) constants: Vec<(String, Vec<f32>)>,
    /// How many numbers they are.
    pub(super) n_numbers: usize,
    /// The version of ONNX's operators.
    pub(super) opset: i64,
    /// The number of samples that the file is made for, if it is made for one only.
    pub(super) batch: Option<usize>,
    made: BTreeMap<usize, Made>,
}

/// Names are the file's: what is said of them is cut to a line.
const LONGEST_NAME: usize = 200;

impl<'a> Site<'a> {
    pub(super) fn of(node: &'a proto::Node) -> Site<'a> {
        Site { node }
    }

    /// The node's name, or the name of what it gives.
    pub(super) fn node(&self) -> String {
        let name = if self.node.name.is_empty() { self.node.output.first() } else { Some(&self.node.name) };
        name.map(|name| name.chars().take(LONGEST_NAME).collect()).unwrap_or_default()
    }

    /// The operator, with its set if that is not ONNX's own.
    pub(super) fn operator(&self) -> String {
        let operator: String = self.node.op_type.chars().take(LONGEST_NAME).collect();
        match &self.node.domain[..] {
            "" | "ai.onnx" | "ai.onnx.ml" => operator,
            domain => format!("{}.{operator}", domain.chars().take(LONGEST_NAME).collect::<String>()),
        }
    }

    pub(super) fn unsupported(&self) -> OnnxError {
        OnnxError::Operator { operator: self.operator(), node: self.node() }
    }

    pub(super) fn attribute(&self, attribute: &'static str) -> OnnxError {
        OnnxError::Attribute { operator: self.operator(), node: self.node(), attribute }
    }

    pub(super) fn operand(&self, position: usize) -> OnnxError {
        OnnxError::Operand { operator: self.operator(), node: self.node(), position }
    }

    pub(super) fn batch_axis(&self) -> OnnxError {
        OnnxError::BatchAxis { operator: self.operator(), node: self.node() }
    }

    pub(super) fn refused(&self, source: GraphError) -> OnnxError {
        OnnxError::Refused { operator: self.operator(), node: self.node(), source: Box::new(source) }
    }

    fn find(&self, name: &str) -> Option<&'a proto::Attribute> {
        self.node.attribute.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(super) fn int(&self, name: &str, default: i64) -> i64 {
        self.find(name).map_or(default, |attribute| attribute.i.unwrap_or(0))
    }

    pub(super) fn float(&self, name: &str, default: f32) -> f32 {
        self.find(name).map_or(default, |attribute| attribute.f.unwrap_or(0.0))
    }

    pub(super) fn ints(&self, name: &str) -> Option<&'a [i64]> {
        self.find(name).map(|attribute| &attribute.ints[..])
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a [u8]> {
        self.find(name).map(|attribute| attribute.s.as_deref().unwrap_or_default())
    }

    pub(super) fn texts(&self, name: &str) -> &'a [Vec<u8>] {
        self.find(name).map_or(&[], |attribute| &attribute.strings)
    }

    pub(super) fn tensor(&self, name: &str) -> Option<&'a proto::Tensor> {
        self.find(name).and_then(|attribute| attribute.t.as_ref())
    }

    /// Extents of an attribute, each within a range.
    pub(super) fn extents(
        &self,
        name: &'static str,
        count: usize,
        default: usize,
        least: usize,
    ) -> Result<Vec<usize>, OnnxError> {
        /// As large as any window or padding may be.
        const LARGEST: usize = 65_536;
        let Some(values) = self.ints(name).filter(|values| !values.is_empty()) else { return Ok(vec![default; count]) };
        let extents = values.iter().map(|value| usize::try_from(*value).ok());
        let extents: Option<Vec<usize>> =
            extents.map(|extent| extent.filter(|extent| (least..=LARGEST).contains(extent))).collect();
        extents.filter(|extents| extents.len() == count).ok_or_else(|| self.attribute(name))
    }

    /// An axis of the file as one without the batch, for a value of so many axes besides it.
    pub(super) fn axis(&self, axis: i64, rank: usize) -> Result<usize, OnnxError> {
        let all = rank as i64 + 1;
        let axis = if axis < 0 { axis.saturating_add(all) } else { axis };
        match axis {
            0 => Err(self.batch_axis()),
            axis if (1..all).contains(&axis) => Ok(axis as usize - 1),
            _ => Err(self.attribute("axis")),
        }
    }
}

impl Tape {
    pub(super) fn new(opset: i64) -> Tape {
        Tape { graph: Graph::new(), constants: Vec::new(), n_numbers: 0, opset, batch: None, made: BTreeMap::new() }
    }

    /// Notes how a value was made.
    pub(super) fn note(&mut self, value: Value, made: Made) {
        self.made.insert(value.idx(), made);
    }

    /// How a value was made, as far as it was noted.
    pub(super) fn made(&self, value: Value) -> Option<&Made> {
        self.made.get(&value.idx())
    }

    pub(super) fn reshape(&mut self, value: Value, shape: &[usize]) -> Result<Value, GraphError> {
        // What was a reshape of something else is one of that.
        let value = match self.source(value) {
            Some((ops::Operation::Reshape(_), source)) => source,
            _ => value,
        };
        if self.graph.shape(value)[..] == *shape {
            return Ok(value);
        }
        self.graph.add(ops::Reshape { shape: Shape::new(shape) }, &[value])
    }

    /// The axes in another order. Two changes of order are one, and none if the second takes the first back.
    pub(super) fn transposed(&mut self, value: Value, axes: Vec<usize>) -> Result<Value, GraphError> {
        let (value, axes) = match self.source(value) {
            Some((ops::Operation::Transpose(first), source)) => {
                (source, axes.iter().map(|axis| first.axes[*axis]).collect())
            }
            _ => (value, axes),
        };
        if axes.iter().enumerate().all(|(at, axis)| at == *axis) {
            return Ok(value);
        }
        self.graph.add(ops::Transpose { axes }, &[value])
    }

    /// The operation that a value comes from, and what that reads first.
    fn source(&self, value: Value) -> Option<(&ops::Operation, Value)> {
        let Origin::Node { node, .. } = self.graph.origin(value) else { return None };
        let node = &self.graph.nodes()[node];
        node.inputs.first().map(|input| (&node.op, *input))
    }

    /// The value in the file's order.
    pub(super) fn plain(&mut self, x: &Tensor) -> Result<Tensor, GraphError> {
        if !x.is_channels_last {
            return Ok(x.clone());
        }
        let rank = x.shape.len();
        let axes = std::iter::once(rank - 1).chain(0..rank - 1).collect();
        let value = self.transposed(x.value, axes)?;
        Ok(Tensor { value, is_channels_last: false, ..x.clone() })
    }

    /// The value with its first axis last.
    pub(super) fn channels_last(&mut self, x: &Tensor) -> Result<Tensor, GraphError> {
        if x.is_channels_last || x.shape.len() < 2 {
            return Ok(x.clone());
        }
        let axes = (1..x.shape.len()).chain([0]).collect();
        let value = self.transposed(x.value, axes)?;
        Ok(Tensor { value, is_channels_last: true, ..x.clone() })
    }

    /// Numbers as a state.
    pub(super) fn state(&mut self, shape: &[usize], numbers: Vec<f32>) -> Result<Value, GraphError> {
        let name = format!("constant_{}", self.constants.len());
        let value = self.graph.state(&name, Shape::new(shape), StateRole::Parameter)?;
        self.n_numbers = self.n_numbers.saturating_add(numbers.len());
        self.constants.push((name, numbers));
        Ok(value)
    }

    /// An element-wise function of one value, in whatever order it is.
    pub(super) fn each(
        &mut self,
        x: &Tensor,
        program: impl FnOnce(&mut Builder, Operand) -> Operand,
    ) -> Result<Tensor, GraphError> {
        let mut builder = Builder::new(1);
        let operand = builder.input(0);
        let result = program(&mut builder, operand);
        let value = self.graph.map(builder.finish(&[result]), &[x.value])?;
        Ok(Tensor { value, ..x.clone() })
    }

    /// A function of two values, broadcast as ONNX does: extents of 1 are repeated, missing ones stand in front.
    pub(super) fn binary(
        &mut self,
        site: &Site<'_>,
        function: Function,
        a: &Known,
        b: &Known,
    ) -> Result<Tensor, OnnxError> {
        let refused = |source| site.refused(source);
        match (a, b) {
            (Known::Sample(a), Known::Sample(b)) => {
                if a.shape.len() != b.shape.len() {
                    return Err(site.operand(1));
                }
                if a.shape == b.shape {
                    // In the order that one of them has already.
                    let (a, b) = if a.is_channels_last || b.is_channels_last {
                        (self.channels_last(a).map_err(refused)?, self.channels_last(b).map_err(refused)?)
                    } else {
                        (a.clone(), b.clone())
                    };
                    if function == Function::Add
                        && let Some(value) = idioms::turned_pairs(self, a.value, b.value).map_err(refused)?
                    {
                        return Ok(Tensor { value, ..a });
                    }
                    let value = self.graph.map(Program::of(function), &[a.value, b.value]).map_err(refused)?;
                    if function == Function::Mul && a.value == b.value {
                        self.note(value, Made::Square(a.value));
                    }
                    return Ok(Tensor { value, ..a });
                }
                if function == Function::Div
                    && let Some(value) = idioms::root_mean_square(self, a, b).map_err(refused)?
                {
                    return Ok(Tensor { value, ..a.clone() });
                }
                let shape = broadcast(&a.shape, &b.shape).ok_or_else(|| site.operand(1))?;
                let a = self.repeat(a, &shape).map_err(refused)?;
                let b = self.repeat(b, &shape).map_err(refused)?;
                let value = self.graph.map(Program::of(function), &[a, b]).map_err(refused)?;
                Ok(Tensor { value, shape, is_channels_last: false })
            }
            (Known::Sample(x), Known::Constant(constant)) => self.with_constant(site, function, x, constant, false),
            (Known::Constant(constant), Known::Sample(x)) => self.with_constant(site, function, x, constant, true),
            // What is computed from constants alone is for a program that prepares files to fold.
            (Known::Constant(_), Known::Constant(_)) => Err(site.operand(0)),
            (Known::Sample(_) | Known::Constant(_), _) => Err(site.operand(1)),
            _ => Err(site.operand(0)),
        }
    }

    /// `function(x, constant)`, or with the constant first.
    pub(super) fn with_constant(
        &mut self,
        site: &Site<'_>,
        function: Function,
        x: &Tensor,
        constant: &Constant,
        is_first: bool,
    ) -> Result<Tensor, OnnxError> {
        let refused = |source| site.refused(source);
        let position = usize::from(!is_first);
        let numbers = constant.floats().ok_or_else(|| site.operand(position))?;
        // Aligned at the end; what stands where the batch is has to be 1.
        let rank = x.shape.len();
        let missing = (rank + 1).checked_sub(constant.dims.len()).ok_or_else(|| site.operand(position))?;
        let dims: Vec<usize> = std::iter::repeat_n(1, missing).chain(constant.dims.iter().copied()).collect();
        if dims[0] != 1 {
            return Err(site.batch_axis());
        }
        let dims = &dims[1..];
        let shape = broadcast(&x.shape, dims).ok_or_else(|| site.operand(position))?;
        let x = if shape == x.shape {
            x.clone()
        } else {
            Tensor { value: self.repeat(x, &shape).map_err(refused)?, shape, is_channels_last: false }
        };
        let factor = if numbers.len() == 1 {
            Factor::Number(numbers[0])
        } else {
            Factor::Value(self.aligned(&x, dims, numbers).map_err(refused)?)
        };
        let made = self.made(x.value).cloned();
        if let (Function::Add, Some(Made::Product { x: from, factor: first, dims })) = (function, &made)
            && *dims == constant.dims
        {
            let value = idioms::multiply_add(self, *from, *first, factor).map_err(refused)?;
            return Ok(Tensor { value, ..x });
        }
        let mut inputs = vec![x.value];
        let mut builder = Builder::new(if numbers.len() == 1 { 1 } else { 2 });
        let second = factor.operand(&mut builder, &mut inputs);
        let first = builder.input(0);
        let operands = if is_first { [second, first] } else { [first, second] };
        let result = builder.apply(function, &operands);
        let value = self.graph.map(builder.finish(&[result]), &inputs).map_err(refused)?;
        match (function, made, factor) {
            (Function::Mul, ..) => self.note(value, Made::Product { x: x.value, factor, dims: constant.dims.clone() }),
            (Function::Add, Some(Made::MeanSquare(x)), Factor::Number(epsilon)) => {
                self.note(value, Made::MeanSquareAndEpsilon(x, epsilon));
            }
            _ => {}
        }
        Ok(Tensor { value, ..x })
    }

    /// Numbers as a value of the last axes of x, in x's order. Their extents are x's or 1.
    fn aligned(&mut self, x: &Tensor, dims: &[usize], numbers: &[f32]) -> Result<Value, GraphError> {
        let rank = dims.len();
        let order: Vec<usize> = if x.is_channels_last { (1..rank).chain([0]).collect() } else { (0..rank).collect() };
        // The numbers in that order, without axes that are not there.
        let kept: Vec<usize> = order.iter().copied().filter(|axis| dims[*axis] != 1).collect();
        let strides = Shape::new(dims).strides();
        let extents: Vec<usize> = kept.iter().map(|axis| dims[*axis]).collect();
        let targets = Shape::new(&extents).strides();
        let turned: Vec<f32> = (0..numbers.len())
            .map(|idx| {
                let from = kept.iter().zip(&targets).zip(&extents);
                numbers[from.map(|((axis, target), extent)| idx / target % extent * strides[*axis]).sum::<usize>()]
            })
            .collect();
        let state = self.state(&extents, turned)?;
        // From the first axis that they have on, the others are repeated.
        let first = order.iter().position(|axis| dims[*axis] != 1).unwrap_or(rank);
        let tail = &order[first..];
        let shape: Vec<usize> = tail.iter().map(|axis| x.shape[*axis]).collect();
        let axes: Vec<usize> = (0..tail.len()).filter(|at| dims[tail[*at]] == 1).collect();
        if axes.iter().all(|at| shape[*at] == 1) {
            return self.reshape(state, &shape);
        }
        self.graph.add(ops::Broadcast { shape: shape.into(), axes }, &[state])
    }

    /// The value in the file's order, its extents of 1 repeated up to a shape.
    fn repeat(&mut self, x: &Tensor, shape: &[usize]) -> Result<Value, GraphError> {
        let x = self.plain(x)?;
        let axes: Vec<usize> = (0..shape.len()).filter(|axis| x.shape[*axis] != shape[*axis]).collect();
        if axes.is_empty() {
            return Ok(x.value);
        }
        let kept: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).map(|axis| shape[axis]).collect();
        let value = self.reshape(x.value, &kept)?;
        self.graph.add(ops::Broadcast { shape: Shape::new(shape), axes }, &[value])
    }
}

/// The shape of two that are repeated where they are 1.
fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let extents = a.iter().zip(b).map(|(a, b)| match (*a, *b) {
        (a, b) if a == b => Some(a),
        (1, b) => Some(b),
        (a, 1) => Some(a),
        _ => None,
    });
    extents.collect::<Option<Vec<usize>>>().filter(|shape| crate::build::elements(shape).is_ok())
}
