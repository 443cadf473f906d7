//! What a run's report tells, from what the run knows.

use std::path::Path;

use proofmark_criteria::{Comparison, Need, Outcome as Holds, Value, Verdict};
use proofmark_data::{PreparedSet, Reason};
use proofmark_engine::NUMERICS_VERSION;
use proofmark_evidence::Digest;
use proofmark_model::CheckedModel;
use proofmark_report as page;
use proofmark_report::{Outcome, Stage};
use proofmark_train::metrics::{Evaluation, Metric};
use proofmark_train::{EpochEnd, StopReason};

use crate::host::Host;
use crate::pipeline::{Judged, PreparedRun};
use crate::record::timestamp;
use crate::run_spec::RunSpec;
use crate::spec::read::Read;
use crate::statements::Made;

/// What has happened so far: the flow fills it in as it goes.
pub(crate) struct Story<'a> {
    spec: &'a RunSpec,
    prepared: &'a PreparedRun,
    run: &'a str,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) test_reads: u64,
    pub(crate) epochs: Vec<EpochEnd>,
    pub(crate) best_epoch: u32,
    pub(crate) stopped: Option<StopReason>,
    pub(crate) diverged_at: Option<u64>,
    pub(crate) judged: Option<Judged>,
    pub(crate) judged_on_test: bool,
    pub(crate) evidence: Vec<Made>,
    pub(crate) model_digest: Option<Digest>,
    pub(crate) seconds: f64,
    stages: Vec<(Stage, f64)>,
}

impl<'a> Story<'a> {
    pub(crate) fn new(read: &'a Read<RunSpec>, prepared: &'a PreparedRun, run: &'a str) -> Self {
        Story {
            spec: &read.value,
            prepared,
            run,
            outcome: None,
            test_reads: 0,
            epochs: Vec::new(),
            best_epoch: 0,
            stopped: None,
            diverged_at: None,
            judged: None,
            judged_on_test: false,
            evidence: Vec::new(),
            model_digest: None,
            seconds: 0.0,
            stages: Vec::new(),
        }
    }

    /// A stage took this long.
    pub(crate) fn stage(&mut self, stage: Stage, seconds: f64) {
        self.stages.push((stage, seconds));
    }

    /// Rows of train and validation that cleaning dropped.
    pub(crate) fn dropped_rows(&self) -> u64 {
        let report = &self.prepared.preparation.report;
        report.raw.source.rows.saturating_sub(report.profiles.source.rows)
    }

    /// Mean training time of the epochs on record.
    pub(crate) fn seconds_per_epoch(&self) -> Option<f64> {
        let total: f64 = self.epochs.iter().map(|epoch| epoch.seconds).sum();
        (!self.epochs.is_empty()).then(|| total / self.epochs.len() as f64)
    }
}

/// The report's data.
pub(crate) fn fill(story: &Story<'_>, spec_yaml: String, _base: &Path, host: &dyn Host) -> page::ReportData {
    let time = timestamp(host);
    page::ReportData {
        run: page::RunInfo {
            id: story.run.to_owned(),
            name: story.spec.name.clone(),
            date: format!("{} {} UTC", time.get(..10).unwrap_or_default(), time.get(11..16).unwrap_or_default()),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            numerics_version: NUMERICS_VERSION,
            seed: story.spec.seed,
        },
        verdict: page::Verdict {
            outcome: story.outcome.unwrap_or(Outcome::NoCriterion),
            criteria: criteria(story),
            test_reads: story.test_reads,
        },
        data: Some(data(story)),
        model: story.prepared.model.as_ref().map(|model| network(story, model)),
        history: (!story.epochs.is_empty() || story.diverged_at.is_some()).then(|| history(story)),
        evaluation: story.judged.as_ref().map(|judged| evaluation(story, &judged.evaluation)),
        cost: Some(cost(story, host)),
        evidence: story.evidence.iter().map(evidence_row).collect(),
        reproduce: Some(reproduce(story)),
        spec_yaml,
    }
}

