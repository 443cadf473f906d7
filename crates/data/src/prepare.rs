//! The data half of a run: ingest, split, profile, gate and clean, preprocess.

use crate::augment;
use crate::clean::OperatorName;
use crate::dataset::Dataset;
use crate::defects::{self, DefectsApplied};
use crate::error::DataError;
use crate::gate::{self, GateReport, Kept, Subject};
use crate::prepared::{Prepared, PreparedSet};
use crate::preprocess::{FittedFeature, Geometry};
use crate::profile::{CategoryState, ClassRows, ColumnNames, Profiles};
use crate::source::{self, Ingested, Source, SourceFile};
use crate::spec::{CleanSpec, DataSpec, FeatureSpec, FeatureType, QualitySpec, TestSpec, check as check_spec};
use crate::split::{self, HeldOut};
use proofmark_criteria::{Criterion, Outcome};
use proofmark_messages::{Lang, Localize, data as say};
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

/// How far the preparation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// What is being done.
    pub stage: Stage,
    /// To which part of the source.
    pub part: &'a str,
    /// How much is done, in the stage's own unit.
    pub done: u64,
    /// How much there is.
    pub total: u64,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Reading a source, in bytes or files.
    Read,
    /// Measuring images, in rows.
    Measure,
    /// Profiling and judging, in steps.
    Profile,
    /// Cleaning, in rounds.
    Clean,
}

impl Localize for Stage {
    fn text(&self, lang: Lang) -> String {
        match self {
            Stage::Read => say::stage_read(lang),
            Stage::Measure => say::stage_measure(lang),
            Stage::Profile => say::stage_profile(lang),
            Stage::Clean => say::stage_clean(lang),
        }
    }
}

/// Everything that is recorded about data: where they come from, what they look like, what the gate said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataReport {
    /// The names of the columns.
    pub columns: ColumnNames,
    /// The names of the classes, in the order of the labels.
    pub classes: Vec<String>,
    /// What was read.
    pub sources: Vec<SourcePart>,
    /// The faults that the spec asked to inject.
    pub defects: Option<DefectsApplied>,
    /// The splits after cleaning.
    pub split: SplitReport,
    /// The profiles of the data as they came.
    pub raw: Profiles,
    /// The profiles after cleaning; equal to `raw` if nothing was cleaned.
    pub profiles: Profiles,
    /// What the gate said; `None` if the data were only profiled.
    pub gate: Option<GateReport>,
    /// The preprocessing, fitted on train after cleaning.
    pub feature: FittedFeature,
}

/// A part of the source and its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourcePart {
    /// The part's name.
    pub part: String,
    /// Its files.
    pub files: Vec<SourceFile>,
}

/// The rows of the splits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SplitReport {
    /// Train.
    pub train: SplitRows,
    /// Validation.
    pub validation: SplitRows,
    /// Rows that could train and do not, because `data.split.train_rows` asks for fewer; not counted in `train`.
    pub train_unused: u64,
    /// Test, without its rows that have no label.
    pub test: SplitRows,
    /// Rows of the test part that were left out because they have no label.
    pub test_unlabelled: u64,
}

/// The rows of a split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SplitRows {
    /// All of them.
    pub rows: u64,
    /// Those of every class, in the order of the classes.
    pub by_class: Vec<ClassRows>,
}

/// What became of the data: always a report, and what training reads if the gate said yes.
#[derive(Clone, Debug)]
pub struct Preparation {
    /// What is recorded.
    pub report: DataReport,
    /// What training reads; `None` exactly if the gate's verdict is not yes.
    pub prepared: Option<Prepared>,
}

/// Reads, splits, judges, cleans and preprocesses. Paths are relative to the folder `base`; `seed` decides which rows
/// validate. Whatever is fitted is fitted on train.
///
/// # Errors
/// If the specs or the files cannot be used. A gate that says no is no error.
pub fn prepare(
    data: &DataSpec,
    quality: &QualitySpec,
    base: &Path,
    seed: u64,
    progress: &mut dyn FnMut(Progress),
) -> Result<Preparation, DataError> {
    let feature = usable(data, quality)?;
    let columns = column_names(data, feature);
    let rules = read_rules(quality, &columns)?;
    let mut loaded = load(data, feature, base, seed, progress)?;
    loaded.check_classes()?;
    let report = loaded.judge(columns, feature, Some((&rules, &quality.clean)), progress);
    if report.gate.as_ref().is_none_or(|gate| gate.verdict != Outcome::Yes) {
        return Ok(Preparation { report, prepared: None });
    }
    let prepared = loaded.into_prepared(&report, feature, seed)?;
    Ok(Preparation { report, prepared: Some(prepared) })
}

