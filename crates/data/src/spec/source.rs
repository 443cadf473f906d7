//! Where rows come from, one kind after the other.

use super::FeatureType;
use crate::spec_problem::SpecProblem;
use crate::tokens::{MAX_CHARACTERS, Tokens};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
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
    /// A folder of plain text files.
    Text(TextSpec),
    /// A folder of sounds: WAV files.
    Audio(AudioSpec),
    /// A folder of series or sounds with a text beside each: what it says.
    Transcripts(TranscriptsSpec),
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

/// A folder of plain text files, whose names end in `.txt`, plain or gzipped (`.txt.gz`), or with the sub-folders `train` and
/// `test` that hold them. Each row is a window of tokens, and has a label for each of its steps: the token that follows. Files
/// are read in the order of their names; no window goes over the end of a file.
///
/// Windows are split in their order, not by chance: the last ones are cut off, and those that share a token with them are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextSpec {
    /// The folder, relative to the spec's own folder.
    pub folder: PathBuf,
    /// Tokens of a window, 1 to 65536: the steps that the model sees.
    #[schemars(range(min = 1, max = 65536))]
    pub window: usize,
    /// How many tokens each window begins behind the one before it, 1 to 65536. Default `window`: each token is a label once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65536))]
    pub stride: Option<usize>,
    /// The characters that are told apart, each once, 2 to 4096 of them; a character's place in the list is its token. It is declared
    /// here so that nothing about validation or test gets into the model. Default: tokens are the bytes of the files, 256 of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 4096))]
    pub characters: Option<String>,
    /// The one of `characters` that stands for all characters that are not among them. Default: such a character is a mistake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1))]
    pub unknown: Option<String>,
}

/// A folder of sounds, whose names end in `.wav`, plain or gzipped (`.wav.gz`), or with the sub-folders `train` and `test` that hold
/// them: PCM of 8, 16, 24 or 32 bits, or f32; of several channels the mean is taken. Each row is a window of samples, each of them one
/// of 256 levels by the mu-law, and has a label for each of its steps: the level of the sample that follows. Files are read in the order
/// of their names; no window goes over the end of a file. Windows are split in their order, as those of text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AudioSpec {
    /// The folder, relative to the spec's own folder.
    pub folder: PathBuf,
    /// Samples of a second that all files must have, 1000 to 192000: nothing is resampled.
    #[schemars(range(min = 1000, max = 192_000))]
    pub rate_hz: u32,
    /// Samples of a window, 1 to 65536: the steps that the model sees.
    #[schemars(range(min = 1, max = 65536))]
    pub window: usize,
    /// How many samples each window begins behind the one before it, 1 to 65536. Default `window`: each sample is a label once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65536))]
    pub stride: Option<usize>,
}

/// A folder of recordings, or with the sub-folders `train` and `test` that hold them, each with its transcript beside it: `NAME.txt`
/// says what stands in `NAME.csv` (a series: a line is a step, a column is a channel) or `NAME.wav` (a sound: a sample is a step, of
/// -1 to 1, of several channels the mean), either plain or gzipped (`.gz`). Recordings differ in length; they are padded with 0 at
/// their end to the longest of all parts. They are for the loss `ctc`.
///
/// The labels of a row are the characters of its transcript, in their order, without white space at its ends, and -1 behind the last, up
/// to the longest transcript. A recording without a transcript, or with an empty one, has a missing label. Rows are split and counted by
/// their first label. Other files are passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TranscriptsSpec {
    /// The folder, relative to the spec's own folder.
    pub folder: PathBuf,
    /// The characters of the transcripts, each once, 2 to 4096 of them; a character's place in the list is its class. Any other is a
    /// mistake, unless `unknown` stands for it.
    #[schemars(length(min = 2, max = 4096))]
    pub characters: String,
    /// The one of `characters` that stands for all characters that are not among them. Default: such a character is a mistake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1))]
    pub unknown: Option<String>,
    /// Samples of a second that all sounds must have, 1000 to 192000: nothing is resampled. Not needed where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1000, max = 192_000))]
    pub rate_hz: Option<u32>,
}

impl TranscriptsSpec {
    /// What the labels stand for.
    pub(crate) fn tokens(&self) -> Tokens {
        Tokens::Characters {
            characters: self.characters.clone(),
            unknown: self.unknown.as_ref().and_then(|unknown| unknown.chars().next()),
        }
    }
}

impl AudioSpec {
    /// What the tokens stand for.
    pub(crate) fn tokens(&self) -> Tokens {
        Tokens::MuLaw { rate_hz: self.rate_hz }
    }
}

