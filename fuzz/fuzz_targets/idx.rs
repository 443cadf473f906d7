//! See `proofmark_fuzz::targets::idx`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proofmark_fuzz::targets::idx::check(bytes));
