//! A study that is cut anywhere goes on as if it had not been.

use std::collections::BTreeMap;

use proofmark_tune::pruners::{Asha, Median, NoPruning};
use proofmark_tune::samplers::{Cmaes, Random, Tpe};
use proofmark_tune::{
    AdjustSpec, Domain, Failure, Goal, JournalErrorKind, Outcome, Pruner, Record, Sampler, Space, Study, StudyError,
    TrialState, Value, Values, Verdict,
};
use proptest::prelude::*;
use serde_json::json;

const SEED: u64 = 11;
const STEPS: u64 = 4;

fn spec(sampler: Sampler, pruner: Pruner) -> AdjustSpec {
    let search = Space::default()
        .with("c", Domain::choice(["a", "b"]))
        .with("x", Domain::linear(-1.0, 1.0))
        .with("n", Domain::log_integer(1, 100).when("c", "b"));
    let mut spec = AdjustSpec::new(Goal::Minimize("loss".into()), search);
    spec.trials = 12;
    spec.sampler = sampler;
    spec.pruner = pruner;
    spec
}

fn new(spec: &AdjustSpec) -> Study {
    Study::new(spec, SEED, "the digest").expect("a spec that is right")
}

/// A trial's value after a step: a function of its values, as a training's is.
fn value(values: &Values, step: u64) -> f64 {
    let Value::Float(x) = values["x"] else { panic!("a number") };
    if x > 0.9 { f64::NAN } else { x * x + 1.0 / step as f64 }
}

/// Runs a study with several trials at once. Each number of the script says what happens next: a trial starts, or one of the
/// running ones takes its next step. The same script, on a study that came equally far, does the same.
struct Runner {
    study: Study,
    records: Vec<Record>,
    /// Running trials with the steps they did.
    running: BTreeMap<u64, u64>,
}

impl Runner {
    fn act(&mut self, action: u8) {
        let n_running = self.running.len();
        let number = match usize::from(action) % (n_running + 2) {
            place if place < n_running => *self.running.keys().nth(place).expect("it is below their number"),
            _ => {
                if let Some(trial) = self.study.ask() {
                    self.running.insert(trial.number, 0);
                    self.records.extend(self.study.take_records());
                }
                return;
            }
        };
        self.step(number, action);
        self.records.extend(self.study.take_records());
    }

    fn step(&mut self, number: u64, action: u8) {
        let values = self.study.trials()[number as usize].values.clone();
        let step = self.running[&number] + 1;
        let outcome = if action > 250 {
            Some(Outcome::Failed { why: "a reason".to_owned() })
        } else if step > STEPS {
            Some(Outcome::Complete(vec![value(&values, STEPS)]))
        } else {
            let verdict =
                self.study.report(number, step, value(&values, step)).expect("the next step of a running trial");
            self.running.insert(number, step);
            (verdict == Verdict::Prune).then_some(Outcome::Pruned)
        };
        if let Some(outcome) = outcome {
            self.study.tell(number, outcome).expect("a running trial");
            self.running.remove(&number);
        }
    }
}

fn samplers() -> impl Strategy<Value = Sampler> {
    let tpe = Tpe { startup_trials: 3, ..Tpe::default() };
    let cmaes = Cmaes { population: Some(4), ..Cmaes::default() };
    prop_oneof![Just(Random {}.into()), Just(tpe.into()), Just(cmaes.into())]
}

