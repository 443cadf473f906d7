//! The statements of one run, each in its place: what stands on what, what is missing, and which outcome follows.

use proofmark_criteria::Outcome as Holds;
use proofmark_data::FittedFeature;
use proofmark_evidence::{Digest, Kind, Statement};
use proofmark_govern::acceptance::{self, Decision, accept};
use proofmark_model::{CheckedModel, ModelErrors};
use proofmark_report::{Outcome, Split};
use serde::de::DeserializeOwned;

use crate::claims::{
    self, CleaningClaims, DecisionClaims, EvaluationClaims, GateClaims, Number, PreparedClaims, ProfileClaims,
    SpecClaims, Stopped, StudyClaims, TrainClaims, TrialEnd,
};
use crate::cross_validation::CrossValidationClaims;
use crate::facts::{facts, schema_of};
use crate::run_spec::RunSpec;

/// A statement whose claims were read.
#[derive(Debug)]
pub(crate) struct Link<T> {
    pub(crate) digest: Digest,
    pub(crate) claims: T,
    inputs: Vec<(String, Digest)>,
}

/// What was measured on a split, and what was decided on it.
#[derive(Debug, Default)]
pub(crate) struct JudgedLinks {
    pub(crate) evaluation: Option<Link<EvaluationClaims>>,
    pub(crate) decision: Option<Link<DecisionClaims>>,
}

/// The statements of one run.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    pub(crate) spec: Option<Link<SpecClaims>>,
    /// The spec of the lock, as its type.
    pub(crate) run_spec: Option<RunSpec>,
    pub(crate) profile: Option<Link<ProfileClaims>>,
    /// In the order of the rounds.
    pub(crate) cleaning: Vec<Link<CleaningClaims>>,
    pub(crate) gate: Option<Link<GateClaims>>,
    pub(crate) prepared: Option<Link<PreparedClaims>>,
    pub(crate) cross_validation: Option<Link<CrossValidationClaims>>,
    pub(crate) train: Option<Link<TrainClaims>>,
    pub(crate) validation: JudgedLinks,
    /// Of the last reading of test.
    pub(crate) test: JudgedLinks,
    /// The study that chose this run, if one did.
    pub(crate) study: Option<Link<StudyClaims>>,
}

