use proofmark_tensor::Shape;

use super::conv2d::{CaseShape, SHAPES, for_each_term};
use super::{
    Case, Conv2d, ConvGeometry, Cost, Fold, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check,
    winograd,
};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};

/// Gradient of [`Conv2d`]'s input: dx\[p, q, c\] = sum over i, j, o of dy\[r, s, o\] wt\[i, j, o, c\], where (r, s) is the
/// output whose tap (i, j) lies on (p, q).
///
/// *Shapes*: dy `[OH, OW, O]` per sample; wt `[kh, kw, O / groups, C]` per step, the weight with input and output channels
/// exchanged within each group; dx `[H, W, C]` per sample.
///
/// *Definition in f32*: a chain of fused multiply-adds along the flat index (i, j, o) from +0.0, o counting within the
/// group, cut into blocks of [`CHAIN`](crate::cpu::CHAIN), which are added in order. Taps for which there is no output
/// (outside, or between strides) take part as +0.0. Where [`Conv2d`] over dy would be computed in tiles, so is this, with the kernel
/// turned (`ops/winograd.rs`). With [`Zeros::Skip`]: one chain from +0.0 along (r, s, o) in row-major order, of
/// those dy that are not zero.
///
/// On its own it is the transposed convolution: every dy spreads the kernel over the larger image.
///
/// *Gradient*, where no zeros are skipped: it is linear in both, so that dy receives the [`Conv2d`] of what dx receives, and wt
/// its [`Conv2dWeightGradient`] with dy, both with the channels exchanged back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conv2dInputGradient {
    /// The convolution.
    pub conv: Conv2d,
    /// Shape of its input, `[H, W, C]`, which dy alone does not tell.
    pub input: Shape,
    /// What becomes of zeros in dy.
    pub zeros: Zeros,
}

/// Gradient of [`Conv2d`]'s weight: dw\[i, j, c, o\] = sum over samples and outputs (r, s) of
/// x\[r stride₀ + i dilation₀ - top, s stride₁ + j dilation₁ - left, c\] dy\[r, s, o\].
///
/// *Shapes*: x `[H, W, C]` and dy `[OH, OW, O]` per sample; dw `[kh, kw, C / groups, O]` per step.
///
/// *Definition in f32*: for each sample a chain of fused multiply-adds along (r, s) in row-major order from +0.0, cut into
/// blocks of [`CHAIN`](crate::cpu::CHAIN), which are added in order; padded positions take part as +0.0. A shard's samples
/// are added in order to +0.0, shards in the tree. With [`Zeros::Skip`]: only the dy that are not zero take part; a block is as many
/// whole rows of outputs as have at most [`CHAIN`](crate::cpu::CHAIN) positions, one at least; and blocks are added to the shard's
/// sum in order, of which the first is the sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conv2dWeightGradient {
    /// The convolution.
    pub conv: Conv2d,
    /// Height and width of its kernel, which x and dy alone do not tell.
    pub kernel: [usize; 2],
    /// What becomes of zeros in dy.
    pub zeros: Zeros,
}

/// What becomes of terms whose factor from the output's gradient is zero. It decides bits, and which code runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zeros {
    /// They take part: 0 times infinity is NaN.
    Multiply,
    /// They take no part: for gradients of which most are zero, as behind max pooling. Neither groups nor dilation.
    Skip,
}

impl Zeros {
    fn check(self, op: &'static str, conv: &Conv2d) -> Result<(), TypeError> {
        let refuse = |attribute, value: usize| {
            Err(TypeError::Attribute { op, attribute, value: value as f64, range: "1, where zeros are skipped" })
        };
        match self {
            Zeros::Skip if conv.groups != 1 => refuse("groups", conv.groups),
            Zeros::Skip if conv.dilation != [1, 1] => refuse("dilation", conv.dilation[0].max(conv.dilation[1])),
            Zeros::Skip | Zeros::Multiply => Ok(()),
        }
    }

    fn skips(self, dy: f64) -> bool {
        self == Zeros::Skip && dy == 0.0
    }

    fn describe(self) -> &'static str {
        match self {
            Zeros::Multiply => "",
            Zeros::Skip => " zeros=skip",
        }
    }
}

