//! What happens when the process is killed, the disk is full, or the folder is read-only: each in a process of its own, which
//! is this test binary once more with the data directory in the environment.

use crate::names;
use proofmark_evidence::Digest;
use proofmark_store::{CheckpointId, Keep, OpenRun, RunFile, RunFolder, Runs, State, Status, StoreError};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The data directory; set only in the inner process.
const DATA_DIR: &str = "PROOFMARK_STORE_TEST_DATA_DIR";

fn inner_data_dir() -> Option<PathBuf> {
    std::env::var_os(DATA_DIR).map(PathBuf::from)
}

/// The inner process: the same test in the same binary.
fn inner(mut command: Command, test: &str, data_dir: &Path) -> Command {
    command.args([&format!("crashes::{test}"), "--exact", "--nocapture"]).env(DATA_DIR, data_dir);
    command.stdout(Stdio::piped());
    command
}

fn this_binary() -> PathBuf {
    std::env::current_exe().unwrap()
}

fn create(data_dir: &Path) -> OpenRun {
    Runs::open(data_dir).create("2026-11-23", "digits", Digest::of(b"lock")).unwrap()
}

fn only_run(data_dir: &Path) -> RunFolder {
    Runs::open(data_dir).find("2026-11-23-digits").unwrap()
}

fn id(step: u64) -> CheckpointId {
    CheckpointId { epoch: 0, step }
}

/// What the inner process acknowledges on its standard output.
fn acknowledge(what: &str, number: u64) {
    println!("\nacknowledged {what} {number}");
}

fn acknowledged(line: &str) -> Option<(&str, u64)> {
    let (what, number) = line.strip_prefix("acknowledged ")?.split_once(' ')?;
    Some((what, number.parse().ok()?))
}

#[test]
fn kill_at_any_event_loses_nothing_acknowledged() {
    if let Some(data_dir) = inner_data_dir() {
        let run = create(&data_dir);
        let mut log = run.event_log().unwrap();
        for number in 0..1_000_000 {
            log.append(&json!({"number": number, "filler": "x".repeat(number as usize % 50)})).unwrap();
            log.sync().unwrap();
            acknowledge("event", number);
            if number % 3 == 0 {
                run.save_checkpoint(id(number), Keep::NEWEST, &number.to_le_bytes().repeat(1000)).unwrap();
                acknowledge("checkpoint", number);
            }
        }
        return;
    }
    // A small generator (Marsaglia's xorshift) gives 20 places that are the same in each run of the test.
    let mut random = 0x9e37_79b9_u32;
    for round in 0..20 {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        let kill_after = u64::from(random % 40);
        let folder = tempfile::tempdir().unwrap();
        let mut process =
            inner(Command::new(this_binary()), "kill_at_any_event_loses_nothing_acknowledged", folder.path())
                .spawn()
                .unwrap();
        let (mut last_event, mut last_checkpoint) = (None, None);
        // The pipe is read to its end, so that what was acknowledged while the kill was under way counts as well.
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            match acknowledged(&line.unwrap()) {
                Some(("event", number)) => {
                    last_event = Some(number);
                    if number == kill_after {
                        process.kill().unwrap();
                    }
                }
                Some(("checkpoint", number)) => last_checkpoint = Some(number),
                _ => {}
            }
        }
        assert!(!process.wait().unwrap().success(), "round {round} was killed");
        let last_event = last_event.unwrap();
        assert!(last_event >= kill_after);

        let reader = only_run(folder.path());
        assert_eq!(reader.status().unwrap(), Status { state: State::Interrupted, attempt: 1 });
        let run = reader.open().unwrap();
        let log = run.event_log().unwrap();
        let events: Vec<Value> = run.events().unwrap().map(|event| event.unwrap().value).collect();
        assert_eq!(log.end(), std::fs::metadata(run.events_path()).unwrap().len());
        // All that were acknowledged, and perhaps one that was being so.
        let n_events = events.len() as u64;
        assert!((last_event + 1..=last_event + 2).contains(&n_events), "round {round}: {n_events} after {last_event}");
        assert!(events.iter().enumerate().all(|(number, event)| event["number"] == number));
        if let Some(last_checkpoint) = last_checkpoint {
            let checkpoints = run.checkpoints().unwrap();
            assert!(checkpoints[0].id >= id(last_checkpoint), "round {round}");
            for checkpoint in checkpoints {
                assert_eq!(checkpoint.read().unwrap(), checkpoint.id.step.to_le_bytes().repeat(1000), "round {round}");
            }
        }
        let left = names(&run.path().join("checkpoints"));
        assert!(left.iter().all(|name| name.starts_with("epoch-") && name.ends_with(".checkpoint")), "{left:?}");
        assert_eq!(run.start_attempt().unwrap(), 2);
    }
}