/// Why statements are not those of one run.
#[derive(Debug)]
pub enum ChainProblem {
    /// The claims of a statement are not what its kind claims, or not in the version that this program reads.
    Unreadable {
        /// Its kind.
        kind: Kind,
        /// Its name.
        digest: Digest,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// Two statements say different things of what can only be one.
    Contradiction {
        /// Their kind.
        kind: Kind,
        /// The names of the two.
        digests: [Digest; 2],
    },
    /// A statement that must be there is not.
    Missing {
        /// Its kind.
        kind: Kind,
        /// Of this split, where there is one for each.
        split: Option<Split>,
    },
    /// A statement does not stand on the one that it must stand on.
    Unlinked {
        /// Its kind.
        kind: Kind,
        /// What it must stand on.
        role: String,
        /// The name that it must have.
        expected: Digest,
    },
    /// A statement does not follow from those that it stands on.
    DoesNotFollow {
        /// Its kind.
        kind: Kind,
        /// Its name.
        digest: Digest,
    },
}

#[cfg(test)]
impl<T> Link<T> {
    /// As if it stood on nothing.
    pub(crate) fn made(claims: T) -> Link<T> {
        Link { digest: Digest::of(b""), claims, inputs: Vec::new() }
    }
}

impl Chain {
    /// Puts statements in their places.
    pub(crate) fn of<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> (Chain, Vec<ChainProblem>) {
        let mut chain = Chain::default();
        let mut problems = Vec::new();
        let mut evaluations: Vec<Link<EvaluationClaims>> = Vec::new();
        let mut decisions: Vec<Link<DecisionClaims>> = Vec::new();
        let mut seen: Vec<Digest> = Vec::new();
        for statement in statements {
            if seen.contains(&statement.digest()) {
                continue;
            }
            seen.push(statement.digest());
            let problems = &mut problems;
            match statement.kind() {
                Kind::RunSpec => only(&mut chain.spec, statement, problems),
                Kind::DataProfile => only(&mut chain.profile, statement, problems),
                Kind::DataGate => only(&mut chain.gate, statement, problems),
                Kind::DataPrepared => only(&mut chain.prepared, statement, problems),
                Kind::EvalCrossValidation => only(&mut chain.cross_validation, statement, problems),
                Kind::TrainRun => only(&mut chain.train, statement, problems),
                Kind::TuneStudy => only(&mut chain.study, statement, problems),
                Kind::DataCleaning => chain.cleaning.extend(link(statement, problems)),
                Kind::EvalResult => evaluations.extend(link(statement, problems)),
                Kind::AcceptDecision => decisions.extend(link(statement, problems)),
                // These are about the run, and no part of it.
                Kind::RunReproduced
                | Kind::ModelQuantized
                | Kind::PrivacySpend
                | Kind::ServeLatency
                | Kind::MonitorDrift
                | Kind::Approval
                | Kind::Decision
                | Kind::GateDefinition => {}
            }
        }
        chain.cleaning.sort_by_key(|round| round.claims.round);
        for pair in chain.cleaning.windows(2) {
            if pair[0].claims.round == pair[1].claims.round {
                let digests = [pair[0].digest, pair[1].digest];
                problems.push(ChainProblem::Contradiction { kind: Kind::DataCleaning, digests });
            }
        }
        chain.validation = judged(Split::Validation, &mut evaluations, &mut decisions, &mut problems);
        chain.test = judged(Split::Test, &mut evaluations, &mut decisions, &mut problems);
        if let Some(spec) = &chain.spec {
            match serde_json::from_value(spec.claims.lock.spec.clone()) {
                Ok(run_spec) => chain.run_spec = Some(run_spec),
                Err(source) => {
                    let (kind, digest) = (Kind::RunSpec, spec.digest);
                    problems.push(ChainProblem::Unreadable { kind, digest, source });
                }
            }
        }
        (chain, problems)
    }

    /// What was measured last, and what was decided on it.
    pub(crate) fn judged(&self) -> &JudgedLinks {
        if self.test.evaluation.is_some() { &self.test } else { &self.validation }
    }

    /// How often the test split was read.
    pub(crate) fn test_reads(&self) -> u64 {
        self.test.evaluation.as_ref().and_then(|test| test.claims.test_reads).unwrap_or(0)
    }

    /// Rows of train and validation that cleaning dropped.
    pub(crate) fn dropped_rows(&self) -> u64 {
        self.profile.as_ref().map_or(0, |profile| {
            let ProfileClaims { raw, cleaned, .. } = &profile.claims;
            raw.source.rows.saturating_sub(cleaned.source.rows)
        })
    }

    /// Whether criteria may read a cross-validation that was not made: as long as a run is a trial, it is not.
    fn lacks_folds(&self, spec: &RunSpec) -> bool {
        spec.cross_validation.is_some() && self.cross_validation.is_none()
    }

    /// The decision on a split: the criteria of the spec on what the statements say.
    pub(crate) fn decide(&self, split: Split) -> Option<Decision> {
        let spec = self.run_spec.as_ref().filter(|spec| !self.lacks_folds(spec))?;
        // It compiled when the spec was read; a spec that does not can be no one's.
        let criteria = spec.accept.as_ref()?.compile(&schema_of(spec)).ok()?;
        Some(accept(&criteria, &facts(self, split)?))
    }

    /// The model of the spec, on the prepared data.
    pub(crate) fn model(&self) -> Option<Result<CheckedModel, ModelErrors>> {
        let (spec, profile) = (self.run_spec.as_ref()?, self.profile.as_ref()?);
        let feature: &FittedFeature = &self.prepared.as_ref()?.claims.feature;
        let classes = profile.claims.classes.len();
        Some(CheckedModel::new(&spec.model, feature.shape(), spec.train.loss.target_of_classes(classes)))
    }

