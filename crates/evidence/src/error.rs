//! What can be wrong with evidence.

use crate::{Digest, Kind};
use proofmark_messages::{Lang, Localize, display_in_english, evidence as phrases};

/// The two records that are read from bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// A [`Statement`](crate::Statement).
    Statement,
    /// An [`Envelope`](crate::Envelope).
    Envelope,
}

/// What is wrong with evidence or its JSON.
#[derive(Debug)]
#[non_exhaustive]
pub enum EvidenceError {
    /// Text that is not a digest.
    DigestMalformed {
        /// What stands there.
        text: String,
    },
    /// Bytes that are not one JSON value.
    JsonSyntax {
        /// What the parser says, with line and column.
        source: serde_json::Error,
    },
    /// A key twice in one object, of which other readers keep one.
    JsonDuplicateKey {
        /// The key.
        key: String,
        /// Its line, from 1.
        line: usize,
        /// Its column, from 1.
        column: usize,
    },
    /// Arrays and objects too deep in each other.
    JsonTooDeep {
        /// The most levels.
        limit: usize,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// An integer that a double cannot carry.
    JsonIntegerTooLarge {
        /// Its digits.
        integer: String,
    },
    /// A claimed NaN or infinity.
    ClaimNotFinite {
        /// The claim's path.
        claim: String,
    },
    /// A claim under the reserved name `absent`.
    ClaimReserved {
        /// The claim's path.
        claim: String,
    },
    /// Claims too deep in each other.
    ClaimTooDeep {
        /// The claim's path.
        claim: String,
        /// The most levels.
        limit: usize,
    },
    /// A null, which does not say why.
    ClaimNull {
        /// The claim's path.
        claim: String,
    },
    /// A required text that is empty.
    FieldEmpty {
        /// The field.
        field: &'static str,
    },
    /// A measured statement without inputs.
    MeasuredFromNothing {
        /// The statement's kind.
        kind: Kind,
    },
    /// JSON that is not the record.
    Malformed {
        /// Which record was expected.
        record: Record,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// The right content in another form than the canonical one.
    NotCanonical {
        /// Which record.
        record: Record,
    },
    /// Bytes with another name than the expected one.
    DigestMismatch {
        /// The name that was asked for.
        expected: Digest,
        /// The name of what is there.
        found: Digest,
    },
    /// An envelope beyond its limit.
    EnvelopeTooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Text that is not a time in UTC.
    TimeMalformed {
        /// What stands there.
        text: String,
    },
    /// A duration that is negative or not finite.
    DurationInvalid {
        /// Its name.
        name: String,
        /// Its value in seconds.
        seconds: f64,
    },
}

impl Localize for EvidenceError {
    fn text(&self, lang: Lang) -> String {
        use EvidenceError as E;
        match self {
            E::DigestMalformed { text } => phrases::digest_malformed(lang, text),
            E::JsonSyntax { source } => phrases::json_syntax(lang, source),
            E::JsonDuplicateKey { key, line, column } => phrases::json_duplicate_key(lang, key, line, column),
            E::JsonTooDeep { limit, line, column } => phrases::json_too_deep(lang, limit, line, column),
            E::JsonIntegerTooLarge { integer } => phrases::json_integer_too_large(lang, integer),
            E::ClaimNotFinite { claim } => phrases::claim_not_finite(lang, claim),
            E::ClaimReserved { claim } => phrases::claim_reserved(lang, claim),
            E::ClaimTooDeep { claim, limit } => phrases::claim_too_deep(lang, claim, limit),
            E::ClaimNull { claim } => phrases::claim_null(lang, claim),
            E::FieldEmpty { field } => phrases::field_empty(lang, field),
            E::MeasuredFromNothing { kind } => phrases::measured_from_nothing(lang, kind),
            E::Malformed { record: Record::Statement, source } => phrases::statement_malformed(lang, source),
            E::Malformed { record: Record::Envelope, source } => phrases::envelope_malformed(lang, source),
            E::NotCanonical { record: Record::Statement } => phrases::statement_not_canonical(lang),
            E::NotCanonical { record: Record::Envelope } => phrases::envelope_not_canonical(lang),
            E::DigestMismatch { expected, found } => phrases::digest_mismatch(lang, expected, found),
            E::EnvelopeTooLarge { bytes, limit } => phrases::envelope_too_large(lang, bytes, limit),
            E::TimeMalformed { text } => phrases::time_malformed(lang, text),
            E::DurationInvalid { name, seconds } => phrases::duration_invalid(lang, name, seconds),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        use EvidenceError as E;
        match self {
            E::JsonIntegerTooLarge { .. } => Some(phrases::json_integer_too_large_hint(lang)),
            E::ClaimNotFinite { .. } | E::ClaimNull { .. } => Some(phrases::claim_absent_hint(lang)),
            E::ClaimReserved { .. } => Some(phrases::claim_reserved_hint(lang)),
            E::MeasuredFromNothing { .. } => Some(phrases::measured_from_nothing_hint(lang)),
            E::Malformed { .. } => Some(phrases::malformed_hint(lang)),
            E::NotCanonical { .. } | E::DigestMismatch { .. } => Some(phrases::altered_hint(lang)),
            E::EnvelopeTooLarge { .. } => Some(phrases::envelope_too_large_hint(lang)),
            E::TimeMalformed { .. } => Some(phrases::time_malformed_hint(lang)),
            E::DigestMalformed { .. }
            | E::JsonSyntax { .. }
            | E::JsonDuplicateKey { .. }
            | E::JsonTooDeep { .. }
            | E::ClaimTooDeep { .. }
            | E::FieldEmpty { .. }
            | E::DurationInvalid { .. } => None,
        }
    }
}

display_in_english!(EvidenceError);

impl std::error::Error for EvidenceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            EvidenceError::JsonSyntax { source } | EvidenceError::Malformed { source, .. } => Some(source),
            _ => None,
        }
    }
}
