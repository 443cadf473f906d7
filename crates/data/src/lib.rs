//! Sources, profiles, rules, cleaning, features, splits and batches.
//!
//! Entry points: [`prepare()`] (the data half of a run), [`profile()`], [`check()`] and [`clean()`] (the commands
//! `proofmark data ...`), [`read_image_for_prediction`]; [`spec`] is what the user writes. In order: a [`source`] is
//! read, split by class, profiled ([`mod@profile`]), judged by the [`gate`] with its cleaning loop ([`mod@clean`]), and
//! preprocessed ([`preprocess`]) into [`Prepared`], which batches are gathered from; those of training vary from epoch to
//! epoch ([`mod@augment`]).
//!
//! Everything here is a function of the files, the spec and the seed: the same rows in the same order with the same
//! bits on every machine. Nothing changes in the user's files.
//!
//! This crate does not know: graphs, models, training, databases, the network, clocks.
//!
//! A [`Dataset`] holds what the model reads by its kind ([`spec::FeatureType`]): images as bytes, or [`series::Series`]. A kind
//! brings a source, a state in [`mod@profile`], its facts and its preprocessing. [`tokens`] are series of one channel that say
//! what their numbers stand for.

pub mod augment;
mod batches;
pub mod clean;
mod dataset;
mod defects;
mod digest;
mod error;
pub mod folds;
pub mod gate;
pub mod image;
mod predict;
mod prepare;
mod prepared;
pub mod preprocess;
pub mod profile;
mod select_pixels;
pub mod series;
pub mod source;
pub mod spec;
mod spec_problem;
mod split;
pub mod survey;
pub mod tokens;

pub use augment::AugmentSpec;
pub use batches::epoch_order;
pub use dataset::Dataset;
pub use defects::DefectsApplied;
pub use digest::Digest;
pub use error::{DataError, SpecProblem};
pub use folds::{CrossValidationSpec, Fold, FoldKind, FoldSets, GroupSpec};
pub use gate::{GateReport, Reason, Round, Touched};
pub use predict::{
    IdxImages, image_for_prediction, read_idx_for_prediction, read_image_for_prediction, read_series_for_prediction,
};
pub use prepare::{
    DataReport, Preparation, Progress, SourcePart, SplitReport, SplitRows, Stage, check, clean, prepare, profile,
};
pub use prepared::{Prepared, PreparedSet};
pub use preprocess::{FittedFeature, FittedStep};
pub use profile::{ColumnNames, Profiles, facts, facts_schema};
pub use spec::{DataSpec, QualitySpec};
pub use tokens::Tokens;