    /// The outcome that follows, and what is missing for one.
    pub(crate) fn outcome(&self) -> Result<Outcome, ChainProblem> {
        let missing = |kind| ChainProblem::Missing { kind, split: None };
        let spec = self.spec.as_ref().ok_or_else(|| missing(Kind::RunSpec))?;
        let run_spec = self.run_spec.as_ref().ok_or_else(|| missing(Kind::RunSpec))?;
        let profile = self.profile.as_ref().ok_or_else(|| missing(Kind::DataProfile))?;
        let gate = self.gate.as_ref().ok_or_else(|| missing(Kind::DataGate))?;
        if (self.cleaning.len() as u64) < gate.claims.rounds {
            return Err(missing(Kind::DataCleaning));
        }
        if gate.claims.verdict != Holds::Yes {
            return Ok(Outcome::DataRefused);
        }
        if spec.claims.lock.prepared.is_empty() || self.prepared.is_none() {
            return Err(missing(Kind::DataPrepared));
        }
        // A trial is judged, and cross-validated, once a study has chosen it.
        let is_trial = spec.claims.lock.trial.is_some() && self.study.is_none();
        if self.lacks_folds(run_spec) && !is_trial {
            return Err(missing(Kind::EvalCrossValidation));
        }
        let train = self.train.as_ref().ok_or_else(|| missing(Kind::TrainRun))?;
        match train.claims.stopped {
            Stopped::Diverged { .. } => return Ok(Outcome::TrainingFailed),
            Stopped::Pruned => return Ok(Outcome::Pruned),
            Stopped::Epochs | Stopped::EarlyStopping => {}
        }
        let decided = |judged: &JudgedLinks, split| {
            let missing = |kind| ChainProblem::Missing { kind, split: Some(split) };
            judged.evaluation.as_ref().ok_or_else(|| missing(Kind::EvalResult))?;
            if run_spec.accept.is_none() || self.lacks_folds(run_spec) {
                return Ok(None);
            }
            let decision = judged.decision.as_ref().ok_or_else(|| missing(Kind::AcceptDecision))?;
            Ok(Some(decision.claims.decision.outcome))
        };
        if is_trial {
            decided(&self.validation, Split::Validation)?;
            return Ok(Outcome::Tried);
        }
        if profile.claims.split.validation.rows > 0 {
            match decided(&self.validation, Split::Validation)? {
                None | Some(acceptance::Outcome::Accepted) => {}
                Some(acceptance::Outcome::Refused) => return Ok(Outcome::RefusedOnValidation),
                Some(acceptance::Outcome::NoEvidence) => return Ok(Outcome::NoEvidence),
            }
        }
        Ok(match decided(&self.test, Split::Test)? {
            None => Outcome::NoCriterion,
            Some(acceptance::Outcome::Accepted) => Outcome::Accepted,
            Some(acceptance::Outcome::Refused) => Outcome::Refused,
            Some(acceptance::Outcome::NoEvidence) => Outcome::NoEvidence,
        })
    }

