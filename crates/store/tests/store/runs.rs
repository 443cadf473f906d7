//! Creating, listing, finding; files, states and the lock.

use crate::{names, refused, run};
use proofmark_evidence::Digest;
use proofmark_messages::{Lang, Localize};
use proofmark_store::{RunFile, RunFolder, Runs, State, Status, StoreError};
use std::collections::BTreeSet;
use std::fs;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

fn lock() -> Digest {
    Digest::of(b"lock")
}

fn ids(runs: &Runs) -> Vec<String> {
    runs.list().unwrap().iter().map(|summary| summary.run.id().to_owned()).collect()
}

#[test]
fn a_fresh_run_on_disk() {
    let (folder, run) = run();
    assert_eq!(run.id(), format!("2026-11-23-digits-{}", &lock().hex()[..4]));
    assert_eq!(run.path(), folder.path().join("runs").join(run.id()));
    assert_eq!(names(run.path()), ["checkpoints", "evidence", "lock", "status.json"]);
    assert_eq!(run.status().unwrap(), Status { state: State::Running, attempt: 1 });
}

#[test]
fn ids_do_not_collide() {
    let folder = tempfile::tempdir().unwrap();
    let runs = Runs::open(folder.path().join("deep/data"));
    let created: Vec<String> = thread::scope(|scope| {
        let create = || -> Vec<String> {
            (0..10).map(|_| runs.create("2026-11-23", "digits", lock()).unwrap().id().to_owned()).collect()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let unique: BTreeSet<String> = created.iter().cloned().collect();
    assert_eq!(unique.len(), 80);
    assert_eq!(ids(&runs), unique.into_iter().collect::<Vec<_>>());
}

#[test]
fn the_same_lock_gives_the_same_ids_in_the_same_order() {
    let create_three = || {
        let folder = tempfile::tempdir().unwrap();
        let runs = Runs::open(folder.path());
        [(); 3].map(|()| runs.create("2026-11-23", "digits", lock()).unwrap().id().to_owned())
    };
    assert_eq!(create_three(), create_three());
}

#[test]
fn folders_of_others_are_no_runs() {
    let (folder, run) = run();
    let foreign =
        ["foo", "2026-11-23", "2026-11-23-7f3a", "2026-11-23-digits", "2026-11-31-digits-7f3a", "x-digits-7f3a"];
    for name in foreign {
        fs::create_dir(folder.path().join("runs").join(name)).unwrap();
    }
    let runs = Runs::open(folder.path());
    assert_eq!(ids(&runs), [run.id()]);
    assert!(matches!(runs.find("foo"), Err(StoreError::NoSuchRun { .. })));
    // A name with the separator in it is one.
    let dashed = runs.create("2026-11-23", "a-b", lock()).unwrap();
    assert_eq!(ids(&runs), [dashed.id(), run.id()]);
}

#[test]
fn dates_and_names_that_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let runs = Runs::open(folder.path());
    for date in ["", "2026-11-31", "2026-1-1", "23.11.2026", "2026-11-23T00", "../../../x"] {
        assert!(matches!(runs.create(date, "digits", lock()), Err(StoreError::BadDate { .. })), "{date}");
    }
    let too_long = "n".repeat(65);
    for name in ["", ".", "..", "-a", "a/b", "../a", "a b", "a\0", "a\n", too_long.as_str()] {
        assert!(matches!(runs.create("2026-11-23", name, lock()), Err(StoreError::BadName { .. })), "{name:?}");
    }
    assert!(ids(&runs).is_empty());
    for name in ["a", "手写数字", "v1.2_final-b", &too_long[..64]] {
        assert!(runs.create("2026-11-23", name, lock()).is_ok(), "{name}");
    }
}

#[test]
fn the_list_is_sorted_and_shows_damaged_runs_too() {
    let folder = tempfile::tempdir().unwrap();
    let runs = Runs::open(folder.path());
    assert!(runs.list().unwrap().is_empty());
    for (date, name) in [("2026-11-23", "b"), ("2025-01-01", "z"), ("2026-11-23", "a")] {
        runs.create(date, name, lock()).unwrap().finish(State::Accepted).unwrap();
    }
    let damaged = runs.find("2025").unwrap();
    fs::write(damaged.path().join("status.json"), "{\"state\":").unwrap();
    fs::create_dir(runs.folder().join("2026-11-24-died-0000")).unwrap();
    fs::create_dir(runs.folder().join(".hidden")).unwrap();
    fs::write(runs.folder().join("a-file"), "").unwrap();
    let list = runs.list().unwrap();
    let shown: Vec<String> =
        list.iter().map(|summary| summary.run.id().rsplit_once('-').unwrap().0.to_owned()).collect();
    assert_eq!(shown, ["2025-01-01-z", "2026-11-23-a", "2026-11-23-b", "2026-11-24-died"]);
    assert!(matches!(list[0].status, Err(StoreError::Malformed { .. })));
    assert_eq!(*list[1].status.as_ref().unwrap(), Status { state: State::Accepted, attempt: 1 });
    assert_eq!(*list[3].status.as_ref().unwrap(), Status { state: State::Interrupted, attempt: 0 });
}

#[test]
fn finding_by_id_beginning_and_path() {
    let folder = tempfile::tempdir().unwrap();
    let runs = Runs::open(folder.path());
    let digits = runs.create("2026-11-23", "digits", lock()).unwrap();
    let dirty = runs.create("2026-11-23", "digits-dirty", lock()).unwrap();
    // An id that is the beginning of another one.
    let inner = runs.folder().join(format!("{}-more-0000", digits.id()));
    fs::create_dir(&inner).unwrap();
    assert_eq!(runs.find(digits.id()).unwrap().path(), digits.path());
    assert_eq!(runs.find("2026-11-23-digits-dir").unwrap().path(), dirty.path());
    assert_eq!(runs.find(dirty.path().to_str().unwrap()).unwrap().path(), dirty.path().canonicalize().unwrap());
    match refused(runs.find("2026-11-23-digits-")) {
        StoreError::AmbiguousRun { wanted, found } => {
            assert_eq!(wanted, "2026-11-23-digits-");
            assert_eq!(found, ids(&runs));
        }
        other => panic!("{other}"),
    }
    assert!(matches!(runs.find("2027"), Err(StoreError::NoSuchRun { .. })));
    assert!(matches!(runs.find(""), Err(StoreError::NoSuchRun { .. })));
    assert!(matches!(runs.find(folder.path().to_str().unwrap()), Err(StoreError::NotARun { .. })));
    assert!(matches!(runs.find("./no/such/folder"), Err(StoreError::Missing { .. })));
}

#[test]
fn files_are_replaced_as_a_whole() {
    let (_folder, run) = run();
    for file in RunFile::ALL {
        assert!(matches!(run.read(file), Err(StoreError::Missing { .. })));
        run.write(file, b"first, and longer").unwrap();
        run.write(file, b"second").unwrap();
        assert_eq!(run.read(file).unwrap(), b"second");
        assert_eq!(run.file_path(file), run.path().join(file.name()));
    }
    run.write_json(RunFile::Lock, &serde_json::json!({"seed": 7})).unwrap();
    assert_eq!(run.read(RunFile::Lock).unwrap(), b"{\n  \"seed\": 7\n}\n");
    assert_eq!(run.read_json::<serde_json::Value>(RunFile::Lock).unwrap()["seed"], 7);
    let expected = [
        "checkpoints",
        "evidence",
        "lock",
        "model.int8.safetensors",
        "model.safetensors",
        "report.html",
        "spec.lock.json",
        "spec.yaml",
    ];
    assert_eq!(names(run.path())[..8], expected);
}

#[test]
fn one_process_writes() {
    let (_folder, run) = run();
    let reader: RunFolder = (*run).clone();
    assert!(reader.is_in_use().unwrap());
    assert!(matches!(reader.open(), Err(StoreError::InUse { .. })));
    drop(run);
    assert!(!reader.is_in_use().unwrap());
    assert!(reader.open().is_ok());
}

#[test]
fn opening_waits_for_a_glance_at_the_lock() {
    let (_folder, run) = run();
    let reader: RunFolder = (*run).clone();
    drop(run);
    // Lists ask whether the run is in use all the time; the run opens nevertheless.
    let (has_started, is_done) = (Barrier::new(2), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            has_started.wait();
            while !is_done.load(Ordering::Relaxed) {
                reader.is_in_use().unwrap();
            }
        });
        has_started.wait();
        let opened = (0..1000).filter(|_| reader.open().is_ok()).count();
        is_done.store(true, Ordering::Relaxed);
        assert_eq!(opened, 1000);
    });
}

