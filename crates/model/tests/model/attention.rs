//! Attention and positions: values by hand, what a step does not see, what padding does not change.

use proofmark_model::{ModelSpec, Target};

use crate::harness::{assert_close, numbers, spec};
use crate::layers::{predict, values};

/// One head whose projections are the identity.
#[test]
fn attention_by_hand() {
    let identity = [1.0, 0.0, 0.0, 1.0];
    let states: Vec<(&str, &[f32])> = vec![
        ("a.query_kernel", &identity),
        ("a.key_kernel", &identity),
        ("a.value_kernel", &identity),
        ("a.output_kernel", &identity),
    ];
    let x = [2.0, 0.0, 0.0, 2.0];
    // Scores 4 / √2 with oneself and 0 with the other.
    let own = 1.0 / (1.0 + (-4.0 / 2f64.sqrt()).exp());
    let other = 1.0 - own;
    for (settings, expected) in [
        ("", [2.0 * own, 2.0 * other, 2.0 * other, 2.0 * own]),
        (r#", "causal": true"#, [2.0, 0.0, 2.0 * other, 2.0 * own]),
    ] {
        let layer =
            format!(r#"{{ "multi_head_attention": {{ "name": "a", "heads": 1, "use_bias": false{settings} }} }}"#);
        let json = format!(r#"{{ "layers": [{layer}, "flatten"] }}"#);
        assert_close(&values(&json, &[2, 2], 4, &states, &x), &expected, 1e-6);
    }
}

#[test]
fn positions_by_hand() {
    let x = [10.0, 20.0, 30.0, 10.0, 20.0, 30.0];
    let (sin, cos) = (1f64.sin(), 1f64.cos());
    let encoding = r#"{ "layers": [{ "position_encoding": { "base": 1 } }, "flatten"] }"#;
    let expected = [10.0, 21.0, 30.0, 10.0 + sin, 20.0 + cos, 30.0 + sin];
    assert_close(&values(encoding, &[2, 3], 6, &[], &x), &expected, 1e-5);
    let embedding = r#"{ "layers": [{ "position_embedding": { "name": "p" } }, "flatten"] }"#;
    let kernel: (&str, &[f32]) = ("p.kernel", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_close(&values(embedding, &[2, 3], 6, &[kernel], &x), &[11.0, 22.0, 33.0, 14.0, 25.0, 36.0], 0.0);
}

/// A causal block with its norms first, as docs/models.md shows it.
const BLOCK: &str = r#"
    "layer_norm",
    { "multi_head_attention": { "heads": 2, "causal": true, "rotary": true } },
    { "add": { "name": "attended", "inputs": ["START", "multi_head_attention_1"] } },
    "layer_norm",
    { "dense": { "units": 16, "activation": "gelu" } },
    { "dense": { "name": "down", "units": 4 } },
    { "add": { "inputs": ["attended", "down"] } },
    "flatten"
"#;

/// What comes after step t changes no bit of the outputs up to t, be it NaN.
#[test]
fn a_causal_block_does_not_see_the_future() {
    const STEPS: usize = 27;
    const CHANNELS: usize = 4;
    let json = format!(r#"{{ "layers": [{}] }}"#, BLOCK.replace("START", "input"));
    let model = spec(&json).check([STEPS, CHANNELS], Target::Number { outputs: STEPS * CHANNELS }).expect("a model");
    let x = numbers(STEPS * CHANNELS, 9);
    let before = predict(&model, &[], 1, &x);
    for step in 0..STEPS {
        for changed in [100.0, f32::NAN, f32::INFINITY] {
            let mut x = x.clone();
            x[step * CHANNELS] = changed;
            let after = predict(&model, &[], 1, &x);
            assert_eq!(after[..step * CHANNELS], before[..step * CHANNELS], "step {step} to {changed}");
            // Every later step sees it.
            for later in step..STEPS {
                let own = later * CHANNELS..(later + 1) * CHANNELS;
                assert_ne!(after[own.clone()], before[own], "step {step} to {changed} in step {later}");
            }
        }
    }
}

/// A sequence that is filled up gives the bits of the short one, also after 24 queries, which are computed together.
#[test]
fn padding_changes_nothing() {
    let of = |steps: usize, tokens: &[f32]| {
        let json = r#"{ "layers": [
            { "sequence_length": { "name": "length", "inputs": ["input"] } },
            { "embedding": { "name": "tokens", "vocabulary": 9, "units": 4, "inputs": ["input"] } },
            { "multi_head_attention": { "heads": 2, "lengths": true, "inputs": ["tokens", "length"] } },
            "flatten"
        ] }"#;
        let model: ModelSpec = spec(json);
        let model = model.check([steps], Target::Number { outputs: steps * 4 }).expect("a model");
        predict(&model, &[], 1, tokens)
    };
    for length in [1, 5, 24, 26, 31] {
        let mut tokens: Vec<f32> = (0..length).map(|i| (i * 5 % 8 + 1) as f32).collect();
        let short = of(length, &tokens);
        tokens.resize(31, 0.0);
        assert_eq!(of(31, &tokens)[..length * 4], short, "{length}");
    }
}

/// With one key, its value is all there is to see.
#[test]
fn another_sequence_is_looked_at() {
    let json = r#"{ "layers": [
        { "dense": { "name": "query", "units": 4 } },
        { "global_average_pool1d": { "inputs": ["input"] } },
        { "reshape": { "name": "memory", "shape": [1, 3] } },
        { "multi_head_attention": { "name": "a", "heads": 2, "value_dim": 1, "inputs": ["query", "memory"] } },
        "flatten"
    ] }"#;
    let x = numbers(15, 4);
    let states: [(&str, &[f32]); 2] = [
        ("a.value_kernel", &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
        ("a.output_kernel", &[1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0]),
    ];
    let mean = |channel: usize| (0..5).map(|step| f64::from(x[step * 3 + channel])).sum::<f64>() / 5.0;
    let row = [mean(0), 2.0 * mean(0), 3.0 * mean(1), 0.0];
    assert_close(&values(json, &[5, 3], 20, &states, &x), &row.repeat(5), 1e-6);
}
