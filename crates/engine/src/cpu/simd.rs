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
    unsafe fn div(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    unsafe fn sqrt(a: Self::Vector) -> Self::Vector;
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
    /// The lanes that are -0.
    unsafe fn negative_zero_mask(vector: Self::Vector) -> Self::Mask;
    /// Appends the places of the lanes that are neither 0 nor -0, of which the first lane's is `first`; their number. As many places as
    /// lanes may be written.
    unsafe fn append_nonzero(vector: Self::Vector, first: u32, to: *mut u32) -> usize;
    /// a b + c, rounded once, in the lanes of the mask; c in the others.
    unsafe fn mul_add_where(mask: Self::Mask, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// The first `n` lanes where the byte is `value`; none beyond. `n` is at most `LANES`.
    unsafe fn equal_mask(bytes: *const u8, n: usize, value: u8) -> Self::Mask;
    /// The lanes of both.
    unsafe fn both(a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// The lanes of either.
    unsafe fn either(a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// b in the lanes of the mask, a in the others.
    unsafe fn select(mask: Self::Mask, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// One bit for each lane, from the lowest.
    unsafe fn bits(mask: Self::Mask) -> u32;
    /// Asks for the cache line of an address, which need not be ours, in the second-level cache.
    unsafe fn prefetch(address: *const f32);
    /// Transposes a square of `LANES` rows: row r of `to` is column r of `from`. Rows stand `from_step` and `to_step` elements
    /// apart; those of `from` are read, and of `to` written, whole.
    unsafe fn transpose(from: *const f32, from_step: usize, to: *mut f32, to_step: usize);
}

/// The bits of -0.
pub(super) const NEGATIVE_ZERO: u32 = 1 << 31;

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
    unsafe fn div(a: f32, b: f32) -> f32 {
        a / b
    }
    #[inline(always)]
    unsafe fn sqrt(a: f32) -> f32 {
        a.sqrt()
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
    unsafe fn negative_zero_mask(vector: f32) -> bool {
        vector.to_bits() == NEGATIVE_ZERO
    }
    #[inline(always)]
    unsafe fn append_nonzero(vector: f32, first: u32, to: *mut u32) -> usize {
        // SAFETY: the caller grants one place.
        unsafe { to.write(first) };
        usize::from(vector != 0.0)
    }
    #[inline(always)]
    unsafe fn mul_add_where(mask: bool, a: f32, b: f32, c: f32) -> f32 {
        if mask { a.mul_add(b, c) } else { c }
    }
    #[inline(always)]
    unsafe fn equal_mask(bytes: *const u8, n: usize, value: u8) -> bool {
        // SAFETY: the caller grants `n` bytes.
        n > 0 && unsafe { bytes.read() } == value
    }
    #[inline(always)]
    unsafe fn both(a: bool, b: bool) -> bool {
        a && b
    }
    #[inline(always)]
    unsafe fn either(a: bool, b: bool) -> bool {
        a || b
    }
    #[inline(always)]
    unsafe fn select(mask: bool, a: f32, b: f32) -> f32 {
        if mask { b } else { a }
    }
    #[inline(always)]
    unsafe fn bits(mask: bool) -> u32 {
        u32::from(mask)
    }
    #[inline(always)]
    unsafe fn prefetch(_address: *const f32) {}
    #[inline(always)]
    unsafe fn transpose(from: *const f32, _from_step: usize, to: *mut f32, _to_step: usize) {
        // SAFETY: the caller grants one element of each.
        unsafe { to.write(from.read()) }
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use super::simd_x86::{Avx2, Avx512};

/// Compiles a function body once for each SIMD level and chooses at run time.
///
/// `multiversioned! { /// doc  fn name(arg: Type, ...) = body }`: `body` is the name of an `#[inline(always)]` function with the
/// same arguments (plain loops, vectorised by the compiler), or with `body::<S>` of one that is generic over [`Simd`] (`= simd body`).
/// An `unsafe fn` has an unsafe body, and passes its promise on. The level comes first among the arguments.
macro_rules! multiversioned {
    ($(#[$doc:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? = simd $body:ident) => {
        $crate::cpu::simd::multiversioned! {
            @ [$(#[$doc])*] [$vis] [] $name($($arg: $ty),*) [$($ret)?]
            { $body::<$crate::cpu::simd::Avx512>($($arg),*) }
            { $body::<$crate::cpu::simd::Avx2>($($arg),*) }
            { $body::<$crate::cpu::simd::Scalar>($($arg),*) }
        }
    };
    ($(#[$doc:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? = $body:ident) => {
        $crate::cpu::simd::multiversioned! {
            @ [$(#[$doc])*] [$vis] [] $name($($arg: $ty),*) [$($ret)?]
            { $body($($arg),*) } { $body($($arg),*) } { $body($($arg),*) }
        }
    };
    ($(#[$doc:meta])* $vis:vis unsafe fn $name:ident($($arg:ident: $ty:ty),* $(,)?) = simd $body:ident) => {
        $crate::cpu::simd::multiversioned! {
            @ [$(#[$doc])*] [$vis] [unsafe] $name($($arg: $ty),*) []
            // SAFETY: the caller's promise is passed on.
            { unsafe { $body::<$crate::cpu::simd::Avx512>($($arg),*) } }
            // SAFETY: as above.
            { unsafe { $body::<$crate::cpu::simd::Avx2>($($arg),*) } }
            // SAFETY: as above.
            { unsafe { $body::<$crate::cpu::simd::Scalar>($($arg),*) } }
        }
    };
    ($(#[$doc:meta])* $vis:vis unsafe fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? = $body:ident) => {
        $crate::cpu::simd::multiversioned! {
            @ [$(#[$doc])*] [$vis] [unsafe] $name($($arg: $ty),*) [$($ret)?]
            // SAFETY: the caller's promise is passed on.
            { unsafe { $body($($arg),*) } } { unsafe { $body($($arg),*) } } { unsafe { $body($($arg),*) } }
        }
    };
    (@ [$($doc:tt)*] [$vis:vis] [$($unsafe:tt)?] $name:ident($($arg:ident: $ty:ty),*) [$($ret:ty)?] $wide:block $narrow:block $scalar:block) => {
        $($doc)*
        #[allow(unsafe_code, clippy::too_many_arguments)]
        $vis $($unsafe)? fn $name(level: $crate::cpu::level::Supported, $($arg: $ty),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
                #[allow(clippy::too_many_arguments)]
                $($unsafe)? fn avx512($($arg: $ty),*) $(-> $ret)? $wide
                #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
                #[allow(clippy::too_many_arguments)]
                $($unsafe)? fn avx2($($arg: $ty),*) $(-> $ret)? $narrow
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
