//! What a run's report tells: what was observed stands here, what statements decide is [settled](crate::settle).

use proofmark_data::augment::preview;
use proofmark_data::{AugmentSpec, DataSpec, Prepared, PreparedSet};
use proofmark_evidence::{Digest, Statement};
use proofmark_model::CheckedModel;
use proofmark_report as page;
use proofmark_report::{Outcome, Stage};
use proofmark_train::{EpochEnd, TrainSpec};

use crate::chain::Chain;
use crate::cross_validation::OverFolds;
use crate::host::Host;
use crate::pipeline::{Judged, PreparedRun};
use crate::record::timestamp;
use crate::settle::{rows, settle};

/// What has happened so far: the flow fills it in as it goes.
pub(crate) struct Story<'a> {
    prepared: &'a PreparedRun,
    run: &'a str,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) test_reads: u64,
    pub(crate) epochs: Vec<EpochEnd>,
    pub(crate) judged: Option<Judged>,
    pub(crate) judged_on_test: bool,
    pub(crate) cross_validation: Vec<OverFolds>,
    pub(crate) model_digest: Option<Digest>,
    pub(crate) seconds: f64,
    stages: Vec<(Stage, f64)>,
}

impl<'a> Story<'a> {
    pub(crate) fn new(prepared: &'a PreparedRun, run: &'a str) -> Self {
        Story {
            prepared,
            run,
            outcome: None,
            test_reads: 0,
            epochs: Vec::new(),
            judged: None,
            judged_on_test: false,
            cross_validation: Vec::new(),
            model_digest: None,
            seconds: 0.0,
            stages: Vec::new(),
        }
    }

    /// A stage took this long.
    pub(crate) fn stage(&mut self, stage: Stage, seconds: f64) {
        self.stages.push((stage, seconds));
    }

    /// Mean training time of the epochs on record.
    pub(crate) fn seconds_per_epoch(&self) -> Option<f64> {
        let total: f64 = self.epochs.iter().map(|epoch| epoch.seconds).sum();
        (!self.epochs.is_empty()).then(|| total / self.epochs.len() as f64)
    }
}

/// The report's data.
pub(crate) fn fill(
    story: &Story<'_>,
    statements: &[Statement],
    spec_yaml: String,
    host: &dyn Host,
) -> page::ReportData {
    let time = timestamp(host);
    let (chain, _) = Chain::of(statements);
    let mut data = page::ReportData {
        run: page::RunInfo {
            id: story.run.to_owned(),
            date: date(&time),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            ..page::RunInfo::default()
        },
        data: Some(page::DataSummary {
            samples: samples(story),
            augmented: augmented(story),
            ..page::DataSummary::default()
        }),
        history: Some(page::History {
            epochs: story
                .epochs
                .iter()
                .map(|end| page::Epoch { seconds: end.seconds, ..page::Epoch::default() })
                .collect(),
            ..page::History::default()
        }),
        evaluation: story.judged.as_ref().map(|judged| mistakes(story, judged)),
        cost: Some(cost(story, host)),
        evidence: rows(statements),
        spec_yaml,
        ..page::ReportData::default()
    };
    settle(&mut data, &chain, story.outcome.unwrap_or(Outcome::NoCriterion));
    data
}

/// The day and minute of a time, for people.
pub(crate) fn date(time: &str) -> String {
    format!("{} {} UTC", time.get(..10).unwrap_or_default(), time.get(11..16).unwrap_or_default())
}

/// How many classes are shown by an image, and how many images in all.
const MAX_SAMPLES: usize = 20;

/// How many images are shown as training sees them, each in how many epochs.
const MAX_AUGMENTED: usize = 4;
const N_VARIANTS: u32 = 6;

/// The first rows of each class, class by class in turn.
fn samples(story: &Story<'_>) -> Vec<page::Sample> {
    let Some(prepared) = &story.prepared.preparation.prepared else { return Vec::new() };
    let sample = |(label, row): (usize, u32)| {
        Some(page::Sample { shown: shown(&prepared.train, row)?, label: prepared.classes[label].clone() })
    };
    shown_rows(prepared).into_iter().filter_map(sample).collect()
}

