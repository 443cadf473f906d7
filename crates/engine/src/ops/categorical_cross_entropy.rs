use proofmark_tensor::{DType, math};

use super::cross_entropy::{self, Target, target_of, weighted_sum};
use super::softmax::strided_terms;
use super::{
    Case, GradientSite, Op, Operation, Reference, ReferenceContext, Rejection, Reshape, SoftmaxCrossEntropy, Tensor64,
    check,
};
use crate::error::{GradientError, GraphError, TypeError};
use crate::graph::{Graph, Origin, Type, Value};

/// Probabilities below this count as this much, so that the loss of a class which was thought impossible is finite (16.1).
/// The value is Keras' `epsilon`.
pub const PROBABILITY_FLOOR: f32 = 1e-7;

/// Cross-entropy between a target and probabilities: -ln max(p\[t\], 1e-7) for a class t, sum over i of
/// -t\[i\] ln max(p\[i\], 1e-7) for a distribution t.
///
/// *Shapes*: probabilities `[.., C]` per sample; target as in [`SoftmaxCrossEntropy`]; loss `[..]` per sample. A row of
/// class -1 ([`NO_CLASS`](super::NO_CLASS)) has the loss +0.0; every other class outside of 0 to C - 1 gives NaN, and so does a NaN
/// probability.
///
/// *Definition in f32*: max is `if 1e-7 > p { 1e-7 } else { p }`; ln is [`ln`](proofmark_tensor::math::ln); a distribution's
/// loss is a strided sum as in [`Softmax`](super::Softmax), where an accumulator takes its next element by a fused
/// multiply-add of -t\[i\] and the logarithm.
///
/// *Gradient*: [`CategoricalCrossEntropyGradient`] for the probabilities; none for the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CategoricalCrossEntropy;

/// Gradient of [`CategoricalCrossEntropy`]: dp\[t\] = -dloss / p\[t\] for a class, dp\[i\] = -(t\[i\] dloss) / p\[i\] for a
/// distribution; +0.0 elsewhere and where 1e-7 > p.
///
/// *Shapes*: probabilities `[.., C]`, target as in [`SoftmaxCrossEntropy`], dloss `[..]`, all per sample; dp `[.., C]` per
/// sample. Class -1 makes its row +0.0, every other one outside of 0 to C - 1 NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CategoricalCrossEntropyGradient;

/// Adds the cross-entropy of `probabilities` and `target`.
///
/// Where the probabilities are a [`Softmax`](super::Softmax) (possibly reshaped without touching the last axis), this is
/// [`SoftmaxCrossEntropy`] of the softmax's input. The rewrite is *definitional*: it is always applied, also for the
/// reference, and is the meaning of a softmax layer followed by this loss.
///
/// # Errors
/// [`GraphError::Type`] if the types do not fit.
pub fn categorical_cross_entropy(graph: &mut Graph, probabilities: Value, target: Value) -> Result<Value, GraphError> {
    match logits_of(graph, probabilities) {
        Some(logits) => {
            let shape = graph.shape(probabilities).clone();
            let is_reshaped = *graph.shape(logits) != shape;
            let logits = if is_reshaped { graph.add(Reshape { shape }, &[logits])? } else { logits };
            graph.add(SoftmaxCrossEntropy, &[logits, target])
        }
        None => graph.add(CategoricalCrossEntropy, &[probabilities, target]),
    }
}

/// What `probabilities` are the softmax of, if they are one over their own last axis.
pub fn logits_of(graph: &Graph, probabilities: Value) -> Option<Value> {
    let rows = graph.shape(probabilities).last();
    let mut value = probabilities;
    loop {
        let Origin::Node { node, .. } = graph.origin(value) else { return None };
        let node = &graph.nodes()[node];
        match node.op {
            Operation::Reshape(_) => value = node.inputs[0],
            Operation::Softmax(_) if graph.shape(value).last() == rows => return Some(node.inputs[0]),
            _ => return None,
        }
    }
}

