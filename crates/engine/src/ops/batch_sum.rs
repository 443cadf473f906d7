use proofmark_tensor::Shape;

use super::{Case, Cost, Fold, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::TypeError;
use crate::graph::{Span, Type};

/// Sum over the samples and over the leading axes: what a bias or any repeated parameter receives as gradient.
///
/// *Shapes*: x `[.., S]` per sample; y `S` per step, S being a suffix of x's shape.
///
/// *Definition in f32*: within a shard a chain of additions along (sample, leading axes) from +0.0; shards are added in
/// the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchSum {
    /// The shape of the sum, a suffix of the input's.
    pub shape: Shape,
}

impl Op for BatchSum {
    const NAME: &'static str = "batch_sum";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        check::span(Self::NAME, inputs, 0, Span::Sample)?;
        if !self.shape.is_suffix_of(&inputs[0].shape) {
            return Err(TypeError::Broadcast {
                op: Self::NAME,
                input: 0,
                expected: inputs[0].shape.clone(),
                received: self.shape.clone(),
            });
        }
        check::not_empty(Self::NAME, &self.shape)?;
        Ok(vec![Type::step(self.shape.clone())])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let columns = self.shape.elements();
        let rows = x.data.len() / columns;
        let mut y = Reference { data: vec![0.0; columns], magnitude: vec![0.0; columns], terms: rows };
        for (i, value) in x.data.iter().enumerate() {
            y.data[i % columns] += value;
            y.magnitude[i % columns] += value.abs();
        }
        vec![y]
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: inputs[0].elements() as u64 }
    }

    fn fold(&self) -> Option<Fold> {
        Some(Fold::Sum)
    }

    fn attributes(&self) -> String {
        format!("shape={}", self.shape)
    }

    fn cases() -> Vec<Case> {
        let sum = |name, x: &[usize], to: &[usize], samples| {
            Case::made_up(name, BatchSum { shape: Shape::new(to) }, &[Type::sample(Shape::new(x))], samples)
                .differentiable(false)
        };
        vec![
            Case::new("known", BatchSum { shape: Shape::scalar() }, vec![(Type::sample([2]), vec![1., 2., 3., 4.])])
                .samples(2)
                .expect(vec![vec![10.0]])
                .differentiable(false),
            sum("bias of a dense layer", &[10], &[10], 19),
            sum("bias of a convolution", &[3, 4, 33], &[33], 9),
            sum("to a scalar", &[5], &[], 3),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: BatchSum { shape: Shape::new(&[3]) }.into(),
            inputs: vec![Type::sample([3, 4])],
            text: "`batch_sum`: shape [3] of input 0 does not broadcast to [3, 4]",
        }]
    }
}