impl Conv2dInputGradient {
    /// Where the taps of a kernel, given as wt `[kh, kw, O / groups, C]`, fall on the image.
    ///
    /// # Errors
    /// [`TypeError`] if the shapes do not fit each other or the attributes.
    pub fn geometry(&self, wt_shape: &Shape) -> Result<ConvGeometry, TypeError> {
        let op = Self::NAME;
        check::image(op, &self.input)?;
        if wt_shape.rank() != 4 {
            return Err(TypeError::Rank { op, input: 1, expected: 4, received: wt_shape.clone() });
        }
        let filters = wt_shape[2].saturating_mul(self.conv.groups);
        let geometry = self.conv.geometry_of(op, &self.input, [wt_shape[0], wt_shape[1]], filters)?;
        if wt_shape[3] != self.input[2] {
            let expected = Shape::from([wt_shape[0], wt_shape[1], wt_shape[2], self.input[2]]);
            return Err(TypeError::Shape { op, input: 1, expected, received: wt_shape.clone() });
        }
        Ok(geometry)
    }
}

impl Conv2dWeightGradient {
    /// Where the taps fall on x, given the output's channels.
    ///
    /// # Errors
    /// [`TypeError`] if the shapes do not fit each other or the attributes.
    pub fn geometry(&self, x_shape: &Shape, dy_shape: &Shape) -> Result<ConvGeometry, TypeError> {
        for (input, shape) in [x_shape, dy_shape].into_iter().enumerate() {
            if shape.rank() != 3 {
                return Err(TypeError::Rank { op: Self::NAME, input, expected: 3, received: shape.clone() });
            }
        }
        self.conv.geometry_of(Self::NAME, x_shape, self.kernel, dy_shape[2])
    }
}

