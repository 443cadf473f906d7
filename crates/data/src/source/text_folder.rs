//! A folder of plain text files: windows of tokens, of which each step is to be followed by the next.

use super::windows::{documents, windows};
use super::{Ingested, Source, class_folders, folder, unknown_part};
use crate::error::DataError;
use crate::spec::TextSpec;
use crate::tokens::Tokens;
use std::path::{Path, PathBuf};

/// A folder of text files; see [`TextSpec`].
#[derive(Clone, Debug)]
pub struct TextFolder {
    parts: Vec<(&'static str, PathBuf)>,
    tokens: Tokens,
    classes: Vec<String>,
    window: usize,
    stride: usize,
}

impl TextFolder {
    /// Looks for the folder and its parts.
    ///
    /// # Errors
    /// If the folder is missing.
    pub fn open(spec: &TextSpec, base: &Path) -> Result<TextFolder, DataError> {
        let parts = class_folders::parts(&folder(base, &spec.folder)?);
        let tokens = spec.tokens();
        Ok(TextFolder { parts, classes: tokens.names(), tokens, window: spec.window, stride: spec.stride() })
    }
}

impl Source for TextFolder {
    fn parts(&self) -> Vec<String> {
        self.parts.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn read(&self, part: &str, progress: &mut dyn FnMut(u64, u64)) -> Result<Ingested, DataError> {
        let (_, folder) =
            self.parts.iter().find(|(name, _)| *name == part).ok_or_else(|| unknown_part(part, self.parts()))?;
        let encode = |path: &Path, bytes: &[u8]| {
            self.tokens.encode(bytes).map_err(|error| DataError::Text { path: path.to_owned(), error })
        };
        let (mut files, documents) = documents(folder, ".txt", |path| DataError::NoText { path }, encode, progress)?;
        let dataset = windows(folder, &documents, &mut files, self.window, self.stride, self.tokens.clone())?;
        Ok(Ingested { dataset, files })
    }
}
