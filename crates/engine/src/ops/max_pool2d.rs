use proofmark_tensor::{DType, Shape};

use super::{
    Case, Cost, GradientSite, Op, Padding, Reference, ReferenceContext, Rejection, Tensor64, WindowGeometry,
    case::made_up_values, window::Pooling,
};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// Largest element of each window of each channel, and where in the window it stands.
///
/// The window is scanned in row-major order; the first maximum wins, and the first NaN wins over everything. Padding never
/// wins.
///
/// *Shapes*: x `[H, W, C]` per sample; y `[OH, OW, C]` and the arg-max `[OH, OW, C]` (u8: row times the window's width plus
/// column, counted from the window's corner even where that lies in the padding) per sample.
///
/// *Gradient*: [`MaxPool2dGradient`], which needs the arg-max only: kept as bytes instead of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxPool2d {
    /// Rows and columns of the window; at least 1, together at most 256 positions.
    pub size: [usize; 2],
    /// Steps from one window to the next; at least 1.
    pub stride: [usize; 2],
    /// What stands around the image.
    pub padding: Padding,
}

/// Gradient of [`MaxPool2d`]: each dy goes to the position that was selected.
///
/// *Shapes*: arg-max `[OH, OW, C]` (u8) and dy `[OH, OW, C]` per sample; dx `[H, W, C]` per sample.
///
/// *Definition in f32*: a position that several windows selected receives a chain of additions from +0.0 over these
/// windows in row-major order; one that none selected is +0.0. Gradients are selected, not multiplied by 0 or 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaxPool2dGradient {
    /// The pooling.
    pub pool: MaxPool2d,
    /// Shape of its input, `[H, W, C]`.
    pub input: Shape,
}

impl MaxPool2d {
    /// Where the windows fall on an image `[H, W, C]`.
    ///
    /// # Errors
    /// [`TypeError`] if the window does not fit or has more positions than a byte can name.
    pub fn geometry(&self, x_shape: &Shape) -> Result<WindowGeometry, TypeError> {
        self.pooling(Self::NAME).geometry(x_shape)
    }

    fn pooling(&self, op: &'static str) -> Pooling {
        let MaxPool2d { size, stride, padding } = *self;
        Pooling { op, size, stride, padding, names_positions: true }
    }
}

impl Op for MaxPool2d {
    const NAME: &'static str = "max_pool2d";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        let y = self.pooling(Self::NAME).infer(inputs)?;
        Ok(vec![y.clone(), y.with_dtype(DType::U8)])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let geometry = self.geometry(&x.ty.shape).expect("the graph is typed");
        let channels = x.ty.shape[2];
        let [height, width] = geometry.output;
        let mut y = Vec::with_capacity(context.samples() * height * width * channels);
        let mut positions = Vec::with_capacity(y.capacity());
        for image in x.data.chunks_exact(x.ty.elements()) {
            for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column))) {
                for channel in 0..channels {
                    let mut best: Option<(f64, usize)> = None;
                    for (position, pixel) in geometry.pixels(row, column) {
                        let value = image[pixel * channels + channel];
                        let is_better = best.is_none_or(|(best, _)| value > best || value.is_nan() && !best.is_nan());
                        if is_better {
                            best = Some((value, position));
                        }
                    }
                    let (value, position) = best.expect("every window meets the image");
                    y.push(value);
                    positions.push(position as f64);
                }
            }
        }
        vec![Reference::exact(y), Reference::exact(positions)]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (Some(dy), true) = (site.output_gradients[0], site.wanted[0]) else { return Ok(vec![None]) };
        let input = site.graph.shape(site.inputs[0]).clone();
        Ok(vec![Some(site.graph.add(MaxPool2dGradient { pool: *self, input }, &[site.outputs[1], dy])?)])
    }

    fn cost(&self, _inputs: &[&Type], outputs: &[Type]) -> Cost {
        self.pooling(Self::NAME).cost(outputs)
    }

    fn attributes(&self) -> String {
        self.pooling(Self::NAME).attributes()
    }

    fn cases() -> Vec<Case> {
        let pool = |size: [usize; 2]| MaxPool2d { size, stride: size, padding: Padding::Valid };
        let mut cases = vec![
            Case::new("the worked example", pool([2, 2]), vec![(Type::sample([2, 2, 1]), vec![6., 8., 12., 14.])])
                .expect(vec![vec![14.], vec![3.]]),
            Case::new("the first maximum wins", pool([2, 2]), vec![(Type::sample([2, 2, 1]), vec![0., 7., 7., 7.])])
                .expect(vec![vec![7.], vec![1.]])
                .differentiable(false),
            Case::new("no zero from the padding", SHAPES[1].0, vec![(Type::sample([1, 1, 1]), vec![-3.0])])
                .expect(vec![vec![-3.], vec![4.]]),
        ];
        let nan = vec![5., f64::NAN, 9., f64::NAN];
        cases.push(
            Case::new("the first NaN wins", pool([2, 2]), vec![(Type::sample([2, 2, 1]), nan)])
                .expect(vec![vec![f64::NAN], vec![1.]])
                .differentiable(false),
        );
        cases
            .extend(SHAPES.iter().map(|(pool, input, n)| Case::made_up("made up", *pool, &[Type::sample(*input)], *n)));
        cases
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |size, stride, input: &[usize], text| Rejection {
            op: MaxPool2d { size, stride, padding: Padding::Valid }.into(),
            inputs: vec![Type::sample(Shape::new(input))],
            text,
        };
        vec![
            reject(
                [3, 2],
                [1, 1],
                &[2, 2, 1],
                "`max_pool2d`: a window of [3, 2] (dilated) does not fit the input of [2, 2]",
            ),
            reject([17, 16], [1, 1], &[20, 20, 1], "`max_pool2d`: positions of the window of 272 is outside 1 to 256"),
            reject([2, 0], [1, 1], &[2, 2, 1], "`max_pool2d`: size of 0 is outside 1 or more"),
            reject([2, 2], [0, 1], &[2, 2, 1], "`max_pool2d`: stride of 0 is outside 1 or more"),
            reject([2, 2], [1, 1], &[2, 2, 0], "`max_pool2d`: shape [2, 2, 0] has no elements"),
            reject([2, 2], [1, 1], &[2, 2], "`max_pool2d` needs input 0 with 3 axes, received shape [2, 2]"),
            Rejection {
                op: MaxPool2d { size: [1, 1], stride: [1, 1], padding: Padding::Same }.into(),
                inputs: vec![Type::step([2, 2, 1])],
                text: "`max_pool2d` needs input 0 to be per sample, received per step",
            },
        ]
    }
}

