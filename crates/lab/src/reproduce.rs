//! Trains a run again and compares: the strongest evidence there is.
//!
//! What is on record is what the statements say, not the events. A whole reproduction makes every statement of the run
//! again, from the profile of the data to the decision, and compares them by name; so a figure that was rewritten together
//! with everything that speaks of it is found here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proofmark_engine::{NUMERICS_VERSION, StateBlock};
use proofmark_evidence::{Digest, Input, Kind, Statement};
use proofmark_messages::{Lang, Localize, display_in_english, lab as say};
use proofmark_report::{Split, Stage};
use proofmark_store::{RunFile, RunFolder, StoreError};
use proofmark_train::checkpoint::{self, Checkpoint};
use proofmark_train::training::TrainingInput;
use proofmark_train::{EpochEnd, Event, Progress, RecordError, Recorder, TrainError};
use serde::Serialize;
use serde_json::Value;

use crate::chain::Chain;
use crate::claims::{Stopped, TrainClaims};
use crate::error::LabError;
use crate::host::{Host, Observation};
use crate::lock::{Difference, Lock, first_difference};
use crate::pipeline::{
    Measuring, base_of, check_same, cross_validate, diverged_at, executor, prepare_run, read_spec, spec_source,
};
use crate::statements::Statements;
use crate::verify::parameters_of;

/// What to train again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReproduceOptions {
    /// Only this epoch, from 1, from the checkpoint before it; `None` for the whole run.
    pub epoch: Option<u32>,
    /// The folder that paths in the spec are relative to, where it is another one than the run recorded.
    pub base: Option<PathBuf>,
}

/// How it went.
#[derive(Debug)]
pub struct Reproduction {
    /// The run.
    pub run: String,
    /// The epochs that were trained again and are the same, from the first to the last.
    pub same: Vec<u32>,
    /// The first epoch that differs: the training stopped there.
    pub differs: Option<EpochDifference>,
    /// Whether the bytes of the model file are the same; `None` if no model was made again.
    pub same_model: Option<bool>,
    /// How many statements were made again and are the same.
    pub same_statements: usize,
    /// The first statement that came out otherwise.
    pub differing_statement: Option<StatementDifference>,
    /// Why the result is not in the run's evidence, where it is not.
    pub not_recorded: Option<StoreError>,
}

/// An epoch that came out otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochDifference {
    /// The epoch, from 1.
    pub epoch: u32,
    /// The digest of its parameters on record; empty if there is no such epoch on record.
    pub recorded: String,
    /// What came out; empty if the training ended before it.
    pub found: String,
}

/// A statement that came out otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementDifference {
    /// Its kind.
    pub kind: Kind,
    /// Where in it: the first difference; empty if there is no such statement on record.
    pub path: String,
    /// What is on record there.
    pub recorded: Value,
    /// What came out.
    pub found: Value,
}

impl Reproduction {
    /// Whether something was trained again, and all of it is the same.
    pub fn is_same(&self) -> bool {
        let has_compared = !self.same.is_empty() || self.same_statements > 0;
        has_compared && self.differs.is_none() && self.same_model != Some(false) && self.differing_statement.is_none()
    }
}

