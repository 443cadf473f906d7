//! A model file that is ready to answer.

use std::path::Path;

use proofmark_engine::cpu::{CpuExecutor, CpuSession, Level, MEMORY_LIMIT_BYTES};
use proofmark_engine::{Feed, Session as _, SessionMemory, StateBlock, Step};
use proofmark_model::{CheckedModel, ModelSpec, Target, model_file};
use proofmark_tensor::Shape;
use serde::de::DeserializeOwned;

use crate::error::RuntimeError;
use crate::feature::{Encoder, Feature};

/// How a model runs. None of it changes a bit of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Threads.
    pub threads: usize,
    /// The SIMD level.
    pub level: Level,
    /// Samples of one step, at most.
    pub batch: usize,
    /// Bytes that states and session may take.
    pub memory_limit_bytes: usize,
}

impl Default for Options {
    /// One thread, the machine's best level, one sample at a time.
    fn default() -> Self {
        Options { threads: 1, level: Level::best(), batch: 1, memory_limit_bytes: MEMORY_LIMIT_BYTES }
    }
}

/// A model with its memory.
pub struct Model {
    session: CpuSession,
    state: StateBlock,
    predictions: usize,
    outputs: usize,
    batch: usize,
    ids: Vec<u64>,
    encoder: Encoder,
    feature: Feature,
    classes: Vec<String>,
    layers: usize,
    n_weights_8_bit: usize,
}

impl Model {
    /// Understands the bytes of a model file, which came from `path`.
    ///
    /// # Errors
    /// A file that is no model file of ours, or is damaged; a model that needs more memory than it may have.
    pub fn read(bytes: &[u8], path: &Path, options: Options) -> Result<Model, RuntimeError> {
        let at_path = |source| RuntimeError::ModelFile { path: path.to_owned(), source };
        let mut file = model_file::parse(bytes).map_err(at_path)?;
        let spec: ModelSpec = metadata(&file, "model", path)?;
        let classes: Vec<String> = metadata(&file, "classes", path)?;
        let feature: Feature = metadata(&file, "feature", path)?;
        match file.metadata.get("target").map(String::as_str) {
            Some("embedding") => return Err(RuntimeError::Embeddings { path: path.to_owned() }),
            Some("sequence") => return Err(RuntimeError::Sequences { path: path.to_owned() }),
            _ => {}
        }
        let target = Target::Category { classes: classes.len() };
        let refuse = |source| RuntimeError::Model { path: path.to_owned(), source };
        let model = CheckedModel::new(&spec, Shape::from(feature.shape), target).map_err(refuse)?;
        let trained = model.inference_graph().map_err(refuse)?;
        let quantization = file.take_quantization(&trained.graph).map_err(at_path)?;
        let inference = model.quantized_inference_graph(&quantization).map_err(refuse)?;
        let executor = CpuExecutor {
            level: options.level,
            memory_limit_bytes: options.memory_limit_bytes,
            ..CpuExecutor::new(options.threads)
        };
        // Before the block of states is allocated, which a file's header may make as large as it likes.
        executor.outline(&inference.graph, options.batch)?;
        let mut state = StateBlock::try_new(&inference.graph)?;
        let encoder = feature.encoder().ok_or_else(|| RuntimeError::Feature { path: path.to_owned() })?;
        file.load(&mut state).map_err(at_path)?;
        Ok(Model {
            session: executor.session(&inference.graph, &state, options.batch)?,
            state,
            predictions: inference.predictions,
            outputs: model.output_shape().elements(),
            batch: options.batch,
            ids: vec![0; options.batch],
            encoder,
            feature,
            classes,
            layers: spec.layers.len(),
            n_weights_8_bit: quantization.layers.values().map(|layer| layer.weights.values().len()).sum(),
        })
    }

    /// The classes' names.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// What the model reads: height, width, channels.
    pub fn shape(&self) -> [usize; 3] {
        self.feature.shape
    }

    /// Numbers of one sample.
    pub fn sample_elements(&self) -> usize {
        self.feature.shape.iter().product()
    }

    /// Samples of one step, at most.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Layers of its spec.
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// Numbers in its parameters and statistics, those of 8 bits among them.
    pub fn n_parameters(&self) -> usize {
        self.state.n_parameters() + self.n_weights_8_bit
    }

    /// What the session takes.
    pub fn memory(&self) -> SessionMemory {
        self.session.memory()
    }

    pub(crate) fn feature(&self) -> &Feature {
        &self.feature
    }

    /// The numbers of one image, from its bytes: as training treated them, but for resizing and making grey.
    pub fn encode(&self, bytes: &[u8], out: &mut [f32]) {
        self.encoder.encode(bytes, out);
    }

    /// The probabilities of the classes, for samples of up to one batch; allocates nothing once `out` is large enough.
    ///
    /// # Errors
    /// A step that cannot run; a probability that is NaN or infinite.
    pub fn predict(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), RuntimeError> {
        let n_samples = samples.len() / self.sample_elements();
        let step = Step { ids: &self.ids[..n_samples.min(self.batch)], index: 0, seed: 0 };
        self.session.run(&mut self.state, &step, &[Feed::F32(samples)])?;
        let said = self.session.output(self.predictions);
        if let Some(idx) = said.iter().position(|number| !number.is_finite()) {
            return Err(RuntimeError::NotFinite { sample: idx / self.outputs, value: said[idx] });
        }
        out.clear();
        match self.outputs {
            // The probability of the second of two classes.
            1 => out.extend(said.iter().flat_map(|second| [1.0 - second, *second])),
            _ => out.extend_from_slice(said),
        }
        Ok(())
    }
}

/// The index of the largest value, the first of equals.
pub fn most_probable(row: &[f32]) -> usize {
    (1..row.len()).fold(0, |best, idx| if row[idx] > row[best] { idx } else { best })
}

fn metadata<T: DeserializeOwned>(
    file: &model_file::ModelFile<'_>,
    key: &'static str,
    path: &Path,
) -> Result<T, RuntimeError> {
    let text = file.metadata.get(key).ok_or_else(|| RuntimeError::Metadata { path: path.to_owned(), key })?;
    let malformed = |source| RuntimeError::MetadataMalformed { path: path.to_owned(), key, source };
    serde_json::from_str(text).map_err(malformed)
}
