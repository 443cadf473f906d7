use proofmark_store::{CheckpointId, EventLog, Keep, OpenRun};
use proofmark_train::{Event as TrainEvent, Progress, RecordError, Recorder};
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
    /// The test split is about to be read. Written and safe on disk before the reading.
    TestRead,
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
}

impl Recorder for FolderRecorder<'_> {
    fn event(&mut self, event: &TrainEvent) -> Result<(), RecordError> {
        let record = Record { time: timestamp(self.host), event: RunEvent::Train(event.clone()) };
        self.log.append(&record)?;
        self.log.sync()?;
        if let TrainEvent::EpochEnded(end) = event {
            self.host.observe(Observation::Epoch { end, epochs: self.epochs, samples: self.samples });
        }
        Ok(())
    }

    fn checkpoint(&mut self, epochs: u32, step: u64, is_epoch_end: bool, bytes: &[u8]) -> Result<(), RecordError> {
        // Every epoch's end stays: what an auditor's check of one epoch starts from.
        let keep = if is_epoch_end { Keep::Always } else { Keep::NEWEST };
        self.run.save_checkpoint(CheckpointId { epoch: epochs, step }, keep, bytes)?;
        Ok(())
    }

    fn position(&self) -> u64 {
        self.log.end()
    }

    fn progress(&mut self, progress: &Progress) {
        self.host.observe(Observation::Train(*progress));
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
