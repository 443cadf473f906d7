//! Series: their files, and the way from them to what training reads.

use crate::files::{gzip, prepare, profile, quality_spec, write};
use proofmark_data::source::{Source, open, testing::check_source};
use proofmark_data::spec::{FeatureType, check};
use proofmark_data::{DataError, DataSpec, FittedFeature, FittedStep, QualitySpec, Reason, read_series_for_prediction};
use proofmark_messages::{Lang, Localize};
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempDir;

fn spec(more: serde_json::Value) -> DataSpec {
    let mut spec = json!({
        "source": { "series": { "folder": "set" } },
        "features": [{ "name": "series", "type": "series", "preprocess": ["standardize"] }],
        "target": { "name": "label", "type": "category" },
    });
    for (key, value) in more.as_object().unwrap() {
        spec[key] = value.clone();
    }
    serde_json::from_value(spec).unwrap()
}

/// A `.ts` file of `n` series of two channels: the class of series i is i modulo 2, and it has 3 + i modulo 4 steps.
fn ts(n: usize, salt: usize) -> String {
    let mut text =
        "# made for a test\n@problemName Set\n@timeStamps false\n@classLabel true low high\n@data\n".to_owned();
    for row in 0..n {
        let (steps, level) = (3 + row % 4, (row % 2) as f64 * 5.0);
        let channel = |channel: usize| {
            let value = |step: usize| format!("{}", level + (row * 7 + step * 3 + channel * 2 + salt) as f64 / 16.0);
            (0..steps).map(value).collect::<Vec<_>>().join(",")
        };
        writeln!(text, "{}:{}:{}", channel(0), channel(1), ["low", "high"][row % 2]).unwrap();
    }
    text
}

/// A set of 40 series to train on and 12 to test on.
fn set() -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "set/Set_TRAIN.ts", ts(40, 0).as_bytes());
    write(folder.path(), "set/Set_TEST.ts.gz", &gzip(ts(12, 1000).as_bytes()));
    folder
}

fn source(folder: &TempDir) -> Box<dyn Source> {
    open(&spec(json!({})).source, folder.path()).unwrap()
}

#[test]
fn ts_files_conform_gzipped_or_not() {
    let folder = set();
    let source = source(&folder);
    check_source(source.as_ref());
    assert_eq!(
        (source.parts(), source.classes()),
        (vec!["test".to_owned(), "train".to_owned()], &["low", "high"].map(str::to_owned)[..])
    );
    let test = source.read("test", &mut |_, _| ()).unwrap();
    assert_eq!((test.dataset.kind(), test.dataset.shape().to_vec()), (FeatureType::Series, vec![6, 2]));
    assert_eq!((test.dataset.series().unwrap().row_steps(1), test.dataset.label(1)), (4, Some(1)));
    assert_eq!(test.files[0].name, "Set_TEST.ts");
}

#[test]
fn csv_files_by_class_conform() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "set/train/b/2.csv", b"left,right\n1,2\n3,4\n");
    write(folder.path(), "set/train/b/1.csv", b"5,6\n");
    write(folder.path(), "set/train/a/x.csv", b"7,8\n9,10\n11,\n");
    write(folder.path(), "set/test/a/y.csv", b"0,0\n");
    let source = source(&folder);
    check_source(source.as_ref());
    let train = source.read("train", &mut |_, _| ()).unwrap().dataset;
    let labels: Vec<_> = train.rows().iter().map(|row| train.label(*row).unwrap()).collect();
    assert_eq!((labels, train.name(1), train.shape().to_vec()), (vec![0, 1, 1], Some("1.csv"), vec![3, 2]));
    assert_eq!(train.series().unwrap().row(2), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn series_are_standardised_by_channel_on_train_and_padded_with_zeros() {
    let folder = set();
    let preparation = prepare(&spec(json!({})), &QualitySpec::default(), folder.path(), 7);
    let prepared = preparation.prepared.expect("no rules");
    assert_eq!((prepared.train.len(), prepared.validation.len(), prepared.test.len()), (36, 4, 12));
    assert_eq!(prepared.train.feature_shape().to_vec(), [6, 2]);
    let mut numbers = vec![9.0; 12];
    let short = prepared.train.ids().iter().position(|id| id % 4 == 0).unwrap() as u32;
    prepared.train.gather(&[short], &mut numbers);
    assert!(numbers[..6].iter().all(|number| *number != 0.0) && numbers[6..].iter().all(|number| *number == 0.0));
    // Of all steps that train has, the mean is 0 and the deviation 1.
    let mut all = Vec::new();
    for row in 0..prepared.train.len() as u32 {
        prepared.train.gather(&[row], &mut numbers);
        let (series, channels) = prepared.train.series(row).unwrap();
        all.extend(numbers[..series.len()].iter().step_by(channels).map(|number| f64::from(*number)));
    }
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let variance = all.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / all.len() as f64;
    assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-5, "{mean} {variance}");
    assert!(matches!(&preparation.report.feature.steps[..], [FittedStep::Standardize { mean, .. }] if mean.len() == 2));

    let digests =
        |seed| prepare(&spec(json!({})), &QualitySpec::default(), folder.path(), seed).prepared.unwrap().train.digest();
    assert_eq!(digests(7), prepared.train.digest());
    assert_ne!(digests(8), prepared.train.digest());
}

