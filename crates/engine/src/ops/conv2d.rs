use proofmark_tensor::Shape;

use super::{
    Case, Conv2dInputGradient, Conv2dWeightGradient, ConvGeometry, Cost, GradientSite, Op, Operation, Padding,
    Reference, ReferenceContext, Rejection, Reshape, Tensor64, Transpose, WindowGeometry, Zeros, check, winograd,
};
use crate::cpu::CHAIN;
use crate::error::{GradientError, GraphError, TypeError};
use crate::graph::{Graph, Origin, Span, Type, Value};
use crate::map::{Function, Program};

/// Two-dimensional convolution (cross-correlation, as everywhere in deep learning) without bias:
///
/// y\[r, s, o\] = sum over i, j, c of x\[r stride₀ + i dilation₀ - top, s stride₁ + j dilation₁ - left, c\] w\[i, j, c, o\],
///
/// where positions outside of x are zero. With groups, filter o reads the channels of its own group only, and c counts
/// within the group.
///
/// *Shapes*: x `[H, W, C]` per sample, w `[kh, kw, C / groups, O]` per step; y `[OH, OW, O]` per sample.
///
/// *Definition in f32*: a chain of fused multiply-adds along the flat index (i, j, c) from +0.0, cut into blocks of
/// [`CHAIN`](crate::cpu::CHAIN), which are added in order. Padded taps take part as +0.0. Kernels of 3 x 3 with at least 16 channels
/// and filters, of stride 1, neither dilated nor grouped, are computed in tiles of 2 x 2 outputs as `ops/winograd.rs` defines,
/// unless the image has but a few rows or columns.
///
/// *Gradient*: [`Conv2dInputGradient`] with the kernel's channel axes exchanged, [`Conv2dWeightGradient`]. Behind max pooling they
/// [skip zeros](Zeros::Skip).
///
/// *Source*: Dumoulin and Visin 2016, *A guide to convolution arithmetic for deep learning*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2d {
    /// Steps from one output to the next, along height and width; at least 1.
    pub stride: [usize; 2],
    /// What stands around the image.
    pub padding: Padding,
    /// Steps from one tap to the next; at least 1, which is a dense kernel.
    pub dilation: [usize; 2],
    /// Into how many groups the channels are cut; divides both input and output channels. As many as channels make a
    /// depthwise convolution.
    pub groups: usize,
}

impl Conv2d {
    /// A dense convolution of stride 1 without padding.
    pub const fn valid() -> Self {
        Conv2d { stride: [1, 1], padding: Padding::Valid, dilation: [1, 1], groups: 1 }
    }

    /// Where the taps of a kernel `[kh, kw, C / groups, O]` fall on an image `[H, W, C]`.
    ///
    /// # Errors
    /// [`TypeError`] if the shapes do not fit each other or the attributes.
    pub fn geometry(&self, x_shape: &Shape, w_shape: &Shape) -> Result<ConvGeometry, TypeError> {
        if x_shape.rank() != 3 {
            return Err(TypeError::Rank { op: Self::NAME, input: 0, expected: 3, received: x_shape.clone() });
        }
        if w_shape.rank() != 4 {
            return Err(TypeError::Rank { op: Self::NAME, input: 1, expected: 4, received: w_shape.clone() });
        }
        let (channels, filters) = (x_shape[2], w_shape[3]);
        let geometry = self.geometry_of(Self::NAME, x_shape, [w_shape[0], w_shape[1]], filters)?;
        let expected = Shape::from([w_shape[0], w_shape[1], channels / self.groups, filters]);
        if *w_shape != expected {
            return Err(TypeError::Shape { op: Self::NAME, input: 1, expected, received: w_shape.clone() });
        }
        Ok(geometry)
    }

    /// The geometry on an input of three axes, for the errors of operation `op`.
    pub(super) fn geometry_of(
        &self,
        op: &'static str,
        input: &Shape,
        kernel: [usize; 2],
        filters: usize,
    ) -> Result<ConvGeometry, TypeError> {
        let channels = input[2];
        check::at_least_one(op, "groups", self.groups)?;
        for value in [channels, filters] {
            if value == 0 {
                return Err(TypeError::Empty { op, shape: [channels, filters].into() });
            }
            if !value.is_multiple_of(self.groups) {
                return Err(TypeError::Indivisible { op, attribute: "groups", divisor: self.groups, value });
            }
        }
        let window = WindowGeometry::new(op, [input[0], input[1]], kernel, self.stride, self.dilation, self.padding)?;
        Ok(ConvGeometry { window, channels, filters, groups: self.groups })
    }

