//! A run with a cross-validation: killed between folds it loses none of them, and nothing of it can be altered unnoticed.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::fixture::{Place, model, statements, wait_until};

const FOLDS: [&str; 2] = ["--set", "cross_validation={ folds: 4 }"];

fn id(run: &Path) -> &str {
    run.file_name().unwrap().to_str().unwrap()
}

fn fold(run: &Path, number: u32) -> PathBuf {
    run.join("folds").join(format!("fold-{number}"))
}

/// The claims of the run's cross-validation.
fn claims(run: &Path) -> Value {
    let statements = statements(run)
        .into_iter()
        .map(|name| -> Value { serde_json::from_slice(&fs::read(run.join("evidence").join(name)).unwrap()).unwrap() });
    let mut folds = statements.filter(|statement| statement["kind"] == "eval.cross_validation");
    folds.next().expect("a statement of the cross-validation")["claims"].take()
}

#[test]
fn folds_are_told_claimed_reproduced_and_read_by_criteria() {
    let place = Place::new();
    let more = ["--set", "accept=cross_validation.accuracy.min >= 0.4 && metrics.accuracy.value >= 0.5"];
    let arguments = [&["run", "tiny.yaml", "--data-dir", "whole"], &FOLDS[..], &more[..]].concat();
    let call = place.call(&arguments).expect(0);
    assert!(call.stdout.contains("cross-validation"), "{}", call.stdout);
    call.says(&["Cross-validate", "fold 1/4  accuracy ", "fold 4/4  accuracy "]);
    let run = place.only_run("whole");
    let claims = claims(&run);
    // 180 rows train, in four folds; nothing is judged before the last epoch.
    for (idx, fold) in claims["folds"].as_array().unwrap().iter().enumerate() {
        let trained = &fold["trained"];
        assert_eq!([&trained["fold"], &trained["train_rows"], &trained["held_out_rows"]], [idx + 1, 135, 45]);
        assert_eq!([&trained["validation_rows"], &trained["epochs"], &trained["best_epoch"]], [0, 6, 6]);
    }
    assert_eq!(claims["rows"], 180);
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains("id=\"cross-validation\""));
    let json =
        place.call(&[&["run", "tiny.yaml", "--data-dir", "json", "--json"], &FOLDS[..]].concat()).expect(0).json();
    for key in ["value", "lower95", "upper95"] {
        assert_eq!(json["cross_validation"]["accuracy"][key].as_f64(), claims["metrics"]["accuracy"][key].as_f64());
    }
    place.call(&["evidence", "verify", id(&run), "--data-dir", "whole"]).expect(0);
    place.call(&["evidence", "verify", run.join("report.html").to_str().unwrap()]).expect(0);
    place.call(&["reproduce", id(&run), "--data-dir", "whole", "--threads", "1"]).expect(0);

    // The final training knows nothing of the folds: it is the same without them.
    assert!(model(&run) == model(&place.train("plain", &[])));
}

#[test]
fn an_inner_split_stops_a_fold_early() {
    let place = Place::new();
    let stopping = ["--set", "train.early_stopping={ patience: 1 }", "--set", "train.epochs=30"];
    let run = place.train("early", &[&FOLDS[..], &stopping[..]].concat());
    let trained = &claims(&run)["folds"][0]["trained"];
    assert_eq!([&trained["train_rows"], &trained["validation_rows"], &trained["held_out_rows"]], [121, 14, 45]);
    assert_eq!(trained["stopped_early"], true);
}

#[test]
fn a_run_killed_between_folds_trains_no_finished_fold_again() {
    let place = Place::new();
    let reference = place.train("reference", &FOLDS);
    for after in [1, 3] {
        let data_dir = format!("killed-{after}");
        let arguments = [&["run", "tiny.yaml", "--data-dir", &data_dir], &FOLDS[..]].concat();
        let mut child = place.command(&arguments).spawn().unwrap();
        let runs = place.path(&data_dir).join("runs");
        let run = wait_until(|| Some(fs::read_dir(&runs).ok()?.next()?.ok()?.path()));
        wait_until(|| fold(&run, after).exists().then_some(()));
        child.kill().unwrap();
        child.wait().unwrap();
        let call = place.call(&["run", "--resume", id(&run), "--data-dir", &data_dir]).expect(0);
        for number in 1..=after {
            assert!(!call.stderr.contains(&format!("fold {number}/4")), "fold {number} again:\n{}", call.stderr);
        }
        assert_eq!(statements(&run), statements(&reference));
        assert!(model(&run) == model(&reference));
        place.call(&["evidence", "verify", id(&run), "--data-dir", &data_dir]).expect(0);
    }
}

