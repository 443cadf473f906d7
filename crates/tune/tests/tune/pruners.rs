//! Each pruner on reports whose verdicts are known by hand.

use proofmark_tune::pruners::{Asha, Median, NoPruning};
use proofmark_tune::{AdjustSpec, Domain, Goal, Outcome, Pruner, Space, Study, Verdict};
use serde_json::json;

fn study(pruner: impl Into<Pruner>, goal: Goal) -> Study {
    let mut spec = AdjustSpec::new(goal, Space::default().with("x", Domain::linear(0.0, 1.0)));
    spec.pruner = pruner.into();
    spec.trials = 100;
    Study::new(&spec, 1, "").expect("a spec that is right")
}

fn loss() -> Goal {
    Goal::Minimize("validation.loss".into())
}

/// Reports a new trial's values from step 1 on until it is pruned; returns the step at which it was, and ends it.
fn pruned_at(study: &mut Study, values: &[f64]) -> Option<u64> {
    let number = study.ask().expect("a trial").number;
    for (step, value) in (1..).zip(values) {
        if study.report(number, step, *value).expect("a running trial") == Verdict::Prune {
            study.tell(number, Outcome::Pruned).expect("a running trial");
            return Some(step);
        }
    }
    study.tell(number, Outcome::Complete(vec![values[values.len() - 1]])).expect("a running trial");
    None
}

#[test]
fn none_prunes_nothing() {
    let mut study = study(NoPruning {}, loss());
    for value in [1.0, 2.0, 1e300, f64::NAN, f64::INFINITY] {
        assert_eq!(pruned_at(&mut study, &[value, 1.0]), None);
    }
}

#[test]
fn median_compares_the_best_with_the_averages() {
    let mut study = study(Median { startup_trials: 3, grace: 1 }, loss());
    for values in [[4.0, 2.0, 1.0], [6.0, 4.0, 2.0], [8.0, 6.0, 4.0]] {
        assert_eq!(pruned_at(&mut study, &values), None, "the first three run");
    }
    // Averages up to step 2 are 3, 5, 7, up to step 3 7/3, 4, 6.
    assert_eq!(pruned_at(&mut study, &[9.0, 5.0, 4.5]), Some(3), "5 is not worse than 5; 4.5 is worse than 4");
    assert_eq!(
        pruned_at(&mut study, &[9.0, 5.1, 1.0]),
        Some(2),
        "worse than the median of 5; the pruned one does not count"
    );
    assert_eq!(pruned_at(&mut study, &[3.0, 9.0, 9.0]), None, "its best counts");
    assert_eq!(pruned_at(&mut study, &[f64::NAN, f64::NAN, 1.0]), Some(2), "worse than any number");
}

#[test]
fn median_maximises_as_well() {
    let mut study = study(Median { startup_trials: 1, grace: 0 }, Goal::Maximize("validation.accuracy".into()));
    assert_eq!(pruned_at(&mut study, &[0.5, 0.7]), None);
    assert_eq!(pruned_at(&mut study, &[0.4, 0.9]), Some(1));
    assert_eq!(pruned_at(&mut study, &[0.5, 0.6]), None);
}

#[test]
fn asha_lets_the_best_third_pass_a_rung() {
    let mut study = study(Asha { reduction_factor: 3, grace: 1 }, loss());
    let late = [0.0; 8];
    let with_first = |first: f64| [&[first], &late[..]].concat();
    assert_eq!(pruned_at(&mut study, &with_first(5.0)), None, "the first is the best");
    assert_eq!(pruned_at(&mut study, &with_first(6.0)), Some(1), "second of 2");
    assert_eq!(pruned_at(&mut study, &with_first(7.0)), Some(1), "third of 3, one place");
    assert_eq!(pruned_at(&mut study, &with_first(4.0)), None, "first of 4");
    assert_eq!(pruned_at(&mut study, &with_first(4.5)), Some(1), "second of 5, one place");
    assert_eq!(pruned_at(&mut study, &with_first(4.4)), None, "second of 6, two places");
    assert_eq!(pruned_at(&mut study, &with_first(f64::NAN)), Some(1));
}

#[test]
fn asha_asks_at_rungs_only() {
    let mut study = study(Asha { reduction_factor: 2, grace: 2 }, loss());
    assert_eq!(pruned_at(&mut study, &[1.0; 9]), None);
    // Rungs are 2, 4, 8: bad values at other steps do no harm.
    assert_eq!(pruned_at(&mut study, &[9.0, 0.5, 9.0, 0.5, 9.0, 9.0, 9.0, 2.0, 0.0]), Some(8));
    // A report that leaps over a rung is asked when it comes.
    let number = study.ask().expect("a trial").number;
    assert_eq!(study.report(number, 1, 9.0), Ok(Verdict::Continue));
    assert_eq!(study.report(number, 7, 9.0), Ok(Verdict::Prune));
}

#[test]
fn pruners_are_read_by_name_or_with_settings() {
    let read = |json: serde_json::Value| serde_json::from_value::<Pruner>(json).expect("a pruner");
    assert_eq!(Pruner::KINDS, ["none", "median", "asha"]);
    assert_eq!(read(json!("none")), NoPruning {}.into());
    assert_eq!(read(json!("median")), Median::default().into());
    assert_eq!(read(json!({"asha": {"grace": 4}})), Asha { grace: 4, ..Asha::default() }.into());
}
