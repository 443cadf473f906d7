//! Golden digests of tiny trainings: the bits that `NUMERICS_VERSION` stands for.
//!
//! A change that alters them must raise the version; then `UPDATE=1 cargo test -p proofmark-train golden` writes
//! the new digests beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_engine::ops::Operation;
use proofmark_engine::{Feed, NUMERICS_VERSION, Session, StateBlock, Step};
use proofmark_model::{
    CheckedModel, Clip, Loss, ModelSpec, Optimizer, Precision, Regularizer, Target, Training, TrainingParts,
};
use proofmark_train::training::parameters_digest;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What `golden.json` holds.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Golden {
    numerics_version: u32,
    digests: BTreeMap<String, String>,
}

const STEPS: u64 = 20;

struct Tiny {
    name: &'static str,
    /// Of a step; no multiple of 8, so that the last shard is a short one.
    samples: usize,
    input: [usize; 3],
    classes: usize,
    model: serde_json::Value,
    optimizer: serde_json::Value,
    clip: Option<Clip>,
    loss: &'static str,
    precision: Precision,
}

/// Together they use every operation that a layer, a loss or an optimizer builds; a test below compares.
fn trainings() -> Vec<Tiny> {
    vec![
        Tiny {
            name: "convolutional",
            samples: 21,
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
            loss: "categorical_crossentropy",
            precision: Precision::F32,
        },
        Tiny {
            name: "residual",
            samples: 21,
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
            loss: "categorical_crossentropy",
            precision: Precision::F32,
        },
        Tiny {
            name: "dense",
            samples: 21,
            input: [5, 5, 1],
            classes: 4,
            model: json!({"layers": [
                "flatten",
                {"dense": {"units": 40, "activation": "softplus", "kernel_initializer": "orthogonal"}},
                {"dense": {"units": 4, "activation": "softmax"}},
            ]}),
            optimizer: json!({"nesterov": {"learning_rate": 0.05}}),
            clip: Some(Clip::Value(0.1)),
            loss: "categorical_crossentropy",
            precision: Precision::F32,
        },
        Tiny {
            name: "branches",
            // Thirteen shards: more than any number of threads below.
            samples: 100,
            input: [11, 10, 3],
            classes: 2,
            model: json!({"layers": [
                {"conv2d": {"name": "stem", "filters": 6, "kernel": 3, "stride": 2, "padding": "same"}},
                {"max_pool2d": {"name": "trunk", "size": 3, "stride": 1}},
                {"permute": {"name": "turned", "axes": [1, 0, 2], "inputs": ["trunk"]}},
                {"flatten": {"name": "row"}},
                {"dense": {"name": "wide", "units": 70, "activation": "softmax"}},
                {"global_max_pool2d": {"name": "peaks", "inputs": ["trunk"]}},
                {"concatenate": {"name": "both", "inputs": ["wide", "peaks"]}},
                {"reshape": {"shape": [4, 19]}},
                "flatten",
                {"dense": {"units": 1, "activation": "sigmoid"}},
            ]}),
            optimizer: json!({"momentum": {"learning_rate": 0.05}}),
            clip: None,
            loss: "binary_crossentropy",
            precision: Precision::F32,
        },
        // Convolutions by tiles: forward, the input's gradient, and fused with a pooling whose gradient skips zeros.
        Tiny {
            name: "tiles",
            samples: 21,
            input: [11, 9, 2],
            classes: 3,
            model: json!({"layers": [
                {"conv2d": {"filters": 16, "kernel": 3, "activation": "relu"}},
                {"conv2d": {"filters": 18, "kernel": 3, "padding": "same", "activation": "tanh"}},
                {"conv2d": {"filters": 17, "kernel": 3, "activation": "relu"}},
                {"max_pool2d": {"size": 2}},
                "flatten",
                {"dense": {"units": 3, "activation": "softmax"}},
            ]}),
            optimizer: json!({"adam": {"learning_rate": 0.01}}),
            clip: None,
            loss: "categorical_crossentropy",
            precision: Precision::F32,
        },
        sequence(),
        recurrent(),
        transformer(),
        in_bf16(),
    ]
}

