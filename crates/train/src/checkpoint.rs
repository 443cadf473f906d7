//! The saved state of a training: everything that the rest of it depends on, so that it goes on with the same bits.
//!
//! Format: the eight bytes `PMCKPT` and version (little-endian u16); then a safetensors file whose tensors are the states
//! (`state/NAME`) and the model states of the best epoch (`best/NAME`), and whose metadata entry `progress` is
//! [`CheckpointProgress`] as JSON.
//!
//! There is no digest in it: whoever keeps the bytes vouches for them, as the folder of a run does with a digest beside
//! each checkpoint. [`decode`] therefore takes any bytes, and tells only whether they are a checkpoint.

use std::collections::BTreeMap;

use proofmark_messages::{Lang, Localize, display_in_english, train as say};
use proofmark_model::{ModelFileError, model_file};
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::early_stopping::EarlyStopping;

/// What a checkpoint file starts with.
const MAGIC: &[u8; 6] = b"PMCKPT";
/// The version of the format.
const VERSION: u16 = 1;
/// Magic and version.
const HEADER_BYTES: usize = 8;
/// The metadata's entry that holds the progress.
const PROGRESS: &str = "progress";

/// A training's saved state.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Where the training stands.
    pub progress: CheckpointProgress,
    /// All states by name, in f32.
    pub states: BTreeMap<String, Vec<f32>>,
    /// The model's states at its best epoch, if there was one.
    pub best: Option<BTreeMap<String, Vec<f32>>>,
}

/// Where a training stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointProgress {
    /// Digest of everything that the training depends on (spec, data, seed, numerics version); a training that differs
    /// refuses to go on from here.
    pub training_digest: String,
    /// Complete epochs.
    pub epochs_done: u32,
    /// Steps done in the epoch after them.
    pub step_in_epoch: u64,
    /// Steps since training began.
    pub step: u64,
    /// Sum of the losses of the running epoch, as the bits of an f64.
    pub loss_bits: u64,
    /// Labels of the running epoch that were right.
    pub right: u64,
    /// Labels of the running epoch that count: as many as samples, or as the steps of sequences.
    pub samples: u64,
    /// Seconds spent in the running epoch.
    pub seconds: f64,
    /// How much had been recorded (see [`Recorder::position`](crate::Recorder::position)).
    pub event_offset: u64,
    /// What early stopping has seen.
    pub early_stopping: EarlyStopping,
    /// The schedule's state.
    pub schedule: serde_json::Value,
}

/// Why a checkpoint cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum CheckpointError {
    /// It is no checkpoint.
    Magic,
    /// It was written in another version of the format.
    Version {
        /// The version that is read.
        expected: u16,
        /// The file's.
        received: u16,
    },
    /// It is shorter than what it starts with.
    Truncated {
        /// Bytes needed.
        expected: usize,
        /// Bytes there.
        received: usize,
    },
    /// What follows is no safetensors file of f32.
    File(ModelFileError),
    /// What follows is not read by the safetensors library.
    Tensors(SafeTensorError),
    /// It does not say where the training stands.
    NoProgress,
    /// What it says about where the training stands cannot be read.
    Progress(serde_json::Error),
    /// A tensor that is neither a state nor one of the best epoch, or is not flat.
    Unexpected {
        /// The tensor.
        tensor: String,
    },
}

impl Localize for CheckpointError {
    fn text(&self, lang: Lang) -> String {
        match self {
            CheckpointError::Magic => say::checkpoint_magic(lang),
            CheckpointError::Version { expected, received } => say::checkpoint_version(lang, expected, received),
            CheckpointError::Truncated { expected, received } => say::checkpoint_truncated(lang, expected, received),
            CheckpointError::File(error) => say::checkpoint_content(lang, error.text(lang)),
            CheckpointError::Tensors(error) => say::checkpoint_content(lang, error),
            CheckpointError::NoProgress => say::checkpoint_no_progress(lang),
            CheckpointError::Progress(error) => say::checkpoint_progress(lang, error),
            CheckpointError::Unexpected { tensor } => say::checkpoint_unexpected(lang, tensor),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            CheckpointError::Magic
            | CheckpointError::Truncated { .. }
            | CheckpointError::File(_)
            | CheckpointError::Tensors(_)
            | CheckpointError::NoProgress
            | CheckpointError::Progress(_)
            | CheckpointError::Unexpected { .. } => Some(say::checkpoint_unreadable_hint(lang)),
            CheckpointError::Version { .. } => None,
        }
    }
}

