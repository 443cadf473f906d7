//! Reports of runs that never happened: digits drawn by code, figures of a plausible size. They show the page and feed its
//! tests; no number in them was measured.

#[path = "folds.rs"]
mod folds;
#[path = "handwriting.rs"]
mod handwriting;
#[path = "provenance.rs"]
mod provenance;
#[path = "study.rs"]
pub(crate) mod study;

use folds::cross_validation;
use handwriting::{Random, digit};
use proofmark_report::{Augmented, AugmentedSample};
use proofmark_report::{
    CalibrationBin, ClassCounts, CleaningRound, CleaningStop, Comparison, Cost, CriterionRow, DataSummary, Epoch,
    Evaluation, Fact, History, InjectedFaults, LayerRow, Metric, Mistake, ModelSummary, OperatorEffect, Outcome,
    ReportData, RuleReading, RuleRow, RunInfo, Sample, Setting, Shown, Slice, SourceSummary, Split, SplitRows, Stage,
    StageSeconds, TrainingStop, Unit, Verdict,
};
use provenance::{evidence, fake_digest, reproduce};

const N_CLASSES: usize = 10;
const SPEC: &str = include_str!("digits.yaml");

/// Every scenario with its name.
pub(crate) fn scenarios() -> Vec<(&'static str, ReportData)> {
    vec![
        ("accepted", accepted()),
        ("mended", mended()),
        ("refused", refused()),
        ("data-refused", data_refused()),
        ("no-evidence", no_evidence()),
        ("diverged", diverged()),
        ("empty", ReportData::default()),
    ]
}

/// Everything went well, on clean data.
pub(crate) fn accepted() -> ReportData {
    let mut random = Random(7);
    let data = dataset(&mut random);
    let evaluation = evaluation(&mut random, &data.class_counts.test);
    let accuracy = evaluation.metrics[0].clone();
    ReportData {
        run: RunInfo {
            id: "2026-11-23-digits-7f3a".to_owned(),
            name: "digits".to_owned(),
            date: "2026-11-23 14:05 UTC".to_owned(),
            program_version: "0.1.0".to_owned(),
            numerics_version: 1,
            seed: 7,
        },
        verdict: Verdict {
            outcome: Outcome::Accepted,
            criteria: vec![criterion("metrics.accuracy.lower95", accuracy.lower95, 0.9772)],
            test_reads: 1,
        },
        data: Some(data),
        model: Some(model()),
        cross_validation: Some(cross_validation()),
        history: Some(history(10)),
        evaluation: Some(evaluation),
        cost: Some(cost()),
        evidence: evidence(),
        reproduce: Some(reproduce()),
        spec_yaml: SPEC.to_owned(),
        study: Some(study::digits()),
        this_trial: study::digits().best,
    }
}

/// The data failed its rules at first; cleaning mended it.
pub(crate) fn mended() -> ReportData {
    let mut report = accepted();
    report.run.name = "digits-dirty".to_owned();
    report.run.id = "2026-11-23-digits-dirty-19c0".to_owned();
    if let Some(data) = &mut report.data {
        dirty(data, [412.0, 0.0137], [0.0, 0.0]);
        data.stopped = Some(CleaningStop::Met);
        data.injected = Some(InjectedFaults { missing_labels: 412, duplicates: 567, blank: 32, corrupted: 0 });
        data.splits = SplitRows { train: 53_087, validation: 5_902, test: 10_000, unused: 0, excluded: 1_011 };
        data.rounds = vec![
            CleaningRound {
                accepted: true,
                rows_before: 70_000,
                rows_after: 69_021,
                operators: vec![
                    effect("drop_missing", 412),
                    effect("drop_duplicates", 567),
                    effect("drop_constant_images", 0),
                ],
            },
            CleaningRound {
                accepted: true,
                rows_before: 69_021,
                rows_after: 68_989,
                operators: vec![
                    effect("drop_missing", 0),
                    effect("drop_duplicates", 0),
                    effect("drop_constant_images", 32),
                ],
            },
        ];
    }
    report
}

