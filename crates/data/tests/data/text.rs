//! Text: its files, its windows, and how they are split.

use crate::files::{gzip, prepare, quality_spec, write};
use proofmark_data::source::{Source, open, testing::check_source};
use proofmark_data::spec::check;
use proofmark_data::{DataSpec, FittedFeature, Prepared, PreparedSet, QualitySpec, Tokens};
use proofmark_messages::{Lang, Localize};
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempDir;

fn spec(source: serde_json::Value, test: serde_json::Value) -> DataSpec {
    let mut text = json!({ "folder": "set", "window": 8 });
    for (key, value) in source.as_object().unwrap() {
        text[key] = value.clone();
    }
    serde_json::from_value(json!({
        "source": { "text": text },
        "split": { "test": test, "validation": 0.1 },
        "features": [{ "name": "text", "type": "tokens" }],
        "target": { "name": "next", "type": "category" },
    }))
    .unwrap()
}

/// Letters, none of which says where it stands; with their places they are found again.
fn letters(n: usize) -> String {
    (0..n).map(|at| char::from(b'a' + ((at * at + 3 * at) % 23) as u8)).collect()
}

fn set(n: usize) -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "set/a.txt", letters(n).as_bytes());
    folder
}

fn source(spec: &DataSpec, folder: &TempDir) -> Box<dyn Source> {
    open(&spec.source, folder.path()).unwrap()
}

#[test]
fn text_files_conform_gzipped_or_not() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "set/train/b.txt", "das süße Brot".as_bytes());
    write(folder.path(), "set/train/a.txt.gz", &gzip(b"short"));
    write(folder.path(), "set/train/readme.md", b"no text file");
    write(folder.path(), "set/test/c.txt", "saure Brühe".as_bytes());
    let characters = spec(json!({ "characters": " adeorstuüßBh", "unknown": "h" }), json!("test"));
    for (spec, classes) in [(spec(json!({ "stride": 2 }), json!("test")), 256), (characters, 13)] {
        let source = source(&spec, &folder);
        check_source(source.as_ref());
        assert_eq!((source.parts(), source.classes().len()), (vec!["test".to_owned(), "train".to_owned()], classes));
        let train = source.read("train", &mut |_, _| ()).unwrap();
        // `short` is shorter than a window; its digest is that of the plain file.
        let files: Vec<_> = train.files.iter().map(|file| (file.name.as_str(), file.bytes)).collect();
        assert_eq!(files, [("a.txt", 5), ("b.txt", 15)]);
        assert_eq!(train.dataset.shape().to_vec(), [8]);
        assert_eq!((train.dataset.name(0), train.dataset.label_width()), (Some("b.txt"), 8));
    }
}

#[test]
fn each_step_is_labelled_with_the_token_after_it_and_files_stay_apart() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "set/a.txt", b"0123456789");
    write(folder.path(), "set/b.txt", b"abcdefghijklmnopqr");
    let characters = "0123456789abcdefghijklmnopqr";
    let set = source(&spec(json!({ "characters": characters }), json!(0.2)), &folder).read("train", &mut |_, _| ());
    let set = set.unwrap().dataset;
    let tokens = Tokens::Characters { characters: characters.to_owned(), unknown: None };
    let said = |tokens_of: &[u16]| String::from_utf8(tokens.decode(tokens_of)).unwrap();
    let rows: Vec<(String, String)> = set
        .rows()
        .iter()
        .map(|row| {
            let numbers: Vec<u16> = set.series().unwrap().row(*row).iter().map(|number| *number as u16).collect();
            let labels: Vec<u16> = set.labels_of(*row).iter().map(|label| *label as u16).collect();
            (said(&numbers), said(&labels))
        })
        .collect();
    let expected = [("01234567", "12345678"), ("abcdefgh", "bcdefghi"), ("ijklmnop", "jklmnopq")];
    assert_eq!(rows, expected.map(|(numbers, labels)| (numbers.to_owned(), labels.to_owned())));
}

/// The places of all tokens that a set reads or is asked for, of one file with a stride.
fn places(set: &PreparedSet, stride: u64) -> BTreeSet<u64> {
    set.ids().iter().flat_map(|id| id * stride..id * stride + 9).collect()
}

fn prepared(folder: &TempDir, spec: &DataSpec) -> Prepared {
    prepare(spec, &QualitySpec::default(), folder.path(), 7).prepared.expect("no rules")
}

