//! A folder of sounds: windows of samples as tokens, of which each step is to be followed by the next.

use super::windows::{documents, windows};
use super::{Ingested, Source, class_folders, folder, unknown_part, wav};
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
        let expected = self.spec.rate_hz;
        let encode = |path: &Path, bytes: &[u8]| {
            let path = path.to_owned();
            match wav::parse(bytes) {
                Ok(sound) if sound.rate_hz == expected => Ok(sound.samples.into_iter().map(mu_law).collect()),
                Ok(sound) => Err(DataError::SampleRate { path, expected, received: sound.rate_hz }),
                Err(error) => Err(DataError::Wav { path, error }),
            }
        };
        let (mut files, documents) = documents(folder, ".wav", |path| DataError::NoSounds { path }, encode, progress)?;
        let stride = self.spec.stride.unwrap_or(self.spec.window);
        let dataset =
            windows(folder, &documents, &mut files, self.spec.window, stride, Tokens::MuLaw { rate_hz: expected })?;
        Ok(Ingested { dataset, files })
    }
}
