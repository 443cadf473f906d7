//! How a claim is known, held by types.

use crate::{Envelope, EvidenceError, Stamp, Statement, StatementFields};
use proofmark_messages::{Lang, Localize, evidence as phrases};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// How a claim is known, as an envelope says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// This program computed it from data that it read.
    Measured,
    /// A client sent it.
    Reported,
    /// A person said so.
    Attested,
}

impl Grade {
    /// Every grade, the strongest first.
    pub const ALL: [Grade; 3] = [Grade::Measured, Grade::Reported, Grade::Attested];
}

impl Localize for Grade {
    fn text(&self, lang: Lang) -> String {
        match self {
            Grade::Measured => phrases::grade_measured(lang),
            Grade::Reported => phrases::grade_reported(lang),
            Grade::Attested => phrases::grade_attested(lang),
        }
    }
}

/// The type of [`Grade::Measured`].
#[derive(Debug)]
pub enum Measured {}
/// The type of [`Grade::Reported`].
#[derive(Debug)]
pub enum Reported {}
/// The type of [`Grade::Attested`].
#[derive(Debug)]
pub enum Attested {}

mod sealed {
    pub trait OfType {
        const GRADE: super::Grade;
    }
    impl OfType for super::Measured {
        const GRADE: super::Grade = super::Grade::Measured;
    }
    impl OfType for super::Reported {
        const GRADE: super::Grade = super::Grade::Reported;
    }
    impl OfType for super::Attested {
        const GRADE: super::Grade = super::Grade::Attested;
    }
}

/// A statement that was just made and still knows how.
///
/// The grade is a type that is chosen where the claims are made and that nothing changes: there is no conversion between
/// grades, a statement that was read back is not graded, and [`seal`](Graded::seal) writes the grade of the type.
///
/// ```compile_fail,E0308
/// # use proofmark_evidence::{Graded, Measured, Reported};
/// fn launder(reported: Graded<Reported>) -> Graded<Measured> {
///     reported
/// }
/// ```
#[derive(Debug)]
pub struct Graded<G> {
    statement: Statement,
    grade: PhantomData<G>,
}

impl Graded<Measured> {
    /// What this program computed from data that it read. Call it where the computing is done, with the digests of what was
    /// read.
    ///
    /// # Errors
    /// [`EvidenceError::MeasuredFromNothing`] without inputs; an empty subject or role; claims that are not finite, too
    /// deep, or named `absent`.
    pub fn measured(fields: StatementFields) -> Result<Graded<Measured>, EvidenceError> {
        if fields.inputs.is_empty() {
            return Err(EvidenceError::MeasuredFromNothing { kind: fields.kind });
        }
        Graded::new(fields)
    }
}

impl Graded<Reported> {
    /// What a client sent.
    ///
    /// # Errors
    /// An empty subject or role; claims that are not finite, too deep, or named `absent`.
    pub fn reported(fields: StatementFields) -> Result<Graded<Reported>, EvidenceError> {
        Graded::new(fields)
    }
}

impl Graded<Attested> {
    /// What a person said.
    ///
    /// # Errors
    /// An empty subject or role; claims that are not finite, too deep, or named `absent`.
    pub fn attested(fields: StatementFields) -> Result<Graded<Attested>, EvidenceError> {
        Graded::new(fields)
    }
}

impl<G: sealed::OfType> Graded<G> {
    fn new(fields: StatementFields) -> Result<Graded<G>, EvidenceError> {
        Ok(Graded { statement: Statement::new(fields)?, grade: PhantomData })
    }

    /// The statement.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The statement alone, which cannot be sealed again.
    pub fn into_statement(self) -> Statement {
        self.statement
    }

    /// The grade of the type.
    pub fn grade(&self) -> Grade {
        G::GRADE
    }

    /// Writes the envelope.
    ///
    /// # Errors
    /// An empty field or a bad duration in the stamp; [`EvidenceError::EnvelopeTooLarge`].
    pub fn seal(&self, stamp: Stamp) -> Result<Envelope, EvidenceError> {
        Envelope::new(self.statement.digest(), stamp, G::GRADE)
    }
}
