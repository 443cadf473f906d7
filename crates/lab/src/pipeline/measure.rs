//! What a run measures, and the statements of it: made by the flow, and made again by a reproduction to compare.

use std::collections::BTreeMap;

use proofmark_data::{Prepared, PreparedSet};
use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::plan::PlanOptions;
use proofmark_engine::{NUMERICS_VERSION, StateBlock};
use proofmark_evidence::{Digest, Input, Kind};
use proofmark_govern::acceptance::Decision;
use proofmark_model::losses::LossTarget;
use proofmark_model::{CheckedModel, model_file};
use proofmark_report::Split;
use proofmark_store::OpenRun;
use proofmark_train::metrics::{Evaluation, EvaluationOptions, Metric, evaluate, verification_threshold};
use proofmark_train::predict::{Evaluator, PredictError};
use proofmark_train::training::parameters_digest;
use proofmark_train::{EpochEnd, StopReason, TrainError, Trained};

use super::PreparedRun;
use crate::chain::Chain;
use crate::claims::{DecisionClaims, PreparedClaims, SpecClaims, Stopped, StudyClaims, TrainClaims};
use crate::error::LabError;
use crate::host::{Host, MEMORY_SHARE};
use crate::lock::Lock;
use crate::run_spec::RunSpec;
use crate::statements::{self, Statements, study_inputs};

/// What was measured on a split, and what was decided on it.
pub(crate) struct Judged {
    pub(crate) evaluation: Evaluation,
    pub(crate) decision: Option<Decision>,
}

/// Measures a run and makes its statements, in the order of the flow.
pub(crate) struct Measuring<'a> {
    spec: &'a RunSpec,
    prepared: &'a PreparedRun,
    pub(crate) statements: Statements<'a>,
    pub(super) spec_digest: Option<Digest>,
    pub(super) prepared_digest: Option<Digest>,
    pub(super) cross_validation_digest: Option<Digest>,
    train_digest: Option<Digest>,
}

impl<'a> Measuring<'a> {
    /// Nothing is measured yet. The statements are kept in `keep`, if it is given.
    pub(crate) fn new(spec: &'a RunSpec, prepared: &'a PreparedRun, keep: Option<&'a OpenRun>) -> Self {
        let statements = Statements::new(&spec.name, keep);
        Measuring {
            spec,
            prepared,
            statements,
            spec_digest: None,
            prepared_digest: None,
            cross_validation_digest: None,
            train_digest: None,
        }
    }

    /// What was resolved, and what the data are.
    pub(crate) fn data(&mut self, host: &dyn Host) -> Result<(), LabError> {
        let (report, lock) = (&self.prepared.preparation.report, &self.prepared.lock);
        let sources = statements::source_inputs(&lock.sources);
        let none = BTreeMap::new;
        let statements = &mut self.statements;
        let claims = SpecClaims { lock: lock.clone(), training: lock.training_digest()?.to_string() };
        self.spec_digest = Some(statements.make(host, Kind::RunSpec, &claims, sources.clone(), none())?);
        let claims = statements::profile_claims(report);
        let profile = statements.make(host, Kind::DataProfile, &claims, sources.clone(), none())?;
        let mut inputs = vec![Input::new(Kind::DataProfile.name(), profile)];
        if let Some(gate) = &report.gate {
            for round in &gate.rounds {
                let claims = statements::cleaning_claims(round);
                let digest = statements.make(host, Kind::DataCleaning, &claims, inputs.clone(), none())?;
                inputs.push(Input::new(Kind::DataCleaning.name(), digest));
            }
            let claims = statements::gate_claims(gate);
            let digest = statements.make(host, Kind::DataGate, &claims, inputs.clone(), none())?;
            inputs.push(Input::new(Kind::DataGate.name(), digest));
        }
        if lock.prepared.is_empty() {
            return Ok(());
        }
        let of = |split: &str| lock.prepared.get(split).cloned().unwrap_or_default();
        let feature = report.feature.clone();
        let claims = PreparedClaims { train: of("train"), validation: of("validation"), test: of("test"), feature };
        inputs.extend(sources);
        self.prepared_digest = Some(statements.make(host, Kind::DataPrepared, &claims, inputs, none())?);
        Ok(())
    }

