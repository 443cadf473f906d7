//! Every message, in both languages.

use proofmark_messages::{Lang, Localize};
use proofmark_tune::samplers::{Cmaes, Grid, Tpe};
use proofmark_tune::{
    AdjustSpec, Domain, Goal, Goals, JournalError, JournalErrorKind, Outcome, Pruner, Record, Space, Study, StudyError,
};
use serde_json::json;

fn told(error: &dyn Localize) -> String {
    let mut lines = Vec::new();
    for lang in Lang::ALL {
        lines.push(format!("    {}", error.text(lang)));
        lines.extend(error.hint(lang).map(|hint| format!("    hint: {hint}")));
    }
    lines.join("\n")
}

fn spec_errors(spec: &AdjustSpec) -> String {
    let errors = spec.check("adjust").expect_err("a spec with mistakes");
    let told: Vec<String> = errors.errors().iter().map(|error| format!("{}\n{}", error.path, told(error))).collect();
    told.join("\n")
}

fn spec(search: Space) -> AdjustSpec {
    AdjustSpec::new(Goal::Minimize("loss".into()), search)
}

#[test]
fn all_mistakes_of_a_space_at_once() {
    let two_kinds = Domain { integer: Some([1, 2]), ..Domain::log(1.0, 2.0) };
    let search = Space::default()
        .with("a.b", Domain::default())
        .with("two kinds", two_kinds)
        .with("nan", Domain::linear(f64::NAN, 1.0))
        .with("reversed", Domain::linear(2.0, 1.0))
        .with("reversed_integer", Domain::integer(3, 1))
        .with("wide", Domain::linear(-1e308, 1e308))
        .with("log", Domain::log(0.0, 1.0))
        .with("log_integer", Domain::log_integer(0, 4))
        .with("large", Domain::integer(0, i64::MAX))
        .with("step", Domain::log(1.0, 2.0).with_step(1.0))
        .with("zero_step", Domain::linear(0.0, 1.0).with_step(0.0))
        .with("half_step", Domain::integer(0, 4).with_step(0.5))
        .with("small_step", Domain::linear(0.0, 1.0).with_step(1e-300))
        .with("empty", Domain::choice::<bool>([]))
        .with("twice", Domain::choice(["x", "y", "x"]))
        .with("unknown", Domain::integer(0, 1).when("nobody", 1))
        .with("on_number", Domain::integer(0, 1).when("x", 0.5))
        .with("never", Domain::integer(0, 1).when("twice.not", json!(["p", "z"])))
        .with("no_values", Domain::integer(0, 1).when("n", json!([])))
        .with("itself", Domain::integer(0, 1).when("itself", 1))
        .with("x", Domain::linear(0.0, 1.0))
        .with("x", Domain::linear(0.0, 1.0))
        .with("n", Domain::integer(0, 4).with_step(2.0))
        .with("off_step", Domain::integer(0, 1).when("n", 3))
        .with("twice.not", Domain::choice(["p", "q"]));
    insta::assert_snapshot!(spec_errors(&spec(search)));
}

#[test]
fn circles_and_sizes() {
    let circle = Space::default()
        .with("free", Domain::integer(0, 1))
        .with("a", Domain::integer(0, 1).when("b", 1))
        .with("b", Domain::integer(0, 1).when("c", 1))
        .with("c", Domain::integer(0, 1).when("a", 1));
    let many =
        |n: usize| (0..n).fold(Space::default(), |space, idx| space.with(format!("x{idx}"), Domain::integer(0, 1)));
    let mut wide = spec(many(201));
    wide.sampler = Cmaes::default().into();
    let told = [spec(circle), spec(Space::default()), spec(many(1001)), wide].map(|spec| spec_errors(&spec));
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn settings_and_goals() {
    let search = || Space::default().with("x", Domain::linear(0.0, 1.0));
    let mut ranges = spec(search());
    ranges.trials = 0;
    ranges.parallel = 0;
    ranges.seconds = Some(f64::NAN);
    ranges.sampler = Tpe { startup_trials: 0, candidates: 0, good_share: 0.6 }.into();
    ranges.pruner =
        serde_json::from_value::<Pruner>(json!({"asha": {"reduction_factor": 1, "grace": 0}})).expect("a pruner");
    let goals = |n: usize| Goals((0..n).map(|idx| Goal::Minimize(format!("metric{idx}"))).collect());
    let mut several = AdjustSpec::new(goals(2), search());
    several.sampler = Cmaes::default().into();
    several.pruner = serde_json::from_value(json!("median")).expect("a pruner");
    let mut grid = spec(search());
    grid.sampler = Grid { points: 0 }.into();
    let told = [ranges, several, grid, AdjustSpec::new(goals(0), search()), AdjustSpec::new(goals(5), search())];
    insta::assert_snapshot!(told.map(|spec| spec_errors(&spec)).join("\n"));
}

#[test]
fn studies_and_journals() {
    let told_study = [
        StudyError::UnknownTrial { number: 3, n_trials: 2 },
        StudyError::Finished { number: 1 },
        StudyError::StepOrder { number: 1, step: 2, last: 4 },
        StudyError::ReportDiffers { number: 1, step: 2, expected: Some(0.25), received: None },
        StudyError::ObjectiveCount { number: 1, expected: 2, received: 1 },
    ];
    let unreadable = Record::from_line(4, "{\"trial_sta").expect_err("half a record");
    let told_journal = [
        JournalErrorKind::NoStart,
        JournalErrorKind::SecondStart,
        JournalErrorKind::SpecDiffers { expected: "ab".into(), received: "cd".into() },
        JournalErrorKind::SeedDiffers { expected: 1, received: 2 },
        JournalErrorKind::TrialOutOfTurn { expected: 3, received: 5 },
        JournalErrorKind::TooManyTrials { maximum: 20 },
        JournalErrorKind::Misfit { number: 3, parameter: "train.rate".into() },
        JournalErrorKind::ReportTwice { number: 3, step: 9 },
        JournalErrorKind::State { number: 3 },
        JournalErrorKind::Study(StudyError::Finished { number: 1 }),
    ];
    let mut told_all: Vec<String> = told_study.iter().map(|error| told(error)).collect();
    told_all.push(told(&unreadable));
    told_all.extend(told_journal.map(|kind| told(&JournalError { position: 6, kind })));
    insta::assert_snapshot!(told_all.join("\n"));
}

#[test]
fn causes_are_kept() {
    use std::error::Error as _;
    assert!(Record::from_line(0, "{").expect_err("half a record").source().is_some());
    let kind = JournalErrorKind::Study(StudyError::Finished { number: 1 });
    assert!(JournalError { position: 0, kind }.source().is_some());
    let mut study =
        Study::new(&spec(Space::default().with("x", Domain::integer(0, 1))), 1, "").expect("a spec that is right");
    assert!(study.tell(0, Outcome::Pruned).is_err(), "nothing runs");
}
