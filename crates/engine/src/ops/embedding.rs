use proofmark_tensor::Shape;

use super::{Case, Cost, Fold, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};

/// The rows of a table that tokens name: y\[.., e\] = table\[tokens\[..\], e\].
///
/// Tokens are f32, as samples are fed; f32 has every integer up to 2²⁴ exactly, so that a table has no more rows than that.
/// What is no integer from 0 to V - 1 has a row of NaN, which no training overlooks.
///
/// *Shapes*: tokens `[..]` per sample, table `[V, E]` per step; y `[.., E]` per sample.
///
/// *Gradient*: of the table [`EmbeddingGradient`]; tokens have none.
///
/// *Source*: Bengio, Ducharme, Vincent, Jauvin 2003 (the matrix C).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embedding;

/// Gradient of [`Embedding`]'s table: row v sums dy over all positions whose token is v.
///
/// *Shapes*: tokens `[..]` and dy `[.., E]` per sample; dtable `[V, E]` per step.
///
/// *Definition in f32*: within a shard a chain of additions along (sample, position) from +0.0; shards are added in the tree.
/// Tokens outside the table count for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddingGradient {
    /// V: rows of the table.
    pub rows: usize,
}

/// The most rows of a table: up to here f32 has every integer.
const MAX_ROWS: usize = 1 << 24;

/// The row that a token names.
pub(crate) fn row_of(token: f32, rows: usize) -> Option<usize> {
    // A NaN becomes 0 and differs from it; numbers too large become the largest.
    let row = token as usize;
    (row as f32 == token && row < rows).then_some(row)
}

fn check_rows(op: &'static str, rows: usize) -> Result<(), TypeError> {
    if (1..=MAX_ROWS).contains(&rows) {
        Ok(())
    } else {
        Err(TypeError::Attribute { op, attribute: "rows", value: rows as f64, range: "1 to 16,777,216" })
    }
}

impl Op for Embedding {
    const NAME: &'static str = "embedding";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 2)?;
        check::all_f32(Self::NAME, inputs)?;
        check::span(Self::NAME, inputs, 0, Span::Sample)?;
        check::span(Self::NAME, inputs, 1, Span::Step)?;
        check::rank(Self::NAME, inputs, 1, 2)?;
        let (tokens, table) = (&inputs[0].shape, &inputs[1].shape);
        check_rows(Self::NAME, table[0])?;
        check::not_empty(Self::NAME, tokens)?;
        check::not_empty(Self::NAME, table)?;
        let mut shape = tokens.to_vec();
        shape.push(table[1]);
        Ok(vec![Type::sample(shape)])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let (tokens, table) = (inputs[0], inputs[1]);
        let (rows, columns) = (table.ty.shape[0], table.ty.shape[1]);
        let mut data = Vec::with_capacity(tokens.data.len() * columns);
        for token in &tokens.data {
            match row_of(*token as f32, rows) {
                Some(row) => data.extend_from_slice(&table.data[row * columns..][..columns]),
                None => data.extend(std::iter::repeat_n(f64::NAN, columns)),
            }
        }
        vec![Reference::exact(data)]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (Some(dy), true) = (site.output_gradients[0], site.wanted[1]) else { return Ok(vec![None, None]) };
        let rows = site.graph.shape(site.inputs[1])[0];
        Ok(vec![None, Some(site.graph.add(EmbeddingGradient { rows }, &[site.inputs[0], dy])?)])
    }

    fn cost(&self, _inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost::default()
    }

    fn cases() -> Vec<Case> {
        let case = |name, tokens: &[usize], rows: usize, columns: usize, n_samples: usize| {
            let types = [Type::sample(Shape::new(tokens)), Type::step([rows, columns])];
            let drawn = made_up_tokens(types[0].elements() * n_samples, rows);
            Case::made_up(name, Embedding, &types, n_samples).with_input(0, drawn).constant(0)
        };
        let table = (Type::step([3, 2]), vec![0., 1., 10., 11., 20., 21.]);
        let nan = f64::NAN;
        vec![
            Case::new("known", Embedding, vec![(Type::sample([3]), vec![2., 0., 2.]), table.clone()])
                .expect(vec![vec![20., 21., 0., 1., 20., 21.]])
                .constant(0),
            Case::new("no tokens", Embedding, vec![(Type::sample([4]), vec![3., -1., 0.5, nan]), table])
                .expect(vec![vec![nan; 8]])
                .differentiable(false),
            case("one token a sample", &[], 7, 19, 11),
            case("a table of one row", &[3], 1, 4, 2),
            case("sequences in several shards", &[5], 9, 33, 21),
            case("a grid", &[2, 3], 5, 3, 3),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |inputs: [Type; 2], text| Rejection { op: Embedding.into(), inputs: inputs.into(), text };
        vec![
            reject([Type::sample([3]), Type::step([4])], "`embedding` needs input 1 with 2 axes, received shape [4]"),
            reject(
                [Type::step([3]), Type::step([4, 2])],
                "`embedding` needs input 0 to be per sample, received per step",
            ),
            reject(
                [Type::sample([3]), Type::step([16_777_217, 2])],
                "`embedding`: rows of 16777217 is outside 1 to 16,777,216",
            ),
        ]
    }
}

