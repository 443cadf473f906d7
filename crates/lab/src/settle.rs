//! What a report shows because statements say so. The page is filled through this, and verified by doing it again: settled
//! data are those that settling does not change.
//!
//! Left alone is what is only observed: date and id of the run, version of the program, images (augmented ones too), seconds, machine and cost.

use proofmark_criteria::{Comparison, Need, Outcome as Holds, Value, Verdict};
use proofmark_evidence::Statement;
use proofmark_model::Loss;
use proofmark_report as page;
use proofmark_train::metrics::{Metric, wilson};

use crate::chain::Chain;
use crate::claims::{CleaningClaims, EstimateClaims, EvaluationClaims, ProfileClaims, Stop, Stopped, TrainClaims};
use crate::cross_validation::{CrossValidatedClaims, CrossValidationClaims, FoldClaims};
use crate::report_data::{network, operators};
use crate::study;

/// Writes into a report's data what the statements decide.
pub(crate) fn settle(data: &mut page::ReportData, chain: &Chain, outcome: page::Outcome) {
    if let Some(spec) = &chain.run_spec {
        data.run.name.clone_from(&spec.name);
        data.run.seed = spec.seed;
    }
    if let Some(spec) = &chain.spec {
        data.run.numerics_version = spec.claims.lock.numerics_version;
    }
    data.verdict = page::Verdict { outcome, criteria: criteria(chain), test_reads: chain.test_reads() };
    let shown = data.data.take().unwrap_or_default();
    data.data = chain.profile.as_ref().map(|profile| summary(&profile.claims, chain, shown));
    data.model = match (&chain.run_spec, chain.model()) {
        (Some(spec), Some(Ok(model))) => Some(network(&spec.train, &model)),
        _ => None,
    };
    let loss = chain.run_spec.as_ref().map(|spec| &spec.train.loss);
    data.cross_validation = chain.cross_validation.as_ref().map(|folds| cross_validation(&folds.claims, loss));
    let observed = data.history.take().unwrap_or_default();
    data.history = chain.train.as_ref().map(|train| history(&train.claims, &observed));
    let shown = data.evaluation.take().map(|evaluation| evaluation.mistakes).unwrap_or_default();
    let classes = chain.profile.as_ref().map_or(&[][..], |profile| &profile.claims.classes);
    let judged = chain.judged().evaluation.as_ref();
    data.evaluation = judged.map(|judged| evaluation(&judged.claims, classes, loss, shown));
    // Which runs its trials were only the study's own page says.
    data.study = chain.study.as_ref().map(|link| study::summary(&link.claims));
    data.this_trial = chain.spec.as_ref().and_then(|spec| spec.claims.lock.trial.as_ref()?.number);
    data.reproduce = Some(reproduce(chain, &data.run.id));
}

/// The statements as a report carries them.
pub(crate) fn rows(statements: &[Statement]) -> Vec<page::EvidenceRow> {
    let row = |statement: &Statement| page::EvidenceRow {
        kind: statement.kind().name().to_owned(),
        digest: statement.digest().hex(),
        grade: page::Grade::Measured,
        statement: statement.as_json().to_owned(),
    };
    statements.iter().map(row).collect()
}

fn criteria(chain: &Chain) -> Vec<page::CriterionRow> {
    let Some(decision) = &chain.judged().decision else { return Vec::new() };
    let row = |verdict: &Verdict| page::CriterionRow {
        text: verdict.criterion.clone(),
        comparisons: verdict.comparisons.iter().map(comparison).collect(),
    };
    decision.claims.decision.verdicts.iter().map(row).collect()
}

fn comparison(comparison: &Comparison) -> page::Comparison {
    let need = match &comparison.need {
        None => page::Fact::Missing,
        Some(Need::One(value)) => fact(value),
        Some(Need::Among(values)) => {
            let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
            page::Fact::Text(texts.join(", "))
        }
    };
    page::Comparison {
        text: comparison.path.clone(),
        value: comparison.value.as_ref().map_or(page::Fact::Missing, fact),
        operator: comparison.operator.to_string(),
        need,
        holds: comparison.holds,
    }
}

