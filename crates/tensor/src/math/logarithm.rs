use super::exponential::LN_2;
use super::round::{horner, power_of_two, split};

/// `(ln(1+f) - f + f²/2) / f³` on `|f| <= 1/3`, highest power first: minimax (Remez), error 2⁻²⁹ of `ln(1+f)`.
const LN: [f32; 9] = [
    0.123_579_51,
    -0.128_471_18,
    0.106_613_815,
    -0.121_952_25,
    0.143_128_7,
    -0.166_796_13,
    0.199_993_16,
    -0.249_998_2,
    0.333_333_37,
];

/// `ln x`, the natural logarithm.
///
/// `ln x = e ln 2 + ln(1+f)` with `x = 2^e (1+f)` and `1+f` in `[2/3, 4/3)`; `ln(1+f) = f - f²/2 + f³ p(f)` (the form of
/// Cody and Waite 1980, chapter 5, and of fdlibm, with the exponent's cut moved so that the terms never cancel).
/// NaN passes; `ln 1 = 0`; `ln ±0 = -inf`; `ln inf = inf`; NaN for negative `x`.
///
/// Largest error over all f32: 0.814 ulp.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    let (m, e) = split(x);
    at_ends(x, ln_of_parts(m - 1.0, 0.0, e as f32))
}

/// `ln(1 + x)`, without cancellation near 0.
///
/// As [`ln`] of `1 + x`, whose rounding error (exact by Knuth's two-sum) goes into `f`. `±0` gives `±0`; -1 gives `-inf`;
/// NaN passes; NaN below -1.
///
/// Largest error over all f32: 1.054 ulp.
#[inline(always)]
pub fn ln_1p(x: f32) -> f32 {
    let sum = 1.0 + x;
    let part = sum - 1.0;
    let sum_low = (1.0 - (sum - part)) + (x - part);
    let (m, e) = split(sum);
    // From e = 126 on `sum_low` counts for nothing, and 2^-e is soon no normal number.
    let shift = if e > 126 { 126 } else { e };
    let f_low = sum_low * power_of_two(shift.wrapping_neg());
    let result = at_ends(sum, ln_of_parts(m - 1.0, f_low, e as f32));
    if x == 0.0 { x } else { result }
}

/// `ln((1 + f_high + f_low) 2^e)`.
#[inline(always)]
fn ln_of_parts(f_high: f32, f_low: f32, e: f32) -> f32 {
    let f = f_high + f_low;
    let rest = (f_high - f) + f_low;
    let z = f * f;
    let tail = (z * f).mul_add(horner(f, &LN), z.mul_add(-0.5, rest));
    e.mul_add(LN_2[0], f + e.mul_add(LN_2[1], tail))
}

/// `value`, or what a logarithm is outside of the positive, finite numbers.
#[inline(always)]
fn at_ends(x: f32, value: f32) -> f32 {
    // A NaN or +inf is its own logarithm.
    let value = if x < f32::INFINITY { value } else { x };
    let value = if x < 0.0 { f32::NAN } else { value };
    if x == 0.0 { f32::NEG_INFINITY } else { value }
}
