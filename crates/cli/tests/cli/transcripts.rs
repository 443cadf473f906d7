//! A model that reads sequences of labels: trained, measured, asked, verified and reproduced.

use std::fs;

use crate::fixture::Place;

/// What a recording of these letters looks like: each letter is a bump on its channel, of one to three steps, and between letters is
/// rest. Labels are far fewer than steps, and stand at no step in particular.
fn recording(letters: &str, salt: usize) -> String {
    let mut lines = String::new();
    for (idx, letter) in letters.chars().enumerate() {
        let channel = "abc".find(letter).unwrap();
        for step in 0..2 + (salt + idx) % 3 {
            let noise = |c: usize| ((salt * 31 + idx * 17 + step * 7 + c * 5) % 11) as f32 / 40.0;
            let height = |c: usize| if c == channel && step > 0 { 1.0 - noise(c) } else { noise(c) };
            lines += &format!("{},{},{}\n", height(0), height(1), height(2));
        }
    }
    lines
}

/// One to four letters, equal ones side by side among them.
fn letters(row: usize) -> String {
    (0..1 + row % 4).map(|idx| char::from(b"abc"[(row / 4 + idx * (row % 3)) % 3])).collect()
}

const SPEC: &str = r#"name: letters
seed: 7
data:
  source:
    transcripts: { folder: letters, characters: "abc" }
  split: { test: 0.2, validation: 0.1 }
  features:
    - { name: strokes, type: series }
  target: { name: letters, type: category }
model:
  layers:
    - conv1d: { filters: 16, kernel: 3, padding: same, activation: relu }
    - dense: { name: last, units: 4, activation: softmax }
train:
  epochs: 40
  batch_size: 8
  loss: ctc
  optimizer: { adam: { learning_rate: 0.02 } }
evaluate: { metrics: [label_error_rate, accuracy, loss] }
accept: metrics.label_error_rate.upper95 < 0.2 && metrics.accuracy.gain.lower95 > 0.5
"#;

fn place() -> Place {
    let place = Place::new();
    fs::create_dir_all(place.path("letters")).unwrap();
    for row in 0..96 {
        fs::write(place.path(&format!("letters/{row:03}.csv")), recording(&letters(row), row)).unwrap();
        fs::write(place.path(&format!("letters/{row:03}.txt")), letters(row) + "\n").unwrap();
    }
    fs::write(place.path("letters.yaml"), SPEC).unwrap();
    place
}

#[test]
fn sequences_are_learnt_read_verified_and_reproduced() {
    let place = place();
    place.call(&["run", "letters.yaml", "--json"]).expect(0);
    let run = place.only_run(".proofmark");
    let id = run.file_name().unwrap().to_str().unwrap();
    // A recording that was not there, of a repeated letter.
    fs::write(place.path("new.csv"), recording("abba", 1000)).unwrap();
    let said = place.call(&["predict", id, "new.csv", "--json"]).expect(0).json();
    assert_eq!(
        (&said["text"], &said["labels"][0], said["labels"].as_array().unwrap().len()),
        (&"abba".into(), &"a".into(), 4)
    );
    assert!(place.call(&["predict", id, "new.csv"]).expect(0).stdout.contains("abba"));
    place.call(&["evidence", "verify", id]).expect(0);
    place.call(&["reproduce", id, "--epoch", "1"]).expect(0);
    place
        .call(&["evaluate", "--model", &format!("{}/model.safetensors", run.display()), "--data", "letters.yaml"])
        .expect(0);
    let report = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(report.contains("Label error rate"), "the report names the metric");
    place.call(&["quantize", id]).expect(0);
    assert_eq!(place.call(&["predict", id, "new.csv", "--quantized", "--json"]).expect(0).json()["text"], "abba");
}

#[test]
fn what_does_not_fit_sequences_is_refused() {
    let place = place();
    let refused = |set: &[&str], says: &[&str]| {
        let sets: Vec<&str> = set.iter().flat_map(|set| ["--set", set]).collect();
        place.call(&[&["run", "letters.yaml"][..], &sets].concat()).expect(2).says(says);
    };
    refused(&["model.layers[1].dense.units=3"], &["`[13, 3]`", "`[steps, 4]`", "blank"]);
    refused(
        &["evaluate.metrics=[accuracy,label_error_rate,f1]"],
        &["`f1` is not defined for sequences of labels", "label_error_rate"],
    );
    refused(&["evaluate.slices=[letters]"], &["`slices` is not defined for sequences of labels"]);
    refused(&["model.layers[0].conv1d.stride=4"], &["labels", "steps", "blank between equal ones"]);
    refused(&["train.class_weights=balanced"], &["`class_weights`", "sequence"]);
    refused(&["train.mixup={alpha: 0.2}"], &["`mixup`", "`ctc`"]);
    refused(&["train.length_buckets=2"], &["length_buckets"]);
    refused(&["cross_validation={folds: 3}"], &["`cross_validation`", "sequence of labels"]);
    refused(&["train.loss=categorical_crossentropy"], &["classes"]);
}