impl Op for EmbeddingGradient {
    const NAME: &'static str = "embedding_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 2)?;
        check::all_f32(Self::NAME, inputs)?;
        check::span(Self::NAME, inputs, 0, Span::Sample)?;
        check::span(Self::NAME, inputs, 1, Span::Sample)?;
        check_rows(Self::NAME, self.rows)?;
        check::rows(Self::NAME, inputs, 1)?;
        let columns = inputs[1].shape.last();
        let mut expected = inputs[0].shape.to_vec();
        expected.push(columns);
        check::shape(Self::NAME, inputs, 1, &expected)?;
        Ok(vec![Type::step([self.rows, columns])])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let (tokens, dy) = (inputs[0], inputs[1]);
        let columns = dy.ty.shape.last();
        let ty = Type::step([self.rows, columns]);
        let mut dtable = Reference::zeros(&ty, context.samples(), tokens.data.len());
        for (token, dy) in tokens.data.iter().zip(dy.data.chunks_exact(columns)) {
            let Some(row) = row_of(*token as f32, self.rows) else { continue };
            for (column, dy) in dy.iter().enumerate() {
                dtable.add_term(row * columns + column, *dy);
            }
        }
        vec![dtable]
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: inputs[1].elements() as u64 }
    }

    fn fold(&self) -> Option<Fold> {
        Some(Fold::Sum)
    }

    fn runs_over_outputs(&self) -> bool {
        true
    }

    fn attributes(&self) -> String {
        format!("rows={}", self.rows)
    }

    fn cases() -> Vec<Case> {
        let case = |name, tokens: &[usize], rows: usize, columns: usize, n_samples: usize| {
            let tokens = Type::sample(Shape::new(tokens));
            let mut shape = tokens.shape.to_vec();
            shape.push(columns);
            let drawn = made_up_tokens(tokens.elements() * n_samples, rows);
            Case::made_up(name, EmbeddingGradient { rows }, &[tokens, Type::sample(shape)], n_samples)
                .with_input(0, drawn)
                .differentiable(false)
        };
        let known = vec![(Type::sample([3]), vec![1., 7., 1.]), (Type::sample([3, 1]), vec![2., 3., 5.])];
        vec![
            Case::new("known, with a token outside", EmbeddingGradient { rows: 3 }, known)
                .expect(vec![vec![0., 7., 0.]])
                .differentiable(false),
            case("one token a sample", &[], 7, 19, 11),
            case("one row that everything meets", &[3], 1, 4, 37),
            case("a table far larger than the batch", &[2], 300, 5, 21),
            case("so large that shards keep no sums", &[2], 4_001, 3, 21),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        vec![
            Rejection {
                op: EmbeddingGradient { rows: 4 }.into(),
                inputs: vec![Type::sample([3]), Type::sample([2, 5])],
                text: "`embedding_gradient` needs input 1 of shape [3, 5], received [2, 5]",
            },
            Rejection {
                op: EmbeddingGradient { rows: 0 }.into(),
                inputs: vec![Type::sample([3]), Type::sample([3, 5])],
                text: "`embedding_gradient`: rows of 0 is outside 1 to 16,777,216",
            },
        ]
    }
}

/// Tokens in scrambled order, with repetitions.
fn made_up_tokens(count: usize, rows: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * i * 7 + i * 3 + 1) % rows) as f64).collect()
}
