//! The model of a run with weights of 8 bits: calibrated on training rows, measured beside the model that it was made from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proofmark_data::PreparedSet;
use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::{NUMERICS_VERSION, StateBlock};
use proofmark_evidence::{Digest, Input, Kind};
use proofmark_model::{CheckedModel, Quantization, Target, model_file};
use proofmark_report::Split;
use proofmark_store::{RunFile, RunFolder, StoreError};
use proofmark_train::calibrate::{CalibrationMethod, calibrate, calibration_rows};
use proofmark_train::metrics::{Evaluation, EvaluationOptions, Measured, Paired, evaluate};
use proofmark_train::predict::{Evaluator, Predictor};
use serde::{Deserialize, Serialize};

use crate::chain::Chain;
use crate::claims::{EvaluationClaims, Number};
use crate::command_error::CommandError;
use crate::error::LabError;
use crate::host::Host;
use crate::lock::Lock;
use crate::pipeline::{
    base_of, check_same, executor, majority_class, prepare_run, read_spec, spec_source, threshold_of,
};
use crate::predict::StoredModel;
use crate::statements::{Statements, evaluation_claims};

/// Training rows that ranges are measured on, if nothing else is said: ranges of activations settle long before.
pub const CALIBRATION_ROWS: usize = 1000;
/// The percentile, if nothing else is said: one number in ten thousand is cut at each end.
pub const PERCENTILE: f64 = 99.99;

/// Single answers of each model that are timed, after as many that are not.
const TIMED: usize = 200;
/// No longer than that, in seconds: large models take a second for an answer.
const TIMED_SECONDS: f64 = 3.0;

/// How a model is to be quantised.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizeOptions {
    /// Training rows to measure ranges on, at most.
    pub rows: usize,
    /// How a range follows from what was seen.
    pub method: CalibrationMethod,
    /// Where to write the file, in place of the run's folder.
    pub output: Option<PathBuf>,
    /// Whether a file that is there is replaced; the run's own always is.
    pub replaces: bool,
    /// The folder that paths in the spec are relative to, where it is another one than the run recorded.
    pub base: Option<PathBuf>,
}

/// The model before, and after.
#[derive(Debug)]
pub struct QuantizedModel {
    /// The run.
    pub run: String,
    /// The file that was written.
    pub file: PathBuf,
    /// Its SHA-256.
    pub digest: String,
    /// That of the model that it was made from.
    pub model_digest: String,
    /// That of the ranges, and of the rows that they were measured on.
    pub calibration_digest: String,
    /// Training rows that ranges were measured on.
    pub calibration_rows: usize,
    /// How.
    pub method: CalibrationMethod,
    /// The weights that have 8 bits now.
    pub layers: Vec<String>,
    /// What both were measured on: test, or validation where the run never read test.
    pub split: Split,
    /// Rows of it.
    pub rows: u64,
    /// The spec's metrics of both.
    pub metrics: [Vec<Measured>; 2],
    /// Row by row.
    pub paired: Paired,
    /// Sizes of both files.
    pub bytes: [usize; 2],
    /// Median time of a single answer of each, on one thread, in turns; `None` where the model has no such answers.
    pub microseconds: Option<[f64; 2]>,
    /// Why the result is not in the run's evidence, where it is not.
    pub not_recorded: Option<StoreError>,
}

/// `model.quantized`: what was made from which model, and how both measure.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct QuantizedClaims {
    /// SHA-256 of the model file that it was made from.
    model: String,
    /// SHA-256 of the quantised file.
    pub(crate) quantized: String,
    /// SHA-256 of the ranges, and of the rows that they were measured on.
    calibration: String,
    calibration_rows: u64,
    method: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    percentile: Option<Number>,
    layers: Vec<String>,
    bytes_before: u64,
    bytes_after: u64,
    before: EvaluationClaims,
    after: EvaluationClaims,
    changed: u64,
    only_before_right: u64,
    only_after_right: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    p_value: Option<Number>,
}

/// The folder of the run whose model file this is.
///
/// # Errors
/// A file that cannot be read or is none; one that is quantised already.
pub fn folder_of_model(path: &Path) -> Result<PathBuf, CommandError> {
    let bytes = std::fs::read(path).map_err(|source| CommandError::File { path: path.to_owned(), source })?;
    let file = model_file::parse(&bytes).map_err(|source| CommandError::ModelFile { path: path.to_owned(), source })?;
    if file.is_quantized() {
        return Err(CommandError::AlreadyQuantized { path: path.to_owned() });
    }
    let path = path.canonicalize().map_err(|source| CommandError::File { path: path.to_owned(), source })?;
    Ok(path.parent().unwrap_or(&path).to_owned())
}

