//! Exports networks that hold every layer between them, each with a batch and what our engine makes of it:
//! `cargo run -p proofmark-model --example onnx FOLDER` writes `NAME.onnx`, `NAME.input` and `NAME.expected` (f32,
//! little-endian), and the same without the softmax at the end as `NAME-logits`, with `NAME-logits.exact` and
//! `NAME-logits.bound`: the exact logits, and how far one in f32 may lie from each (f64, little-endian). Given the model file of a
//! run on MNIST as well, it does so for `trained`.
//! `tests-long/onnx` holds another program against it.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;

use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::{Executor, Feed, StateBlock, Step};
use proofmark_model::{CheckedModel, Layer, ModelSpec, Target, model_file, onnx};
use proofmark_tensor::random::Stream;
use rounding::Bounded;

#[path = "../tests/model/rounding.rs"]
mod rounding;

/// Name, shape of a sample, number of classes, layers in JSON.
const NETWORKS: &[(&str, &[usize], usize, &str)] = &[
    (
        "digits",
        &[28, 28, 1],
        10,
        r#"[{ "conv2d": { "filters": 32, "kernel": 3, "activation": "relu" } }, "max_pool2d",
            { "conv2d": { "filters": 64, "kernel": 3, "activation": "relu" } }, "max_pool2d", "flatten",
            { "dense": { "units": 128, "activation": "relu" } }, { "dropout": { "rate": 0.5 } },
            { "dense": { "units": 10, "activation": "softmax" } }]"#,
    ),
    (
        "residual",
        &[15, 12, 3],
        5,
        r#"[{ "conv2d": { "name": "stem", "filters": 8, "kernel": [3, 2], "padding": "same", "use_bias": false } },
            { "batch_norm": { "name": "norm" } }, { "relu": { "name": "start" } },
            { "conv2d": { "filters": 8, "kernel": 3, "stride": 2, "padding": "same", "groups": 2 } },
            { "batch_norm": { "name": "branch" } },
            { "conv2d": { "name": "short", "inputs": ["start"], "filters": 8, "kernel": 2, "stride": [2, 2],
                          "padding": "same", "dilation": 2, "activation": "tanh" } },
            { "add": { "name": "sum", "inputs": ["branch", "short"] } },
            { "average_pool2d": { "name": "mean", "size": 3, "stride": 2, "padding": "same" } },
            { "max_pool2d": { "name": "most", "inputs": ["sum"], "size": 3, "stride": 2, "padding": "same" } },
            { "concatenate": { "name": "both", "inputs": ["mean", "most"] } },
            { "global_max_pool2d": { "name": "top" } },
            { "global_average_pool2d": { "name": "middle", "inputs": ["both"] } },
            { "concatenate": { "inputs": ["top", "middle"] } }, "batch_norm",
            { "dense": { "units": 5 } }, "softmax"]"#,
    ),
    (
        "other_orders",
        &[6, 4, 2],
        3,
        r#"[{ "permute": { "axes": [1, 0, 2] } }, { "dense": { "units": 3, "activation": "sigmoid" } },
            { "softmax": { "name": "channels" } },
            { "average_pool2d": { "size": 2 } }, { "activation": { "function": "softplus" } }, "softmax",
            { "reshape": { "shape": [9, 2] } },
            "batch_norm", { "dense": { "units": 3, "use_bias": false } }, "flatten",
            { "dense": { "units": 3, "activation": "softmax" } }]"#,
    ),
    (
        "sequence",
        &[23, 6],
        4,
        r#"[{ "conv1d": { "name": "stem", "filters": 8, "kernel": 3, "padding": "causal", "dilation": 2, "activation": "gelu" } },
            { "layer_norm": { "name": "start" } },
            { "conv1d": { "filters": 8, "kernel": 4, "stride": 2, "padding": "same", "groups": 2, "activation": "silu" } },
            { "group_norm": { "name": "left", "groups": 4 } },
            { "max_pool1d": { "name": "most", "inputs": ["start"], "size": 3, "stride": 2, "padding": "same" } },
            { "add": { "inputs": ["left", "most"] } }, "rms_norm",
            { "average_pool1d": { "size": 3, "stride": 2, "padding": "same" } }, "batch_norm",
            { "conv1d": { "name": "last", "filters": 5, "kernel": 2, "use_bias": false } },
            { "activation": { "function": "log_softmax" } },
            { "global_max_pool1d": { "name": "top" } },
            { "global_average_pool1d": { "name": "middle", "inputs": ["last"] } },
            { "concatenate": { "inputs": ["top", "middle"] } }, { "group_norm": { "name": "flat", "groups": 2 } },
            { "layer_norm": { "name": "rows" } }, "unit_norm", { "dense": { "units": 4, "activation": "softmax" } }]"#,
    ),
    (
        "gated",
        &[11, 4],
        3,
        r#"[{ "conv1d": { "name": "filter", "filters": 5, "kernel": 2, "padding": "causal", "dilation": 2, "activation": "tanh" } },
            { "conv1d": { "name": "gate", "inputs": ["input"], "filters": 5, "kernel": 2, "padding": "causal", "dilation": 2,
                          "activation": "sigmoid" } },
            { "multiply": { "name": "unit", "inputs": ["filter", "gate"] } }, "flatten",
            { "dense": { "units": 3, "activation": "softmax" } }]"#,
    ),
    (
        "decoder",
        &[5, 4, 3],
        3,
        r#"[{ "conv2d_transpose": { "filters": 6, "kernel": [3, 2], "stride": 2, "padding": "same", "activation": "relu" } },
            { "group_norm": { "groups": 3 } },
            { "conv2d_transpose": { "filters": 4, "kernel": 2, "stride": 3 } }, "layer_norm",
            { "conv2d_transpose": { "filters": 4, "kernel": [5, 3], "stride": [1, 2], "use_bias": false } },
            { "conv2d_transpose": { "filters": 2, "kernel": 1, "stride": 2, "padding": "same" } }, "rms_norm",
            { "max_pool2d": { "size": [7, 9], "stride": 5 } }, "flatten", { "dense": { "units": 3 } },
            { "activation": { "function": "gelu" } }, "softmax"]"#,
    ),
    (
        "tokens",
        &[9],
        3,
        r#"[{ "embedding": { "vocabulary": 20, "units": 6 } }, { "conv1d": { "name": "one", "filters": 6, "kernel": 3, "padding": "same", "activation": "silu" } },
            { "shared": { "layer": "one" } }, "flatten", { "dense": { "units": 3, "activation": "softmax" } }]"#,
    ),
    (
        "transformer",
        &[27],
        3,
        r#"[{ "embedding": { "name": "words", "vocabulary": 3, "units": 6 } },
            { "position_encoding": { "name": "start", "base": 50 } }, "layer_norm",
            { "multi_head_attention": { "name": "causal", "heads": 3, "causal": true, "rotary": true } },
            { "add": { "name": "left", "inputs": ["start", "causal"] } }, "layer_norm",
            { "dense": { "units": 12, "activation": "gelu" } }, { "dense": { "name": "down", "units": 6 } },
            { "add": { "name": "memory", "inputs": ["left", "down"] } },
            { "sequence_length": { "name": "length", "inputs": ["input"], "padding": 2 } },
            { "average_pool1d": { "name": "short", "inputs": ["words"], "size": 3 } },
            { "position_embedding": { "name": "queries" } },
            { "multi_head_attention": { "heads": 2, "key_dim": 4, "value_dim": 5, "use_bias": false, "lengths": true,
                "inputs": ["queries", "memory", "left", "length"] } },
            { "multi_head_attention": { "name": "self", "heads": 2 } }, "flatten",
            { "dense": { "units": 3, "activation": "softmax" } }]"#,
    ),
    (
        "recurrent",
        &[21],
        4,
        r#"[{ "embedding": { "name": "words", "vocabulary": 3, "units": 6 } },
            { "sequence_length": { "name": "length", "inputs": ["input"], "padding": 2 } },
            { "lstm": { "name": "a", "units": 7, "return_sequences": true, "direction": "both", "inputs": ["words", "length"] } },
            { "gru": { "name": "b", "units": 5, "return_sequences": true, "direction": "both", "inputs": ["a", "length"] } },
            { "lstm": { "name": "c", "units": 5, "return_sequences": true, "use_bias": false, "inputs": ["b", "length"] } },
            { "gru": { "name": "d", "units": 5, "return_sequences": true, "direction": "backward", "inputs": ["c", "length"] } },
            { "gru": { "name": "e", "units": 4, "use_bias": false, "inputs": ["d", "length"] } },
            { "lstm": { "name": "f", "units": 4, "direction": "backward", "inputs": ["d", "length"] } },
            { "lstm": { "name": "g", "units": 4, "direction": "both", "inputs": ["d"] } },
            { "gru": { "name": "h", "units": 4, "return_sequences": true, "inputs": ["d"] } }, "flatten",
            { "concatenate": { "inputs": ["e", "f", "g", "flatten_1"] } },
            { "dense": { "units": 4, "activation": "softmax" } }]"#,
    ),
];

