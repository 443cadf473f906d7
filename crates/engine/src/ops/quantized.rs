use std::fmt;
use std::sync::Arc;

use proofmark_tensor::Shape;

use super::{Case, Conv2d, ConvGeometry, Cost, Op, Padding, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::TypeError;
use crate::graph::{Span, Type};

/// From f32 numbers to whole ones, affine: x ≈ scale · (q - zero_point), q from 0 to 255. What is computed with is q - zero_point, from
/// -zero_point to 255 - zero_point: x divided by `scale` in f32, rounded half to even, brought into that range. NaN becomes 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// What a step of one is worth; positive and finite.
    pub scale: f32,
    /// The byte that stands for 0.
    pub zero_point: u8,
}

impl Affine {
    /// For numbers from `low` to `high`: both are within the range, and 0 is exact (so that padding is), by Jacob et al. 2018, section
    /// 3. Where there is but 0, the scale is 1.
    pub fn of_range(low: f32, high: f32) -> Affine {
        let (low, high) = (low.min(0.0), high.max(0.0));
        // In halves, since the difference may overflow.
        let scale = (high / 255.0) - (low / 255.0);
        if !scale.is_normal() {
            return Affine { scale: 1.0, zero_point: 0 };
        }
        let zero_point = (-low / scale).round_ties_even().clamp(0.0, 255.0) as u8;
        Affine { scale, zero_point }
    }

    /// Whether the scale is one: positive and finite, and no denormal number.
    pub fn is_valid(self) -> bool {
        self.scale.is_normal() && self.scale > 0.0
    }

    /// The smallest and the largest number that is computed with.
    pub(crate) fn bounds(self) -> (f32, f32) {
        (-f32::from(self.zero_point), f32::from(255 - self.zero_point))
    }

    /// The whole number that is computed with.
    #[inline(always)]
    pub(crate) fn quantize(self, x: f32) -> i16 {
        let (low, high) = self.bounds();
        (x / self.scale).round_ties_even().clamp(low, high) as i16
    }

    fn check(self, op: &'static str) -> Result<(), TypeError> {
        if self.is_valid() {
            Ok(())
        } else {
            let (attribute, range) = ("scale", "the positive numbers");
            Err(TypeError::Attribute { op, attribute, value: f64::from(self.scale), range })
        }
    }
}

/// Weights of 8 bits, symmetric, with a scale for each output channel (the last axis): w ≈ scales\[n\] · values\[.., n\].
#[derive(Clone, PartialEq)]
pub struct QuantizedWeights {
    shape: Shape,
    values: Arc<[i8]>,
    scales: Arc<[f32]>,
}

impl QuantizedWeights {
    /// The longest sum of products whose 32-bit accumulator cannot overflow: a term is at most 255 · 127.
    pub const MAX_TERMS: usize = 65_536;

    /// `None` if there are not as many values and scales as the shape says, a value is -128, or a scale is not positive.
    pub fn new(shape: Shape, values: Vec<i8>, scales: Vec<f32>) -> Option<Self> {
        let fits = shape.rank() > 0 && values.len() == shape.elements() && scales.len() == shape.last();
        let are_scales = scales.iter().all(|scale| scale.is_normal() && *scale > 0.0);
        let is_right = fits && are_scales && !values.contains(&i8::MIN);
        is_right.then(|| QuantizedWeights { shape, values: values.into(), scales: scales.into() })
    }

    /// Rounds weights to 8 bits: the largest of each output channel becomes 127 or -127. Half to even; channels of zeros have
    /// the scale 1.
    ///
    /// # Panics
    /// If there are not as many numbers as the shape says.
    pub fn of(shape: &Shape, weights: &[f32]) -> Self {
        assert_eq!(weights.len(), shape.elements(), "one number for each element of {shape}");
        let channels = shape.last();
        let mut scales = vec![0.0f32; channels];
        for row in weights.chunks_exact(channels) {
            scales.iter_mut().zip(row).for_each(|(scale, weight)| *scale = scale.max(weight.abs()));
        }
        for scale in &mut scales {
            let wanted = *scale / 127.0;
            *scale = if wanted.is_normal() { wanted } else { 1.0 };
        }
        let round = |(weight, scale): (&f32, &f32)| (weight / scale).round_ties_even().clamp(-127.0, 127.0) as i8;
        let values = weights.chunks_exact(channels).flat_map(|row| row.iter().zip(&scales).map(round)).collect();
        QuantizedWeights { shape: shape.clone(), values, scales: scales.into() }
    }