display_in_english!(CheckpointError);

impl std::error::Error for CheckpointError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CheckpointError::File(error) => Some(error),
            CheckpointError::Tensors(error) => Some(error),
            CheckpointError::Progress(error) => Some(error),
            _ => None,
        }
    }
}

/// Writes a checkpoint.
///
/// # Panics
/// Never for states of a graph; the safetensors writer refuses only inconsistent lengths.
pub fn encode(checkpoint: &Checkpoint) -> Vec<u8> {
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let mut data: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, values) in &checkpoint.states {
        data.push((format!("state/{name}"), bytes(values)));
    }
    for (name, values) in checkpoint.best.iter().flatten() {
        data.push((format!("best/{name}"), bytes(values)));
    }
    let views: Vec<(&str, TensorView<'_>)> = data
        .iter()
        .map(|(name, bytes)| {
            let view = TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes).expect("a length that fits its bytes");
            (name.as_str(), view)
        })
        .collect();
    let progress = serde_json::to_string(&checkpoint.progress).expect("a progress has string keys and finite numbers");
    // One entry: the library writes several in the order of a hash map.
    let metadata = [(PROGRESS.to_owned(), progress)].into();
    let body = safetensors::serialize(views, Some(metadata)).expect("names and lengths that fit");
    let mut file = Vec::with_capacity(HEADER_BYTES + body.len());
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&VERSION.to_le_bytes());
    file.extend_from_slice(&body);
    file
}

/// Reads a checkpoint. Any bytes are safe to give; what is asked of memory is a few times their number.
///
/// # Errors
/// [`CheckpointError`] for anything that [`encode`] does not write. Numbers that were altered are not noticed.
pub fn decode(file: &[u8]) -> Result<Checkpoint, CheckpointError> {
    let truncated = CheckpointError::Truncated { expected: HEADER_BYTES, received: file.len() };
    let Some((magic, rest)) = file.split_first_chunk() else { return Err(truncated) };
    if magic != MAGIC {
        return Err(CheckpointError::Magic);
    }
    let Some((version, body)) = rest.split_first_chunk() else { return Err(truncated) };
    let received = u16::from_le_bytes(*version);
    if received != VERSION {
        return Err(CheckpointError::Version { expected: VERSION, received });
    }
    content(body)
}

