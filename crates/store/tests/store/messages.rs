//! Every message, in both languages.

use crate::evidence::{measured, seal};
use crate::{refused, run};
use proofmark_evidence::Digest;
use proofmark_messages::{Lang, Localize};
use proofmark_store::{Checkpoint, CheckpointId, Keep, RunFile, Runs, StoreError};
use serde_json::Value;
use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::io;
use std::path::PathBuf;

/// A system's error without the system's own text, which differs between systems.
fn system(kind: io::ErrorKind) -> io::Error {
    io::Error::from(kind)
}

#[test]
fn every_error_in_both_languages() {
    let (folder, run) = run();
    let runs = Runs::open(folder.path());
    let path = PathBuf::from("runs/r/model.safetensors");
    let mut log = run.event_log().unwrap();
    log.append(&1).unwrap();
    log.sync().unwrap();
    let saved = run.save_checkpoint(CheckpointId { epoch: 1, step: 938 }, Keep::NEWEST, b"parameters").unwrap();
    let head = format!("{}\n", Digest::of(b"others"));
    fs::write(&saved.path, format!("{head}parameters")).unwrap();
    let not_a_checkpoint = Checkpoint { path: run.path().join("status.json"), ..saved.clone() };
    run.write(RunFile::Lock, b"{").unwrap();
    for _ in 0..6 {
        runs.create("2026-11-23", "faces", Digest::of(b"lock")).unwrap();
    }
    let errors = [
        StoreError::DiskFull { path: path.clone(), source: system(io::ErrorKind::StorageFull) },
        StoreError::Denied { path: path.clone(), source: system(io::ErrorKind::ReadOnlyFilesystem) },
        refused(run.read(RunFile::Model)),
        StoreError::Io { path: path.clone(), source: system(io::ErrorKind::TimedOut) },
        refused(runs.create("tomorrow", "digits", Digest::of(b""))),
        refused(runs.create("2026-11-23", "../digits", Digest::of(b""))),
        StoreError::IdsExhausted { date: "2026-11-23".to_owned(), name: "digits".to_owned() },
        refused(runs.find("2027")),
        refused(runs.find("2026-11-23-faces")),
        refused(runs.find(folder.path().to_str().unwrap())),
        refused(run.open()),
        refused(run.read_json::<Value>(RunFile::Lock)),
        refused(run.write_json(RunFile::Lock, &HashMap::from([((1, 2), 3)]))),
        {
            fs::write(run.events_path(), "1\n{\n").unwrap();
            refused(run.events::<Value>().unwrap().nth(1).unwrap())
        },
        refused(log.truncate_to(1)),
        StoreError::LogFailed { path: PathBuf::from("runs/r/events.jsonl") },
        refused(saved.read()),
        refused(not_a_checkpoint.read()),
        refused(run.put_evidence(measured(0.98).statement(), &seal(&measured(0.99), 10))),
    ];
    let folder_text = folder.path().canonicalize().unwrap().display().to_string();
    let mut text = String::new();
    for error in &errors {
        for lang in Lang::ALL {
            text.push_str(&format!("{}\n", error.text(lang)));
            if let Some(hint) = error.hint(lang) {
                text.push_str(&format!("  hint: {hint}\n"));
            }
        }
        assert_eq!(error.to_string(), error.text(Lang::En));
    }
    // The folder has another name each time.
    let text = text.replace(&folder_text, "DATA").replace(&folder.path().display().to_string(), "DATA");
    insta::assert_snapshot!(text);
    assert_eq!(errors.iter().filter(|error| error.source().is_some()).count(), 8);
}
