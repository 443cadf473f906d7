//! What the goals of a study read, and what of it is known on the way.

use proofmark_criteria::{Facts, Path, Schema};
use proofmark_train::EpochEnd;
use proofmark_tune::{AdjustSpec, Goal};

use crate::facts::schema_of;
use crate::run_spec::RunSpec;

/// Where the value of a goal is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GoalPath {
    /// Its fact, measured at a trial's end.
    pub(crate) fact: Path,
    /// The same after each epoch, if it is known then.
    pub(crate) on_the_way: Option<OnTheWay>,
}

/// What an epoch says of a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnTheWay {
    /// `validation.loss`.
    Loss,
    /// `validation.accuracy`.
    Accuracy,
}

impl OnTheWay {
    /// The value after an epoch.
    pub(crate) fn value(self, end: &EpochEnd) -> Option<f64> {
        match self {
            OnTheWay::Loss => end.validation_loss,
            OnTheWay::Accuracy => end.validation_accuracy,
        }
    }
}

/// The paths of a spec's goals; for each goal that is none, its place and what it could be instead.
pub(crate) fn goals_of(spec: &RunSpec, adjust: &AdjustSpec) -> Result<Vec<GoalPath>, Vec<UnknownGoal>> {
    let schema = schema_of(spec);
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for (goal_idx, goal) in adjust.goal.0.iter().enumerate() {
        match goal_path(goal, &schema) {
            Some(path) => found.push(path),
            None => unknown.push(UnknownGoal { goal_idx, metric: goal.metric().to_owned(), known: known(&schema) }),
        }
    }
    if unknown.is_empty() { Ok(found) } else { Err(unknown) }
}

/// A goal that is not measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnknownGoal {
    pub(crate) goal_idx: usize,
    pub(crate) metric: String,
    pub(crate) known: Vec<String>,
}

/// Measured on validation, or known without measuring. Nothing else may choose: of test least of all.
fn is_for_choosing(path: &Path) -> bool {
    match path.segments() {
        [area, ..] if area == "validation" => true,
        [area, name] => area == "model" && name == "parameters",
        _ => false,
    }
}

/// `validation.accuracy` is short for `validation.accuracy.value`.
fn goal_path(goal: &Goal, schema: &Schema) -> Option<GoalPath> {
    let path: Path = goal.metric().split('.').collect();
    let known = |path: &Path| is_for_choosing(path) && schema.lookup(path).is_some();
    let value: Path = path.segments().iter().map(String::as_str).chain(["value"]).collect();
    let fact = if known(&path) { path } else { value };
    if !known(&fact) {
        return None;
    }
    let words: Vec<&str> = fact.segments().iter().map(String::as_str).collect();
    let on_the_way = match words[..] {
        ["validation", "loss", "value"] => Some(OnTheWay::Loss),
        ["validation", "accuracy", "value"] => Some(OnTheWay::Accuracy),
        _ => None,
    };
    Some(GoalPath { fact, on_the_way })
}

/// The goals that this spec could have, in their short form.
fn known(schema: &Schema) -> Vec<String> {
    let paths = schema.iter().map(|known| known.pattern()).filter(|path| is_for_choosing(path));
    paths.map(|path| path.to_string().trim_end_matches(".value").to_owned()).collect()
}

/// The values of the goals; NaN where one was not measured, which makes the trial a failed one.
pub(crate) fn objectives(goals: &[GoalPath], facts: &Facts) -> Vec<f64> {
    goals.iter().map(|goal| facts.number(goal.fact.clone()).unwrap_or(f64::NAN)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::read::read;

    const SPEC: &str = "
name: a
data:
  source: { idx: { folder: data } }
  features: [{ name: image, type: image }]
  target: { name: label, type: category }
model: { layers: [flatten, { dense: { units: 2, activation: softmax } }] }
train: { epochs: 1, loss: categorical_crossentropy, optimizer: adam }
evaluate: { metrics: [accuracy, loss] }
";

    fn goals(goal: &str) -> Result<Vec<GoalPath>, Vec<UnknownGoal>> {
        let search = "adjust.search={ train.batch_size: { integer: [16, 32] } }".to_owned();
        let read = read::<RunSpec>("a.yaml", SPEC, &[search, format!("adjust.goal={goal}")]).unwrap();
        goals_of(&read.value, read.value.adjust.as_ref().unwrap())
    }

    #[test]
    fn a_goal_is_measured_on_validation() {
        let path = |text: &str| -> Path { text.split('.').collect() };
        let found = goals("[{ maximize: validation.accuracy }, { minimize: model.parameters }]").unwrap();
        let accuracy = GoalPath { fact: path("validation.accuracy.value"), on_the_way: Some(OnTheWay::Accuracy) };
        assert_eq!(found, [accuracy, GoalPath { fact: path("model.parameters"), on_the_way: None }]);
        let found = goals("{ minimize: validation.loss.value }").unwrap();
        assert_eq!(found[0].on_the_way, Some(OnTheWay::Loss));
        let found = goals("{ maximize: validation.accuracy.lower95 }").unwrap();
        assert_eq!(found, [GoalPath { fact: path("validation.accuracy.lower95"), on_the_way: None }]);
    }

    #[test]
    fn nothing_else_chooses() {
        for metric in ["metrics.accuracy.value", "validation.f1", "accuracy", "test_reads", "data.rows"] {
            let unknown = goals(&format!("{{ maximize: {metric} }}")).unwrap_err();
            assert_eq!((unknown.len(), unknown[0].goal_idx, unknown[0].metric.as_str()), (1, 0, metric));
            let short = ["validation.accuracy", "validation.loss", "model.parameters"];
            assert!(short.iter().all(|name| unknown[0].known.iter().any(|known| known == name)), "{unknown:?}");
        }
    }
}
