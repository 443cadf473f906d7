//! Runs a model over samples: with labels ([`Evaluator`]) and without ([`Predictor`]).

use proofmark_data::{PreparedSet, epoch_order};
use proofmark_engine::cpu::{CpuExecutor, CpuSession};
use proofmark_engine::{Feed, RunError, Session, StateBlock, Step};
use proofmark_messages::{Lang, Localize, display_in_english, tokens, train as say};
use proofmark_model::losses::Loss;
use proofmark_model::onnx::Imported;
use proofmark_model::{CheckedModel, ModelErrors, Quantization, Target};
use proofmark_tensor::math;

use crate::metrics::{Predictions, Reading};
use crate::targets::{Targets, check_sequences};

/// Samples of one step of inference: enough shards for eight threads.
const BATCH: usize = 256;

/// A model prepared for evaluation: what it says about labelled samples, and the loss of each, which is the one that training
/// lowers. Dropout is off, batch normalisation uses the moving statistics.
pub struct Evaluator {
    session: CpuSession,
    loss: usize,
    predictions: usize,
    sample_elements: usize,
    /// Of a sample, or of one of its steps.
    outputs: usize,
    /// The classes of samples whose predictions are embeddings.
    embedded_classes: Option<usize>,
    /// The classes of the sequences that are read from samples.
    sequence_classes: Option<usize>,
    batch: Vec<f32>,
    targets: Targets,
}

impl std::fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Evaluator").field("plan", self.session.plan()).finish_non_exhaustive()
    }
}

impl Evaluator {
    /// Prepares a model whose states stand in `state`.
    ///
    /// # Errors
    /// A loss that does not fit; a state that the block lacks; a plan that needs more than the machine has.
    pub fn new(
        model: &CheckedModel,
        loss: &Loss,
        executor: CpuExecutor,
        state: &StateBlock,
    ) -> Result<Self, PredictError> {
        Evaluator::quantized(model, &Quantization::default(), loss, executor, state)
    }

    /// Prepares a model with these layers quantised; `state` holds what they leave of its states.
    ///
    /// # Errors
    /// As [`Evaluator::new`].
    pub fn quantized(
        model: &CheckedModel,
        quantization: &Quantization,
        loss: &Loss,
        executor: CpuExecutor,
        state: &StateBlock,
    ) -> Result<Self, PredictError> {
        let evaluation = model.quantized_evaluation_graph(loss, quantization)?;
        let sample_elements = model.input_shape().elements();
        Ok(Evaluator {
            session: executor.session(&evaluation.graph, state, BATCH)?,
            loss: evaluation.loss,
            predictions: evaluation.predictions,
            sample_elements,
            outputs: model.output_shape().last(),
            embedded_classes: match model.target() {
                Target::Embedding { classes } => Some(classes),
                Target::Category { .. } | Target::Number { .. } | Target::Sequence { .. } => None,
            },
            sequence_classes: match model.target() {
                Target::Sequence { classes } => Some(classes),
                Target::Category { .. } | Target::Number { .. } | Target::Embedding { .. } => None,
            },
            batch: vec![0.0; BATCH * sample_elements],
            targets: Targets::new(loss, model.output_shape(), BATCH),
        })
    }

