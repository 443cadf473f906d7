//! Every schedule, factor by factor.

use proofmark_model::schedules::WarmUp;
use proofmark_model::{Progress, Schedule, ScheduleState};

const STEPS_PER_EPOCH: u64 = 4;
const EPOCHS: u64 = 5;

/// The factors of all steps, the losses at the end of the epochs being given.
fn factors(json: &str, losses: &[f64]) -> Vec<f64> {
    let schedule: Schedule = serde_json::from_str(json).expect("a schedule");
    schedule.check("train.schedule").expect("parameters within their ranges");
    let mut state = ScheduleState::default();
    let mut factors = Vec::new();
    for step in 0..STEPS_PER_EPOCH * EPOCHS {
        let at = |step| Progress { step, steps_per_epoch: STEPS_PER_EPOCH, total_steps: STEPS_PER_EPOCH * EPOCHS };
        factors.push(schedule.factor(at(step), &state));
        if (step + 1) % STEPS_PER_EPOCH == 0 {
            let loss = losses.get((step / STEPS_PER_EPOCH) as usize).copied().unwrap_or(1.0);
            schedule.observe(at(step + 1), loss, &mut state);
            // A checkpoint holds all that it remembers.
            let json = serde_json::to_string(&state).expect("a state");
            assert_eq!(serde_json::from_str::<ScheduleState>(&json).expect("the state"), state);
        }
    }
    factors
}

/// One number an epoch for what changes with epochs only.
fn by_epoch(json: &str, losses: &[f64]) -> Vec<f64> {
    let factors = factors(json, losses);
    let epochs = factors.chunks(STEPS_PER_EPOCH as usize);
    epochs.map(|epoch| epoch.iter().copied().reduce(|a, b| if a == b { a } else { f64::NAN }).expect("steps")).collect()
}

#[test]
fn the_list_is_covered() {
    assert_eq!(Schedule::KINDS, ["constant", "step", "exponential", "cosine", "warm_up", "reduce_on_plateau"]);
    assert_eq!(Schedule::default().kind(), "constant");
}

#[test]
fn constant() {
    assert_eq!(by_epoch(r#""constant""#, &[]), [1.0; 5]);
}

#[test]
fn step() {
    assert_eq!(by_epoch(r#"{ "step": { "every": 2, "factor": 0.5 } }"#, &[]), [1.0, 1.0, 0.5, 0.5, 0.25]);
}

#[test]
fn exponential() {
    assert_eq!(by_epoch(r#"{ "exponential": { "rate": 0.5 } }"#, &[]), [1.0, 0.5, 0.25, 0.125, 0.0625]);
}

#[test]
fn cosine_falls_to_its_minimum() {
    let factors = factors(r#"{ "cosine": { "minimum": 0.1 } }"#, &[]);
    for (step, factor) in factors.iter().enumerate() {
        let expected = 0.1 + 0.9 * 0.5 * (1.0 + (std::f64::consts::PI * step as f64 / 20.0).cos());
        assert!((factor - expected).abs() < 1e-15, "step {step}: {factor}, expected {expected}");
    }
    let schedule: Schedule = serde_json::from_str(r#"{ "cosine": { "minimum": 0.1 } }"#).expect("a schedule");
    let end = Progress { step: 20, steps_per_epoch: STEPS_PER_EPOCH, total_steps: 20 };
    assert_eq!(schedule.factor(end, &ScheduleState::default()), 0.1);
    let short = by_epoch(r#"{ "cosine": { "epochs": 1 } }"#, &[]);
    assert_eq!(short[1..], [0.0; 4]);
}

#[test]
fn warm_up_rises_then_follows() {
    let rising = factors(r#"{ "warm_up": { "steps": 4, "then": { "step": { "every": 1, "factor": 0.5 } } } }"#, &[]);
    assert_eq!(rising[..4], [0.25, 0.5, 0.75, 1.0]);
    assert_eq!(rising[4..8], [1.0; 4]);
    assert_eq!(rising[8..12], [0.5; 4]);
    // A cosine after it takes the 16 steps that are left.
    let cosine = factors(r#"{ "warm_up": { "steps": 4, "then": "cosine" } }"#, &[]);
    assert_eq!(cosine[4], 1.0);
    assert!((cosine[12] - 0.5).abs() < 1e-15);
    assert_eq!(Schedule::from(WarmUp::new(4)), serde_json::from_str(r#"{ "warm_up": { "steps": 4 } }"#).expect("one"));
}

#[test]
fn plateau() {
    let plateau = |rest: &str| format!(r#"{{ "reduce_on_plateau": {{ "factor": 0.5, "patience": 1{rest} }} }}"#);
    // The first loss is the best one; a smaller fall than min_delta is none.
    assert_eq!(by_epoch(&plateau(""), &[1.0, 0.5, 0.499_99, 0.4]), [1.0, 1.0, 1.0, 0.5, 0.5]);
    assert_eq!(by_epoch(&plateau(r#", "min_delta": 0.0"#), &[1.0, 0.5, 0.499_99, 0.4]), [1.0; 5]);
    assert_eq!(by_epoch(&plateau(""), &[1.0, f64::NAN, 1.0, 1.0]), [1.0, 1.0, 0.5, 0.25, 0.125]);
    assert_eq!(by_epoch(&plateau(r#", "minimum": 0.4"#), &[1.0; 5]), [1.0, 1.0, 0.5, 0.4, 0.4]);
    assert_eq!(by_epoch(&plateau(r#", "cooldown": 2"#), &[1.0; 5]), [1.0, 1.0, 0.5, 0.5, 0.25]);
    let patient = r#"{ "reduce_on_plateau": { "factor": 0.5, "patience": 2 } }"#;
    assert_eq!(by_epoch(patient, &[1.0; 5]), [1.0, 1.0, 1.0, 0.5, 0.5]);
}

#[test]
fn out_of_range_parameters_are_named() {
    let schedule: Schedule =
        serde_json::from_str(r#"{ "warm_up": { "steps": 0, "then": { "step": { "every": 0, "factor": 2 } } } }"#)
            .expect("a schedule");
    let errors = schedule.check("train.schedule").expect_err("three are wrong");
    let lines: Vec<String> = errors.errors().iter().map(|error| format!("{}: {error}", error.path)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    train.schedule.warm_up.steps: `warm_up.steps` is `0`, expected a number from `1` to `1000000000`
    train.schedule.warm_up.then.step.every: `warm_up.then.step.every` is `0`, expected a number from `1` to `1000000`
    train.schedule.warm_up.then.step.factor: `warm_up.then.step.factor` is `2`, expected a number above `0` and at most `1`
    "#);
}
