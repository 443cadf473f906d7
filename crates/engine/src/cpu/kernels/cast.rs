//! Rounding to bf16 and back, and integers as f32. bf16 is defined by [`Bf16`]: integer arithmetic, the same on every level. Plain loops, which compilers turn
//! into vector code; no conversion instruction, since `vcvtneps2bf16` takes denormal numbers for zeros.

use proofmark_tensor::Bf16;

use super::Kernel;
use crate::cpu::call::Call;
use crate::cpu::simd::multiversioned;
use crate::ops::Cast;

pub(super) struct CastKernel {
    op: Cast,
}

impl CastKernel {
    pub(super) fn new(op: Cast) -> Self {
        CastKernel { op }
    }
}

impl Kernel for CastKernel {
    fn shard(&self, call: &Call<'_>) {
        match self.op {
            Cast::ToBf16 => round(call.level, call.input(0), call.output_bf16(0)),
            Cast::ToF32 => widen(call.level, call.input_bf16(0), call.output(0)),
            Cast::FromI32 => convert(call.level, call.input_i32(0), call.output(0)),
        }
    }
}

multiversioned! { fn round(x: &[f32], y: &mut [Bf16]) = round_body }

#[inline(always)]
fn round_body(x: &[f32], y: &mut [Bf16]) {
    for (x, y) in x.iter().zip(y) {
        *y = Bf16::from_f32(*x);
    }
}

multiversioned! { fn widen(x: &[Bf16], y: &mut [f32]) = widen_body }

#[inline(always)]
fn widen_body(x: &[Bf16], y: &mut [f32]) {
    for (x, y) in x.iter().zip(y) {
        *y = x.to_f32();
    }
}

multiversioned! { fn convert(x: &[i32], y: &mut [f32]) = convert_body }

/// The processor's own conversion, which rounds as the operation says.
#[inline(always)]
fn convert_body(x: &[i32], y: &mut [f32]) {
    for (x, y) in x.iter().zip(y) {
        *y = *x as f32;
    }
}
