//! The sections of the page: one file each, one list. A section says nothing (`None`) when its data is absent.

pub(crate) mod calibration;
pub(crate) mod cleaning;
pub(crate) mod confusion;
pub(crate) mod cost;
pub(crate) mod criterion_words;
pub(crate) mod cross_validation;
pub(crate) mod dataset;
pub(crate) mod key_figures;
pub(crate) mod metrics;
pub(crate) mod mistakes;
pub(crate) mod model;
pub(crate) mod provenance;
pub(crate) mod reproduce;
pub(crate) mod slices;
pub(crate) mod study;
pub(crate) mod training;
pub(crate) mod verdict;

use crate::data::{ReportData, StudyPage};
use maud::Markup;
use proofmark_messages::{Lang, report as say, report_study as say_study};

pub use cleaning::why as why_cleaning_ended;

/// One section of a page that tells of a `T`.
pub(crate) struct Section<T> {
    /// Its element's id, which links point at.
    pub(crate) id: &'static str,
    /// Its heading.
    pub(crate) title: fn(Lang) -> String,
    /// What it says; `None` if there is nothing to say.
    pub(crate) body: fn(&T, Lang) -> Option<Body>,
}

/// What a section says.
pub(crate) struct Body {
    /// The finding, in one or two plain sentences.
    pub(crate) lead: Option<String>,
    /// What stands beside the content, under the lead.
    pub(crate) rail: Option<Markup>,
    /// The figures and tables.
    pub(crate) content: Markup,
}

impl Body {
    /// A finding with its content.
    pub(crate) fn new(lead: String, content: Markup) -> Option<Self> {
        Some(Self { lead: Some(lead), rail: None, content })
    }
}

macro_rules! sections {
    (
        $(#[$doc:meta])* $all:ident: $data:ty, $(#[$ids_doc:meta])* $ids:ident, $say:ident;
        $($id:literal, $($module:ident)::+, $title:ident;)*
    ) => {
        $(#[$doc])*
        pub(crate) const $all: &[Section<$data>] =
            &[$(Section { id: $id, title: $say::$title, body: $($module)::+::body }),*];
        $(#[$ids_doc])*
        pub const $ids: &[&str] = &[$($id),*];
    };
}

sections! {
    /// Every section of a run's report, in the order of the page.
    SECTIONS: ReportData,
    /// The id of every section's element in a run's report, in the order of the page.
    SECTION_IDS, say;
    "verdict", verdict, title_verdict;
    "key-figures", key_figures, title_key_figures;
    "data", dataset, title_data;
    "cleaning", cleaning, title_cleaning;
    "model", model, title_model;
    "cross-validation", cross_validation, title_cross_validation;
    "training", training, title_training;
    "study", study, title_study;
    "metrics", metrics, title_metrics;
    "confusion", confusion, title_confusion;
    "mistakes", mistakes, title_mistakes;
    "slices", slices, title_slices;
    "calibration", calibration, title_calibration;
    "cost", cost, title_cost;
    "provenance", provenance, title_provenance;
    "reproduce", reproduce, title_reproduce;
}

sections! {
    /// Every section of a study's page, in its order.
    STUDY_SECTIONS: StudyPage,
    /// The id of every section's element in a study's page, in its order.
    STUDY_SECTION_IDS, say_study;
    "summary", study::summary, title_summary;
    "history", study::history, title_history;
    "parameters", study::parameters, title_parameters;
    "front", study::front, title_front;
    "curves", study::curves, title_curves;
    "best", study::best, title_best;
    "space", study::space, title_space;
    "provenance", study::provenance, title_provenance;
    "reproduce", study::reproduce, title_reproduce;
}