    /// Adds the weight with input and output channels exchanged within each group: `[kh, kw, O / groups, C]`. Applied to that,
    /// it gives the weight again.
    pub(super) fn exchange_channels(&self, graph: &mut Graph, w: Value) -> Result<Value, GraphError> {
        let [rows, columns, channels, filters] = graph.shape(w)[..] else { unreachable!("a kernel has four axes") };
        if self.groups == 1 {
            return graph.add(Transpose { axes: vec![0, 1, 3, 2] }, &[w]);
        }
        let group_filters = filters / self.groups;
        let split = Reshape { shape: [rows, columns, channels, self.groups, group_filters].into() };
        let joined = Reshape { shape: [rows, columns, group_filters, self.groups * channels].into() };
        let split = graph.add(split, &[w])?;
        let exchanged = graph.add(Transpose { axes: vec![0, 1, 4, 3, 2] }, &[split])?;
        graph.add(joined, &[exchanged])
    }

    /// The attributes that differ from a plain convolution's.
    pub(super) fn describe(&self) -> String {
        let mut text = format!("stride={:?} padding={}", self.stride, self.padding);
        if self.dilation != [1, 1] {
            text += &format!(" dilation={:?}", self.dilation);
        }
        if self.groups != 1 {
            text += &format!(" groups={}", self.groups);
        }
        text
    }
}

/// Whether a gradient comes from a max pooling, through at most `depth` element-wise nodes that keep zeros.
fn is_mostly_zero(graph: &Graph, gradient: Value, depth: usize) -> bool {
    let Origin::Node { node, .. } = graph.origin(gradient) else { return false };
    let node = &graph.nodes()[node];
    match &node.op {
        Operation::MaxPool2dGradient(pool) => pool.pool.size[0] * pool.pool.size[1] > 1,
        // A sum has zeros where all its terms have.
        Operation::Map(map) if map.program == Program::of(Function::Add) => {
            depth > 0 && node.inputs.iter().all(|input| is_mostly_zero(graph, *input, depth - 1))
        }
        Operation::Map(_) => depth > 0 && node.inputs.iter().any(|input| is_mostly_zero(graph, *input, depth - 1)),
        _ => false,
    }
}

