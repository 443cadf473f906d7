//! Files of samples, read batch by batch.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::RuntimeError;
use crate::model::Model;

/// Samples, one batch after the other.
pub struct Samples<'a> {
    path: PathBuf,
    reader: Box<dyn BufRead + 'a>,
    format: Format,
    /// Samples that are still to come, where the file says.
    left: Option<usize>,
    bytes: Vec<u8>,
    line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// Little-endian f32.
    F32,
    /// Pixels.
    Bytes,
    /// An array on each line.
    Lines,
}

/// The first bytes of a NumPy file.
const NPY: &[u8] = b"\x93NUMPY";
/// The first bytes of an IDX file of bytes; the number of axes follows.
const IDX: &[u8] = &[0, 0, 8];

impl<'a> Samples<'a> {
    /// Opens a file: by its first bytes, or by its name where it has none that tell.
    ///
    /// # Errors
    /// A file that cannot be read, is of no known format, or holds samples of another shape than the model's.
    pub fn open(path: &Path, model: &Model) -> Result<Samples<'static>, RuntimeError> {
        let file = File::open(path).map_err(|source| RuntimeError::File { path: path.to_owned(), source })?;
        let mut samples = Samples {
            path: path.to_owned(),
            reader: Box::new(BufReader::new(file)),
            format: Format::F32,
            left: None,
            bytes: Vec::new(),
            line: 0,
        };
        let start = samples.reader.fill_buf().map_err(|source| RuntimeError::File { path: path.to_owned(), source })?;
        let (is_npy, is_idx) = (start.starts_with(NPY), start.starts_with(IDX));
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if is_npy => samples.npy(model)?,
            _ if is_idx => samples.idx(model)?,
            Some("f32") => {}
            Some("jsonl" | "json") => samples.format = Format::Lines,
            _ => return Err(RuntimeError::Format { path: path.to_owned() }),
        }
        Ok(samples)
    }

    /// Lines of JSON from a reader.
    pub fn lines(path: &Path, reader: &'a mut dyn BufRead) -> Samples<'a> {
        let (reader, format) = (Box::new(reader), Format::Lines);
        Samples { path: path.to_owned(), reader, format, left: None, bytes: Vec::new(), line: 0 }
    }

    /// Whether each sample is to be answered before the next is waited for.
    pub(crate) fn is_conversation(&self) -> bool {
        self.format == Format::Lines
    }

    /// Fills `out` with the next samples; the number of samples, 0 at the end.
    ///
    /// # Errors
    /// A file that cannot be read or ends within a sample; a line that is no sample.
    ///
    /// # Panics
    /// If `out` does not hold whole samples.
    pub fn next(&mut self, model: &Model, out: &mut [f32]) -> Result<usize, RuntimeError> {
        let elements = model.sample_elements();
        assert_eq!(out.len() % elements, 0, "whole samples");
        if self.format == Format::Lines {
            let mut n_samples = 0;
            for out in out.chunks_exact_mut(elements) {
                if !self.next_line(out)? {
                    break;
                }
                n_samples += 1;
            }
            return Ok(n_samples);
        }
        let a_sample = elements * if self.format == Format::F32 { size_of::<f32>() } else { 1 };
        let wanted = (out.len() / elements).min(self.left.unwrap_or(usize::MAX));
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        let read = (&mut self.reader).take((wanted * a_sample) as u64).read_to_end(&mut bytes);
        let read = read.map_err(|source| RuntimeError::File { path: self.path.clone(), source })?;
        if read % a_sample != 0 || self.left.is_some() && read < wanted * a_sample {
            return Err(RuntimeError::Length { path: self.path.clone(), expected: a_sample });
        }
        match self.format {
            Format::Bytes => {
                for (bytes, out) in bytes.chunks_exact(elements).zip(out.chunks_exact_mut(elements)) {
                    model.encode(bytes, out);
                }
            }
            Format::F32 | Format::Lines => {
                for (bytes, out) in bytes.as_chunks::<4>().0.iter().zip(out) {
                    *out = f32::from_le_bytes(*bytes);
                }
            }
        }
        self.bytes = bytes;
        let n_samples = read / a_sample;
        self.left = self.left.map(|left| left - n_samples);
        Ok(n_samples)
    }

    /// The sample of the next line that is not blank; whether there is one.
    fn next_line(&mut self, out: &mut [f32]) -> Result<bool, RuntimeError> {
        loop {
            self.bytes.clear();
            let read = self.reader.read_until(b'\n', &mut self.bytes);
            if read.map_err(|source| RuntimeError::File { path: self.path.clone(), source })? == 0 {
                return Ok(false);
            }
            self.line += 1;
            if !self.bytes.trim_ascii().is_empty() {
                break;
            }
        }
        let (path, line) = (&self.path, self.line);
        let refuse = |source| RuntimeError::Json { path: path.clone(), line, source };
        let value: Value = serde_json::from_slice(&self.bytes).map_err(refuse)?;
        let mut received = 0;
        flatten(&value, out, &mut received).map_err(refuse)?;
        if received != out.len() {
            return Err(RuntimeError::JsonLength { path: path.clone(), line, expected: out.len(), received });
        }
        Ok(true)
    }

    fn exactly(&mut self, n_bytes: usize) -> Result<Vec<u8>, RuntimeError> {
        let mut bytes = Vec::new();
        let read = (&mut self.reader).take(n_bytes as u64).read_to_end(&mut bytes);
        match read {
            Ok(read) if read == n_bytes => Ok(bytes),
            Ok(_) => Err(RuntimeError::Header { path: self.path.clone() }),
            Err(source) => Err(RuntimeError::File { path: self.path.clone(), source }),
        }
    }

    /// NumPy's format, versions 1 to 3.
    fn npy(&mut self, model: &Model) -> Result<(), RuntimeError> {
        let start = self.exactly(NPY.len() + 2)?;
        let length = match start[NPY.len()] {
            1 => usize::from(u16::from_le_bytes(self.exactly(2)?.try_into().unwrap_or_default())),
            _ => u32::from_le_bytes(self.exactly(4)?.try_into().unwrap_or_default()) as usize,
        };
        let header = self.exactly(length)?;
        let header = String::from_utf8_lossy(&header).into_owned();
        let damaged = || RuntimeError::Header { path: self.path.clone() };
        let entry = |key: &str| header.split_once(&format!("'{key}':")).map(|(_, rest)| rest.trim_start());
        let descr = entry("descr").and_then(|rest| rest.split('\'').nth(1)).ok_or_else(damaged)?;
        let is_fortran = entry("fortran_order").ok_or_else(damaged)?.starts_with("True");
        let extents = entry("shape").and_then(|rest| rest.strip_prefix('(')?.split_once(')')).ok_or_else(damaged)?.0;
        let extents = extents.split(',').map(str::trim).filter(|extent| !extent.is_empty());
        let shape: Vec<usize> = extents.map(|extent| extent.parse().ok()).collect::<Option<_>>().ok_or_else(damaged)?;
        self.format = match descr {
            "<f4" if !is_fortran => Format::F32,
            "|u1" | "<u1" if !is_fortran => Format::Bytes,
            _ => {
                let received = if is_fortran { format!("{descr} (Fortran)") } else { descr.to_owned() };
                return Err(RuntimeError::NpyType { path: self.path.clone(), received });
            }
        };
        self.fit(&shape, model)
    }

    /// The format of MNIST: bytes, with big-endian extents before them.
    fn idx(&mut self, model: &Model) -> Result<(), RuntimeError> {
        let rank = self.exactly(IDX.len() + 1)?[IDX.len()];
        let extents = self.exactly(usize::from(rank) * 4)?;
        let shape: Vec<usize> =
            extents.as_chunks::<4>().0.iter().map(|extent| u32::from_be_bytes(*extent) as usize).collect();
        self.format = Format::Bytes;
        self.fit(&shape, model)
    }

    /// Notes how many samples an array of this shape holds: one sample, or several along its first axis, each in the model's
    /// shape, flat, or without axes of 1.
    fn fit(&mut self, shape: &[usize], model: &Model) -> Result<(), RuntimeError> {
        let squeezed = |shape: &[usize]| shape.iter().copied().filter(|extent| *extent != 1).collect::<Vec<_>>();
        let (expected, elements) = (squeezed(&model.shape()), model.sample_elements());
        let fits = |shape: &[usize]| squeezed(shape) == expected || *shape == [elements];
        self.left = match shape {
            [n_samples, sample @ ..] if fits(sample) => Some(*n_samples),
            _ if fits(shape) => Some(1),
            _ => {
                let received = shape.get(1..).unwrap_or_default();
                return Err(RuntimeError::Shape {
                    path: self.path.clone(),
                    expected: format!("{:?}", model.shape()),
                    received: format!("{received:?}"),
                    is_prepared: model.feature().source_shape != model.feature().shape,
                });
            }
        };
        Ok(())
    }
}

/// The numbers of an array, in order; `received` counts them, also those beyond `out`.
fn flatten(value: &Value, out: &mut [f32], received: &mut usize) -> Result<(), serde_json::Error> {
    match value {
        Value::Array(values) => values.iter().try_for_each(|value| flatten(value, out, received)),
        value => {
            let number: f32 = serde::Deserialize::deserialize(value)?;
            if let Some(out) = out.get_mut(*received) {
                *out = number;
            }
            *received += 1;
            Ok(())
        }
    }
}

/// Standard input's name in answers and errors.
pub(crate) const STDIN: &str = "-";

/// Whether a reader has left.
pub(crate) fn written(result: io::Result<()>) -> Result<(), RuntimeError> {
    result.map_err(RuntimeError::Output)
}