/// Rounds the weights of a run's model to 8 bits, with ranges from training rows, writes the file, and measures both models on the same
/// rows: those of test if the run read them, of validation otherwise. What came out is added to the run's evidence.
///
/// # Errors
/// A run without a model, or with one that is not on record; data, spec or program that changed since; a model without layers that can
/// have weights of 8 bits; a file that cannot be written.
pub fn quantize(
    folder: &RunFolder,
    options: &QuantizeOptions,
    host: &mut dyn Host,
) -> Result<QuantizedModel, CommandError> {
    let started = host.seconds();
    let stored = StoredModel::read(folder)?;
    let before: Lock = folder.read_json(RunFile::Lock)?;
    if before.numerics_version != NUMERICS_VERSION {
        return Err(LabError::NumericsDiffer { was: before.numerics_version, is: NUMERICS_VERSION }.into());
    }
    // Before the data are read: whether there is something to do, and room for what comes out.
    let path = folder.file_path(RunFile::Model);
    if stored.model.calibration_graph()?.sites.is_empty() {
        return Err(CommandError::NothingToQuantize { path });
    }
    if let Some(output) = options.output.as_ref().filter(|output| !options.replaces && output.exists()) {
        return Err(CommandError::WouldReplace { path: output.clone() });
    }
    let statements: Vec<_> = folder.evidence()?.into_iter().map(|(statement, _)| statement).collect();
    let (chain, _) = Chain::of(&statements);
    let Some(train) = &chain.train else { return Err(LabError::NotTrained { run: folder.id().to_owned() }.into()) };
    let base = base_of(folder, options.base.as_deref())?;
    let read = read_spec(&spec_source(folder, base.clone())?)?;
    let mut prepared_run = prepare_run(&read, &base, host)?;
    prepared_run.lock.trial.clone_from(&before.trial);
    check_same(&before, &prepared_run.lock)?;
    let Some(prepared) = &prepared_run.preparation.prepared else { return Err(LabError::GateRefused.into()) };

    let rows = calibration_rows(prepared.train.len(), options.rows);
    let quantization = calibrate(&stored.model, &stored.state, executor(host), &prepared.train, &rows, options.method)?;
    let calibration_digest = calibration_digest(&prepared.train, &rows, &quantization);
    let graph = stored.model.quantized_inference_graph(&quantization)?.graph;
    let rest = quantization.remaining(&graph, &stored.state);
    let model_digest = Digest::of(&stored.bytes).to_string();
    let mut metadata = stored.metadata.clone();
    let described = serde_json::json!({
        "bits": 8,
        "calibration": calibration_digest,
        "calibration_rows": rows.len(),
        "method": method_name(options.method),
        "model_digest": model_digest,
    });
    metadata.insert("quantization".to_owned(), described.to_string());
    let bytes = model_file::write_quantized(&rest, &quantization, &metadata);
    let digest = Digest::of(&bytes).to_string();

    let (split, set) = match chain.test.evaluation {
        Some(_) => (Split::Test, &prepared.test),
        None => (Split::Validation, &prepared.validation),
    };
    let measure = |quantization: &Quantization, state: &StateBlock, host: &dyn Host| {
        let (model, loss) = (&stored.model, &read.value.train.loss);
        let mut evaluator = Evaluator::quantized(model, quantization, loss, executor(host), state)?;
        let predictions = evaluator.evaluate(&mut state.clone(), set, |_| {})?;
        let options = EvaluationOptions {
            metrics: &read.value.evaluate.metrics,
            slice_by: None,
            classes: &prepared.classes,
            majority_class: majority_class(&prepared.train, prepared.classes.len()),
            seed: read.value.seed,
            threshold: threshold_of(&read.value, prepared, split, &mut evaluator, &mut state.clone())?,
            max_mistakes: 0,
        };
        let evaluation = evaluate(&predictions, &options);
        Ok::<_, CommandError>((predictions, evaluation))
    };
    let none = Quantization::default();
    let (said_before, evaluation_before) = measure(&none, &stored.state, host)?;
    let (said_after, evaluation_after) = measure(&quantization, &rest, host)?;
    let paired = Paired::of(&said_before, &said_after);
    let sides = [(&none, &stored.state), (&quantization, &rest)];
    let microseconds = times(&stored.model, sides, set, host)?;

    let mut result = QuantizedModel {
        run: folder.id().to_owned(),
        file: options.output.clone().unwrap_or_else(|| folder.file_path(RunFile::Quantized)),
        digest,
        model_digest,
        calibration_digest,
        calibration_rows: rows.len(),
        method: options.method,
        layers: quantization.layers.into_keys().collect(),
        split,
        rows: evaluation_before.samples,
        metrics: [evaluation_before.metrics.clone(), evaluation_after.metrics.clone()],
        paired,
        bytes: [stored.bytes.len(), bytes.len()],
        microseconds,
        not_recorded: None,
    };
    let seconds = host.seconds() - started;
    let claims = claims_of(&result, &evaluation_before, &evaluation_after);
    let inputs = vec![Input::new(Kind::TrainRun.name(), train.digest)];
    result.not_recorded = keep(folder, options, &read.value.name, &bytes, (&claims, inputs, seconds), host)?;
    Ok(result)
}