impl Op for Conv2d {
    const NAME: &'static str = "conv2d";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 2)?;
        check::all_f32(Self::NAME, inputs)?;
        check::span(Self::NAME, inputs, 0, Span::Sample)?;
        check::span(Self::NAME, inputs, 1, Span::Step)?;
        let geometry = self.geometry(&inputs[0].shape, &inputs[1].shape)?;
        let [height, width] = geometry.window.output;
        Ok(vec![Type::sample([height, width, geometry.filters])])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let (x, w) = (inputs[0], inputs[1]);
        let geometry = self.geometry(&x.ty.shape, &w.ty.shape).expect("the graph is typed");
        let [height, width] = geometry.window.output;
        let ty = Type::sample([height, width, geometry.filters]);
        let mut y = Reference::zeros(&ty, context.samples(), geometry.reduction());
        for sample in 0..context.samples() {
            for_each_term(&geometry, |x_idx, w_idx, y_idx| {
                let x = x_idx.map_or(0.0, |idx| x.data[sample * x.ty.elements() + idx]);
                let term = x * w.data[w_idx];
                y.add_term(sample * ty.elements() + y_idx, term);
            });
        }
        if winograd::applies(&geometry) {
            winograd::bound(&mut y, &geometry, x, w, false);
        }
        vec![y]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (x, w) = (site.inputs[0], site.inputs[1]);
        let Some(dy) = site.output_gradients[0] else { return Ok(vec![None, None]) };
        let (input, kernel) = (site.graph.shape(x).clone(), site.graph.shape(w).clone());
        let is_short = kernel[0] * kernel[1] * kernel[3] <= CHAIN;
        let can_skip = self.groups == 1 && self.dilation == [1, 1] && is_short;
        let zeros = if can_skip && is_mostly_zero(site.graph, dy, 4) { Zeros::Skip } else { Zeros::Multiply };
        let dx = if site.wanted[0] {
            let exchanged = self.exchange_channels(site.graph, w)?;
            Some(site.graph.add(Conv2dInputGradient { conv: *self, input, zeros }, &[dy, exchanged])?)
        } else {
            None
        };
        let dw = if site.wanted[1] {
            let op = Conv2dWeightGradient { conv: *self, kernel: [kernel[0], kernel[1]], zeros };
            Some(site.graph.add(op, &[x, dy])?)
        } else {
            None
        };
        Ok(vec![dx, dw])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        self.geometry(&inputs[0].shape, &inputs[1].shape).map_or(Cost::default(), |geometry| geometry.cost())
    }

    fn attributes(&self) -> String {
        self.describe()
    }

    fn cases() -> Vec<Case> {
        let image: Vec<f64> = (1..10).map(f64::from).collect();
        let mut cases = vec![
            Case::new(
                "the worked example",
                Conv2d::valid(),
                vec![(Type::sample([3, 3, 1]), image.clone()), (Type::step([2, 2, 1, 1]), vec![0., 1., 1., 0.])],
            )
            .expect(vec![vec![6., 8., 12., 14.]]),
            Case::new(
                "padding at the end first",
                Conv2d { padding: Padding::Same, ..Conv2d::valid() },
                vec![(Type::sample([3, 3, 1]), image), (Type::step([2, 2, 1, 1]), vec![1., 10., 100., 1000.])],
            )
            .expect(vec![vec![5421., 6532., 603., 8754., 9865., 906., 87., 98., 9.]]),
            Case::made_up(
                "chain of more than a block",
                Conv2d::valid(),
                &[Type::sample([4, 3, 342]), Type::step([4, 3, 342, 2])],
                1,
            )
            .differentiable(false),
        ];
        cases.extend(SHAPES.iter().map(|shape| {
            Case::made_up(
                shape.name,
                shape.conv,
                &[Type::sample(shape.input), Type::step(shape.weight())],
                shape.samples,
            )
            .differentiable(!shape.name.starts_with("tiles"))
        }));
        cases
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |conv: Conv2d, x: &[usize], w: &[usize], text| Rejection {
            op: conv.into(),
            inputs: vec![Type::sample(Shape::new(x)), Type::step(Shape::new(w))],
            text,
        };
        let valid = Conv2d::valid();
        vec![
            reject(
                valid,
                &[2, 5, 1],
                &[3, 3, 1, 4],
                "`conv2d`: a window of [3, 3] (dilated) does not fit the input of [2, 5]",
            ),
            reject(
                Conv2d { dilation: [1, 3], ..valid },
                &[6, 6, 1],
                &[3, 3, 1, 4],
                "`conv2d`: a window of [3, 7] (dilated) does not fit the input of [6, 6]",
            ),
            reject(
                valid,
                &[5, 5, 3],
                &[3, 3, 2, 4],
                "`conv2d` needs input 1 of shape [3, 3, 3, 4], received [3, 3, 2, 4]",
            ),
            reject(Conv2d { groups: 2, ..valid }, &[5, 5, 3], &[3, 3, 1, 4], "`conv2d`: groups of 2 does not divide 3"),
            reject(
                Conv2d { groups: 0, ..valid },
                &[5, 5, 3],
                &[3, 3, 1, 4],
                "`conv2d`: groups of 0 is outside 1 or more",
            ),
            reject(
                Conv2d { stride: [1, 0], ..valid },
                &[5, 5, 3],
                &[3, 3, 3, 4],
                "`conv2d`: stride of 0 is outside 1 or more",
            ),
            reject(valid, &[5, 5, 3], &[0, 3, 3, 4], "`conv2d`: size of 0 is outside 1 or more"),
            reject(valid, &[5, 5, 3], &[3, 3, 3, 0], "`conv2d`: shape [3, 0] has no elements"),
            reject(valid, &[0, 5, 3], &[3, 3, 3, 4], "`conv2d`: shape [0, 5] has no elements"),
            reject(valid, &[5, 5], &[3, 3, 3, 4], "`conv2d` needs input 0 with 3 axes, received shape [5, 5]"),
            reject(valid, &[5, 5, 3], &[3, 3, 3], "`conv2d` needs input 1 with 4 axes, received shape [3, 3, 3]"),
            Rejection {
                op: valid.into(),
                inputs: vec![Type::sample([5, 5, 3]), Type::sample([3, 3, 3, 4])],
                text: "`conv2d` needs input 1 to be per step, received per sample",
            },
        ]
    }
}

/// Calls `visit(x, w, y)` with the flat indices (in one sample) of every product x w that is a part of y. Of x there is none
/// where a tap lies in the padding: a zero, which is multiplied as well.
pub(super) fn for_each_term(geometry: &ConvGeometry, mut visit: impl FnMut(Option<usize>, usize, usize)) {
    let ConvGeometry { window, channels, filters, .. } = geometry;
    let (group_channels, group_filters) = (geometry.group_channels(), geometry.group_filters());
    for row in 0..window.output[0] {
        for column in 0..window.output[1] {
            for i in 0..window.size[0] {
                let p = window.source(0, row, i);
                for j in 0..window.size[1] {
                    let pixel = p.zip(window.source(1, column, j)).map(|(p, q)| p * window.input[1] + q);
                    for c in 0..group_channels {
                        for filter in 0..*filters {
                            let channel = filter / group_filters * group_channels + c;
                            visit(
                                pixel.map(|pixel| pixel * channels + channel),
                                ((i * window.size[1] + j) * group_channels + c) * filters + filter,
                                (row * window.output[1] + column) * filters + filter,
                            );
                        }
                    }
                }
            }
        }
    }
}

