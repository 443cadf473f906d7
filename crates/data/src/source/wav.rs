//! Sound files in the format WAV (RIFF WAVE): PCM of 8, 16, 24 or 32 bits, or f32.

use proofmark_messages::{Lang, Localize, display_in_english, tokens as say};
use std::error::Error;

/// A sound, its channels mixed down to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Wav {
    /// Samples of a second.
    pub rate_hz: u32,
    /// From -1 to 1: of several channels the mean.
    pub samples: Vec<f32>,
}

/// Why a file is no such sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WavError {
    /// It does not begin as WAV files do.
    NotWav,
    /// It ends before what its headers announce.
    Truncated,
    /// It has no header of its format before its samples, or one without channels.
    NoFormat,
    /// Another encoding of samples.
    Encoding {
        /// The format's number: 1 for PCM, 3 for numbers with a point, others for what is compressed.
        format: u16,
        /// Bits of a sample.
        bits: u16,
    },
    /// No samples.
    NoSamples,
    /// A sample that is NaN or infinite.
    NotFinite {
        /// Which one, from 0, all channels counted.
        sample: usize,
    },
}

/// How samples are stored.
#[derive(Clone, Copy)]
struct Format {
    kind: u16,
    channels: usize,
    rate_hz: u32,
    bits: u16,
}

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const EXTENSIBLE: u16 = 0xfffe;

/// Reads a WAV file. Whatever stands beside format and samples is passed over.
///
/// # Errors
/// If it is none, or of an encoding that is not read.
pub fn parse(bytes: &[u8]) -> Result<Wav, WavError> {
    if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"WAVE") {
        return Err(WavError::NotWav);
    }
    let mut rest = &bytes[12..];
    let mut format = None;
    while !rest.is_empty() {
        let (header, after) = rest.split_at_checked(8).ok_or(WavError::Truncated)?;
        let length = usize::try_from(u32_at(header, 4)).map_err(|_| WavError::Truncated)?;
        let (content, after) = after.split_at_checked(length).ok_or(WavError::Truncated)?;
        match &header[..4] {
            b"fmt " => format = Some(read_format(content)?),
            b"data" => return samples(format.ok_or(WavError::NoFormat)?, content),
            _ => {}
        }
        // Chunks begin at even places.
        rest = after.get(length % 2..).unwrap_or_default();
    }
    Err(WavError::NoSamples)
}

fn read_format(content: &[u8]) -> Result<Format, WavError> {
    if content.len() < 16 {
        return Err(WavError::NoFormat);
    }
    let kind = match u16_at(content, 0) {
        EXTENSIBLE if content.len() >= 26 => u16_at(content, 24),
        kind => kind,
    };
    let (channels, rate_hz, bits) = (usize::from(u16_at(content, 2)), u32_at(content, 4), u16_at(content, 14));
    if channels == 0 {
        return Err(WavError::NoFormat);
    }
    Ok(Format { kind, channels, rate_hz, bits })
}

fn samples(format: Format, content: &[u8]) -> Result<Wav, WavError> {
    let Format { kind, channels, rate_hz, bits } = format;
    // Divided by a power of two: exact in f64.
    let read: fn(&[u8]) -> f64 = match (kind, bits) {
        (PCM, 8) => |b| (f64::from(b[0]) - 128.0) / 128.0,
        (PCM, 16) => |b| f64::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0,
        (PCM, 24) => |b| f64::from(i32::from_le_bytes([0, b[0], b[1], b[2]])) / 2_147_483_648.0,
        (PCM, 32) => |b| f64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]])) / 2_147_483_648.0,
        (FLOAT, 32) => |b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
        _ => return Err(WavError::Encoding { format: kind, bits }),
    };
    let width = usize::from(bits / 8);
    let numbers: Vec<f64> = content.chunks_exact(width).map(read).collect();
    if let Some(sample) = numbers.iter().position(|number| !number.is_finite()) {
        return Err(WavError::NotFinite { sample });
    }
    let mixed = |frame: &[f64]| (frame.iter().sum::<f64>() / channels as f64).clamp(-1.0, 1.0) as f32;
    let samples: Vec<f32> = numbers.chunks_exact(channels).map(mixed).collect();
    if samples.is_empty() { Err(WavError::NoSamples) } else { Ok(Wav { rate_hz, samples }) }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// A WAV file of one channel and 16 bits.
