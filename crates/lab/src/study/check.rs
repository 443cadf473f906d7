//! What is wrong with `adjust` in *this* spec: what is searched must be there to be set, and goals must be measured.

use proofmark_messages::{Lang, Localize, display_in_english, study as say};
use proofmark_tune::pruners::NoPruning;
use proofmark_tune::space::{Kind, Parameter};
use proofmark_tune::{CheckedSpace, Pruner, Value};

use super::goal::{UnknownGoal, goals_of};
use crate::lock::{Lock, first_difference};
use crate::run_spec::RunSpec;
use crate::spec::diagnostic::{Diagnostic, Diagnostics};
use crate::spec::read::{Read, read};

/// Everything that is wrong with `adjust`, each with its place.
pub(crate) fn check(read: &Read<RunSpec>, text: &str, overrides: &[String]) -> Vec<Diagnostic> {
    let Some(adjust) = &read.value.adjust else { return Vec::new() };
    let mut entries = Vec::new();
    if !read.value.data.split.has_validation() {
        entries.push(read.diagnostic("adjust", Unsearchable::NoValidation));
    }
    match goals_of(&read.value, adjust) {
        // Without validation, no goal is known: one error says it.
        Err(_) if !read.value.data.split.has_validation() => {}
        Err(unknown) => {
            for UnknownGoal { goal_idx, metric, known } in unknown {
                let path =
                    if adjust.goal.0.len() == 1 { "adjust.goal".into() } else { format!("adjust.goal[{goal_idx}]") };
                entries.push(read.diagnostic(&path, Unsearchable::Goal { metric, known }));
            }
        }
        Ok(goals) => {
            let prunes = adjust.pruner != Pruner::from(NoPruning {});
            if let Some(goal) = adjust.goal.0.first()
                && prunes
                && goals.iter().any(|goal| goal.on_the_way.is_none())
            {
                let metric = goal.metric().to_owned();
                entries.push(read.diagnostic("adjust.pruner", Unsearchable::NotOnTheWay { metric }));
            }
        }
    }
    match adjust.check("adjust") {
        Err(errors) => {
            entries.extend(errors.into_vec().into_iter().map(|error| read.diagnostic(&error.path.clone(), error)))
        }
        Ok(space) => entries.extend(search(read, &space, text, overrides)),
    }
    entries
}

/// Tries the ends of every range and every choice: what one value alone makes of the spec.
fn search(read_spec: &Read<RunSpec>, space: &CheckedSpace, text: &str, overrides: &[String]) -> Vec<Diagnostic> {
    let mut entries = Vec::new();
    for parameter in space.parameters() {
        for value in samples(parameter) {
            let mut arguments = overrides.to_vec();
            arguments.extend(parents(space, parameter));
            arguments.push(argument(&parameter.path, &value));
            let place = format!("adjust.search.\"{}\"", parameter.path);
            let problem = match read::<RunSpec>("", text, &arguments) {
                Err(problems) => Unsearchable::Value { value: value.to_json(), problems },
                Ok(found) => match untouchable(&read_spec.value, &found.value) {
                    Some(key) => Unsearchable::Fixed { key },
                    None => continue,
                },
            };
            entries.push(read_spec.diagnostic(&place, problem));
            // The other values of the same parameter will say much the same.
            break;
        }
    }
    entries
}

/// A value at a path, as `--set` takes it: JSON is YAML.
pub(crate) fn argument(path: &str, value: &Value) -> String {
    format!("{path}={}", value.to_json())
}

/// The ends of a range; every choice.
fn samples(parameter: &Parameter) -> Vec<Value> {
    match &parameter.kind {
        Kind::Float { low, high, .. } => vec![Value::Float(*low), Value::Float(*high)],
        Kind::Grid { low, step, n_steps } => {
            vec![Value::Float(*low), Value::Float(low + step * n_steps.saturating_sub(1) as f64)]
        }
        Kind::Integer { low, step, n_steps, .. } => {
            vec![Value::Integer(*low), Value::Integer(low + step * n_steps.saturating_sub(1) as i64)]
        }
        Kind::Choice { values } => {
            values.iter().enumerate().map(|(idx, value)| Value::Choice { idx, value: value.clone() }).collect()
        }
    }
}

/// What must be set for a conditional parameter to exist, the outermost first.
fn parents(space: &CheckedSpace, parameter: &Parameter) -> Vec<String> {
    let mut arguments = Vec::new();
    for condition in &parameter.when {
        let Some(parent) = space.parameters().get(condition.parent_idx) else { continue };
        arguments.extend(parents(space, parent));
        arguments.extend(condition.values.first().map(|value| format!("{}={value}", parent.path)));
    }
    arguments
}

/// The first key that trials must share and do not: what they are judged on and by, and what seeds them.
fn untouchable(plain: &RunSpec, trial: &RunSpec) -> Option<String> {
    let fixed = |spec: &RunSpec| {
        let mut value = Lock::spec_value(spec);
        if let Some(spec) = value.as_object_mut() {
            for key in ["model", "train"] {
                spec.remove(key);
            }
            if let Some(data) = spec.get_mut("data").and_then(serde_json::Value::as_object_mut) {
                data.remove("features");
            }
        }
        value
    };
    first_difference(&fixed(plain), &fixed(trial)).map(|difference| difference.path)
}

/// Why something cannot be searched, or searched for.
#[derive(Debug)]
enum Unsearchable {
    /// There is nothing to choose by.
    NoValidation,
    /// A goal that is not measured, or that must not choose.
    Goal { metric: String, known: Vec<String> },
    /// A pruner whose goal is known at the end only.
    NotOnTheWay { metric: String },
    /// A value that the spec cannot take.
    Value { value: serde_json::Value, problems: Diagnostics },
    /// A path to something that all trials share.
    Fixed { key: String },
}

impl Localize for Unsearchable {
    fn text(&self, lang: Lang) -> String {
        match self {
            Unsearchable::NoValidation => say::no_validation(lang),
            Unsearchable::Goal { metric, .. } => say::unknown_goal(lang, metric),
            Unsearchable::NotOnTheWay { metric } => say::not_on_the_way(lang, metric),
            Unsearchable::Value { value, problems } => say::impossible_value(lang, value, first(problems, lang)),
            Unsearchable::Fixed { key } => say::fixed(lang, key),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            Unsearchable::NoValidation => Some(say::no_validation_hint(lang)),
            Unsearchable::Goal { known, .. } => {
                let known: Vec<String> = known.iter().map(|path| format!("`{path}`")).collect();
                Some(say::unknown_goal_hint(lang, known.join(&say::comma(lang))))
            }
            Unsearchable::NotOnTheWay { .. } => Some(say::not_on_the_way_hint(lang)),
            Unsearchable::Value { problems, .. } => problems.entries.first().and_then(|entry| entry.message.hint(lang)),
            Unsearchable::Fixed { .. } => Some(say::fixed_hint(lang)),
        }
    }
}

fn first(problems: &Diagnostics, lang: Lang) -> String {
    problems.entries.first().map(|entry| entry.message.text(lang)).unwrap_or_default()
}

display_in_english!(Unsearchable);

impl std::error::Error for Unsearchable {}
