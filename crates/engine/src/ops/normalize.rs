use proofmark_tensor::Shape;

use super::softmax::strided_terms;
use super::{Broadcast, Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Graph, Type, Value};
use crate::map::{Builder, Function, Program};

/// Divides each row (the last axis) by its own scale: y\[i\] = (x\[i\] - m) r with r = 1 / sqrt(mean over j of
/// (x\[j\] - m)^2 + epsilon), where m is the row's mean, or 0. Layer, group and RMS normalisation are this, before gain and bias.
///
/// *Shapes*: x `[.., C]` per sample or per step; y the same, and r `[..]`: one number a row, which the gradient needs.
///
/// *Definition in f32*, for each row: m is a strided sum (see [`Softmax`](super::Softmax)) of x, divided by C;
/// d\[i\] = x\[i\] - m; the mean square is a strided sum of fused multiply-adds of d and d, divided by C; r is one over the square
/// root of it plus epsilon; y\[i\] = d\[i\] r. Without centring m is +0.0. Two passes, so that a large mean does not swallow a
/// small deviation. A NaN or an infinity makes its whole row NaN.
///
/// *Gradient*: [`NormalizeGradient`]; what r receives is -r^2 y / C times its gradient.
///
/// *Source*: Ba, Kiros, Hinton 2016, *Layer normalization*; Zhang, Sennrich 2019, *Root mean square layer normalization*.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalize {
    /// What is subtracted.
    pub centre: Centre,
    /// What is added to the mean square, above 0.
    pub epsilon: f32,
}

/// Gradient of [`Normalize`]: dx\[i\] = r (dy\[i\] - mean of dy - y\[i\] mean of y dy), without the mean of dy where nothing was
/// subtracted.
///
/// *Shapes*: y `[.., C]`, r `[..]` and dy `[.., C]`, all per sample or all per step; dx as y.
///
/// *Definition in f32*, for each row: both means are strided sums, the second one of fused multiply-adds of y and dy, divided
/// by C; dx\[i\] = r mul_add(-y\[i\], second, dy\[i\] - first).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormalizeGradient {
    /// What was subtracted.
    pub centre: Centre,
}

/// What a row is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Centre {
    /// Its mean.
    Mean,
    /// Zero.
    Zero,
}

impl Centre {
    /// The centre of a row, and the mean of its absolute values, from which the error of the centre follows.
    fn of(self, row: &[f64]) -> (f64, f64) {
        match self {
            Centre::Mean => (mean(row.iter().copied()), mean(row.iter().map(|x| x.abs()))),
            Centre::Zero => (0.0, 0.0),
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Centre::Mean => "centre=mean",
            Centre::Zero => "centre=zero",
        }
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// The shape of one number a row.
fn rows(shape: &Shape) -> Shape {
    Shape::new(&shape[..shape.rank() - 1])
}

/// Adds -r^2 y dr / C: what x receives by way of r.
fn gradient_by_scale(graph: &mut Graph, y: Value, r: Value, dr: Value) -> Result<Value, GradientError> {
    let shape = graph.shape(y).clone();
    let mut builder = Builder::new(2);
    let (r_input, dr_input, size) = (builder.input(0), builder.input(1), builder.constant(-(shape.last() as f32)));
    let square = builder.apply(Function::Square, &[r_input]);
    let product = builder.apply(Function::Mul, &[square, dr_input]);
    let share = builder.apply(Function::Div, &[product, size]);
    let share = graph.map(builder.finish(&[share]), &[r, dr])?;
    let axes = vec![shape.rank() - 1];
    let share = graph.add(Broadcast { shape, axes }, &[share])?;
    Ok(graph.map(Program::of(Function::Mul), &[y, share])?)
}

impl Op for Normalize {
    const NAME: &'static str = "normalize";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        check::rows(Self::NAME, inputs, 0)?;
        if !(self.epsilon > 0.0 && self.epsilon.is_finite()) {
            let (attribute, value) = ("epsilon", f64::from(self.epsilon));
            return Err(TypeError::Attribute { op: Self::NAME, attribute, value, range: "finite numbers above 0" });
        }
        Ok(vec![inputs[0].clone(), Type { shape: rows(&inputs[0].shape), ..inputs[0].clone() }])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let columns = x.ty.shape.last();
        let terms = strided_terms(columns) + 6;
        let mut y = Reference { data: Vec::new(), magnitude: Vec::new(), terms };
        let mut r = y.clone();
        for row in x.data.chunks_exact(columns) {
            let (centre, size) = self.centre.of(row);
            let square = mean(row.iter().map(|x| (x - centre) * (x - centre)));
            let scale = 1.0 / (square + f64::from(self.epsilon)).sqrt();
            // A rounded mean that is off by e adds e^2 to the mean square: all there is where the row is constant.
            let by_mean = 0.5 * (terms + 2) as f64 * (size * scale) * (size * scale) / 16_777_216.0;
            for x in row {
                let value = (x - centre) * scale;
                y.data.push(value);
                y.magnitude.push(size * scale + value.abs() * (2.0 + by_mean));
            }
            r.data.push(scale);
            r.magnitude.push(scale * (1.0 + by_mean));
        }
        vec![y, r]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (y, r) = (site.outputs[0], site.outputs[1]);
        if !site.wanted[0] {
            return Ok(vec![None]);
        }
        let by_rows = match site.output_gradients[0] {
            Some(dy) => Some(site.graph.add(NormalizeGradient { centre: self.centre }, &[y, r, dy])?),
            None => None,
        };
        let by_scale = match site.output_gradients[1] {
            Some(dr) => Some(gradient_by_scale(site.graph, y, r, dr)?),
            None => None,
        };
        Ok(vec![match (by_rows, by_scale) {
            (Some(a), Some(b)) => Some(site.graph.map(Program::of(Function::Add), &[a, b])?),
            (one, other) => one.or(other),
        }])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: 5 * inputs[0].elements() as u64 }
    }

