//! Every layer: shapes, parameters and values.

use std::collections::BTreeSet;

use proofmark_engine::{Feed, StateBlock};
use proofmark_model::layers::{batch_norm, dense};
use proofmark_model::{CheckedModel, Layer, Loss, ModelSpec, Optimizer, Regularizer, Target};
use proofmark_tensor::Shape;

use crate::harness::{assert_close, run, spec};

/// A layer between the sample and a head that gives two numbers.
pub(crate) struct Case {
    pub(crate) layer: &'static str,
    pub(crate) input: &'static [usize],
    output: &'static [usize],
    /// Names without the layer's, and shapes.
    states: &'static [(&'static str, &'static [usize])],
}

/// At least one for each layer of the list.
pub(crate) const CASES: &[Case] = &[
    Case {
        layer: r#"{ "dense": { "units": 4 } }"#,
        input: &[3],
        output: &[4],
        states: &[("kernel", &[3, 4]), ("bias", &[4])],
    },
    Case {
        layer: r#"{ "dense": { "units": 4, "use_bias": false } }"#,
        input: &[5, 3],
        output: &[5, 4],
        states: &[("kernel", &[3, 4])],
    },
    Case {
        layer: r#"{ "conv2d": { "filters": 4, "kernel": [3, 2] } }"#,
        input: &[5, 5, 2],
        output: &[3, 4, 4],
        states: &[("kernel", &[3, 2, 2, 4]), ("bias", &[4])],
    },
    Case {
        layer: r#"{ "conv2d": { "filters": 4, "kernel": 3, "stride": 2, "padding": "same", "groups": 2 } }"#,
        input: &[5, 5, 2],
        output: &[3, 3, 4],
        states: &[("kernel", &[3, 3, 1, 4]), ("bias", &[4])],
    },
    Case {
        layer: r#"{ "conv2d": { "filters": 1, "kernel": 2, "dilation": [3, 1] } }"#,
        input: &[5, 5, 1],
        output: &[2, 4, 1],
        states: &[("kernel", &[2, 2, 1, 1]), ("bias", &[1])],
    },
    Case { layer: r#""max_pool2d""#, input: &[5, 4, 2], output: &[2, 2, 2], states: &[] },
    Case {
        layer: r#"{ "max_pool2d": { "size": 3, "stride": 1, "padding": "same" } }"#,
        input: &[5, 4, 2],
        output: &[5, 4, 2],
        states: &[],
    },
    Case { layer: r#"{ "average_pool2d": { "size": [2, 1] } }"#, input: &[5, 4, 2], output: &[2, 4, 2], states: &[] },
    Case { layer: r#""global_max_pool2d""#, input: &[5, 4, 2], output: &[2], states: &[] },
    Case { layer: r#""global_average_pool2d""#, input: &[5, 4, 2], output: &[2], states: &[] },
    Case {
        layer: r#"{ "conv2d_transpose": { "filters": 4, "kernel": [3, 1], "stride": 2 } }"#,
        input: &[5, 4, 2],
        output: &[11, 8, 4],
        states: &[("kernel", &[3, 1, 2, 4]), ("bias", &[4])],
    },
    Case {
        layer: r#"{ "conv2d_transpose": { "filters": 4, "kernel": 5, "stride": [2, 3], "padding": "same" } }"#,
        input: &[5, 4, 2],
        output: &[10, 12, 4],
        states: &[("kernel", &[5, 5, 2, 4]), ("bias", &[4])],
    },
    Case {
        layer: r#"{ "conv1d": { "filters": 4, "kernel": 3, "stride": 2 } }"#,
        input: &[8, 2],
        output: &[3, 4],
        states: &[("kernel", &[3, 2, 4]), ("bias", &[4])],
    },
    Case {
        layer: r#"{ "conv1d": { "filters": 4, "kernel": 3, "dilation": 2, "padding": "same", "groups": 2 } }"#,
        input: &[3, 2],
        output: &[3, 4],
        states: &[("kernel", &[3, 1, 4]), ("bias", &[4])],
    },
    Case {
        layer: r#"{ "conv1d": { "filters": 4, "kernel": 2, "dilation": 8, "stride": 2, "padding": "causal" } }"#,
        input: &[5, 2],
        output: &[3, 4],
        states: &[("kernel", &[2, 2, 4]), ("bias", &[4])],
    },
    Case { layer: r#""max_pool1d""#, input: &[5, 2], output: &[2, 2], states: &[] },
    Case {
        layer: r#"{ "average_pool1d": { "size": 3, "stride": 1, "padding": "same" } }"#,
        input: &[5, 2],
        output: &[5, 2],
        states: &[],
    },
    Case { layer: r#""global_max_pool1d""#, input: &[5, 2], output: &[2], states: &[] },
    Case { layer: r#""global_average_pool1d""#, input: &[5, 2], output: &[2], states: &[] },
    Case { layer: r#""flatten""#, input: &[5, 4, 2], output: &[40], states: &[] },
    Case { layer: r#"{ "reshape": { "shape": [10, 4] } }"#, input: &[5, 4, 2], output: &[10, 4], states: &[] },
    Case { layer: r#"{ "permute": { "axes": [2, 0, 1] } }"#, input: &[5, 4, 2], output: &[2, 5, 4], states: &[] },
    Case { layer: r#"{ "add": { "inputs": ["input", "input"] } }"#, input: &[5, 4], output: &[5, 4], states: &[] },
    Case { layer: r#"{ "multiply": { "inputs": ["input", "input"] } }"#, input: &[5, 4], output: &[5, 4], states: &[] },
    Case {
        layer: r#"{ "concatenate": { "inputs": ["input", "input", "input"] } }"#,
        input: &[5, 4],
        output: &[5, 12],
        states: &[],
    },
    Case {
        layer: r#""batch_norm""#,
        input: &[5, 4, 2],
        output: &[5, 4, 2],
        states: &[("gamma", &[2]), ("beta", &[2]), ("moving_mean", &[2]), ("moving_variance", &[2])],
    },
    Case {
        layer: r#""layer_norm""#,
        input: &[5, 4, 2],
        output: &[5, 4, 2],
        states: &[("gamma", &[2]), ("beta", &[2])],
    },
    Case { layer: r#""rms_norm""#, input: &[5, 2], output: &[5, 2], states: &[("gamma", &[2])] },
    Case { layer: r#""unit_norm""#, input: &[5, 2], output: &[5, 2], states: &[] },
    Case {
        layer: r#"{ "group_norm": { "groups": 3 } }"#,
        input: &[5, 4, 6],
        output: &[5, 4, 6],
        states: &[("gamma", &[6]), ("beta", &[6])],
    },
    Case {
        layer: r#"{ "group_norm": { "groups": 1 } }"#,
        input: &[5, 4],
        output: &[5, 4],
        states: &[("gamma", &[4]), ("beta", &[4])],
    },
    Case { layer: r#""group_norm""#, input: &[64], output: &[64], states: &[("gamma", &[64]), ("beta", &[64])] },
    Case { layer: r#"{ "dropout": { "rate": 0.25 } }"#, input: &[5, 4], output: &[5, 4], states: &[] },
    Case {
        layer: r#"{ "embedding": { "vocabulary": 7, "units": 3 } }"#,
        input: &[5, 4],
        output: &[5, 4, 3],
        states: &[("kernel", &[7, 3])],
    },
    Case {
        layer: r#"{ "lstm": { "units": 3, "return_sequences": true, "dropout": 0.25, "recurrent_dropout": 0.25 } }"#,
        input: &[5, 2],
        output: &[5, 3],
        states: &[("kernel", &[2, 12]), ("recurrent_kernel", &[3, 12]), ("bias", &[12])],
    },
    Case {
        layer: r#"{ "lstm": { "units": 3, "direction": "both", "use_bias": false } }"#,
        input: &[5, 2],
        output: &[6],
        states: &[
            ("kernel", &[2, 12]),
            ("recurrent_kernel", &[3, 12]),
            ("backward_kernel", &[2, 12]),
            ("backward_recurrent_kernel", &[3, 12]),
        ],
    },
    Case {
        layer: r#"{ "gru": { "units": 3, "direction": "backward" } }"#,
        input: &[5, 2],
        output: &[3],
        states: &[("kernel", &[2, 9]), ("recurrent_kernel", &[3, 9]), ("bias", &[9]), ("recurrent_bias", &[9])],
    },
    Case {
        layer: r#"{ "gru": { "units": 3, "direction": "both", "return_sequences": true, "use_bias": false } }"#,
        input: &[1, 2],
        output: &[1, 6],
        states: &[
            ("kernel", &[2, 9]),
            ("recurrent_kernel", &[3, 9]),
            ("backward_kernel", &[2, 9]),
            ("backward_recurrent_kernel", &[3, 9]),
        ],
    },
    Case { layer: r#""sequence_length""#, input: &[5, 2], output: &[], states: &[] },
    Case { layer: r#""position_embedding""#, input: &[5, 4], output: &[5, 4], states: &[("kernel", &[5, 4])] },
    Case { layer: r#""position_encoding""#, input: &[5, 3], output: &[5, 3], states: &[] },
    Case {
        layer: r#"{ "multi_head_attention": { "heads": 2 } }"#,
        input: &[5, 4],
        output: &[5, 4],
        states: &[
            ("query_kernel", &[4, 4]),
            ("query_bias", &[4]),
            ("key_kernel", &[4, 4]),
            ("key_bias", &[4]),
            ("value_kernel", &[4, 4]),
            ("value_bias", &[4]),
            ("output_kernel", &[4, 4]),
            ("output_bias", &[4]),
        ],
    },
    Case {
        layer: r#"{ "multi_head_attention": { "heads": 3, "key_dim": 2, "value_dim": 5, "rotary": true, "use_bias": false,
            "inputs": ["input", "input", "input"] } }"#,
        input: &[6, 4],
        output: &[6, 4],
        states: &[
            ("query_kernel", &[4, 6]),
            ("key_kernel", &[4, 6]),
            ("value_kernel", &[4, 15]),
            ("output_kernel", &[15, 4]),
        ],
    },
    Case { layer: r#"{ "activation": { "function": "tanh" } }"#, input: &[5, 4], output: &[5, 4], states: &[] },
    Case { layer: r#""relu""#, input: &[5, 4], output: &[5, 4], states: &[] },
    Case { layer: r#""softmax""#, input: &[5, 4], output: &[5, 4], states: &[] },
];

impl Case {
    /// The layer with its head.
    pub(crate) fn model(&self) -> CheckedModel {
        let head = dense(2).named("head");
        let spec = ModelSpec::new().add(layer(self.layer)).add(proofmark_model::layers::flatten()).add(head);
        spec.check(self.input.to_vec(), Target::Number { outputs: 2 }).expect(self.layer)
    }
}

fn layer(json: &str) -> Layer {
    serde_json::from_str(json).expect("a layer")
}

#[test]
fn shapes_and_states() {
    let mut kinds = BTreeSet::new();
    for case in CASES {
        let layer = layer(case.layer);
        kinds.insert(layer.kind());
        let name = format!("{}_1", layer.kind());
        let model = case.model();
        assert_eq!(model.layers()[0].shape, Shape::new(case.output), "{}", case.layer);
        assert_eq!(model.layers()[0].name, name);
        let loss: Loss = serde_json::from_str(r#""mse""#).expect("a loss");
        let sgd: Optimizer = serde_json::from_str(r#""sgd""#).expect("an optimizer");
        let training = model.training_graph(&loss, &sgd, &Regularizer::default(), None).expect(case.layer);
        let inference = model.inference_graph().expect(case.layer);
        for graph in [&training.graph, &inference.graph] {
            let states: Vec<(String, Shape)> = graph
                .states()
                .iter()
                .filter(|state| !state.name.starts_with("head."))
                .map(|state| (state.name.clone(), state.shape.clone()))
                .collect();
            let expected: Vec<(String, Shape)> =
                case.states.iter().map(|(suffix, shape)| (format!("{name}.{suffix}"), Shape::new(shape))).collect();
            assert_eq!(states, expected, "{}", case.layer);
        }
    }
    // What is shared is another layer: `parts.rs`.
    for kind in Layer::KINDS.iter().filter(|kind| **kind != "shared") {
        assert!(kinds.contains(kind), "{kind} has no case");
    }
}

/// The predictions of a model whose parameters are set by name.
pub(crate) fn predict(model: &CheckedModel, states: &[(&str, &[f32])], samples: usize, x: &[f32]) -> Vec<f32> {
    let inference = model.inference_graph().expect("a graph");
    let mut state = StateBlock::new(&inference.graph);
    model.initialize(0, &mut state);
    for (name, values) in states {
        state.get_mut(name).expect("a state").copy_from_slice(values);
    }
    let session = run(&inference.graph, &mut state, samples, &[("x", Feed::F32(x))]);
    session.output(inference.predictions).to_vec()
}

/// The output of a spec that ends in `[outputs]` numbers.
pub(crate) fn values(json: &str, input: &[usize], outputs: usize, states: &[(&str, &[f32])], x: &[f32]) -> Vec<f32> {
    let model = spec(json).check(input.to_vec(), Target::Number { outputs }).expect(json);
    predict(&model, states, 1, x)
}

#[test]
fn cross_correlation_and_pooling_by_hand() {
    let x: Vec<f32> = (1..=9).map(|value| value as f32).collect();
    let conv = r#"{ "conv2d": { "name": "c", "filters": 1, "kernel": 2, "use_bias": false } }"#;
    let kernel: (&str, &[f32]) = ("c.kernel", &[0.0, 1.0, 1.0, 0.0]);
    let image = values(&format!(r#"{{ "layers": [{conv}, "flatten"] }}"#), &[3, 3, 1], 4, &[kernel], &x);
    assert_close(&image, &[6.0, 8.0, 12.0, 14.0], 0.0);
    for (pool, expected) in [("max_pool2d", 14.0), ("average_pool2d", 10.0)] {
        let json = format!(r#"{{ "layers": [{conv}, "{pool}", "flatten"] }}"#);
        assert_close(&values(&json, &[3, 3, 1], 1, &[kernel], &x), &[expected], 0.0);
        let json = format!(r#"{{ "layers": [{conv}, "global_{pool}"] }}"#);
        assert_close(&values(&json, &[3, 3, 1], 1, &[kernel], &x), &[expected], 0.0);
    }
}

/// What `conv_transpose2d` of PyTorch 2.15.0 gives: 2 x 2 pixels of two channels, two filters. For `same`, Keras' border: the
/// convolution backwards pads one row at the end first.
#[test]
fn transposed_convolutions_as_in_pytorch() {
    let x = [1.0, -2.0, 0.5, 3.0, -1.0, 2.0, 4.0, 0.25];
    let kernel: Vec<f32> = (0..36).map(|i| ((i * 7 % 19) as f32 - 9.0) / 4.0).collect();
    let states: [(&str, &[f32]); 2] = [("t.kernel", &kernel), ("t.bias", &[0.5, -1.0])];
    for (settings, expected) in [
        (r#""stride": 2"#, &TRANSPOSED_VALID[..]),
        (r#""stride": 2, "padding": "same""#, &TRANSPOSED_SAME),
        (r#""padding": "same""#, &TRANSPOSED_SAME_SIZE),
    ] {
        let layer = format!(r#"{{ "conv2d_transpose": {{ "name": "t", "filters": 2, "kernel": 3, {settings} }} }}"#);
        let json = format!(r#"{{ "layers": [{layer}, "flatten"] }}"#);
        assert_close(&values(&json, &[2, 2, 2], expected.len(), &states, &x), expected, 1e-6);
    }
}

const TRANSPOSED_VALID: [f64; 50] = [
    -4.25, 2.0, 3.0, -0.25, 3.375, -3.25, -3.25, 1.375, 4.625, -7.375, 3.25, 0.0, 1.0, 2.5, -1.125, 1.75, 3.75, -8.25,
    -5.0, -0.375, 6.0, -9.75, 1.25, -0.25, -5.0625, -6.0625, -6.1875, 5.875, 11.25, 0.75, -2.25, -2.0, 0.0, -4.5,
    -3.875, 3.8125, 8.6875, -5.5625, -1.9375, 4.0, -0.25, 4.75, -2.75, -2.5, 6.625, 0.0625, -3.0, 2.9375, 6.5625, -6.5,
];
const TRANSPOSED_SAME: [f64; 32] = [
    -4.25, 2.0, 3.0, -0.25, 3.375, -3.25, -3.25, 1.375, 3.25, 0.0, 1.0, 2.5, -1.125, 1.75, 3.75, -8.25, 6.0, -9.75,
    1.25, -0.25, -5.0625, -6.0625, -6.1875, 5.875, -2.25, -2.0, 0.0, -4.5, -3.875, 3.8125, 8.6875, -5.5625,
];
const TRANSPOSED_SAME_SIZE: [f64; 8] = [-14.8125, 0.8125, 6.1875, -3.125, 4.25, 9.1875, 0.3125, -12.5625];

#[test]
fn bias_comes_before_the_activation() {
    for (activation, expected) in [
        ("linear", [-2.0, 1.0]),
        ("relu", [0.0, 1.0]),
        ("sigmoid", [0.119_202_922, 0.731_058_579]),
        ("tanh", [-0.964_027_58, 0.761_594_156]),
        ("softmax", [0.047_425_873, 0.952_574_127]),
        ("softplus", [0.126_928_011, 1.313_261_688]),
        // What PyTorch 2.15.0 gives in float64; its gelu with `approximate="none"`.
        ("gelu", [-0.045_500_264, 0.841_344_746]),
        ("silu", [-0.238_405_844, 0.731_058_579]),
        ("log_softmax", [-3.048_587_352, -0.048_587_352]),
    ] {
        let json =
            format!(r#"{{ "layers": [{{ "dense": {{ "name": "d", "units": 2, "activation": "{activation}" }} }}] }}"#);
        let states: [(&str, &[f32]); 2] = [("d.kernel", &[1.0, -1.0]), ("d.bias", &[-3.0, 2.0])];
        assert_close(&values(&json, &[1], 2, &states, &[1.0]), &expected, 1e-7);
        let json = format!(r#"{{ "layers": [{{ "activation": {{ "function": "{activation}" }} }}] }}"#);
        assert_close(&values(&json, &[2], 2, &[], &[-2.0, 1.0]), &expected, 1e-7);
    }
    assert_eq!(proofmark_model::Activation::ALL.len(), 9);
}

#[test]
fn branches_join() {
    let add = r#"{ "layers": [
        { "dense": { "name": "a", "units": 2, "use_bias": false } },
        { "dense": { "name": "b", "units": 2, "use_bias": false, "inputs": ["input"] } },
        { "JOIN": { "inputs": ["b", "a"] } }
    ] }"#;
    let states: [(&str, &[f32]); 2] = [("a.kernel", &[1.0, 2.0]), ("b.kernel", &[10.0, 20.0])];
    assert_close(&values(&add.replace("JOIN", "add"), &[1], 2, &states, &[3.0]), &[33.0, 66.0], 0.0);
    assert_close(&values(&add.replace("JOIN", "multiply"), &[1], 2, &states, &[3.0]), &[90.0, 360.0], 0.0);
    let sides = values(&add.replace("JOIN", "concatenate"), &[1], 4, &states, &[3.0]);
    assert_close(&sides, &[30.0, 60.0, 3.0, 6.0], 0.0);
}

#[test]
fn axes_move() {
    let json = r#"{ "layers": [{ "reshape": { "shape": [2, 3] } }, { "permute": { "axes": [1, 0] } }, "flatten"] }"#;
    assert_close(&values(json, &[6], 6, &[], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0], 0.0);
}

#[test]
fn dropout_does_nothing_outside_training() {
    let json = r#"{ "layers": [{ "dropout": { "rate": 0.9 } }] }"#;
    assert_close(&values(json, &[3], 3, &[], &[1.0, 2.0, 3.0]), &[1.0, 2.0, 3.0], 0.0);
    let model = spec(json).check([3], Target::Number { outputs: 3 }).expect("a model");
    let graph = model.inference_graph().expect("a graph").graph.to_string();
    assert!(!graph.contains("dropout["), "{graph}");
}

#[test]
fn batch_norm_follows_the_batch_in_training_only() {
    let spec = ModelSpec::new().add(batch_norm().momentum(0.75).named("norm"));
    let model = spec.check([2], Target::Number { outputs: 2 }).expect("a model");
    let loss: Loss = serde_json::from_str(r#""mse""#).expect("a loss");
    let sgd: Optimizer = serde_json::from_str(r#"{ "sgd": { "learning_rate": 1e-30 } }"#).expect("an optimizer");
    let training = model.training_graph(&loss, &sgd, &Regularizer::default(), None).expect("a training");
    let mut state = StateBlock::new(&training.graph);
    model.initialize(0, &mut state);
    // Channel 0: mean 3, squares 4 + 1 + 1 + 4 = 10, biased variance 2.5. Channel 1: constant.
    let x = [1.0, 7.0, 2.0, 7.0, 4.0, 7.0, 5.0, 7.0];
    let feeds = [
        ("x", Feed::F32(&x)),
        ("target", Feed::F32(&[0.0; 8])),
        ("weight", Feed::F32(&[1.0; 4])),
        ("loss_scale", Feed::F32(&[0.25])),
        ("learning_rate", Feed::F32(&[1e-30])),
    ];
    let session = run(&training.graph, &mut state, 4, &feeds);
    let deviation = 2.501_f64.sqrt();
    let expected = [-2.0 / deviation, 0.0, -1.0 / deviation, 0.0, 1.0 / deviation, 0.0, 2.0 / deviation, 0.0];
    assert_close(session.output(training.predictions), &expected, 1e-6);
    // A quarter of the batch's mean; the unbiased variance is 10 / 3.
    assert_close(state.get("norm.moving_mean").expect("a mean"), &[0.75, 1.75], 1e-6);
    assert_close(state.get("norm.moving_variance").expect("a variance"), &[0.75 + 2.5 / 3.0, 0.75], 1e-6);

    let inference = model.inference_graph().expect("a graph");
    let session = run(&inference.graph, &mut state, 1, &[("x", Feed::F32(&[1.0, 7.0]))]);
    let moved = |x: f64, mean: f64, variance: f64| (x - mean) / (variance + 1e-3).sqrt();
    let expected = [moved(1.0, 0.75, 0.75 + 2.5 / 3.0), moved(7.0, 1.75, 0.75)];
    assert_close(session.output(inference.predictions), &expected, 1e-6);
}
