use std::path::PathBuf;

use proofmark_data::DataError;
use proofmark_evidence::EvidenceError;
use proofmark_messages::{Lang, Localize, display_in_english, lab as say, study};
use proofmark_store::StoreError;
use proofmark_train::{TrainError, checkpoint::CheckpointError, predict::PredictError};
use proofmark_tune::{JournalError, SpecErrors, StudyError};

use crate::chain::ChainProblem;
use crate::lock::Difference;
use crate::spec::diagnostic::Diagnostics;

/// Why the lab could not do what it was asked. A gate or an acceptance that says no is no error.
#[derive(Debug)]
#[non_exhaustive]
pub enum LabError {
    /// The spec cannot be used; everything that is wrong, with its place.
    Spec(Box<Diagnostics>),
    /// The data cannot be used.
    Data(Box<DataError>),
    /// The training stopped.
    Train(Box<TrainError>),
    /// The training of a fold stopped.
    Fold {
        /// The fold, from 1.
        fold: u32,
        /// Why.
        source: Box<TrainError>,
    },
    /// The folder of a run cannot be read or written.
    Store(StoreError),
    /// A statement cannot be made.
    Evidence(EvidenceError),
    /// A run that has ended cannot be resumed.
    NothingToResume {
        /// The run.
        run: String,
        /// Whether it trained a model; its data may have been refused before that.
        has_trained: bool,
    },
    /// Spec, data or program are not those that the run was made with.
    LockDiffers(Box<Difference>),
    /// As above, where a run is to be gone on with.
    ResumeDiffers(Box<Difference>),
    /// The run was made under another numerics version.
    NumericsDiffer {
        /// The run's.
        was: u32,
        /// The program's.
        is: u32,
    },
    /// The run does not say where its paths begin.
    BaseUnknown {
        /// The run.
        run: String,
    },
    /// The gate refuses the data of a run that is to be trained again.
    GateRefused,
    /// There is no such epoch.
    NoEpoch {
        /// The epoch asked for.
        epoch: u32,
        /// Complete epochs of the run.
        epochs: u32,
    },
    /// The checkpoint at the end of this epoch is missing.
    NoKeptCheckpoint {
        /// The epoch.
        epoch: u32,
    },
    /// A checkpoint that does not read.
    Checkpoint {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        source: CheckpointError,
    },
    /// A checkpoint that is not the one that the training is claimed to have come through.
    CheckpointAltered {
        /// Its file.
        path: PathBuf,
        /// The epoch at whose end it must stand.
        epoch: u32,
        /// The digest of the parameters after that epoch, by the statement of the training.
        expected: String,
        /// The digest of those in it.
        found: String,
    },
    /// A run that is a trial: its study goes on with it.
    IsATrial {
        /// The run.
        run: String,
    },
    /// A run without a statement of its training: there is nothing to compare with.
    NotTrained {
        /// The run.
        run: String,
    },
    /// A spec without `adjust`: nothing says what to try.
    NothingToAdjust,
    /// A search that cannot be.
    Search(Box<SpecErrors>),
    /// The journal of a study is not what the study wrote.
    Journal(Box<JournalError>),
    /// A study that was asked or told out of turn: a mistake of ours.
    Study(Box<StudyError>),
    /// No trial of the study came to its end.
    NoCandidate {
        /// The study.
        study: String,
    },
    /// The gate refuses the data that a study would be made on.
    GateRefusedStudy,
    /// A study whose choices depended on the machine.
    StudyNotReproducible {
        /// The study.
        study: String,
    },
    /// The statements of a run are not those of one run.
    Chain(Box<ChainProblem>),
    /// A model cannot run: a mistake of ours.
    Predict(PredictError),
}

/// Whose mistake an error is: it decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The input's: the person can mend it.
    User,
    /// Ours.
    Ours,
}

impl LabError {
    /// Whose mistake it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            LabError::Predict(_) | LabError::Evidence(_) | LabError::Study(_) => ErrorKind::Ours,
            LabError::Fold { source, .. } if matches!(**source, TrainError::Run(_)) => ErrorKind::Ours,
            LabError::Train(error) if matches!(**error, TrainError::Run(_)) => ErrorKind::Ours,
            _ => ErrorKind::User,
        }
    }

    /// The problems of the spec with their places, where it is that.
    pub fn diagnostics(&self) -> Option<&Diagnostics> {
        match self {
            LabError::Spec(diagnostics) => Some(diagnostics),
            _ => None,
        }
    }
}

