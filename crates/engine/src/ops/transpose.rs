use proofmark_tensor::Shape;

use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};

/// Permutes the axes: output axis `i` is input axis `axes[i]`.
///
/// *Shapes*: any, per sample or per step (matrices of parameters).
///
/// *Gradient*: permuted back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transpose {
    /// Which input axis each output axis is; a permutation of all axes, the batch axis aside.
    pub axes: Vec<usize>,
}

impl Transpose {
    fn inverse(&self) -> Transpose {
        let mut axes = vec![0; self.axes.len()];
        for (to, from) in self.axes.iter().enumerate() {
            axes[*from] = to;
        }
        Transpose { axes }
    }

    fn is_permutation(&self) -> bool {
        (0..self.axes.len()).all(|axis| self.axes.contains(&axis))
    }
}

impl Op for Transpose {
    const NAME: &'static str = "transpose";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        check::rank(Self::NAME, inputs, 0, self.axes.len())?;
        if !self.is_permutation() {
            let value = self.axes.iter().copied().max().unwrap_or(0) as f64;
            return Err(TypeError::Attribute {
                op: Self::NAME,
                attribute: "axes",
                value,
                range: "a permutation of the axes",
            });
        }
        let shape: Shape = self.axes.iter().map(|axis| inputs[0].shape[*axis]).collect::<Vec<_>>().into();
        Ok(vec![Type { shape, ..inputs[0].clone() }])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let strides = x.ty.shape.strides();
        let output_shape: Vec<usize> = self.axes.iter().map(|axis| x.ty.shape[*axis]).collect();
        let output_strides = Shape::new(&output_shape).strides();
        let elements = x.ty.elements();
        let samples = if x.ty.span == Span::Sample { context.samples() } else { 1 };
        let mut data = Vec::with_capacity(samples * elements);
        for sample in 0..samples {
            for element in 0..elements {
                let mut from = sample * elements;
                for (to, axis) in self.axes.iter().enumerate() {
                    from += element / output_strides[to] % output_shape[to] * strides[*axis];
                }
                data.push(x.data[from]);
            }
        }
        vec![Reference::exact(data)]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        Ok(vec![match site.output_gradients[0] {
            Some(dy) if site.wanted[0] => Some(site.graph.add(self.inverse(), &[dy])?),
            _ => None,
        }])
    }

    fn cost(&self, _inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost::default()
    }

    fn attributes(&self) -> String {
        format!("axes={:?}", self.axes)
    }

    fn cases() -> Vec<Case> {
        let transpose = |axes: &[usize]| Transpose { axes: axes.to_vec() };
        vec![
            Case::new("matrix", transpose(&[1, 0]), vec![(Type::step([2, 3]), vec![1., 2., 3., 4., 5., 6.])])
                .expect(vec![vec![1., 4., 2., 5., 3., 6.]])
                .differentiable(false),
            Case::made_up("matrices of samples", transpose(&[1, 0]), &[Type::sample([5, 3])], 3),
            Case::made_up("three axes", transpose(&[2, 0, 1]), &[Type::sample([2, 3, 4])], 2),
            Case::made_up("four axes", transpose(&[0, 1, 3, 2]), &[Type::step([2, 3, 4, 5])], 1).differentiable(false),
            Case::made_up("large matrix", transpose(&[1, 0]), &[Type::step([37, 50])], 1).differentiable(false),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: Transpose { axes: vec![0, 0] }.into(),
            inputs: vec![Type::sample([2, 3])],
            text: "`transpose`: axes of 0 is outside a permutation of the axes",
        }]
    }
}