/// What stands behind the header.
fn content(body: &[u8]) -> Result<Checkpoint, CheckpointError> {
    // First our own reader, which refuses every place that does not fit: the library's sums overflow on a malicious one.
    let checked = model_file::parse(body).map_err(CheckpointError::File)?;
    let progress = checked.metadata.get(PROGRESS).ok_or(CheckpointError::NoProgress)?;
    let progress: CheckpointProgress = serde_json::from_str(progress).map_err(CheckpointError::Progress)?;
    let mut states = BTreeMap::new();
    let mut best = BTreeMap::new();
    for (name, view) in SafeTensors::deserialize(body).map_err(CheckpointError::Tensors)?.tensors() {
        let into = match name.split_once('/') {
            Some(("state", state)) => Some((&mut states, state)),
            Some(("best", state)) => Some((&mut best, state)),
            _ => None,
        };
        let is_flat = view.dtype() == Dtype::F32 && view.shape().len() == 1;
        let Some((into, state)) = into.filter(|_| is_flat) else {
            return Err(CheckpointError::Unexpected { tensor: name });
        };
        let (values, _) = view.data().as_chunks();
        into.insert(state.to_owned(), values.iter().map(|value| f32::from_le_bytes(*value)).collect());
    }
    Ok(Checkpoint { progress, states, best: (!best.is_empty()).then_some(best) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Checkpoint {
        Checkpoint {
            progress: CheckpointProgress {
                training_digest: "sha256:00".to_owned(),
                epochs_done: 2,
                step_in_epoch: 17,
                step: 117,
                loss_bits: 1.5_f64.to_bits(),
                right: 3,
                samples: 4,
                seconds: 0.25,
                event_offset: 99,
                early_stopping: EarlyStopping::default(),
                schedule: serde_json::json!({"a": [1, 2.5]}),
            },
            states: [("a.kernel".to_owned(), vec![1.0, -0.0, f32::NAN]), ("step".to_owned(), vec![])].into(),
            best: Some([("a.kernel".to_owned(), vec![2.0, 3.0, 4.0])].into()),
        }
    }

    fn bits(checkpoint: &Checkpoint) -> Vec<(String, Vec<u32>)> {
        let all = checkpoint.states.iter().chain(checkpoint.best.iter().flatten());
        all.map(|(name, values)| (name.clone(), values.iter().map(|value| value.to_bits()).collect())).collect()
    }

    #[test]
    fn it_reads_what_it_wrote() {
        let checkpoint = sample();
        let read = decode(&encode(&checkpoint)).unwrap();
        assert_eq!(read.progress, checkpoint.progress);
        assert_eq!(bits(&read), bits(&checkpoint));
        assert_eq!(encode(&checkpoint), encode(&read));
    }

    /// What [`decode`] takes is written again, and read again, as the same.
    fn round_trips(read: &Checkpoint) -> bool {
        let file = encode(read);
        let again = decode(&file).unwrap();
        again.progress == read.progress && bits(&again) == bits(read) && encode(&again) == file
    }

    #[test]
    fn a_flipped_bit_is_an_error_or_gives_what_round_trips() {
        let file = encode(&sample());
        let mut taken = 0;
        for bit in 0..file.len() * 8 {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let Ok(read) = decode(&damaged) else { continue };
            taken += 1;
            assert!(bit / 8 >= HEADER_BYTES, "bit {bit}");
            assert!(round_trips(&read), "bit {bit}");
        }
        // At least the numbers' own bits, which nothing here can tell from the right ones.
        assert!(taken >= 6 * 32, "{taken}");
    }

    #[test]
    fn every_truncation_and_extension_is_noticed() {
        let file = encode(&sample());
        for length in 0..file.len() {
            assert!(decode(&file[..length]).is_err(), "{length} bytes");
        }
        assert!(decode(&[&file[..], &[0]].concat()).is_err());
    }

    fn framed(header: &str, data: &[u8]) -> Vec<u8> {
        let version = VERSION.to_le_bytes();
        [MAGIC, &version[..], &(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
    }

    #[test]
    fn malicious_content_has_its_message() {
        let progress = serde_json::to_string(&serde_json::to_string(&sample().progress).unwrap()).unwrap();
        let with = |tensor: &str| framed(&format!(r#"{{"__metadata__":{{"progress":{progress}}},{tensor}}}"#), &[0; 8]);
        let place = |name: &str, shape: &str, offsets: &str| {
            with(&format!(r#""{name}":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}"#))
        };
        assert!(decode(&place("state/a", "[2]", "[0,8]")).is_ok());
        let cases: &[(&str, Vec<u8>)] = &[
            ("empty", vec![]),
            ("other magic", b"PK\x03\x04 and so on".to_vec()),
            ("no version", MAGIC.to_vec()),
            ("other version", [&MAGIC[..], &[9, 0]].concat()),
            ("header of 2^64 - 1 bytes", [&MAGIC[..], &VERSION.to_le_bytes(), &[0xff; 8]].concat()),
            ("not JSON", framed("progress", &[])),
            ("no progress", framed("{}", &[])),
            ("progress of no training", framed(r#"{"__metadata__":{"progress":"{}"}}"#, &[])),
            ("offsets beyond everything", place("state/a", "[2]", "[18446744073709551608,18446744073709551615]")),
            ("offsets backwards", place("state/a", "[2]", "[8,0]")),
            ("shape beyond everything", place("state/a", "[4294967296,4294967296,2]", "[0,8]")),
            ("not flat", place("state/a", "[2,1]", "[0,8]")),
            ("another kind of tensor", place("worst/a", "[2]", "[0,8]")),
            ("no kind", place("a", "[2]", "[0,8]")),
        ];
        let mut text = String::new();
        for (name, file) in cases {
            let error = decode(file).expect_err(name);
            text += &format!("# {name}\n");
            for lang in Lang::ALL {
                text += &format!("{}\n", error.text(lang));
                if let Some(hint) = error.hint(lang) {
                    text += &format!("  {hint}\n");
                }
            }
        }
        insta::assert_snapshot!(text);
    }
}
