//! See `proofmark_fuzz::targets::criteria`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proofmark_fuzz::targets::criteria::check(bytes));
