//! What a trained model says about new images or series. Everything stands in the model file: layers, classes, preprocessing.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use proofmark_data::spec::FeatureType;
use proofmark_data::{FittedFeature, read_idx_for_prediction, read_image_for_prediction, read_series_for_prediction};
use proofmark_engine::StateBlock;
use proofmark_evidence::{Digest, Kind};
use proofmark_model::losses::best_path;
use proofmark_model::{CheckedModel, ModelSpec, Quantization, Target, model_file};
use proofmark_store::{RunFile, RunFolder, StoreError};
use proofmark_tensor::Shape;
use proofmark_train::metrics::most_probable;
use proofmark_train::predict::{PredictError, Predictor};
use serde::de::DeserializeOwned;

use crate::claims::{self, TrainClaims};
use crate::command_error::CommandError;
use crate::host::Host;
use crate::pipeline::executor;
use crate::quantize::QuantizedClaims;

/// A model that is ready to predict.
pub struct Classifier {
    predictor: Predictor,
    state: StateBlock,
    feature: FittedFeature,
    classes: Vec<String>,
    /// What the model gives for a sample, where it reads a sequence from it.
    reads: Option<Shape>,
}

/// What a model says about one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Prediction {
    /// One of several classes.
    Class(ClassPrediction),
    /// The labels that it reads.
    Sequence(SequencePrediction),
}

/// The labels that a model reads from one row.
#[derive(Clone, Debug, PartialEq)]
pub struct SequencePrediction {
    /// The file.
    pub file: PathBuf,
    /// Which row of the file, from 0; `None` for a file of one.
    pub row: Option<usize>,
    /// The classes' names, as many as there are labels.
    pub labels: Vec<String>,
}

/// Which class a model says that one row is of.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassPrediction {
    /// The file.
    pub file: PathBuf,
    /// Which row of the file, from 0; `None` for a file of one.
    pub row: Option<usize>,
    /// The most probable class.
    pub class: String,
    /// Its probability.
    pub probability: f32,
    /// The probabilities of all classes, in the order of [`Classifier::classes`].
    pub probabilities: Vec<f32>,
}

/// Images of an IDX file that are prepared at a time.
const CHUNK: usize = 256;

/// The model file of a run, read and understood.
pub(crate) struct StoredModel {
    /// The file.
    pub(crate) bytes: Vec<u8>,
    /// What stands beside the tensors.
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) model: CheckedModel,
    /// The layers with weights of 8 bits; none in a model as it was trained.
    pub(crate) quantization: Quantization,
    pub(crate) state: StateBlock,
    pub(crate) feature: FittedFeature,
    pub(crate) classes: Vec<String>,
}

impl StoredModel {
    /// The model of a run, held against the digest in the run's evidence.
    ///
    /// # Errors
    /// A run without a model; a model file that is damaged, or not the one that a statement of the run claims.
    pub(crate) fn read(run: &RunFolder) -> Result<StoredModel, CommandError> {
        let path = run.file_path(RunFile::Model);
        let bytes = run.read(RunFile::Model)?;
        let mut claimed = Vec::new();
        for (statement, _) in run.evidence()?.iter().filter(|(statement, _)| statement.kind() == Kind::TrainRun) {
            claimed.extend(claims::read::<TrainClaims>(statement).ok().and_then(|claims| claims.model));
        }
        StoredModel::of(held(bytes, claimed, &path)?, &path)
    }

    /// The quantised model of a run, held against the digests in the run's evidence.
    ///
    /// # Errors
    /// A run whose model was not quantised; otherwise as [`StoredModel::read`].
    pub(crate) fn read_quantized(run: &RunFolder) -> Result<StoredModel, CommandError> {
        let path = run.file_path(RunFile::Quantized);
        let bytes = match run.read(RunFile::Quantized) {
            Err(StoreError::Missing { .. }) => {
                return Err(CommandError::NotQuantized { run: run.id().to_owned() });
            }
            bytes => bytes?,
        };
        let mut claimed = Vec::new();
        for (statement, _) in run.evidence()?.iter().filter(|(statement, _)| statement.kind() == Kind::ModelQuantized) {
            claimed.extend(claims::read::<QuantizedClaims>(statement).ok().map(|claims| claims.quantized));
        }
        StoredModel::of(held(bytes, claimed, &path)?, &path)
    }

    /// Understands a model file, quantised or not, which came from `path`.
    ///
    /// # Errors
    /// A file that is no model file of ours, or is damaged.
    pub(crate) fn of(bytes: Vec<u8>, path: &Path) -> Result<StoredModel, CommandError> {
        let at_path = |source| CommandError::ModelFile { path: path.to_owned(), source };
        let mut file = model_file::parse(&bytes).map_err(at_path)?;
        let spec: ModelSpec = metadata(&file, "model", path)?;
        let classes: Vec<String> = metadata(&file, "classes", path)?;
        let feature: FittedFeature = metadata(&file, "feature", path)?;
        let target = match file.metadata.get("target").map(String::as_str) {
            Some("embedding") => Target::Embedding { classes: classes.len() },
            Some("sequence") => Target::Sequence { classes: classes.len() },
            _ => Target::Category { classes: classes.len() },
        };
        let model = CheckedModel::new(&spec, feature.shape(), target)?;
        let quantization = file.take_quantization(&model.inference_graph()?.graph).map_err(at_path)?;
        let mut state = StateBlock::new(&model.quantized_inference_graph(&quantization)?.graph);
        file.load(&mut state).map_err(at_path)?;
        let metadata = file.metadata.clone();
        Ok(StoredModel { bytes, metadata, model, quantization, state, feature, classes })
    }
}