    /// The weights' shape.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The whole numbers, in the order of the shape.
    pub fn values(&self) -> &[i8] {
        &self.values
    }

    /// What a step of one is worth, by output channel.
    pub fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// What a sum of products of these and of the input's numbers is worth, by output channel.
    pub(crate) fn output_scales(&self, input: Affine) -> Vec<f32> {
        self.scales.iter().map(|scale| input.scale * scale).collect()
    }
}

impl fmt::Debug for QuantizedWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuantizedWeights({})", self.shape)
    }
}

/// [`Dense`](super::Dense) with weights of 8 bits: y\[.., n\] = s\[n\] · sum over k of q(x\[.., k\]) v\[k, n\], where q are the
/// input's whole numbers ([`Affine`]), v the weights', and s\[n\] the product of both scales.
///
/// *Shapes*: x `[.., K]` per sample; y `[.., N]` per sample. The weights `[K, N]` are an attribute: they are never trained.
///
/// *Definition in f32*: the sum is of integers and exact (K is at most 65,536), hence the same in any order; it is rounded to f32,
/// half to even, and multiplied by s\[n\], the scales' product in f32.
///
/// *Gradient*: none; networks are quantised after training.
///
/// *Source*: Jacob et al. 2018, *Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference*;
/// scales by channel: Krishnamoorthi 2018, *Quantizing deep convolutional networks for efficient inference*, section 3.1.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedDense {
    /// How the input becomes whole numbers.
    pub input: Affine,
    /// `[K, N]`.
    pub weights: QuantizedWeights,
}

/// [`Conv2d`] with weights of 8 bits, as [`QuantizedDense`] computes them; positions outside of the image are 0.
///
/// *Shapes*: x `[H, W, C]` per sample; y `[OH, OW, O]` per sample. The weights `[kh, kw, C, O]` are an attribute; there are no groups.
///
/// *Definition in f32*: as [`QuantizedDense`], the sum along the flat index (i, j, c).
///
/// *Gradient*: none.
///
/// *Source*: as [`QuantizedDense`].
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedConv2d {
    /// Stride, padding, dilation; `groups` is 1.
    pub conv: Conv2d,
    /// How the input becomes whole numbers.
    pub input: Affine,
    /// `[kh, kw, C, O]`.
    pub weights: QuantizedWeights,
}

impl QuantizedConv2d {
    pub(crate) fn geometry(&self, x: &Shape) -> Result<ConvGeometry, TypeError> {
        let op = Self::NAME;
        if x.rank() != 3 {
            return Err(TypeError::Rank { op, input: 0, expected: 3, received: x.clone() });
        }
        if self.conv.groups != 1 {
            let value = self.conv.groups as f64;
            return Err(TypeError::Attribute { op, attribute: "groups", value, range: "1" });
        }
        let [rows, columns, channels, filters] = self.weights.shape[..] else {
            let value = self.weights.shape.rank() as f64;
            return Err(TypeError::Attribute { op, attribute: "axes of `weights`", value, range: "4" });
        };
        check_terms(op, rows * columns * channels)?;
        if channels != x[2] {
            let expected = Shape::from([x[0], x[1], channels]);
            return Err(TypeError::Shape { op, input: 0, expected, received: x.clone() });
        }
        self.conv.geometry_of(op, x, [rows, columns], filters)
    }
}