fn criteria(story: &Story<'_>) -> Vec<page::CriterionRow> {
    let Some(decision) = story.judged.as_ref().and_then(|judged| judged.decision.as_ref()) else { return Vec::new() };
    let row = |verdict: &Verdict| page::CriterionRow {
        text: verdict.criterion.clone(),
        comparisons: verdict.comparisons.iter().map(comparison).collect(),
    };
    decision.verdicts.iter().map(row).collect()
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

fn data(story: &Story<'_>) -> page::DataSummary {
    let report = &story.prepared.preparation.report;
    let by_class = |rows: &proofmark_data::SplitRows| rows.by_class.iter().map(|class| class.rows).collect();
    let split = &report.split;
    let rows_of = |part: &str| match part {
        "test" => report.raw.test_source.rows,
        _ => report.raw.source.rows,
    };
    let sources = report.sources.iter().flat_map(|part| {
        part.files.iter().map(move |file| page::SourceSummary {
            name: part.part.clone(),
            label: file.name.clone(),
            rows: rows_of(&part.part),
            digest: file.sha256.to_string(),
        })
    });
    let gate = report.gate.as_ref();
    let rules = gate.map_or_else(Vec::new, |gate| {
        let pairs = gate.before.iter().zip(&gate.after);
        pairs
            .map(|(before, after)| page::RuleRow {
                text: before.criterion.clone(),
                before: reading(before),
                after: reading(after),
            })
            .collect()
    });
    let rounds = gate.map_or_else(Vec::new, |gate| {
        let accepted = gate.rounds.iter().filter(|round| round.accepted);
        accepted
            .map(|round| page::CleaningRound {
                rows_before: round.before.source.rows,
                rows_after: round.after.source.rows,
                operators: round
                    .applied
                    .iter()
                    .map(|touched| page::OperatorEffect {
                        operator: serde_json::json!(touched.operator).as_str().unwrap_or_default().to_owned(),
                        rows_dropped: (touched.train.len() + touched.validation.len()) as u64,
                        rows_changed: 0,
                    })
                    .collect(),
            })
            .collect()
    });
    page::DataSummary {
        sources: sources.collect(),
        splits: page::SplitRows {
            train: split.train.rows,
            validation: split.validation.rows,
            test: split.test.rows,
            excluded: story.dropped_rows() + split.test_unlabelled,
        },
        classes: report.classes.clone(),
        class_counts: page::ClassCounts {
            train: by_class(&split.train),
            validation: by_class(&split.validation),
            test: by_class(&split.test),
        },
        rules,
        rounds,
        stopped: gate.map(|gate| match gate.stopped {
            Reason::Met => page::CleaningStop::Met,
            Reason::Rounds { .. } => page::CleaningStop::RoundLimit,
            Reason::TooMuchDropped { .. } => page::CleaningStop::TooMuchDropped,
            _ => page::CleaningStop::NoChange,
        }),
        samples: samples(story),
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

/// How many classes are shown by an image, and how many images in all.
const MAX_SAMPLES: usize = 20;

/// The first images of each class, class by class in turn.
fn samples(story: &Story<'_>) -> Vec<page::Sample> {
    let Some(prepared) = &story.prepared.preparation.prepared else { return Vec::new() };
    let classes = prepared.classes.len().max(1);
    let rounds = (MAX_SAMPLES / classes).max(1);
    let mut rows: Vec<(usize, usize, u32)> = Vec::new();
    let mut seen = vec![0; classes];
    for (row, label) in prepared.train.labels().iter().enumerate() {
        let Some(count) = usize::try_from(*label).ok().and_then(|label| seen.get_mut(label)) else { continue };
        if *count < rounds {
            rows.push((*count, *label as usize, row as u32));
            *count += 1;
        }
        if rows.len() == rounds * classes {
            break;
        }
    }
    rows.sort_unstable();
    rows.truncate(MAX_SAMPLES);
    let sample = |(_, label, row): (usize, usize, u32)| {
        Some(page::Sample { image: thumbnail(&prepared.train, row)?, label: prepared.classes[label].clone() })
    };
    rows.into_iter().filter_map(sample).collect()
}

fn thumbnail(set: &PreparedSet, row: u32) -> Option<page::Thumbnail> {
    let shape = set.feature_shape();
    page::Thumbnail::new(shape[1], shape[0], shape[2], set.image_u8(row).to_vec()).ok()
}

fn network(story: &Story<'_>, model: &CheckedModel) -> page::ModelSummary {
    let summary = model.summary();
    let extents = |shape: &proofmark_tensor::Shape| shape.iter().map(|extent| *extent as u64).collect();
    let spec = serde_json::to_value(&story.spec.train).unwrap_or_default();
    let setting = |name: &str| {
        let value = spec.get(name).filter(|value| !value.is_null())?;
        Some(page::Setting { name: name.to_owned(), value: plain(value) })
    };
    let names = ["optimizer", "loss", "schedule", "batch_size", "epochs", "early_stopping", "clip", "regularization"];
    page::ModelSummary {
        input: extents(model.input_shape()),
        layers: summary
            .rows
            .iter()
            .enumerate()
            .map(|(idx, row)| {
                let before = if idx == 0 { "input" } else { &summary.rows[idx - 1].name };
                let follows = row.inputs.len() == 1 && row.inputs[0] == before;
                page::LayerRow {
                    name: row.name.clone(),
                    kind: row.kind.to_owned(),
                    detail: detail(&model.spec().layers[idx]),
                    inputs: if follows { Vec::new() } else { row.inputs.clone() },
                    output: extents(&row.shape),
                    parameters: row.parameters,
                }
            })
            .collect(),
        parameters: summary.parameters(),
        multiply_adds: Some(summary.flops() / 2),
        settings: names.into_iter().filter_map(setting).collect(),
    }
}

/// What the spec says of a layer besides names: `filters 32, kernel 3, activation relu`.
fn detail(layer: &proofmark_model::Layer) -> String {
    let value = serde_json::to_value(layer).unwrap_or_default();
    let Some((_, fields)) = value.as_object().and_then(|object| object.iter().next()) else { return String::new() };
    let Some(fields) = fields.as_object() else { return String::new() };
    let telling =
        ["filters", "units", "kernel", "size", "stride", "padding", "dilation", "groups", "rate", "activation"];
    let is_default = |key: &str, value: &serde_json::Value| match key {
        "stride" | "dilation" | "groups" => plain(value) == "1" || plain(value) == "[1, 1]",
        "padding" => value == "valid",
        "activation" => value == "linear",
        _ => value.is_null(),
    };
    let shown = telling.iter().filter_map(|key| {
        let value = fields.get(*key)?;
        (!is_default(key, value)).then(|| match *key {
            "activation" => plain(value),
            _ => format!("{key} {}", plain(value)),
        })
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// A JSON value as a spec would write it on one line.
fn plain(value: &serde_json::Value) -> String {
    use serde_json::Value as Json;
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Json::Object(entries) => match entries.iter().next() {
            // `{adam: {..}}` reads better as `adam {..}`.
            Some((key, inner)) if entries.len() == 1 && inner.is_object() => {
                if inner.as_object().is_some_and(serde_json::Map::is_empty) {
                    key.clone()
                } else {
                    format!("{key} {}", plain(inner))
                }
            }
            _ => {
                let parts: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{key}: {}", plain(value))).collect();
                format!("{{ {} }}", parts.join(", "))
            }
        },
        other => other.to_string(),
    }
}

fn history(story: &Story<'_>) -> page::History {
    let epoch = |end: &EpochEnd| page::Epoch {
        epoch: u64::from(end.epoch),
        train_loss: end.train_loss,
        validation_loss: end.validation_loss,
        train_accuracy: Some(end.train_accuracy),
        validation_accuracy: end.validation_accuracy,
        learning_rate: end.learning_rate,
        seconds: end.seconds,
        parameters_digest: end.parameters_digest.clone(),
    };
    page::History {
        epochs: story.epochs.iter().map(epoch).collect(),
        best_epoch: (story.best_epoch > 0).then_some(u64::from(story.best_epoch)),
        stopped: match (story.diverged_at, story.stopped) {
            (Some(step), _) => page::TrainingStop::LossNotFinite { step },
            (None, Some(StopReason::EarlyStopping)) => page::TrainingStop::EarlyStopping,
            (None, Some(StopReason::Interrupted | StopReason::Pruned)) => page::TrainingStop::Interrupted,
            (None, Some(StopReason::Epochs) | None) => page::TrainingStop::Finished,
        },
    }
}

fn evaluation(story: &Story<'_>, evaluation: &Evaluation) -> page::Evaluation {
    let prepared = story.prepared.preparation.prepared.as_ref();
    let set = prepared.map(|prepared| if story.judged_on_test { &prepared.test } else { &prepared.validation });
    let classes = &story.prepared.preparation.report.classes;
    let unit = |metric: Metric| if metric == Metric::Loss { page::Unit::Number } else { page::Unit::Proportion };
    let name = |metric: Metric| match metric {
        Metric::Precision => "precision.macro".to_owned(),
        Metric::Recall => "recall.macro".to_owned(),
        Metric::F1 => "f1.macro".to_owned(),
        Metric::Loss => "log_loss".to_owned(),
        Metric::CalibrationError => "ece".to_owned(),
        Metric::Accuracy | Metric::Confusion => metric.name().to_owned(),
    };
    page::Evaluation {
        split: if story.judged_on_test { page::Split::Test } else { page::Split::Validation },
        rows: evaluation.samples,
        metrics: evaluation
            .metrics
            .iter()
            .map(|measured| page::Metric {
                name: name(measured.metric),
                unit: unit(measured.metric),
                higher_is_better: measured.metric.is_higher_better(),
                value: measured.estimate.value,
                lower95: Some(measured.estimate.lower95),
                upper95: Some(measured.estimate.upper95),
                baseline: measured.baseline,
                previous: None,
            })
            .collect(),
        confusion: evaluation.confusion.rows(),
        slices: evaluation
            .slices
            .iter()
            .map(|slice| page::Slice {
                by: slice.by.clone(),
                name: slice.value.clone(),
                count: slice.samples,
                metric: Metric::Accuracy.name().to_owned(),
                unit: page::Unit::Proportion,
                higher_is_better: true,
                value: slice.accuracy.value,
                lower95: Some(slice.accuracy.lower95),
                upper95: Some(slice.accuracy.upper95),
            })
            .collect(),
        calibration: evaluation
            .calibration
            .bins
            .iter()
            .filter(|bin| bin.samples > 0)
            .map(|bin| page::CalibrationBin { confidence: bin.confidence, accuracy: bin.accuracy, count: bin.samples })
            .collect(),
        ece: Some(evaluation.calibration.expected_error),
        mistakes: evaluation
            .mistakes
            .iter()
            .filter_map(|mistake| {
                Some(page::Mistake {
                    image: thumbnail(set?, mistake.row as u32)?,
                    actual: classes.get(mistake.actual)?.clone(),
                    predicted: classes.get(mistake.predicted)?.clone(),
                    probability: f64::from(mistake.probability),
                    row: mistake.row as u64,
                })
            })
            .collect(),
    }
}

fn cost(story: &Story<'_>, host: &dyn Host) -> page::Cost {
    page::Cost {
        train_seconds_per_epoch: story.seconds_per_epoch(),
        total_seconds: Some(story.seconds),
        cpu_seconds: host.cpu_seconds(),
        peak_memory_bytes: host.peak_memory_bytes(),
        threads: Some(host.threads() as u64),
        machine: host.machine(),
        stages: story
            .stages
            .iter()
            .map(|(stage, seconds)| page::StageSeconds { stage: *stage, seconds: *seconds })
            .collect(),
    }
}

fn evidence_row(made: &Made) -> page::EvidenceRow {
    page::EvidenceRow {
        kind: made.kind.name().to_owned(),
        digest: made.digest.hex(),
        grade: page::Grade::Measured,
        statement: made.canonical.clone(),
    }
}

fn reproduce(story: &Story<'_>) -> page::Reproduce {
    let lock = &story.prepared.lock;
    let named = |name: &str, digest: &str| page::SourceDigest { name: name.to_owned(), digest: digest.to_owned() };
    let mut digests: Vec<page::SourceDigest> =
        lock.prepared.iter().map(|(split, digest)| named(&format!("prepared.{split}"), digest)).collect();
    if !lock.plan.is_empty() {
        digests.push(named("plan", &lock.plan));
    }
    let mut commands = vec![format!("proofmark reproduce {}", story.run)];
    if story.epochs.len() > 1 {
        commands.push(format!("proofmark reproduce {} --epoch {}", story.run, story.epochs.len()));
    }
    page::Reproduce {
        commands,
        model_digest: story.model_digest.map(|digest| digest.hex()).unwrap_or_default(),
        digests,
    }
}
