use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check, is_larger};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};
use proofmark_tensor::DType;

/// Triplet loss with the hardest samples of the batch: for each sample a, as anchor, max(0, margin + |x_a - x_p| - |x_a - x_n|),
/// p being the sample of a's class that is farthest from a, n the one of another class that is nearest to a. Distances are
/// Euclidean. An anchor that lacks one of the two in its batch has loss 0. A sample whose class is negative (missing) is no anchor and
/// nobody's positive or negative.
///
/// *Shapes*: x `[D]`, class (a scalar, i32), both per sample; the loss is a scalar per sample. What a sample has depends on the
/// others of its batch.
///
/// *Definition in f32*: squares of the differences are added in f64: sixteen accumulators start at +0.0, accumulator l adds the
/// elements l, l + 16, .., then l + 8 is added to l for l < 8, and so on with 4, 2, 1. Squared distances are compared: the largest and
/// the smallest, of equals the first sample of the batch; a NaN is both. Roots and loss are taken in f64, and the loss is rounded once.
/// A loss that is NaN passes.
///
/// *Gradient*: [`TripletLossGradient`]; the class has none.
///
/// *Source*: Schroff, Kalenichenko, Philbin 2015 (*FaceNet*), section 3.1, for the loss with its margin; Hermans, Beyer, Leibe 2017
/// (*In defense of the triplet loss*), equation 5, for the choice of triplets ("batch hard") and for distances that are not squared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TripletLoss {
    /// By how much a negative is to be farther than a positive.
    pub margin: f32,
}

/// Gradient of [`TripletLoss`]: an anchor a whose loss is not 0 gives, with u = dloss_a (x_a - x_p) / |x_a - x_p| and
/// v = dloss_a (x_a - x_n) / |x_a - x_n|, u - v to itself, -u to p and v to n. A distance of 0 has the gradient 0.
///
/// *Shapes*: the inputs of the operation, then dloss, a scalar per sample; dx `[D]` per sample.
///
/// *Definition in f32*: triplets as the loss has them; sums in f64 from +0.0, in the order of the anchors, for each of them to a, p and
/// n; rounded once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TripletLossGradient {
    /// By how much a negative is to be farther than a positive.
    pub margin: f32,
}

/// What an anchor is compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Triplet {
    pub(crate) positive: usize,
    pub(crate) negative: usize,
    /// Distances of both.
    pub(crate) distances: [f64; 2],
    /// Before it is cut at 0.
    difference: f64,
}

impl Triplet {
    /// The hardest triplet of an anchor, by the squared distances of all samples to it.
    pub(crate) fn hardest(
        margin: f64,
        class: impl Fn(usize) -> i64,
        anchor: usize,
        squares: &[f64],
    ) -> Option<Triplet> {
        let own = class(anchor);
        if own < 0 {
            return None;
        }
        let [mut positive, mut negative]: [Option<usize>; 2] = [None, None];
        for (other, square) in squares.iter().enumerate() {
            match class(other) {
                other_class if other_class < 0 => {}
                other_class if other_class == own => {
                    if other != anchor && positive.is_none_or(|best| is_larger(*square, squares[best])) {
                        positive = Some(other);
                    }
                }
                _ => {
                    if negative.is_none_or(|best| is_larger(-*square, -squares[best])) {
                        negative = Some(other);
                    }
                }
            }
        }
        let (positive, negative) = (positive?, negative?);
        let distances = [squares[positive].sqrt(), squares[negative].sqrt()];
        Some(Triplet { positive, negative, distances, difference: margin + distances[0] - distances[1] })
    }

    pub(crate) fn loss(&self) -> f64 {
        if self.is_met() { 0.0 } else { self.difference }
    }

    /// Whether there is nothing to lower; not where it is NaN.
    pub(crate) fn is_met(&self) -> bool {
        self.difference <= 0.0
    }
}

/// Types of the two inputs that both operations have.
fn check_inputs(op: &'static str, inputs: &[&Type], margin: f32) -> Result<(), TypeError> {
    check::dtype(op, inputs, 0, DType::F32)?;
    check::dtype(op, inputs, 1, DType::I32)?;
    for input in 0..inputs.len() {
        check::span(op, inputs, input, Span::Sample)?;
    }
    check::rank(op, inputs, 0, 1)?;
    check::not_empty(op, &inputs[0].shape)?;
    check::shape(op, inputs, 1, &[])?;
    // Neither is NaN.
    if margin > 0.0 && margin.is_finite() {
        return Ok(());
    }
    Err(TypeError::Attribute { op, attribute: "margin", value: f64::from(margin), range: "above 0" })
}

/// The hardest triplet of each sample of the batch.
fn triplets(x: &Tensor64, classes: &Tensor64, margin: f32) -> Vec<Option<Triplet>> {
    let rows: Vec<&[f64]> = x.data.chunks_exact(x.ty.elements()).collect();
    let class = |sample: usize| classes.data[sample] as i64;
    let square = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    (0..rows.len())
        .map(|anchor| {
            let squares: Vec<f64> = rows.iter().map(|row| square(rows[anchor], row)).collect();
            Triplet::hardest(f64::from(margin), class, anchor, &squares)
        })
        .collect()
}