    /// A training that came to its end, with the digest of the model file.
    pub(crate) fn trained(
        &mut self,
        history: &[EpochEnd],
        trained: &Trained,
        model: Digest,
        host: &dyn Host,
    ) -> Result<(), LabError> {
        let claims = TrainClaims {
            epochs: trained.epochs,
            best_epoch: trained.best_epoch,
            stopped: match trained.reason {
                StopReason::EarlyStopping => Stopped::EarlyStopping,
                StopReason::Pruned => Stopped::Pruned,
                // Nobody states a training that was interrupted.
                StopReason::Epochs | StopReason::Interrupted => Stopped::Epochs,
            },
            history: history.iter().map(statements::epoch_claims).collect(),
            n_parameters: self.n_parameters(),
            parameters: Some(parameters_digest(&trained.state)),
            model: Some(model.to_string()),
        };
        self.train(&claims, history, host)
    }

    /// A training that failed at a step, after these epochs.
    pub(crate) fn diverged(&mut self, history: &[EpochEnd], step: u64, host: &dyn Host) -> Result<(), LabError> {
        let claims = TrainClaims {
            epochs: history.len() as u32,
            best_epoch: 0,
            stopped: Stopped::Diverged { step },
            history: history.iter().map(statements::epoch_claims).collect(),
            n_parameters: self.n_parameters(),
            parameters: None,
            model: None,
        };
        self.train(&claims, history, host)
    }

    fn n_parameters(&self) -> u64 {
        self.prepared.model.as_ref().map_or(0, |model| model.summary().parameters())
    }

    fn train(&mut self, claims: &TrainClaims, history: &[EpochEnd], host: &dyn Host) -> Result<(), LabError> {
        let mut inputs = vec![Input::new("spec", self.prepared.lock.training_digest()?)];
        inputs.extend(self.prepared_digest.map(|digest| Input::new(Kind::DataPrepared.name(), digest)));
        let durations = [("seconds".to_owned(), history.iter().map(|epoch| epoch.seconds).sum())].into();
        self.train_digest = Some(self.statements.make(host, Kind::TrainRun, claims, inputs, durations)?);
        Ok(())
    }

    /// Measures the model on a split, and judges the criteria on it. `test_reads` counts this reading, if it is test.
    pub(crate) fn judge(
        &mut self,
        split: Split,
        trained: &mut Trained,
        test_reads: Option<u64>,
        host: &dyn Host,
    ) -> Result<Option<Judged>, LabError> {
        let (Some(prepared), Some(model)) = (&self.prepared.preparation.prepared, &self.prepared.model) else {
            return Ok(None);
        };
        let started = host.seconds();
        let evaluation = evaluate_on(self.spec, model, prepared, split, trained, executor(host))?;
        let inputs = [(Kind::TrainRun, self.train_digest), (Kind::DataPrepared, self.prepared_digest)];
        let inputs = inputs.into_iter().filter_map(|(kind, digest)| Some(Input::new(kind.name(), digest?))).collect();
        let claims = statements::evaluation_claims(split, &evaluation, test_reads);
        let durations = [("seconds".to_owned(), host.seconds() - started)].into();
        let digest = self.statements.make(host, Kind::EvalResult, &claims, inputs, durations)?;
        let decision = self.chain().decide(split);
        if let Some(decision) = &decision {
            let mut inputs = vec![Input::new(Kind::EvalResult.name(), digest)];
            inputs.extend(self.spec_digest.map(|digest| Input::new(Kind::RunSpec.name(), digest)));
            let folds = self.cross_validation_digest;
            inputs.extend(folds.map(|digest| Input::new(Kind::EvalCrossValidation.name(), digest)));
            let claims = DecisionClaims { split, decision: decision.clone() };
            self.statements.make(host, Kind::AcceptDecision, &claims, inputs, BTreeMap::new())?;
        }
        Ok(Some(Judged { evaluation, decision }))
    }

    /// The study that chose this run.
    pub(crate) fn study(&mut self, claims: &StudyClaims, host: &dyn Host) -> Result<(), LabError> {
        self.statements.make(host, Kind::TuneStudy, claims, study_inputs(claims), BTreeMap::new())?;
        Ok(())
    }

    /// What was stated so far.
    pub(crate) fn chain(&self) -> Chain {
        Chain::of(&self.statements.made).0
    }

