//! Products with constants: matrices, and rows of a table.

use proofmark_engine::map::Function;
use proofmark_engine::ops;

use super::constant::{Constant, Numbers};
use super::error::OnnxError;
use super::idioms::{self, Made};
use super::operators::floats;
use super::tape::{Known, Site, Tape, Tensor};

/// Rows times a matrix.
pub(super) fn by_matrix(tape: &mut Tape, site: &Site<'_>, x: &Tensor, weights: &Known) -> Result<Tensor, OnnxError> {
    let x = tape.plain(x).map_err(|source| site.refused(source))?;
    let (rows, columns, numbers) = matrix(site, weights)?;
    let y = product(tape, site, &x, rows, columns, numbers.to_vec())?;
    if idioms::swaps_pairs(rows, columns, numbers) {
        tape.note(y.value, Made::Swapped(x.value));
    }
    Ok(y)
}

pub(super) fn gemm(
    tape: &mut Tape,
    site: &Site<'_>,
    x: &Tensor,
    weights: &Known,
    bias: Option<&Known>,
) -> Result<Tensor, OnnxError> {
    if x.shape.len() != 1 {
        return Err(site.operand(0));
    }
    if site.int("transA", 0) != 0 {
        return Err(site.batch_axis());
    }
    let (mut rows, mut columns, numbers) = matrix(site, weights)?;
    let alpha = site.float("alpha", 1.0);
    let mut numbers: Vec<f32> = numbers.iter().map(|number| number * alpha).collect();
    if site.int("transB", 0) != 0 {
        let turned = (0..numbers.len()).map(|idx| numbers[idx % rows * columns + idx / rows]).collect();
        numbers = turned;
        std::mem::swap(&mut rows, &mut columns);
    }
    let y = product(tape, site, x, rows, columns, numbers)?;
    let Some(bias) = bias else { return Ok(y) };
    let beta = site.float("beta", 1.0);
    let numbers = Numbers::Floats(floats(site, Some(bias), 2)?.iter().map(|number| number * beta).collect());
    let Known::Constant(constant) = bias else { return Err(site.operand(2)) };
    tape.with_constant(site, Function::Add, &y, &Constant { dims: constant.dims.clone(), numbers }, false)
}

/// Rows of a table by tokens.
pub(super) fn gather(tape: &mut Tape, site: &Site<'_>, table: &Known, tokens: &Known) -> Result<Tensor, OnnxError> {
    let refused = |source| site.refused(source);
    let numbers = floats(site, Some(table), 0)?;
    let (Known::Constant(table), Known::Whole(tokens)) = (table, tokens) else { return Err(site.operand(1)) };
    let &[rows, columns] = &table.dims[..] else { return Err(site.operand(0)) };
    if site.int("axis", 0) != 0 {
        return Err(site.attribute("axis"));
    }
    let tokens = tape.plain(tokens).map_err(refused)?;
    if tokens.shape.len() >= 7 {
        return Err(site.operand(1));
    }
    let mut shape = tokens.shape;
    shape.push(columns);
    crate::build::elements(&shape).map_err(|_| site.operand(0))?;
    let table = tape.state(&[rows, columns], numbers.to_vec()).map_err(refused)?;
    let value = tape.graph.add(ops::Embedding, &[tokens.value, table]).map_err(refused)?;
    Ok(Tensor { value, shape, is_channels_last: false })
}

fn matrix<'k>(site: &Site<'_>, known: &'k Known) -> Result<(usize, usize, &'k [f32]), OnnxError> {
    let numbers = floats(site, Some(known), 1)?;
    match known {
        Known::Constant(constant) if constant.dims.len() == 2 => Ok((constant.dims[0], constant.dims[1], numbers)),
        _ => Err(site.operand(1)),
    }
}

fn product(
    tape: &mut Tape,
    site: &Site<'_>,
    x: &Tensor,
    rows: usize,
    columns: usize,
    numbers: Vec<f32>,
) -> Result<Tensor, OnnxError> {
    if x.shape.last() != Some(&rows) {
        return Err(site.operand(1));
    }
    let mut shape = x.shape.clone();
    shape.pop();
    shape.push(columns);
    crate::build::elements(&shape).map_err(|_| site.operand(1))?;
    let weights = tape.state(&[rows, columns], numbers).map_err(|source| site.refused(source))?;
    let value = tape.graph.add(ops::Dense, &[x.value, weights]).map_err(|source| site.refused(source))?;
    Ok(Tensor { value, shape, is_channels_last: false })
}
