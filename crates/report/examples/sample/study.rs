//! Studies that never happened: trials of a made-up training whose curves look plausible. No number in them was measured.

use super::handwriting::Random;
use proofmark_report::{
    ParameterShare, Reproduce, RunInfo, Study, StudyDomain, StudyFailure, StudyGoal, StudyPage, StudyParameter,
    StudyReport, StudyTrial, StudyTrialState, StudyValue,
};

const SPEC: &str = include_str!("study.yaml");

/// Every scenario with its name.
pub(crate) fn pages() -> Vec<(&'static str, StudyPage)> {
    let scenarios = [
        ("study", digits()),
        ("study-wide", wide()),
        ("study-trade-off", trade_off()),
        ("study-four-goals", four_goals()),
        ("study-one-trial", one_trial()),
        ("study-all-failed", all_failed()),
        ("study-unfinished", unfinished()),
        ("study-constant", constant()),
        ("study-empty", Study::default()),
    ];
    scenarios.map(|(name, study)| (name, page(study))).into()
}

/// The page of a study.
fn page(study: Study) -> StudyPage {
    StudyPage {
        run: RunInfo {
            id: study.id.clone(),
            name: study.id.get(11..).unwrap_or_default().trim_end_matches("-5e21").to_owned(),
            date: "2026-11-24 09:12 UTC".to_owned(),
            program_version: "0.1.0".to_owned(),
            numerics_version: 1,
            seed: study.seed,
        },
        evidence: super::evidence(),
        reproduce: Some(Reproduce {
            commands: vec!["proofmark tune digits-study.yaml".to_owned()],
            model_digest: String::new(),
            digests: vec![],
        }),
        spec_yaml: SPEC.to_owned(),
        study,
    }
}

/// Forty trials over five values, most of them stopped early, two of them failed.
pub(crate) fn digits() -> Study {
    let parameters = vec![
        number("train.optimizer.adam.learning_rate", 0.0001, 0.03, true, false),
        choices("train.batch_size", &["16", "32", "64", "128"]),
        number("model.drop.rate", 0.1, 0.7, false, false),
        number("model.features.units", 16.0, 256.0, true, true),
        choices("model.features.activation", &["relu", "gelu", "silu"]),
    ];
    let mut random = Random(11);
    let mut trials: Vec<StudyTrial> = Vec::new();
    for number in 0..40 {
        // The later ones look near the best so far, as a sampler does.
        let best = trials.iter().filter_map(|trial| Some((trial.objective(0)?, trial.clone())));
        let best = best.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, trial)| trial);
        let near = best.filter(|_| number >= 10 && random.next() < 0.75);
        let values: Vec<StudyValue> =
            parameters.iter().map(|parameter| draw(parameter, near.as_ref(), &mut random)).collect();
        let [rate, batch, drop, units, activation] = [0, 1, 2, 3, 4].map(|idx| real(values[idx]));
        let distance = 0.9 * (rate.log10() + 2.75).powi(2)
            + 0.04 * (batch - 1.4).powi(2)
            + 1.1 * (drop - 0.38).powi(2)
            + 0.10 * (units.log2() - 7.3).powi(2)
            + 0.05 * activation.min(1.0);
        let reached = (0.9896 - 0.021 * distance + random.between(-0.0011, 0.0011)).max(0.113);
        let mut trial = trial(number, &parameters, &values);
        let curve = |epoch: f64| reached - (0.10 + 0.35 * distance.min(1.2)) * 0.6_f64.powf(epoch);
        for epoch in 1..=9 {
            let noise = random.between(-0.0018, 0.0018);
            trial.reports.push(StudyReport { step: epoch, value: Some(curve(epoch as f64) + noise) });
        }
        trial.state = StudyTrialState::Complete;
        if number == 6 {
            trial.reports.truncate(2);
            trial.reports[1].value = None;
            trial.state = StudyTrialState::Failed { why: StudyFailure::NotFinite { goal_idx: 0 } };
        } else if number == 23 {
            trial.reports.clear();
            let why = "the machine has 3.9 GB left, and the training needs 4.4 GB".to_owned();
            trial.state = StudyTrialState::Failed { why: StudyFailure::Error(why) };
        } else if number > 4 && distance > 0.36 {
            trial.reports.truncate(if distance > 0.9 { 1 } else { 3 });
            trial.state = StudyTrialState::Pruned;
        } else {
            trial.objectives = vec![reached];
        }
        trials.push(trial);
    }
    let shares = [0.58, 0.06, 0.13, 0.19, 0.04];
    finish(Study {
        id: "2026-11-24-digits-study-5e21".to_owned(),
        sampler: "tpe".to_owned(),
        pruner: "asha".to_owned(),
        seed: 7,
        goals: vec![goal("validation.accuracy", true)],
        importance: importance(&parameters, &shares),
        parameters,
        baseline: Some(vec![0.9771]),
        trials,
        max_trials: 40,
        parallel: 1,
        ..Study::default()
    })
}