fn pruners() -> impl Strategy<Value = Pruner> {
    let median = Median { startup_trials: 2, grace: 0 };
    prop_oneof![Just(NoPruning {}.into()), Just(median.into()), Just(Asha::default().into())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cut_anywhere_and_gone_on_is_uninterrupted(
        sampler in samplers(),
        pruner in pruners(),
        script in prop::collection::vec(any::<u8>(), 0..120),
        cut in 0..=120_usize,
    ) {
        let spec = spec(sampler, pruner);
        let run = |script: &[u8], mut runner: Runner| {
            script.iter().for_each(|action| runner.act(*action));
            runner
        };
        let mut study = new(&spec);
        let records = study.take_records();
        let start = Runner { study, records, running: BTreeMap::new() };
        let cut = cut.min(script.len());
        let first = run(&script[..cut], start);
        let running = first.running.clone();
        let journal: Vec<Record> = first.records.iter().enumerate().map(|(position, record)| {
            Record::from_line(position, &record.to_line()).expect("what was written is read")
        }).collect();
        prop_assert_eq!(&journal, &first.records);
        let whole = run(&script[cut..], first);

        let mut again = new(&spec).replay(journal.clone()).expect("a journal that was written");
        for (number, steps) in &running {
            // Interrupted trials come again, with their values, and report again what they reported.
            let trial = again.ask().expect("an interrupted trial");
            prop_assert_eq!(trial.number, *number);
            prop_assert_eq!(&trial.values, &again.trials()[*number as usize].values);
            for step in 1..=*steps {
                again.report(*number, step, value(&trial.values, step)).expect("the same as before");
            }
        }
        prop_assert!(again.take_records().is_empty(), "what is known leaves no record");
        let again = run(&script[cut..], Runner { study: again, records: journal, running });
        prop_assert_eq!(again.records, whole.records);
        prop_assert!(again.study == whole.study);
    }
}

#[test]
fn a_trial_that_reports_otherwise_than_before_is_refused() {
    let mut study = new(&spec(Random {}.into(), NoPruning {}.into()));
    let number = study.ask().expect("a trial").number;
    assert_eq!(study.report(number, 2, 0.5), Ok(Verdict::Continue));
    assert_eq!(study.report(number, 2, 0.5), Ok(Verdict::Continue));
    let differs = StudyError::ReportDiffers { number, step: 2, expected: Some(0.5), received: None };
    assert_eq!(study.report(number, 2, f64::NAN), Err(differs));
    assert_eq!(study.report(number, 1, 0.5), Err(StudyError::StepOrder { number, step: 1, last: 2 }));
    assert_eq!(study.report(9, 1, 0.5), Err(StudyError::UnknownTrial { number: 9, n_trials: 1 }));
    let count = StudyError::ObjectiveCount { number, expected: 1, received: 2 };
    assert_eq!(study.tell(number, Outcome::Complete(vec![1.0, 2.0])).err(), Some(count));
    assert!(study.tell(number, Outcome::Complete(vec![1.0])).is_ok());
    assert_eq!(study.tell(number, Outcome::Pruned).err(), Some(StudyError::Finished { number }));
    assert_eq!(study.report(number, 3, 0.5), Err(StudyError::Finished { number }));
    assert_eq!(study.report(number, 0, 0.5), Err(StudyError::Finished { number }));
}

#[test]
fn every_damage_is_found_at_its_place() {
    let spec = spec(Random {}.into(), NoPruning {}.into());
    let mut study = new(&spec);
    let trial = study.ask().expect("a trial");
    study.report(trial.number, 1, 2.0).expect("a running trial");
    study.tell(trial.number, Outcome::Complete(vec![1.5])).expect("a running trial");
    let good = study.take_records();
    let [start, started, intermediate, ended] = good.as_slice() else { panic!("{good:?}") };
    let text = |records: &[&Record]| {
        let records: Vec<Record> = records.iter().map(|record| (*record).clone()).collect();
        match new(&spec).replay(records) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(text(&[]), "accepted", "a study that never began");
    assert_eq!(text(&[start, started, intermediate, ended]), "accepted");
    let other_seed = Record::StudyStarted { spec_digest: "the digest".into(), seed: 12 };
    let other_spec = Record::StudyStarted { spec_digest: "another".into(), seed: SEED };
    let gap = Record::TrialStarted { trial: 1, values: trial.values.clone() };
    let misfit = Record::TrialStarted { trial: 0, values: Values::new() };
    let backwards = Record::Intermediate { trial: 0, step: 0, value: None, verdict: Verdict::Continue };
    let stranger = Record::TrialEnded { trial: 5, state: TrialState::Pruned };
    let still_running = Record::TrialEnded { trial: 0, state: TrialState::Running };
    let two_values = Record::TrialEnded { trial: 0, state: TrialState::Complete { objectives: vec![1.0, 2.0] } };
    let no_such_goal = Record::TrialEnded { trial: 0, state: TrialState::Failed(Failure::NotFinite { goal_idx: 1 }) };
    let damaged: [&[&Record]; 15] = [
        &[started],
        &[&other_seed],
        &[&other_spec],
        &[start, start],
        &[start, started, started],
        &[start, &gap],
        &[start, &misfit],
        &[start, intermediate],
        &[start, started, intermediate, intermediate],
        &[start, started, &backwards],
        &[start, started, ended, intermediate],
        &[start, started, ended, ended],
        &[start, started, &stranger],
        &[start, started, &still_running],
        &[start, started, &two_values],
    ];
    let mut texts: Vec<String> = damaged.iter().map(|records| text(records)).collect();
    texts.push(text(&[start, started, &no_such_goal]));
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn a_study_has_no_more_trials_than_its_spec() {
    let mut short = spec(Random {}.into(), NoPruning {}.into());
    let mut study = new(&short);
    while study.ask().is_some() {}
    let records = study.take_records();
    short.trials = 11;
    let error = new(&short).replay(records).expect_err("twelve trials");
    assert_eq!(error.position, 12);
    assert!(matches!(error.kind, JournalErrorKind::TooManyTrials { maximum: 11 }));
}

#[test]
fn torn_lines_are_told_with_their_position() {
    let line = Record::TrialEnded { trial: 3, state: TrialState::Complete { objectives: vec![0.1, 1e-300] } }.to_line();
    for length in 0..line.len() {
        let error = Record::from_line(7, &line[..length]).expect_err("half a record");
        assert!(error.position == 7 && matches!(error.kind, JournalErrorKind::Unreadable { .. }), "{length}: {error}");
    }
    assert!(Record::from_line(0, &line.replace("trial\"", "run\"")).is_err(), "an unknown key");
}

#[test]
fn records_are_one_line_each() {
    let values: Values = [
        ("choice".to_owned(), Value::Choice { idx: 1, value: json!("a\nb") }),
        ("n".to_owned(), Value::Integer(-3)),
        ("x".to_owned(), Value::Float(0.1)),
    ]
    .into();
    let records = [
        Record::StudyStarted { spec_digest: "sha256:ab".into(), seed: u64::MAX },
        Record::TrialStarted { trial: 0, values },
        Record::Intermediate { trial: 0, step: 1, value: Some(0.25), verdict: Verdict::Continue },
        Record::Intermediate { trial: 0, step: 2, value: None, verdict: Verdict::Prune },
        Record::TrialEnded { trial: 0, state: TrialState::Pruned },
        Record::TrialEnded { trial: 1, state: TrialState::Complete { objectives: vec![0.5] } },
        Record::TrialEnded { trial: 2, state: TrialState::Failed(Failure::NotFinite { goal_idx: 0 }) },
        Record::TrialEnded { trial: 3, state: TrialState::Failed(Failure::Reported { why: "no memory".into() }) },
    ];
    let lines: Vec<String> = records.iter().map(Record::to_line).collect();
    assert!(lines.iter().all(|line| !line.contains('\n')));
    for (position, (line, record)) in lines.iter().zip(&records).enumerate() {
        assert_eq!(Record::from_line(position, line).expect("what was written is read"), *record);
    }
    insta::assert_snapshot!(lines.join("\n"));
}
