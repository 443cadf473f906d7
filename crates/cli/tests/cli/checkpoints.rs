//! What a resume does with a folder that is not as it was left.

use std::fs;
use std::path::PathBuf;

use crate::fixture::{Call, Place, model, n_events, wait_until};

/// A run of 40 epochs that was interrupted after a few, and its id.
fn interrupted(place: &Place) -> (PathBuf, String) {
    let arguments = ["run", "tiny.yaml", "--set", "train.epochs=40"];
    let child = place.command(&arguments).spawn().unwrap();
    wait_until(|| (n_events(&place.path(".proofmark")) >= 5).then_some(()));
    std::process::Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap();
    Call::of(child.wait_with_output().unwrap(), &arguments).expect(130);
    let run = place.only_run(".proofmark");
    let id = run.file_name().unwrap().to_str().unwrap().to_owned();
    (run, id)
}

#[test]
fn a_damaged_checkpoint_is_skipped() {
    let place = Place::new();
    let reference = place.train("reference", &["--set", "train.epochs=40"]);
    let (run, id) = interrupted(&place);
    let entries = fs::read_dir(run.join("checkpoints")).unwrap().map(|entry| entry.unwrap().path());
    let mut checkpoints: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    checkpoints.sort();
    assert!(checkpoints.len() >= 2, "{checkpoints:?}");
    let newest = checkpoints.last().unwrap();
    let mut bytes = fs::read(newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(newest, bytes).unwrap();
    let name = newest.file_name().unwrap().to_str().unwrap();
    place.call(&["run", "--resume", &id]).expect(0).says(&["note: skipped `", name]);
    assert!(model(&run) == model(&reference));
}

#[test]
fn a_changed_spec_is_refused_by_name() {
    let place = Place::new();
    let (run, id) = interrupted(&place);
    let spec = fs::read_to_string(run.join("spec.yaml")).unwrap();
    fs::write(run.join("spec.yaml"), spec.replace("seed: 7", "seed: 8")).unwrap();
    let call = place.call(&["run", "--resume", &id]).expect(2);
    call.says(&[
        "error: `spec.seed` is not what the run began with: it was `7`, now it is `8`",
        "hint: undo the change",
    ]);
    fs::write(run.join("spec.yaml"), spec).unwrap();
    // So are changed data.
    let labels = place.path("data/train-labels-idx1-ubyte");
    let good = fs::read(&labels).unwrap();
    let mut bad = good.clone();
    bad[8] = 1;
    fs::write(&labels, bad).unwrap();
    place.call(&["run", "--resume", &id]).expect(2).says(&["sources.train/train-labels-idx1-ubyte"]);
    fs::write(&labels, good).unwrap();
    place.call(&["run", "--resume", &id]).expect(0);
}

#[test]
fn a_run_whose_spec_has_moved_is_gone_on_with() {
    let place = Place::new();
    let reference = place.train("reference", &["--set", "train.epochs=40"]);
    let (run, id) = interrupted(&place);
    fs::create_dir(place.path("elsewhere")).unwrap();
    fs::rename(place.path("data"), place.path("elsewhere/data")).unwrap();
    place.call(&["run", "--resume", &id]).expect(2).says(&["there is no folder"]);
    place.call(&["run", "--resume", &id, "--base", "elsewhere"]).expect(0);
    assert!(model(&run) == model(&reference));
    // Where it went on is where it is trained again.
    place.call(&["reproduce", &id, "--epoch", "2"]).expect(0);
}

#[test]
fn what_cannot_be_gone_on_with_says_what_can_be_done() {
    let place = Place::new();
    let refused =
        ["run", "tiny.yaml", "--set", "quality.require=[source.rows > 1000]", "--data-dir", "refused", "--json"];
    let id = place.call(&refused).expect(1).json()["run"].as_str().unwrap().to_owned();
    let call = place.call(&["run", "--resume", &id, "--data-dir", "refused"]).expect(2);
    call.says(&["has come to its end", "hint: its data were refused"]);

    let run = place.train("trained", &[]);
    let id = run.file_name().unwrap().to_str().unwrap();
    let call = place.call(&["run", "--resume", id, "--data-dir", "trained"]).expect(2);
    call.says(&[&format!("hint: `proofmark reproduce {id}`")]);

    // A reproduction does not go on with anything.
    let labels = place.path("data/train-labels-idx1-ubyte");
    let good = fs::read(&labels).unwrap();
    let mut bad = good.clone();
    bad[8] = 1;
    fs::write(&labels, bad).unwrap();
    let call = place.call(&["reproduce", id, "--data-dir", "trained"]).expect(2);
    call.says(&["is not what the run began with", "hint: put back what the run was trained on"]);
    fs::write(&labels, good).unwrap();

    // Nor does an auditor's check of one epoch take an older checkpoint.
    let mut kept = fs::read_dir(run.join("checkpoints")).unwrap().map(|entry| entry.unwrap().path());
    let first = kept.find(|path| path.to_str().unwrap().contains("epoch-0001")).unwrap();
    let mut bytes = fs::read(&first).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&first, bytes).unwrap();
    let call = place.call(&["reproduce", id, "--epoch", "2", "--data-dir", "trained"]).expect(2);
    call.says(&["hint: leave out `--epoch`"]);
}
