//! The flow: ingest, split, gate with its cleaning loop, train, validate, accept, test once.
//!
//! Every stage leaves a record: events as they happen, statements of what was measured, a report at the end, whatever the
//! end is. What decides is the lock and nothing else; times and machines stand in events and envelopes only.

mod cross_validate;
mod flow;
mod measure;
mod resume;
mod unacceptable;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proofmark_data::{DataError, Preparation, Prepared, gate, prepare};
use proofmark_engine::NUMERICS_VERSION;
use proofmark_engine::plan::{PlanOptions, plan};
use proofmark_evidence::Digest;
use proofmark_govern::acceptance;
use proofmark_messages::{Lang, Localize, display_in_english, lab as say};
use proofmark_model::{CheckedModel, ModelError, Target};
use proofmark_report::{Outcome, Stage};
use proofmark_store::{EventLog, MAX_NAME_BYTES, OpenRun, RunFile, Runs};
use proofmark_train::metrics::{Measured, Metric};
use proofmark_train::predict::PredictError;
use proofmark_train::{TrainError, check_steps};

use crate::cross_validation::OverFolds;
use crate::error::LabError;
use crate::facts::schema_of;
use crate::host::{Host, Observation};
use crate::lock::{self, Lock};
use crate::record::{PipelineEvent, Record, RunEvent, timestamp};
use crate::run_spec::RunSpec;
use crate::spec::canonical::to_yaml;
use crate::spec::diagnostic::Diagnostics;
use crate::spec::read::{Read, read};
use crate::study::{self, StudyResult};

pub(crate) use cross_validate::cross_validate;
pub(crate) use flow::{Flow, Purpose, epochs_of, state_of};
pub(crate) use measure::{Judged, Measuring, diverged_at, executor, majority_class, threshold_of};
pub use resume::resume;
pub(crate) use resume::{base_of, check_same, go_on, spec_source};
use unacceptable::Unacceptable;

/// A spec as it was found: its text, where it stands, and what the command line changes in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecSource {
    /// The file's name, for messages.
    pub file_name: String,
    /// Its text.
    pub text: String,
    /// The folder that paths in the spec are relative to.
    pub base: PathBuf,
    /// `path.to.key=value`, applied in order.
    pub overrides: Vec<String>,
}

/// A run before its training.
#[derive(Debug)]
pub struct PreparedRun {
    /// What became of the data.
    pub preparation: Preparation,
    /// The model; `None` if the gate refused the data.
    pub model: Option<CheckedModel>,
    /// Everything resolved.
    pub lock: Lock,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// The run's id.
    pub run: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The verdict; `None` if the person interrupted it.
    pub outcome: Option<Outcome>,
    /// The acceptance's decision, if it came to one.
    pub decision: Option<acceptance::Decision>,
    /// What was measured, on test, or on validation if the test split was not read.
    pub metrics: Vec<Measured>,
    /// What the cross-validation gave, if there was one.
    pub cross_validation: Vec<OverFolds>,
    /// SHA-256 of the model file.
    pub model_digest: Option<String>,
    /// Mean training time of an epoch.
    pub train_seconds_per_epoch: Option<f64>,
    /// The whole attempt.
    pub seconds: f64,
    /// The report, where there is one.
    pub report: Option<PathBuf>,
    /// The study that was made because validation said no; this is the run of the trial that it chose, if it chose one.
    pub study: Option<Box<StudyResult>>,
}

