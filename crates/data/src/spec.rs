//! What the user writes under `data:` and `quality:`.
//!
//! The types are plain data with documented defaults and ranges; [`check`] finds what a schema cannot say. It returns
//! all problems at once, each with the path of the key, so that the caller can name line and column.

mod held_out;
mod source;

use crate::augment::{self, AugmentSpec};
use crate::clean::OperatorName;
use crate::spec_problem::{ABOVE_ZERO, SpecProblem};
pub use held_out::HeldOutSpec;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
pub use source::{AudioSpec, IdxSpec, ImagesSpec, SeriesSpec, SourceSpec, TextSpec, TranscriptsSpec};
use std::borrow::Cow;
use std::fmt;

/// Where the data comes from, how it is split, what goes into the model and what it must predict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// Where the rows come from.
    pub source: SourceSpec,
    /// Which rows train, which validate, which test.
    #[serde(default)]
    pub split: SplitSpec,
    /// The columns that the model reads. Exactly one at present, of the type that the source gives.
    #[schemars(length(min = 1, max = 1))]
    pub features: Vec<FeatureSpec>,
    /// The column that the model predicts.
    pub target: TargetSpec,
    /// Faults to inject into the train part as it is read, for scenarios that show the cleaning loop. None by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defects: Option<DefectsSpec>,
}

/// Which rows train, which validate, which test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SplitSpec {
    /// The source's part that is trained on. Default `train`.
    pub train: String,
    /// The source's part that is tested on, by name, or the share of the train part that is cut off for it. Default
    /// `test`.
    pub test: TestSpec,
    /// The share of the train part that is cut off, stratified by class, to choose epochs and settings by: 0 to 0.5, 0
    /// for none. Default 0.1.
    #[schemars(range(min = 0.0, max = 0.5))]
    pub validation: f64,
    /// How many rows train at most, 1 to 4294967295: chosen by the seed and stratified by class among those that are
    /// left after test and validation were cut off and the data were cleaned. The rest goes unused, and is counted.
    /// For learning curves, exercises in over-fitting, and trials that must be quick: of one seed, fewer rows are
    /// nearly always among more rows. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4_294_967_295_u32))]
    pub train_rows: Option<usize>,
    /// Classes that do not train, of which validation and test consist, for models that are to tell apart what they have never
    /// seen. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out_classes: Option<HeldOutSpec>,
}

impl SplitSpec {
    /// Whether any rows validate, as far as the spec can tell.
    pub fn has_validation(&self) -> bool {
        self.validation > 0.0 || self.held_out_classes.as_ref().is_some_and(|classes| !classes.validation.is_empty())
    }
}

impl Default for SplitSpec {
    fn default() -> Self {
        SplitSpec {
            train: "train".to_owned(),
            test: TestSpec::Part("test".to_owned()),
            validation: 0.1,
            train_rows: None,
            held_out_classes: None,
        }
    }
}

/// The test split: a part of the source by name, or a share of the train part.
///
/// (De)serialised by hand instead of as an untagged enum, which would lose the place of an error in the file.
#[derive(Clone, Debug, PartialEq)]
pub enum TestSpec {
    /// This part of the source.
    Part(String),
    /// This share of the train part, above 0 and at most 0.5, cut off stratified by class before validation is.
    Share(f64),
}

impl Serialize for TestSpec {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            TestSpec::Part(name) => serializer.serialize_str(name),
            TestSpec::Share(share) => serializer.serialize_f64(*share),
        }
    }
}

impl<'de> Deserialize<'de> for TestSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PartOrShare;
        impl Visitor<'_> for PartOrShare {
            type Value = TestSpec;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a part, or a share above 0 and at most 0.5")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<TestSpec, E> {
                Ok(TestSpec::Part(name.to_owned()))
            }
            fn visit_f64<E: de::Error>(self, share: f64) -> Result<TestSpec, E> {
                Ok(TestSpec::Share(share))
            }
            fn visit_i64<E: de::Error>(self, share: i64) -> Result<TestSpec, E> {
                Ok(TestSpec::Share(share as f64))
            }
            fn visit_u64<E: de::Error>(self, share: u64) -> Result<TestSpec, E> {
                Ok(TestSpec::Share(share as f64))
            }
        }
        deserializer.deserialize_any(PartOrShare)
    }
}

impl JsonSchema for TestSpec {
    fn schema_name() -> Cow<'static, str> {
        "TestSpec".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The test split: a part of the source by name, or a share of the train part (above 0, at most 0.5).",
            "anyOf": [{ "type": "string" }, { "type": "number", "exclusiveMinimum": 0, "maximum": 0.5 }]
        })
    }
}

