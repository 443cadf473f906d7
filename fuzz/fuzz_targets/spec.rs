//! See `proofmark_fuzz::targets::spec`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proofmark_fuzz::targets::spec::check(bytes));
