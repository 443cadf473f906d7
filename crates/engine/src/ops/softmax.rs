use proofmark_tensor::math;

use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// Probabilities of the last axis: y\[i\] = e^(x\[i\] - m) / sum over j of e^(x\[j\] - m), m being the row's maximum.
///
/// *Shapes*: x `[.., C]` per sample or per step; y the same.
///
/// *Definition in f32*, for each row: m is the largest element; e\[i\] = [`exp`](proofmark_tensor::math::exp)(x\[i\] - m);
/// the sum s is a **strided sum**: sixteen accumulators start at +0.0, accumulator l adds e\[l\], e\[l + 16\], e\[l + 32\], ..
/// in this order, then accumulators l + 8 are added to l for l < 8, l + 4 to l for l < 4, l + 2 to l for l < 2, and 1 to 0;
/// y\[i\] = e\[i\] / s. In which order the maximum is sought does not matter: a NaN in the row makes every y NaN by way of
/// the sum, as do +inf and a row of -inf only, and the sign of a zero is lost in the exponential.
///
/// *Gradient*: [`SoftmaxGradient`]. With cross-entropy use
/// [`categorical_cross_entropy`](super::categorical_cross_entropy), which works on the logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softmax;

/// Gradient of [`Softmax`]: dx\[i\] = y\[i\] (dy\[i\] - sum over j of y\[j\] dy\[j\]).
///
/// *Shapes*: y and dy `[.., C]`, both per sample or both per step; dx the same.
///
/// *Definition in f32*, for each row: the dot product is a strided sum as in [`Softmax`], where an accumulator takes its
/// next element by a fused multiply-add of y\[j\] and dy\[j\]; then one subtraction and one multiplication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftmaxGradient;

impl Op for Softmax {
    const NAME: &'static str = "softmax";

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
            y.data.extend_from_slice(&softmax.probabilities);
            y.magnitude.extend((0..classes).map(|class| softmax.magnitude(class)));
        }
        vec![y]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        Ok(vec![match site.output_gradients[0] {
            Some(dy) if site.wanted[0] => Some(site.graph.add(SoftmaxGradient, &[site.outputs[0], dy])?),
            _ => None,
        }])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: 12 * inputs[0].elements() as u64 }
    }

    fn cases() -> Vec<Case> {
        let row = |values: Vec<f64>| vec![(Type::sample([values.len()]), values)];
        let thirds = 1.0 / 3.0;
        vec![
            Case::new("equal logits", Softmax, row(vec![5., 5., 5.])).expect(vec![vec![thirds; 3]]),
            Case::new("known", Softmax, row(vec![0., 1., 2.])).expect(vec![vec![
                0.090_030_573_170_380_46,
                0.244_728_471_054_797_65,
                0.665_240_955_774_821_9,
            ]]),
            Case::new("no overflow", Softmax, row(vec![1000., 0., -1000.])).expect(vec![vec![1., 0., 0.]]),
            Case::new("NaN fills its row", Softmax, vec![(Type::sample([2, 2]), vec![f64::NAN, 1., 3., 3.])])
                .expect(vec![vec![f64::NAN, f64::NAN, 0.5, 0.5]])
                .differentiable(false),
            Case::made_up("one class", Softmax, &[Type::sample([1])], 2),
            Case::made_up("ten classes", Softmax, &[Type::sample([10])], 11),
            Case::made_up("sixteen classes", Softmax, &[Type::sample([16])], 3),
            Case::made_up("rows within a sample", Softmax, &[Type::sample([3, 2, 37])], 2),
            Case::made_up("many classes", Softmax, &[Type::sample([1000])], 1).differentiable(false),
            Case::made_up("of a parameter", Softmax, &[Type::step([2, 19])], 1),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        vec![
            Rejection {
                op: Softmax.into(),
                inputs: vec![Type::sample([])],
                text: "`softmax` needs input 0 with 1 axes, received shape []",
            },
            Rejection {
                op: Softmax.into(),
                inputs: vec![Type::sample([3, 0])],
                text: "`softmax`: shape [3, 0] has no elements",
            },
        ]
    }
}

