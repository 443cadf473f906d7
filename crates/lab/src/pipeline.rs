//! The flow: ingest, split, gate with its cleaning loop, train, validate, accept, test once.
//!
//! Every stage leaves a record: events as they happen, statements of what was measured, a report at the end, whatever the
//! end is. What decides is the lock and nothing else; times and machines stand in events and envelopes only.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proofmark_data::{DataError, Preparation, Prepared, PreparedSet, gate, prepare};
use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::plan::{PlanOptions, plan};
use proofmark_engine::{NUMERICS_VERSION, StateBlock};
use proofmark_evidence::{Claims, Digest, Input, Kind};
use proofmark_govern::acceptance::{self, accept, acceptance_schema};
use proofmark_messages::{Lang, Localize, display_in_english, lab as say};
use proofmark_model::{CheckedModel, ModelError, Target, model_file};
use proofmark_report::{Outcome, Stage};
use proofmark_store::{EventLog, OpenRun, RunFile, RunFolder, Runs, State, StoreError};
use proofmark_train::checkpoint::{self, Checkpoint};
use proofmark_train::metrics::{Evaluation, EvaluationOptions, Measured, evaluate};
use proofmark_train::predict::Predictor;
use proofmark_train::training::{TrainingInput, parameters_digest};
use proofmark_train::{EpochEnd, Event as TrainEvent, StopReason, TrainError, Trained};

use crate::error::LabError;
use crate::facts::{FactSources, facts};
use crate::host::{Host, Observation};
use crate::lock::{self, Lock, first_difference};
use crate::record::{FolderRecorder, PipelineEvent, Record, RunEvent, timestamp};
use crate::report_data::{self, Story};
use crate::run_spec::RunSpec;
use crate::spec::canonical::to_yaml;
use crate::spec::diagnostic::Diagnostics;
use crate::spec::read::{Read, read};
use crate::statements::{self, Statements};

/// A spec as it was found: its text, where it stands, and what the command line changes in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecSource {
    /// The file's name, for messages.
    pub file_name: String,
    /// Its text.
    pub text: String,
    /// The folder that paths in the spec are relative to.
    pub base: PathBuf,
    /// `path.to.key=value`, applied in order.
    pub overrides: Vec<String>,
}

/// A run before its training.
#[derive(Debug)]
pub struct PreparedRun {
    /// What became of the data.
    pub preparation: Preparation,
    /// The model; `None` if the gate refused the data.
    pub model: Option<CheckedModel>,
    /// Everything resolved.
    pub lock: Lock,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// The run's id.
    pub run: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The verdict; `None` if the person interrupted it.
    pub outcome: Option<Outcome>,
    /// The acceptance's decision, if it came to one.
    pub decision: Option<acceptance::Decision>,
    /// What was measured, on test, or on validation if the test split was not read.
    pub metrics: Vec<Measured>,
    /// SHA-256 of the model file.
    pub model_digest: Option<String>,
    /// Mean training time of an epoch.
    pub train_seconds_per_epoch: Option<f64>,
    /// The whole attempt.
    pub seconds: f64,
    /// The report, where there is one.
    pub report: Option<PathBuf>,
}

/// Reads a spec and checks everything that can be said without the data.
///
/// # Errors
/// [`LabError::Spec`] with all problems at once.
pub fn read_spec(source: &SpecSource) -> Result<Read<RunSpec>, LabError> {
    let read = read::<RunSpec>(&source.file_name, &source.text, &source.overrides)?;
    let spec = &read.value;
    let mut entries = Vec::new();
    for problem in proofmark_data::spec::check(&spec.data, &spec.quality) {
        let error = DataError::Spec(problem);
        entries.push(read.diagnostic(&error.key().unwrap_or_default(), error));
    }
    let target = &spec.data.target.name;
    for (idx, column) in spec.evaluate.slices.iter().enumerate().filter(|(_, column)| *column != target) {
        let error = UnknownSlice { column: column.clone(), target: target.clone() };
        entries.push(read.diagnostic(&format!("evaluate.slices[{idx}]"), error));
    }
    if let Some(Err(error)) = spec.accept.as_ref().map(|accept| accept.compile(&acceptance_schema())) {
        let is_list = matches!(read.tree.at("accept").map(|node| &node.value), Some(crate::spec::tree::NodeValue::List(_)));
        for problem in error.problems {
            let path = if is_list { format!("accept[{}]", problem.idx) } else { "accept".to_owned() };
            entries.push(read.diagnostic(&path, problem.error));
        }
    }
    if let Err(errors) = spec.train.schedule.check("train.schedule") {
        entries.extend(errors.into_vec().into_iter().map(|error| read.diagnostic(&error.path.clone(), error)));
    }
    if let Some(feature) = spec.data.features.first() {
        let columns = proofmark_data::ColumnNames { feature: feature.name.clone(), target: target.clone() };
        for error in gate::rules(&spec.quality, &columns).err().into_iter().flatten() {
            let path = match &error {
                DataError::Rule { rule_idx, .. } => format!("quality.require[{rule_idx}]"),
                _ => "quality".to_owned(),
            };
            entries.push(read.diagnostic(&path, error));
        }
    }
    if entries.is_empty() { Ok(read) } else { Err(Diagnostics { file: source.file_name.clone(), entries }.into()) }
}

