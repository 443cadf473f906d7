//! Every optimizer against plain loops in f64, with every penalty and bound.

use proofmark_engine::{Feed, StateBlock};
use proofmark_model::layers::dense;
use proofmark_model::{Clip, Loss, ModelSpec, Optimizer, Regularizer, Target, losses};

use crate::harness::{assert_close, numbers, run};

const STEPS: u64 = 5;
const SAMPLES: usize = 4;
const INPUTS: usize = 3;
const OUTPUTS: usize = 2;

/// The rule of an optimizer in the letters of its page: (step, rate, parameter, gradient, memory, is kernel) to parameter.
type Rule = fn(u64, f64, f64, f64, &mut [f64; 3], bool) -> f64;

fn cases() -> Vec<(&'static str, Rule)> {
    vec![
        (r#"{ "sgd": { "learning_rate": 0.1 } }"#, |_, rate, w, g, _, _| w - rate * g),
        (r#"{ "momentum": { "learning_rate": 0.1, "momentum": 0.8 } }"#, |_, rate, w, g, memory, _| {
            memory[0] = 0.8 * memory[0] - rate * g;
            w + memory[0]
        }),
        (r#"{ "nesterov": { "learning_rate": 0.1, "momentum": 0.8 } }"#, |_, rate, w, g, memory, _| {
            memory[0] = 0.8 * memory[0] - rate * g;
            w + 0.8 * memory[0] - rate * g
        }),
        (r#"{ "adam": { "learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.95 } }"#, |step, rate, w, g, memory, _| {
            w - adam_step(step, rate, g, memory, 0.8, 0.95)
        }),
        (r#"{ "adam": { "bias_correction": false, "learning_rate": 0.1 } }"#, |_, rate, w, g, memory, _| {
            memory[0] = 0.9 * memory[0] + 0.1 * g;
            memory[1] = 0.999 * memory[1] + 0.001 * g * g;
            w - rate * memory[0] / (memory[1].sqrt() + 1e-7)
        }),
        (r#"{ "adamw": { "learning_rate": 0.1, "weight_decay": 0.2 } }"#, |step, rate, w, g, memory, is_kernel| {
            let decay = if is_kernel { rate * 0.2 * w } else { 0.0 };
            w - decay - adam_step(step, rate, g, memory, 0.9, 0.999)
        }),
        (r#"{ "rmsprop": { "learning_rate": 0.1 } }"#, |_, rate, w, g, memory, _| {
            memory[0] = 0.9 * memory[0] + 0.1 * g * g;
            w - rate * g / (memory[0].sqrt() + 1e-7)
        }),
        (
            r#"{ "rmsprop": { "rho": 0.8, "momentum": 0.5, "epsilon": 0.01, "centered": true } }"#,
            |_, rate, w, g, memory, _| {
                memory[0] = 0.8 * memory[0] + 0.2 * g * g;
                memory[1] = 0.8 * memory[1] + 0.2 * g;
                memory[2] = 0.5 * memory[2] + g / ((memory[0] - memory[1] * memory[1]).sqrt() + 0.01);
                w - rate * memory[2]
            },
        ),
        (
            r#"{ "lion": { "beta_1": 0.8, "beta_2": 0.95, "weight_decay": 0.2 } }"#,
            |_, rate, w, g, memory, is_kernel| {
                let decay = if is_kernel { rate * 0.2 * w } else { 0.0 };
                let step = rate * (0.8 * memory[0] + 0.2 * g).signum();
                memory[0] = 0.95 * memory[0] + 0.05 * g;
                w - decay - step
            },
        ),
    ]
}

fn adam_step(step: u64, rate: f64, g: f64, memory: &mut [f64; 3], beta_1: f64, beta_2: f64) -> f64 {
    memory[0] = beta_1 * memory[0] + (1.0 - beta_1) * g;
    memory[1] = beta_2 * memory[1] + (1.0 - beta_2) * g * g;
    let power = |base: f64| (0..step).fold(1.0, |power, _| power * base);
    let (m, v) = (memory[0] / (1.0 - power(beta_1)), memory[1] / (1.0 - power(beta_2)));
    rate * m / (v.sqrt() + 1e-7)
}

#[test]
fn the_cases_cover_the_list() {
    let read = |json: &str| serde_json::from_str::<Optimizer>(json).expect("an optimizer").kind();
    // Adafactor sees parameters as a whole: ten steps of it are held against PyTorch, in `proofmark-train`.
    for kind in Optimizer::KINDS.iter().filter(|kind| **kind != "adafactor") {
        assert!(cases().iter().any(|(json, _)| read(json) == *kind), "{kind} has no case");
        let bare: Optimizer = serde_json::from_value((*kind).into()).expect("defaults for all parameters");
        bare.check("train.optimizer").expect("defaults within their ranges");
    }
}

#[test]
fn five_steps_as_plain_loops() {
    let none = Regularizer::default();
    let settings = [
        (none, None),
        (Regularizer { l1: 0.0, l2: 0.05 }, None),
        (Regularizer { l1: 0.02, l2: 0.01 }, Some(Clip::Norm(0.3))),
        (none, Some(Clip::Norm(100.0))),
        (Regularizer { l1: 0.03, l2: 0.0 }, Some(Clip::Value(0.25))),
    ];
    for (json, rule) in cases() {
        for (regularizer, clip) in settings {
            compare(json, rule, regularizer, clip);
        }
    }
}

