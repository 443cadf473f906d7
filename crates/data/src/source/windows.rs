//! Files of tokens, and windows over them.

use super::{MAX_BYTES, SourceFile, class_folders, read_unpacked};
use crate::dataset::{Dataset, Windows};
use crate::digest::Digest;
use crate::error::DataError;
use crate::series::Series;
use crate::tokens::Tokens;
use std::path::{Path, PathBuf};

/// A sequence that was read as one piece.
pub(super) struct Document {
    pub(super) tokens: Vec<u16>,
    /// Its file's name.
    pub(super) name: String,
}

/// Reads the files of a folder with this extension, gzipped or not, in the order of their names; `encode` says their tokens.
///
/// # Errors
/// `missing` if there is no such file; a file that cannot be read; what `encode` says.
pub(super) fn documents(
    folder: &Path,
    extension: &str,
    missing: impl FnOnce(PathBuf) -> DataError,
    mut encode: impl FnMut(&Path, &[u8]) -> Result<Vec<u16>, DataError>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Vec<SourceFile>, Vec<Document>), DataError> {
    let unpacked = |name: &str| name.strip_suffix(".gz").unwrap_or(name).to_owned();
    let found: Vec<(String, PathBuf)> = class_folders::entries(folder)?
        .into_iter()
        .filter(|(name, path)| unpacked(name).ends_with(extension) && path.is_file())
        .collect();
    if found.is_empty() {
        return Err(missing(folder.to_owned()));
    }
    let (mut files, mut documents) = (Vec::new(), Vec::new());
    for (idx, (name, path)) in found.iter().enumerate() {
        let bytes = read_unpacked(path)?;
        documents.push(Document { tokens: encode(path, &bytes)?, name: name.clone() });
        let sha256 = Digest::of(&bytes);
        // How many windows there are over it is said by `windows`.
        files.push(SourceFile { name: unpacked(name), sha256, bytes: bytes.len() as u64, rows: 0 });
        progress(idx as u64 + 1, found.len() as u64);
    }
    Ok((files, documents))
}

/// Windows of `window` tokens, each `stride` behind the one before it, document after document, with the token that follows each
/// step as its label. What is left at a document's end, fewer tokens than a window and one more, goes unused. Each document's file is
/// told how many windows it has.
///
/// # Errors
/// If no document is long enough, or there are more windows than memory is for.
pub(super) fn windows(
    path: &Path,
    documents: &[Document],
    files: &mut [SourceFile],
    window: usize,
    stride: usize,
    tokens: Tokens,
) -> Result<Dataset, DataError> {
    // A window reads one token more than it has steps: the last one's label.
    let span = window + 1;
    let count = |document: &Document| document.tokens.len().checked_sub(span).map_or(0, |rest| rest / stride + 1);
    for (file, document) in files.iter_mut().zip(documents) {
        file.rows = count(document) as u64;
    }
    let n_windows: usize = documents.iter().map(count).sum();
    if n_windows == 0 {
        let longest = documents.iter().map(|document| document.tokens.len()).max().unwrap_or(0);
        return Err(DataError::TooFewTokens { path: path.to_owned(), needed: span, received: longest });
    }
    let bytes = (n_windows as u64).saturating_mul((window * (size_of::<f32>() + size_of::<i32>())) as u64);
    if bytes > MAX_BYTES {
        return Err(DataError::TooLarge { path: path.to_owned(), bytes });
    }
    let mut series = Series::of_tokens(window, tokens);
    let (mut labels, mut names, mut starts) = (Vec::with_capacity(n_windows * window), Vec::new(), Vec::new());
    let (mut document_start, mut numbers) = (0, Vec::with_capacity(window));
    for document in documents {
        for start in (0..count(document)).map(|idx| idx * stride) {
            let read = &document.tokens[start..start + span];
            numbers.clear();
            numbers.extend(read[..window].iter().map(|token| f32::from(*token)));
            series.push(&numbers);
            labels.extend(read[1..].iter().map(|token| i32::from(*token)));
            names.push(document.name.clone());
            starts.push((document_start + start) as u64);
        }
        document_start += document.tokens.len();
    }
    let dataset = Dataset::of_series(path, series, vec![None; n_windows])?.with_labels(window, labels);
    Ok(dataset.with_names(names).with_windows(Windows { starts, span: span as u64 }))
}
