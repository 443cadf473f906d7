//! Trains a run again and compares: the strongest evidence there is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proofmark_engine::NUMERICS_VERSION;
use proofmark_evidence::{Claims, Digest, Input, Kind};
use proofmark_report::Stage;
use proofmark_store::{RunFile, RunFolder};
use proofmark_train::checkpoint::{self, Checkpoint};
use proofmark_train::training::TrainingInput;
use proofmark_train::{EpochEnd, Event, Progress, RecordError, Recorder};

use crate::error::LabError;
use crate::host::{Host, Observation};
use crate::lock::Lock;
use crate::pipeline::{base_of, check_same, epochs_of, executor, prepare_run, read_spec, spec_source};
use crate::statements::Statements;

/// What to train again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReproduceOptions {
    /// Only this epoch, from 1, from the checkpoint before it; `None` for the whole run.
    pub epoch: Option<u32>,
    /// The folder that paths in the spec are relative to, where it is another one than the run recorded.
    pub base: Option<PathBuf>,
}

/// How it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Reproduction {
    /// The run.
    pub run: String,
    /// The epochs that were trained again and are the same, from the first to the last.
    pub same: Vec<u32>,
    /// The first epoch that differs: the training stopped there.
    pub differs: Option<EpochDifference>,
    /// Whether the bytes of the model file are the same; `None` if only an epoch was trained.
    pub same_model: Option<bool>,
}

/// An epoch that came out otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochDifference {
    /// The epoch, from 1.
    pub epoch: u32,
    /// The digest of its parameters on record.
    pub recorded: String,
    /// What came out.
    pub found: String,
}

impl Reproduction {
    /// Whether everything that was trained again is the same.
    pub fn is_same(&self) -> bool {
        self.differs.is_none() && self.same_model != Some(false)
    }
}

/// Trains a run, or one epoch of it, again from its folder alone (and its data), and compares the parameters after each
/// epoch. Stops at the first that differs. What came out is added to the run's evidence.
///
/// # Errors
/// [`LabError::NumericsDiffer`] under another numerics version, [`LabError::LockDiffers`] if data or spec changed,
/// [`LabError::NoEpoch`], [`LabError::NoKeptCheckpoint`].
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
    let recorded = epochs_of(folder)?;
    let epochs = recorded.len() as u32;
    if let Some(epoch) = options.epoch
        && !(1..=epochs).contains(&epoch)
    {
        return Err(LabError::NoEpoch { epoch, epochs });
    }
    let base = base_of(folder, options.base.as_deref())?;
    let read = read_spec(&spec_source(folder, base.clone())?)?;
    let prepared_run = prepare_run(&read, &base, host)?;
    check_same(&before, &prepared_run.lock)?;
    let (Some(prepared), Some(model)) = (&prepared_run.preparation.prepared, &prepared_run.model) else {
        return Err(LabError::GateRefused);
    };
    let training_digest = prepared_run.lock.training_digest()?;
    let from = match options.epoch {
        None | Some(1) => None,
        Some(epoch) => Some(kept(folder, epoch - 1)?),
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
        stop_after: options.epoch.or(Some(epochs)),
    };
    let mut comparer = Comparer {
        recorded: &recorded,
        same: Vec::new(),
        differs: None,
        host: &mut *host,
        epochs: read.value.train.epochs,
        samples: prepared.train.len(),
    };
    let result = proofmark_train::train(input, from, &mut comparer);
    let Comparer { same, differs, .. } = comparer;
    // The comparer stops the training where it differs.
    let trained = Some(result?).filter(|_| differs.is_none());
    let same_model = match (&trained, options.epoch, folder.read(RunFile::Model)) {
        (Some(trained), None, Ok(bytes)) => {
            let file = proofmark_model::model_file::parse(&bytes).ok();
            let metadata = file.map(|file| file.metadata).unwrap_or_default();
            Some(proofmark_model::model_file::write(&trained.state, &metadata) == bytes)
        }
        _ => None,
    };
    let reproduction = Reproduction { run: folder.id().to_owned(), same, differs, same_model };
    record(folder, &read.value.name, &reproduction, training_digest, host.seconds() - started, host)?;
    Ok(reproduction)
}

fn kept(folder: &RunFolder, epoch: u32) -> Result<Checkpoint, LabError> {
    let saved = folder.kept_checkpoint(epoch)?.ok_or(LabError::NoKeptCheckpoint { epoch })?;
    let bytes = saved.read()?;
    checkpoint::decode(&bytes).map_err(|_| LabError::NoKeptCheckpoint { epoch })
}

/// Adds what came out to the run's evidence.
fn record(
    folder: &RunFolder,
    subject: &str,
    reproduction: &Reproduction,
    training_digest: Digest,
    seconds: f64,
    host: &dyn Host,
) -> Result<(), LabError> {
    let open = folder.open()?;
    let mut inputs = vec![Input::new("spec", training_digest)];
    for (statement, _) in open.evidence()? {
        if statement.kind() == Kind::TrainRun {
            inputs.push(Input::new(Kind::TrainRun.name(), statement.digest()));
        }
    }
    let mut claims = Claims::new()
        .with("same", reproduction.is_same())
        .with("first_epoch", reproduction.same.first().copied().unwrap_or(0))
        .with("last_epoch", reproduction.same.last().copied().unwrap_or(0));
    if let Some(difference) = &reproduction.differs {
        claims.insert("differs_at_epoch", difference.epoch);
    }
    if let Some(same_model) = reproduction.same_model {
        claims.insert("same_model", same_model);
    }
    let mut statements = Statements { run: &open, subject, made: Vec::new() };
    let durations: BTreeMap<String, f64> = [("seconds".to_owned(), seconds)].into();
    statements.make(host, Kind::RunReproduced, claims, inputs, durations)?;
    Ok(())
}

/// Compares instead of recording, and stops the training at the first difference.
struct Comparer<'a> {
    recorded: &'a [EpochEnd],
    same: Vec<u32>,
    differs: Option<EpochDifference>,
    host: &'a mut dyn Host,
    epochs: u32,
    samples: usize,
}

impl Recorder for Comparer<'_> {
    fn event(&mut self, event: &Event) -> Result<(), RecordError> {
        let Event::EpochEnded(end) = event else { return Ok(()) };
        self.host.observe(Observation::Epoch { end, epochs: self.epochs, samples: self.samples });
        let recorded = self.recorded.iter().find(|recorded| recorded.epoch == end.epoch);
        let recorded = recorded.map(|recorded| recorded.parameters_digest.clone()).unwrap_or_default();
        if recorded == end.parameters_digest {
            self.same.push(end.epoch);
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
        self.differs.is_some()
    }

    // Never interrupted: half a reproduction is none, and has nothing to go on from.

    fn seconds(&self) -> f64 {
        self.host.seconds()
    }
}