impl Op for Conv2dInputGradient {
    const NAME: &'static str = "conv2d_input_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 2)?;
        check::all_f32(Self::NAME, inputs)?;
        check::span(Self::NAME, inputs, 0, Span::Sample)?;
        check::span(Self::NAME, inputs, 1, Span::Step)?;
        self.zeros.check(Self::NAME, &self.conv)?;
        let geometry = self.geometry(&inputs[1].shape)?;
        let [height, width] = geometry.window.output;
        check::shape(Self::NAME, inputs, 0, &[height, width, geometry.filters])?;
        Ok(vec![Type::sample(self.input.clone())])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let (dy, wt) = (inputs[0], inputs[1]);
        let geometry = self.geometry(&wt.ty.shape).expect("the graph is typed");
        let ConvGeometry { window, channels, filters, .. } = geometry;
        let ([height, width], [rows, columns]) = (window.input, window.size);
        let (group_channels, group_filters) = (geometry.group_channels(), geometry.group_filters());
        let ty = Type::sample(self.input.clone());
        let mut dx = Reference::zeros(&ty, context.samples(), rows * columns * group_filters);
        for (to, element) in (0..context.samples() * ty.elements()).map(|to| (to, to % ty.elements())) {
            let (sample, pixel, channel) = (to / ty.elements(), element / channels, element % channels);
            debug_assert!(pixel < height * width);
            for (i, j) in (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))) {
                // Without an output the tap meets a zero, which is multiplied as well.
                let (row, column) = (window.target(0, pixel / width, i), window.target(1, pixel % width, j));
                let output = row.zip(column).map(|(row, column)| row * window.output[1] + column);
                for o in 0..group_filters {
                    let filter = channel / group_channels * group_filters + o;
                    let dy =
                        output.map_or(0.0, |output| dy.data[sample * dy.ty.elements() + output * filters + filter]);
                    if !self.zeros.skips(dy) {
                        dx.add_term(to, dy * wt.data[((i * columns + j) * group_filters + o) * channels + channel]);
                    }
                }
            }
        }
        let turned = winograd::turned(&geometry);
        if self.zeros == Zeros::Multiply && winograd::applies(&turned) {
            winograd::bound(&mut dx, &turned, dy, wt, true);
        }
        vec![dx]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        if self.zeros == Zeros::Skip {
            // Which terms take part is decided by dy: there is no slope where it is zero.
            let input = site.wanted.iter().position(|wanted| *wanted).unwrap_or(0);
            return Err(GradientError::NotDifferentiable { op: Self::NAME, input });
        }
        let (dy, wt) = (site.inputs[0], site.inputs[1]);
        let Some(g) = site.output_gradients[0] else { return Ok(vec![None, None]) };
        let [rows, columns, ..] = site.graph.shape(wt)[..] else { unreachable!("a kernel has four axes") };
        let by_dy = if site.wanted[0] {
            let w = self.conv.exchange_channels(site.graph, wt)?;
            Some(site.graph.add(self.conv, &[g, w])?)
        } else {
            None
        };
        let by_wt = if site.wanted[1] {
            let op = Conv2dWeightGradient { conv: self.conv, kernel: [rows, columns], zeros: Zeros::Multiply };
            let dw = site.graph.add(op, &[g, dy])?;
            Some(self.conv.exchange_channels(site.graph, dw)?)
        } else {
            None
        };
        Ok(vec![by_dy, by_wt])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        self.geometry(&inputs[1].shape).map_or(Cost::default(), |geometry| geometry.cost())
    }

    fn attributes(&self) -> String {
        format!("{} input={}{}", self.conv.describe(), self.input, self.zeros.describe())
    }

    fn cases() -> Vec<Case> {
        let known = Case::new(
            "known: every output spreads the kernel",
            Conv2dInputGradient {
                conv: Conv2d { stride: [1, 2], ..Conv2d::valid() },
                input: [2, 4, 1].into(),
                zeros: Zeros::Multiply,
            },
            vec![(Type::sample([1, 2, 1]), vec![1., 10.]), (Type::step([2, 2, 1, 1]), vec![1., 2., 3., 4.])],
        )
        .expect(vec![vec![1., 2., 10., 20., 3., 4., 30., 40.]]);
        let made_up = zeros_of_shapes().map(|(shape, zeros)| {
            let geometry = shape.geometry();
            let [height, width] = geometry.window.output;
            let [rows, columns, ..] = shape.weight();
            let wt = [rows, columns, geometry.group_filters(), geometry.channels];
            Case::made_up(
                shape.name,
                Conv2dInputGradient { conv: shape.conv, input: shape.input.into(), zeros },
                &[Type::sample([height, width, geometry.filters]), Type::step(wt)],
                shape.samples,
            )
            .with_zeros(0, zeros == Zeros::Skip)
            .differentiable(zeros == Zeros::Multiply && !shape.name.starts_with("tiles"))
        });
        std::iter::once(known).chain(made_up).collect()
    }

    fn rejections() -> Vec<Rejection> {
        let op = |input: &[usize]| {
            let (conv, zeros) = (Conv2d::valid(), Zeros::Multiply);
            Conv2dInputGradient { conv, input: Shape::new(input), zeros }.into()
        };
        vec![
            Rejection {
                op: op(&[5, 5, 3]),
                inputs: vec![Type::sample([4, 3, 2]), Type::step([3, 3, 2, 3])],
                text: "`conv2d_input_gradient` needs input 0 of shape [3, 3, 2], received [4, 3, 2]",
            },
            Rejection {
                op: op(&[5, 5, 3]),
                inputs: vec![Type::sample([3, 3, 2]), Type::step([3, 3, 2, 4])],
                text: "`conv2d_input_gradient` needs input 1 of shape [3, 3, 2, 3], received [3, 3, 2, 4]",
            },
            Rejection {
                op: op(&[5, 5]),
                inputs: vec![Type::sample([3, 3, 2]), Type::step([3, 3, 2, 3])],
                text: "`conv2d_input_gradient`: axes of `input` of 2 is outside 3",
            },
        ]
    }
}

