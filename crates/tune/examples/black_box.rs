//! Minimises functions whose minimum is known, to measure samplers.
//!
//! ```text
//! cargo run --release -p proofmark-tune --example black_box -- --function branin --sampler tpe --trials 100 --seed 1
//! ```
//!
//! One JSON line for each function and each sampler (both options take several, with commas): the best value after each trial.
//! `benches/peers/optuna_black_box.py` does the same with Optuna, and `benches/tune.py` compares the two.
#![allow(
    clippy::disallowed_methods,
    reason = "the functions are what is measured; their last bits decide nothing of ours"
)]

use std::error::Error;
use std::f64::consts::PI;

use proofmark_tune::{AdjustSpec, Domain, Goal, Outcome, Sampler, Space, Study, Value, Values};
use serde_json::json;

/// A function of a space.
struct Function {
    name: &'static str,
    /// Its known minimum.
    minimum: f64,
    space: fn() -> Space,
    value: fn(&Values) -> f64,
}

/// All functions. Branin, Hartmann and Rosenbrock as in Surjanovic and Bingham's library; `network` and `ensemble` are ours.
const FUNCTIONS: &[Function] = &[
    Function { name: "branin", minimum: 0.397_887_357_729_738_2, space: branin_space, value: branin },
    Function { name: "hartmann6", minimum: -3.322_368_011_391_339, space: || numbers(6, 0.0, 1.0), value: hartmann6 },
    Function { name: "rosenbrock10", minimum: 0.0, space: || numbers(10, -5.0, 10.0), value: rosenbrock10 },
    Function { name: "network", minimum: 0.0, space: network_space, value: network },
    Function { name: "ensemble", minimum: 0.0, space: ensemble_space, value: ensemble },
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut functions: Vec<&Function> = FUNCTIONS.iter().collect();
    let mut samplers = vec!["tpe".to_owned()];
    let (mut trials, mut seed) = (100, 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("`{option}` needs a value"))?;
        match option.as_str() {
            "--function" => functions = value.split(',').map(named).collect::<Result<_, _>>()?,
            "--sampler" => samplers = value.split(',').map(str::to_owned).collect(),
            "--trials" => trials = value.parse()?,
            "--seed" => seed = value.parse()?,
            _ => return Err(format!("unknown option `{option}`").into()),
        }
    }
    for function in functions {
        for sampler in &samplers {
            let best_values = minimise(function, sampler, trials, seed)?;
            let line = json!({
                "program": concat!("proofmark ", env!("CARGO_PKG_VERSION")), "function": function.name, "sampler": sampler,
                "seed": seed, "trials": trials, "minimum": function.minimum, "best_values": best_values,
            });
            println!("{line}");
        }
    }
    Ok(())
}

fn named(name: &str) -> Result<&'static Function, String> {
    FUNCTIONS.iter().find(|function| function.name == name).ok_or_else(|| format!("unknown function `{name}`"))
}

/// The best value after each trial.
fn minimise(function: &Function, sampler: &str, trials: u64, seed: u64) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut spec = AdjustSpec::new(Goal::Minimize(function.name.to_owned()), (function.space)());
    spec.trials = trials;
    // A sampler's name, or its JSON with parameters.
    spec.sampler =
        serde_json::from_str::<Sampler>(sampler).or_else(|_| serde_json::from_value::<Sampler>(json!(sampler)))?;
    let mut study = Study::new(&spec, seed, "")?;
    let mut best = f64::INFINITY;
    let mut best_values = Vec::new();
    while let Some(trial) = study.ask() {
        let value = (function.value)(&trial.values);
        best = best.min(value);
        best_values.push(best);
        study.tell(trial.number, Outcome::Complete(vec![value]))?;
        drop(study.take_records());
    }
    Ok(best_values)
}

/// `n` numbers `x0`, `x1`, .. from `low` to `high`.
fn numbers(n: usize, low: f64, high: f64) -> Space {
    (0..n).fold(Space::default(), |space, idx| space.with(format!("x{idx}"), Domain::linear(low, high)))
}

fn vector(values: &Values, n: usize) -> Vec<f64> {
    (0..n).map(|idx| number(values, &format!("x{idx}"))).collect()
}

fn number(values: &Values, name: &str) -> f64 {
    match &values[name] {
        Value::Float(value) => *value,
        Value::Integer(value) => *value as f64,
        Value::Choice { idx, .. } => *idx as f64,
    }
}

fn text<'v>(values: &'v Values, name: &str) -> &'v str {
    match &values[name] {
        Value::Choice { value, .. } => value.as_str().unwrap_or_default(),
        Value::Float(_) | Value::Integer(_) => "",
    }
}

fn branin_space() -> Space {
    Space::default().with("x", Domain::linear(-5.0, 10.0)).with("y", Domain::linear(0.0, 15.0))
}

fn branin(values: &Values) -> f64 {
    let (x, y) = (number(values, "x"), number(values, "y"));
    let inner = y - 5.1 / (4.0 * PI * PI) * x * x + 5.0 / PI * x - 6.0;
    inner * inner + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x.cos() + 10.0
}

