//! The numbers of a drafted spec, each from what was measured. Why it is what it is stands in the comments that [`super::text`]
//! writes, so that whoever reads the spec need not read this.

use std::path::{Path, PathBuf};

use proofmark_data::clean::OperatorName;
use proofmark_data::spec::{
    CleanSpec, FeatureSpec, FeatureType, PreprocessSpec, ResizeSpec, SplitSpec, TargetSpec, TargetType, TestSpec,
};
use proofmark_data::survey::{Survey, SurveyKind};
use proofmark_data::{DataReport, DataSpec, QualitySpec};
use proofmark_messages::draft as say;

use super::rounding::{down, percent, up};
use crate::command_error::CommandError;
use crate::error::LabError;
use crate::host::{Host, Observation};

/// The longer side of an image in a first run, at most.
pub(super) const MAX_SIDE: usize = 64;

/// Floating-point operations a second that two cores of a laptop do at the least, and the seconds that a first run may take.
pub(super) const OPERATIONS_PER_SECOND: f64 = 20e9;
const BUDGET_SECONDS: f64 = 300.0;

/// A training step costs about three times what the forward pass does: gradients by inputs and by parameters.
const STEP_TO_FORWARD: f64 = 3.0;

/// Cleaning that would take more than this share of a class is not proposed.
const MAX_LOST: f64 = 0.2;

/// Fewer training rows than this are few: a small network, many epochs. From [`MANY`] on augmentation brings little.
const FEW: u64 = 1000;
/// See [`FEW`].
const MANY: u64 = 10_000;

/// Copies are tolerated up to this share of the rows.
const DUPLICATES: f64 = 0.01;

/// The seed; any number would do.
pub(super) const SEED: u64 = 7;

/// A rule with the reason for its numbers.
pub(super) struct Rule {
    pub(super) text: String,
    pub(super) reason: Reason,
}

/// The reason in a language.
pub(super) type Reason = Box<dyn Fn(proofmark_messages::Lang) -> String>;

/// A drafted spec before it is text.
pub(super) struct Proposal<'a> {
    pub(super) name: String,
    /// The folder as the spec writes it.
    pub(super) folder: String,
    pub(super) survey: &'a Survey,
    /// Height, width and channels that the network reads.
    pub(super) shape: [usize; 3],
    pub(super) split: SplitSpec,
    pub(super) preprocess: Vec<PreprocessSpec>,
    /// What the gate found with the rules below.
    pub(super) report: DataReport,
    pub(super) rules: Vec<Rule>,
    pub(super) operators: Vec<OperatorName>,
    pub(super) max_dropped: String,
    /// Filters of each block of convolution and pooling.
    pub(super) blocks: Vec<usize>,
    pub(super) units: usize,
    pub(super) is_augmented: bool,
    pub(super) batch_size: usize,
    pub(super) epochs: u32,
    pub(super) patience: u32,
    /// What one epoch needs, in seconds at [`OPERATIONS_PER_SECOND`].
    pub(super) epoch_seconds: f64,
    /// By how much accuracy must surely be above the baseline.
    pub(super) margin: String,
}

