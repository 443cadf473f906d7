//! Envelopes: when, by whom, where, with what, and how a statement is known.

use crate::canonical::{parse_strict, to_canonical};
use crate::{Digest, EvidenceError, Grade, Record, Statement, UtcTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most bytes that an envelope may have: the log holds envelopes, and one must stay a small leaf.
pub const MAX_ENVELOPE_BYTES: usize = 4096;

/// The circumstances of a statement, given by the caller: this crate reads no clock and no environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamp {
    /// When it was made.
    pub time: UtcTime,
    /// The principal who made it. Not empty.
    pub made_by: String,
    /// The machine's name. Not empty.
    pub machine: String,
    /// The version of the program. Not empty.
    pub program_version: String,
    /// Seconds by what took them: finite, not negative.
    pub durations: BTreeMap<String, f64>,
}

/// A sealed stamp: what the log holds for a statement. Immutable; the grade was fixed when the statement was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    fields: Fields,
    canonical: String,
}

/// An envelope as it is written. A signature will join as a field of its own over these bytes; until then the key is unknown
/// and refused, so that nobody mistakes a signature that was not checked for a good one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    statement: Digest,
    time: UtcTime,
    made_by: String,
    machine: String,
    program_version: String,
    durations: BTreeMap<String, f64>,
    grade: Grade,
}

impl Envelope {
    pub(crate) fn new(statement: Digest, stamp: Stamp, grade: Grade) -> Result<Envelope, EvidenceError> {
        let Stamp { time, made_by, machine, program_version, durations } = stamp;
        Envelope::check(Fields { statement, time, made_by, machine, program_version, durations, grade })
    }

    fn check(fields: Fields) -> Result<Envelope, EvidenceError> {
        let Fields { statement: _, time: _, made_by, machine, program_version, durations, grade: _ } = &fields;
        for (field, text) in [("made_by", made_by), ("machine", machine), ("program_version", program_version)] {
            if text.is_empty() {
                return Err(EvidenceError::FieldEmpty { field });
            }
        }
        if let Some((name, seconds)) = durations.iter().find(|(_, seconds)| !seconds.is_finite() || **seconds < 0.0) {
            return Err(EvidenceError::DurationInvalid { name: name.clone(), seconds: *seconds });
        }
        let malformed = |source| EvidenceError::Malformed { record: Record::Envelope, source };
        let canonical = to_canonical(&serde_json::to_value(&fields).map_err(malformed)?)?;
        if canonical.len() > MAX_ENVELOPE_BYTES {
            return Err(EvidenceError::EnvelopeTooLarge { bytes: canonical.len(), limit: MAX_ENVELOPE_BYTES });
        }
        Ok(Envelope { fields, canonical })
    }

    /// Reads an envelope from its canonical bytes.
    ///
    /// # Errors
    /// [`EvidenceError::EnvelopeTooLarge`] before anything is read; what [`parse_strict`] refuses;
    /// [`EvidenceError::Malformed`], [`EvidenceError::NotCanonical`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Envelope, EvidenceError> {
        if bytes.len() > MAX_ENVELOPE_BYTES {
            return Err(EvidenceError::EnvelopeTooLarge { bytes: bytes.len(), limit: MAX_ENVELOPE_BYTES });
        }
        let fields = serde_json::from_value(parse_strict(bytes)?)
            .map_err(|source| EvidenceError::Malformed { record: Record::Envelope, source })?;
        let envelope = Envelope::check(fields)?;
        if envelope.canonical.as_bytes() != bytes {
            return Err(EvidenceError::NotCanonical { record: Record::Envelope });
        }
        Ok(envelope)
    }

    /// The canonical JSON, the bytes that are kept, and later logged and signed.
    pub fn canonical(&self) -> &[u8] {
        self.canonical.as_bytes()
    }

    /// The canonical JSON as text, for pages.
    pub fn as_json(&self) -> &str {
        &self.canonical
    }

    /// The digest of the envelope's own bytes.
    pub fn digest(&self) -> Digest {
        Digest::of(self.canonical())
    }

    /// The name of the statement inside.
    pub fn statement(&self) -> Digest {
        self.fields.statement
    }

    /// How the statement is known.
    pub fn grade(&self) -> Grade {
        self.fields.grade
    }

    /// When it was made.
    pub fn time(&self) -> &UtcTime {
        &self.fields.time
    }

    /// Who made it.
    pub fn made_by(&self) -> &str {
        &self.fields.made_by
    }

    /// Where it was made.
    pub fn machine(&self) -> &str {
        &self.fields.machine
    }

    /// With which version of the program.
    pub fn program_version(&self) -> &str {
        &self.fields.program_version
    }

    /// Seconds by what took them.
    pub fn durations(&self) -> &BTreeMap<String, f64> {
        &self.fields.durations
    }
}

/// Reads a statement and holds it against its envelope.
///
/// # Errors
/// [`EvidenceError::DigestMismatch`] if these are not the bytes that the envelope names, before anything else is read;
/// then what [`Statement::from_bytes`] refuses.
pub fn verify(statement_bytes: &[u8], envelope: &Envelope) -> Result<Statement, EvidenceError> {
    let found = Digest::of(statement_bytes);
    if found != envelope.statement() {
        return Err(EvidenceError::DigestMismatch { expected: envelope.statement(), found });
    }
    Statement::from_bytes(statement_bytes)
}
