use proofmark_tensor::{DType, Shape};

use super::{
    Case, Cost, GradientSite, Op, Padding, Reference, ReferenceContext, Rejection, Tensor64, WindowGeometry,
    window::Pooling,
};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// Arithmetic mean of each window of each channel. Positions in the padding are not counted, as in Keras.
///
/// *Shapes*: x `[H, W, C]` per sample; y `[OH, OW, C]` per sample.
///
/// *Definition in f32*: a chain of additions from +0.0 over the window's positions inside the image in row-major order,
/// divided once by their number as f32.
///
/// *Gradient*: [`AveragePool2dGradient`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AveragePool2d {
    /// Rows and columns of the window; at least 1.
    pub size: [usize; 2],
    /// Steps from one window to the next; at least 1.
    pub stride: [usize; 2],
    /// What stands around the image.
    pub padding: Padding,
}

/// Gradient of [`AveragePool2d`]: each dy, divided by the number of its window's positions inside the image, goes to all of
/// these.
///
/// *Shapes*: dy `[OH, OW, C]` per sample; dx `[H, W, C]` per sample.
///
/// *Definition in f32*: a chain of additions of the quotients from +0.0 over the windows that hold the position, in
/// row-major order; +0.0 where none does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AveragePool2dGradient {
    /// The pooling.
    pub pool: AveragePool2d,
    /// Shape of its input, `[H, W, C]`.
    pub input: Shape,
}

impl AveragePool2d {
    /// Where the windows fall on an image `[H, W, C]`.
    ///
    /// # Errors
    /// [`TypeError`] if the window does not fit.
    pub fn geometry(&self, x_shape: &Shape) -> Result<WindowGeometry, TypeError> {
        self.pooling(Self::NAME).geometry(x_shape)
    }

    fn pooling(&self, op: &'static str) -> Pooling {
        let AveragePool2d { size, stride, padding } = *self;
        Pooling { op, size, stride, padding, names_positions: false }
    }
}

impl Op for AveragePool2d {
    const NAME: &'static str = "average_pool2d";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        Ok(vec![self.pooling(Self::NAME).infer(inputs)?])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let geometry = self.geometry(&x.ty.shape).expect("the graph is typed");
        let channels = x.ty.shape[2];
        let ty = Type::sample([geometry.output[0], geometry.output[1], channels]);
        let mut y = Reference::zeros(&ty, context.samples(), self.size[0] * self.size[1] + 1);
        for sample in 0..context.samples() {
            for row in 0..geometry.output[0] {
                for column in 0..geometry.output[1] {
                    let count = geometry.pixels(row, column).count() as f64;
                    for (_, pixel) in geometry.pixels(row, column) {
                        for channel in 0..channels {
                            let to = (row * geometry.output[1] + column) * channels + channel;
                            let value = x.data[sample * x.ty.elements() + pixel * channels + channel];
                            y.add_term(sample * ty.elements() + to, value / count);
                        }
                    }
                }
            }
        }
        vec![y]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (Some(dy), true) = (site.output_gradients[0], site.wanted[0]) else { return Ok(vec![None]) };
        let input = site.graph.shape(site.inputs[0]).clone();
        Ok(vec![Some(site.graph.add(AveragePool2dGradient { pool: *self, input }, &[dy])?)])
    }

    fn cost(&self, _inputs: &[&Type], outputs: &[Type]) -> Cost {
        self.pooling(Self::NAME).cost(outputs)
    }

    fn attributes(&self) -> String {
        self.pooling(Self::NAME).attributes()
    }

    fn cases() -> Vec<Case> {
        let image = vec![(Type::sample([2, 3, 1]), vec![1., 2., 3., 4., 5., 9.])];
        let mut cases = vec![
            Case::new("valid", AveragePool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid }, image.clone())
                .expect(vec![vec![3.0]]),
            Case::new(
                "padding is not counted",
                AveragePool2d { size: [2, 2], stride: [2, 2], padding: Padding::Same },
                image,
            )
            .expect(vec![vec![3.0, 6.0]]),
        ];
        cases
            .extend(SHAPES.iter().map(|(pool, input, n)| Case::made_up("made up", *pool, &[Type::sample(*input)], *n)));
        cases
    }

    fn rejections() -> Vec<Rejection> {
        vec![
            Rejection {
                op: AveragePool2d { size: [3, 2], stride: [1, 1], padding: Padding::Valid }.into(),
                inputs: vec![Type::sample([2, 2, 1])],
                text: "`average_pool2d`: a window of [3, 2] (dilated) does not fit the input of [2, 2]",
            },
            Rejection {
                op: AveragePool2d { size: [2, 2], stride: [1, 1], padding: Padding::Same }.into(),
                inputs: vec![Type::sample([2, 2, 0])],
                text: "`average_pool2d`: shape [2, 2, 0] has no elements",
            },
        ]
    }
}

impl Op for AveragePool2dGradient {
    const NAME: &'static str = "average_pool2d_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        Ok(vec![self.pool.pooling(Self::NAME).infer_gradient(inputs, &[DType::F32], &self.input)?])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let dy = inputs[0];
        let geometry = self.pool.geometry(&self.input).expect("the graph is typed");
        let channels = self.input[2];
        let terms = geometry.most_windows_of_a_pixel() + 1;
        let mut dx = Reference::zeros(&Type::sample(self.input.clone()), context.samples(), terms);
        for sample in 0..context.samples() {
            for row in 0..geometry.output[0] {
                for column in 0..geometry.output[1] {
                    let count = geometry.pixels(row, column).count() as f64;
                    for (_, pixel) in geometry.pixels(row, column) {
                        for channel in 0..channels {
                            let from = (row * geometry.output[1] + column) * channels + channel;
                            let to = sample * self.input.elements() + pixel * channels + channel;
                            dx.add_term(to, dy.data[sample * dy.ty.elements() + from] / count);
                        }
                    }
                }
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
                let op = AveragePool2dGradient { pool: *pool, input: (*input).into() };
                let [height, width] = pool.geometry(&op.input).expect("a case fits").output;
                Case::made_up("made up", op, &[Type::sample([height, width, input[2]])], *n_samples)
                    .differentiable(false)
            })
            .collect()
    }

    fn rejections() -> Vec<Rejection> {
        let pool = AveragePool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid };
        vec![Rejection {
            op: AveragePool2dGradient { pool, input: [5, 4, 3].into() }.into(),
            inputs: vec![Type::sample([3, 2, 3])],
            text: "`average_pool2d_gradient` needs input 0 of shape [2, 2, 3], received [3, 2, 3]",
        }]
    }
}

/// Poolings, their inputs and numbers of samples: the cases of the forward operation and of the gradient.
const SHAPES: &[(AveragePool2d, [usize; 3], usize)] = &[
    (AveragePool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid }, [5, 6, 3], 2),
    (AveragePool2d { size: [3, 3], stride: [1, 1], padding: Padding::Same }, [5, 4, 19], 2),
    (AveragePool2d { size: [2, 3], stride: [1, 2], padding: Padding::Valid }, [4, 7, 2], 3),
    (AveragePool2d { size: [3, 2], stride: [2, 3], padding: Padding::Same }, [3, 4, 33], 11),
    (AveragePool2d { size: [1, 1], stride: [2, 2], padding: Padding::Valid }, [4, 3, 5], 1),
    (AveragePool2d { size: [4, 4], stride: [1, 1], padding: Padding::Valid }, [4, 4, 1], 21),
];
