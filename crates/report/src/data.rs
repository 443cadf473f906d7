//! What a report tells: plain data, filled by the caller, read by nobody but the page and `evidence verify`.
//!
//! Nothing here is in a human language: reasons and outcomes are enums, names are the spec's own, so the same data gives
//! the page in every language. Every part may be absent; a section whose part is absent is not shown. Floating-point
//! numbers that are not finite survive JSON as the strings `NaN`, `Infinity` and `-Infinity` (see `number`).

mod cross_validation;
mod dataset;
mod evaluation;
mod history;
mod model;
pub(crate) mod number;
mod provenance;
mod run;
mod shown;
mod study;
mod thumbnail;
mod verdict;

pub use cross_validation::{CrossValidation, FoldMetric, FoldRow, FoldValue};
pub use dataset::{Augmented, AugmentedSample};
pub use dataset::{
    ClassCounts, CleaningRound, CleaningStop, DataSummary, InjectedFaults, OperatorEffect, RuleReading, RuleRow,
    Sample, SourceSummary, SplitRows,
};
pub use evaluation::{CalibrationBin, Evaluation, Metric, Mistake, Slice, Thresholds, Unit};
pub use history::{Epoch, History, TrainingStop};
pub use model::{LayerRow, ModelSummary, Setting};
pub use provenance::{Cost, EvidenceRow, Grade, Reproduce, SourceDigest, StageSeconds};
pub use run::{RunInfo, Split, Stage};
pub(crate) use shown::TOP as PLOT_TOP;
pub use shown::{SeriesPlot, Shown};
pub use study::{
    ParameterShare, Study, StudyDomain, StudyFailure, StudyGoal, StudyPage, StudyParameter, StudyReport, StudyTrial,
    StudyTrialState, StudyValue,
};
pub use thumbnail::{Thumbnail, ThumbnailError};
pub use verdict::{Comparison, CriterionRow, Fact, Outcome, Verdict};

use serde::{Deserialize, Serialize};

/// Everything that a report tells of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportData {
    /// Which run this is.
    pub run: RunInfo,
    /// What was decided, and on what.
    pub verdict: Verdict,
    /// The data: where it came from, what was done to it. `None` if it could not be read.
    pub data: Option<DataSummary>,
    /// The network. `None` if none was built.
    pub model: Option<ModelSummary>,
    /// The models of the folds. `None` if there was no cross-validation.
    #[serde(default)]
    pub cross_validation: Option<CrossValidation>,
    /// The training, epoch by epoch. `None` if there was none.
    pub history: Option<History>,
    /// What was measured on the finished model. `None` if it was not evaluated.
    pub evaluation: Option<Evaluation>,
    /// The study that chose the run's values. `None` if they are the spec's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study: Option<Study>,
    /// The number of this run among the study's trials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub this_trial: Option<u64>,
    /// What the run cost. `None` if it was not measured.
    pub cost: Option<Cost>,
    /// The statements that the report stands on.
    pub evidence: Vec<EvidenceRow>,
    /// How anybody can do it again. `None` if the run cannot be repeated.
    pub reproduce: Option<Reproduce>,
    /// The spec as the user wrote it; empty if unknown.
    pub spec_yaml: String,
}
