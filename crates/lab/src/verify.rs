//! Holds evidence against what it speaks of: statements against their names, the model, the lock and the epochs of a run
//! against the statements, the figures of a page against the evidence that it carries.

use std::collections::BTreeMap;
use std::path::Path;

use proofmark_evidence::{Claim, Digest, EvidenceError, Grade, Input, Kind, Statement};
use proofmark_messages::{Lang, Localize, cli as say, display_in_english};
use proofmark_report::{Outcome, ReportData};
use proofmark_store::{RunFile, RunFolder, StoreError};

use crate::command_error::CommandError;
use crate::lock::Lock;
use crate::overview::metrics;
use crate::page::page_data;
use crate::pipeline::epochs_of;
use crate::predict::text_claim;

/// What came out.
#[derive(Debug)]
pub struct Verification {
    /// What it is about: a run's id.
    pub subject: String,
    /// The statements that verify, in the order of their making.
    pub statements: Vec<VerifiedStatement>,
    /// What was held against the statements and agrees.
    pub held: Vec<Held>,
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

/// The making of a statement, from its envelope.
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
    /// The model file.
    Model,
    /// The lock: spec, sources, prepared data, plan.
    Lock,
    /// The epochs' digests in the events.
    Epochs(usize),
    /// The figures of the page.
    Figures(usize),
    /// The verdict of the page.
    Verdict,
    /// The page itself: drawn again from its data, it is the same.
    Page,
}

/// What does not verify.
#[derive(Debug)]
#[non_exhaustive]
pub enum VerifyProblem {
    /// A file of the evidence folder.
    Store(StoreError),
    /// A statement of a page.
    Statement {
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
    /// There is no evidence at all.
    Empty,
    /// A page that shows something else than the data in it.
    PageAltered,
    /// Something is not what a statement says it was.
    Differs {
        /// What it is.
        what: Subject,
        /// What the statement says.
        expected: String,
        /// What is there.
        found: String,
    },
}

/// What a statement speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The model file.
    Model,
    /// The lock.
    Lock,
    /// The digest of a prepared split, in the lock.
    Prepared(String),
    /// The digest of an epoch's parameters, in the events.
    Epoch(usize),
    /// A figure of a page.
    Figure(String),
    /// The verdict of a page.
    Verdict,
}

