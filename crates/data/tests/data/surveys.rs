//! Folders that a spec is to be drafted from: what is found in good ones, and what is said of the others.

use crate::files::{idx, images, png, write, write_idx_part};
use png::ColorType::{Grayscale, Rgb};
use proofmark_data::survey::{Survey, SurveyError, SurveyKind, survey};
use proofmark_data::{QualitySpec, prepare};
use proofmark_messages::{Lang, Localize};
use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempDir;

/// Writes `n` different images of a class.
fn class(folder: &Path, class: &str, n: u8, [height, width]: [u32; 2], is_coloured: bool) {
    for image in 0..n {
        let grey = (0..height * width).map(|pixel| (pixel as u8).wrapping_mul(image + 3));
        let bytes = match is_coloured {
            true => png(width, height, Rgb, &grey.flat_map(|grey| [grey, image, 7]).collect::<Vec<_>>()),
            false => png(width, height, Grayscale, &grey.collect::<Vec<_>>()),
        };
        write(folder, &format!("{class}/{image}.png"), &bytes);
    }
}

fn look(folder: &Path) -> Result<Survey, SurveyError> {
    survey(folder, &mut |_| ())
}

#[test]
fn what_a_folder_holds_is_found() {
    let folder = TempDir::new().unwrap();
    let pictures = folder.path();
    class(pictures, "train/cats", 20, [4, 6], true);
    class(pictures, "train/dogs", 25, [5, 5], false);
    class(pictures, "test/cats", 3, [4, 6], true);
    class(pictures, "val/cats", 9, [4, 6], true);
    // Grey, though it has three channels.
    write(pictures, "test/dogs/grey.png", &png(1, 1, Rgb, &[7, 7, 7]));
    write(pictures, "train/dogs/Thumbs.db", b"");
    write(pictures, "train/dogs/notes.txt", b"notes");
    write(pictures, "train/dogs/.hidden", b"never read");
    let found = look(pictures).unwrap();
    assert_eq!(found.kind, SurveyKind::Images);
    assert_eq!((found.images(), found.grey, found.is_grey(), found.has_colour_channels), (49, 26, false, true));
    assert_eq!(found.sizes, [([5, 5], 25), ([4, 6], 23), ([1, 1], 1)]);
    assert_eq!(found.passed_over, ["val"]);
    let rows = |part: &str| found.part(part).unwrap().by_class.iter().map(|class| class.rows).collect::<Vec<_>>();
    assert_eq!((rows("train"), rows("test")), (vec![20, 25], vec![3, 1]));
    let unreadable: Vec<&str> = found.unreadable.iter().map(|unreadable| unreadable.file.as_str()).collect();
    assert_eq!(unreadable, ["train/dogs/Thumbs.db", "train/dogs/notes.txt"]);

    // A spec with that source reads it: nothing of what was found stops a run.
    let mut spec = crate::files::data_spec(serde_json::json!({}));
    spec.source = found.source(pictures.to_owned(), [5, 5]);
    let report = prepare(&spec, &QualitySpec::default(), pictures, 7, &mut |_| ()).unwrap().report;
    assert_eq!((report.split.train.rows + report.split.validation.rows, report.split.test.rows), (45, 4));
}

#[test]
fn idx_files_are_found() {
    let folder = TempDir::new().unwrap();
    let (pixels, mut labels) = images(40, 4, 0);
    labels[3] = 255;
    write_idx_part(folder.path(), "train", &pixels, &labels);
    let found = look(folder.path()).unwrap();
    assert_eq!((found.kind, found.images(), found.is_grey()), (SurveyKind::Idx, 40, true));
    assert_eq!((found.sizes.as_slice(), found.classes.len()), ([([4, 4], 40)].as_slice(), 4));
    assert_eq!(found.part("train").unwrap().unlabelled, 1);
    assert!(found.part("test").is_none());
}

type Case = (&'static str, fn(&Path));

#[test]
fn every_folder_that_will_not_do_has_its_message() {
    let cases: Vec<Case> = vec![
        ("nothing there", |folder| std::fs::remove_dir(folder).unwrap()),
        ("a file", |folder| {
            std::fs::remove_dir(folder).unwrap();
            std::fs::write(folder, b"file").unwrap();
        }),
        ("empty", |_| ()),
        ("images without a class", |folder| write(folder, "1.png", &png(1, 1, Grayscale, &[1]))),
        ("empty class folders", |folder| {
            std::fs::create_dir_all(folder.join("cats")).unwrap();
            std::fs::create_dir_all(folder.join("dogs")).unwrap();
        }),
        ("nothing but other files", |folder| {
            write(folder, "cats/notes.txt", b"notes");
            write(folder, "dogs/notes.txt", b"notes");
        }),
        ("one class", |folder| class(folder, "cats", 30, [2, 2], false)),
        ("a class that only test has", |folder| {
            class(folder, "train/cats", 20, [2, 2], false);
            class(folder, "train/dogs", 20, [2, 2], false);
            class(folder, "test/birds", 20, [2, 2], false);
        }),
        ("few images", |folder| {
            class(folder, "cats", 9, [2, 2], false);
            class(folder, "dogs", 10, [2, 2], false);
        }),
        ("many files that are no images", |folder| {
            class(folder, "cats", 20, [2, 2], false);
            class(folder, "dogs", 20, [2, 2], false);
            for name in 0..12 {
                write(folder, &format!("cats/{name}.webp"), b"RIFF....WEBP");
            }
        }),
        ("a folder within a class", |folder| write(folder, "cats/deep/1.png", b"")),
        ("half of the IDX files", |folder| write(folder, "train-images-idx3-ubyte", &idx(&[1, 1, 1], &[0]))),
        ("labels of one class", |folder| write_idx_part(folder, "train", &[0; 640], &[3; 40])),
    ];
    let mut text = String::new();
    for (name, spoil) in cases {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("pictures");
        std::fs::create_dir(&path).unwrap();
        spoil(&path);
        let error = look(&path).expect_err(name);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# {name}");
        for lang in Lang::ALL {
            let _ = writeln!(text, "{}\n  hint: {}", error.text(lang), error.hint(lang).expect("every one has a hint"));
        }
        text = text.replace(&*folder.path().to_string_lossy(), "DIR");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_few_files_that_are_no_images_are_listed_and_many_are_refused() {
    let folder = TempDir::new().unwrap();
    class(folder.path(), "cats", 95, [2, 2], false);
    class(folder.path(), "dogs", 95, [2, 2], false);
    for n in 1..=10 {
        write(folder.path(), &format!("dogs/{n}.txt"), b"notes");
        assert_eq!(look(folder.path()).unwrap().unreadable.len(), n);
    }
    write(folder.path(), "dogs/11.txt", b"notes");
    let error = look(folder.path()).unwrap_err();
    assert!(matches!(&error, SurveyError::TooManyUnreadable { unreadable, files: 201, .. } if unreadable.len() == 11));
    assert!(std::error::Error::source(&error).is_some());
}
