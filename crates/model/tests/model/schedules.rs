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
    let kinds =
        ["constant", "step", "exponential", "cosine", "polynomial", "one_cycle", "warm_up", "reduce_on_plateau"];
    assert_eq!(Schedule::KINDS, kinds);
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
fn polynomial_falls_to_its_minimum() {
    let line = factors(r#""polynomial""#, &[]);
    let square = factors(r#"{ "polynomial": { "power": 2, "minimum": 0.25, "epochs": 4 } }"#, &[]);
    for step in 0..20 {
        assert!((line[step] - (20 - step) as f64 / 20.0).abs() < 1e-15, "step {step}: {}", line[step]);
        let left = 16usize.saturating_sub(step) as f64 / 16.0;
        assert!((square[step] - (0.25 + 0.75 * left * left)).abs() < 1e-15, "step {step}: {}", square[step]);
    }
    let root = factors(r#"{ "polynomial": { "power": 0.5 } }"#, &[]);
    // PyTorch 2.15's `PolynomialLR(total_iters=20, power=1.5)` at steps 1, 7, 19.
    let pytorch = [(1, 0.925_945_462_756_851_5), (7, 0.524_046_753_639_405_9), (19, 0.011_180_339_887_498_971)];
    let powers = factors(r#"{ "polynomial": { "power": 1.5 } }"#, &[]);
    for (step, expected) in pytorch {
        assert!((powers[step] - expected).abs() < 1e-15, "step {step}: {}, expected {expected}", powers[step]);
    }
    // sqrt(15 / 20).
    assert!((root[5] - 0.866_025_403_784_438_6).abs() < 1e-15, "{}", root[5]);
}

#[test]
fn one_cycle_rises_and_falls() {
    let factors = factors(r#"{ "one_cycle": { "rise": 0.3, "start": 0.04, "minimum": 0.001 } }"#, &[]);
    // The peak is at step 0.3 * 20 - 1 = 5; the fall takes 14 steps, so its middle is at step 12.
    let expected =
        [(0, 0.04), (5, 1.0), (12, 0.5005), (19, 0.001), (1, 0.04 + 0.96 * 0.5 * (1.0 - 0.809_016_994_374_947_5))];
    for (step, expected) in expected {
        assert!((factors[step] - expected).abs() < 1e-15, "step {step}: {}, expected {expected}", factors[step]);
    }
    // PyTorch 2.15's `OneCycleLR(max_lr=1.0, total_steps=20)` at steps 1, 4, 7, 18.
    let pytorch = [
        (1, 0.131_671_842_700_025_3),
        (4, 0.908_328_157_299_974_7),
        (7, 0.950_484_632_013_473_7),
        (18, 0.012_539_993_764_912_554),
    ];
    let defaults = self::factors(r#""one_cycle""#, &[]);
    for (step, expected) in pytorch {
        assert!((defaults[step] - expected).abs() < 1e-15, "step {step}: {}, expected {expected}", defaults[step]);
    }
    let at = |json: &str, step, total_steps| {
        let schedule: Schedule = serde_json::from_str(json).expect("a schedule");
        schedule.factor(Progress { step, steps_per_epoch: 1, total_steps }, &ScheduleState::default())
    };
    assert_eq!(at(r#""one_cycle""#, 0, 1), 0.000_004);
    assert_eq!(at(r#""one_cycle""#, 7, 5), 0.000_004);
    assert!((at(r#"{ "one_cycle": { "rise": 0 } }"#, 0, 2) - 0.500_002).abs() < 1e-15);
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