const HARTMANN_SCALES: [f64; 4] = [1.0, 1.2, 3.0, 3.2];
const HARTMANN_RATES: [[f64; 6]; 4] = [
    [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
    [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
    [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
    [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
];
const HARTMANN_CENTRES: [[f64; 6]; 4] = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];

fn hartmann6(values: &Values) -> f64 {
    let x = vector(values, 6);
    let bump = |idx: usize| {
        let terms = x.iter().zip(HARTMANN_RATES[idx]).zip(HARTMANN_CENTRES[idx]);
        let exponent: f64 = terms.map(|((x, rate), centre)| rate * (x - centre) * (x - centre)).sum();
        HARTMANN_SCALES[idx] * (-exponent).exp()
    };
    -(0..4).map(bump).sum::<f64>()
}

fn rosenbrock10(values: &Values) -> f64 {
    let x = vector(values, 10);
    x.windows(2).map(|pair| 100.0 * (pair[1] - pair[0] * pair[0]).powi(2) + (1.0 - pair[0]).powi(2)).sum()
}

/// What tuning a network looks like: the best rate depends on the optimizer, each optimizer has a parameter of its own, rate and
/// width depend on each other. The minimum, 0, is at adam, rate 1e-3, decay 0.1, 128 units, relu, dropout 0.3.
fn network_space() -> Space {
    Space::default()
        .with("optimizer", Domain::choice(["sgd", "adam"]))
        .with("rate", Domain::log(1e-5, 1.0))
        .with("units", Domain::log_integer(8, 1024))
        .with("activation", Domain::choice(["relu", "tanh", "sigmoid"]))
        .with("dropout", Domain::linear(0.0, 0.8).with_step(0.05))
        .with("momentum", Domain::linear(0.0, 0.99).when("optimizer", "sgd"))
        .with("decay", Domain::log(1e-3, 0.3).when("optimizer", "adam"))
}

fn network(values: &Values) -> f64 {
    let rate = number(values, "rate").log10();
    let units = number(values, "units").log2() - 7.0;
    let (off, own) = match text(values, "optimizer") {
        "sgd" => (rate + 1.5, 0.05 + 2.0 * (number(values, "momentum") - 0.9).powi(2)),
        _ => (rate + 3.0, 0.2 * (number(values, "decay").log10() + 1.0).powi(2)),
    };
    let activation = match text(values, "activation") {
        "relu" => 0.0,
        "tanh" => 0.1,
        _ => 0.3,
    };
    let valley = 0.5 * (off * off + off * units / 3.0 + units * units / 9.0);
    own + activation + valley + 4.0 * (number(values, "dropout") - 0.3).powi(2)
}

/// What choosing among models looks like: three families, one with kernels that have parameters of their own. The minimum, 0, is
/// at boosting, 300 trees of depth 4, shrinkage 0.1, scaled, 12 features.
fn ensemble_space() -> Space {
    let trees = json!(["forest", "boosting"]);
    Space::default()
        .with("algorithm", Domain::choice(["forest", "boosting", "kernel"]))
        .with("scale", Domain::choice([true, false]))
        .with("features", Domain::integer(1, 30))
        .with("kernel", Domain::choice(["linear", "rbf", "polynomial"]).when("algorithm", "kernel"))
        .with("penalty", Domain::log(1e-2, 1e4).when("algorithm", "kernel"))
        .with("width", Domain::log(1e-3, 1e3).when("kernel", "rbf"))
        .with("degree", Domain::integer(2, 6).when("kernel", "polynomial"))
        .with("trees", Domain::integer(10, 500).when("algorithm", trees.clone()))
        .with("depth", Domain::integer(1, 12).when("algorithm", trees))
        .with("shrinkage", Domain::log(1e-3, 1.0).when("algorithm", "boosting"))
}

fn ensemble(values: &Values) -> f64 {
    let is_scaled = values["scale"].to_json() == true;
    let total = ((number(values, "features") - 12.0) / 15.0).powi(2);
    if text(values, "algorithm") == "kernel" {
        let penalty = 0.05 * (number(values, "penalty").log10() - 1.0).powi(2);
        let total = total + penalty + if is_scaled { 0.0 } else { 0.3 };
        return total
            + match text(values, "kernel") {
                "linear" => 0.4,
                "rbf" => 0.15 + 0.1 * number(values, "width").log10().powi(2),
                _ => 0.25 + 0.05 * (number(values, "degree") - 3.0).powi(2),
            };
    }
    let (trees, depth) = (number(values, "trees"), number(values, "depth"));
    let total = total + if is_scaled { 0.0 } else { 0.1 };
    if text(values, "algorithm") == "forest" {
        return total + 0.3 + ((depth - 9.0) / 12.0).powi(2) + ((trees - 300.0) / 500.0).powi(2);
    }
    let shrinkage = number(values, "shrinkage");
    let product = (trees * shrinkage / 30.0).log10();
    total + ((depth - 4.0) / 6.0).powi(2) + 0.3 * (shrinkage.log10() + 1.0).powi(2) + product * product
}