fn fact(value: &Value) -> page::Fact {
    match value {
        Value::Number(number) => page::Fact::Number(*number),
        Value::Bool(flag) => page::Fact::Flag(*flag),
        Value::Text(text) => page::Fact::Text(text.clone()),
    }
}

fn reading(verdict: &Verdict) -> page::RuleReading {
    page::RuleReading {
        holds: match verdict.outcome {
            Holds::Yes => Some(true),
            Holds::No => Some(false),
            Holds::NoEvidence => None,
        },
        comparisons: verdict.comparisons.iter().map(comparison).collect(),
    }
}

fn summary(profile: &ProfileClaims, chain: &Chain, shown: page::DataSummary) -> page::DataSummary {
    let sources = profile.sources.iter().map(|source| page::SourceSummary {
        name: source.part.clone(),
        label: source.file.clone(),
        rows: source.rows,
        digest: source.sha256.clone(),
    });
    let gate = chain.gate.as_ref().map(|gate| &gate.claims);
    let rules = gate.map_or_else(Vec::new, |gate| {
        let pairs = gate.before.iter().zip(&gate.after);
        let row = |(before, after): (&Verdict, &Verdict)| page::RuleRow {
            text: before.criterion.clone(),
            before: reading(before),
            after: reading(after),
        };
        pairs.map(row).collect()
    });
    let rounds = chain.cleaning.iter().map(|link| round(&link.claims));
    let split = &profile.split;
    page::DataSummary {
        sources: sources.collect(),
        splits: page::SplitRows {
            train: split.train.rows,
            validation: split.validation.rows,
            test: split.test.rows,
            unused: split.train_unused,
            excluded: chain.dropped_rows() + split.test_unlabelled,
        },
        classes: profile.classes.clone(),
        class_counts: page::ClassCounts {
            train: split.train.by_class.clone(),
            validation: split.validation.by_class.clone(),
            test: split.test.by_class.clone(),
        },
        rules,
        rounds: rounds.collect(),
        injected: profile.injected.as_ref().map(|injected| page::InjectedFaults {
            missing_labels: injected.missing_labels,
            duplicates: injected.duplicates,
            blank: injected.blank,
            corrupted: injected.noise + injected.stripes,
        }),
        stopped: gate.map(|gate| stopped(&gate.stopped)),
        samples: shown.samples,
        augmented: augmented(chain, shown.augmented),
    }
}

/// The operators are the spec's; the images that show them are only observed.
fn augmented(chain: &Chain, shown: Option<page::Augmented>) -> Option<page::Augmented> {
    let operators = operators(&chain.run_spec.as_ref()?.data);
    let samples = shown.map(|shown| shown.samples).unwrap_or_default();
    (!operators.is_empty()).then_some(page::Augmented { operators, samples })
}

fn round(round: &CleaningClaims) -> page::CleaningRound {
    page::CleaningRound {
        accepted: round.accepted,
        rows_before: round.rows_before,
        rows_after: round.rows_after,
        operators: round
            .applied
            .iter()
            .map(|applied| page::OperatorEffect {
                operator: applied.operator.clone(),
                rows_dropped: (applied.train.len() + applied.validation.len()) as u64,
            })
            .collect(),
    }
}

fn stopped(reason: &Stop) -> page::CleaningStop {
    match reason {
        Stop::Met => page::CleaningStop::Met,
        Stop::NoChange => page::CleaningStop::NoChange,
        Stop::Rounds { .. } => page::CleaningStop::RoundLimit,
        Stop::TooMuchDropped { class, dropped, of, max_dropped } => page::CleaningStop::TooMuchDropped {
            class: class.clone(),
            dropped: *dropped,
            of: *of,
            max_dropped: max_dropped.0,
        },
    }
}