impl Verification {
    /// Whether all is well.
    pub fn is_valid(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Verifies the folder of a run: evidence, model, lock, events, and the report where there is one.
///
/// # Errors
/// What cannot be read; evidence that does not verify is a result.
pub fn verify_run(run: &RunFolder) -> Result<Verification, CommandError> {
    let mut checker = Checker::new(run.id());
    let mut read = Vec::new();
    for path in run.envelope_paths()? {
        match run.read_evidence(&path) {
            Ok(pair) => read.push(pair),
            Err(error) => checker.verification.problems.push(VerifyProblem::Store(error)),
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
    checker.links();
    match run.read(RunFile::Model) {
        Ok(bytes) => checker.model(&Digest::of(&bytes).to_string()),
        Err(StoreError::Missing { .. }) if checker.of(Kind::TrainRun).next().is_none() => {}
        Err(error) => checker.verification.problems.push(VerifyProblem::Store(error)),
    }
    checker.lock(&run.read_json(RunFile::Lock)?)?;
    let epochs: Vec<String> = epochs_of(run)?.into_iter().map(|epoch| epoch.parameters_digest).collect();
    checker.epochs(&epochs);
    match run.read(RunFile::Report) {
        Ok(bytes) => checker.page(&page_data(&run.file_path(RunFile::Report), &bytes)?, &bytes),
        Err(StoreError::Missing { .. }) => {}
        Err(error) => checker.verification.problems.push(VerifyProblem::Store(error)),
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
    let mut checker = Checker::new(&data.run.id);
    for row in &data.evidence {
        let bytes = row.statement.as_bytes();
        let found = Digest::of(bytes);
        let statement = if found.hex() == row.digest.trim_start_matches("sha256:") {
            Statement::from_bytes(bytes)
        } else {
            let expected = format!("sha256:{}", row.digest).parse().unwrap_or(Digest::from_bytes([0; 32]));
            Err(EvidenceError::DigestMismatch { expected, found })
        };
        let grade = match row.grade {
            proofmark_report::Grade::Measured => Grade::Measured,
            proofmark_report::Grade::Reported => Grade::Reported,
            proofmark_report::Grade::Attested => Grade::Attested,
        };
        match statement {
            Ok(statement) => checker.add(statement, grade, None),
            Err(source) => {
                let digest = row.digest.clone();
                checker.verification.problems.push(VerifyProblem::Statement { digest, source });
            }
        }
    }
    checker.links();
    if let Some(reproduce) = &data.reproduce
        && !reproduce.model_digest.is_empty()
    {
        checker.model(&format!("sha256:{}", reproduce.model_digest));
    }
    checker.page(&data, &bytes);
    Ok(checker.finish())
}

struct Checker {
    verification: Verification,
    statements: Vec<Statement>,
}

impl Checker {
    fn new(subject: &str) -> Self {
        let (statements, held, problems) = (Vec::new(), Vec::new(), Vec::new());
        Checker {
            verification: Verification { subject: subject.to_owned(), statements, held, problems },
            statements: Vec::new(),
        }
    }

    fn add(&mut self, statement: Statement, grade: Grade, made: Option<Made>) {
        self.verification.statements.push(VerifiedStatement {
            kind: statement.kind(),
            digest: statement.digest(),
            grade,
            made,
            canonical: statement.as_json().to_owned(),
        });
        self.statements.push(statement);
    }

    fn of(&self, kind: Kind) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(move |statement| statement.kind() == kind)
    }

    /// Whether `found` is what was said; a difference is a problem.
    fn agree(&mut self, what: Subject, expected: &str, found: &str) -> bool {
        if expected == found {
            return true;
        }
        let (expected, found) = (expected.to_owned(), found.to_owned());
        self.verification.problems.push(VerifyProblem::Differs { what, expected, found });
        false
    }

    fn links(&mut self) {
        let names: Vec<Digest> = self.statements.iter().map(Statement::digest).collect();
        let mut links = 0;
        for statement in &self.statements {
            let is_kind = |input: &&Input| Kind::ALL.iter().any(|kind| kind.name() == input.role);
            // The others (source files, the spec) are no statements.
            for Input { role, digest } in statement.inputs().iter().filter(is_kind) {
                links += 1;
                if !names.contains(digest) {
                    let (kind, role, digest) = (statement.kind(), role.clone(), *digest);
                    self.verification.problems.push(VerifyProblem::InputMissing { kind, role, digest });
                }
            }
        }
        if links > 0 {
            self.verification.held.push(Held::Links(links));
        }
    }

    fn model(&mut self, found: &str) {
        let expected: Vec<String> =
            self.of(Kind::TrainRun).filter_map(|statement| text_claim(statement, "model")).collect();
        // A resumed run may have trained twice; the model is the last one's.
        if let Some(expected) = expected.last()
            && self.agree(Subject::Model, expected, found)
        {
            self.verification.held.push(Held::Model);
        }
    }

    fn lock(&mut self, lock: &Lock) -> Result<(), CommandError> {
        let found = lock.training_digest()?.to_string();
        let expected = self.of(Kind::TrainRun).filter_map(|statement| statement.input("spec")).last();
        let mut agrees = expected.is_some_and(|expected| self.agree(Subject::Lock, &expected.to_string(), &found));
        let prepared: Vec<(String, String)> = self
            .of(Kind::DataPrepared)
            .last()
            .into_iter()
            .flat_map(|statement| statement.claims().iter())
            .filter_map(|(split, claim)| match claim {
                Claim::Text(digest) => Some((split.to_owned(), digest.clone())),
                _ => None,
            })
            .collect();
        for (split, expected) in prepared {
            let found = lock.prepared.get(&split).cloned().unwrap_or_default();
            agrees &= self.agree(Subject::Prepared(split), &expected, &found);
        }
        if agrees {
            self.verification.held.push(Held::Lock);
        }
        Ok(())
    }

    fn epochs(&mut self, found: &[String]) {
        let claimed =
            self.of(Kind::TrainRun).last().and_then(|statement| statement.claims().get("parameters_by_epoch"));
        let Some(Claim::List(claims)) = claimed else { return };
        let expected: Vec<String> = claims
            .iter()
            .map(|claim| match claim {
                Claim::Text(digest) => digest.clone(),
                _ => String::new(),
            })
            .collect();
        let mut agree = true;
        for idx in 0..expected.len().max(found.len()) {
            let at = |digests: &[String]| digests.get(idx).cloned().unwrap_or_default();
            agree &= self.agree(Subject::Epoch(idx + 1), &at(&expected), &at(found));
        }
        if agree {
            self.verification.held.push(Held::Epochs(found.len()));
        }
    }

    fn page(&mut self, data: &ReportData, page: &[u8]) {
        // Another version may draw the same data otherwise; then only the data can be held against the statements.
        if data.run.program_version == env!("CARGO_PKG_VERSION") {
            if Lang::ALL.iter().any(|lang| proofmark_report::render(data, *lang).as_bytes() == page) {
                self.verification.held.push(Held::Page);
            } else {
                self.verification.problems.push(VerifyProblem::PageAltered);
            }
        }
        self.figures(data);
        let outcome = data.verdict.outcome;
        let said = self.decided();
        let found = serde_json::json!(outcome).as_str().unwrap_or_default().to_owned();
        // A training that failed leaves no statement of its failing.
        if outcome != Outcome::TrainingFailed && self.agree(Subject::Verdict, &said, &found) {
            self.verification.held.push(Held::Verdict);
        }
    }

    fn figures(&mut self, data: &ReportData) {
        let Some(evaluation) = &data.evaluation else { return };
        let split = serde_json::json!(evaluation.split).as_str().unwrap_or_default().to_owned();
        let of_split =
            self.of(Kind::EvalResult).filter(|statement| text_claim(statement, "split").as_ref() == Some(&split));
        let claimed: BTreeMap<_, _> = of_split.last().map(|statement| metrics(statement.claims())).unwrap_or_default();
        let mut figures = 0;
        let mut agree = true;
        for metric in evaluation.metrics.iter().filter(|metric| metric.value.is_finite()) {
            let name = match metric.name.trim_end_matches(".macro") {
                "log_loss" => "loss",
                "ece" => "calibration_error",
                other => other,
            };
            figures += 1;
            let expected = claimed.get(name).map_or_else(String::new, |interval| interval.value.to_string());
            agree &= self.agree(Subject::Figure(name.to_owned()), &expected, &metric.value.to_string());
        }
        if agree && figures > 0 {
            self.verification.held.push(Held::Figures(figures));
        }
    }

    /// The outcome that follows from the statements, as a report writes it.
    fn decided(&self) -> String {
        let at = |statement: &Statement, path: &[&str]| match statement.claims().at(path) {
            Some(Claim::Text(text)) => text.clone(),
            _ => String::new(),
        };
        if let Some(decision) = self.of(Kind::AcceptDecision).last() {
            let outcome = at(decision, &["decision", "outcome"]);
            let on_validation = at(decision, &["split"]) == "validation" && outcome == "refused";
            return if on_validation { "refused_on_validation".to_owned() } else { outcome };
        }
        let is_refused = self.of(Kind::DataGate).last().is_some_and(|gate| at(gate, &["verdict"]) != "yes");
        if is_refused { "data_refused".to_owned() } else { "no_criterion".to_owned() }
    }

    fn finish(mut self) -> Verification {
        if self.statements.is_empty() && self.verification.problems.is_empty() {
            self.verification.problems.push(VerifyProblem::Empty);
        }
        self.verification
    }
}

impl Localize for Held {
    fn text(&self, lang: Lang) -> String {
        match self {
            Held::Links(links) => say::held_links(lang, links),
            Held::Model => say::held_model(lang),
            Held::Lock => say::held_lock(lang),
            Held::Epochs(epochs) => say::held_epochs(lang, epochs),
            Held::Figures(figures) => say::held_figures(lang, figures),
            Held::Verdict => say::held_verdict(lang),
            Held::Page => say::held_page(lang),
        }
    }
}

impl Localize for Subject {
    fn text(&self, lang: Lang) -> String {
        match self {
            Subject::Model => say::subject_model(lang),
            Subject::Lock => say::subject_lock(lang),
            Subject::Prepared(split) => say::subject_prepared(lang, split),
            Subject::Epoch(epoch) => say::subject_epoch(lang, epoch),
            Subject::Figure(name) => say::subject_figure(lang, name),
            Subject::Verdict => say::subject_verdict(lang),
        }
    }
}

impl Localize for VerifyProblem {
    fn text(&self, lang: Lang) -> String {
        match self {
            VerifyProblem::Store(error) => error.text(lang),
            VerifyProblem::Statement { digest, source } => say::statement_altered(lang, digest, source.text(lang)),
            VerifyProblem::InputMissing { kind, role, digest } => say::input_missing(lang, kind.name(), role, digest),
            VerifyProblem::Empty => say::no_evidence(lang),
            VerifyProblem::PageAltered => say::page_altered(lang),
            VerifyProblem::Differs { what, expected, found } => {
                say::evidence_differs(lang, what.text(lang), expected, found)
            }
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            VerifyProblem::Store(error) => error.hint(lang),
            VerifyProblem::Statement { source, .. } => source.hint(lang),
            VerifyProblem::InputMissing { .. } | VerifyProblem::Differs { .. } => Some(say::evidence_hint(lang)),
            VerifyProblem::PageAltered => Some(say::page_altered_hint(lang)),
            VerifyProblem::Empty => None,
        }
    }
}

display_in_english!(VerifyProblem);

impl std::error::Error for VerifyProblem {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            VerifyProblem::Store(error) => Some(error),
            VerifyProblem::Statement { source, .. } => Some(source),
            VerifyProblem::InputMissing { .. }
            | VerifyProblem::Empty
            | VerifyProblem::PageAltered
            | VerifyProblem::Differs { .. } => None,
        }
    }
}
