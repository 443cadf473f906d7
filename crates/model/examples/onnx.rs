//! Exports networks that hold every layer between them, each with a batch and what our engine makes of it:
//! `cargo run -p proofmark-model --example onnx FOLDER` writes `NAME.onnx`, `NAME.input` and `NAME.expected` (f32,
//! little-endian). `tests-long/onnx` holds another program against it.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;

use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::{Executor, Feed, StateBlock, Step};
use proofmark_model::{ModelSpec, Target, onnx};
use proofmark_tensor::random::Stream;

/// Name, shape of a sample, number of classes, layers in JSON.
const NETWORKS: &[(&str, [usize; 3], usize, &str)] = &[
    (
        "digits",
        [28, 28, 1],
        10,
        r#"[{ "conv2d": { "filters": 32, "kernel": 3, "activation": "relu" } }, "max_pool2d",
            { "conv2d": { "filters": 64, "kernel": 3, "activation": "relu" } }, "max_pool2d", "flatten",
            { "dense": { "units": 128, "activation": "relu" } }, { "dropout": { "rate": 0.5 } },
            { "dense": { "units": 10, "activation": "softmax" } }]"#,
    ),
    (
        "residual",
        [15, 12, 3],
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
        [6, 4, 2],
        3,
        r#"[{ "permute": { "axes": [1, 0, 2] } }, { "dense": { "units": 3, "activation": "sigmoid" } },
            { "softmax": { "name": "channels" } },
            { "average_pool2d": { "size": 2 } }, { "activation": { "function": "softplus" } }, "softmax",
            { "reshape": { "shape": [9, 2] } },
            "batch_norm", { "dense": { "units": 3, "use_bias": false } }, "flatten",
            { "dense": { "units": 3, "activation": "softmax" } }]"#,
    ),
];

/// Samples of a batch: one that is no multiple of anything.
const SAMPLES: usize = 7;

/// Writes the files.
pub fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: onnx FOLDER")?;
    let folder = Path::new(&folder);
    let mut kinds = BTreeSet::new();
    for (name, shape, classes, layers) in NETWORKS {
        let spec: ModelSpec = serde_json::from_str(&format!(r#"{{ "layers": {layers} }}"#))?;
        kinds.extend(spec.layers.iter().map(|layer| layer.kind()));
        let model = spec.check(*shape, Target::Category { classes: *classes })?;
        let inference = model.inference_graph()?;
        let mut state = StateBlock::new(&inference.graph);
        model.initialize(7, &mut state);
        // As after a training: no bias is zero, no statistic is the standard one.
        let entries = state.entries().to_vec();
        for entry in entries.iter().filter(|entry| entry.shape.rank() == 1) {
            let stream = Stream::new(8, &entry.name);
            let values = state.get_mut(&entry.name).ok_or("an entry")?;
            for (idx, value) in values.iter_mut().enumerate() {
                let moved = stream.uniform_at(0, 0, idx as u32);
                *value = if entry.name.ends_with("beta") || entry.name.ends_with("bias") {
                    moved - 0.5
                } else {
                    moved + 0.5
                };
            }
        }
        let elements = shape.iter().product::<usize>();
        let stream = Stream::new(9, name);
        let input: Vec<f32> = (0..SAMPLES * elements).map(|idx| stream.uniform_at(0, 0, idx as u32)).collect();
        let ids: Vec<u64> = (0..SAMPLES as u64).collect();
        let mut session = CpuExecutor::new(1).prepare(&inference.graph, &state, SAMPLES)?;
        session.run(&mut state, &Step { ids: &ids, index: 0, seed: 0 }, &[Feed::F32(&input)])?;
        let file = onnx::export(&model, &state, &BTreeMap::from([("name".to_owned(), (*name).to_owned())]))?;
        std::fs::write(folder.join(format!("{name}.onnx")), file)?;
        for (ending, values) in [("input", &input[..]), ("expected", session.output(inference.predictions))] {
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            std::fs::write(folder.join(format!("{name}.{ending}")), bytes)?;
        }
    }
    match onnx::EXPORTED.iter().find(|kind| !kinds.contains(*kind)) {
        Some(kind) => Err(format!("no network here has a layer `{kind}`").into()),
        None => Ok(()),
    }
}