/// A few images as the first epochs see them; `None` if they are not varied. What the operators are is settled.
fn augmented(story: &Story<'_>) -> Option<page::Augmented> {
    let prepared = story.prepared.preparation.prepared.as_ref()?;
    prepared.train.augmentation()?;
    let sample = |(label, row): (usize, u32)| {
        let variants = preview(&prepared.train, row, N_VARIANTS).into_iter();
        Some(page::AugmentedSample {
            image: thumbnail(&prepared.train, row)?,
            label: prepared.classes[label].clone(),
            variants: variants.filter_map(|bytes| thumbnail_of(&prepared.train, bytes)).collect(),
        })
    };
    let rows = shown_rows(prepared).into_iter().take(MAX_AUGMENTED);
    Some(page::Augmented { operators: Vec::new(), samples: rows.filter_map(sample).collect() })
}

/// Class and position of the rows that are shown.
fn shown_rows(prepared: &Prepared) -> Vec<(usize, u32)> {
    let classes = prepared.classes.len().max(1);
    let rounds = (MAX_SAMPLES / classes).max(1);
    let mut rows: Vec<(usize, usize, u32)> = Vec::new();
    let mut seen = vec![0; classes];
    let labels = prepared.train.labels().chunks_exact(prepared.train.label_width());
    for (row, labels) in labels.enumerate() {
        // What stands for a sample of several labels is the first that is known.
        let Some(label) = labels.iter().find(|label| **label >= 0) else { continue };
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
    rows.into_iter().map(|(_, label, row)| (label, row)).collect()
}

/// A row as people see it.
fn shown(set: &PreparedSet, row: u32) -> Option<page::Shown> {
    match set.series(row) {
        Some((numbers, channels)) => Some(page::Shown::Series(page::SeriesPlot::new(numbers, channels))),
        None => thumbnail(set, row).map(page::Shown::Image),
    }
}

fn thumbnail(set: &PreparedSet, row: u32) -> Option<page::Thumbnail> {
    thumbnail_of(set, set.image_u8(row).to_vec())
}

/// Bytes of an image of a set's shape.
fn thumbnail_of(set: &PreparedSet, bytes: Vec<u8>) -> Option<page::Thumbnail> {
    let [height, width, channels] = set.feature_shape().as_ref().try_into().ok()?;
    page::Thumbnail::new(width, height, channels, bytes).ok()
}

/// The operators that vary training images, each with what the spec says of it.
pub(crate) fn operators(data: &DataSpec) -> Vec<page::Setting> {
    let operators = data.features.iter().flat_map(|feature| &feature.augment);
    let setting = |operator: &AugmentSpec| {
        let value = serde_json::to_value(operator).unwrap_or_default();
        let own = value.get(operator.name()).map_or_else(String::new, plain);
        page::Setting { name: operator.name().to_owned(), value: own }
    };
    operators.map(setting).collect()
}

/// The network, and how it is trained.
pub(crate) fn network(train: &TrainSpec, model: &CheckedModel) -> page::ModelSummary {
    let summary = model.summary();
    let extents = |shape: &proofmark_tensor::Shape| shape.iter().map(|extent| *extent as u64).collect();
    let spec = serde_json::to_value(train).unwrap_or_default();
    let setting = |name: &str| {
        let value = spec.get(name).filter(|value| !value.is_null())?;
        Some(page::Setting { name: name.to_owned(), value: plain(value) })
    };
    let names = [
        "optimizer",
        "loss",
        "schedule",
        "batch_size",
        "accumulate",
        "length_buckets",
        "epochs",
        "early_stopping",
        "clip",
        "regularization",
        "mixup",
        "class_weights",
        "average",
        "precision",
    ];
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
pub(crate) fn plain(value: &serde_json::Value) -> String {
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

/// What the mistakes look like; what they are is settled.
fn mistakes(story: &Story<'_>, judged: &Judged) -> page::Evaluation {
    let prepared = story.prepared.preparation.prepared.as_ref();
    let set = prepared.map(|prepared| if story.judged_on_test { &prepared.test } else { &prepared.validation });
    let look = |row: usize| shown(set?, row as u32);
    let mistakes = judged.evaluation.mistakes.iter().filter_map(|mistake| {
        Some(page::Mistake {
            shown: look(mistake.row)?,
            actual: String::new(),
            predicted: String::new(),
            probability: 0.0,
            row: mistake.row as u64,
        })
    });
    page::Evaluation {
        split: if story.judged_on_test { page::Split::Test } else { page::Split::Validation },
        rows: 0,
        metrics: Vec::new(),
        thresholds: None,
        confusion: Vec::new(),
        slices: Vec::new(),
        calibration: Vec::new(),
        ece: None,
        mistakes: mistakes.collect(),
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