    /// What the model says about a prepared set, in its order; of samples with a label a step, about those steps whose label is
    /// not missing. `progress` hears the number of samples done.
    ///
    /// # Errors
    /// Samples with another number of labels than the model has predictions for; a step that cannot run; a prediction or a loss
    /// that is NaN or infinite.
    pub fn evaluate(
        &mut self,
        state: &mut StateBlock,
        set: &PreparedSet,
        mut progress: impl FnMut(usize),
    ) -> Result<Predictions, PredictError> {
        let width = self.targets.width();
        if self.sequence_classes.is_some() {
            check_sequences(width, set)?;
        } else if !set.is_empty() && set.label_width() != width {
            return Err(PredictError::Steps { steps: width, width: set.label_width() });
        }
        let mut said = Vec::with_capacity(set.len() * width * self.outputs);
        let mut losses = Vec::with_capacity(set.len());
        // A loss that compares the samples of a batch needs several classes in each, and sources are often in the order of classes.
        let order: Vec<u32> = match self.embedded_classes {
            Some(_) => epoch_order(0, 0, set.len()),
            None => (0..set.len() as u32).collect(),
        };
        for rows in order.chunks(BATCH) {
            let n = rows.len();
            let elements = n * self.sample_elements;
            set.gather(rows, &mut self.batch[..elements]);
            self.targets.fill_from(set, rows);
            let ids: Vec<u64> = rows.iter().map(|row| set.ids()[*row as usize]).collect();
            let step = Step { ids: &ids, index: 0, seed: 0 };
            self.session.run(state, &step, &[Feed::F32(&self.batch[..elements]), self.targets.feed(0..n)])?;
            said.extend_from_slice(self.session.output(self.predictions));
            losses.extend_from_slice(self.session.output(self.loss));
            progress(losses.len());
        }
        refuse_not_finite(&said, self.outputs * width)?;
        refuse_not_finite(&losses, 1)?;
        if let Some(classes) = self.sequence_classes {
            let said = said.chunks_exact(self.outputs * width);
            let readings = said.zip(set.labels().chunks_exact(set.label_width()));
            let readings = readings.map(|(said, labels)| Reading::of(said, self.outputs, labels)).collect();
            return Ok(Predictions { classes, losses, readings, ..Predictions::default() });
        }
        if let Some(classes) = self.embedded_classes {
            return Ok(Predictions::of_embeddings(classes, &said, &losses, set.labels(), &order));
        }
        let (classes, probabilities) = by_class(self.outputs, said);
        Ok(match width {
            1 => {
                Predictions { classes, probabilities, losses, labels: set.labels().to_vec(), ..Predictions::default() }
            }
            _ => Predictions::of_steps(classes, width, &probabilities, &losses, set.labels()),
        })
    }
}

/// A model prepared for prediction.
pub struct Predictor {
    session: CpuSession,
    predictions: usize,
    sample_elements: usize,
    outputs: usize,
}

impl Predictor {
    /// Prepares a model whose states stand in `state`.
    ///
    /// # Errors
    /// A model that predicts a class for each step; a state that the block lacks; a plan that needs more than the machine has.
    pub fn new(model: &CheckedModel, executor: CpuExecutor, state: &StateBlock) -> Result<Self, PredictError> {
        Predictor::quantized(model, &Quantization::default(), executor, state)
    }

    /// Prepares a model with these layers quantised; `state` holds what they leave of its states.
    ///
    /// # Errors
    /// As [`Predictor::new`].
    pub fn quantized(
        model: &CheckedModel,
        quantization: &Quantization,
        executor: CpuExecutor,
        state: &StateBlock,
    ) -> Result<Self, PredictError> {
        let is_sequence = matches!(model.target(), Target::Sequence { .. });
        if model.predicts_steps() && !is_sequence {
            return Err(PredictError::StepsUnsupported { steps: model.output_shape()[0] });
        }
        if matches!(model.target(), Target::Embedding { .. }) {
            return Err(PredictError::EmbeddingsUnsupported);
        }
        let inference = model.quantized_inference_graph(quantization)?;
        Ok(Predictor {
            session: executor.session(&inference.graph, state, BATCH)?,
            predictions: inference.predictions,
            sample_elements: model.input_shape().elements(),
            outputs: model.output_shape().elements(),
        })
    }

