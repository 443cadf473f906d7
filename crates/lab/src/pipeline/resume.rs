//! Going on with a run that stopped before its end.

use std::path::{Path, PathBuf};

use proofmark_messages::{Lang, Localize, display_in_english, lab as say};
use proofmark_store::{EventLog, OpenRun, RunFile, RunFolder, Runs, State, StoreError};
use proofmark_train::checkpoint::{self, Checkpoint};

use super::flow::{Flow, Purpose};
use super::{RunResult, SpecSource, attempt_started, prepare_run, read_spec};
use crate::error::LabError;
use crate::host::{Host, Observation};
use crate::lock::{Lock, first_difference};
use crate::record::{PipelineEvent, Record, RunEvent};
use crate::study;

/// Goes on with a run that was interrupted, from its newest whole checkpoint. `base` is the folder that paths in the spec
/// start from, if it has moved since.
///
/// # Errors
/// [`LabError::NothingToResume`]; [`LabError::ResumeDiffers`] if spec, data or program changed since.
pub fn resume(
    folder: &RunFolder,
    base: Option<&Path>,
    runs: &Runs,
    host: &mut dyn Host,
) -> Result<RunResult, LabError> {
    let started = host.seconds();
    let open = folder.open()?;
    match open.status()?.state {
        State::Finished | State::Accepted | State::Refused => {
            let lock: Lock = open.read_json(RunFile::Lock)?;
            return Err(LabError::NothingToResume { run: open.id().to_owned(), has_trained: !lock.plan.is_empty() });
        }
        State::Running | State::Interrupted | State::Failed => {}
    }
    if open.read_json::<Lock>(RunFile::Lock)?.trial.is_some() {
        return Err(LabError::IsATrial { run: open.id().to_owned() });
    }
    let base = base_of(&open, base)?;
    let source = spec_source(&open, base.clone())?;
    let read = read_spec(&source)?;
    let prepared = prepare_run(&read, &base, host)?;
    let mut flow = Flow { read: &read, open: &open, started, prepared };
    let result = go_on(&mut flow, Purpose::Verdict, &base, host)?;
    let prepared = flow.prepared;
    drop(open);
    if !study::is_to_be_adjusted(&read.value, &result) {
        return Ok(result);
    }
    study::adjust(&source, &read, prepared, result, runs, host)
}

/// Goes on with a run whose spec was read and whose data were prepared again.
///
/// # Errors
/// As [`resume`].
pub(crate) fn go_on(
    flow: &mut Flow<'_>,
    purpose: Purpose<'_>,
    base: &Path,
    host: &mut dyn Host,
) -> Result<RunResult, LabError> {
    let open = flow.open;
    let before: Lock = open.read_json(RunFile::Lock)?;
    flow.prepared.lock.trial.clone_from(&before.trial);
    check_same(&before, &flow.prepared.lock).map_err(|error| match error {
        LabError::LockDiffers(difference) => LabError::ResumeDiffers(difference),
        error => error,
    })?;
    let checkpoint = newest_checkpoint(open, host)?;
    let mut log = open.event_log()?;
    let test_reads = cut_events(open, &mut log, checkpoint.as_ref())?;
    let attempt = open.start_attempt()?;
    attempt_started(&mut log, host, attempt, base)?;
    host.observe(Observation::Created { run: open.id() });
    flow.finish_or_fail(log, purpose, checkpoint, test_reads, host)
}

/// The spec of a run as its folder keeps it.
pub(crate) fn spec_source(run: &RunFolder, base: PathBuf) -> Result<SpecSource, LabError> {
    let text = String::from_utf8_lossy(&run.read(RunFile::Spec)?).into_owned();
    let file_name = run.file_path(RunFile::Spec).display().to_string();
    Ok(SpecSource { file_name, text, base, overrides: Vec::new() })
}

/// The folder that a run's paths are relative to: given, or as its last attempt recorded it.
pub(crate) fn base_of(run: &RunFolder, given: Option<&Path>) -> Result<PathBuf, LabError> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    let attempts = run.events::<Record>()?.filter_map(|event| match event.ok()?.value.event {
        RunEvent::Pipeline(PipelineEvent::AttemptStarted { base, .. }) => Some(PathBuf::from(base)),
        _ => None,
    });
    attempts.last().ok_or_else(|| LabError::BaseUnknown { run: run.id().to_owned() })
}

/// Whether what was resolved now is what the run began with.
pub(crate) fn check_same(before: &Lock, now: &Lock) -> Result<(), LabError> {
    if before.numerics_version != now.numerics_version {
        return Err(LabError::NumericsDiffer { was: before.numerics_version, is: now.numerics_version });
    }
    match first_difference(&before.to_value(), &now.to_value()) {
        Some(difference) => Err(LabError::LockDiffers(Box::new(difference))),
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

/// Cuts the events back to the checkpoint, except that folds and readings of the test split stay on record; how many readings
/// there were.
fn cut_events(open: &OpenRun, log: &mut EventLog, checkpoint: Option<&Checkpoint>) -> Result<u64, LabError> {
    let offset = checkpoint.map_or(0, |checkpoint| checkpoint.progress.event_offset);
    let mut acknowledged = Vec::new();
    let mut count = 0;
    let mut first_attempt = None;
    for event in open.events::<Record>()? {
        let event = event?;
        match &event.value.event {
            RunEvent::Pipeline(PipelineEvent::TestRead) => {
                count += 1;
                acknowledged.push((event.start, event.value));
            }
            RunEvent::Pipeline(PipelineEvent::FoldEnded { .. }) => acknowledged.push((event.start, event.value)),
            RunEvent::Pipeline(PipelineEvent::AttemptStarted { .. }) if first_attempt.is_none() => {
                first_attempt = Some((event.start, event.value));
            }
            _ => {}
        }
    }
    log.truncate_to(offset)?;
    for (start, record) in first_attempt.into_iter().chain(acknowledged) {
        if start >= offset {
            log.append(&record)?;
        }
    }
    log.sync()?;
    Ok(count)
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
