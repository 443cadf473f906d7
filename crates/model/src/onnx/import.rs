//! Reading: a file of ours or of another program as a graph of the engine, with its constants as states.
//!
//! A file may hold anything: every extent, index and length in it is checked before it is used, and what is kept in memory is
//! in proportion to the file.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use proofmark_engine::{Graph, StateBlock, Type};
use proofmark_tensor::Shape;
use prost::Message as _;

use super::constant::{self, Constant};
use super::error::OnnxError;
use super::operators;
use super::proto;
use super::sequences;
use super::tape::{Known, Site, Tape, Tensor};
use crate::build::elements;

/// The most nodes that are read.
const MAX_NODES: usize = 10_000;
/// The most tensors that are read.
const MAX_TENSORS: usize = 20_000;

/// A model from an ONNX file: a graph for inference with one input, `x`, and one output, `predictions`.
pub struct Imported {
    /// The graph.
    pub graph: Graph,
    /// Index of the output `predictions`.
    pub predictions: usize,
    /// The constants.
    pub state: StateBlock,
    /// The shape of a sample, as it is fed.
    pub input: Shape,
    /// The shape of what is predicted for one.
    pub output: Shape,
    /// Who wrote the file, as it says.
    pub producer: String,
}

/// Reads a model for samples of a shape, `[height, width, channels]` for images. An input that is declared with the channels
/// first, or flat, is fed such samples as they are all the same; without a shape, samples are as the file declares them.
///
/// Not every network can be written as a spec's layers (paddings differ from side to side, say), so that this is a graph; what
/// leads to no prediction, such as the label beside the probabilities, is left out.
///
/// # Errors
/// A file that is damaged or too large, an input that the samples do not fit, and whatever has no form here, with the node.
pub fn import(bytes: &[u8], sample: Option<&Shape>) -> Result<Imported, OnnxError> {
    let file = proto::Model::decode(bytes).map_err(OnnxError::Malformed)?;
    let model = file.graph.ok_or(OnnxError::NoGraph)?;
    let n_tensors = model.initializer.len();
    for (what, count, limit) in [("node", model.node.len(), MAX_NODES), ("tensor", n_tensors, MAX_TENSORS)] {
        if count > limit {
            return Err(OnnxError::TooMany { what, count, limit });
        }
    }
    let opset =
        file.opset_import.iter().find(|set| matches!(&set.domain[..], "" | "ai.onnx")).map_or(1, |set| set.version);
    let constants: BTreeMap<&str, &proto::Tensor> =
        model.initializer.iter().map(|tensor| (&tensor.name[..], tensor)).collect();
    let inputs: Vec<&proto::ValueInfo> =
        model.input.iter().filter(|input| !constants.contains_key(&input.name[..])).collect();
    let &[input] = &inputs[..] else {
        return Err(OnnxError::Inputs { names: inputs.iter().map(|input| input.name.clone()).collect() });
    };
    let output = predictions(&model)?;
    let needed = needed(&model, output);

    // Four times what a file of f32 holds, and some for those that stand in attributes.
    let most_numbers = bytes.len() + 4096;
    let mut tape = Tape::new(opset);
    let x = read_input(&mut tape, input, sample)?;
    let fed = tape.graph.shape(tape.graph.inputs()[0].value).clone();
    let elem_type = input.kind.as_ref().and_then(|kind| kind.tensor.as_ref()).map_or(0, |tensor| tensor.elem_type);
    let x = if matches!(elem_type, proto::INT32 | proto::INT64) { Known::Whole(x) } else { Known::Sample(x) };
    let mut values: BTreeMap<&str, Known> = BTreeMap::from([(&input.name[..], x)]);
    for (node, _) in model.node.iter().zip(&needed).filter(|(_, is_needed)| **is_needed) {
        let site = Site::of(node);
        let mut operands = Vec::with_capacity(node.input.len());
        for name in &node.input {
            if name.is_empty() {
                operands.push(None);
                continue;
            }
            if !values.contains_key(&name[..]) {
                let tensor = constants.get(&name[..]);
                let tensor =
                    tensor.ok_or_else(|| OnnxError::UnknownValue { node: site.node(), value: name.clone() })?;
                let constant: Rc<Constant> = Rc::new(constant::read(tensor)?);
                values.insert(name, Known::Constant(constant));
            }
            operands.push(values.get(&name[..]).cloned());
        }
        let result = operators::apply(&mut tape, &site, &operands)?;
        // A tensor that is used again and again would take more memory than its file.
        if tape.n_numbers > most_numbers {
            return Err(OnnxError::TooMany { what: "number", count: tape.n_numbers, limit: most_numbers });
        }
        if let Some(name) = node.output.get(1).filter(|name| !name.is_empty())
            && let Some(second) = sequences::last(&result)
        {
            values.insert(name, second);
        }
        if let Some(name) = node.output.first() {
            values.insert(name, result);
        }
    }
    let unknown = || OnnxError::UnknownValue { node: String::new(), value: output.to_owned() };
    let Some(Known::Sample(last)) = values.get(output) else { return Err(unknown()) };
    let last = tape.plain(last).map_err(|source| refused("Identity", output, source))?;
    let shape = tape.graph.shape(last.value).clone();
    tape.graph.output("predictions", last.value).map_err(|source| refused("Identity", output, source))?;
    drop(values);
    let (graph, constants) = (tape.graph, tape.constants);
    let mut state = StateBlock::try_new(&graph).map_err(OnnxError::Memory)?;
    for (name, numbers) in constants {
        if let Some(values) = state.get_mut(&name) {
            values.copy_from_slice(&numbers);
        }
    }
    Ok(Imported { predictions: 0, graph, state, input: fed, output: shape, producer: file.producer_name })
}

