//! Evidence beside the run: statements and envelopes in files named by their digests.

use crate::{OpenRun, RunFolder, StoreError, atomic};
use proofmark_evidence::{Digest, Envelope, EvidenceError, Statement, verify};
use std::path::{Path, PathBuf};

const STATEMENT: &str = ".statement.json";
const ENVELOPE: &str = ".envelope.json";

impl RunFolder {
    /// The envelopes' files, sorted by name.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn envelope_paths(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut paths = atomic::sorted_entries(&self.evidence_path())?;
        paths.retain(|path| atomic::file_name(path).ends_with(ENVELOPE));
        Ok(paths)
    }

    /// Reads an envelope's file with its statement, and verifies both against their names.
    ///
    /// # Errors
    /// [`StoreError::Evidence`] with what does not verify; [`StoreError::Missing`] if the statement is not there.
    pub fn read_evidence(&self, envelope_path: &Path) -> Result<(Statement, Envelope), StoreError> {
        let at_path = |source| StoreError::Evidence { path: envelope_path.to_owned(), source };
        let bytes = atomic::read(envelope_path)?;
        let name = atomic::file_name(envelope_path);
        let expected: Digest =
            format!("sha256:{}", name.strip_suffix(ENVELOPE).unwrap_or(name)).parse().map_err(at_path)?;
        let found = Digest::of(&bytes);
        if found != expected {
            return Err(at_path(EvidenceError::DigestMismatch { expected, found }));
        }
        let envelope = Envelope::from_bytes(&bytes).map_err(at_path)?;
        let statement_path = self.statement_path(&envelope.statement());
        let statement = verify(&atomic::read(&statement_path)?, &envelope);
        match statement {
            Ok(statement) => Ok((statement, envelope)),
            Err(source) => Err(StoreError::Evidence { path: statement_path, source }),
        }
    }

    /// All evidence in the order of its time, verified.
    ///
    /// # Errors
    /// What [`read_evidence`](RunFolder::read_evidence) says of the first that does not verify.
    pub fn evidence(&self) -> Result<Vec<(Statement, Envelope)>, StoreError> {
        let read = self.envelope_paths()?.into_iter().map(|path| self.read_evidence(&path));
        let mut evidence = read.collect::<Result<Vec<_>, _>>()?;
        // The sort is stable: what was made within one tick of the clock stays in the order of the digests.
        evidence.sort_by(|(_, a), (_, b)| a.time().cmp(b.time()));
        Ok(evidence)
    }

    /// The statement of a name, verified.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if it is not there, [`StoreError::Evidence`] if it does not verify.
    pub fn statement(&self, digest: &Digest) -> Result<Statement, StoreError> {
        let path = self.statement_path(digest);
        let bytes = atomic::read(&path)?;
        let found = Digest::of(&bytes);
        let statement = if found == *digest {
            Statement::from_bytes(&bytes)
        } else {
            Err(EvidenceError::DigestMismatch { expected: *digest, found })
        };
        statement.map_err(|source| StoreError::Evidence { path, source })
    }

    fn statement_path(&self, digest: &Digest) -> PathBuf {
        self.evidence_path().join(format!("{}{STATEMENT}", digest.hex()))
    }
}

impl OpenRun {
    /// Keeps a statement and its envelope.
    ///
    /// # Errors
    /// [`StoreError::Evidence`] if they do not belong together; if they cannot be written.
    pub fn put_evidence(&self, statement: &Statement, envelope: &Envelope) -> Result<(), StoreError> {
        let statement_path = self.statement_path(&statement.digest());
        if envelope.statement() != statement.digest() {
            let source = EvidenceError::DigestMismatch { expected: envelope.statement(), found: statement.digest() };
            return Err(StoreError::Evidence { path: statement_path, source });
        }
        // The statement first, so that no envelope stands without it.
        atomic::write(&statement_path, &[statement.canonical()])?;
        let envelope_path = self.evidence_path().join(format!("{}{ENVELOPE}", envelope.digest().hex()));
        atomic::write(&envelope_path, &[envelope.canonical()])
    }
}
