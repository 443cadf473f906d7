//! A run that is killed or interrupted, and gone on with, is the run that was not.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Child;

use crate::fixture::{Call, EPOCHS, Place, Random, model, n_events, statements, wait_until};

/// Kills, where `PROOFMARK_KILLS` does not say otherwise.
const KILLS: u64 = 5;

/// Events of a whole run: attempt, training's start, epochs, training's end, reading of test, end.
const EVENTS: u64 = EPOCHS as u64 + 5;

/// Waits until a run has so many events, or has come to its end.
fn wait_for_events(child: &mut Child, data_dir: &Path, events: usize) {
    wait_until(|| (n_events(data_dir) >= events || child.try_wait().unwrap().is_some()).then_some(()));
}

#[test]
fn killed_after_any_event_it_goes_on_to_the_same_bytes() {
    let place = Place::new();
    let reference = model(&place.train("reference", &[]));
    let kills = env::var("PROOFMARK_KILLS").map_or(KILLS, |kills| kills.parse().expect("a number of kills"));
    let mut random = Random(20_261_123);
    let mut n_interrupted = 0;
    for kill in 0..kills {
        let events = 1 + random.below(EVENTS - 1);
        let data_dir = format!("kill-{kill}");
        let mut child = place.command(&["run", "tiny.yaml", "--data-dir", &data_dir]).spawn().unwrap();
        wait_for_events(&mut child, &place.path(&data_dir), events as usize);
        child.kill().unwrap();
        child.wait().unwrap();
        let run = place.only_run(&data_dir);
        let id = run.file_name().unwrap().to_str().unwrap();
        let state =
            place.call(&["runs", "show", id, "--data-dir", &data_dir, "--json"]).expect(0).json()["state"].clone();
        if state == "interrupted" {
            n_interrupted += 1;
            place.call(&["run", "--resume", id, "--data-dir", &data_dir, "--json"]).expect(0);
        }
        assert!(model(&run) == reference, "killed after event {events}, the model is another");
        place.call(&["evidence", "verify", id, "--data-dir", &data_dir]).expect(0);
        place.call(&["run", "--resume", id, "--data-dir", &data_dir]).expect(2).says(&["has come to its end"]);
    }
    assert!(n_interrupted * 2 > kills, "only {n_interrupted} of {kills} kills came before the end");
}

/// What a step leaves to the next one besides the weights: each of these settings has states of its own.
const STATES: &[(&str, &str)] = &[
    ("momentum", "train.optimizer={ momentum: { learning_rate: 0.02 } }"),
    ("nesterov", "train.optimizer={ nesterov: { learning_rate: 0.02 } }"),
    ("adamw", "train.optimizer={ adamw: { learning_rate: 0.01 } }"),
    ("lion", "train.optimizer={ lion: { learning_rate: 0.003, weight_decay: 0.1 } }"),
    ("adafactor", "train.optimizer={ adafactor: { learning_rate: 0.05 } }"),
    ("rmsprop", "train.optimizer={ rmsprop: { learning_rate: 0.005, momentum: 0.5, centered: true } }"),
    ("ema", "train.average={ ema: { decay: 0.9 } }"),
    ("swa", "train.average={ swa: { start: 2 } }"),
    ("accumulate", "train.accumulate=2"),
];

/// Epochs of these runs: a kill after the third finds most of them still to come.
const LONG: &str = "train.epochs=20";

#[test]
fn killed_with_any_states_it_goes_on_to_the_same_bytes() {
    let place = Place::new();
    for (name, setting) in STATES {
        let settings = ["--set", LONG, "--set", setting, "--set", "accept=metrics.accuracy.value >= 0.0"];
        let reference = model(&place.train(name, &settings));
        // A run that comes to its end before the kill shows nothing, and is tried again.
        let n_tries = 5;
        let resumed = (0..n_tries).find_map(|attempt| {
            let data_dir = format!("{name}-{attempt}");
            let arguments = [&["run", "tiny.yaml", "--data-dir", &data_dir], &settings[..]].concat();
            let mut child = place.command(&arguments).spawn().unwrap();
            // Attempt, training's start and three epochs.
            wait_for_events(&mut child, &place.path(&data_dir), 5);
            child.kill().unwrap();
            child.wait().unwrap();
            let run = place.only_run(&data_dir);
            let id = run.file_name().unwrap().to_str().unwrap().to_owned();
            let shown = place.call(&["runs", "show", &id, "--data-dir", &data_dir, "--json"]).expect(0).json();
            if shown["state"] != "interrupted" {
                return None;
            }
            place.call(&["run", "--resume", &id, "--data-dir", &data_dir, "--json"]).expect(0);
            Some(model(&run))
        });
        let resumed = resumed.unwrap_or_else(|| panic!("{name}: {n_tries} kills came too late"));
        assert!(resumed == reference, "{name}: gone on with, the model is another");
    }
}

#[test]
fn an_interrupted_run_says_how_to_go_on() {
    let place = Place::new();
    let reference = place.train("reference", &["--set", "train.epochs=40"]);
    for signal in ["INT", "TERM"] {
        let arguments = ["run", "tiny.yaml", "--data-dir", signal, "--set", "train.epochs=40"];
        let mut child = place.command(&arguments).spawn().unwrap();
        wait_for_events(&mut child, &place.path(signal), 4);
        let killed = std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let call = Call::of(child.wait_with_output().unwrap(), &arguments).expect(130);
        let run = place.only_run(signal);
        let id = run.file_name().unwrap().to_str().unwrap();
        assert!(
            call.stdout.contains("Interrupted")
                && call.stdout.contains(&format!("proofmark run --resume {id} --data-dir {signal}\n"))
        );
        assert!(!run.join("model.safetensors").exists());
        let call = place.call(&["run", "--resume", id, "--data-dir", signal]).expect(0);
        let first = call.stderr.lines().find(|line| line.starts_with("epoch ")).unwrap();
        assert!(!first.starts_with("epoch  1/"), "it began anew: {first}");
        assert!(model(&run) == model(&reference));
        assert_eq!(statements(&run), statements(&reference));
    }
}

#[test]
fn the_test_split_is_read_once_more_only_on_record() {
    // Killed after the reading was announced, the run reads test again, and says that it did.
    let place = Place::new();
    let run = place.train("whole", &[]);
    let events = fs::read_to_string(run.join("events.jsonl")).unwrap();
    let lines: Vec<&str> = events.lines().collect();
    assert_eq!(lines.len(), EVENTS as usize, "{events}");
    let read = lines.iter().position(|line| line.contains("\"test_read\"")).unwrap();
    fs::write(run.join("events.jsonl"), format!("{}\n", lines[..=read].join("\n"))).unwrap();
    fs::write(run.join("status.json"), "{\"state\":\"running\",\"attempt\":1}\n").unwrap();
    let id = run.file_name().unwrap().to_str().unwrap();
    place.call(&["run", "--resume", id, "--data-dir", "whole"]).expect(0);
    let shown = place.call(&["evidence", "show", id, "--data-dir", "whole", "--json"]).stdout;
    assert!(shown.contains("\"test_reads\":2"), "{shown}");
}