/// The profile of the data as they are: no rules, no cleaning.
///
/// # Errors
/// As [`prepare`].
pub fn profile(
    data: &DataSpec,
    base: &Path,
    seed: u64,
    progress: &mut dyn FnMut(Progress),
) -> Result<DataReport, DataError> {
    let feature = usable(data, &QualitySpec::default())?;
    let mut loaded = load(data, feature, base, seed, progress)?;
    Ok(loaded.judge(column_names(data, feature), feature, None, progress))
}

/// What the rules say about the data as they are: no cleaning.
///
/// # Errors
/// As [`prepare`].
pub fn check(
    data: &DataSpec,
    quality: &QualitySpec,
    base: &Path,
    seed: u64,
    progress: &mut dyn FnMut(Progress),
) -> Result<DataReport, DataError> {
    let as_they_are = CleanSpec { operators: Vec::<OperatorName>::new(), ..quality.clean.clone() };
    clean(data, &QualitySpec { clean: as_they_are, ..quality.clone() }, base, seed, progress)
}

/// What cleaning makes of the data: the gate with its loop, without preparing anything.
///
/// # Errors
/// As [`prepare`].
pub fn clean(
    data: &DataSpec,
    quality: &QualitySpec,
    base: &Path,
    seed: u64,
    progress: &mut dyn FnMut(Progress),
) -> Result<DataReport, DataError> {
    let feature = usable(data, quality)?;
    let columns = column_names(data, feature);
    let rules = read_rules(quality, &columns)?;
    let mut loaded = load(data, feature, base, seed, progress)?;
    loaded.check_classes()?;
    Ok(loaded.judge(columns, feature, Some((&rules, &quality.clean)), progress))
}

/// The only feature, if the specs can be used.
fn usable<'a>(data: &'a DataSpec, quality: &QualitySpec) -> Result<&'a FeatureSpec, DataError> {
    if let Some(problem) = check_spec(data, quality).into_iter().next() {
        return Err(DataError::Spec(problem));
    }
    Ok(&data.features[0])
}

fn column_names(data: &DataSpec, feature: &FeatureSpec) -> ColumnNames {
    ColumnNames { feature: feature.name.clone(), target: data.target.name.clone(), kind: feature.kind }
}

fn read_rules(quality: &QualitySpec, columns: &ColumnNames) -> Result<Vec<Criterion>, DataError> {
    gate::rules(quality, columns).map_err(|errors| errors.into_iter().next().expect("an error came with the refusal"))
}

/// Data as read and split.
struct Loaded {
    /// Train and validation, and the test split if it is cut from the same part.
    dataset: Dataset,
    /// The test split, if it is a part of its own.
    test: Option<Dataset>,
    kept: Kept,
    /// How many rows train at most.
    train_rows: Option<usize>,
    /// Rows of train that go unused, once they were judged.
    unused: Vec<u32>,
    seed: u64,
    test_rows: Vec<u32>,
    train_part: String,
    held_out: HeldOut,
    classes: Vec<String>,
    /// The part of the source that the test rows are of.
    test_part: String,
    sources: Vec<SourcePart>,
    defects: Option<DefectsApplied>,
    /// Of images.
    geometry: Option<Geometry>,
}

fn load(
    data: &DataSpec,
    feature: &FeatureSpec,
    base: &Path,
    seed: u64,
    progress: &mut dyn FnMut(Progress),
) -> Result<Loaded, DataError> {
    let source = source::open(&data.source, base)?;
    let mut sources = Vec::new();
    let mut read = |part: &str, progress: &mut dyn FnMut(Progress)| -> Result<Dataset, DataError> {
        let Ingested { dataset, files } = read_part(source.as_ref(), part, progress)?;
        sources.push(SourcePart { part: part.to_owned(), files });
        Ok(dataset)
    };
    let mut dataset = read(&data.split.train, progress)?;
    let defects = data.defects.as_ref().map(|spec| defects::inject(&mut dataset, spec));
    measure(&mut dataset, &data.split.train, progress);

    let classes = source.classes().to_vec();
    let held_out = HeldOut::new(data.split.held_out_classes.as_ref(), &classes)?;
    let [mut train, validation_rows, own_test_rows] = held_out.divide(&dataset, &dataset.rows());
    let n_rows = train.len() as f64;
    let (test, test_rows) = match &data.split.test {
        TestSpec::Part(part) if *part == data.split.train => (None, own_test_rows),
        TestSpec::Part(part) => {
            let mut part_set = read(part, progress)?;
            measure(&mut part_set, part, progress);
            if part_set.shape() != dataset.shape() {
                let (expected, received) = (dataset.shape().to_string(), part_set.shape().to_string());
                return Err(DataError::ShapeMismatch { part: part.clone(), expected, received });
            }
            let rows = match held_out.is_some() {
                true => held_out.tested(&part_set, &part_set.rows()),
                false => part_set.rows(),
            };
            (Some(part_set), rows)
        }
        TestSpec::Share(share) => {
            let (rest, cut) = split::cut_off(&dataset, &train, *share, seed, "test split");
            train = rest;
            (None, cut)
        }
    };
    // Both shares are of the whole part: what is left after the test cut is asked for the share that amounts to it.
    let validation_share = (data.split.validation * n_rows / train.len().max(1) as f64).min(1.0);
    let (train, validation) = match held_out.has_validation() {
        true => (train, validation_rows),
        false => split::cut_off(&dataset, &train, validation_share, seed, "validation split"),
    };
    let geometry = match dataset.kind() {
        FeatureType::Image => {
            let source_shape = [dataset.shape()[0], dataset.shape()[1], dataset.shape()[2]];
            let geometry = Geometry::new(feature, 0, source_shape)?;
            augment::check_size("data.features[0].augment", &feature.augment, geometry.shape)
                .map_err(DataError::Spec)?;
            Some(geometry)
        }
        FeatureType::Series | FeatureType::Tokens => None,
    };
    Ok(Loaded {
        geometry,
        dataset,
        test,
        kept: Kept { train, validation },
        train_rows: data.split.train_rows,
        unused: Vec::new(),
        seed,
        test_rows,
        train_part: data.split.train.clone(),
        held_out,
        classes,
        test_part: match &data.split.test {
            TestSpec::Part(part) => part.clone(),
            TestSpec::Share(_) => data.split.train.clone(),
        },
        sources,
        defects,
    })
}

