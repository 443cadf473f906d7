//! Which parameters mattered, where the answer is known.

use proofmark_tune::samplers::{Random, Tpe};
use proofmark_tune::{AdjustSpec, Domain, Goal, Outcome, Sampler, Space, Study, Value, importance};

/// One parameter that decides most, one that decides less, one that does nothing, and one with a single value.
fn study(sampler: Sampler, trials: u64, seed: u64) -> Study {
    let search = Space::default()
        .with("much", Domain::linear(-1.0, 1.0))
        .with("kind", Domain::choice(["good", "bad"]))
        .with("nothing", Domain::log(1e-3, 1.0))
        .with("fixed", Domain::integer(3, 3));
    let mut spec = AdjustSpec::new(Goal::Maximize("score".into()), search);
    spec.sampler = sampler;
    spec.trials = trials;
    let mut study = Study::new(&spec, seed, "").expect("a spec that is right");
    while let Some(trial) = study.ask() {
        let Value::Float(much) = trial.values["much"] else { panic!("a number") };
        let is_bad = trial.values["kind"].to_json() == "bad";
        let score = -4.0 * (much - 0.5).abs() - if is_bad { 1.0 } else { 0.0 };
        study.tell(trial.number, Outcome::Complete(vec![score])).expect("a running trial");
    }
    study
}

#[test]
fn what_matters_comes_first() {
    for (sampler, trials) in [(Sampler::from(Random {}), 50), (Random {}.into(), 200), (Tpe::default().into(), 100)] {
        for seed in 1..=5 {
            let study = study(sampler.clone(), trials, seed);
            let shares = importance(study.space(), &study.history(), 0).expect("enough trials");
            let share = |name: &str| shares.iter().find(|(path, _)| path == name).expect("a parameter").1;
            let total: f64 = shares.iter().map(|(_, share)| share).sum();
            assert!((total - 1.0).abs() < 1e-12, "{shares:?}");
            let name = format!("{}, {trials} trials, seed {seed}: {shares:?}", sampler.kind());
            assert!(share("much") > share("kind") && share("much") > 2.0 * share("nothing"), "{name}");
            assert_eq!(share("fixed"), 0.0, "{name}");
        }
    }
}

#[test]
fn little_says_nothing() {
    let few = study(Random {}.into(), 7, 1);
    assert_eq!(importance(few.space(), &few.history(), 0), None);
    let enough = study(Random {}.into(), 8, 1);
    assert!(importance(enough.space(), &enough.history(), 0).is_some());
    assert_eq!(importance(enough.space(), &enough.history(), 1), None, "there is no second goal");
}

#[test]
fn equal_results_say_nothing() {
    let spec = AdjustSpec::new(Goal::Minimize("loss".into()), Space::default().with("x", Domain::linear(0.0, 1.0)));
    let mut study = Study::new(&spec, 1, "").expect("a spec that is right");
    while let Some(trial) = study.ask() {
        study.tell(trial.number, Outcome::Complete(vec![1.0])).expect("a running trial");
    }
    assert_eq!(importance(study.space(), &study.history(), 0), None);
}
