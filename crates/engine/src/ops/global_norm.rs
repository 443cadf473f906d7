use proofmark_tensor::Shape;

use super::{Case, Cost, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::TypeError;
use crate::graph::{Span, Type};

/// Euclidean norm of several values taken as one vector: the square root of the sum of all squares.
///
/// *Shapes*: one or more values of any shapes per step; a scalar per step.
///
/// *Definition in f32*: every input is cut into blocks of [`CHAIN`](crate::cpu::CHAIN) elements. A block's squares are added
/// in f64: sixteen accumulators start at +0.0, accumulator l adds the squares of elements l, l + 16, .. of the block (each
/// square of an f32 is exact in f64), then l + 8 is added to l for l < 8, and so on with 4, 2, 1. The blocks' sums, in the
/// order of the inputs and within them, are added in a perfect binary tree whose absent nodes are skipped; the square root is
/// taken in f64 and rounded once.
///
/// *Gradient*: none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalNorm;

impl Op for GlobalNorm {
    const NAME: &'static str = "global_norm";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::at_least_one(Self::NAME, "number of inputs", inputs.len())?;
        check::all_f32(Self::NAME, inputs)?;
        (0..inputs.len()).try_for_each(|input| check::span(Self::NAME, inputs, input, Span::Step))?;
        Ok(vec![Type::step([])])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let sum: f64 = inputs.iter().flat_map(|x| &x.data).map(|x| x * x).sum();
        // The roundings in f64 are below the final one by nine digits.
        vec![Reference { data: vec![sum.sqrt()], magnitude: vec![sum.sqrt()], terms: 1 }]
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: inputs.iter().map(|ty| 2 * ty.elements() as u64).sum() }
    }

    fn cases() -> Vec<Case> {
        let step = |extents: &[usize]| Type::step(Shape::new(extents));
        let huge = (1u128 << 100) as f64;
        let known = vec![(step(&[2]), vec![3., 4.]), (step(&[]), vec![12.])];
        let cases = [
            Case::new("known", GlobalNorm, known).expect(vec![vec![13.]]),
            Case::new("no overflow in f32", GlobalNorm, vec![(step(&[4]), vec![huge; 4])])
                .expect(vec![vec![2.0 * huge]]),
            Case::new("infinite", GlobalNorm, vec![(step(&[2]), vec![f64::INFINITY, 1.])])
                .expect(vec![vec![f64::INFINITY]]),
            Case::new("NaN", GlobalNorm, vec![(step(&[2]), vec![f64::NAN, 1.])]).expect(vec![vec![f64::NAN]]),
            Case::made_up("one block", GlobalNorm, &[step(&[37])], 1),
            Case::made_up(
                "blocks of several inputs",
                GlobalNorm,
                &[step(&[3, 3, 1, 19]), step(&[19]), step(&[97, 100]), step(&[])],
                2,
            ),
        ];
        cases.map(|case| case.differentiable(false)).into()
    }

    fn rejections() -> Vec<Rejection> {
        vec![
            Rejection {
                op: GlobalNorm.into(),
                inputs: Vec::new(),
                text: "`global_norm`: number of inputs of 0 is outside 1 or more",
            },
            Rejection {
                op: GlobalNorm.into(),
                inputs: vec![Type::step([2]), Type::sample([2])],
                text: "`global_norm` needs input 1 to be per step, received per sample",
            },
        ]
    }
}
