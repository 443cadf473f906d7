//! Cross-validation: one model for each fold of the train split, measured on the rows that it did not see.

use std::collections::{BTreeMap, BTreeSet};

use proofmark_data::{DataError, Prepared};
use proofmark_evidence::{Digest, Input, Kind};
use proofmark_model::{CheckedModel, Target};
use proofmark_report::Stage;
use proofmark_store::{EventLog, OpenRun, StoreError};
use proofmark_train::cross_validation::{fold_seed, inner_validation, out_of_fold, train_fold};
use proofmark_train::metrics::{EvaluationOptions, Metric, Predictions, evaluate, value};
use proofmark_train::{Event as TrainEvent, Progress, RecordError, Recorder, TrainError};

use super::measure::{Measuring, executor, majority_class};
use super::{PreparedRun, append};
use crate::cross_validation::{CrossValidationClaims, FoldHead, FoldResult, SavedFold, claims_of};
use crate::error::LabError;
use crate::host::{Host, Observation};
use crate::record::{PipelineEvent, Record, RunEvent};
use crate::run_spec::RunSpec;
use crate::spec::read::Read;

/// Where the results of folds are kept, and found by a resume.
pub(crate) struct KeptFolds<'a> {
    pub(crate) run: &'a OpenRun,
    pub(crate) log: &'a mut EventLog,
}

/// Trains and measures every fold that the spec asks for; `None` if the person interrupted it. A fold whose end is on record is
/// not trained again. What is not kept anywhere is made to be compared.
///
/// # Errors
/// [`LabError::Fold`] if the training of a fold stops; what cannot be read or written.
pub(crate) fn cross_validate(
    spec: &RunSpec,
    prepared_run: &PreparedRun,
    mut kept: Option<KeptFolds<'_>>,
    host: &mut dyn Host,
) -> Result<Option<CrossValidationClaims>, LabError> {
    let (Some(asked), Some(prepared), Some(model)) =
        (&spec.cross_validation, &prepared_run.preparation.prepared, &prepared_run.model)
    else {
        return Ok(None);
    };
    host.observe(Observation::Stage(Stage::CrossValidate));
    let folds = prepared.folds(asked, spec.seed)?;
    // What decides a fold besides the training: how the rows were cut.
    let cut = serde_json::to_string(asked).unwrap_or_default();
    let training = prepared_run.lock.training_digest()?;
    let share = inner_validation(&spec.train, spec.data.split.validation);
    let ended = match &kept {
        Some(kept) => ended_folds(kept.run)?,
        None => BTreeSet::new(),
    };
    let mut results: Vec<SavedFold> = Vec::new();
    for fold in &folds {
        let number = fold.number;
        let training = Digest::of(format!("{training} {cut} {number}").as_bytes()).to_string();
        let labels: Vec<i32> = fold.held_out.iter().map(|row| prepared.train.labels()[*row as usize]).collect();
        if let Some(kept) = &mut kept
            && let Some(bytes) = kept.run.fold(number)?
            && let Some(saved) = SavedFold::decode(&bytes, &training, &labels)
        {
            if !ended.contains(&number) {
                // The process died between the file and the event.
                append(kept.log, host, saved.event())?;
            }
            results.push(saved);
            continue;
        }
        let started = host.seconds();
        let seed = fold_seed(spec.seed, number);
        let sets = prepared.fold(fold, asked.kind, share, &spec.data.features[0], seed);
        let executor = executor(host);
        let mut recorder = FoldRecorder { host: &mut *host, can_stop: kept.is_some() };
        let trained = train_fold(model, &spec.train, &sets, seed, &training, executor, &mut recorder)
            .map_err(|source| LabError::Fold { fold: number, source: Box::new(source) })?;
        let Some(trained) = trained else { return Ok(None) };
        let (result, seconds) =
            (FoldResult::new(number, &sets.train, &sets.validation, &trained), host.seconds() - started);
        let predictions = trained.predictions;
        let head = FoldHead { training, classes: predictions.classes, result, seconds };
        let saved = SavedFold { head, predictions };
        if let Some(kept) = &mut kept {
            // The file is what a resume goes by; the event tells when it was.
            kept.run.save_fold(number, &saved.encode())?;
            append(kept.log, host, saved.event())?;
        }
        let metric = first_metric(spec);
        let measured = metric.and_then(|metric| Some((metric, value(metric, &saved.predictions)?)));
        host.observe(Observation::Fold { fold: number, folds: asked.folds, measured, seconds });
        results.push(saved);
    }
    let whole = out_of_fold(folds.iter().zip(results.iter().map(|fold| &fold.predictions)));
    let whole = evaluation_of(spec, prepared, &whole);
    Ok(Some(claims_of(asked.kind, &results, &whole)))
}

