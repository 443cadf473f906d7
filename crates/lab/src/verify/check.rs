//! The checks, one a method.

use std::collections::BTreeSet;

use proofmark_engine::StateBlock;
use proofmark_evidence::{Digest, Grade, Input, Kind, Statement};
use proofmark_messages::Lang;
use proofmark_report::{Outcome, ReportData};
use proofmark_store::{RunFile, RunFolder, State, StoreError};
use proofmark_train::training::parameters_digest;
use proofmark_train::{Event as TrainEvent, checkpoint};
use serde_json::Value;

use super::{Held, Made, Note, Subject, Verification, VerifiedStatement, VerifyProblem, statement_of};
use crate::chain::Chain;
use crate::claims::{self, normal};
use crate::command_error::CommandError;
use crate::cross_validation::{FoldHead, FoldResult};
use crate::lock::{Difference, Lock, first_difference};
use crate::pipeline::{SpecSource, read_spec, spec_source, state_of};
use crate::quantize::QuantizedClaims;
use crate::record::{PipelineEvent, Record, RunEvent};
use crate::settle::settle;
use crate::statements::epoch_claims;

/// Collects what agrees and what does not.
pub(super) struct Checker {
    verification: Verification,
    statements: Vec<Statement>,
    chain: Chain,
}

impl Checker {
    pub(super) fn new(subject: &str) -> Self {
        let (statements, held, notes, problems) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Checker {
            verification: Verification { subject: subject.to_owned(), statements, held, notes, problems },
            statements: Vec::new(),
            chain: Chain::default(),
        }
    }

    pub(super) fn problem(&mut self, problem: VerifyProblem) {
        self.verification.problems.push(problem);
    }

    fn held(&mut self, held: Held) {
        self.verification.held.push(held);
    }

    fn differs(&mut self, what: Subject, expected: impl ToString, found: impl ToString) {
        let (expected, found) = (expected.to_string(), found.to_string());
        self.problem(VerifyProblem::Differs { what, expected, found });
    }

    pub(super) fn add(&mut self, statement: Statement, grade: Grade, made: Option<Made>) {
        self.verification.statements.push(VerifiedStatement {
            kind: statement.kind(),
            digest: statement.digest(),
            grade,
            made,
            canonical: statement.as_json().to_owned(),
        });
        self.statements.push(statement);
    }

    /// The statements among each other.
    pub(super) fn links_and_chain(&mut self) {
        let names: BTreeSet<Digest> = self.statements.iter().map(Statement::digest).collect();
        let mut links = 0;
        let mut missing = Vec::new();
        for statement in &self.statements {
            let is_kind = |input: &&Input| Kind::ALL.iter().any(|kind| kind.name() == input.role);
            // The others (source files, the spec) are no statements.
            for Input { role, digest } in statement.inputs().iter().filter(is_kind) {
                links += 1;
                if !names.contains(digest) {
                    let (kind, role, digest) = (statement.kind(), role.clone(), *digest);
                    missing.push(VerifyProblem::InputMissing { kind, role, digest });
                }
            }
        }
        if missing.is_empty() && links > 0 {
            self.held(Held::Links(links));
        }
        self.verification.problems.extend(missing);
        let (chain, mut problems) = Chain::of(&self.statements);
        problems.extend(chain.inconsistencies());
        self.chain = chain;
        if problems.is_empty() && !self.statements.is_empty() {
            self.held(Held::Chain);
        }
        self.verification.problems.extend(problems.into_iter().map(VerifyProblem::Chain));
    }

    pub(super) fn lock(&mut self, run: &RunFolder) {
        let lock: Lock = match run.read_json(RunFile::Lock) {
            Ok(lock) => lock,
            Err(error) => return self.problem(VerifyProblem::Store(error)),
        };
        let Some(spec) = &self.chain.spec else { return };
        match first_difference(&normal(&spec.claims.lock.to_value()), &normal(&lock.to_value())) {
            None => self.held(Held::Lock),
            Some(Difference { path, left, right }) => self.differs(Subject::Lock(path), left, right),
        }
    }

    pub(super) fn spec(&mut self, run: &RunFolder) {
        // Whether its data are there does not matter here, and so where its paths begin does not.
        let source = spec_source(run, std::path::PathBuf::new());
        match source.map(|source| self.spec_difference(&source)) {
            Ok(Ok(None)) => self.held(Held::Spec),
            Ok(Ok(Some(Difference { path, left, right }))) => self.differs(Subject::Spec(path), left, right),
            Ok(Err(error)) | Err(error) => self.problem(VerifyProblem::Spec(Box::new(error))),
        }
    }