/// Reads a spec and checks everything that can be said without the data.
///
/// # Errors
/// [`LabError::Spec`] with all problems at once.
pub fn read_spec(source: &SpecSource) -> Result<Read<RunSpec>, LabError> {
    let read = read::<RunSpec>(&source.file_name, &source.text, &source.overrides)?;
    let spec = &read.value;
    let mut entries = Vec::new();
    if let Err(error) = Runs::check_name(&spec.name) {
        entries.push(read.diagnostic("name", error));
    }
    for problem in proofmark_data::spec::check(&spec.data, &spec.quality) {
        let error = DataError::Spec(problem);
        entries.push(read.diagnostic(&error.key().unwrap_or_default(), error));
    }
    for problem in spec.cross_validation.iter().flat_map(|asked| proofmark_data::folds::check(asked, &spec.data.source))
    {
        let error = DataError::Spec(problem);
        entries.push(read.diagnostic(&error.key().unwrap_or_default(), error));
    }
    let target = &spec.data.target.name;
    for (idx, column) in spec.evaluate.slices.iter().enumerate().filter(|(_, column)| *column != target) {
        let error = UnknownSlice { column: column.clone(), target: target.clone() };
        entries.push(read.diagnostic(&format!("evaluate.slices[{idx}]"), error));
    }
    if let Some(Err(error)) = spec.accept.as_ref().map(|accept| accept.compile(&schema_of(spec))) {
        let is_list =
            matches!(read.tree.at("accept").map(|node| &node.value), Some(crate::spec::tree::NodeValue::List(_)));
        for problem in error.problems {
            let path = if is_list { format!("accept[{}]", problem.idx) } else { "accept".to_owned() };
            entries.push(read.diagnostic(&path, Unacceptable::new(problem.error, spec)));
        }
    }
    if spec.train.early_stopping.is_some() && !spec.data.split.has_validation() {
        entries.push(read.diagnostic("train.early_stopping", TrainError::EarlyStoppingWithoutValidation));
    }
    if let Err(errors) = spec.train.schedule.check("train.schedule") {
        entries.extend(errors.into_vec().into_iter().map(|error| read.diagnostic(&error.path.clone(), error)));
    }
    if let Some(feature) = spec.data.features.first() {
        let columns =
            proofmark_data::ColumnNames { feature: feature.name.clone(), target: target.clone(), kind: feature.kind };
        for error in gate::rules(&spec.quality, &columns).err().into_iter().flatten() {
            let path = match &error {
                DataError::Rule { rule_idx, .. } => format!("quality.require[{rule_idx}]"),
                _ => "quality".to_owned(),
            };
            entries.push(read.diagnostic(&path, error));
        }
    }
    entries.extend(crate::study::check::check(&read, &source.text, &source.overrides));
    if entries.is_empty() { Ok(read) } else { Err(Diagnostics { file: source.file_name.clone(), entries }.into()) }
}

/// Prepares the data, fits the model to them, and resolves everything. Trains nothing.
///
/// # Errors
/// Data that cannot be used; a model that does not fit them.
pub fn prepare_run(read: &Read<RunSpec>, base: &Path, host: &mut dyn Host) -> Result<PreparedRun, LabError> {
    host.observe(Observation::Stage(Stage::Ingest));
    let preparation = prepare_data(read, base, host)?;
    resolve(read, preparation)
}

/// Prepares the data of a spec.
pub(crate) fn prepare_data(read: &Read<RunSpec>, base: &Path, host: &mut dyn Host) -> Result<Preparation, LabError> {
    let spec = &read.value;
    prepare(&spec.data, &spec.quality, base, spec.seed, &mut |progress| host.observe(Observation::Data(progress)))
        .map_err(|error| match error.key() {
            Some(key) => read.diagnostics([(key, error)]).into(),
            None => LabError::from(error),
        })
}

/// Fits the model to data that were prepared for this spec, and resolves everything.
pub(crate) fn resolve(read: &Read<RunSpec>, preparation: Preparation) -> Result<PreparedRun, LabError> {
    let spec = &read.value;
    let mut lock = Lock {
        format: lock::FORMAT,
        numerics_version: NUMERICS_VERSION,
        spec: Lock::spec_value(spec),
        sources: preparation
            .report
            .sources
            .iter()
            .flat_map(|part| {
                part.files.iter().map(move |file| (format!("{}/{}", part.part, file.name), file.sha256.to_string()))
            })
            .collect(),
        classes: preparation.report.classes.clone(),
        prepared: BTreeMap::new(),
        plan: String::new(),
        trial: None,
    };
    let Some(prepared) = &preparation.prepared else { return Ok(PreparedRun { preparation, model: None, lock }) };
    for (name, set) in [("train", &prepared.train), ("validation", &prepared.validation), ("test", &prepared.test)] {
        lock.prepared.insert(name.to_owned(), set.digest().to_string());
    }
    let shape = prepared.train.feature_shape().clone();
    let model = check_model(read, shape, prepared.classes.len())?;
    // A small share of a few rows is no row.
    if spec.train.early_stopping.is_some() && prepared.validation.is_empty() {
        let problem = TrainError::EarlyStoppingWithoutValidation;
        return Err(read.diagnostics([("train.early_stopping".to_owned(), problem)]).into());
    }
    if let Err(problem) = check_sequences(&model, prepared) {
        return Err(read.diagnostics([("train.loss".to_owned(), problem)]).into());
    }
    if let Err(problem) = spec.train.check_length_buckets(&model, &prepared.train) {
        return Err(read.diagnostics([("train.length_buckets".to_owned(), problem)]).into());
    }
    cross_validate::check(read, prepared, &model)?;
    lock.plan = plan_digest(spec, &model, prepared.train.len())?;
    Ok(PreparedRun { model: Some(model), preparation, lock })
}

