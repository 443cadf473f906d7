//! Golden digests of three tiny trainings: the bits that `NUMERICS_VERSION` stands for.
//!
//! A change that alters them must raise the version; then `UPDATE=1 cargo test -p proofmark-train --test golden` writes
//! the new digests beside it.

use std::collections::BTreeMap;
use std::path::Path;

use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_engine::{Feed, NUMERICS_VERSION, Session, StateBlock, Step};
use proofmark_model::{Clip, Loss, ModelSpec, Optimizer, Regularizer, Target};
use proofmark_train::training::parameters_digest;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What `golden.json` holds.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Golden {
    numerics_version: u32,
    digests: BTreeMap<String, String>,
}

const SAMPLES: usize = 21;
const STEPS: u64 = 20;

struct Tiny {
    name: &'static str,
    input: [usize; 3],
    classes: usize,
    model: serde_json::Value,
    optimizer: serde_json::Value,
    clip: Option<Clip>,
}

/// Together they use every kind of kernel that a training of images meets.
fn trainings() -> [Tiny; 3] {
    [
        Tiny {
            name: "convolutional",
            input: [12, 12, 1],
            classes: 10,
            model: json!({"layers": [
                {"conv2d": {"filters": 19, "kernel": 3, "activation": "relu"}},
                {"max_pool2d": {"size": 2}},
                {"conv2d": {"filters": 8, "kernel": 3, "padding": "same", "activation": "tanh"}},
                "flatten",
                {"dense": {"units": 33, "activation": "sigmoid"}},
                {"dropout": {"rate": 0.5}},
                {"dense": {"units": 10, "activation": "softmax"}},
            ]}),
            optimizer: json!({"adam": {"learning_rate": 0.01}}),
            clip: None,
        },
        Tiny {
            name: "residual",
            input: [9, 7, 2],
            classes: 3,
            model: json!({"layers": [
                {"conv2d": {"name": "stem", "filters": 4, "kernel": 3, "padding": "same"}},
                {"batch_norm": {"name": "norm"}},
                {"relu": {"name": "trunk"}},
                {"conv2d": {"name": "branch", "filters": 4, "kernel": 3, "padding": "same", "dilation": 2, "groups": 2}},
                {"add": {"name": "sum", "inputs": ["trunk", "branch"]}},
                {"average_pool2d": {"size": 2, "padding": "same"}},
                "global_average_pool2d",
                {"dense": {"units": 3, "activation": "softmax"}},
            ]}),
            optimizer: json!({"adamw": {"learning_rate": 0.01, "weight_decay": 0.01}}),
            clip: Some(Clip::Norm(0.5)),
        },
        Tiny {
            name: "dense",
            input: [5, 5, 1],
            classes: 4,
            model: json!({"layers": [
                "flatten",
                {"dense": {"units": 40, "activation": "softplus", "kernel_initializer": "orthogonal"}},
                {"dense": {"units": 4, "activation": "softmax"}},
            ]}),
            optimizer: json!({"nesterov": {"learning_rate": 0.05}}),
            clip: Some(Clip::Value(0.1)),
        },
    ]
}

fn digest(tiny: &Tiny, executor: CpuExecutor) -> String {
    let spec: ModelSpec = serde_json::from_value(tiny.model.clone()).expect("a spec");
    let model = spec.check(tiny.input, Target::Category { classes: tiny.classes }).expect("a model");
    let loss: Loss = serde_json::from_value(json!("categorical_crossentropy")).expect("a loss");
    let optimizer: Optimizer = serde_json::from_value(tiny.optimizer.clone()).expect("an optimizer");
    let penalty = Regularizer { l1: 1e-4, l2: 1e-3 };
    let training = model.training_graph(&loss, &optimizer, &penalty, tiny.clip).expect("a training");
    let mut state = StateBlock::new(&training.graph);
    model.initialize(7, &mut state);
    let mut session = executor.session(&training.graph, &state, SAMPLES).expect("the states fit");
    let elements = SAMPLES * tiny.input.iter().product::<usize>();
    let x: Vec<f32> = (0..elements).map(|i| ((i * 7919 % 2003) as f32 - 1001.0) / 1024.0).collect();
    let labels: Vec<i32> = (0..SAMPLES).map(|i| (i * 5 % tiny.classes) as i32).collect();
    let weights = vec![1.0; SAMPLES];
    let ids: Vec<u64> = (0..SAMPLES as u64).collect();
    let scale = [1.0 / SAMPLES as f32];
    for step in 1..=STEPS {
        let scalars = optimizer.scalars(step, optimizer.learning_rate());
        let mut feeds = vec![Feed::F32(&x), Feed::I32(&labels), Feed::F32(&weights), Feed::F32(&scale)];
        feeds.extend(scalars.iter().map(|(_, value)| Feed::F32(std::slice::from_ref(value))));
        let step = Step { ids: &ids, index: step as u32 - 1, seed: 7 };
        session.run(&mut state, &step, &feeds).expect("the feeds fit");
    }
    parameters_digest(&state)
}

#[test]
fn the_bits_are_those_of_this_numerics_version() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden.json");
    let found = Golden {
        numerics_version: NUMERICS_VERSION,
        digests: trainings().iter().map(|tiny| (tiny.name.to_owned(), digest(tiny, CpuExecutor::new(2)))).collect(),
    };
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&found).expect("plain data") + "\n").expect("a checkout");
    }
    let golden: Golden =
        serde_json::from_slice(&std::fs::read(&path).expect("committed")).expect("as this test writes it");
    assert_eq!(
        golden, found,
        "the bits of a training changed: raise NUMERICS_VERSION (proofmark-engine), then UPDATE=1 cargo test -p \
         proofmark-train --test golden"
    );
}

#[test]
fn levels_and_threads_give_the_golden_bits() {
    for tiny in trainings() {
        let expected = digest(&tiny, CpuExecutor::new(1));
        for level in Level::available() {
            for threads in [1, 2, 3, 5, 8] {
                let executor = CpuExecutor { level, poison: true, ..CpuExecutor::new(threads) };
                assert_eq!(digest(&tiny, executor), expected, "{}: {level} on {threads} threads", tiny.name);
            }
        }
    }
}
