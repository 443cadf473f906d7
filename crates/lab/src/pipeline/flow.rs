//! A run from its lock to its verdict.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proofmark_data::{Prepared, PreparedSet};
use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::plan::PlanOptions;
use proofmark_engine::{NUMERICS_VERSION, StateBlock};
use proofmark_evidence::{Claims, Digest, Input, Kind};
use proofmark_govern::acceptance::{self, accept, acceptance_schema};
use proofmark_model::{CheckedModel, model_file};
use proofmark_report::{Outcome, Stage};
use proofmark_store::{EventLog, OpenRun, RunFile, RunFolder, State};
use proofmark_train::checkpoint::Checkpoint;
use proofmark_train::metrics::{Evaluation, EvaluationOptions, evaluate};
use proofmark_train::predict::Evaluator;
use proofmark_train::training::{TrainingInput, parameters_digest};
use proofmark_train::{EpochEnd, Event as TrainEvent, StopReason, TrainError, Trained};

use super::{PreparedRun, RunResult, append};
use crate::error::LabError;
use crate::facts::{FactSources, facts};
use crate::host::{Host, Observation};
use crate::lock::Lock;
use crate::record::{FolderRecorder, PipelineEvent, Record, RunEvent};
use crate::report_data::{self, Story};
use crate::run_spec::RunSpec;
use crate::spec::read::Read;
use crate::statements::{self, Statements};

/// What a run says on the final model.
pub(crate) struct Judged {
    pub(crate) evaluation: Evaluation,
    pub(crate) digest: Digest,
    pub(crate) decision: Option<acceptance::Decision>,
}

/// A run from its lock on.
pub(super) struct Flow<'a> {
    pub(super) read: &'a Read<RunSpec>,
    pub(super) open: &'a OpenRun,
    pub(super) base: &'a Path,
    pub(super) started: f64,
    pub(super) prepared: PreparedRun,
}

