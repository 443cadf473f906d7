use super::exponential::exp_clamped;
use super::round::horner;

/// `erf(x)/x - 1` in `x²` on `|x| <= 1`, highest power first: minimax (Remez), error 2⁻²⁷.
const NEAR: [f32; 7] =
    [7.888_936e-5, -0.000_802_085_15, 0.005_189_532_4, -0.026_854_45, 0.112_835_996, -0.376_126_26, 0.128_379_17];

/// `-ln(1 - erf x)` on `[1, 4]`, highest power first: minimax (Remez), such that `erf` is off by 2⁻²⁹.
const FAR: [f32; 7] =
    [-0.000_185_483_62, 0.002_938_763, -0.021_802_094, 0.103_030_91, 0.638_232_77, 1.127_036, 0.000_354_680_06];

/// `erf x = 2/sqrt(π) ∫₀ˣ e^-t² dt`, the error function.
///
/// For `|x| < 1` `x + x p(x²)`, else `1 - e^-q(|x|)` with the sign of `x`: the polynomial `q` approximates `-ln(1 - erf)`,
/// which is smooth where `1 - erf` falls through eight orders of magnitude (the idea of Abramowitz and Stegun 7.1.25 to
/// 7.1.28, with the exponential of a polynomial instead of their powers).
/// Odd, bit for bit; `±0` gives `±0`; `±inf` gives `±1`; NaN passes.
///
/// Largest error over all f32: 1.079 ulp.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    let size = x.abs();
    let near = size.mul_add(horner(size * size, &NEAR), size);
    // 1 - erf 4 is below half of 1's last bit.
    let clamped = if size > 4.0 { 4.0 } else { size };
    let far = 1.0 - exp_clamped(-horner(clamped, &FAR));
    let magnitude = if size < 1.0 { near } else { far };
    magnitude.copysign(x)
}