impl Op for TripletLoss {
    const NAME: &'static str = "triplet_loss";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 2)?;
        check_inputs(Self::NAME, inputs, self.margin)?;
        Ok(vec![Type::sample([])])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let mut loss = Reference::zeros(&Type::sample([]), context.samples(), 1);
        for (sample, triplet) in triplets(inputs[0], inputs[1], self.margin).into_iter().enumerate() {
            if let Some(triplet) = triplet {
                loss.data[sample] = triplet.loss();
                loss.magnitude[sample] = f64::from(self.margin) + triplet.distances[0] + triplet.distances[1];
            }
        }
        vec![loss]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (Some(dloss), true) = (site.output_gradients[0], site.wanted[0]) else { return Ok(vec![None; 2]) };
        let inputs = [site.inputs[0], site.inputs[1], dloss];
        Ok(vec![Some(site.graph.add(TripletLossGradient { margin: self.margin }, &inputs)?), None])
    }

    /// Of one distance: how many there are depends on the batch.
    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: 3 * inputs[0].elements() as u64 }
    }

    fn couples_samples(&self) -> bool {
        true
    }

    fn attributes(&self) -> String {
        format!("margin={}", self.margin)
    }

    fn cases() -> Vec<Case> {
        let known = |name, x: &[f64], classes: &[f64], losses: &[f64]| {
            let inputs = vec![(Type::sample([1]), x.to_vec()), (class(), classes.to_vec())];
            Case::new(name, TripletLoss { margin: 1.5 }, inputs).samples(x.len()).expect(vec![losses.to_vec()])
        };
        let mut cases = vec![
            known("known", &[0., 1., 3.], &[0., 0., 1.], &[0., 0.5, 0.]),
            known(
                "the farthest of the class, the nearest of another",
                &[0., 1., 4., 6., 9.],
                &[2., 2., 2., 0., 0.],
                &[
                    0.0, // 1.5 + 4 - 6
                    0.0, // 1.5 + 3 - 5
                    3.5, // 1.5 + 4 - 2
                    2.5, // 1.5 + 3 - 2
                    0.0, // 1.5 + 3 - 5
                ],
            ),
            known("one class", &[0., 1., 3.], &[1., 1., 1.], &[0.; 3]),
            known("classes of one sample", &[0., 1., 3.], &[0., 1., 2.], &[0.; 3]),
            known("a class that is missing", &[0., 1., 0.5, 3.], &[0., 0., -1., 1.], &[0., 0.5, 0., 0.]),
            known("all at one place", &[2., 2., 2.], &[0., 0., 1.], &[1.5, 1.5, 0.]).differentiable(false),
            known("NaN", &[f64::NAN, 1., 3.], &[0., 0., 1.], &[f64::NAN, f64::NAN, 0.]).differentiable(false),
            known("infinite", &[f64::INFINITY, 1., 3.], &[0., 0., 1.], &[f64::NAN, f64::INFINITY, 0.])
                .differentiable(false),
        ];
        let pytorch = Case::new("as PyTorch", TripletLoss { margin: 0.5 }, known_batch()).samples(6);
        cases.push(pytorch.expect(vec![KNOWN_LOSSES.to_vec()]));
        cases.extend(made_up(TripletLoss { margin: 0.25 }, false));
        cases
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |margin, inputs: [Type; 2], text| Rejection {
            op: TripletLoss { margin }.into(),
            inputs: inputs.into(),
            text,
        };
        let integer = |ty: Type| ty.with_dtype(DType::I32);
        vec![
            reject(0.0, [Type::sample([3]), class()], "`triplet_loss`: margin of 0 is outside above 0"),
            reject(
                0.5,
                [Type::sample([2, 3]), class()],
                "`triplet_loss` needs input 0 with 1 axes, received shape [2, 3]",
            ),
            reject(
                0.5,
                [Type::sample([3]), integer(Type::sample([3]))],
                "`triplet_loss` needs input 1 of shape [], received [3]",
            ),
            reject(
                0.5,
                [Type::sample([3]), integer(Type::step([]))],
                "`triplet_loss` needs input 1 to be per sample, received per step",
            ),
        ]
    }
}

fn class() -> Type {
    Type::sample([]).with_dtype(DType::I32)
}

/// Six samples of three classes, the last of one sample.
fn known_batch() -> Vec<(Type, Vec<f64>)> {
    let x = vec![0.5, -1.25, 2.0, -0.75, 1.5, 0.125, 1.0, 0.75, 0.25, -2.0, 0.5, 1.5, 0.25, 2.0, -1.0, 1.5, -0.5, 0.75];
    vec![(Type::sample([3]), x), (class(), vec![0., 1., 0., 2., 1., 0.])]
}