#[cfg(unix)]
#[test]
fn full_disk_leaves_former_files_whole() {
    const LIMIT_BYTES: usize = 8 * 1024;
    if let Some(data_dir) = inner_data_dir() {
        let run = only_run(&data_dir).open().unwrap();
        let too_large = vec![b'x'; 3 * LIMIT_BYTES];
        assert!(matches!(run.write(RunFile::Report, &too_large), Err(StoreError::DiskFull { .. })));
        assert!(matches!(run.save_checkpoint(id(2), Keep::NEWEST, &too_large), Err(StoreError::DiskFull { .. })));
        let mut log = run.event_log().unwrap();
        let mut n_acknowledged: u64 = 0;
        let error = loop {
            log.append(&json!({"number": n_acknowledged, "filler": "x".repeat(100)})).unwrap();
            match log.sync() {
                Ok(()) => n_acknowledged += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
        // The event waits; without room it fails again, and does not pile up in the file.
        assert!(matches!(log.sync(), Err(StoreError::DiskFull { .. })));
        acknowledge("events", n_acknowledged);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = create(folder.path());
    run.write(RunFile::Report, b"the former report").unwrap();
    run.save_checkpoint(id(1), Keep::NEWEST, b"the former checkpoint").unwrap();
    drop(run);
    // A limit on file sizes fails a write in the middle, as a full disk does, without filling one. The signal that goes
    // with it would end this process; the program handles it, a test binary has its shell ignore it. What is left is EFBIG.
    let mut shell = Command::new("bash");
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", LIMIT_BYTES / 1024);
    shell.args(["-c", &script]).arg(this_binary());
    let output = inner(shell, "full_disk_leaves_former_files_whole", folder.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let n_acknowledged = text.lines().find_map(acknowledged).map(|(_, number)| number).unwrap();
    assert!(n_acknowledged > 10);

    let reader = only_run(folder.path());
    assert_eq!(reader.read(RunFile::Report).unwrap(), b"the former report");
    let run = reader.open().unwrap();
    let log = run.event_log().unwrap();
    assert_eq!(log.cut_bytes(), 0, "a failed write was taken back");
    assert_eq!(run.events::<Value>().unwrap().map(Result::unwrap).count() as u64, n_acknowledged);
    let checkpoints = run.checkpoints().unwrap();
    assert_eq!(checkpoints.len(), 1);
    assert_eq!(checkpoints[0].read().unwrap(), b"the former checkpoint");
    let mut all = names(run.path());
    all.extend(names(&run.path().join("checkpoints")));
    assert!(all.iter().all(|name| !name.ends_with(".tmp")), "{all:?}");
}

#[cfg(unix)]
#[test]
fn read_only_folder_can_be_read_and_says_why_it_cannot_be_written() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;

    if let Some(data_dir) = inner_data_dir() {
        let reader = only_run(&data_dir);
        assert_eq!(reader.status().unwrap(), Status { state: State::Accepted, attempt: 1 });
        assert_eq!(reader.read(RunFile::Report).unwrap(), b"the report");
        assert_eq!(reader.events::<Value>().unwrap().count(), 1);
        assert!(matches!(reader.open(), Err(StoreError::Denied { .. })));
        let runs = Runs::open(&data_dir);
        assert!(matches!(runs.create("2026-11-24", "digits", Digest::of(b"")), Err(StoreError::Denied { .. })));
        let deeper = Runs::open(data_dir.join("new"));
        assert!(matches!(deeper.create("2026-11-24", "digits", Digest::of(b"")), Err(StoreError::Denied { .. })));
        acknowledge("denials", 3);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let run = create(&data_dir);
    run.write(RunFile::Report, b"the report").unwrap();
    let mut log = run.event_log().unwrap();
    log.append(&1).unwrap();
    log.sync().unwrap();
    run.finish(State::Accepted).unwrap();
    let run_path = run.path().to_owned();
    drop((log, run));
    let set_mode = |path: &Path, mode: u32| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let folders = [
        run_path.clone(),
        run_path.join("checkpoints"),
        run_path.join("evidence"),
        data_dir.join("runs"),
        data_dir.clone(),
    ];
    folders.iter().for_each(|path| set_mode(path, 0o555));
    names(&run_path)
        .iter()
        .map(|name| run_path.join(name))
        .filter(|path| path.is_file())
        .for_each(|path| set_mode(&path, 0o444));

    // Root may write anywhere: the inner process is another user then, with a copy of the binary where that user may go.
    let is_root = fs::metadata(&data_dir).unwrap().uid() == 0;
    let binary = if is_root { folder.path().join("test-binary") } else { this_binary() };
    let mut command = Command::new(&binary);
    if is_root {
        set_mode(folder.path(), 0o755);
        fs::copy(this_binary(), &binary).unwrap();
        command.uid(65534).gid(65534).current_dir("/");
    }
    let mut process = inner(command, "read_only_folder_can_be_read_and_says_why_it_cannot_be_written", &data_dir);
    let output = loop {
        match process.output() {
            // A process that another test starts just now may hold the copy open for writing until it has started.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
            output => break output.unwrap(),
        }
    };
    // Writable again, or a user who is not root could not remove the folder.
    folders.iter().rev().for_each(|path| set_mode(path, 0o755));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert_eq!(text.lines().find_map(acknowledged), Some(("denials", 3)), "the inner process was there");
}