impl TextSpec {
    /// What the tokens stand for.
    pub(crate) fn tokens(&self) -> Tokens {
        match &self.characters {
            None => Tokens::Bytes,
            Some(characters) => Tokens::Characters {
                characters: characters.clone(),
                unknown: self.unknown.as_ref().and_then(|unknown| unknown.chars().next()),
            },
        }
    }

    /// How many tokens each window begins behind the one before it.
    pub(crate) fn stride(&self) -> usize {
        self.stride.unwrap_or(self.window)
    }
}

impl SourceSpec {
    /// The source's name as specs write it.
    pub fn name(&self) -> &'static str {
        match self {
            SourceSpec::Idx(_) => "idx",
            SourceSpec::Images(_) => "images",
            SourceSpec::Series(_) => "series",
            SourceSpec::Text(_) => "text",
            SourceSpec::Audio(_) => "audio",
            SourceSpec::Transcripts(_) => "transcripts",
        }
    }

    /// The type of the feature that it gives.
    pub fn feature_type(&self) -> FeatureType {
        match self {
            SourceSpec::Idx(_) | SourceSpec::Images(_) => FeatureType::Image,
            SourceSpec::Series(_) | SourceSpec::Transcripts(_) => FeatureType::Series,
            SourceSpec::Text(_) | SourceSpec::Audio(_) => FeatureType::Tokens,
        }
    }
}

/// The tokens of the longest window.
const MAX_WINDOW: usize = 65536;

pub(super) fn check_audio(spec: &AudioSpec, problems: &mut Vec<SpecProblem>) {
    let AudioSpec { folder: _, rate_hz, window, stride } = spec;
    let steps = 1.0..=MAX_WINDOW as f64;
    let cases = [
        ("rate_hz", f64::from(*rate_hz), 1000.0..=192_000.0),
        ("window", *window as f64, steps.clone()),
        ("stride", stride.unwrap_or(1) as f64, steps),
    ];
    for (name, received, range) in cases.into_iter().filter(|(_, received, range)| !range.contains(received)) {
        let (key, low, high) = (format!("data.source.audio.{name}"), *range.start(), *range.end());
        problems.push(SpecProblem::OutOfRange { key, received, low, high });
    }
}

pub(super) fn check_text(spec: &TextSpec, problems: &mut Vec<SpecProblem>) {
    let TextSpec { folder: _, window, stride, characters, unknown } = spec;
    let key = |name: &str| format!("data.source.text.{name}");
    let mut within = |name: &str, received: usize, low: usize, high: usize| {
        if !(low..=high).contains(&received) {
            let (received, low, high) = (received as f64, low as f64, high as f64);
            problems.push(SpecProblem::OutOfRange { key: key(name), received, low, high });
        }
    };
    within("window", *window, 1, MAX_WINDOW);
    within("stride", stride.unwrap_or(1), 1, MAX_WINDOW);
    check_characters("data.source.text", characters.as_deref(), unknown.as_deref(), problems);
}

pub(super) fn check_transcripts(spec: &TranscriptsSpec, problems: &mut Vec<SpecProblem>) {
    let TranscriptsSpec { folder: _, characters, unknown, rate_hz } = spec;
    let key = "data.source.transcripts";
    if let Some(rate_hz) = rate_hz.filter(|rate_hz| !(1000..=192_000).contains(rate_hz)) {
        let (key, received) = (format!("{key}.rate_hz"), f64::from(rate_hz));
        problems.push(SpecProblem::OutOfRange { key, received, low: 1000.0, high: 192_000.0 });
    }
    check_characters(key, Some(characters), unknown.as_deref(), problems);
}

fn check_characters(key: &str, characters: Option<&str>, unknown: Option<&str>, problems: &mut Vec<SpecProblem>) {
    let key = |name: &str| format!("{key}.{name}");
    if let Some(characters) = characters {
        let received = characters.chars().count();
        if !(2..=MAX_CHARACTERS).contains(&received) {
            let (key, received, high) = (key("characters"), received as f64, MAX_CHARACTERS as f64);
            problems.push(SpecProblem::OutOfRange { key, received, low: 2.0, high });
        }
        let mut seen = BTreeSet::new();
        if let Some(character) = characters.chars().find(|character| !seen.insert(*character)) {
            problems.push(SpecProblem::CharacterTwice { key: key("characters"), character });
        }
    }
    if let Some(unknown) = unknown {
        let listed = characters.is_some_and(|characters| characters.chars().any(|one| unknown.chars().eq([one])));
        if !listed {
            problems.push(SpecProblem::UnknownNotListed { key: key("unknown"), received: unknown.to_owned() });
        }
    }
}
