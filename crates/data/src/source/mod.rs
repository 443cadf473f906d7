//! Where rows come from. A source is a trait; one kind, one file, and [`open`] is the list.

mod audio_folder;
mod class_folders;
pub mod idx;
mod idx_folder;
mod image_folder;
pub mod series_file;
mod series_folder;
pub mod testing;
mod text_folder;
mod transcripts;
pub mod wav;
mod windows;

use crate::dataset::Dataset;
use crate::digest::Digest;
use crate::error::DataError;
use crate::spec::SourceSpec;
pub use audio_folder::AudioFolder;
pub(crate) use class_folders::{folders_of, is_empty};
use flate2::read::MultiGzDecoder;
pub use idx_folder::{IdxFolder, MISSING_LABEL_BYTE};
pub(crate) use idx_folder::{has_idx_files, read_images};
pub use image_folder::ImageFolder;
use serde::Serialize;
pub use series_folder::SeriesFolder;
pub(crate) use series_folder::read_series;
use std::io::Read as _;
use std::path::{Path, PathBuf};
pub use text_folder::TextFolder;
pub use transcripts::TranscriptsFolder;
pub(crate) use transcripts::samples;

/// More bytes of images or numbers in one part are refused: they are held in memory.
pub const MAX_BYTES: u64 = 8 << 30;

/// More classes of whole samples are refused: such a label is a byte, and 255 means that it is missing.
pub const MAX_CLASSES: usize = 255;

/// A source of labelled rows in named parts (`train`, `test`).
///
/// The same files give the same rows in the same order, whatever the machine; [`testing::check_source`] holds every
/// implementation to it. A row's position within its part is its sample's id.
pub trait Source {
    /// The names of its parts, sorted; at least one.
    fn parts(&self) -> Vec<String>;

    /// The names of all classes, of all parts, in the order of the labels.
    fn classes(&self) -> &[String];

    /// Reads one part. `progress` is told how much is done and how much there is, in bytes or files.
    ///
    /// # Errors
    /// [`DataError::UnknownPart`] for a part that is not in [`parts`](Source::parts), and whatever is wrong with the
    /// files.
    fn read(&self, part: &str, progress: &mut dyn FnMut(u64, u64)) -> Result<Ingested, DataError>;
}

/// One part as read.
#[derive(Clone, Debug)]
pub struct Ingested {
    /// The rows.
    pub dataset: Dataset,
    /// What they were read from.
    pub files: Vec<SourceFile>,
}

/// What a part was read from, by content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceFile {
    /// The file's or folder's path relative to the source's folder; for IDX files without `.gz`.
    pub name: String,
    /// SHA-256 of the uncompressed file; of a folder, of its list of files with their digests (in the form that
    /// `sha256sum` prints, sorted by path).
    pub sha256: Digest,
    /// Uncompressed bytes.
    pub bytes: u64,
    /// Rows that it holds: of images, labels or series, or windows over its tokens.
    pub rows: u64,
}

/// Opens the source that a spec names, relative to the folder `base`.
///
/// # Errors
/// If the folder or its files are not there, or if their labels or names cannot be used.
pub fn open(spec: &SourceSpec, base: &Path) -> Result<Box<dyn Source>, DataError> {
    Ok(match spec {
        SourceSpec::Idx(spec) => Box::new(IdxFolder::open(spec, base)?),
        SourceSpec::Images(spec) => Box::new(ImageFolder::open(spec, base)?),
        SourceSpec::Series(spec) => Box::new(SeriesFolder::open(spec, base)?),
        SourceSpec::Audio(spec) => Box::new(AudioFolder::open(spec, base)?),
        SourceSpec::Transcripts(spec) => Box::new(TranscriptsFolder::open(spec, base)?),
        SourceSpec::Text(spec) => Box::new(TextFolder::open(spec, base)?),
    })
}

/// `base/folder`, if it is a folder.
fn folder(base: &Path, folder: &Path) -> Result<PathBuf, DataError> {
    let path = base.join(folder);
    if path.is_dir() { Ok(path) } else { Err(DataError::MissingFolder { path }) }
}

fn unknown_part(part: &str, available: Vec<String>) -> DataError {
    DataError::UnknownPart { part: part.to_owned(), available }
}

/// A whole file, never a pipe or a device.
pub(crate) fn read_whole_file(path: &Path) -> Result<Vec<u8>, DataError> {
    let io = |error| DataError::Io { path: path.to_owned(), error };
    // Asked before it is opened: opening a pipe waits for whoever writes into it.
    if !std::fs::metadata(path).map_err(io)?.is_file() {
        return Err(DataError::NotAFile { path: path.to_owned() });
    }
    std::fs::read(path).map_err(io)
}

/// A whole file as [`read_whole_file`], unpacked if it is gzipped.
pub(crate) fn read_unpacked(path: &Path) -> Result<Vec<u8>, DataError> {
    let bytes = read_whole_file(path)?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(bytes.as_slice())
        .take(MAX_BYTES + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| DataError::Io { path: path.to_owned(), error })?;
    if unpacked.len() as u64 > MAX_BYTES {
        return Err(DataError::TooLarge { path: path.to_owned(), bytes: unpacked.len() as u64 });
    }
    Ok(unpacked)
}
