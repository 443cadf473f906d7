//! Integration tests of `proofmark-tensor`.
#![allow(clippy::disallowed_methods, reason = "std's f64 mathematics is the oracle here")]

mod bf16;
mod double;
mod functions;
mod math;
mod random;

/// FNV-1a with 64 bits over little-endian bytes. All NaNs count as one: their payloads are outside the promise.
fn digest_f32(values: impl IntoIterator<Item = f32>) -> u64 {
    digest(values.into_iter().map(|value| if value.is_nan() { 0x7fc0_0000 } else { u64::from(value.to_bits()) }))
}

/// [`digest_f32`] for f64.
fn digest_f64(values: impl IntoIterator<Item = f64>) -> u64 {
    digest(values.into_iter().map(|value| if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() }))
}

fn digest(words: impl IntoIterator<Item = u64>) -> u64 {
    words
        .into_iter()
        .flat_map(u64::to_le_bytes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
