//! The data directory: all runs.

use crate::{OpenRun, RunFolder, Status, StoreError, atomic};
use proofmark_evidence::{Digest, DigestWriter, UtcTime};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The longest name of a run, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 64;

/// How many ids of one date, name and lock are tried. An id ends in 4 hexadecimal digits, and somebody with so many runs of
/// one spec on one day has them in a loop.
const N_IDS_TRIED: u64 = 10_000;

/// The runs of a data directory, `.proofmark` by default.
#[derive(Clone, Debug)]
pub struct Runs {
    folder: PathBuf,
}

/// A run in a list.
#[derive(Debug)]
pub struct RunSummary {
    /// The run.
    pub run: RunFolder,
    /// Where it stands, or why that cannot be read: one damaged run must not hide the others.
    pub status: Result<Status, StoreError>,
}

impl Runs {
    /// The runs under a data directory. Nothing is touched; the first run creates it.
    pub fn open(data_dir: impl AsRef<Path>) -> Runs {
        Runs { folder: data_dir.as_ref().join("runs") }
    }

    /// The studies of the same data directory. A study's folder has the same files as a run's.
    pub fn studies(&self) -> Runs {
        Runs { folder: self.folder.with_file_name("studies") }
    }

    /// Where the runs stand.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Creates the folder of a new run and opens it, in attempt 1. Its id is `<date>-<name>-<4 hex>`; the digits come from the
    /// digest of the run's lock, and from further ones where an id is taken. Calls at the same time get different ids.
    ///
    /// # Errors
    /// [`StoreError::BadDate`] (want `2026-11-23`), [`StoreError::BadName`], [`StoreError::IdsExhausted`], or if the folder
    /// cannot be written.
    pub fn create(&self, date: &str, name: &str, lock: Digest) -> Result<OpenRun, StoreError> {
        if UtcTime::parse(&format!("{date}T00:00:00Z")).is_err() {
            return Err(StoreError::BadDate { date: date.to_owned() });
        }
        Runs::check_name(name)?;
        fs::create_dir_all(&self.folder).map_err(|source| StoreError::io(&self.folder, source))?;
        for n_tried in 0..N_IDS_TRIED {
            let path = self.folder.join(format!("{date}-{name}-{}", &id_digest(lock, n_tried).hex()[..4]));
            // Creating is the test: whoever creates the folder has the id.
            match fs::create_dir(&path) {
                Ok(()) => {
                    let run = OpenRun::create_in(RunFolder::at(path))?;
                    atomic::sync_folder(&self.folder)?;
                    return Ok(run);
                }
                Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(StoreError::io(&path, source)),
            }
        }
        Err(StoreError::IdsExhausted { date: date.to_owned(), name: name.to_owned() })
    }

    /// Whether runs can be called so: letters, digits, `-`, `_` and `.`, a letter or a digit first, at most 64 bytes.
    ///
    /// # Errors
    /// [`StoreError::BadName`].
    pub fn check_name(name: &str) -> Result<(), StoreError> {
        let is_good = name.len() <= MAX_NAME_BYTES
            && name.starts_with(char::is_alphanumeric)
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if is_good { Ok(()) } else { Err(StoreError::BadName { name: name.to_owned(), limit: MAX_NAME_BYTES }) }
    }

    /// All runs, sorted by id, which is by date first. No data directory, no runs.
    ///
    /// # Errors
    /// If the folder cannot be read; what is wrong with one run stands in its summary.
    pub fn list(&self) -> Result<Vec<RunSummary>, StoreError> {
        let summary = |run: RunFolder| RunSummary { status: run.status(), run };
        Ok(self.folders()?.into_iter().map(summary).collect())
    }

    /// Finds a run by its id, the beginning of its id, or the path of its folder.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRun`]; [`StoreError::AmbiguousRun`] if several ids begin so and none is the whole; for a path,
    /// [`StoreError::Missing`] or [`StoreError::NotARun`].
    pub fn find(&self, wanted: &str) -> Result<RunFolder, StoreError> {
        let path = Path::new(wanted);
        let is_a_run = |path: &Path| RunFolder::at(path.to_owned()).status_path().is_file();
        if wanted.contains(std::path::is_separator) || matches!(wanted, "." | "..") {
            // The canonical path gives `.` its name, the run's id.
            let path = path.canonicalize().map_err(|source| StoreError::io(path, source))?;
            return if is_a_run(&path) { Ok(RunFolder::at(path)) } else { Err(StoreError::NotARun { path }) };
        }
        let mut begin_so = self.folders()?;
        begin_so.retain(|run| !wanted.is_empty() && run.id().starts_with(wanted));
        if let Some(exact) = begin_so.iter().find(|run| run.id() == wanted) {
            return Ok(exact.clone());
        }
        match begin_so.as_slice() {
            [only] => Ok(only.clone()),
            [] if !wanted.is_empty() && is_a_run(path) => Ok(RunFolder::at(path.to_owned())),
            [] => Err(StoreError::NoSuchRun { wanted: wanted.to_owned(), folder: self.folder.clone() }),
            several => {
                let found = several.iter().map(|run| run.id().to_owned()).collect();
                Err(StoreError::AmbiguousRun { wanted: wanted.to_owned(), found })
            }
        }
    }

    fn folders(&self) -> Result<Vec<RunFolder>, StoreError> {
        let entries = atomic::sorted_entries(&self.folder)?;
        let is_run = |path: &PathBuf| path.is_dir() && is_run_id(atomic::file_name(path));
        Ok(entries.into_iter().filter(is_run).map(RunFolder::at).collect())
    }
}

/// Whether a name has the form of an id, `<date>-<name>-<4 hex>`: a folder that somebody else made is no run.
fn is_run_id(name: &str) -> bool {
    let Some((date, rest)) = name.split_at_checked("2026-11-23".len()) else { return false };
    let Some((name, hex)) = rest.strip_prefix('-').and_then(|rest| rest.rsplit_once('-')) else { return false };
    UtcTime::parse(&format!("{date}T00:00:00Z")).is_ok()
        && Runs::check_name(name).is_ok()
        && hex.len() == 4
        && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn id_digest(lock: Digest, n_tried: u64) -> Digest {
    if n_tried == 0 {
        return lock;
    }
    let mut writer = DigestWriter::new();
    writer.update(lock.as_bytes());
    writer.update(&n_tried.to_le_bytes());
    writer.finish()
}