    /// The probabilities of the classes for samples that are given as they are, one after the other. The single output of a
    /// model of two classes becomes two probabilities. Of a model that reads sequences, all that it gives for each step.
    ///
    /// # Errors
    /// A step that cannot run; a prediction that is NaN or infinite.
    pub fn predict(&mut self, state: &mut StateBlock, samples: &[f32]) -> Result<Vec<f32>, PredictError> {
        let mut said = Vec::new();
        for chunk in samples.chunks(BATCH * self.sample_elements) {
            let ids = vec![0; chunk.len() / self.sample_elements];
            self.session.run(state, &Step { ids: &ids, index: 0, seed: 0 }, &[Feed::F32(chunk)])?;
            said.extend_from_slice(self.session.output(self.predictions));
        }
        refuse_not_finite(&said, self.outputs)?;
        Ok(by_class(self.outputs, said).1)
    }
}

/// What a model gives for a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// Probabilities of the classes.
    Probabilities,
    /// Their logits, from which we compute the probabilities.
    Logits,
}

/// How far the probabilities of a sample may be from adding up to 1.
const PROBABILITY_SLACK: f32 = 1e-3;

/// What a model of another program says about a prepared set. Numbers that are no probabilities (some below 0 or above 1, or a
/// sample's do not add up to 1) are taken for logits. The loss of a sample is the cross-entropy, -ln of its class's probability.
///
/// # Errors
/// A plan that needs more than the machine has; a step that cannot run; a prediction that is NaN or infinite.
pub fn predictions_of_imported(
    model: &mut Imported,
    executor: CpuExecutor,
    set: &PreparedSet,
) -> Result<(OutputKind, Predictions), PredictError> {
    let (sample, outputs) = (model.input.elements(), model.output.elements());
    if set.label_width() != 1 {
        return Err(PredictError::Steps { steps: 1, width: set.label_width() });
    }
    let mut session = executor.session(&model.graph, &model.state, BATCH)?;
    let mut batch = vec![0.0; BATCH * sample];
    let mut said = Vec::with_capacity(set.len() * outputs);
    let rows: Vec<u32> = (0..set.len() as u32).collect();
    for rows in rows.chunks(BATCH) {
        let batch = &mut batch[..rows.len() * sample];
        set.gather(rows, batch);
        let ids: Vec<u64> = rows.iter().map(|row| set.ids()[*row as usize]).collect();
        session.run(&mut model.state, &Step { ids: &ids, index: 0, seed: 0 }, &[Feed::F32(batch)])?;
        said.extend_from_slice(session.output(model.predictions));
    }
    refuse_not_finite(&said, outputs)?;
    let in_range = said.iter().all(|value| (-PROBABILITY_SLACK..=1.0 + PROBABILITY_SLACK).contains(value));
    let adds_up = |row: &[f32]| outputs == 1 || (row.iter().sum::<f32>() - 1.0).abs() <= PROBABILITY_SLACK;
    let kind = if in_range && said.chunks_exact(outputs).all(adds_up) {
        OutputKind::Probabilities
    } else {
        said.chunks_exact_mut(outputs).for_each(to_probabilities);
        OutputKind::Logits
    };
    let (classes, probabilities) = by_class(outputs, said);
    let losses = probabilities
        .chunks_exact(classes)
        .zip(set.labels())
        // As far from 0 as f32 reaches: the logarithm is to stay finite.
        .map(|(row, label)| -math::ln_f64(f64::from(row[*label as usize].max(f32::MIN_POSITIVE))) as f32)
        .collect();
    let labels = set.labels().to_vec();
    Ok((kind, Predictions { classes, probabilities, losses, labels, ..Predictions::default() }))
}

/// Softmax of several logits, the logistic function of one, in f64.
fn to_probabilities(row: &mut [f32]) {
    if let [logit] = row {
        *logit = (1.0 / (1.0 + math::exp_f64(-f64::from(*logit)))) as f32;
        return;
    }
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = row.iter().map(|logit| math::exp_f64(f64::from(*logit - most))).sum();
    row.iter_mut().for_each(|logit| *logit = (math::exp_f64(f64::from(*logit - most)) / sum) as f32);
}

