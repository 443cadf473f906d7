//! Ask and tell.
//!
//! ```
//! use proofmark_tune::{AdjustSpec, Domain, Goal, Outcome, Space, Study, Value};
//!
//! let search = Space::default().with("x", Domain::linear(-1.0, 1.0));
//! let spec = AdjustSpec::new(Goal::Minimize("validation.loss".into()), search);
//! let mut study = Study::new(&spec, 7, "digest of the spec")?;
//! while let Some(trial) = study.ask() {
//!     let Value::Float(x) = trial.values["x"] else { unreachable!("`x` is a number") };
//!     study.tell(trial.number, Outcome::Complete(vec![x * x]))?;
//!     for record in study.take_records() {
//!         println!("{}", record.to_line()); // to a file, in earnest
//!     }
//! }
//! assert!(study.best().is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeSet;

use crate::error::{JournalError, JournalErrorKind, SpecErrors, StudyError};
use crate::front;
use crate::journal::Record;
use crate::pruners::Pruner;
use crate::samplers::{Memory, Question, Sampler};
use crate::space::CheckedSpace;
use crate::spec::AdjustSpec;
use crate::trial::{Failure, History, Outcome, Report, Trial, TrialRecord, TrialState, Verdict};

/// A search in progress: it says what to try next, and is told what came of it.
///
/// Whatever changes the study also leaves a [`Record`] in its outbox ([`Study::take_records`]); a record that is on disk before
/// its effect is used survives any crash.
#[derive(Clone, Debug)]
pub struct Study {
    space: CheckedSpace,
    sampler: Sampler,
    pruner: Pruner,
    maximize: Vec<bool>,
    max_trials: u64,
    seed: u64,
    trials: Vec<TrialRecord>,
    finished: Vec<u64>,
    /// Trials that ran when the journal ended, and that nobody runs now.
    interrupted: BTreeSet<u64>,
    outbox: Vec<Record>,
    memory: Memory,
}

/// Two studies are equal if they came equally far; what waits in an outbox or is computed again does not count.
impl PartialEq for Study {
    fn eq(&self, other: &Study) -> bool {
        self.space == other.space
            && self.sampler == other.sampler
            && self.pruner == other.pruner
            && self.maximize == other.maximize
            && self.max_trials == other.max_trials
            && self.seed == other.seed
            && self.trials == other.trials
            && self.finished == other.finished
    }
}

impl Study {
    /// A study that has not begun. `spec_digest` names what decides its choices, for [`Study::replay`] to compare.
    ///
    /// # Errors
    /// Everything that is wrong with the spec; paths start at `adjust`.
    pub fn new(spec: &AdjustSpec, seed: u64, spec_digest: &str) -> Result<Study, SpecErrors> {
        let space = spec.check("adjust")?;
        Ok(Study {
            space,
            sampler: spec.sampler.clone(),
            pruner: spec.pruner.clone(),
            maximize: spec.goal.0.iter().map(crate::Goal::is_maximized).collect(),
            max_trials: spec.trials,
            seed,
            trials: Vec::new(),
            finished: Vec::new(),
            interrupted: BTreeSet::new(),
            outbox: vec![Record::StudyStarted { spec_digest: spec_digest.to_owned(), seed }],
            memory: Memory::default(),
        })
    }

    /// Brings a new study to where its journal ends. Choices and verdicts are taken from the records, not made again.
    ///
    /// Trials that had no end are *interrupted*: [`Study::ask`] gives them again first, in the order of their numbers, with the
    /// same numbers and values. A trial reproduces bit for bit, so what it reports again must be what it reported before; such
    /// reports get the same verdict and leave no second record.
    ///
    /// # Errors
    /// The first record that this study cannot have written, with its position.
    pub fn replay(mut self, records: impl IntoIterator<Item = Record>) -> Result<Study, JournalError> {
        let start = self.outbox.first().cloned();
        let mut is_empty = true;
        for (position, record) in records.into_iter().enumerate() {
            is_empty = false;
            self.apply(record, start.as_ref(), position).map_err(|kind| JournalError { position, kind })?;
        }
        if !is_empty {
            self.outbox.clear();
        }
        self.interrupted = self.trials.iter().filter(|trial| trial.is_running()).map(|trial| trial.number).collect();
        Ok(self)
    }