/// Whether the model's steps have room for all sequences that it is to read, those of validation and test too.
fn check_sequences(model: &CheckedModel, prepared: &Prepared) -> Result<(), PredictError> {
    if !matches!(model.target(), Target::Sequence { .. }) {
        return Ok(());
    }
    [&prepared.train, &prepared.validation, &prepared.test].into_iter().try_for_each(|set| check_steps(model, set))
}

/// Fits the model to the shape of a sample and the number of classes, and the training to the model.
///
/// # Errors
/// [`LabError::Spec`] with everything that does not fit.
pub fn check_model(
    read: &Read<RunSpec>,
    shape: proofmark_tensor::Shape,
    classes: usize,
) -> Result<CheckedModel, LabError> {
    let spec = &read.value;
    let places = |errors: Vec<ModelError>| -> LabError {
        read.diagnostics(errors.into_iter().map(|error| (error.path.clone(), error))).into()
    };
    let target = spec.train.loss.target_of_classes(classes);
    let model = CheckedModel::new(&spec.model, shape, target).map_err(|errors| places(errors.into_vec()))?;
    spec.train.training_graph(&model).map_err(|errors| places(errors.into_vec()))?;
    if spec.data.split.held_out_classes.is_some() && !matches!(target, Target::Embedding { .. }) {
        let problem = TrainError::HeldOutWithoutEmbeddings;
        return Err(read.diagnostics([("data.split.held_out_classes".to_owned(), problem)]).into());
    }
    let of_pairs = spec.evaluate.metrics.iter().find(|metric| metric.is_of_pairs());
    if let Some(metric) = of_pairs.filter(|_| !matches!(target, Target::Embedding { .. })) {
        let problem = TrainError::PairsWithoutEmbeddings { metric: metric.name() };
        return Err(read.diagnostics([("evaluate.metrics".to_owned(), problem)]).into());
    }
    if matches!(target, Target::Sequence { .. }) {
        let refuse = |path: &str, metric| -> LabError {
            read.diagnostics([(path.to_owned(), TrainError::MetricOfSequences { metric })]).into()
        };
        if let Some(metric) = spec.evaluate.metrics.iter().find(|metric| !metric.is_of_sequences()) {
            return Err(refuse("evaluate.metrics", metric.name()));
        }
        if !spec.evaluate.slices.is_empty() {
            return Err(refuse("evaluate.slices", "slices"));
        }
    } else if spec.evaluate.metrics.contains(&Metric::LabelErrorRate) {
        let problem = TrainError::ReadingsWithoutSequences { metric: Metric::LabelErrorRate.name() };
        return Err(read.diagnostics([("evaluate.metrics".to_owned(), problem)]).into());
    }
    if spec.evaluate.metrics.contains(&Metric::CalibrationError) && matches!(target, Target::Embedding { .. }) {
        let problem = TrainError::CalibrationOfEmbeddings;
        return Err(read.diagnostics([("evaluate.metrics".to_owned(), problem)]).into());
    }
    if spec.evaluate.metrics.contains(&Metric::VerificationAccuracy) && !spec.data.split.has_validation() {
        let problem = TrainError::ThresholdWithoutValidation;
        return Err(read.diagnostics([("evaluate.metrics".to_owned(), problem)]).into());
    }
    Ok(model)
}

fn plan_digest(spec: &RunSpec, model: &CheckedModel, train_rows: usize) -> Result<String, LabError> {
    let train = &spec.train;
    let graph = train.training_graph(model).map_err(TrainError::Model)?.graph;
    let options = PlanOptions { shard_samples: train.shard_size, ..PlanOptions::default() };
    let plan = plan(&graph, options, train.batch_size.min(train_rows));
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(text, "{graph}{}", plan.print(&graph));
    Ok(Digest::of(text.as_bytes()).hex())
}

