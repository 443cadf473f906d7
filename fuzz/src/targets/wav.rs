//! The reader of WAV files.

use proofmark_data::source::wav::{parse, write};

use super::{Seed, same_bits, say};
use crate::heap::bounded;

/// Room for error messages.
const FIXED_BYTES: usize = 64 << 10;
/// A byte is at most one sample: an f64 while it is read, then an f32.
const MAX_RATIO: usize = 16;

/// What is read lies between -1 and 1; written with 16 bits it is off by no more than one step of them, and from then on it is
/// written and read as the same. No more memory is held than the bytes account for, whatever the file announces.
pub fn check(bytes: &[u8]) {
    let limit = FIXED_BYTES + bytes.len() * MAX_RATIO;
    match bounded(limit, || parse(bytes)) {
        Ok(sound) => {
            assert!(!sound.samples.is_empty() && sound.samples.len() <= bytes.len());
            assert!(sound.samples.iter().all(|sample| (-1.0..=1.0).contains(sample)));
            let written = write(sound.rate_hz, &sound.samples);
            let again = parse(&written).expect("written by us");
            assert_eq!((again.rate_hz, again.samples.len()), (sound.rate_hz, sound.samples.len()));
            let pairs = again.samples.iter().zip(&sound.samples);
            assert!(pairs.into_iter().all(|(again, sample)| (again - sample).abs() <= 1.0 / 32_768.0));
            assert_eq!(write(again.rate_hz, &again.samples), written);
            let third = parse(&written).expect("read before");
            assert!(same_bits(&third.samples, &again.samples));
        }
        Err(error) => say(&error),
    }
}

/// Every encoding, chunks that nobody asks for, and files that are wrong in a way of their own.
pub fn seeds() -> Vec<Seed> {
    let good = file(1, 16, 1, &[1, 2, 3, 4]);
    let mut announces_much = good.clone();
    let length = announces_much.len() - 8;
    announces_much[length..length + 4].copy_from_slice(&[0xff; 4]);
    vec![
        ("pcm-8", file(1, 8, 1, &[0, 128, 192])),
        ("pcm-24-two-channels", file(1, 24, 2, &[0, 0, 0x80, 0, 0, 0x40])),
        ("pcm-32", file(1, 32, 1, &[0, 0, 0, 0x80])),
        ("f32", file(3, 32, 1, &0.5_f32.to_le_bytes())),
        ("f32-nan", file(3, 32, 1, &f32::NAN.to_le_bytes())),
        ("extensible", file(0xfffe, 16, 1, &[1, 2])),
        ("compressed", file(2, 4, 1, &[1, 2])),
        ("no-channels", file(1, 16, 0, &[1, 2])),
        ("part-of-a-frame", file(1, 16, 2, &[1, 2])),
        ("announces-much", announces_much),
        ("cut", good[..good.len() - 1].to_vec()),
        ("no-format", b"RIFF\0\0\0\0WAVEdata\x02\0\0\0\x01\x02".to_vec()),
        ("neither", b"RIFX\0\0\0\0WAVE".to_vec()),
        ("pcm-16", good),
    ]
}

fn file(kind: u16, bits: u16, channels: u16, data: &[u8]) -> Vec<u8> {
    // A chunk of an odd length that nobody asks for.
    let mut bytes = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt ".to_vec();
    bytes.extend(28_u32.to_le_bytes());
    bytes.extend([kind, channels].map(u16::to_le_bytes).concat());
    bytes.extend([8000_u32, 0].map(u32::to_le_bytes).concat());
    bytes.extend([0, bits].map(u16::to_le_bytes).concat());
    // What an extensible format says more: its size, bits that count, speakers, and the format itself.
    bytes.extend([10, bits, 0, 0, 1, 0].map(u16::to_le_bytes).concat());
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}