pub(crate) fn refuse_not_finite(numbers: &[f32], a_sample: usize) -> Result<(), PredictError> {
    match numbers.iter().position(|number| !number.is_finite()) {
        Some(idx) => Err(PredictError::NotFinite { sample: idx / a_sample, value: numbers[idx] }),
        None => Ok(()),
    }
}

/// A column for each class, and how many: a single output is the probability of the second of two classes.
fn by_class(outputs: usize, said: Vec<f32>) -> (usize, Vec<f32>) {
    match outputs {
        1 => (2, said.into_iter().flat_map(|second| [1.0 - second, second]).collect()),
        classes => (classes, said),
    }
}

/// Why a model cannot predict.
#[derive(Debug)]
#[non_exhaustive]
pub enum PredictError {
    /// The model has no such graph.
    Model(ModelErrors),
    /// A step cannot run.
    Run(RunError),
    /// A prediction or a loss is NaN or infinite: the parameters overflow on this sample.
    NotFinite {
        /// The sample's place, from 0.
        sample: usize,
        /// What came out.
        value: f32,
    },
    /// Samples with another number of labels than the model has predictions for.
    Steps {
        /// Predictions of a sample.
        steps: usize,
        /// Labels of a sample.
        width: usize,
    },
    /// A sequence of labels that the model's steps have no room for.
    SequenceTooLong {
        /// The sample's place, from 0.
        sample: usize,
        /// Its labels.
        labels: usize,
        /// How many of them are the one before them again.
        repeats: usize,
        /// The steps that it takes to say them.
        needed: usize,
        /// The model's steps.
        steps: usize,
    },
    /// A model of whole samples where one is needed that says for each step what follows.
    NotEachStep,
    /// A model whose predictions depend on what comes later.
    LooksAhead,
    /// A model of embeddings where a class is needed.
    EmbeddingsUnsupported,
    /// A model of steps where one class a sample is needed.
    StepsUnsupported {
        /// Predictions of a sample.
        steps: usize,
    },
}

impl Localize for PredictError {
    fn text(&self, lang: Lang) -> String {
        match self {
            PredictError::Model(errors) => errors.text(lang),
            PredictError::Run(error) => error.to_string(),
            PredictError::NotFinite { sample, value } => say::prediction_not_finite(lang, sample, value),
            PredictError::Steps { steps, width } => say::prediction_steps(lang, steps, width),
            PredictError::StepsUnsupported { steps } => say::steps_unsupported(lang, steps),
            PredictError::SequenceTooLong { sample, labels, repeats, needed, steps } => {
                say::sequence_too_long(lang, sample, labels, repeats, needed, steps)
            }
            PredictError::NotEachStep => tokens::not_each_step(lang),
            PredictError::LooksAhead => tokens::looks_ahead(lang),
            PredictError::EmbeddingsUnsupported => say::embeddings_unsupported(lang),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            PredictError::Model(errors) => errors.hint(lang),
            PredictError::Run(_)
            | PredictError::StepsUnsupported { .. }
            | PredictError::EmbeddingsUnsupported
            | PredictError::NotEachStep => None,
            PredictError::LooksAhead => Some(tokens::hint_looks_ahead(lang)),
            PredictError::Steps { .. } => Some(say::prediction_steps_hint(lang)),
            PredictError::SequenceTooLong { .. } => Some(say::sequence_too_long_hint(lang)),
            PredictError::NotFinite { .. } => Some(say::prediction_not_finite_hint(lang)),
        }
    }
}

display_in_english!(PredictError);

impl std::error::Error for PredictError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            PredictError::Model(errors) => Some(errors),
            PredictError::Run(error) => Some(error),
            PredictError::NotFinite { .. }
            | PredictError::Steps { .. }
            | PredictError::StepsUnsupported { .. }
            | PredictError::SequenceTooLong { .. }
            | PredictError::NotEachStep
            | PredictError::LooksAhead
            | PredictError::EmbeddingsUnsupported => None,
        }
    }
}

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
            error => crate::TrainError::Predict(error),
        }
    }
}
