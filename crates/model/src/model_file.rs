//! Models as safetensors: parameters and statistics by name, and what their reader must know.
//!
//! Files are written and read here rather than by the `safetensors` crate (which the tests hold against this code): it
//! writes metadata in the order of a hash map, so that equal models would not be equal files, and its check of offsets
//! overflows on a malicious header.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use proofmark_engine::{StateBlock, StateRole};
use proofmark_messages::{Lang, Localize, display_in_english, model as say};
use proofmark_tensor::Shape;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::nearest::nearest;
use crate::quantization::Quantization;

/// Bytes before the header: its length.
const LENGTH_BYTES: usize = 8;
/// The longest header that the format allows, in bytes.
const MAX_HEADER: usize = 100_000_000;
/// The key of the metadata among the tensors.
const METADATA: &str = "__metadata__";

/// What a tensor's elements can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Elements {
    /// Numbers of 32 bits: parameters, statistics, scales.
    F32,
    /// Weights of 8 bits.
    I8,
    /// Zero points.
    U8,
}

impl Elements {
    const ALL: [Elements; 3] = [Elements::F32, Elements::I8, Elements::U8];

    /// As the format writes it.
    fn name(self) -> &'static str {
        match self {
            Elements::F32 => "F32",
            Elements::I8 => "I8",
            Elements::U8 => "U8",
        }
    }

    fn bytes(self) -> usize {
        match self {
            Elements::F32 => 4,
            Elements::I8 | Elements::U8 => 1,
        }
    }
}

/// A tensor of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor<'a> {
    pub(crate) elements: Elements,
    pub(crate) shape: Shape,
    pub(crate) bytes: &'a [u8],
}

/// A model file that has been read; the numbers are still in the bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFile<'a> {
    /// What was written beside the tensors.
    pub metadata: BTreeMap<String, String>,
    pub(crate) tensors: BTreeMap<String, Tensor<'a>>,
}

/// Why bytes are no model file, or not this model's.
#[derive(Debug)]
#[non_exhaustive]
pub enum ModelFileError {
    /// A file of another format, which is recognised by its first bytes.
    OtherFormat {
        /// Its name.
        format: &'static str,
    },
    /// Fewer bytes than the header says.
    Truncated {
        /// Bytes needed.
        expected: u64,
        /// Bytes there.
        received: usize,
    },
    /// A header longer than the format allows.
    HeaderTooLong {
        /// Its length in bytes.
        bytes: u64,
        /// The longest, in bytes.
        limit: usize,
    },
    /// A header that is not the JSON it should be.
    Header(serde_json::Error),
    /// A name stands twice.
    Duplicate {
        /// The tensor's or the metadata's name.
        name: String,
    },
    /// A tensor of another element type than F32 where that is needed, or of one that is never read.
    DType {
        /// The tensor.
        tensor: String,
        /// Its type, as the file names it.
        received: String,
    },
    /// A tensor whose place in the file is not as long as its shape says, or overlaps another's, or leaves a gap.
    Offsets {
        /// The tensor.
        tensor: String,
    },
    /// More bytes than the tensors have.
    TrailingBytes {
        /// How many.
        bytes: usize,
    },
    /// A state of the model that the file lacks.
    Missing {
        /// The state.
        tensor: String,
    },
    /// A tensor that the model does not have.
    Unexpected {
        /// The tensor.
        tensor: String,
        /// The state that was likely meant.
        nearest: Option<String>,
    },
    /// A tensor of another shape than the model's.
    Shape {
        /// The tensor.
        tensor: String,
        /// The model's.
        expected: Shape,
        /// The file's.
        received: Shape,
    },
    /// Weights of 8 bits with a value, a scale or a zero point that is none.
    Quantized {
        /// The weights.
        tensor: String,
    },
}

/// Writes the parameters and statistics of a block. Equal blocks and metadata give equal bytes: names are sorted, f32 is
/// little-endian, nothing else is written.
pub fn write(state: &StateBlock, metadata: &BTreeMap<String, String>) -> Vec<u8> {
    write_quantized(state, &Quantization::default(), metadata)
}

