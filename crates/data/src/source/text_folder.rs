//! A folder of plain text files: windows of tokens, of which each step is to be followed by the next.

use super::windows::{Document, windows};
use super::{Ingested, Source, SourceFile, class_folders, folder, read_unpacked, unknown_part};
use crate::digest::Digest;
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
        let is_text = |name: &str| name.strip_suffix(".gz").unwrap_or(name).ends_with(".txt");
        let found: Vec<(String, PathBuf)> = class_folders::entries(folder)?
            .into_iter()
            .filter(|(name, path)| is_text(name) && path.is_file())
            .collect();
        if found.is_empty() {
            return Err(DataError::NoText { path: folder.clone() });
        }
        let (mut files, mut documents) = (Vec::new(), Vec::new());
        for (idx, (name, path)) in found.iter().enumerate() {
            let bytes = read_unpacked(path)?;
            let tokens = self.tokens.encode(&bytes).map_err(|error| DataError::Text { path: path.clone(), error })?;
            documents.push(Document { tokens, name: name.clone() });
            let name = name.strip_suffix(".gz").unwrap_or(name).to_owned();
            files.push(SourceFile { name, sha256: Digest::of(&bytes), bytes: bytes.len() as u64 });
            progress(idx as u64 + 1, found.len() as u64);
        }
        let dataset = windows(folder, &documents, self.window, self.stride, self.tokens.clone())?;
        Ok(Ingested { dataset, files })
    }
}
