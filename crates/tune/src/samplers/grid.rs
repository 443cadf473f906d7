use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Memory, Question, SamplerDefinition};
use crate::ranges::Ranges;
use crate::space::{CheckedSpace, Parameter, Value, Values};

/// Every combination of a few values of each parameter, in order: the last parameter changes first. The study ends when the grid
/// does. Choices and short integer ranges are taken whole; of longer ranges `points` values, evenly spaced on their scale, ends
/// included. A conditional parameter multiplies only where it exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Grid {
    /// Values of a range, 1 to 1,000; one of a single point is the middle. Default 5.
    #[schemars(range(min = 1, max = 1000))]
    pub points: u64,
}

impl Default for Grid {
    fn default() -> Self {
        Grid { points: 5 }
    }
}

impl SamplerDefinition for Grid {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("points", self.points as f64, 1.0..=1000.0);
    }

    fn sample(&self, question: &Question<'_>, _memory: &mut Memory) -> Option<Values> {
        let mut left = question.number;
        self.walk(question.space, 0, &mut Values::new(), &mut left)
    }

    fn repeats(&self) -> bool {
        false
    }
}

impl Grid {
    /// Goes through the combinations from parameter `place` of the order on, counts `left` down with each, and returns the one at
    /// which it is 0. The work is in proportion to the trial's number, not to the size of the grid.
    fn walk(&self, space: &CheckedSpace, place: usize, values: &mut Values, left: &mut u64) -> Option<Values> {
        let Some(&idx) = space.order().get(place) else {
            if *left == 0 {
                return Some(values.clone());
            }
            *left -= 1;
            return None;
        };
        let parameter = &space.parameters()[idx];
        if !space.exists(parameter, values) {
            return self.walk(space, place + 1, values, left);
        }
        let mut last = None;
        for point in 0..self.n_points(parameter) {
            let value = self.point(parameter, point);
            // A range of a few neighbouring numbers has fewer values than points.
            if last.as_ref() == Some(&value) {
                continue;
            }
            last = Some(value.clone());
            values.insert(parameter.path.clone(), value);
            if let found @ Some(_) = self.walk(space, place + 1, values, left) {
                return found;
            }
        }
        values.remove(&parameter.path);
        None
    }

    fn n_points(&self, parameter: &Parameter) -> u64 {
        match (parameter.n_choices(), parameter.n_values()) {
            (Some(n), _) => n as u64,
            (None, Some(n)) => n.min(self.points),
            (None, None) => self.points,
        }
    }

    fn point(&self, parameter: &Parameter, point: u64) -> Value {
        let n_points = self.n_points(parameter);
        if parameter.n_values() == Some(n_points) {
            return parameter.value_at(point);
        }
        let share = if n_points == 1 { 0.5 } else { point as f64 / (n_points - 1) as f64 };
        parameter.at_unit(share)
    }
}
