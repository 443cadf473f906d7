//! Sound: its files, its levels, its windows.

use crate::files::{gzip, prepare, write};
use proofmark_data::source::{open, testing::check_source, wav};
use proofmark_data::spec::check;
use proofmark_data::tokens::mu_law;
use proofmark_data::{DataSpec, QualitySpec, Tokens};
use proofmark_messages::{Lang, Localize};
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempDir;

fn spec(rate_hz: u32, window: usize) -> DataSpec {
    serde_json::from_value(json!({
        "source": { "audio": { "folder": "set", "rate_hz": rate_hz, "window": window } },
        "split": { "test": 0.25, "validation": 0.1 },
        "features": [{ "name": "sound", "type": "tokens" }],
        "target": { "name": "next", "type": "category" },
    }))
    .unwrap()
}

/// A saw of some length.
fn saw(n: usize) -> Vec<f32> {
    (0..n).map(|at| ((at * 7 + at * at / 31) % 64) as f32 / 32.0 - 1.0).collect()
}

fn set() -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "set/b.wav", &wav::write(8000, &saw(500)));
    write(folder.path(), "set/a.wav.gz", &gzip(&wav::write(8000, &saw(100))));
    folder
}

#[test]
fn sounds_conform_and_become_levels() {
    let folder = set();
    let spec = spec(8000, 16);
    let source = open(&spec.source, folder.path()).unwrap();
    check_source(source.as_ref());
    assert_eq!((source.parts(), source.classes().len()), (vec!["train".to_owned()], 256));
    let prepared = prepare(&spec, &QualitySpec::default(), folder.path(), 7).prepared.expect("no rules");
    // 6 windows of the one file and 31 of the other; two go across the cuts.
    assert_eq!((prepared.test.len(), prepared.validation.len(), prepared.train.len()), (9, 4, 22));
    let mut numbers = [0.0; 16];
    prepared.train.gather(&[0], &mut numbers);
    assert_eq!(numbers.to_vec(), saw(16).iter().map(|sample| f32::from(mu_law(*sample))).collect::<Vec<_>>());
    assert_eq!(prepared.train.labels_of(0)[15], i32::from(mu_law(saw(17)[16])));
    assert_eq!(prepared.feature.tokens, Some(Tokens::MuLaw { rate_hz: 8000 }));
}

#[test]
fn what_cannot_be_said_of_sound_is_refused() {
    let wrong = spec(44, 0);
    let problems: Vec<String> = check(&wrong, &QualitySpec::default()).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(problems.join("\n"));
}

/// What is done to the folder of [`set`].
type Case = (&'static str, fn(&Path));

#[test]
fn every_mistake_has_its_message() {
    let cases: &[Case] = &[
        ("no sound", |base| {
            std::fs::remove_file(base.join("set/b.wav")).unwrap();
            std::fs::rename(base.join("set/a.wav.gz"), base.join("set/a.mp3")).unwrap();
        }),
        ("no WAV", |base| write(base, "set/b.wav", b"ID3")),
        ("cut off", |base| write(base, "set/b.wav", &wav::write(8000, &saw(500))[..700])),
        ("no samples", |base| write(base, "set/b.wav", &wav::write(8000, &[]))),
        ("without its format", |base| write(base, "set/b.wav", b"RIFF\x0c\0\0\0WAVEdata\0\0\0\0")),
        ("compressed", |base| {
            let mut bytes = wav::write(8000, &saw(500));
            (bytes[20], bytes[34]) = (2, 4);
            write(base, "set/b.wav", &bytes);
        }),
        ("another rate", |base| write(base, "set/b.wav", &wav::write(44_100, &saw(500)))),
    ];
    let mut shown = String::new();
    for (name, spoil) in cases {
        let folder = set();
        spoil(folder.path());
        let result = proofmark_data::prepare(&spec(8000, 16), &QualitySpec::default(), folder.path(), 7, &mut |_| ());
        let error = result.expect_err(name);
        let base = folder.path().display().to_string();
        for lang in Lang::ALL {
            let text = error.text(lang).replace(&base, "BASE");
            writeln!(shown, "{name}: {text}\n  hint: {}", error.hint(lang).unwrap_or_default()).unwrap();
        }
    }
    insta::assert_snapshot!(shown);
}