/// Two hundred trials over twelve values with long names, some of them conditional; a loss, over several orders of magnitude.
fn wide() -> Study {
    let mut parameters = vec![
        number("train.optimizer.learning_rate", 1e-5, 1.0, true, false),
        number("train.optimizer.weight_decay", 1e-7, 1e-2, true, false),
        choices("train.batch_size", &["16", "32", "64", "128", "256", "512"]),
        number("train.schedule.warmup_epochs_before_the_learning_rate_begins_to_fall", 0.0, 10.0, false, true),
        choices(
            "train.optimizer.kind",
            &["{ adam: { beta_1: 0.9, beta_2: 0.999 } }", "{ sgd: { momentum: 0.9 } }", "{ rmsprop: {} }"],
        ),
        number("train.optimizer.momentum", 0.5, 0.99, false, false),
        number("model.first_block.drop.rate", 0.0, 0.5, false, false),
        number("model.second_block.drop.rate", 0.0, 0.5, false, false),
        number("model.first_block.filters", 8.0, 128.0, true, true),
        number("model.second_block.filters", 8.0, 512.0, true, true),
        choices("model.激活函数", &["relu", "修正线性单元", "gelu"]),
        number("train.seed", 3.0, 3.0, false, true),
    ];
    parameters.truncate(12);
    let mut random = Random(29);
    let mut trials = Vec::new();
    for number in 0..200 {
        let values: Vec<StudyValue> = parameters.iter().map(|parameter| draw(parameter, None, &mut random)).collect();
        let mut trial = trial(number, &parameters, &values);
        if !matches!(values[4], StudyValue::Choice(1)) {
            trial.values.remove("train.optimizer.momentum");
        }
        let away = (real(values[0]).log10() + 2.6).powi(2) * 0.12 + real(values[6]) * 0.4 + real(values[2]) * 0.03;
        let reached = if away > 0.9 { 40.0 * away } else { 0.031 + 0.3 * away + random.next() * 0.02 };
        for epoch in 1..=20 {
            let value = reached + (0.5 + away) * 0.74_f64.powi(epoch) + random.between(0.0, 0.01);
            trial.reports.push(StudyReport { step: epoch as u64, value: Some(value) });
        }
        if number > 5 && away > 0.34 {
            trial.reports.truncate(if away > 0.6 { 2 } else { 6 });
            trial.state = StudyTrialState::Pruned;
        } else {
            trial.state = StudyTrialState::Complete;
            trial.objectives = vec![reached];
        }
        trials.push(trial);
    }
    let shares = [0.52, 0.02, 0.11, 0.01, 0.03, 0.0, 0.21, 0.03, 0.02, 0.04, 0.01, 0.0];
    finish(Study {
        id: "2026-11-24-a-study-whose-name-is-longer-than-anybody-would-wish-5e21".to_owned(),
        sampler: "random".to_owned(),
        pruner: "median".to_owned(),
        seed: 3,
        goals: vec![goal("validation.loss", false)],
        importance: importance(&parameters, &shares),
        parameters,
        baseline: Some(vec![0.1462]),
        trials,
        max_trials: 200,
        parallel: 4,
        seconds_limit: Some(7_200.0),
        ..Study::default()
    })
}

