//! Specs as text and as Rust.

use proofmark_model::layers::{
    activation, add, average_pool1d, average_pool2d, batch_norm, concatenate, conv1d, conv2d, conv2d_transpose, dense,
    dropout, flatten, global_average_pool1d, global_average_pool2d, global_max_pool1d, global_max_pool2d, group_norm,
    layer_norm, max_pool1d, max_pool2d, multi_head_attention, permute, position_embedding, position_encoding, relu,
    reshape, rms_norm, sequence_length, softmax, unit_norm,
};
use proofmark_model::{Activation, Initializer, Layer, ModelSpec, Regularizer, initializers};

use crate::harness::{DIGITS, RESIDUAL, spec};

#[test]
fn digits_in_rust() {
    let built = ModelSpec::new()
        .add(conv2d(32, 3).relu())
        .add(max_pool2d(2))
        .add(conv2d(64, 3).relu())
        .add(max_pool2d(2))
        .add(flatten())
        .add(dense(128).relu())
        .add(dropout(0.5).named("drop"))
        .add(dense(10).softmax());
    assert_eq!(built, spec(DIGITS));
}

#[test]
fn residual_in_rust() {
    let built = ModelSpec::new()
        .add(conv2d(4, 3).same().without_bias().named("stem"))
        .add(batch_norm().named("stem_norm"))
        .add(relu().named("stem_out"))
        .add(conv2d(8, 3).stride(2).same().without_bias())
        .add(batch_norm())
        .add(relu())
        .add(conv2d(8, 3).same().without_bias())
        .add(batch_norm().named("branch"))
        .add(conv2d(8, 1).stride(2).inputs(["stem_out"]).named("shortcut"))
        .add(add(["branch", "shortcut"]))
        .add(relu())
        .add(global_average_pool2d())
        .add(dense(3).softmax());
    assert_eq!(built, spec(RESIDUAL));
}

#[test]
fn every_parameter_in_rust() {
    let penalty = Regularizer { l1: 0.0, l2: 0.5 };
    let built = ModelSpec::new()
        .add(conv2d(4, [3, 1]).dilation([2, 1]).groups(2).sigmoid().regularized(penalty))
        .add(average_pool2d([2, 1]).stride(1).same())
        .add(max_pool2d(2).stride([2, 1]).same())
        .add(dense(4).tanh().initialized(initializers::Orthogonal { gain: 2.0 }))
        .add(batch_norm().momentum(0.5))
        .add(activation(Activation::Softplus))
        .add(permute([2, 0, 1]))
        .add(concatenate(["dense_1", "dense_1"]).named("twice"))
        .add(reshape([2, 2]))
        .add(conv2d_transpose(4, [3, 2]).stride(2).same().without_bias())
        .add(global_max_pool2d())
        .add(conv1d(4, 3).causal().dilation(2).stride(2).groups(2).gelu())
        .add(conv1d(4, 3).same().silu())
        .add(max_pool1d(3).stride(1).same())
        .add(average_pool1d(2))
        .add(layer_norm())
        .add(rms_norm())
        .add(group_norm(2))
        .add(unit_norm())
        .add(global_average_pool1d())
        .add(global_max_pool1d())
        .add(position_embedding())
        .add(position_encoding())
        .add(sequence_length().inputs(["input"]).named("length"))
        .add(multi_head_attention(2).causal().rotary().without_bias().lengths().inputs(["rms_norm_1", "length"]))
        .add(softmax());
    let written = spec(
        r#"{ "layers": [
            { "conv2d": { "filters": 4, "kernel": [3, 1], "dilation": [2, 1], "groups": 2, "activation": "sigmoid",
                "kernel_regularizer": { "l2": 0.5 } } },
            { "average_pool2d": { "size": [2, 1], "stride": 1, "padding": "same" } },
            { "max_pool2d": { "stride": [2, 1], "padding": "same" } },
            { "dense": { "units": 4, "activation": "tanh", "kernel_initializer": { "orthogonal": { "gain": 2 } } } },
            { "batch_norm": { "momentum": 0.5 } },
            { "activation": { "function": "softplus" } },
            { "permute": { "axes": [2, 0, 1] } },
            { "concatenate": { "name": "twice", "inputs": ["dense_1", "dense_1"] } },
            { "reshape": { "shape": [2, 2] } },
            { "conv2d_transpose": { "filters": 4, "kernel": [3, 2], "stride": 2, "padding": "same", "use_bias": false } },
            { "global_max_pool2d": {} },
            { "conv1d": { "filters": 4, "kernel": 3, "padding": "causal", "dilation": 2, "stride": 2, "groups": 2,
                "activation": "gelu" } },
            { "conv1d": { "filters": 4, "kernel": 3, "padding": "same", "activation": "silu" } },
            { "max_pool1d": { "size": 3, "stride": 1, "padding": "same" } },
            "average_pool1d",
            "layer_norm",
            { "rms_norm": { "epsilon": 1e-6 } },
            { "group_norm": { "groups": 2 } },
            { "unit_norm": { "epsilon": 1e-12 } },
            "global_average_pool1d",
            "global_max_pool1d",
            "position_embedding",
            { "position_encoding": { "base": 10000 } },
            { "sequence_length": { "name": "length", "inputs": ["input"], "padding": 0 } },
            { "multi_head_attention": { "heads": 2, "causal": true, "rotary": true, "use_bias": false, "lengths": true,
                "inputs": ["rms_norm_1", "length"] } },
            "softmax"
        ] }"#,
    );
    assert_eq!(built, written);
}