/// Linear regression with weighted samples, by the graph and by hand.
fn compare(json: &str, rule: Rule, regularizer: Regularizer, clip: Option<Clip>) {
    let optimizer: Optimizer = serde_json::from_str(json).expect("an optimizer");
    let loss: Loss = losses::MeanSquaredError {}.into();
    let spec = ModelSpec::new().add(dense(OUTPUTS).named("line"));
    let model = spec.check([INPUTS], Target::Number { outputs: OUTPUTS }).expect("a model");
    let training = model.training_graph(&loss, &optimizer, &regularizer, clip).expect("a training");
    let mut state = StateBlock::new(&training.graph);
    model.initialize(3, &mut state);
    let start: Vec<f32> = [state.get("line.kernel").expect("kernel"), state.get("line.bias").expect("bias")].concat();
    let mut parameters: Vec<f64> = start.iter().map(|value| f64::from(*value)).collect();
    let mut memory = vec![[0.0; 3]; parameters.len()];

    let x = numbers(SAMPLES * INPUTS, 1);
    let y = numbers(SAMPLES * OUTPUTS, 2);
    let weight = [1.0f32, 0.5, 2.0, 1.5];
    let loss_scale = [1.0f32 / 5.0];
    for step in 1..=STEPS {
        // A rate that changes, as under a schedule.
        let rate = 0.1 / step as f64;
        let scalars = optimizer.scalars(step, rate);
        let mut feeds = vec![
            ("x", Feed::F32(&x)),
            ("target", Feed::F32(&y)),
            ("weight", Feed::F32(&weight)),
            ("loss_scale", Feed::F32(&loss_scale)),
        ];
        feeds.extend(scalars.iter().map(|(name, value)| (*name, Feed::F32(std::slice::from_ref(value)))));
        let session = run(&training.graph, &mut state, SAMPLES, &feeds);

        let mut gradient = gradient(&parameters, &x, &y, &weight);
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        if let Some(idx) = training.gradient_norm {
            assert_close(session.output(idx), &[norm], 1e-5);
        }
        for (i, g) in gradient.iter_mut().enumerate() {
            let is_kernel = i < INPUTS * OUTPUTS;
            match clip {
                Some(Clip::Norm(limit)) => *g *= (limit / norm).min(1.0),
                Some(Clip::Value(limit)) => *g = g.clamp(-limit, limit),
                None => {}
            }
            if is_kernel {
                *g += 2.0 * regularizer.l2 * parameters[i] + regularizer.l1 * parameters[i].signum();
            }
            parameters[i] = rule(step, rate, parameters[i], *g, &mut memory[i], is_kernel);
        }
        let now = [state.get("line.kernel").expect("kernel"), state.get("line.bias").expect("bias")].concat();
        // States are rounded to f32 once a step, and Adam divides by a root of theirs.
        assert_close(&now, &parameters, 2e-6 * step as f64);
    }
}

/// The gradient of the weighted mean of the squared errors.
fn gradient(parameters: &[f64], x: &[f32], y: &[f32], weight: &[f32]) -> Vec<f64> {
    let mut gradient = vec![0.0; parameters.len()];
    for sample in 0..SAMPLES {
        let x: Vec<f64> = x[sample * INPUTS..][..INPUTS].iter().map(|x| f64::from(*x)).collect();
        for output in 0..OUTPUTS {
            let sum: f64 = (0..INPUTS).map(|i| x[i] * parameters[i * OUTPUTS + output]).sum();
            let error = sum + parameters[INPUTS * OUTPUTS + output] - f64::from(y[sample * OUTPUTS + output]);
            let slope = f64::from(weight[sample]) / 5.0 * 2.0 * error / OUTPUTS as f64;
            (0..INPUTS).for_each(|i| gradient[i * OUTPUTS + output] += slope * x[i]);
            gradient[INPUTS * OUTPUTS + output] += slope;
        }
    }
    gradient
}

#[test]
fn scalars_of_the_hundredth_step() {
    let adam: Optimizer = serde_json::from_str(r#""adam""#).expect("an optimizer");
    let scalars = adam.scalars(100, 0.5);
    let names: Vec<&str> = scalars.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, adam.scalar_names());
    // 1 / (1 - 0.9^100) and 1 / (1 - 0.999^100), by the series of the logarithm.
    assert_eq!(scalars[0].1, 0.5);
    assert!((f64::from(scalars[1].1) - 1.000_026_562).abs() < 1e-7, "{}", scalars[1].1);
    assert!((f64::from(scalars[2].1) - 10.503_3).abs() < 2e-3, "{}", scalars[2].1);
    assert_eq!(adam.scalars(u64::MAX, 0.5)[1].1, 1.0);
}

/// The loops above against PyTorch 2.15 in f64, four steps at rate 0.1 with the gradient `c k w / 2 + 0.1` at
/// step k, from 1.
#[test]
fn rmsprop_as_pytorch() {
    let expected = [
        (
            r#"{ "rmsprop": { "learning_rate""#,
            [-0.036_991_930_367_302_625, -0.108_507_917_231_813_66, 3.156_450_496_879_833_7],
        ),
        (r#"{ "rmsprop": { "rho""#, [-0.166_262_814_980_640_02, 0.073_030_474_556_218_15, 3.447_145_186_701_5]),
    ];
    for (start, expected) in expected {
        let (_, rule) = cases().into_iter().find(|(json, _)| json.starts_with(start)).expect("the case");
        for ((mut w, c), expected) in [(0.5, 1.0), (-1.0, 0.5), (2.0, -0.25)].into_iter().zip(expected) {
            let mut memory = [0.0; 3];
            for k in 1..=4u32 {
                let g = c * w * f64::from(k) / 2.0 + 0.1;
                w = rule(u64::from(k), 0.1, w, g, &mut memory, true);
            }
            assert!((w - expected).abs() < 1e-12, "{start}: {w}, expected {expected}");
        }
    }
}
