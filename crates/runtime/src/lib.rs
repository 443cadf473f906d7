//! The binary `proofmark-runtime`: reads a model file, runs it, says what it says. For machines that only answer.
//!
//! Entry points: [`run`], which is the whole program, and [`Model`], a model file that is ready to answer.
//!
//! This crate does not know: runs, evidence, training, data sets, how images are decoded or resized, the environment, network. It
//! stands on the engine and on what reads model files, so that the binary stays small (docs/runtime.md has the figures).

mod arguments;
mod error;
mod feature;
mod input;
mod measure;
mod model;
mod program;

pub use arguments::Arguments;
pub use error::{RuntimeError, UsageError};
pub use input::Samples;
pub use model::{Model, Options, most_probable};
pub use program::{Environment, run};
