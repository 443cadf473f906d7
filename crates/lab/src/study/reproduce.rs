//! A study again: every choice asked for again, every trial trained again.

use std::path::PathBuf;

use proofmark_store::{RunFile, RunFolder, Runs};
use proofmark_tune::{Outcome, Study, TrialState, Values};

use super::desk::journal;
use crate::error::LabError;
use crate::host::{Host, Observation};
use crate::lock::Lock;
use crate::pipeline::{base_of, check_same, prepare_run, read_spec, spec_source};
use crate::reproduce::{ReproduceOptions, Reproduction, reproduce};

/// How it went.
#[derive(Debug)]
pub struct StudyReproduction {
    /// The study.
    pub study: String,
    /// The trials that were chosen and trained again and are the same, by number.
    pub same: Vec<u64>,
    /// The first trial whose values were chosen otherwise.
    pub chosen_otherwise: Option<u64>,
    /// The first trial that was trained to something else, with how that went.
    pub trained_otherwise: Option<(u64, Box<Reproduction>)>,
    /// The first trial that the pruner ended otherwise.
    pub ended_otherwise: Option<u64>,
    /// How many trials are on record.
    pub trials: usize,
}

impl StudyReproduction {
    /// Whether all of it is the same.
    pub fn is_same(&self) -> bool {
        self.same.len() == self.trials && self.trials > 0
    }
}

/// Makes every choice of a study again, and trains every trial again; stops at the first that differs. Needs a study of one
/// trial at a time and without a limit of time: the choices of another one depend on the machine, and each of its trials
/// reproduces by itself.
///
/// # Errors
/// [`LabError::StudyNotReproducible`]; as [`reproduce`].
pub fn reproduce_study(
    folder: &RunFolder,
    base: Option<PathBuf>,
    runs: &Runs,
    host: &mut dyn Host,
) -> Result<StudyReproduction, LabError> {
    let base = base_of(folder, base.as_deref())?;
    let read = read_spec(&spec_source(folder, base.clone())?)?;
    let adjust = read.value.adjust.as_ref().ok_or(LabError::NothingToAdjust)?;
    if !adjust.reproduces() {
        return Err(LabError::StudyNotReproducible { study: folder.id().to_owned() });
    }
    let before: Lock = folder.read_json(RunFile::Lock)?;
    check_same(&before, &prepare_run(&read, &base, host)?.lock)?;
    let digest = before.digest()?.to_string();
    let new = || Study::new(adjust, read.value.seed, &digest).map_err(|errors| LabError::Search(Box::new(errors)));
    let (records, ids) = journal(folder)?;
    let recorded = new()?.replay(records).map_err(|error| LabError::Journal(Box::new(error)))?;
    let mut study = new()?;
    let n_trials = recorded.trials().len();
    let mut reproduction = StudyReproduction {
        study: folder.id().to_owned(),
        same: Vec::new(),
        chosen_otherwise: None,
        trained_otherwise: None,
        ended_otherwise: None,
        trials: n_trials,
    };
    for trial in recorded.trials() {
        let number = trial.number;
        let asked = study.ask();
        if asked.as_ref().map(|asked| &asked.values) != Some(&trial.values) {
            reproduction.chosen_otherwise = Some(number);
            return Ok(reproduction);
        }
        observe(number, n_trials, &trial.values, host);
        if let (Some(id), true) = (ids.get(&Some(number)), has_trained(&trial.state)) {
            let options = ReproduceOptions { epoch: None, base: Some(base.clone()) };
            let again = reproduce(&runs.find(id)?, &options, host)?;
            if !again.is_same() {
                reproduction.trained_otherwise = Some((number, Box::new(again)));
                return Ok(reproduction);
            }
        }
        // The trial gave the same again, so what it reported is what is on record.
        let mut last = None;
        for report in &trial.reports {
            let value = report.value.unwrap_or(f64::NAN);
            let verdict = study.report(number, report.step, value).map_err(|error| LabError::Study(Box::new(error)))?;
            last = Some((verdict, report.verdict));
        }
        if last.is_some_and(|(again, recorded)| again != recorded) {
            reproduction.ended_otherwise = Some(number);
            return Ok(reproduction);
        }
        let outcome = match &trial.state {
            TrialState::Complete { objectives } => Outcome::Complete(objectives.clone()),
            TrialState::Pruned => Outcome::Pruned,
            TrialState::Failed(_) => Outcome::Failed { why: String::new() },
            // The journal ends here, and the study with it.
            TrialState::Running => return Ok(reproduction),
        };
        study.tell(number, outcome).map_err(|error| LabError::Study(Box::new(error)))?;
        reproduction.same.push(number);
    }
    Ok(reproduction)
}

fn observe(number: u64, n_trials: usize, values: &Values, host: &mut dyn Host) {
    host.observe(Observation::TrialStarted { number, trials: n_trials as u64, values });
}

/// Whether there is a training to compare with.
fn has_trained(state: &TrialState) -> bool {
    matches!(state, TrialState::Complete { .. } | TrialState::Pruned)
}