fn sequence() -> Tiny {
    Tiny {
        name: "sequence",
        samples: 21,
        input: [13, 1, 2],
        classes: 3,
        model: json!({"layers": [
            {"reshape": {"shape": [13, 2]}},
            {"conv1d": {"filters": 8, "kernel": 2, "dilation": 2, "padding": "causal", "activation": "gelu"}},
            {"group_norm": {"groups": 2}},
            {"conv1d": {"filters": 19, "kernel": 3, "stride": 2, "padding": "same", "activation": "silu"}},
            "layer_norm",
            {"max_pool1d": {"size": 2}},
            {"dense": {"units": 6, "activation": "log_softmax"}},
            "rms_norm",
            "global_average_pool1d",
            {"dense": {"units": 3, "activation": "softmax"}},
        ]}),
        optimizer: json!({"adam": {"learning_rate": 0.01}}),
        clip: None,
        loss: "categorical_crossentropy",
        precision: Precision::F32,
    }
}

fn transformer() -> Tiny {
    Tiny {
        name: "transformer",
        samples: 21,
        input: [9, 1, 3],
        classes: 3,
        model: json!({"layers": [
            {"reshape": {"name": "steps", "shape": [9, 3]}},
            {"sequence_length": {"name": "length"}},
            {"dense": {"name": "words", "units": 12, "inputs": ["steps"]}},
            {"position_encoding": {"name": "encoded"}},
            {"position_embedding": {"name": "placed"}},
            {"layer_norm": {"name": "normal"}},
            {"multi_head_attention": {"name": "seen", "heads": 3, "causal": true, "rotary": true, "inputs": ["normal"]}},
            {"add": {"name": "sum", "inputs": ["placed", "seen"]}},
            {"multi_head_attention": {"name": "all", "heads": 2, "lengths": true, "inputs": ["sum", "length"]}},
            "global_average_pool1d",
            {"dense": {"units": 3, "activation": "softmax"}},
        ]}),
        optimizer: json!({"adam": {"learning_rate": 0.01}}),
        clip: None,
        loss: "categorical_crossentropy",
        precision: Precision::F32,
    }
}

/// Images that cross phases, a pooling whose gate moves behind it, a sequence, and rows, which stay f32.
fn in_bf16() -> Tiny {
    Tiny {
        name: "bf16",
        samples: 21,
        input: [12, 10, 2],
        classes: 3,
        model: json!({"layers": [
            {"conv2d": {"filters": 17, "kernel": 3, "padding": "same"}},
            "batch_norm",
            "relu",
            {"conv2d": {"filters": 16, "kernel": 3, "activation": "relu"}},
            {"max_pool2d": {"size": 2}},
            {"conv2d": {"filters": 8, "kernel": 3, "activation": "tanh"}},
            {"reshape": {"shape": [6, 8]}},
            {"multi_head_attention": {"heads": 2, "causal": true}},
            {"lstm": {"units": 5, "return_sequences": true}},
            "flatten",
            {"dense": {"units": 19, "activation": "relu"}},
            {"dropout": {"rate": 0.5}},
            {"dense": {"units": 3, "activation": "softmax"}},
        ]}),
        optimizer: json!({"adam": {"learning_rate": 0.01}}),
        clip: Some(Clip::Norm(0.5)),
        loss: "categorical_crossentropy",
        precision: Precision::Bf16,
    }
}

fn recurrent() -> Tiny {
    Tiny {
        name: "recurrent",
        samples: 21,
        input: [9, 1, 3],
        classes: 3,
        model: json!({"layers": [
            {"reshape": {"name": "steps", "shape": [9, 3]}},
            {"sequence_length": {"name": "length"}},
            {"lstm": {"name": "both", "units": 5, "direction": "both", "return_sequences": true, "dropout": 0.25,
                "recurrent_dropout": 0.25, "inputs": ["steps", "length"]}},
            {"gru": {"units": 19, "recurrent_dropout": 0.25, "inputs": ["both", "length"]}},
            {"dense": {"units": 3, "activation": "softmax"}},
        ]}),
        optimizer: json!({"adam": {"learning_rate": 0.01}}),
        clip: Some(Clip::Norm(0.5)),
        loss: "categorical_crossentropy",
        precision: Precision::F32,
    }
}

impl Tiny {
    fn model(&self) -> CheckedModel {
        let spec: ModelSpec = serde_json::from_value(self.model.clone()).expect("a spec");
        spec.check(self.input, Target::Category { classes: self.classes }).expect("a model")
    }

    fn optimizer(&self) -> Optimizer {
        serde_json::from_value(self.optimizer.clone()).expect("an optimizer")
    }

    fn training(&self) -> Training {
        let loss: Loss = serde_json::from_value(json!(self.loss)).expect("a loss");
        let penalty = Regularizer { l1: 1e-4, l2: 1e-3 };
        let parts = TrainingParts {
            loss: &loss,
            optimizer: &self.optimizer(),
            regularizer: &penalty,
            clip: self.clip,
            mixup: None,
            average: None,
            precision: self.precision,
            weighs_steps: false,
        };
        self.model().training_graph_of(&parts).expect("a training")
    }
}