fn check_terms(op: &'static str, terms: usize) -> Result<(), TypeError> {
    if (1..=QuantizedWeights::MAX_TERMS).contains(&terms) {
        Ok(())
    } else {
        Err(TypeError::Attribute { op, attribute: "terms of a sum", value: terms as f64, range: "1 to 65536" })
    }
}

/// The value of a sum, which is exact in f64; two roundings in f32.
fn store(y: &mut Reference, idx: usize, sum: i64, scale: f32) {
    let value = sum as f64 * f64::from(scale);
    y.data[idx] = value;
    y.magnitude[idx] = value.abs();
}

impl Op for QuantizedDense {
    const NAME: &'static str = "quantized_dense";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        let op = Self::NAME;
        check::arity(op, inputs, 1)?;
        check::all_f32(op, inputs)?;
        check::span(op, inputs, 0, Span::Sample)?;
        check::rows(op, inputs, 0)?;
        self.input.check(op)?;
        let [terms, columns] = self.weights.shape[..] else {
            let value = self.weights.shape.rank() as f64;
            return Err(TypeError::Attribute { op, attribute: "axes of `weights`", value, range: "2" });
        };
        check_terms(op, terms)?;
        let mut shape = inputs[0].shape.to_vec();
        let last = shape.len() - 1;
        shape[last] = terms;
        check::shape(op, inputs, 0, &shape)?;
        shape[last] = columns;
        Ok(vec![Type::sample(shape)])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let (terms, columns) = (self.weights.shape[0], self.weights.shape[1]);
        let scales = self.weights.output_scales(self.input);
        let rows = context.samples() * x.ty.elements() / terms;
        let mut y = Reference { data: vec![0.0; rows * columns], magnitude: vec![0.0; rows * columns], terms: 2 };
        for row in 0..rows {
            for (column, scale) in scales.iter().enumerate() {
                let mut sum = 0i64;
                for k in 0..terms {
                    let q = self.input.quantize(x.data[row * terms + k] as f32);
                    sum += i64::from(q) * i64::from(self.weights.values[k * columns + column]);
                }
                store(&mut y, row * columns + column, sum, *scale);
            }
        }
        vec![y]
    }

    fn cost(&self, inputs: &[&Type], outputs: &[Type]) -> Cost {
        Cost { flops: 2 * (outputs[0].elements() * inputs[0].shape.last()) as u64 }
    }

    fn attributes(&self) -> String {
        describe(self.input, &self.weights)
    }

    fn cases() -> Vec<Case> {
        let dense = |name, x: &[usize], columns, samples| {
            let shape = Shape::from([x[x.len() - 1], columns]);
            Case::made_up(name, made_up(shape), &[Type::sample(Shape::new(x))], samples).differentiable(false)
        };
        let known = QuantizedDense {
            input: Affine { scale: 0.5, zero_point: 2 },
            weights: QuantizedWeights::new([2, 2].into(), vec![1, -2, 3, 127], vec![0.25, 1.0]).expect("they fit"),
        };
        vec![
            // -2 (cut from -6), 2 (rounded from 2.5).
            Case::new("known sum", known, vec![(Type::sample([2]), vec![-3.0, 1.25])])
                .expect(vec![vec![0.5, 129.0]])
                .differentiable(false),
            dense("one term, one output", &[1], 1, 3),
            dense("odd extents", &[7], 19, 11),
            dense("rows within a sample", &[3, 5], 33, 2),
            dense("vector wide", &[16], 64, 9),
            dense("many terms", &[1025], 17, 2),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |op: QuantizedDense, x: &[usize], text| Rejection {
            op: op.into(),
            inputs: vec![Type::sample(Shape::new(x))],
            text,
        };
        let no_scale = QuantizedDense { input: Affine { scale: 0.0, zero_point: 0 }, ..made_up([3, 2].into()) };
        vec![
            reject(made_up([4, 2].into()), &[2, 3], "`quantized_dense` needs input 0 of shape [2, 4], received [2, 3]"),
            reject(no_scale, &[3], "`quantized_dense`: scale of 0 is outside the positive numbers"),
            reject(
                made_up([65_537, 1].into()),
                &[65_537],
                "`quantized_dense`: terms of a sum of 65537 is outside 1 to 65536",
            ),
            reject(made_up([1, 3, 2].into()), &[3], "`quantized_dense`: axes of `weights` of 3 is outside 2"),
        ]
    }
}

