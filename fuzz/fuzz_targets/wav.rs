//! See `proofmark_fuzz::targets::wav`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proofmark_fuzz::targets::wav::check(bytes));