#[test]
fn what_is_written_is_read_back() {
    for json in [DIGITS, RESIDUAL] {
        let spec = spec(json);
        let text = serde_json::to_string(&spec).expect("a spec");
        assert_eq!(serde_json::from_str::<ModelSpec>(&text).expect("a spec"), spec);
    }
    insta::assert_snapshot!(serde_json::to_string(&spec(DIGITS).layers[0]).expect("a layer"), @r#"{"conv2d":{"filters":32,"kernel":3,"stride":1,"padding":"valid","dilation":1,"groups":1,"activation":"relu","use_bias":true,"kernel_initializer":{"glorot_uniform":{}},"bias_initializer":{"zeros":{}}}}"#);
}

#[test]
fn names_do_not_depend_on_other_names() {
    let unnamed = ModelSpec::new().add(dense(4)).add(relu()).add(dense(4)).add(dense(4));
    assert_eq!(unnamed.names(), ["dense_1", "relu_1", "dense_2", "dense_3"]);
    let named = ModelSpec::new().add(dense(4)).add(relu()).add(dense(4).named("middle")).add(dense(4));
    assert_eq!(named.names(), ["dense_1", "relu_1", "middle", "dense_3"]);
}

#[test]
fn layers_are_found_by_name() {
    assert_eq!(spec(DIGITS).path_of("drop").as_deref(), Some("layers[6].dropout"));
    assert_eq!(spec(DIGITS).path_of("dense_2").as_deref(), Some("layers[7].dense"));
    assert_eq!(spec(DIGITS).path_of("dropout_1"), None);
}

#[test]
fn mistakes_in_text_are_named() {
    let error = |json: &str| serde_json::from_str::<Layer>(json).expect_err(json).to_string();
    let lines: Vec<String> = [
        r#""flaten""#,
        r#""dense""#,
        r#"{ "dense": { "units": 4, "unit": 3 } }"#,
        r#"{ "dense": { "units": -4 } }"#,
        r#"{ "dense": { "units": 4 }, "flatten": {} }"#,
        r#"{}"#,
        r#"{ "conv2d": { "filters": 4, "kernel": [3, 3, 3] } }"#,
        r#"{ "conv2d": { "filters": 4, "kernel": -1 } }"#,
        r#"{ "conv2d": { "filters": 4, "kernel": 3, "padding": "full" } }"#,
        r#"7"#,
    ]
    .into_iter()
    .map(|json| format!("{json}\n    {}", error(json)))
    .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    "flaten"
        unknown variant `flaten`, expected one of `dense`, `conv2d`, `conv2d_transpose`, `conv1d`, `max_pool2d`, `max_pool1d`, `average_pool2d`, `average_pool1d`, `global_max_pool2d`, `global_max_pool1d`, `global_average_pool2d`, `global_average_pool1d`, `flatten`, `reshape`, `permute`, `add`, `multiply`, `concatenate`, `batch_norm`, `layer_norm`, `rms_norm`, `group_norm`, `unit_norm`, `dropout`, `embedding`, `lstm`, `gru`, `position_embedding`, `position_encoding`, `multi_head_attention`, `sequence_length`, `activation`, `relu`, `softmax`, `shared` at line 1 column 8
    "dense"
        missing field `units` at line 1 column 7
    { "dense": { "units": 4, "unit": 3 } }
        unknown field `unit`, expected one of `units`, `activation`, `use_bias`, `kernel_initializer`, `bias_initializer`, `kernel_regularizer`, `trainable`, `name`, `inputs` at line 1 column 31
    { "dense": { "units": -4 } }
        invalid value: integer `-4`, expected usize at line 1 column 24
    { "dense": { "units": 4 }, "flatten": {} }
        invalid length 2, expected one of dense, conv2d, conv2d_transpose, conv1d, max_pool2d, max_pool1d, average_pool2d, average_pool1d, global_max_pool2d, global_max_pool1d, global_average_pool2d, global_average_pool1d, flatten, reshape, permute, add, multiply, concatenate, batch_norm, layer_norm, rms_norm, group_norm, unit_norm, dropout, embedding, lstm, gru, position_embedding, position_encoding, multi_head_attention, sequence_length, activation, relu, softmax, shared, with its parameters at line 1 column 36
    {}
        invalid length 0, expected one of dense, conv2d, conv2d_transpose, conv1d, max_pool2d, max_pool1d, average_pool2d, average_pool1d, global_max_pool2d, global_max_pool1d, global_average_pool2d, global_average_pool1d, flatten, reshape, permute, add, multiply, concatenate, batch_norm, layer_norm, rms_norm, group_norm, unit_norm, dropout, embedding, lstm, gru, position_embedding, position_encoding, multi_head_attention, sequence_length, activation, relu, softmax, shared, with its parameters at line 1 column 2
    { "conv2d": { "filters": 4, "kernel": [3, 3, 3] } }
        invalid length 3, expected an integer, or a list of height and width at line 1 column 47
    { "conv2d": { "filters": 4, "kernel": -1 } }
        invalid value: integer `-1`, expected an integer, or a list of height and width at line 1 column 40
    { "conv2d": { "filters": 4, "kernel": 3, "padding": "full" } }
        unknown variant `full`, expected `valid` or `same` at line 1 column 58
    7
        invalid type: integer `7`, expected one of dense, conv2d, conv2d_transpose, conv1d, max_pool2d, max_pool1d, average_pool2d, average_pool1d, global_max_pool2d, global_max_pool1d, global_average_pool2d, global_average_pool1d, flatten, reshape, permute, add, multiply, concatenate, batch_norm, layer_norm, rms_norm, group_norm, unit_norm, dropout, embedding, lstm, gru, position_embedding, position_encoding, multi_head_attention, sequence_length, activation, relu, softmax, shared, with its parameters at line 1 column 1
    "#);
}

#[test]
fn initializers_by_name() {
    let read = |json: &str| serde_json::from_str::<Initializer>(json).expect("an initializer");
    assert_eq!(read(r#""he_normal""#), initializers::HeNormal {}.into());
    assert_eq!(read(r#"{ "constant": { "value": 2 } }"#), initializers::Constant { value: 2.0 }.into());
}
