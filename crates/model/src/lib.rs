//! Specs of layers, losses, optimizers and schedules, and how they become graphs.
//!
//! Entry points, in the order in which a caller meets them: a [`ModelSpec`] is written in YAML or built in Rust;
//! [`CheckedModel`] is the proof that its layers fit together, the input and the target; from it come the graphs for
//! [training](CheckedModel::training_graph), [evaluation](CheckedModel::evaluation_graph) and
//! [inference](CheckedModel::inference_graph), which share their states by name; [`model_file`] reads and writes the
//! states of a model as safetensors, whole or [quantised](Quantization); [`onnx`] writes models for other programs.
//!
//! ```
//! use proofmark_engine::StateBlock;
//! use proofmark_model::layers::{conv2d, dense, dropout, flatten, max_pool2d};
//! use proofmark_model::{Loss, ModelSpec, Optimizer, Regularizer, Target, losses, optimizers};
//!
//! # fn main() -> Result<(), proofmark_model::ModelErrors> {
//! let model = ModelSpec::new()
//!     .add(conv2d(32, 3).relu())
//!     .add(max_pool2d(2))
//!     .add(flatten())
//!     .add(dense(128).relu())
//!     .add(dropout(0.5).named("drop"))
//!     .add(dense(10).softmax())
//!     .check([28, 28, 1], Target::Category { classes: 10 })?;
//! println!("{}", model.summary());
//!
//! let loss: Loss = losses::CategoricalCrossentropy::default().into();
//! let optimizer: Optimizer = optimizers::Adam::default().into();
//! let training = model.training_graph(&loss, &optimizer, &Regularizer::default(), None)?;
//! let mut state = StateBlock::new(&training.graph);
//! model.initialize(7, &mut state);
//! assert_eq!(state.n_parameters(), 320 + (13 * 13 * 32 + 1) * 128 + (128 + 1) * 10);
//! # Ok(())
//! # }
//! ```
//!
//! This crate does not know: files, data sets, how batches are made, when to stop, executors.

mod activation;
mod average;
mod build;
mod check;
mod clip;
mod error;
pub mod initializers;
pub mod layers;
pub mod losses;
mod lower;
mod mixup;
pub mod model_file;
mod nearest;
pub mod onnx;
pub mod optimizers;
mod pair;
mod power;
mod precision;
mod quantization;
mod ranges;
mod regularizer;
pub mod schedules;
mod spec;
mod summary;
mod update;

pub use activation::Activation;
pub use average::{Average, EqualAverage, MovingAverage};
pub use check::{CheckedModel, Target};
pub use clip::Clip;
pub use error::{ModelError, ModelErrorKind, ModelErrors};
pub use initializers::Initializer;
pub use layers::{Layer, Padding, RecurrentDirection, SequencePadding};
pub use losses::Loss;
pub use lower::{Accumulated, Evaluation, Gradients, Inference, Training, TrainingParts};
pub use mixup::Mixup;
pub use model_file::{ModelFile, ModelFileError};
pub use optimizers::Optimizer;
pub use pair::Pair;
pub use precision::Precision;
pub use quantization::{Calibration, Quantization};
pub use ranges::NumberRange;
pub use regularizer::Regularizer;
pub use schedules::{Progress, Schedule, ScheduleState};
pub use spec::ModelSpec;
pub use summary::{Summary, SummaryRow};
