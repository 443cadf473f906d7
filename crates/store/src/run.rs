//! The folder of one run.

use crate::{EventLog, EventReader, State, Status, StoreError, atomic, lock};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File};
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// The files that are written as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunFile {
    /// What was asked for, as the user wrote it.
    Spec,
    /// Everything resolved.
    Lock,
    /// The trained parameters.
    Model,
    /// The parameters with weights of 8 bits, where they were made.
    Quantized,
    /// The report, one self-contained page.
    Report,
}

impl RunFile {
    /// Every file.
    pub const ALL: [RunFile; 5] = [RunFile::Spec, RunFile::Lock, RunFile::Model, RunFile::Quantized, RunFile::Report];

    /// Its name in the folder.
    pub const fn name(self) -> &'static str {
        match self {
            RunFile::Spec => "spec.yaml",
            RunFile::Lock => "spec.lock.json",
            RunFile::Model => "model.safetensors",
            RunFile::Quantized => "model.int8.safetensors",
            RunFile::Report => "report.html",
        }
    }
}

/// The folder of a run, for reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// The folder at a path, which is known to be a run's.
    pub(crate) fn at(path: PathBuf) -> RunFolder {
        RunFolder { path }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The run's id, the folder's name: `2026-11-23-digits-7f3a`.
    pub fn id(&self) -> &str {
        atomic::file_name(&self.path)
    }

    /// Where a file stands, or will.
    pub fn file_path(&self, file: RunFile) -> PathBuf {
        self.path.join(file.name())
    }

    /// Where the events stand.
    pub fn events_path(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    /// Reads a file as a whole.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if it was not written yet.
    pub fn read(&self, file: RunFile) -> Result<Vec<u8>, StoreError> {
        atomic::read(&self.file_path(file))
    }

    /// Reads a file of JSON.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if it was not written yet, [`StoreError::Malformed`] if it is not what is expected.
    pub fn read_json<T: DeserializeOwned>(&self, file: RunFile) -> Result<T, StoreError> {
        read_json(&self.file_path(file))
    }

    /// The events from the first; none if nothing happened yet.
    ///
    /// # Errors
    /// If the log cannot be opened.
    pub fn events<T: DeserializeOwned>(&self) -> Result<EventReader<T>, StoreError> {
        EventReader::open(&self.events_path())
    }

    /// Where the run stands. One whose process died while running is interrupted.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if the status is damaged.
    pub fn status(&self) -> Result<Status, StoreError> {
        let status = self.written_status()?;
        let died = status.state == State::Running && !self.is_in_use()?;
        Ok(if died { Status { state: State::Interrupted, ..status } } else { status })
    }

    /// Whether a process writes into the run just now.
    ///
    /// # Errors
    /// If the lock cannot be read.
    pub fn is_in_use(&self) -> Result<bool, StoreError> {
        lock::is_held(&self.lock_path())
    }

    /// Opens the run for writing, for this process alone, and removes what an interrupted write left.
    ///
    /// # Errors
    /// [`StoreError::InUse`] while another process, or another part of this one, has it open; [`StoreError::Denied`] if the
    /// folder is read-only.
    pub fn open(&self) -> Result<OpenRun, StoreError> {
        let lock = lock::take(&self.path, &self.lock_path())?;
        for folder in [self.path.clone(), self.checkpoints_path(), self.evidence_path(), self.folds_path()] {
            atomic::remove_leftovers(&folder)?;
        }
        Ok(OpenRun { folder: self.clone(), _lock: lock })
    }

    pub(crate) fn checkpoints_path(&self) -> PathBuf {
        self.path.join("checkpoints")
    }

    pub(crate) fn evidence_path(&self) -> PathBuf {
        self.path.join("evidence")
    }

    pub(crate) fn status_path(&self) -> PathBuf {
        self.path.join("status.json")
    }

    fn lock_path(&self) -> PathBuf {
        self.path.join("lock")
    }

    fn written_status(&self) -> Result<Status, StoreError> {
        match read_json(&self.status_path()) {
            // The process died between creating the folder and its first write.
            Err(StoreError::Missing { .. }) => Ok(Status { state: State::Interrupted, attempt: 0 }),
            status => status,
        }
    }
}

/// The folder of a run, open for writing; reads as [`RunFolder`] does. The lock goes when it is dropped, or with the process.
#[derive(Debug)]
pub struct OpenRun {
    folder: RunFolder,
    /// Held, never read.
    _lock: File,
}

impl Deref for OpenRun {
    type Target = RunFolder;

    fn deref(&self) -> &RunFolder {
        &self.folder
    }
}

impl OpenRun {
    /// Fills a folder that was just created: sub-folders, and attempt 1.
    pub(crate) fn create_in(folder: RunFolder) -> Result<OpenRun, StoreError> {
        for sub_folder in [folder.checkpoints_path(), folder.evidence_path()] {
            fs::create_dir(&sub_folder).map_err(|source| StoreError::io(&sub_folder, source))?;
        }
        let run = folder.open()?;
        run.start_attempt()?;
        Ok(run)
    }

    /// Replaces a file atomically.
    ///
    /// # Errors
    /// If it cannot be written; the former file is whole then.
    pub fn write(&self, file: RunFile, bytes: &[u8]) -> Result<(), StoreError> {
        atomic::write(&self.file_path(file), &[bytes])
    }

    /// Replaces a file atomically with indented JSON and a line's end.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`] if JSON cannot hold the value; otherwise as [`write`](OpenRun::write).
    pub fn write_json<T: Serialize>(&self, file: RunFile, value: &T) -> Result<(), StoreError> {
        write_json(&self.file_path(file), value)
    }

    /// Opens the event log and cuts a torn last line. One log at a time, or their events overwrite each other.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn event_log(&self) -> Result<EventLog, StoreError> {
        EventLog::open(&self.events_path())
    }

    /// Begins the next attempt, as a resume does, and returns its number. [`Runs::create`](crate::Runs::create) began 1.
    ///
    /// # Errors
    /// If the status cannot be read or written.
    pub fn start_attempt(&self) -> Result<u32, StoreError> {
        let attempt = self.written_status()?.attempt.saturating_add(1);
        write_json(&self.status_path(), &Status { state: State::Running, attempt })?;
        Ok(attempt)
    }

    /// Writes how the attempt ended.
    ///
    /// # Errors
    /// If the status cannot be read or written.
    pub fn finish(&self, state: State) -> Result<(), StoreError> {
        let status = self.written_status()?;
        write_json(&self.status_path(), &Status { state, ..status })
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let bytes = atomic::read(path)?;
    serde_json::from_slice(&bytes).map_err(|source| StoreError::Malformed { path: path.to_owned(), source })
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), StoreError> {
    let mut text =
        serde_json::to_vec_pretty(value).map_err(|source| StoreError::Unwritable { path: path.to_owned(), source })?;
    text.push(b'\n');
    atomic::write(path, &[&text])
}
