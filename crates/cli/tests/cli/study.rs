//! Studies: trials are runs, the best one is judged, and whatever happens on the way, the study is the same.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::fixture::{Call, Place, Random, model, wait_until};

/// Trials of the study.
const TRIALS: usize = 6;

/// A spec that learns too slowly as it stands.
const ADJUST: &str = "
adjust:
  trials: 6
  sampler: random
  pruner: { median: { startup_trials: 2, grace: 1 } }
  goal: { maximize: validation.accuracy }
  search:
    train.optimizer.adam.learning_rate: { log: [0.00001, 0.03] }
    train.batch_size: { choice: [8, 16] }
";

/// The spec as it stands: refused on validation.
const SLOW: [&str; 2] = ["--set", "train.optimizer.adam.learning_rate=0.00001"];

fn place() -> Place {
    let place = Place::new();
    let spec = fs::read_to_string(place.path("tiny.yaml")).unwrap() + ADJUST;
    fs::write(place.path("tiny.yaml"), spec.replace("accuracy.value >= 0.5", "accuracy.value >= 0.6")).unwrap();
    place
}

fn with<'a>(command: &[&'a str], data_dir: &'a str) -> Vec<&'a str> {
    [command, &["--data-dir", data_dir]].concat()
}

/// The only study of a data directory, if it has come that far.
fn study(data_dir: &Path) -> Option<PathBuf> {
    let mut studies = fs::read_dir(data_dir.join("studies")).ok()?.map(|entry| entry.unwrap().path());
    let study = studies.next();
    assert_eq!(studies.next(), None);
    study
}

