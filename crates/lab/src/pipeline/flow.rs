//! A run from its lock to its verdict.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proofmark_data::Prepared;
use proofmark_evidence::{Digest, Statement};
use proofmark_govern::acceptance;
use proofmark_model::CheckedModel;
use proofmark_report::{Outcome, Split, Stage};
use proofmark_store::{EventLog, OpenRun, RunFile, RunFolder, State, StoreError};
use proofmark_train::checkpoint::Checkpoint;
use proofmark_train::training::TrainingInput;
use proofmark_train::{EpochEnd, Event as TrainEvent, StopReason, TrainError, Trained};

use super::cross_validate::{KeptFolds, cross_validate};
use super::measure::{Measuring, diverged_at, executor};
use super::{PreparedRun, RunResult, append};
use crate::claims::StudyClaims;
use crate::error::LabError;
use crate::host::{Host, Observation};
use crate::record::{FolderRecorder, PipelineEvent, Record, RunEvent, Watch};
use crate::report_data::{self, Story};
use crate::run_spec::RunSpec;
use crate::spec::read::Read;

/// A run from its lock on.
pub(crate) struct Flow<'a> {
    pub(crate) read: &'a Read<RunSpec>,
    pub(crate) open: &'a OpenRun,
    pub(crate) started: f64,
    pub(crate) prepared: PreparedRun,
}

