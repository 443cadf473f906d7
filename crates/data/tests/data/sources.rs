//! Every kind of source, held to the one suite.

use crate::files::{idx, idx_set, images, png, write, write_idx_part};
use png::ColorType::{Grayscale, Rgb};
use proofmark_data::source::{Source, open, testing::check_source};
use proofmark_data::spec::SourceSpec;
use serde_json::json;
use std::path::Path;
use tempfile::TempDir;

fn source(spec: serde_json::Value, base: &Path) -> Box<dyn Source> {
    open(&serde_json::from_value::<SourceSpec>(spec).unwrap(), base).unwrap()
}

fn images_spec(grayscale: bool) -> serde_json::Value {
    json!({ "images": { "folder": "set", "height": 2, "width": 2, "grayscale": grayscale } })
}

#[test]
fn idx_folders_conform() {
    let folder = idx_set();
    let source = source(json!({ "idx": { "folder": "set" } }), folder.path());
    check_source(source.as_ref());
    assert_eq!(source.parts(), ["test", "train"]);
    assert_eq!(source.classes(), ["0", "1", "2", "3"]);
    let train = source.read("train", &mut |_, _| ()).unwrap();
    assert_eq!((train.dataset.len(), train.dataset.label(7)), (400, Some(3)));
    let names: Vec<_> = train.files.iter().map(|file| (file.name.as_str(), file.bytes)).collect();
    assert_eq!(names, [("train-images-idx3-ubyte", 16 + 6400), ("train-labels-idx1-ubyte", 8 + 400)]);
}

#[test]
fn idx_folders_may_be_train_alone_in_colour_and_miss_labels() {
    let folder = TempDir::new().unwrap();
    write(&folder.path().join("set"), "train-images.idx3-ubyte", &idx(&[2, 1, 1, 3], &[1, 2, 3, 4, 5, 6]));
    write(&folder.path().join("set"), "train-labels.idx1-ubyte", &idx(&[2], &[1, 255]));
    let source = source(json!({ "idx": { "folder": "set" } }), folder.path());
    check_source(source.as_ref());
    let train = source.read("train", &mut |_, _| ()).unwrap().dataset;
    assert_eq!((train.shape().to_vec(), train.image(1)), (vec![1, 1, 3], &[4, 5, 6][..]));
    assert_eq!((train.label(0), train.label(1)), (Some(1), None));
    assert_eq!((source.parts(), source.classes()), (vec!["train".to_owned()], &["0", "1"].map(str::to_owned)[..]));
}

#[test]
fn gzip_and_plain_files_have_one_digest() {
    let (plain, zipped) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (pixels, labels) = images(8, 2, 0);
    write_idx_part(&zipped.path().join("set"), "train", &pixels, &labels);
    write(&plain.path().join("set"), "train-images-idx3-ubyte", &idx(&[8, 4, 4], &pixels));
    write(&plain.path().join("set"), "train-labels-idx1-ubyte", &idx(&[8], &labels));
    let files = |folder: &TempDir| {
        source(json!({ "idx": { "folder": "set" } }), folder.path()).read("train", &mut |_, _| ()).unwrap().files
    };
    assert_eq!(files(&plain), files(&zipped));
}

#[test]
fn image_folders_with_parts_conform() {
    let folder = TempDir::new().unwrap();
    let set = folder.path().join("set");
    write(&set, "train/cat/b.png", &png(2, 2, Grayscale, &[1, 2, 3, 4]));
    write(&set, "train/cat/a.png", &png(2, 2, Rgb, &[9; 12]));
    write(&set, "train/ant/z.jpg", include_bytes!("files/grey.jpg"));
    write(&set, "train/ant/.hidden", b"not an image");
    write(&set, "test/bee/x.png", &png(2, 2, Grayscale, &[7; 4]));
    write(&set, "README.md", b"not an image either");
    let source = source(images_spec(true), folder.path());
    check_source(source.as_ref());
    assert_eq!(source.parts(), ["test", "train"]);
    assert_eq!(source.classes(), ["ant", "bee", "cat"]);
    let train = source.read("train", &mut |_, _| ()).unwrap().dataset;
    let labels: Vec<_> = train.rows().iter().map(|row| train.label(*row).unwrap()).collect();
    assert_eq!(labels, [0, 2, 2]);
    assert_eq!((train.image(1), train.image(2)), (&[9; 4][..], &[1, 2, 3, 4][..]));
}

#[test]
fn image_folders_without_parts_are_train_alone() {
    let folder = TempDir::new().unwrap();
    for class in ["猫", "dog"] {
        write(&folder.path().join("set"), &format!("{class}/1.jpg"), include_bytes!("files/colour.jpg"));
    }
    let source = source(images_spec(false), folder.path());
    check_source(source.as_ref());
    assert_eq!((source.parts(), source.classes()), (vec!["train".to_owned()], &["dog", "猫"].map(str::to_owned)[..]));
    assert_eq!(source.read("train", &mut |_, _| ()).unwrap().dataset.shape().to_vec(), [2, 2, 3]);
}
