use proofmark_data::Progress as DataProgress;
use proofmark_engine::cpu::Level;
use proofmark_messages::Lang;
use proofmark_report::Stage;
use proofmark_train::metrics::Metric;
use proofmark_train::{EpochEnd, Progress as TrainProgress};
use proofmark_tune::{TrialRecord, Values};

use crate::spec::diagnostic::Message;

/// The share of a machine's memory that parameters, activations and working memory of a session may take: numerator and
/// denominator. The rest is for the data, the evaluation's session, the report, and what else runs there.
pub const MEMORY_SHARE: (u64, u64) = (3, 4);

/// What a run needs to know of the machine and the person, and where it tells what happens. Implemented by the command
/// line, and in memory for tests.
pub trait Host {
    /// Milliseconds since 1970-01-01 UTC.
    fn unix_milliseconds(&self) -> u64;

    /// Seconds since some moment, for durations.
    fn seconds(&self) -> f64;

    /// Whether the person asked to stop.
    fn is_interrupted(&self) -> bool {
        false
    }

    /// Worker threads to train on, at least 1.
    fn threads(&self) -> usize;

    /// Which instructions to use.
    fn level(&self) -> Level {
        Level::best()
    }

    /// The machine in words, for envelopes and the report.
    fn machine(&self) -> String;

    /// Who runs this, for envelopes.
    fn made_by(&self) -> String;

    /// CPU time of the process so far, in seconds.
    fn cpu_seconds(&self) -> Option<f64> {
        None
    }

    /// Largest resident memory of the process so far.
    fn peak_memory_bytes(&self) -> Option<u64> {
        None
    }

    /// Memory that the process can have, in bytes; `None` where nobody knows. A training may take
    /// [three quarters](MEMORY_SHARE) of it, or the engine's own limit where it is not known.
    fn memory_bytes(&self) -> Option<u64> {
        None
    }

    /// The language of the report.
    fn lang(&self) -> Lang {
        Lang::En
    }

    /// One of so many hosts that share this one's threads and memory, for work side by side. What it observes, nobody sees.
    /// Default: there is none, and nothing is done side by side.
    fn beside(&self, _hosts: usize) -> Option<Box<dyn Host + Send>> {
        None
    }

    /// Takes notice of what happens.
    fn observe(&mut self, _observation: Observation<'_>) {}
}

/// Something that a person may want to see while it happens.
#[derive(Clone, Copy)]
pub enum Observation<'a> {
    /// The run has its folder.
    Created {
        /// The run's id.
        run: &'a str,
    },
    /// A stage begins.
    Stage(Stage),
    /// Data are being read or judged.
    Data(DataProgress<'a>),
    /// Training goes on.
    Train(TrainProgress),
    /// An epoch ended.
    Epoch {
        /// What it gave.
        end: &'a EpochEnd,
        /// All epochs.
        epochs: u32,
        /// Training samples.
        samples: usize,
    },
    /// A study has its folder.
    Study {
        /// The study's id.
        study: &'a str,
    },
    /// A trial begins, or goes on.
    TrialStarted {
        /// Its number, from 0.
        number: u64,
        /// How many there are to be at most.
        trials: u64,
        /// What it tries, by path.
        values: &'a Values,
    },
    /// A trial ended.
    TrialEnded {
        /// It.
        trial: &'a TrialRecord,
        /// The number of the best so far.
        best: Option<u64>,
    },
    /// Something is measured before a training.
    Measure {
        /// Measurements done.
        done: usize,
        /// All of them.
        total: usize,
    },
    /// A fold of a cross-validation was trained and measured.
    Fold {
        /// The fold, from 1.
        fold: u32,
        /// All folds.
        folds: u32,
        /// The first metric that the spec measures, on the fold's held-out rows.
        measured: Option<(Metric, f64)>,
        /// How long it took.
        seconds: f64,
    },
    /// Something that is no error and should be known, such as a damaged checkpoint that was skipped.
    Notice(&'a dyn Message),
}
