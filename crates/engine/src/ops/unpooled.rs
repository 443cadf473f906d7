use super::case::made_up_values;
use super::{
    BatchSum, Case, Conv2d, Conv2dInputGradient, Conv2dWeightGradient, Cost, Fold, MaxPool2d, MaxPool2dGradient, Op,
    Padding, Reference, ReferenceContext, Rejection, Tensor64, Zeros,
};
use crate::error::TypeError;
use crate::graph::Type;

/// What reads the gradient of a max pooling's input, in one with [`MaxPool2dGradient`]: that gradient, of which at most one element
/// a window is not zero, is read through the arg-max and never written.
///
/// *Shapes*: the reader's inputs, with arg-max (u8) and dy (f32), both `[PH, PW, C]` per sample, in place of the gradient
/// `[H, W, C]`; the reader's output. Windows lie within the image and do not overlap.
///
/// *Definition in f32*: that of the parts, one after the other; the bits are theirs. A [rewrite](crate::rewrites) puts it in
/// their place; it has no gradient of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpooled {
    /// What reads the gradient.
    pub reader: UnpooledReader,
    /// The gradient that is read.
    pub gradient: MaxPool2dGradient,
}

/// What may read an unpooled gradient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnpooledReader {
    /// The gradient of a bias.
    Sum(BatchSum),
    /// The gradient of a convolution's input that skips zeros.
    Input(Conv2dInputGradient),
    /// The gradient of a convolution's weights that skips zeros.
    Weights(Conv2dWeightGradient),
}

impl UnpooledReader {
    /// Which of the reader's inputs is the gradient.
    pub(crate) fn input(&self) -> usize {
        match self {
            UnpooledReader::Sum(_) | UnpooledReader::Input(_) => 0,
            UnpooledReader::Weights(_) => 1,
        }
    }

    fn skips_zeros(&self) -> bool {
        match self {
            UnpooledReader::Sum(_) => true,
            UnpooledReader::Input(op) => op.zeros == Zeros::Skip,
            UnpooledReader::Weights(op) => op.zeros == Zeros::Skip,
        }
    }
}

/// Runs an expression with the reader's operation.
macro_rules! with_reader {
    ($reader:expr, $op:ident => $value:expr) => {
        match $reader {
            UnpooledReader::Sum($op) => $value,
            UnpooledReader::Input($op) => $value,
            UnpooledReader::Weights($op) => $value,
        }
    };
}

impl Unpooled {
    /// Whether windows of this pooling can be read through their arg-max: no position lies in two of them or outside.
    pub(crate) fn is_possible(pool: &MaxPool2d) -> bool {
        pool.padding == Padding::Valid && pool.size[0] <= pool.stride[0] && pool.size[1] <= pool.stride[1]
    }

    /// The reader's inputs, by a function of the gradient's two.
    fn reader_inputs<T: Clone>(&self, inputs: &[T], gradient: T) -> Vec<T> {
        let at = self.reader.input();
        let mut of_reader = inputs.to_vec();
        of_reader.splice(at..at + 2, [gradient]);
        of_reader
    }

    fn unpooled_type(&self) -> Type {
        Type::sample(self.gradient.input.clone())
    }
}

impl Op for Unpooled {
    const NAME: &'static str = "unpooled";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        let at = self.reader.input();
        if inputs.len() < at + 2 {
            return Err(TypeError::Arity { op: Self::NAME, expected: at + 2, received: inputs.len() });
        }
        let refuse = |attribute, value: usize, range| {
            Err(TypeError::Attribute { op: Self::NAME, attribute, value: value as f64, range })
        };
        if !Self::is_possible(&self.gradient.pool) {
            return refuse("stride", self.gradient.pool.stride[0], "windows within the image that do not overlap");
        }
        if !self.reader.skips_zeros() {
            return refuse("zeros", 0, "those that are skipped");
        }
        let gradient = self.gradient.infer(&inputs[at..at + 2])?.remove(0);
        with_reader!(&self.reader, op => op.infer(&self.reader_inputs(inputs, &gradient)))
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let at = self.reader.input();
        let data = self.gradient.reference(&inputs[at..at + 2], context).remove(0).data;
        let gradient = Tensor64 { data, ty: self.unpooled_type() };
        with_reader!(&self.reader, op => op.reference(&self.reader_inputs(inputs, &gradient), context))
    }

    fn cost(&self, inputs: &[&Type], outputs: &[Type]) -> Cost {
        let gradient = self.unpooled_type();
        with_reader!(&self.reader, op => op.cost(&self.reader_inputs(inputs, &gradient), outputs))
    }

    fn fold(&self) -> Option<Fold> {
        with_reader!(&self.reader, op => op.fold())
    }

    fn attributes(&self) -> String {
        let (name, attributes) = with_reader!(&self.reader, op => (name_of(op), op.attributes()));
        format!("{name} {attributes} pool_{}", self.gradient.attributes().replace(' ', " pool_"))
    }

    fn cases() -> Vec<Case> {
        SHAPES.iter().flat_map(Shapes::cases).collect()
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |stride, zeros, text| {
            let pool = MaxPool2d { size: [2, 2], stride: [stride; 2], padding: Padding::Valid };
            let conv = Conv2dWeightGradient { conv: Conv2d::valid(), kernel: [1, 1], zeros };
            Rejection {
                op: Unpooled {
                    reader: UnpooledReader::Weights(conv),
                    gradient: MaxPool2dGradient { pool, input: [4, 4, 1].into() },
                }
                .into(),
                inputs: vec![
                    Type::sample([4, 4, 1]),
                    Type::sample([2, 2, 1]).with_dtype(proofmark_tensor::DType::U8),
                    Type::sample([2, 2, 1]),
                ],
                text,
            }
        };
        vec![
            reject(1, Zeros::Skip, "`unpooled`: stride of 1 is outside windows within the image that do not overlap"),
            reject(2, Zeros::Multiply, "`unpooled`: zeros of 0 is outside those that are skipped"),
        ]
    }
}

