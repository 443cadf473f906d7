//! Holds evidence against what it speaks of: statements against their names and against each other, every file of a run's
//! folder against the statements, and everything that a report shows because of statements against these.
//!
//! Nothing is signed yet. Who rewrites all of it, from the data's profile to the report, writes a record that agrees with
//! itself; only [`reproduce`](crate::reproduce) tells that from an honest one.

mod check;
mod problem;

use std::path::{Path, PathBuf};

use proofmark_evidence::{Digest, EvidenceError, Grade, Kind, Statement};
use proofmark_store::{RunFile, RunFolder, StoreError};

pub use crate::chain::ChainProblem;
use crate::command_error::CommandError;
use crate::error::LabError;
use crate::page::page_data;
use check::Checker;
pub(crate) use check::parameters_of;

/// What came out.
#[derive(Debug)]
pub struct Verification {
    /// What it is about: a run's id.
    pub subject: String,
    /// The statements that verify, in the order of their making.
    pub statements: Vec<VerifiedStatement>,
    /// What was held against the statements and agrees.
    pub held: Vec<Held>,
    /// What could not be held against anything, and is no problem.
    pub notes: Vec<Note>,
    /// What does not verify; empty if all is well.
    pub problems: Vec<VerifyProblem>,
}

/// A statement that verifies.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedStatement {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub digest: Digest,
    /// How it is known.
    pub grade: Grade,
    /// When, by whom and where it was made; a page does not carry that.
    pub made: Option<Made>,
    /// The statement itself, canonical JSON.
    pub canonical: String,
}

/// The making of a statement, from its envelope. Not signed: whoever can write the folder can write this.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// When, as RFC 3339 in UTC.
    pub time: String,
    /// By whom.
    pub by: String,
    /// On which machine.
    pub machine: String,
    /// With which version of the program.
    pub program_version: String,
}

/// What agrees with the statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Every input that names a statement names one that is there.
    Links(usize),
    /// The statements follow from each other: the decision from the evaluation and the criteria, for example.
    Chain,
    /// The lock: spec, sources, prepared data, plan.
    Lock,
    /// The spec as the user wrote it.
    Spec,
    /// The model file.
    Model,
    /// The model file with weights of 8 bits.
    Quantized,
    /// The epochs in the events: their figures, and the digests of their parameters.
    Epochs(usize),
    /// The folds of the cross-validation: their ends in the events, and what their models said.
    Folds(usize),
    /// The readings of the test split in the events.
    TestReads(u64),
    /// The parameters in the kept checkpoints.
    Checkpoints(usize),
    /// Where the run stands, in its status and its events.
    State,
    /// All that the report shows because of statements: verdict, criteria, data, epochs, metrics.
    Figures,
    /// The page itself: drawn again from its data, it is the same.
    Page,
}

/// What could not be held against anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The run has not come to its end: nothing is decided yet.
    NotEnded,
}

/// What does not verify.
#[derive(Debug)]
#[non_exhaustive]
pub enum VerifyProblem {
    /// A file of the run's folder.
    Store(StoreError),
    /// The spec does not read.
    Spec(Box<LabError>),
    /// A statement of a page.
    Statement {
        /// The page.
        page: String,
        /// Its name on the page.
        digest: String,
        /// What is wrong with it.
        source: EvidenceError,
    },
    /// A statement stands on another that is not there.
    InputMissing {
        /// The statement that names it.
        kind: Kind,
        /// As what.
        role: String,
        /// The name.
        digest: Digest,
    },
    /// The statements are not those of one run.
    Chain(ChainProblem),
    /// There is no evidence at all.
    Empty,
    /// A page that shows something else than the data in it.
    PageAltered {
        /// The page.
        page: String,
    },
    /// A page that another version of the program drew: whether it shows the data in it cannot be said.
    PageVersion {
        /// The page.
        page: String,
        /// The version on the page.
        version: String,
    },
    /// A page carries a statement that is not among the run's.
    PageStatement {
        /// The page.
        page: String,
        /// The statement's name.
        digest: Digest,
    },
    /// A checkpoint that does not read, or holds another point of the training than its name says.
    Checkpoint {
        /// Its file.
        path: PathBuf,
        /// What is wrong with its content; nothing if it stands at another point.
        source: Option<proofmark_train::checkpoint::CheckpointError>,
    },
    /// Something is not what the statements say.
    Differs {
        /// What it is.
        what: Subject,
        /// What the statements say.
        expected: String,
        /// What is there.
        found: String,
    },
}

