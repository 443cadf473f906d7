//! The IDX reader, plain and gzipped.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proofmark_data::source::idx::{Idx, parse};

use super::{Seed, say};
use crate::heap::bounded;

/// The state of a decompressor and of the digest, and a step of growth.
const FIXED_BYTES: usize = 256 << 10;
/// Deflate cannot expand a byte to more.
const MAX_DEFLATE_RATIO: usize = 1032;

/// What parses has as many elements as its extents say, and parses again when it is written, plain and gzipped; no more
/// memory is held than the elements need that the file can have, whatever it announces.
pub fn check(bytes: &[u8]) {
    let ratio = if bytes.starts_with(&[0x1f, 0x8b]) { MAX_DEFLATE_RATIO } else { 1 };
    match bounded(FIXED_BYTES + bytes.len() * ratio, || parse(bytes)) {
        Ok(idx) => {
            assert_eq!(idx.extents.iter().product::<usize>(), idx.data.len());
            let written = write(&idx);
            assert_eq!(parse(&written).expect("written by us"), idx);
            assert_eq!(parse(&gzip(&written)).expect("gzipped by us"), idx);
            assert!(parse(&written[..written.len() - 1]).is_err());
            if ratio == 1 {
                assert_eq!(written, bytes);
            }
        }
        Err(error) => say(&error),
    }
}

/// Good files of each number of axes, cut, torn and too long ones, and their gzipped forms.
pub fn seeds() -> Vec<Seed> {
    let file = |extents: &[usize], data: &[u8]| write(&Idx { extents: extents.to_vec(), data: data.to_vec() });
    let labels = file(&[4], &[7, 2, 1, 0]);
    let images = file(&[2, 3, 2], &[0, 10, 20, 30, 40, 50, 255, 245, 235, 225, 215, 205]);
    vec![
        ("labels", labels.clone()),
        ("images", images.clone()),
        ("matrix", file(&[2, 2], &[1, 2, 3, 4])),
        ("colours", file(&[1, 1, 2, 3], &[1, 2, 3, 4, 5, 6])),
        ("nothing", file(&[0], &[])),
        ("labels-gzipped", gzip(&labels)),
        ("images-gzipped", gzip(&images)),
        ("zeros-gzipped", gzip(&file(&[10, 10, 10], &[0; 1000]))),
        ("two-members", [gzip(&labels[..6]), gzip(&labels[6..])].concat()),
        ("cut", images[..images.len() - 3].to_vec()),
        ("cut-gzipped", gzip(&images)[..20].to_vec()),
        ("trailing", [&labels[..], &[9]].concat()),
        ("announces-much", vec![0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 1, 0, 0, 0, 1, 5]),
        ("announces-too-much", vec![0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255]),
        ("floats", vec![0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 128, 63]),
        ("five-axes", vec![0, 0, 8, 5, 0, 0, 0, 1]),
    ]
}

fn write(idx: &Idx) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, idx.extents.len() as u8];
    for extent in &idx.extents {
        bytes.extend((*extent as u32).to_be_bytes());
    }
    bytes.extend(&idx.data);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}
