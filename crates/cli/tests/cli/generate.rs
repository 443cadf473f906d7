//! A model of text writes what it has learnt, the same everywhere.

use std::fs;

use crate::fixture::Place;

/// Text that says what comes next once two characters are known.
const LINE: &str = "over the hills and far away\n";

const SPEC: &str = r#"name: lines
seed: 7
data:
  source:
    text: { folder: texts, window: 16, stride: 3, characters: "\n adefhilnorstvwy" }
  split: { test: 0.1, validation: 0.1 }
  features:
    - { name: text, type: tokens }
  target: { name: next, type: category }
model:
  layers:
    - embedding: { vocabulary: 17, units: 8 }
    - gru: { name: walk, units: 24, return_sequences: true }
    - dense: { units: 17, activation: softmax }
train:
  epochs: 12
  batch_size: 8
  loss: categorical_crossentropy
  optimizer: { adam: { learning_rate: 0.02 } }
evaluate: { metrics: [perplexity] }
accept: metrics.perplexity.value < 2
"#;

fn place() -> Place {
    let place = Place::new();
    fs::create_dir_all(place.path("texts")).unwrap();
    fs::write(place.path("texts/lines.txt"), LINE.repeat(40)).unwrap();
    fs::write(place.path("lines.yaml"), SPEC).unwrap();
    place
}

#[test]
fn what_was_learnt_is_written_and_the_same_everywhere() {
    let place = place();
    place.call(&["run", "lines.yaml", "--json"]).expect(0);
    let run = place.only_run(".proofmark");
    let id = run.file_name().unwrap().to_str().unwrap();
    // More than a window, so that the beginning is forgotten on the way.
    let most = ["generate", id, "--prompt", "over the h", "--length", "46", "--temperature", "0"];
    let written = place.call(&most).expect(0).stdout;
    assert_eq!(written, format!("{}\n", &LINE.repeat(2)[..56]));

    let drawn = |more: &[&str]| {
        let arguments = [&["generate", id, "--temperature", "1.5", "--json"], more].concat();
        place.call(&arguments).expect(0).json()
    };
    let one = drawn(&["--seed", "3", "--threads", "1"]);
    assert_eq!(one, drawn(&["--seed", "3", "--threads", "3", "--simd", "scalar"]));
    assert_ne!(one["text"], drawn(&["--seed", "4"])["text"]);
    assert_eq!((one["text"].as_str().unwrap().chars().count(), &one["prompt"]), (400, &"".into()));

    place
        .call(&["generate", id, "--prompt", "over\tit"])
        .expect(2)
        .says(&["the character `\\t` in line `1`", "characters"]);
    place.call(&["generate", id, "--temperature=-1"]).expect(2).says(&["--temperature"]);
    place.call(&["predict", id, "texts/lines.txt"]).expect(2).says(&["no class of a file", "proofmark generate"]);
}

#[test]
fn only_a_model_of_tokens_that_does_not_look_ahead_writes() {
    let place = place();
    let both =
        ["run", "lines.yaml", "--json", "--set", "model.layers[1].gru.direction=both", "--set", "train.epochs=1"];
    let accepted = [&both[..], &["--set", "accept=metrics.perplexity.value < 100"]].concat();
    place.call(&accepted).expect(0);
    let run = place.only_run(".proofmark");
    let id = run.file_name().unwrap().to_str().unwrap();
    place.call(&["generate", id]).expect(2).says(&["depends on later steps", "padding: causal"]);

    let images = place.train("other", &["--set", "train.epochs=1", "--set", "accept=metrics.accuracy.value >= 0"]);
    let id = images.file_name().unwrap().to_str().unwrap();
    place.call(&["generate", id, "--data-dir", "other"]).expect(2).says(&["reads no tokens"]);
}

#[test]
fn sound_is_written_to_a_file() {
    let place = Place::new();
    let samples: Vec<u8> = (0..600).map(|at| (at * 5 % 64 * 4) as u8).collect();
    // One channel of 8 bits, 8,000 samples a second.
    let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data".to_vec();
    wav.extend((samples.len() as u32).to_le_bytes());
    wav.extend(samples);
    fs::create_dir_all(place.path("sounds")).unwrap();
    fs::write(place.path("sounds/saw.wav"), wav).unwrap();
    let source = r#"text: { folder: texts, window: 16, stride: 3, characters: "\n adefhilnorstvwy" }"#;
    let spec = SPEC
        .replace(source, "audio: { folder: sounds, rate_hz: 8000, window: 16 }")
        .replace("17", "256")
        .replace("epochs: 12", "epochs: 1")
        .replace("value < 2", "value < 1000");
    fs::write(place.path("saw.yaml"), spec).unwrap();
    place.call(&["run", "saw.yaml", "--json"]).expect(0);
    let run = place.only_run(".proofmark");
    let id = run.file_name().unwrap().to_str().unwrap();

    place.call(&["generate", id, "--length", "100"]).expect(2).says(&["sound is no text", "--output sound.wav"]);
    let output = ["generate", id, "--length", "100", "--output", "sound.wav"];
    place.call(&output).expect(0);
    let sound = fs::read(place.path("sound.wav")).unwrap();
    assert_eq!((&sound[..4], sound.len()), (&b"RIFF"[..], 44 + 200));
    place.call(&output).expect(2).says(&["sound.wav", "--force"]);
    place.call(&[&output[..], &["--force", "--threads", "1", "--simd", "scalar"]].concat()).expect(0);
    assert_eq!(fs::read(place.path("sound.wav")).unwrap(), sound);
    place.call(&["generate", id, "--prompt", "a", "--output", "b.wav"]).expect(2).says(&["not written in characters"]);
}
