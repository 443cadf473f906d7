//! What is asked of data alone: their profile, the rules as they stand, and what cleaning would make of them.

use proofmark_criteria::Outcome;
use proofmark_data::{DataError, DataReport};

use crate::RunSpec;
use crate::error::LabError;
use crate::host::{Host, Observation};
use crate::pipeline::{SpecSource, read_spec};
use crate::spec::read::Read;

/// What to find out about data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataQuestion {
    /// What they look like; no rule is read.
    Profile,
    /// What the rules say of them as they are.
    Check,
    /// What the rules say of them after the cleaning that the spec allows.
    Clean,
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub struct DataAnswer {
    /// What was found.
    pub report: DataReport,
    /// Whether all rules hold; `None` where none was asked.
    pub holds: Option<bool>,
}

/// Finds it out. Nothing is trained, nothing is written, the files stay as they are.
///
/// # Errors
/// A spec or data that cannot be used.
pub fn ask(source: &SpecSource, question: DataQuestion, host: &mut dyn Host) -> Result<DataAnswer, LabError> {
    let read = read_spec(source)?;
    let RunSpec { data, quality, seed, .. } = &read.value;
    let mut progress = |progress: proofmark_data::Progress<'_>| host.observe(Observation::Data(progress));
    let report = match question {
        DataQuestion::Profile => proofmark_data::profile(data, &source.base, *seed, &mut progress),
        DataQuestion::Check => proofmark_data::check(data, quality, &source.base, *seed, &mut progress),
        DataQuestion::Clean => proofmark_data::clean(data, quality, &source.base, *seed, &mut progress),
    }
    .map_err(|error| at_its_place(&read, error))?;
    let holds = report.gate.as_ref().map(|gate| gate.verdict == Outcome::Yes);
    Ok(DataAnswer { report, holds })
}

/// An error about data, shown in the spec where a key of it is at fault.
pub(crate) fn at_its_place(read: &Read<RunSpec>, error: DataError) -> LabError {
    match error.key() {
        Some(key) => read.diagnostics([(key, error)]).into(),
        None => LabError::from(error),
    }
}
