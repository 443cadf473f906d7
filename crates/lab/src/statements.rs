//! What a run claims, each claim with what it was computed from.

use std::collections::BTreeMap;

use proofmark_data::profile::{ColumnProfile, SourceProfile};
use proofmark_data::{DataReport, GateReport, Reason, Round};
use proofmark_engine::NUMERICS_VERSION;
use proofmark_evidence::{Digest, Envelope, Graded, Input, Kind, Measured, Stamp, Statement, StatementFields};
use proofmark_report::Split;
use proofmark_store::OpenRun;
use proofmark_train::EpochEnd;
use proofmark_train::metrics::{Estimate, Evaluation};
use serde::Serialize;

use crate::claims::{
    self, AppliedClaims, BinClaims, CleaningClaims, ColumnClaims, EpochClaims, EstimateClaims, EvaluationClaims,
    GateClaims, ImageClaims, InjectedClaims, MetricClaims, MistakeClaims, PartClaims, PartsClaims, ProfileClaims,
    RowsClaims, SeriesClaims, SliceClaims, SourceClaims, SplitClaims, Stop, StudyClaims, ThresholdClaims,
};
use crate::error::LabError;
use crate::host::Host;
use crate::record::time_of;

/// Version of the meaning of these claims. 2: a statement of what the run was resolved to; every figure of a report that
/// decides or convinces is claimed (epochs, calibration, mistakes, rows); a training that failed makes a statement too.
pub(crate) const DEFINITION_VERSION: u32 = 2;

/// Makes the statements of one run.
pub(crate) struct Statements<'a> {
    /// Where they are kept; a reproduction makes them again only to compare.
    pub(crate) keep: Option<&'a OpenRun>,
    pub(crate) subject: &'a str,
    pub(crate) made: Vec<Statement>,
}

impl<'a> Statements<'a> {
    pub(crate) fn new(subject: &'a str, keep: Option<&'a OpenRun>) -> Self {
        Statements { keep, subject, made: Vec::new() }
    }

    /// Makes a measured statement and, where they are kept, seals and stores it; its digest.
    pub(crate) fn make<T: Serialize>(
        &mut self,
        host: &dyn Host,
        kind: Kind,
        claims: &T,
        inputs: Vec<Input>,
        durations: BTreeMap<String, f64>,
    ) -> Result<Digest, LabError> {
        let graded: Graded<Measured> = Graded::measured(StatementFields {
            kind,
            subject: self.subject.to_owned(),
            claims: claims::write(claims),
            inputs,
            numerics_version: NUMERICS_VERSION,
            definition_version: DEFINITION_VERSION,
        })?;
        if let Some(run) = self.keep {
            let envelope: Envelope = graded.seal(Stamp {
                time: time_of(host),
                made_by: host.made_by(),
                machine: host.machine(),
                program_version: env!("CARGO_PKG_VERSION").to_owned(),
                durations,
            })?;
            run.put_evidence(graded.statement(), &envelope)?;
        }
        let statement = graded.into_statement();
        let digest = statement.digest();
        self.made.push(statement);
        Ok(digest)
    }
}

/// The digests of the source files.
pub(crate) fn source_inputs(sources: &BTreeMap<String, String>) -> Vec<Input> {
    let digest = |hex: &String| format!("sha256:{hex}").parse::<Digest>().ok();
    sources.values().filter_map(digest).map(|digest| Input::new("data.source", digest)).collect()
}

/// What the choice of a study stands on: what each of its trials measured. These statements are in the folders of other runs.
pub(crate) fn study_inputs(claims: &StudyClaims) -> Vec<Input> {
    let measured = claims.trials.iter().filter_map(|trial| trial.validation.as_deref()?.parse::<Digest>().ok());
    measured.map(|digest| Input::new("trial", digest)).collect()
}

fn column_claims(profile: &ColumnProfile) -> ColumnClaims {
    match profile {
        ColumnProfile::Image(image) => ColumnClaims::Image(ImageClaims {
            image_height: image.height as u64,
            image_width: image.width as u64,
            image_channels: image.channels as u64,
            image_mean: image.mean.into(),
            image_std: image.std.into(),
            image_duplicates: image.duplicates.into(),
            image_constant: image.constant.into(),
            image_rough: image.rough.into(),
            image_digest: image.digest.to_string(),
        }),
        ColumnProfile::Series(series) => ColumnClaims::Series(SeriesClaims {
            series_channels: series.channels as u64,
            series_steps_min: series.steps_min,
            series_steps_max: series.steps_max,
            series_steps_mean: series.steps_mean.into(),
            series_mean: series.mean.into(),
            series_std: series.std.into(),
            series_missing: series.missing.into(),
            series_duplicates: series.duplicates.into(),
            series_constant: series.constant.into(),
            series_digest: series.digest.to_string(),
        }),
    }
}