#[test]
fn a_damaged_fold_is_trained_again_and_an_altered_one_is_found() {
    let place = Place::new();
    let run = place.train("run", &FOLDS);
    let before = statements(&run);
    let whole = fs::read(fold(&run, 2)).unwrap();
    let damage = || {
        let mut bytes = whole.clone();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(fold(&run, 2), bytes).unwrap();
    };
    damage();
    let call = place.call(&["evidence", "verify", id(&run), "--data-dir", "run"]).expect(1);
    assert!(call.stdout.contains("what the model said in `fold-2`"), "{}", call.stdout);
    // As if it had been killed after the last fold.
    let events = fs::read_to_string(run.join("events.jsonl")).unwrap();
    let end = events.lines().take_while(|line| !line.contains("training_started")).map(|line| line.len() + 1).sum();
    fs::write(run.join("events.jsonl"), &events[..end]).unwrap();
    fs::write(run.join("status.json"), "{\"state\":\"running\",\"attempt\":1}\n").unwrap();
    fs::remove_dir_all(run.join("checkpoints")).unwrap();
    fs::create_dir(run.join("checkpoints")).unwrap();
    let call = place.call(&["run", "--resume", id(&run), "--data-dir", "run"]).expect(0);
    assert!(call.stderr.contains("fold 2/4") && !call.stderr.contains("fold 1/4"), "{}", call.stderr);
    // Only the seconds in the first line are others.
    let said = |bytes: &[u8]| bytes[bytes.iter().position(|byte| *byte == b'\n').unwrap()..].to_vec();
    assert_eq!(statements(&run), before);
    assert!(said(&fs::read(fold(&run, 2)).unwrap()) == said(&whole));
    place.call(&["evidence", "verify", id(&run), "--data-dir", "run"]).expect(0);
}

#[test]
fn what_cannot_be_folded_is_said_at_its_place() {
    let place = Place::new();
    for (folds, texts) in [
        ("{ folds: 21 }", &["`2 <= folds <= 20`, received `21`"][..]),
        ("{ kind: grouped }", &["grouped folds need `by`"]),
        ("{ kind: grouped, by: { file_prefix: _ } }", &["IDX files have no file names"]),
        ("{ by: { file_prefix: _ } }", &["folds of the kind `stratified` have no groups"]),
    ] {
        let set = format!("cross_validation={folds}");
        let call = place.call(&["run", "tiny.yaml", "--data-dir", "none", "--set", &set]).expect(2);
        call.says(texts);
    }
    let few = ["--set", "data.split.train_rows=12", "--set", "cross_validation={ folds: 5 }"];
    place
        .call(&[&["run", "tiny.yaml", "--data-dir", "none"], &few[..]].concat())
        .expect(2)
        .says(&["fewer than the `5` folds"]);
    let criterion = ["--set", "accept=cross_validation.accuracy.min >= 0.4"];
    let call = place.call(&[&["run", "tiny.yaml", "--data-dir", "none"], &criterion[..]].concat()).expect(2);
    call.says(&["set `cross_validation: { folds: 5 }`"]);
}

/// A study whose spec asks for folds, and learns too slowly as it stands.
const ADJUST: &str = "
cross_validation: { folds: 3 }
adjust:
  trials: 3
  sampler: random
  goal: { maximize: validation.accuracy }
  search:
    train.optimizer.adam.learning_rate: { log: [0.005, 0.03] }
";

#[test]
fn of_a_study_the_chosen_trial_alone_is_cross_validated() {
    let place = Place::new();
    let spec = fs::read_to_string(place.path("tiny.yaml")).unwrap() + ADJUST;
    let accept = "accept: cross_validation.accuracy.value >= 0.3 && metrics.accuracy.value >= 0.6";
    fs::write(place.path("tiny.yaml"), spec.replace("accept: metrics.accuracy.value >= 0.5", accept)).unwrap();
    let slow = ["--set", "train.optimizer.adam.learning_rate=0.00001"];
    let call = place.call(&[&["run", "tiny.yaml", "--data-dir", "d", "--json"], &slow[..]].concat()).expect(0);
    let candidate = call.json()["run"].as_str().unwrap().to_owned();
    let mut n_runs = [0, 0];
    for run in fs::read_dir(place.path("d").join("runs")).unwrap().map(|entry| entry.unwrap().path()) {
        // The plain spec was refused with its folds on record; of the trials, one has them.
        let is_plain = fs::read_to_string(run.join("status.json")).unwrap().contains("refused");
        assert_eq!(run.join("folds").exists(), is_plain || id(&run) == candidate, "{}", run.display());
        n_runs[usize::from(is_plain)] += 1;
        place.call(&["evidence", "verify", id(&run), "--data-dir", "d"]).expect(0);
        place.call(&["reproduce", id(&run), "--data-dir", "d"]).expect(0);
    }
    assert_eq!(n_runs, [3, 1]);
}
