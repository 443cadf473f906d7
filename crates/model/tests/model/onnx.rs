//! ONNX: what is written is the same every time, and every layer either has a form or says that it has none. Whether other
//! programs compute the same from it is checked by `tests-long/onnx`.

use std::collections::BTreeMap;

use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::{Feed, Graph, RunError, StateBlock, ops};
use proofmark_model::onnx::OnnxError;
use proofmark_model::{Layer, Target, onnx};
use proofmark_tensor::Shape;

use crate::errors::{show, variant, variants};
use crate::harness::{DIGITS, RESIDUAL, assert_close, numbers, run, run_on, spec};
use crate::rounding;

fn exported(layers: &str, classes: usize, seed: u64) -> Vec<u8> {
    let model = spec(layers).check([28, 28, 1], Target::Category { classes }).expect("a model");
    let mut state = StateBlock::new(&model.inference_graph().expect("a graph").graph);
    model.initialize(seed, &mut state);
    let metadata = BTreeMap::from([("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())]);
    onnx::export(&model, &state, &metadata).expect("every layer has a form")
}

#[test]
fn equal_models_are_equal_files() {
    for (layers, classes) in [(DIGITS, 10), (RESIDUAL, 3)] {
        let file = exported(layers, classes, 1);
        assert_eq!(file, exported(layers, classes, 1));
        assert_ne!(file, exported(layers, classes, 2));
        // 225,034 parameters are most of the file of the digits.
        assert!(classes != 10 || (900_136..910_000).contains(&file.len()), "{}", file.len());
    }
}

/// A layer that is new can be trained before it can be exported; it is then named with the reason in `NOT_EXPORTED`.
#[test]
fn every_layer_has_a_form_or_a_reason() {
    for kind in Layer::KINDS {
        let reason = onnx::NOT_EXPORTED.iter().find(|(without, _)| without == kind);
        match (onnx::EXPORTED.contains(kind), reason) {
            (true, None) => {}
            (false, Some((_, reason))) => assert!(reason.len() > 10, "`{kind}`: why?"),
            (true, Some(_)) => panic!("`{kind}` is exported and said not to be"),
            (false, None) => panic!(
                "`{kind}` has no form in ONNX: write one in crates/model/src/onnx/layer.rs and a network with it in \
                 crates/model/examples/onnx.rs, or say why not in `NOT_EXPORTED`"
            ),
        }
    }
    for kind in onnx::EXPORTED.iter().chain(onnx::NOT_EXPORTED.iter().map(|(kind, _)| kind)) {
        assert!(Layer::KINDS.contains(kind), "{kind} is no layer");
    }
}

/// What our files give when they are read again is what the model gives, whichever way samples are fed. Every layer is held to its
/// bits in `onnx_layers.rs`.
#[test]
fn what_is_written_is_read() {
    for (layers, classes) in [(DIGITS, 10), (RESIDUAL, 3)] {
        let model = spec(layers).check([28, 28, 1], Target::Category { classes }).expect("a model");
        let inference = model.inference_graph().expect("a graph");
        let mut state = StateBlock::new(&inference.graph);
        model.initialize(1, &mut state);
        let x = numbers(2 * 28 * 28, 1);
        let expected = run(&inference.graph, &mut state, 2, &[("x", Feed::F32(&x))]).output(0).to_vec();
        let expected: Vec<f64> = expected.into_iter().map(f64::from).collect();
        let file = exported(layers, classes, 1);
        // Samples as the file declares them, and as the caller has them.
        let image = Shape::new(&[28, 28, 1]);
        for sample in [None, Some(&image)] {
            let mut imported = onnx::import(&file, sample).expect("our own file");
            assert_eq!((&imported.input, &imported.output[..]), (&image, &[classes][..]));
            assert_eq!(imported.producer, "proofmark");
            let session = run(&imported.graph, &mut imported.state, 2, &[("x", Feed::F32(&x))]);
            assert_close(session.output(imported.predictions), &expected, 1e-6);
        }
        let error = onnx::import(&file, Some(&Shape::new(&[32, 32, 3]))).err().expect("another shape");
        assert!(matches!(error, OnnxError::InputShape { .. }), "{error}");
    }
}

/// The bound on logits that `tests-long/onnx` holds another program to: what f32 makes of the digits' network is within it, and a
/// single weight that is off by a ten-thousandth is not, nor are kernels with their axes exchanged.
#[test]
fn the_bound_on_logits_tells_a_wrong_weight() {
    const SAMPLES: usize = 7;
    let layers = DIGITS.replace(r#", "activation": "softmax""#, "");
    let model = spec(&layers).check([28, 28, 1], Target::Number { outputs: 10 }).expect("a model");
    let inference = model.inference_graph().expect("a graph");
    let mut state = StateBlock::new(&inference.graph);
    model.initialize(1, &mut state);
    let x: Vec<f32> = numbers(SAMPLES * 784, 1).into_iter().map(|x| x.max(0.0)).collect();
    let output = inference.graph.outputs()[inference.predictions].1;
    let bounded = rounding::bounded(&inference.graph, &state, output, &x, SAMPLES).expect("a rule for every layer");
    // How many times the bound the worst logit is off.
    let worst = |state: &mut StateBlock| {
        let session = run_on(&CpuExecutor::new(1), &inference.graph, state, SAMPLES, &[("x", Feed::F32(&x))]);
        let received = session.output(inference.predictions).iter();
        let pairs = received.zip(bounded.exact.iter().zip(&bounded.bound));
        pairs.map(|(received, (exact, bound))| (f64::from(*received) - exact).abs() / bound).fold(0.0, f64::max)
    };
    assert!(worst(&mut state) < 1.0, "{}", worst(&mut state));
    let largest = |name: &str| {
        let weights = state.get(name).expect("a state").iter().map(|weight| weight.abs()).enumerate();
        weights.max_by(|a, b| a.1.total_cmp(&b.1)).expect("weights").0
    };
    for (name, at) in [("conv2d_1.kernel", 261), ("dense_2.kernel", largest("dense_2.kernel"))] {
        let mut wrong = state.clone();
        wrong.get_mut(name).expect("a state")[at] *= 1.0 + 1e-4;
        assert!(worst(&mut wrong) > 1.0, "{name}: {}", worst(&mut wrong));
    }
    let mut turned = state.clone();
    let kernel = turned.get_mut("conv2d_1.kernel").expect("a state");
    let given = kernel.to_vec();
    (0..9).for_each(|at| kernel[at * 32..][..32].copy_from_slice(&given[(at % 3 * 3 + at / 3) * 32..][..32]));
    assert!(worst(&mut turned) > 1000.0, "{}", worst(&mut turned));
}

/// Settings of recurrent operators that our layers have not are named.
#[test]
fn recurrent_operators_with_other_settings_are_errors() {
    let file = |layer: &str| {
        let layers = format!(r#"{{ "layers": [{{ "{layer}": {{ "units": 3 }} }}] }}"#);
        let model = spec(&layers).check([5, 2], Target::Number { outputs: 3 }).expect("a model");
        let mut state = StateBlock::new(&model.inference_graph().expect("a graph").graph);
        model.initialize(1, &mut state);
        onnx::export(&model, &state, &BTreeMap::new()).expect("every layer has a form")
    };
    for (layer, from, to, attribute) in [
        ("gru", "linear_before_reset", "linear_before_reze_", "linear_before_reset"),
        ("gru", "forward", "upwards", "direction"),
        ("lstm", "forward", "upwards", "direction"),
        ("lstm", "hidden_size", "hidden_sise", ""),
    ] {
        let mut bytes = file(layer);
        let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).expect("it is there");
        bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
        match onnx::import(&bytes, None) {
            Err(OnnxError::Attribute { operator, attribute: named, .. }) => {
                assert_eq!((operator.to_lowercase().as_str(), named), (layer, attribute));
            }
            // What is not known, and what may be left out, changes nothing.
            Ok(_) => assert_eq!(attribute, ""),
            Err(error) => panic!("{error}"),
        }
    }
}

/// A file that takes images with their channels first, or flat, is fed `[H, W, C]` all the same.
#[test]
fn samples_are_turned_as_the_file_wants_them() {
    let image = Shape::new(&[6, 5, 2]);
    let x = numbers(3 * 60, 1);
    let channels_first: Vec<f32> = (0..3 * 60)
        .map(|idx| {
            let (sample, channel, position) = (idx / 60, idx / 30 % 2, idx % 30);
            x[sample * 60 + position * 2 + channel]
        })
        .collect();
    let rest = r#"{ "conv2d": { "filters": 3, "kernel": 3 } }, "flatten", { "dense": { "units": 2, "activation": "softmax" } }"#;
    for (first, declared, fed) in [
        (r#"{ "permute": { "axes": [1, 2, 0] } }"#, Shape::new(&[2, 6, 5]), &channels_first),
        (r#"{ "reshape": { "shape": [6, 5, 2] } }"#, Shape::new(&[60]), &x),
    ] {
        let layers = format!(r#"{{ "layers": [{first}, {rest}] }}"#);
        let model = spec(&layers).check(declared, Target::Category { classes: 2 }).expect("a model");
        let inference = model.inference_graph().expect("a graph");
        let mut state = StateBlock::new(&inference.graph);
        model.initialize(1, &mut state);
        let expected = run(&inference.graph, &mut state, 3, &[("x", Feed::F32(fed))]).output(0).to_vec();
        let expected: Vec<f64> = expected.into_iter().map(f64::from).collect();
        let file = onnx::export(&model, &state, &BTreeMap::new()).expect("every layer has a form");
        let mut imported = onnx::import(&file, Some(&image)).expect("our own file");
        assert_eq!(imported.input, image);
        let session = run(&imported.graph, &mut imported.state, 3, &[("x", Feed::F32(&x))]);
        assert_close(session.output(imported.predictions), &expected, 1e-6);
    }
}

/// Whatever stands in a file, it is a model or an error with a text.
#[test]
fn damaged_files_are_errors() {
    damage(&exported(RESIDUAL, 3, 1), &Shape::new(&[28, 28, 1]));
    let layers = r#"{ "layers": [{ "embedding": { "name": "words", "vocabulary": 5, "units": 8 } },
        { "sequence_length": { "name": "length", "inputs": ["input"] } },
        { "multi_head_attention": { "heads": 2, "lengths": true, "causal": true, "rotary": true, "inputs": ["words", "length"] } },
        { "group_norm": { "groups": 2 } }, "rms_norm", "flatten", { "dense": { "units": 3, "activation": "softmax" } }] }"#;
    let model = spec(layers).check([9], Target::Category { classes: 3 }).expect("a model");
    let mut state = StateBlock::new(&model.inference_graph().expect("a graph").graph);
    model.initialize(1, &mut state);
    damage(&onnx::export(&model, &state, &BTreeMap::new()).expect("every layer has a form"), &Shape::new(&[9]));
}

fn damage(file: &[u8], sample: &Shape) {
    let mut seed = 1u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let (mut read, mut refused) = (0, 0);
    for _ in 0..3000 {
        let mut bytes = file.to_vec();
        match next(4) {
            0 => bytes.truncate(next(file.len())),
            1 => {
                let at = next(file.len());
                bytes.drain(at..(at + 1 + next(8)).min(file.len()));
            }
            _ => {
                for _ in 0..=next(3) {
                    let at = next(file.len());
                    bytes[at] = next(256) as u8;
                }
            }
        }
        match onnx::import(&bytes, Some(sample)) {
            Ok(model) => {
                read += 1;
                assert!(StateBlock::bytes_of(&model.graph) < 8 * bytes.len() + (64 << 10));
            }
            Err(error) => {
                refused += 1;
                assert!(!show(&error).is_empty());
            }
        }
    }
    // Most bytes are weights, of which any are as good as others.
    assert!(read > 100 && refused > 100, "{read} read, {refused} refused");
}

#[test]
fn every_message_of_an_import() {
    let node = || "layer1/conv_2".to_owned();
    let of = |operator: &str| (operator.to_owned(), node());
    let graph_error = Graph::new().add(ops::Softmax, &[]).expect_err("no input");
    let (operator, node_name) = of("Cast");
    let errors = [
        onnx::import(&[0xff; 12], None).err().expect("no file"),
        OnnxError::NoGraph,
        OnnxError::TooMany { what: "node", count: 20_000, limit: 10_000 },
        OnnxError::Inputs { names: vec!["tokens".to_owned(), "mask".to_owned()] },
        OnnxError::Outputs { names: (0..12).map(|idx| format!("output_{idx}")).collect() },
        OnnxError::InputShape { declared: "[3, 224, 224]".to_owned(), sample: Shape::new(&[28, 28, 1]) },
        OnnxError::TensorType { tensor: "fc.weight".to_owned(), data_type: 10 },
        OnnxError::TensorLength { tensor: "fc.weight".to_owned() },
        OnnxError::External { tensor: "fc.weight".to_owned() },
        OnnxError::Operator { operator: "NonMaxSuppression".to_owned(), node: node() },
        OnnxError::Operator { operator: "Convv".to_owned(), node: node() },
        OnnxError::Attribute { operator, node: node_name, attribute: "to" },
        OnnxError::UnknownValue { node: node(), value: "hidden".to_owned() },
        OnnxError::Operand { operator: "Conv".to_owned(), node: node(), position: 1 },
        OnnxError::BatchAxis { operator: "ReduceMean".to_owned(), node: node() },
        OnnxError::Refused { operator: "Softmax".to_owned(), node: node(), source: Box::new(graph_error) },
        OnnxError::Memory(RunError::Allocation { bytes: 1 << 50 }),
    ];
    let seen = errors.iter().map(variant).collect();
    assert_eq!(variants(include_str!("../../src/onnx/error.rs"), "OnnxError"), seen);
    insta::assert_snapshot!(errors.iter().map(show).collect::<Vec<_>>().join("\n\n"));
}

/// The page that errors send people to names every operator.
#[test]
fn the_page_lists_the_operators() {
    let page = include_str!("../../../../docs/onnx.md");
    for name in onnx::OPERATORS {
        assert!(page.contains(&format!("`{name}`")), "docs/onnx.md does not name {name}");
    }
    for kind in onnx::EXPORTED {
        assert!(page.contains(&format!("`{kind}`")), "docs/onnx.md does not name {kind}");
    }
}