fn read_part(source: &dyn Source, part: &str, progress: &mut dyn FnMut(Progress)) -> Result<Ingested, DataError> {
    source.read(part, &mut |done, total| progress(Progress { stage: Stage::Read, part, done, total }))
}

fn measure(dataset: &mut Dataset, part: &str, progress: &mut dyn FnMut(Progress)) {
    dataset.measure(&mut |done, total| progress(Progress { stage: Stage::Measure, part, done, total }));
}

impl Loaded {
    fn test_dataset(&self) -> &Dataset {
        self.test.as_ref().unwrap_or(&self.dataset)
    }

    /// Enough to train and test on?
    fn check_classes(&self) -> Result<(), DataError> {
        for (split, rows) in [("train", &self.kept.train), ("test", &self.test_rows)] {
            if rows.is_empty() {
                return Err(DataError::EmptySplit { split });
            }
        }
        let counts = count(&self.dataset, &self.kept.train, self.classes.len());
        let mut occurs: Vec<bool> = counts.counts().iter().map(|rows| *rows > 0).collect();
        for label in self.kept.train.iter().flat_map(|row| self.dataset.labels_of(*row)) {
            usize::try_from(*label).into_iter().for_each(|class| occurs[class] = true);
        }
        let present = self.classes.iter().zip(&occurs).filter(|(_, occurs)| **occurs);
        let classes: Vec<String> = present.map(|(class, _)| class.clone()).collect();
        if classes.len() < 2 {
            return Err(DataError::OneClass { classes });
        }
        if self.dataset.label_width() > 1 {
            // A class of one step of many: the model has an output for it, and a loss that is as great as it should be.
            return Ok(());
        }
        // Validation is of the same part: a class of a few rows may stand there alone.
        let validated = count(&self.dataset, &self.kept.validation, self.classes.len());
        let test = self.test_dataset();
        let tested = count(test, &self.test_rows, self.classes.len());
        self.held_out.check(&self.classes, [&self.test_part, &self.train_part], [&tested, &validated])?;
        let is_known =
            |class: usize| counts.counts()[class] + validated.counts()[class] > 0 || self.held_out.is_tested(class);
        let labelled = self.test_rows.iter().filter_map(|row| Some((*row, test.label(*row)?)));
        for (row, class) in labelled {
            if !is_known(class) {
                let part = self.test_part.clone();
                return Err(DataError::UnknownTestClass { part, row, class: self.classes[class].clone() });
            }
        }
        Ok(())
    }

