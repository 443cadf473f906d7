//! Model files: the same bytes for the same model, and an error for everything that is none.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proofmark_engine::ops::{Affine, QuantizedWeights};
use proofmark_engine::quantize::QuantizedLayer;
use proofmark_engine::{StateBlock, StateRole};
use proofmark_model::model_file::{parse, write, write_quantized};
use proofmark_model::{CheckedModel, Loss, ModelFileError, Optimizer, Quantization, Regularizer, Target};
use proptest::prelude::*;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::errors::{show, variants};
use crate::harness::{RESIDUAL, spec};

fn model() -> CheckedModel {
    spec(RESIDUAL).check([8, 8, 1], Target::Category { classes: 3 }).expect("a model")
}

fn trained() -> StateBlock {
    let model = model();
    let loss: Loss = serde_json::from_str(r#""categorical_crossentropy""#).expect("a loss");
    let adam: Optimizer = serde_json::from_str(r#""adam""#).expect("an optimizer");
    let training = model.training_graph(&loss, &adam, &Regularizer::default(), None).expect("a graph");
    let mut state = StateBlock::new(&training.graph);
    model.initialize(5, &mut state);
    state
}

fn metadata() -> BTreeMap<String, String> {
    [("spec", "{\"layers\": [\"flatten\"]}"), ("numerics_version", "1"), ("name", "digits \u{6570}\u{5b57} \"\n")]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn what_is_written_is_read_back() {
    let state = trained();
    let bytes = write(&state, &metadata());
    assert_eq!(bytes, write(&state.clone(), &metadata()));
    let file = parse(&bytes).expect("a model file");
    assert_eq!(file.metadata, metadata());
    // Onto the block of the inference graph, which has no optimizer.
    let mut other = StateBlock::new(&model().inference_graph().expect("a graph").graph);
    file.load(&mut other).expect("the same model");
    for entry in other.entries() {
        assert_eq!(other.get(&entry.name), state.get(&entry.name), "{}", entry.name);
        assert_ne!(entry.role, StateRole::Optimizer);
    }
    assert_eq!(write(&other, &metadata()), bytes);
}

#[test]
fn the_other_implementation_agrees() {
    let state = trained();
    let bytes = write(&state, &metadata());
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("a file");
    let theirs: BTreeMap<String, String> = header.metadata().clone().expect("metadata").into_iter().collect();
    assert_eq!(theirs, metadata());
    let file = SafeTensors::deserialize(&bytes).expect("a file");
    let model_states: Vec<_> = state.entries().iter().filter(|entry| entry.role != StateRole::Optimizer).collect();
    assert_eq!(file.len(), model_states.len());
    let mut views = Vec::new();
    for entry in model_states {
        let view = file.tensor(&entry.name).expect("a tensor");
        assert_eq!((view.dtype(), view.shape()), (Dtype::F32, &entry.shape[..]));
        let values: Vec<f32> = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        assert_eq!(values, state.get(&entry.name).expect("a state"), "{}", entry.name);
        views.push((
            entry.name.clone(),
            TensorView::new(Dtype::F32, entry.shape.to_vec(), view.data()).expect("a view"),
        ));
    }
    // With at most one pair of metadata their order is defined too, and so the bytes are the same.
    let one = BTreeMap::from([("spec".to_owned(), "{}".to_owned())]);
    let theirs = safetensors::serialize(views.clone(), Some(HashMap::from_iter(one.clone()))).expect("bytes");
    assert_eq!(theirs, write(&state, &one));
    let theirs = safetensors::serialize(views, None).expect("bytes");
    assert_eq!(theirs, write(&state, &BTreeMap::new()));
}

/// A file of this header and this many bytes of data.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

#[test]
fn every_message() {
    let tensor = |name: &str, dtype: &str, shape: &str, offsets: &str| {
        format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}"#)
    };
    let one = |dtype: &str, shape: &str, offsets: &str| format!("{{{}}}", tensor("a", dtype, shape, offsets));
    let huge = u64::MAX;
    let unreadable = [
        ("nothing", Vec::new()),
        ("seven bytes", vec![1; 7]),
        ("a pickle", vec![0x80, 4, 0x95, 30, 1, 0, 0, 0, 0, 0, 0, b'}']),
        ("a zip", b"PK\x03\x04\x14\x00\x00\x00\x08\x08".to_vec()),
        ("hdf5", b"\x89HDF\r\n\x1a\n\x00".to_vec()),
        ("gguf", b"GGUF\x03\x00\x00\x00\x00".to_vec()),
        ("numpy", b"\x93NUMPY\x01\x00v\x00".to_vec()),
        ("a header of 2^63 bytes", (1u64 << 63).to_le_bytes().to_vec()),
        ("a header longer than the file", file("{}", 0)[..9].to_vec()),
        ("no JSON", file("{a}", 0)),
        ("bytes that are no text", [&[4, 0, 0, 0, 0, 0, 0, 0][..], b"{\"\xff\""].concat()),
        ("an unknown key", file(r#"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}}"#, 4)),
        ("a negative extent", file(&one("F32", "[-1]", "[0,4]"), 4)),
        ("metadata that is no text", file(r#"{"__metadata__":{"a":1}}"#, 0)),
        ("metadata twice", file(r#"{"__metadata__":{"a":"1","a":"2"}}"#, 0)),
        (
            "a tensor twice",
            file(&format!("{{{},{}}}", tensor("a", "F32", "[1]", "[0,4]"), tensor("a", "F32", "[1]", "[4,8]")), 8),
        ),
        ("halves", file(&one("F16", "[2]", "[0,4]"), 4)),
        ("offsets and shape", file(&one("F32", "[2]", "[0,4]"), 4)),
        ("offsets backwards", file(&one("F32", "[0]", "[4,0]"), 4)),
        ("a gap", file(&one("F32", "[1]", "[4,8]"), 8)),
        (
            "tensors on each other",
            file(&format!("{{{},{}}}", tensor("a", "F32", "[1]", "[0,4]"), tensor("b", "F32", "[1]", "[0,4]")), 4),
        ),
        ("extents whose product overflows", file(&one("F32", &format!("[{huge},{huge}]"), "[0,4]"), 4)),
        (
            "offsets at the end of the numbers",
            file(&one("F32", "[4611686018427387903]", &format!("[0,{}]", huge - 3)), 4),
        ),
        ("a tensor longer than the file", file(&one("F32", "[2]", "[0,8]"), 4)),
        ("bytes at the end", file(&one("F32", "[1]", "[0,4]"), 7)),
    ];
    let mut text = String::new();
    let mut seen = BTreeSet::new();
    let mut add = |what: &str, error: ModelFileError| {
        seen.insert(format!("{error:?}").chars().take_while(char::is_ascii_alphanumeric).collect::<String>());
        text += &format!("{what}\n{}\n", show(&error));
    };
    for (what, bytes) in &unreadable {
        add(what, parse(bytes).expect_err(what));
    }
    let mut state = trained();
    let before = state.clone();
    let bytes = write(&state, &BTreeMap::new());
    let renamed = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).expect("it is there");
        let mut renamed = bytes.clone();
        renamed[at..at + to.len()].copy_from_slice(to.as_bytes());
        renamed
    };
    for (what, bytes) in [
        ("a state that is missing", renamed("dense_1.bias", "dense_1.bibs")),
        ("another shape", renamed("\"shape\":[8,3]", "\"shape\":[3,8]")),
    ] {
        add(what, parse(&bytes).expect("a file").load(&mut state).expect_err(what));
    }
    let mut other = StateBlock::new(&small().inference_graph().expect("a graph").graph);
    small().initialize(1, &mut other);
    let more = write(&trained(), &BTreeMap::new());
    let fewer = parse(&more).expect("a file").load(&mut other).expect_err("more tensors than states");
    add("tensors of another model", fewer);
    for (what, name) in [("a misspelt tensor too many", "d.bia"), ("a tensor too many", "something.else")] {
        let tensors = [
            tensor("d.kernel", "F32", "[1,1]", "[0,4]"),
            tensor("d.bias", "F32", "[1]", "[4,8]"),
            tensor(name, "F32", "[1]", "[8,12]"),
        ];
        let bytes = file(&format!("{{{}}}", tensors.join(",")), 12);
        add(what, parse(&bytes).expect("a file").load(&mut other).expect_err(what));
    }
    assert_eq!(before.all(), state.all(), "a refused file changes nothing");
    let (quantization, rest) = quantized();
    let bytes = write_quantized(&rest, &quantization, &BTreeMap::new());
    let trained_graph = model().inference_graph().expect("a graph").graph;
    add("8 bits where f32 is needed", parse(&bytes).expect("a file").load(&mut state).expect_err("8 bits"));
    for (what, from, to) in [
        ("8-bit weights of no layer", &b"\"dense_1.kernel\""[..], &b"\"dense_2.kernel\""[..]),
        ("8-bit weights of another shape", b"\"shape\":[8,3]", b"\"shape\":[3,8]"),
        ("8-bit weights without scales", b"dense_1.kernel.scales", b"dense_1.kernel.scalex"),
        ("a scale that is none", &0.0625f32.to_le_bytes(), &0.0f32.to_le_bytes()),
        ("a zero point that is no byte", b"\"U8\"", b"\"I8\""),
    ] {
        let at = bytes.windows(from.len()).position(|window| window == from).expect("it is there");
        let mut bytes = bytes.clone();
        bytes[at..at + to.len()].copy_from_slice(to);
        let mut file = parse(&bytes).expect("a file");
        add(what, file.take_quantization(&trained_graph).expect_err(what));
    }
    insta::assert_snapshot!(text);
    assert_eq!(seen, variants(include_str!("../../src/model_file.rs"), "ModelFileError"));
}

/// The trained model with all its layers in 8 bits, and its other states.
fn quantized() -> (Quantization, StateBlock) {
    let (model, state) = (model(), trained());
    let sites = model.calibration_graph().expect("a graph").sites;
    let layers = sites.into_iter().enumerate().map(|(idx, (name, _))| {
        let weights =
            QuantizedWeights::of(&state.entry(&name).expect("a state").shape, state.get(&name).expect("a state"));
        let input = Affine { scale: 0.0625, zero_point: 7 * idx as u8 };
        (name, QuantizedLayer { input, weights })
    });
    let quantization = Quantization { layers: layers.collect() };
    let graph = model.quantized_inference_graph(&quantization).expect("a graph").graph;
    let rest = quantization.remaining(&graph, &state);
    (quantization, rest)
}

#[test]
fn quantised_layers_are_read_back() {
    let (quantization, rest) = quantized();
    assert_eq!(quantization.layers.len(), 5);
    let bytes = write_quantized(&rest, &quantization, &metadata());
    assert_eq!(bytes, write_quantized(&rest, &quantization, &metadata()));
    let mut file = parse(&bytes).expect("a model file");
    assert!(file.is_quantized() && !parse(&write(&trained(), &metadata())).expect("a file").is_quantized());
    let trained_graph = model().inference_graph().expect("a graph").graph;
    assert_eq!(file.take_quantization(&trained_graph).expect("the same model"), quantization);
    assert!(!file.is_quantized());
    let mut state = StateBlock::new(&model().quantized_inference_graph(&quantization).expect("a graph").graph);
    file.load(&mut state).expect("the same model");
    assert_eq!(state.all(), rest.all());
    // A file of f32 alone is one without such layers.
    let plain = write(&trained(), &metadata());
    assert_eq!(
        parse(&plain).expect("a file").take_quantization(&trained_graph).expect("none"),
        Quantization::default()
    );
    // As the other implementation reads it.
    let theirs = SafeTensors::deserialize(&bytes).expect("a file");
    for (name, layer) in &quantization.layers {
        let values: Vec<u8> = layer.weights.values().iter().map(|value| *value as u8).collect();
        let view = theirs.tensor(name).expect("a tensor");
        assert_eq!((view.dtype(), view.shape(), view.data()), (Dtype::I8, &layer.weights.shape()[..], &values[..]));
        let view = theirs.tensor(&format!("{name}.input_zero_point")).expect("a tensor");
        assert_eq!((view.dtype(), view.shape(), view.data()), (Dtype::U8, &[][..], &[layer.input.zero_point][..]));
        let view = theirs.tensor(&format!("{name}.scales")).expect("a tensor");
        assert_eq!((view.dtype(), view.shape()), (Dtype::F32, &[layer.weights.scales().len()][..]));
    }
}

/// A model of one dense layer, `d`.
fn small() -> CheckedModel {
    let spec = spec(r#"{ "layers": [{ "dense": { "name": "d", "units": 1 } }] }"#);
    spec.check([1], Target::Number { outputs: 1 }).expect("a model")
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn no_damage_makes_it_panic(
        position in any::<prop::sample::Index>(), bit in 0u8..8, cut in any::<prop::sample::Index>(),
    ) {
        let whole = write(&trained(), &metadata());
        let mut bytes = whole.clone();
        // Mostly within the header, where damage can do more than change a number.
        let at = position.index(2500.min(bytes.len()));
        bytes[at] ^= 1 << bit;
        bytes.truncate(cut.index(2 * whole.len()).max(8));
        if let Ok(file) = parse(&bytes) {
            let mut state = trained();
            let _ = file.load(&mut state);
        }
    }

    #[test]
    fn no_damage_of_a_quantised_file_makes_it_panic(position in any::<prop::sample::Index>(), bit in 0u8..8) {
        let (quantization, rest) = quantized();
        let mut bytes = write_quantized(&rest, &quantization, &BTreeMap::new());
        let at = position.index(3000.min(bytes.len()));
        bytes[at] ^= 1 << bit;
        let model = model();
        if let Ok(mut file) = parse(&bytes)
            && let Ok(taken) = file.take_quantization(&model.inference_graph().expect("a graph").graph)
        {
            let graph = model.quantized_inference_graph(&taken).expect("what was taken fits").graph;
            let _ = file.load(&mut StateBlock::new(&graph));
        }
    }
}
