//! Recordings with transcripts: their files, their labels.

use crate::files::{gzip, prepare, write};
use proofmark_data::source::{open, testing::check_source, wav};
use proofmark_data::spec::check;
use proofmark_data::{DataSpec, QualitySpec, read_series_for_prediction};
use proofmark_messages::{Lang, Localize};
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempDir;

fn spec(more: serde_json::Value) -> DataSpec {
    let mut source = json!({ "folder": "set", "characters": "abc " });
    for (key, value) in more.as_object().unwrap() {
        source[key] = value.clone();
    }
    serde_json::from_value(json!({
        "source": { "transcripts": source },
        "split": { "test": 0.25, "validation": 0.1 },
        "features": [{ "name": "strokes", "type": "series" }],
        "target": { "name": "text", "type": "category" },
    }))
    .unwrap()
}

/// 20 series of two channels, with 3 to 6 steps and 1 to 3 labels.
fn set() -> TempDir {
    let folder = TempDir::new().unwrap();
    for row in 0..20 {
        let line = |step: usize| format!("{},{}\n", row * 8 + step, step);
        let series: String = (0..3 + row % 4).map(line).collect();
        write(folder.path(), &format!("set/{row:02}.csv"), series.as_bytes());
        write(
            folder.path(),
            &format!("set/{row:02}.txt"),
            format!(" {}\n", &"abcab"[row % 3..][..1 + row % 3]).as_bytes(),
        );
    }
    write(folder.path(), "set/README.txt", b"Neither a recording nor the transcript of one: XYZ.");
    folder
}

#[test]
fn transcripts_conform_and_become_sequences_of_labels() {
    let folder = set();
    let spec = spec(json!({}));
    let source = open(&spec.source, folder.path()).unwrap();
    check_source(source.as_ref());
    assert_eq!(source.classes(), ["a", "b", "c", "space"]);
    let prepared = prepare(&spec, &QualitySpec::default(), folder.path(), 7).prepared.expect("no rules");
    assert_eq!((prepared.test.len(), prepared.validation.len(), prepared.train.len()), (5, 2, 13));
    assert_eq!((prepared.train.feature_shape().to_vec(), prepared.train.label_width()), (vec![6, 2], 3));
    for set in [&prepared.train, &prepared.validation, &prepared.test] {
        for (position, id) in set.ids().iter().enumerate() {
            let expected = [[0, -1, -1], [1, 2, -1], [2, 0, 1]][*id as usize % 3];
            assert_eq!(set.labels_of(position as u32), expected, "{id}");
            assert_eq!(set.steps(position as u32), Some(3 + *id as usize % 4));
        }
    }
}

#[test]
fn sounds_are_series_of_their_samples() {
    let folder = TempDir::new().unwrap();
    let saw = |n: usize, row: usize| -> Vec<f32> { (0..n).map(|at| ((at * 5 + row) % 32) as f32 / 32.0).collect() };
    for row in 0..12 {
        let sound = wav::write(8000, &saw(20 + row, row));
        let (name, sound) = if row == 3 { ("wav.gz", gzip(&sound)) } else { ("wav", sound) };
        write(folder.path(), &format!("set/{row:02}.{name}"), &sound);
        write(folder.path(), &format!("set/{row:02}.txt"), ["a", "bb"][row % 2].as_bytes());
    }
    let spec = spec(json!({ "rate_hz": 8000 }));
    check_source(open(&spec.source, folder.path()).unwrap().as_ref());
    let prepared = prepare(&spec, &QualitySpec::default(), folder.path(), 7).prepared.expect("no rules");
    assert_eq!((prepared.train.feature_shape().to_vec(), prepared.feature.rate_hz), (vec![31, 1], Some(8000)));
    let numbers = read_series_for_prediction(&folder.path().join("set/03.wav.gz"), &prepared.feature).unwrap();
    let expected: Vec<f32> = saw(23, 3).into_iter().chain([0.0; 8]).collect();
    assert!(numbers.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4) && numbers.len() == 31, "{numbers:?}");
}

#[test]
fn what_is_not_transcribed_has_a_missing_label() {
    let folder = set();
    std::fs::remove_file(folder.path().join("set/04.txt")).unwrap();
    write(folder.path(), "set/05.txt", b" \n");
    let source = open(&spec(json!({})).source, folder.path()).unwrap();
    let dataset = source.read("train", &mut |_, _| ()).unwrap().dataset;
    let missing: Vec<u32> = dataset.rows().into_iter().filter(|row| dataset.label(*row).is_none()).collect();
    assert_eq!((missing, dataset.name(4)), (vec![4, 5], Some("04.csv")));
}

#[test]
fn what_a_spec_cannot_say_is_refused() {
    let wrong = spec(json!({ "characters": "aba", "unknown": "?", "rate_hz": 10 }));
    let problems: Vec<String> = check(&wrong, &QualitySpec::default()).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(problems.join("\n"));
}

/// What is done to the folder of [`set`].
type Case = (&'static str, fn(&Path));

#[test]
fn every_mistake_has_its_message() {
    let cases: &[Case] = &[
        ("no recordings", |base| {
            std::fs::remove_dir_all(base.join("set")).unwrap();
            write(base, "set/a.txt", b"abc");
        }),
        ("another character", |base| write(base, "set/03.txt", b"ab\nad")),
        ("no number", |base| write(base, "set/03.csv", b"1,2\n3,x\n")),
        ("other channels", |base| write(base, "set/03.csv", b"1,2,3\n")),
        ("a sound of a rate that nobody said", |base| write(base, "set/00.wav", &wav::write(8000, &[0.5; 9]))),
    ];
    let mut shown = String::new();
    for (name, spoil) in cases {
        let folder = set();
        spoil(folder.path());
        let result = proofmark_data::prepare(&spec(json!({})), &QualitySpec::default(), folder.path(), 7, &mut |_| ());
        let error = result.expect_err(name);
        let base = folder.path().display().to_string();
        for lang in Lang::ALL {
            let text = error.text(lang).replace(&base, "BASE");
            writeln!(shown, "{name}: {text}\n  hint: {}", error.hint(lang).unwrap_or_default()).unwrap();
        }
    }
    insta::assert_snapshot!(shown);
}
