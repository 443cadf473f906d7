use super::double::HALF_PI;
use super::round::{MAGIC_F64, horner, horner_f64};

/// `(sin r - r) / r³` in `r²` on `|r| <= π/4`, highest power first: minimax (Remez), error 2⁻³⁷ of `sin r`.
const SIN: [f64; 4] =
    [2.718_311_570_616_301_7e-6, -0.000_198_393_348_442_266_95, 0.008_333_329_385_917_652, -0.166_666_666_416_268_98];

/// `(cos r - 1 + r²/2) / r⁴`, likewise, error 2⁻⁴³.
const COS: [f64; 4] =
    [-2.721_023_779_154_785_6e-7, 2.479_952_000_919_134_8e-5, -0.001_388_888_375_341_212_1, 0.041_666_666_622_828_08];

/// [`SIN`] for f32: error 2⁻²⁸.
const SIN_F32: [f32; 3] = [-0.000_195_172_28, 0.008_332_184_5, -0.166_666_55];
/// [`COS`] for f32: error 2⁻³³.
const COS_F32: [f32; 3] = [2.443_793e-5, -0.001_388_734_2, 0.041_666_646];

/// The first 224 bits of `2/π` after the point.
const TWO_OVER_PI: [u32; 7] =
    [0xa2f9_836e, 0x4e44_1529, 0xfc27_57d1, 0xf534_ddc0, 0xdb62_9599, 0x3c43_9041, 0xfe51_63ab];

/// `sin x`, `x` in radians.
///
/// `r = x - n π/2` in f64 (Cody and Waite in two steps, the first exact), from 2⁴⁰ on by the bits of `2/π` that matter for
/// `x`'s exponent (Payne and Hanek 1983); then a polynomial in f64, rounded once. Costs about five times
/// [`exp`](super::exp). Odd, bit for bit; NaN passes; NaN for infinite `x`.
///
/// Largest error over all f32: 0.500 ulp.
#[inline(always)]
pub fn sin(x: f32) -> f32 {
    let (r, quadrant) = reduce(x.abs());
    let magnitude = sin_of_quadrant(r, quadrant);
    let signed = if x.is_sign_negative() { -magnitude } else { magnitude };
    if x.abs() < f32::INFINITY { signed } else { f32::NAN }
}

/// `cos x`, `x` in radians; computed as [`sin`] is.
///
/// Even, bit for bit; NaN passes; NaN for infinite `x`. Largest error over all f32: 0.500 ulp.
#[inline(always)]
pub fn cos(x: f32) -> f32 {
    let (r, quadrant) = reduce(x.abs());
    let value = sin_of_quadrant(r, quadrant.wrapping_add(1));
    if x.abs() < f32::INFINITY { value } else { f32::NAN }
}

/// Sine and cosine of `turn / 2³²` of a full turn, in f32 throughout: the reduction is exact in integers.
#[inline(always)]
pub(crate) fn sin_cos_of_turn(turn: u32) -> (f32, f32) {
    let quadrant = turn.wrapping_add(1 << 29) >> 30;
    let rest = turn.wrapping_sub(quadrant << 30) as i32;
    let r = rest as f32 * (std::f32::consts::TAU / 4_294_967_296.0);
    let z = r * r;
    let sin = (r * z).mul_add(horner(z, &SIN_F32), r);
    let cos = z.mul_add(z.mul_add(horner(z, &COS_F32), -0.5), 1.0);
    let is_odd = quadrant & 1 == 1;
    let sin_size = if is_odd { cos } else { sin };
    let cos_size = if is_odd { sin } else { cos };
    // Bit 1 of the quadrant (of the next one, for the cosine) is the sign.
    let sin_sign = (quadrant & 2) << 30;
    let cos_sign = (quadrant.wrapping_add(1) & 2) << 30;
    (f32::from_bits(sin_size.to_bits() ^ sin_sign), f32::from_bits(cos_size.to_bits() ^ cos_sign))
}