    /// Whatever does not stand on what it must stand on, or does not follow from it.
    pub(crate) fn inconsistencies(&self) -> Vec<ChainProblem> {
        let mut problems = Vec::new();
        let profile = self.profile.as_ref().map(|link| (Kind::DataProfile.name(), link.digest));
        let gate = self.gate.as_ref().map(|link| (Kind::DataGate.name(), link.digest));
        let prepared = self.prepared.as_ref().map(|link| (Kind::DataPrepared.name(), link.digest));
        let train = self.train.as_ref().map(|link| (Kind::TrainRun.name(), link.digest));
        let training = self.spec.as_ref().and_then(|link| link.claims.lock.training_digest().ok());
        let training = training.map(|digest| ("spec", digest));
        let mut stands_on = |kind, inputs: &[(String, Digest)], needed: &[Option<(&str, Digest)>]| {
            for (role, expected) in needed.iter().flatten() {
                if !inputs.iter().any(|(found, digest)| found == role && digest == expected) {
                    let (role, expected) = ((*role).to_owned(), *expected);
                    problems.push(ChainProblem::Unlinked { kind, role, expected });
                }
            }
        };
        for round in &self.cleaning {
            stands_on(Kind::DataCleaning, &round.inputs, &[profile]);
        }
        if let Some(link) = &self.gate {
            stands_on(Kind::DataGate, &link.inputs, &[profile]);
            for round in &self.cleaning {
                stands_on(Kind::DataGate, &link.inputs, &[Some((Kind::DataCleaning.name(), round.digest))]);
            }
        }
        if let Some(link) = &self.prepared {
            stands_on(Kind::DataPrepared, &link.inputs, &[profile, gate]);
        }
        let spec = self.spec.as_ref().map(|link| (Kind::RunSpec.name(), link.digest));
        let folds = self.cross_validation.as_ref().map(|link| (Kind::EvalCrossValidation.name(), link.digest));
        if let Some(link) = &self.cross_validation {
            stands_on(Kind::EvalCrossValidation, &link.inputs, &[spec, prepared]);
        }
        if let Some(link) = &self.train {
            stands_on(Kind::TrainRun, &link.inputs, &[training, prepared]);
        }
        for judged in [&self.validation, &self.test] {
            let Some(evaluation) = &judged.evaluation else { continue };
            stands_on(Kind::EvalResult, &evaluation.inputs, &[train, prepared]);
            if let Some(decision) = &judged.decision {
                let evaluation = Some((Kind::EvalResult.name(), evaluation.digest));
                stands_on(Kind::AcceptDecision, &decision.inputs, &[evaluation, spec, folds]);
            }
        }
        for judged in [&self.validation, &self.test] {
            if let Some(Link { digest, claims, .. }) = &judged.decision
                && self.decide(claims.split).as_ref() != Some(&claims.decision)
            {
                problems.push(ChainProblem::DoesNotFollow { kind: Kind::AcceptDecision, digest: *digest });
            }
        }
        if let Some(Link { digest, claims, .. }) = &self.cross_validation {
            let asked = self.run_spec.as_ref().and_then(|spec| spec.cross_validation.as_ref());
            let is_asked =
                asked.is_some_and(|asked| asked.kind == claims.kind && asked.folds as usize == claims.folds.len());
            if !is_asked || !claims.follows() {
                problems.push(ChainProblem::DoesNotFollow { kind: Kind::EvalCrossValidation, digest: *digest });
            }
        }
        if let Some(Link { digest, claims, .. }) = &self.gate {
            let follows = (claims.verdict == Holds::Yes) == claims.after.iter().all(|rule| rule.outcome == Holds::Yes);
            let texts: Vec<&String> = claims.before.iter().map(|rule| &rule.criterion).collect();
            let again: Vec<&String> = claims.after.iter().map(|rule| &rule.criterion).collect();
            let asked = self.run_spec.as_ref().map(|spec| spec.quality.require.iter().collect::<Vec<_>>());
            if !follows || texts != again || asked.is_some_and(|asked| asked != texts) {
                problems.push(ChainProblem::DoesNotFollow { kind: Kind::DataGate, digest: *digest });
            }
        }
        if let Some(Link { digest, claims, .. }) = &self.spec {
            let SpecClaims { lock, training } = claims;
            if lock.training_digest().ok().map(|digest| digest.to_string()).as_ref() != Some(training) {
                problems.push(ChainProblem::DoesNotFollow { kind: Kind::RunSpec, digest: *digest });
            }
        }
        if let Some(Link { digest, claims, .. }) = &self.study
            && !self.was_chosen(claims)
        {
            problems.push(ChainProblem::DoesNotFollow { kind: Kind::TuneStudy, digest: *digest });
        }
        if let (Some(spec), Some(Link { digest, claims, .. })) = (&self.spec, &self.prepared) {
            let PreparedClaims { train, validation, test, feature: _ } = claims;
            let splits = [("train", train), ("validation", validation), ("test", test)];
            let lock = &spec.claims.lock.prepared;
            if splits.into_iter().any(|(split, digest)| lock.get(split) != Some(digest)) {
                problems.push(ChainProblem::DoesNotFollow { kind: Kind::DataPrepared, digest: *digest });
            }
        }
        problems
    }
}

impl Chain {
    /// Whether a study chose this run: it is the trial that is named the best, with what was measured of it, and no trial beats
    /// it in every goal.
    fn was_chosen(&self, study: &StudyClaims) -> bool {
        let named = |link: Option<Digest>| link.map(|digest| digest.to_string());
        let trial = self.spec.as_ref().and_then(|spec| spec.claims.lock.trial.as_ref());
        let (Some(trial), Some(spec)) = (trial, &self.run_spec) else { return false };
        let Some(best) = study.trials.iter().find(|claims| Some(claims.number) == study.best) else { return false };
        let goals = spec.adjust.as_ref().map(|adjust| adjust.goal.0.as_slice()).unwrap_or_default();
        let beats = |other: &[Number]| {
            let pairs = || other.iter().zip(&best.objectives).zip(goals);
            let better = pairs().map(|((a, b), goal)| if goal.is_maximized() { a.0 - b.0 } else { b.0 - a.0 });
            let better: Vec<f64> = better.collect();
            better.iter().all(|gain| *gain >= 0.0) && better.iter().any(|gain| *gain > 0.0)
        };
        trial.study == study.study
            && trial.number == Some(best.number)
            && best.state == TrialEnd::Complete
            && best.objectives.len() == goals.len()
            && best.train == named(self.train.as_ref().map(|link| link.digest))
            && best.validation == named(self.validation.evaluation.as_ref().map(|link| link.digest))
            && study.trials.iter().filter(|claims| claims.state == TrialEnd::Complete).all(|c| !beats(&c.objectives))
    }
}

fn link<T: DeserializeOwned>(statement: &Statement, problems: &mut Vec<ChainProblem>) -> Option<Link<T>> {
    match claims::read(statement) {
        Ok(claims) => {
            let inputs = statement.inputs().iter().map(|input| (input.role.clone(), input.digest)).collect();
            Some(Link { digest: statement.digest(), claims, inputs })
        }
        Err(source) => {
            let (kind, digest) = (statement.kind(), statement.digest());
            problems.push(ChainProblem::Unreadable { kind, digest, source });
            None
        }
    }
}

/// Puts a statement where only one can be.
fn only<T: DeserializeOwned>(place: &mut Option<Link<T>>, statement: &Statement, problems: &mut Vec<ChainProblem>) {
    let Some(new) = link(statement, problems) else { return };
    match place {
        Some(old) => {
            let digests = [old.digest, new.digest];
            problems.push(ChainProblem::Contradiction { kind: statement.kind(), digests });
        }
        None => *place = Some(new),
    }
}

/// Of the evaluations of a split the one of its last reading, with its decision. Readings differ in their number, and in
/// nothing else.
fn judged(
    split: Split,
    evaluations: &mut Vec<Link<EvaluationClaims>>,
    decisions: &mut Vec<Link<DecisionClaims>>,
    problems: &mut Vec<ChainProblem>,
) -> JudgedLinks {
    let mut of_split: Vec<Link<EvaluationClaims>> =
        evaluations.extract_if(.., |evaluation| evaluation.claims.split == split).collect();
    of_split.sort_by_key(|evaluation| evaluation.claims.test_reads);
    for pair in of_split.windows(2) {
        let [a, b] = [&pair[0], &pair[1]];
        let alike = EvaluationClaims { test_reads: b.claims.test_reads, ..a.claims.clone() };
        if a.claims.test_reads == b.claims.test_reads || alike != b.claims {
            problems.push(ChainProblem::Contradiction { kind: Kind::EvalResult, digests: [a.digest, b.digest] });
        }
    }
    let Some(evaluation) = of_split.pop() else { return JudgedLinks::default() };
    let role = Kind::EvalResult.name();
    let mut of_evaluation = decisions
        .extract_if(.., |decision| {
            decision.claims.split == split
                && decision.inputs.iter().any(|(found, digest)| found == role && *digest == evaluation.digest)
        })
        .collect::<Vec<_>>()
        .into_iter();
    let decision = of_evaluation.next();
    if let (Some(a), Some(b)) = (&decision, of_evaluation.next()) {
        problems.push(ChainProblem::Contradiction { kind: Kind::AcceptDecision, digests: [a.digest, b.digest] });
    }
    JudgedLinks { evaluation: Some(evaluation), decision }
}
