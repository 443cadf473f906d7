//! Every layer that is exported is read again as the same operations: the same bits, on the executor that people run. And for
//! every layer there is a bound for how far they lie from the exact numbers, and they lie within it.

use std::collections::{BTreeMap, BTreeSet};

use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::{Feed, StateBlock};
use proofmark_model::{Layer, ModelErrorKind, ModelSpec, Target, onnx};
use proofmark_tensor::random::Stream;

use crate::harness::{numbers, run_on};
use crate::rounding;

/// Samples of a batch: more than a shard's, and one that is no multiple of anything.
const SAMPLES: usize = 11;

/// Shape of a sample and layers in JSON, all that there is to choose about a layer. Those before a layer bring it an image that
/// convolutions have left with its channels first, where that makes a difference.
const NETWORKS: &[(&[usize], &str)] = &[
    (&[7], r#"{ "dense": { "units": 3, "activation": "tanh" } }"#),
    (
        &[7],
        r#"{ "dense": { "units": 3, "use_bias": false, "activation": "gelu" } }, { "dense": { "units": 4, "activation": "log_softmax" } }"#,
    ),
    (&[5, 4], r#"{ "dense": { "units": 3, "activation": "softmax" } }"#),
    (&[5, 4], r#"{ "dense": { "units": 3, "activation": "silu", "use_bias": false } }"#),
    (
        &[9, 8, 4],
        r#"{ "conv2d": { "filters": 6, "kernel": [3, 2], "groups": 2, "activation": "silu" } },
        { "conv2d": { "filters": 5, "kernel": 3, "stride": 2, "padding": "same", "activation": "gelu" } }"#,
    ),
    (
        &[9, 8, 4],
        r#"{ "conv2d": { "filters": 3, "kernel": [2, 3], "dilation": [3, 2], "padding": "same", "use_bias": false } },
        { "conv2d": { "filters": 8, "kernel": 3, "padding": "same", "activation": "softmax" } }"#,
    ),
    (
        &[20, 20, 8],
        r#"{ "conv2d": { "filters": 8, "kernel": 3, "activation": "relu" } }, "max_pool2d",
        { "conv2d": { "filters": 16, "kernel": 3, "padding": "same", "activation": "relu" } }, "max_pool2d""#,
    ),
    (
        &[5, 4, 3],
        r#"{ "conv2d_transpose": { "filters": 6, "kernel": [3, 2], "stride": 2, "padding": "same", "activation": "relu" } }"#,
    ),
    (&[5, 4, 3], r#"{ "conv2d_transpose": { "filters": 4, "kernel": 2, "stride": 3 } }"#),
    (
        &[5, 4, 3],
        r#"{ "conv2d_transpose": { "filters": 4, "kernel": [5, 3], "stride": [1, 2], "use_bias": false, "padding": "same" } },
        { "conv2d_transpose": { "filters": 2, "kernel": 1, "stride": 2, "padding": "same", "activation": "tanh" } }"#,
    ),
    (
        &[13, 4],
        r#"{ "conv1d": { "filters": 6, "kernel": 3, "padding": "causal", "dilation": 2, "activation": "gelu" } },
        { "conv1d": { "filters": 6, "kernel": 4, "stride": 2, "padding": "same", "groups": 2 } },
        { "conv1d": { "filters": 3, "kernel": 2, "use_bias": false, "activation": "log_softmax" } }"#,
    ),
    (
        &[9, 8, 4],
        r#"{ "max_pool2d": { "size": 3, "stride": 2, "padding": "same" } }, { "max_pool2d": { "size": [2, 3], "stride": 1 } }"#,
    ),
    (&[13, 4], r#"{ "max_pool1d": { "size": 3, "stride": 2, "padding": "same" } }, "max_pool1d""#),
    (
        &[9, 8, 4],
        r#"{ "average_pool2d": { "size": 3, "stride": 2, "padding": "same" } }, { "average_pool2d": { "size": [2, 3], "stride": 1 } }"#,
    ),
    (&[13, 4], r#"{ "average_pool1d": { "size": 3, "stride": 2, "padding": "same" } }, "average_pool1d""#),
    (&[9, 8, 4], r#""global_max_pool2d""#),
    (&[9, 4], r#""global_max_pool1d""#),
    (&[9, 8, 4], r#"{ "conv2d": { "filters": 6, "kernel": 2 } }, "global_average_pool2d""#),
    (&[9, 4], r#""global_average_pool1d""#),
    (
        &[4, 5, 3],
        r#"{ "conv2d": { "filters": 2, "kernel": 2 } }, "flatten", { "reshape": { "shape": [4, 3, 2] } },
        { "permute": { "axes": [2, 0, 1] } }, { "permute": { "axes": [1, 0, 2] } }, { "reshape": { "shape": [6, 4] } },
        { "permute": { "axes": [1, 0] } }"#,
    ),
    (
        &[4, 5, 3],
        r#"{ "conv2d": { "name": "a", "filters": 3, "kernel": 1 } }, { "dense": { "name": "b", "units": 3 } },
        { "add": { "name": "sum", "inputs": ["a", "b", "input"] } }, { "concatenate": { "inputs": ["sum", "a", "input"] } }"#,
    ),
    (
        &[4, 5, 3],
        r#"{ "conv2d": { "name": "a", "filters": 3, "kernel": 1 } }, { "dense": { "name": "b", "units": 3 } },
        { "multiply": { "inputs": ["a", "b", "input"] } }"#,
    ),
    // WaveNet's gated unit with its residual and its skip connection.
    (
        &[9, 4],
        r#"{ "conv1d": { "name": "filter", "inputs": ["input"], "filters": 4, "kernel": 2, "dilation": 2, "padding": "causal", "activation": "tanh" } },
        { "conv1d": { "name": "gate", "inputs": ["input"], "filters": 4, "kernel": 2, "dilation": 2, "padding": "causal", "activation": "sigmoid" } },
        { "multiply": { "name": "unit", "inputs": ["filter", "gate"] } }, { "dense": { "name": "residual", "units": 4 } },
        { "add": { "name": "sum", "inputs": ["input", "residual"] } }, { "concatenate": { "inputs": ["unit", "sum"] } }"#,
    ),
    (&[4, 5, 3], r#"{ "conv2d": { "filters": 6, "kernel": 2 } }, "batch_norm", "relu""#),
    (&[7], r#""batch_norm""#),
    (&[7, 5], r#""batch_norm""#),
    (&[2, 3, 4, 5], r#""batch_norm""#),
    (&[7, 6], r#""layer_norm", "rms_norm", "position_embedding""#),
    (&[4, 5, 3], r#"{ "conv2d": { "filters": 6, "kernel": 2 } }, "layer_norm", { "rms_norm": { "epsilon": 0.1 } }"#),
    (&[7, 6], r#""unit_norm", { "dense": { "units": 5 } }, { "unit_norm": { "epsilon": 0.1 } }"#),
    (&[6], r#""rms_norm", { "layer_norm": { "epsilon": 0.01 } }, { "group_norm": { "groups": 2 } }"#),
    (
        &[4, 5, 3],
        r#"{ "conv2d": { "filters": 6, "kernel": 2 } }, { "group_norm": { "groups": 3 } }, { "group_norm": { "groups": 1 } },
        { "group_norm": { "groups": 6 } }, { "conv2d": { "filters": 2, "kernel": 2 } }"#,
    ),
    (
        &[7, 6],
        r#"{ "group_norm": { "groups": 2 } }, { "rms_norm": { "name": "a" } }, { "rms_norm": { "name": "b", "inputs": ["a"] } },
        { "add": { "inputs": ["a", "b"] } }"#,
    ),
    (
        &[7],
        r#"{ "dropout": { "rate": 0.5 } }, { "activation": { "function": "gelu" } }, { "activation": { "function": "softplus" } },
        { "activation": { "function": "silu" } }, { "activation": { "function": "sigmoid" } }, "softmax""#,
    ),
    (&[4, 5, 3], r#"{ "conv2d": { "filters": 6, "kernel": 2 } }, { "activation": { "function": "gelu" } }, "softmax""#),
    (
        &[7],
        r#"{ "embedding": { "vocabulary": 5, "units": 6 } }, { "dense": { "name": "twice", "units": 6 } }, { "shared": { "layer": "twice" } }"#,
    ),
    (&[3, 2], r#"{ "embedding": { "vocabulary": 5, "units": 4 } }, "relu""#),
    (&[7, 6], r#"{ "position_encoding": { "base": 50 } }, "position_embedding""#),
    (&[7, 6], r#"{ "multi_head_attention": { "heads": 2 } }"#),
    (&[7, 6], r#"{ "multi_head_attention": { "heads": 1, "use_bias": false } }"#),
    (&[30, 6], r#"{ "multi_head_attention": { "heads": 3, "causal": true, "rotary": true } }"#),
    (
        &[7, 6],
        r#"{ "multi_head_attention": { "heads": 2, "key_dim": 4, "value_dim": 5, "rotary": true, "rotary_base": 7 } }"#,
    ),
    (&[1, 6], r#"{ "multi_head_attention": { "heads": 2, "causal": true } }"#),
    (
        &[30],
        r#"{ "embedding": { "name": "words", "vocabulary": 5, "units": 8 } },
        { "sequence_length": { "name": "length", "inputs": ["input"] } },
        { "multi_head_attention": { "name": "self", "heads": 2, "lengths": true, "causal": true, "rotary": true, "inputs": ["words", "length"] } },
        { "average_pool1d": { "name": "short", "inputs": ["words"], "size": 3 } },
        { "multi_head_attention": { "heads": 2, "lengths": true, "inputs": ["short", "self", "length"] } }"#,
    ),
    (
        &[9, 4],
        r#"{ "sequence_length": { "name": "length", "padding": 0.5 } }, { "dense": { "name": "wide", "inputs": ["input"], "units": 6 } },
        { "average_pool1d": { "name": "short", "inputs": ["input"], "size": 2 } },
        { "multi_head_attention": { "heads": 2, "key_dim": 3, "value_dim": 4, "lengths": true, "inputs": ["short", "wide", "input", "length"] } }"#,
    ),
    (&[9, 4], r#""sequence_length""#),
    (&[7, 3], r#"{ "lstm": { "units": 5 } }"#),
    (&[7, 3], r#"{ "lstm": { "units": 5, "use_bias": false, "direction": "backward" } }"#),
    (
        &[9, 4],
        r#"{ "conv1d": { "filters": 3, "kernel": 2 } },
        { "lstm": { "units": 5, "direction": "both", "return_sequences": true, "dropout": 0.5, "recurrent_dropout": 0.5 } },
        { "lstm": { "units": 2, "direction": "both" } }"#,
    ),
    (
        &[7, 3],
        r#"{ "lstm": { "units": 18, "return_sequences": true } },
        { "lstm": { "units": 3, "return_sequences": true, "direction": "backward" } }, { "conv1d": { "filters": 4, "kernel": 3 } }"#,
    ),
    (&[1, 3], r#"{ "lstm": { "units": 1 } }"#),
    (&[7, 3], r#"{ "gru": { "units": 5 } }"#),
    (&[7, 3], r#"{ "gru": { "units": 5, "use_bias": false, "direction": "backward", "return_sequences": true } }"#),
    (
        &[9, 4],
        r#"{ "gru": { "units": 5, "direction": "both", "return_sequences": true, "use_bias": false } },
        { "gru": { "units": 2, "direction": "both" } }"#,
    ),
    (
        &[9, 4],
        r#"{ "sequence_length": { "name": "length" } },
        { "lstm": { "name": "a", "units": 3, "return_sequences": true, "inputs": ["input", "length"] } },
        { "gru": { "name": "b", "units": 3, "return_sequences": true, "inputs": ["input", "length"] } },
        { "lstm": { "name": "c", "units": 2, "return_sequences": true, "direction": "backward", "inputs": ["a", "length"] } },
        { "gru": { "name": "d", "units": 2, "return_sequences": true, "direction": "backward", "inputs": ["b", "length"] } },
        { "lstm": { "name": "e", "units": 3, "return_sequences": true, "direction": "both", "inputs": ["c", "length"] } },
        { "gru": { "name": "f", "units": 3, "return_sequences": true, "direction": "both", "inputs": ["d", "length"] } },
        { "concatenate": { "inputs": ["e", "f"] } }"#,
    ),
    (
        &[9, 4],
        r#"{ "sequence_length": { "name": "length" } }, { "average_pool1d": { "name": "short", "inputs": ["input"], "size": 2 } },
        { "lstm": { "name": "a", "units": 3, "inputs": ["short", "length"] } },
        { "gru": { "name": "b", "units": 3, "inputs": ["short", "length"] } },
        { "lstm": { "name": "c", "units": 2, "direction": "backward", "inputs": ["short", "length"] } },
        { "gru": { "name": "d", "units": 2, "direction": "both", "inputs": ["input", "length"] } },
        { "concatenate": { "inputs": ["a", "b", "c", "d"] } }"#,
    ),
    (
        &[1, 4],
        r#"{ "sequence_length": { "name": "length" } },
        { "lstm": { "units": 3, "return_sequences": true, "direction": "both", "inputs": ["input", "length"] } }"#,
    ),
];

/// A network's numbers.
struct Compared {
    spec: ModelSpec,
    /// Of the model as it is.
    expected: Vec<f32>,
    /// Of what its file reads as, on the same samples.
    received: Vec<f32>,
    /// The exact ones, and how far f32 may be off.
    bounded: Option<rounding::Bounded>,
}

impl Compared {
    /// How many times its bound the worst number is off; `None` where an operation has no rule.
    fn worst(&self) -> Option<f64> {
        let bounded = self.bounded.as_ref()?;
        let numbers = self.expected.iter().zip(bounded.exact.iter().zip(&bounded.bound));
        let off = numbers.map(|(y, (exact, bound))| match (f64::from(*y) - exact).abs() {
            0.0 => 0.0,
            difference => difference / bound,
        });
        Some(off.fold(0.0, f64::max))
    }
}

#[track_caller]
fn compared(shape: &[usize], layers: &str) -> Compared {
    let spec: ModelSpec = serde_json::from_str(&format!(r#"{{ "layers": [{layers}, "flatten"] }}"#)).expect("a spec");
    let check = |outputs| spec.check(shape.to_vec(), Target::Number { outputs });
    // How many numbers it gives, it says itself.
    let model = check(0).or_else(|errors| match &errors.errors()[0].kind {
        ModelErrorKind::OutputNumbers { received, .. } => check(received.elements()),
        _ => Err(errors.clone()),
    });
    let model = model.unwrap_or_else(|errors| panic!("{layers}: {errors}"));
    let graph = model.inference_graph().expect("a graph");
    let mut state = StateBlock::new(&graph.graph);
    model.initialize(1, &mut state);
    // As after a training: no bias is zero, no statistic is the standard one.
    for entry in state.entries().to_vec().iter().filter(|entry| entry.shape.rank() == 1) {
        let stream = Stream::new(2, &entry.name);
        let is_shift = entry.name.ends_with("beta") || entry.name.ends_with("bias");
        for (idx, value) in state.get_mut(&entry.name).expect("a state").iter_mut().enumerate() {
            *value = stream.uniform_at(0, 0, idx as u32) + if is_shift { -0.5 } else { 0.5 };
        }
    }
    let elements: usize = shape.iter().product();
    let mut x = numbers(SAMPLES * elements, 3);
    if let Some(Layer::Embedding(embedding)) = spec.layers.first() {
        x.iter_mut().for_each(|x| *x = ((*x + 1.0) / 2.0 * embedding.vocabulary as f32).floor());
    }
    // Padding of every length at the end.
    for (sample, values) in x.chunks_mut(elements).enumerate() {
        let steps = shape[0];
        let padding = if layers.contains("0.5") { 0.5 } else { 0.0 };
        values[elements - (sample % (steps + 1)) * (elements / steps)..].fill(padding);
    }
    let output = graph.graph.outputs()[graph.predictions].1;
    let bounded = rounding::bounded(&graph.graph, &state, output, &x, SAMPLES);
    let executor = CpuExecutor::new(1);
    let session = run_on(&executor, &graph.graph, &mut state, SAMPLES, &[("x", Feed::F32(&x))]);
    let expected = session.output(graph.predictions).to_vec();
    let file = onnx::export(&model, &state, &BTreeMap::new()).expect("every layer has a form");
    let mut imported = onnx::import(&file, None).unwrap_or_else(|error| panic!("{layers}: {error}"));
    let session = run_on(&executor, &imported.graph, &mut imported.state, SAMPLES, &[("x", Feed::F32(&x))]);
    Compared { spec, expected, received: session.output(imported.predictions).to_vec(), bounded }
}

#[test]
fn every_layer_is_read_as_it_was_written() {
    let mut kinds = BTreeSet::new();
    let mut failed = Vec::new();
    for (shape, layers) in NETWORKS {
        let compared = compared(shape, layers);
        let worst = compared.worst();
        let Compared { spec, expected, received, .. } = compared;
        kinds.extend(spec.layers.iter().map(|layer| layer.kind()));
        let differs = expected.iter().zip(&received).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
        assert_eq!(expected.len(), received.len(), "{layers}");
        assert!(expected.iter().any(|value| *value != expected[0]), "{layers}: all the same");
        match worst {
            None => failed.push(format!("{shape:?} {layers}: no rule in `rounding.rs` for how far f32 may be off")),
            Some(worst) if worst > 1.0 => failed.push(format!("{shape:?} {layers}: {worst} bounds off")),
            Some(_) => {}
        }
        if differs > 0 {
            failed.push(format!("{shape:?} {layers}: {differs} of {} numbers differ", expected.len()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    for kind in onnx::EXPORTED {
        assert!(kinds.contains(kind), "no network here has a layer `{kind}`");
    }
}
