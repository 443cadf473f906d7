//! Runs in short: what `runs list` and `runs show` say.

use std::collections::BTreeMap;

use proofmark_evidence::{Claim, Claims, Kind};
use proofmark_messages::{Lang, Localize};
use proofmark_store::{RunFile, RunFolder, Runs, Status};
use serde::Serialize;

use crate::compare::model_digest;
use crate::error::LabError;
use crate::lock::Lock;
use crate::pipeline::epochs_of;

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
    /// SHA-256 of the model file.
    pub model_digest: Option<String>,
    /// Times that the whole run was trained again and gave the same model file.
    pub reproduced: u32,
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
        overview: overview(&summary.run),
    };
    Ok(runs.list()?.into_iter().map(listed).collect())
}

/// One run.
///
/// # Errors
/// If something in its folder cannot be read, evidence that does not verify included.
pub fn overview(run: &RunFolder) -> Result<Overview, LabError> {
    let status = run.status()?;
    let lock: Option<Lock> = match run.read_json(RunFile::Lock) {
        Ok(lock) => Some(lock),
        Err(proofmark_store::StoreError::Missing { .. }) => None,
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
        model_digest: model_digest(run)?,
        reproduced: 0,
        folder: run.path().display().to_string(),
    };
    for (statement, _) in run.evidence()? {
        let claims = statement.claims();
        match statement.kind() {
            // One epoch alone is a spot check, not the run.
            Kind::RunReproduced if claims.get("same_model") == Some(&Claim::Bool(true)) => overview.reproduced += 1,
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