impl<'a> Proposal<'a> {
    /// Measures `data`, an absolute path, and proposes.
    pub(super) fn new(
        name: String,
        survey: &'a Survey,
        data: &Path,
        host: &mut dyn Host,
    ) -> Result<Proposal<'a>, CommandError> {
        let found = survey.sizes.first().map_or([1, 1], |(size, _)| *size);
        let size = limited(found);
        let mut preprocess = Vec::new();
        if survey.kind == SurveyKind::Idx {
            if size != found {
                preprocess.push(PreprocessSpec::Resize(ResizeSpec { height: size[0], width: size[1] }));
            }
            if survey.is_grey() && survey.has_colour_channels {
                preprocess.push(PreprocessSpec::Grayscale);
            }
        }
        preprocess.push(PreprocessSpec::ScalePixels);
        let rows = survey.part("train").map_or(0, |part| part.by_class.iter().map(|class| class.rows).sum());
        let split = split(rows, survey.part("test").is_some());
        let spec = DataSpec {
            source: survey.source(PathBuf::new(), size),
            split: split.clone(),
            features: vec![FeatureSpec {
                name: "image".to_owned(),
                kind: FeatureType::Image,
                preprocess: preprocess.clone(),
                augment: Vec::new(),
            }],
            target: TargetSpec { name: "label".to_owned(), kind: TargetType::Category },
            defects: None,
        };
        let (report, operators) = cleaned(&spec, data, host)?;
        let lost = most_lost(&report);
        let max_dropped = if lost == 0.0 { "0.02".to_owned() } else { up((lost * 1.25).clamp(0.02, 1.0)) };
        let train_rows = report.split.train.rows;
        let (smaller, channels) = (size[0].min(size[1]), if survey.is_grey() { 1 } else { 3 });
        let by_rows = |few, some, many| {
            if train_rows < FEW {
                few
            } else if train_rows < MANY {
                some
            } else {
                many
            }
        };
        let first = by_rows(8, 16, 32);
        // Down to about four pixels: 8 has one block, 16 two, 32 three, 64 four.
        let n_blocks = (1..=4).rev().find(|blocks| smaller >= 4 << blocks).unwrap_or(0);
        let baseline = report.profiles.source.label.max_share;
        Ok(Proposal {
            name,
            folder: String::new(),
            shape: [size[0], size[1], channels],
            preprocess,
            rules: rules(survey, &report, &operators),
            operators,
            max_dropped,
            blocks: (0..n_blocks).map(|block| (first << block).min(128)).collect(),
            units: by_rows(32, 64, 128),
            is_augmented: train_rows < MANY && smaller >= 8,
            batch_size: by_rows(16, 32, 64),
            epochs: 1,
            patience: 1,
            epoch_seconds: 0.0,
            // On a small test split even a good model's interval is wide.
            margin: if report.split.test.rows < 200 { "0".to_owned() } else { down((1.0 - baseline) / 5.0) },
            survey,
            split,
            report,
        })
    }

    /// As many epochs as fit a few minutes, given the operations of one forward pass.
    pub(super) fn set_epochs(&mut self, forward: u64) {
        let rows = self.report.split.train.rows;
        self.epoch_seconds = STEP_TO_FORWARD * forward as f64 * rows as f64 / OPERATIONS_PER_SECOND;
        // Where rows are few an epoch has few steps, so that there are to be more of them; early stopping ends them.
        let most = if rows < FEW {
            60
        } else if rows < MANY {
            30
        } else {
            10
        };
        self.epochs = ((BUDGET_SECONDS / self.epoch_seconds.max(1e-9)) as u32).clamp(3, most);
        self.patience = (self.epochs / 5).max(2);
    }

    /// The most frequent class, and its share in percent.
    pub(super) fn majority(&self) -> (String, String) {
        let label = &self.report.profiles.source.label;
        let most = label.by_class.iter().rev().max_by_key(|class| class.rows);
        (most.map(|class| class.class.clone()).unwrap_or_default(), percent(label.max_share))
    }
}

/// The size with its longer side at most [`MAX_SIDE`], in the same proportions as far as whole pixels go.
fn limited([height, width]: [usize; 2]) -> [usize; 2] {
    let longer = height.max(width);
    if longer <= MAX_SIDE {
        return [height, width];
    }
    let scaled = |side: usize| ((2 * side * MAX_SIDE + longer) / (2 * longer)).max(1);
    [scaled(height), scaled(width)]
}

/// Larger shares where there are few rows: a handful of images says nothing.
fn split(rows: u64, has_test: bool) -> SplitSpec {
    let (test, validation) = match rows {
        ..200 => (0.25, 0.2),
        200..2000 => (0.2, 0.15),
        _ => (0.15, 0.1),
    };
    let test = if has_test { TestSpec::Part("test".to_owned()) } else { TestSpec::Share(test) };
    SplitSpec { test, validation, ..SplitSpec::default() }
}

/// What the strict rules and their cleaning make of the data, and the operators that do not take too much of any class.
fn cleaned(spec: &DataSpec, base: &Path, host: &mut dyn Host) -> Result<(DataReport, Vec<OperatorName>), CommandError> {
    let mut operators = vec![OperatorName::DropMissing, OperatorName::DropDuplicates, OperatorName::DropConstantImages];
    loop {
        let mut require = vec!["source.label.missing == 0".to_owned()];
        if operators.contains(&OperatorName::DropDuplicates) {
            require.extend([format!("source.image.duplicates <= {DUPLICATES}"), "source.image.leaked == 0".to_owned()]);
        }
        if operators.contains(&OperatorName::DropConstantImages) {
            require.push("source.image.constant == 0".to_owned());
        }
        let clean = CleanSpec { operators: operators.clone(), max_rounds: 3, max_dropped: 1.0 };
        let quality = QualitySpec { require, clean };
        let report = proofmark_data::clean(spec, &quality, base, SEED, &mut |progress| {
            host.observe(Observation::Data(progress));
        })
        .map_err(LabError::from)?;
        let too_much = |class: f64| class > MAX_LOST;
        if operators.len() == 1 || !too_much(most_lost_of_a_class(&report)) {
            return Ok((report, operators));
        }
        // Constant images go first: a class of blank images is more usual than one of copies.
        operators.pop();
    }
}