/// [`write`] with layers of 8 bits, whose weights are no states of the block. Tensors of f32 come first, so that each lies on a
/// multiple of its elements' size.
pub fn write_quantized(
    state: &StateBlock,
    quantization: &Quantization,
    metadata: &BTreeMap<String, String>,
) -> Vec<u8> {
    let states = state.entries().iter().filter(|entry| entry.role != StateRole::Optimizer);
    let mut tensors: Vec<(Elements, String, Shape, Vec<u8>)> = states
        .map(|entry| (Elements::F32, entry.name.clone(), entry.shape.clone(), f32_bytes(&state.all()[entry.range()])))
        .chain(quantization.tensors())
        .collect();
    tensors.sort_by(|(a, a_name, ..), (b, b_name, ..)| (b.bytes(), a_name).cmp(&(a.bytes(), b_name)));
    let mut header = serde_json::Map::new();
    if !metadata.is_empty() {
        let pairs = metadata.iter().map(|(key, value)| (key.clone(), value.clone().into()));
        header.insert(METADATA.to_owned(), serde_json::Value::Object(pairs.collect()));
    }
    let mut data = Vec::new();
    for (elements, name, shape, values) in tensors {
        let start = data.len();
        data.extend(values);
        let place = serde_json::json!({
            "dtype": elements.name(), "shape": shape.to_vec(), "data_offsets": [start, data.len()],
        });
        header.insert(name, place);
    }
    let mut header = serde_json::Value::Object(header).to_string();
    // The data start on a multiple of eight, as the format asks.
    while !header.len().is_multiple_of(LENGTH_BYTES) {
        header.push(' ');
    }
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(&data);
    bytes
}

/// Little-endian.
pub(crate) fn f32_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Reads a model file. Whatever the bytes are, this returns, and allocates no more than a few times their number.
///
/// # Errors
/// [`ModelFileError`] for what is not a safetensors file of tensors of f32 (and of bytes, where layers are quantised), without gaps.
pub fn parse(bytes: &[u8]) -> Result<ModelFile<'_>, ModelFileError> {
    if let Some(format) = other_format(bytes) {
        return Err(ModelFileError::OtherFormat { format });
    }
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else {
        return Err(ModelFileError::Truncated { expected: LENGTH_BYTES as u64, received: bytes.len() });
    };
    let length = u64::from_le_bytes(*length);
    let header_length = match usize::try_from(length) {
        Ok(length) if length <= MAX_HEADER => length,
        _ => return Err(ModelFileError::HeaderTooLong { bytes: length, limit: MAX_HEADER }),
    };
    let Some((header, data)) = rest.split_at_checked(header_length) else {
        return Err(ModelFileError::Truncated { expected: length + LENGTH_BYTES as u64, received: bytes.len() });
    };
    let header: Header = serde_json::from_slice(header).map_err(ModelFileError::Header)?;
    let mut metadata = BTreeMap::new();
    for (name, value) in header.metadata {
        if metadata.insert(name.clone(), value).is_some() {
            return Err(ModelFileError::Duplicate { name });
        }
    }
    let mut places = header.tensors;
    places.sort_by_key(|(_, place)| place.data_offsets);
    let mut tensors = BTreeMap::new();
    let mut end = 0;
    for (name, place) in places {
        let Some(elements) = Elements::ALL.into_iter().find(|elements| elements.name() == place.dtype) else {
            return Err(ModelFileError::DType { tensor: name, received: place.dtype });
        };
        let [start, stop] = place.data_offsets;
        let size = place.shape.iter().try_fold(elements.bytes(), |product, extent| product.checked_mul(*extent));
        let is_whole = start == end && stop.checked_sub(start).is_some_and(|length| Some(length) == size);
        let Some(bytes_of) = data.get(start..stop).filter(|_| is_whole) else {
            return Err(if is_whole {
                let expected = (stop as u64).saturating_add(length).saturating_add(LENGTH_BYTES as u64);
                ModelFileError::Truncated { expected, received: bytes.len() }
            } else {
                ModelFileError::Offsets { tensor: name }
            });
        };
        end = stop;
        if tensors.contains_key(&name) {
            return Err(ModelFileError::Duplicate { name });
        }
        tensors.insert(name, Tensor { elements, shape: Shape::from(place.shape), bytes: bytes_of });
    }
    if end != data.len() {
        return Err(ModelFileError::TrailingBytes { bytes: data.len() - end });
    }
    Ok(ModelFile { metadata, tensors })
}

impl ModelFile<'_> {
    /// Names and shapes of the tensors, sorted by name.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &Shape)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), &tensor.shape))
    }

    /// Copies the tensors into the parameters and statistics of a block; what the optimizer remembers stays as it is. What
    /// [`take_quantization`](ModelFile::take_quantization) took is no more among them.
    ///
    /// # Errors
    /// If names or shapes are not exactly the block's, or elements are no f32; the block is then unchanged.
    pub fn load(&self, state: &mut StateBlock) -> Result<(), ModelFileError> {
        if let Some((name, tensor)) = self.tensors.iter().find(|(_, tensor)| tensor.elements != Elements::F32) {
            let received = tensor.elements.name().to_owned();
            return Err(ModelFileError::DType { tensor: name.clone(), received });
        }
        let entries: Vec<_> =
            state.entries().iter().filter(|entry| entry.role != StateRole::Optimizer).cloned().collect();
        for entry in &entries {
            match self.tensors.get(&entry.name) {
                None => return Err(ModelFileError::Missing { tensor: entry.name.clone() }),
                Some(tensor) if tensor.shape != entry.shape => {
                    let (expected, received) = (entry.shape.clone(), tensor.shape.clone());
                    return Err(ModelFileError::Shape { tensor: entry.name.clone(), expected, received });
                }
                Some(_) => {}
            }
        }
        let known: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        if let Some(tensor) = self.tensors.keys().find(|name| !known.contains(name.as_str())) {
            let nearest = nearest(tensor, known.iter().copied()).map(str::to_owned);
            return Err(ModelFileError::Unexpected { tensor: tensor.clone(), nearest });
        }
        for (name, Tensor { bytes, .. }) in &self.tensors {
            let values = state.get_mut(name).expect("compared above");
            for (value, bytes) in values.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *value = f32::from_le_bytes(*bytes);
            }
        }
        Ok(())
    }
}

