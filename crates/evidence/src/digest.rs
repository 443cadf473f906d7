//! SHA-256 digests, the names of everything.

use crate::EvidenceError;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::io;
use std::str::FromStr;

const PREFIX: &str = "sha256:";

/// A SHA-256 digest. Prints, parses and serialises as `sha256:` and 64 hexadecimal digits in lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of bytes in memory.
    ///
    /// ```
    /// # use proofmark_evidence::Digest;
    /// let digest = Digest::of(b"abc");
    /// assert_eq!(digest.to_string(), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    /// assert_eq!(digest.to_string().parse::<Digest>()?, digest);
    /// # Ok::<(), proofmark_evidence::EvidenceError>(())
    /// ```
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// The digest with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Digest {
        Digest(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 hexadecimal digits without `sha256:`, for file names.
    pub fn hex(&self) -> String {
        self.0
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|nibble| char::from(HEX[usize::from(nibble)]))
            .collect()
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{PREFIX}{}", self.hex()))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = EvidenceError;

    /// Reads what [`Digest`] prints; upper case is refused, so that one digest has one spelling.
    fn from_str(text: &str) -> Result<Digest, EvidenceError> {
        let parse = || {
            let digits = text.strip_prefix(PREFIX)?.as_bytes();
            let (pairs, rest) = digits.as_chunks::<2>();
            let pairs: &[[u8; 2]; 32] = pairs.try_into().ok()?;
            let mut bytes = [0; 32];
            for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
                *byte = nibble(*high)? << 4 | nibble(*low)?;
            }
            rest.is_empty().then_some(Digest(bytes))
        };
        parse().ok_or_else(|| EvidenceError::DigestMalformed { text: text.to_owned() })
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Computes a digest while data streams by; an [`io::Write`] that never fails.
///
/// ```
/// # use proofmark_evidence::{Digest, DigestWriter};
/// let mut writer = DigestWriter::new();
/// writer.update(b"a");
/// writer.update_f32(&[1.0, -2.5]);
/// assert_eq!(writer.finish(), Digest::of(b"a\x00\x00\x80\x3f\x00\x00\x20\xc0"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct DigestWriter(Sha256);

impl DigestWriter {
    /// Starts with no bytes.
    pub fn new() -> DigestWriter {
        DigestWriter::default()
    }

    /// Takes bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Takes numbers as their little-endian bytes, whatever the machine's order, without allocating.
    pub fn update_f32(&mut self, values: &[f32]) {
        let mut block = [[0; 4]; 1024];
        for chunk in values.chunks(block.len()) {
            for (bytes, value) in block.iter_mut().zip(chunk) {
                *bytes = value.to_le_bytes();
            }
            self.0.update(block[..chunk.len()].as_flattened());
        }
    }

    /// The digest of all bytes taken.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl io::Write for DigestWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