fn history(train: &TrainClaims, observed: &page::History) -> page::History {
    let epochs = train.history.iter().enumerate().map(|(idx, epoch)| page::Epoch {
        epoch: u64::from(epoch.epoch),
        train_loss: epoch.train_loss.0,
        validation_loss: epoch.validation_loss.map(|loss| loss.0),
        train_accuracy: Some(epoch.train_accuracy.0),
        validation_accuracy: epoch.validation_accuracy.map(|accuracy| accuracy.0),
        learning_rate: epoch.learning_rate.0,
        seconds: observed.epochs.get(idx).map_or(0.0, |epoch| epoch.seconds),
        parameters_digest: epoch.parameters.clone(),
    });
    page::History {
        epochs: epochs.collect(),
        best_epoch: (train.best_epoch > 0).then_some(u64::from(train.best_epoch)),
        stopped: match train.stopped {
            Stopped::Pruned => page::TrainingStop::Pruned,
            Stopped::Diverged { step } => page::TrainingStop::LossNotFinite { step },
            Stopped::EarlyStopping => page::TrainingStop::EarlyStopping,
            Stopped::Epochs => page::TrainingStop::Finished,
        },
    }
}

fn cross_validation(claims: &CrossValidationClaims, loss: Option<&Loss>) -> page::CrossValidation {
    let measured: Vec<Metric> = claims.metrics.keys().copied().collect();
    let value = |metric: &Metric, fold: &FoldClaims| {
        let value = fold.metrics.get(metric).map_or(f64::NAN, |number| number.0);
        let rows = fold.trained.held_out_rows;
        // The share of right rows is the only one of them whose interval its value decides.
        let own = (*metric == Metric::Accuracy).then(|| wilson((value * rows as f64).round() as u64, rows));
        page::FoldValue { value, lower95: own.map(|own| own.lower95), upper95: own.map(|own| own.upper95) }
    };
    let fold = |fold: &FoldClaims| page::FoldRow {
        number: fold.trained.fold.into(),
        train_rows: fold.trained.train_rows,
        validation_rows: fold.trained.validation_rows,
        held_out_rows: fold.trained.held_out_rows,
        epochs: fold.trained.epochs.into(),
        best_epoch: fold.trained.best_epoch.into(),
        values: measured.iter().map(|metric| value(metric, fold)).collect(),
    };
    let over_folds = |(metric, claims): (&Metric, &CrossValidatedClaims)| {
        let EstimateClaims { value, lower95, upper95 } = &claims.out_of_fold;
        page::FoldMetric {
            name: metric_name(*metric, loss).to_owned(),
            unit: if metric.is_unbounded() { page::Unit::Number } else { page::Unit::Proportion },
            higher_is_better: metric.is_higher_better(),
            mean: claims.value.0,
            std: claims.std.0,
            lower95: claims.lower95.0,
            upper95: claims.upper95.0,
            out_of_fold: page::FoldValue { value: value.0, lower95: Some(lower95.0), upper95: Some(upper95.0) },
        }
    };
    page::CrossValidation {
        kind: claims.kind.name().to_owned(),
        rows: claims.rows,
        folds: claims.folds.iter().map(fold).collect(),
        metrics: claims.metrics.iter().map(over_folds).collect(),
    }
}

