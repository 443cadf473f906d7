//! What must hold for whatever bytes or text come from outside, one check a reader.
//!
//! [`targets::TARGETS`] lists them; each is a plain function of bytes, so that `cargo test` in this folder holds it against
//! its seeds, and libFuzzer runs the same function in `fuzz_targets/`. `docs/fuzzing.md` has the commands.
//!
//! This crate does not know: files, except in the test that keeps `seeds/` as [`targets`] makes them.

mod heap;
pub mod targets;

pub use heap::heap_of;