impl Op for QuantizedConv2d {
    const NAME: &'static str = "quantized_conv2d";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        check::span(Self::NAME, inputs, 0, Span::Sample)?;
        self.input.check(Self::NAME)?;
        let geometry = self.geometry(&inputs[0].shape)?;
        let [height, width] = geometry.window.output;
        Ok(vec![Type::sample([height, width, geometry.filters])])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let geometry = self.geometry(&x.ty.shape).expect("the graph is typed");
        let (window, channels, filters) = (geometry.window, geometry.channels, geometry.filters);
        let ([height, width], [rows, columns]) = (window.output, window.size);
        let scales = self.weights.output_scales(self.input);
        let mut y = Reference::zeros(&Type::sample([height, width, filters]), context.samples(), 2);
        for (idx, output) in (0..context.samples() * height * width).enumerate() {
            let (sample, row, column) = (output / (height * width), output / width % height, output % width);
            let mut sums = vec![0i64; filters];
            for tap in 0..rows * columns {
                let source = (window.source(0, row, tap / columns), window.source(1, column, tap % columns));
                let (Some(p), Some(q)) = source else { continue };
                for c in 0..channels {
                    let at = sample * x.ty.elements() + (p * x.ty.shape[1] + q) * channels + c;
                    let value = i64::from(self.input.quantize(x.data[at] as f32));
                    for (filter, sum) in sums.iter_mut().enumerate() {
                        *sum += value * i64::from(self.weights.values[(tap * channels + c) * filters + filter]);
                    }
                }
            }
            for (filter, sum) in sums.into_iter().enumerate() {
                store(&mut y, idx * filters + filter, sum, scales[filter]);
            }
        }
        vec![y]
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        self.geometry(&inputs[0].shape).map_or(Cost::default(), |geometry| geometry.cost())
    }

    fn attributes(&self) -> String {
        format!("{} {}", self.conv.describe(), describe(self.input, &self.weights))
    }

    fn cases() -> Vec<Case> {
        let same = Conv2d { padding: Padding::Same, ..Conv2d::valid() };
        let conv = |name, conv: Conv2d, x: [usize; 3], [rows, columns, filters]: [usize; 3], samples| {
            let QuantizedDense { input, weights } = made_up([rows, columns, x[2], filters].into());
            let op = QuantizedConv2d { conv, input, weights };
            Case::made_up(name, op, &[Type::sample(x)], samples).differentiable(false)
        };
        let known = QuantizedConv2d {
            conv: same,
            input: Affine { scale: 1.0, zero_point: 0 },
            weights: QuantizedWeights::new([2, 2, 1, 1].into(), vec![1, 10, 100, 120], vec![1.0]).expect("they fit"),
        };
        vec![
            Case::new("padding at the end", known, vec![(Type::sample([2, 2, 1]), vec![1., 2., 3., 4.])])
                .expect(vec![vec![801., 402., 43., 4.]])
                .differentiable(false),
            conv("one pixel", Conv2d::valid(), [1, 1, 1], [1, 1, 1], 1),
            conv("first layer", Conv2d::valid(), [9, 8, 1], [3, 3, 17], 3),
            conv("padding", same, [6, 7, 3], [3, 2, 5], 9),
            conv("stride", Conv2d { stride: [2, 3], ..same }, [7, 8, 2], [3, 3, 4], 2),
            conv("dilation", Conv2d { dilation: [2, 1], ..Conv2d::valid() }, [7, 5, 2], [2, 3, 3], 2),
            conv("vector wide", same, [5, 5, 16], [3, 3, 32], 2),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |groups, weights: &[usize], x: &[usize], text| {
            let QuantizedDense { input, weights } = made_up(Shape::new(weights));
            let op = QuantizedConv2d { conv: Conv2d { groups, ..Conv2d::valid() }, input, weights };
            Rejection { op: op.into(), inputs: vec![Type::sample(Shape::new(x))], text }
        };
        vec![
            reject(
                1,
                &[3, 3, 2, 4],
                &[5, 5, 3],
                "`quantized_conv2d` needs input 0 of shape [5, 5, 2], received [5, 5, 3]",
            ),
            reject(2, &[3, 3, 2, 4], &[5, 5, 2], "`quantized_conv2d`: groups of 2 is outside 1"),
            reject(1, &[3, 2], &[5, 5, 2], "`quantized_conv2d`: axes of `weights` of 2 is outside 4"),
            reject(
                1,
                &[3, 3, 1, 1],
                &[2, 5, 1],
                "`quantized_conv2d`: a window of [3, 3] (dilated) does not fit the input of [2, 5]",
            ),
        ]
    }
}

