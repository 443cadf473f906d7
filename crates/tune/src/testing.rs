//! What every sampler must do, for the tests of this crate and of others that add a sampler.

use serde_json::json;

use crate::samplers::{Memory, Question, Sampler};
use crate::space::{Domain, Space, Values};
use crate::spec::{AdjustSpec, Goal};
use crate::study::Study;
use crate::trial::{Failure, Outcome, Trial, TrialState};

/// Trials of a study in the suite.
const TRIALS: u64 = 40;
/// Trials of the longest one.
const MANY_TRIALS: u64 = 200;

/// The spaces of the suite, with their names: every kind of domain, conditions upon conditions, and spaces with next to nothing in
/// them.
pub fn spaces() -> Vec<(&'static str, Space)> {
    vec![
        ("one number", Space::default().with("x", Domain::linear(-1.0, 3.0))),
        (
            "all kinds",
            Space::default()
                .with("linear", Domain::linear(-5.0, 5.0))
                .with("stepped", Domain::linear(0.0, 1.0).with_step(0.1))
                .with("log", Domain::log(1e-6, 10.0))
                .with("integer", Domain::integer(-3, 12))
                .with("even", Domain::integer(0, 9).with_step(2.0))
                .with("units", Domain::log_integer(1, 1000))
                .with("choice", Domain::choice([json!("a"), json!(2), json!(null), json!([1, 2]), json!({"b": true})])),
        ),
        (
            "conditions",
            Space::default()
                .with("momentum", Domain::linear(0.0, 1.0).when("optimizer", "sgd"))
                .with("optimizer", Domain::choice(["sgd", "adam", "none"]))
                .with(
                    "decay",
                    Domain::log(1e-4, 1.0).when("layers", json!([2, 3])).when("optimizer", json!(["sgd", "adam"])),
                )
                .with("layers", Domain::integer(1, 3))
                .with("second", Domain::integer(1, 4).when("layers", json!([2, 3])))
                .with("third", Domain::choice([true, false]).when("second", 4)),
        ),
        ("one value", Space::default().with("x", Domain::linear(2.0, 2.0)).with("n", Domain::integer(7, 7))),
        ("one log value", Space::default().with("x", Domain::log(0.5, 0.5)).with("c", Domain::choice(["only"]))),
        ("two values", Space::default().with("c", Domain::choice([false, true]))),
        ("only choices", Space::default().with("a", Domain::choice([1, 2, 3])).with("b", Domain::choice(["x", "y"]))),
        ("wide", (0..20).fold(Space::default(), |space, idx| space.with(format!("x{idx}"), Domain::linear(0.0, 1.0)))),
        (
            "extreme",
            Space::default()
                .with("huge", Domain::linear(-1e300, 1e300))
                .with("tiny", Domain::log(1e-300, 1e300))
                .with("long", Domain::integer(-9_007_199_254_740_992, 9_007_199_254_740_992))
                .with("next", Domain::linear(1.0, 1.0 + f64::EPSILON)),
        ),
    ]
}

/// Checks a sampler against what [`Sampler::sample`] promises: values in range and conditions kept, the same choices for the same
/// history, with a memory or without, interrupted or not; other trials where several run at once; and no offence at trials that
/// fail, are pruned, or all end alike.
///
/// # Panics
/// If it breaks a promise, saying which.
pub fn check_sampler(sampler: &Sampler) {
    for (name, space) in spaces() {
        let name = format!("{}, {name}", sampler.kind());
        let spec = spec(sampler, space, TRIALS);
        in_turn(&spec, &name);
        without_memory(&spec, &name);
        in_parallel(&spec, &name);
        replayed(&spec, &name);
    }
    let (_, space) = spaces().swap_remove(1);
    in_turn(&spec(sampler, space, MANY_TRIALS), &format!("{}, many trials", sampler.kind()));
}

fn spec(sampler: &Sampler, space: Space, trials: u64) -> AdjustSpec {
    let mut spec = AdjustSpec::new(Goal::Minimize("loss".to_owned()), space);
    spec.sampler = sampler.clone();
    spec.trials = trials;
    spec
}

fn study(spec: &AdjustSpec, seed: u64) -> Study {
    Study::new(spec, seed, "digest").unwrap_or_else(|errors| panic!("the suite's spec is refused: {errors}"))
}