    /// The next trial to run; `None` if all have started: `trials` of them, or every point of a grid. Interrupted trials come
    /// first.
    pub fn ask(&mut self) -> Option<Trial> {
        if let Some(number) = self.interrupted.pop_first() {
            return self.history().trial(number).map(|trial| Trial { number, values: trial.values.clone() });
        }
        let number = self.trials.len() as u64;
        if number >= self.max_trials {
            return None;
        }
        let mut memory = std::mem::take(&mut self.memory);
        let history = self.history();
        let question = Question { space: &self.space, seed: self.seed, number, history, attempt: 0 };
        let values = self.sampler.sample(&question, &mut memory);
        self.memory = memory;
        let values = values?;
        self.outbox.push(Record::TrialStarted { trial: number, values: values.clone() });
        self.start(number, values.clone());
        Some(Trial { number, values })
    }

    /// A running trial's value after a step, from 1; whether it should go on. With several goals nothing is pruned. A value that
    /// is not finite ranks behind all others. Reporting a step again with the same value gives the same verdict.
    ///
    /// # Errors
    /// If no such trial runs, or the step does not come after those before.
    pub fn report(&mut self, number: u64, step: u64, value: f64) -> Result<Verdict, StudyError> {
        let value = value.is_finite().then_some(value);
        let trial = self.running(number)?;
        if let Some(known) = trial.reports.iter().find(|report| report.step == step) {
            let is_same = known.value.map(f64::to_bits) == value.map(f64::to_bits);
            let differs = StudyError::ReportDiffers { number, step, expected: known.value, received: value };
            return if is_same { Ok(known.verdict) } else { Err(differs) };
        }
        self.add_report(number, Report { step, value, verdict: Verdict::Continue })?;
        let history = self.history();
        let verdict = match history.trial(number) {
            Some(trial) if self.maximize.len() == 1 => self.pruner.verdict(&history, trial),
            _ => Verdict::Continue,
        };
        if let Some(report) = self.trials.get_mut(number as usize).and_then(|trial| trial.reports.last_mut()) {
            report.verdict = verdict;
        }
        self.outbox.push(Record::Intermediate { trial: number, step, value, verdict });
        Ok(verdict)
    }

    /// A trial's end. A complete trial with a value that is NaN or infinite becomes a failed one.
    ///
    /// # Errors
    /// If no such trial runs, or it has not one value for each goal.
    pub fn tell(&mut self, number: u64, outcome: Outcome) -> Result<&TrialRecord, StudyError> {
        self.running(number)?;
        let state = match outcome {
            Outcome::Complete(objectives) if objectives.len() != self.maximize.len() => {
                let (expected, received) = (self.maximize.len(), objectives.len());
                return Err(StudyError::ObjectiveCount { number, expected, received });
            }
            Outcome::Complete(objectives) => match objectives.iter().position(|value| !value.is_finite()) {
                Some(goal_idx) => TrialState::Failed(Failure::NotFinite { goal_idx }),
                None => TrialState::Complete { objectives },
            },
            Outcome::Pruned => TrialState::Pruned,
            Outcome::Failed { why } => TrialState::Failed(Failure::Reported { why }),
        };
        self.outbox.push(Record::TrialEnded { trial: number, state: state.clone() });
        self.end(number, state);
        Ok(&self.trials[number as usize])
    }

