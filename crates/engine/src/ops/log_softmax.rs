use proofmark_tensor::math;

use super::softmax::{SoftmaxRow, strided_terms};
use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// Logarithms of the probabilities of the last axis: y\[i\] = x\[i\] - m - ln(sum over j of e^(x\[j\] - m)), m being the row's
/// maximum. Small probabilities keep their precision, where the logarithm of [`Softmax`](super::Softmax) loses it.
///
/// *Shapes*: x `[.., C]` per sample or per step; y the same.
///
/// *Definition in f32*, for each row: m and the sum s as in [`Softmax`](super::Softmax); y\[i\] = (x\[i\] - m) - ln s. A NaN or
/// +inf in the row, or a row of -inf only, makes every y NaN; otherwise -inf stays -inf.
///
/// *Gradient*: [`LogSoftmaxGradient`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSoftmax;

/// Gradient of [`LogSoftmax`]: dx\[i\] = dy\[i\] - e^y\[i\] (sum over j of dy\[j\]).
///
/// *Shapes*: y and dy `[.., C]`, both per sample or both per step; dx the same.
///
/// *Definition in f32*, for each row: the sum is a strided sum as in [`Softmax`](super::Softmax);
/// dx\[i\] = mul_add(-exp(y\[i\]), sum, dy\[i\]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSoftmaxGradient;

impl Op for LogSoftmax {
    const NAME: &'static str = "log_softmax";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        check::rows(Self::NAME, inputs, 0)?;
        Ok(vec![inputs[0].clone()])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let classes = x.ty.shape.last();
        let mut y = Reference { data: Vec::new(), magnitude: Vec::new(), terms: strided_terms(classes) + 5 };
        for row in x.data.chunks_exact(classes) {
            let softmax = SoftmaxRow::new(row);
            for (loss, magnitude) in (0..classes).map(|class| softmax.loss(class)) {
                y.data.push(-loss);
                y.magnitude.push(magnitude);
            }
        }
        vec![y]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        Ok(vec![match site.output_gradients[0] {
            Some(dy) if site.wanted[0] => Some(site.graph.add(LogSoftmaxGradient, &[site.outputs[0], dy])?),
            _ => None,
        }])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: 12 * inputs[0].elements() as u64 }
    }

    fn cases() -> Vec<Case> {
        let row = |values: Vec<f64>| vec![(Type::sample([values.len()]), values)];
        let of = |name, values| Case::new(name, LogSoftmax, row(values));
        vec![
            // What torch.nn.functional.log_softmax of PyTorch 2.15.0 gives in float64.
            of("known", vec![0., 1., 2.]).expect(vec![vec![
                -2.407_605_964_444_380_6,
                -1.407_605_964_444_380_4,
                -0.407_605_964_444_380_4,
            ]]),
            of("no underflow", vec![0., -1000.]).expect(vec![vec![0., -1000.]]),
            of("NaN fills its row", vec![f64::NAN, 1.]).expect(vec![vec![f64::NAN; 2]]).differentiable(false),
            Case::made_up("one class", LogSoftmax, &[Type::sample([1])], 2),
            Case::made_up("ten classes", LogSoftmax, &[Type::sample([10])], 11),
            Case::made_up("sixteen classes", LogSoftmax, &[Type::sample([16])], 3),
            Case::made_up("rows within a sample", LogSoftmax, &[Type::sample([3, 2, 37])], 2),
            Case::made_up("of a parameter", LogSoftmax, &[Type::step([2, 19])], 1),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: LogSoftmax.into(),
            inputs: vec![Type::sample([])],
            text: "`log_softmax` needs input 0 with 1 axes, received shape []",
        }]
    }
}

impl Op for LogSoftmaxGradient {
    const NAME: &'static str = "log_softmax_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 2)?;
        check::all_f32(Self::NAME, inputs)?;
        check::rows(Self::NAME, inputs, 0)?;
        check::span(Self::NAME, inputs, 1, inputs[0].span)?;
        check::shape(Self::NAME, inputs, 1, &inputs[0].shape)?;
        Ok(vec![inputs[0].clone()])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let (y, dy) = (inputs[0], inputs[1]);
        let classes = y.ty.shape.last();
        let mut dx = Reference { data: Vec::new(), magnitude: Vec::new(), terms: strided_terms(classes) + 4 };
        for (y, dy) in y.data.chunks_exact(classes).zip(dy.data.chunks_exact(classes)) {
            let sum: f64 = dy.iter().sum();
            let sum_magnitude: f64 = dy.iter().map(|dy| dy.abs()).sum();
            for (y, dy) in y.iter().zip(dy) {
                let probability = math::exp_f64(*y);
                dx.data.push(dy - probability * sum);
                dx.magnitude.push(dy.abs() + probability * sum_magnitude);
            }
        }
        vec![dx]
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: 10 * inputs[0].elements() as u64 }
    }

    fn cases() -> Vec<Case> {
        let case = |name, ty: Type, n_samples| Case::made_up(name, LogSoftmaxGradient, &[ty.clone(), ty], n_samples);
        let known = vec![(Type::sample([2]), vec![0., f64::NEG_INFINITY]), (Type::sample([2]), vec![8., 4.])];
        let cases = [
            Case::new("known", LogSoftmaxGradient, known).expect(vec![vec![-4., 4.]]),
            case("one class", Type::sample([1]), 2),
            case("ten classes", Type::sample([10]), 11),
            case("rows within a sample", Type::sample([3, 2, 37]), 2),
            case("of a parameter", Type::step([2, 19]), 1),
        ];
        cases.map(|case| case.differentiable(false)).into()
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: LogSoftmaxGradient.into(),
            inputs: vec![Type::sample([3]), Type::sample([4])],
            text: "`log_softmax_gradient` needs input 1 of shape [3], received [4]",
        }]
    }
}
