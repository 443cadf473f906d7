use proofmark_tensor::{DType, Shape};

use super::embedding::row_of;
use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};

/// The rows of a sample's own value that indices name: y\[.., e\] = x\[indices\[..\], e\]. A table that all samples share is an
/// [`Embedding`](super::Embedding)'s.
///
/// Indices are i32, or f32 with whole numbers. What names no row gives what [`Outside`] says.
///
/// *Shapes*: x `[V, ..E]` and indices `[..I]` per sample; y `[..I, ..E]`.
///
/// *Gradient*: of x [`Scatter`] (a row of NaN passes none on); indices have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gather {
    /// The row where an index names none.
    pub outside: Outside,
}

/// What stands where an index names no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// NaN, which nobody overlooks.
    Nan,
    /// Zeros.
    Zero,
}

/// Adds rows where indices say: y\[v, e\] sums x\[.., e\] over all positions whose index is v, and is zero where there is none.
/// What names no row counts for nothing.
///
/// *Shapes*: indices `[..I]` (i32, or f32 with whole numbers) and x `[..I, ..E]` per sample; y `[rows, ..E]`.
///
/// *Definition in f32*: a chain of additions along the positions from +0.0.
///
/// *Gradient*: of x [`Gather`] of dy, with zeros outside; indices have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scatter {
    /// Rows of the output.
    pub rows: usize,
}

/// The row that an i32 index names.
pub(crate) fn row_of_i32(index: i32, rows: usize) -> Option<usize> {
    usize::try_from(index).ok().filter(|row| *row < rows)
}

/// The row of an index in f64, by the rule of its type.
fn row_of_f64(indices: &Tensor64, position: usize, rows: usize) -> Option<usize> {
    match indices.ty.dtype {
        DType::I32 => row_of_i32(indices.data[position] as i32, rows),
        _ => row_of(indices.data[position] as f32, rows),
    }
}

/// Indices are per sample, and of a type that has whole numbers.
fn check_indices(op: &'static str, inputs: &[&Type], input: usize) -> Result<(), TypeError> {
    check::span(op, inputs, input, Span::Sample)?;
    if inputs[input].dtype == DType::I32 { Ok(()) } else { check::dtype(op, inputs, input, DType::F32) }
}

fn check_values(op: &'static str, inputs: &[&Type], input: usize) -> Result<(), TypeError> {
    check::span(op, inputs, input, Span::Sample)?;
    check::dtype(op, inputs, input, DType::F32)?;
    check::not_empty(op, &inputs[input].shape)
}

impl Op for Gather {
    const NAME: &'static str = "gather";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 2)?;
        check_values(Self::NAME, inputs, 0)?;
        check_indices(Self::NAME, inputs, 1)?;
        check::not_empty(Self::NAME, &inputs[1].shape)?;
        check::rows(Self::NAME, inputs, 0)?;
        let shape: Vec<usize> = inputs[1].shape.iter().chain(&inputs[0].shape[1..]).copied().collect();
        Ok(vec![Type::sample(shape)])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let (x, indices) = (inputs[0], inputs[1]);
        let rows = x.ty.shape[0];
        let columns = x.ty.elements() / rows;
        let mut data = Vec::new();
        for sample in 0..context.samples() {
            for position in 0..indices.ty.elements() {
                match row_of_f64(indices, sample * indices.ty.elements() + position, rows) {
                    Some(row) => data.extend_from_slice(&x.data[(sample * rows + row) * columns..][..columns]),
                    None => data.extend(std::iter::repeat_n(self.outside.value(), columns)),
                }
            }
        }
        vec![Reference::exact(data)]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (Some(dy), true) = (site.output_gradients[0], site.wanted[0]) else { return Ok(vec![None, None]) };
        let rows = site.graph.shape(site.inputs[0])[0];
        Ok(vec![Some(site.graph.add(Scatter { rows }, &[site.inputs[1], dy])?), None])
    }

    fn cost(&self, _inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost::default()
    }

    fn attributes(&self) -> String {
        match self.outside {
            Outside::Nan => String::new(),
            Outside::Zero => "outside=0".to_owned(),
        }
    }

    fn cases() -> Vec<Case> {
        let of = |outside| Gather { outside };
        let case = |name, x: &[usize], indices: Type, n_samples: usize| {
            let drawn = made_up_indices(indices.elements() * n_samples, x[0]);
            let types = [Type::sample(Shape::new(x)), indices];
            Case::made_up(name, of(Outside::Nan), &types, n_samples).with_input(1, drawn).constant(1)
        };
        let x = (Type::sample([3, 2]), vec![0., 1., 10., 11., 20., 21.]);
        let indices = |values: Vec<f64>| (Type::sample([values.len()]), values);
        let nan = f64::NAN;
        vec![
            Case::new("known", of(Outside::Nan), vec![x.clone(), indices(vec![2., 0., 2.])])
                .expect(vec![vec![20., 21., 0., 1., 20., 21.]])
                .constant(1),
            Case::new("outside", of(Outside::Nan), vec![x.clone(), indices(vec![3., -1., 0.5, nan])])
                .expect(vec![vec![nan; 8]])
                .differentiable(false),
            Case::new("zeros outside", of(Outside::Zero), vec![x, indices(vec![3., 1., -1.])])
                .expect(vec![vec![0., 0., 10., 11., 0., 0.]])
                .constant(1),
            case("one index a sample", &[7, 19], Type::sample([]), 11),
            case("numbers without columns", &[5], Type::sample([9]), 2),
            case("integers", &[4, 3, 2], Type::sample([2, 3]).with_dtype(DType::I32), 9),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let op = Gather { outside: Outside::Nan };
        let reject = |inputs: [Type; 2], text| Rejection { op: op.into(), inputs: inputs.into(), text };
        vec![
            reject([Type::sample([]), Type::sample([4])], "`gather` needs input 0 with 1 axes, received shape []"),
            reject(
                [Type::step([3, 2]), Type::sample([4])],
                "`gather` needs input 0 to be per sample, received per step",
            ),
            reject(
                [Type::sample([3, 2]), Type::sample([4]).with_dtype(DType::U8)],
                "`gather` needs input 1 of type f32, received u8",
            ),
        ]
    }
}