/// The model missed one of two criteria on test.
pub(crate) fn refused() -> ReportData {
    let mut report = accepted();
    let worst = report.evaluation.as_ref().and_then(|evaluation| evaluation.slices[8].lower95);
    report.run.name = "digits-strict".to_owned();
    report.run.id = "2026-11-23-digits-strict-b204".to_owned();
    let mut criterion = criterion("metrics.accuracy.lower95", Some(0.9886), 0.9772);
    criterion.comparisons.push(comparison("slice(\"label\").recall.min", worst, 0.985));
    criterion.text = "metrics.accuracy.lower95 >= 0.9772 && slice(\"label\").recall.min >= 0.985".to_owned();
    report.verdict = Verdict { outcome: Outcome::Refused, criteria: vec![criterion], test_reads: 1 };
    report
}

/// The data failed its rules and could not be mended within the bounds; nothing was trained.
pub(crate) fn data_refused() -> ReportData {
    let mut report = mended();
    report.run.name = "digits-beyond-repair".to_owned();
    report.run.id = "2026-11-23-digits-beyond-repair-88d1".to_owned();
    report.verdict = Verdict { outcome: Outcome::DataRefused, criteria: vec![], test_reads: 0 };
    if let Some(data) = &mut report.data {
        data.rules.clear();
        dirty(data, [9_120.0, 0.0137], [9_120.0, 0.0137]);
        data.stopped =
            Some(CleaningStop::TooMuchDropped { class: None, dropped: 9_687, of: 70_000, max_dropped: 0.02 });
        data.rounds.truncate(1);
        data.rounds[0].accepted = false;
        data.rounds[0].rows_after = 60_313;
        data.rounds[0].operators[0].rows_dropped = 9_120;
    }
    report.model = None;
    report.cross_validation = None;
    report.study = None;
    report.this_trial = None;
    report.history = None;
    report.evaluation = None;
    report.reproduce = None;
    report.cost = Some(Cost {
        total_seconds: Some(3.2),
        cpu_seconds: Some(4.1),
        peak_memory_bytes: Some(61_000_000),
        stages: cost().stages[..3].to_vec(),
        ..Cost::default()
    });
    report.evidence.truncate(2);
    report
}

/// The criterion reads a metric that was not measured.
pub(crate) fn no_evidence() -> ReportData {
    let mut report = accepted();
    report.run.name = "digits-fairness".to_owned();
    let mut missing = criterion("slice(\"writer\").accuracy.min", None, 0.95);
    missing.text = "slice(\"writer\").accuracy.min >= 0.95".to_owned();
    report.verdict.outcome = Outcome::NoEvidence;
    report.verdict.criteria.push(missing);
    report
}

/// The loss became NaN in the third epoch.
pub(crate) fn diverged() -> ReportData {
    let mut report = accepted();
    report.run.name = "digits-too-fast".to_owned();
    report.verdict = Verdict { outcome: Outcome::TrainingFailed, criteria: vec![], test_reads: 0 };
    let mut history = history(3);
    history.epochs[1].train_loss = 61.8;
    history.epochs[1].validation_loss = Some(f64::INFINITY);
    history.epochs[2].train_loss = f64::NAN;
    history.epochs[2].validation_loss = None;
    history.epochs[2].validation_accuracy = None;
    history.epochs[2].train_accuracy = None;
    history.best_epoch = Some(1);
    history.stopped = TrainingStop::LossNotFinite { step: 1_847 };
    report.history = Some(history);
    report.cross_validation = None;
    report.study = None;
    report.this_trial = None;
    report.evaluation = None;
    report
}