    /// The first difference of a spec and what the run was resolved to.
    fn spec_difference(&self, source: &SpecSource) -> Result<Option<Difference>, crate::error::LabError> {
        let found = Lock::spec_value(&read_spec(source)?.value);
        let expected = self.chain.spec.as_ref().map(|spec| &spec.claims.lock.spec);
        Ok(expected.and_then(|expected| first_difference(&normal(expected), &normal(&found))))
    }

    pub(super) fn model(&mut self, run: &RunFolder) {
        let expected = self.chain.train.as_ref().and_then(|train| train.claims.model.clone());
        let Some(expected) = expected else { return };
        match run.read(RunFile::Model).map(|bytes| Digest::of(&bytes).to_string()) {
            Ok(found) if found == expected => self.held(Held::Model),
            Ok(found) => self.differs(Subject::Model, expected, found),
            Err(error) => self.problem(VerifyProblem::Store(error)),
        }
    }

    /// The model with weights of 8 bits, if there is one, against what was last stated of one. A statement without a file is no problem:
    /// the file may have been written elsewhere.
    pub(super) fn quantized(&mut self, run: &RunFolder) {
        let found = match run.read(RunFile::Quantized) {
            Ok(bytes) => Digest::of(&bytes).to_string(),
            Err(StoreError::Missing { .. }) => return,
            Err(error) => return self.problem(VerifyProblem::Store(error)),
        };
        let of_kind = self.statements.iter().filter(|statement| statement.kind() == Kind::ModelQuantized);
        let claimed: Vec<String> =
            of_kind.filter_map(|statement| Some(claims::read::<QuantizedClaims>(statement).ok()?.quantized)).collect();
        match claimed.last() {
            _ if claimed.contains(&found) => self.held(Held::Quantized),
            expected => self.differs(Subject::Quantized, expected.cloned().unwrap_or_default(), found),
        }
    }

    /// What happened against what is claimed of it; how the run ended.
    pub(super) fn events(&mut self, run: &RunFolder) -> Option<Outcome> {
        let (mut epochs, mut test_reads, mut ended) = (std::collections::BTreeMap::new(), 0, None);
        let events = match run.events::<Record>() {
            Ok(events) => events,
            Err(error) => {
                self.problem(VerifyProblem::Store(error));
                return None;
            }
        };
        for event in events {
            match event.map(|event| event.value.event) {
                Ok(RunEvent::Train(TrainEvent::EpochEnded(end))) => {
                    epochs.insert(end.epoch, epoch_claims(&end));
                    ended = None;
                }
                Ok(RunEvent::Pipeline(PipelineEvent::TestRead)) => test_reads += 1,
                Ok(RunEvent::Pipeline(PipelineEvent::Ended { outcome })) => ended = Some(outcome),
                Ok(_) => {}
                Err(error) => self.problem(VerifyProblem::Store(error)),
            }
        }
        if let Some(train) = &self.chain.train {
            let value = |epochs: &[_]| serde_json::to_value(epochs).unwrap_or_default();
            let found: Vec<_> = epochs.into_values().collect();
            let (expected, found) = (value(&train.claims.history), value(&found));
            let n_epochs = train.claims.history.len();
            match rows_difference(&normal(&expected), &normal(&found)) {
                None => self.held(Held::Epochs(n_epochs)),
                Some(Difference { path, left, right }) => {
                    self.differs(Subject::Epoch(joined("epochs", &path)), left, right);
                }
            }
        }
        // A run that ended has claimed every reading; one that was killed after it has not come to its claim.
        if ended.is_some() {
            let expected = self.chain.test_reads();
            if expected == test_reads {
                self.held(Held::TestReads(test_reads));
            } else {
                self.differs(Subject::TestReads, expected, test_reads);
            }
        }
        ended
    }

    /// The folds' ends in the events, and what their models said, against what is claimed of them.
    pub(super) fn folds(&mut self, run: &RunFolder) {
        let Some(link) = &self.chain.cross_validation else { return };
        let claimed: Vec<FoldResult> = link.claims.folds.iter().map(|fold| fold.trained.clone()).collect();
        let mut ended = std::collections::BTreeMap::new();
        let events = match run.events::<Record>() {
            Ok(events) => events,
            // Told where the epochs are compared.
            Err(_) => return,
        };
        for event in events.flatten() {
            if let RunEvent::Pipeline(PipelineEvent::FoldEnded { result, .. }) = event.value.event {
                ended.insert(result.fold, result);
            }
        }
        let before = self.verification.problems.len();
        let value = |folds: &[FoldResult]| normal(&serde_json::to_value(folds).unwrap_or_default());
        let found: Vec<FoldResult> = ended.into_values().collect();
        if let Some(Difference { path, left, right }) = rows_difference(&value(&claimed), &value(&found)) {
            self.differs(Subject::Fold(joined("folds", &path)), left, right);
        }
        for fold in &claimed {
            let path = run.fold_path(fold.fold);
            match run.fold(fold.fold) {
                Err(error) => self.problem(VerifyProblem::Store(error)),
                Ok(bytes) => {
                    let bytes = bytes.unwrap_or_default();
                    let found = FoldHead::split(&bytes).map(|(_, body)| Digest::of(body).to_string());
                    let found = found.unwrap_or_default();
                    if found != fold.predictions {
                        self.differs(Subject::FoldFile(path), &fold.predictions, found);
                    }
                }
            }
        }
        if self.verification.problems.len() == before {
            self.held(Held::Folds(claimed.len()));
        }
    }