    fn judge(
        &mut self,
        columns: ColumnNames,
        feature: &FeatureSpec,
        gate: Option<(&[Criterion], &CleanSpec)>,
        progress: &mut dyn FnMut(Progress),
    ) -> DataReport {
        progress(Progress { stage: Stage::Profile, part: "train", done: 0, total: 1 });
        let mut kept = self.kept.clone();
        let subject = Subject::new(
            &self.dataset,
            &kept.train,
            self.test_dataset(),
            &self.test_rows,
            &self.classes,
            &columns,
            feature,
            self.geometry.as_ref(),
        );
        let (gate, profiles, mut feature) = match gate {
            Some((rules, clean)) => {
                let (gate, profiles, feature) = gate::run(&subject, rules, clean, &mut kept, progress);
                (Some(gate), profiles, feature)
            }
            None => {
                let (profiles, feature) = subject.profiles(&kept);
                (None, profiles, feature)
            }
        };
        // The rules were about all rows; what is fitted is fitted to the rows that train.
        let mut unused = Vec::new();
        if let Some(train_rows) = self.train_rows.filter(|train_rows| *train_rows < kept.train.len()) {
            (unused, kept.train) = split::choose(&self.dataset, &kept.train, train_rows, self.seed, "train rows");
            feature = subject.fit(&kept.train);
        }
        if let Some(geometry) = &self.geometry {
            feature.select(subject.feature, geometry, &self.dataset, &kept.train);
        }
        let raw = gate.as_ref().and_then(|gate| gate.rounds.first()).map_or(&profiles, |round| &round.before).clone();
        (self.kept, self.unused) = (kept, unused);
        progress(Progress { stage: Stage::Profile, part: "train", done: 1, total: 1 });
        DataReport {
            columns,
            classes: self.classes.clone(),
            sources: self.sources.clone(),
            defects: self.defects.clone(),
            split: self.split_report(),
            raw,
            profiles,
            gate,
            feature,
        }
    }

    fn split_report(&self) -> SplitReport {
        let rows = |dataset: &Dataset, rows: &[u32]| {
            let counts = count(dataset, rows, self.classes.len());
            SplitRows { rows: counts.rows(), by_class: counts.finish(&self.classes).by_class }
        };
        let (labelled, unlabelled): (Vec<u32>, Vec<u32>) =
            self.test_rows.iter().partition(|row| self.test_dataset().label(**row).is_some());
        SplitReport {
            train: rows(&self.dataset, &self.kept.train),
            validation: rows(&self.dataset, &self.kept.validation),
            train_unused: self.unused.len() as u64,
            test: rows(self.test_dataset(), &labelled),
            test_unlabelled: unlabelled.len() as u64,
        }
    }

    fn into_prepared(self, report: &DataReport, spec: &FeatureSpec, seed: u64) -> Result<Prepared, DataError> {
        let Loaded { dataset, test, kept: Kept { train, validation }, unused, test_rows, classes, geometry, .. } = self;
        let target = report.columns.target.clone();
        // What goes unused is asked too: whether data can be used must not hang on which rows the seed chose.
        for (split, rows, others) in [("train", &train, &unused), ("validation", &validation, &Vec::new())] {
            let rows = rows.iter().chain(others).filter(|row| dataset.label(**row).is_none()).count();
            if rows > 0 {
                return Err(DataError::MissingLabels { split, rows, target });
            }
        }
        // Of sequences no class is lost with a row: their steps have many.
        let one_label = dataset.label_width() == 1;
        let [trained, left_out] = [&train, &unused].map(|rows| count(&dataset, rows, classes.len()));
        let is_lost = |idx: &usize| one_label && trained.counts()[*idx] == 0 && left_out.counts()[*idx] > 0;
        if let Some(class) = (0..classes.len()).find(is_lost) {
            return Err(DataError::ClassWithoutTrainRows {
                class: classes[class].clone(),
                of: left_out.counts()[class],
                train_rows: train.len(),
            });
        }
        if report.split.test.rows == 0 {
            return Err(DataError::EmptySplit { split: "test" });
        }
        let tested = test.as_ref().unwrap_or(&dataset);
        let splits = [("train", &dataset, &train), ("validation", &dataset, &validation), ("test", tested, &test_rows)];
        for (split, dataset, rows) in splits {
            let rows = rows.iter().filter(|row| dataset.has_missing_values(**row)).count();
            if rows > 0 {
                return Err(DataError::MissingValues { split, rows, feature: spec.name.clone() });
            }
        }
        let encoder = report.feature.encoder();
        let augmentation = report.feature.augmentation(spec, seed);
        let share = |dataset: Dataset| match geometry.as_ref().filter(|geometry| !geometry.is_identity()) {
            None => Arc::new(dataset),
            Some(geometry) => {
                Arc::new(dataset.map_images(report.feature.shape(), |image, out| geometry.apply(image, out)))
            }
        };
        let dataset = share(dataset);
        let test_dataset = test.map_or_else(|| dataset.clone(), share);
        let set = |dataset: &Arc<Dataset>, rows: &[u32]| PreparedSet::new(dataset.clone(), encoder.clone(), rows);
        Ok(Prepared {
            train: set(&dataset, &train).with_augmentation(augmentation),
            validation: set(&dataset, &validation),
            test: set(&test_dataset, &test_rows),
            classes,
            feature: report.feature.clone(),
            target,
        })
    }
}

fn count(dataset: &Dataset, rows: &[u32], classes: usize) -> CategoryState {
    let mut counts = CategoryState::new(classes);
    rows.iter().for_each(|row| counts.update(dataset.label(*row)));
    counts
}