    /// What happened since the last call and is not yet on disk, in order.
    #[must_use = "records that are not written are lost"]
    pub fn take_records(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.outbox)
    }

    /// All trials, by number.
    pub fn trials(&self) -> &[TrialRecord] {
        &self.trials
    }

    /// What is searched.
    pub fn space(&self) -> &CheckedSpace {
        &self.space
    }

    /// For each goal, whether more is better.
    pub fn maximize(&self) -> &[bool] {
        &self.maximize
    }

    /// The trials as samplers and pruners see them.
    pub fn history(&self) -> History<'_> {
        History { trials: &self.trials, finished: &self.finished, maximize: &self.maximize }
    }

    /// The best complete trial; of equals the first. With several goals, the one of the front that covers most hypervolume by
    /// itself.
    pub fn best(&self) -> Option<&TrialRecord> {
        self.history().ranked().into_iter().find(|trial| trial.objectives().is_some())
    }

    /// The complete trials that no other one dominates, by number. With one goal: the best and its equals.
    pub fn front(&self) -> Vec<&TrialRecord> {
        let complete: Vec<&TrialRecord> = self.trials.iter().filter(|trial| trial.objectives().is_some()).collect();
        let losses: Vec<Vec<f64>> = complete.iter().filter_map(|trial| self.history().losses(trial)).collect();
        let is_dominated = |loss: &[f64]| losses.iter().any(|other| front::dominates(other, loss));
        complete.iter().zip(&losses).filter(|(_, loss)| !is_dominated(loss)).map(|(trial, _)| *trial).collect()
    }

    fn running(&self, number: u64) -> Result<&TrialRecord, StudyError> {
        let trial =
            self.history().trial(number).ok_or(StudyError::UnknownTrial { number, n_trials: self.trials.len() })?;
        if trial.is_running() { Ok(trial) } else { Err(StudyError::Finished { number }) }
    }

    fn start(&mut self, number: u64, values: crate::Values) {
        self.trials.push(TrialRecord { number, values, reports: Vec::new(), state: TrialState::Running });
    }

    fn add_report(&mut self, number: u64, report: Report) -> Result<(), StudyError> {
        let last = self.running(number)?.reports.last().map_or(0, |last| last.step);
        if report.step <= last {
            return Err(StudyError::StepOrder { number, step: report.step, last });
        }
        self.trials[number as usize].reports.push(report);
        Ok(())
    }

    fn end(&mut self, number: u64, state: TrialState) {
        self.trials[number as usize].state = state;
        self.finished.push(number);
        self.interrupted.remove(&number);
    }

    fn apply(&mut self, record: Record, start: Option<&Record>, position: usize) -> Result<(), JournalErrorKind> {
        if position > 0 && matches!(record, Record::StudyStarted { .. }) {
            return Err(JournalErrorKind::SecondStart);
        }
        match (record, start) {
            (Record::StudyStarted { spec_digest, seed }, Some(Record::StudyStarted { spec_digest: own, .. })) => {
                if spec_digest != *own {
                    return Err(JournalErrorKind::SpecDiffers { expected: own.clone(), received: spec_digest });
                }
                if seed != self.seed {
                    return Err(JournalErrorKind::SeedDiffers { expected: self.seed, received: seed });
                }
            }
            _ if position == 0 => return Err(JournalErrorKind::NoStart),
            (Record::StudyStarted { .. }, _) => return Err(JournalErrorKind::SecondStart),
            (Record::TrialStarted { trial, values }, _) => {
                let expected = self.trials.len() as u64;
                if trial != expected {
                    return Err(JournalErrorKind::TrialOutOfTurn { expected, received: trial });
                }
                if trial >= self.max_trials {
                    return Err(JournalErrorKind::TooManyTrials { maximum: self.max_trials });
                }
                if let Some(parameter) = self.space.first_misfit(&values) {
                    return Err(JournalErrorKind::Misfit { number: trial, parameter: parameter.to_owned() });
                }
                self.start(trial, values);
            }
            (Record::Intermediate { trial, step, value, verdict }, _) => {
                let known = self.running(trial).map_err(JournalErrorKind::Study)?;
                if known.reports.iter().any(|report| report.step == step) {
                    return Err(JournalErrorKind::ReportTwice { number: trial, step });
                }
                self.add_report(trial, Report { step, value, verdict }).map_err(JournalErrorKind::Study)?;
            }
            (Record::TrialEnded { trial, state }, _) => {
                self.running(trial).map_err(JournalErrorKind::Study)?;
                let is_possible = match &state {
                    TrialState::Running => false,
                    TrialState::Complete { objectives } => {
                        objectives.len() == self.maximize.len() && objectives.iter().all(|value| value.is_finite())
                    }
                    TrialState::Failed(Failure::NotFinite { goal_idx }) => *goal_idx < self.maximize.len(),
                    TrialState::Failed(Failure::Reported { .. }) | TrialState::Pruned => true,
                };
                if !is_possible {
                    return Err(JournalErrorKind::State { number: trial });
                }
                self.end(trial, state);
            }
        }
        Ok(())
    }
}
