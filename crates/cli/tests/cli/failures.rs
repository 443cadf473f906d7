//! Trainings that cannot go on: numbers that are none, disks that are full, folders that are not ours.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::fixture::{Call, Place, model};

#[test]
fn a_loss_that_is_no_number_stops_the_training() {
    let place = Place::new();
    let arguments = [
        "run",
        "tiny.yaml",
        "--set",
        "train.optimizer.adam.learning_rate=1e30",
        // A checkpoint after every step, so that there is a last good one.
        "--set",
        "train.checkpoint_seconds=0",
    ];
    let call = place.call(&arguments).expect(2);
    call.says(&["error: the loss is `NaN` at step ", " in epoch 1", "hint: lower `train.optimizer`'s `learning_rate`"]);
    let run = place.only_run(".proofmark");
    call.says(&[&format!("what was done until then is in the run `{}`", run.file_name().unwrap().to_str().unwrap())]);
    assert!(!run.join("model.safetensors").exists());
    let checkpoints = fs::read_dir(run.join("checkpoints")).unwrap().count();
    assert!(checkpoints > 0, "no checkpoint was kept");
    let report = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(report.contains("the loss was no longer a finite number"));
    // That it failed is evidence as well, and comes out the same again.
    let id = run.file_name().unwrap().to_str().unwrap();
    place.call(&["evidence", "verify", id]).expect(0);
    let again = place.call(&["reproduce", id, "--json"]).expect(0).json();
    assert!(again["same_statements"].as_u64().unwrap() > 3, "{again}");
    let json = place.call(&[&arguments[..], &["--json"]].concat()).expect(2).json();
    assert_eq!((&json["exit_code"], json["errors"].as_array().map(Vec::len)), (&2.into(), Some(1)));
    assert!(json["run"].is_string());
}

/// Runs the spec where no file can grow beyond a limit, which stands for the full disk: everything that is smaller than the
/// limit is written, the first larger file is not. Nothing is done about the signal that goes with it.
fn limited(place: &Place, data_dir: &str, bytes: u64) -> Call {
    let script = format!("ulimit -f {}; exec \"$0\" run tiny.yaml --data-dir {data_dir}", bytes / 1024);
    let mut shell = Command::new("bash");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_proofmark")]).current_dir(place.path(".")).env_remove("LANG");
    Call::of(shell.output().unwrap(), &["(limited) run"])
}

#[test]
fn a_full_disk_loses_nothing() {
    let place = Place::new();
    let reference = place.train("reference", &[]);
    let size = |path: &Path| fs::metadata(path).unwrap().len();
    let checkpoints = fs::read_dir(reference.join("checkpoints")).unwrap().map(|entry| size(&entry.unwrap().path()));
    let checkpoint = checkpoints.max().unwrap();
    let report = size(&reference.join("report.html"));
    assert!(checkpoint < report / 2, "the report is what fails last");
    for (data_dir, limit, said) in [
        ("at-checkpoint", checkpoint - 1, ["error: the training could not be recorded", "hint: free some space"]),
        ("at-report", report / 2, ["report.html", "hint: free some space"]),
    ] {
        limited(&place, data_dir, limit).expect(2).says(&said);
        let run = place.only_run(data_dir);
        let id = run.file_name().unwrap().to_str().unwrap();
        place.call(&["run", "--resume", id, "--data-dir", data_dir]).expect(0);
        assert!(model(&run) == model(&reference), "{data_dir}");
    }
    // Not even the first files fit: it is said, and no signal ends the program.
    let call = limited(&place, "at-once", 1024).expect(2);
    call.says(&["error: no room to write", "hint: free some space"]);
}

/// Whether this process may write everywhere, as root may.
fn is_root(folder: &Path) -> bool {
    let probe = folder.join("probe");
    fs::write(&probe, "").and_then(|()| fs::remove_file(&probe)).is_ok()
}

#[test]
fn a_folder_that_is_not_ours_is_named() {
    let place = Place::new();
    let denied = place.path("denied");
    fs::create_dir(&denied).unwrap();
    fs::set_permissions(&denied, fs::Permissions::from_mode(0o555)).unwrap();
    let call = call_without_rights(&place, is_root(&denied), &["run", "tiny.yaml", "--data-dir", "denied"]);
    call.expect(2).says(&["error: no permission", "denied/runs", "hint: "]);
}

#[test]
fn a_run_that_is_not_ours_is_reproduced_and_the_result_told() {
    let place = Place::new();
    let run = place.train(".proofmark", &[]);
    for folder in [run.clone(), run.join("evidence")] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
    }
    fs::set_permissions(run.join("lock"), fs::Permissions::from_mode(0o444)).unwrap();
    let run_text = run.display().to_string();
    let call = call_without_rights(&place, is_root(&run.join("evidence")), &["reproduce", &run_text]).expect(0);
    // Before the training, and with the result.
    call.says(&["the result will not be recorded: no permission", "lock"]);
    assert!(call.stdout.contains("Reproduced") && call.stdout.contains("not recorded"), "{}", call.stdout);
    for folder in [run.clone(), run.join("evidence")] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// A call by somebody who may not write everywhere.
fn call_without_rights(place: &Place, is_root: bool, arguments: &[&str]) -> Call {
    if !is_root {
        return place.call(arguments);
    }
    // Root writes anyway: somebody else has to try.
    fs::set_permissions(place.path("."), fs::Permissions::from_mode(0o755)).unwrap();
    let binary = place.path("proofmark");
    fs::copy(env!("CARGO_BIN_EXE_proofmark"), &binary).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(binary).args(arguments);
    Call::of(command.current_dir(place.path(".")).env("LANG", "C").output().unwrap(), arguments)
}
