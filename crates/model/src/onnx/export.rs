//! Writing: what a file consists of, and the values that pass from layer to layer.

use std::collections::BTreeMap;

use proofmark_engine::StateBlock;
use proofmark_tensor::Shape;
use prost::Message as _;

use super::{layer, proto};
use crate::CheckedModel;
use crate::error::{ModelError, ModelErrors};

/// The name of the input, and of the output.
pub const INPUT: &str = "input";
/// The name of the output.
pub const OUTPUT: &str = "predictions";
/// The name of the first extent, which is the number of samples.
pub const BATCH: &str = "N";
/// The version of ONNX's operators that files are written in.
pub const OPSET: i64 = 17;
/// The version of the format that goes with it.
const IR_VERSION: i64 = 8;

/// The model for inference as an ONNX file. Equal models, states and metadata give equal bytes.
///
/// # Errors
/// A layer that has no form in ONNX yet, by name.
///
/// # Panics
/// If the block was not made for a graph of this model.
pub fn export(
    model: &CheckedModel,
    state: &StateBlock,
    metadata: &BTreeMap<String, String>,
) -> Result<Vec<u8>, ModelErrors> {
    let mut writer =
        Writer { state, layer: String::new(), owner: String::new(), nodes: Vec::new(), initializers: Vec::new() };
    let input = Tensor { name: INPUT.to_owned(), shape: model.input_shape().clone(), order: Order::Ours };
    let mut values: Vec<Tensor> = Vec::with_capacity(model.layers().len());
    let names: Vec<String> = model.layers().iter().map(|layer| layer.name.clone()).collect();
    for (idx, (spec, checked)) in model.spec().layers.iter().zip(model.layers()).enumerate() {
        let owner = model.owner(&names, idx);
        checked.name.clone_into(&mut writer.layer);
        names[owner].clone_into(&mut writer.owner);
        let inputs: Vec<Tensor> =
            checked.inputs.iter().map(|source| source.map_or(&input, |source| &values[source]).clone()).collect();
        let value = layer::write(&mut writer, &model.spec().layers[owner], &inputs, &checked.shape)
            .map_err(|kind| ModelError::of_layer(idx, spec.kind(), &checked.name, "", kind))?;
        values.push(value);
    }
    let last = values.last().cloned().unwrap_or_else(|| input.clone());
    let last = writer.ours(&last);
    // One that may be an input as well keeps its name; this is the name that callers know.
    writer.nodes.push(node("Identity", vec![last.name], OUTPUT.to_owned(), Vec::new()));
    let file = proto::Model {
        ir_version: IR_VERSION,
        producer_name: "proofmark".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(proto::Graph {
            node: writer.nodes,
            name: "model".to_owned(),
            initializer: writer.initializers,
            input: vec![batch_of(INPUT, model.input_shape())],
            output: vec![batch_of(OUTPUT, model.output_shape())],
        }),
        opset_import: vec![proto::OperatorSet { domain: String::new(), version: OPSET }],
        metadata_props: metadata
            .iter()
            .map(|(key, value)| proto::Entry { key: key.clone(), value: value.clone() })
            .collect(),
    };
    Ok(file.encode_to_vec())
}

/// In which order the axes of a value stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// As in our graphs; of images `[N, H, W, C]`, of sequences `[N, T, C]`.
    Ours,
    /// Of images `[N, C, H, W]`, of sequences `[N, C, T]`.
    ChannelsFirst,
}

/// A value in the file.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    pub(super) name: String,
    /// Ours, of one sample, whatever the order.
    pub(super) shape: Shape,
    pub(super) order: Order,
}

/// Nodes and tensors so far, and the layer that is being written.
pub(super) struct Writer<'a> {
    state: &'a StateBlock,
    layer: String,
    /// The layer whose states it has: another one where they are shared.
    owner: String,
    nodes: Vec<proto::Node>,
    initializers: Vec<proto::Tensor>,
}