impl Op for SoftmaxGradient {
    const NAME: &'static str = "softmax_gradient";

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
        let mut dx = Reference { data: Vec::new(), magnitude: Vec::new(), terms: strided_terms(classes) + 2 };
        for (y, dy) in y.data.chunks_exact(classes).zip(dy.data.chunks_exact(classes)) {
            let dot: f64 = y.iter().zip(dy).map(|(y, dy)| y * dy).sum();
            let dot_magnitude: f64 = y.iter().zip(dy).map(|(y, dy)| (y * dy).abs()).sum();
            for (y, dy) in y.iter().zip(dy) {
                dx.data.push(y * (dy - dot));
                dx.magnitude.push(y.abs() * (dy.abs() + dot_magnitude));
            }
        }
        vec![dx]
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: 4 * inputs[0].elements() as u64 }
    }

    fn cases() -> Vec<Case> {
        let case = |name, ty: Type, n_samples| Case::made_up(name, SoftmaxGradient, &[ty.clone(), ty], n_samples);
        let known = vec![(Type::sample([2]), vec![0.25, 0.75]), (Type::sample([2]), vec![8., 4.])];
        let cases = [
            Case::new("known", SoftmaxGradient, known).expect(vec![vec![0.75, -0.75]]),
            case("one class", Type::sample([1]), 2),
            case("ten classes", Type::sample([10]), 11),
            case("rows within a sample", Type::sample([3, 2, 37]), 2),
            case("of a parameter", Type::step([2, 19]), 1),
        ];
        cases.map(|case| case.differentiable(false)).into()
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: SoftmaxGradient.into(),
            inputs: vec![Type::sample([3]), Type::sample([4])],
            text: "`softmax_gradient` needs input 1 of shape [3], received [4]",
        }]
    }
}

/// Roundings along a strided sum of `n` terms: the accumulators' chains and four folds.
pub(super) fn strided_terms(n: usize) -> usize {
    n.div_ceil(16) + 4
}

/// The softmax of one row in f64, and what its tolerances need.
pub(super) struct SoftmaxRow {
    /// x - m.
    pub(super) shifted: Vec<f64>,
    /// The softmax.
    pub(super) probabilities: Vec<f64>,
    /// ln s.
    pub(super) ln_sum: f64,
    /// Sum of p |x - m|: by how many times the unit round-off the roundings of x - m move s, relatively.
    pub(super) spread: f64,
}

impl SoftmaxRow {
    pub(super) fn new(row: &[f64]) -> Self {
        // NaN does not take part in the maximum; it reaches everything by way of the sum.
        let maximum = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let shifted: Vec<f64> = row.iter().map(|x| x - maximum).collect();
        let exponentials: Vec<f64> = shifted.iter().map(|z| math::exp_f64(*z)).collect();
        let sum: f64 = exponentials.iter().sum();
        let probabilities: Vec<f64> = exponentials.iter().map(|e| e / sum).collect();
        let spread = probabilities.iter().zip(&shifted).map(|(p, z)| p * z.abs()).sum();
        SoftmaxRow { shifted, probabilities, ln_sum: math::ln_f64(sum), spread }
    }

    /// The magnitude of a probability: the exponential carries the rounding of its argument, the quotient that of the sum.
    pub(super) fn magnitude(&self, class: usize) -> f64 {
        self.probabilities[class] * (1.0 + self.shifted[class].abs() + self.spread)
    }

    /// ln s - (x - m), and its magnitude.
    pub(super) fn loss(&self, class: usize) -> (f64, f64) {
        let shifted = self.shifted[class];
        (self.ln_sum - shifted, 1.0 + self.ln_sum.abs() + shifted.abs() + self.spread)
    }
}
