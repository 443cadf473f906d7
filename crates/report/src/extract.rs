//! Reads the data back out of a page, for `evidence verify`.

use crate::data::{ReportData, StudyPage};
use proofmark_messages::{Lang, Localize, display_in_english, report as say, report_study as say_study};
use serde::{Serialize, de::DeserializeOwned};

/// The element that holds the data of a run's report; see [`embed`].
const OPEN: &str = "<script type=\"application/json\" id=\"evidence\">";
/// The same of a study's page.
const OPEN_STUDY: &str = "<script type=\"application/json\" id=\"study-data\">";
const CLOSE: &str = "</script>";

/// Why a page holds no data.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExtractError {
    /// The page has no embedded evidence, or it is cut off.
    Absent,
    /// The embedded evidence is not what a report writes.
    Malformed(serde_json::Error),
    /// The page is a study's, read as a run's.
    PageOfStudy,
    /// The page is a run's, read as a study's.
    PageOfRun,
}

/// The data that a page was made of.
///
/// # Errors
/// If the page was not made by [`render`](crate::render), or was cut or altered so that its data cannot be read. That the
/// data can be read does not prove it: compare the statements with their digests.
pub fn extract(html: &str) -> Result<ReportData, ExtractError> {
    read(html, OPEN, OPEN_STUDY, ExtractError::PageOfStudy)
}

/// The data that a study's page was made of.
///
/// # Errors
/// The same as those of [`extract`], for [`render_study`](crate::render_study).
pub fn extract_study(html: &str) -> Result<StudyPage, ExtractError> {
    read(html, OPEN_STUDY, OPEN, ExtractError::PageOfRun)
}

fn read<T: DeserializeOwned>(html: &str, open: &str, other: &str, mistaken: ExtractError) -> Result<T, ExtractError> {
    let Some((_, rest)) = html.split_once(open) else {
        return Err(if html.contains(other) { mistaken } else { ExtractError::Absent });
    };
    let (json, _) = rest.split_once(CLOSE).ok_or(ExtractError::Absent)?;
    serde_json::from_str(json).map_err(ExtractError::Malformed)
}

/// The element with the data of a run's report.
pub(crate) fn embed(data: &ReportData) -> String {
    element(OPEN, data)
}

/// The element with the data of a study's page.
pub(crate) fn embed_study(page: &StudyPage) -> String {
    element(OPEN_STUDY, page)
}

/// Inside a script element `<` could end it early, so it is written as JSON escapes it.
fn element(open: &str, data: &impl Serialize) -> String {
    let json = serde_json::to_string(data).expect("plain data with text keys becomes JSON");
    let json = json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    let json = json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    format!("{open}{json}{CLOSE}")
}

impl Localize for ExtractError {
    fn text(&self, lang: Lang) -> String {
        match self {
            ExtractError::Absent => say::evidence_absent(lang),
            ExtractError::Malformed(cause) => say::evidence_malformed(lang, cause),
            ExtractError::PageOfStudy => say_study::page_of_study(lang),
            ExtractError::PageOfRun => say_study::page_of_run(lang),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            ExtractError::Absent | ExtractError::Malformed(_) => Some(say::evidence_hint(lang)),
            ExtractError::PageOfStudy => Some(say_study::page_of_study_hint(lang)),
            ExtractError::PageOfRun => Some(say_study::page_of_run_hint(lang)),
        }
    }
}

display_in_english!(ExtractError);

impl std::error::Error for ExtractError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ExtractError::Absent | ExtractError::PageOfStudy | ExtractError::PageOfRun => None,
            ExtractError::Malformed(cause) => Some(cause),
        }
    }
}
