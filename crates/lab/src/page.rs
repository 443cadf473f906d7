//! The report of a run that is there already: drawn again from the data that it carries.

use std::path::Path;

use proofmark_messages::Lang;
use proofmark_report::{Fact, ReportData};
use proofmark_store::{RunFile, RunFolder};

use crate::command_error::CommandError;

/// The report of a run in another language, or drawn by another version of the program.
///
/// # Errors
/// A run without a report, or whose report cannot be read.
pub fn render_again(run: &RunFolder, lang: Lang) -> Result<String, CommandError> {
    Ok(proofmark_report::render(&data(run)?, lang))
}

/// Why the gate refused the data of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rules that do not hold, each with what was read.
    pub rules: Vec<FailedRule>,
    /// Why cleaning did not help, in one sentence.
    pub stopped: Option<String>,
}

/// A rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRule {
    /// The rule as written.
    pub rule: String,
    /// Each of its comparisons that fails: what is compared, and its value if there is one.
    pub readings: Vec<(String, Option<String>)>,
}

/// Why the gate refused the data of a run.
///
/// # Errors
/// A run without a report, or whose report cannot be read.
pub fn refusal(run: &RunFolder, lang: Lang) -> Result<Refusal, CommandError> {
    let data = data(run)?.data.unwrap_or_default();
    let failed = data.rules.into_iter().filter(|rule| rule.after.holds != Some(true));
    let rules = failed.map(|rule| FailedRule {
        rule: rule.text,
        readings: rule
            .after
            .comparisons
            .into_iter()
            .filter(|comparison| comparison.holds != Some(true))
            .map(|comparison| (comparison.text, shown(&comparison.value)))
            .collect(),
    });
    let stopped = data.stopped.map(|stop| proofmark_report::why_cleaning_ended(&stop, data.rounds.len(), lang));
    Ok(Refusal { rules: rules.collect(), stopped })
}

fn shown(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Number(number) => Some(number.to_string()),
        Fact::Flag(flag) => Some(flag.to_string()),
        Fact::Text(text) => Some(text.clone()),
        Fact::Missing => None,
    }
}

fn data(run: &RunFolder) -> Result<ReportData, CommandError> {
    page_data(&run.file_path(RunFile::Report), &run.read(RunFile::Report)?)
}

/// The data of a page.
///
/// # Errors
/// [`CommandError::Page`] for a page without.
pub(crate) fn page_data(path: &Path, bytes: &[u8]) -> Result<ReportData, CommandError> {
    let at_path = |source| CommandError::Page { path: path.to_owned(), source };
    proofmark_report::extract(&String::from_utf8_lossy(bytes)).map_err(at_path)
}