impl Flow<'_> {
    /// The rest of the flow; an error is written into the run's status and report before it is passed on.
    pub(super) fn finish_or_fail(
        self,
        mut log: EventLog,
        checkpoint: Option<Checkpoint>,
        test_reads: u64,
        host: &mut dyn Host,
    ) -> Result<RunResult, LabError> {
        let mut story = Story::new(self.read, &self.prepared, self.open.id());
        story.test_reads = test_reads;
        let result = self.flow(&mut log, checkpoint, &mut story, host);
        if let Err(error) = &result {
            if let LabError::Train(cause) = error
                && let TrainError::LossNotFinite { step, .. }
                | TrainError::GradientNotFinite { step, .. }
                | TrainError::StateNotFinite { step, .. } = &**cause
            {
                story.outcome = Some(Outcome::TrainingFailed);
                story.diverged_at = Some(*step);
                // The error itself is what the person must see; a report that cannot be written adds nothing.
                let _ = self.report(&mut log, &mut story, host);
            }
            let _ = self.open.finish(State::Failed);
        }
        result
    }

    fn flow(
        &self,
        log: &mut EventLog,
        checkpoint: Option<Checkpoint>,
        story: &mut Story<'_>,
        host: &mut dyn Host,
    ) -> Result<RunResult, LabError> {
        let mut statements = Statements { run: self.open, subject: &self.read.value.name, made: Vec::new() };
        let prepared_digest = self.data_statements(&mut statements, host)?;
        story.stage(Stage::Ingest, host.seconds() - self.started);
        let (Some(prepared), Some(model)) = (&self.prepared.preparation.prepared, &self.prepared.model) else {
            story.outcome = Some(Outcome::DataRefused);
            return self.end(log, story, statements, State::Refused, None, host);
        };
        let training_digest = self.prepared.lock.training_digest()?;
        let mut trained = match self.train(log, checkpoint, prepared, model, &training_digest, story, host)? {
            Some(trained) => trained,
            None => {
                self.open.finish(State::Interrupted)?;
                return Ok(self.result(story, None, None, host));
            }
        };
        let model_digest = self.write_model(&trained.state)?;
        let inputs = vec![Input::new("spec", training_digest), Input::new(Kind::DataPrepared.name(), prepared_digest)];
        let claims = train_claims(story, &trained, model_digest);
        let durations = [("seconds".to_owned(), story.epochs.iter().map(|epoch| epoch.seconds).sum())].into();
        let train_digest = statements.make(host, Kind::TrainRun, claims, inputs, durations)?;
        let trained_on = TrainedOn { model, prepared, train_digest, prepared_digest };

        let validation = if prepared.validation.is_empty() {
            None
        } else {
            let started = host.seconds();
            host.observe(Observation::Stage(Stage::Validate));
            let judged = self.judge(
                "validation",
                &prepared.validation,
                &mut trained,
                &trained_on,
                None,
                story,
                &mut statements,
                host,
            )?;
            story.stage(Stage::Validate, host.seconds() - started);
            Some(judged)
        };
        if let Some(judged) = &validation
            && let Some(decision) = judged.decision.as_ref().filter(|d| d.outcome != acceptance::Outcome::Accepted)
        {
            story.outcome = Some(match decision.outcome {
                acceptance::Outcome::NoEvidence => Outcome::NoEvidence,
                _ => Outcome::RefusedOnValidation,
            });
            story.judged = validation;
            story.judged_on_test = false;
            return self.end(log, story, statements, State::Refused, Some(model_digest), host);
        }

        let started = host.seconds();
        host.observe(Observation::Stage(Stage::Accept));
        // On record before it happens: a crash in between counts as a reading.
        append(log, host, PipelineEvent::TestRead)?;
        story.test_reads += 1;
        let judged = self.judge(
            "test",
            &prepared.test,
            &mut trained,
            &trained_on,
            validation.as_ref(),
            story,
            &mut statements,
            host,
        )?;
        story.stage(Stage::Accept, host.seconds() - started);
        let (outcome, state) = match judged.decision.as_ref().map(|decision| decision.outcome) {
            Some(acceptance::Outcome::Accepted) => (Outcome::Accepted, State::Accepted),
            Some(acceptance::Outcome::Refused) => (Outcome::Refused, State::Refused),
            Some(acceptance::Outcome::NoEvidence) => (Outcome::NoEvidence, State::Refused),
            None => (Outcome::NoCriterion, State::Finished),
        };
        story.outcome = Some(outcome);
        story.judged = Some(judged);
        story.judged_on_test = true;
        self.end(log, story, statements, state, Some(model_digest), host)
    }

    /// The statements about the data; the digest of the one about the prepared tensors (or the gate's, if it said no).
    fn data_statements(&self, statements: &mut Statements<'_>, host: &mut dyn Host) -> Result<Digest, LabError> {
        let (report, lock) = (&self.prepared.preparation.report, &self.prepared.lock);
        let sources = statements::source_inputs(&lock.sources);
        let none = BTreeMap::new;
        let profile =
            statements.make(host, Kind::DataProfile, statements::profile_claims(report), sources.clone(), none())?;
        let mut inputs = vec![Input::new(Kind::DataProfile.name(), profile)];
        if let Some(gate) = &report.gate {
            for round in &gate.rounds {
                let claims = statements::cleaning_claims(round);
                let digest = statements.make(host, Kind::DataCleaning, claims, inputs.clone(), none())?;
                inputs.push(Input::new(Kind::DataCleaning.name(), digest));
            }
            let digest =
                statements.make(host, Kind::DataGate, statements::gate_claims(gate), inputs.clone(), none())?;
            inputs.push(Input::new(Kind::DataGate.name(), digest));
        }
        if lock.prepared.is_empty() {
            return Ok(profile);
        }
        let mut claims = Claims::new();
        for (split, digest) in &lock.prepared {
            claims.insert(split.clone(), digest.as_str());
        }
        inputs.extend(sources);
        statements.make(host, Kind::DataPrepared, claims, inputs, none())
    }

    /// Trains; `None` if the person interrupted it.
    #[allow(clippy::too_many_arguments)]
    fn train(
        &self,
        log: &mut EventLog,
        checkpoint: Option<Checkpoint>,
        prepared: &Prepared,
        model: &CheckedModel,
        training_digest: &Digest,
        story: &mut Story<'_>,
        host: &mut dyn Host,
    ) -> Result<Option<Trained>, LabError> {
        host.observe(Observation::Stage(Stage::Train));
        let spec = &self.read.value;
        let started = host.seconds();
        let executor = executor(host);
        let training_digest = training_digest.to_string();
        let input = TrainingInput {
            model,
            spec: &spec.train,
            train: &prepared.train,
            validation: &prepared.validation,
            seed: spec.seed,
            training_digest: &training_digest,
            executor,
            stop_after: None,
        };
        let mut recorder = FolderRecorder {
            run: self.open,
            log: &mut *log,
            host: &mut *host,
            epochs: spec.train.epochs,
            samples: prepared.train.len(),
        };
        let result = proofmark_train::train(input, checkpoint, &mut recorder);
        story.epochs = epochs_of(self.open)?;
        story.stage(Stage::Train, host.seconds() - started);
        let trained = result?;
        story.stopped = Some(trained.reason);
        story.best_epoch = trained.best_epoch;
        Ok((trained.reason != StopReason::Interrupted).then_some(trained))
    }

    fn write_model(&self, state: &StateBlock) -> Result<Digest, LabError> {
        let spec = Lock::spec_value(&self.read.value);
        let metadata = [
            ("format".to_owned(), "proofmark".to_owned()),
            ("numerics_version".to_owned(), NUMERICS_VERSION.to_string()),
            ("model".to_owned(), spec.get("model").map(ToString::to_string).unwrap_or_default()),
            ("classes".to_owned(), serde_json::json!(self.prepared.lock.classes).to_string()),
            // What treats a new image as the training images were treated: `predict` needs nothing but this file.
            ("feature".to_owned(), serde_json::json!(self.prepared.preparation.report.feature).to_string()),
        ]
        .into();
        let bytes = model_file::write(state, &metadata);
        self.open.write(RunFile::Model, &bytes)?;
        Ok(Digest::of(&bytes))
    }

    /// Measures the model on a split, and judges the criteria on it.
    #[allow(clippy::too_many_arguments)]
    fn judge(
        &self,
        split: &str,
        set: &PreparedSet,
        trained: &mut Trained,
        on: &TrainedOn<'_>,
        validation: Option<&Judged>,
        story: &mut Story<'_>,
        statements: &mut Statements<'_>,
        host: &mut dyn Host,
    ) -> Result<Judged, LabError> {
        let spec = &self.read.value;
        let started = host.seconds();
        let evaluation = evaluate_on(spec, on.model, on.prepared, set, trained, executor(host))?;
        let inputs =
            vec![Input::new(Kind::TrainRun.name(), on.train_digest), Input::new("data.prepared", on.prepared_digest)];
        let claims = statements::evaluation_claims(split, &evaluation, story.test_reads);
        let durations = [("seconds".to_owned(), host.seconds() - started)].into();
        let digest = statements.make(host, Kind::EvalResult, claims, inputs, durations)?;
        let decision = match &spec.accept {
            None => None,
            Some(accept_spec) => {
                // It compiled when the spec was read.
                let criteria = accept_spec.compile(&acceptance_schema()).unwrap_or_default();
                let text = digest.to_string();
                let validation_digest = validation.map(|judged| judged.digest.to_string());
                let raw = &self.prepared.preparation.report.raw;
                let facts = facts(&FactSources {
                    judged: &evaluation,
                    evidence: &text,
                    validation: validation
                        .zip(validation_digest.as_deref())
                        .map(|(judged, digest)| (&judged.evaluation, digest))
                        .or((split == "validation").then_some((&evaluation, text.as_str()))),
                    rows: [
                        on.prepared.train.len() as u64,
                        on.prepared.validation.len() as u64,
                        on.prepared.test.len() as u64,
                    ],
                    source_rows: raw.source.rows + raw.test_source.rows,
                    dropped_share: story.dropped_rows() as f64 / raw.source.rows.max(1) as f64,
                    test_reads: story.test_reads,
                    epochs: [trained.epochs, trained.best_epoch],
                    parameters: on.model.summary().parameters(),
                });
                let decision = accept(&criteria, &facts);
                let inputs = vec![Input::new(Kind::EvalResult.name(), digest)];
                let claims = statements::decision_claims(split, &decision);
                statements.make(host, Kind::AcceptDecision, claims, inputs, BTreeMap::new())?;
                Some(decision)
            }
        };
        Ok(Judged { evaluation, digest, decision })
    }

    /// Writes report and status.
    fn end(
        &self,
        log: &mut EventLog,
        story: &mut Story<'_>,
        statements: Statements<'_>,
        state: State,
        model_digest: Option<Digest>,
        host: &mut dyn Host,
    ) -> Result<RunResult, LabError> {
        story.evidence = statements.made;
        story.model_digest = model_digest;
        let report = self.report(log, story, host)?;
        self.open.finish(state)?;
        Ok(self.result(story, story.outcome, Some(report), host))
    }

    fn report(&self, log: &mut EventLog, story: &mut Story<'_>, host: &mut dyn Host) -> Result<PathBuf, LabError> {
        story.seconds = host.seconds() - self.started;
        if let Some(outcome) = story.outcome {
            append(log, host, PipelineEvent::Ended { outcome })?;
        }
        let spec_text = String::from_utf8_lossy(&self.open.read(RunFile::Spec)?).into_owned();
        let data = report_data::fill(story, spec_text, self.base, host);
        let html = proofmark_report::render(&data, host.lang());
        self.open.write(RunFile::Report, html.as_bytes())?;
        Ok(self.open.file_path(RunFile::Report))
    }

    fn result(
        &self,
        story: &Story<'_>,
        outcome: Option<Outcome>,
        report: Option<PathBuf>,
        host: &dyn Host,
    ) -> RunResult {
        RunResult {
            run: self.open.id().to_owned(),
            folder: self.open.path().to_owned(),
            outcome,
            decision: story.judged.as_ref().and_then(|judged| judged.decision.clone()),
            metrics: story.judged.as_ref().map(|judged| judged.evaluation.metrics.clone()).unwrap_or_default(),
            model_digest: story.model_digest.map(|digest| digest.hex()),
            train_seconds_per_epoch: story.seconds_per_epoch(),
            seconds: host.seconds() - self.started,
            report,
        }
    }
}

