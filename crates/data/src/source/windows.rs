//! Windows over sequences of tokens.

use super::MAX_BYTES;
use crate::dataset::{Dataset, Windows};
use crate::error::DataError;
use crate::series::Series;
use crate::tokens::Tokens;
use std::path::Path;

/// A sequence that was read as one piece.
pub(super) struct Document {
    pub(super) tokens: Vec<u16>,
    /// Its file's name.
    pub(super) name: String,
}

/// Windows of `window` tokens, each `stride` behind the one before it, document after document, with the token that follows each
/// step as its label. What is left at a document's end, fewer tokens than a window and one more, goes unused.
///
/// # Errors
/// If no document is long enough, or there are more windows than memory is for.
pub(super) fn windows(
    path: &Path,
    documents: &[Document],
    window: usize,
    stride: usize,
    tokens: Tokens,
) -> Result<Dataset, DataError> {
    // A window reads one token more than it has steps: the last one's label.
    let span = window + 1;
    let count = |document: &Document| document.tokens.len().checked_sub(span).map_or(0, |rest| rest / stride + 1);
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
