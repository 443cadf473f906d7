use proofmark_tensor::{DType, Shape};

use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// The k largest elements of each row (the last axis), the largest first, and where they stand. Of equal ones the first comes
/// first; a NaN is larger than everything, as in PyTorch.
///
/// *Shapes*: x `[.., C]` per sample or per step; values `[.., k]`, and indices `[.., k]` as i32.
///
/// *Gradient*: [`TopKGradient`] by way of the values. The indices have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopK {
    /// How many, 1 to C.
    pub k: usize,
}

/// Gradient of [`TopK`]: dx\[indices\[j\]\] = dy\[j\], +0.0 elsewhere.
///
/// *Shapes*: indices `[.., k]` as i32 and dy `[.., k]`, both per sample or both per step; dx `[.., extent]`. An index that the row
/// does not have takes no part; what one index receives more than once is added in order, from +0.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopKGradient {
    /// C: the extent of the rows that were chosen from.
    pub extent: usize,
}

/// Whether `a` comes before `b` wherever they stand.
#[inline(always)]
pub(crate) fn is_larger<T: PartialOrd>(a: T, b: T) -> bool {
    // Only a NaN is not equal to itself.
    #[allow(clippy::eq_op)]
    let (a_is_nan, b_is_nan) = (a != a, b != b);
    a > b || a_is_nan && !b_is_nan
}

/// The shape with another extent of its last axis.
fn with_last(shape: &Shape, extent: usize) -> Shape {
    let mut extents = shape.to_vec();
    if let Some(last) = extents.last_mut() {
        *last = extent;
    }
    extents.into()
}

impl Op for TopK {
    const NAME: &'static str = "top_k";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        check::rows(Self::NAME, inputs, 0)?;
        if !(1..=inputs[0].shape.last()).contains(&self.k) {
            let (attribute, value) = ("k", self.k as f64);
            return Err(TypeError::Attribute { op: Self::NAME, attribute, value, range: "1 to the elements of a row" });
        }
        let values = Type { shape: with_last(&inputs[0].shape, self.k), ..inputs[0].clone() };
        Ok(vec![values.clone(), values.with_dtype(DType::I32)])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let (mut values, mut indices) = (Vec::new(), Vec::new());
        for row in x.data.chunks_exact(x.ty.shape.last()) {
            let mut order: Vec<usize> = (0..row.len()).collect();
            order.sort_by_key(|i| {
                row.iter()
                    .enumerate()
                    .filter(|(j, other)| is_larger(**other, row[*i]) || j < i && !is_larger(row[*i], **other))
                    .count()
            });
            values.extend(order[..self.k].iter().map(|i| row[*i]));
            indices.extend(order[..self.k].iter().map(|i| *i as f64));
        }
        vec![Reference::exact(values), Reference::exact(indices)]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (Some(dy), true) = (site.output_gradients[0], site.wanted[0]) else { return Ok(vec![None]) };
        let extent = site.graph.shape(site.inputs[0]).last();
        Ok(vec![Some(site.graph.add(TopKGradient { extent }, &[site.outputs[1], dy])?)])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: (self.k * inputs[0].elements()) as u64 }
    }

    fn attributes(&self) -> String {
        format!("k={}", self.k)
    }

    fn cases() -> Vec<Case> {
        let row = |values: Vec<f64>| vec![(Type::sample([values.len()]), values)];
        let (nan, infinity) = (f64::NAN, f64::INFINITY);
        vec![
            Case::new("known", TopK { k: 2 }, row(vec![1., 7., -3., 5.])).expect(vec![vec![7., 5.], vec![1., 3.]]),
            Case::new("of equal ones the first", TopK { k: 3 }, row(vec![2., 5., 2., 5., 2.]))
                .expect(vec![vec![5., 5., 2.], vec![1., 3., 0.]])
                .differentiable(false),
            Case::new("NaN is the largest", TopK { k: 4 }, row(vec![infinity, nan, -infinity, 1., nan]))
                .expect(vec![vec![nan, nan, infinity, 1.], vec![1., 4., 0., 3.]])
                .differentiable(false),
            Case::made_up("the largest", TopK { k: 1 }, &[Type::sample([10])], 11),
            Case::made_up("all of them: sorted", TopK { k: 17 }, &[Type::sample([17])], 3),
            Case::made_up("rows within a sample", TopK { k: 5 }, &[Type::sample([3, 2, 37])], 2),
            Case::made_up("of a parameter", TopK { k: 2 }, &[Type::step([2, 19])], 1),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let reject =
            |k, x: &[usize], text| Rejection { op: TopK { k }.into(), inputs: vec![Type::sample(Shape::new(x))], text };
        vec![
            reject(4, &[2, 3], "`top_k`: k of 4 is outside 1 to the elements of a row"),
            reject(0, &[3], "`top_k`: k of 0 is outside 1 to the elements of a row"),
            reject(1, &[], "`top_k` needs input 0 with 1 axes, received shape []"),
        ]
    }
}