impl Op for MaxPool2dGradient {
    const NAME: &'static str = "max_pool2d_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        let dtypes = [DType::U8, DType::F32];
        Ok(vec![self.pool.pooling(Self::NAME).infer_gradient(inputs, &dtypes, &self.input)?])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let (positions, dy) = (inputs[0], inputs[1]);
        let geometry = self.pool.geometry(&self.input).expect("the graph is typed");
        let channels = self.input[2];
        let overlap = geometry.most_windows_of_a_pixel();
        // What only one window can select is moved, not added.
        let terms = if overlap > 1 { overlap } else { 0 };
        let mut dx = Reference::zeros(&Type::sample(self.input.clone()), context.samples(), terms);
        for (i, (position, gradient)) in positions.data.iter().zip(&dy.data).enumerate() {
            let (sample, element) = (i / dy.ty.elements(), i % dy.ty.elements());
            let (window, channel) = (element / channels, element % channels);
            let (row, column) = (window / geometry.output[1], window % geometry.output[1]);
            let (_, pixel) = geometry
                .pixels(row, column)
                .find(|(other, _)| *other as f64 == *position)
                .expect("an arg-max names a position inside the image");
            let to = sample * self.input.elements() + pixel * channels + channel;
            dx.data[to] += gradient;
            if overlap > 1 {
                dx.magnitude[to] += gradient.abs();
            }
        }
        vec![dx]
    }

    fn attributes(&self) -> String {
        format!("{} input={}", self.pool.attributes(), self.input)
    }

    fn cases() -> Vec<Case> {
        SHAPES
            .iter()
            .map(|(pool, input, n_samples)| {
                // The arg-max of made-up images: what is not the result of a pooling never arises.
                let op = MaxPool2dGradient { pool: *pool, input: (*input).into() };
                let ty = Type::sample(*input);
                let data = made_up_values(ty.elements() * n_samples, 0);
                let context = ReferenceContext { ids: vec![0; *n_samples], step: 0, seed: 0 };
                let positions = pool.reference(&[&Tensor64 { ty, data }], &context).swap_remove(1).data;
                let [height, width] = pool.geometry(&op.input).expect("a case fits").output;
                let dy = Type::sample([height, width, input[2]]);
                Case::made_up("made up", op, &[dy.clone().with_dtype(DType::U8), dy], *n_samples)
                    .with_input(0, positions)
                    .differentiable(false)
            })
            .collect()
    }

    fn rejections() -> Vec<Rejection> {
        let op = |input: &[usize]| {
            let pool = MaxPool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid };
            MaxPool2dGradient { pool, input: Shape::new(input) }.into()
        };
        let byte = |shape: [usize; 3]| Type::sample(shape).with_dtype(DType::U8);
        vec![
            Rejection {
                op: op(&[4, 4, 1]),
                inputs: vec![byte([2, 2, 1]), Type::sample([2, 3, 1])],
                text: "`max_pool2d_gradient` needs input 1 of shape [2, 2, 1], received [2, 3, 1]",
            },
            Rejection {
                op: op(&[4, 4, 1]),
                inputs: vec![Type::sample([2, 2, 1]), Type::sample([2, 2, 1])],
                text: "`max_pool2d_gradient` needs input 0 of type u8, received f32",
            },
            Rejection {
                op: op(&[4, 4]),
                inputs: vec![byte([2, 2, 1]), Type::sample([2, 2, 1])],
                text: "`max_pool2d_gradient`: axes of `input` of 2 is outside 3",
            },
        ]
    }
}

/// Poolings, their inputs and numbers of samples: the cases of the forward operation and of the gradient.
const SHAPES: &[(MaxPool2d, [usize; 3], usize)] = &[
    (MaxPool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid }, [4, 6, 3], 2),
    (MaxPool2d { size: [3, 3], stride: [1, 1], padding: Padding::Same }, [5, 4, 2], 2),
    (MaxPool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid }, [5, 7, 19], 3),
    (MaxPool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid }, [2, 3, 33], 11),
    (MaxPool2d { size: [2, 3], stride: [2, 2], padding: Padding::Valid }, [6, 7, 2], 2),
    (MaxPool2d { size: [2, 2], stride: [2, 2], padding: Padding::Same }, [5, 5, 16], 2),
    (MaxPool2d { size: [3, 2], stride: [2, 3], padding: Padding::Same }, [6, 7, 1], 21),
    (MaxPool2d { size: [1, 1], stride: [2, 2], padding: Padding::Valid }, [4, 3, 5], 1),
    (MaxPool2d { size: [16, 16], stride: [16, 16], padding: Padding::Valid }, [16, 17, 1], 1),
];
