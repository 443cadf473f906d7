use super::dense::infer_rows;
use super::{
    Case, Cost, Dense, DenseWeightGradient, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64,
};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// Product of every row of the last axis with the transpose of a matrix: y\[.., k\] = sum over n of x\[.., n\] w\[k, n\].
///
/// *Shapes*: x `[.., N]` per sample, w `[K, N]` per step; y `[.., K]` per sample.
///
/// *Definition in f32*: that of [`Dense`] with the transposed matrix, bit for bit.
///
/// *Gradient*: dx = dy w ([`Dense`]), dw = [`DenseWeightGradient`] of (dy, x).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenseTransposed;

impl Op for DenseTransposed {
    const NAME: &'static str = "dense_transposed";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        infer_rows(Self::NAME, inputs, [1, 0])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let (x, w) = (inputs[0], inputs[1]);
        let (k, n) = (w.ty.shape[0], w.ty.shape[1]);
        let rows = context.samples() * x.ty.elements() / n;
        let mut y = Reference { data: vec![0.0; rows * k], magnitude: vec![0.0; rows * k], terms: n };
        for row in 0..rows {
            for unit in 0..k {
                for i in 0..n {
                    let term = x.data[row * n + i] * w.data[unit * n + i];
                    y.data[row * k + unit] += term;
                    y.magnitude[row * k + unit] += term.abs();
                }
            }
        }
        vec![y]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (x, w) = (site.inputs[0], site.inputs[1]);
        let Some(dy) = site.output_gradients[0] else { return Ok(vec![None, None]) };
        let dx = if site.wanted[0] { Some(site.graph.add(Dense, &[dy, w])?) } else { None };
        let dw = if site.wanted[1] { Some(site.graph.add(DenseWeightGradient, &[dy, x])?) } else { None };
        Ok(vec![dx, dw])
    }

    fn cost(&self, inputs: &[&Type], outputs: &[Type]) -> Cost {
        Cost { flops: 2 * (outputs[0].elements() * inputs[1].shape[1]) as u64 }
    }

    fn runs_over_outputs(&self) -> bool {
        true
    }

    fn cases() -> Vec<Case> {
        let dense = |name, x: &[usize], k, n, samples| {
            Case::made_up(name, DenseTransposed, &[Type::sample(x.to_vec()), Type::step([k, n])], samples)
        };
        vec![
            Case::new(
                "known product",
                DenseTransposed,
                vec![(Type::sample([2]), vec![1.0, 2.0]), (Type::step([2, 2]), vec![1.0, 10.0, 100.0, 1000.0])],
            )
            .expect(vec![vec![21.0, 2100.0]]),
            dense("one output", &[5], 1, 5, 3),
            dense("mostly zeros", &[41], 70, 41, 9).with_zeros(0, true),
            dense("odd extents", &[19], 7, 19, 3),
            dense("vector wide", &[64], 48, 64, 9),
            dense("rows within a sample", &[3, 33], 37, 33, 2),
            dense("chain of more than a block", &[4099], 3, 4099, 1).differentiable(false),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        vec![
            Rejection {
                op: DenseTransposed.into(),
                inputs: vec![Type::sample([3]), Type::step([4, 2])],
                text: "`dense_transposed` needs input 1 of shape [4, 3], received [4, 2]",
            },
            Rejection {
                op: DenseTransposed.into(),
                inputs: vec![Type::sample([]), Type::step([4, 2])],
                text: "`dense_transposed` needs input 0 with 1 axes, received shape []",
            },
            Rejection {
                op: DenseTransposed.into(),
                inputs: vec![Type::sample([4]), Type::sample([2, 4])],
                text: "`dense_transposed` needs input 1 to be per step, received per sample",
            },
        ]
    }
}