impl Op for TopKGradient {
    const NAME: &'static str = "top_k_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 2)?;
        check::dtype(Self::NAME, inputs, 0, DType::I32)?;
        check::dtype(Self::NAME, inputs, 1, DType::F32)?;
        check::rows(Self::NAME, inputs, 0)?;
        check::span(Self::NAME, inputs, 1, inputs[0].span)?;
        check::shape(Self::NAME, inputs, 1, &inputs[0].shape)?;
        check::at_least_one(Self::NAME, "extent", self.extent)?;
        Ok(vec![Type { shape: with_last(&inputs[1].shape, self.extent), ..inputs[1].clone() }])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let (indices, dy) = (inputs[0], inputs[1]);
        let k = dy.ty.shape.last();
        let zeros = vec![0.0; dy.data.len() / k * self.extent];
        let mut dx = Reference { data: zeros.clone(), magnitude: zeros, terms: k };
        for (at, (index, gradient)) in indices.data.iter().zip(&dy.data).enumerate() {
            if (0.0..self.extent as f64).contains(index) {
                dx.add_term(at / k * self.extent + *index as usize, *gradient);
            }
        }
        vec![dx]
    }

    fn attributes(&self) -> String {
        format!("extent={}", self.extent)
    }

    fn cases() -> Vec<Case> {
        let case = |name, shape: &[usize], extent: usize, n_samples| {
            let ty = Type::sample(Shape::new(shape));
            let types = [ty.clone().with_dtype(DType::I32), ty];
            let case = Case::made_up(name, TopKGradient { extent }, &types, n_samples);
            let count = case.inputs[0].1.len();
            case.with_input(0, (0..count).map(|i| (i * 7 % extent) as f64).collect())
        };
        let known = vec![
            (Type::sample([4]).with_dtype(DType::I32), vec![2., -1., 2., 5.]),
            (Type::sample([4]), vec![1., 10., 100., 1000.]),
        ];
        let cases = [
            Case::new("twice the same, and none", TopKGradient { extent: 5 }, known)
                .expect(vec![vec![0., 0., 101., 0., 0.]]),
            case("several shards", &[3], 10, 21),
            case("rows within a sample", &[3, 2, 5], 37, 2),
        ];
        cases.map(|case| case.differentiable(false)).into()
    }

    fn rejections() -> Vec<Rejection> {
        vec![
            Rejection {
                op: TopKGradient { extent: 4 }.into(),
                inputs: vec![Type::sample([2]).with_dtype(DType::I32), Type::sample([3])],
                text: "`top_k_gradient` needs input 1 of shape [2], received [3]",
            },
            Rejection {
                op: TopKGradient { extent: 0 }.into(),
                inputs: vec![Type::sample([2]).with_dtype(DType::I32), Type::sample([2])],
                text: "`top_k_gradient`: extent of 0 is outside 1 or more",
            },
        ]
    }
}