fn name_of<O: Op>(_op: &O) -> &'static str {
    O::NAME
}

/// A convolution and the pooling behind it.
struct Shapes {
    name: &'static str,
    image: [usize; 3],
    conv: Conv2d,
    kernel: [usize; 2],
    filters: usize,
    window: [usize; 2],
    stride: [usize; 2],
    n_samples: usize,
}

const SHAPES: &[Shapes] = &[
    Shapes {
        name: "pairs, a narrow patch",
        image: [8, 9, 1],
        conv: Conv2d::valid(),
        kernel: [3, 3],
        filters: 18,
        window: [2, 2],
        stride: [2, 2],
        n_samples: 3,
    },
    Shapes {
        name: "pairs, a wide patch",
        image: [7, 8, 7],
        conv: Conv2d::valid(),
        kernel: [3, 3],
        filters: 37,
        window: [2, 2],
        stride: [2, 2],
        n_samples: 2,
    },
    Shapes {
        name: "windows apart, strides, padding",
        image: [9, 8, 2],
        conv: Conv2d { stride: [2, 1], padding: Padding::Same, ..Conv2d::valid() },
        kernel: [3, 2],
        filters: 5,
        window: [2, 1],
        stride: [3, 2],
        n_samples: 9,
    },
    Shapes {
        name: "more than 64 filters and positions",
        image: [12, 19, 3],
        conv: Conv2d::valid(),
        kernel: [2, 2],
        filters: 70,
        window: [3, 2],
        stride: [3, 2],
        n_samples: 1,
    },
];

impl Shapes {
    fn cases(&self) -> Vec<Case> {
        let weight = Type::step([self.kernel[0], self.kernel[1], self.image[2], self.filters]);
        let x = Type::sample(self.image);
        let y = self.conv.infer(&[&x, &weight]).expect("shapes that fit").remove(0);
        let pool = MaxPool2d { size: self.window, stride: self.stride, padding: Padding::Valid };
        let gradient = MaxPool2dGradient { pool, input: y.shape.clone() };
        let windows = pool.geometry(&y.shape).expect("windows that fit");
        let dy = Type::sample([windows.output[0], windows.output[1], self.filters]);
        let arg_max = dy.clone().with_dtype(proofmark_tensor::DType::U8);
        // The arg-max of made-up images: what is not the result of a pooling never arises.
        let data = made_up_values(y.elements() * self.n_samples, 0);
        let context = ReferenceContext { ids: (0..self.n_samples as u64).collect(), step: 0, seed: 0 };
        let selected = pool.reference(&[&Tensor64 { data, ty: y }], &context).remove(1).data;
        let readers = [
            UnpooledReader::Sum(BatchSum { shape: [self.filters].into() }),
            UnpooledReader::Input(Conv2dInputGradient {
                conv: self.conv,
                input: self.image.into(),
                zeros: Zeros::Skip,
            }),
            UnpooledReader::Weights(Conv2dWeightGradient { conv: self.conv, kernel: self.kernel, zeros: Zeros::Skip }),
        ];
        let of = |reader: UnpooledReader| {
            let pooled = [arg_max.clone(), dy.clone()];
            let at = reader.input();
            let types: Vec<Type> = match &reader {
                UnpooledReader::Sum(_) => pooled.into(),
                UnpooledReader::Input(_) => {
                    let turned = Type::step([self.kernel[0], self.kernel[1], self.filters, self.image[2]]);
                    pooled.into_iter().chain([turned]).collect()
                }
                UnpooledReader::Weights(_) => [x.clone()].into_iter().chain(pooled).collect(),
            };
            Case::made_up(self.name, Unpooled { reader, gradient: gradient.clone() }, &types, self.n_samples)
                .with_input(at, selected.clone())
                .with_zeros(at + 1, true)
                .differentiable(false)
        };
        readers.into_iter().map(of).collect()
    }
}
