//! What a study claims.

use proofmark_report::Split;
use proofmark_store::{RunFolder, Runs};
use proofmark_tune::{AdjustSpec, Failure, TrialRecord, TrialState, importance};

use super::desk::Desk;
use super::goal::{GoalPath, objectives};
use crate::chain::Chain;
use crate::claims::{BaselineClaims, ImportanceClaims, ReportClaims, StudyClaims, TrialClaims, TrialEnd};
use crate::error::LabError;
use crate::facts::facts;

/// What a study that ended claims, with what its trials state.
pub(super) fn of_study(
    desk: &Desk,
    adjust: &AdjustSpec,
    seed: u64,
    digest: &str,
    goals: &[GoalPath],
    runs: &Runs,
) -> Result<StudyClaims, LabError> {
    let study = desk.study();
    let chain_of = |number: Option<u64>| -> Result<Option<Chain>, LabError> {
        desk.run(number).map(|run| chain(&runs.find(run)?)).transpose()
    };
    let baseline = chain_of(None)?.and_then(|chain| {
        let validation = chain.validation.evaluation.as_ref()?.digest.to_string();
        let values = objectives(goals, &facts(&chain, Split::Validation)?);
        Some(BaselineClaims { objectives: values.into_iter().map(Into::into).collect(), validation })
    });
    let mut trials = Vec::new();
    for record in study.trials() {
        let chain = chain_of(Some(record.number))?.unwrap_or_default();
        trials.push(of_trial(record, &chain));
    }
    let mut shares = importance(study.space(), &study.history(), 0).unwrap_or_default();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    let share = |(parameter, share): (String, f64)| ImportanceClaims { parameter, share: share.into() };
    Ok(StudyClaims {
        study: digest.to_owned(),
        // Plain data with string keys.
        adjust: serde_json::to_value(adjust).unwrap_or_default(),
        seed,
        reproduces: adjust.reproduces(),
        baseline,
        trials,
        best: study.best().map(|best| best.number),
        importance: shares.into_iter().map(share).collect(),
    })
}

fn chain(run: &RunFolder) -> Result<Chain, LabError> {
    let statements = run.evidence()?;
    Ok(Chain::of(statements.iter().map(|(statement, _)| statement)).0)
}

fn why(state: &TrialState) -> Option<String> {
    match state {
        TrialState::Failed(Failure::Reported { why }) => Some(why.clone()),
        TrialState::Failed(Failure::NotFinite { goal_idx }) => Some(format!("goal {goal_idx} is not finite")),
        TrialState::Complete { .. } | TrialState::Pruned | TrialState::Running => None,
    }
}

fn of_trial(record: &TrialRecord, chain: &Chain) -> TrialClaims {
    let state = match &record.state {
        TrialState::Complete { .. } => TrialEnd::Complete,
        TrialState::Pruned => TrialEnd::Pruned,
        // A study ends when no trial runs.
        TrialState::Failed(_) | TrialState::Running => TrialEnd::Failed,
    };
    TrialClaims {
        number: record.number,
        values: record.values.iter().map(|(path, value)| (path.clone(), value.to_json())).collect(),
        state,
        why: why(&record.state),
        epochs: chain.train.as_ref().map_or(0, |link| u64::from(link.claims.epochs)),
        reports: record
            .reports
            .iter()
            .map(|report| ReportClaims { epoch: report.step, value: report.value.map(Into::into) })
            .collect(),
        objectives: record.objectives().unwrap_or_default().iter().map(|value| (*value).into()).collect(),
        train: chain.train.as_ref().map(|link| link.digest.to_string()),
        validation: chain.validation.evaluation.as_ref().map(|link| link.digest.to_string()),
    }
}