/// Prepares the data, fits the model to them, and resolves everything. Trains nothing.
///
/// # Errors
/// Data that cannot be used; a model that does not fit them.
pub fn prepare_run(read: &Read<RunSpec>, base: &Path, host: &mut dyn Host) -> Result<PreparedRun, LabError> {
    let spec = &read.value;
    host.observe(Observation::Stage(Stage::Ingest));
    let preparation =
        prepare(&spec.data, &spec.quality, base, spec.seed, &mut |progress| host.observe(Observation::Data(progress)))
            .map_err(|error| match error.key() {
                Some(key) => read.diagnostics([(key, error)]).into(),
                None => LabError::Data(error),
            })?;
    let mut lock = Lock {
        format: lock::FORMAT,
        numerics_version: NUMERICS_VERSION,
        spec: Lock::spec_value(spec),
        sources: preparation
            .report
            .sources
            .iter()
            .flat_map(|part| {
                part.files.iter().map(move |file| (format!("{}/{}", part.part, file.name), file.sha256.to_string()))
            })
            .collect(),
        classes: preparation.report.classes.clone(),
        prepared: BTreeMap::new(),
        plan: String::new(),
    };
    let Some(prepared) = &preparation.prepared else { return Ok(PreparedRun { preparation, model: None, lock }) };
    for (name, set) in [("train", &prepared.train), ("validation", &prepared.validation), ("test", &prepared.test)] {
        lock.prepared.insert(name.to_owned(), set.digest().to_string());
    }
    let shape = prepared.train.feature_shape().clone();
    let model = check_model(read, shape, prepared.classes.len())?;
    lock.plan = plan_digest(spec, &model, prepared.train.len())?;
    Ok(PreparedRun { model: Some(model), preparation, lock })
}

/// Fits the model to the shape of a sample and the number of classes, and the training to the model.
///
/// # Errors
/// [`LabError::Spec`] with everything that does not fit.
pub fn check_model(
    read: &Read<RunSpec>,
    shape: proofmark_tensor::Shape,
    classes: usize,
) -> Result<CheckedModel, LabError> {
    let spec = &read.value;
    let places = |errors: Vec<ModelError>| -> LabError {
        read.diagnostics(errors.into_iter().map(|error| (error.path.clone(), error))).into()
    };
    let model = CheckedModel::new(&spec.model, shape, Target::Category { classes })
        .map_err(|errors| places(errors.into_vec()))?;
    model
        .training_graph(&spec.train.loss, &spec.train.optimizer, &spec.train.regularization, spec.train.clip)
        .map_err(|errors| places(errors.into_vec()))?;
    Ok(model)
}

fn plan_digest(spec: &RunSpec, model: &CheckedModel, train_rows: usize) -> Result<String, LabError> {
    let train = &spec.train;
    let graph = model
        .training_graph(&train.loss, &train.optimizer, &train.regularization, train.clip)
        .map_err(TrainError::Model)?
        .graph;
    let options = PlanOptions { shard_samples: train.shard_size, ..PlanOptions::default() };
    let plan = plan(&graph, options, train.batch_size.min(train_rows));
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(text, "{graph}{}", plan.print(&graph));
    Ok(Digest::of(text.as_bytes()).hex())
}

