//! The study and its journal: what is asked and told is on disk before it has an effect.

use std::collections::BTreeMap;

use proofmark_store::{EventLog, OpenRun, RunFolder};
use proofmark_tune::{AdjustSpec, JournalError, Outcome, Study, Trial, TrialRecord, Verdict};

use crate::error::LabError;
use crate::host::Host;
use crate::pipeline::append;
use crate::record::{PipelineEvent, Record, RunEvent, timestamp};

/// A study in its folder.
pub(super) struct Desk {
    study: Study,
    log: EventLog,
    /// The runs of the trials by number; of the plain spec under `None`.
    runs: BTreeMap<Option<u64>, String>,
}

impl Desk {
    /// The study of a folder, new or as far as its journal says.
    ///
    /// # Errors
    /// [`LabError::Journal`] for a journal that this study cannot have written.
    pub(super) fn open(
        open: &OpenRun,
        log: EventLog,
        adjust: &AdjustSpec,
        seed: u64,
        digest: &str,
        host: &dyn Host,
    ) -> Result<Desk, LabError> {
        let (records, runs) = journal(open)?;
        // It was checked when the spec was read.
        let study = Study::new(adjust, seed, digest).map_err(|errors| LabError::Search(Box::new(errors)))?;
        let study = study.replay(records).map_err(|error: JournalError| LabError::Journal(Box::new(error)))?;
        let mut desk = Desk { study, log, runs };
        desk.write(host)?;
        Ok(desk)
    }

    /// The next trial; `None` if all have started.
    pub(super) fn ask(&mut self, host: &dyn Host) -> Result<Option<Trial>, LabError> {
        let trial = self.study.ask();
        self.write(host)?;
        Ok(trial)
    }

    /// What a trial read on the way, and whether to go on.
    pub(super) fn report(&mut self, number: u64, step: u64, value: f64, host: &dyn Host) -> Result<Verdict, LabError> {
        let verdict = self.study.report(number, step, value).map_err(|error| LabError::Study(Box::new(error)))?;
        self.write(host)?;
        Ok(verdict)
    }

    /// A trial's end.
    pub(super) fn tell(&mut self, number: u64, outcome: Outcome, host: &dyn Host) -> Result<TrialRecord, LabError> {
        let record = self.study.tell(number, outcome).map_err(|error| LabError::Study(Box::new(error)))?.clone();
        self.write(host)?;
        Ok(record)
    }

    /// The run of a trial, or of the plain spec.
    pub(super) fn run(&self, trial: Option<u64>) -> Option<&str> {
        self.runs.get(&trial).map(String::as_str)
    }

    /// A trial has its run.
    pub(super) fn run_created(&mut self, trial: Option<u64>, run: &str, host: &dyn Host) -> Result<(), LabError> {
        append(&mut self.log, host, PipelineEvent::TrialRun { trial, run: run.to_owned() })?;
        self.runs.insert(trial, run.to_owned());
        Ok(())
    }

    pub(super) fn study(&self) -> &Study {
        &self.study
    }

    /// Puts what happened on disk; before that, nothing of it is acted upon.
    fn write(&mut self, host: &dyn Host) -> Result<(), LabError> {
        let records = self.study.take_records();
        if records.is_empty() {
            return Ok(());
        }
        for study in records {
            self.log.append(&Record { time: timestamp(host), event: RunEvent::Study { study } })?;
        }
        self.log.sync()?;
        Ok(())
    }
}

/// The runs of a study's trials by number; of the plain spec under `None`.
pub(super) fn runs_of(folder: &RunFolder) -> Result<BTreeMap<Option<u64>, String>, LabError> {
    Ok(journal(folder)?.1)
}

type Journal = (Vec<proofmark_tune::Record>, BTreeMap<Option<u64>, String>);

/// What a study's folder has on record.
pub(super) fn journal(folder: &RunFolder) -> Result<Journal, LabError> {
    let mut records = Vec::new();
    let mut runs = BTreeMap::new();
    for event in folder.events::<Record>()? {
        match event?.value.event {
            RunEvent::Study { study } => records.push(study),
            RunEvent::Pipeline(PipelineEvent::TrialRun { trial, run }) => {
                runs.insert(trial, run);
            }
            RunEvent::Pipeline(_) | RunEvent::Train(_) => {}
        }
    }
    Ok((records, runs))
}