/// Samples of a batch: one that is no multiple of anything.
const SAMPLES: usize = 7;

/// Writes the files.
pub fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: onnx FOLDER [MODEL.safetensors]")?;
    let folder = Path::new(&folder);
    let mut kinds = BTreeSet::new();
    for (name, shape, classes, layers) in NETWORKS {
        let layers: serde_json::Value = serde_json::from_str(layers)?;
        let spec: ModelSpec = serde_json::from_value(serde_json::json!({ "layers": layers }))?;
        kinds.extend(spec.layers.iter().map(|layer| layer.kind()));
        let model = spec.check(shape.to_vec(), Target::Category { classes: *classes })?;
        let mut state = StateBlock::new(&model.inference_graph()?.graph);
        model.initialize(7, &mut state);
        // As after a training: no bias is zero, no statistic is the standard one.
        for entry in state.entries().to_vec().iter().filter(|entry| entry.shape.rank() == 1) {
            let stream = Stream::new(8, &entry.name);
            let is_shift = entry.name.ends_with("beta") || entry.name.ends_with("bias");
            let values = state.get_mut(&entry.name).ok_or("an entry")?;
            for (idx, value) in values.iter_mut().enumerate() {
                *value = stream.uniform_at(0, 0, idx as u32) + if is_shift { -0.5 } else { 0.5 };
            }
        }
        write(folder, name, &layers, &model, state)?;
    }
    if let Some(path) = std::env::args().nth(2) {
        let bytes = std::fs::read(path)?;
        let file = model_file::parse(&bytes)?;
        let spec: serde_json::Value = serde_json::from_str(file.metadata.get("model").ok_or("no model")?)?;
        let layers = spec["layers"].clone();
        let model = serde_json::from_value::<ModelSpec>(spec)?.check([28, 28, 1], Target::Category { classes: 10 })?;
        let mut state = StateBlock::new(&model.inference_graph()?.graph);
        file.load(&mut state)?;
        write(folder, "trained", &layers, &model, state)?;
    }
    match onnx::EXPORTED.iter().find(|kind| !kinds.contains(*kind)) {
        Some(kind) => Err(format!("no network here has a layer `{kind}`").into()),
        None => Ok(()),
    }
}

