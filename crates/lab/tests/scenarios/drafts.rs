//! Specs that are drafted from folders of images: what stands in them, that they pass their own rules, and that they train.

use std::fs;
use std::path::{Path, PathBuf};

use proofmark_lab::CommandError;
use proofmark_lab::draft::draft;
use proofmark_lab::pipeline::{SpecSource, prepare_run, read_spec, run};
use proofmark_messages::{Lang, Localize};
use proofmark_report::Outcome;
use proofmark_store::Runs;
use tempfile::TempDir;

use crate::root;
use crate::scenarios::Still;

/// A PNG file, its pixels not compressed (RFC 1950, 1951, 2083).
fn png(height: usize, width: usize, channels: usize, pixels: &[u8]) -> Vec<u8> {
    let rows = pixels.chunks(width * channels).flat_map(|row| [&[0], row].concat());
    let rows: Vec<u8> = rows.collect();
    let mut data = vec![0x78, 1];
    let blocks: Vec<&[u8]> = rows.chunks(65_535).collect();
    for (idx, block) in blocks.iter().enumerate() {
        let length = block.len() as u16;
        data.push(u8::from(idx + 1 == blocks.len()));
        data.extend([length.to_le_bytes(), (!length).to_le_bytes()].concat());
        data.extend(*block);
    }
    let (a, b) = rows.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    data.extend((b << 16 | a).to_be_bytes());
    let header = [&(width as u32).to_be_bytes()[..], &(height as u32).to_be_bytes(), &[8, channels as u8 - 1, 0, 0, 0]];
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header.concat()), (b"IDAT", data), (b"IEND", Vec::new())] {
        let body = [&kind[..], &data].concat();
        let bit = |c: u32| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 };
        let crc = body.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| bit(c)));
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(body);
        file.extend((!crc).to_be_bytes());
    }
    file
}

/// Writes `n` images of class `class_idx` of `classes`: a bright stripe whose place tells the class, on noise that no two
/// images share.
fn class(
    folder: &Path,
    [class_idx, classes]: [usize; 2],
    n: usize,
    size: impl Fn(usize) -> [usize; 2],
    channels: usize,
) {
    fs::create_dir_all(folder).expect("a folder");
    let mut state = class_idx as u64 + 1;
    for image in 0..n {
        let [height, width] = size(image);
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % 60
        };
        let pixel = |at: usize| {
            let noise = noise() as u8;
            let grey = if at % width * classes / width == class_idx { 255 - noise } else { noise };
            if channels == 1 { vec![grey] } else { vec![grey, grey / 2, 255 - grey] }
        };
        let pixels: Vec<u8> = (0..height * width).flat_map(pixel).collect();
        fs::write(folder.join(format!("{image:03}.png")), png(height, width, channels, &pixels)).expect("a file");
    }
}

/// The text of the spec that is drafted from `NAME` of a folder, after it was read again and its gate said yes.
fn drafted(folder: &Path, name: &str, lang: Lang) -> String {
    let host = &mut Still { lang };
    let drafted =
        draft(&folder.join(name), &folder.join("specs"), host).unwrap_or_else(|error| panic!("{name}: {error}"));
    let text = fs::read_to_string(&drafted.spec).expect("it was written");
    let source = source(&folder.join("specs"), &text);
    let read = read_spec(&source).unwrap_or_else(|error| panic!("{name}: {error}"));
    let prepared = prepare_run(&read, &source.base, host).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(prepared.model.is_some(), "{name}: the gate says no");
    fs::remove_file(&drafted.spec).expect("it can be removed");
    assert_eq!(draft(&folder.join(name), &folder.join("specs"), host).expect("again").spec, drafted.spec);
    assert_eq!(fs::read_to_string(&drafted.spec).expect("it was written"), text, "the same images, another spec");
    text
}

fn source(base: &Path, text: &str) -> SpecSource {
    SpecSource {
        file_name: "draft.yaml".to_owned(),
        text: text.to_owned(),
        base: base.to_owned(),
        overrides: Vec::new(),
    }
}

#[test]
fn two_classes_of_small_grey_images() {
    let folder = TempDir::new().expect("a folder");
    for (idx, name) in ["left", "right"].iter().enumerate() {
        class(&folder.path().join("two").join(name), [idx, 2], 40, |_| [12, 12], 1);
    }
    fs::write(folder.path().join("two/left/notes: #1.txt"), "no image").expect("a file");
    let text = drafted(folder.path(), "two", Lang::En);
    insta::assert_snapshot!(text);
    // From the folder to a verdict, in a moment.
    let runs = Runs::open(folder.path().join("runs"));
    let result = run(&source(&folder.path().join("specs"), &text), &runs, &mut Still::default()).expect("a run");
    assert_eq!(result.outcome, Some(Outcome::Accepted), "{:?}", result.metrics);
}

#[test]
fn ten_classes_of_colour_images_of_several_sizes() {
    let folder = TempDir::new().expect("a folder");
    for idx in 0..10 {
        let size = |image: usize| [[90, 120], [90, 120], [40, 60], [200, 100]][image % 4];
        class(&folder.path().join(format!("ten/c{idx}")), [idx, 10], 12 + idx, size, 3);
    }
    insta::assert_snapshot!(drafted(folder.path(), "ten", Lang::En));
}

