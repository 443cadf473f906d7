//! Studies: what validation says leads to the next trial; the test split waits for the one that is chosen.
//!
//! A study has a folder like a run's, whose events are the journal. Each trial is a run of its own, with evidence of its own,
//! that ends once validation is measured. The best trial becomes the candidate: its run goes on from its last checkpoint to
//! acceptance, and carries the statement of the study that chose it.

pub(crate) mod check;
mod claims;
mod desk;
pub(crate) mod goal;
mod page;
pub(crate) use page::summary;
mod reproduce;
mod trial;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};

use proofmark_evidence::{Kind, Statement};
use proofmark_report::Outcome as RunOutcome;
use proofmark_store::{EventLog, OpenRun, RunFile, RunFolder, Runs, State};
use proofmark_tune::{AdjustSpec, Trial, TrialRecord, Values};

pub use reproduce::{StudyReproduction, reproduce_study};

use crate::claims::StudyClaims;
use crate::error::LabError;
use crate::host::{Host, Observation};
use crate::lock::Lock;
use crate::pipeline::{
    Flow, PreparedRun, Purpose, RunResult, SpecSource, attempt_started, base_of, check_same, create, go_on,
    prepare_run, read_spec, spec_source,
};
use crate::run_spec::RunSpec;
use crate::spec::read::Read;
use crate::statements::{Statements, study_inputs};
use desk::Desk;
use goal::{GoalPath, goals_of};
use trial::{Ran, SharedData, Trials};

/// What a study tells of its trials.
pub mod trials {
    pub use proofmark_tune::{Failure, TrialRecord, TrialState, Value, Values};
}

/// How a study ended.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyResult {
    /// The study's id.
    pub study: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Whether the person interrupted it.
    pub is_interrupted: bool,
    /// Its trials, by number.
    pub trials: Vec<TrialRecord>,
    /// The most trials that there may be.
    pub max_trials: u64,
    /// For each goal its path, and whether more is better.
    pub goals: Vec<(String, bool)>,
    /// What the plain spec reached, one value a goal.
    pub baseline: Option<Vec<f64>>,
    /// The trial that was chosen, with the id of its run.
    pub best: Option<(TrialRecord, String)>,
    /// The numbers of the trials that no other one beats in every goal.
    pub front: Vec<u64>,
    /// How much each parameter mattered, if enough trials tell.
    pub importance: Vec<(String, f64)>,
    /// The whole attempt.
    pub seconds: f64,
    /// The page of the study, if it ended.
    pub report: Option<PathBuf>,
}

/// A study that is to be run, or gone on with.
struct Session<'a> {
    source: &'a SpecSource,
    read: &'a Read<RunSpec>,
    adjust: &'a AdjustSpec,
    goals: Vec<GoalPath>,
    runs: &'a Runs,
    open: &'a OpenRun,
    /// The lock of the plain spec.
    lock: &'a Lock,
    shared: SharedData,
    started: f64,
}

/// Runs the study that a spec's `adjust` asks for: trials, each a run that is measured on validation. The test split is not
/// read; [`accept`] takes the chosen trial there.
///
/// # Errors
/// [`LabError::NothingToAdjust`], and everything that a run can say before its training. A trial that cannot be run has
/// failed, which is no error of the study.
pub fn tune(source: &SpecSource, runs: &Runs, host: &mut dyn Host) -> Result<StudyResult, LabError> {
    let read = read_spec(source)?;
    if read.value.adjust.is_none() {
        return Err(LabError::NothingToAdjust);
    }
    let prepared = prepare_run(&read, &source.base, host)?;
    start(source, &read, prepared, None, runs, host)
}

