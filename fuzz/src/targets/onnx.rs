//! ONNX files of other programs.

use std::collections::BTreeMap;

use proofmark_engine::StateBlock;
use proofmark_model::layers::{batch_norm, conv2d, dense, flatten, max_pool2d};
use proofmark_model::{ModelSpec, Target, onnx};
use proofmark_tensor::Shape;

use super::{Seed, say};
use crate::heap::bounded;

/// A message of no fields takes two bytes in the file, and up to some hundreds in a list that has just doubled.
const BYTES_PER_BYTE: usize = 1024;
/// Room for error messages and tables.
const FIXED_BYTES: usize = 256 << 10;

/// A file is a model or an error with words for it, the same each time; neither takes more memory than the file accounts for. A
/// model's numbers are no more than those of the file, a few times over.
pub fn check(bytes: &[u8]) {
    for sample in [None, Some(Shape::new(&[6, 6, 1]))] {
        let limit = FIXED_BYTES + bytes.len() * BYTES_PER_BYTE;
        match bounded(limit, || onnx::import(bytes, sample.as_ref())) {
            Ok(model) => {
                assert!(StateBlock::bytes_of(&model.graph) <= FIXED_BYTES + 64 * bytes.len());
                assert!(sample.is_none_or(|sample| sample == model.input));
                let again = onnx::import(bytes, Some(&model.input)).expect("the same file");
                assert_eq!((again.output, again.graph.nodes().len()), (model.output, model.graph.nodes().len()));
            }
            Err(error) => say(&error),
        }
    }
}

/// Networks of ours, and what is wrong in a way of its own.
pub fn seeds() -> Vec<Seed> {
    let spec = ModelSpec::new()
        .add(conv2d(2, 3).same().relu())
        .add(batch_norm())
        .add(max_pool2d(2))
        .add(flatten())
        .add(dense(2).softmax());
    let json = |layers| serde_json::from_str::<ModelSpec>(layers).expect("a spec");
    let attention = json(
        r#"{ "layers": [{ "embedding": { "name": "x", "vocabulary": 3, "units": 4 } },
            { "sequence_length": { "name": "length", "inputs": ["input"] } }, { "position_encoding": { "inputs": ["x"] } },
            { "multi_head_attention": { "name": "y", "heads": 2, "lengths": true, "causal": true, "rotary": true,
                "inputs": ["position_encoding_1", "length"] } },
            { "add": { "inputs": ["x", "y"] } }, "rms_norm", "layer_norm", { "group_norm": { "groups": 2 } },
            "global_average_pool1d", { "dense": { "units": 2, "activation": "softmax" } }] }"#,
    );
    let recurrent = json(
        r#"{ "layers": [{ "sequence_length": { "name": "length" } },
            { "lstm": { "name": "x", "units": 2, "direction": "both", "return_sequences": true, "inputs": ["input", "length"] } },
            { "gru": { "name": "y", "units": 3, "return_sequences": true, "inputs": ["x", "length"] } },
            { "gru": { "units": 2, "direction": "backward" } }, { "dense": { "units": 2, "activation": "softmax" } }] }"#,
    );
    let good = exported(&spec, &[6, 6, 1]);
    // The kernel's first extent, 2 filters, and the operator of a node.
    let replaced = |from: &[u8], to: &[u8]| {
        let at = good.windows(from.len()).position(|window| window == from).expect("it is there");
        let mut bytes = good.clone();
        bytes[at..at + from.len()].copy_from_slice(to);
        bytes
    };
    vec![
        ("cut", good[..good.len() - 2].to_vec()),
        ("empty", Vec::new()),
        ("no-graph", vec![8, 8]),
        ("operator", replaced(b"Relu", b"Celu")),
        ("reads-nothing", replaced(b"input", b"tupni")),
        ("attention", exported(&attention, &[5])),
        ("recurrent", exported(&recurrent, &[4, 2])),
        ("model", good),
    ]
}

fn exported(spec: &ModelSpec, sample: &[usize]) -> Vec<u8> {
    let model = spec.check(sample.to_vec(), Target::Category { classes: 2 }).expect("a model");
    let mut state = StateBlock::new(&model.inference_graph().expect("a graph").graph);
    model.initialize(7, &mut state);
    onnx::export(&model, &state, &BTreeMap::new()).expect("every layer has a form")
}
