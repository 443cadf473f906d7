//! A trial: a run of the spec with other values, measured on validation, that its study may end early.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use proofmark_data::{DataSpec, Preparation, QualitySpec};
use proofmark_messages::{Lang, Localize};
use proofmark_report::{Outcome as RunOutcome, Split};
use proofmark_store::{OpenRun, Runs, State};
use proofmark_train::{EpochEnd, RecordError, TrainError};
use proofmark_tune::{Outcome, Values, Verdict};

use super::check::argument;
use super::desk::Desk;
use super::goal::{GoalPath, objectives};
use crate::chain::Chain;
use crate::error::LabError;
use crate::facts::facts;
use crate::host::{Host, Observation};
use crate::lock::TrialOf;
use crate::pipeline::{
    Flow, PreparedRun, Purpose, RunResult, SpecSource, create, go_on, prepare_data, read_spec, resolve,
};
use crate::record::Watch;
use crate::run_spec::RunSpec;
use crate::spec::read::Read;

/// What every trial of a study shares.
pub(super) struct Trials<'a> {
    /// The plain spec.
    pub(super) source: &'a SpecSource,
    pub(super) runs: &'a Runs,
    /// The digest of the study's lock.
    pub(super) digest: &'a str,
    pub(super) goals: &'a [GoalPath],
    pub(super) shared: &'a SharedData,
    pub(super) desk: &'a Mutex<Desk>,
}

/// Data that were prepared once, for every spec that asks for the same.
pub(super) struct SharedData {
    data: DataSpec,
    quality: QualitySpec,
    seed: u64,
    preparation: Preparation,
}

impl SharedData {
    pub(super) fn new(spec: &RunSpec, preparation: &Preparation) -> SharedData {
        let RunSpec { data, quality, seed, .. } = spec;
        let (data, quality, preparation) = (data.clone(), quality.clone(), preparation.clone());
        SharedData { data, quality, seed: *seed, preparation }
    }

    /// The data of a spec, its model and its lock.
    pub(super) fn prepare(
        &self,
        read: &Read<RunSpec>,
        base: &Path,
        host: &mut dyn Host,
    ) -> Result<PreparedRun, LabError> {
        let RunSpec { data, quality, seed, .. } = &read.value;
        let is_same = (data, quality, *seed) == (&self.data, &self.quality, self.seed);
        // Cloning copies no images.
        let preparation = if is_same { self.preparation.clone() } else { prepare_data(read, base, host)? };
        resolve(read, preparation)
    }
}

/// What came of a trial's run.
pub(super) enum Ran {
    /// The person interrupted it.
    Interrupted,
    /// It came to an end.
    Ended(Outcome),
}

impl Trials<'_> {
    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        // A study is changed as a whole or not at all: what another thread left is good, whatever became of that thread.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a trial, or goes on with it; `None` is the plain spec, which no pruner ends.
    ///
    /// # Errors
    /// What keeps the study from going on. A trial that cannot be run has failed, which is no error.
    pub(super) fn run(&self, number: Option<u64>, values: &Values, host: &mut dyn Host) -> Result<Ran, LabError> {
        let mut source = self.source.clone();
        source.overrides.extend(values.iter().map(|(path, value)| argument(path, value)));
        match self.attempt(number, &source, host) {
            Ok(ran) => Ok(ran),
            Err(error) => match failure(&error) {
                Some(why) if number.is_some() => Ok(Ran::Ended(Outcome::Failed { why })),
                _ => Err(error),
            },
        }
    }

    fn attempt(&self, number: Option<u64>, source: &SpecSource, host: &mut dyn Host) -> Result<Ran, LabError> {
        let started = host.seconds();
        let read = read_spec(source)?;
        let mut prepared = self.shared.prepare(&read, &source.base, host)?;
        prepared.lock.trial = Some(TrialOf { study: self.digest.to_owned(), number });
        let mut watch = TrialWatch { trials: self, number, epochs: read.value.train.epochs };
        let known = self.desk().run(number).map(str::to_owned);
        let (open, result) = match known {
            Some(run) => {
                let open = self.runs.find(&run)?.open()?;
                match open.status()?.state {
                    // It came to its end, and the study did not hear of it any more.
                    State::Finished | State::Accepted | State::Refused => (open, None),
                    State::Running | State::Interrupted | State::Failed => {
                        let mut flow = Flow { read: &read, open: &open, started, prepared };
                        let result = go_on(&mut flow, Purpose::Trial(&mut watch), &source.base, host)?;
                        (open, Some(result))
                    }
                }
            }
            None => {
                let what = number.map_or_else(|| "-plain".to_owned(), |number| format!("-trial-{number}"));
                let (open, log) = create(source, &read, &prepared.lock, &what, self.runs, host)?;
                self.desk().run_created(number, open.id(), host)?;
                host.observe(Observation::Created { run: open.id() });
                let flow = Flow { read: &read, open: &open, started, prepared };
                let result = flow.finish_or_fail(log, Purpose::Trial(&mut watch), None, 0, host)?;
                (open, Some(result))
            }
        };
        if let Some(RunResult { outcome: None, .. }) = result {
            return Ok(Ran::Interrupted);
        }
        Ok(Ran::Ended(self.outcome(&open)?))
    }

    /// What a trial's run shows, by its statements.
    fn outcome(&self, open: &OpenRun) -> Result<Outcome, LabError> {
        let statements = open.evidence()?;
        let (chain, problems) = Chain::of(statements.iter().map(|(statement, _)| statement));
        let problem = |problem| LabError::Chain(Box::new(problem));
        if let Some(first) = problems.into_iter().next() {
            return Err(problem(first));
        }
        Ok(match chain.outcome().map_err(problem)? {
            RunOutcome::Pruned => Outcome::Pruned,
            outcome => match facts(&chain, Split::Validation) {
                Some(facts) => Outcome::Complete(objectives(self.goals, &facts)),
                // Refused at the gate, say.
                None => Outcome::Failed { why: format!("{outcome:?}") },
            },
        })
    }
}

/// Why a trial failed, in words; `None` for what is the matter of the whole study.
fn failure(error: &LabError) -> Option<String> {
    let is_its_own = match error {
        LabError::Spec(_) | LabError::Data(_) => true,
        LabError::Train(cause) => !matches!(
            **cause,
            TrainError::ResumeDiffers { .. }
                | TrainError::ResumeState { .. }
                | TrainError::NotRecorded(_)
                | TrainError::Run(_)
        ),
        _ => false,
    };
    // In English: it is part of the journal, and a journal has no language.
    is_its_own.then(|| error.text(Lang::En))
}

/// Tells the study what each epoch gave.
struct TrialWatch<'a> {
    trials: &'a Trials<'a>,
    number: Option<u64>,
    epochs: u32,
}

impl Watch for TrialWatch<'_> {
    fn epoch_ended(&mut self, end: &EpochEnd, host: &dyn Host) -> Result<bool, RecordError> {
        let (Some(number), [goal]) = (self.number, self.trials.goals) else { return Ok(false) };
        let Some(value) = goal.on_the_way.and_then(|goal| goal.value(end)) else { return Ok(false) };
        let verdict = self.trials.desk().report(number, u64::from(end.epoch), value, host)?;
        // After the last epoch there is nothing left to save.
        Ok(verdict == Verdict::Prune && end.epoch < self.epochs)
    }
}
