//! What the tests share: networks, and steps of them on the executor that defines meaning.

use proofmark_engine::executor::reference::ReferenceExecutor;
use proofmark_engine::{Executor, Feed, Graph, Session, StateBlock, Step};
use proofmark_model::ModelSpec;

/// The network of the digits scenario, as a spec.
pub(crate) const DIGITS: &str = r#"{ "layers": [
    { "conv2d": { "filters": 32, "kernel": 3, "activation": "relu" } },
    { "max_pool2d": { "size": 2 } },
    { "conv2d": { "filters": 64, "kernel": 3, "activation": "relu" } },
    { "max_pool2d": { "size": 2 } },
    "flatten",
    { "dense": { "units": 128, "activation": "relu" } },
    { "dropout": { "name": "drop", "rate": 0.5 } },
    { "dense": { "units": 10, "activation": "softmax" } }
] }"#;

/// A small residual network with batch normalisation.
pub(crate) const RESIDUAL: &str = r#"{ "layers": [
    { "conv2d": { "name": "stem", "filters": 4, "kernel": 3, "padding": "same", "use_bias": false } },
    { "batch_norm": { "name": "stem_norm" } },
    { "relu": { "name": "stem_out" } },
    { "conv2d": { "filters": 8, "kernel": 3, "stride": 2, "padding": "same", "use_bias": false } },
    "batch_norm",
    "relu",
    { "conv2d": { "filters": 8, "kernel": 3, "padding": "same", "use_bias": false } },
    { "batch_norm": { "name": "branch" } },
    { "conv2d": { "name": "shortcut", "inputs": ["stem_out"], "filters": 8, "kernel": 1, "stride": 2 } },
    { "add": { "inputs": ["branch", "shortcut"] } },
    "relu",
    "global_average_pool2d",
    { "dense": { "units": 3, "activation": "softmax" } }
] }"#;

/// A spec from JSON.
pub(crate) fn spec(json: &str) -> ModelSpec {
    serde_json::from_str(json).expect("a spec")
}

/// Inputs of a step by name.
pub(crate) type Feeds<'a> = [(&'a str, Feed<'a>)];

/// One step of a graph on the reference executor.
pub(crate) fn run(graph: &Graph, state: &mut StateBlock, samples: usize, feeds: &Feeds<'_>) -> Box<dyn Session> {
    run_on(&ReferenceExecutor, graph, state, samples, feeds)
}

/// One step of a graph on this executor.
pub(crate) fn run_on(
    executor: &dyn Executor,
    graph: &Graph,
    state: &mut StateBlock,
    samples: usize,
    feeds: &Feeds<'_>,
) -> Box<dyn Session> {
    let mut session = executor.prepare(graph, state, samples).expect("the states fit");
    let ids: Vec<u64> = (0..samples as u64).collect();
    let ordered: Vec<Feed<'_>> = graph
        .inputs()
        .iter()
        .map(|input| feeds.iter().find(|(name, _)| *name == input.name).expect("a feed for every input").1)
        .collect();
    session.run(state, &Step { ids: &ids, index: 0, seed: 1 }, &ordered).expect("the feeds fit");
    session
}

/// Numbers between -1 and 1 that look random and are the same everywhere.
pub(crate) fn numbers(count: usize, salt: usize) -> Vec<f32> {
    (0..count).map(|i| (((i + 1) * 1009 + salt * 389) % 4093) as f32 / 2046.5 - 1.0).collect()
}

/// Asserts that two lists are close, element by element.
#[track_caller]
pub(crate) fn assert_close(received: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(received.len(), expected.len());
    for (i, (received, expected)) in received.iter().zip(expected).enumerate() {
        let error = (f64::from(*received) - expected).abs();
        assert!(error <= tolerance, "element {i}: {received} is not within {tolerance:e} of {expected}");
    }
}
