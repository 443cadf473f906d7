//! What the folds of a cross-validation gave: `folds/fold-3`, one file a fold, written once its training has ended.

use crate::{OpenRun, RunFolder, StoreError, atomic};
use std::fs;
use std::path::PathBuf;

impl RunFolder {
    /// Where the result of a fold (from 1) stands, or will.
    pub fn fold_path(&self, number: u32) -> PathBuf {
        self.folds_path().join(format!("fold-{number}"))
    }

    /// The result of a fold; `None` if it has none yet.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn fold(&self, number: u32) -> Result<Option<Vec<u8>>, StoreError> {
        match atomic::read(&self.fold_path(number)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn folds_path(&self) -> PathBuf {
        self.path().join("folds")
    }
}

impl OpenRun {
    /// Saves the result of a fold atomically; a former one is replaced.
    ///
    /// # Errors
    /// If it cannot be written; the former result is whole then.
    pub fn save_fold(&self, number: u32, bytes: &[u8]) -> Result<(), StoreError> {
        let folder = self.folds_path();
        if !folder.is_dir() {
            fs::create_dir(&folder).map_err(|source| StoreError::io(&folder, source))?;
            atomic::sync_folder(self.path())?;
        }
        atomic::write(&self.fold_path(number), &[bytes])
    }
}
