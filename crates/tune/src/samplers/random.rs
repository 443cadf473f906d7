use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Memory, Question, SamplerDefinition};
use crate::draws::Draws;
use crate::space::Values;

/// Every point as likely as any other, on the scale of its parameter: the baseline, and no bad one where many parameters do not
/// matter.
///
/// *Source*: Bergstra, Bengio 2012 (*Random search for hyper-parameter optimization*).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Random {}

impl SamplerDefinition for Random {
    fn sample(&self, question: &Question<'_>, _memory: &mut Memory) -> Option<Values> {
        Some(draw(question))
    }
}

/// A random point. Each parameter has its own stream, so that adding one to a space leaves the others' values as they were.
pub(super) fn draw(question: &Question<'_>) -> Values {
    question.space.values_by(|_, parameter| {
        let name = format!("tune.random.{}", parameter.path);
        parameter.at_unit(Draws::new(question.seed, &name, question.number, question.attempt).uniform())
    })
}
