use proofmark_tensor::DType;

use super::cross_entropy::{self, Target, target_of, weighted_sum};
use super::softmax::{SoftmaxRow, strided_terms};
use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// Cross-entropy between a target and the softmax of logits, computed on the logits so that nothing is lost where a
/// probability is close to 0 or 1:
///
/// loss = ln s - (x\[t\] - m) for a class t, loss = sum over i of t\[i\] (ln s - (x\[i\] - m)) for a distribution t,
///
/// where m is the row's maximum and s = sum over j of e^(x\[j\] - m).
///
/// *Shapes*: logits `[.., C]` per sample; the target's type decides its meaning: i32 `[..]` holds class indices, f32
/// `[.., C]` distributions (they need not add up to 1). The loss is `[..]` per sample. A row of class -1
/// ([`NO_CLASS`](super::NO_CLASS)) has the loss +0.0; every other class outside of 0 to C - 1 gives NaN: callers check the data.
///
/// *Definition in f32*: m, e and s as in [`Softmax`](super::Softmax); ln is [`ln`](proofmark_tensor::math::ln); one
/// subtraction for x - m, one for ln s - (..); with a distribution a strided sum as in `Softmax`, where an accumulator takes
/// its next element by a fused multiply-add.
///
/// *Gradient*: [`SoftmaxCrossEntropyGradient`] for the logits; none for the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftmaxCrossEntropy;

/// Gradient of [`SoftmaxCrossEntropy`]: dx\[i\] = (p\[i\] - \[i = t\]) dloss for a class, (p\[i\] sum(t) - t\[i\]) dloss for a
/// distribution, p being the softmax of the logits.
///
/// *Shapes*: logits `[.., C]`, target as in [`SoftmaxCrossEntropy`], dloss `[..]`, all per sample; dx `[.., C]` per sample.
/// Class -1 makes its row +0.0, every other one outside of 0 to C - 1 NaN.
///
/// *Definition in f32*: p as in [`Softmax`](super::Softmax). Class: one subtraction of 1 (at t only), one multiplication.
/// Distribution: sum(t) is a strided sum as in `Softmax`; one fused multiply-add of p\[i\], sum(t) and -t\[i\]; one
/// multiplication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftmaxCrossEntropyGradient;

impl Op for SoftmaxCrossEntropy {
    const NAME: &'static str = "softmax_cross_entropy";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 2)?;
        Ok(vec![cross_entropy::infer_loss(Self::NAME, inputs)?])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let (x, target) = (inputs[0], inputs[1]);
        let classes = x.ty.shape.last();
        let terms = 2 * strided_terms(classes) + 6;
        let mut loss = Reference { data: Vec::new(), magnitude: Vec::new(), terms };
        for (i, row) in x.data.chunks_exact(classes).enumerate() {
            let row = SoftmaxRow::new(row);
            let (value, magnitude) = match target_of(target, i, classes) {
                Target::Nothing => (0.0, 0.0),
                Target::Class(Some(class)) => row.loss(class),
                Target::Class(None) => (f64::NAN, 0.0),
                Target::Distribution(weights) => weighted_sum(weights, |class| row.loss(class)),
            };
            loss.data.push(value);
            loss.magnitude.push(magnitude);
        }
        vec![loss]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        cross_entropy::gradient(Self::NAME, SoftmaxCrossEntropyGradient, site)
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: 12 * inputs[0].elements() as u64 }
    }

    fn cases() -> Vec<Case> {
        let known = |logits: Vec<f64>, class: f64| {
            vec![(Type::sample([logits.len()]), logits), (Type::sample([]).with_dtype(DType::I32), vec![class])]
        };
        let nan = vec![f64::NAN];
        let mut cases = vec![
            Case::new("equal logits", SoftmaxCrossEntropy, known(vec![3.; 4], 2.))
                .expect(vec![vec![1.386_294_361_119_890_6]]),
            Case::new("known", SoftmaxCrossEntropy, known(vec![0., 1., 2.], 0.))
                .expect(vec![vec![2.407_605_964_444_38]]),
            Case::new("certain and right", SoftmaxCrossEntropy, known(vec![1000., 0.], 0.)).expect(vec![vec![0.]]),
            Case::new("certain and wrong", SoftmaxCrossEntropy, known(vec![1000., 0.], 1.)).expect(vec![vec![1000.]]),
            Case::new("class too large", SoftmaxCrossEntropy, known(vec![1., 2.], 2.)).expect(vec![nan.clone()]),
            Case::new("class below zero", SoftmaxCrossEntropy, known(vec![1., 2.], -2.)).expect(vec![nan]),
            Case::new("no class", SoftmaxCrossEntropy, known(vec![1., 2.], -1.)).expect(vec![vec![0.]]),
        ];
        for case in &mut cases[4..] {
            case.is_differentiable = false;
        }
        cases.extend(cross_entropy::cases(|types, n| Case::made_up("made up", SoftmaxCrossEntropy, types, n)));
        cases
    }

    fn rejections() -> Vec<Rejection> {
        let reject =
            |inputs: [Type; 2], text| Rejection { op: SoftmaxCrossEntropy.into(), inputs: inputs.into(), text };
        vec![
            reject(
                [Type::sample([3]), Type::sample([4])],
                "`softmax_cross_entropy` needs input 1 of shape [3], received [4]",
            ),
            reject(
                [Type::sample([2, 3]), Type::sample([3]).with_dtype(DType::I32)],
                "`softmax_cross_entropy` needs input 1 of shape [2], received [3]",
            ),
            reject(
                [Type::sample([3]), Type::sample([]).with_dtype(DType::U8)],
                "`softmax_cross_entropy` needs input 1 of type i32, received u8",
            ),
            reject(
                [Type::sample([]), Type::sample([])],
                "`softmax_cross_entropy` needs input 0 with 1 axes, received shape []",
            ),
        ]
    }
}

