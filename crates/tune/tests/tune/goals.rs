//! Several goals: fronts, ranks, hypervolume, and the studies that use them.

use proofmark_tune::front::{dominates, front_ranks, hypervolume};
use proofmark_tune::samplers::{Random, Tpe};
use proofmark_tune::{AdjustSpec, Domain, Goal, Goals, Outcome, Sampler, Space, Study, TrialState, Value};

fn points(points: &[&[f64]]) -> Vec<Vec<f64>> {
    points.iter().map(|point| point.to_vec()).collect()
}

#[test]
fn domination_is_strict_somewhere() {
    assert!(dominates(&[1.0, 2.0], &[1.0, 3.0]));
    assert!(!dominates(&[1.0, 2.0], &[1.0, 2.0]));
    assert!(!dominates(&[1.0, 4.0], &[2.0, 3.0]));
}

#[test]
fn fronts_peel_off() {
    let losses = points(&[&[1.0, 4.0], &[2.0, 2.0], &[4.0, 1.0], &[2.0, 4.0], &[3.0, 3.0], &[5.0, 5.0], &[2.0, 2.0]]);
    assert_eq!(front_ranks(&losses), [0, 0, 0, 1, 1, 2, 0]);
    assert_eq!(front_ranks(&[]), [0_usize; 0]);
}

#[test]
fn hypervolumes_known_by_hand() {
    struct Case<'c>(&'c [&'c [f64]], &'c [f64], f64);
    let cases = [
        Case(&[], &[1.0, 1.0], 0.0),
        Case(&[&[1.0]], &[4.0], 3.0),
        Case(&[&[1.0, 3.0], &[2.0, 2.0], &[3.0, 1.0]], &[4.0, 4.0], 6.0),
        Case(&[&[1.0, 1.0], &[2.0, 2.0], &[5.0, 0.0]], &[4.0, 4.0], 9.0),
        Case(&[&[0.0, 0.0, 0.0]], &[2.0, 3.0, 4.0], 24.0),
        Case(&[&[0.0, 1.0, 1.0], &[1.0, 0.0, 1.0], &[1.0, 1.0, 0.0]], &[2.0, 2.0, 2.0], 4.0),
    ];
    for Case(losses, reference, expected) in cases {
        assert_eq!(hypervolume(&points(losses), reference), expected, "{losses:?}");
    }
}

#[test]
fn a_hypervolume_is_the_share_of_points_that_are_dominated() {
    // Counted on the cells of a grid: exact, because all coordinates are whole.
    let losses = points(&[&[1.0, 5.0, 2.0, 4.0], &[4.0, 1.0, 3.0, 2.0], &[2.0, 2.0, 5.0, 1.0], &[3.0, 3.0, 1.0, 3.0]]);
    let mut n_dominated = 0;
    for cell in 0..6_u32.pow(4) {
        let corner = [cell % 6, cell / 6 % 6, cell / 36 % 6, cell / 216].map(f64::from);
        n_dominated += u32::from(losses.iter().any(|loss| loss.iter().zip(corner).all(|(loss, at)| *loss <= at)));
    }
    assert_eq!(hypervolume(&losses, &[6.0; 4]), f64::from(n_dominated));
}

/// Schaffer's first problem: x² against (x - 2)², front from 0 to 2; the second goal as one to maximise.
fn schaffer(sampler: Sampler, seed: u64) -> Study {
    let goals = Goals(vec![Goal::Minimize("near".into()), Goal::Maximize("far".into())]);
    let mut spec = AdjustSpec::new(goals, Space::default().with("x", Domain::linear(-50.0, 50.0)));
    spec.sampler = sampler;
    spec.trials = 60;
    let mut study = Study::new(&spec, seed, "").expect("a spec that is right");
    while let Some(trial) = study.ask() {
        let Value::Float(x) = trial.values["x"] else { panic!("a number") };
        study.tell(trial.number, Outcome::Complete(vec![x * x, -(x - 2.0) * (x - 2.0)])).expect("a running trial");
    }
    study
}

#[test]
fn tpe_finds_the_front_of_two_goals() {
    let volume = |study: &Study| {
        let losses = study.trials().iter().filter_map(|trial| match &trial.state {
            TrialState::Complete { objectives } => Some(vec![objectives[0], -objectives[1]]),
            _ => None,
        });
        hypervolume(&losses.collect::<Vec<_>>(), &[16.0, 16.0])
    };
    let wins = (1..=5).filter(|seed| {
        let (tpe, random) = (schaffer(Tpe::default().into(), *seed), schaffer(Random {}.into(), *seed));
        for trial in tpe.front() {
            assert_eq!(trial.objectives().map(<[f64]>::len), Some(2));
        }
        assert!(tpe.best().is_some_and(|best| tpe.front().iter().any(|trial| trial.number == best.number)));
        volume(&tpe) > volume(&random)
    });
    assert!(wins.count() >= 4);
}

#[test]
fn the_front_of_one_goal_is_the_best() {
    let mut spec = AdjustSpec::new(Goal::Maximize("x".into()), Space::default().with("x", Domain::integer(0, 5)));
    spec.trials = 6;
    let mut study = Study::new(&spec, 1, "").expect("a spec that is right");
    assert!(study.best().is_none() && study.front().is_empty());
    for value in [1.0, 3.0, f64::NAN, 3.0, 2.0, f64::INFINITY] {
        let trial = study.ask().expect("a trial");
        study.tell(trial.number, Outcome::Complete(vec![value])).expect("a running trial");
    }
    assert_eq!(study.best().map(|trial| trial.number), Some(1), "the first of equals; infinity is a failure");
    assert_eq!(study.front().iter().map(|trial| trial.number).collect::<Vec<_>>(), [1, 3]);
}
