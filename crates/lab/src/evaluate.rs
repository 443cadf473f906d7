//! Measures a model file on the test data of a spec: one of another program (ONNX), or one of ours, quantised or not. Nothing is
//! recorded: a model that was trained elsewhere has no evidence here, and what is measured of it is an observation.

use std::path::{Path, PathBuf};

use proofmark_evidence::Digest;
use proofmark_model::onnx;
use proofmark_train::metrics::{EvaluationOptions, Measured, evaluate};
use proofmark_train::predict::{Evaluator, OutputKind, predictions_of_imported};

use crate::command_error::CommandError;
use crate::error::LabError;
use crate::host::Host;
use crate::pipeline::{SpecSource, executor, majority_class, prepare_data, read_spec};
use crate::predict::StoredModel;

/// What was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelEvaluation {
    /// The model's file.
    pub model: PathBuf,
    /// Its SHA-256.
    pub model_digest: String,
    /// Who wrote it, as it says.
    pub producer: String,
    /// What it gives.
    pub outputs: OutputKind,
    /// Rows of the test split.
    pub rows: usize,
    /// The spec's metrics, with intervals.
    pub metrics: Vec<Measured>,
}

/// Measures a model file on the test split of the spec, prepared as for a training. The spec's model is not looked at. `None`
/// if the gate refuses the data.
///
/// # Errors
/// A spec or data that cannot be used; a file that is not read, or that does not fit the data; numbers that are not finite.
pub fn evaluate_file(
    path: &Path,
    source: &SpecSource,
    host: &mut dyn Host,
) -> Result<Option<ModelEvaluation>, CommandError> {
    let bytes = std::fs::read(path).map_err(|source| CommandError::File { path: path.to_owned(), source })?;
    let read = read_spec(source)?;
    let spec = &read.value;
    let preparation = prepare_data(&read, &source.base, host)?;
    let Some(prepared) = &preparation.prepared else { return Ok(None) };
    let classes = prepared.classes.len();
    let model_digest = Digest::of(&bytes).to_string();
    let (producer, kind, predictions) = if is_ours(&bytes) {
        let mut stored = StoredModel::of(bytes, path)?;
        let (expected, received) = (stored.model.input_shape(), prepared.test.feature_shape());
        if expected != received {
            let (path, expected, received) = (path.to_owned(), expected.clone(), received.clone());
            return Err(CommandError::ModelInput { path, expected, received });
        }
        if stored.classes.len() != classes {
            return Err(CommandError::OnnxClasses { path: path.to_owned(), outputs: stored.classes.len(), classes });
        }
        let (model, loss) = (&stored.model, &spec.train.loss);
        let mut evaluator = Evaluator::quantized(model, &stored.quantization, loss, executor(host), &stored.state)?;
        let predictions = evaluator.evaluate(&mut stored.state, &prepared.test, |_| {})?;
        ("proofmark".to_owned(), OutputKind::Probabilities, predictions)
    } else {
        let at_path = |source| CommandError::Onnx { path: path.to_owned(), source: Box::new(source) };
        let mut model = onnx::import(&bytes, Some(prepared.test.feature_shape())).map_err(at_path)?;
        let outputs = model.output.elements();
        // As with layers, a single output may stand for the second of two classes.
        if outputs != classes && (outputs, classes) != (1, 2) {
            return Err(CommandError::OnnxClasses { path: path.to_owned(), outputs, classes });
        }
        let (kind, predictions) =
            predictions_of_imported(&mut model, executor(host), &prepared.test).map_err(LabError::from)?;
        (model.producer, kind, predictions)
    };
    let evaluation = evaluate(
        &predictions,
        &EvaluationOptions {
            metrics: &spec.evaluate.metrics,
            slice_by: None,
            classes: &prepared.classes,
            majority_class: majority_class(&prepared.train, classes),
            seed: spec.seed,
            threshold: None,
            max_mistakes: 0,
        },
    );
    Ok(Some(ModelEvaluation {
        model: path.to_owned(),
        model_digest,
        producer,
        outputs: kind,
        rows: prepared.test.len(),
        metrics: evaluation.metrics,
    }))
}

/// Whether a file begins as safetensors do: with the length of a header, which is an object. No ONNX file has `{` there and zeros
/// before it.
fn is_ours(bytes: &[u8]) -> bool {
    matches!(bytes, [_, _, _, _, 0, 0, 0, 0, b'{', ..])
}