/// Trains a run, or one epoch of it, again from its folder alone (and its data), and compares the parameters after each
/// epoch with the statement of the training. Stops at the first that differs. The whole run: compares the model file byte
/// for byte, measures the model again (a reading of the test split whose result is on record already), and compares every
/// statement. What came out is added to the run's evidence, if its folder can be written.
///
/// # Errors
/// [`LabError::NumericsDiffer`] under another numerics version, [`LabError::LockDiffers`] if data or spec changed,
/// [`LabError::NotTrained`] for a run whose training did not come to its end, [`LabError::NoEpoch`],
/// [`LabError::NoKeptCheckpoint`], [`LabError::Checkpoint`], [`LabError::CheckpointAltered`]; [`LabError::Chain`] if the
/// statements on record contradict each other.
pub fn reproduce(
    folder: &RunFolder,
    options: &ReproduceOptions,
    host: &mut dyn Host,
) -> Result<Reproduction, LabError> {
    let started = host.seconds();
    let before: Lock = folder.read_json(RunFile::Lock)?;
    if before.numerics_version != NUMERICS_VERSION {
        return Err(LabError::NumericsDiffer { was: before.numerics_version, is: NUMERICS_VERSION });
    }
    // Before minutes of training: somebody at work in the folder is a reason to stop, a folder that is not ours is none.
    match folder.open() {
        Ok(_) => {}
        Err(error @ StoreError::Denied { .. }) => host.observe(Observation::Notice(&WillNotBeRecorded(error))),
        Err(error) => return Err(error.into()),
    }
    let recorded: Vec<Statement> = folder.evidence()?.into_iter().map(|(statement, _)| statement).collect();
    let (chain, problems) = Chain::of(&recorded);
    if let Some(problem) = problems.into_iter().next() {
        return Err(LabError::Chain(Box::new(problem)));
    }
    let Some(train) = &chain.train else { return Err(LabError::NotTrained { run: folder.id().to_owned() }) };
    let claims = &train.claims;
    let epochs = claims.epochs;
    if let Some(epoch) = options.epoch
        && !(1..=epochs).contains(&epoch)
    {
        return Err(LabError::NoEpoch { epoch, epochs });
    }
    let base = base_of(folder, options.base.as_deref())?;
    let read = read_spec(&spec_source(folder, base.clone())?)?;
    let mut prepared_run = prepare_run(&read, &base, host)?;
    prepared_run.lock.trial.clone_from(&before.trial);
    check_same(&before, &prepared_run.lock)?;
    let (Some(prepared), Some(model)) = (&prepared_run.preparation.prepared, &prepared_run.model) else {
        return Err(LabError::GateRefused);
    };
    let training_digest = prepared_run.lock.training_digest()?;
    let from = match options.epoch {
        None | Some(1) => None,
        Some(epoch) => {
            let graph = model.inference_graph().map_err(TrainError::Model)?.graph;
            Some(kept(folder, epoch - 1, claims, StateBlock::new(&graph))?)
        }
    };
    host.observe(Observation::Stage(Stage::Train));
    let digest_text = training_digest.to_string();
    let input = TrainingInput {
        model,
        spec: &read.value.train,
        train: &prepared.train,
        validation: &prepared.validation,
        seed: read.value.seed,
        training_digest: &digest_text,
        executor: executor(host),
        stop_after: options.epoch,
    };
    let mut comparer = Comparer {
        recorded: claims,
        history: Vec::new(),
        differs: None,
        host: &mut *host,
        epochs: read.value.train.epochs,
        samples: prepared.train.len(),
    };
    let result = proofmark_train::train(input, from, &mut comparer);
    let Comparer { history, mut differs, .. } = comparer;
    let mut reproduction = Reproduction {
        run: folder.id().to_owned(),
        same: history.iter().map(|end| end.epoch).filter(|epoch| is_not(*epoch, differs.as_ref())).collect(),
        differs: None,
        same_model: None,
        same_statements: 0,
        differing_statement: None,
        not_recorded: None,
    };
    // The comparer stops the training where it differs.
    let has_stopped = differs.is_some();
    let outcome = match result {
        Ok(_) if has_stopped => None,
        Ok(trained) => Some(Ok(trained)),
        Err(error) => match diverged_at(&error) {
            // That a training fails can be reproduced like its success.
            Some(step) => Some(Err((step, error))),
            None => return Err(error.into()),
        },
    };
    match (outcome, options.epoch) {
        (None, _) | (Some(Ok(_)), Some(_)) => {}
        (Some(Err((_, error))), Some(_)) => return Err(error.into()),
        (Some(outcome), None) => {
            let mut measuring = Measuring::new(&read.value, &prepared_run, None);
            measuring.data(host)?;
            // Only now: where the training differs there is nothing to compare the folds for.
            let has_folds = before.trial.is_none() || chain.cross_validation.is_some();
            if has_folds && let Some(claims) = cross_validate(&read.value, &prepared_run, None, host)? {
                measuring.cross_validated(&claims, 0.0, host)?;
            }
            match outcome {
                Ok(mut trained) => {
                    let model_file = measuring.model_file(&trained.state);
                    let is_same = folder.read(RunFile::Model).is_ok_and(|bytes| bytes == model_file);
                    reproduction.same_model = Some(is_same);
                    measuring.trained(&history, &trained, Digest::of(&model_file), host)?;
                    if chain.validation.evaluation.is_some() {
                        host.observe(Observation::Stage(Stage::Validate));
                        measuring.judge(Split::Validation, &mut trained, None, host)?;
                    }
                    // Another model is not the one that was to be judged: the test split is not for it.
                    if let Some(test) = chain.test.evaluation.as_ref().filter(|_| is_same) {
                        host.observe(Observation::Stage(Stage::Accept));
                        measuring.judge(Split::Test, &mut trained, test.claims.test_reads, host)?;
                    }
                }
                Err((step, error)) => {
                    if !matches!(claims.stopped, Stopped::Diverged { .. }) {
                        return Err(error.into());
                    }
                    measuring.diverged(&history, step, host)?;
                }
            }
            if differs.is_none() && (history.len() as u32) < epochs {
                let epoch = history.len() as u32 + 1;
                let recorded = claims.history.get(history.len()).map(|end| end.parameters.clone()).unwrap_or_default();
                differs = Some(EpochDifference { epoch, recorded, found: String::new() });
            }
            compare(&measuring.statements.made, &recorded, &mut reproduction);
        }
    }
    reproduction.differs = differs;
    let seconds = host.seconds() - started;
    reproduction.not_recorded =
        record(folder, &read.value.name, &reproduction, training_digest, train.digest, seconds, host)?;
    Ok(reproduction)
}

