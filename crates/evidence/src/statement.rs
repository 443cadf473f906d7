//! Statements: claims about a subject, named by their digest.

use crate::canonical::{parse_strict, to_canonical};
use crate::{Claims, Digest, EvidenceError, Kind, Record};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Something that a statement stands on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// What it was to the statement: `data.source`, `data.prepared`, `spec`, `plan`, `model`, or a [`Kind`]'s name when it is
    /// another statement.
    pub role: String,
    /// The digest of its bytes.
    pub digest: Digest,
}

impl Input {
    /// An input in its role.
    pub fn new(role: impl Into<String>, digest: Digest) -> Input {
        Input { role: role.into(), digest }
    }
}

/// What a statement is made from. It has no field for time, host, path or duration, and none of them may be claimed:
/// measuring the same thing again must give the same statement. They belong into the [`Stamp`](crate::Stamp).
#[derive(Debug, PartialEq)]
pub struct StatementFields {
    /// What it is about.
    pub kind: Kind,
    /// The name of the thing judged: a spec's name, a split, a model version. Not empty.
    pub subject: String,
    /// What is claimed.
    pub claims: Claims,
    /// What the claims were computed from, in any order.
    pub inputs: Vec<Input>,
    /// The `NUMERICS_VERSION` that computed the claims.
    pub numerics_version: u32,
    /// The version of the claims' meaning: a metric that is defined anew raises it.
    pub definition_version: u32,
}

/// A checked statement with its canonical bytes and its name. Immutable.
///
/// One that was read back can be shown and verified; only [`Graded`](crate::Graded) statements can be sealed:
///
/// ```compile_fail,E0599
/// # use proofmark_evidence::{Stamp, Statement};
/// fn launder(reported: Statement, stamp: Stamp) {
///     reported.seal(stamp);
/// }
/// ```
#[derive(Debug, PartialEq)]
pub struct Statement {
    fields: StatementFields,
    canonical: String,
    digest: Digest,
}

impl Statement {
    /// Sorts the inputs, drops repeated ones, checks the claims and computes the name.
    pub(crate) fn new(mut fields: StatementFields) -> Result<Statement, EvidenceError> {
        fields.claims.check()?;
        if fields.subject.is_empty() {
            return Err(EvidenceError::FieldEmpty { field: "subject" });
        }
        if fields.inputs.iter().any(|input| input.role.is_empty()) {
            return Err(EvidenceError::FieldEmpty { field: "inputs.role" });
        }
        fields.inputs.sort();
        fields.inputs.dedup();
        let malformed = |source| EvidenceError::Malformed { record: Record::Statement, source };
        let canonical = to_canonical(&serde_json::to_value(Written::from(&fields)).map_err(malformed)?)?;
        let digest = Digest::of(canonical.as_bytes());
        Ok(Statement { fields, canonical, digest })
    }

    /// Reads a statement from its canonical bytes.
    ///
    /// # Errors
    /// What [`parse_strict`] refuses; [`EvidenceError::Malformed`] for missing, unknown or ill-typed fields;
    /// [`EvidenceError::NotCanonical`] if the bytes mean a statement but are not its one form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Statement, EvidenceError> {
        let value = parse_strict(bytes)?;
        let Read { kind, subject, claims, inputs, numerics_version, definition_version } =
            serde_json::from_value(value)
                .map_err(|source| EvidenceError::Malformed { record: Record::Statement, source })?;
        let claims = Claims::from_json(claims)?;
        let fields = StatementFields { kind, subject, claims, inputs, numerics_version, definition_version };
        let statement = Statement::new(fields)?;
        if statement.canonical.as_bytes() != bytes {
            return Err(EvidenceError::NotCanonical { record: Record::Statement });
        }
        Ok(statement)
    }

    /// The name: the SHA-256 of [`canonical`](Statement::canonical).
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The canonical JSON, the bytes that are kept and hashed.
    pub fn canonical(&self) -> &[u8] {
        self.canonical.as_bytes()
    }

    /// The canonical JSON as text, for pages.
    pub fn as_json(&self) -> &str {
        &self.canonical
    }

    /// What it is about.
    pub fn kind(&self) -> Kind {
        self.fields.kind
    }

    /// The thing judged.
    pub fn subject(&self) -> &str {
        &self.fields.subject
    }

    /// What is claimed.
    pub fn claims(&self) -> &Claims {
        &self.fields.claims
    }

    /// What it stands on, sorted by role and digest.
    pub fn inputs(&self) -> &[Input] {
        &self.fields.inputs
    }

    /// The first input of a role.
    pub fn input(&self, role: &str) -> Option<Digest> {
        self.fields.inputs.iter().find(|input| input.role == role).map(|input| input.digest)
    }

    /// The `NUMERICS_VERSION` that computed the claims.
    pub fn numerics_version(&self) -> u32 {
        self.fields.numerics_version
    }

    /// The version of the claims' meaning.
    pub fn definition_version(&self) -> u32 {
        self.fields.definition_version
    }
}

/// A statement as it is written.
#[derive(Serialize)]
struct Written<'a> {
    kind: Kind,
    subject: &'a str,
    claims: &'a Claims,
    inputs: &'a [Input],
    numerics_version: u32,
    definition_version: u32,
}

impl<'a> From<&'a StatementFields> for Written<'a> {
    fn from(fields: &'a StatementFields) -> Written<'a> {
        let StatementFields { kind, subject, claims, inputs, numerics_version, definition_version } = fields;
        Written {
            kind: *kind,
            subject,
            claims,
            inputs,
            numerics_version: *numerics_version,
            definition_version: *definition_version,
        }
    }
}

/// A statement as it is read; claims become [`Claims`] by our own rules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    kind: Kind,
    subject: String,
    claims: Map<String, Value>,
    inputs: Vec<Input>,
    numerics_version: u32,
    definition_version: u32,
}
