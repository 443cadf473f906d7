//! The IDX format: two zero bytes, the element type, the number of axes, each axis' extent as a big-endian 32-bit
//! integer, then the elements. Read strictly: a file with anything missing or left over is refused.
//!
//! Source: the page of the MNIST database (LeCun, Cortes, Burges), section "file formats".

use crate::digest::{Digest, Hasher, HashingReader};
use flate2::bufread::MultiGzDecoder;
use proofmark_messages::{Lang, Localize, data as say, display_in_english};
use std::error::Error;
use std::io::{self, BufRead, Read};

/// Deflate cannot expand a byte to more than this, hence a small file cannot ask for much memory.
const MAX_DEFLATE_RATIO: u64 = 1032;

/// The only element type of images and labels: unsigned bytes.
const UNSIGNED_BYTE: u8 = 0x08;

/// Axes at most; images in colour have four.
const MAX_AXES: u8 = 4;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// An IDX file of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    /// The extents of its axes, outermost first; one to four.
    pub extents: Vec<usize>,
    /// Its elements, row-major: as many as the product of the extents.
    pub data: Vec<u8>,
}

/// What is wrong with an IDX file.
#[derive(Debug)]
#[non_exhaustive]
pub enum IdxError {
    /// Reading failed.
    Io(io::Error),
    /// The gzip stream ends too early, after so many uncompressed bytes.
    GzipTruncated {
        /// Uncompressed bytes that could be read.
        received: u64,
    },
    /// The gzip stream is damaged, or something follows it.
    GzipDamaged(io::Error),
    /// Not even a header.
    HeaderTruncated {
        /// Bytes that the header needs.
        expected: u64,
        /// Bytes there are.
        received: u64,
    },
    /// The file does not begin as an IDX file does.
    Magic {
        /// Its first four bytes.
        received: u32,
    },
    /// Elements of a type that images and labels do not have.
    ElementType {
        /// The type's code.
        received: u8,
    },
    /// A number of axes that does not fit.
    Axes {
        /// The numbers that fit.
        expected: &'static [u8],
        /// The number in the file.
        received: u8,
    },
    /// Extents whose product is more than fits.
    TooLarge {
        /// The extents.
        extents: Vec<u32>,
    },
    /// An extent that images cannot have.
    Extents {
        /// The extents.
        extents: Vec<usize>,
    },
    /// Fewer elements than the header says.
    DataTruncated {
        /// Bytes that the header announces.
        expected: u64,
        /// Bytes there are.
        received: u64,
    },
    /// More bytes than the header says.
    TrailingBytes {
        /// Bytes that the header announces.
        expected: u64,
    },
}

impl Localize for IdxError {
    fn text(&self, lang: Lang) -> String {
        match self {
            IdxError::Io(error) => say::idx_io(lang, error),
            IdxError::GzipTruncated { received } => say::gzip_truncated(lang, received),
            IdxError::GzipDamaged(error) => say::gzip_damaged(lang, error),
            IdxError::HeaderTruncated { expected, received } => say::idx_header_truncated(lang, expected, received),
            IdxError::Magic { received } => say::idx_magic(lang, format!("{received:08x}")),
            IdxError::ElementType { received } => say::idx_element_type(lang, format!("{received:02x}")),
            IdxError::Axes { expected, received } => {
                let axes =
                    |axes: &[u8]| axes.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(&say::separator(lang));
                let expected = match expected.split_last() {
                    Some((last, others)) if !others.is_empty() => {
                        format!("{}{}`{last}`", axes(others), say::either(lang))
                    }
                    _ => axes(expected),
                };
                say::idx_axes(lang, expected, received)
            }
            IdxError::TooLarge { extents } => say::idx_too_large(lang, format!("{extents:?}")),
            IdxError::Extents { extents } => say::idx_extents(lang, format!("{extents:?}")),
            IdxError::DataTruncated { expected, received } => say::idx_data_truncated(lang, expected, received),
            IdxError::TrailingBytes { expected } => say::idx_trailing_bytes(lang, expected),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            IdxError::GzipTruncated { .. }
            | IdxError::GzipDamaged(_)
            | IdxError::HeaderTruncated { .. }
            | IdxError::DataTruncated { .. } => Some(say::hint_fetch_again(lang)),
            IdxError::Magic { .. } => Some(say::hint_idx_magic(lang)),
            IdxError::Axes { .. } => Some(say::hint_idx_axes(lang)),
            IdxError::Io(_)
            | IdxError::ElementType { .. }
            | IdxError::TooLarge { .. }
            | IdxError::Extents { .. }
            | IdxError::TrailingBytes { .. } => None,
        }
    }
}

