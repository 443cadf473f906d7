//! The normal distribution in f64, the same bits everywhere.
//!
//! std has no error function, and platform libraries differ in their last bits; these are built from
//! [`exp_f64`] and [`ln_f64`] of `proofmark_tensor::math` and plain arithmetic in a fixed order.
//! Series and continued fraction are the ones that every handbook has (Abramowitz, Stegun 1964, 7.1.6 and 7.1.14): their
//! coefficients explain themselves, and speed does not matter here. Errors are measured in `tests/tune/normal.rs` against
//! constants of 20 digits: below 1e-15 of the value for `erf`, below 6e-15 for `erfc` down to 1e-295, and below 1e-14 for the
//! quantile.

use proofmark_tensor::math::{exp_f64, ln_f64};

/// From here on `erfc` is the continued fraction. Below, one minus the series, which loses less than 3 bits.
const FRACTION_FROM: f64 = 1.0;
/// Terms of the continued fraction at 1; elsewhere their number falls with x². More change no bit: the fraction's error is about
/// `e^(-2x √(2n))` after n terms.
const FRACTION_TERMS: f64 = 200.0;
/// Up to here `erf` is the series.
const SERIES_UNTIL: f64 = 3.0;
const FRAC_1_SQRT_PI: f64 = 0.564_189_583_547_756_3;
const SQRT_2_PI: f64 = 2.506_628_274_631_000_7;

/// `erf x = 2/√π ∫₀ˣ e^(-t²) dt`. NaN passes.
pub fn erf(x: f64) -> f64 {
    let size = x.abs();
    let value = if size < SERIES_UNTIL { series(size) } else { 1.0 - fraction(size) };
    value.copysign(x)
}

/// `erfc x = 1 - erf x`, to full relative precision for large `x`. NaN passes.
pub fn erfc(x: f64) -> f64 {
    if x < FRACTION_FROM { 1.0 - erf(x) } else { fraction(x) }
}

/// The distribution function of the standard normal distribution, `Φ(x)`.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// `Φ(b) - Φ(a)` for `a <= b`, without cancellation where both lie on one side.
pub fn normal_mass(a: f64, b: f64) -> f64 {
    let (a, b) = (a * std::f64::consts::FRAC_1_SQRT_2, b * std::f64::consts::FRAC_1_SQRT_2);
    if a > 0.0 {
        0.5 * (erfc(a) - erfc(b))
    } else if b < 0.0 {
        0.5 * (erfc(-b) - erfc(-a))
    } else {
        0.5 * (erf(b) - erf(a))
    }
}

/// The quantile function: the `x` with `Φ(x) = p`. `-inf` at 0, `inf` at 1, NaN outside.
///
/// A start within 4.5e-4 (Abramowitz, Stegun 26.2.23), then two steps of Halley's method, each of which triples the digits.
pub fn inverse_normal_cdf(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 || p == 1.0 {
        return if p == 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    // In the lower half, where `p` has all its digits; the upper half mirrors it.
    let tail = if p > 0.5 { 1.0 - p } else { p };
    let t = (-2.0 * ln_f64(tail)).sqrt();
    let above = 0.010_328f64.mul_add(t, 0.802_853).mul_add(t, 2.515_517);
    let below = 0.001_308f64.mul_add(t, 0.189_269).mul_add(t, 1.432_788).mul_add(t, 1.0);
    let mut x = above / below - t;
    for _ in 0..2 {
        let density = exp_f64(-0.5 * x * x) / SQRT_2_PI;
        let step = (normal_cdf(x) - tail) / density;
        x -= step / (0.5 * x).mul_add(step, 1.0);
    }
    if p > 0.5 { -x } else { x }
}

/// `2x/√π e^(-x²) Σ (2x²)ⁿ / (1·3·5···(2n+1))`: all terms are positive.
fn series(x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    let mut n = 1.0;
    // The terms first grow and then fall faster than geometrically; a term below half a unit changes no bit any more.
    while term > sum * 1e-17 {
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
        n += 1.0;
    }
    2.0 * FRAC_1_SQRT_PI * x * exp_f64(-x * x) * sum
}

/// `erfc x = e^(-x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ..))))`, from the far end.
fn fraction(x: f64) -> f64 {
    if x > 27.3 {
        return 0.0;
    }
    let mut tail = x;
    let n_terms = (FRACTION_TERMS / (x * x)) as u32 + 10;
    for k in (1..=n_terms).rev() {
        tail = x + 0.5 * f64::from(k) / tail;
    }
    // x² in two parts, since an error in the exponent grows with it.
    let square = x * x;
    let square_low = x.mul_add(x, -square);
    exp_f64(-square) * (1.0 - square_low) * FRAC_1_SQRT_PI / tail
}