/// The study of a spec that was run as it stands, and that validation refused; then the verdict on the trial that it chose.
pub(crate) fn adjust(
    source: &SpecSource,
    read: &Read<RunSpec>,
    prepared: PreparedRun,
    plain: RunResult,
    runs: &Runs,
    host: &mut dyn Host,
) -> Result<RunResult, LabError> {
    let study = start(source, read, prepared, Some(&plain.run), runs, host)?;
    let result = if study.is_interrupted {
        RunResult { outcome: None, ..plain }
    } else if study.best.is_some() {
        accept(&runs.studies().find(&study.study)?, Some(&source.base), runs, host)?
    } else {
        plain
    };
    Ok(RunResult { study: Some(Box::new(study)), ..result })
}

fn start(
    source: &SpecSource,
    read: &Read<RunSpec>,
    prepared: PreparedRun,
    plain: Option<&str>,
    runs: &Runs,
    host: &mut dyn Host,
) -> Result<StudyResult, LabError> {
    if prepared.model.is_none() {
        return Err(LabError::GateRefusedStudy);
    }
    let started = host.seconds();
    let (open, log) = create(source, read, &prepared.lock, "-study", &runs.studies(), host)?;
    host.observe(Observation::Study { study: open.id() });
    let session = Session::new(source, read, &prepared, runs, &open, started)?;
    session.run_or_fail(log, plain, host)
}

/// Goes on with a study that was interrupted. One that ended gives its result again.
///
/// # Errors
/// As [`tune`]; [`LabError::ResumeDiffers`] if spec, data or program changed since, [`LabError::Journal`].
pub fn resume_study(
    folder: &RunFolder,
    base: Option<&Path>,
    runs: &Runs,
    host: &mut dyn Host,
) -> Result<StudyResult, LabError> {
    let started = host.seconds();
    let open = folder.open()?;
    let base = base_of(&open, base)?;
    let source = spec_source(&open, base.clone())?;
    let read = read_spec(&source)?;
    let prepared = prepare_run(&read, &base, host)?;
    same_as_before(&open, &prepared.lock)?;
    let mut log = open.event_log()?;
    if open.status()?.state != State::Finished {
        let attempt = open.start_attempt()?;
        attempt_started(&mut log, host, attempt, &base)?;
    }
    host.observe(Observation::Study { study: open.id() });
    let session = Session::new(&source, &read, &prepared, runs, &open, started)?;
    session.run_or_fail(log, None, host)
}

fn same_as_before(open: &OpenRun, now: &Lock) -> Result<(), LabError> {
    let before: Lock = open.read_json(RunFile::Lock)?;
    check_same(&before, now).map_err(|error| match error {
        LabError::LockDiffers(difference) => LabError::ResumeDiffers(difference),
        error => error,
    })
}

/// Takes the trial that a study chose to its verdict: validation decides whether the test split is read, once.
///
/// # Errors
/// [`LabError::NoCandidate`]; [`LabError::NothingToResume`] if it was judged before.
pub fn accept(
    folder: &RunFolder,
    base: Option<&Path>,
    runs: &Runs,
    host: &mut dyn Host,
) -> Result<RunResult, LabError> {
    let started = host.seconds();
    let no_candidate = || LabError::NoCandidate { study: folder.id().to_owned() };
    let study: StudyClaims =
        stated(&folder.evidence()?.into_iter().map(|(statement, _)| statement).collect::<Vec<_>>())
            .ok_or_else(no_candidate)?;
    let best = study.best.ok_or_else(no_candidate)?;
    let id = desk::runs_of(folder)?.remove(&Some(best)).ok_or_else(no_candidate)?;
    let open = runs.find(&id)?.open()?;
    // A trial ends finished; afterwards it is accepted or refused, once.
    if matches!(open.status()?.state, State::Accepted | State::Refused) {
        return Err(LabError::NothingToResume { run: id, has_trained: true });
    }
    let base = base_of(&open, base)?;
    let read = read_spec(&spec_source(&open, base.clone())?)?;
    let prepared = prepare_run(&read, &base, host)?;
    let mut flow = Flow { read: &read, open: &open, started, prepared };
    go_on(&mut flow, Purpose::Candidate(&study), &base, host)
}

