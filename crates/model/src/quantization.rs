//! Models with weights of 8 bits: which layers have them, the graphs they run in, and how they stand in a model file.
//!
//! In a file, a layer whose weights were the tensor `K` has four: `K` (I8, the shape of the weights), `K.scales` (F32, one for each
//! output channel), `K.input_scale` (F32, a single number) and `K.input_zero_point` (U8, likewise). A weight is about its scale times
//! its value; what the layer reads becomes whole numbers as [`Affine`] says. Nothing else is needed to read the file.

use std::collections::BTreeMap;

use proofmark_engine::ops::{Affine, QuantizedWeights};
use proofmark_engine::quantize::{QuantizedLayer, quantizable, quantized};
use proofmark_engine::{Graph, StateBlock};
use proofmark_tensor::Shape;

use crate::check::CheckedModel;
use crate::error::{ModelErrorKind, ModelErrors};
use crate::losses::Loss;
use crate::lower::{Evaluation, Inference, output};
use crate::model_file::{Elements, ModelFile, ModelFileError, Tensor, f32_bytes};

/// What is behind the name of the weights in the names of the other tensors.
const SCALES: &str = ".scales";
const INPUT_SCALE: &str = ".input_scale";
const INPUT_ZERO_POINT: &str = ".input_zero_point";

/// The layers of a model that have weights of 8 bits; with none, it is the model as it was trained.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quantization {
    /// By the name of the state that held the weights: `dense.kernel`.
    pub layers: BTreeMap<String, QuantizedLayer>,
}

/// The graph of predictions that also gives what each layer reads that can be quantised: to measure its range.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// The graph. Its states are those of the inference graph, its input is `x`.
    pub graph: Graph,
    /// The layers, by the name of the state that holds the weights, with the index of the output that gives what they read.
    pub sites: Vec<(String, usize)>,
}

impl Quantization {
    /// The states that a graph with these layers has, from a block of the model as it was trained. One that the block lacks is 0.
    pub fn remaining(&self, graph: &Graph, trained: &StateBlock) -> StateBlock {
        let mut state = StateBlock::new(graph);
        for entry in state.entries().to_vec() {
            if let (Some(to), Some(from)) = (state.get_mut(&entry.name), trained.get(&entry.name)) {
                to.copy_from_slice(from);
            }
        }
        state
    }

    /// The tensors that stand in a file.
    pub(crate) fn tensors(&self) -> impl Iterator<Item = (Elements, String, Shape, Vec<u8>)> {
        self.layers.iter().flat_map(|(name, QuantizedLayer { input, weights })| {
            let values = weights.values().iter().map(|value| *value as u8).collect();
            let of = |suffix: &str| format!("{name}{suffix}");
            let scales = [weights.scales().len()];
            [
                (Elements::I8, name.clone(), weights.shape().clone(), values),
                (Elements::F32, of(SCALES), scales.into(), f32_bytes(weights.scales())),
                (Elements::F32, of(INPUT_SCALE), [].into(), f32_bytes(&[input.scale])),
                (Elements::U8, of(INPUT_ZERO_POINT), [].into(), vec![input.zero_point]),
            ]
        })
    }
}

impl ModelFile<'_> {
    /// Whether some layers have weights of 8 bits.
    pub fn is_quantized(&self) -> bool {
        self.tensors.values().any(|tensor| tensor.elements == Elements::I8)
    }

    /// Takes the layers of 8 bits out of the file; what is left are the states of the graph in which they stand. `graph` is the one of
    /// the model as it was trained.
    ///
    /// # Errors
    /// Weights of 8 bits that are of no layer of the model, or do not fit it; a value, a scale or a zero point that is none.
    pub fn take_quantization(&mut self, graph: &Graph) -> Result<Quantization, ModelFileError> {
        let names: Vec<String> = self
            .tensors
            .iter()
            .filter(|(_, tensor)| tensor.elements == Elements::I8)
            .map(|(name, _)| name.clone())
            .collect();
        if names.is_empty() {
            return Ok(Quantization::default());
        }
        let known: Vec<String> = quantizable(graph).into_iter().map(|site| site.weights).collect();
        let mut layers = BTreeMap::new();
        for name in names {
            let state = graph.states().iter().find(|state| state.name == name);
            let Some(state) = state.filter(|_| known.contains(&name)) else {
                return Err(ModelFileError::Unexpected { tensor: name, nearest: None });
            };
            let values = self.take(&name, Elements::I8, &state.shape)?.iter().map(|byte| *byte as i8).collect();
            let scales = floats(self.take(&format!("{name}{SCALES}"), Elements::F32, &[state.shape.last()].into())?);
            let scale = floats(self.take(&format!("{name}{INPUT_SCALE}"), Elements::F32, &[].into())?);
            let zero_point = self.take(&format!("{name}{INPUT_ZERO_POINT}"), Elements::U8, &[].into())?;
            // One of each: their shapes say so.
            let input = Affine { scale: scale.iter().sum(), zero_point: zero_point.iter().sum() };
            let weights = QuantizedWeights::new(state.shape.clone(), values, scales).filter(|_| input.is_valid());
            let Some(weights) = weights else { return Err(ModelFileError::Quantized { tensor: name }) };
            layers.insert(name, QuantizedLayer { input, weights });
        }
        Ok(Quantization { layers })
    }

    /// Takes a tensor out.
    fn take(&mut self, name: &str, elements: Elements, shape: &Shape) -> Result<&[u8], ModelFileError> {
        let missing = || ModelFileError::Missing { tensor: name.to_owned() };
        let Tensor { elements: received, shape: received_shape, bytes } =
            self.tensors.remove(name).ok_or_else(missing)?;
        if received != elements {
            return Err(ModelFileError::Quantized { tensor: name.to_owned() });
        }
        if received_shape != *shape {
            let (tensor, expected) = (name.to_owned(), shape.clone());
            return Err(ModelFileError::Shape { tensor, expected, received: received_shape });
        }
        Ok(bytes)
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

impl CheckedModel {
    /// [`CheckedModel::inference_graph`] with what each layer reads that can be quantised.
    ///
    /// # Errors
    /// None that a checked model is known to meet.
    pub fn calibration_graph(&self) -> Result<Calibration, ModelErrors> {
        let mut graph = self.inference_graph()?.graph;
        let mut sites = Vec::new();
        for site in quantizable(&graph) {
            let idx = output(&mut graph, &format!("input of {}", site.weights), site.input)?;
            sites.push((site.weights, idx));
        }
        Ok(Calibration { graph, sites })
    }

    /// [`CheckedModel::inference_graph`] with quantised layers, whose weights are no states of it.
    ///
    /// # Errors
    /// None that layers are known to meet which were read for this model, or made for it.
    pub fn quantized_inference_graph(&self, quantization: &Quantization) -> Result<Inference, ModelErrors> {
        let Inference { graph, predictions } = self.inference_graph()?;
        let graph = quantized(&graph, &quantization.layers).map_err(ModelErrorKind::from)?;
        Ok(Inference { graph, predictions })
    }

    /// [`CheckedModel::evaluation_graph`] with quantised layers, whose weights are no states of it.
    ///
    /// # Errors
    /// As [`CheckedModel::evaluation_graph`].
    pub fn quantized_evaluation_graph(
        &self,
        loss: &Loss,
        quantization: &Quantization,
    ) -> Result<Evaluation, ModelErrors> {
        let Evaluation { graph, loss, predictions } = self.evaluation_graph(loss)?;
        let graph = quantized(&graph, &quantization.layers).map_err(ModelErrorKind::from)?;
        Ok(Evaluation { graph, loss, predictions })
    }
}
