//! Numbers that stand in a file.

use super::error::OnnxError;
use super::proto;
use crate::build::MAX_ELEMENTS;

/// A tensor of the file.
#[derive(Clone, Debug)]
pub(super) struct Constant {
    pub(super) dims: Vec<usize>,
    pub(super) numbers: Numbers,
}

#[derive(Clone, Debug)]
pub(super) enum Numbers {
    Floats(Vec<f32>),
    Integers(Vec<i64>),
}

impl Constant {
    pub(super) fn elements(&self) -> usize {
        match &self.numbers {
            Numbers::Floats(values) => values.len(),
            Numbers::Integers(values) => values.len(),
        }
    }

    pub(super) fn floats(&self) -> Option<&[f32]> {
        match &self.numbers {
            Numbers::Floats(values) => Some(values),
            Numbers::Integers(_) => None,
        }
    }

    pub(super) fn integers(&self) -> Option<&[i64]> {
        match &self.numbers {
            Numbers::Integers(values) => Some(values),
            Numbers::Floats(_) => None,
        }
    }
}

/// Reads a tensor; takes as much memory as its numbers take in the file, twice that for those of 16 bits.
pub(super) fn read(tensor: &proto::Tensor) -> Result<Constant, OnnxError> {
    let name = || tensor.name.chars().take(200).collect::<String>();
    if tensor.data_location == proto::EXTERNAL {
        return Err(OnnxError::External { tensor: name() });
    }
    let length = || OnnxError::TensorLength { tensor: name() };
    let mut dims = Vec::with_capacity(tensor.dims.len());
    let mut elements = 1usize;
    for dim in &tensor.dims {
        let extent = usize::try_from(*dim).map_err(|_| length())?;
        elements = elements.checked_mul(extent).filter(|elements| *elements <= MAX_ELEMENTS).ok_or_else(length)?;
        dims.push(extent);
    }
    // Zero elements are of no use to any operator here, and make every other extent free to be anything.
    if elements == 0 || dims.len() > 8 {
        return Err(length());
    }
    let raw = tensor.raw_data.as_deref();
    let numbers = match tensor.data_type {
        proto::FLOAT => Numbers::Floats(match raw {
            Some(raw) => words(raw, f32::from_le_bytes).ok_or_else(length)?,
            None => tensor.float_data.clone(),
        }),
        proto::DOUBLE => Numbers::Floats(match raw {
            Some(raw) => words(raw, |bytes| f64::from_le_bytes(bytes) as f32).ok_or_else(length)?,
            None => tensor.double_data.iter().map(|value| *value as f32).collect(),
        }),
        proto::INT64 => Numbers::Integers(match raw {
            Some(raw) => words(raw, i64::from_le_bytes).ok_or_else(length)?,
            None => tensor.int64_data.clone(),
        }),
        proto::INT32 => Numbers::Integers(match raw {
            Some(raw) => words(raw, |bytes| i64::from(i32::from_le_bytes(bytes))).ok_or_else(length)?,
            None => tensor.int32_data.iter().map(|value| i64::from(*value)).collect(),
        }),
        data_type => return Err(OnnxError::TensorType { tensor: name(), data_type }),
    };
    let constant = Constant { dims, numbers };
    if constant.elements() == elements { Ok(constant) } else { Err(length()) }
}

/// Little-endian words; `None` if there is a part of one.
fn words<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Option<Vec<T>> {
    let (words, rest) = bytes.as_chunks::<N>();
    rest.is_empty().then(|| words.iter().map(|word| read(*word)).collect())
}