/// The newest statement of a study.
fn stated(statements: &[Statement]) -> Option<StudyClaims> {
    let mut of_study = statements.iter().filter(|statement| statement.kind() == Kind::TuneStudy);
    of_study.next_back().and_then(|statement| crate::claims::read(statement).ok())
}

/// What a worker tells the thread that shows progress.
enum News {
    Started(Trial),
    Ended(TrialRecord, Option<u64>),
}

/// Why a worker stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stopped {
    /// There is nothing left to try, or no time.
    Done,
    /// The person said so.
    Interrupted,
}

impl<'a> Session<'a> {
    fn new(
        source: &'a SpecSource,
        read: &'a Read<RunSpec>,
        prepared: &'a PreparedRun,
        runs: &'a Runs,
        open: &'a OpenRun,
        started: f64,
    ) -> Result<Session<'a>, LabError> {
        let spec = &read.value;
        let adjust = spec.adjust.as_ref().ok_or(LabError::NothingToAdjust)?;
        // Reading the spec refused goals that there are not.
        let goals = goals_of(spec, adjust).map_err(|_| LabError::NothingToAdjust)?;
        let shared = SharedData::new(spec, &prepared.preparation);
        Ok(Session { source, read, adjust, goals, runs, open, lock: &prepared.lock, shared, started })
    }

    fn run_or_fail(&self, log: EventLog, plain: Option<&str>, host: &mut dyn Host) -> Result<StudyResult, LabError> {
        let result = self.run(log, plain, host);
        if result.is_err() {
            let _ = self.open.finish(State::Failed);
        }
        result
    }

    fn run(&self, log: EventLog, plain: Option<&str>, host: &mut dyn Host) -> Result<StudyResult, LabError> {
        let digest = self.lock.digest()?.to_string();
        let mut desk = Desk::open(self.open, log, self.adjust, self.read.value.seed, &digest, host)?;
        if let Some(plain) = plain {
            desk.run_created(None, plain, host)?;
        }
        let desk = Mutex::new(desk);
        let (source, runs, goals, shared) = (self.source, self.runs, &self.goals[..], &self.shared);
        let trials = Trials { source, runs, digest: &digest, goals, shared, desk: &desk };
        // The plain spec comes first: what the trials must beat.
        let baseline = trials.run(None, &Values::new(), host)?;
        let stopped = match baseline {
            Ran::Interrupted => Stopped::Interrupted,
            Ran::Ended(_) => self.all_trials(&trials, host)?,
        };
        let desk = desk.into_inner().unwrap_or_else(PoisonError::into_inner);
        if stopped == Stopped::Interrupted {
            self.open.finish(State::Interrupted)?;
            return Ok(self.result(&desk, None, None, host));
        }
        let claims = claims::of_study(&desk, self.adjust, self.read.value.seed, &digest, &self.goals, self.runs)?;
        self.end(&desk, claims, host)
    }

    /// Statement, page and status.
    fn end(&self, desk: &Desk, claims: StudyClaims, host: &mut dyn Host) -> Result<StudyResult, LabError> {
        let mut statements = Statements::new(&self.read.value.name, Some(self.open));
        statements.make(host, Kind::TuneStudy, &claims, study_inputs(&claims), BTreeMap::new())?;
        let spec_yaml = String::from_utf8_lossy(&self.open.read(RunFile::Spec)?).into_owned();
        let page = page::fill(self.open.id(), &claims, desk, self.lock, &statements.made, spec_yaml, host);
        self.open.write(RunFile::Report, proofmark_report::render_study(&page, host.lang()).as_bytes())?;
        self.open.finish(State::Finished)?;
        Ok(self.result(desk, Some(&claims), Some(self.open.file_path(RunFile::Report)), host))
    }

    fn result(
        &self,
        desk: &Desk,
        claims: Option<&StudyClaims>,
        report: Option<PathBuf>,
        host: &dyn Host,
    ) -> StudyResult {
        let study = desk.study();
        let best = study.best().and_then(|best| Some((best.clone(), desk.run(Some(best.number))?.to_owned())));
        StudyResult {
            study: self.open.id().to_owned(),
            folder: self.open.path().to_owned(),
            is_interrupted: claims.is_none(),
            trials: study.trials().to_vec(),
            max_trials: self.adjust.trials,
            goals: self.adjust.goal.0.iter().map(|goal| (goal.metric().to_owned(), goal.is_maximized())).collect(),
            baseline: claims
                .and_then(|claims| claims.baseline.as_ref())
                .map(|baseline| baseline.objectives.iter().map(|value| value.0).collect()),
            best,
            front: study.front().iter().map(|trial| trial.number).collect(),
            importance: claims.map_or_else(Vec::new, |claims| {
                claims.importance.iter().map(|row| (row.parameter.clone(), row.share.0)).collect()
            }),
            seconds: host.seconds() - self.started,
            report,
        }
    }

    /// Runs trials until there is nothing left to try, one after another or several side by side.
    fn all_trials(&self, trials: &Trials<'_>, host: &mut dyn Host) -> Result<Stopped, LabError> {
        let wanted = self.adjust.parallel as usize;
        let mut beside: Vec<Box<dyn Host + Send>> =
            if wanted > 1 { (0..wanted).filter_map(|_| host.beside(wanted)).collect() } else { Vec::new() };
        if beside.is_empty() {
            return self.work(trials, host, &mut |news, host| show(&news, self.adjust.trials, host));
        }
        let (sender, receiver) = channel::<News>();
        std::thread::scope(|scope| {
            let workers: Vec<_> = beside
                .iter_mut()
                .map(|own| {
                    let sender: Sender<News> = sender.clone();
                    scope.spawn(move || {
                        // Nobody listening any more is no reason to stop a trial.
                        self.work(trials, &mut **own, &mut |news, _| drop(sender.send(news)))
                    })
                })
                .collect();
            drop(sender);
            for news in receiver {
                show(&news, self.adjust.trials, host);
            }
            let mut stopped = Stopped::Done;
            for worker in workers {
                match worker.join() {
                    Ok(Ok(Stopped::Done)) => {}
                    Ok(Ok(Stopped::Interrupted)) => stopped = Stopped::Interrupted,
                    Ok(Err(error)) => return Err(error),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            Ok(stopped)
        })
    }

    fn work(
        &self,
        trials: &Trials<'_>,
        host: &mut dyn Host,
        tell: &mut dyn FnMut(News, &mut dyn Host),
    ) -> Result<Stopped, LabError> {
        let began = host.seconds();
        loop {
            if host.is_interrupted() {
                return Ok(Stopped::Interrupted);
            }
            if self.adjust.seconds.is_some_and(|limit| host.seconds() - began >= limit) {
                return Ok(Stopped::Done);
            }
            let asked = trials.desk().ask(host)?;
            let Some(trial) = asked else { return Ok(Stopped::Done) };
            tell(News::Started(trial.clone()), host);
            let outcome = match trials.run(Some(trial.number), &trial.values, host)? {
                Ran::Interrupted => return Ok(Stopped::Interrupted),
                Ran::Ended(outcome) => outcome,
            };
            let (record, best) = {
                let mut desk = trials.desk();
                let record = desk.tell(trial.number, outcome, host)?;
                (record, desk.study().best().map(|best| best.number))
            };
            tell(News::Ended(record, best), host);
        }
    }
}

fn show(news: &News, trials: u64, host: &mut dyn Host) {
    match news {
        News::Started(Trial { number, values }) => {
            host.observe(Observation::TrialStarted { number: *number, trials, values });
        }
        News::Ended(trial, best) => host.observe(Observation::TrialEnded { trial, best: *best }),
    }
}

/// Whether a run leads to a study: its spec asks for one, and validation said no.
pub(crate) fn is_to_be_adjusted(spec: &RunSpec, result: &RunResult) -> bool {
    spec.adjust.is_some() && result.outcome == Some(RunOutcome::RefusedOnValidation)
}