/// The header, with names in the order of the file: twice the same is a mistake that a map would hide.
struct Header {
    metadata: Vec<(String, String)>,
    tensors: Vec<(String, Place)>,
}

/// Pairs of a JSON object, in order.
struct Pairs(Vec<(String, String)>);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tensors;
        impl<'de> Visitor<'de> for Tensors {
            type Value = Header;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
                let mut header = Header { metadata: Vec::new(), tensors: Vec::new() };
                while let Some(name) = map.next_key::<String>()? {
                    if name == METADATA {
                        header.metadata.extend(map.next_value::<Pairs>()?.0);
                    } else {
                        header.tensors.push((name, map.next_value()?));
                    }
                }
                Ok(header)
            }
        }
        deserializer.deserialize_map(Tensors)
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Strings;
        impl<'de> Visitor<'de> for Strings {
            type Value = Pairs;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Strings)
    }
}

/// The format of files that people take for safetensors, by their first bytes.
fn other_format(bytes: &[u8]) -> Option<&'static str> {
    // The length of a header has zeros here; what looks like another format and has them too is read as safetensors.
    if bytes.get(4..LENGTH_BYTES).is_none_or(|high| high == [0; 4]) {
        return None;
    }
    match bytes {
        [0x80, 2..=5, ..] => Some("Python pickle"),
        [b'P', b'K', 3, 4, ..] => Some("ZIP (PyTorch, Keras)"),
        [0x89, b'H', b'D', b'F', ..] => Some("HDF5"),
        [b'G', b'G', b'U', b'F', ..] => Some("GGUF"),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Some("NumPy"),
        _ => None,
    }
}

impl Localize for ModelFileError {
    fn text(&self, lang: Lang) -> String {
        match self {
            ModelFileError::OtherFormat { format } => say::file_other_format(lang, format),
            ModelFileError::Truncated { expected, received } => say::file_truncated(lang, expected, received),
            ModelFileError::HeaderTooLong { bytes, limit } => say::file_header_too_long(lang, bytes, limit),
            ModelFileError::Header(error) => say::file_header(lang, error),
            ModelFileError::Duplicate { name } => say::file_duplicate(lang, name),
            ModelFileError::DType { tensor, received } => say::file_dtype(lang, tensor, received),
            ModelFileError::Offsets { tensor } => say::file_offsets(lang, tensor),
            ModelFileError::TrailingBytes { bytes } => say::file_trailing(lang, bytes),
            ModelFileError::Missing { tensor } => say::file_missing(lang, tensor),
            ModelFileError::Unexpected { tensor, .. } => say::file_unexpected(lang, tensor),
            ModelFileError::Shape { tensor, expected, received } => say::file_shape(lang, tensor, received, expected),
            ModelFileError::Quantized { tensor } => say::file_quantized(lang, tensor),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            ModelFileError::OtherFormat { .. } => Some(say::file_other_format_hint(lang)),
            ModelFileError::Truncated { .. }
            | ModelFileError::HeaderTooLong { .. }
            | ModelFileError::Header(_)
            | ModelFileError::Duplicate { .. }
            | ModelFileError::Offsets { .. }
            | ModelFileError::Quantized { .. }
            | ModelFileError::TrailingBytes { .. } => Some(say::file_damaged_hint(lang)),
            ModelFileError::DType { .. } => Some(say::file_dtype_hint(lang)),
            ModelFileError::Unexpected { nearest: Some(nearest), .. } => Some(say::nearest_hint(lang, nearest)),
            ModelFileError::Missing { .. }
            | ModelFileError::Unexpected { nearest: None, .. }
            | ModelFileError::Shape { .. } => Some(say::file_other_model_hint(lang)),
        }
    }
}

display_in_english!(ModelFileError);

impl Error for ModelFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ModelFileError::Header(error) => Some(error),
            _ => None,
        }
    }
}