fn refused(operator: &str, node: &str, source: proofmark_engine::GraphError) -> OnnxError {
    OnnxError::Refused { operator: operator.to_owned(), node: node.to_owned(), source: Box::new(source) }
}

/// The output that is numbers: one that is declared so, or the probabilities by label that scikit-learn's converter gives.
fn predictions(model: &proto::Graph) -> Result<&str, OnnxError> {
    let is_number = |output: &&proto::ValueInfo| match output.kind.as_ref().map(|kind| &kind.tensor) {
        Some(Some(tensor)) => matches!(tensor.elem_type, proto::FLOAT | proto::DOUBLE),
        // A sequence of maps.
        Some(None) => {
            model.node.iter().any(|node| node.op_type == "ZipMap" && node.output.first() == Some(&output.name))
        }
        None => true,
    };
    let numbers: Vec<&proto::ValueInfo> = model.output.iter().filter(is_number).collect();
    match numbers[..] {
        [output] => Ok(&output.name),
        _ => Err(OnnxError::Outputs { names: model.output.iter().map(|output| output.name.clone()).collect() }),
    }
}

/// Which nodes lead to a value.
fn needed(model: &proto::Graph, output: &str) -> Vec<bool> {
    // What has no name is not there: an operand or an output that may be left out.
    let mut wanted = BTreeSet::from([output]);
    let mut needed = vec![false; model.node.len()];
    for (idx, node) in model.node.iter().enumerate().rev() {
        if node.output.iter().any(|name| wanted.contains(&name[..])) {
            needed[idx] = true;
            wanted.extend(node.input.iter().map(|name| &name[..]).filter(|name| !name.is_empty()));
        }
    }
    needed
}

/// Adds the input, in the order in which samples are fed.
fn read_input(tape: &mut Tape, input: &proto::ValueInfo, sample: Option<&Shape>) -> Result<Tensor, OnnxError> {
    let tensor = input.kind.as_ref().and_then(|kind| kind.tensor.as_ref());
    let dims: Vec<Option<usize>> = tensor
        .and_then(|tensor| tensor.shape.as_ref())
        .map(|shape| shape.dim.iter().map(|dim| dim.value.and_then(|value| usize::try_from(value).ok())).collect())
        .unwrap_or_default();
    let declared: Vec<String> =
        dims.iter().skip(1).take(9).map(|dim| dim.map_or("?".to_owned(), |dim| dim.to_string())).collect();
    let mismatch = |sample: &Shape| OnnxError::InputShape {
        declared: format!("[{}]", declared.join(", ")),
        sample: sample.clone(),
    };
    // Tokens are numbers to us.
    let is_number = tensor.is_none_or(|tensor| {
        matches!(tensor.elem_type, 0 | proto::FLOAT | proto::DOUBLE | proto::INT32 | proto::INT64)
    });
    let known: Option<Vec<usize>> = dims.iter().skip(1).copied().collect();
    let fed = match sample {
        Some(sample) => sample.clone(),
        None => known.map(Shape::from).ok_or_else(|| mismatch(&Shape::scalar()))?,
    };
    if dims.is_empty() || !is_number || fed.rank() > 7 || elements(&fed).is_err() || fed.contains(&0) {
        return Err(mismatch(&fed));
    }
    tape.batch = dims[0];
    let x = tape.graph.input("x", Type::sample(fed.clone())).map_err(|source| refused("Input", &input.name, source))?;
    let fits = |shape: &[usize]| {
        shape.len() + 1 == dims.len()
            && shape.iter().zip(&dims[1..]).all(|(extent, dim)| dim.is_none_or(|dim| dim == *extent))
    };
    if fits(&fed) {
        return Ok(Tensor { value: x, shape: fed.to_vec(), is_channels_last: false });
    }
    if fed.rank() >= 2 {
        let turned: Vec<usize> = std::iter::once(fed.last()).chain(fed[..fed.rank() - 1].iter().copied()).collect();
        if fits(&turned) {
            return Ok(Tensor { value: x, shape: turned, is_channels_last: true });
        }
    }
    let flat = [fed.elements()];
    if fits(&flat) {
        let value = tape.reshape(x, &flat).map_err(|source| refused("Input", &input.name, source))?;
        return Ok(Tensor { value, shape: flat.to_vec(), is_channels_last: false });
    }
    Err(mismatch(&fed))
}
