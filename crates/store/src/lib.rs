//! The folder of a run on disk.
//!
//! - [`Runs`] is the data directory: it creates, lists and finds runs.
//! - [`RunFolder`] reads one run; any number of processes may.
//! - [`OpenRun`] writes it; the system's lock on the folder lets one process have it, and frees it when that process dies.
//! - [`EventLog`] appends events, [`EventReader`] reads them; a line that a crash left half written is cut.
//!
//! What a call has acknowledged survives a crash and a full disk: whole files are replaced atomically, and events count
//! once [`EventLog::sync`] returned. A write that fails leaves the former file as it was.
//!
//! ```no_run
//! use proofmark_evidence::Digest;
//! use proofmark_store::{CheckpointId, Keep, RunFile, Runs, State};
//!
//! let runs = Runs::open(".proofmark");
//! let run = runs.create("2026-11-23", "digits", Digest::of(b"the lock"))?;
//! run.write(RunFile::Spec, b"name: digits\n")?;
//! let mut events = run.event_log()?;
//! let offset = events.append(&serde_json::json!({ "epoch": 1, "loss": 0.3 }))?;
//! events.sync()?;
//! run.save_checkpoint(CheckpointId { epoch: 1, step: 938 }, Keep::NEWEST, format!("... {offset}").as_bytes())?;
//! run.finish(State::Accepted)?;
//! assert_eq!(runs.find("2026-11-23-digits")?.status()?.state, State::Accepted);
//! # Ok::<(), proofmark_store::StoreError>(())
//! ```
//!
//! This crate does not know: engines and models (a checkpoint is bytes), clocks (dates are passed in), the environment.

mod atomic;
mod checkpoints;
mod error;
mod events;
mod evidence;
mod folds;
mod lock;
mod run;
mod runs;
mod status;

pub use checkpoints::{Checkpoint, CheckpointId, Keep};
pub use error::StoreError;
pub use events::{Event, EventLog, EventReader};
pub use run::{OpenRun, RunFile, RunFolder};
pub use runs::{MAX_NAME_BYTES, RunSummary, Runs};
pub use status::{State, Status};
