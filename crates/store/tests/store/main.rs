//! The folder of a run: what is written survives, what is damaged is told.

mod checkpoints;
mod crashes;
mod events;
mod evidence;
mod folds;
mod messages;
mod runs;

use proofmark_evidence::Digest;
use proofmark_store::{OpenRun, Runs, StoreError};
use std::path::Path;
use tempfile::TempDir;

/// A fresh data directory with one run in it.
fn run() -> (TempDir, OpenRun) {
    let folder = tempfile::tempdir().unwrap();
    let run = Runs::open(folder.path()).create("2026-11-23", "digits", Digest::of(b"lock")).unwrap();
    (folder, run)
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn refused<T>(result: Result<T, StoreError>) -> StoreError {
    match result {
        Ok(_) => panic!("this was accepted"),
        Err(error) => error,
    }
}