fn is_not(epoch: u32, differs: Option<&EpochDifference>) -> bool {
    differs.is_none_or(|difference| difference.epoch != epoch)
}

/// The checkpoint at the end of an epoch, whose parameters are those on record.
fn kept(folder: &RunFolder, epoch: u32, claims: &TrainClaims, block: StateBlock) -> Result<Checkpoint, LabError> {
    let saved = folder.kept_checkpoint(epoch)?.ok_or(LabError::NoKeptCheckpoint { epoch })?;
    let (bytes, path) = (saved.read()?, saved.path);
    let content = match checkpoint::decode(&bytes) {
        Ok(content) => content,
        Err(source) => return Err(LabError::Checkpoint { path, source }),
    };
    let on_record = claims.history.iter().find(|end| end.epoch == epoch).map(|end| end.parameters.clone());
    let (expected, found) = (on_record.unwrap_or_default(), parameters_of(&content, block));
    let is_at_end = content.progress.epochs_done == epoch && content.progress.step_in_epoch == 0;
    if expected.is_empty() || expected != found || !is_at_end {
        return Err(LabError::CheckpointAltered { path, epoch, expected, found });
    }
    Ok(content)
}

/// Compares statements by name; of the first that is not on record, what differs from the one of its kind and split.
fn compare(made: &[Statement], recorded: &[Statement], reproduction: &mut Reproduction) {
    for statement in made {
        if recorded.iter().any(|known| known.digest() == statement.digest()) {
            reproduction.same_statements += 1;
            continue;
        }
        let value = |statement: &Statement| -> Value { serde_json::from_str(statement.as_json()).unwrap_or_default() };
        let found = value(statement);
        let of_kind = recorded.iter().filter(|known| known.kind() == statement.kind()).map(value);
        let difference = of_kind
            .filter(|known| known["claims"]["split"] == found["claims"]["split"])
            .filter_map(|known| first_difference(&known, &found))
            .next();
        let Difference { path, left, right } = difference.unwrap_or(Difference {
            path: String::new(),
            left: Value::Null,
            right: statement.digest().to_string().into(),
        });
        reproduction.differing_statement =
            Some(StatementDifference { kind: statement.kind(), path, recorded: left, found: right });
        return;
    }
}

