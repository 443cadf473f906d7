//! Layers for sequences: values by hand, and what a causal convolution does not see.

use proofmark_model::{Layer, Target};

use crate::harness::{assert_close, numbers, spec};
use crate::layers::{predict, values};

#[test]
fn convolutions_by_hand() {
    let x = [1.0, 2.0, 3.0, 4.0, 5.0];
    let kernel: (&str, &[f32]) = ("c.kernel", &[1.0, 10.0]);
    for (settings, expected) in [
        ("", &[21.0, 32.0, 43.0, 54.0][..]),
        (r#", "stride": 3"#, &[21.0, 54.0]),
        (r#", "dilation": 3"#, &[41.0, 52.0]),
        // The odd step of an even window stands at the end.
        (r#", "padding": "same""#, &[21.0, 32.0, 43.0, 54.0, 5.0]),
        (r#", "padding": "causal""#, &[10.0, 21.0, 32.0, 43.0, 54.0]),
        (r#", "padding": "causal", "dilation": 3"#, &[10.0, 20.0, 30.0, 41.0, 52.0]),
        (r#", "padding": "causal", "stride": 2"#, &[10.0, 32.0, 54.0]),
    ] {
        let conv = r#"{ "conv1d": { "name": "c", "filters": 1, "kernel": 2, "use_bias": false"#;
        let json = format!(r#"{{ "layers": [{conv}{settings} }} }}, "flatten"] }}"#);
        assert_close(&values(&json, &[5, 1], expected.len(), &[kernel], &x), expected, 0.0);
    }
}

/// A sequence is an image of one row: the same kernel gives the same bits.
#[test]
fn a_convolution_of_sequences_is_one_of_rows() {
    let (x, kernel, bias) = (numbers(9 * 4, 3), numbers(3 * 2 * 6, 4), numbers(6, 5));
    let of = |layer: &str, input: &[usize]| {
        let states: [(&str, &[f32]); 2] = [("c.kernel", &kernel), ("c.bias", &bias)];
        values(&format!(r#"{{ "layers": [{layer}, "flatten"] }}"#), input, 9 * 6, &states, &x)
    };
    let shared = r#""name": "c", "filters": 6, "groups": 2, "padding": "same", "activation": "gelu""#;
    let sequence = of(&format!(r#"{{ "conv1d": {{ {shared}, "kernel": 3, "dilation": 2 }} }}"#), &[9, 4]);
    let row = of(&format!(r#"{{ "conv2d": {{ {shared}, "kernel": [1, 3], "dilation": [1, 2] }} }}"#), &[1, 9, 4]);
    assert_eq!(sequence, row);
}

#[test]
fn poolings_by_hand() {
    let x = [1.0, -1.0, 5.0, -2.0, 2.0, -6.0, 4.0, -3.0, 9.0, -9.0];
    for (layer, expected) in [
        (r#""max_pool1d""#, &[5.0, -1.0, 4.0, -3.0][..]),
        (r#""average_pool1d""#, &[3.0, -1.5, 3.0, -4.5]),
        (r#"{ "max_pool1d": { "size": 3, "stride": 2, "padding": "same" } }"#, &[5.0, -1.0, 5.0, -2.0, 9.0, -3.0]),
        // Padding does not count.
        (r#"{ "average_pool1d": { "size": 3, "stride": 4, "padding": "same" } }"#, &[3.0, -1.5, 6.5, -6.0]),
        (r#""global_max_pool1d""#, &[9.0, -1.0]),
        (r#""global_average_pool1d""#, &[4.2, -4.2]),
    ] {
        let json = format!(r#"{{ "layers": [{layer}, "flatten"] }}"#);
        assert_close(&values(&json, &[5, 2], expected.len(), &[], &x), expected, 1e-6);
    }
}

/// What comes after step t changes no bit of the outputs up to t, and every input step changes something: a stack of dilated
/// causal convolutions, as a generator has.
#[test]
fn a_causal_convolution_does_not_see_the_future() {
    const STEPS: usize = 12;
    let json = r#"{ "layers": [
        { "conv1d": { "filters": 3, "kernel": 2, "padding": "causal", "activation": "silu" } },
        { "conv1d": { "filters": 4, "kernel": 2, "dilation": 2, "padding": "causal", "activation": "tanh" } },
        "layer_norm",
        { "conv1d": { "filters": 2, "kernel": 3, "dilation": 4, "padding": "causal", "groups": 2 } },
        "flatten"
    ] }"#;
    let model = spec(json).check([STEPS, 2], Target::Number { outputs: STEPS * 2 }).expect("a model");
    let x = numbers(STEPS * 2, 9);
    let before = predict(&model, &[], 1, &x);
    for step in 0..STEPS {
        for changed in [100.0, f32::NAN, f32::INFINITY] {
            let mut x = x.clone();
            x[step * 2..step * 2 + 2].fill(changed);
            let after = predict(&model, &[], 1, &x);
            assert_eq!(after[..step * 2], before[..step * 2], "step {step} to {changed}");
            assert_ne!(after[step * 2..step * 2 + 2], before[step * 2..step * 2 + 2], "step {step} to {changed}");
        }
    }
}

/// The same with the last steps cut off: outputs do not depend on how long the sequence is.
#[test]
fn a_causal_convolution_of_a_shorter_sequence_is_the_same() {
    let json = r#"{ "layers": [
        { "conv1d": { "name": "c", "filters": 3, "kernel": 3, "dilation": 2, "padding": "causal" } }, "flatten"
    ] }"#;
    let (x, kernel) = (numbers(20, 1), numbers(18, 2));
    let states: [(&str, &[f32]); 1] = [("c.kernel", &kernel)];
    let whole = values(json, &[10, 2], 30, &states, &x);
    for steps in 1..10 {
        let short = values(json, &[steps, 2], steps * 3, &states, &x[..steps * 2]);
        assert_eq!(short, whole[..steps * 3]);
    }
}

/// Extents that a person can type, to the limits and beyond: an error at worst.
#[test]
fn hostile_extents_do_not_panic() {
    let extremes = [0, 1, 2, 255, 256, 257, 65_535, 65_536, 1 << 20, 1 << 40, usize::MAX];
    for a in extremes {
        for b in extremes {
            for padding in ["valid", "same", "causal"] {
                for json in [
                    format!(
                        r#"{{ "conv1d": {{ "filters": 2, "kernel": {a}, "dilation": {b}, "padding": "{padding}" }} }}"#
                    ),
                    format!(
                        r#"{{ "conv1d": {{ "filters": 2, "kernel": 2, "stride": {a}, "groups": {b}, "padding": "{padding}" }} }}"#
                    ),
                    format!(r#"{{ "max_pool1d": {{ "size": {a}, "stride": {b}, "padding": "{padding}" }} }}"#),
                    format!(r#"{{ "average_pool1d": {{ "size": {a}, "stride": {b}, "padding": "{padding}" }} }}"#),
                    format!(r#"{{ "group_norm": {{ "groups": {a} }} }}"#),
                ] {
                    let Ok(layer) = serde_json::from_str::<Layer>(&json) else { continue };
                    let spec = proofmark_model::ModelSpec::new().add(layer);
                    for error in spec.check([7, 2], Target::Number { outputs: 1 }).expect_err(&json).errors() {
                        // Never a fault of ours.
                        let ours = ["Graph", "Gradient", "NoLogits"]
                            .iter()
                            .any(|kind| format!("{:?}", error.kind).starts_with(kind));
                        assert!(!ours, "{json}: {error}");
                    }
                }
            }
        }
    }
}
