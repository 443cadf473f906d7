use proofmark_tensor::DType;

use super::conv2d::CaseShape;
use super::{
    Case, Conv2d, Cost, MaxPool2d, Op, Padding, Reference, ReferenceContext, Rejection, Tensor64, WindowGeometry, check,
};
use crate::error::TypeError;
use crate::graph::{Span, Type};

/// [`Conv2d`], a bias for each filter, the ReLU where wanted, and [`MaxPool2d`] in one: what a pooling window holds is reduced to its
/// largest element as soon as it is computed, and positions that no window covers are not computed.
///
/// *Shapes*: x `[H, W, C]` per sample, w `[kh, kw, C / groups, O]` and b `[O]` per step; y and the arg-max (u8) `[PH, PW, O]` per
/// sample.
///
/// *Definition in f32*: that of the parts, one after the other; the bits are theirs. A [rewrite](crate::rewrites) puts it in
/// their place; it has no gradient of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dMaxPool {
    /// The convolution.
    pub conv: Conv2d,
    /// Whether the ReLU stands before the pooling.
    pub has_relu: bool,
    /// The pooling.
    pub pool: MaxPool2d,
}

impl Conv2dMaxPool {
    /// The convolution's output, and the pooling on it.
    fn parts(&self, inputs: &[&Type]) -> Result<(Type, WindowGeometry), TypeError> {
        let y = self.conv.infer(&inputs[..2])?.remove(0);
        let windows = self.pool.geometry(&y.shape)?;
        Ok((y, windows))
    }
}

impl Op for Conv2dMaxPool {
    const NAME: &'static str = "conv2d_max_pool";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 3)?;
        check::all_f32(Self::NAME, inputs)?;
        check::span(Self::NAME, inputs, 2, Span::Step)?;
        let (y, windows) = self.parts(inputs)?;
        check::shape(Self::NAME, inputs, 2, &[y.shape[2]])?;
        let pooled = Type::sample([windows.output[0], windows.output[1], y.shape[2]]);
        Ok(vec![pooled.clone(), pooled.with_dtype(DType::U8)])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let (ty, _) = self.parts(&[&inputs[0].ty, &inputs[1].ty]).expect("the graph is typed");
        let mut y = self.conv.reference(&inputs[..2], context).remove(0);
        let bias = &inputs[2].data;
        for (idx, value) in y.data.iter_mut().enumerate() {
            let bias = bias[idx % bias.len()];
            *value += bias;
            y.magnitude[idx] += bias.abs();
            if self.has_relu && 0.0 > *value {
                *value = 0.0;
            }
        }
        let activated = Tensor64 { data: y.data, ty };
        let [mut pooled, arg_max] =
            <[Reference; 2]>::try_from(self.pool.reference(&[&activated], context)).expect("a pooling has two outputs");
        // The largest of some numbers is as wrong as the one of them that is most wrong, at most.
        let magnitudes = Tensor64 { data: y.magnitude, ty: activated.ty };
        pooled.magnitude = self.pool.reference(&[&magnitudes], context).remove(0).data;
        pooled.terms = y.terms + 1;
        vec![pooled, arg_max]
    }

    fn cost(&self, inputs: &[&Type], outputs: &[Type]) -> Cost {
        let Ok((y, _)) = self.parts(inputs) else { return Cost::default() };
        let conv = self.conv.cost(&inputs[..2], &[]);
        let pool = self.pool.cost(&[&y], outputs);
        let element_wise = (1 + u64::from(self.has_relu)) * y.elements() as u64;
        Cost { flops: conv.flops + pool.flops + element_wise }
    }

    fn attributes(&self) -> String {
        let relu = if self.has_relu { " relu" } else { "" };
        format!("{}{relu} pool_{}", self.conv.describe(), self.pool.attributes().replace(' ', " pool_"))
    }

    fn cases() -> Vec<Case> {
        let image: Vec<f64> = (1..10).map(f64::from).collect();
        let worked = Conv2dMaxPool { conv: Conv2d::valid(), has_relu: true, pool: pool([2, 2], [2, 2]) };
        let inputs = |bias: f64| {
            vec![
                (Type::sample([3, 3, 1]), image.clone()),
                (Type::step([2, 2, 1, 1]), vec![0., 1., 1., 0.]),
                (Type::step([1]), vec![bias]),
            ]
        };
        let mut cases = vec![
            Case::new("the worked example", worked, inputs(-3.0)).expect(vec![vec![11.], vec![3.]]),
            Case::new("the first zero wins", worked, inputs(-20.0)).expect(vec![vec![0.], vec![0.]]),
            Case::new("without ReLU", Conv2dMaxPool { has_relu: false, ..worked }, inputs(-20.0))
                .expect(vec![vec![-6.], vec![3.]]),
        ];
        cases.extend(SHAPES.iter().map(|(shape, pool)| {
            let types = [Type::sample(shape.input), Type::step(shape.weight()), Type::step([shape.filters])];
            let op = Conv2dMaxPool { conv: shape.conv, has_relu: shape.samples % 2 == 1, pool: *pool };
            Case::made_up(shape.name, op, &types, shape.samples)
        }));
        cases.into_iter().map(|case| case.differentiable(false)).collect()
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |size, bias: &[usize], text| Rejection {
            op: Conv2dMaxPool { conv: Conv2d::valid(), has_relu: true, pool: pool(size, [2, 2]) }.into(),
            inputs: vec![
                Type::sample([5, 5, 2]),
                Type::step([3, 3, 2, 4]),
                Type::step(proofmark_tensor::Shape::new(bias)),
            ],
            text,
        };
        vec![
            reject([2, 2], &[3], "`conv2d_max_pool` needs input 2 of shape [4], received [3]"),
            reject([4, 4], &[4], "`max_pool2d`: a window of [4, 4] (dilated) does not fit the input of [3, 3]"),
        ]
    }
}