impl Classifier {
    /// The model of a run, held against the digest in the run's evidence.
    ///
    /// # Errors
    /// A run without a model; a model file that is damaged, or not the one that a statement of the run claims; a model of tokens, which
    /// writes and does not classify.
    pub fn open(run: &RunFolder, host: &dyn Host) -> Result<Classifier, CommandError> {
        Classifier::of(StoredModel::read(run)?, host)
    }

    /// The quantised model of a run, held against the digests in the run's evidence.
    ///
    /// # Errors
    /// A run whose model was not quantised; otherwise as [`Classifier::open`].
    pub fn open_quantized(run: &RunFolder, host: &dyn Host) -> Result<Classifier, CommandError> {
        Classifier::of(StoredModel::read_quantized(run)?, host)
    }

    fn of(stored: StoredModel, host: &dyn Host) -> Result<Classifier, CommandError> {
        let StoredModel { model, quantization, state, feature, classes, .. } = stored;
        if feature.kind == FeatureType::Tokens {
            return Err(CommandError::PredictsTokens);
        }
        let is_sequence = matches!(model.target(), Target::Sequence { .. });
        let reads = is_sequence.then(|| model.output_shape().clone());
        let predictor = Predictor::quantized(&model, &quantization, executor(host), &state)?;
        Ok(Classifier { predictor, state, feature, classes, reads })
    }

    /// The classes' names.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Predicts what a file holds, as the model's data were: the images of an IDX file (plain or gzipped), or the one of a PNG
    /// or JPEG file; the series of a `.ts` file, or the one of a CSV file.
    ///
    /// # Errors
    /// A file that cannot be read, or is none of these.
    pub fn predict(&mut self, path: &Path) -> Result<Vec<Prediction>, CommandError> {
        if self.feature.kind == FeatureType::Series {
            let samples = read_series_for_prediction(path, &self.feature)?;
            let is_one = samples.len() == self.feature.shape().elements();
            return Ok(self.outputs(path, &samples, (!is_one).then_some(0))?);
        }
        if !is_idx(path)? {
            let sample = read_image_for_prediction(path, &self.feature)?;
            return Ok(self.outputs(path, &sample, None)?);
        }
        let images = read_idx_for_prediction(path, &self.feature)?;
        let elements = images.feature_shape().elements();
        let mut samples = vec![0.0; CHUNK * elements];
        let mut predictions = Vec::with_capacity(images.len());
        for first in (0..images.len()).step_by(CHUNK) {
            let samples = &mut samples[..CHUNK.min(images.len() - first) * elements];
            images.gather(first, samples);
            predictions.extend(self.outputs(path, samples, Some(first))?);
        }
        Ok(predictions)
    }

    fn outputs(&mut self, path: &Path, samples: &[f32], first: Option<usize>) -> Result<Vec<Prediction>, PredictError> {
        let outputs = self.predictor.predict(&mut self.state, samples)?;
        if let Some(shape) = &self.reads {
            let read = |(idx, rows): (usize, &[f32])| {
                let labels = best_path(rows, shape.last()).into_iter();
                Prediction::Sequence(SequencePrediction {
                    file: path.to_owned(),
                    row: first.map(|first| first + idx),
                    labels: labels.map(|label| self.classes[label as usize].clone()).collect(),
                })
            };
            return Ok(outputs.chunks_exact(shape.elements()).enumerate().map(read).collect());
        }
        let prediction = |(idx, row): (usize, &[f32])| {
            let best = most_probable(row);
            Prediction::Class(ClassPrediction {
                file: path.to_owned(),
                row: first.map(|first| first + idx),
                class: self.classes[best].clone(),
                probability: row[best],
                probabilities: row.to_vec(),
            })
        };
        Ok(outputs.chunks_exact(self.classes.len()).enumerate().map(prediction).collect())
    }
}

/// The bytes, if their digest is claimed.
fn held(bytes: Vec<u8>, mut claimed: Vec<String>, path: &Path) -> Result<Vec<u8>, CommandError> {
    let (found, path) = (Digest::of(&bytes).to_string(), path.to_owned());
    if claimed.contains(&found) {
        return Ok(bytes);
    }
    Err(match claimed.pop() {
        Some(expected) => CommandError::ModelAltered { path, expected, found },
        None => CommandError::ModelUnclaimed { path },
    })
}

fn metadata<T: DeserializeOwned>(
    file: &model_file::ModelFile<'_>,
    key: &'static str,
    path: &Path,
) -> Result<T, CommandError> {
    let missing = || CommandError::ModelMetadata { path: path.to_owned(), key };
    let text = file.metadata.get(key).ok_or_else(missing)?;
    serde_json::from_str(text).map_err(|source| CommandError::ModelMetadataMalformed {
        path: path.to_owned(),
        key,
        source,
    })
}

/// Whether a file begins as IDX files do: with two zeros, or gzipped. No image does.
fn is_idx(path: &Path) -> Result<bool, CommandError> {
    let at_path = |source| CommandError::File { path: path.to_owned(), source };
    let mut start = [0; 2];
    match File::open(path).and_then(|mut file| file.read_exact(&mut start)) {
        Ok(()) => Ok(matches!(start, [0, 0] | [0x1f, 0x8b])),
        // Shorter than two bytes: no image either, and the reader of images says so.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(at_path(error)),
    }
}
