//! The list of `math`'s f32 functions of one argument, with their f64 oracles; shared by the tests and `examples/ulp.rs`.

use proofmark_tensor::math;

/// A function and what it must hold.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) compute: fn(f32) -> f32,
    /// The same function by std's f64 mathematics, good to far more than f32's last bit.
    pub(crate) oracle: fn(f64) -> f64,
    /// Largest error allowed, in ulp of the exact result's binade; the docs give the measured one.
    pub(crate) max_ulp: f64,
    /// Digest of the results' bits for fixed arguments. A change here is a change of the engine's `NUMERICS_VERSION`.
    pub(crate) golden: u64,
}

pub(crate) const FUNCTIONS: &[Function] = &[
    Function { name: "exp", compute: math::exp, oracle: f64::exp, max_ulp: 1.0, golden: 0x3231_3e66_a8bc_e0b2 },
    Function {
        name: "exp_m1",
        compute: math::exp_m1,
        oracle: f64::exp_m1,
        max_ulp: 1.5,
        golden: 0xa9c3_425f_b931_0b2e,
    },
    Function { name: "ln", compute: math::ln, oracle: f64::ln, max_ulp: 1.0, golden: 0x2943_ad1c_0239_85ee },
    Function { name: "ln_1p", compute: math::ln_1p, oracle: f64::ln_1p, max_ulp: 1.2, golden: 0xb60c_c279_e9b4_63a6 },
    Function { name: "tanh", compute: math::tanh, oracle: f64::tanh, max_ulp: 1.5, golden: 0x7f47_07e7_708b_30ea },
    Function { name: "sigmoid", compute: math::sigmoid, oracle: sigmoid, max_ulp: 1.5, golden: 0x667b_1b5c_9550_9f51 },
    Function {
        name: "softplus",
        compute: math::softplus,
        oracle: softplus,
        max_ulp: 1.7,
        golden: 0xa566_29a7_0a52_057c,
    },
    Function { name: "erf", compute: math::erf, oracle: erf, max_ulp: 1.2, golden: 0x94c3_b7bb_413e_a107 },
    Function { name: "sin", compute: math::sin, oracle: f64::sin, max_ulp: 0.51, golden: 0x99db_76a2_c418_b225 },
    Function { name: "cos", compute: math::cos, oracle: f64::cos, max_ulp: 0.51, golden: 0x4173_2325_a24f_6987 },
    Function { name: "sqrt", compute: math::sqrt, oracle: f64::sqrt, max_ulp: 0.5, golden: 0x8a04_536c_21fb_bb88 },
    Function {
        name: "rsqrt",
        compute: math::rsqrt,
        oracle: |x| 1.0 / x.sqrt(),
        max_ulp: 1.5,
        golden: 0xd3a6_990a_4d4a_9f81,
    },
];

/// The distance of `actual` from `expected` in ulp of `expected`'s binade; infinite if only one of them is NaN or, once
/// rounded to f32, infinite.
pub(crate) fn ulp_error(actual: f32, expected: f64) -> f64 {
    let rounded = expected as f32;
    if actual.is_nan() || rounded.is_nan() {
        return if actual.is_nan() && rounded.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if rounded.is_infinite() {
        return if actual == rounded { 0.0 } else { f64::INFINITY };
    }
    (f64::from(actual) - expected).abs() / spacing(expected)
}

/// The distance between neighbouring f32 in the binade of `x`.
fn spacing(x: f64) -> f64 {
    let biased = ((x.to_bits() >> 52) & 0x7ff) as i64;
    let exponent = (biased - 1023).max(-126) - 23;
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// A series of positive terms (Abramowitz and Stegun 7.1.6), which loses nothing to cancellation.
fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum();
    }
    let mut term = x;
    let mut sum = x;
    let mut k = 1.0;
    while term.abs() > 1e-17 * sum.abs() {
        term *= 2.0 * x * x / (2.0 * k + 1.0);
        sum += term;
        k += 1.0;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}
