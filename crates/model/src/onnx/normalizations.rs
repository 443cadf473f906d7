//! Normalisations of a file: along rows of the graph, then scale and shift along the channels.

use std::rc::Rc;

use proofmark_engine::map::Function;
use proofmark_engine::ops;

use super::error::OnnxError;
use super::idioms::{self, Made};
use super::operators::{along, floats};
use super::tape::{Known, Site, Tape, Tensor};

pub(super) fn batch_normalization(
    tape: &mut Tape,
    site: &Site<'_>,
    x: &Tensor,
    operands: &[Option<Known>],
) -> Result<Tensor, OnnxError> {
    let numbers = |position: usize| floats(site, operands.get(position).and_then(Option::as_ref), position);
    if site.int("training_mode", 0) != 0 {
        return Err(site.attribute("training_mode"));
    }
    let (gamma, beta, mean, variance) = (numbers(1)?, numbers(2)?, numbers(3)?, numbers(4)?);
    if gamma.len() != variance.len() {
        return Err(site.operand(4));
    }
    // Rounded as our layer does.
    let epsilon = site.float("epsilon", 1e-5);
    let scale: Vec<f32> =
        gamma.iter().zip(variance).map(|(gamma, variance)| gamma / (variance + epsilon).sqrt()).collect();
    let x = tape.channels_last(x).map_err(|source| site.refused(source))?;
    let centred = along(tape, site, Function::Sub, &x, mean, 3)?;
    let scaled = along(tape, site, Function::Mul, &centred, &scale, 1)?;
    along(tape, site, Function::Add, &scaled, beta, 2)
}

/// Rows of this many elements, normalised by their own mean and variance.
fn normalized(tape: &mut Tape, site: &Site<'_>, x: &Tensor, row: usize) -> Result<Tensor, OnnxError> {
    let refused = |source| site.refused(source);
    let x = tape.plain(x).map_err(refused)?;
    let elements: usize = x.shape.iter().product();
    let rows = tape.reshape(x.value, &[elements / row, row]).map_err(refused)?;
    let op = ops::Normalize { centre: ops::Centre::Mean, epsilon: site.float("epsilon", 1e-5) };
    let normal = tape.graph.apply(op, &[rows]).map_err(refused)?[0];
    let value = tape.reshape(normal, &x.shape).map_err(refused)?;
    Ok(Tensor { value, ..x })
}

pub(super) fn layer_normalization(
    tape: &mut Tape,
    site: &Site<'_>,
    x: &Tensor,
    operands: &[Option<Known>],
) -> Result<Tensor, OnnxError> {
    let axis = site.axis(site.int("axis", -1), x.shape.len())?;
    let row = x.shape[axis..].iter().product();
    let mut y = normalized(tape, site, x, row)?;
    for (position, function) in [(1, Function::Mul), (2, Function::Add)] {
        match operands.get(position).and_then(Option::as_ref) {
            Some(Known::Constant(constant)) => y = tape.with_constant(site, function, &y, constant, false)?,
            Some(_) => return Err(site.operand(position)),
            None => {}
        }
    }
    Ok(y)
}

pub(super) fn instance_normalization(
    tape: &mut Tape,
    site: &Site<'_>,
    x: &Tensor,
    operands: &[Option<Known>],
) -> Result<Tensor, OnnxError> {
    if x.shape.len() < 2 {
        return Err(site.operand(0));
    }
    let numbers = |position: usize| floats(site, operands.get(position).and_then(Option::as_ref), position);
    let (gamma, beta) = (numbers(1)?, numbers(2)?);
    let row = x.shape[1..].iter().product();
    let y = match tape.made(x.value).cloned() {
        Some(Made::Groups(image)) => {
            let refused = |source| site.refused(source);
            let epsilon = site.float("epsilon", 1e-5);
            let image = idioms::normalized_groups(tape, &image, x.shape[0], epsilon).map_err(refused)?;
            let plain = tape.plain(&image).map_err(refused)?;
            let value = tape.reshape(plain.value, &x.shape).map_err(refused)?;
            tape.note(value, Made::NormalGroups(Rc::new(image)));
            Tensor { value, ..x.clone() }
        }
        _ => normalized(tape, site, x, row)?,
    };
    if gamma.iter().all(|gain| *gain == 1.0) && beta.iter().all(|bias| *bias == 0.0) {
        return if gamma.len() == x.shape[0] && beta.len() == gamma.len() { Ok(y) } else { Err(site.operand(1)) };
    }
    let y = along(tape, site, Function::Mul, &y, gamma, 1)?;
    along(tape, site, Function::Add, &y, beta, 2)
}