impl Localize for LabError {
    fn text(&self, lang: Lang) -> String {
        match self {
            LabError::Spec(diagnostics) => {
                let texts: Vec<String> = diagnostics.entries.iter().map(|entry| entry.message.text(lang)).collect();
                texts.join("; ")
            }
            LabError::Data(error) => error.text(lang),
            LabError::Train(error) => match &**error {
                TrainError::Run(error) => say::internal(lang, error),
                error => error.text(lang),
            },
            LabError::Fold { fold, source } => say::fold_stopped(lang, fold, source.text(lang)),
            LabError::Store(error) => error.text(lang),
            LabError::Evidence(error) => error.text(lang),
            LabError::NothingToResume { run, .. } => say::nothing_to_resume(lang, run),
            LabError::LockDiffers(difference) | LabError::ResumeDiffers(difference) => {
                say::lock_differs(lang, &difference.path, short(&difference.left), short(&difference.right))
            }
            LabError::NumericsDiffer { was, is } => say::numerics_differ(lang, was, is),
            LabError::BaseUnknown { run } => say::base_unknown(lang, run),
            LabError::GateRefused => say::gate_refused_again(lang),
            LabError::NoEpoch { epoch, epochs } => say::no_epoch(lang, epoch, epochs),
            LabError::NoKeptCheckpoint { epoch } => say::no_kept_checkpoint(lang, epoch),
            LabError::Checkpoint { path, source } => {
                say::checkpoint_unreadable(lang, path.display(), source.text(lang))
            }
            LabError::CheckpointAltered { path, epoch, expected, found } => {
                say::checkpoint_altered(lang, path.display(), epoch, expected, found)
            }
            LabError::IsATrial { run } => study::is_a_trial(lang, run),
            LabError::NotTrained { run } => say::not_trained(lang, run),
            LabError::NothingToAdjust => study::nothing_to_adjust(lang),
            LabError::Search(errors) => errors.text(lang),
            LabError::Journal(error) => error.text(lang),
            LabError::Study(error) => say::internal(lang, error),
            LabError::NoCandidate { study: id } => study::no_candidate(lang, id),
            LabError::GateRefusedStudy => study::gate_refused(lang),
            LabError::StudyNotReproducible { study: id } => study::not_reproducible(lang, id),
            LabError::Chain(problem) => problem.text(lang),
            LabError::Predict(error) => say::internal(lang, error),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            LabError::Data(error) => error.hint(lang),
            LabError::Predict(_) | LabError::Study(_) => Some(say::internal_hint(lang)),
            LabError::Train(error) => match &**error {
                TrainError::Run(_) => Some(say::internal_hint(lang)),
                error => error.hint(lang),
            },
            LabError::Fold { source, .. } => source.hint(lang),
            // A resume skips a damaged checkpoint and takes an older one; whoever asked for this very one cannot.
            LabError::Store(StoreError::DamagedCheckpoint { .. } | StoreError::NotACheckpoint { .. }) => {
                Some(say::no_kept_checkpoint_hint(lang))
            }
            LabError::Store(error) => error.hint(lang),
            LabError::Evidence(error) => error.hint(lang),
            LabError::NothingToResume { run, has_trained: true } => Some(say::nothing_to_resume_hint(lang, run)),
            LabError::NothingToResume { has_trained: false, .. } => Some(say::nothing_to_resume_untrained_hint(lang)),
            LabError::LockDiffers(_) => Some(say::lock_differs_again_hint(lang)),
            LabError::ResumeDiffers(_) => Some(say::lock_differs_hint(lang)),
            LabError::NumericsDiffer { .. } => Some(say::numerics_differ_hint(lang)),
            LabError::BaseUnknown { .. } => Some(say::base_unknown_hint(lang)),
            LabError::NoKeptCheckpoint { .. } | LabError::Checkpoint { .. } | LabError::CheckpointAltered { .. } => {
                Some(say::no_kept_checkpoint_hint(lang))
            }
            LabError::IsATrial { .. } => Some(study::is_a_trial_hint(lang)),
            LabError::NotTrained { run } => Some(say::not_trained_hint(lang, run)),
            LabError::NothingToAdjust => Some(study::nothing_to_adjust_hint(lang)),
            LabError::Search(errors) => errors.hint(lang),
            LabError::Journal(error) => error.hint(lang),
            LabError::NoCandidate { study: id } => Some(study::no_candidate_hint(lang, id)),
            LabError::GateRefusedStudy => Some(study::gate_refused_hint(lang)),
            LabError::StudyNotReproducible { .. } => Some(study::not_reproducible_hint(lang)),
            LabError::Chain(problem) => problem.hint(lang),
            LabError::Spec(_) | LabError::GateRefused | LabError::NoEpoch { .. } => None,
        }
    }
}

/// A JSON value in back-quotes, cut where it is long.
fn short(value: &serde_json::Value) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(60).collect();
    if cut.len() < text.len() { format!("`{cut}…`") } else { format!("`{text}`") }
}

display_in_english!(LabError);

impl std::error::Error for LabError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LabError::Data(error) => Some(&**error),
            LabError::Train(error) => Some(&**error),
            LabError::Fold { source, .. } => Some(&**source),
            LabError::Store(error) => Some(error),
            LabError::Evidence(error) => Some(error),
            LabError::Predict(error) => Some(error),
            LabError::Checkpoint { source, .. } => Some(source),
            LabError::Chain(problem) => Some(&**problem),
            LabError::Search(errors) => Some(&**errors),
            LabError::Journal(error) => Some(&**error),
            LabError::Study(error) => Some(&**error),
            _ => None,
        }
    }
}

macro_rules! from {
    ($($source:ty => $variant:ident;)*) => {
        $(impl From<$source> for LabError {
            fn from(error: $source) -> Self {
                LabError::$variant(error.into())
            }
        })*
    };
}

from! {
    Diagnostics => Spec;
    DataError => Data;
    TrainError => Train;
    StoreError => Store;
    EvidenceError => Evidence;
    PredictError => Predict;
}
