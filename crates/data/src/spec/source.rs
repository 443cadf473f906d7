//! Where rows come from, one kind after the other.

use super::FeatureType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where the rows come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SourceSpec {
    /// IDX files, the format of MNIST.
    Idx(IdxSpec),
    /// A folder of PNG and JPEG files with one sub-folder per class.
    Images(ImagesSpec),
    /// A folder of series: `.ts` files, or CSV files with one sub-folder per class.
    Series(SeriesSpec),
}

/// A folder of series with a class each. Series may differ in length; they are padded with 0 at their end to the longest of
/// all parts, and a layer `sequence_length` finds out how long each one is.
///
/// Either `.ts` files, one whose name ends in `_TRAIN.ts` and, for the part `test`, one that ends in `_TEST.ts`, plain or
/// gzipped (`.ts.gz`): the format of the UEA and UCR archives. Or CSV files, one a series, with one sub-folder per class, or
/// with the sub-folders `train` and `test` that hold one sub-folder per class: a line is a step, a column is a channel, and a
/// first line in which no field is a number is passed over. A field that is empty, `?` or `NaN` is a missing value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesSpec {
    /// The folder, relative to the spec's own folder.
    pub folder: PathBuf,
}

/// A folder with the IDX files `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and, for the part `test`,
/// `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`; each plain or gzipped (`.gz`), and `.idx3-ubyte` for
/// `-idx3-ubyte` is understood. A label byte of 255 means that the label is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdxSpec {
    /// The folder, relative to the spec's own folder.
    pub folder: PathBuf,
}

/// A folder with one sub-folder per class, or with the sub-folders `train` and `test` that hold one sub-folder per
/// class. Every image is brought to the same height, width and number of channels when it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImagesSpec {
    /// The folder, relative to the spec's own folder.
    pub folder: PathBuf,
    /// Height of every image in pixels, 1 to 4096.
    #[schemars(range(min = 1, max = 4096))]
    pub height: usize,
    /// Width of every image in pixels, 1 to 4096.
    #[schemars(range(min = 1, max = 4096))]
    pub width: usize,
    /// Read the images in shades of grey (one channel) instead of colour (three channels). Default `false`.
    #[serde(default)]
    pub grayscale: bool,
    /// Files of the class folders that are no images or damaged, and are passed over: each as its path from `folder`, with
    /// `/` between the names (`train/cats/thumbs.db`). Each must be there, so that none is passed over by a slip. Default none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
}

impl SourceSpec {
    /// The source's name as specs write it.
    pub fn name(&self) -> &'static str {
        match self {
            SourceSpec::Idx(_) => "idx",
            SourceSpec::Images(_) => "images",
            SourceSpec::Series(_) => "series",
        }
    }

    /// The type of the feature that it gives.
    pub fn feature_type(&self) -> FeatureType {
        match self {
            SourceSpec::Idx(_) | SourceSpec::Images(_) => FeatureType::Image,
            SourceSpec::Series(_) => FeatureType::Series,
        }
    }
}