impl Op for CategoricalCrossEntropy {
    const NAME: &'static str = "categorical_cross_entropy";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 2)?;
        Ok(vec![cross_entropy::infer_loss(Self::NAME, inputs)?])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let (p, target) = (inputs[0], inputs[1]);
        let classes = p.ty.shape.last();
        let mut loss = Reference { data: Vec::new(), magnitude: Vec::new(), terms: strided_terms(classes) + 4 };
        for (i, row) in p.data.chunks_exact(classes).enumerate() {
            let loss_of = |class: usize| {
                let p = row[class];
                let logarithm = math::ln_f64(if floor() > p { floor() } else { p });
                (-logarithm, logarithm.abs())
            };
            let (value, magnitude) = match target_of(target, i, classes) {
                Target::Nothing => (0.0, 0.0),
                Target::Class(Some(class)) => loss_of(class),
                Target::Class(None) => (f64::NAN, 0.0),
                Target::Distribution(weights) => weighted_sum(weights, loss_of),
            };
            loss.data.push(value);
            loss.magnitude.push(magnitude);
        }
        vec![loss]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        cross_entropy::gradient(Self::NAME, CategoricalCrossEntropyGradient, site)
    }

    fn cases() -> Vec<Case> {
        let known = |row: Vec<f64>, class: f64| {
            vec![(Type::sample([row.len()]), row), (Type::sample([]).with_dtype(DType::I32), vec![class])]
        };
        let distribution = vec![(Type::sample([3]), vec![0.875, 0.75, 0.5]), (Type::sample([3]), vec![1., 0., 1.])];
        let mut cases = vec![
            Case::new("known", CategoricalCrossEntropy, known(vec![0.25, 0.75], 0.))
                .expect(vec![vec![1.386_294_361_119_890_6]]),
            Case::new("impossible", CategoricalCrossEntropy, known(vec![0., 1.], 0.))
                .expect(vec![vec![16.118_095_639_272_223]])
                .differentiable(false),
            Case::new("class too large", CategoricalCrossEntropy, known(vec![0.5, 0.5], 2.))
                .expect(vec![vec![f64::NAN]])
                .differentiable(false),
            Case::new("no class", CategoricalCrossEntropy, known(vec![0.5, 0.5], -1.)).expect(vec![vec![0.]]),
            Case::new("distribution", CategoricalCrossEntropy, distribution)
                .expect(vec![vec![0.826_678_573_184_467_9]])
                .constant(1),
        ];
        cases.extend(cross_entropy::cases(|types, n| {
            positive(Case::made_up("made up", CategoricalCrossEntropy, types, n))
        }));
        cases
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: CategoricalCrossEntropy.into(),
            inputs: vec![Type::sample([3]), Type::sample([3]).with_dtype(DType::I32)],
            text: "`categorical_cross_entropy` needs input 1 of shape [], received [3]",
        }]
    }
}

impl Op for CategoricalCrossEntropyGradient {
    const NAME: &'static str = "categorical_cross_entropy_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 3)?;
        cross_entropy::infer_gradient(Self::NAME, inputs)
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let (p, target, dloss) = (inputs[0], inputs[1], inputs[2]);
        let classes = p.ty.shape.last();
        let mut dp = Reference { data: Vec::new(), magnitude: Vec::new(), terms: 2 };
        for (i, row) in p.data.chunks_exact(classes).enumerate() {
            let target = target_of(target, i, classes);
            for (class, p) in row.iter().enumerate() {
                let slope = -dloss.data[i] / p;
                let gradient = match target {
                    Target::Class(None) => f64::NAN,
                    Target::Nothing => 0.0,
                    _ if floor() > *p => 0.0,
                    Target::Class(Some(chosen)) => {
                        if chosen == class {
                            slope
                        } else {
                            0.0
                        }
                    }
                    Target::Distribution(weights) => weights[class] * slope,
                };
                dp.data.push(gradient);
                dp.magnitude.push(gradient.abs());
            }
        }
        vec![dp]
    }

    fn cases() -> Vec<Case> {
        let class = |p: Vec<f64>, class: f64| {
            vec![
                (Type::sample([2]), p),
                (Type::sample([]).with_dtype(DType::I32), vec![class]),
                (Type::sample([]), vec![2.]),
            ]
        };
        let op = CategoricalCrossEntropyGradient;
        let mut cases = vec![
            Case::new("known", op, class(vec![0.25, 0.75], 0.)).expect(vec![vec![-8., 0.]]),
            Case::new("impossible", op, class(vec![0., 1.], 0.)).expect(vec![vec![0., 0.]]),
            Case::new("class below zero", op, class(vec![0.25, 0.75], -2.)).expect(vec![vec![f64::NAN; 2]]),
            Case::new("no class", op, class(vec![0.25, 0.75], -1.)).expect(vec![vec![0.; 2]]),
        ];
        cases.extend(cross_entropy::gradient_cases(|types, n| positive(Case::made_up("made up", op, types, n))));
        cases.into_iter().map(|case| case.differentiable(false)).collect()
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: CategoricalCrossEntropyGradient.into(),
            inputs: vec![Type::sample([3]), Type::sample([3]), Type::step([])],
            text: "`categorical_cross_entropy_gradient` needs input 2 to be per sample, received per step",
        }]
    }
}

/// [`PROBABILITY_FLOOR`], as the f32 that it is.
fn floor() -> f64 {
    f64::from(PROBABILITY_FLOOR)
}

/// A case whose made-up probabilities are above zero.
fn positive(mut case: Case) -> Case {
    case.inputs[0].1.iter_mut().for_each(|p| *p = p.abs() / 4.0);
    case
}
