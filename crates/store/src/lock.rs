//! One writer a run.

use crate::StoreError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often, and how far apart, the lock is tried. Whoever asks [`is_held`] holds it shared for a moment, and a list of
/// the runs must not turn away a run that starts just then.
const N_TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

/// Takes the lock of a run's folder; the system frees it when the file is dropped or the process dies, however it dies.
pub(crate) fn take(folder: &Path, lock_path: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(lock_path);
    let file = file.map_err(|source| StoreError::io(lock_path, source))?;
    for n_tried in 1..=N_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if n_tried < N_TRIES => thread::sleep(BETWEEN_TRIES),
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(source)) => return Err(StoreError::io(lock_path, source)),
        }
    }
    Err(StoreError::InUse { path: folder.to_owned() })
}

/// Whether a process writes into the run just now.
pub(crate) fn is_held(lock_path: &Path) -> Result<bool, StoreError> {
    let file = match File::open(lock_path) {
        Ok(file) => file,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(StoreError::io(lock_path, source)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(source)) => Err(StoreError::io(lock_path, source)),
    }
}
