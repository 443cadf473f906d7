use proofmark_tensor::Shape;

use super::{Broadcast, Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};
use crate::map::{Builder, Function};

/// Reduces axes of each sample (or of the step's value) by a sum or a mean; reduced axes disappear.
///
/// *Shapes*: x of any shape, f32; y without the reduced axes. Global average pooling of `[H, W, C]` reduces axes 0 and 1.
///
/// *Definition in f32*: a chain of additions from +0.0 over the reduced axes in row-major order; a mean divides once at
/// the end, by the count as f32.
///
/// *Gradient*: dy repeated over the reduced axes, divided by their size for a mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reduce {
    /// What is computed of the elements.
    pub kind: ReduceKind,
    /// The axes that are reduced, ascending, the batch axis aside.
    pub axes: Vec<usize>,
}

/// What a reduction computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReduceKind {
    /// The sum.
    Sum,
    /// The arithmetic mean.
    Mean,
}

impl Reduce {
    /// Number of elements that make one of the output.
    pub fn size(&self, shape: &Shape) -> usize {
        self.axes.iter().map(|axis| shape[*axis]).product()
    }
}

impl Op for Reduce {
    const NAME: &'static str = "reduce";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        let shape = &inputs[0].shape;
        check::ascending_axes(Self::NAME, &self.axes, shape.rank())?;
        if self.size(shape) == 0 {
            return Err(TypeError::Empty { op: Self::NAME, shape: shape.clone() });
        }
        let kept = (0..shape.rank()).filter(|axis| !self.axes.contains(axis)).map(|axis| shape[axis]);
        Ok(vec![Type { shape: kept.collect::<Vec<_>>().into(), ..inputs[0].clone() }])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let shape = &x.ty.shape;
        let size = self.size(shape);
        let kept: Vec<usize> = (0..shape.rank()).filter(|axis| !self.axes.contains(axis)).collect();
        let output_shape: Shape = kept.iter().map(|axis| shape[*axis]).collect::<Vec<_>>().into();
        let (strides, output_strides) = (shape.strides(), output_shape.strides());
        let ty = Type { shape: output_shape, ..x.ty.clone() };
        let samples = if x.ty.span == Span::Sample { context.samples() } else { 1 };
        let mut y = Reference::zeros(&ty, samples, size);
        for sample in 0..samples {
            for element in 0..shape.elements() {
                let to: usize = kept
                    .iter()
                    .zip(&output_strides)
                    .map(|(axis, stride)| element / strides[*axis] % shape[*axis] * stride)
                    .sum();
                let value = x.data[sample * shape.elements() + element];
                y.data[sample * ty.elements() + to] += value;
                y.magnitude[sample * ty.elements() + to] += value.abs();
            }
        }
        if self.kind == ReduceKind::Mean {
            y.data.iter_mut().chain(&mut y.magnitude).for_each(|value| *value /= size as f64);
        }
        vec![y]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (Some(dy), true) = (site.output_gradients[0], site.wanted[0]) else { return Ok(vec![None]) };
        let shape = site.graph.shape(site.inputs[0]).clone();
        let scaled = match self.kind {
            ReduceKind::Sum => dy,
            ReduceKind::Mean => {
                let mut builder = Builder::new(1);
                let size = builder.constant(self.size(&shape) as f32);
                let quotient = builder.apply(Function::Div, &[builder.input(0), size]);
                site.graph.map(builder.finish(&[quotient]), &[dy])?
            }
        };
        Ok(vec![Some(site.graph.add(Broadcast { shape, axes: self.axes.clone() }, &[scaled])?)])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: inputs[0].elements() as u64 }
    }

    fn attributes(&self) -> String {
        format!("{} axes={:?}", if self.kind == ReduceKind::Sum { "sum" } else { "mean" }, self.axes)
    }

    fn cases() -> Vec<Case> {
        let reduce = |kind, axes: &[usize]| Reduce { kind, axes: axes.to_vec() };
        let rows = |values| vec![(Type::sample([2, 3]), values)];
        vec![
            Case::new("rows", reduce(ReduceKind::Sum, &[1]), rows(vec![1., 2., 3., 4., 5., 6.]))
                .expect(vec![vec![6., 15.]]),
            Case::new("columns", reduce(ReduceKind::Mean, &[0]), rows(vec![1., 2., 3., 4., 5., 6.]))
                .expect(vec![vec![2.5, 3.5, 4.5]]),
            Case::made_up("all axes", reduce(ReduceKind::Mean, &[0, 1]), &[Type::sample([3, 5])], 3),
            Case::made_up("global pooling", reduce(ReduceKind::Mean, &[0, 1]), &[Type::sample([4, 3, 19])], 2),
            Case::made_up("outer and inner", reduce(ReduceKind::Sum, &[0, 2]), &[Type::sample([3, 4, 5])], 2),
            Case::made_up("nothing", reduce(ReduceKind::Sum, &[]), &[Type::sample([4])], 2),
            Case::made_up("of a parameter", reduce(ReduceKind::Sum, &[0]), &[Type::step([4, 3])], 1)
                .differentiable(false),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        vec![
            Rejection {
                op: Reduce { kind: ReduceKind::Sum, axes: vec![2] }.into(),
                inputs: vec![Type::sample([2, 3])],
                text: "`reduce`: axes of 2 is outside ascending axes of the input",
            },
            Rejection {
                op: Reduce { kind: ReduceKind::Mean, axes: vec![0] }.into(),
                inputs: vec![Type::sample([0, 3])],
                text: "`reduce`: shape [0, 3] has no elements",
            },
        ]
    }
}