impl Op for SoftmaxCrossEntropyGradient {
    const NAME: &'static str = "softmax_cross_entropy_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 3)?;
        cross_entropy::infer_gradient(Self::NAME, inputs)
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let (x, target, dloss) = (inputs[0], inputs[1], inputs[2]);
        let classes = x.ty.shape.last();
        let terms = 2 * strided_terms(classes) + 7;
        let mut dx = Reference { data: Vec::new(), magnitude: Vec::new(), terms };
        for (i, row) in x.data.chunks_exact(classes).enumerate() {
            let row = SoftmaxRow::new(row);
            let dloss = dloss.data[i];
            let one_hot = |chosen: Option<usize>| -> Vec<f64> {
                (0..classes)
                    .map(|class| if chosen.is_none() { f64::NAN } else { f64::from(chosen == Some(class)) })
                    .collect()
            };
            let weights = match target_of(target, i, classes) {
                Target::Nothing => vec![0.0; classes],
                Target::Class(class) => one_hot(class),
                Target::Distribution(weights) => weights.to_vec(),
            };
            let sum: f64 = weights.iter().sum();
            let absolute_sum: f64 = weights.iter().map(|weight| weight.abs()).sum();
            for (class, weight) in weights.iter().enumerate() {
                dx.data.push((row.probabilities[class] * sum - weight) * dloss);
                dx.magnitude.push((row.magnitude(class) * absolute_sum + weight.abs()) * dloss.abs());
            }
        }
        vec![dx]
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: 14 * inputs[0].elements() as u64 }
    }

    fn cases() -> Vec<Case> {
        let class = |class: f64| {
            vec![
                (Type::sample([2]), vec![3., 3.]),
                (Type::sample([]).with_dtype(DType::I32), vec![class]),
                (Type::sample([]), vec![4.]),
            ]
        };
        let mut cases = vec![
            Case::new("known", SoftmaxCrossEntropyGradient, class(1.)).expect(vec![vec![2., -2.]]),
            Case::new("class too large", SoftmaxCrossEntropyGradient, class(2.)).expect(vec![vec![f64::NAN; 2]]),
            Case::new("no class", SoftmaxCrossEntropyGradient, class(-1.)).expect(vec![vec![0.; 2]]),
        ];
        cases.extend(cross_entropy::gradient_cases(|types, n| {
            Case::made_up("made up", SoftmaxCrossEntropyGradient, types, n)
        }));
        cases.into_iter().map(|case| case.differentiable(false)).collect()
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: SoftmaxCrossEntropyGradient.into(),
            inputs: vec![Type::sample([2, 3]), Type::sample([2]).with_dtype(DType::I32), Type::sample([3])],
            text: "`softmax_cross_entropy_gradient` needs input 2 of shape [2], received [3]",
        }]
    }
}
