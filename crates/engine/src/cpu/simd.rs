//! One vector of f32 at each SIMD level, and the macro that compiles a kernel for all of them. One of the files that may
//! hold `unsafe` (see ARCHITECTURE.md).
//!
//! A kernel is written once, generic over [`Simd`]; every operation here acts on each lane alone with one IEEE rounding,
//! so that a lane's result does not depend on the width.
#![allow(unsafe_code)]

/// A vector type of `LANES` f32.
///
/// # Safety
/// All functions need the instructions of their level; [`multiversioned!`](crate::cpu::simd::multiversioned) sees to it.
/// Loads and stores need `LANES` (or `n`) readable or writable elements; no alignment.
pub(crate) trait Simd: Copy {
    /// The vector.
    type Vector: Copy;
    /// A choice of lanes.
    type Mask: Copy;
    /// Number of lanes.
    const LANES: usize;
    unsafe fn splat(value: f32) -> Self::Vector;
    unsafe fn load(from: *const f32) -> Self::Vector;
    unsafe fn store(to: *mut f32, vector: Self::Vector);
    /// The first `n` lanes from memory, zeros above; touches nothing beyond them. `n` is at most `LANES`.
    unsafe fn load_first(from: *const f32, n: usize) -> Self::Vector;
    /// Stores the first `n` lanes and touches nothing beyond them. `n` is at most `LANES`.
    unsafe fn store_first(to: *mut f32, vector: Self::Vector, n: usize);
    unsafe fn add(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// a b + c, rounded once.
    unsafe fn mul_add(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    unsafe fn sub(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    unsafe fn mul(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `if 0.0 > a { 0.0 } else { a }`: a NaN passes.
    unsafe fn relu(a: Self::Vector) -> Self::Vector;
    /// Where `value` is larger than the best so far, or the first NaN, it and its place become the best.
    unsafe fn take_larger(
        best: (Self::Vector, Self::Vector),
        value: Self::Vector,
        place: Self::Vector,
    ) -> (Self::Vector, Self::Vector);
    /// Stores the first `n` lanes, whole numbers from 0 to 255, as bytes. `n` is at most `LANES`.
    unsafe fn store_bytes(to: *mut u8, vector: Self::Vector, n: usize);
    /// The lanes that are neither 0 nor -0. A NaN is not.
    unsafe fn nonzero_mask(vector: Self::Vector) -> Self::Mask;
    /// a b + c, rounded once, in the lanes of the mask; c in the others.
    unsafe fn mul_add_where(mask: Self::Mask, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// One bit for each lane, from the lowest: whether it is neither 0 nor -0. A NaN is not.
    unsafe fn nonzero_bits(vector: Self::Vector) -> u32;
    /// Transposes a square of `LANES` rows: row r of `to` is column r of `from`. Rows stand `from_step` and `to_step` elements
    /// apart; those of `from` are read, and of `to` written, whole.
    unsafe fn transpose(from: *const f32, from_step: usize, to: *mut f32, to_step: usize);
}

/// One lane, in plain Rust: what defines the others.
#[derive(Clone, Copy)]
pub(crate) struct Scalar;

impl Simd for Scalar {
    type Vector = f32;
    type Mask = bool;
    const LANES: usize = 1;
    #[inline(always)]
    unsafe fn splat(value: f32) -> f32 {
        value
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> f32 {
        // SAFETY: the caller grants one element.
        unsafe { from.read() }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, vector: f32) {
        // SAFETY: the caller grants one element.
        unsafe { to.write(vector) }
    }
    #[inline(always)]
    unsafe fn load_first(from: *const f32, n: usize) -> f32 {
        // SAFETY: the caller grants `n` elements.
        if n == 0 { 0.0 } else { unsafe { from.read() } }
    }
    #[inline(always)]
    unsafe fn store_first(to: *mut f32, vector: f32, n: usize) {
        if n > 0 {
            // SAFETY: the caller grants `n` elements.
            unsafe { to.write(vector) }
        }
    }
    #[inline(always)]
    unsafe fn add(a: f32, b: f32) -> f32 {
        a + b
    }
    #[inline(always)]
    unsafe fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
    #[inline(always)]
    unsafe fn sub(a: f32, b: f32) -> f32 {
        a - b
    }
    #[inline(always)]
    unsafe fn mul(a: f32, b: f32) -> f32 {
        a * b
    }
    #[inline(always)]
    unsafe fn relu(a: f32) -> f32 {
        if 0.0 > a { 0.0 } else { a }
    }
    #[inline(always)]
    unsafe fn take_larger(best: (f32, f32), value: f32, place: f32) -> (f32, f32) {
        if value > best.0 || value.is_nan() && !best.0.is_nan() { (value, place) } else { best }
    }
    #[inline(always)]
    unsafe fn store_bytes(to: *mut u8, vector: f32, n: usize) {
        if n > 0 {
            // SAFETY: the caller grants `n` elements.
            unsafe { to.write(vector as u8) }
        }
    }
    #[inline(always)]
    unsafe fn nonzero_mask(vector: f32) -> bool {
        vector != 0.0
    }
    #[inline(always)]
    unsafe fn mul_add_where(mask: bool, a: f32, b: f32, c: f32) -> f32 {
        if mask { a.mul_add(b, c) } else { c }
    }
    #[inline(always)]
    unsafe fn nonzero_bits(vector: f32) -> u32 {
        u32::from(vector != 0.0)
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, _from_step: usize, to: *mut f32, _to_step: usize) {
        // SAFETY: the caller grants one element of each.
        unsafe { to.write(from.read()) }
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Simd;
    use std::arch::x86_64::*;

    /// 8 lanes.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx2;

    /// For each number of lanes, the mask is the 8 entries from `8 - n`.
    static MASKS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

    impl Simd for Avx2 {
        type Vector = __m256;
        type Mask = __m256;
        const LANES: usize = 8;
        #[inline(always)]
        unsafe fn splat(value: f32) -> __m256 {
            // SAFETY: the caller runs with AVX2 and FMA.
            unsafe { _mm256_set1_ps(value) }
        }
        #[inline(always)]
        unsafe fn load(from: *const f32) -> __m256 {
            // SAFETY: as above; the caller grants 8 elements.
            unsafe { _mm256_loadu_ps(from) }
        }
        #[inline(always)]
        unsafe fn store(to: *mut f32, vector: __m256) {
            // SAFETY: as above; the caller grants 8 elements.
            unsafe { _mm256_storeu_ps(to, vector) }
        }
        #[inline(always)]
        unsafe fn load_first(from: *const f32, n: usize) -> __m256 {
            // SAFETY: as above; masked lanes are not touched, and `n <= 8` keeps the mask inside the table.
            unsafe {
                let mask = _mm256_loadu_si256(MASKS.as_ptr().add(8 - n).cast());
                _mm256_maskload_ps(from, mask)
            }
        }
        #[inline(always)]
        unsafe fn store_first(to: *mut f32, vector: __m256, n: usize) {
            // SAFETY: as in `load_first`.
            unsafe {
                let mask = _mm256_loadu_si256(MASKS.as_ptr().add(8 - n).cast());
                _mm256_maskstore_ps(to, mask, vector)
            }
        }
        #[inline(always)]
        unsafe fn add(a: __m256, b: __m256) -> __m256 {
            // SAFETY: the caller runs with AVX2 and FMA.
            unsafe { _mm256_add_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn mul_add(a: __m256, b: __m256, c: __m256) -> __m256 {
            // SAFETY: the caller runs with AVX2 and FMA.
            unsafe { _mm256_fmadd_ps(a, b, c) }
        }
        #[inline(always)]
        unsafe fn sub(a: __m256, b: __m256) -> __m256 {
            // SAFETY: as above.
            unsafe { _mm256_sub_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn mul(a: __m256, b: __m256) -> __m256 {
            // SAFETY: as above.
            unsafe { _mm256_mul_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn relu(a: __m256) -> __m256 {
            // SAFETY: as above. The second operand is what comes out where neither is larger.
            unsafe { _mm256_max_ps(_mm256_setzero_ps(), a) }
        }
        #[inline(always)]
        unsafe fn take_larger(best: (__m256, __m256), value: __m256, place: __m256) -> (__m256, __m256) {
            // SAFETY: as above. Larger or unordered, and the best so far is a number.
            unsafe {
                let wins = _mm256_and_ps(
                    _mm256_cmp_ps::<_CMP_NLE_UQ>(value, best.0),
                    _mm256_cmp_ps::<_CMP_ORD_Q>(best.0, best.0),
                );
                (_mm256_blendv_ps(best.0, value, wins), _mm256_blendv_ps(best.1, place, wins))
            }
        }
        #[inline(always)]
        unsafe fn store_bytes(to: *mut u8, vector: __m256, n: usize) {
            // SAFETY: as above; the caller grants `n` bytes.
            unsafe {
                let whole = _mm256_cvttps_epi32(vector);
                let words = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256::<1>(whole));
                let bytes = _mm_cvtsi128_si64(_mm_packus_epi16(words, words)).to_le_bytes();
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, n);
            }
        }
        #[inline(always)]
        unsafe fn nonzero_mask(vector: __m256) -> __m256 {
            // SAFETY: as above. Unordered: a NaN differs from zero.
            unsafe { _mm256_cmp_ps::<_CMP_NEQ_UQ>(vector, _mm256_setzero_ps()) }
        }
        #[inline(always)]
        unsafe fn mul_add_where(mask: __m256, a: __m256, b: __m256, c: __m256) -> __m256 {
            // SAFETY: as above.
            unsafe { _mm256_blendv_ps(c, _mm256_fmadd_ps(a, b, c), mask) }
        }
        #[inline(always)]
        unsafe fn nonzero_bits(vector: __m256) -> u32 {
            // SAFETY: as above. Unordered: a NaN differs from zero.
            unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NEQ_UQ>(vector, _mm256_setzero_ps())) as u32 }
        }
        #[inline(always)]
        unsafe fn transpose(from: *const f32, from_step: usize, to: *mut f32, to_step: usize) {
            // SAFETY: as above; the caller grants 8 rows of 8. Pairs of rows, then fours, then halves change places.
            unsafe {
                let mut rows = [_mm256_setzero_ps(); 8];
                for (row, vector) in rows.iter_mut().enumerate() {
                    *vector = _mm256_loadu_ps(from.add(row * from_step));
                }
                let mut pairs = rows;
                for i in (0..8).step_by(2) {
                    pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
                    pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
                }
                for i in (0..8).step_by(4) {
                    let (a, b) = (_mm256_castps_pd(pairs[i]), _mm256_castps_pd(pairs[i + 1]));
                    let (c, d) = (_mm256_castps_pd(pairs[i + 2]), _mm256_castps_pd(pairs[i + 3]));
                    rows[i] = _mm256_castpd_ps(_mm256_unpacklo_pd(a, c));
                    rows[i + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(a, c));
                    rows[i + 2] = _mm256_castpd_ps(_mm256_unpacklo_pd(b, d));
                    rows[i + 3] = _mm256_castpd_ps(_mm256_unpackhi_pd(b, d));
                }
                for j in 0..4 {
                    _mm256_storeu_ps(to.add(j * to_step), _mm256_permute2f128_ps::<0x20>(rows[j], rows[4 + j]));
                    _mm256_storeu_ps(to.add((4 + j) * to_step), _mm256_permute2f128_ps::<0x31>(rows[j], rows[4 + j]));
                }
            }
        }
    }

    /// 16 lanes.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx512;

    impl Simd for Avx512 {
        type Vector = __m512;
        type Mask = __mmask16;
        const LANES: usize = 16;
        #[inline(always)]
        unsafe fn splat(value: f32) -> __m512 {
            // SAFETY: the caller runs with AVX-512 F, BW, DQ and VL.
            unsafe { _mm512_set1_ps(value) }
        }
        #[inline(always)]
        unsafe fn load(from: *const f32) -> __m512 {
            // SAFETY: as above; the caller grants 16 elements.
            unsafe { _mm512_loadu_ps(from) }
        }
        #[inline(always)]
        unsafe fn store(to: *mut f32, vector: __m512) {
            // SAFETY: as above; the caller grants 16 elements.
            unsafe { _mm512_storeu_ps(to, vector) }
        }
        #[inline(always)]
        unsafe fn load_first(from: *const f32, n: usize) -> __m512 {
            // SAFETY: as above; masked lanes are not touched.
            unsafe { _mm512_maskz_loadu_ps(((1u32 << n) - 1) as u16, from) }
        }
        #[inline(always)]
        unsafe fn store_first(to: *mut f32, vector: __m512, n: usize) {
            // SAFETY: as in `load_first`.
            unsafe { _mm512_mask_storeu_ps(to, ((1u32 << n) - 1) as u16, vector) }
        }
        #[inline(always)]
        unsafe fn add(a: __m512, b: __m512) -> __m512 {
            // SAFETY: the caller runs with AVX-512 F, BW, DQ and VL.
            unsafe { _mm512_add_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn mul_add(a: __m512, b: __m512, c: __m512) -> __m512 {
            // SAFETY: the caller runs with AVX-512 F, BW, DQ and VL.
            unsafe { _mm512_fmadd_ps(a, b, c) }
        }
        #[inline(always)]
        unsafe fn sub(a: __m512, b: __m512) -> __m512 {
            // SAFETY: as above.
            unsafe { _mm512_sub_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn mul(a: __m512, b: __m512) -> __m512 {
            // SAFETY: as above.
            unsafe { _mm512_mul_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn relu(a: __m512) -> __m512 {
            // SAFETY: as above. The second operand is what comes out where neither is larger.
            unsafe { _mm512_max_ps(_mm512_setzero_ps(), a) }
        }
        #[inline(always)]
        unsafe fn take_larger(best: (__m512, __m512), value: __m512, place: __m512) -> (__m512, __m512) {
            // SAFETY: as above. Larger or unordered, and the best so far is a number.
            unsafe {
                let is_number = _mm512_cmp_ps_mask::<_CMP_ORD_Q>(best.0, best.0);
                let wins = _mm512_mask_cmp_ps_mask::<_CMP_NLE_UQ>(is_number, value, best.0);
                (_mm512_mask_blend_ps(wins, best.0, value), _mm512_mask_blend_ps(wins, best.1, place))
            }
        }
        #[inline(always)]
        unsafe fn store_bytes(to: *mut u8, vector: __m512, n: usize) {
            // SAFETY: as above; masked lanes are not touched.
            unsafe {
                let bytes = _mm512_cvtepi32_epi8(_mm512_cvttps_epi32(vector));
                _mm_mask_storeu_epi8(to.cast(), ((1u32 << n) - 1) as u16, bytes);
            }
        }
        #[inline(always)]
        unsafe fn nonzero_mask(vector: __m512) -> __mmask16 {
            // SAFETY: as above. Unordered: a NaN differs from zero.
            unsafe { _mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(vector, _mm512_setzero_ps()) }
        }
        #[inline(always)]
        unsafe fn mul_add_where(mask: __mmask16, a: __m512, b: __m512, c: __m512) -> __m512 {
            // SAFETY: as above.
            unsafe { _mm512_mask3_fmadd_ps(a, b, c, mask) }
        }
        #[inline(always)]
        unsafe fn nonzero_bits(vector: __m512) -> u32 {
            // SAFETY: as above. Unordered: a NaN differs from zero.
            unsafe { u32::from(_mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(vector, _mm512_setzero_ps())) }
        }
        #[inline(always)]
        unsafe fn transpose(from: *const f32, from_step: usize, to: *mut f32, to_step: usize) {
            // SAFETY: as above; the caller grants 16 rows of 16. Pairs of rows, then fours, then quarters change places.
            unsafe {
                let mut rows = [_mm512_setzero_ps(); 16];
                for (row, vector) in rows.iter_mut().enumerate() {
                    *vector = _mm512_loadu_ps(from.add(row * from_step));
                }
                let mut pairs = rows;
                for i in (0..16).step_by(2) {
                    pairs[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
                    pairs[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
                }
                for i in (0..16).step_by(4) {
                    let (a, b) = (_mm512_castps_pd(pairs[i]), _mm512_castps_pd(pairs[i + 1]));
                    let (c, d) = (_mm512_castps_pd(pairs[i + 2]), _mm512_castps_pd(pairs[i + 3]));
                    rows[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
                    rows[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
                    rows[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
                    rows[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
                }
                // Quarter q of rows[4 i + j] is column 4 q + j of rows 4 i to 4 i + 3.
                for j in 0..4 {
                    let even = _mm512_shuffle_f32x4::<0x88>(rows[j], rows[4 + j]);
                    let even_below = _mm512_shuffle_f32x4::<0x88>(rows[8 + j], rows[12 + j]);
                    let odd = _mm512_shuffle_f32x4::<0xdd>(rows[j], rows[4 + j]);
                    let odd_below = _mm512_shuffle_f32x4::<0xdd>(rows[8 + j], rows[12 + j]);
                    _mm512_storeu_ps(to.add(j * to_step), _mm512_shuffle_f32x4::<0x88>(even, even_below));
                    _mm512_storeu_ps(to.add((4 + j) * to_step), _mm512_shuffle_f32x4::<0x88>(odd, odd_below));
                    _mm512_storeu_ps(to.add((8 + j) * to_step), _mm512_shuffle_f32x4::<0xdd>(even, even_below));
                    _mm512_storeu_ps(to.add((12 + j) * to_step), _mm512_shuffle_f32x4::<0xdd>(odd, odd_below));
                }
            }
        }
    }
}

/// Compiles a function body once for each SIMD level and chooses at run time.
///
/// `multiversioned! { /// doc  fn name(arg: Type, ...) = body }`: `body` is the name of an `#[inline(always)]` function with the
/// same arguments (plain loops, vectorised by the compiler), or with `body::<S>` of one that is generic over [`Simd`] (`= simd body`).
/// An `unsafe fn` has an unsafe body, and passes its promise on. The level comes first among the arguments.
macro_rules! multiversioned {
    ($(#[$doc:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) = simd $body:ident) => {
        $crate::cpu::simd::multiversioned! {
            @ [$(#[$doc])*] [$vis] [] $name($($arg: $ty),*)
            { $body::<$crate::cpu::simd::Avx512>($($arg),*) }
            { $body::<$crate::cpu::simd::Avx2>($($arg),*) }
            { $body::<$crate::cpu::simd::Scalar>($($arg),*) }
        }
    };
    ($(#[$doc:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) = $body:ident) => {
        $crate::cpu::simd::multiversioned! {
            @ [$(#[$doc])*] [$vis] [] $name($($arg: $ty),*)
            { $body($($arg),*) } { $body($($arg),*) } { $body($($arg),*) }
        }
    };
    ($(#[$doc:meta])* $vis:vis unsafe fn $name:ident($($arg:ident: $ty:ty),* $(,)?) = $body:ident) => {
        $crate::cpu::simd::multiversioned! {
            @ [$(#[$doc])*] [$vis] [unsafe] $name($($arg: $ty),*)
            // SAFETY: the caller's promise is passed on.
            { unsafe { $body($($arg),*) } } { unsafe { $body($($arg),*) } } { unsafe { $body($($arg),*) } }
        }
    };
    (@ [$($doc:tt)*] [$vis:vis] [$($unsafe:tt)?] $name:ident($($arg:ident: $ty:ty),*) $wide:block $narrow:block $scalar:block) => {
        $($doc)*
        #[allow(unsafe_code, clippy::too_many_arguments)]
        $vis $($unsafe)? fn $name(level: $crate::cpu::level::Supported, $($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                $($unsafe)? fn avx512($($arg: $ty),*) $wide
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                $($unsafe)? fn avx2($($arg: $ty),*) $narrow
                match level.level() {
                    // SAFETY: a `Supported` level is one that detection found on this machine.
                    $crate::cpu::Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    $crate::cpu::Level::Avx2 => return unsafe { avx2($($arg),*) },
                    $crate::cpu::Level::Scalar => {}
                }
            }
            let _ = level;
            $scalar
        }
    };
}
pub(crate) use multiversioned;
