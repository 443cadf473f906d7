use proofmark_tensor::Shape;

use super::{Case, Cost, Fold, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};
use crate::map::Builder;

/// Mean and (biased) variance of each channel over the samples of the batch and the leading axes, and the number of
/// elements N that they are taken over: what batch normalisation divides by.
///
/// *Shapes*: x `[.., C]` per sample; mean `[C]`, variance `[C]` and N (a scalar, f32) per step. The unbiased variance of the
/// running statistics is variance N / (N - 1).
///
/// *Definition in f32*: within a shard of n elements a channel, mean = (a chain of additions along (sample, row) from +0.0)
/// / n, then M2 = a chain of fused multiply-adds of d and d along (sample, row) from +0.0 with d = x - mean. Shards a and b
/// are merged in the tree by d = mean_b - mean_a, mean = mul_add(d, n_b / n, mean_a), M2 = mul_add(d d, n_a n_b / n, M2_a +
/// M2_b), n = n_a + n_b, where both quotients are computed in f64 and rounded once. The variance is M2 / N.
///
/// *Gradient*: [`BatchMomentsGradient`]; N has none.
///
/// *Source*: Chan, Golub, LeVeque 1979; Ioffe and Szegedy 2015.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchMoments;

/// Gradient of [`BatchMoments`]: dx = dmean / N + 2 dvariance (x - mean) / N.
///
/// *Shapes*: x `[.., C]` per sample; mean `[C]`, N (a scalar), dmean and dvariance `[C]` per step, in this order; dx as x. N
/// is the third output of [`BatchMoments`], so that a shard need not know the size of its batch.
///
/// *Definition in f32*: mul_add(x - mean, (2 dvariance) / N, dmean / N).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchMomentsGradient;

/// What the rounding of the shards' means adds to the magnitude of a variance over `count` elements whose squares' mean is
/// `square`.
///
/// Let N be the count, u = 2^-24, and for a node v of the tree n its elements, m their mean, A the mean of their absolute
/// values, e the error of the computed mean; h is the node's height, of L at the root. Terms of higher order in u are left out,
/// but where they are all there is.
///
/// *Means.* A shard of n elements sums in n - 1 roundings and divides in one: |e| <= n u A (0 for n = 1). Merging a and b
/// rounds d = m_b - m_a, the quotient n_b / n and the result, and |d| n_b / n <= A since n_b <= n_a:
/// e = (n_a e_a + n_b e_b) / n + r with |r| <= 3 u A. So |e| <= (n + 3 h) u A with the n of a shard, and at the root that is
/// at most (N + 4) u A for shards of any size: hence the number of terms of the mean.
///
/// *M2* is the sum of the shards' M2 and, over the merges, of w d^2 with w = n_a n_b / n. Means that are off make it
///
/// sum of (M2 + n e^2) + sum of w (d + c)^2 with c = e_b - e_a,
///
/// which is off by 2 (sum of w d c) + (sum of w c^2) + (sum of n e^2). By Cauchy and Schwarz the first is at most
/// 2 sqrt(M2) sqrt(sum of w c^2), as the sum of w d^2 is a part of the M2 of all.
///
/// *Sum of w c^2.* By Cauchy and Schwarz w (A_a + A_b)^2 <= n_a A_a^2 + n_b A_b^2, and n A^2 is at most the sum of the node's
/// squares: over the merges of one height these add up to at most Y, the sum of all squares. Split e into the shards' errors
/// carried upwards and the sum of the r, at most 3 h u A. The first makes a sum of w c^2 over all merges that is at most the
/// sum over the shards of n e^2 <= (n u)^2 Y (the two of them and N e^2 at the root are the analysis of variance of e); the
/// second makes at most (3 (h - 1) u)^2 Y of the merges at height h. By the triangle inequality sqrt(sum of w c^2) is at most
/// (n + 3 sqrt(1 + 4 + .. + (L - 1)^2)) u sqrt(Y), and as N is above n 2^(L - 1), at most (N + 3) u sqrt(Y) for shards of any
/// size.
///
/// With V = M2 / N and P = Y / N, the variance is off by at most (N + 3) u (2 sqrt(V P) + 2 (N + 3) u P), whose first factor is
/// within the tolerance's. The second term is all there is where the variance is zero; the first is what a mean that is large
/// against the deviations does where shards differ.
fn by_means(count: usize, variance: f64, square: f64) -> f64 {
    2.0 * (variance * square).sqrt() + 2.0 * (count + 3) as f64 * square / 16_777_216.0
}