fn dataset(random: &mut Random) -> DataSummary {
    let train = [5_331, 6_068, 5_362, 5_518, 5_258, 4_879, 5_326, 5_639, 5_266, 5_354];
    let validation = [592, 674, 596, 613, 584, 542, 592, 626, 585, 595];
    let test = [980, 1_135, 1_032, 1_010, 982, 892, 958, 1_028, 974, 1_009];
    let sum = |counts: [u64; N_CLASSES]| counts.iter().sum::<u64>();
    let rule = |text: &str, comparisons: Vec<Comparison>| {
        let reading = RuleReading { holds: Some(true), comparisons };
        RuleRow { text: text.to_owned(), before: reading.clone(), after: reading }
    };
    DataSummary {
        sources: [("train", "train-images-idx3-ubyte.gz", 60_000), ("test", "t10k-images-idx3-ubyte.gz", 10_000)]
            .map(|(name, label, rows)| SourceSummary {
                name: name.to_owned(),
                label: label.to_owned(),
                rows,
                digest: fake_digest(label),
            })
            .to_vec(),
        splits: SplitRows { train: sum(train), validation: sum(validation), test: sum(test), unused: 0, excluded: 0 },
        classes: (0..N_CLASSES).map(|class| class.to_string()).collect(),
        class_counts: ClassCounts { train: train.to_vec(), validation: validation.to_vec(), test: test.to_vec() },
        rules: vec![
            rule("source.rows >= 10000", vec![comparison("source.rows", Some(70_000.0), 10_000.0)]),
            rule(
                "source.label.classes == 10 && source.label.min_share > 0.05",
                vec![
                    Comparison { operator: "==".to_owned(), ..comparison("source.label.classes", Some(10.0), 10.0) },
                    Comparison { operator: ">".to_owned(), ..comparison("source.label.min_share", Some(0.0902), 0.05) },
                ],
            ),
        ],
        injected: None,
        rounds: vec![],
        stopped: Some(CleaningStop::Met),
        samples: (0..20)
            .map(|idx| idx * 7 % N_CLASSES)
            .map(|class| Sample { shown: Shown::Image(digit(random, class)), label: class.to_string() })
            .collect(),
        augmented: Some(augmented(random)),
    }
}

/// Digits drawn again and again: no operator made these variants, they only look as if.
fn augmented(random: &mut Random) -> Augmented {
    let operator = |name: &str, value: &str| Setting { name: name.to_owned(), value: value.to_owned() };
    Augmented {
        operators: vec![operator("rotate", "{ degrees: 10 }"), operator("shift", "{ pixels: 2, fill: nearest }")],
        samples: [3, 8, 4, 0]
            .map(|class| AugmentedSample {
                image: digit(random, class),
                label: class.to_string(),
                variants: (0..6).map(|_| digit(random, class)).collect(),
            })
            .to_vec(),
    }
}

/// Adds two rules that failed before cleaning.
fn dirty(data: &mut DataSummary, before: [f64; 2], after: [f64; 2]) {
    let reading = |[missing, duplicates]: [f64; 2], idx: usize| {
        let comparison =
            [("source.label.missing", "==", missing, 0.0), ("source.image.duplicates", "<=", duplicates, 0.01)].map(
                |(text, operator, value, need)| Comparison {
                    text: text.to_owned(),
                    value: Fact::Number(value),
                    operator: operator.to_owned(),
                    need: Fact::Number(need),
                    holds: Some(value <= need),
                },
            )[idx]
                .clone();
        RuleReading { holds: comparison.holds, comparisons: vec![comparison] }
    };
    for (idx, text) in ["source.label.missing == 0", "source.image.duplicates <= 0.01"].into_iter().enumerate() {
        data.rules.push(RuleRow { text: text.to_owned(), before: reading(before, idx), after: reading(after, idx) });
    }
}

fn effect(operator: &str, rows_dropped: u64) -> OperatorEffect {
    OperatorEffect { operator: operator.to_owned(), rows_dropped }
}

fn comparison(text: &str, value: Option<f64>, need: f64) -> Comparison {
    Comparison {
        text: text.to_owned(),
        value: value.map_or(Fact::Missing, Fact::Number),
        operator: ">=".to_owned(),
        need: Fact::Number(need),
        holds: value.map(|value| value >= need),
    }
}

