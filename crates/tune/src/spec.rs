use std::borrow::Cow;
use std::fmt;
use std::ops::Bound;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::error::{SpecError, SpecErrorKind, SpecErrors};
use crate::pruners::Pruner;
use crate::ranges::Ranges;
use crate::samplers::Sampler;
use crate::space::{CheckedSpace, Space};

/// How a spec's values are adjusted: a study of trials, each a run with other values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjustSpec {
    /// How many trials are started, at most: a grid may end before. Default 20.
    #[serde(default = "default_trials")]
    #[schemars(range(min = 1, max = 100_000))]
    pub trials: u64,
    /// How the values of the next trial are chosen. Default: tpe.
    #[serde(default)]
    pub sampler: Sampler,
    /// Which trials are stopped early. Default: none.
    #[serde(default)]
    pub pruner: Pruner,
    /// What the trials are to reach, all of it measured on validation: one goal, or a list of up to 4. With several goals the
    /// result is a front of trials of which none is better than another in everything.
    pub goal: Goals,
    /// What is searched: paths of this spec with the values that they may take.
    pub search: Space,
    /// Trials that run at the same time. With more than one the study's choices depend on which trial ends first: each trial
    /// still reproduces, the study as a whole does not. Default 1.
    #[serde(default = "default_parallel")]
    #[schemars(range(min = 1, max = 1024))]
    pub parallel: u32,
    /// Seconds after which no further trial starts. With such a limit the number of trials depends on the machine: each trial
    /// still reproduces, the study as a whole does not. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub seconds: Option<f64>,
}

/// What a study is to reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// The largest value of this metric, such as `validation.accuracy`.
    Maximize(String),
    /// The smallest value of this metric, such as `validation.loss`.
    Minimize(String),
}

/// One goal or several, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goals(pub Vec<Goal>);

impl Goal {
    /// The path of what is measured.
    pub fn metric(&self) -> &str {
        match self {
            Goal::Maximize(metric) | Goal::Minimize(metric) => metric,
        }
    }

    /// Whether more is better.
    pub fn is_maximized(&self) -> bool {
        matches!(self, Goal::Maximize(_))
    }
}

impl From<Goal> for Goals {
    fn from(goal: Goal) -> Self {
        Goals(vec![goal])
    }
}

impl AdjustSpec {
    /// The most goals of a study.
    pub const MAX_GOALS: usize = 4;

    /// A study with this goal and search, everything else as by default.
    pub fn new(goal: impl Into<Goals>, search: Space) -> AdjustSpec {
        AdjustSpec {
            trials: default_trials(),
            sampler: Sampler::default(),
            pruner: Pruner::default(),
            goal: goal.into(),
            search,
            parallel: default_parallel(),
            seconds: None,
        }
    }

    /// Whether the study as a whole reproduces, and not only each of its trials: one trial at a time, and no limit of time.
    pub fn reproduces(&self) -> bool {
        self.parallel == 1 && self.seconds.is_none()
    }

    /// Checks the spec; `path` is where it stands in the user's file, such as `adjust`.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the keys.
    pub fn check(&self, path: &str) -> Result<CheckedSpace, SpecErrors> {
        let mut own = Ranges::new(path.to_owned());
        own.number("trials", self.trials as f64, 1.0..=100_000.0);
        own.number("parallel", f64::from(self.parallel), 1.0..=1024.0);
        if let Some(seconds) = self.seconds {
            own.number("seconds", seconds, (Bound::Excluded(0.0), Bound::Unbounded));
        }
        let mut sampler = Ranges::new(format!("{path}.sampler.{}", self.sampler.kind()));
        self.sampler.check_into(&mut sampler);
        let mut pruner = Ranges::new(format!("{path}.pruner.{}", self.pruner.kind()));
        self.pruner.check_into(&mut pruner);
        let mut errors = own.errors;
        errors.extend(sampler.errors);
        errors.extend(pruner.errors);
        let mut refuse = |field: &str, kind| errors.push(SpecError { path: format!("{path}.{field}"), kind });
        let limits = self.sampler.limits();
        let n_goals = self.goal.0.len();
        if n_goals == 0 || n_goals > Self::MAX_GOALS {
            refuse("goal", SpecErrorKind::GoalCount { received: n_goals, maximum: Self::MAX_GOALS });
        } else if n_goals > limits.goals {
            let sampler = self.sampler.kind();
            refuse("sampler", SpecErrorKind::SamplerGoals { sampler, received: n_goals, maximum: limits.goals });
        }
        if n_goals > 1 && !matches!(self.pruner, Pruner::NoPruning(_)) {
            refuse("pruner", SpecErrorKind::PrunerGoals { pruner: self.pruner.kind(), received: n_goals });
        }
        let n_parameters = self.search.parameters.len();
        if n_parameters > limits.parameters && n_parameters <= Space::MAX_PARAMETERS {
            let (sampler, maximum) = (self.sampler.kind(), limits.parameters);
            refuse("sampler", SpecErrorKind::SamplerParameters { sampler, received: n_parameters, maximum });
        }
        match self.search.check(&format!("{path}.search")) {
            Ok(space) if errors.is_empty() => Ok(space),
            Ok(_) => Err(SpecErrors(errors)),
            Err(search) => {
                errors.extend(search);
                Err(SpecErrors(errors))
            }
        }
    }
}

impl Serialize for Goals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [goal] => goal.serialize(serializer),
            goals => goals.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Goals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrSeveral;
        impl<'de> Visitor<'de> for OneOrSeveral {
            type Value = Goals;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a goal, such as `maximize: validation.accuracy`, or a list of goals")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Goals, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Goals)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Goals, A::Error> {
                Goal::deserialize(MapAccessDeserializer::new(map)).map(Goals::from)
            }
        }
        deserializer.deserialize_any(OneOrSeveral)
    }
}

impl JsonSchema for Goals {
    fn schema_name() -> Cow<'static, str> {
        "Goals".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let goal = generator.subschema_for::<Goal>();
        schemars::json_schema!({
            "description": "One goal, or a list of several.",
            "anyOf": [goal, { "type": "array", "items": goal, "minItems": 1, "maxItems": AdjustSpec::MAX_GOALS }]
        })
    }
}

fn default_trials() -> u64 {
    20
}

fn default_parallel() -> u32 {
    1
}
