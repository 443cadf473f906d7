//! See `proofmark_fuzz::targets::safetensors`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proofmark_fuzz::targets::safetensors::check(bytes));