/// Writes the file, then the statement of it; why that is not possible, if the file was to be elsewhere.
fn keep(
    folder: &RunFolder,
    options: &QuantizeOptions,
    subject: &str,
    bytes: &[u8],
    (claims, inputs, seconds): (&QuantizedClaims, Vec<Input>, f64),
    host: &dyn Host,
) -> Result<Option<StoreError>, CommandError> {
    if let Some(path) = &options.output {
        std::fs::write(path, bytes).map_err(|source| CommandError::File { path: path.clone(), source })?;
    }
    let open = match folder.open() {
        Ok(open) => open,
        Err(error) if options.output.is_some() => return Ok(Some(error)),
        Err(error) => return Err(error.into()),
    };
    if options.output.is_none() {
        open.write(RunFile::Quantized, bytes)?;
    }
    let durations = [("seconds".to_owned(), seconds)].into();
    match Statements::new(subject, Some(&open)).make(host, Kind::ModelQuantized, claims, inputs, durations) {
        Ok(_) => Ok(None),
        Err(LabError::Store(error)) if options.output.is_some() => Ok(Some(error)),
        Err(error) => Err(error.into()),
    }
}

fn claims_of(result: &QuantizedModel, before: &Evaluation, after: &Evaluation) -> QuantizedClaims {
    let percentile = match result.method {
        CalibrationMethod::Max => None,
        CalibrationMethod::Percentile(percentile) => Some(percentile.into()),
    };
    QuantizedClaims {
        model: result.model_digest.clone(),
        quantized: result.digest.clone(),
        calibration: result.calibration_digest.clone(),
        calibration_rows: result.calibration_rows as u64,
        method: method_name(result.method).to_owned(),
        percentile,
        layers: result.layers.clone(),
        bytes_before: result.bytes[0] as u64,
        bytes_after: result.bytes[1] as u64,
        before: evaluation_claims(result.split, before, None),
        after: evaluation_claims(result.split, after, None),
        changed: result.paired.changed,
        only_before_right: result.paired.only_first,
        only_after_right: result.paired.only_second,
        p_value: result.paired.difference.map(|difference| difference.p_value.into()),
    }
}

/// The name of a method on the command line, in files and statements.
pub fn method_name(method: CalibrationMethod) -> &'static str {
    match method {
        CalibrationMethod::Max => "max",
        CalibrationMethod::Percentile(_) => "percentile",
    }
}

/// SHA-256 of the ids of the rows, and of what the ranges became.
fn calibration_digest(set: &PreparedSet, rows: &[u32], quantization: &Quantization) -> String {
    let ids: Vec<u64> = rows.iter().map(|row| set.ids()[*row as usize]).collect();
    let inputs: BTreeMap<&str, [u32; 2]> = quantization
        .layers
        .iter()
        .map(|(name, layer)| (name.as_str(), [layer.input.scale.to_bits(), u32::from(layer.input.zero_point)]))
        .collect();
    Digest::of(serde_json::json!({ "rows": ids, "inputs": inputs }).to_string().as_bytes()).to_string()
}

/// Median microseconds of a single answer of two models, on one thread, in turns, so that whatever else the machine does touches both.
fn times(
    model: &CheckedModel,
    sides: [(&Quantization, &StateBlock); 2],
    set: &PreparedSet,
    host: &dyn Host,
) -> Result<Option<[f64; 2]>, CommandError> {
    if model.predicts_steps() || matches!(model.target(), Target::Embedding { .. }) || set.is_empty() {
        return Ok(None);
    }
    let executor = CpuExecutor { level: host.level(), ..CpuExecutor::new(1) };
    let mut predictors = Vec::new();
    for (quantization, state) in sides {
        predictors.push((Predictor::quantized(model, quantization, executor, state)?, state.clone(), Vec::new()));
    }
    let mut sample = vec![0.0; model.input_shape().elements()];
    let started = host.seconds();
    for idx in 0..2 * TIMED {
        set.gather(&[(idx % set.len()) as u32], &mut sample);
        for (predictor, state, seconds) in &mut predictors {
            let before = host.seconds();
            predictor.predict(state, &sample)?;
            let took = host.seconds() - before;
            // Caches and branch predictors are warm in the second half.
            if idx >= TIMED {
                seconds.push(took);
            }
        }
        if idx > TIMED + 2 && host.seconds() - started > TIMED_SECONDS {
            break;
        }
    }
    let mut median = |side: usize| {
        let seconds = &mut predictors[side].2;
        seconds.sort_by(f64::total_cmp);
        seconds[seconds.len() / 2] * 1e6
    };
    Ok(Some([median(0), median(1)]))
}
