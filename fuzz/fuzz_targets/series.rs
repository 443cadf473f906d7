//! See `proofmark_fuzz::targets::series`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proofmark_fuzz::targets::series::check(bytes));
