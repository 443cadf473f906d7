//! Spaces, samplers and pruners: ask and tell, no training.
//!
//! Entry points: [`AdjustSpec`] is what a person writes; [`Study`] says what to try next ([`Study::ask`]) and is told what came of
//! it ([`Study::report`], [`Study::tell`]); its [`Record`]s are the journal from which [`Study::replay`] goes on; [`importance()`]
//! says which parameters mattered. [`Sampler`] and [`Pruner`] are the lists of what there is, and [`testing`] is the suite that
//! every sampler passes.
//!
//! A trial is a map of typed values. All choices are functions of seed, trial and history, with the same bits everywhere.
//!
//! This crate does not know: models, training, data, what a value means, files, clocks, terminals, network, threads.

mod draws;
mod error;
pub mod front;
mod importance;
mod journal;
pub mod normal;
pub mod pruners;
mod ranges;
pub mod samplers;
pub mod space;
mod spec;
pub mod study;
pub mod testing;
mod trial;

pub use error::{JournalError, JournalErrorKind, SpecError, SpecErrorKind, SpecErrors, StudyError};
pub use importance::importance;
pub use journal::Record;
pub use pruners::Pruner;
pub use samplers::Sampler;
pub use space::{CheckedSpace, Domain, Space, Value, Values};
pub use spec::{AdjustSpec, Goal, Goals};
pub use study::Study;
pub use trial::{Failure, History, Outcome, Report, Trial, TrialRecord, TrialState, Verdict};