#[test]
fn gaps_and_copies_are_found_and_cleaned() {
    let folder = set();
    let mut text = ts(40, 0);
    text.push_str("1,?,3:1,2,3:low\n");
    let copied = ts(12, 1000).lines().last().unwrap().to_owned();
    writeln!(text, "{copied}\n{copied}").unwrap();
    write(folder.path(), "set/Set_TRAIN.ts", text.as_bytes());
    let found = profile(&spec(json!({})), folder.path()).profiles.source;
    let series = found.column.series().unwrap();
    assert_eq!((series.missing_rows, series.missing_values, series.duplicate_rows, series.leaked_rows), (1, 1, 1, 2));

    let rules = ["source.series.missing == 0", "source.series.leaked == 0", "source.series.steps_max <= 6"];
    let quality = quality_spec(&rules, json!({ "operators": ["drop_missing", "drop_duplicates"], "max_dropped": 0.2 }));
    let gate = prepare(&spec(json!({})), &quality, folder.path(), 7).report.gate.unwrap();
    assert_eq!(gate.stopped, Reason::Met);
    let dropped: Vec<usize> = gate.rounds[0].applied.iter().map(|t| t.train.len() + t.validation.len()).collect();
    assert_eq!(dropped, [1, 2]);

    let refused = proofmark_data::prepare(&spec(json!({})), &QualitySpec::default(), folder.path(), 7, &mut |_| ());
    assert!(matches!(refused, Err(DataError::MissingValues { rows: 1, .. })), "{refused:?}");
}

#[test]
fn new_series_are_treated_as_those_of_train() {
    let folder = set();
    let preparation = prepare(&spec(json!({})), &QualitySpec::default(), folder.path(), 7);
    let (feature, prepared) = (preparation.report.feature, preparation.prepared.unwrap());
    let read = |name: &str| read_series_for_prediction(&folder.path().join(name), &feature);
    let mut numbers = vec![0.0; 12 * 12];
    prepared.test.gather(&(0..12).collect::<Vec<_>>(), &mut numbers);
    assert_eq!(read("set/Set_TEST.ts.gz").unwrap(), numbers);
    write(folder.path(), "one.csv", b"1,2\n3,4\n");
    assert_eq!(read("one.csv").unwrap().len(), 12);
    let json = serde_json::to_string(&feature).unwrap();
    assert_eq!(serde_json::from_str::<FittedFeature>(&json).unwrap(), feature);

    write(folder.path(), "wide.csv", b"1,2,3\n");
    write(folder.path(), "long.csv", "1,2\n".repeat(7).as_bytes());
    write(folder.path(), "gap.csv", b"1,\n");
    for name in ["wide.csv", "long.csv", "gap.csv"] {
        read(name).unwrap_err();
    }
}

#[test]
fn what_is_for_images_is_refused() {
    let wrong = spec(json!({
        "features": [{
            "name": "series", "type": "image", "preprocess": ["scale_pixels"], "augment": [{ "flip": { "horizontal": 0.5 } }],
        }],
        "defects": { "blank": 0.1, "missing_labels": 0.1 },
    }));
    let problems: Vec<String> = check(&wrong, &QualitySpec::default()).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(problems.join("\n"));
}

/// What is done to the folder of [`set`].
type Case = (&'static str, fn(&Path));

#[test]
fn every_mistake_has_its_message() {
    let cases: &[Case] = &[
        ("no series", |base| {
            std::fs::remove_dir_all(base.join("set")).unwrap();
            write(base, "set/readme.txt", b"nothing");
        }),
        ("test alone", |base| std::fs::remove_file(base.join("set/Set_TRAIN.ts")).unwrap()),
        ("two files", |base| write(base, "set/Other_TRAIN.ts", b"")),
        ("a word", |base| write(base, "set/Set_TRAIN.ts", b"@classLabel true a b\n@data\n1,two:3,4:a\n")),
        ("other channels", |base| write(base, "set/Set_TRAIN.ts", b"@classLabel true a b\n@data\n1:a\n2:b\n")),
        ("no classes", |base| write(base, "set/Set_TRAIN.ts", b"@classLabel false\n@data\n1\n")),
        ("gaps in test", |base| write(base, "set/Set_TEST.ts", ts(2, 9).replacen("0.5625", "?", 1).as_bytes())),
    ];
    let mut shown = String::new();
    for (name, spoil) in cases {
        let folder = TempDir::new().unwrap();
        write(folder.path(), "set/Set_TRAIN.ts", ts(40, 0).as_bytes());
        write(folder.path(), "set/Set_TEST.ts", ts(12, 1000).as_bytes());
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
