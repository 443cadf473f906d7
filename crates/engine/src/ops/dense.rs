use proofmark_tensor::Shape;

use super::{Case, Cost, Fold, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, Transpose, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};

/// Product of every row of the last axis with a matrix: y\[.., n\] = sum over k of x\[.., k\] w\[k, n\].
///
/// *Shapes*: x `[.., K]` per sample, w `[K, N]` per step; y `[.., N]` per sample.
///
/// *Definition in f32*: a chain of fused multiply-adds along k from +0.0, cut into blocks of
/// [`CHAIN`](crate::cpu::CHAIN), which are added in order.
///
/// *Gradient*: dx = dy wᵀ (this operation with the transposed matrix), dw = [`DenseWeightGradient`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dense;

/// Gradient of [`Dense`]'s matrix: dw\[k, n\] = sum over samples and rows of x\[.., k\] dy\[.., n\].
///
/// *Shapes*: x `[.., K]` and dy `[.., N]` per sample, with equal leading axes; dw `[K, N]` per step.
///
/// *Definition in f32*: within a shard a chain of fused multiply-adds along (sample, row), cut into blocks of
/// [`CHAIN`](crate::cpu::CHAIN); shards are added in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenseWeightGradient;

/// The type of a product of rows with a matrix, which axis `from` of the matrix takes in and axis `to` gives.
pub(super) fn infer_rows(op: &'static str, inputs: &[&Type], [from, to]: [usize; 2]) -> Result<Vec<Type>, TypeError> {
    check::arity(op, inputs, 2)?;
    check::all_f32(op, inputs)?;
    check::span(op, inputs, 0, Span::Sample)?;
    check::span(op, inputs, 1, Span::Step)?;
    check::rank(op, inputs, 1, 2)?;
    let (x, w) = (&inputs[0].shape, &inputs[1].shape);
    if x.rank() == 0 {
        return Err(TypeError::Rank { op, input: 0, expected: 1, received: x.clone() });
    }
    let mut expected = [w[0], w[1]];
    expected[from] = x.last();
    check::shape(op, inputs, 1, &expected)?;
    check::not_empty(op, x)?;
    check::not_empty(op, w)?;
    let mut shape = x.to_vec();
    shape[x.rank() - 1] = w[to];
    Ok(vec![Type::sample(shape)])
}

impl Op for Dense {
    const NAME: &'static str = "dense";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        infer_rows(Self::NAME, inputs, [0, 1])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let (x, w) = (inputs[0], inputs[1]);
        let (k, n) = (w.ty.shape[0], w.ty.shape[1]);
        let rows = context.samples() * x.ty.elements() / k;
        let mut y = Reference { data: vec![0.0; rows * n], magnitude: vec![0.0; rows * n], terms: k };
        for row in 0..rows {
            for column in 0..n {
                for i in 0..k {
                    let term = x.data[row * k + i] * w.data[i * n + column];
                    y.data[row * n + column] += term;
                    y.magnitude[row * n + column] += term.abs();
                }
            }
        }
        vec![y]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (x, w) = (site.inputs[0], site.inputs[1]);
        let Some(dy) = site.output_gradients[0] else { return Ok(vec![None, None]) };
        let dx = if site.wanted[0] {
            let transposed = site.graph.add(Transpose { axes: vec![1, 0] }, &[w])?;
            Some(site.graph.add(Dense, &[dy, transposed])?)
        } else {
            None
        };
        let dw = if site.wanted[1] { Some(site.graph.add(DenseWeightGradient, &[x, dy])?) } else { None };
        Ok(vec![dx, dw])
    }

    fn cost(&self, inputs: &[&Type], outputs: &[Type]) -> Cost {
        Cost { flops: 2 * (outputs[0].elements() * inputs[1].shape[0]) as u64 }
    }

    fn runs_over_outputs(&self) -> bool {
        true
    }

    fn cases() -> Vec<Case> {
        let dense = |name, x: &[usize], k, n, samples| {
            Case::made_up(name, Dense, &[Type::sample(Shape::new(x)), Type::step([k, n])], samples)
        };
        vec![
            Case::new(
                "known product",
                Dense,
                vec![(Type::sample([2]), vec![1.0, 2.0]), (Type::step([2, 2]), vec![1.0, 10.0, 100.0, 1000.0])],
            )
            .expect(vec![vec![201.0, 2010.0]]),
            dense("one output", &[5], 5, 1, 3),
            dense("mostly zeros", &[41], 41, 70, 9).with_zeros(0, true),
            dense("odd extents", &[7], 7, 19, 3),
            dense("vector wide", &[16], 16, 64, 9),
            dense("rows within a sample", &[3, 5], 5, 33, 2),
            dense("rows a page apart", &[100, 1024], 1024, 130, 1).differentiable(false),
            dense("chain of more than a block", &[4099], 4099, 3, 1).differentiable(false),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        vec![
            Rejection {
                op: Dense.into(),
                inputs: vec![Type::sample([3]), Type::step([4, 2])],
                text: "`dense` needs input 1 of shape [3, 2], received [4, 2]",
            },
            Rejection {
                op: Dense.into(),
                inputs: vec![Type::sample([0]), Type::step([0, 2])],
                text: "`dense`: shape [0] has no elements",
            },
            Rejection {
                op: Dense.into(),
                inputs: vec![Type::sample([]), Type::step([4, 2])],
                text: "`dense` needs input 0 with 1 axes, received shape []",
            },
            Rejection {
                op: Dense.into(),
                inputs: vec![Type::sample([4]), Type::sample([4, 2])],
                text: "`dense` needs input 1 to be per step, received per sample",
            },
        ]
    }
}