/// Takes a spec through the whole flow, in the folder of a new run.
///
/// # Errors
/// [`LabError`]; a gate or an acceptance that says no is a result, not an error.
pub fn run(source: &SpecSource, runs: &Runs, host: &mut dyn Host) -> Result<RunResult, LabError> {
    let started = host.seconds();
    let read = read_spec(source)?;
    let prepared = prepare_run(&read, &source.base, host)?;
    let time = timestamp(host);
    let date = time.get(..10).unwrap_or_default();
    let open = runs.create(date, &read.value.name, prepared.lock.digest()?)?;
    // What was asked for: the user's own text, unless the command line changed it.
    let text = if source.overrides.is_empty() { source.text.clone() } else { to_yaml(&read.tree) };
    open.write(RunFile::Spec, text.as_bytes())?;
    open.write_json(RunFile::Lock, &prepared.lock)?;
    let mut log = open.event_log()?;
    attempt_started(&mut log, host, 1, &source.base)?;
    host.observe(Observation::Created { run: open.id() });
    let flow = Flow { read: &read, open: &open, base: &source.base, started, prepared };
    flow.finish_or_fail(log, None, 0, host)
}

/// Goes on with a run that was interrupted, from its newest whole checkpoint.
///
/// # Errors
/// [`LabError::NothingToResume`]; [`LabError::LockDiffers`] if spec, data or program changed since.
pub fn resume(folder: &RunFolder, host: &mut dyn Host) -> Result<RunResult, LabError> {
    let started = host.seconds();
    let open = folder.open()?;
    match open.status()?.state {
        State::Finished | State::Accepted | State::Refused => {
            return Err(LabError::NothingToResume { run: open.id().to_owned() });
        }
        State::Running | State::Interrupted | State::Failed => {}
    }
    let base = base_of(&open, None)?;
    let read = read_spec(&spec_source(&open, base.clone())?)?;
    let prepared = prepare_run(&read, &base, host)?;
    let before: Lock = open.read_json(RunFile::Lock)?;
    check_same(&before, &prepared.lock)?;
    let checkpoint = newest_checkpoint(&open, host)?;
    let mut log = open.event_log()?;
    let test_reads = cut_events(&open, &mut log, checkpoint.as_ref())?;
    let attempt = open.start_attempt()?;
    attempt_started(&mut log, host, attempt, &base)?;
    host.observe(Observation::Created { run: open.id() });
    let flow = Flow { read: &read, open: &open, base: &base, started, prepared };
    flow.finish_or_fail(log, checkpoint, test_reads, host)
}

/// The spec of a run as its folder keeps it.
pub(crate) fn spec_source(run: &RunFolder, base: PathBuf) -> Result<SpecSource, LabError> {
    let text = String::from_utf8_lossy(&run.read(RunFile::Spec)?).into_owned();
    let file_name = run.file_path(RunFile::Spec).display().to_string();
    Ok(SpecSource { file_name, text, base, overrides: Vec::new() })
}

/// The folder that a run's paths are relative to: given, or as its first attempt recorded it.
pub(crate) fn base_of(run: &RunFolder, given: Option<&Path>) -> Result<PathBuf, LabError> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    let recorded = run.events::<Record>()?.find_map(|event| match event.ok()?.value.event {
        RunEvent::Pipeline(PipelineEvent::AttemptStarted { base, .. }) => Some(PathBuf::from(base)),
        _ => None,
    });
    recorded.ok_or_else(|| LabError::BaseUnknown { run: run.id().to_owned() })
}

/// Whether what was resolved now is what the run began with.
pub(crate) fn check_same(before: &Lock, now: &Lock) -> Result<(), LabError> {
    if before.numerics_version != now.numerics_version {
        return Err(LabError::NumericsDiffer { was: before.numerics_version, is: now.numerics_version });
    }
    match first_difference(&before.to_value(), &now.to_value()) {
        Some(difference) => Err(LabError::LockDiffers(difference)),
        None => Ok(()),
    }
}

fn newest_checkpoint(open: &OpenRun, host: &mut dyn Host) -> Result<Option<Checkpoint>, LabError> {
    for saved in open.checkpoints()? {
        let path = saved.path.display().to_string();
        let cause: Box<dyn Localize> = match saved.read() {
            Ok(bytes) => match checkpoint::decode(&bytes) {
                Ok(checkpoint) => return Ok(Some(checkpoint)),
                Err(error) => Box::new(error),
            },
            Err(error @ (StoreError::DamagedCheckpoint { .. } | StoreError::NotACheckpoint { .. })) => Box::new(error),
            Err(error) => return Err(error.into()),
        };
        let skipped = Skipped { path, cause: [Lang::En, Lang::ZhCn].map(|lang| cause.text(lang)) };
        host.observe(Observation::Notice(&skipped));
    }
    Ok(None)
}

