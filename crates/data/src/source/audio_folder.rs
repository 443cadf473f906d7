//! A folder of sounds: windows of samples as tokens, of which each step is to be followed by the next.

use super::windows::{Document, windows};
use super::{Ingested, Source, SourceFile, class_folders, folder, read_unpacked, unknown_part, wav};
use crate::digest::Digest;
use crate::error::DataError;
use crate::spec::AudioSpec;
use crate::tokens::{Tokens, mu_law};
use std::path::{Path, PathBuf};

/// A folder of WAV files; see [`AudioSpec`].
#[derive(Clone, Debug)]
pub struct AudioFolder {
    parts: Vec<(&'static str, PathBuf)>,
    classes: Vec<String>,
    spec: AudioSpec,
}

impl AudioFolder {
    /// Looks for the folder and its parts.
    ///
    /// # Errors
    /// If the folder is missing.
    pub fn open(spec: &AudioSpec, base: &Path) -> Result<AudioFolder, DataError> {
        let parts = class_folders::parts(&folder(base, &spec.folder)?);
        Ok(AudioFolder { parts, classes: spec.tokens().names(), spec: spec.clone() })
    }
}

impl Source for AudioFolder {
    fn parts(&self) -> Vec<String> {
        self.parts.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn read(&self, part: &str, progress: &mut dyn FnMut(u64, u64)) -> Result<Ingested, DataError> {
        let (_, folder) =
            self.parts.iter().find(|(name, _)| *name == part).ok_or_else(|| unknown_part(part, self.parts()))?;
        let is_sound = |name: &str| name.strip_suffix(".gz").unwrap_or(name).ends_with(".wav");
        let found: Vec<(String, PathBuf)> = class_folders::entries(folder)?
            .into_iter()
            .filter(|(name, path)| is_sound(name) && path.is_file())
            .collect();
        if found.is_empty() {
            return Err(DataError::NoSounds { path: folder.clone() });
        }
        let expected = self.spec.rate_hz;
        let (mut files, mut documents) = (Vec::new(), Vec::new());
        for (idx, (name, path)) in found.iter().enumerate() {
            let bytes = read_unpacked(path)?;
            let sound = wav::parse(&bytes).map_err(|error| DataError::Wav { path: path.clone(), error })?;
            if sound.rate_hz != expected {
                return Err(DataError::SampleRate { path: path.clone(), expected, received: sound.rate_hz });
            }
            documents.push(Document { tokens: sound.samples.into_iter().map(mu_law).collect(), name: name.clone() });
            let name = name.strip_suffix(".gz").unwrap_or(name).to_owned();
            files.push(SourceFile { name, sha256: Digest::of(&bytes), bytes: bytes.len() as u64 });
            progress(idx as u64 + 1, found.len() as u64);
        }
        let stride = self.spec.stride.unwrap_or(self.spec.window);
        let dataset = windows(folder, &documents, self.spec.window, stride, Tokens::MuLaw { rate_hz: expected })?;
        Ok(Ingested { dataset, files })
    }
}