/// What the profile of a run's data claims.
pub(crate) fn profile_claims(report: &DataReport) -> ProfileClaims {
    let part = |profile: &SourceProfile| {
        let label = &profile.label;
        PartClaims {
            rows: profile.rows,
            label_missing: label.missing.into(),
            label_classes: label.classes,
            label_min_share: label.min_share.into(),
            column: column_claims(&profile.column),
        }
    };
    let rows = |rows: &proofmark_data::SplitRows| RowsClaims {
        rows: rows.rows,
        by_class: rows.by_class.iter().map(|class| class.rows).collect(),
    };
    let (raw, cleaned, split) = (&report.raw, &report.profiles, &report.split);
    let sources = report.sources.iter().flat_map(|part| {
        part.files.iter().map(move |file| SourceClaims {
            part: part.part.clone(),
            file: file.name.clone(),
            rows: file.rows,
            sha256: file.sha256.to_string(),
        })
    });
    ProfileClaims {
        classes: report.classes.clone(),
        sources: sources.collect(),
        injected: report.defects.as_ref().map(|defects| InjectedClaims {
            seed: defects.seed,
            missing_labels: defects.missing_labels as u64,
            duplicates: defects.duplicates as u64,
            blank: defects.blank as u64,
            noise: defects.noise as u64,
            stripes: defects.stripes as u64,
        }),
        split: SplitClaims {
            train: rows(&split.train),
            validation: rows(&split.validation),
            test: rows(&split.test),
            test_unlabelled: split.test_unlabelled,
            train_unused: split.train_unused,
        },
        raw: PartsClaims { source: part(&raw.source), test: part(&raw.test_source) },
        cleaned: PartsClaims { source: part(&cleaned.source), test: part(&cleaned.test_source) },
    }
}

/// What the gate claims: its rules, before and after cleaning.
pub(crate) fn gate_claims(gate: &GateReport) -> GateClaims {
    GateClaims {
        verdict: gate.verdict,
        before: gate.before.clone(),
        after: gate.after.clone(),
        rounds: gate.rounds.len() as u64,
        stopped: match &gate.stopped {
            Reason::Met => Stop::Met,
            Reason::Rounds { max_rounds } => Stop::Rounds { max_rounds: *max_rounds },
            Reason::TooMuchDropped { class, dropped, of, max_dropped } => Stop::TooMuchDropped {
                class: class.clone(),
                dropped: *dropped,
                of: *of,
                max_dropped: (*max_dropped).into(),
            },
            // A reason that is added to the data's comes here as a variant.
            _ => Stop::NoChange,
        },
    }
}

/// What one round of cleaning claims.
pub(crate) fn cleaning_claims(round: &Round) -> CleaningClaims {
    let applied = round.applied.iter().map(|touched| AppliedClaims {
        operator: touched.operator.name().to_owned(),
        train: touched.train.clone(),
        validation: touched.validation.clone(),
    });
    CleaningClaims {
        round: round.number,
        accepted: round.accepted,
        rows_before: round.before.source.rows,
        rows_after: round.after.source.rows,
        applied: applied.collect(),
    }
}

/// What an epoch claims.
pub(crate) fn epoch_claims(end: &EpochEnd) -> EpochClaims {
    EpochClaims {
        epoch: end.epoch,
        train_loss: end.train_loss.into(),
        train_accuracy: end.train_accuracy.into(),
        validation_loss: end.validation_loss.map(Into::into),
        validation_accuracy: end.validation_accuracy.map(Into::into),
        learning_rate: end.learning_rate.into(),
        parameters: end.parameters_digest.clone(),
    }
}

/// What an evaluation claims; `test_reads` of the test split only, so that validation always gives the same statement.
pub(crate) fn evaluation_claims(split: Split, evaluation: &Evaluation, test_reads: Option<u64>) -> EvaluationClaims {
    let estimate = |estimate: &Estimate| EstimateClaims {
        value: estimate.value.into(),
        lower95: estimate.lower95.into(),
        upper95: estimate.upper95.into(),
    };
    let metrics = evaluation.metrics.iter().map(|measured| {
        let EstimateClaims { value, lower95, upper95 } = estimate(&measured.estimate);
        let baseline = measured.baseline.map(Into::into);
        let gain = measured.gain.as_ref().map(estimate);
        (measured.metric, MetricClaims { value, lower95, upper95, baseline, gain })
    });
    let slices = evaluation.slices.iter().map(|slice| {
        let EstimateClaims { value, lower95, upper95 } = estimate(&slice.accuracy);
        let (by, name) = (slice.by.clone(), slice.value.clone());
        SliceClaims { by, slice: name, samples: slice.samples, value, lower95, upper95 }
    });
    let bins = evaluation.calibration.bins.iter().filter(|bin| bin.samples > 0).map(|bin| BinClaims {
        samples: bin.samples,
        confidence: bin.confidence.into(),
        accuracy: bin.accuracy.into(),
    });
    let mistakes = evaluation.mistakes.iter().map(|mistake| MistakeClaims {
        row: mistake.row as u64,
        actual: mistake.actual as u64,
        predicted: mistake.predicted as u64,
        probability: f64::from(mistake.probability).into(),
    });
    EvaluationClaims {
        split,
        samples: evaluation.samples,
        metrics: metrics.collect(),
        thresholds: evaluation.thresholds.map(|thresholds| ThresholdClaims {
            accuracy: thresholds.accuracy.into(),
            equal_error: thresholds.equal_error.into(),
        }),
        confusion: evaluation.confusion.rows(),
        slices: slices.collect(),
        calibration: bins.collect(),
        calibration_error: evaluation.calibration.expected_error.into(),
        mistakes: mistakes.collect(),
        test_reads,
    }
}
