//! Evidence: what was claimed, from what, by whom, and how it is known.
//!
//! - [`Digest`] names bytes; [`DigestWriter`] computes one while data streams by.
//! - [`canonical`] writes JSON in the one form of RFC 8785 and reads it strictly, so that a digest names a meaning.
//! - [`Statement`] is a claim about a subject with its inputs. It holds no time, host, path or duration: measuring the same
//!   thing again gives the same statement, with the same name.
//! - [`Graded`] is a statement that was just made and still knows how: [`Graded::measured`], [`Graded::reported`],
//!   [`Graded::attested`]. Only a graded statement can be sealed, and one that was read back is not graded any more.
//! - [`Envelope`] says when, by whom, where and with which program; [`verify`] holds a statement against it.
//!
//! ```
//! use proofmark_evidence::{Claims, Digest, Graded, Input, Kind, Stamp, StatementFields, UtcTime, verify};
//!
//! let graded = Graded::measured(StatementFields {
//!     kind: Kind::EvalResult,
//!     subject: "digits".to_owned(),
//!     claims: Claims::new().with("accuracy", 0.9912).with("rows", 10_000_u64),
//!     inputs: vec![Input::new("data.prepared", Digest::of(b"the test split"))],
//!     numerics_version: 1,
//!     definition_version: 1,
//! })?;
//! let envelope = graded.seal(Stamp {
//!     time: UtcTime::parse("2026-11-23T10:20:30Z")?,
//!     made_by: "lin".to_owned(),
//!     machine: "bench-2".to_owned(),
//!     program_version: "0.1.0".to_owned(),
//!     durations: [("evaluate".to_owned(), 1.5)].into(),
//! })?;
//! let statement = verify(graded.statement().canonical(), &envelope)?;
//! assert_eq!(statement.digest(), envelope.statement());
//! # Ok::<(), proofmark_evidence::EvidenceError>(())
//! ```
//!
//! This crate does not know: files, databases, clocks, the environment, how anything was computed. The Merkle log and the
//! signatures will stand on [`Envelope::canonical`], which is what both cover.

pub mod canonical;
mod claim;
mod digest;
mod envelope;
mod error;
mod grade;
mod kind;
mod statement;
mod time;

pub use claim::{Claim, Claims};
pub use digest::{Digest, DigestWriter};
pub use envelope::{Envelope, MAX_ENVELOPE_BYTES, Stamp, verify};
pub use error::{EvidenceError, Record};
pub use grade::{Attested, Grade, Graded, Measured, Reported};
pub use kind::Kind;
pub use statement::{Input, Statement, StatementFields};
pub use time::UtcTime;