/// Writes a model that ends in a softmax, once as it is and once without the softmax.
fn write(
    folder: &Path,
    name: &str,
    layers: &serde_json::Value,
    model: &CheckedModel,
    state: StateBlock,
) -> Result<(), Box<dyn Error>> {
    let elements = model.input_shape().elements();
    let stream = Stream::new(9, name);
    let mut input: Vec<f32> = (0..SAMPLES * elements).map(|idx| stream.uniform_at(0, 0, idx as u32)).collect();
    if let Some(Layer::Embedding(embedding)) = model.spec().layers.first() {
        input.iter_mut().for_each(|value| *value = (*value * embedding.vocabulary as f32).floor());
    }
    // Sequences of every length, none at all among them.
    let lengths = model.spec().layers.iter().find_map(|layer| match layer {
        Layer::SequenceLength(layer) => Some(layer.padding as f32),
        _ => None,
    });
    if let Some(padding) = lengths {
        let steps = model.input_shape()[0];
        for (sample, values) in input.chunks_mut(elements).enumerate() {
            values[elements - sample * steps / (SAMPLES - 1) * (elements / steps)..].fill(padding);
        }
    }
    one(folder, name, model, state.clone(), &input, None)?;

    let mut layers: Vec<serde_json::Value> = serde_json::from_value(layers.clone())?;
    if layers.last().is_some_and(|last| last == "softmax") {
        layers.pop();
    } else {
        let dense = layers.last_mut().and_then(|last| last.get_mut("dense")).and_then(serde_json::Value::as_object_mut);
        dense.ok_or("a softmax at the end")?.remove("activation");
    }
    let spec: ModelSpec = serde_json::from_value(serde_json::json!({ "layers": layers }))?;
    let shape = model.input_shape().clone();
    // Numbers, not classes: logits are no probabilities, and a check would say so.
    let logits = spec.check(shape, Target::Number { outputs: model.output_shape().elements() })?;
    let inference = logits.inference_graph()?;
    let output = inference.graph.outputs()[inference.predictions].1;
    let bounded = rounding::bounded(&inference.graph, &state, output, &input, SAMPLES);
    let bounded = bounded.ok_or_else(|| format!("no rule in rounding.rs for a layer of `{name}`"))?;
    one(folder, &format!("{name}-logits"), &logits, state, &input, Some(bounded))
}

fn one(
    folder: &Path,
    name: &str,
    model: &CheckedModel,
    mut state: StateBlock,
    input: &[f32],
    bounded: Option<Bounded>,
) -> Result<(), Box<dyn Error>> {
    let expected = predictions(model, &mut state, input)?;
    let file = onnx::export(model, &state, &BTreeMap::from([("name".to_owned(), name.to_owned())]))?;
    std::fs::write(folder.join(format!("{name}.onnx")), file)?;
    for (ending, values) in [("input", input), ("expected", &expected)] {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(folder.join(format!("{name}.{ending}")), bytes)?;
    }
    let Some(Bounded { exact, bound }) = bounded else { return Ok(()) };
    for (ending, values) in [("exact", exact), ("bound", bound)] {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(folder.join(format!("{name}.{ending}")), bytes)?;
    }
    Ok(())
}

fn predictions(model: &CheckedModel, state: &mut StateBlock, input: &[f32]) -> Result<Vec<f32>, Box<dyn Error>> {
    let inference = model.inference_graph()?;
    let ids: Vec<u64> = (0..SAMPLES as u64).collect();
    let mut session = CpuExecutor::new(1).prepare(&inference.graph, state, SAMPLES)?;
    session.run(state, &Step { ids: &ids, index: 0, seed: 0 }, &[Feed::F32(input)])?;
    Ok(session.output(inference.predictions).to_vec())
}