    fn attributes(&self) -> String {
        format!("{} epsilon={:?}", self.centre.describe(), self.epsilon)
    }

    fn cases() -> Vec<Case> {
        let of = |centre, epsilon| Normalize { centre, epsilon };
        let row = |values: Vec<f64>| vec![(Type::sample([values.len()]), values)];
        let mut cases = vec![
            Case::new("known", of(Centre::Mean, 4.0), row(vec![5., 8., 8., 5.]))
                .expect(vec![vec![-0.6, 0.6, 0.6, -0.6], vec![0.4]]),
            Case::new("known root mean square", of(Centre::Zero, 3.5), row(vec![3., 4.]))
                .expect(vec![vec![0.75, 1.], vec![0.25]]),
            // What torch.nn.functional.layer_norm(x, (4,), eps=2**-10) and rms_norm of PyTorch 2.15.0 give in float64.
            Case::new("as PyTorch's layer_norm", of(Centre::Mean, 0.000_976_562_5), row(vec![0.5, -1.25, 3., 2.]))
                .expect(vec![
                    vec![
                        -0.350_523_742_702_191_55,
                        -1.441_042_053_331_232,
                        1.207_359_558_196_437_6,
                        0.584_206_237_836_986,
                    ],
                    vec![0.623_153_320_359_451_7],
                ]),
            Case::new("as PyTorch's rms_norm", of(Centre::Zero, 0.000_976_562_5), row(vec![0.5, -1.25, 3., 2.]))
                .expect(vec![
                    vec![
                        0.259_793_667_748_594_9,
                        -0.649_484_169_371_487_2,
                        1.558_762_006_491_569_5,
                        1.039_174_670_994_379_4,
                    ],
                    vec![0.519_587_335_497_189_8],
                ]),
            // A central difference is wide against so small an epsilon.
            Case::new("no deviation", of(Centre::Mean, 1e-5), row(vec![0.1f32.into(); 33])).differentiable(false),
            Case::new("a large mean", of(Centre::Mean, 1e-5), row(vec![4096., 4097., 4098., 4099.]))
                .differentiable(false),
            Case::new("nothing but zeros", of(Centre::Zero, 0.25), row(vec![0.; 5]))
                .expect(vec![vec![0.; 5], vec![2.]]),
            Case::new(
                "NaN fills its row",
                of(Centre::Mean, 1.0),
                vec![(Type::sample([2, 2]), vec![f64::NAN, 1., 3., 3.])],
            )
            .expect(vec![vec![f64::NAN, f64::NAN, 0., 0.], vec![f64::NAN, 1.]])
            .differentiable(false),
        ];
        for centre in [Centre::Mean, Centre::Zero] {
            let made_up = |name, ty, n_samples| Case::made_up(name, of(centre, 1e-3), &[ty], n_samples);
            cases.extend([
                made_up("one number", Type::sample([1]), 2),
                made_up("several shards, last one short", Type::sample([10]), 21),
                made_up("as many as accumulators", Type::sample([16]), 3),
                made_up("rows within a sample", Type::sample([3, 2, 37]), 2),
                made_up("long rows", Type::sample([1000]), 1).differentiable(false),
                made_up("of a parameter", Type::step([2, 19]), 1),
            ]);
        }
        cases
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |epsilon, x: &[usize], text| Rejection {
            op: Normalize { centre: Centre::Mean, epsilon }.into(),
            inputs: vec![Type::sample(Shape::new(x))],
            text,
        };
        vec![
            reject(1e-5, &[], "`normalize` needs input 0 with 1 axes, received shape []"),
            reject(1e-5, &[3, 0], "`normalize`: shape [3, 0] has no elements"),
            reject(0.0, &[3], "`normalize`: epsilon of 0 is outside finite numbers above 0"),
        ]
    }
}