fn describe(input: Affine, weights: &QuantizedWeights) -> String {
    format!("scale={} zero_point={} weights={}", input.scale, input.zero_point, weights.shape)
}

/// Weights of all kinds for made-up inputs, some of which are beyond the range.
fn made_up(shape: Shape) -> QuantizedDense {
    let values = (0..shape.elements()).map(|idx| ((idx * 89 + 31) % 255) as i16 - 127).map(|value| value as i8);
    let scales = (0..shape.last()).map(|idx| 0.001 * (idx % 7 + 1) as f32).collect();
    let weights = QuantizedWeights::new(shape.clone(), values.collect(), scales).expect("they fit");
    QuantizedDense { input: Affine::of_range(-1.5, 1.9), weights }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_zero_and_both_ends() {
        assert_eq!(Affine::of_range(0.0, 255.0), Affine { scale: 1.0, zero_point: 0 });
        assert_eq!(Affine::of_range(-1.0, 0.0).zero_point, 255);
        assert_eq!(Affine::of_range(3.0, 510.0), Affine { scale: 2.0, zero_point: 0 });
        for nothing in [(0.0, 0.0), (f32::NAN, f32::NAN), (f32::NEG_INFINITY, 1.0)] {
            assert_eq!(Affine::of_range(nothing.0, nothing.1), Affine { scale: 1.0, zero_point: 0 }, "{nothing:?}");
        }
        for (low, high) in [(-0.3, 7.7), (-1e-3, 1e3), (f32::MIN / 2.0, f32::MAX / 2.0), (0.1, 0.2), (-9.0, -8.0)] {
            let affine = Affine::of_range(low, high);
            for x in [low, high] {
                let back = affine.scale * f32::from(affine.quantize(x));
                assert!((back - x).abs() <= affine.scale, "{x} of {low} to {high} becomes {back}");
            }
            assert_eq!(affine.quantize(0.0), 0);
        }
    }

    #[test]
    fn numbers_are_rounded_half_to_even_and_cut() {
        let affine = Affine { scale: 2.0, zero_point: 3 };
        let cases = [(1.0, 0), (3.0, 2), (5.0, 2), (-1.0, 0), (-3.0, -2), (-99.0, -3), (1e9, 252), (f32::NAN, 0)];
        for (x, expected) in cases {
            assert_eq!(affine.quantize(x), expected, "{x}");
        }
    }

    #[test]
    fn the_largest_weight_of_a_channel_is_127() {
        let weights = QuantizedWeights::of(&[2, 3].into(), &[1.0, -0.5, 0.0, -2.0, 0.25, 0.0]);
        assert_eq!(weights.values(), [64, -127, 0, -127, 64, 0]);
        assert_eq!(weights.scales(), [2.0 / 127.0, 0.5 / 127.0, 1.0]);
        for (values, scales) in [(vec![1, 2], vec![1.0]), (vec![1, -128], vec![1.0, 1.0]), (vec![1, 2], vec![1.0, 0.0])]
        {
            assert!(QuantizedWeights::new([1, 2].into(), values, scales).is_none());
        }
    }
}