    /// The parameters in the checkpoints at the epochs' ends: what `reproduce --epoch` starts from.
    pub(super) fn checkpoints(&mut self, run: &RunFolder) -> Result<(), CommandError> {
        let history = match &self.chain.train {
            Some(train) => train.claims.history.clone(),
            None => return Ok(()),
        };
        let Some(Ok(model)) = self.chain.model() else { return Ok(()) };
        let graph = model.inference_graph()?.graph;
        let mut held = 0;
        let before = self.verification.problems.len();
        for saved in run.checkpoints()?.into_iter().filter(|saved| saved.is_kept) {
            let bytes = match saved.read() {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.problem(VerifyProblem::Store(error));
                    continue;
                }
            };
            let path = saved.path.clone();
            match checkpoint::decode(&bytes) {
                Err(error) => self.problem(VerifyProblem::Checkpoint { path, source: Some(error) }),
                Ok(content) => {
                    let epoch = history.iter().find(|epoch| epoch.epoch == saved.id.epoch);
                    let progress = &content.progress;
                    let is_there = progress.epochs_done == saved.id.epoch && progress.step_in_epoch == 0;
                    let Some(epoch) = epoch.filter(|_| is_there) else {
                        self.problem(VerifyProblem::Checkpoint { path, source: None });
                        continue;
                    };
                    let found = parameters_of(&content, StateBlock::new(&graph));
                    if found == epoch.parameters {
                        held += 1;
                    } else {
                        self.differs(Subject::Checkpoint(path), &epoch.parameters, found);
                    }
                }
            }
        }
        if held > 0 && self.verification.problems.len() == before {
            self.held(Held::Checkpoints(held));
        }
        Ok(())
    }

    /// Where the run stands: its status, its events and its statements say the same. Whether it must have a report.
    pub(super) fn state(&mut self, run: &RunFolder, ended: Option<Outcome>) -> bool {
        let state = match run.status() {
            Ok(status) => status.state,
            Err(error) => {
                self.problem(VerifyProblem::Store(error));
                return true;
            }
        };
        let must_be_decided = match state {
            State::Accepted | State::Refused | State::Finished => true,
            // An error ends a run without an outcome, but for a training that diverged.
            State::Running | State::Interrupted | State::Failed => ended.is_some(),
        };
        if !must_be_decided {
            self.verification.notes.push(Note::NotEnded);
            return false;
        }
        match self.chain.outcome() {
            Err(problem) => self.problem(VerifyProblem::Chain(problem)),
            Ok(outcome) => {
                let words = [Some(outcome), ended].map(|outcome| outcome.map_or_else(String::new, word));
                let states = [state_of(outcome), state].map(word);
                let agrees = words[0] == words[1] && states[0] == states[1];
                if words[0] != words[1] {
                    self.differs(Subject::Ended, &words[0], &words[1]);
                }
                if states[0] != states[1] {
                    self.differs(Subject::State, &states[0], &states[1]);
                }
                if agrees {
                    self.held(Held::State);
                }
            }
        }
        true
    }

    /// The statements that a page carries, as far as they verify.
    pub(super) fn page_statements(&mut self, page: &str, data: &ReportData) -> Vec<(Statement, Grade)> {
        let mut statements = Vec::new();
        for (idx, row) in data.evidence.iter().enumerate() {
            let grade = match row.grade {
                proofmark_report::Grade::Measured => Grade::Measured,
                proofmark_report::Grade::Reported => Grade::Reported,
                proofmark_report::Grade::Attested => Grade::Attested,
            };
            match statement_of(row) {
                Ok(statement) => {
                    if statement.kind().name() != row.kind {
                        let what = Subject::Page { page: page.to_owned(), path: format!("evidence[{idx}].kind") };
                        self.differs(what, statement.kind().name(), &row.kind);
                    }
                    statements.push((statement, grade));
                }
                Err(source) => {
                    let (page, digest) = (page.to_owned(), row.digest.clone());
                    self.problem(VerifyProblem::Statement { page, digest, source });
                }
            }
        }
        statements
    }

    /// A page against itself, and everything on it that statements decide against these: those that it carries, and the
    /// run's own.
    pub(super) fn page(&mut self, page: &str, data: &ReportData, bytes: &[u8]) {
        if data.run.program_version != env!("CARGO_PKG_VERSION") {
            let version = data.run.program_version.clone();
            self.problem(VerifyProblem::PageVersion { page: page.to_owned(), version });
        } else if Lang::ALL.iter().any(|lang| proofmark_report::render(data, *lang).as_bytes() == bytes) {
            self.held(Held::Page);
        } else {
            self.problem(VerifyProblem::PageAltered { page: page.to_owned() });
        }
        let before = self.verification.problems.len();
        self.carried(page, data);
        match self.chain.outcome() {
            Ok(outcome) => {
                for Difference { path, left, right } in settled_differences(data, &self.chain, outcome) {
                    self.differs(Subject::Page { page: page.to_owned(), path }, left, right);
                }
            }
            Err(problem) => self.problem(VerifyProblem::Chain(problem)),
        }
        let text = data.spec_yaml.clone();
        let source = SpecSource { file_name: page.to_owned(), text, base: "".into(), overrides: Vec::new() };
        match self.spec_difference(&source) {
            Ok(None) => {}
            Ok(Some(Difference { path, left, right })) => self.differs(Subject::PageSpec(path), left, right),
            Err(error) => self.problem(VerifyProblem::Spec(Box::new(error))),
        }
        if self.verification.problems.len() == before {
            self.held(Held::Figures);
        }
    }

    /// The statements that a page carries are the run's, with their grades, and give the same outcome by themselves.
    fn carried(&mut self, page: &str, data: &ReportData) {
        // A page alone: they are all there is, and those that do not verify were told.
        if self.verification.statements.iter().all(|statement| statement.made.is_none()) {
            return;
        }
        let carried = self.page_statements(page, data);
        for (idx, (statement, grade)) in carried.iter().enumerate() {
            let digest = statement.digest();
            let known = self.verification.statements.iter().find(|known| known.digest == digest);
            match known.map(|known| known.grade) {
                None => self.problem(VerifyProblem::PageStatement { page: page.to_owned(), digest }),
                Some(known) if known != *grade => {
                    let what = Subject::Page { page: page.to_owned(), path: format!("evidence[{idx}].grade") };
                    self.differs(what, word(known), word(*grade));
                }
                Some(_) => {}
            }
        }
        let (chain, _) = Chain::of(carried.iter().map(|(statement, _)| statement));
        if let Err(problem) = chain.outcome() {
            self.problem(VerifyProblem::Chain(problem));
        }
    }

    pub(super) fn finish(mut self) -> Verification {
        if self.statements.is_empty() && self.verification.problems.is_empty() {
            self.problem(VerifyProblem::Empty);
        }
        self.verification
    }
}

