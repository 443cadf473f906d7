use proofmark_tensor::Shape;

use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// Largest element over some axes of each sample (or of the step's value); reduced axes disappear. NaN wins.
///
/// *Shapes*: x of any shape; y without the reduced axes. Global max pooling of `[H, W, C]` reduces axes 0 and 1.
///
/// *Gradient*: [`ReduceMaxGradient`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReduceMax {
    /// The axes that are reduced, ascending, the batch axis aside.
    pub axes: Vec<usize>,
}

/// Gradient of [`ReduceMax`]: dy goes to the first maximum in row-major order (the first NaN, if there is one), +0.0 to
/// all others.
///
/// *Shapes*: x of any shape, dy without the reduced axes; dx as x.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReduceMaxGradient {
    /// The axes that are reduced, ascending, the batch axis aside.
    pub axes: Vec<usize>,
}

/// The shape without `axes`, after checking that it has them and that there is something to reduce.
fn reduced(op: &'static str, axes: &[usize], shape: &Shape) -> Result<Shape, TypeError> {
    check::ascending_axes(op, axes, shape.rank())?;
    if axes.iter().any(|axis| shape[*axis] == 0) {
        return Err(TypeError::Empty { op, shape: shape.clone() });
    }
    let kept = (0..shape.rank()).filter(|axis| !axes.contains(axis)).map(|axis| shape[axis]);
    Ok(kept.collect::<Vec<_>>().into())
}

impl Op for ReduceMax {
    const NAME: &'static str = "reduce_max";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        let shape = reduced(Self::NAME, &self.axes, &inputs[0].shape)?;
        Ok(vec![Type { shape, ..inputs[0].clone() }])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let data = first_maxima(&self.axes, x, context).into_iter().map(|from| x.data[from]).collect();
        vec![Reference::exact(data)]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (Some(dy), true) = (site.output_gradients[0], site.wanted[0]) else { return Ok(vec![None]) };
        let gradient = ReduceMaxGradient { axes: self.axes.clone() };
        Ok(vec![Some(site.graph.add(gradient, &[site.inputs[0], dy])?)])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: inputs[0].elements() as u64 }
    }

    fn attributes(&self) -> String {
        format!("axes={:?}", self.axes)
    }

    fn cases() -> Vec<Case> {
        let max = |axes: &[usize]| ReduceMax { axes: axes.to_vec() };
        let rows = vec![(Type::sample([2, 3]), vec![1., 7., 3., -4., -5., -6.])];
        let nan = vec![(Type::sample([3]), vec![1., f64::NAN, 3.])];
        vec![
            Case::new("rows", max(&[1]), rows.clone()).expect(vec![vec![7., -4.]]),
            Case::new("columns", max(&[0]), rows).expect(vec![vec![1., 7., 3.]]),
            Case::new("NaN wins", max(&[0]), nan).expect(vec![vec![f64::NAN]]).differentiable(false),
            Case::made_up("all axes", max(&[0, 1]), &[Type::sample([3, 5])], 3),
            Case::made_up("global pooling", max(&[0, 1]), &[Type::sample([4, 3, 19])], 2),
            Case::made_up("outer and inner", max(&[0, 2]), &[Type::sample([3, 4, 5])], 11),
            Case::made_up("nothing", max(&[]), &[Type::sample([4])], 2),
            Case::made_up("of a parameter", max(&[0]), &[Type::step([4, 3])], 1),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |axes: &[usize], x: [usize; 2], text| Rejection {
            op: ReduceMax { axes: axes.to_vec() }.into(),
            inputs: vec![Type::sample(x)],
            text,
        };
        vec![
            reject(&[1, 0], [2, 3], "`reduce_max`: axes of 0 is outside ascending axes of the input"),
            reject(&[0], [0, 3], "`reduce_max`: shape [0, 3] has no elements"),
        ]
    }
}

impl Op for ReduceMaxGradient {
    const NAME: &'static str = "reduce_max_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 2)?;
        check::all_f32(Self::NAME, inputs)?;
        let shape = reduced(Self::NAME, &self.axes, &inputs[0].shape)?;
        check::span(Self::NAME, inputs, 1, inputs[0].span)?;
        check::shape(Self::NAME, inputs, 1, &shape)?;
        Ok(vec![inputs[0].clone()])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let (x, dy) = (inputs[0], inputs[1]);
        let mut data = vec![0.0; x.data.len()];
        for (from, gradient) in first_maxima(&self.axes, x, context).into_iter().zip(&dy.data) {
            data[from] = *gradient;
        }
        vec![Reference::exact(data)]
    }

    fn attributes(&self) -> String {
        format!("axes={:?}", self.axes)
    }

    fn cases() -> Vec<Case> {
        let gradient = |axes: &[usize]| ReduceMaxGradient { axes: axes.to_vec() };
        let case = |name, axes: &[usize], x: &[usize], dy: &[usize], n_samples| {
            Case::made_up(name, gradient(axes), &[Type::sample(Shape::new(x)), Type::sample(Shape::new(dy))], n_samples)
        };
        let tie = vec![(Type::sample([4]), vec![1., 5., 5., 2.]), (Type::sample([]), vec![3.])];
        let cases = [
            Case::new("the first maximum wins", gradient(&[0]), tie).expect(vec![vec![0., 3., 0., 0.]]),
            case("global pooling", &[0, 1], &[4, 3, 19], &[19], 2),
            case("outer and inner", &[0, 2], &[3, 4, 5], &[4], 11),
        ];
        cases.map(|case| case.differentiable(false)).into()
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: ReduceMaxGradient { axes: vec![0] }.into(),
            inputs: vec![Type::sample([2, 3]), Type::sample([2])],
            text: "`reduce_max_gradient` needs input 1 of shape [3], received [2]",
        }]
    }
}

/// For every element of the result, the index in `x` of its first maximum (or first NaN).
fn first_maxima(axes: &[usize], x: &Tensor64, context: &ReferenceContext) -> Vec<usize> {
    let shape = &x.ty.shape;
    let kept: Vec<usize> = (0..shape.rank()).filter(|axis| !axes.contains(axis)).collect();
    let reduced: Shape = kept.iter().map(|axis| shape[*axis]).collect::<Vec<_>>().into();
    let (strides, reduced_strides) = (shape.strides(), reduced.strides());
    let elements = shape.elements();
    let mut maxima: Vec<Option<usize>> = vec![None; context.copies(&x.ty) * reduced.elements()];
    for (i, value) in x.data.iter().enumerate() {
        let (copy, element) = (i / elements, i % elements);
        let to: usize = kept
            .iter()
            .zip(&reduced_strides)
            .map(|(axis, stride)| element / strides[*axis] % shape[*axis] * stride)
            .sum();
        let best = &mut maxima[copy * reduced.elements() + to];
        if best.is_none_or(|best| *value > x.data[best] || value.is_nan() && !x.data[best].is_nan()) {
            *best = Some(i);
        }
    }
    maxima.into_iter().map(|best| best.expect("nothing of no elements is reduced")).collect()
}
