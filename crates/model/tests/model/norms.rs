//! Layers that normalise by a sample's own statistics: values, and what they do not depend on.

use proofmark_engine::{Feed, StateBlock};
use proofmark_model::{Loss, Target};

use crate::harness::{assert_close, numbers, run, spec};
use crate::layers::{predict, values};

/// `[2, 2, 4]`, of which both groups of two channels have other statistics.
const IMAGE: [f32; 16] = [0.5, -1.25, 3.0, 2.0, 1.5, 0.25, -2.0, 4.0, -0.75, 2.5, 1.0, -3.0, 0.0, 1.75, -0.5, 2.25];

/// What `torch.nn.functional` of PyTorch 2.15.0 gives in float64, with gamma 1, -0.5, 2, 0.25 and beta 0.5, 0, -1, 3.
#[test]
fn rows_and_groups_as_in_pytorch() {
    let gamma: (&str, &[f32]) = ("n.gamma", &[1.0, -0.5, 2.0, 0.25]);
    let beta: (&str, &[f32]) = ("n.beta", &[0.5, 0.0, -1.0, 3.0]);
    let layer = |layer: &str| format!(r#"{{ "layers": [{layer}, "flatten"] }}"#);
    let of = |json: &str, states: &[(&str, &[f32])]| values(&layer(json), &[2, 2, 4], 16, states, &IMAGE);
    let epsilon = r#""epsilon": 0.0009765625"#;
    let rows = of(&format!(r#"{{ "layer_norm": {{ "name": "n", {epsilon} }} }}"#), &[gamma, beta]);
    assert_close(&rows, &LAYER_NORM, 1e-6);
    let scaled = of(&format!(r#"{{ "rms_norm": {{ "name": "n", {epsilon} }} }}"#), &[gamma]);
    assert_close(&scaled, &RMS_NORM, 1e-6);
    let groups = of(&format!(r#"{{ "group_norm": {{ "name": "n", "groups": 2, {epsilon} }} }}"#), &[gamma, beta]);
    assert_close(&groups, &GROUP_NORM, 1e-6);
}

const LAYER_NORM: [f64; 16] = [
    0.149_476_257,
    0.720_521_027,
    1.414_719_116,
    3.146_051_559,
    0.759_456_511,
    0.158_556_757,
    -3.709_879_119,
    3.353_149_140,
    0.164_542_150,
    -0.625_171_448,
    0.036_869_719,
    2.641_670_024,
    -0.258_977_618,
    -0.379_488_809,
    -3.385_358_227,
    3.298_169_778,
];
const RMS_NORM: [f64; 16] = [
    0.259_793_668,
    0.324_742_085,
    3.117_524_013,
    0.259_793_668,
    0.635_051_762,
    -0.052_920_980,
    -1.693_471_365,
    0.423_367_841,
    -0.365_783_965,
    -0.609_639_942,
    0.975_423_908,
    -0.365_783_965,
    0.000_000_000,
    -0.604_566_924,
    -0.690_933_627,
    0.388_650_165,
];
const GROUP_NORM: [f64; 16] = [
    0.447_818_195,
    0.756_636_173,
    0.868_279_746,
    3.125_228_896,
    1.282_727_075,
    0.130_454_513,
    -3.463_963_143,
    3.341_841_040,
    -0.595_817_906,
    -0.808_817_978,
    -0.864_617_410,
    2.583_698_535,
    0.030_363_755,
    -0.495_727_148,
    -2.164_290_276,
    3.152_305_414,
];

/// All kinds, with what each makes of a row of equal numbers.
const KINDS: [(&str, f64); 4] = [
    (r#"{ "layer_norm": { "name": "n" } }"#, 0.0),
    (r#"{ "rms_norm": { "name": "n" } }"#, 1.0),
    (r#"{ "unit_norm": { "name": "n" } }"#, 0.5),
    (r#"{ "group_norm": { "name": "n", "groups": 2 } }"#, 0.0),
];

#[test]
fn a_sample_depends_on_no_other() {
    for (kind, _) in KINDS {
        let json = format!(r#"{{ "layers": [{kind}, "flatten"] }}"#);
        let model = spec(&json).check([3, 4], Target::Number { outputs: 12 }).expect(kind);
        let x = numbers(36, 5);
        let together = predict(&model, &[], 3, &x);
        for (sample, x) in x.chunks(12).enumerate() {
            assert_eq!(predict(&model, &[], 1, x), together[sample * 12..][..12], "{kind}");
        }
    }
}

#[test]
fn a_constant_row_and_one_that_is_no_number() {
    for (kind, expected) in KINDS {
        let json = format!(r#"{{ "layers": [{kind}] }}"#);
        let model = spec(&json).check([4], Target::Number { outputs: 4 }).expect(kind);
        let nan = f32::NAN;
        let y = predict(&model, &[], 2, &[7.0, 7.0, 7.0, 7.0, 1.0, nan, 2.0, 3.0]);
        assert_close(&y[..4], &[expected; 4], 1e-6);
        // A group is what a NaN fills; rows have one.
        let filled = if kind.contains("group") { 2 } else { 4 };
        assert!(y[4..4 + filled].iter().all(|y| y.is_nan()), "{kind}: {y:?}");
        assert!(y[4 + filled..].iter().all(|y| y.is_finite()), "{kind}: {y:?}");
    }
}

/// Unlike batch normalisation: the losses of a training step are those of the predictions.
#[test]
fn training_and_inference_compute_the_same() {
    for (kind, _) in KINDS {
        let json = format!(r#"{{ "layers": [{kind}] }}"#);
        let model = spec(&json).check([4], Target::Number { outputs: 4 }).expect(kind);
        let loss: Loss = serde_json::from_str(r#""mse""#).expect("a loss");
        let gradients = model.gradient_graph(&loss).expect("gradients");
        let inference = model.inference_graph().expect("a graph");
        let mut state = StateBlock::new(&gradients.graph);
        model.initialize(0, &mut state);
        let x = numbers(8, 2);
        let feeds = [
            ("x", Feed::F32(&x)),
            ("target", Feed::F32(&[0.0; 8])),
            ("weight", Feed::F32(&[1.0; 2])),
            ("loss_scale", Feed::F32(&[0.5])),
        ];
        let losses = run(&gradients.graph, &mut state, 2, &feeds).output(gradients.loss).to_vec();
        let session = run(&inference.graph, &mut state, 2, &[("x", Feed::F32(&x))]);
        for (loss, y) in losses.iter().zip(session.output(inference.predictions).chunks(4)) {
            let expected = y.iter().map(|y| f64::from(*y) * f64::from(*y)).sum::<f64>() / 4.0;
            assert_close(&[*loss], &[expected], 1e-6);
        }
    }
}

#[test]
fn rows_of_length_one() {
    let json = r#"{ "layers": ["unit_norm"] }"#;
    let model = spec(json).check([3], Target::Number { outputs: 3 }).expect("a model");
    let y = predict(&model, &[], 4, &[2.0, -3.0, 6.0, 0.0, 0.0, 0.0, 3e-5, 4e-5, 0.0, 0.0, -5e15, 0.0]);
    // sqrt(25e-10 + 1e-12) in place of 5e-5.
    let short = (25e-10_f64 + 1e-12).sqrt();
    let expected = [2.0 / 7.0, -3.0 / 7.0, 6.0 / 7.0, 0.0, 0.0, 0.0, 3e-5 / short, 4e-5 / short, 0.0, 0.0, -1.0, 0.0];
    assert_close(&y, &expected, 1e-6);
}