/// Two goals: what one gains the other loses.
fn trade_off() -> Study {
    let parameters = vec![
        number("model.features.units", 8.0, 512.0, true, true),
        number("train.optimizer.adam.learning_rate", 0.0001, 0.03, true, false),
        number("train.regularization.l2", 0.0, 0.01, false, false),
    ];
    let goals = vec![goal("validation.accuracy", true), goal("cost.megabytes", false)];
    let measure = |values: &[StudyValue], random: &mut Random| {
        let [units, rate, l2] = [0, 1, 2].map(|idx| real(values[idx]));
        let lost = 0.004 * (rate.log10() + 2.8).powi(2) + 0.3 * l2 * l2.sqrt() + 0.06 / units.sqrt();
        vec![0.993 - lost - random.between(0.0, 0.004), 0.8 + units * 0.021 + random.between(0.0, 1.2)]
    };
    let trials = random_trials(60, &parameters, 5, measure);
    let mut study = finish(Study {
        id: "2026-11-24-small-or-right-5e21".to_owned(),
        sampler: "tpe".to_owned(),
        seed: 5,
        goals,
        parameters,
        baseline: Some(vec![0.9761, 5.9]),
        trials,
        max_trials: 60,
        parallel: 2,
        ..Study::default()
    });
    study.epochs = 540;
    study
}

/// Four goals at once.
fn four_goals() -> Study {
    let parameters = vec![
        number("train.optimizer.adam.learning_rate", 0.0001, 0.03, true, false),
        number("model.drop.rate", 0.0, 0.8, false, false),
    ];
    let goals = vec![
        goal("validation.accuracy", true),
        goal("validation.loss", false),
        goal("validation.recall.macro", true),
        goal("cost.seconds", false),
    ];
    let measure = |values: &[StudyValue], random: &mut Random| {
        let lost = 0.01 * (real(values[0]).log10() + 2.8).powi(2) + 0.02 * (real(values[1]) - 0.3).powi(2);
        let noise = random.between(0.0, 0.01);
        vec![
            0.99 - lost - noise,
            0.03 + 2.0 * lost + random.next() * 0.02,
            0.988 - lost - random.next() * 0.02,
            40.0 + 30.0 * random.next(),
        ]
    };
    let trials = random_trials(30, &parameters, 13, measure);
    finish(Study {
        id: "2026-11-24-everything-at-once-5e21".to_owned(),
        sampler: "random".to_owned(),
        goals,
        parameters,
        trials,
        max_trials: 30,
        seconds_limit: Some(600.0),
        parallel: 1,
        ..Study::default()
    })
}

/// One value, one trial, and no better than before.
fn one_trial() -> Study {
    let parameters = vec![number("model.drop.rate", 0.0, 0.8, false, false)];
    let trials = random_trials(1, &parameters, 3, |_, _| vec![0.9702]);
    finish(Study {
        id: "2026-11-24-one-trial-5e21".to_owned(),
        sampler: "random".to_owned(),
        goals: vec![goal("validation.accuracy", true)],
        parameters,
        baseline: Some(vec![0.9771]),
        trials,
        max_trials: 1,
        parallel: 1,
        ..Study::default()
    })
}

/// No trial has a result.
fn all_failed() -> Study {
    let mut study = one_trial();
    study.id = "2026-11-24-all-failed-5e21".to_owned();
    study.max_trials = 14;
    study.trials = random_trials(14, &study.parameters, 3, |_, _| Vec::new());
    for trial in &mut study.trials {
        let why = match trial.number {
            2 => StudyFailure::Error(String::new()),
            3..=5 => StudyFailure::NotFinite { goal_idx: 0 },
            _ => StudyFailure::Error("the disk is full".to_owned()),
        };
        trial.state = StudyTrialState::Failed { why };
    }
    finish(study)
}

/// Trials run and were stopped, and none came to its end.
fn unfinished() -> Study {
    let mut study = one_trial();
    study.id = "2026-11-24-unfinished-5e21".to_owned();
    study.trials = random_trials(3, &study.parameters, 3, |_, _| Vec::new());
    for trial in &mut study.trials {
        trial.state = if trial.number == 1 { StudyTrialState::Pruned } else { StudyTrialState::Running };
    }
    study.trials[1].reports = vec![StudyReport { step: 1, value: Some(0.31) }, StudyReport { step: 2, value: None }];
    study.trials[2].reports = vec![StudyReport { step: 1, value: Some(0.42) }];
    study.max_trials = 20;
    finish(study)
}