/// `sin(r + quadrant π/2)`.
#[inline(always)]
fn sin_of_quadrant(r: f64, quadrant: u64) -> f32 {
    let z = r * r;
    let sin = (r * z).mul_add(horner_f64(z, &SIN), r);
    let cos = z.mul_add(z.mul_add(horner_f64(z, &COS), -0.5), 1.0);
    let value = if quadrant & 1 == 1 { cos } else { sin };
    f64::from_bits(value.to_bits() ^ ((quadrant & 2) << 62)) as f32
}

/// `(r, quadrant)` with `size = quadrant π/2 + r` up to whole turns and `|r| <= π/4`; garbage for infinity and NaN.
#[inline(always)]
fn reduce(size: f32) -> (f64, u64) {
    let near = reduce_near(f64::from(size));
    let far = reduce_far(size);
    if size < 1_099_511_627_776.0 { near } else { far }
}

/// For sizes below 2⁴⁰: `r` is right to 2⁻⁶⁴, and no f32 comes nearer than 2⁻³⁰ to a multiple of `π/2`.
#[inline(always)]
fn reduce_near(size: f64) -> (f64, u64) {
    let shifted = size.mul_add(std::f64::consts::FRAC_2_PI, MAGIC_F64);
    let n = shifted - MAGIC_F64;
    // The first step is exact: both terms are multiples of 2^-52 (for `n` not 0) that cancel to below 1.
    (n.mul_add(-HALF_PI[1], n.mul_add(-HALF_PI[0], size)), shifted.to_bits())
}

/// For sizes from 2⁴⁰ on.
#[inline(always)]
fn reduce_far(size: f32) -> (f64, u64) {
    let bits = size.to_bits();
    let mantissa = u64::from((bits & 0x007f_ffff) | 0x0080_0000);
    // size = mantissa * 2^(e - 150). Of 2/π, bits whose product with it is a whole number of turns are skipped.
    let skipped = (bits >> 23).wrapping_sub(152);
    let shift = skipped & 31;
    let [a, b, c, d, e, f, g] = TWO_OVER_PI;
    let words = [
        select_word(skipped, [a, b, c, d]),
        select_word(skipped, [b, c, d, e]),
        select_word(skipped, [c, d, e, f]),
        select_word(skipped, [d, e, f, g]),
    ];
    // The product as a 64-bit fraction of a turn, from 96 bits of 2/π.
    let product_0 = (((words[0] << 32) | words[1]) << shift >> 32).wrapping_mul(mantissa);
    let product_1 = (((words[1] << 32) | words[2]) << shift >> 32).wrapping_mul(mantissa);
    let product_2 = (((words[2] << 32) | words[3]) << shift >> 32).wrapping_mul(mantissa);
    let turn = (product_0 << 32).wrapping_add(product_1).wrapping_add(product_2 >> 32);
    let quadrant = turn.wrapping_add(1 << 61) >> 62;
    let rest = turn.wrapping_sub(quadrant << 62);
    // i64 to f64 in two halves, both exact: AVX2 has no such conversion.
    let high = f64::from((rest >> 32) as i32);
    let low = f64::from_bits(0x4330_0000_0000_0000 | (rest & 0xffff_ffff)) - 4_503_599_627_370_496.0;
    (high.mul_add(4_294_967_296.0, low) * (std::f64::consts::TAU / 18_446_744_073_709_551_616.0), quadrant)
}

/// `candidates[skipped / 32]` by selects between constants: indexing would become a gather.
#[inline(always)]
fn select_word(skipped: u32, candidates: [u32; 4]) -> u64 {
    let lower = if skipped < 32 { candidates[0] } else { candidates[1] };
    let upper = if skipped < 96 { candidates[2] } else { candidates[3] };
    u64::from(if skipped < 64 { lower } else { upper })
}
