//! Longer than 500 lines because it is one list: what can be wrong with data and with what is said about them, each with its words.

use crate::folds::Counted;
use crate::image::DecodeError;
use crate::source::idx::IdxError;
use crate::source::series_file::SeriesError;
use crate::source::wav::WavError;
pub use crate::spec_problem::SpecProblem;
use crate::tokens::TextError;
use proofmark_criteria::CriterionError;
use proofmark_messages::{Lang, Localize, data as say, display_in_english, draft, sequence, tokens};
use std::error::Error;
use std::io;
use std::path::PathBuf;

/// Why data could not be read, judged or prepared.
#[derive(Debug)]
#[non_exhaustive]
pub enum DataError {
    /// A spec that cannot be used; [`check`](crate::spec::check) lists all such problems.
    Spec(SpecProblem),
    /// A rule that cannot be read.
    Rule {
        /// Its position in `quality.require`.
        rule_idx: usize,
        /// What is wrong with it.
        error: CriterionError,
    },
    /// A folder that is not there.
    MissingFolder {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// None of the files that would do is there.
    MissingFile {
        /// Where they were looked for.
        folder: PathBuf,
        /// Their names.
        expected: Vec<String>,
    },
    /// Reading failed.
    Io {
        /// What was read.
        path: PathBuf,
        /// Why it failed.
        error: io::Error,
    },
    /// A file that is not the IDX file it should be.
    Idx {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: IdxError,
    },
    /// As many labels as images are needed.
    CountMismatch {
        /// The file of images.
        images_path: PathBuf,
        /// How many it holds.
        images: usize,
        /// The file of labels.
        labels_path: PathBuf,
        /// How many it holds.
        labels: usize,
    },
    /// Images of different shapes in the train and test parts.
    ShapeMismatch {
        /// The part.
        part: String,
        /// The shape of the train part's images.
        expected: String,
        /// The shape of this part's images.
        received: String,
    },
    /// A number of bytes that is not a whole image per label.
    PixelCount {
        /// The source.
        path: PathBuf,
        /// The bytes that the labels ask for.
        expected: usize,
        /// The bytes there are.
        received: usize,
    },
    /// No rows.
    EmptySet {
        /// The file or folder.
        path: PathBuf,
    },
    /// More rows or bytes than one data set may have.
    TooLarge {
        /// The file or folder.
        path: PathBuf,
        /// Bytes of all its images.
        bytes: u64,
    },
    /// Nothing is left in a split.
    EmptySplit {
        /// `train`, `validation` or `test`.
        split: &'static str,
    },
    /// A classifier needs two classes.
    OneClass {
        /// The classes that have rows: one at most.
        classes: Vec<String>,
    },
    /// A test row of a class that no row of train has: the model could never say it.
    UnknownTestClass {
        /// The part of the source, or `test`.
        part: String,
        /// The row in that part, from 0.
        row: u32,
        /// The class.
        class: String,
    },
    /// A class that is held out, and that the source does not have.
    HeldOutUnknown {
        /// The class, as the spec has it.
        class: String,
        /// The classes there are.
        classes: Vec<String>,
    },
    /// A class that is held out and has no row where it is to be found.
    HeldOutWithoutRows {
        /// The class.
        class: String,
        /// The part.
        part: String,
    },
    /// So few rows train that a class has none of them.
    ClassWithoutTrainRows {
        /// The class.
        class: String,
        /// Rows of the class that could train.
        of: u64,
        /// How many rows train in all.
        train_rows: usize,
    },
    /// Fewer rows or groups than cross-validation needs.
    TooFewForFolds {
        /// What is counted.
        what: Counted,
        /// How many there are.
        received: usize,
        /// How many are needed at least.
        needed: usize,
        /// The folds.
        folds: u32,
    },
    /// A class with fewer rows than folds cannot be in all of them.
    ClassSmallerThanFolds {
        /// The class.
        class: String,
        /// Its rows that train.
        rows: usize,
        /// The folds.
        folds: u32,
    },
    /// A folder of images needs one sub-folder per class.
    NoClassFolders {
        /// The folder.
        path: PathBuf,
    },
    /// More classes than a label can name.
    TooManyClasses {
        /// The folder.
        path: PathBuf,
        /// How many there are.
        received: usize,
    },
    /// A folder where only images belong.
    UnexpectedFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A file that the spec passes over, and that is not there.
    ExcludedMissing {
        /// The source's folder.
        folder: PathBuf,
        /// The file, as the spec lists it.
        file: String,
    },
    /// A pipe, a socket or a device, which could be read for ever.
    NotAFile {
        /// Its path.
        path: PathBuf,
    },
    /// A name that is not UTF-8.
    NameNotUtf8 {
        /// The file or folder.
        path: PathBuf,
    },
    /// A file that is no image.
    NotAnImage {
        /// The file.
        path: PathBuf,
        /// Why it is none.
        error: DecodeError,
    },
    /// The source has no such part.
    UnknownPart {
        /// The part that was asked for.
        part: String,
        /// The parts there are.
        available: Vec<String>,
    },
    /// The gate let rows without a label pass, and a model cannot learn from them.
    MissingLabels {
        /// `train` or `validation`.
        split: &'static str,
        /// How many.
        rows: usize,
        /// The target's name.
        target: String,
    },
    /// A file of series that cannot be read.
    Series {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        error: SeriesError,
    },
    /// A file of text that has no tokens.
    Text {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        error: TextError,
    },
    /// A file of sound that cannot be read.
    Wav {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: WavError,
    },
    /// A sound of another rate than the spec says.
    SampleRate {
        /// The file.
        path: PathBuf,
        /// Samples of a second that the spec says.
        expected: u32,
        /// Samples of a second of this file.
        received: u32,
    },
    /// No files of sound.
    NoSounds {
        /// The folder.
        path: PathBuf,
    },
    /// No series and no sounds that could have transcripts.
    NoRecordings {
        /// The folder.
        path: PathBuf,
    },
    /// A sound where the spec does not say how many samples a second has.
    RateUnknown {
        /// The file.
        path: PathBuf,
        /// Samples of a second of this file.
        received: u32,
    },
    /// No text files.
    NoText {
        /// The folder.
        path: PathBuf,
    },
    /// No file is as long as a window with the token that follows it.
    TooFewTokens {
        /// The folder.
        path: PathBuf,
        /// The tokens of a window, and one more.
        needed: usize,
        /// The tokens of the longest file.
        received: usize,
    },
    /// Neither `.ts` files nor class folders.
    NoSeries {
        /// The folder.
        path: PathBuf,
    },
    /// A `.ts` file to test on, and none to train on.
    NoTrainSeries {
        /// The folder.
        path: PathBuf,
    },
    /// A series with missing values, to predict.
    SeriesWithGaps {
        /// The file.
        path: PathBuf,
        /// Which series of it, from 0.
        row: usize,
    },
    /// Two files of one part.
    TwoFiles {
        /// The second one.
        path: PathBuf,
        /// The part.
        part: &'static str,
    },
    /// Series of other channels than those before them.
    ChannelMismatch {
        /// The file.
        path: PathBuf,
        /// The channels of the first series.
        expected: usize,
        /// The channels of this one.
        received: usize,
    },
    /// The gate let rows with missing values pass, and a model cannot compute with them.
    MissingValues {
        /// `train`, `validation` or `test`.
        split: &'static str,
        /// How many.
        rows: usize,
        /// The feature's name.
        feature: String,
    },
    /// A series longer than those that the model knows.
    SeriesTooLong {
        /// The file.
        path: PathBuf,
        /// The most steps.
        expected: usize,
        /// The steps of this one.
        received: usize,
    },
    /// Preprocessing was fitted to images of another shape.
    FeatureShape {
        /// The file.
        path: PathBuf,
        /// The shape that the model's data had.
        expected: String,
        /// The shape of this file's images.
        received: String,
    },
}

impl DataError {
    /// The dotted path of the key of the spec that is at fault, if it is one.
    pub fn key(&self) -> Option<String> {
        match self {
            DataError::Spec(problem) => Some(problem.key().to_owned()),
            DataError::Rule { rule_idx, .. } => Some(format!("quality.require.{rule_idx}")),
            DataError::UnknownPart { .. } => Some("data.split".to_owned()),
            DataError::HeldOutUnknown { .. } | DataError::HeldOutWithoutRows { .. } => {
                Some("data.split.held_out_classes".to_owned())
            }
            DataError::TooFewForFolds { .. } | DataError::ClassSmallerThanFolds { .. } => {
                Some("cross_validation".to_owned())
            }
            DataError::ClassWithoutTrainRows { .. } => Some("data.split.train_rows".to_owned()),
            DataError::ExcludedMissing { .. } => Some("data.source.images.exclude".to_owned()),
            _ => None,
        }
    }
}

/// Names as a person lists them: `a`, `b`.
fn list(lang: Lang, names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(&say::separator(lang))
}

impl Localize for DataError {
    fn text(&self, lang: Lang) -> String {
        match self {
            DataError::Spec(problem) => problem.text(lang),
            DataError::Rule { rule_idx, error } => say::rule_unreadable(lang, rule_idx + 1, error.text(lang)),
            DataError::MissingFolder { path } => say::folder_missing(lang, path.display()),
            DataError::MissingFile { folder, expected } => {
                say::file_missing(lang, folder.display(), list(lang, expected))
            }
            DataError::Io { path, error } => say::reading_failed(lang, path.display(), error),
            DataError::Idx { path, error } => say::file_is(lang, path.display(), error.text(lang)),
            DataError::CountMismatch { images_path, images, labels_path, labels } => {
                say::count_mismatch(lang, images_path.display(), images, labels_path.display(), labels)
            }
            DataError::ShapeMismatch { part, expected, received } => {
                say::part_shape_mismatch(lang, part, expected, received)
            }
            DataError::PixelCount { path, expected, received } => {
                say::pixel_count(lang, path.display(), expected, received)
            }
            DataError::EmptySet { path } => say::empty_set(lang, path.display()),
            DataError::TooLarge { path, bytes } => {
                say::set_too_large(lang, path.display(), bytes, crate::source::MAX_BYTES)
            }
            DataError::EmptySplit { split } => say::empty_split(lang, split),
            DataError::OneClass { classes } => match classes.first() {
                Some(class) => say::one_class(lang, class),
                None => say::no_class(lang),
            },
            DataError::UnknownTestClass { part, row, class } => say::unknown_test_class(lang, row, part, class),
            DataError::HeldOutUnknown { class, classes } => say::held_out_unknown(lang, class, list(lang, classes)),
            DataError::HeldOutWithoutRows { class, part } => say::held_out_without_rows(lang, class, part),
            DataError::ClassWithoutTrainRows { class, of, train_rows } => {
                say::class_without_train_rows(lang, train_rows, class, of)
            }
            DataError::TooFewForFolds { what: Counted::Rows, received, needed, folds } => {
                say::too_few_rows_for_folds(lang, folds, needed, received)
            }
            DataError::TooFewForFolds { what: Counted::Groups, received, needed, folds } => {
                say::too_few_groups_for_folds(lang, folds, needed, received)
            }
            DataError::ClassSmallerThanFolds { class, rows, folds } => {
                say::class_smaller_than_folds(lang, class, rows, folds)
            }
            DataError::NotAFile { path } => say::not_a_file(lang, path.display()),
            DataError::ExcludedMissing { folder, file } => draft::excluded_missing(lang, file, folder.display()),
            DataError::NoClassFolders { path } => say::no_class_folders(lang, path.display()),
            DataError::TooManyClasses { path, received } => {
                say::too_many_classes(lang, path.display(), received, crate::source::MAX_CLASSES)
            }
            DataError::UnexpectedFolder { path } => say::unexpected_folder(lang, path.display()),
            DataError::NameNotUtf8 { path } => say::name_not_utf8(lang, path.display()),
            DataError::NotAnImage { path, error } => say::file_is(lang, path.display(), error.text(lang)),
            DataError::UnknownPart { part, available } => say::unknown_part(lang, part, list(lang, available)),
            DataError::Series { path, error } => error.at(path, lang),
            DataError::Text { path, error } => say::file_is(lang, path.display(), error.text(lang)),
            DataError::Wav { path, error } => say::file_is(lang, path.display(), error.text(lang)),
            DataError::SampleRate { path, expected, received } => {
                tokens::sample_rate(lang, path.display(), expected, received)
            }
            DataError::NoSounds { path } => tokens::no_sounds(lang, path.display()),
            DataError::NoRecordings { path } => tokens::no_recordings(lang, path.display()),
            DataError::RateUnknown { path, received } => tokens::rate_unknown(lang, path.display(), received),
            DataError::NoText { path } => tokens::no_text(lang, path.display()),
            DataError::TooFewTokens { path, needed, received } => {
                tokens::too_few_tokens(lang, path.display(), needed, received)
            }
            DataError::SeriesWithGaps { path, row } => sequence::series_with_gaps(lang, path.display(), row),
            DataError::TwoFiles { path, part } => sequence::two_files(lang, part, path.display()),
            DataError::NoTrainSeries { path } => sequence::no_train_series(lang, path.display()),
            DataError::NoSeries { path } => sequence::no_series(lang, path.display()),
            DataError::ChannelMismatch { path, expected, received } => {
                sequence::channel_mismatch(lang, path.display(), expected, received)
            }
            DataError::MissingValues { split, rows, feature: _ } => sequence::values_missing(lang, rows, split),
            DataError::SeriesTooLong { path, expected, received } => {
                sequence::series_too_long(lang, path.display(), expected, received)
            }
            DataError::MissingLabels { split, rows, target: _ } => say::labels_missing(lang, rows, split),
            DataError::FeatureShape { path, expected, received } => {
                say::feature_shape(lang, path.display(), expected, received)
            }
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            DataError::Spec(problem) => problem.hint(lang),
            DataError::Rule { error, .. } => error.hint(lang),
            DataError::Idx { error, .. } => error.hint(lang),
            DataError::MissingFolder { .. } => Some(say::hint_folder_missing(lang)),
            DataError::MissingFile { .. } => Some(say::hint_file_missing(lang)),
            DataError::CountMismatch { .. } => Some(say::hint_count_mismatch(lang)),
            DataError::ShapeMismatch { .. } => Some(say::hint_part_shape(lang)),
            DataError::EmptySplit { .. } => Some(say::hint_empty_split(lang)),
            DataError::OneClass { .. } => Some(say::hint_one_class(lang)),
            DataError::UnknownTestClass { .. } => Some(say::hint_unknown_test_class(lang)),
            DataError::ClassWithoutTrainRows { .. } => Some(say::hint_class_without_train_rows(lang)),
            DataError::TooFewForFolds { .. } => Some(say::hint_too_few_for_folds(lang)),
            DataError::ClassSmallerThanFolds { .. } => Some(say::hint_class_smaller_than_folds(lang)),
            DataError::NotAFile { .. } => Some(say::hint_not_a_file(lang)),
            DataError::NoClassFolders { .. } => Some(say::hint_no_class_folders(lang)),
            DataError::ExcludedMissing { .. } => Some(draft::hint_excluded_missing(lang)),
            DataError::UnexpectedFolder { .. } => Some(say::hint_unexpected_folder(lang)),
            DataError::NotAnImage { .. } => Some(say::hint_not_an_image(lang)),
            DataError::UnknownPart { .. } => Some(say::hint_unknown_part(lang)),
            DataError::Series { error, .. } => error.hint(lang),
            DataError::Text { error, .. } => error.hint(lang),
            DataError::Wav { error, .. } => error.hint(lang),
            DataError::SampleRate { .. } => Some(tokens::hint_sample_rate(lang)),
            DataError::NoSounds { .. } => Some(tokens::hint_no_sounds(lang)),
            DataError::NoRecordings { .. } => Some(tokens::hint_no_recordings(lang)),
            DataError::RateUnknown { received, .. } => Some(tokens::hint_rate_unknown(lang, received)),
            DataError::NoText { .. } => Some(tokens::hint_no_text(lang)),
            DataError::TooFewTokens { .. } => Some(tokens::hint_too_few_tokens(lang)),
            DataError::TwoFiles { .. } => Some(sequence::hint_two_files(lang)),
            DataError::NoTrainSeries { .. } | DataError::NoSeries { .. } => Some(sequence::hint_no_series(lang)),
            DataError::ChannelMismatch { .. } => Some(sequence::hint_channel_mismatch(lang)),
            DataError::MissingValues { feature, split, .. } => Some(match *split {
                "test" => sequence::hint_values_missing_in_test(lang),
                _ => sequence::hint_values_missing(lang, feature),
            }),
            DataError::SeriesTooLong { .. } => Some(sequence::hint_series_too_long(lang)),
            DataError::MissingLabels { target, .. } => Some(say::hint_labels_missing(lang, target)),
            DataError::Io { .. }
            | DataError::PixelCount { .. }
            | DataError::SeriesWithGaps { .. }
            | DataError::EmptySet { .. }
            | DataError::TooLarge { .. }
            | DataError::TooManyClasses { .. }
            | DataError::NameNotUtf8 { .. }
            | DataError::HeldOutUnknown { .. }
            | DataError::HeldOutWithoutRows { .. }
            | DataError::FeatureShape { .. } => None,
        }
    }
}

display_in_english!(DataError);

impl Error for DataError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            DataError::Spec(problem) => Some(problem),
            DataError::Rule { error, .. } => Some(error),
            DataError::Io { error, .. } => Some(error),
            DataError::Idx { error, .. } => Some(error),
            DataError::NotAnImage { error, .. } => Some(error),
            DataError::Series { error, .. } => Some(error),
            DataError::Text { error, .. } => Some(error),
            DataError::Wav { error, .. } => Some(error),
            _ => None,
        }
    }
}