impl Outside {
    fn value(self) -> f64 {
        match self {
            Outside::Nan => f64::NAN,
            Outside::Zero => 0.0,
        }
    }
}

impl Op for Scatter {
    const NAME: &'static str = "scatter";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 2)?;
        check_indices(Self::NAME, inputs, 0)?;
        check_values(Self::NAME, inputs, 1)?;
        check::at_least_one(Self::NAME, "rows", self.rows)?;
        let (indices, x) = (&inputs[0].shape, &inputs[1].shape);
        if x.rank() < indices.rank() {
            let (op, expected) = (Self::NAME, indices.rank());
            return Err(TypeError::Rank { op, input: 1, expected, received: x.clone() });
        }
        let columns = &x[indices.rank()..];
        let expected: Vec<usize> = indices.iter().chain(columns).copied().collect();
        check::shape(Self::NAME, inputs, 1, &expected)?;
        let shape: Vec<usize> = std::iter::once(self.rows).chain(columns.iter().copied()).collect();
        Ok(vec![Type::sample(shape)])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let (indices, x) = (inputs[0], inputs[1]);
        let positions = indices.ty.elements();
        let columns = x.ty.elements() / positions;
        let ty = Type::sample([self.rows, columns]);
        let mut y = Reference::zeros(&ty, context.samples(), positions);
        for sample in 0..context.samples() {
            for position in 0..positions {
                let at = sample * positions + position;
                let Some(row) = row_of_f64(indices, at, self.rows) else { continue };
                for column in 0..columns {
                    y.add_term((sample * self.rows + row) * columns + column, x.data[at * columns + column]);
                }
            }
        }
        vec![y]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (Some(dy), true) = (site.output_gradients[0], site.wanted[1]) else { return Ok(vec![None, None]) };
        let dx = site.graph.add(Gather { outside: Outside::Zero }, &[dy, site.inputs[0]])?;
        Ok(vec![None, Some(dx)])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: inputs[1].elements() as u64 }
    }

    fn attributes(&self) -> String {
        format!("rows={}", self.rows)
    }

    fn cases() -> Vec<Case> {
        let case = |name, indices: Type, columns: &[usize], rows: usize, n_samples: usize| {
            let shape: Vec<usize> = indices.shape.iter().chain(columns).copied().collect();
            let drawn = made_up_indices(indices.elements() * n_samples, rows);
            Case::made_up(name, Scatter { rows }, &[indices, Type::sample(shape)], n_samples)
                .with_input(0, drawn)
                .constant(0)
        };
        let known = vec![(Type::sample([3]), vec![1., 7., 1.]), (Type::sample([3, 1]), vec![2., 3., 5.])];
        vec![
            Case::new("known, with an index outside", Scatter { rows: 3 }, known)
                .expect(vec![vec![0., 7., 0.]])
                .constant(0),
            case("one index a sample", Type::sample([]), &[19], 7, 11),
            case("one row that everything meets", Type::sample([5]), &[], 1, 9),
            case("integers", Type::sample([2, 3]).with_dtype(DType::I32), &[3, 2], 4, 9),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let reject =
            |rows, inputs: [Type; 2], text| Rejection { op: Scatter { rows }.into(), inputs: inputs.into(), text };
        vec![
            reject(
                4,
                [Type::sample([3]), Type::sample([2, 5])],
                "`scatter` needs input 1 of shape [3, 5], received [2, 5]",
            ),
            reject(0, [Type::sample([3]), Type::sample([3])], "`scatter`: rows of 0 is outside 1 or more"),
            reject(2, [Type::sample([3]), Type::sample([])], "`scatter` needs input 1 with 1 axes, received shape []"),
        ]
    }
}

/// Indices in scrambled order, with repetitions.
fn made_up_indices(count: usize, rows: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * i * 7 + i * 3 + 1) % rows) as f64).collect()
}