impl Op for Conv2dWeightGradient {
    const NAME: &'static str = "conv2d_weight_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 2)?;
        check::all_f32(Self::NAME, inputs)?;
        check::span(Self::NAME, inputs, 0, Span::Sample)?;
        check::span(Self::NAME, inputs, 1, Span::Sample)?;
        self.zeros.check(Self::NAME, &self.conv)?;
        let geometry = self.geometry(&inputs[0].shape, &inputs[1].shape)?;
        let [height, width] = geometry.window.output;
        check::shape(Self::NAME, inputs, 1, &[height, width, geometry.filters])?;
        Ok(vec![Type::step([self.kernel[0], self.kernel[1], geometry.group_channels(), geometry.filters])])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let (x, dy) = (inputs[0], inputs[1]);
        let geometry = self.geometry(&x.ty.shape, &dy.ty.shape).expect("the graph is typed");
        let [height, width] = geometry.window.output;
        let ty = Type::step([self.kernel[0], self.kernel[1], geometry.group_channels(), geometry.filters]);
        let mut dw = Reference::zeros(&ty, 1, height * width + context.samples());
        for sample in 0..context.samples() {
            for_each_term(&geometry, |x_idx, w_idx, y_idx| {
                let x = x_idx.map_or(0.0, |idx| x.data[sample * x.ty.elements() + idx]);
                let dy = dy.data[sample * dy.ty.elements() + y_idx];
                if !self.zeros.skips(dy) {
                    dw.add_term(w_idx, x * dy);
                }
            });
        }
        vec![dw]
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        self.geometry(&inputs[0].shape, &inputs[1].shape).map_or(Cost::default(), |geometry| geometry.cost())
    }

    fn fold(&self) -> Option<Fold> {
        Some(Fold::Sum)
    }

    fn attributes(&self) -> String {
        format!("{} kernel={:?}{}", self.conv.describe(), self.kernel, self.zeros.describe())
    }

    fn cases() -> Vec<Case> {
        let known = Case::new(
            "known: two samples",
            Conv2dWeightGradient { conv: Conv2d::valid(), kernel: [1, 2], zeros: Zeros::Multiply },
            vec![
                (Type::sample([1, 3, 1]), vec![1., 2., 3., 4., 5., 6.]),
                (Type::sample([1, 2, 1]), vec![1., 10., 100., 1000.]),
            ],
        )
        .samples(2)
        .expect(vec![vec![21. + 5400., 32. + 6500.]]);
        let made_up = zeros_of_shapes().map(|(shape, zeros)| {
            let geometry = shape.geometry();
            let [height, width] = geometry.window.output;
            Case::made_up(
                shape.name,
                Conv2dWeightGradient { conv: shape.conv, kernel: shape.kernel, zeros },
                &[Type::sample(shape.input), Type::sample([height, width, geometry.filters])],
                shape.samples,
            )
            .with_zeros(1, zeros == Zeros::Skip)
            .differentiable(false)
        });
        let long = [Zeros::Multiply, Zeros::Skip].map(|zeros| {
            Case::made_up(
                "chain of more than a block",
                Conv2dWeightGradient { conv: Conv2d::valid(), kernel: [1, 1], zeros },
                &[Type::sample([65, 64, 1]), Type::sample([65, 64, 2])],
                2,
            )
            .with_zeros(1, zeros == Zeros::Skip)
        });
        std::iter::once(known).chain(long).map(|case| case.differentiable(false)).chain(made_up).collect()
    }

    fn rejections() -> Vec<Rejection> {
        let op = |kernel| {
            let (conv, zeros) = (Conv2d::valid(), Zeros::Multiply);
            Conv2dWeightGradient { conv, kernel, zeros }.into()
        };
        vec![
            Rejection {
                op: op([3, 3]),
                inputs: vec![Type::sample([5, 5, 3]), Type::sample([5, 5, 4])],
                text: "`conv2d_weight_gradient` needs input 1 of shape [3, 3, 4], received [5, 5, 4]",
            },
            Rejection {
                op: op([3, 6]),
                inputs: vec![Type::sample([5, 5, 3]), Type::sample([3, 3, 4])],
                text: "`conv2d_weight_gradient`: a window of [3, 6] (dilated) does not fit the input of [5, 5]",
            },
            Rejection {
                op: Conv2dWeightGradient {
                    conv: Conv2d { groups: 2, ..Conv2d::valid() },
                    kernel: [3, 3],
                    zeros: Zeros::Skip,
                }
                .into(),
                inputs: vec![Type::sample([5, 5, 4]), Type::sample([3, 3, 4])],
                text: "`conv2d_weight_gradient`: groups of 2 is outside 1, where zeros are skipped",
            },
        ]
    }
}

/// The shapes of the tests, and again with zeros skipped where they can be.
fn zeros_of_shapes() -> impl Iterator<Item = (&'static CaseShape, Zeros)> {
    let all = SHAPES.iter().map(|shape| (shape, Zeros::Multiply));
    let skipping = |shape: &&CaseShape| Zeros::Skip.check("", &shape.conv).is_ok();
    all.chain(SHAPES.iter().filter(skipping).map(|shape| (shape, Zeros::Skip)))
}