fn digest(tiny: &Tiny, executor: CpuExecutor) -> String {
    let (training, optimizer, samples) = (tiny.training(), tiny.optimizer(), tiny.samples);
    let mut state = StateBlock::new(&training.graph);
    tiny.model().initialize(7, &mut state);
    let mut session = executor.session(&training.graph, &state, samples).expect("the states fit");
    let elements = samples * tiny.input.iter().product::<usize>();
    let x: Vec<f32> = (0..elements).map(|i| ((i * 7919 % 2003) as f32 - 1001.0) / 1024.0).collect();
    let labels: Vec<i32> = (0..samples).map(|i| (i * 5 % tiny.classes) as i32).collect();
    let numbers: Vec<f32> = labels.iter().map(|label| *label as f32).collect();
    let weights = vec![1.0; samples];
    let ids: Vec<u64> = (0..samples as u64).collect();
    let scale = [1.0 / samples as f32];
    for step in 1..=STEPS {
        let scalars = optimizer.scalars(step, optimizer.learning_rate());
        let target = if tiny.loss == "binary_crossentropy" { Feed::F32(&numbers) } else { Feed::I32(&labels) };
        let mut feeds = vec![Feed::F32(&x), target, Feed::F32(&weights), Feed::F32(&scale)];
        feeds.extend(scalars.iter().map(|(_, value)| Feed::F32(std::slice::from_ref(value))));
        let step = Step { ids: &ids, index: step as u32 - 1, seed: 7 };
        session.run(&mut state, &step, &feeds).expect("the feeds fit");
    }
    parameters_digest(&state)
}

fn read(path: &Path) -> Golden {
    serde_json::from_slice(&std::fs::read(path).expect("committed")).expect("as this test writes it")
}

#[test]
fn the_bits_are_those_of_this_numerics_version() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/train/golden.json");
    let found = Golden {
        numerics_version: NUMERICS_VERSION,
        digests: trainings().iter().map(|tiny| (tiny.name.to_owned(), digest(tiny, CpuExecutor::new(2)))).collect(),
    };
    if std::env::var_os("UPDATE").is_some() {
        let before = read(&path);
        let changed: Vec<&String> = before
            .digests
            .iter()
            .filter(|(name, digest)| found.digests.get(*name) != Some(digest))
            .map(|(name, _)| name)
            .collect();
        assert!(
            changed.is_empty() || before.numerics_version < NUMERICS_VERSION,
            "the bits of {changed:?} changed under the same NUMERICS_VERSION (proofmark-engine): raise it first"
        );
        std::fs::write(&path, serde_json::to_string_pretty(&found).expect("plain data") + "\n").expect("a checkout");
    }
    assert_eq!(
        read(&path),
        found,
        "the bits of a training changed: raise NUMERICS_VERSION (proofmark-engine), then UPDATE=1 cargo test -p \
         proofmark-train golden"
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

/// Operations that no training here builds: cross-entropy always fuses with softmax, the samples of these trainings are no
/// tokens, no layer or loss needs indices, paths or the largest elements so far, and weights are rounded to 8 bits after training.
/// Losses that compare samples have trainings of their own, over levels and threads: `embeddings.rs`.
const NOT_IN_TRAININGS: &[&str] = &[
    "categorical_cross_entropy",
    "categorical_cross_entropy_gradient",
    "ctc_loss",
    "ctc_loss_gradient",
    "embedding",
    "embedding_gradient",
    "gather",
    "quantized_conv2d",
    "quantized_dense",
    "scatter",
    "top_k",
    "top_k_gradient",
    "triplet_loss",
    "triplet_loss_gradient",
];

#[test]
fn together_they_use_every_operation() {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for tiny in trainings() {
        let graph = tiny.training().graph;
        used.extend(graph.nodes().iter().map(|node| node.op.name()));
        // And what the executor's rewrites make of it.
        let outline = CpuExecutor::new(1).outline(&graph, 8).expect("a small training");
        used.extend(outline.graph.nodes().iter().map(|node| node.op.name()));
    }
    let all: BTreeSet<&str> = Operation::NAMES.iter().copied().collect();
    let missing: Vec<&&str> = all.difference(&used).collect();
    assert_eq!(missing, NOT_IN_TRAININGS.iter().collect::<Vec<_>>());
}
