use super::round::{MAGIC_F32, horner, power_of_two};

/// `ln 2` in two parts. The first takes all 24 bits: a fused multiply-add needs no trailing zeros.
pub(super) const LN_2: [f32; 2] = [std::f32::consts::LN_2, -1.904_654_3e-9];

/// `(e^r - 1 - r) / r²` on `|r| <= ln(2)/2`, highest power first: minimax (Remez), error 2⁻²⁸ of `e^r`.
const EXP: [f32; 5] = [0.001_381_417_5, 0.008_368_705, 0.041_668_333, 0.166_665_21, 0.499_999_94];

/// The same, with an error of 2⁻³⁰ of `e^r - 1`.
const EXP_M1: [f32; 6] = [0.000_199_142_36, 0.001_394_137_2, 0.008_333_229, 0.041_666_407, 0.166_666_67, 0.5];

/// `e^x`.
///
/// `e^x = 2^n e^r` with `n = round(x / ln 2)` and `r = x - n ln 2` in two steps (Cody and Waite, *Software Manual for the
/// Elementary Functions*, 1980, chapter 6), `e^r` by a polynomial.
/// NaN passes; `e^0 = 1`; above 88.722 84 infinite; subnormal results are right, below about -103.97 zero.
///
/// Largest error over all f32: 0.876 ulp.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Written so that NaN passes.
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -104.0 { -104.0 } else { x };
    exp_clamped(x)
}

/// [`exp`] for `x` in `[-104, 89]`, or NaN.
#[inline(always)]
pub(super) fn exp_clamped(x: f32) -> f32 {
    let (r_high, r_low, exponent) = reduce(x);
    let r = r_high + r_low;
    // The polynomial's head takes the unrounded `r`.
    let p = 1.0 + (r_high + (r * r).mul_add(horner(r, &EXP), r_low));
    // In two steps, since 2^exponent may be neither finite nor normal; only the second one can round.
    let half = exponent >> 1;
    p * power_of_two(half) * power_of_two(exponent.wrapping_sub(half))
}

/// `e^x - 1`, without cancellation near 0.
///
/// `2^n (e^r - 1) + (2^n - 1)`, reduced as in [`exp`]. NaN passes; `±0` gives `±0`; `-inf` gives -1.
///
/// Largest error over all f32: 1.389 ulp.
#[inline(always)]
pub fn exp_m1(x: f32) -> f32 {
    let clamped = if x > 89.0 { 89.0 } else { x };
    let clamped = if clamped < -18.0 { -18.0 } else { clamped };
    let (r_high, r_low, exponent) = reduce(clamped);
    let r = r_high + r_low;
    let p = r_high + (r * r).mul_add(horner(r, &EXP_M1), r_low);
    // Half of 2^n, since 2^128 is no f32.
    let scale = power_of_two(exponent.wrapping_sub(1));
    let scaled = 2.0 * scale.mul_add(p, scale - 0.5);
    let result = if exponent == 0 { p } else { scaled };
    if x == 0.0 { x } else { result }
}

/// `(r_high, r_low, n)` with `x = n ln 2 + r_high + r_low` and `|r| <= ln(2)/2`, for `|x|` below 2²¹.
#[inline(always)]
fn reduce(x: f32) -> (f32, f32, i32) {
    let shifted = x.mul_add(std::f32::consts::LOG2_E, MAGIC_F32);
    let n = shifted - MAGIC_F32;
    let exponent = shifted.to_bits().wrapping_sub(MAGIC_F32.to_bits()) as i32;
    // The first step is exact: both terms are multiples of 2^-25 (for `n` not 0) that cancel to below 1/2.
    (n.mul_add(-LN_2[0], x), n * -LN_2[1], exponent)
}
