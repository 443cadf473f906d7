use super::round::{MAGIC_F64, horner_f64, power_of_two_f64, split_f64};

/// `(log2((1+s)/(1-s)) - 2s/ln 2) / s³` in `s²` for `(1+s)/(1-s)` in `[0.707, 1.415]`, highest power first: minimax (Remez),
/// error 2⁻⁴⁵ of the logarithm.
const LOG2: [f64; 5] = [
    0.282_542_353_927_515_37,
    0.319_934_588_791_373_9,
    0.412_208_406_180_522_24,
    0.577_077_953_153_510_3,
    0.961_796_694_057_861_6,
];

/// `(2^r - 1) / r` on `|r| <= 1/2`, highest power first: minimax (Remez), error 2⁻³⁴.
const EXP2: [f64; 7] = [
    1.531_495_532_516_794_4e-5,
    0.000_154_671_127_633_236_28,
    0.001_333_343_074_910_473_5,
    0.009_618_036_904_071_1,
    0.055_504_109_626_163_92,
    0.240_226_510_758_920_07,
    0.693_147_180_541_648_8,
];

/// Square root, correctly rounded by IEEE 754.
#[inline(always)]
pub fn sqrt(x: f32) -> f32 {
    x.sqrt()
}

/// `1 / sqrt(x)`: a square root and a division, each correctly rounded; never the processor's approximation.
///
/// `±0` gives `±inf`; `inf` gives 0; NaN for negative `x`. Largest error over all f32: 1.490 ulp.
#[inline(always)]
pub fn rsqrt(x: f32) -> f32 {
    1.0 / x.sqrt()
}

/// `x^y`.
///
/// `2^(y log2 |x|)` in f64, where neither the logarithm nor the product needs a second word: the exponent is right to 2⁻³⁷,
/// the result is rounded once. In f64 a vector has half as many lanes, so that this costs about five times [`exp`](super::exp).
/// Special cases as in IEEE 754-2019, 9.2.1 (and `f32::powf`): `x^±0 = 1` and `1^y = 1` even for NaN, otherwise NaN passes; NaN
/// for negative, finite `x` with a `y` that is no integer; `(-1)^±inf = 1`; the sign of a zero or an infinite `x` shows only
/// for odd `y`.
///
/// Largest error seen over 2³⁰ pairs: 0.501 ulp.
#[inline(always)]
pub fn pow(x: f32, y: f32) -> f32 {
    let base = x.abs();
    let size = f64::from(y.abs());
    // Above 2^24 every f32 is even; the magic sum rounds to an integer.
    let size = if size > 33_554_432.0 { 33_554_432.0 } else { size };
    let is_integer = (size + MAGIC_F64) - MAGIC_F64 == size;
    let is_half_integer = (0.5 * size + MAGIC_F64) - MAGIC_F64 == 0.5 * size;
    let is_odd = is_integer & !is_half_integer;

    let log2 = log2_of_positive(f64::from(base));
    let log2 = if base < f32::INFINITY { log2 } else { f64::from(base) };
    let log2 = if base == 0.0 { f64::NEG_INFINITY } else { log2 };
    let magnitude = exp2_to_f32(f64::from(y) * log2);

    let is_negative = x.is_sign_negative();
    let signed = if is_negative & is_odd { -magnitude } else { magnitude };
    let signed = if (x < 0.0) & (base < f32::INFINITY) & !is_integer { f32::NAN } else { signed };
    let is_one = (x == 1.0) | (y == 0.0) | ((x == -1.0) & (y.abs() == f32::INFINITY));
    if is_one { 1.0 } else { signed }
}

/// Base-2 logarithm of a positive, normal f64.
#[inline(always)]
fn log2_of_positive(x: f64) -> f64 {
    let (m, e) = split_f64(x);
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    // 2 / ln 2.
    s.mul_add(z.mul_add(horner_f64(z, &LOG2), 2.0 * std::f64::consts::LOG2_E), e)
}

/// `2^x`, rounded once to f32; NaN passes.
#[inline(always)]
fn exp2_to_f32(x: f64) -> f32 {
    let x = if x > 200.0 { 200.0 } else { x };
    let x = if x < -200.0 { -200.0 } else { x };
    let shifted = x + MAGIC_F64;
    let r = x - (shifted - MAGIC_F64);
    let exponent = shifted.to_bits().wrapping_sub(MAGIC_F64.to_bits()) as i64;
    (r.mul_add(horner_f64(r, &EXP2), 1.0) * power_of_two_f64(exponent)) as f32
}