/// Every trial comes to the same.
fn constant() -> Study {
    let mut study = one_trial();
    study.id = "2026-11-24-constant-5e21".to_owned();
    study.trials = random_trials(9, &study.parameters, 3, |_, _| vec![0.9771]);
    study.max_trials = 9;
    finish(study)
}

fn random_trials(
    n_trials: u64,
    parameters: &[StudyParameter],
    seed: u64,
    measure: impl Fn(&[StudyValue], &mut Random) -> Vec<f64>,
) -> Vec<StudyTrial> {
    let mut random = Random(seed);
    let one = |number| {
        let values: Vec<StudyValue> = parameters.iter().map(|parameter| draw(parameter, None, &mut random)).collect();
        let objectives = measure(&values, &mut random);
        StudyTrial { state: StudyTrialState::Complete, objectives, ..trial(number, parameters, &values) }
    };
    (0..n_trials).map(one).collect()
}

/// Fills in what follows from the trials.
fn finish(mut study: Study) -> Study {
    let losses = |trial: &StudyTrial| -> Option<Vec<f64>> {
        let goals = study.goals.iter().enumerate();
        goals
            .map(|(idx, goal)| Some(if goal.maximize { -trial.objective(idx)? } else { trial.objective(idx)? }))
            .collect()
    };
    let complete: Vec<(u64, Vec<f64>)> =
        study.trials.iter().filter_map(|trial| Some((trial.number, losses(trial)?))).collect();
    let beats = |a: &[f64], b: &[f64]| a != b && a.iter().zip(b).all(|(a, b)| a <= b);
    let best = complete.iter().min_by(|a, b| a.1[0].total_cmp(&b.1[0])).map(|(number, _)| *number);
    let on_front = |loss: &[f64]| !complete.iter().any(|(_, other)| beats(other, loss));
    study.front = complete.iter().filter(|(_, loss)| on_front(loss)).map(|(number, _)| *number).collect();
    study.best = best;
    study.epochs = study.trials.iter().map(|trial| trial.reports.len() as u64).sum();
    study
}

fn trial(number: u64, parameters: &[StudyParameter], values: &[StudyValue]) -> StudyTrial {
    StudyTrial {
        number,
        run: Some(format!("2026-11-24-trial-{number:03}")),
        values: parameters.iter().zip(values).map(|(parameter, value)| (parameter.path.clone(), *value)).collect(),
        ..StudyTrial::default()
    }
}

fn draw(parameter: &StudyParameter, near: Option<&StudyTrial>, random: &mut Random) -> StudyValue {
    let near = near.and_then(|trial| trial.values.get(&parameter.path)).copied();
    match (&parameter.domain, near) {
        (StudyDomain::Choices(_), Some(value)) if random.next() < 0.7 => value,
        (StudyDomain::Choices(choices), _) => StudyValue::Choice((random.next() * choices.len() as f64) as u64),
        (StudyDomain::Number { low, high, log, integer }, near) => {
            let to = |value: f64| if *log { value.ln() } else { value };
            let (from, until) = (to(*low), to(*high));
            let unit = match near {
                Some(near) => (to(real(near)) - from) / (until - from).max(1e-9) + random.between(-0.16, 0.16),
                None => random.next(),
            };
            let value = from + unit.clamp(0.0, 1.0) * (until - from);
            let value = if *log { value.exp() } else { value };
            StudyValue::Number(if *integer { value.round() } else { value }.clamp(*low, *high))
        }
    }
}

fn real(value: StudyValue) -> f64 {
    match value {
        StudyValue::Number(value) => value,
        StudyValue::Choice(idx) => idx as f64,
    }
}

fn number(path: &str, low: f64, high: f64, log: bool, integer: bool) -> StudyParameter {
    StudyParameter { path: path.to_owned(), domain: StudyDomain::Number { low, high, log, integer } }
}

fn choices(path: &str, choices: &[&str]) -> StudyParameter {
    let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
    StudyParameter { path: path.to_owned(), domain: StudyDomain::Choices(choices) }
}

fn goal(metric: &str, maximize: bool) -> StudyGoal {
    StudyGoal { metric: metric.to_owned(), maximize }
}

fn importance(parameters: &[StudyParameter], shares: &[f64]) -> Vec<ParameterShare> {
    let rows = parameters.iter().zip(shares);
    rows.map(|(parameter, share)| ParameterShare { path: parameter.path.clone(), share: *share }).collect()
}