const fn pool(size: [usize; 2], stride: [usize; 2]) -> MaxPool2d {
    MaxPool2d { size, stride, padding: Padding::Valid }
}

const fn shape(
    name: &'static str,
    padding: Padding,
    stride: usize,
    input: [usize; 3],
    kernel: [usize; 2],
    filters: usize,
    samples: usize,
) -> CaseShape {
    let conv = Conv2d { stride: [stride, stride], padding, dilation: [1, 1], groups: 1 };
    CaseShape { name, conv, input, kernel, filters, samples }
}

const SHAPES: &[(CaseShape, MaxPool2d)] = &[
    (shape("a channel", Padding::Valid, 1, [9, 10, 1], [3, 3], 17, 9), pool([2, 2], [2, 2])),
    (shape("same, rest of a row and a column", Padding::Same, 1, [7, 9, 3], [3, 3], 5, 2), pool([2, 2], [2, 2])),
    (shape("large windows", Padding::Valid, 1, [9, 9, 2], [2, 2], 33, 3), pool([3, 3], [3, 3])),
    (shape("uneven windows, apart", Padding::Valid, 1, [10, 9, 2], [3, 2], 4, 2), pool([1, 2], [3, 3])),
    (shape("stride", Padding::Same, 2, [12, 13, 3], [3, 3], 18, 2), pool([2, 2], [2, 2])),
    (shape("tiles", Padding::Valid, 1, [8, 8, 16], [3, 3], 16, 3), pool([2, 2], [2, 2])),
    (shape("tiles, odd sizes", Padding::Valid, 1, [9, 7, 19], [3, 3], 33, 10), pool([2, 2], [2, 2])),
    (shape("tiles, same", Padding::Same, 1, [6, 9, 17], [3, 3], 20, 2), pool([2, 2], [2, 2])),
    (shape("tiles under another window", Padding::Same, 1, [6, 9, 16], [3, 3], 16, 3), pool([3, 2], [3, 2])),
];