/// A column that the model reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeatureSpec {
    /// The column's name, as rules and reports call it. At least one character; a rule writes a name that is no
    /// identifier as `source["my image"]`.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The column's type.
    #[serde(rename = "type")]
    pub kind: FeatureType,
    /// What happens to a value before the model sees it, in this order. Whatever is fitted is fitted on train alone.
    /// Default none: pixels then enter as 0 to 255.
    #[serde(default)]
    pub preprocess: Vec<PreprocessSpec>,
    /// How training images are varied each time they are seen, in this order, after preprocessing. On train only:
    /// validation and test are read as they are. At most 32 operators. Default none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub augment: Vec<AugmentSpec>,
}

/// The type of a column that the model reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeatureType {
    /// Images of one size, `[height, width, channels]`: of the sources `idx` and `images`.
    #[default]
    Image,
    /// Numbers by step and channel, `[steps, channels]`, with 0 after a series' last step: of the sources `series` and `transcripts`.
    Series,
    /// Tokens, `[steps]`, as what `embedding` reads: of the sources `text` and `audio`.
    Tokens,
}

impl FeatureType {
    /// The type's name as specs write it.
    pub fn name(self) -> &'static str {
        match self {
            FeatureType::Image => "image",
            FeatureType::Series => "series",
            FeatureType::Tokens => "tokens",
        }
    }

    /// For what is written only where it is something else.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    pub(crate) fn is_image(&self) -> bool {
        *self == FeatureType::Image
    }
}

/// One step of preprocessing. `resize` and `grayscale` change the stored bytes and come first; `scale_pixels` and
/// `standardize` turn bytes into numbers and follow them; `select_pixels` comes last. For series there is `standardize` alone, for
/// tokens nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PreprocessSpec {
    /// Bring the image to this size: area averaging where it shrinks, bilinear where it grows.
    Resize(ResizeSpec),
    /// Turn colour into shades of grey: (299 R + 587 G + 114 B) / 1000, rounded (ITU-R BT.601 luma).
    Grayscale,
    /// Divide a pixel by 255, so that it lies in 0 to 1.
    ScalePixels,
    /// Subtract the mean and divide by the standard deviation, by channel, both fitted on train. Of series, the steps that a
    /// series does not have take no part and stay 0.
    Standardize,
    /// Keep the pixels that tell the classes apart best on train, and set all others to 0. Comes last.
    SelectPixels(SelectPixelsSpec),
}

/// How many pixels `select_pixels` keeps: those with the largest correlation ratio (Fisher 1925), the share of a pixel's variance
/// on train that lies between the classes; of two classes, this is the squared correlation with the label. Of equal pixels the
/// earlier one is kept, and of a colour image the three channels' variances are added. A profile of `features` describes the
/// images before this step. It cannot be combined with `augment`, which moves pixels to other places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectPixelsSpec {
    /// How many pixels are kept, 1 to 16777216; if there are not so many, all.
    #[schemars(range(min = 1, max = 16_777_216))]
    pub count: usize,
}

/// The size that `resize` brings an image to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResizeSpec {
    /// Height in pixels, 1 to 4096.
    #[schemars(range(min = 1, max = 4096))]
    pub height: usize,
    /// Width in pixels, 1 to 4096.
    #[schemars(range(min = 1, max = 4096))]
    pub width: usize,
}

/// The column that the model predicts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetSpec {
    /// The column's name, as rules and reports call it. At least one character; a rule writes a name that is no
    /// identifier as `source["my image"]`.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The column's type.
    #[serde(rename = "type")]
    pub kind: TargetType,
}

/// The type of the column that the model predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetType {
    /// One of a fixed list of classes.
    Category,
}

/// Faults to inject into the train part as it is read: an honest simulator of dirty data. Every share is one of the
/// part's rows, rounded to whole rows; no row gets two faults; all shares together are at most 0.5, so that there is
/// enough left to be copied from. Which rows they are depends on the seed alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefectsSpec {
    /// Chooses the rows and the noise. Default 1.
    #[serde(default = "one")]
    pub seed: u64,
    /// Share of rows whose label is lost (the byte 255), 0 to 0.5. Default 0.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 0.5))]
    pub missing_labels: f64,
    /// Share of rows that are replaced by a copy of another row, image and label, 0 to 0.5. Default 0.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 0.5))]
    pub duplicates: f64,
    /// Share of rows whose image is blank (all pixels 0), 0 to 0.5. Default 0.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 0.5))]
    pub blank: f64,
    /// Share of rows whose image is corrupted, 0 to 0.5: by turns every pixel is noise, or every second line is white.
    /// Default 0.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 0.5))]
    pub corrupted: f64,
}