impl Op for NormalizeGradient {
    const NAME: &'static str = "normalize_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 3)?;
        check::all_f32(Self::NAME, inputs)?;
        check::rows(Self::NAME, inputs, 0)?;
        for (input, shape) in [(1, rows(&inputs[0].shape)), (2, inputs[0].shape.clone())] {
            check::span(Self::NAME, inputs, input, inputs[0].span)?;
            check::shape(Self::NAME, inputs, input, &shape)?;
        }
        Ok(vec![inputs[0].clone()])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let (y, r, dy) = (inputs[0], inputs[1], inputs[2]);
        let columns = y.ty.shape.last();
        let mut dx = Reference { data: Vec::new(), magnitude: Vec::new(), terms: strided_terms(columns) + 5 };
        let rows = y.data.chunks_exact(columns).zip(dy.data.chunks_exact(columns));
        for ((y, dy), r) in rows.zip(&r.data) {
            let (centre, size) = self.centre.of(dy);
            let products = || y.iter().zip(dy).map(|(y, dy)| y * dy);
            let (along, along_size) = (mean(products()), mean(products().map(f64::abs)));
            for (y, dy) in y.iter().zip(dy) {
                dx.data.push(r * (dy - centre - y * along));
                dx.magnitude.push(r.abs() * (dy.abs() + size + y.abs() * along_size));
            }
        }
        vec![dx]
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: 7 * inputs[0].elements() as u64 }
    }

    fn attributes(&self) -> String {
        self.centre.describe().to_owned()
    }

    fn cases() -> Vec<Case> {
        let known = |centre| {
            let values = [vec![1., -1., 0.5], vec![2.], vec![3., 6., 0.]];
            let shapes = [Type::sample([3]), Type::sample([]), Type::sample([3])];
            Case::new("known", NormalizeGradient { centre }, shapes.into_iter().zip(values).collect())
        };
        // Means of dy and of y dy: 3 and -1.
        let mut cases = vec![
            known(Centre::Mean).expect(vec![vec![2., 4., -5.]]),
            known(Centre::Zero).expect(vec![vec![8., 10., 1.]]),
        ];
        for centre in [Centre::Mean, Centre::Zero] {
            let case = |name, y: Type, n_samples| {
                let r = Type { shape: rows(&y.shape), ..y.clone() };
                Case::made_up(name, NormalizeGradient { centre }, &[y.clone(), r, y], n_samples)
            };
            cases.extend([
                case("one number", Type::sample([1]), 2),
                case("several shards, last one short", Type::sample([10]), 21),
                case("as many as accumulators", Type::sample([16]), 3),
                case("rows within a sample", Type::sample([3, 2, 37]), 2),
                case("of a parameter", Type::step([2, 19]), 1),
            ]);
        }
        cases.into_iter().map(|case| case.differentiable(false)).collect()
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: NormalizeGradient { centre: Centre::Mean }.into(),
            inputs: vec![Type::sample([2, 3]), Type::sample([3]), Type::sample([2, 3])],
            text: "`normalize_gradient` needs input 1 of shape [2], received [3]",
        }]
    }
}