/// What an evaluation stands on.
struct TrainedOn<'a> {
    model: &'a CheckedModel,
    prepared: &'a Prepared,
    train_digest: Digest,
    prepared_digest: Digest,
}

/// The CPU executor as the host wants it.
pub(crate) fn executor(host: &dyn Host) -> CpuExecutor {
    CpuExecutor { level: host.level(), ..CpuExecutor::new(host.threads()) }
}

/// How many of the worst mistakes are kept for the report.
const MAX_MISTAKES: usize = 24;

/// Measures a model on a set.
pub(crate) fn evaluate_on(
    spec: &RunSpec,
    model: &CheckedModel,
    prepared: &Prepared,
    set: &PreparedSet,
    trained: &mut Trained,
    executor: CpuExecutor,
) -> Result<Evaluation, LabError> {
    let options = PlanOptions { shard_samples: spec.train.shard_size, ..PlanOptions::default() };
    let executor = CpuExecutor { options, ..executor };
    let mut evaluator = Evaluator::new(model, &spec.train.loss, executor, &trained.state)?;
    let predictions = evaluator.evaluate(&mut trained.state, set, |_| {})?;
    Ok(evaluate(
        &predictions,
        &EvaluationOptions {
            metrics: &spec.evaluate.metrics,
            slice_by: spec.evaluate.slices.first().map(String::as_str),
            classes: &prepared.classes,
            majority_class: majority_class(&prepared.train, prepared.classes.len()),
            seed: spec.seed,
            max_mistakes: MAX_MISTAKES,
        },
    ))
}

