//! Every initializer: its moments or its defining property, and that nothing but seed and name matters.

use proofmark_engine::StateBlock;
use proofmark_model::layers::{Conv2d, conv2d, dense, flatten};
use proofmark_model::{CheckedModel, Initializer, ModelSpec, Target};

fn initializer(json: &str) -> Initializer {
    serde_json::from_str(json).expect("an initializer")
}

/// A kernel `[5, 5, 16, 24]`: fan in 400, fan out 600.
fn kernel(json: &str, seed: u64) -> Vec<f32> {
    states(conv2d(24, 5).named("c").initialized(initializer(json)), seed).get("c.kernel").expect("a kernel").to_vec()
}

fn model(layer: Conv2d) -> CheckedModel {
    let spec = ModelSpec::new().add(layer).add(flatten()).add(dense(2));
    spec.check([5, 5, 16], Target::Number { outputs: 2 }).expect("a model")
}

fn states(layer: Conv2d, seed: u64) -> StateBlock {
    let model = model(layer);
    let mut state = StateBlock::new(&model.inference_graph().expect("a graph").graph);
    model.initialize(seed, &mut state);
    state
}

#[test]
fn moments_and_bounds() {
    // Variance, and the largest magnitude that can appear.
    let uniform = |variance: f64| (variance, (3.0 * variance).sqrt());
    let normal = |variance: f64| (variance, 2.0 * variance.sqrt() / 0.879_625_661_034_239_8);
    let cases = [
        ("glorot_uniform", uniform(2.0 / 1000.0)),
        ("glorot_normal", normal(2.0 / 1000.0)),
        ("he_uniform", uniform(2.0 / 400.0)),
        ("he_normal", normal(2.0 / 400.0)),
        ("lecun_uniform", uniform(1.0 / 400.0)),
        ("lecun_normal", normal(1.0 / 400.0)),
    ];
    for kind in Initializer::KINDS {
        let has_case = cases.iter().any(|(name, _)| name == kind);
        let is_elsewhere = ["orthogonal", "zeros", "ones", "constant", "forget_gate"].contains(kind);
        assert!(has_case ^ is_elsewhere, "{kind}");
    }
    for (kind, (variance, bound)) in cases {
        let values = kernel(&format!("\"{kind}\""), 11);
        let count = values.len() as f64;
        let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
        let square = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>() / count;
        let largest = values.iter().map(|value| f64::from(value.abs())).fold(0.0, f64::max);
        // Four standard errors of 9,600 numbers.
        assert!(mean.abs() < 4.0 * (variance / count).sqrt(), "{kind}: mean {mean}");
        assert!((square / variance - 1.0).abs() < 4.0 * (2.0 / count).sqrt(), "{kind}: variance {square}");
        assert!(largest <= bound * (1.0 + 1e-6) && largest > 0.98 * bound, "{kind}: {largest} of {bound}");
    }
}

#[test]
fn plain_values() {
    assert!(kernel(r#""zeros""#, 1).iter().all(|value| *value == 0.0));
    assert!(kernel(r#""ones""#, 1).iter().all(|value| *value == 1.0));
    assert!(kernel(r#"{ "constant": { "value": -0.25 } }"#, 1).iter().all(|value| *value == -0.25));
    let quarters = kernel(r#""forget_gate""#, 1);
    let quarter = quarters.len() / 4;
    assert!(quarters.iter().enumerate().all(|(i, value)| *value == if i / quarter == 1 { 1.0 } else { 0.0 }));
}

#[test]
fn orthogonal_columns_or_rows() {
    // 400 rows and 24 columns; then 3 rows and 8 columns.
    let tall = kernel(r#"{ "orthogonal": { "gain": 2.0 } }"#, 5);
    assert_orthogonal(24, 400, 2.0, |vector, position| tall[position * 24 + vector]);
    let wide = states(conv2d(8, 1).inputs(["input"]).named("c").initialized(initializer(r#""orthogonal""#)), 5);
    let wide = wide.get("c.kernel").expect("a kernel").to_vec();
    assert_eq!(wide.len(), 16 * 8);
    assert_orthogonal(8, 16, 1.0, |vector, position| wide[position * 8 + vector]);
    let model = ModelSpec::new().add(dense(8).named("d").initialized(initializer(r#""orthogonal""#)));
    let model = model.check([3], Target::Number { outputs: 8 }).expect("a model");
    let mut state = StateBlock::new(&model.inference_graph().expect("a graph").graph);
    model.initialize(5, &mut state);
    let rows = state.get("d.kernel").expect("a kernel").to_vec();
    assert_orthogonal(3, 8, 1.0, |vector, position| rows[vector * 8 + position]);
}

fn assert_orthogonal(vectors: usize, length: usize, gain: f64, at: impl Fn(usize, usize) -> f32) {
    for a in 0..vectors {
        for b in 0..=a {
            let dot: f64 = (0..length).map(|i| f64::from(at(a, i)) * f64::from(at(b, i))).sum();
            let expected = if a == b { gain * gain } else { 0.0 };
            assert!((dot - expected).abs() < 1e-6 * gain * gain, "{a} and {b}: {dot}");
        }
    }
}

#[test]
fn only_seed_and_name_matter() {
    let first = kernel(r#""glorot_uniform""#, 1);
    assert_eq!(first, kernel(r#""glorot_uniform""#, 1));
    assert_ne!(first, kernel(r#""glorot_uniform""#, 2));
    let renamed = states(conv2d(24, 5).named("other"), 1);
    assert_ne!(first, renamed.get("other.kernel").expect("a kernel"));
    // Another block, in which the kernel stands elsewhere, has the same numbers.
    let spec = ModelSpec::new().add(conv2d(16, 1)).add(conv2d(24, 5).named("c")).add(flatten()).add(dense(2));
    let model = spec.check([5, 5, 16], Target::Number { outputs: 2 }).expect("a model");
    let mut state = StateBlock::new(&model.inference_graph().expect("a graph").graph);
    model.initialize(1, &mut state);
    assert_eq!(first, state.get("c.kernel").expect("a kernel"));
    // Committed bits: a change here changes every training.
    let bits: Vec<String> = first[..4].iter().map(|value| format!("{:08x}", value.to_bits())).collect();
    insta::assert_snapshot!(bits.join(" "), @"bd5ef5b2 3ceaf8d6 bce5a056 bc013b7d");
}