fn criterion(text: &str, value: Option<f64>, need: f64) -> CriterionRow {
    CriterionRow { text: format!("{text} >= {need}"), comparisons: vec![comparison(text, value, need)] }
}

fn model() -> ModelSummary {
    let layers: [(&str, &str, &str, &[u64], u64); 8] = [
        ("conv2d_1", "conv2d", "32 filters, 3 × 3, relu", &[26, 26, 32], 320),
        ("max_pool2d_1", "max_pool2d", "2 × 2", &[13, 13, 32], 0),
        ("conv2d_2", "conv2d", "64 filters, 3 × 3, relu", &[11, 11, 64], 18_496),
        ("max_pool2d_2", "max_pool2d", "2 × 2", &[5, 5, 64], 0),
        ("flatten", "flatten", "", &[1_600], 0),
        ("dense_1", "dense", "128 units, relu", &[128], 204_928),
        ("drop", "dropout", "rate 0.5", &[128], 0),
        ("dense_2", "dense", "10 units, softmax", &[10], 1_290),
    ];
    ModelSummary {
        input: vec![28, 28, 1],
        layers: layers
            .map(|(name, kind, detail, output, parameters)| LayerRow {
                name: name.to_owned(),
                kind: kind.to_owned(),
                detail: detail.to_owned(),
                inputs: vec![],
                output: output.to_vec(),
                parameters,
            })
            .to_vec(),
        parameters: 225_034,
        multiply_adds: Some(2_630_000),
        settings: [
            ("loss", "categorical_crossentropy"),
            ("optimizer", "adam { learning_rate: 0.001 }"),
            ("batch_size", "64"),
            ("epochs", "10"),
            ("initializer", "glorot_uniform"),
            ("schedule", "constant"),
        ]
        .map(|(name, value)| Setting { name: name.to_owned(), value: value.to_owned() })
        .to_vec(),
    }
}

fn history(n_epochs: u64) -> History {
    let validation = [0.0624, 0.0441, 0.0389, 0.0347, 0.0336, 0.0312, 0.0341, 0.0298, 0.0307, 0.0319];
    let epochs = (1..=n_epochs).map(|epoch| {
        let train_loss = 0.021 + 0.235 / (epoch as f64).powf(1.12);
        let validation_loss = validation[(epoch - 1) as usize % validation.len()];
        Epoch {
            epoch,
            train_loss,
            validation_loss: Some(validation_loss),
            train_accuracy: Some(1.0 - train_loss * 0.302),
            validation_accuracy: Some(1.0 - validation_loss * 0.29),
            learning_rate: 0.001,
            seconds: 12.4 + (epoch % 3) as f64 * 0.21,
            parameters_digest: fake_digest(&format!("epoch {epoch}")),
        }
    });
    History { epochs: epochs.collect(), best_epoch: (n_epochs >= 8).then_some(8), stopped: TrainingStop::Finished }
}