#[test]
fn writers_of_one_file_at_once_leave_one_of_their_contents() {
    let (_folder, run) = run();
    let contents: Vec<Vec<u8>> = (0..8).map(|writer| vec![writer; 10_000 + usize::from(writer)]).collect();
    thread::scope(|scope| {
        for content in &contents {
            scope.spawn(|| run.write(RunFile::Report, content).unwrap());
        }
    });
    assert!(contents.contains(&run.read(RunFile::Report).unwrap()));
    assert_eq!(names(run.path()), ["checkpoints", "evidence", "lock", "report.html", "status.json"]);
}

#[test]
fn attempts_and_states() {
    let (_folder, run) = run();
    let reader: RunFolder = (*run).clone();
    run.finish(State::Interrupted).unwrap();
    drop(run);
    assert_eq!(reader.status().unwrap(), Status { state: State::Interrupted, attempt: 1 });
    let run = reader.open().unwrap();
    assert_eq!(run.start_attempt().unwrap(), 2);
    assert_eq!(reader.status().unwrap(), Status { state: State::Running, attempt: 2 });
    drop(run);
    // Nobody said how it ended, and nobody is at work on it.
    assert_eq!(reader.status().unwrap(), Status { state: State::Interrupted, attempt: 2 });
    for state in State::ALL {
        let run = reader.open().unwrap();
        run.finish(state).unwrap();
        assert_eq!(run.status().unwrap(), Status { state, attempt: 2 });
    }
}

#[test]
fn leftovers_of_an_interrupted_write_go_when_the_run_is_opened() {
    let (_folder, run) = run();
    let reader: RunFolder = (*run).clone();
    drop(run);
    let leftover = |folder: &str| reader.path().join(folder).join(".report.html.123-0.tmp");
    for folder in ["", "checkpoints", "evidence"] {
        fs::write(leftover(folder), "half").unwrap();
    }
    let _run = reader.open().unwrap();
    for folder in ["", "checkpoints", "evidence"] {
        assert!(!leftover(folder).exists(), "{folder}");
    }
}

#[test]
fn states_in_both_languages() {
    let labels = State::ALL.map(|state| format!("{}: {}", state.text(Lang::En), state.text(Lang::ZhCn)));
    insta::assert_snapshot!(labels.join("\n"));
}