display_in_english!(IdxError);

impl Error for IdxError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            IdxError::Io(error) | IdxError::GzipDamaged(error) => Some(error),
            _ => None,
        }
    }
}

/// Reads an IDX file, plain or gzipped, from bytes: a total function, for tests and fuzzing.
///
/// # Errors
/// If the bytes are not exactly one IDX file of unsigned bytes with one to four axes. Never more memory is asked for
/// than the bytes can hold.
pub fn parse(bytes: &[u8]) -> Result<Idx, IdxError> {
    read(bytes, bytes.len() as u64, u64::MAX, &mut |_, _| ()).map(|(idx, _)| idx)
}

/// As [`parse`], from a file of `file_bytes` bytes, straight into the final buffer; refuses more than `max_bytes` of
/// elements. Also returns the digest and number of the uncompressed bytes.
pub(crate) fn read(
    mut file: impl BufRead,
    file_bytes: u64,
    max_bytes: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Idx, (Digest, u64)), IdxError> {
    let gzipped = file.fill_buf().map_err(IdxError::Io)?.starts_with(&GZIP_MAGIC);
    if gzipped {
        let available = file_bytes.saturating_mul(MAX_DEFLATE_RATIO);
        Reading::new(MultiGzDecoder::new(file), true).read(available, max_bytes, progress)
    } else {
        Reading::new(file, false).read(file_bytes, max_bytes, progress)
    }
}

struct Reading<R> {
    reader: HashingReader<R>,
    gzipped: bool,
    received: u64,
}

impl<R: Read> Reading<R> {
    fn new(inner: R, gzipped: bool) -> Self {
        Reading { reader: HashingReader { inner, hasher: Hasher::default() }, gzipped, received: 0 }
    }

