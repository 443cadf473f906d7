//! Files that tests write: IDX, PNG, whole sets.

use flate2::{Compression, write::GzEncoder};
use proofmark_data::{DataReport, DataSpec, Preparation, QualitySpec};
use std::io::Write;
use std::path::Path;
use tempfile::TempDir;

/// An IDX file of bytes.
pub(crate) fn idx(extents: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, extents.len() as u8];
    extents.iter().for_each(|extent| bytes.extend(extent.to_be_bytes()));
    bytes.extend(data);
    bytes
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A PNG file of 8-bit samples.
pub(crate) fn png(width: u32, height: u32, color: png::ColorType, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
    bytes
}

pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// `n` smooth 4×4 images, all different; the class of image i is i modulo `classes`.
pub(crate) fn images(n: usize, classes: usize, salt: u8) -> (Vec<u8>, Vec<u8>) {
    let image = |idx: usize| {
        let level = (idx / 200) as u8 * 40 + 10;
        // Eight bits of the number as dark and light pixels, so that no two are equal.
        (0..16).map(move |pixel| level + salt + if (idx % 200) >> (pixel % 8) & 1 == 1 { 9 } else { pixel as u8 / 8 })
    };
    ((0..n).flat_map(image).collect(), (0..n).map(|idx| (idx % classes) as u8).collect())
}

/// Writes IDX files of 4×4 images: gzipped images, plain labels.
pub(crate) fn write_idx_part(folder: &Path, prefix: &str, pixels: &[u8], labels: &[u8]) {
    let n = labels.len() as u32;
    write(folder, &format!("{prefix}-images-idx3-ubyte.gz"), &gzip(&idx(&[n, 4, 4], pixels)));
    write(folder, &format!("{prefix}-labels-idx1-ubyte"), &idx(&[n], labels));
}

/// A set of 400 train and 100 test images of four classes in `set`.
pub(crate) fn idx_set() -> TempDir {
    let folder = TempDir::new().unwrap();
    let (pixels, labels) = images(400, 4, 0);
    write_idx_part(&folder.path().join("set"), "train", &pixels, &labels);
    let (pixels, labels) = images(100, 4, 1);
    write_idx_part(&folder.path().join("set"), "t10k", &pixels, &labels);
    folder
}

/// The spec of such a set, with more keys of `data` merged in.
pub(crate) fn data_spec(more: serde_json::Value) -> DataSpec {
    let mut spec = serde_json::json!({
        "source": { "idx": { "folder": "set" } },
        "features": [{ "name": "image", "type": "image", "preprocess": ["scale_pixels"] }],
        "target": { "name": "label", "type": "category" },
    });
    for (key, value) in more.as_object().unwrap() {
        spec[key] = value.clone();
    }
    serde_json::from_value(spec).unwrap()
}

pub(crate) fn quality_spec(require: &[&str], clean: serde_json::Value) -> QualitySpec {
    serde_json::from_value(serde_json::json!({ "require": require, "clean": clean })).unwrap()
}

pub(crate) fn prepare(data: &DataSpec, quality: &QualitySpec, base: &Path, seed: u64) -> Preparation {
    proofmark_data::prepare(data, quality, base, seed, &mut |_| ()).unwrap()
}

pub(crate) fn profile(data: &DataSpec, base: &Path) -> DataReport {
    proofmark_data::profile(data, base, 7, &mut |_| ()).unwrap()
}

/// JSON as a snapshot shows it.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap()
}