/// Cuts the events back to the checkpoint, except that a reading of the test split stays on record; how many there were.
fn cut_events(open: &OpenRun, log: &mut EventLog, checkpoint: Option<&Checkpoint>) -> Result<u64, LabError> {
    let offset = checkpoint.map_or(0, |checkpoint| checkpoint.progress.event_offset);
    let mut reads = Vec::new();
    let mut first_attempt = None;
    for event in open.events::<Record>()?.flatten() {
        match &event.value.event {
            RunEvent::Pipeline(PipelineEvent::TestRead) => reads.push((event.start, event.value)),
            RunEvent::Pipeline(PipelineEvent::AttemptStarted { .. }) if first_attempt.is_none() => {
                first_attempt = Some((event.start, event.value));
            }
            _ => {}
        }
    }
    let count = reads.len() as u64;
    log.truncate_to(offset)?;
    for (start, record) in first_attempt.into_iter().chain(reads) {
        if start >= offset {
            log.append(&record)?;
        }
    }
    log.sync()?;
    Ok(count)
}

fn attempt_started(log: &mut EventLog, host: &dyn Host, attempt: u32, base: &Path) -> Result<(), LabError> {
    let event = PipelineEvent::AttemptStarted {
        attempt,
        base: base.display().to_string(),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        machine: host.machine(),
        threads: host.threads(),
        level: host.level().to_string(),
    };
    append(log, host, event)
}

fn append(log: &mut EventLog, host: &dyn Host, event: PipelineEvent) -> Result<(), LabError> {
    log.append(&Record { time: timestamp(host), event: RunEvent::Pipeline(event) })?;
    log.sync()?;
    Ok(())
}

/// What a run says on the final model.
pub(crate) struct Judged {
    pub(crate) evaluation: Evaluation,
    pub(crate) digest: Digest,
    pub(crate) decision: Option<acceptance::Decision>,
}

/// A run from its lock on.
struct Flow<'a> {
    read: &'a Read<RunSpec>,
    open: &'a OpenRun,
    base: &'a Path,
    started: f64,
    prepared: PreparedRun,
}

impl Flow<'_> {
    /// The rest of the flow; an error is written into the run's status and report before it is passed on.
    fn finish_or_fail(
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
            if let LabError::Train(TrainError::LossNotFinite { step, .. } | TrainError::GradientNotFinite { step, .. }) =
                error
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
        let inputs =
            vec![Input::new("spec", training_digest), Input::new(Kind::DataPrepared.name(), prepared_digest)];
        let claims = train_claims(story, &trained, model_digest);
        let durations = [("seconds".to_owned(), story.epochs.iter().map(|epoch| epoch.seconds).sum())].into();
        let train_digest = statements.make(host, Kind::TrainRun, claims, inputs, durations)?;
        let trained_on = TrainedOn { model, prepared, train_digest, prepared_digest };

        let validation = if prepared.validation.is_empty() {
            None
        } else {
            let started = host.seconds();
            host.observe(Observation::Stage(Stage::Validate));
            let judged =
                self.judge("validation", &prepared.validation, &mut trained, &trained_on, None, story, &mut statements, host)?;
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
        let judged =
            self.judge("test", &prepared.test, &mut trained, &trained_on, validation.as_ref(), story, &mut statements, host)?;
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
                let gate_dropped = story.dropped_rows();
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
                        gate_dropped,
                    ],
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
    let mut predictor = Predictor::new(model, CpuExecutor { options, ..executor }, &trained.state)?;
    let predictions = predictor.predict(&mut trained.state, set, |_| {})?;
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

/// A checkpoint that was skipped; the cause in both languages.
#[derive(Debug)]
struct Skipped {
    path: String,
    cause: [String; 2],
}

impl Localize for Skipped {
    fn text(&self, lang: Lang) -> String {
        let [en, zh] = &self.cause;
        say::checkpoint_skipped(lang, &self.path, if lang == Lang::En { en } else { zh })
    }
}

display_in_english!(Skipped);
impl std::error::Error for Skipped {}

/// A slice by a column that cannot be sliced by.
#[derive(Debug)]
struct UnknownSlice {
    column: String,
    target: String,
}

impl Localize for UnknownSlice {
    fn text(&self, lang: Lang) -> String {
        say::unknown_slice(lang, &self.column, &self.target)
    }
}

display_in_english!(UnknownSlice);
impl std::error::Error for UnknownSlice {}