/// What a reproduction claims.
#[derive(Serialize)]
struct ReproducedClaims {
    same: bool,
    first_epoch: u32,
    last_epoch: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    differs_at_epoch: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    same_model: Option<bool>,
    same_statements: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    differing_statement: Option<Kind>,
}

/// Adds what came out to the run's evidence; why not, if that is not possible.
fn record(
    folder: &RunFolder,
    subject: &str,
    reproduction: &Reproduction,
    training_digest: Digest,
    train: Digest,
    seconds: f64,
    host: &dyn Host,
) -> Result<Option<StoreError>, LabError> {
    let claims = ReproducedClaims {
        same: reproduction.is_same(),
        first_epoch: reproduction.same.first().copied().unwrap_or(0),
        last_epoch: reproduction.same.last().copied().unwrap_or(0),
        differs_at_epoch: reproduction.differs.as_ref().map(|difference| difference.epoch),
        same_model: reproduction.same_model,
        same_statements: reproduction.same_statements,
        differing_statement: reproduction.differing_statement.as_ref().map(|difference| difference.kind),
    };
    let inputs = vec![Input::new("spec", training_digest), Input::new(Kind::TrainRun.name(), train)];
    let durations: BTreeMap<String, f64> = [("seconds".to_owned(), seconds)].into();
    let open = match folder.open() {
        Ok(open) => open,
        Err(error) => return Ok(Some(error)),
    };
    match Statements::new(subject, Some(&open)).make(host, Kind::RunReproduced, &claims, inputs, durations) {
        Ok(_) => Ok(None),
        Err(LabError::Store(error)) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

/// Compares instead of recording, and stops the training at the first difference.
struct Comparer<'a> {
    recorded: &'a TrainClaims,
    /// What was trained again, the epoch that differs included.
    history: Vec<EpochEnd>,
    differs: Option<EpochDifference>,
    host: &'a mut dyn Host,
    epochs: u32,
    samples: usize,
}

impl Recorder for Comparer<'_> {
    fn event(&mut self, event: &Event) -> Result<(), RecordError> {
        let Event::EpochEnded(end) = event else { return Ok(()) };
        self.host.observe(Observation::Epoch { end, epochs: self.epochs, samples: self.samples });
        self.history.push(end.clone());
        let recorded = self.recorded.history.iter().find(|recorded| recorded.epoch == end.epoch);
        let recorded = recorded.map(|recorded| recorded.parameters.clone()).unwrap_or_default();
        if recorded == end.parameters_digest {
            return Ok(());
        }
        let found = end.parameters_digest.clone();
        self.differs = Some(EpochDifference { epoch: end.epoch, recorded, found });
        Ok(())
    }

    fn checkpoint(&mut self, _: u32, _: u64, _: bool, _: &[u8]) -> Result<(), RecordError> {
        Ok(())
    }

    fn progress(&mut self, progress: &Progress) {
        self.host.observe(Observation::Train(*progress));
    }

    fn is_pruned(&self) -> bool {
        // A trial that was pruned reproduces as far as it came.
        let was_pruned = self.recorded.stopped == Stopped::Pruned && self.history.len() as u32 == self.recorded.epochs;
        self.differs.is_some() || was_pruned
    }

    // Never interrupted: half a reproduction is none, and has nothing to go on from.

    fn seconds(&self) -> f64 {
        self.host.seconds()
    }
}

/// Told before the training: the folder of the run takes no result.
#[derive(Debug)]
struct WillNotBeRecorded(StoreError);

impl Localize for WillNotBeRecorded {
    fn text(&self, lang: Lang) -> String {
        say::will_not_be_recorded(lang, self.0.text(lang))
    }
}

display_in_english!(WillNotBeRecorded);

impl std::error::Error for WillNotBeRecorded {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
