//! Runs a model over a set of samples.

use proofmark_data::PreparedSet;
use proofmark_engine::cpu::{CpuExecutor, CpuSession};
use proofmark_engine::{Feed, RunError, Session, StateBlock, Step};
use proofmark_model::{CheckedModel, ModelErrors};

use crate::metrics::Predictions;

/// Samples of one step of inference: enough shards for eight threads.
const BATCH: usize = 256;

/// A model prepared for prediction.
pub struct Predictor {
    session: CpuSession,
    predictions: usize,
    sample_elements: usize,
    outputs: usize,
    batch: Vec<f32>,
}

impl Predictor {
    /// Prepares a model whose states stand in `state`.
    ///
    /// # Errors
    /// A state that the block lacks.
    pub fn new(model: &CheckedModel, executor: CpuExecutor, state: &StateBlock) -> Result<Self, PredictError> {
        let inference = model.inference_graph()?;
        let sample_elements = model.input_shape().elements();
        Ok(Predictor {
            session: executor.session(&inference.graph, state, BATCH)?,
            predictions: inference.predictions,
            sample_elements,
            outputs: model.output_shape().elements(),
            batch: vec![0.0; BATCH * sample_elements],
        })
    }

    /// What the model says about a prepared set, in its order. `progress` hears the number of samples done.
    ///
    /// # Errors
    /// A step that cannot run.
    pub fn predict(
        &mut self,
        state: &mut StateBlock,
        set: &PreparedSet,
        mut progress: impl FnMut(usize),
    ) -> Result<Predictions, PredictError> {
        let mut probabilities = Vec::with_capacity(set.len() * self.outputs);
        let rows: Vec<u32> = (0..set.len() as u32).collect();
        for rows in rows.chunks(BATCH) {
            let elements = rows.len() * self.sample_elements;
            set.gather(rows, &mut self.batch[..elements]);
            let ids: Vec<u64> = rows.iter().map(|row| set.ids()[*row as usize]).collect();
            let step = Step { ids: &ids, index: 0, seed: 0 };
            self.session.run(state, &step, &[Feed::F32(&self.batch[..elements])])?;
            probabilities.extend_from_slice(self.session.output(self.predictions));
            progress(probabilities.len() / self.outputs);
        }
        Ok(Predictions { classes: self.outputs, probabilities, labels: set.labels().to_vec() })
    }

    /// The outputs for samples that are given as they are, one after the other.
    ///
    /// # Errors
    /// A step that cannot run.
    pub fn predict_raw(&mut self, state: &mut StateBlock, samples: &[f32]) -> Result<Vec<f32>, PredictError> {
        let mut outputs = Vec::new();
        for chunk in samples.chunks(BATCH * self.sample_elements) {
            let ids = vec![0; chunk.len() / self.sample_elements];
            self.session.run(state, &Step { ids: &ids, index: 0, seed: 0 }, &[Feed::F32(chunk)])?;
            outputs.extend_from_slice(self.session.output(self.predictions));
        }
        Ok(outputs)
    }
}

/// Why a model cannot predict.
#[derive(Debug)]
pub enum PredictError {
    /// The model has no graph for inference.
    Model(ModelErrors),
    /// A step cannot run.
    Run(RunError),
}

impl std::fmt::Display for PredictError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PredictError::Model(errors) => errors.fmt(f),
            PredictError::Run(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PredictError {}

impl From<ModelErrors> for PredictError {
    fn from(errors: ModelErrors) -> Self {
        PredictError::Model(errors)
    }
}

impl From<RunError> for PredictError {
    fn from(error: RunError) -> Self {
        PredictError::Run(error)
    }
}

impl From<PredictError> for crate::TrainError {
    fn from(error: PredictError) -> Self {
        match error {
            PredictError::Model(errors) => errors.into(),
            PredictError::Run(error) => error.into(),
        }
    }
}
