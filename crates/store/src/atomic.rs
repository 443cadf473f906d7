//! Replacing a file as a whole, or not at all.

use crate::StoreError;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const TEMPORARY_SUFFIX: &str = ".tmp";

/// Writes the parts, one after the other, as the new content of a file. Once this returns they survive a loss of power;
/// before, and after an error, the former file stands whole.
pub(crate) fn write(path: &Path, parts: &[&[u8]]) -> Result<(), StoreError> {
    let temporary = temporary_path(path);
    let write_and_rename = || {
        let mut file = File::create_new(&temporary)?;
        parts.iter().try_for_each(|part| file.write_all(part))?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    if let Err(source) = write_and_rename() {
        // The first failure is the one to report. What cannot be removed now goes when the run is opened next.
        let _ = fs::remove_file(&temporary);
        return Err(StoreError::io(path, source));
    }
    sync_folder(parent(path))
}

/// Makes the names in a folder durable, after a file was created or renamed in it.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    // Other systems than Unix cannot open folders, and order such changes themselves.
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| StoreError::io(folder, source))?;
    }
    Ok(())
}

/// Removes what an interrupted [`write`] left in a folder. Only for the one process that may write there.
pub(crate) fn remove_leftovers(folder: &Path) -> Result<(), StoreError> {
    for path in sorted_entries(folder)? {
        let name = file_name(&path);
        if name.starts_with('.') && name.ends_with(TEMPORARY_SUFFIX) {
            fs::remove_file(&path).map_err(|source| StoreError::io(&path, source))?;
        }
    }
    Ok(())
}

/// What a folder holds, sorted by name; nothing if it is not there.
pub(crate) fn sorted_entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<PathBuf>>>(),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(source),
    };
    let mut entries = entries.map_err(|source| StoreError::io(folder, source))?;
    entries.sort();
    Ok(entries)
}

/// The last part of a path; empty if it is not Unicode, which no name of ours is.
pub(crate) fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    fs::read(path).map_err(|source| StoreError::io(path, source))
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// A name beside the file, so that renaming stays within one file system; no two calls share one.
fn temporary_path(path: &Path) -> PathBuf {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    parent(path).join(format!(".{}.{}-{call}{TEMPORARY_SUFFIX}", file_name(path), std::process::id()))
}