    /// The model file: the parameters, and what treats a new image as the training images were treated.
    pub(crate) fn model_file(&self, state: &StateBlock) -> Vec<u8> {
        let PreparedRun { preparation, lock, .. } = self.prepared;
        let spec = Lock::spec_value(self.spec);
        // Where it is not said, the model is one of classes.
        let target = match self.spec.train.loss.target() {
            LossTarget::Embedding => Some("embedding"),
            LossTarget::Sequence => Some("sequence"),
            LossTarget::Class | LossTarget::Binary | LossTarget::Number => None,
        };
        let target = target.map(|target| ("target".to_owned(), target.to_owned()));
        let metadata = [
            ("format".to_owned(), "proofmark".to_owned()),
            ("numerics_version".to_owned(), NUMERICS_VERSION.to_string()),
            ("model".to_owned(), spec.get("model").map(ToString::to_string).unwrap_or_default()),
            ("classes".to_owned(), serde_json::json!(lock.classes).to_string()),
            // `predict` needs nothing but this file.
            ("feature".to_owned(), serde_json::json!(preparation.report.feature).to_string()),
        ]
        .into_iter()
        .chain(target)
        .collect();
        model_file::write(state, &metadata)
    }
}

/// The step at which a training diverged, if that is why it stopped.
pub(crate) fn diverged_at(error: &TrainError) -> Option<u64> {
    match error {
        TrainError::LossNotFinite { step, .. }
        | TrainError::GradientNotFinite { step, .. }
        | TrainError::StateNotFinite { step, .. } => Some(*step),
        _ => None,
    }
}

/// The CPU executor as the host wants it.
pub(crate) fn executor(host: &dyn Host) -> CpuExecutor {
    let executor = CpuExecutor { level: host.level(), ..CpuExecutor::new(host.threads()) };
    let (numerator, denominator) = MEMORY_SHARE;
    match host.memory_bytes() {
        Some(bytes) => {
            let limit = bytes / denominator * numerator;
            CpuExecutor { memory_limit_bytes: usize::try_from(limit).unwrap_or(usize::MAX), ..executor }
        }
        None => executor,
    }
}

/// How many of the worst mistakes are kept for the report.
const MAX_MISTAKES: usize = 24;

/// Measures a model on a split.
fn evaluate_on(
    spec: &RunSpec,
    model: &CheckedModel,
    prepared: &Prepared,
    split: Split,
    trained: &mut Trained,
    executor: CpuExecutor,
) -> Result<Evaluation, LabError> {
    let options = PlanOptions { shard_samples: spec.train.shard_size, ..PlanOptions::default() };
    let executor = CpuExecutor { options, ..executor };
    let evaluator = match &mut trained.evaluator {
        Some(evaluator) => evaluator,
        none => none.insert(Evaluator::new(model, &spec.train.loss, executor, &trained.state)?),
    };
    let set = if split == Split::Test { &prepared.test } else { &prepared.validation };
    let predictions = evaluator.evaluate(&mut trained.state, set, |_| {})?;
    let threshold = threshold_of(spec, prepared, split, evaluator, &mut trained.state)?;
    Ok(evaluate(
        &predictions,
        &EvaluationOptions {
            metrics: &spec.evaluate.metrics,
            slice_by: spec.evaluate.slices.first().map(String::as_str),
            classes: &prepared.classes,
            majority_class: majority_class(&prepared.train, prepared.classes.len()),
            seed: spec.seed,
            threshold,
            max_mistakes: MAX_MISTAKES,
        },
    ))
}

/// The distance that pairs of test are judged by, chosen on pairs of validation; `None` where nothing is, or on validation itself.
pub(crate) fn threshold_of(
    spec: &RunSpec,
    prepared: &Prepared,
    split: Split,
    evaluator: &mut Evaluator,
    state: &mut StateBlock,
) -> Result<Option<f64>, PredictError> {
    let is_asked = spec.evaluate.metrics.contains(&Metric::VerificationAccuracy) && split == Split::Test;
    if !is_asked || prepared.validation.is_empty() {
        return Ok(None);
    }
    let said = evaluator.evaluate(state, &prepared.validation, |_| {})?;
    Ok(verification_threshold(&said, spec.seed))
}

/// The most frequent class, the first of equals.
pub(crate) fn majority_class(set: &PreparedSet, classes: usize) -> usize {
    let mut counts = vec![0u64; classes.max(1)];
    for label in set.labels() {
        if let Some(count) = usize::try_from(*label).ok().and_then(|label| counts.get_mut(label)) {
            *count += 1;
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    counts.iter().position(|count| *count == most).unwrap_or(0)
}