    fn read(
        mut self,
        available: u64,
        max_bytes: u64,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(Idx, (Digest, u64)), IdxError> {
        let mut magic = [0; 4];
        self.header(&mut magic, 4)?;
        let [zero, also_zero, element_type, axes] = magic;
        if zero != 0 || also_zero != 0 {
            return Err(IdxError::Magic { received: u32::from_be_bytes(magic) });
        }
        if element_type != UNSIGNED_BYTE {
            return Err(IdxError::ElementType { received: element_type });
        }
        if !(1..=MAX_AXES).contains(&axes) {
            return Err(IdxError::Axes { expected: &[1, 2, 3, 4], received: axes });
        }
        let header_bytes = 4 + 4 * u64::from(axes);
        let mut extents = Vec::with_capacity(usize::from(axes));
        for _ in 0..axes {
            let mut extent = [0; 4];
            self.header(&mut extent, header_bytes)?;
            extents.push(u32::from_be_bytes(extent));
        }
        let product = extents.iter().try_fold(1_u64, |product, extent| product.checked_mul(u64::from(*extent)));
        let expected = match product {
            Some(product) if product <= max_bytes.min(isize::MAX as u64) => product,
            _ => return Err(IdxError::TooLarge { extents }),
        };

        let data = self.data(expected, available, progress)?;
        // Also makes a gzip decoder check its checksum and what follows it.
        let mut beyond = [0];
        if self.fill(&mut beyond)? == 1 {
            return Err(IdxError::TrailingBytes { expected: header_bytes + expected });
        }
        let extents = extents.into_iter().map(|extent| extent as usize).collect();
        Ok((Idx { extents, data }, self.reader.hasher.finish()))
    }

    fn header(&mut self, bytes: &mut [u8], expected: u64) -> Result<(), IdxError> {
        if self.fill(bytes)? == bytes.len() {
            return Ok(());
        }
        Err(IdxError::HeaderTruncated { expected, received: self.received })
    }

    fn data(&mut self, expected: u64, available: u64, progress: &mut dyn FnMut(u64, u64)) -> Result<Vec<u8>, IdxError> {
        const CHUNK: usize = 1 << 20;
        let capacity = expected.min(available) as usize;
        let mut data = Vec::new();
        data.try_reserve_exact(capacity).map_err(|error| IdxError::Io(io::Error::other(error)))?;
        while (data.len() as u64) < expected {
            progress(data.len() as u64, expected);
            let start = data.len();
            // Beyond `available` there is nothing to come but the discovery that the file is too short.
            let length = CHUNK.min(capacity.saturating_sub(start).max(1));
            data.resize(start + length.min((expected - start as u64) as usize), 0);
            let wanted = data.len() - start;
            let read = self.fill(&mut data[start..])?;
            if read < wanted {
                return Err(IdxError::DataTruncated { expected, received: (start + read) as u64 });
            }
        }
        progress(expected, expected);
        Ok(data)
    }

    /// Fills as much of `bytes` as there is.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<usize, IdxError> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.reader.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(read) => {
                    filled += read;
                    self.received += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.explain(error)),
            }
        }
        Ok(filled)
    }

    fn explain(&self, error: io::Error) -> IdxError {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        match error.kind() {
            UnexpectedEof if self.gzipped => IdxError::GzipTruncated { received: self.received },
            InvalidData | InvalidInput if self.gzipped => IdxError::GzipDamaged(error),
            _ => IdxError::Io(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;
    use std::io::Write;

    fn file(extents: &[u32], data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, UNSIGNED_BYTE, extents.len() as u8];
        extents.iter().for_each(|extent| bytes.extend(extent.to_be_bytes()));
        bytes.extend(data);
        bytes
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_and_gzipped_files_are_read() {
        let bytes = file(&[2, 1, 2], &[1, 2, 3, 4]);
        let expected = Idx { extents: vec![2, 1, 2], data: vec![1, 2, 3, 4] };
        assert_eq!(parse(&bytes).unwrap(), expected);
        assert_eq!(parse(&gzip(&bytes)).unwrap(), expected);
        // Several gzip members one after the other are one file.
        assert_eq!(parse(&[gzip(&bytes[..7]), gzip(&bytes[7..])].concat()).unwrap(), expected);
        assert_eq!(parse(&file(&[0], &[])).unwrap(), Idx { extents: vec![0], data: vec![] });
    }

    #[test]
    fn every_way_to_be_wrong_has_its_message() {
        let good = file(&[2, 2], &[1, 2, 3, 4]);
        let zipped = gzip(&file(&[2000], &[[9; 1000], [7; 1000]].concat()));
        let mut damaged = gzip(&good);
        let checksum = damaged.len() - 8;
        damaged[checksum] ^= 1;
        let cases: &[(&str, Vec<u8>)] = &[
            ("empty", vec![]),
            ("short magic", vec![0, 0, 8]),
            ("wrong magic", b"<!DOCTYPE html>".to_vec()),
            ("floats", vec![0, 0, 0x0d, 1, 0, 0, 0, 0]),
            ("no axes", vec![0, 0, 8, 0]),
            ("five axes", vec![0, 0, 8, 5]),
            ("short header", good[..9].to_vec()),
            ("too large", file(&[u32::MAX, u32::MAX, u32::MAX], &[])),
            ("announces 4 GiB", file(&[u32::MAX], &[1, 2, 3])),
            ("cut off", good[..good.len() - 1].to_vec()),
            ("trailing", [good.clone(), vec![0]].concat()),
            ("gzip cut off", zipped[..zipped.len() - 12].to_vec()),
            ("gzip without its end", gzip(&good)[..gzip(&good).len() - 4].to_vec()),
            ("gzip checksum", damaged),
            ("gzip then garbage", [gzip(&good), b"what does not belong here".to_vec()].concat()),
            ("gzip header only", vec![0x1f, 0x8b]),
        ];
        let mut text = String::new();
        for (name, bytes) in cases {
            let error = parse(bytes).expect_err(name);
            text += &format!("# {name}\n");
            for lang in Lang::ALL {
                text += &format!("{}\n", error.text(lang));
                if let Some(hint) = error.hint(lang) {
                    text += &format!("  {hint}\n");
                }
            }
        }
        insta::assert_snapshot!(text);
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(mut bytes in proptest::collection::vec(any::<u8>(), 0..64), header: bool, zipped: bool) {
            if header && bytes.len() > 4 {
                let axes = bytes[4] % 5;
                bytes.splice(0..4, [0, 0, UNSIGNED_BYTE, axes]);
            }
            let bytes = if zipped { gzip(&bytes) } else { bytes };
            if let Ok(idx) = parse(&bytes) {
                prop_assert_eq!(idx.extents.iter().product::<usize>(), idx.data.len());
            }
        }

        #[test]
        fn what_is_written_is_read_and_no_cut_passes(data in proptest::collection::vec(any::<u8>(), 1..100), zipped: bool) {
            let plain = file(&[data.len() as u32], &data);
            let bytes = if zipped { gzip(&plain) } else { plain };
            prop_assert_eq!(parse(&bytes).unwrap().data, data);
            for length in 0..bytes.len() {
                prop_assert!(parse(&bytes[..length]).is_err());
            }
        }
    }
}