impl Op for DenseWeightGradient {
    const NAME: &'static str = "dense_weight_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 2)?;
        check::all_f32(Self::NAME, inputs)?;
        check::span(Self::NAME, inputs, 0, Span::Sample)?;
        check::span(Self::NAME, inputs, 1, Span::Sample)?;
        let (x, dy) = (&inputs[0].shape, &inputs[1].shape);
        if x.rank() == 0 {
            return Err(TypeError::Rank { op: Self::NAME, input: 0, expected: 1, received: x.clone() });
        }
        let mut expected = x.to_vec();
        expected[x.rank() - 1] = dy.last();
        check::shape(Self::NAME, inputs, 1, &expected)?;
        check::not_empty(Self::NAME, x)?;
        check::not_empty(Self::NAME, dy)?;
        Ok(vec![Type::step([x.last(), dy.last()])])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let (x, dy) = (inputs[0], inputs[1]);
        let (k, n) = (x.ty.shape.last(), dy.ty.shape.last());
        let rows = context.samples() * x.ty.elements() / k;
        let mut dw = Reference { data: vec![0.0; k * n], magnitude: vec![0.0; k * n], terms: rows };
        for row in 0..rows {
            for i in 0..k {
                for column in 0..n {
                    let term = x.data[row * k + i] * dy.data[row * n + column];
                    dw.data[i * n + column] += term;
                    dw.magnitude[i * n + column] += term.abs();
                }
            }
        }
        vec![dw]
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: 2 * (inputs[0].elements() * inputs[1].shape.last()) as u64 }
    }

    fn fold(&self) -> Option<Fold> {
        Some(Fold::Sum)
    }

    fn runs_over_outputs(&self) -> bool {
        true
    }

    fn cases() -> Vec<Case> {
        let case = |name, x: &[usize], dy: &[usize], samples| {
            let types = [Type::sample(Shape::new(x)), Type::sample(Shape::new(dy))];
            Case::made_up(name, DenseWeightGradient, &types, samples).differentiable(false)
        };
        vec![
            case("one sample", &[3], &[2], 1),
            case("several shards, last one short", &[7], &[19], 21),
            case("rows within a sample", &[3, 5], &[3, 33], 11),
            case("vector wide", &[32], &[64], 16),
            case("mostly zeros", &[70], &[37], 21).with_zeros(0, true),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: DenseWeightGradient.into(),
            inputs: vec![Type::sample([3, 4]), Type::sample([2, 5])],
            text: "`dense_weight_gradient` needs input 1 of shape [3, 5], received [2, 5]",
        }]
    }
}
