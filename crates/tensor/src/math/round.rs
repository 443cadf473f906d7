//! Steps that the functions share: rounding by a magic addend, splitting off the exponent, Horner's rule.

/// `1.5 * 2^23`: adding it rounds a smaller f32 to an integer, to even, and leaves that integer in the low bits. Unlike an
/// `as` cast (which saturates) this is one vector addition.
pub(crate) const MAGIC_F32: f32 = 12_582_912.0;
/// `1.5 * 2^52`, the same for f64.
pub(crate) const MAGIC_F64: f64 = 6_755_399_441_055_744.0;

/// `coefficients[0] x^(n-1) + .. + coefficients[n-1]` as one chain of fused multiply-adds.
#[inline(always)]
pub(crate) fn horner<const N: usize>(x: f32, coefficients: &[f32; N]) -> f32 {
    let mut sum = coefficients[0];
    for &coefficient in &coefficients[1..] {
        sum = sum.mul_add(x, coefficient);
    }
    sum
}

/// [`horner`] in f64.
#[inline(always)]
pub(crate) fn horner_f64<const N: usize>(x: f64, coefficients: &[f64; N]) -> f64 {
    let mut sum = coefficients[0];
    for &coefficient in &coefficients[1..] {
        sum = sum.mul_add(x, coefficient);
    }
    sum
}

/// `(m, e)` with `x = m * 2^e` and `m` in `[2/3, 4/3)`, for positive, finite `x`, also subnormal. That range has no
/// cancellation between `e ln 2` and `ln m`.
#[inline(always)]
pub(crate) fn split(x: f32) -> (f32, i32) {
    let is_subnormal = x < f32::MIN_POSITIVE;
    let x = if is_subnormal { x * 8_388_608.0 } else { x };
    let bias = if is_subnormal { 23 } else { 0 };
    // Bits of 2/3; the difference's exponent field then counts from there.
    let offset = x.to_bits().wrapping_sub(0x3f2a_aaab);
    let m = f32::from_bits(x.to_bits().wrapping_sub(offset & 0xff80_0000));
    (m, (offset as i32 >> 23) - bias)
}

/// `(m, e)` with `x = m * 2^e` and `m` in about `[0.707, 1.415)`, for positive, normal `x`.
#[inline(always)]
pub(crate) fn split_f64(x: f64) -> (f64, f64) {
    // Bits of about sqrt(1/2).
    let offset = x.to_bits().wrapping_sub(0x3fe6_a09e_0000_0000);
    let m = f64::from_bits(x.to_bits().wrapping_sub(offset & 0xfff0_0000_0000_0000));
    // The exponent to f64 by bits: AVX2 has neither an arithmetic 64-bit shift nor the conversion.
    let biased = offset.wrapping_add(1024 << 52) >> 52;
    let e = f64::from_bits(0x4330_0000_0000_0000 | biased) - (4_503_599_627_370_496.0 + 1024.0);
    (m, e)
}

/// `2^exponent` for -126..=127; other exponents give garbage.
#[inline(always)]
pub(crate) fn power_of_two(exponent: i32) -> f32 {
    f32::from_bits((exponent.wrapping_add(127) as u32) << 23)
}

/// `2^exponent` for -1022..=1023; other exponents give garbage.
#[inline(always)]
pub(crate) fn power_of_two_f64(exponent: i64) -> f64 {
    f64::from_bits((exponent.wrapping_add(1023) as u64) << 52)
}
