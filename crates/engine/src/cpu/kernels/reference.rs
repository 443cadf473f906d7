//! Where a fast kernel is missing, the operation's f64 reference runs and is rounded once. It allocates.

use proofmark_tensor::{Bf16, DType};

use super::Kernel;
use crate::cpu::call::Call;
use crate::ops::{Operation, Tensor64};

pub(super) struct ReferenceKernel {
    op: Operation,
}

impl ReferenceKernel {
    pub(super) fn new(op: Operation) -> Self {
        ReferenceKernel { op }
    }
}

impl Kernel for ReferenceKernel {
    fn is_native(&self) -> bool {
        false
    }

    fn shard(&self, call: &Call<'_>) {
        let inputs: Vec<Tensor64> = call
            .inputs
            .iter()
            .enumerate()
            .map(|(idx, slot)| {
                let data = match slot.ty.dtype {
                    DType::F32 => call.input(idx).iter().map(|x| f64::from(*x)).collect(),
                    DType::Bf16 => call.input_bf16(idx).iter().map(|x| f64::from(x.to_f32())).collect(),
                    DType::I32 => call.input_i32(idx).iter().map(|x| f64::from(*x)).collect(),
                    DType::U8 => call.input_u8(idx).iter().map(|x| f64::from(*x)).collect(),
                };
                Tensor64 { ty: slot.ty.clone(), data }
            })
            .collect();
        let borrowed: Vec<&Tensor64> = inputs.iter().collect();
        let outputs = self.op.reference(&borrowed, &call.reference_context());
        for (idx, (slot, reference)) in call.outputs.iter().zip(outputs).enumerate() {
            match slot.ty.dtype {
                DType::F32 if slot.place != crate::plan::Place::Unused => {
                    for (to, from) in call.output(idx).iter_mut().zip(&reference.data) {
                        *to = *from as f32;
                    }
                }
                DType::Bf16 if slot.place != crate::plan::Place::Unused => {
                    for (to, from) in call.output_bf16(idx).iter_mut().zip(&reference.data) {
                        *to = Bf16::from_f32(*from as f32);
                    }
                }
                DType::U8 => {
                    for (to, from) in call.output_u8(idx).into_iter().flatten().zip(&reference.data) {
                        *to = *from as u8;
                    }
                }
                DType::I32 => {
                    for (to, from) in call.output_i32(idx).into_iter().flatten().zip(&reference.data) {
                        *to = *from as i32;
                    }
                }
                DType::F32 | DType::Bf16 => {}
            }
        }
    }
}
