//! See `proofmark_fuzz::targets::checkpoint`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proofmark_fuzz::targets::checkpoint::check(bytes));