/// The SHA-256 of the model's parameters in a checkpoint; `state` is the model's block, whose content does not matter.
pub(crate) fn parameters_of(content: &checkpoint::Checkpoint, mut state: StateBlock) -> String {
    let names: Vec<String> = state.entries().iter().map(|entry| entry.name.clone()).collect();
    for name in names {
        if let (Some(target), Some(values)) = (state.get_mut(&name), content.states.get(&name))
            && target.len() == values.len()
        {
            target.copy_from_slice(values);
        } else {
            // A state that is not there, or of another size: no digest is that of this.
            return String::new();
        }
    }
    parameters_digest(&state)
}

/// What settling would change in a page's data: the first difference of each part.
fn settled_differences(data: &ReportData, chain: &Chain, outcome: Outcome) -> Vec<Difference> {
    let mut settled = data.clone();
    settle(&mut settled, chain, outcome);
    let [expected, found] = [&settled, data].map(|data| normal(&serde_json::to_value(data).unwrap_or_default()));
    let (Value::Object(expected), Value::Object(found)) = (expected, found) else { return Vec::new() };
    let parts = expected.iter().filter_map(|(part, expected)| {
        let Difference { path, left, right } = rows_difference(expected, found.get(part)?)?;
        Some(Difference { path: joined(part, &path), left, right })
    });
    parts.collect()
}

/// A path within a path.
fn joined(path: &str, rest: &str) -> String {
    let dot = if path.is_empty() || rest.is_empty() || rest.starts_with('[') { "" } else { "." };
    format!("{path}{dot}{rest}")
}

/// The first difference; of lists of different length their lengths, for nobody reads two whole lists.
fn rows_difference(left: &Value, right: &Value) -> Option<Difference> {
    let Difference { path, left, right } = first_difference(left, right)?;
    Some(match (&left, &right) {
        (Value::Array(a), Value::Array(b)) if a.len() != b.len() => {
            Difference { path: joined(&path, "length"), left: a.len().into(), right: b.len().into() }
        }
        _ => Difference { path, left, right },
    })
}

/// An enum's word in JSON.
fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}