/// The folds whose end is in the events.
fn ended_folds(run: &OpenRun) -> Result<BTreeSet<u32>, StoreError> {
    let mut ended = BTreeSet::new();
    for event in run.events::<Record>()? {
        if let RunEvent::Pipeline(PipelineEvent::FoldEnded { result, .. }) = event?.value.event {
            ended.insert(result.fold);
        }
    }
    Ok(ended)
}

impl SavedFold {
    fn event(&self) -> PipelineEvent {
        PipelineEvent::FoldEnded { result: self.head.result.clone(), seconds: self.head.seconds }
    }
}

fn first_metric(spec: &RunSpec) -> Option<Metric> {
    let measured = Metric::ALL.iter().filter(|metric| spec.evaluate.metrics.contains(metric));
    measured.copied().find(|metric| *metric != Metric::Confusion)
}

fn evaluation_of(spec: &RunSpec, prepared: &Prepared, said: &Predictions) -> proofmark_train::metrics::Evaluation {
    evaluate(
        said,
        &EvaluationOptions {
            metrics: &spec.evaluate.metrics,
            slice_by: None,
            classes: &prepared.classes,
            majority_class: majority_class(&prepared.train, prepared.classes.len()),
            seed: spec.seed,
            threshold: None,
            max_mistakes: 0,
        },
    )
}

/// Whether the folds can be made, and the model be trained in each: asked before anything is trained.
///
/// # Errors
/// [`LabError::Spec`] with what does not fit.
pub(super) fn check(read: &Read<RunSpec>, prepared: &Prepared, model: &CheckedModel) -> Result<(), LabError> {
    let spec = &read.value;
    let Some(asked) = &spec.cross_validation else { return Ok(()) };
    if matches!(model.target(), Target::Embedding { .. }) {
        return Err(read.diagnostics([("cross_validation".to_owned(), TrainError::FoldsOfEmbeddings)]).into());
    }
    if matches!(model.target(), Target::Sequence { .. }) {
        return Err(read.diagnostics([("cross_validation".to_owned(), TrainError::FoldsOfSequences)]).into());
    }
    if prepared.train.label_width() > 1 {
        return Err(read.diagnostics([("cross_validation".to_owned(), TrainError::FoldsOfSteps)]).into());
    }
    let folds = prepared.folds(asked, spec.seed).map_err(|error: DataError| -> LabError {
        read.diagnostics([(error.key().unwrap_or_default(), error)]).into()
    })?;
    let share = inner_validation(&spec.train, spec.data.split.validation);
    for fold in folds {
        let rows = fold.train.len() - (share * fold.train.len() as f64).round() as usize;
        spec.train.check_batches(model, rows).map_err(|error: TrainError| -> LabError {
            read.diagnostics([("cross_validation".to_owned(), error)]).into()
        })?;
    }
    Ok(())
}

impl Measuring<'_> {
    /// What the cross-validation gave.
    pub(crate) fn cross_validated(
        &mut self,
        claims: &CrossValidationClaims,
        seconds: f64,
        host: &dyn Host,
    ) -> Result<(), LabError> {
        let inputs = [(Kind::RunSpec, self.spec_digest), (Kind::DataPrepared, self.prepared_digest)];
        let inputs = inputs.into_iter().filter_map(|(kind, digest)| Some(Input::new(kind.name(), digest?))).collect();
        let durations: BTreeMap<String, f64> = [("seconds".to_owned(), seconds)].into();
        self.cross_validation_digest =
            Some(self.statements.make(host, Kind::EvalCrossValidation, claims, inputs, durations)?);
        Ok(())
    }
}

/// Tells how far a fold is. Its epochs are not the run's, and a fold that is interrupted begins anew.
struct FoldRecorder<'a> {
    host: &'a mut dyn Host,
    /// Half a reproduction is none, and has nothing to go on from.
    can_stop: bool,
}

impl Recorder for FoldRecorder<'_> {
    fn event(&mut self, _: &TrainEvent) -> Result<(), RecordError> {
        Ok(())
    }

    fn checkpoint(&mut self, _: u32, _: u64, _: bool, _: &[u8]) -> Result<(), RecordError> {
        Ok(())
    }

    fn progress(&mut self, progress: &Progress) {
        self.host.observe(Observation::Train(*progress));
    }

    fn is_interrupted(&self) -> bool {
        self.can_stop && self.host.is_interrupted()
    }

    fn seconds(&self) -> f64 {
        self.host.seconds()
    }
}