/// Takes a spec through the whole flow, in the folder of a new run.
///
/// # Errors
/// [`LabError`]; a gate or an acceptance that says no is a result, not an error.
pub fn run(source: &SpecSource, runs: &Runs, host: &mut dyn Host) -> Result<RunResult, LabError> {
    let started = host.seconds();
    let read = read_spec(source)?;
    let prepared = prepare_run(&read, &source.base, host)?;
    let (open, log) = create(source, &read, &prepared.lock, "", runs, host)?;
    host.observe(Observation::Created { run: open.id() });
    let flow = Flow { read: &read, open: &open, started, prepared };
    let result = flow.finish_or_fail(log, Purpose::Verdict, None, 0, host)?;
    let prepared = flow.prepared;
    // The study looks into the run's folder.
    drop(open);
    if !study::is_to_be_adjusted(&read.value, &result) {
        return Ok(result);
    }
    study::adjust(source, &read, prepared, result, runs, host)
}

/// Creates the folder of a run, or of a study, with what was asked for; `what` it is follows its name.
pub(crate) fn create(
    source: &SpecSource,
    read: &Read<RunSpec>,
    lock: &Lock,
    what: &str,
    runs: &Runs,
    host: &dyn Host,
) -> Result<(OpenRun, EventLog), LabError> {
    let time = timestamp(host);
    let date = time.get(..10).unwrap_or_default();
    let mut name = read.value.name.clone();
    while name.len() + what.len() > MAX_NAME_BYTES {
        name.pop();
    }
    let open = runs.create(date, &(name + what), lock.digest()?)?;
    // What was asked for: the user's own text, unless the command line changed it.
    let text = if source.overrides.is_empty() { source.text.clone() } else { to_yaml(&read.tree) };
    open.write(RunFile::Spec, text.as_bytes())?;
    open.write_json(RunFile::Lock, lock)?;
    let mut log = open.event_log()?;
    attempt_started(&mut log, host, 1, &source.base)?;
    Ok((open, log))
}

pub(crate) fn attempt_started(log: &mut EventLog, host: &dyn Host, attempt: u32, base: &Path) -> Result<(), LabError> {
    let event = PipelineEvent::AttemptStarted {
        attempt,
        base: base.display().to_string(),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        machine: host.machine(),
        threads: host.threads(),
        level: host.level().to_string(),
    };
    append(log, host, event)
}

pub(crate) fn append(log: &mut EventLog, host: &dyn Host, event: PipelineEvent) -> Result<(), LabError> {
    log.append(&Record { time: timestamp(host), event: RunEvent::Pipeline(event) })?;
    log.sync()?;
    Ok(())
}

/// A slice by a column that cannot be sliced by.
#[derive(Debug)]
struct UnknownSlice {
    column: String,
    target: String,
}

impl Localize for UnknownSlice {
    fn text(&self, lang: Lang) -> String {
        say::unknown_slice(lang, &self.column, &self.target)
    }
}

display_in_english!(UnknownSlice);
impl std::error::Error for UnknownSlice {}

#[cfg(test)]
mod tests {
    use super::*;

    /// What says no classes has no probabilities that could be calibrated.
    #[test]
    fn the_calibration_of_embeddings_is_refused() {
        let text = "
name: a
data:
  source: { idx: { folder: data } }
  features: [{ name: image, type: image }]
  target: { name: label, type: category }
model: { layers: [flatten, { dense: { units: 4 } }, unit_norm] }
train: { epochs: 1, loss: triplet, optimizer: adam }
";
        let check = |overrides: &[String]| {
            let read = crate::spec::read::<RunSpec>("a.yaml", text, overrides).expect("a good spec");
            check_model(&read, [6, 6, 1].into(), 3)
        };
        let error = check(&[]).expect_err("the default has it");
        assert!(matches!(error, LabError::Spec(_)));
        for (lang, words) in [(Lang::En, "no probabilities"), (Lang::ZhCn, "概率")] {
            assert!(error.text(lang).contains(words), "{}", error.text(lang));
        }
        check(&["evaluate.metrics=[accuracy, equal_error_rate]".to_owned()]).expect("metrics that it has");
    }
}