/// In Chinese, with copies and blank images that cleaning takes out, and a folder that nobody reads.
#[test]
fn folders_for_train_and_test() {
    let folder = TempDir::new().expect("a folder");
    for (part, n) in [("train", 120), ("test", 110), ("val", 20)] {
        for (idx, name) in ["左", "右"].iter().enumerate() {
            class(&folder.path().join("照片").join(part).join(name), [idx, 2], n, |_| [16, 16], 1);
        }
    }
    // The same noise in every part: test images would be in train too, so that they are made anew.
    for (idx, name) in ["左", "右"].iter().enumerate() {
        class(&folder.path().join("照片/test").join(name), [idx, 2], 110, |image| [16, 17 + image % 2], 1);
        let train = folder.path().join("照片/train").join(name);
        for copy in 0..4 {
            fs::copy(train.join("000.png"), train.join(format!("copy {copy}.png"))).expect("a copy");
        }
        fs::write(train.join("blank.png"), png(16, 16, 1, &[0; 256])).expect("a file");
    }
    insta::assert_snapshot!(drafted(folder.path(), "照片", Lang::ZhCn));
}

/// MNIST's draft as a page shows it, as if it had been drafted into the root of the repository.
pub(crate) fn of_the_page() -> String {
    let folder = TempDir::new().expect("a folder");
    let specs = folder.path().join("specs");
    let drafted = draft(&root().join("datasets/mnist"), &specs, &mut Still::default()).expect("MNIST is good");
    let text = fs::read_to_string(drafted.spec).expect("it was written");
    let data = text.lines().find(|line| line.contains("idx:")).expect("where the files are").to_owned();
    format!("```yaml\n{}```", text.replace(&data, "    idx: { folder: datasets/mnist }"))
}

/// A class of blank images, or one of copies, is somebody's wish; it is let through rather than dropped.
#[test]
fn cleaning_never_takes_a_class() {
    let folder = TempDir::new().expect("a folder");
    for (idx, name) in ["full", "empty"].iter().enumerate() {
        class(&folder.path().join("cups").join(name), [idx, 2], 40, |_| [8, 8], 1);
    }
    for image in 0..30 {
        let file = folder.path().join(format!("cups/empty/{image:03}.png"));
        fs::write(file, png(8, 8, 1, &[image; 64])).expect("a file");
    }
    let text = drafted(folder.path(), "cups", Lang::En);
    assert!(text.contains("operators: [drop_missing, drop_duplicates]"), "{text}");
    assert!(!text.contains("source.image.constant == 0"), "{text}");
}

#[test]
fn nothing_is_overwritten() {
    let folder = TempDir::new().expect("a folder");
    let specs = folder.path().join("specs");
    fs::create_dir(&specs).expect("a folder");
    fs::write(specs.join("two.yaml"), "mine").expect("a file");
    for (idx, name) in ["left", "right"].iter().enumerate() {
        class(&folder.path().join("two").join(name), [idx, 2], 20, |_| [8, 8], 1);
    }
    let error = draft(&folder.path().join("two"), &specs, &mut Still::default()).expect_err("it is there");
    assert!(matches!(error, CommandError::FileExists { .. }), "{error}");
    assert_eq!(fs::read_to_string(specs.join("two.yaml")).expect("it is there"), "mine");
    // Beside the class folders is a good place, among the images is none.
    let beside = draft(&folder.path().join("two"), &folder.path().join("two"), &mut Still::default()).expect("a spec");
    assert!(beside.spec.is_file());
    for below in ["two/specs", "two/left", "two/a/b"] {
        let error = draft(&folder.path().join("two"), &folder.path().join(below), &mut Still::default());
        assert!(matches!(error, Err(CommandError::TargetAmongImages { .. })), "{below}: {error:?}");
    }
    assert!(!folder.path().join("two/specs").exists() && !folder.path().join("two/a").exists());
    // A folder that will not do leaves nothing behind.
    let error = draft(&folder.path().join("none"), &folder.path().join("new"), &mut Still::default());
    assert!(matches!(error, Err(CommandError::Survey(_))));
    assert!(!folder.path().join("new").exists());
}

#[test]
fn what_drafting_refuses_is_said_in_both_languages() {
    let (path, images) = (PathBuf::from("photos/specs"), PathBuf::from("photos"));
    let errors = [
        CommandError::TargetAmongImages { path, images: images.clone() },
        CommandError::ImagesChanged { path: images },
    ];
    let said = errors.iter().flat_map(|error| {
        Lang::ALL.map(|lang| format!("{}\n  hint: {}", error.text(lang), error.hint(lang).expect("there is one")))
    });
    insta::assert_snapshot!(said.collect::<Vec<_>>().join("\n"), @r"
    `photos/specs` lies within the images of `photos`, and would be read as a class of them
      hint: write the spec beside the class folders or outside of the folder
    `photos/specs` 位于图像文件夹 `photos` 之内，会被当作其中一个类别
      hint: 请把规格写在类别文件夹旁边，或图像文件夹之外
    the images of `photos` changed while they were measured
      hint: try again when nobody writes to the folder
    测量期间，`photos` 中的图像发生了变化
      hint: 请在没有程序写入该文件夹时重试
    ");
}
