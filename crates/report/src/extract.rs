//! Reads the data back out of a page, for `evidence verify`.

use crate::data::ReportData;
use proofmark_messages::{Lang, Localize, display_in_english, report as say};

/// The element that holds the data; see [`embed`].
const OPEN: &str = "<script type=\"application/json\" id=\"evidence\">";
const CLOSE: &str = "</script>";

/// Why a page holds no data.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExtractError {
    /// The page has no embedded evidence, or it is cut off.
    Absent,
    /// The embedded evidence is not what a report writes.
    Malformed(serde_json::Error),
}

/// The data that a page was made of.
///
/// # Errors
/// If the page was not made by [`render`](crate::render), or was cut or altered so that its data cannot be read. That the
/// data can be read does not prove it: compare the statements with their digests.
pub fn extract(html: &str) -> Result<ReportData, ExtractError> {
    let (_, rest) = html.split_once(OPEN).ok_or(ExtractError::Absent)?;
    let (json, _) = rest.split_once(CLOSE).ok_or(ExtractError::Absent)?;
    serde_json::from_str(json).map_err(ExtractError::Malformed)
}

/// The element with the data. Inside a script element `<` could end it early, so it is written as JSON escapes it.
pub(crate) fn embed(data: &ReportData) -> String {
    let json = serde_json::to_string(data).expect("plain data with text keys becomes JSON");
    let json = json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    let json = json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    format!("{OPEN}{json}{CLOSE}")
}

impl Localize for ExtractError {
    fn text(&self, lang: Lang) -> String {
        match self {
            ExtractError::Absent => say::evidence_absent(lang),
            ExtractError::Malformed(cause) => say::evidence_malformed(lang, cause),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            ExtractError::Absent | ExtractError::Malformed(_) => Some(say::evidence_hint(lang)),
        }
    }
}

display_in_english!(ExtractError);

impl std::error::Error for ExtractError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ExtractError::Absent => None,
            ExtractError::Malformed(cause) => Some(cause),
        }
    }
}