/// An outcome that depends on the values and, now and then, is none; ties are common.
fn outcome(number: u64, values: &Values) -> Outcome {
    let text = serde_json::to_string(values).unwrap_or_default();
    let sum = text.bytes().fold(number % 3, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    match number % 11 {
        3 => Outcome::Failed { why: "out of memory".to_owned() },
        5 => Outcome::Pruned,
        7 => Outcome::Complete(vec![f64::NAN]),
        _ => Outcome::Complete(vec![(sum % 16) as f64 - 8.0]),
    }
}

fn tell(study: &mut Study, trial: &Trial) {
    let outcome = outcome(trial.number, &trial.values);
    let is_nan = matches!(&outcome, Outcome::Complete(values) if values[0].is_nan());
    let told = study.tell(trial.number, outcome).unwrap_or_else(|error| panic!("a running trial ends: {error}"));
    assert_eq!(told.state == TrialState::Failed(Failure::NotFinite { goal_idx: 0 }), is_nan, "trial {}", trial.number);
}

/// One trial at a time; returns the values.
fn in_turn(spec: &AdjustSpec, name: &str) {
    let run = |seed| {
        let mut study = study(spec, seed);
        let mut all = Vec::new();
        while let Some(trial) = study.ask() {
            assert_eq!(trial.number, all.len() as u64, "{name}");
            assert_eq!(study.space().first_misfit(&trial.values), None, "{name}: {:?}", trial.values);
            tell(&mut study, &trial);
            all.push(trial.values);
        }
        all
    };
    let all = run(1);
    assert!(!all.is_empty() && all.len() as u64 <= spec.trials, "{name}: {} trials", all.len());
    assert_eq!(all, run(1), "{name}: other values at the second time");
    let is_seeded = all.len() as u64 == spec.trials && all.iter().any(|values| *values != all[0]);
    if is_seeded && spec.sampler.kind() != "grid" {
        assert_ne!(all, run(2), "{name}: the seed changes nothing");
    }
}

/// Every question asked of a sampler that remembers nothing.
fn without_memory(spec: &AdjustSpec, name: &str) {
    let mut study = study(spec, 3);
    for _ in 0..spec.trials / 2 {
        let history = study.history();
        let number = history.trials.len() as u64;
        let question = Question { space: study.space(), seed: 3, number, history, attempt: 0 };
        let fresh = spec.sampler.sample(&question, &mut Memory::default());
        let Some(trial) = study.ask() else {
            assert_eq!(fresh, None, "{name}: only a memory knows that nothing is left");
            return;
        };
        assert_eq!(fresh.as_ref(), Some(&trial.values), "{name}: trial {number} depends on the memory");
        tell(&mut study, &trial);
    }
}

/// Four trials at a time, which end in another order: none is like another as long as there are that many points.
fn in_parallel(spec: &AdjustSpec, name: &str) {
    let mut study = study(spec, 4);
    let mut running: Vec<Trial> = Vec::new();
    let mut distinct = std::collections::BTreeSet::new();
    let mut n_started = 0;
    while let Some(trial) = study.ask() {
        n_started += 1;
        distinct.insert(serde_json::to_string(&trial.values).unwrap_or_default());
        running.push(trial);
        if running.len() == 4 {
            let trial = running.remove((n_started * 7) % 4);
            tell(&mut study, &trial);
        }
    }
    let n_points =
        study.space().parameters().iter().try_fold(1_u64, |n, parameter| n.checked_mul(parameter.n_values()?));
    // A space with few points runs out of new ones; conditions only make them fewer.
    if n_points.is_none_or(|n| n > 100_000) {
        assert_eq!(distinct.len(), n_started, "{name}: a point came twice");
    } else {
        assert!(distinct.len() as u64 >= n_points.unwrap_or(0).min(4).min(n_started as u64), "{name}: {distinct:?}");
    }
}

/// A study that is cut after each record in turn goes on as if it had not been.
fn replayed(spec: &AdjustSpec, name: &str) {
    let mut whole = study(spec, 5);
    let mut records = whole.take_records();
    while let Some(trial) = whole.ask() {
        tell(&mut whole, &trial);
        records.extend(whole.take_records());
    }
    for cut in (1..=records.len()).step_by(records.len() / 7 + 1) {
        let new = study(spec, 5);
        let mut again = new.replay(records[..cut].to_vec()).unwrap_or_else(|error| panic!("{name}: {error}"));
        while let Some(trial) = again.ask() {
            tell(&mut again, &trial);
        }
        assert!(again == whole, "{name}: cut after {cut} of {} records", records.len());
    }
}