fn lines(study: &Path) -> Vec<Value> {
    let text = fs::read_to_string(study.join("events.jsonl")).unwrap_or_default();
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What the study's journal says, without times and the ids of runs.
fn journal(study: &Path) -> Vec<Value> {
    lines(study).iter().filter_map(|line| line.get("study").cloned()).collect()
}

/// The digest of what the study claims: of every value, every report, every objective and every trial's statements.
fn claimed(study: &Path) -> Vec<String> {
    let text = fs::read_dir(study.join("evidence")).unwrap().map(|entry| entry.unwrap().path());
    let mut digests: Vec<String> = text
        .map(|path| fs::read_to_string(path).unwrap())
        .filter(|text| text.contains("\"tune.study\""))
        .filter_map(|text| serde_json::from_str::<Value>(&text).ok())
        .filter(|value| value.get("claims").is_some())
        .map(|value| value["claims"].to_string())
        .collect();
    digests.sort();
    digests.dedup();
    digests
}

fn id(folder: &Path) -> String {
    folder.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Whether standard output has these words.
#[track_caller]
fn tells(call: &Call, texts: &[&str]) {
    for text in texts {
        assert!(call.stdout.contains(text), "standard output lacks `{text}`:\n{}", call.stdout);
    }
}

fn run_study(place: &Place, data_dir: &str) -> Call {
    place.call(&with(&[&["run", "tiny.yaml", "--json"][..], &SLOW].concat(), data_dir))
}

#[test]
fn what_validation_refuses_is_adjusted_and_judged_once() {
    let place = place();
    let call = run_study(&place, "d").expect(0);
    let result = call.json();
    assert_eq!(result["verdict"], "accepted");
    let study = study(&place.path("d")).unwrap();
    assert_eq!(result["study"], id(&study));
    // The plain spec, and each trial.
    let list = place.call(&with(&["runs", "list", "--json"], "d")).expect(0).json();
    let runs: Vec<String> =
        list["runs"].as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap().to_owned()).collect();
    assert_eq!(runs.len(), TRIALS + 1);
    let candidate = result["run"].as_str().unwrap();
    let mut pruned = 0;
    for run in &runs {
        place.call(&with(&["evidence", "verify", run], "d")).expect(0);
        tells(&place.call(&with(&["reproduce", run], "d")).expect(0), &["Reproduced"]);
        let folder = place.path("d").join("runs").join(run);
        let events = fs::read_to_string(folder.join("events.jsonl")).unwrap();
        // Nothing reads test but the one that was chosen.
        assert_eq!(events.contains("test_read"), run == candidate, "{run}");
        pruned += usize::from(events.contains("\"outcome\":\"pruned\""));
    }
    assert!(pruned > 0, "nothing was pruned");
    assert_eq!(claimed(&study).len(), 1);
    // Judged once, and a trial is nothing to go on with by itself.
    place.call(&with(&["tune", "--resume", &id(&study), "--accept"], "d")).expect(2).says(&["has come to its end"]);
    let again = place.call(&with(&["reproduce", &id(&study)], "d")).expect(0);
    tells(&again, &["Reproduced", "6 of 6"]);
}

#[test]
fn killed_after_any_event_a_study_loses_no_trial() {
    let place = place();
    run_study(&place, "whole").expect(0);
    let whole = study(&place.path("whole")).unwrap();
    let (n_lines, expected) = (lines(&whole).len() as u64, journal(&whole));
    let candidate = |data_dir: &str| {
        let accepted = fs::read_dir(place.path(data_dir).join("runs")).unwrap().map(|entry| entry.unwrap().path());
        let mut accepted = accepted
            .filter(|run| fs::read_to_string(run.join("status.json")).is_ok_and(|status| status.contains("accepted")));
        model(&accepted.next().unwrap())
    };
    let kills = std::env::var("PROOFMARK_KILLS").map_or(4, |kills| kills.parse().expect("a number of kills"));
    let mut random = Random(20_261_124);
    let mut n_interrupted = 0;
    for kill in 0..kills {
        let events = 1 + random.below(n_lines - 1) as usize;
        let data_dir = format!("kill-{kill}");
        let arguments = with(&[&["run", "tiny.yaml"][..], &SLOW].concat(), &data_dir);
        let mut child = place.command(&arguments).spawn().unwrap();
        let folder = place.path(&data_dir);
        wait_until(|| {
            let has_come = study(&folder).is_some_and(|study| lines(&study).len() >= events);
            (has_come || child.try_wait().unwrap().is_some()).then_some(())
        });
        child.kill().unwrap();
        child.wait().unwrap();
        let study = study(&folder).unwrap();
        let ended = |journal: &[Value]| journal.iter().filter(|record| record.get("trial_ended").is_some()).count();
        let (before, n_ended) = (journal(&study), ended(&journal(&study)));
        assert_eq!(expected[..before.len()], before, "killed after event {events}");
        let call = place.call(&with(&["tune", "--resume", &id(&study), "--accept", "--json"], &data_dir));
        n_interrupted += usize::from(n_ended < TRIALS);
        // Killed after the last event, the candidate was perhaps judged already.
        assert!(call.code == Some(0) || n_ended == TRIALS, "{}", call.stderr);
        if call.code != Some(0) {
            call.says(&["has come to its end"]);
        }
        assert_eq!(journal(&study), expected, "killed after event {events}");
        assert_eq!(claimed(&study), claimed(&whole), "killed after event {events}");
        assert!(candidate(&data_dir) == candidate("whole"), "killed after event {events}");
    }
    assert!(n_interrupted * 2 > kills as usize, "only {n_interrupted} of {kills} kills came before the end");
}

#[test]
fn trials_side_by_side_reproduce_one_by_one() {
    let place = place();
    let arguments = with(&["tune", "tiny.yaml", "--json", "--set", "adjust.parallel=2"], "d");
    let result = place.call(&arguments).expect(0).json();
    assert_eq!(result["trials"].as_array().unwrap().len(), TRIALS);
    let best = result["best"]["run"].as_str().unwrap();
    tells(&place.call(&with(&["reproduce", best], "d")).expect(0), &["Reproduced"]);
    let study = result["study"].as_str().unwrap();
    place.call(&with(&["reproduce", study], "d")).expect(2).says(&["depended on the machine"]);
    // The numbers and values of random search depend on nothing but the seed.
    let alone = place.call(&with(&["tune", "tiny.yaml", "--json"], "alone")).expect(0).json();
    let values = |result: &Value| -> Vec<Value> {
        result["trials"].as_array().unwrap().iter().map(|trial| trial["values"].clone()).collect()
    };
    assert_eq!(values(&alone), values(&result));
}

#[test]
fn several_goals_end_in_a_front() {
    let place = place();
    let goals = "adjust.goal=[{ maximize: validation.accuracy }, { minimize: model.parameters }]";
    let search = "adjust.search={ 'model.layers[0].conv2d.filters': { integer: [1, 4] }, train.batch_size: { choice: [8, 16] } }";
    let arguments =
        ["tune", "tiny.yaml", "--json", "--accept", "--set", goals, "--set", search, "--set", "adjust.pruner=none"];
    let result = place.call(&with(&arguments, "d")).expect(0).json();
    let objectives = |number: &Value| -> [f64; 2] {
        let trials = result["trials"].as_array().unwrap();
        let trial = trials.iter().find(|trial| trial["number"] == *number).unwrap();
        [0, 1].map(|goal| trial["state"]["complete"]["objectives"][goal].as_f64().unwrap())
    };
    let front: Vec<[f64; 2]> = result["front"].as_array().unwrap().iter().map(objectives).collect();
    assert!(front.len() > 1, "{result}");
    for a in &front {
        assert!(!front.iter().any(|b| b[0] >= a[0] && b[1] <= a[1] && a != b), "{front:?}");
    }
    assert!(result["front"].as_array().unwrap().contains(&result["best"]["number"]));
    assert_eq!(result["verdict"]["verdict"], "accepted");
    place.call(&with(&["evidence", "verify", result["verdict"]["run"].as_str().unwrap()], "d")).expect(0);
}

#[test]
fn an_interrupted_study_says_how_to_go_on() {
    let place = place();
    let arguments = with(&["tune", "tiny.yaml"], "d");
    let mut child = place.command(&arguments).spawn().unwrap();
    wait_until(|| {
        let has_come = study(&place.path("d")).is_some_and(|study| lines(&study).len() >= 6);
        (has_come || child.try_wait().unwrap().is_some()).then_some(())
    });
    assert!(
        std::process::Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap().success()
    );
    let call = Call::of(child.wait_with_output().unwrap(), &arguments).expect(130);
    let id = id(&study(&place.path("d")).unwrap());
    tells(&call, &["Interrupted", &format!("proofmark tune --resume {id} --data-dir d\n")]);
    tells(&place.call(&with(&["tune", "--resume", &id], "d")).expect(0), &["Studied", " complete, ", ", 0 failed"]);
}

#[test]
fn a_journal_that_was_altered_is_refused() {
    let place = place();
    place.call(&with(&["tune", "tiny.yaml", "--set", "adjust.trials=2"], "d")).expect(0);
    let study = study(&place.path("d")).unwrap();
    let text = fs::read_to_string(study.join("events.jsonl")).unwrap();
    for (from, to, said) in [
        ("\"trial\":1", "\"trial\":7", "trial"),
        ("train.batch_size\":{\"choice", "train.batch_sizes\":{\"choice", "batch_sizes"),
        ("\"seed\":7", "\"seed\":8", "seed"),
    ] {
        let altered = text.replace(from, to);
        assert_ne!(altered, text, "{from}");
        fs::write(study.join("events.jsonl"), altered).unwrap();
        place.call(&with(&["tune", "--resume", &id(&study)], "d")).expect(2).says(&[said]);
    }
}

#[test]
fn whoever_rewrites_the_choice_is_named() {
    let place = place();
    let result = run_study(&place, "d").expect(0).json();
    let run = place.path("d").join("runs").join(result["run"].as_str().unwrap());
    // Another trial is called the best: no digest fits any more.
    let evidence = fs::read_dir(run.join("evidence")).unwrap().map(|entry| entry.unwrap().path());
    let mut n_altered = 0;
    for path in evidence {
        let text = fs::read_to_string(&path).unwrap();
        if text.contains("tune.study") && text.contains("\"best\"") {
            fs::write(&path, text.replacen("\"best\":", "\"best\":1", 1)).unwrap();
            n_altered += 1;
        }
    }
    assert!(n_altered > 0);
    place.call(&with(&["evidence", "verify", result["run"].as_str().unwrap()], "d")).expect(1);
}