/// What a statement speaks of. Each names its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The model file.
    Model,
    /// The model file with weights of 8 bits.
    Quantized,
    /// A key of the lock.
    Lock(String),
    /// A key of the spec.
    Spec(String),
    /// The spec in a page is not the run's.
    PageSpec(String),
    /// A key of an epoch in the events.
    Epoch(String),
    /// A key of a fold's end in the events.
    Fold(String),
    /// What a fold's model said, in its file.
    FoldFile(PathBuf),
    /// How often the events say that the test split was read.
    TestReads,
    /// The outcome in the events.
    Ended,
    /// The state in the status.
    State,
    /// The parameters in a checkpoint.
    Checkpoint(PathBuf),
    /// A value of a page's data.
    Page {
        /// The page.
        page: String,
        /// Where in its data.
        path: String,
    },
}

impl Verification {
    /// Whether all is well.
    pub fn is_valid(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Verifies the folder of a run: evidence, spec, lock, events, status, model, checkpoints and report.
///
/// # Errors
/// What cannot be read for the system's sake; whatever does not verify is a result.
pub fn verify_run(run: &RunFolder) -> Result<Verification, CommandError> {
    let mut checker = Checker::new(run.id());
    let mut read = Vec::new();
    for path in run.envelope_paths()? {
        match run.read_evidence(&path) {
            Ok(pair) => read.push(pair),
            Err(error) => checker.problem(VerifyProblem::Store(error)),
        }
    }
    read.sort_by(|(_, a), (_, b)| a.time().cmp(b.time()));
    for (statement, envelope) in read {
        let made = Made {
            time: envelope.time().to_string(),
            by: envelope.made_by().to_owned(),
            machine: envelope.machine().to_owned(),
            program_version: envelope.program_version().to_owned(),
        };
        checker.add(statement, envelope.grade(), Some(made));
    }
    checker.links_and_chain();
    checker.lock(run);
    checker.spec(run);
    checker.model(run);
    checker.quantized(run);
    let ended = checker.events(run);
    checker.folds(run);
    checker.checkpoints(run)?;
    let must_have_report = checker.state(run, ended);
    match run.read(RunFile::Report) {
        Ok(bytes) => match page_data(&run.file_path(RunFile::Report), &bytes) {
            Ok(data) => checker.page(RunFile::Report.name(), &data, &bytes),
            Err(CommandError::Page { .. }) => {
                checker.problem(VerifyProblem::PageAltered { page: RunFile::Report.name().to_owned() });
            }
            Err(error) => return Err(error),
        },
        Err(StoreError::Missing { .. }) if !must_have_report => {}
        Err(error) => checker.problem(VerifyProblem::Store(error)),
    }
    Ok(checker.finish())
}

/// Verifies a report by itself, without the run's folder.
///
/// # Errors
/// A file that cannot be read or carries no evidence.
pub fn verify_page(path: &Path) -> Result<Verification, CommandError> {
    let bytes = std::fs::read(path).map_err(|source| CommandError::File { path: path.to_owned(), source })?;
    let data = page_data(path, &bytes)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut checker = Checker::new(&data.run.id);
    for (statement, grade) in checker.page_statements(&name, &data) {
        checker.add(statement, grade, None);
    }
    checker.links_and_chain();
    checker.page(&name, &data, &bytes);
    Ok(checker.finish())
}

/// The statement of a page's row.
fn statement_of(row: &proofmark_report::EvidenceRow) -> Result<Statement, EvidenceError> {
    let bytes = row.statement.as_bytes();
    let found = Digest::of(bytes);
    if found.hex() != row.digest {
        let expected = format!("sha256:{}", row.digest).parse()?;
        return Err(EvidenceError::DigestMismatch { expected, found });
    }
    Statement::from_bytes(bytes)
}
