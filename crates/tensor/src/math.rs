//! Elementary functions in f32 that give the same bits on every machine.
//!
//! Only IEEE 754 operations with one rounding each are used (`+ - * /`, square root, fused multiply-add, conversions,
//! comparisons) and integer operations on the bits, in the order written; std's transcendental functions are platform code
//! whose bits differ between systems. A function's result is defined by its code here.
//!
//! Every f32 function is `#[inline(always)]` and free of branches on data, so that a loop over a slice, in a function
//! compiled for AVX2 with FMA or AVX-512, becomes vector code with the same bits: 0.3 to 3.5 ns an element there. Compiled
//! without FMA, `f32::mul_add` is a library call that gives the same bits in 20 to 110 ns an element: hot loops belong into
//! functions with `#[target_feature]`, and must be plain loops there, since a closure does not inherit the features.
//!
//! Errors are in units in the last place (ulp) of the exact result's binade, measured over all 2³² arguments by
//! `cargo run --release -p proofmark-tensor --example ulp`.
//!
//! ```
//! use proofmark_tensor::math;
//!
//! assert_eq!(math::exp(1.0).to_bits(), 0x402d_f854);
//! assert_eq!(math::tanh(-2.0), -math::tanh(2.0));
//! assert!(math::ln(-1.0).is_nan());
//! ```
//!
//! The `_f64` functions are for the host's small computations (schedules, intervals); they are not vectorised.

mod double;
mod error_function;
mod exponential;
mod logarithm;
mod power;
mod round;
mod sigmoid;
mod trigonometric;

pub use double::{cos_f64, exp_f64, ln_f64, pow_f64};
pub use error_function::erf;
pub use exponential::{exp, exp_m1};
pub use logarithm::{ln, ln_1p};
pub use power::{pow, rsqrt, sqrt};
pub use sigmoid::{sigmoid, softplus, tanh};
pub(crate) use trigonometric::sin_cos_of_turn;
pub use trigonometric::{cos, sin};
