//! ONNX: what is written is the same every time, and every layer either has a form or says that it has none. Whether other
//! programs compute the same from it is checked by `tests-long/onnx`.

use std::collections::BTreeMap;

use proofmark_engine::StateBlock;
use proofmark_model::{Layer, Target, onnx};

use crate::harness::{DIGITS, RESIDUAL, spec};

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
