//! See `proofmark_fuzz::targets::image`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proofmark_fuzz::targets::image::check(bytes));
