//! Element types, shapes, exact f32 mathematics and counter-based random numbers.
//!
//! Entry points: [`DType`], [`Bf16`], [`Shape`], [`math`], [`random`]. What is defined here is the same bit for bit on every
//! machine: `math` uses only IEEE 754 operations with one rounding each, `random` only integers.
//!
//! This crate does not know: graphs, threads, files, clocks.

mod bf16;
mod dtype;
pub mod math;
pub mod random;
mod shape;

pub use bf16::Bf16;
pub use dtype::DType;
pub use shape::Shape;
