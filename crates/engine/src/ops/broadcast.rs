use proofmark_tensor::Shape;

use super::{
    Case, Cost, GradientSite, Op, Reduce, ReduceKind, Reference, ReferenceContext, Rejection, Tensor64, check,
};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};

/// Repeats a value along new axes: the inverse of what [`Reduce`] removes.
///
/// *Shapes*: y `shape`; x is `shape` without `axes`.
///
/// *Gradient*: summed over the new axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// The shape of the output.
    pub shape: Shape,
    /// Which of its axes are new, ascending.
    pub axes: Vec<usize>,
}

impl Op for Broadcast {
    const NAME: &'static str = "broadcast";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        check::ascending_axes(Self::NAME, &self.axes, self.shape.rank())?;
        let kept = (0..self.shape.rank()).filter(|axis| !self.axes.contains(axis)).map(|axis| self.shape[axis]);
        check::shape(Self::NAME, inputs, 0, &kept.collect::<Vec<_>>())?;
        Ok(vec![Type { shape: self.shape.clone(), ..inputs[0].clone() }])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let kept: Vec<usize> = (0..self.shape.rank()).filter(|axis| !self.axes.contains(axis)).collect();
        let (strides, input_strides) = (self.shape.strides(), x.ty.shape.strides());
        let samples = if x.ty.span == Span::Sample { context.samples() } else { 1 };
        let mut data = Vec::with_capacity(samples * self.shape.elements());
        for sample in 0..samples {
            for element in 0..self.shape.elements() {
                let from: usize = kept
                    .iter()
                    .zip(&input_strides)
                    .map(|(axis, stride)| element / strides[*axis] % self.shape[*axis] * stride)
                    .sum();
                data.push(x.data[sample * x.ty.elements() + from]);
            }
        }
        vec![Reference::exact(data)]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        Ok(vec![match site.output_gradients[0] {
            Some(dy) if site.wanted[0] => {
                Some(site.graph.add(Reduce { kind: ReduceKind::Sum, axes: self.axes.clone() }, &[dy])?)
            }
            _ => None,
        }])
    }

    fn cost(&self, _inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost::default()
    }

    fn attributes(&self) -> String {
        format!("shape={} axes={:?}", self.shape, self.axes)
    }

    fn cases() -> Vec<Case> {
        let broadcast = |shape: &[usize], axes: &[usize]| Broadcast { shape: Shape::new(shape), axes: axes.to_vec() };
        vec![
            Case::new("rows", broadcast(&[2, 3], &[1]), vec![(Type::sample([2]), vec![1., 2.])])
                .expect(vec![vec![1., 1., 1., 2., 2., 2.]]),
            Case::made_up("images", broadcast(&[3, 2, 5], &[0, 1]), &[Type::sample([5])], 3),
            Case::made_up("from a scalar", broadcast(&[7], &[0]), &[Type::sample([])], 3),
            Case::made_up("middle", broadcast(&[3, 2, 5], &[1]), &[Type::step([3, 5])], 1).differentiable(false),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: Broadcast { shape: Shape::new(&[2, 3]), axes: vec![0] }.into(),
            inputs: vec![Type::sample([2])],
            text: "`broadcast` needs input 0 of shape [3], received [2]",
        }]
    }
}
