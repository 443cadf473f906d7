//! The report of a run or a study: one self-contained HTML page, and the drawings in it.
//!
//! Entry points: [`ReportData`] is what a report tells, plain data that serialises; [`render`] makes the page of it in one
//! language; [`extract`] reads the data back out of a page. [`StudyPage`], [`render_study`] and [`extract_study`] are the same
//! for a study. The page needs nothing but itself: styles, images and
//! drawings are inside, there are no fonts or scripts to load, and it reads fully without JavaScript.
//!
//! Sections stand one a file in `section/`, in one list a page whose ids are [`SECTION_IDS`] and [`STUDY_SECTION_IDS`]; drawings in `svg/`; every number is written
//! by `format`; every colour comes from `palette`.
//!
//! This crate does not know: files, clocks, how anything was measured, who decides. It does no I/O.

mod component;
mod data;
mod extract;
mod format;
mod page;
mod palette;
mod section;
mod svg;

pub use data::{
    Augmented, AugmentedSample, ParameterShare, Study, StudyDomain, StudyFailure, StudyGoal, StudyPage, StudyParameter,
    StudyReport, StudyTrial, StudyTrialState, StudyValue,
};
pub use data::{
    CalibrationBin, ClassCounts, CleaningRound, CleaningStop, Comparison, Cost, CriterionRow, CrossValidation,
    DataSummary, Epoch, Evaluation, EvidenceRow, Fact, FoldMetric, FoldRow, FoldValue, Grade, History, InjectedFaults,
    LayerRow, Metric, Mistake, ModelSummary, OperatorEffect, Outcome, ReportData, Reproduce, RuleReading, RuleRow,
    RunInfo, Sample, SeriesPlot, Setting, Shown, Slice, SourceDigest, SourceSummary, Split, SplitRows, Stage,
    StageSeconds, Thresholds, Thumbnail, ThumbnailError, TrainingStop, Unit, Verdict,
};
pub use extract::{ExtractError, extract, extract_study};
pub use page::{render, render_study};
pub use section::{SECTION_IDS, STUDY_SECTION_IDS, why_cleaning_ended};