pub fn write(rate_hz: u32, samples: &[f32]) -> Vec<u8> {
    let length = 2 * samples.len() as u32;
    let mut bytes = Vec::with_capacity(44 + 2 * samples.len());
    bytes.extend(b"RIFF");
    bytes.extend((36 + length).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend(PCM.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(rate_hz.to_le_bytes());
    bytes.extend(rate_hz.saturating_mul(2).to_le_bytes());
    bytes.extend(2_u16.to_le_bytes());
    bytes.extend(16_u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(length.to_le_bytes());
    for sample in samples {
        bytes.extend(((sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).to_le_bytes());
    }
    bytes
}

impl Localize for WavError {
    fn text(&self, lang: Lang) -> String {
        match self {
            WavError::NotWav => say::not_wav(lang),
            WavError::Truncated => say::wav_truncated(lang),
            WavError::NoFormat => say::wav_no_format(lang),
            WavError::Encoding { format, bits } => say::wav_encoding(lang, format, bits),
            WavError::NoSamples => say::wav_no_samples(lang),
            WavError::NotFinite { sample } => say::wav_not_finite(lang, sample),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            WavError::NotWav | WavError::Encoding { .. } => Some(say::hint_wav(lang)),
            WavError::Truncated | WavError::NoFormat | WavError::NoSamples | WavError::NotFinite { .. } => None,
        }
    }
}

display_in_english!(WavError);

impl Error for WavError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(kind: u16, bits: u16, channels: u16, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVE".to_vec();
        // A chunk of an odd length that nobody asks for.
        bytes.extend(b"LIST\x03\0\0\0abc\0");
        bytes.extend(b"fmt \x10\0\0\0");
        bytes.extend([kind, channels].map(u16::to_le_bytes).concat());
        bytes.extend([8000_u32, 0].map(u32::to_le_bytes).concat());
        bytes.extend([0, bits].map(u16::to_le_bytes).concat());
        bytes.extend(b"data");
        bytes.extend((data.len() as u32).to_le_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn every_encoding_gives_the_same_numbers() {
        let cases: &[(u16, u16, &[u8])] = &[
            (PCM, 8, &[0, 128, 192]),
            (PCM, 16, &[0, 0x80, 0, 0, 0, 0x40]),
            (PCM, 24, &[0, 0, 0x80, 0, 0, 0, 0, 0, 0x40]),
            (PCM, 32, &[0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x40]),
            (FLOAT, 32, &[0, 0, 0x80, 0xbf, 0, 0, 0, 0, 0, 0, 0, 0x3f]),
        ];
        for (kind, bits, data) in cases {
            let wav = parse(&file(*kind, *bits, 1, data)).unwrap();
            assert_eq!((wav.rate_hz, &wav.samples[..]), (8000, &[-1.0, 0.0, 0.5][..]), "{kind} {bits}");
        }
        // Of two channels the mean.
        assert_eq!(parse(&file(PCM, 8, 2, &[0, 128, 192, 64])).unwrap().samples, [-0.5, 0.0]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let samples: Vec<f32> = (-8..8).map(|step| step as f32 / 8.0).collect();
        assert_eq!(parse(&write(11_025, &samples)).unwrap(), Wav { rate_hz: 11_025, samples });
        assert_eq!(parse(&write(8000, &[1.0])).unwrap().samples, [32_767.0 / 32_768.0]);
    }

    #[test]
    fn what_is_no_sound_is_told_apart() {
        let good = file(PCM, 16, 1, &[1, 2, 3, 4]);
        let cases = [
            (b"RIFF".to_vec(), WavError::NotWav),
            (good[..good.len() - 1].to_vec(), WavError::Truncated),
            (good[..good.len() - 7].to_vec(), WavError::Truncated),
            (good[..24].to_vec(), WavError::NoSamples),
            (file(PCM, 16, 0, &[1, 2]), WavError::NoFormat),
            (file(2, 4, 1, &[1, 2]), WavError::Encoding { format: 2, bits: 4 }),
            (file(PCM, 16, 1, &[1]), WavError::NoSamples),
            (file(FLOAT, 32, 1, &f32::NAN.to_le_bytes()), WavError::NotFinite { sample: 0 }),
        ];
        for (bytes, expected) in cases {
            assert_eq!(parse(&bytes).unwrap_err(), expected);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..80),
            at in 0_usize..60,
            kind in prop_oneof![Just(PCM), Just(FLOAT), Just(EXTENSIBLE)],
            bits in prop_oneof![Just(8_u16), Just(16), Just(24), Just(32), any::<u16>()],
        ) {
            let _ = parse(&bytes);
            let mut whole = file(kind, bits, 1 + u16::from(bytes.first().copied().unwrap_or(0)), &bytes);
            if let (Some(place), Some(byte)) = (whole.get_mut(at), bytes.last()) {
                *place = *byte;
            }
            if let Ok(wav) = parse(&whole) {
                prop_assert!(wav.samples.iter().all(|sample| (-1.0..=1.0).contains(sample)));
            }
        }
    }
}
