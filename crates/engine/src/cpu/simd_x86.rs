//! The vectors of x86-64: AVX2 with FMA, and AVX-512 F, BW, DQ and VL. One of the files that may hold `unsafe` (see
//! ARCHITECTURE.md).
#![allow(unsafe_code)]

use super::simd::{NEGATIVE_ZERO, Simd};
use std::arch::x86_64::*;

/// 8 lanes.
#[derive(Clone, Copy)]
pub(crate) struct Avx2;

/// For each number of lanes, the mask is the 8 entries from `8 - n`.
static MASKS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// For each choice of eight lanes the chosen ones, in order, a byte each from the lowest.
static CHOSEN: [u64; 256] = {
    let mut chosen = [0; 256];
    let mut choice = 0;
    while choice < 256 {
        let (mut lane, mut shift) = (0, 0);
        while lane < 8 {
            if choice >> lane & 1 == 1 {
                chosen[choice] |= lane << shift;
                shift += 8;
            }
            lane += 1;
        }
        choice += 1;
    }
    chosen
};

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
    unsafe fn div(a: __m256, b: __m256) -> __m256 {
        // SAFETY: as above.
        unsafe { _mm256_div_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sqrt(a: __m256) -> __m256 {
        // SAFETY: as above.
        unsafe { _mm256_sqrt_ps(a) }
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
            let wins =
                _mm256_and_ps(_mm256_cmp_ps::<_CMP_NLE_UQ>(value, best.0), _mm256_cmp_ps::<_CMP_ORD_Q>(best.0, best.0));
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
    unsafe fn negative_zero_mask(vector: __m256) -> __m256 {
        // SAFETY: as above.
        unsafe {
            let wanted = _mm256_set1_epi32(NEGATIVE_ZERO.cast_signed());
            _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_castps_si256(vector), wanted))
        }
    }
    #[inline(always)]
    unsafe fn append_nonzero(vector: __m256, first: u32, to: *mut u32) -> usize {
        // SAFETY: as above; the caller grants 8 places.
        unsafe {
            let bits = Self::bits(Self::nonzero_mask(vector)) as usize;
            let lanes = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(CHOSEN[bits].cast_signed()));
            _mm256_storeu_si256(to.cast(), _mm256_add_epi32(lanes, _mm256_set1_epi32(first.cast_signed())));
            bits.count_ones() as usize
        }
    }
    #[inline(always)]
    unsafe fn mul_add_where(mask: __m256, a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: as above.
        unsafe { _mm256_blendv_ps(c, _mm256_fmadd_ps(a, b, c), mask) }
    }
    #[inline(always)]
    unsafe fn equal_mask(bytes: *const u8, n: usize, value: u8) -> __m256 {
        // SAFETY: as above; the caller grants `n` bytes.
        unsafe {
            let mut first = [!value; 8];
            std::ptr::copy_nonoverlapping(bytes, first.as_mut_ptr(), n);
            let lanes = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(i64::from_le_bytes(first)));
            _mm256_castsi256_ps(_mm256_cmpeq_epi32(lanes, _mm256_set1_epi32(i32::from(value))))
        }
    }
    #[inline(always)]
    unsafe fn both(a: __m256, b: __m256) -> __m256 {
        // SAFETY: as above.
        unsafe { _mm256_and_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn either(a: __m256, b: __m256) -> __m256 {
        // SAFETY: as above.
        unsafe { _mm256_or_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn select(mask: __m256, a: __m256, b: __m256) -> __m256 {
        // SAFETY: as above.
        unsafe { _mm256_blendv_ps(a, b, mask) }
    }
    #[inline(always)]
    unsafe fn bits(mask: __m256) -> u32 {
        // SAFETY: as above.
        unsafe { _mm256_movemask_ps(mask) as u32 }
    }
    #[inline(always)]
    unsafe fn prefetch(address: *const f32) {
        // SAFETY: a hint, which never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) }
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
    unsafe fn div(a: __m512, b: __m512) -> __m512 {
        // SAFETY: as above.
        unsafe { _mm512_div_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sqrt(a: __m512) -> __m512 {
        // SAFETY: as above.
        unsafe { _mm512_sqrt_ps(a) }
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
    unsafe fn negative_zero_mask(vector: __m512) -> __mmask16 {
        // SAFETY: as above.
        unsafe {
            let wanted = _mm512_set1_epi32(NEGATIVE_ZERO.cast_signed());
            _mm512_cmpeq_epi32_mask(_mm512_castps_si512(vector), wanted)
        }
    }
    #[inline(always)]
    unsafe fn append_nonzero(vector: __m512, first: u32, to: *mut u32) -> usize {
        // SAFETY: as above; the caller grants 16 places.
        unsafe {
            let chosen = Self::nonzero_mask(vector);
            let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            let places = _mm512_add_epi32(lanes, _mm512_set1_epi32(first.cast_signed()));
            _mm512_storeu_si512(to.cast(), _mm512_maskz_compress_epi32(chosen, places));
            chosen.count_ones() as usize
        }
    }
    #[inline(always)]
    unsafe fn mul_add_where(mask: __mmask16, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: as above.
        unsafe { _mm512_mask3_fmadd_ps(a, b, c, mask) }
    }
    #[inline(always)]
    unsafe fn equal_mask(bytes: *const u8, n: usize, value: u8) -> __mmask16 {
        // SAFETY: as above; masked lanes are not touched.
        unsafe {
            let first = ((1u32 << n) - 1) as u16;
            _mm_mask_cmpeq_epi8_mask(first, _mm_maskz_loadu_epi8(first, bytes.cast()), _mm_set1_epi8(value as i8))
        }
    }
    #[inline(always)]
    unsafe fn both(a: __mmask16, b: __mmask16) -> __mmask16 {
        a & b
    }
    #[inline(always)]
    unsafe fn either(a: __mmask16, b: __mmask16) -> __mmask16 {
        a | b
    }
    #[inline(always)]
    unsafe fn select(mask: __mmask16, a: __m512, b: __m512) -> __m512 {
        // SAFETY: as above.
        unsafe { _mm512_mask_blend_ps(mask, a, b) }
    }
    #[inline(always)]
    unsafe fn bits(mask: __mmask16) -> u32 {
        u32::from(mask)
    }
    #[inline(always)]
    unsafe fn prefetch(address: *const f32) {
        // SAFETY: a hint, which never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) }
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