/// What a run is for.
pub(crate) enum Purpose<'a> {
    /// To be judged.
    Verdict,
    /// To be measured on validation, watched by its study; the test split is not for it.
    Trial(&'a mut dyn Watch),
    /// To be judged, as the trial that a study chose.
    Candidate(&'a StudyClaims),
}

impl Flow<'_> {
    /// The rest of the flow; an error is written into the run's status and report before it is passed on.
    pub(crate) fn finish_or_fail(
        &self,
        mut log: EventLog,
        purpose: Purpose<'_>,
        checkpoint: Option<Checkpoint>,
        test_reads: u64,
        host: &mut dyn Host,
    ) -> Result<RunResult, LabError> {
        let mut story = Story::new(&self.prepared, self.open.id());
        story.test_reads = test_reads;
        let mut measuring = Measuring::new(&self.read.value, &self.prepared, Some(self.open));
        let result = self.flow(&mut log, purpose, checkpoint, &mut story, &mut measuring, host);
        if let Err(error) = &result {
            if let LabError::Train(cause) = error
                && let Some(step) = diverged_at(cause)
            {
                story.outcome = Some(Outcome::TrainingFailed);
                // The error itself is what the person must see; a report that cannot be written adds nothing.
                let _ = measuring
                    .diverged(&story.epochs, step, host)
                    .and_then(|()| self.report(&mut log, &mut story, &measuring.statements.made, host));
            }
            let _ = self.open.finish(State::Failed);
        }
        result
    }

    fn flow(
        &self,
        log: &mut EventLog,
        purpose: Purpose<'_>,
        checkpoint: Option<Checkpoint>,
        story: &mut Story<'_>,
        measuring: &mut Measuring<'_>,
        host: &mut dyn Host,
    ) -> Result<RunResult, LabError> {
        let (watch, study) = match purpose {
            Purpose::Verdict => (None, None),
            Purpose::Trial(watch) => (Some(watch), None),
            Purpose::Candidate(study) => (None, Some(study)),
        };
        let is_trial = watch.is_some();
        measuring.data(host)?;
        story.stage(Stage::Ingest, host.seconds() - self.started);
        let (Some(prepared), Some(model)) = (&self.prepared.preparation.prepared, &self.prepared.model) else {
            return self.end(log, story, measuring, Outcome::DataRefused, host);
        };
        // Of a study's trials, only the one that it chose is worth its folds.
        if !is_trial && !self.cross_validate(log, story, measuring, host)? {
            self.open.finish(State::Interrupted)?;
            return Ok(self.result(story, None, None, host));
        }
        let training_digest = self.prepared.lock.training_digest()?;
        let mut trained = match self.train(log, watch, checkpoint, prepared, model, &training_digest, story, host)? {
            Some(trained) => trained,
            None => {
                self.open.finish(State::Interrupted)?;
                return Ok(self.result(story, None, None, host));
            }
        };
        let model_file = measuring.model_file(&trained.state);
        self.open.write(RunFile::Model, &model_file)?;
        let model_digest = Digest::of(&model_file);
        story.model_digest = Some(model_digest);
        measuring.trained(&story.epochs, &trained, model_digest, host)?;
        if let Some(study) = study {
            measuring.study(study, host)?;
        }
        if trained.reason == StopReason::Pruned {
            return self.end(log, story, measuring, Outcome::Pruned, host);
        }

        if !prepared.validation.is_empty() {
            let started = host.seconds();
            host.observe(Observation::Stage(Stage::Validate));
            story.judged = measuring.judge(Split::Validation, &mut trained, None, host)?;
            story.stage(Stage::Validate, host.seconds() - started);
            let decision = story.judged.as_ref().and_then(|judged| judged.decision.as_ref());
            match decision.map(|decision| decision.outcome).filter(|_| !is_trial) {
                None | Some(acceptance::Outcome::Accepted) => {}
                Some(acceptance::Outcome::Refused) => {
                    return self.end(log, story, measuring, Outcome::RefusedOnValidation, host);
                }
                Some(acceptance::Outcome::NoEvidence) => {
                    return self.end(log, story, measuring, Outcome::NoEvidence, host);
                }
            }
        }

        if is_trial {
            return self.end(log, story, measuring, Outcome::Tried, host);
        }
        let started = host.seconds();
        host.observe(Observation::Stage(Stage::Accept));
        // On record before it happens: a crash in between counts as a reading.
        append(log, host, PipelineEvent::TestRead)?;
        story.test_reads += 1;
        story.judged = measuring.judge(Split::Test, &mut trained, Some(story.test_reads), host)?;
        story.judged_on_test = true;
        story.stage(Stage::Accept, host.seconds() - started);
        let decision = story.judged.as_ref().and_then(|judged| judged.decision.as_ref());
        let outcome = match decision.map(|decision| decision.outcome) {
            Some(acceptance::Outcome::Accepted) => Outcome::Accepted,
            Some(acceptance::Outcome::Refused) => Outcome::Refused,
            Some(acceptance::Outcome::NoEvidence) => Outcome::NoEvidence,
            None => Outcome::NoCriterion,
        };
        self.end(log, story, measuring, outcome, host)
    }

    /// The folds that the spec asks for; false if the person interrupted them.
    fn cross_validate(
        &self,
        log: &mut EventLog,
        story: &mut Story<'_>,
        measuring: &mut Measuring<'_>,
        host: &mut dyn Host,
    ) -> Result<bool, LabError> {
        let spec = &self.read.value;
        if spec.cross_validation.is_none() {
            return Ok(true);
        }
        let started = host.seconds();
        let kept = KeptFolds { run: self.open, log };
        let Some(claims) = cross_validate(spec, &self.prepared, Some(kept), host)? else { return Ok(false) };
        let seconds = host.seconds() - started;
        measuring.cross_validated(&claims, seconds, host)?;
        story.cross_validation = claims.results();
        story.stage(Stage::CrossValidate, seconds);
        Ok(true)
    }

    /// Trains; `None` if the person interrupted it.
    #[allow(clippy::too_many_arguments)]
    fn train(
        &self,
        log: &mut EventLog,
        watch: Option<&mut dyn Watch>,
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
            watch: None,
            is_pruned: false,
        };
        if let Some(watch) = watch {
            // What was on record before this attempt: a crash may have come between the record and the watch's answer.
            for end in epochs_of(self.open)? {
                recorder.is_pruned = watch.epoch_ended(&end, recorder.host).map_err(TrainError::NotRecorded)?;
            }
            recorder.watch = Some(watch);
        }
        let result = proofmark_train::train(input, checkpoint, &mut recorder);
        story.epochs = epochs_of(self.open)?;
        story.stage(Stage::Train, host.seconds() - started);
        let trained = result?;
        Ok((trained.reason != StopReason::Interrupted).then_some(trained))
    }

    /// Writes report and status.
    fn end(
        &self,
        log: &mut EventLog,
        story: &mut Story<'_>,
        measuring: &Measuring<'_>,
        outcome: Outcome,
        host: &mut dyn Host,
    ) -> Result<RunResult, LabError> {
        story.outcome = Some(outcome);
        let report = self.report(log, story, &measuring.statements.made, host)?;
        self.open.finish(state_of(outcome))?;
        Ok(self.result(story, story.outcome, Some(report), host))
    }

    fn report(
        &self,
        log: &mut EventLog,
        story: &mut Story<'_>,
        statements: &[Statement],
        host: &mut dyn Host,
    ) -> Result<PathBuf, LabError> {
        story.seconds = host.seconds() - self.started;
        if let Some(outcome) = story.outcome {
            append(log, host, PipelineEvent::Ended { outcome })?;
        }
        let spec_text = String::from_utf8_lossy(&self.open.read(RunFile::Spec)?).into_owned();
        let data = report_data::fill(story, statements, spec_text, host);
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
            cross_validation: story.cross_validation.clone(),
            model_digest: story.model_digest.map(|digest| digest.hex()),
            train_seconds_per_epoch: story.seconds_per_epoch(),
            seconds: host.seconds() - self.started,
            report,
            study: None,
        }
    }
}

/// Where a run stands that came to this outcome.
pub(crate) fn state_of(outcome: Outcome) -> State {
    match outcome {
        Outcome::Accepted => State::Accepted,
        Outcome::NoCriterion | Outcome::Tried | Outcome::Pruned => State::Finished,
        Outcome::TrainingFailed => State::Failed,
        // What this version does not know was at least not accepted.
        _ => State::Refused,
    }
}

/// The epochs that a run has on record, one entry an epoch.
///
/// # Errors
/// [`StoreError::BadEvent`] for a line that cannot be read: epochs must not go missing.
pub(crate) fn epochs_of(run: &RunFolder) -> Result<Vec<EpochEnd>, StoreError> {
    let mut epochs: BTreeMap<u32, EpochEnd> = BTreeMap::new();
    for event in run.events::<Record>()? {
        if let RunEvent::Train(TrainEvent::EpochEnded(end)) = event?.value.event {
            epochs.insert(end.epoch, end);
        }
    }
    Ok(epochs.into_values().collect())
}
