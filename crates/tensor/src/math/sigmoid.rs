use super::exponential::exp_clamped;
use super::logarithm::ln_1p;
use super::round::horner;

/// `(tanh x - x) / x³` in `x²` on `|x| <= 0.65`, highest power first: minimax (Remez), error 2⁻²⁷ of `tanh x`.
const TANH: [f32; 5] = [-0.005_528_630_7, 0.020_483_308, -0.053_692_956, 0.133_308_99, -0.333_332_63];

/// `1 / (1 + e^-x)`, the logistic function.
///
/// With `z = e^-|x|`: `1/(1+z)` for `x >= 0`, `z/(1+z)` for `x < 0`, so that nothing overflows and small results keep their
/// precision down to the subnormal numbers. One Newton step
/// then takes out the roundings of sum and quotient, so that only the exponential's own error is left.
/// NaN passes; `-inf` gives 0, `inf` gives 1.
///
/// Largest error over all f32: 1.480 ulp.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    let z = exp_of_negative(x.abs());
    let sum = 1.0 + z;
    let sum_low = (1.0 - sum) + z;
    let numerator = if x < 0.0 { z } else { 1.0 };
    let inverse = 1.0 / sum;
    let quotient = numerator * inverse;
    // One Newton step on what the three roundings left over.
    let rest = (-quotient).mul_add(sum, numerator) - quotient * sum_low;
    rest.mul_add(inverse, quotient)
}

/// `ln(1 + e^x)`, a smooth `max(x, 0)`.
///
/// `max(x, 0) + ln(1 + e^-|x|)`. NaN passes; `-inf` gives 0, `inf` gives `inf`; subnormal results are right.
///
/// Largest error over all f32: 1.591 ulp.
#[inline(always)]
pub fn softplus(x: f32) -> f32 {
    let positive = if x > 0.0 { x } else { 0.0 };
    positive + ln_1p(exp_of_negative(x.abs()))
}

/// `tanh x`, the hyperbolic tangent.
///
/// For `|x| < 0.65` `x + x³ p(x²)`, else `1 - 2/(e^2|x| + 1)` with the sign of `x` (Cody and Waite 1980, chapter 13, with a
/// polynomial instead of a quotient). Odd, bit for bit; `±0` gives `±0`; NaN passes.
///
/// Largest error over all f32: 1.263 ulp.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let z = size * size;
    let near = (z * size).mul_add(horner(z, &TANH), size);
    // 1 - tanh 10 is below half of 1's last bit.
    let clamped = if size > 10.0 { 10.0 } else { size };
    let far = 1.0 - 2.0 / (exp_clamped(2.0 * clamped) + 1.0);
    let magnitude = if size < 0.65 { near } else { far };
    magnitude.copysign(x)
}

/// `e^-size` for `size >= 0`.
#[inline(always)]
fn exp_of_negative(size: f32) -> f32 {
    exp_clamped(if size > 104.0 { -104.0 } else { -size })
}