fn evaluation(random: &mut Random, rows: &[u64]) -> Evaluation {
    // Who is mistaken for whom, and how often.
    let errors = [
        (4, 9, 9),
        (9, 4, 6),
        (7, 2, 6),
        (5, 3, 6),
        (3, 5, 4),
        (2, 7, 5),
        (8, 2, 4),
        (8, 9, 4),
        (6, 0, 5),
        (9, 7, 4),
        (5, 6, 3),
        (7, 1, 3),
        (8, 3, 3),
        (9, 5, 2),
        (0, 6, 2),
        (1, 7, 2),
        (2, 0, 2),
        (3, 8, 2),
        (6, 1, 2),
        (8, 0, 2),
        (9, 8, 2),
        (4, 6, 1),
        (0, 7, 1),
        (1, 3, 1),
        (5, 8, 1),
        (7, 9, 2),
        (6, 4, 1),
    ];
    let mut confusion = vec![vec![0; N_CLASSES]; N_CLASSES];
    for (class, row) in confusion.iter_mut().enumerate() {
        row[class] = rows[class];
    }
    for (actual, predicted, count) in errors {
        confusion[actual][predicted] = count;
        confusion[actual][actual] -= count;
    }
    let total: u64 = rows.iter().sum();
    let right: u64 = (0..N_CLASSES).map(|class| confusion[class][class]).sum();
    let metric = |name: &str, value: f64, baseline: f64| {
        let (lower, upper) = wilson(value, total as f64);
        Metric {
            name: name.to_owned(),
            unit: Unit::Proportion,
            higher_is_better: true,
            value,
            lower95: Some(lower),
            upper95: Some(upper),
            baseline: Some(baseline),
        }
    };
    let accuracy = right as f64 / total as f64;
    let slices: Vec<Slice> = (0..N_CLASSES)
        .map(|class| {
            let value = confusion[class][class] as f64 / rows[class] as f64;
            let (lower, upper) = wilson(value, rows[class] as f64);
            Slice {
                by: "label".to_owned(),
                name: class.to_string(),
                count: rows[class],
                metric: "accuracy".to_owned(),
                unit: Unit::Proportion,
                higher_is_better: true,
                value,
                lower95: Some(lower),
                upper95: Some(upper),
            }
        })
        .collect();
    let probabilities = [0.9998, 0.9991, 0.9984, 0.996, 0.992, 0.987, 0.981, 0.97, 0.962, 0.95, 0.94, 0.91];
    let mistakes = errors.iter().zip(probabilities).map(|((actual, predicted, _), probability)| Mistake {
        shown: Shown::Image(digit(random, *actual)),
        actual: actual.to_string(),
        predicted: predicted.to_string(),
        probability,
        row: (random.next() * 10_000.0) as u64,
    });
    let mistakes = mistakes.collect();
    let bins = [
        (0.347, 0.40, 5),
        (0.452, 0.43, 14),
        (0.551, 0.58, 31),
        (0.648, 0.62, 34),
        (0.753, 0.71, 45),
        (0.851, 0.87, 82),
        (0.953, 0.944, 231),
        (0.9981, 0.9977, 9_558),
    ];
    Evaluation {
        split: Split::Test,
        rows: total,
        metrics: vec![
            metric("accuracy", accuracy, 0.1135),
            metric("precision.macro", accuracy - 0.0001, 0.0113),
            metric("recall.macro", accuracy - 0.0003, 0.1),
            metric("f1.macro", accuracy - 0.0002, 0.0204),
            Metric {
                name: "log_loss".to_owned(),
                unit: Unit::Number,
                higher_is_better: false,
                value: 0.0271,
                lower95: Some(0.0229),
                upper95: Some(0.0318),
                baseline: Some(2.3012),
            },
        ],
        thresholds: None,
        confusion,
        slices,
        calibration: bins.map(|(confidence, accuracy, count)| CalibrationBin { confidence, accuracy, count }).to_vec(),
        ece: Some(0.0014),
        mistakes,
    }
}

/// Wilson's interval of a proportion.
fn wilson(p: f64, n: f64) -> (f64, f64) {
    let z = 1.959_964;
    let center = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    (center - half, center + half)
}

fn cost() -> Cost {
    Cost {
        train_seconds_per_epoch: Some(12.6),
        total_seconds: Some(141.3),
        cpu_seconds: Some(262.8),
        peak_memory_bytes: Some(112_000_000),
        threads: Some(2),
        machine: "an imaginary processor, 2 cores".to_owned(),
        stages: [
            (Stage::Ingest, 0.62),
            (Stage::Prepare, 0.31),
            (Stage::Gate, 1.87),
            (Stage::Train, 126.2),
            (Stage::Validate, 9.4),
            (Stage::Accept, 2.9),
        ]
        .map(|(stage, seconds)| StageSeconds { stage, seconds })
        .to_vec(),
    }
}
