//! What a report shows of a study, from what the study claims.

use std::collections::BTreeMap;

use proofmark_evidence::Statement;
use proofmark_report as page;
use proofmark_tune::space::{Kind, Parameter};
use proofmark_tune::{AdjustSpec, CheckedSpace};
use serde_json::Value;

use super::desk::Desk;
use crate::claims::{StudyClaims, TrialClaims, TrialEnd};
use crate::host::Host;
use crate::lock::Lock;
use crate::record::timestamp;
use crate::report_data::{date, plain};
use crate::settle::rows;

/// The page of a study.
pub(super) fn fill(
    id: &str,
    claims: &StudyClaims,
    desk: &Desk,
    lock: &Lock,
    statements: &[Statement],
    spec_yaml: String,
    host: &dyn Host,
) -> page::StudyPage {
    let mut study = summary(claims);
    id.clone_into(&mut study.id);
    for trial in &mut study.trials {
        trial.run = desk.run(Some(trial.number)).map(str::to_owned);
    }
    let name = lock.spec.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    page::StudyPage {
        run: page::RunInfo {
            id: id.to_owned(),
            name,
            seed: claims.seed,
            date: date(&timestamp(host)),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            numerics_version: lock.numerics_version,
        },
        study,
        evidence: rows(statements),
        reproduce: Some(page::Reproduce {
            commands: vec![format!("proofmark reproduce {id}")],
            model_digest: String::new(),
            digests: Vec::new(),
        }),
        spec_yaml,
    }
}

/// A study as its claims tell it, without what is only observed: its own id, and the runs of its trials.
pub(crate) fn summary(claims: &StudyClaims) -> page::Study {
    let Some((adjust, space)) = searched(claims) else { return page::Study::default() };
    let trials: Vec<page::StudyTrial> = claims.trials.iter().map(|trial| of_trial(trial, &space)).collect();
    let goals: Vec<page::StudyGoal> = adjust
        .goal
        .0
        .iter()
        .map(|goal| page::StudyGoal { metric: goal.metric().to_owned(), maximize: goal.is_maximized() })
        .collect();
    page::Study {
        id: String::new(),
        sampler: adjust.sampler.kind().to_owned(),
        pruner: adjust.pruner.kind().to_owned(),
        seed: claims.seed,
        parameters: space.parameters().iter().map(parameter).collect(),
        baseline: claims.baseline.as_ref().map(|baseline| baseline.objectives.iter().map(|value| value.0).collect()),
        front: front(&trials, &goals),
        goals,
        trials,
        best: claims.best,
        importance: claims
            .importance
            .iter()
            .map(|row| page::ParameterShare { path: row.parameter.clone(), share: row.share.0 })
            .collect(),
        max_trials: adjust.trials,
        parallel: u64::from(adjust.parallel),
        seconds_limit: adjust.seconds,
        epochs: claims.trials.iter().map(|trial| trial.epochs).sum(),
    }
}

fn searched(claims: &StudyClaims) -> Option<(AdjustSpec, CheckedSpace)> {
    let adjust: AdjustSpec = serde_json::from_value(claims.adjust.clone()).ok()?;
    let space = adjust.check("adjust").ok()?;
    Some((adjust, space))
}

fn parameter(parameter: &Parameter) -> page::StudyParameter {
    let number = |low, high, log, integer| page::StudyDomain::Number { low, high, log, integer };
    let domain = match &parameter.kind {
        Kind::Float { low, high, is_log } => number(*low, *high, *is_log, false),
        Kind::Grid { low, step, n_steps } => number(*low, low + step * n_steps.saturating_sub(1) as f64, false, false),
        Kind::Integer { low, step, n_steps, is_log } => {
            let high = *low as f64 + *step as f64 * n_steps.saturating_sub(1) as f64;
            number(*low as f64, high, *is_log, true)
        }
        Kind::Choice { values } => page::StudyDomain::Choices(values.iter().map(plain).collect()),
    };
    page::StudyParameter { path: parameter.path.clone(), domain }
}

fn of_trial(claims: &TrialClaims, space: &CheckedSpace) -> page::StudyTrial {
    let value = |path: &String, value: &Value| -> Option<page::StudyValue> {
        let parameter = space.parameters().iter().find(|parameter| parameter.path == *path)?;
        Some(match &parameter.kind {
            Kind::Choice { values } => {
                page::StudyValue::Choice(values.iter().position(|choice| choice == value)? as u64)
            }
            Kind::Float { .. } | Kind::Grid { .. } | Kind::Integer { .. } => page::StudyValue::Number(value.as_f64()?),
        })
    };
    let values: BTreeMap<String, page::StudyValue> =
        claims.values.iter().filter_map(|(path, given)| Some((path.clone(), value(path, given)?))).collect();
    page::StudyTrial {
        number: claims.number,
        run: None,
        values,
        state: match claims.state {
            TrialEnd::Complete => page::StudyTrialState::Complete,
            TrialEnd::Pruned => page::StudyTrialState::Pruned,
            TrialEnd::Failed => {
                page::StudyTrialState::Failed { why: page::StudyFailure::Error(claims.why.clone().unwrap_or_default()) }
            }
        },
        objectives: claims.objectives.iter().map(|value| value.0).collect(),
        reports: claims
            .reports
            .iter()
            .map(|report| page::StudyReport { step: report.epoch, value: report.value.map(|value| value.0) })
            .collect(),
    }
}

/// The complete trials that no other one beats in every goal.
fn front(trials: &[page::StudyTrial], goals: &[page::StudyGoal]) -> Vec<u64> {
    let complete: Vec<&page::StudyTrial> =
        trials.iter().filter(|trial| trial.state == page::StudyTrialState::Complete).collect();
    let loss = |trial: &page::StudyTrial| -> Vec<f64> {
        let signed = |(value, goal): (&f64, &page::StudyGoal)| if goal.maximize { -value } else { *value };
        trial.objectives.iter().zip(goals).map(signed).collect()
    };
    let losses: Vec<Vec<f64>> = complete.iter().map(|trial| loss(trial)).collect();
    let is_beaten = |own: &[f64]| losses.iter().any(|other| proofmark_tune::front::dominates(other, own));
    complete.iter().zip(&losses).filter(|(_, own)| !is_beaten(own)).map(|(trial, _)| trial.number).collect()
}
