//! See `proofmark_fuzz::targets::canonical`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proofmark_fuzz::targets::canonical::check(bytes));
