//! The pipeline: joins the other crates, computes and stores nothing itself.
//!
//! Entry points: [`spec::read()`] turns a spec file into a typed value that knows where in the file everything stands;
//! [`pipeline::run`] and [`pipeline::resume`] take it through the whole flow into the folder of a run;
//! [`reproduce::reproduce`] trains a run again and compares; [`RunSpec`] is what a spec says.
//!
//! This crate does not know: kernels, file formats of data and models, databases, HTTP, terminals, clocks and the
//! environment (a [`Host`] tells what it needs of them).

pub mod advise;
mod chain;
mod claims;
mod command_error;
pub mod compare;
mod cross_validation;
pub mod data_commands;
pub mod draft;
mod error;
pub mod evaluate;
pub mod explain;
pub mod export;
mod facts;
pub mod generate;
mod host;
mod json_schema;
mod lock;
pub mod overview;
pub mod page;
pub mod pipeline;
pub mod predict;
pub mod quantize;
mod record;
mod report_data;
pub mod reproduce;
mod run_spec;
pub mod scenarios;
mod settle;
pub mod spec;
mod statements;
pub mod study;
pub mod verify;

pub use command_error::CommandError;
pub use cross_validation::{FoldResult, OverFolds};
pub use error::{ErrorKind, LabError};
pub use host::{Host, MEMORY_SHARE, Observation};
pub use json_schema::json_schema;
pub use lock::{Difference, Lock, first_difference};
pub use pipeline::{PreparedRun, RunResult, prepare_run};
pub use record::{Record, RunEvent};
pub use run_spec::RunSpec;
pub use study::StudyResult;

// What the command line names of the crates below: it depends on this crate alone.
pub use proofmark_criteria::{Outcome as Holds, Verdict};
pub use proofmark_data::profile::{ColumnProfile, ImageProfile, SeriesProfile, SourceProfile};
pub use proofmark_data::{DataReport, GateReport, Progress as DataProgress};
pub use proofmark_report::Split;
pub use proofmark_report::{Outcome, Stage};
pub use proofmark_store::{RunFile, RunFolder, Runs, StoreError};
pub use proofmark_train::calibrate::CalibrationMethod;
pub use proofmark_train::learning_rate_finder::{RangeCurve, RangeEnd, RangePoint, RateAdvice, RateRule};
pub use proofmark_train::metrics::{Measured, Metric};
pub use proofmark_train::predict::OutputKind;
pub use proofmark_train::{EpochEnd, Progress as TrainProgress};