#[test]
fn splits_share_no_token_whatever_the_stride_and_stand_in_order() {
    let folder = set(1000);
    for stride in [1, 3, 8, 20] {
        let prepared = prepared(&folder, &spec(json!({ "stride": stride }), json!(0.2)));
        let [train, validation, test] =
            [&prepared.train, &prepared.validation, &prepared.test].map(|set| places(set, stride));
        assert!(train.last() < validation.first() && validation.last() < test.first(), "stride {stride}");
        assert!(train.is_disjoint(&validation) && validation.is_disjoint(&test), "stride {stride}");
        let n = (1000 - 9) / stride + 1;
        assert_eq!(prepared.test.len() as u64, (n as f64 * 0.2).round() as u64, "stride {stride}");
        // Hardly more is lost than the windows across both cuts.
        let lost = n as usize - prepared.train.len() - prepared.validation.len() - prepared.test.len();
        assert!(lost as u64 <= 2 * (9_u64.div_ceil(stride)), "stride {stride}: {lost} lost");
    }
}

#[test]
fn windows_come_as_numbers_and_what_they_stand_for_is_kept() {
    let folder = set(300);
    let prepared = prepared(&folder, &spec(json!({ "characters": "abcdefghijklmnopqrstuvw" }), json!(0.2)));
    let mut numbers = [0.0; 16];
    prepared.train.gather(&[1, 2], &mut numbers);
    let expected: Vec<f32> = letters(24).bytes().skip(8).map(|byte| f32::from(byte - b'a')).collect();
    assert_eq!((prepared.train.ids()[1], &numbers[..]), (1, &expected[..]));
    assert_eq!((prepared.train.label_width(), prepared.classes.len()), (8, 23));
    let json = serde_json::to_string(&prepared.feature).unwrap();
    assert_eq!(serde_json::from_str::<FittedFeature>(&json).unwrap(), prepared.feature);
    assert!(json.contains(r#""type":"tokens""#) && json.contains(r#""tokens":{"characters""#), "{json}");
}

#[test]
fn rules_know_windows_and_copies_across_the_split_are_found() {
    let folder = TempDir::new().unwrap();
    // The last windows are those of the beginning again.
    write(folder.path(), "set/a.txt", format!("{}{}", letters(160), letters(40)).as_bytes());
    let rules = ["source.text.steps_min == 8", "source.text.leaked == 0", "test.source.rows == 5"];
    let quality = quality_spec(&rules, json!({ "operators": ["drop_duplicates"], "max_dropped": 0.5 }));
    let report = prepare(&spec(json!({}), json!(0.2)), &quality, folder.path(), 7).report;
    let gate = report.gate.unwrap();
    assert_eq!(gate.rounds.len(), 1, "{gate:?}");
    assert!(gate.after.iter().all(|verdict| verdict.outcome == proofmark_criteria::Outcome::Yes), "{gate:?}");
}

#[test]
fn what_cannot_be_said_of_text_is_refused_all_at_once() {
    let mut wrong = spec(json!({ "window": 0, "stride": 70000, "characters": "abca", "unknown": "x" }), json!(0.2));
    wrong.features =
        serde_json::from_value(json!([{ "name": "text", "type": "series", "preprocess": ["standardize"] }])).unwrap();
    let mut shown = String::new();
    for lang in Lang::ALL {
        for problem in check(&wrong, &QualitySpec::default()) {
            let (text, hint) = (problem.text(lang), problem.hint(lang).unwrap_or_default());
            writeln!(shown, "{}: {text}\n  hint: {hint}", problem.key()).unwrap();
        }
    }
    insta::assert_snapshot!(shown);
}

/// What is done to the folder of [`set`].
type Case = (&'static str, fn(&Path));

#[test]
fn every_mistake_has_its_message() {
    let cases: &[Case] = &[
        ("no text", |base| std::fs::rename(base.join("set/a.txt"), base.join("set/a.md")).unwrap()),
        ("too short", |base| write(base, "set/a.txt", b"abcdefgh")),
        ("not UTF-8", |base| write(base, "set/a.txt", b"abc\xe9defghijkl")),
        ("other characters", |base| write(base, "set/a.txt", "abc\tdef\nghäi\u{a0}jkl\u{e4}".as_bytes())),
        ("one class", |base| write(base, "set/a.txt", &[b'a'; 200])),
        ("no windows left to train", |base| write(base, "set/a.txt", letters(20).as_bytes())),
    ];
    let mut shown = String::new();
    for (name, spoil) in cases {
        let folder = set(200);
        spoil(folder.path());
        let spec = spec(json!({ "characters": "\nabcdefghijklmnopqrstuvw" }), json!(0.5));
        let result = proofmark_data::prepare(&spec, &QualitySpec::default(), folder.path(), 7, &mut |_| ());
        let error = result.expect_err(name);
        let base = folder.path().display().to_string();
        for lang in Lang::ALL {
            let text = error.text(lang).replace(&base, "BASE");
            writeln!(shown, "{name}: {text}\n  hint: {}", error.hint(lang).unwrap_or_default()).unwrap();
        }
    }
    insta::assert_snapshot!(shown);
}
