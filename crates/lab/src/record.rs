use proofmark_store::{CheckpointId, EventLog, Keep, OpenRun};
use proofmark_train::{EpochEnd, Event as TrainEvent, Progress, RecordError, Recorder};
use serde::{Deserialize, Serialize};

use crate::host::{Host, Observation};

/// One line of `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When, as RFC 3339 in UTC.
    pub time: String,
    /// What.
    #[serde(flatten)]
    pub event: RunEvent,
}

/// What happens in a run. Times and everything else that is only observed stand here and nowhere else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RunEvent {
    /// Of the pipeline.
    Pipeline(PipelineEvent),
    /// Of the training.
    Train(TrainEvent),
    /// Of a study, in the study's own folder.
    Study {
        /// One record of its journal.
        study: proofmark_tune::Record,
    },
}

/// What the pipeline does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum PipelineEvent {
    /// An attempt begins.
    AttemptStarted {
        /// From 1; each resume is one more.
        attempt: u32,
        /// The folder that paths in the spec are relative to.
        base: String,
        /// Version of the program.
        program_version: String,
        /// The machine in words.
        machine: String,
        /// Worker threads.
        threads: usize,
        /// SIMD level.
        level: String,
    },
    /// A stage ended.
    StageEnded {
        /// Which.
        stage: proofmark_report::Stage,
        /// How long it took.
        seconds: f64,
    },
    /// A fold of the cross-validation was trained, and what it gave is safe on disk.
    FoldEnded {
        /// What it gave.
        result: crate::cross_validation::FoldResult,
        /// How long it took.
        seconds: f64,
    },
    /// The test split is about to be read. Written and safe on disk before the reading.
    TestRead,
    /// A trial of this study has its run. Written after the run's folder, before its training.
    TrialRun {
        /// The trial's number, from 0; `None` for the plain spec.
        trial: Option<u64>,
        /// The run's id.
        run: String,
    },
    /// The run ended.
    Ended {
        /// How.
        outcome: proofmark_report::Outcome,
    },
}

/// Records a training into the folder of a run.
pub(crate) struct FolderRecorder<'a> {
    pub(crate) run: &'a OpenRun,
    pub(crate) log: &'a mut EventLog,
    pub(crate) host: &'a mut dyn Host,
    pub(crate) epochs: u32,
    pub(crate) samples: usize,
    /// A study that watches the training.
    pub(crate) watch: Option<&'a mut dyn Watch>,
    pub(crate) is_pruned: bool,
}

/// Who hears of every epoch of a training, and may end it.
pub(crate) trait Watch {
    /// An epoch is on record; whether the training is to end here.
    ///
    /// # Errors
    /// Whatever keeps it from being taken note of.
    fn epoch_ended(&mut self, end: &EpochEnd, host: &dyn Host) -> Result<bool, RecordError>;
}

impl Recorder for FolderRecorder<'_> {
    fn event(&mut self, event: &TrainEvent) -> Result<(), RecordError> {
        let record = Record { time: timestamp(self.host), event: RunEvent::Train(event.clone()) };
        self.log.append(&record)?;
        self.log.sync()?;
        if let TrainEvent::EpochEnded(end) = event {
            self.host.observe(Observation::Epoch { end, epochs: self.epochs, samples: self.samples });
            if let Some(watch) = &mut self.watch {
                self.is_pruned = watch.epoch_ended(end, self.host)?;
            }
        }
        Ok(())
    }

    fn checkpoint(&mut self, epochs: u32, step: u64, is_epoch_end: bool, bytes: &[u8]) -> Result<(), RecordError> {
        // Every epoch's end stays: what an auditor's check of one epoch starts from. Not of trials: there are many.
        let keep = if is_epoch_end && self.watch.is_none() { Keep::Always } else { Keep::NEWEST };
        self.run.save_checkpoint(CheckpointId { epoch: epochs, step }, keep, bytes)?;
        Ok(())
    }

    fn position(&self) -> u64 {
        self.log.end()
    }

    fn progress(&mut self, progress: &Progress) {
        self.host.observe(Observation::Train(*progress));
    }

    fn is_pruned(&self) -> bool {
        self.is_pruned
    }

    fn is_interrupted(&self) -> bool {
        self.host.is_interrupted()
    }

    fn seconds(&self) -> f64 {
        self.host.seconds()
    }
}

/// The time now, as RFC 3339 in UTC.
pub(crate) fn timestamp(host: &dyn Host) -> String {
    time_of(host).to_string()
}

/// The time now. A clock outside of years 1970 to 9999 counts as 1970.
pub(crate) fn time_of(host: &dyn Host) -> proofmark_evidence::UtcTime {
    use proofmark_evidence::UtcTime;
    UtcTime::from_unix_milliseconds(host.unix_milliseconds())
        .or_else(|| UtcTime::from_unix_milliseconds(0))
        .expect("1970 is a time")
}
