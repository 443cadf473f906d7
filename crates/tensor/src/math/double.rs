//! Elementary functions in f64 for the host's own small computations (schedules, intervals), the same bits everywhere.
//!
//! Polynomials are truncated Taylor series, long enough for f64 on the reduced interval: their coefficients explain
//! themselves, and speed does not matter here.

use super::round::{MAGIC_F64, horner_f64, power_of_two_f64, split_f64};

/// `π/2` in three parts of f64 whose sum is right to about 2⁻¹⁶¹.
pub(super) const HALF_PI: [f64; 3] =
    [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33];
/// `ln 2` in two parts.
const LN_2: [f64; 2] = [std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17];

/// `1/k!` for k = 2..=13, highest first.
const EXP: [f64; 12] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
];

/// `2/(2k+1)` for k = 1..=12, highest first: the tail of `ln((1+s)/(1-s)) = 2s + s³(2/3 + 2/5 s² + ..)`.
const LN: [f64; 12] = [
    2.0 / 25.0,
    2.0 / 23.0,
    2.0 / 21.0,
    2.0 / 19.0,
    2.0 / 17.0,
    2.0 / 15.0,
    2.0 / 13.0,
    2.0 / 11.0,
    2.0 / 9.0,
    2.0 / 7.0,
    2.0 / 5.0,
    2.0 / 3.0,
];

/// `(-1)^k/(2k+1)!` for k = 1..=8, highest first: `sin r = r + r³(..)`.
const SIN: [f64; 8] = [
    1.0 / 355_687_428_096_000.0,
    -1.0 / 1_307_674_368_000.0,
    1.0 / 6_227_020_800.0,
    -1.0 / 39_916_800.0,
    1.0 / 362_880.0,
    -1.0 / 5_040.0,
    1.0 / 120.0,
    -1.0 / 6.0,
];

/// `(-1)^k/(2k)!` for k = 2..=9, highest first: `cos r = 1 - r²/2 + r⁴(..)`.
const COS: [f64; 8] = [
    -1.0 / 6_402_373_705_728_000.0,
    1.0 / 20_922_789_888_000.0,
    -1.0 / 87_178_291_200.0,
    1.0 / 479_001_600.0,
    -1.0 / 3_628_800.0,
    1.0 / 40_320.0,
    -1.0 / 720.0,
    1.0 / 24.0,
];

/// `e^x`, within 1 ulp (f64). NaN passes, `e^-inf = 0`, overflow is infinite, underflow gradual.
pub fn exp_f64(x: f64) -> f64 {
    exp_of_sum(x, 0.0)
}

/// `ln x`, within 1 ulp (f64). `ln 0 = -inf`; NaN for negative `x`.
pub fn ln_f64(x: f64) -> f64 {
    let (high, low) = ln_as_sum(x);
    if x > 0.0 && x < f64::INFINITY {
        high + low
    } else if x == 0.0 {
        f64::NEG_INFINITY
    } else if x == f64::INFINITY {
        x
    } else {
        f64::NAN
    }
}

/// `cos x` (radians), within 1 ulp (f64) for `|x| <= 1e6`, and with an absolute error below 1e-15 up to 1e15.
/// NaN for larger, infinite and NaN `x`: no schedule goes there, and a wrong digit would go unnoticed.
pub fn cos_f64(x: f64) -> f64 {
    if x.abs() > 1e15 || x.is_nan() {
        return f64::NAN;
    }
    let shifted = x.mul_add(std::f64::consts::FRAC_2_PI, MAGIC_F64);
    let quadrant = shifted.to_bits() & 3;
    let n = shifted - MAGIC_F64;
    // The first step is exact: the product and `x` are multiples of 2^-52 (for `n` not 0) that cancel to below 1.
    let r = n.mul_add(-HALF_PI[2], n.mul_add(-HALF_PI[1], n.mul_add(-HALF_PI[0], x)));
    let z = r * r;
    let sin = (r * z).mul_add(horner_f64(z, &SIN), r);
    let half = 0.5 * z;
    let head = 1.0 - half;
    let cos = head + (z * z).mul_add(horner_f64(z, &COS), (1.0 - head) - half);
    match quadrant {
        0 => cos,
        1 => -sin,
        2 => -cos,
        _ => sin,
    }
}

/// `x^y`, within 1 ulp (f64), with the special cases of IEEE 754's `pow` (as `f64::powf`): `x^0 = 1` and `1^y = 1` even
/// for NaN, NaN for a negative `x` with a `y` that is no integer.
pub fn pow_f64(x: f64, y: f64) -> f64 {
    if y == 0.0 || x == 1.0 {
        return 1.0;
    }
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    let size = y.abs();
    let is_integer =
        size >= 4_503_599_627_370_496.0 || (size + 4_503_599_627_370_496.0) - 4_503_599_627_370_496.0 == size;
    // From 2^53 on every f64 is even.
    let is_odd = is_integer && size < 9_007_199_254_740_992.0 && (size as u64) & 1 == 1;
    let negative = x.is_sign_negative();
    let base = x.abs();
    let magnitude = if y.is_infinite() && base == 1.0 {
        1.0
    } else if base == 0.0 || base.is_infinite() || y.is_infinite() {
        let grows = (base > 1.0) == (y > 0.0);
        if grows { f64::INFINITY } else { 0.0 }
    } else if negative && !is_integer {
        f64::NAN
    } else {
        let (high, low) = ln_as_sum(base);
        let product = y * high;
        if product.abs() > 800.0 { exp_f64(product) } else { exp_of_sum(product, y.mul_add(high, -product) + y * low) }
    };
    if negative && is_odd { -magnitude } else { magnitude }
}

/// `e^(x + low)` for a `low` that is small against `x`'s last bits.
fn exp_of_sum(x: f64, low: f64) -> f64 {
    let x = if x > 710.0 { 710.0 } else { x };
    let x = if x < -746.0 { -746.0 } else { x };
    let shifted = x.mul_add(std::f64::consts::LOG2_E, MAGIC_F64);
    let n = shifted - MAGIC_F64;
    let exponent = shifted.to_bits().wrapping_sub(MAGIC_F64.to_bits()) as i64;
    let r = n.mul_add(-LN_2[1], n.mul_add(-LN_2[0], x)) + low;
    let p = 1.0 + (r * r).mul_add(horner_f64(r, &EXP), r);
    // In two steps, since 2^exponent may be neither finite nor normal.
    let half = exponent >> 1;
    p * power_of_two_f64(half) * power_of_two_f64(exponent.wrapping_sub(half))
}

/// `ln x` for positive, finite `x` as a sum whose second term is below the first one's last bit; error about 2⁻⁶⁰.
fn ln_as_sum(x: f64) -> (f64, f64) {
    let is_subnormal = x < f64::MIN_POSITIVE;
    let (m, e) = split_f64(if is_subnormal { x * 18_014_398_509_481_984.0 } else { x });
    let e = if is_subnormal { e - 54.0 } else { e };
    let f = m - 1.0;
    let d = m + 1.0;
    let d_low = m - (d - 1.0);
    let s = f / d;
    let s_low = (s.mul_add(-d, f) - s * d_low) / d;
    let z = s * s;
    let tail = (s * z).mul_add(horner_f64(z, &LN), 2.0 * s_low);
    let scaled = e * LN_2[0];
    let scaled_low = e.mul_add(LN_2[0], -scaled) + e * LN_2[1];
    let sum = scaled + 2.0 * s;
    let low = ((scaled - sum) + 2.0 * s) + (scaled_low + tail);
    let high = sum + low;
    (high, (sum - high) + low)
}
