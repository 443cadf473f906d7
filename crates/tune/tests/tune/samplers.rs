//! The suite for every sampler of the list, and what each one promises by itself.

use proofmark_tensor::math::ln_f64;
use proofmark_tune::samplers::{Cmaes, Grid, Random, Tpe};
use proofmark_tune::{AdjustSpec, Domain, Goal, Outcome, Sampler, Space, Study, Value, Values, testing};
use serde_json::json;

/// Every sampler, by its bare name as specs write it.
fn all() -> Vec<Sampler> {
    let sampler = |name: &&str| serde_json::from_value(json!(name)).unwrap_or_else(|error| panic!("`{name}`: {error}"));
    Sampler::KINDS.iter().map(sampler).collect()
}

#[test]
fn random_passes_the_suite() {
    testing::check_sampler(&Random {}.into());
}

#[test]
fn grid_passes_the_suite() {
    testing::check_sampler(&Grid::default().into());
}

#[test]
fn tpe_passes_the_suite() {
    testing::check_sampler(&Tpe { startup_trials: 8, ..Tpe::default() }.into());
}

#[test]
fn cmaes_passes_the_suite() {
    testing::check_sampler(&Cmaes::default().into());
    testing::check_sampler(&Cmaes { startup_trials: 5, population: Some(4), ..Cmaes::default() }.into());
}

#[test]
fn the_list_is_what_the_suite_was_run_on() {
    let kinds: Vec<&str> = all().iter().map(|sampler| sampler.kind()).collect();
    assert_eq!(kinds, ["random", "grid", "tpe", "cmaes"]);
}

/// The values of a study that minimises `loss`, in order.
fn minimise(sampler: Sampler, search: Space, trials: u64, seed: u64, loss: impl Fn(&Values) -> f64) -> Vec<f64> {
    let mut spec = AdjustSpec::new(Goal::Minimize("loss".into()), search);
    spec.sampler = sampler;
    spec.trials = trials;
    let mut study = Study::new(&spec, seed, "").expect("a spec that is right");
    let mut losses = Vec::new();
    while let Some(trial) = study.ask() {
        losses.push(loss(&trial.values));
        study.tell(trial.number, Outcome::Complete(vec![loss(&trial.values)])).expect("a running trial");
    }
    losses
}

fn number(values: &Values, name: &str) -> f64 {
    match values[name] {
        Value::Float(value) => value,
        Value::Integer(value) => value as f64,
        Value::Choice { idx, .. } => idx as f64,
    }
}

/// A bowl whose axes lean, in a space of all kinds; its minimum is 0.
fn bowl() -> (Space, impl Fn(&Values) -> f64) {
    let space = Space::default()
        .with("x", Domain::linear(-5.0, 5.0))
        .with("y", Domain::log(1e-3, 1e3))
        .with("n", Domain::integer(0, 20))
        .with("c", Domain::choice(["no", "yes"]));
    let loss = |values: &Values| {
        let (x, y) = (number(values, "x") - 1.0, ln_f64(number(values, "y")) / 2.3);
        let n = (number(values, "n") - 13.0) / 4.0;
        x * x + (x + y) * (x + y) + n * n + 2.0 * (1.0 - number(values, "c"))
    };
    (space, loss)
}

#[test]
fn models_beat_chance() {
    let best = |sampler: &Sampler, seed| {
        let (space, loss) = bowl();
        minimise(sampler.clone(), space, 120, seed, loss).into_iter().fold(f64::INFINITY, f64::min)
    };
    let random: Vec<f64> = (1..=5).map(|seed| best(&Random {}.into(), seed)).collect();
    for sampler in [Tpe::default().into(), Cmaes::default().into()] {
        let wins = (1..=5).filter(|seed| best(&sampler, *seed) < 0.5 * random[*seed as usize - 1]).count();
        assert!(wins >= 4, "{}: half of the random search's value in {wins} of 5 studies", sampler.kind());
    }
}

#[test]
fn a_grid_is_walked_in_order_and_ends() {
    let search = Space::default()
        .with("x", Domain::linear(0.0, 1.0))
        .with("c", Domain::choice(["a", "b"]))
        .with("n", Domain::integer(1, 2).when("c", "b"));
    let mut spec = AdjustSpec::new(Goal::Minimize("loss".into()), search);
    spec.sampler = Grid { points: 3 }.into();
    spec.trials = 100;
    let mut study = Study::new(&spec, 1, "").expect("a spec that is right");
    let mut walked = Vec::new();
    while let Some(trial) = study.ask() {
        let values: Vec<String> =
            trial.values.iter().map(|(name, value)| format!("{name}={}", value.to_json())).collect();
        walked.push(values.join(" "));
    }
    insta::assert_snapshot!(walked.join("\n"));
}

#[test]
fn no_point_is_tried_twice_while_there_are_others() {
    for sampler in all() {
        let search = Space::default().with("a", Domain::integer(1, 4)).with("b", Domain::choice(["x", "y", "z"]));
        let mut spec = AdjustSpec::new(Goal::Minimize("loss".into()), search);
        spec.sampler = sampler;
        spec.trials = 12;
        let mut study = Study::new(&spec, 3, "").expect("a spec that is right");
        while let Some(trial) = study.ask() {
            study.tell(trial.number, Outcome::Complete(vec![number(&trial.values, "a")])).expect("a running trial");
        }
        let mut points: Vec<&Values> = study.trials().iter().map(|trial| &trial.values).collect();
        points.dedup();
        let is_new = |(idx, values): &(usize, &&Values)| !points[..*idx].contains(values);
        let n_new = points.iter().enumerate().filter(is_new).count();
        assert!(n_new >= 11, "{}: {n_new} of 12 points", spec.sampler.kind());
    }
}

#[test]
fn choices_have_the_same_bits_everywhere() {
    // A change here changes the trials of every study: say so in the changelog.
    let (space, loss) = bowl();
    let mut lines = Vec::new();
    for sampler in all() {
        let losses = minimise(sampler.clone(), space.clone(), 40, 7, &loss);
        let digest = losses
            .iter()
            .flat_map(|loss| loss.to_bits().to_le_bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        lines.push(format!("{} {digest:016x}", sampler.kind()));
    }
    insta::assert_snapshot!(lines.join("\n"));
}