/// What PyTorch 2.15's automatic differentiation gives in float64, of the formula with `linalg.vector_norm`, for a margin of 0.5.
const KNOWN_LOSSES: [f64; 6] =
    [0.111_834_237_384_746_96, 0.178_030_002_246_971_85, 1.296_121_266_288_773_8, 0.0, 0.165_785_755_589_038_3, 0.0];
const KNOWN_GRADIENT: [f64; 18] = [
    -0.433_238_102_624_122_93,
    -0.783_021_212_437_520_9,
    0.768_515_181_989_070_3,
    0.300_963_166_208_472_8,
    -0.275_347_575_248_035_55,
    0.210_080_930_507_818_6,
    -0.520_385_215_402_634_6,
    1.609_245_277_844_263_6,
    -1.329_902_291_443_903,
    0.202_113_020_863_610_83,
    -0.141_479_114_604_527_58,
    0.040_422_604_172_722_164,
    0.450_547_130_954_673_9,
    -0.409_397_375_554_179_5,
    0.310_883_574_774_291_9,
    0.0,
    0.0,
    0.0,
];

/// Batches of several shards, with classes of several samples; for the gradient a last input.
fn made_up(op: impl Into<super::Operation> + Copy, is_gradient: bool) -> Vec<Case> {
    let case = |name, width: usize, classes: usize, n_samples: usize| {
        let mut types = vec![Type::sample([width]), class()];
        types.extend(is_gradient.then_some(Type::sample([])));
        let drawn = (0..n_samples).map(|sample| ((sample * sample + sample / 2) % classes) as f64).collect();
        // Rows of made-up values are as far apart as their numbers: distances would be equal, and a difference see another triplet.
        let x = (0..width * n_samples).map(|i| ((37 * i * i + 1009 * i) % 4093) as f64 / 1024.0 - 2.0).collect();
        let case = Case::made_up(name, op, &types, n_samples).with_input(0, x).with_input(1, drawn);
        case.differentiable(!is_gradient)
    };
    vec![
        case("one sample", 3, 2, 1),
        case("several shards, last one short", 5, 3, 11),
        case("one more than a vector of sixteen", 17, 2, 9),
        case("several vectors and a rest", 37, 4, 21),
    ]
}

impl Op for TripletLossGradient {
    const NAME: &'static str = "triplet_loss_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 3)?;
        check_inputs(Self::NAME, inputs, self.margin)?;
        check::dtype(Self::NAME, inputs, 2, DType::F32)?;
        check::shape(Self::NAME, inputs, 2, &[])?;
        Ok(vec![inputs[0].clone()])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let [x, classes, dloss] = inputs else { return Vec::new() };
        let width = x.ty.elements();
        let mut dx = Reference::zeros(&x.ty, context.samples(), 1);
        for (anchor, triplet) in triplets(x, classes, self.margin).into_iter().enumerate() {
            let Some(triplet) = triplet.filter(|triplet| !triplet.is_met()) else { continue };
            let others = [(triplet.positive, 1.0), (triplet.negative, -1.0)];
            for ((other, sign), distance) in others.into_iter().zip(triplet.distances) {
                for i in 0..if distance == 0.0 { 0 } else { width } {
                    let difference = x.data[anchor * width + i] - x.data[other * width + i];
                    let term = sign * dloss.data[anchor] * (difference / distance);
                    dx.add_term(anchor * width + i, term);
                    dx.add_term(other * width + i, -term);
                }
            }
        }
        vec![dx]
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: 9 * inputs[0].elements() as u64 }
    }

    fn couples_samples(&self) -> bool {
        true
    }

    fn attributes(&self) -> String {
        format!("margin={}", self.margin)
    }

    fn cases() -> Vec<Case> {
        let op = TripletLossGradient { margin: 1.5 };
        let inputs = vec![
            (Type::sample([1]), vec![0., 1., 3.]),
            (class(), vec![0., 0., 1.]),
            (Type::sample([]), vec![5., 0.25, 7.]),
        ];
        let known = Case::new("known", op, inputs).samples(3).expect(vec![vec![-0.25, 0.5, -0.25]]);
        let together =
            vec![(Type::sample([2]), vec![2.; 6]), (class(), vec![0., 0., 1.]), (Type::sample([]), vec![5., 0.25, 7.])];
        let together = Case::new("all at one place", op, together).samples(3).expect(vec![vec![0.0; 6]]);
        let mut inputs = known_batch();
        inputs.push((Type::sample([]), vec![0.25, -0.5, 1.0, 2.0, 0.75, -1.5]));
        let pytorch = Case::new("as PyTorch", TripletLossGradient { margin: 0.5 }, inputs).samples(6);
        let pytorch = pytorch.expect(vec![KNOWN_GRADIENT.to_vec()]).differentiable(false);
        let mut cases = vec![known.differentiable(false), together.differentiable(false), pytorch];
        cases.extend(made_up(TripletLossGradient { margin: 0.25 }, true));
        cases
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: TripletLossGradient { margin: 0.5 }.into(),
            inputs: vec![Type::sample([3]), class(), Type::sample([3])],
            text: "`triplet_loss_gradient` needs input 2 of shape [], received [3]",
        }]
    }
}
