//! What the profile of a column claims, by its kind.

use serde::{Deserialize, Serialize};

use super::Number;

/// The profile of what the model reads, by its kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum ColumnClaims {
    Image(ImageClaims),
    Series(SeriesClaims),
}

/// The profile of series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SeriesClaims {
    pub(crate) series_channels: u64,
    pub(crate) series_steps_min: u64,
    pub(crate) series_steps_max: u64,
    pub(crate) series_steps_mean: Number,
    pub(crate) series_mean: Number,
    pub(crate) series_std: Number,
    pub(crate) series_missing: Number,
    pub(crate) series_duplicates: Number,
    pub(crate) series_constant: Number,
    pub(crate) series_digest: String,
}

/// The profile of images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ImageClaims {
    pub(crate) image_height: u64,
    pub(crate) image_width: u64,
    pub(crate) image_channels: u64,
    pub(crate) image_mean: Number,
    pub(crate) image_std: Number,
    pub(crate) image_duplicates: Number,
    pub(crate) image_constant: Number,
    pub(crate) image_rough: Number,
    pub(crate) image_digest: String,
}
