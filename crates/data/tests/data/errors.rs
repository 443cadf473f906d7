//! Every way in which data can be unusable, as a person reads it.

use crate::files::{data_spec, gzip, idx, idx_set, images, png, quality_spec, write, write_idx_part};
use proofmark_data::{DataError, QualitySpec, prepare};
use proofmark_messages::{Lang, Localize};
use serde_json::json;
use std::path::Path;
use tempfile::TempDir;

/// The set of [`idx_set`] with something done to it, and more keys of the spec.
type Case = (&'static str, fn(&Path), serde_json::Value);

fn overwrite(set: &Path, name: &str, bytes: &[u8]) {
    for name in [name.to_owned(), format!("{name}.gz")] {
        let _ = std::fs::remove_file(set.join(name));
    }
    write(set, name, bytes);
}

fn image_folder() -> serde_json::Value {
    json!({ "source": { "images": { "folder": "pictures", "height": 2, "width": 2 } }, "split": { "test": 0.5 } })
}

fn pictures(set: &Path) -> std::path::PathBuf {
    set.parent().unwrap().join("pictures")
}

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";

#[test]
fn every_mistake_has_its_message() {
    let cases: Vec<Case> = vec![
        ("missing folder", |set| std::fs::remove_dir_all(set).unwrap(), json!({})),
        ("missing file", |set| std::fs::remove_file(set.join(TRAIN_LABELS)).unwrap(), json!({})),
        ("half of the test part", |set| std::fs::remove_file(set.join("t10k-labels-idx1-ubyte")).unwrap(), json!({})),
        (
            "truncated gzip",
            |set| {
                let path = set.join(format!("{TRAIN_IMAGES}.gz"));
                let bytes = std::fs::read(&path).unwrap();
                std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
            },
            json!({}),
        ),
        ("wrong magic", |set| overwrite(set, TRAIN_IMAGES, b"<!DOCTYPE html>"), json!({})),
        ("exchanged files", |set| overwrite(set, TRAIN_IMAGES, &idx(&[400], &[0; 400])), json!({})),
        ("labels that are images", |set| overwrite(set, TRAIN_LABELS, &idx(&[1, 1, 1], &[0])), json!({})),
        ("images without height", |set| overwrite(set, TRAIN_IMAGES, &idx(&[400, 0, 4], &[])), json!({})),
        ("two channels", |set| overwrite(set, TRAIN_IMAGES, &idx(&[400, 1, 1, 2], &[0; 800])), json!({})),
        ("lengths differ", |set| overwrite(set, TRAIN_LABELS, &idx(&[399], &[0; 399])), json!({})),
        (
            "empty set",
            |set| {
                overwrite(set, TRAIN_IMAGES, &gzip(&idx(&[0, 4, 4], &[])));
                overwrite(set, TRAIN_LABELS, &idx(&[0], &[]));
            },
            json!({}),
        ),
        ("one class", |set| overwrite(set, TRAIN_LABELS, &idx(&[400], &[3; 400])), json!({})),
        (
            "a class that only test has",
            |set| overwrite(set, "t10k-labels-idx1-ubyte", &idx(&[100], &[&[0; 99][..], &[77]].concat())),
            json!({}),
        ),
        (
            "a pipe among the images",
            |set| {
                let pictures = pictures(set);
                write(&pictures, "a/1.png", &png(2, 2, png::ColorType::Grayscale, &[0; 4]));
                let pipe = std::process::Command::new("mkfifo").arg(pictures.join("a/2.png")).status().unwrap();
                assert!(pipe.success());
                write(&pictures, "b/1.png", &png(2, 2, png::ColorType::Grayscale, &[9; 4]));
            },
            image_folder(),
        ),
        ("no labels", |set| overwrite(set, TRAIN_LABELS, &idx(&[400], &[255; 400])), json!({})),
        (
            "test of another shape",
            |set| {
                overwrite(set, "t10k-images-idx3-ubyte", &idx(&[100, 1, 1], &[0; 100]));
            },
            json!({}),
        ),
        ("unknown part", |_| (), json!({ "split": { "test": "holdout" } })),
        ("nothing left to train on", |_| (), json!({ "split": { "test": 0.5, "validation": 0.5 } })),
        ("test without labels", |set| overwrite(set, "t10k-labels-idx1-ubyte", &idx(&[100], &[255; 100])), json!({})),
        (
            "a held-out class that is not there",
            |_| (),
            json!({ "split": { "held_out_classes": { "test": ["3", "300"] } } }),
        ),
        (
            "a held-out class without rows",
            |set| overwrite(set, "t10k-labels-idx1-ubyte", &idx(&[100], &[0; 100])),
            json!({ "split": { "held_out_classes": { "test": ["3"] } } }),
        ),
        ("too few rows for every class", |_| (), json!({ "split": { "train_rows": 3 } })),
        (
            "labels missing unnoticed",
            |set| {
                let (_, mut labels) = images(400, 4, 0);
                labels[..3].fill(255);
                overwrite(set, TRAIN_LABELS, &idx(&[400], &labels));
            },
            json!({ "split": { "validation": 0.0 } }),
        ),
        (
            "grey images made grey",
            |_| (),
            json!({
                "features": [{ "name": "image", "type": "image", "preprocess": ["grayscale"] }],
            }),
        ),
        ("a spec that cannot be used", |_| (), json!({ "features": [] })),
        ("no class folders", |set| write(&pictures(set), "x.png", b""), image_folder()),
        (
            "no image",
            |set| {
                write(&pictures(set), "a/1.png", &png(1, 1, png::ColorType::Grayscale, &[1]));
                write(&pictures(set), "b/notes.txt", b"notes");
            },
            image_folder(),
        ),
        (
            "an excluded file that is not there",
            |set| {
                write(&pictures(set), "a/1.png", &png(1, 1, png::ColorType::Grayscale, &[1]));
                write(&pictures(set), "b/1.png", &png(1, 1, png::ColorType::Grayscale, &[2]));
            },
            json!({
                "source": { "images": { "folder": "pictures", "height": 2, "width": 2, "exclude": ["a/2.png"] } },
                "split": { "test": 0.5 },
            }),
        ),
        ("folder among images", |set| write(&pictures(set), "a/deep/1.png", b""), image_folder()),
        ("empty class folders", |set| std::fs::create_dir_all(pictures(set).join("a")).unwrap(), image_folder()),
        (
            "too many classes",
            |set| {
                for class in 0..256 {
                    std::fs::create_dir_all(pictures(set).join(format!("{class}"))).unwrap();
                }
            },
            image_folder(),
        ),
        (
            "images that need too much memory",
            |set| {
                for name in 0..400 {
                    write(&pictures(set), &format!("a/{name}.png"), b"");
                }
            },
            json!({
                "source": { "images": { "folder": "pictures", "height": 4096, "width": 4096 } }, "split": { "test": 0.5 },
            }),
        ),
    ];
    let mut text = String::new();
    for (name, spoil, more) in cases {
        let folder = idx_set();
        spoil(&folder.path().join("set"));
        let error = prepare(&data_spec(more), &QualitySpec::default(), folder.path(), 7, &mut |_| ()).expect_err(name);
        text += &shown(name, &error, folder.path());
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_rule_on_a_path_that_does_not_exist_names_the_nearest() {
    let quality = quality_spec(&["source.rows > 0", "source.imagee.duplicates == 0"], json!({}));
    let folder = idx_set();
    let error = prepare(&data_spec(json!({})), &quality, folder.path(), 7, &mut |_| ()).unwrap_err();
    assert_eq!(error.key().as_deref(), Some("quality.require.1"));
    assert!(error.to_string().starts_with("rule `2`: "), "{error}");
    assert!(error.hint(Lang::En).unwrap().contains("source.image.duplicates"));
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let folder = TempDir::new().unwrap();
    let class = folder.path().join("pictures").join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    std::fs::create_dir_all(class).unwrap();
    let error =
        prepare(&data_spec(image_folder()), &QualitySpec::default(), folder.path(), 7, &mut |_| ()).unwrap_err();
    assert!(matches!(error, DataError::NameNotUtf8 { .. }), "{error}");
}

#[test]
fn causes_are_kept() {
    let folder = idx_set();
    write_idx_part(&folder.path().join("set"), "train", &[], &[]);
    overwrite(&folder.path().join("set"), TRAIN_IMAGES, b"nonsense");
    let error = prepare(&data_spec(json!({})), &QualitySpec::default(), folder.path(), 7, &mut |_| ()).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap();
    assert!(cause.to_string().starts_with("not an IDX file"), "{cause}");
}

fn shown(name: &str, error: &DataError, folder: &Path) -> String {
    let mut text = format!("# {name}\n");
    for lang in Lang::ALL {
        text += &format!("{}\n", error.text(lang));
        text += &error.hint(lang).map(|hint| format!("  hint: {hint}\n")).unwrap_or_default();
    }
    text.replace(&*folder.to_string_lossy(), "DIR")
}
