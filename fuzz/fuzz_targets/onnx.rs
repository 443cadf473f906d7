//! See `proofmark_fuzz::targets::onnx`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proofmark_fuzz::targets::onnx::check(bytes));
