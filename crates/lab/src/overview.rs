//! Runs in short: what `runs list` and `runs show` say.

use std::collections::{BTreeMap, BTreeSet};

use proofmark_evidence::{Claim, Claims, Kind};
use proofmark_messages::{Lang, Localize};
use proofmark_store::{RunFile, RunFolder, Runs, Status, StoreError};
use serde::Serialize;

use crate::compare::model_digest;
use crate::error::LabError;
use crate::lock::Lock;
use crate::pipeline::epochs_of;
use crate::record::{PipelineEvent, Record, RunEvent};

/// One run in short.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// The run's id.
    pub run: String,
    /// Where it stands.
    #[serde(flatten)]
    pub status: Status,
    /// Complete epochs.
    pub epochs: u32,
    /// Epochs that the spec asks for.
    pub epochs_asked: Option<u64>,
    /// The split that the metrics were measured on: `test`, or `validation` if test was not read. `None` before that.
    pub split: Option<String>,
    /// The metrics by name.
    pub metrics: BTreeMap<String, Interval>,
    /// How often the test split had been read when they were measured.
    pub test_reads: Option<f64>,
    /// How often the same test data were read by all runs of the data directory, this one included; only where one run is
    /// shown that read them.
    pub test_reads_in_data_directory: Option<u64>,
    /// SHA-256 of the model file.
    pub model_digest: Option<String>,
    /// Times that the whole run was trained again and came out the same. Nothing is signed yet: it is what the run's folder
    /// says.
    pub reproduced: u32,
    /// Who says so, each once, sorted.
    pub reproduced_by: BTreeSet<String>,
    /// Its folder.
    pub folder: String,
}

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The value.
    pub value: f64,
    /// Lower end.
    pub lower95: f64,
    /// Upper end.
    pub upper95: f64,
}

/// A run of a list; one that cannot be read must not hide the others.
#[derive(Debug)]
pub struct ListedRun {
    /// The run's id.
    pub run: String,
    /// The run in short, or why it cannot be read.
    pub overview: Result<Overview, LabError>,
}

/// All runs, oldest first.
///
/// # Errors
/// If the data directory cannot be read.
pub fn list(runs: &Runs) -> Result<Vec<ListedRun>, LabError> {
    let listed = |summary: proofmark_store::RunSummary| ListedRun {
        run: summary.run.id().to_owned(),
        overview: own(&summary.run),
    };
    Ok(runs.list()?.into_iter().map(listed).collect())
}

/// One run, with what the other runs of its data directory have to do with it.
///
/// # Errors
/// If something in its folder cannot be read, evidence that does not verify included.
pub fn overview(run: &RunFolder) -> Result<Overview, LabError> {
    let mut overview = own(run)?;
    if let Ok(Lock { prepared, .. }) = run.read_json(RunFile::Lock)
        && let Some(test) = prepared.get("test")
        && test_reads(run)? > 0
    {
        overview.test_reads_in_data_directory = Some(test_reads_in_data_directory(run, test)?);
    }
    Ok(overview)
}

/// What a run's own folder says.
fn own(run: &RunFolder) -> Result<Overview, LabError> {
    let status = run.status()?;
    let lock: Option<Lock> = match run.read_json(RunFile::Lock) {
        Ok(lock) => Some(lock),
        Err(StoreError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let epochs_asked = lock.as_ref().and_then(|lock| lock.spec.pointer("/train/epochs")?.as_u64());
    let mut overview = Overview {
        run: run.id().to_owned(),
        status,
        epochs: epochs_of(run)?.last().map_or(0, |epoch| epoch.epoch),
        epochs_asked,
        split: None,
        metrics: BTreeMap::new(),
        test_reads: None,
        test_reads_in_data_directory: None,
        model_digest: model_digest(run)?,
        reproduced: 0,
        reproduced_by: BTreeSet::new(),
        folder: run.path().display().to_string(),
    };
    for (statement, envelope) in run.evidence()? {
        let claims = statement.claims();
        match statement.kind() {
            // One epoch alone is a spot check, not the run.
            Kind::RunReproduced
                if ["same", "same_model"].iter().all(|name| claims.get(name) == Some(&Claim::Bool(true))) =>
            {
                overview.reproduced += 1;
                overview.reproduced_by.insert(envelope.made_by().to_owned());
            }
            Kind::EvalResult => {
                let Some(Claim::Text(split)) = claims.get("split") else { continue };
                // What was measured on test is what counts, whenever it was measured.
                if overview.split.as_deref() != Some("test") {
                    overview.split = Some(split.clone());
                    overview.metrics = metrics(claims);
                    overview.test_reads = claims.get("test_reads").and_then(Claim::as_number);
                }
            }
            _ => {}
        }
    }
    Ok(overview)
}

/// How often a run has read its test split, by its events.
fn test_reads(run: &RunFolder) -> Result<u64, StoreError> {
    let mut reads = 0;
    for event in run.events::<Record>()? {
        reads += u64::from(matches!(event?.value.event, RunEvent::Pipeline(PipelineEvent::TestRead)));
    }
    Ok(reads)
}

/// How often the runs beside this one, and this one, have read this prepared test split. A run that cannot be read counts
/// nothing: it is told where it is listed.
fn test_reads_in_data_directory(run: &RunFolder, test: &str) -> Result<u64, StoreError> {
    let Some(data_dir) = run.path().parent().and_then(|runs| runs.parent()) else { return test_reads(run) };
    let has_read = |other: &RunFolder| {
        let lock: Option<Lock> = other.read_json(RunFile::Lock).ok();
        lock.is_some_and(|lock| lock.prepared.get("test").is_some_and(|digest| digest == test))
    };
    let runs = Runs::open(data_dir).list()?.into_iter().map(|summary| summary.run);
    Ok(runs.filter(has_read).map(|other| test_reads(&other).unwrap_or(0)).sum())
}

/// The metrics that an evaluation claims.
pub(crate) fn metrics(claims: &Claims) -> BTreeMap<String, Interval> {
    let Some(Claim::Map(metrics)) = claims.get("metrics") else { return BTreeMap::new() };
    let interval = |name: &str| {
        let at = |key: &str| metrics.at(&[name, key]).and_then(Claim::as_number);
        Some(Interval { value: at("value")?, lower95: at("lower95")?, upper95: at("upper95")? })
    };
    metrics.iter().filter_map(|(name, _)| Some((name.to_owned(), interval(name)?))).collect()
}

impl Overview {
    /// Where the run stands, in words.
    pub fn state(&self, lang: Lang) -> String {
        self.status.state.text(lang)
    }
}