/// The greatest share that cleaning took: of all rows, or of a class.
fn most_lost(report: &DataReport) -> f64 {
    let (before, after) = (report.raw.source.rows, report.profiles.source.rows);
    most_lost_of_a_class(report).max((before - after) as f64 / before.max(1) as f64)
}

fn most_lost_of_a_class(report: &DataReport) -> f64 {
    let (before, after) = (&report.raw.source.label.by_class, &report.profiles.source.label.by_class);
    let lost = before
        .iter()
        .zip(after)
        .map(|(before, after)| before.rows.saturating_sub(after.rows) as f64 / before.rows.max(1) as f64);
    lost.fold(0.0, f64::max)
}

fn rules(survey: &Survey, report: &DataReport, operators: &[OperatorName]) -> Vec<Rule> {
    let (raw, kept, test) = (&report.raw.source, &report.profiles.source, &report.profiles.test_source);
    let mut rules = Vec::new();
    let mut rule = |text: String, reason: Reason| rules.push(Rule { text, reason });
    let rows = kept.rows;
    rule(format!("source.rows >= {}", down(rows as f64 * 0.9)), Box::new(move |lang| say::why_rows(lang, rows)));
    let missing = raw.label.missing_rows;
    rule(
        "source.label.missing == 0".to_owned(),
        match missing {
            0 => Box::new(say::why_no_missing),
            missing => Box::new(move |lang| say::why_missing(lang, missing)),
        },
    );
    let classes = kept.label.classes;
    rule(format!("source.label.classes == {classes}"), Box::new(say::why_classes));
    let least = percent(kept.label.min_share);
    if kept.label.min_share > 0.0 {
        let text = format!("source.label.min_share >= {}", down(kept.label.min_share * 0.5));
        rule(text, Box::new(move |lang| say::why_min_share(lang, &least)));
    }
    // A draft is made from images.
    let (Some(raw_image), Some(kept_image)) = (raw.column.image(), kept.column.image()) else { return rules };
    let copies = raw_image.duplicate_rows;
    if operators.contains(&OperatorName::DropDuplicates) {
        rule(
            format!("source.image.duplicates <= {DUPLICATES}"),
            match copies {
                0 => Box::new(say::why_no_duplicates),
                copies => Box::new(move |lang| say::why_duplicates(lang, copies)),
            },
        );
        rule(
            "source.image.leaked == 0".to_owned(),
            match raw_image.leaked_rows {
                0 => Box::new(say::why_no_leaked),
                leaked => Box::new(move |lang| say::why_leaked(lang, leaked)),
            },
        );
    } else {
        for (name, share, rows) in
            [("duplicates", raw_image.duplicates, copies), ("leaked", raw_image.leaked, raw_image.leaked_rows)]
        {
            let text = format!("source.image.{name} <= {}", up((share * 1.25).min(1.0)));
            rule(text, Box::new(move |lang| say::why_tolerated(lang, rows, percent(MAX_LOST))));
        }
    }
    let constant = raw_image.constant_rows;
    if operators.contains(&OperatorName::DropConstantImages) {
        rule(
            "source.image.constant == 0".to_owned(),
            match constant {
                0 => Box::new(say::why_no_constant),
                constant => Box::new(move |lang| say::why_constant(lang, constant)),
            },
        );
    } else {
        let text = format!("source.image.constant <= {}", up((raw_image.constant * 1.25).min(1.0)));
        rule(text, Box::new(move |lang| say::why_tolerated(lang, constant, percent(MAX_LOST))));
    }
    let rough = raw_image.rough.max(kept_image.rough);
    let found = percent(rough);
    rule(
        format!("source.image.rough <= {}", up((rough * 1.5).clamp(0.01, 1.0))),
        if rough == 0.0 { Box::new(say::why_no_rough) } else { Box::new(move |lang| say::why_rough(lang, &found)) },
    );
    // Cleaning moves it a little: both ends hold before and after.
    let (darker, brighter) = (raw_image.mean.min(kept_image.mean), raw_image.mean.max(kept_image.mean));
    let mean = format!("{:.0}", kept_image.mean);
    rule(
        format!("source.image.mean >= {} && source.image.mean <= {}", down(darker * 0.75), up(brighter * 1.25)),
        Box::new(move |lang| say::why_mean(lang, &mean)),
    );
    if test.label.classes == survey.classes.len() as u64 {
        rule("test.source.label.min_share > 0".to_owned(), Box::new(say::why_test_classes));
    }
    rules
}