impl Op for BatchMoments {
    const NAME: &'static str = "batch_moments";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        check::span(Self::NAME, inputs, 0, Span::Sample)?;
        check::rows(Self::NAME, inputs, 0)?;
        let channels = Type::step([inputs[0].shape.last()]);
        Ok(vec![channels.clone(), channels, Type::step([])])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let channels = x.ty.shape.last();
        let count = x.data.len() / channels;
        let ty = Type::step([channels]);
        let mut mean = Reference::zeros(&ty, 1, count + 2);
        let mut variance = Reference::zeros(&ty, 1, count + 4);
        let mut squares = vec![0.0; channels];
        for (i, value) in x.data.iter().enumerate() {
            mean.add_term(i % channels, value / count as f64);
            squares[i % channels] += value * value / count as f64;
        }
        for (i, value) in x.data.iter().enumerate() {
            let deviation = value - mean.data[i % channels];
            variance.add_term(i % channels, deviation * deviation / count as f64);
        }
        for (magnitude, square) in variance.magnitude.iter_mut().zip(squares) {
            *magnitude += by_means(count, *magnitude, square);
        }
        vec![mean, variance, Reference::exact(vec![count as f64])]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let [dmean, dvariance, _] = site.output_gradients else { return Ok(vec![None]) };
        if !site.wanted[0] || dmean.is_none() && dvariance.is_none() {
            return Ok(vec![None]);
        }
        let (mean, count) = (site.outputs[0], site.outputs[2]);
        let mut or_zeros = |gradient: Option<Value>| match gradient {
            Some(gradient) => Ok(gradient),
            None => {
                let builder = Builder::new(1);
                let zero = builder.constant(0.0);
                site.graph.map(builder.finish(&[zero]), &[mean])
            }
        };
        let (dmean, dvariance) = (or_zeros(*dmean)?, or_zeros(*dvariance)?);
        Ok(vec![Some(site.graph.add(BatchMomentsGradient, &[site.inputs[0], mean, count, dmean, dvariance])?)])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: 4 * inputs[0].elements() as u64 }
    }

    fn fold(&self) -> Option<Fold> {
        Some(Fold::Moments)
    }

    fn cases() -> Vec<Case> {
        let known = vec![(Type::sample([2]), vec![1., 10., 3., 10., 5., 16., 7., 16.])];
        vec![
            Case::new("known", BatchMoments, known).samples(4).expect(vec![vec![4., 13.], vec![5., 9.], vec![4.]]),
            Case::new("no variance", BatchMoments, vec![(Type::sample([3, 1]), vec![0.1f32.into(); 33])])
                .samples(11)
                .expect(vec![vec![0.1f32.into()], vec![0.0], vec![33.0]]),
            Case::made_up("one number", BatchMoments, &[Type::sample([1])], 1),
            Case::made_up("several shards, last one short", BatchMoments, &[Type::sample([19])], 21),
            Case::made_up("images", BatchMoments, &[Type::sample([3, 2, 33])], 3),
            Case::made_up("images in several shards", BatchMoments, &[Type::sample([2, 2, 5])], 11),
            Case::made_up("a tree of five shards", BatchMoments, &[Type::sample([2, 3])], 37),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        vec![
            Rejection {
                op: BatchMoments.into(),
                inputs: vec![Type::sample([])],
                text: "`batch_moments` needs input 0 with 1 axes, received shape []",
            },
            Rejection {
                op: BatchMoments.into(),
                inputs: vec![Type::step([3])],
                text: "`batch_moments` needs input 0 to be per sample, received per step",
            },
        ]
    }
}

impl Op for BatchMomentsGradient {
    const NAME: &'static str = "batch_moments_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 5)?;
        check::all_f32(Self::NAME, inputs)?;
        check::span(Self::NAME, inputs, 0, Span::Sample)?;
        check::rows(Self::NAME, inputs, 0)?;
        let channels = [inputs[0].shape.last()];
        for (input, shape) in [(1, &channels[..]), (2, &[]), (3, &channels), (4, &channels)] {
            check::span(Self::NAME, inputs, input, Span::Step)?;
            check::shape(Self::NAME, inputs, input, shape)?;
        }
        Ok(vec![inputs[0].clone()])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let [x, mean, count, dmean, dvariance] = inputs else { return Vec::new() };
        let channels = x.ty.shape.last();
        let count = count.data[0];
        let mut dx = Reference::zeros(&x.ty, context.samples(), 4);
        for (i, value) in x.data.iter().enumerate() {
            let channel = i % channels;
            let slope = 2.0 * dvariance.data[channel] / count;
            let shift = dmean.data[channel] / count;
            dx.data[i] = slope * (value - mean.data[channel]) + shift;
            dx.magnitude[i] = slope.abs() * (value.abs() + mean.data[channel].abs()) + shift.abs();
        }
        vec![dx]
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: 3 * inputs[0].elements() as u64 }
    }

    fn cases() -> Vec<Case> {
        let case = |name, x: &[usize], n_samples| {
            let x = Type::sample(Shape::new(x));
            let channels = Type::step([x.shape.last()]);
            let types = [x, channels.clone(), Type::step([]), channels.clone(), channels];
            let count = n_samples * types[0].elements() / types[1].elements();
            Case::made_up(name, BatchMomentsGradient, &types, n_samples).with_input(2, vec![count as f64])
        };
        let known = vec![
            (Type::sample([1]), vec![1., 3.]),
            (Type::step([1]), vec![2.]),
            (Type::step([]), vec![2.]),
            (Type::step([1]), vec![10.]),
            (Type::step([1]), vec![7.]),
        ];
        let cases = [
            Case::new("known", BatchMomentsGradient, known).samples(2).expect(vec![vec![-2., 12.]]),
            case("several shards, last one short", &[19], 21),
            case("images", &[3, 2, 33], 3),
        ];
        cases.map(|case| case.differentiable(false)).into()
    }

    fn rejections() -> Vec<Rejection> {
        let channels = Type::step([3]);
        vec![
            Rejection {
                op: BatchMomentsGradient.into(),
                inputs: vec![Type::sample([2, 3]), channels.clone(), Type::step([]), channels.clone(), Type::step([2])],
                text: "`batch_moments_gradient` needs input 4 of shape [3], received [2]",
            },
            Rejection {
                op: BatchMomentsGradient.into(),
                inputs: vec![Type::sample([2, 3]), channels.clone(), channels],
                text: "`batch_moments_gradient` takes 5 inputs, received 3",
            },
        ]
    }
}
