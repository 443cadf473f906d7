//! What can go wrong with files.

use proofmark_evidence::{Digest, EvidenceError};
use proofmark_messages::{Lang, Localize, display_in_english, evidence as phrases};
use std::io;
use std::path::{Path, PathBuf};

/// What went wrong in the folder of a run. Everything that the system refused carries the path and the system's error.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk or the quota is full, or the file reached the limit on file sizes. Former files are whole.
    DiskFull {
        /// What was written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No permission, or a file system that is mounted read-only.
    Denied {
        /// What was asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something that is not there.
    Missing {
        /// What was asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Any other failure of the file system.
    Io {
        /// What was asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A run's date that is none.
    BadDate {
        /// What was given.
        date: String,
    },
    /// A run's name that cannot stand in a folder's name.
    BadName {
        /// What was given.
        name: String,
        /// The most bytes.
        limit: usize,
    },
    /// No free id is left.
    IdsExhausted {
        /// The runs' date.
        date: String,
        /// The runs' name.
        name: String,
    },
    /// No run of that name.
    NoSuchRun {
        /// What was asked for.
        wanted: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// Several runs of that name.
    AmbiguousRun {
        /// What was asked for.
        wanted: String,
        /// All ids that begin so, sorted.
        found: Vec<String>,
    },
    /// A folder that holds no run.
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// Another process writes into the run.
    InUse {
        /// The run's folder.
        path: PathBuf,
    },
    /// A file of ours that does not read.
    Malformed {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// A value that JSON cannot hold.
    Unwritable {
        /// The file it was meant for.
        path: PathBuf,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// A complete line of the event log that does not read.
    BadEvent {
        /// The event log.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// A place in the event log where no event ends.
    BadOffset {
        /// The event log.
        path: PathBuf,
        /// The place, in bytes.
        offset: u64,
        /// The log's length in bytes.
        end: u64,
    },
    /// An event log that earlier failed in a way that leaves unknown what was saved.
    LogFailed {
        /// The event log.
        path: PathBuf,
    },
    /// A checkpoint whose bytes are not those that were saved.
    DamagedCheckpoint {
        /// The file.
        path: PathBuf,
        /// The digest that was saved with it.
        expected: Digest,
        /// The digest of what is there.
        found: Digest,
    },
    /// A file without a checkpoint's head.
    NotACheckpoint {
        /// The file.
        path: PathBuf,
    },
    /// Evidence that does not verify.
    Evidence {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: EvidenceError,
    },
}

impl StoreError {
    /// The system's error about a path, sorted by what a person can do about it.
    pub(crate) fn io(path: &Path, source: io::Error) -> StoreError {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                StoreError::DiskFull { path, source }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreError::Denied { path, source },
            io::ErrorKind::NotFound => StoreError::Missing { path, source },
            _ => StoreError::Io { path, source },
        }
    }
}

impl Localize for StoreError {
    fn text(&self, lang: Lang) -> String {
        use StoreError as E;
        match self {
            E::DiskFull { path, source } => phrases::store_disk_full(lang, path.display(), source),
            E::Denied { path, source } => phrases::store_denied(lang, path.display(), source),
            E::Missing { path, source: _ } => phrases::store_missing(lang, path.display()),
            E::Io { path, source } => phrases::store_io(lang, path.display(), source),
            E::BadDate { date } => phrases::store_bad_date(lang, date),
            E::BadName { name, limit: _ } => phrases::store_bad_name(lang, name),
            E::IdsExhausted { date, name } => phrases::store_ids_exhausted(lang, date, name),
            E::NoSuchRun { wanted, folder } => phrases::store_no_such_run(lang, wanted, folder.display()),
            E::AmbiguousRun { wanted, found } => phrases::store_ambiguous_run(lang, wanted, quoted(found, lang)),
            E::NotARun { path } => phrases::store_not_a_run(lang, path.display()),
            E::InUse { path } => phrases::store_in_use(lang, path.display()),
            E::Malformed { path, source } => phrases::store_malformed(lang, path.display(), source),
            E::Unwritable { path, source } => phrases::store_unwritable(lang, path.display(), source),
            E::BadEvent { path, line, source } => phrases::store_bad_event(lang, path.display(), line, source),
            E::BadOffset { path, offset, end } => phrases::store_bad_offset(lang, path.display(), offset, end),
            E::LogFailed { path } => phrases::store_log_failed(lang, path.display()),
            E::DamagedCheckpoint { path, expected, found } => {
                phrases::store_damaged_checkpoint(lang, path.display(), expected, found)
            }
            E::NotACheckpoint { path } => phrases::store_not_a_checkpoint(lang, path.display()),
            E::Evidence { path, source } => phrases::store_evidence(lang, path.display(), source.text(lang)),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        use StoreError as E;
        match self {
            E::DiskFull { .. } => Some(phrases::store_disk_full_hint(lang)),
            E::Denied { .. } => Some(phrases::store_denied_hint(lang)),
            E::BadName { name: _, limit } => Some(phrases::store_bad_name_hint(lang, limit)),
            E::IdsExhausted { .. } => Some(phrases::store_ids_exhausted_hint(lang)),
            E::NoSuchRun { .. } => Some(phrases::store_no_such_run_hint(lang)),
            E::AmbiguousRun { .. } => Some(phrases::store_ambiguous_run_hint(lang)),
            E::NotARun { .. } => Some(phrases::store_not_a_run_hint(lang)),
            E::InUse { .. } => Some(phrases::store_in_use_hint(lang)),
            E::BadEvent { .. } => Some(phrases::store_bad_event_hint(lang)),
            E::BadOffset { .. } => Some(phrases::store_bad_offset_hint(lang)),
            E::LogFailed { .. } => Some(phrases::store_log_failed_hint(lang)),
            E::DamagedCheckpoint { .. } | E::NotACheckpoint { .. } => {
                Some(phrases::store_damaged_checkpoint_hint(lang))
            }
            E::Evidence { path: _, source } => source.hint(lang),
            E::Missing { .. } | E::Io { .. } | E::BadDate { .. } | E::Malformed { .. } | E::Unwritable { .. } => None,
        }
    }
}

/// At most five ids in back-quotes; a page of them would hide the sentence.
fn quoted(ids: &[String], lang: Lang) -> String {
    let comma = match lang {
        Lang::En => ", ",
        Lang::ZhCn => "、",
    };
    let shown: Vec<String> = ids.iter().take(5).map(|id| format!("`{id}`")).collect();
    let rest = if ids.len() > shown.len() { " …" } else { "" };
    format!("{}{rest}", shown.join(comma))
}

display_in_english!(StoreError);

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        use StoreError as E;
        match self {
            E::DiskFull { source, .. }
            | E::Denied { source, .. }
            | E::Missing { source, .. }
            | E::Io { source, .. } => Some(source),
            E::Malformed { source, .. } | E::Unwritable { source, .. } | E::BadEvent { source, .. } => Some(source),
            E::Evidence { source, .. } => Some(source),
            _ => None,
        }
    }
}