/// What the data must satisfy, and what may be done about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct QualitySpec {
    /// Rules: CEL conditions over the profile, all of which must hold. They read train and validation together unless
    /// they say `test.`. Default none.
    pub require: Vec<String>,
    /// What may be done when a rule does not hold.
    pub clean: CleanSpec,
}

/// The bounds of the cleaning loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CleanSpec {
    /// What may be applied, in this order; in a round only those apply that can help a rule that fails. Default none:
    /// the gate then judges the data as they are.
    pub operators: Vec<OperatorName>,
    /// Rounds at most, 1 to 10. Default 3.
    #[schemars(range(min = 1, max = 10))]
    pub max_rounds: u32,
    /// Share of the original rows that may be dropped at most, over all rounds: of all rows, and of every class. 0 to
    /// 1, default 0.02.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_dropped: f64,
}

impl Default for CleanSpec {
    fn default() -> Self {
        CleanSpec { operators: Vec::new(), max_rounds: 3, max_dropped: 0.02 }
    }
}

/// The pixels of the largest image that can be read: 4096 × 4096.
const MAX_SELECTED: usize = 4096 * 4096;

fn one() -> u64 {
    1
}

/// Everything wrong with these specs that their types cannot say; empty when they can be used. Ranges are checked here
/// too, so that specs made in code get the same answer as specs read from a file.
pub fn check(data: &DataSpec, quality: &QualitySpec) -> Vec<SpecProblem> {
    let mut problems = Vec::new();
    check_source(&data.source, &mut problems);
    let mut within = |key: &'static str, value: f64, low: f64, high: f64| {
        if !(low..=high).contains(&value) {
            problems.push(SpecProblem::OutOfRange { key: key.to_owned(), received: value, low, high });
        }
    };
    within("data.split.validation", data.split.validation, 0.0, 0.5);
    if let TestSpec::Share(share) = data.split.test {
        within("data.split.test", share, ABOVE_ZERO, 0.5);
    }
    if let Some(rows) = data.split.train_rows {
        within("data.split.train_rows", rows as f64, 1.0, f64::from(u32::MAX));
    }
    if let Some(DefectsSpec { seed: _, missing_labels, duplicates, blank, corrupted }) = &data.defects {
        within("data.defects.missing_labels", *missing_labels, 0.0, 0.5);
        within("data.defects.duplicates", *duplicates, 0.0, 0.5);
        within("data.defects.blank", *blank, 0.0, 0.5);
        within("data.defects.corrupted", *corrupted, 0.0, 0.5);
        // At least half of the rows stay as they are, to be copied from. Rounded, so that 0.1 + 0.2 + 0.2 is 0.5.
        let together = ((missing_labels + duplicates + blank + corrupted) * 1e9).round() / 1e9;
        within("data.defects", together, 0.0, 0.5);
    }
    within("quality.clean.max_rounds", f64::from(quality.clean.max_rounds), 1.0, 10.0);
    within("quality.clean.max_dropped", quality.clean.max_dropped, 0.0, 1.0);
    held_out::check(&data.split, &mut problems);
    let has_other_classes = data.split.held_out_classes.is_some();
    if data.split.test == TestSpec::Part(data.split.train.clone()) && !has_other_classes {
        problems.push(SpecProblem::SamePart { key: "data.split.test".to_owned(), part: data.split.train.clone() });
    }
    check_columns(data, &mut problems);
    check_kind(data, &mut problems);
    problems
}

/// What the source gives, and what is for images alone.
fn check_kind(data: &DataSpec, problems: &mut Vec<SpecProblem>) {
    let given = data.source.feature_type();
    let images_only = |key: String, what: &'static str| SpecProblem::ImagesOnly { key, what };
    if given != FeatureType::Image {
        for (feature_idx, feature) in data.features.iter().enumerate() {
            if !feature.augment.is_empty() {
                problems.push(images_only(format!("data.features.{feature_idx}.augment"), "augment"));
            }
            for (step_idx, step) in feature.preprocess.iter().enumerate() {
                if given == FeatureType::Tokens {
                    let key = format!("data.features.{feature_idx}.preprocess.{step_idx}");
                    problems.push(SpecProblem::NotForTokens { key, what: step.name() });
                } else if *step != PreprocessSpec::Standardize {
                    let key = format!("data.features.{feature_idx}.preprocess.{step_idx}");
                    problems.push(images_only(key, step.name()));
                }
            }
        }
        if let Some(defects) = &data.defects {
            let shares = [("blank", defects.blank), ("corrupted", defects.corrupted)];
            for (name, _) in shares.into_iter().filter(|(_, share)| *share > 0.0) {
                problems.push(images_only(format!("data.defects.{name}"), name));
            }
        }
    }
    for (feature_idx, feature) in data.features.iter().enumerate().filter(|(_, feature)| feature.kind != given) {
        problems.push(SpecProblem::FeatureOfSource {
            key: format!("data.features.{feature_idx}.type"),
            source: data.source.name(),
            given: given.name(),
            received: feature.kind.name(),
        });
    }
}