fn evaluation(
    claims: &EvaluationClaims,
    classes: &[String],
    loss: Option<&Loss>,
    shown: Vec<page::Mistake>,
) -> page::Evaluation {
    let metrics = claims.metrics.iter().map(|(metric, claims)| page::Metric {
        name: metric_name(*metric, loss).to_owned(),
        unit: if metric.is_unbounded() { page::Unit::Number } else { page::Unit::Proportion },
        higher_is_better: metric.is_higher_better(),
        value: claims.value.0,
        lower95: Some(claims.lower95.0),
        upper95: Some(claims.upper95.0),
        baseline: claims.baseline.map(|baseline| baseline.0),
    });
    let slices = claims.slices.iter().map(|slice| page::Slice {
        by: slice.by.clone(),
        name: slice.slice.clone(),
        count: slice.samples,
        metric: Metric::Accuracy.name().to_owned(),
        unit: page::Unit::Proportion,
        higher_is_better: true,
        value: slice.value.0,
        lower95: Some(slice.lower95.0),
        upper95: Some(slice.upper95.0),
    });
    let bins = claims.calibration.iter().map(|bin| page::CalibrationBin {
        confidence: bin.confidence.0,
        accuracy: bin.accuracy.0,
        count: bin.samples,
    });
    let class = |idx: u64| usize::try_from(idx).ok().and_then(|idx| classes.get(idx)).cloned().unwrap_or_default();
    // How rows look is the page's own; a mistake that was left out gets a grey image, so that it is missed.
    let looks = shown.into_iter().map(|mistake| Some(mistake.shown)).chain(std::iter::repeat(None));
    let mistakes = claims.mistakes.iter().zip(looks).filter_map(|(mistake, look)| {
        Some(page::Mistake {
            shown: look.or_else(|| page::Thumbnail::new(1, 1, 1, vec![128]).ok().map(page::Shown::Image))?,
            actual: class(mistake.actual),
            predicted: class(mistake.predicted),
            probability: mistake.probability.0,
            row: mistake.row,
        })
    });
    page::Evaluation {
        split: claims.split,
        rows: claims.samples,
        metrics: metrics.collect(),
        thresholds: claims.thresholds.as_ref().map(|thresholds| page::Thresholds {
            accuracy: thresholds.accuracy.0,
            equal_error: thresholds.equal_error.0,
        }),
        confusion: claims.confusion.clone(),
        slices: slices.collect(),
        calibration: bins.collect(),
        ece: Some(claims.calibration_error.0),
        mistakes: mistakes.collect(),
    }
}

/// The name that the report knows a metric by. The loss is the one that was trained with.
fn metric_name(metric: Metric, loss: Option<&Loss>) -> &'static str {
    match metric {
        Metric::Precision => "precision.macro",
        Metric::Recall => "recall.macro",
        Metric::F1 => "f1.macro",
        Metric::Loss => match loss {
            Some(Loss::CategoricalCrossentropy(_) | Loss::BinaryCrossentropy(_)) => "log_loss",
            Some(Loss::MeanSquaredError(_)) => "mse",
            Some(Loss::MeanAbsoluteError(_)) => "mae",
            Some(Loss::Huber(_)) => "huber",
            Some(_) | None => metric.name(),
        },
        Metric::CalibrationError => "ece",
        Metric::Accuracy
        | Metric::Perplexity
        | Metric::VerificationAccuracy
        | Metric::EqualErrorRate
        | Metric::VerificationAuc
        | Metric::LabelErrorRate
        | Metric::Confusion => metric.name(),
    }
}

fn reproduce(chain: &Chain, run: &str) -> page::Reproduce {
    let named = |name: String, digest: &str| page::SourceDigest { name, digest: digest.to_owned() };
    let mut digests = Vec::new();
    if let Some(spec) = &chain.spec {
        let lock = &spec.claims.lock;
        digests.extend(lock.prepared.iter().map(|(split, digest)| named(format!("prepared.{split}"), digest)));
        if !lock.plan.is_empty() {
            digests.push(named("plan".to_owned(), &lock.plan));
        }
    }
    let train = chain.train.as_ref().map(|train| &train.claims);
    let mut commands = vec![format!("proofmark reproduce {run}")];
    if let Some(train) = train
        && train.epochs > 1
    {
        commands.push(format!("proofmark reproduce {run} --epoch {}", train.epochs));
    }
    let model = train.and_then(|train| train.model.as_deref()).unwrap_or_default();
    page::Reproduce { commands, model_digest: model.trim_start_matches("sha256:").to_owned(), digests }
}
