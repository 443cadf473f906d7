//! Checkpoints: bytes with their digest, the newest ones and those worth keeping.

use crate::{OpenRun, RunFolder, StoreError, atomic};
use proofmark_evidence::Digest;
use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

const EXTENSION: &str = ".checkpoint";
const KEPT_EXTENSION: &str = ".kept.checkpoint";
/// The file that names the best checkpoint.
const BEST: &str = "best";
/// `sha256:`, 64 digits, a line's end.
const HEAD_BYTES: usize = 72;

/// Where in the training a checkpoint was taken. Ordered by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckpointId {
    /// Epochs completed.
    pub epoch: u32,
    /// Steps completed since the training began.
    pub step: u64,
}

impl fmt::Display for CheckpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Wide enough that a person's list of files is sorted too.
        write!(f, "epoch-{:04}-step-{:08}", self.epoch, self.step)
    }
}

impl CheckpointId {
    fn parse(text: &str) -> Option<CheckpointId> {
        let (epoch, step) = text.strip_prefix("epoch-")?.split_once("-step-")?;
        let id = CheckpointId { epoch: epoch.parse().ok()?, step: step.parse().ok()? };
        // One id has one spelling.
        (id.to_string() == text).then_some(id)
    }
}

/// How long a checkpoint stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// While it is among the newest so many, or is the best.
    Newest(usize),
    /// As long as the run: what an auditor's check of one epoch starts from.
    Always,
}

impl Keep {
    /// The newest two: one to go on from, and one in case that is damaged.
    pub const NEWEST: Keep = Keep::Newest(2);
}

/// A checkpoint on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Where in the training it was taken.
    pub id: CheckpointId,
    /// Whether it stays as long as the run.
    pub is_kept: bool,
    /// Its file.
    pub path: PathBuf,
}

impl Checkpoint {
    /// Reads the bytes that were saved.
    ///
    /// # Errors
    /// [`StoreError::DamagedCheckpoint`] or [`StoreError::NotACheckpoint`] if they are others; go on to the next older one.
    pub fn read(&self) -> Result<Vec<u8>, StoreError> {
        let path = &self.path;
        let at_path = |source| StoreError::io(path, source);
        let not_a_checkpoint = || StoreError::NotACheckpoint { path: path.clone() };
        let mut file = File::open(path).map_err(at_path)?;
        let mut head = Vec::with_capacity(HEAD_BYTES);
        file.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(at_path)?;
        let expected = str::from_utf8(&head).ok().and_then(|head| head.strip_suffix('\n'));
        let expected = expected.and_then(|text| Digest::from_str(text).ok()).ok_or_else(not_a_checkpoint)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(at_path)?;
        let found = Digest::of(&bytes);
        if found != expected {
            return Err(StoreError::DamagedCheckpoint { path: path.clone(), expected, found });
        }
        Ok(bytes)
    }

    fn at(path: PathBuf) -> Option<Checkpoint> {
        let name = atomic::file_name(&path);
        let (stem, is_kept) = match name.strip_suffix(KEPT_EXTENSION) {
            Some(stem) => (stem, true),
            None => (name.strip_suffix(EXTENSION)?, false),
        };
        let id = CheckpointId::parse(stem)?;
        Some(Checkpoint { id, is_kept, path })
    }
}

impl RunFolder {
    /// All checkpoints, the newest first; not yet read, so that a damaged one can be told and skipped.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        let mut found: Vec<Checkpoint> =
            atomic::sorted_entries(&self.checkpoints_path())?.into_iter().filter_map(Checkpoint::at).collect();
        found.sort_by_key(|checkpoint| std::cmp::Reverse((checkpoint.id, checkpoint.is_kept)));
        Ok(found)
    }

    /// The checkpoint that was marked as the best, if one was.
    ///
    /// # Errors
    /// If the folder cannot be read; [`StoreError::NotACheckpoint`] if what is marked is not there.
    pub fn best_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let best_path = self.checkpoints_path().join(BEST);
        let Some(id) = read_best(&best_path)? else { return Ok(None) };
        match self.checkpoints()?.into_iter().find(|checkpoint| checkpoint.id == id) {
            Some(checkpoint) => Ok(Some(checkpoint)),
            None => Err(StoreError::NotACheckpoint { path: best_path }),
        }
    }

    /// The checkpoint of the end of an epoch (completed epochs, from 1) that stays as long as the run, if there is one.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn kept_checkpoint(&self, epoch: u32) -> Result<Option<Checkpoint>, StoreError> {
        Ok(self.checkpoints()?.into_iter().find(|checkpoint| checkpoint.is_kept && checkpoint.id.epoch == epoch))
    }
}

impl OpenRun {
    /// Saves a checkpoint atomically, then removes those that need not stay. An id that exists is replaced.
    ///
    /// # Errors
    /// If it cannot be written; the older checkpoints are whole then.
    pub fn save_checkpoint(&self, id: CheckpointId, keep: Keep, bytes: &[u8]) -> Result<Checkpoint, StoreError> {
        let folder = self.checkpoints_path();
        let (extension, other) = match keep {
            Keep::Newest(_) => (EXTENSION, KEPT_EXTENSION),
            Keep::Always => (KEPT_EXTENSION, EXTENSION),
        };
        let path = folder.join(format!("{id}{extension}"));
        let head = format!("{}\n", Digest::of(bytes));
        atomic::write(&path, &[head.as_bytes(), bytes])?;
        // Of one id, one file: the later call says how long it stays.
        let twin = folder.join(format!("{id}{other}"));
        if twin.exists() {
            remove(&twin)?;
        }
        if let Keep::Newest(n_newest) = keep {
            let best = read_best(&folder.join(BEST))?;
            let passing = self.checkpoints()?.into_iter().filter(|checkpoint| !checkpoint.is_kept);
            for old in
                passing.skip(n_newest.max(1)).filter(|checkpoint| Some(checkpoint.id) != best && checkpoint.id != id)
            {
                remove(&old.path)?;
            }
        }
        Ok(Checkpoint { id, is_kept: keep == Keep::Always, path })
    }

    /// Marks a saved checkpoint as the best one; it stays until another is marked.
    ///
    /// # Errors
    /// [`StoreError::NotACheckpoint`] if it was not saved.
    pub fn mark_best(&self, id: CheckpointId) -> Result<(), StoreError> {
        if !self.checkpoints()?.iter().any(|checkpoint| checkpoint.id == id) {
            return Err(StoreError::NotACheckpoint { path: self.checkpoints_path().join(format!("{id}{EXTENSION}")) });
        }
        atomic::write(&self.checkpoints_path().join(BEST), &[format!("{id}\n").as_bytes()])
    }
}

fn read_best(best_path: &Path) -> Result<Option<CheckpointId>, StoreError> {
    let bytes = match atomic::read(best_path) {
        Ok(bytes) => bytes,
        Err(StoreError::Missing { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let id = str::from_utf8(&bytes).ok().and_then(|text| CheckpointId::parse(text.trim_end()));
    id.map(Some).ok_or_else(|| StoreError::NotACheckpoint { path: best_path.to_owned() })
}

fn remove(path: &Path) -> Result<(), StoreError> {
    fs::remove_file(path).map_err(|source| StoreError::io(path, source))
}