fn check_source(source: &SourceSpec, problems: &mut Vec<SpecProblem>) {
    match source {
        SourceSpec::Idx(IdxSpec { folder: _ }) | SourceSpec::Series(SeriesSpec { folder: _ }) => {}
        SourceSpec::Images(ImagesSpec { folder: _, height, width, grayscale: _, exclude: _ }) => {
            check_size("data.source.images", *height, *width, problems);
        }
        SourceSpec::Text(spec) => source::check_text(spec, problems),
        SourceSpec::Audio(spec) => source::check_audio(spec, problems),
        SourceSpec::Transcripts(spec) => source::check_transcripts(spec, problems),
    }
}

fn check_size(key: &str, height: usize, width: usize, problems: &mut Vec<SpecProblem>) {
    for (name, extent) in [("height", height), ("width", width)] {
        if !(1..=4096).contains(&extent) {
            let key = format!("{key}.{name}");
            problems.push(SpecProblem::OutOfRange { key, received: extent as f64, low: 1.0, high: 4096.0 });
        }
    }
}

fn check_columns(data: &DataSpec, problems: &mut Vec<SpecProblem>) {
    if data.features.len() != 1 {
        problems.push(SpecProblem::FeatureCount { received: data.features.len() });
    }
    let names =
        data.features.iter().enumerate().map(|(idx, feature)| (format!("data.features.{idx}.name"), &feature.name));
    for (key, name) in names.chain([("data.target.name".to_owned(), &data.target.name)]) {
        if name.is_empty() {
            problems.push(SpecProblem::EmptyName { key });
        }
    }
    for (feature_idx, feature) in data.features.iter().enumerate() {
        augment::check(&format!("data.features[{feature_idx}].augment"), &feature.augment, problems);
        if feature.name == data.target.name {
            problems.push(SpecProblem::SameColumn { key: "data.target.name".to_owned(), name: feature.name.clone() });
        }
        for (step_idx, step) in feature.preprocess.iter().enumerate() {
            let key = format!("data.features.{feature_idx}.preprocess.{step_idx}");
            if let PreprocessSpec::Resize(ResizeSpec { height, width }) = step {
                check_size(&format!("{key}.resize"), *height, *width, problems);
            }
            if let PreprocessSpec::SelectPixels(SelectPixelsSpec { count }) = step {
                if !(1..=MAX_SELECTED).contains(count) {
                    let key = format!("{key}.select_pixels.count");
                    let (received, high) = (*count as f64, MAX_SELECTED as f64);
                    problems.push(SpecProblem::OutOfRange { key, received, low: 1.0, high });
                }
                if !feature.augment.is_empty() {
                    problems.push(SpecProblem::SelectedAndAugmented { key: key.clone() });
                }
            }
            // Scaling what was standardised, or resizing twice, is a slip: each step once, in the order of the stages.
            let misplaced = |before: &&PreprocessSpec| before.stage() > step.stage() || before.name() == step.name();
            if let Some(before) = feature.preprocess[..step_idx].iter().find(misplaced) {
                problems.push(SpecProblem::PreprocessOrder { key, step: step.name(), after: before.name() });
            }
        }
    }
}

impl PreprocessSpec {
    /// The step's name as written in a spec.
    pub fn name(&self) -> &'static str {
        match self {
            PreprocessSpec::Resize(_) => "resize",
            PreprocessSpec::Grayscale => "grayscale",
            PreprocessSpec::ScalePixels => "scale_pixels",
            PreprocessSpec::Standardize => "standardize",
            PreprocessSpec::SelectPixels(_) => "select_pixels",
        }
    }

    /// Steps stand in a list by rising stage: bytes to bytes, bytes to numbers, numbers to numbers, choosing among them.
    fn stage(&self) -> u8 {
        match self {
            PreprocessSpec::Resize(_) | PreprocessSpec::Grayscale => 0,
            PreprocessSpec::ScalePixels => 1,
            PreprocessSpec::Standardize => 2,
            PreprocessSpec::SelectPixels(_) => 3,
        }
    }
}
