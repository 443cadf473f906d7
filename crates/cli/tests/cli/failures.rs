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
    let json = place.call(&[&arguments[..], &["--json"]].concat()).expect(2).json();
    assert_eq!((&json["exit_code"], json["errors"].as_array().map(Vec::len)), (&2.into(), Some(1)));
    assert!(json["run"].is_string());
}

#[test]
fn a_full_disk_loses_nothing() {
    let place = Place::new();
    let reference = place.train("reference", &[]);
    // A limit on the size of files stands for the full disk: a checkpoint is larger, everything before it is smaller.
    let largest =
        fs::read_dir(reference.join("checkpoints")).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
    let limit = largest.max().unwrap() / 1024;
    let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" run tiny.yaml");
    let output = Command::new("bash")
        .args(["-c", &script, env!("CARGO_BIN_EXE_proofmark")])
        .current_dir(place.path("."))
        .output()
        .unwrap();
    let call = Call::of(output, &["(limited) run"]).expect(2);
    call.says(&["error: the training could not be recorded", "hint: make room"]);
    let run = place.only_run(".proofmark");
    let id = run.file_name().unwrap().to_str().unwrap();
    place.call(&["run", "--resume", id]).expect(0);
    assert!(model(&run) == model(&reference));
}

/// Whether this process may write everywhere, as root may.
fn is_root(folder: &Path) -> bool {
    fs::write(folder.join("probe"), "").is_ok()
}

#[test]
fn a_folder_that_is_not_ours_is_named() {
    let place = Place::new();
    let denied = place.path("denied");
    fs::create_dir(&denied).unwrap();
    fs::set_permissions(&denied, fs::Permissions::from_mode(0o555)).unwrap();
    let arguments = ["run", "tiny.yaml", "--data-dir", "denied"];
    let call = if is_root(&denied) {
        // Root writes anyway: somebody else has to try.
        fs::set_permissions(place.path("."), fs::Permissions::from_mode(0o755)).unwrap();
        let binary = place.path("proofmark");
        fs::copy(env!("CARGO_BIN_EXE_proofmark"), &binary).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(binary).args(arguments);
        Call::of(command.current_dir(place.path(".")).env("LANG", "C").output().unwrap(), &arguments)
    } else {
        place.call(&arguments)
    };
    call.expect(2).says(&["error: no permission", "denied/runs", "hint: "]);
}