impl Writer<'_> {
    /// A state of the layer.
    pub(super) fn state(&self, suffix: &str) -> (Shape, &[f32]) {
        let name = format!("{}.{suffix}", self.owner);
        let shape = self.state.entry(&name).expect("a block of this model").shape.clone();
        (shape, self.state.get(&name).expect("a block of this model"))
    }

    /// A state of the layer as a tensor of the file, as it is.
    pub(super) fn parameter(&mut self, suffix: &str) -> String {
        let (shape, values) = self.state(suffix);
        let values = values.to_vec();
        self.numbers(suffix, &shape, &values)
    }

    /// Numbers as a tensor of the file.
    pub(super) fn numbers(&mut self, suffix: &str, shape: &[usize], values: &[f32]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(suffix, proto::FLOAT, shape, bytes)
    }

    /// Integers, of one axis, as a tensor of the file.
    pub(super) fn integers(&mut self, suffix: &str, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(suffix, proto::INT64, &[values.len()], bytes)
    }

    fn tensor(&mut self, suffix: &str, data_type: i32, shape: &[usize], bytes: Vec<u8>) -> String {
        let name = format!("{}.{suffix}", self.layer);
        let dims = shape.iter().map(|extent| *extent as i64).collect();
        self.initializers.push(proto::Tensor {
            dims,
            data_type,
            name: name.clone(),
            raw_data: Some(bytes),
            ..Default::default()
        });
        name
    }

    /// Adds a node with one output; the name is new.
    pub(super) fn node(&mut self, op: &str, inputs: Vec<String>, attributes: Vec<proto::Attribute>) -> String {
        let name = format!("{}/{}_{}", self.layer, op, self.nodes.len());
        self.nodes.push(node(op, inputs, name.clone(), attributes));
        name
    }

    /// Adds a node with two outputs.
    pub(super) fn node_of_two(
        &mut self,
        op: &str,
        inputs: Vec<String>,
        attributes: Vec<proto::Attribute>,
    ) -> [String; 2] {
        let first = self.node(op, inputs, attributes);
        let second = format!("{first}_last");
        if let Some(node) = self.nodes.last_mut() {
            node.output.push(second.clone());
        }
        [first, second]
    }

    /// The value in the order of our graphs.
    pub(super) fn ours(&mut self, x: &Tensor) -> Tensor {
        if x.order == Order::Ours {
            return x.clone();
        }
        let rank = x.shape.rank() as i64;
        let axes: Vec<i64> = std::iter::once(0).chain(2..=rank).chain([1]).collect();
        let name = self.transpose(x, &axes);
        Tensor { name, order: Order::Ours, ..x.clone() }
    }

    /// The image or sequence with its channels first. What has no other axis is as it is.
    pub(super) fn channels_first(&mut self, x: &Tensor) -> Tensor {
        if x.order == Order::ChannelsFirst || x.shape.rank() < 2 {
            return x.clone();
        }
        let rank = x.shape.rank() as i64;
        let axes: Vec<i64> = [0, rank].into_iter().chain(1..rank).collect();
        let name = self.transpose(x, &axes);
        Tensor { name, order: Order::ChannelsFirst, ..x.clone() }
    }

    fn transpose(&mut self, x: &Tensor, axes: &[i64]) -> String {
        self.node("Transpose", vec![x.name.clone()], vec![ints("perm", axes)])
    }
}

fn node(op: &str, input: Vec<String>, output: String, attribute: Vec<proto::Attribute>) -> proto::Node {
    proto::Node {
        input,
        name: output.clone(),
        output: vec![output],
        op_type: op.to_owned(),
        attribute,
        domain: String::new(),
    }
}

/// An attribute of one integer.
pub(super) fn int(name: &str, value: usize) -> proto::Attribute {
    let kind = proto::AttributeKind::Int as i32;
    proto::Attribute { name: name.to_owned(), i: Some(value as i64), kind, ..Default::default() }
}

/// An attribute of several integers.
pub(super) fn ints(name: &str, values: &[i64]) -> proto::Attribute {
    let kind = proto::AttributeKind::Ints as i32;
    proto::Attribute { name: name.to_owned(), ints: values.to_vec(), kind, ..Default::default() }
}

/// An attribute of one text.
pub(super) fn text(name: &str, value: &str) -> proto::Attribute {
    let kind = proto::AttributeKind::Text as i32;
    proto::Attribute { name: name.to_owned(), s: Some(value.as_bytes().to_vec()), kind, ..Default::default() }
}

/// An attribute of one number.
pub(super) fn float(name: &str, value: f32) -> proto::Attribute {
    let kind = proto::AttributeKind::Float as i32;
    proto::Attribute { name: name.to_owned(), f: Some(value), kind, ..Default::default() }
}

/// A name for as many samples of a shape as the caller has.
fn batch_of(name: &str, shape: &Shape) -> proto::ValueInfo {
    let batch = proto::Extent { value: None, name: Some(BATCH.to_owned()) };
    let extents = shape.iter().map(|extent| proto::Extent { value: Some(*extent as i64), name: None });
    let shape = proto::Extents { dim: std::iter::once(batch).chain(extents).collect() };
    let tensor = proto::TensorType { elem_type: proto::FLOAT, shape: Some(shape) };
    proto::ValueInfo { name: name.to_owned(), kind: Some(proto::ValueType { tensor: Some(tensor) }) }
}