/// The most frequent class, the first of equals.
fn majority_class(set: &PreparedSet, classes: usize) -> usize {
    let mut counts = vec![0u64; classes.max(1)];
    for label in set.labels() {
        if let Some(count) = usize::try_from(*label).ok().and_then(|label| counts.get_mut(label)) {
            *count += 1;
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    counts.iter().position(|count| *count == most).unwrap_or(0)
}

/// The epochs that a run has on record, one entry an epoch.
pub(crate) fn epochs_of(run: &RunFolder) -> Result<Vec<EpochEnd>, LabError> {
    let mut epochs: BTreeMap<u32, EpochEnd> = BTreeMap::new();
    for event in run.events::<Record>()?.flatten() {
        if let RunEvent::Train(TrainEvent::EpochEnded(end)) = event.value.event {
            epochs.insert(end.epoch, end);
        }
    }
    Ok(epochs.into_values().collect())
}

fn train_claims(story: &Story<'_>, trained: &Trained, model_digest: Digest) -> Claims {
    let digests = story.epochs.iter().map(|epoch| epoch.parameters_digest.as_str().into()).collect();
    Claims::new()
        .with("epochs", trained.epochs)
        .with("best_epoch", trained.best_epoch)
        .with("stopped", statements::claim_of(&serde_json::json!(trained.reason)))
        .with("parameters_by_epoch", proofmark_evidence::Claim::List(digests))
        .with("parameters", parameters_digest(&trained.state))
        .with("model", model_digest)
}