/// The shapes that cover the attributes: the forward operation's and both gradients' cases.
pub(super) struct CaseShape {
    pub(super) name: &'static str,
    pub(super) conv: Conv2d,
    pub(super) input: [usize; 3],
    pub(super) kernel: [usize; 2],
    pub(super) filters: usize,
    pub(super) samples: usize,
}

impl CaseShape {
    pub(super) fn weight(&self) -> [usize; 4] {
        [self.kernel[0], self.kernel[1], self.input[2] / self.conv.groups, self.filters]
    }

    pub(super) fn geometry(&self) -> ConvGeometry {
        self.conv.geometry(&self.input.into(), &self.weight().into()).expect("a case fits")
    }
}

const fn conv(stride: [usize; 2], padding: Padding, dilation: [usize; 2], groups: usize) -> Conv2d {
    Conv2d { stride, padding, dilation, groups }
}

const fn shape(
    name: &'static str,
    conv: Conv2d,
    input: [usize; 3],
    kernel: [usize; 2],
    filters: usize,
    samples: usize,
) -> CaseShape {
    CaseShape { name, conv, input, kernel, filters, samples }
}

pub(super) const SHAPES: &[CaseShape] = &[
    shape("one pixel, one channel", conv([1, 1], Padding::Valid, [1, 1], 1), [1, 1, 1], [1, 1], 1, 1),
    shape("valid, odd sizes", conv([1, 1], Padding::Valid, [1, 1], 1), [5, 7, 3], [3, 2], 5, 2),
    shape("more outputs than vector lanes", conv([1, 1], Padding::Valid, [1, 1], 1), [4, 5, 2], [3, 3], 19, 3),
    shape("wide, several shards, last one short", conv([1, 1], Padding::Valid, [1, 1], 1), [3, 4, 2], [2, 2], 33, 11),
    shape("many samples", conv([1, 1], Padding::Same, [1, 1], 1), [3, 3, 1], [3, 3], 4, 21),
    shape("same", conv([1, 1], Padding::Same, [1, 1], 1), [5, 4, 3], [3, 3], 4, 2),
    shape("same, even window", conv([1, 1], Padding::Same, [1, 1], 1), [4, 5, 2], [2, 4], 3, 2),
    shape("same, kernel larger than image", conv([1, 1], Padding::Same, [1, 1], 1), [2, 3, 2], [5, 5], 3, 2),
    shape("patches wider than a vector", conv([1, 1], Padding::Valid, [1, 1], 1), [5, 6, 24], [3, 3], 5, 3),
    shape("patches wider than all registers", conv([2, 1], Padding::Same, [1, 1], 1), [3, 4, 80], [2, 3], 3, 2),
    shape("same, stride 2", conv([2, 2], Padding::Same, [1, 1], 1), [7, 6, 3], [3, 3], 17, 2),
    shape("valid, stride 2 leaves a rest", conv([2, 2], Padding::Valid, [1, 1], 1), [6, 8, 2], [3, 3], 5, 2),
    shape("stride larger than kernel", conv([3, 2], Padding::Valid, [1, 1], 1), [8, 6, 2], [2, 1], 3, 2),
    shape("uneven strides, same", conv([1, 3], Padding::Same, [1, 1], 1), [4, 7, 2], [3, 2], 3, 2),
    shape("dilation", conv([1, 1], Padding::Valid, [2, 3], 1), [7, 8, 2], [3, 2], 4, 2),
    shape("dilation, same", conv([1, 1], Padding::Same, [2, 2], 1), [6, 5, 2], [3, 3], 3, 2),
    shape("dilation and stride", conv([2, 2], Padding::Same, [2, 1], 1), [7, 5, 2], [2, 3], 3, 2),
    shape("two groups", conv([1, 1], Padding::Valid, [1, 1], 2), [4, 4, 6], [2, 3], 4, 2),
    shape("three groups, same, stride 2", conv([2, 1], Padding::Same, [1, 1], 3), [5, 4, 3], [3, 3], 6, 3),
    shape("depthwise", conv([1, 1], Padding::Same, [1, 1], 5), [4, 3, 5], [3, 3], 5, 2),
    shape("depthwise with a multiplier", conv([1, 1], Padding::Valid, [1, 1], 3), [4, 4, 3], [3, 3], 6, 2),
    shape("tiles", conv([1, 1], Padding::Valid, [1, 1], 1), [6, 8, 16], [3, 3], 16, 2),
    shape("tiles, odd sizes, more than a vector", conv([1, 1], Padding::Valid, [1, 1], 1), [7, 9, 17], [3, 3], 19, 3),
    shape("tiles, same", conv([1, 1], Padding::Same, [1, 1], 1), [5, 6, 16], [3, 3], 33, 11),
    shape("pointwise", conv([1, 1], Padding::Valid, [1, 1], 1), [3, 3, 7], [1, 1], 18, 2),
];
