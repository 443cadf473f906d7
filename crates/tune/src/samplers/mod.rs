//! Samplers: what to try next. One file each, one visible list ([`Sampler`]), one suite that each passes
//! ([`testing`](crate::testing)).
//!
//! A sampler is a function of (space, seed, number of the trial, history): it keeps nothing. So a study that is replayed from its
//! journal goes on as if it had never stopped. What a sampler may keep in a [`Memory`] is what it would compute again without it.

mod cmaes;
mod grid;
mod random;
mod tpe;

pub use cmaes::Cmaes;
pub use grid::Grid;
pub use random::Random;
pub use tpe::Tpe;

use proofmark_tagged::tagged;

use crate::ranges::Ranges;
use crate::space::{CheckedSpace, Values};
use crate::trial::History;

tagged! {
    /// How the values of the next trial are chosen.
    Sampler: SamplerDefinition {
        random => Random,
        grid => Grid,
        tpe => Tpe,
        cmaes => Cmaes,
    }
}

/// How often a sampler is asked again for a point that was not tried yet, before any point will do.
const ATTEMPTS: u32 = 32;
/// After so many attempts the points are drawn at random: a model that is sure of one point would repeat it for ever.
const OWN_ATTEMPTS: u32 = 16;

/// What is asked of a sampler.
#[derive(Clone, Copy, Debug)]
pub struct Question<'s> {
    /// What is searched.
    pub space: &'s CheckedSpace,
    /// The study's seed.
    pub seed: u64,
    /// The number of the trial that is to start.
    pub number: u64,
    /// What is known. Trials that still run are in it.
    pub history: History<'s>,
    /// How often this trial was asked for before: each attempt draws other numbers.
    pub attempt: u32,
}

/// What samplers need not compute again. Whether there is one or a new one changes no value.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    cmaes: Option<Box<cmaes::State>>,
}

/// What every sampler defines.
pub(crate) trait SamplerDefinition {
    /// Collects the parameters that are outside their range.
    fn check(&self, _ranges: &mut Ranges) {}

    /// The most parameters and goals that it can search.
    fn limits(&self) -> Limits {
        Limits::default()
    }

    /// A point of the space; `None` if there is none left.
    fn sample(&self, question: &Question<'_>, memory: &mut Memory) -> Option<Values>;

    /// Whether the same point may come again, so that it is worth asking for another one.
    fn repeats(&self) -> bool {
        true
    }
}

/// What a sampler can search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most parameters.
    pub parameters: usize,
    /// The most goals.
    pub goals: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { parameters: crate::Space::MAX_PARAMETERS, goals: crate::AdjustSpec::MAX_GOALS }
    }
}

impl Sampler {
    /// The values of the next trial, or `None` if there are none left (a grid that was walked to its end).
    ///
    /// No point is tried twice as long as another one is found within a few attempts: a trial reproduces bit for bit, so that
    /// trying it again teaches nothing.
    pub fn sample(&self, question: &Question<'_>, memory: &mut Memory) -> Option<Values> {
        let is_known = |values: &Values| question.history.trials.iter().any(|trial| trial.values == *values);
        let first = self.definition().sample(question, memory)?;
        if !self.definition().repeats() || !is_known(&first) {
            return Some(first);
        }
        for attempt in 1..ATTEMPTS {
            let question = Question { attempt, ..*question };
            let is_own = attempt < OWN_ATTEMPTS;
            let values = if is_own { self.definition().sample(&question, memory)? } else { random::draw(&question) };
            if !is_known(&values) {
                return Some(values);
            }
        }
        Some(first)
    }

    /// The most parameters and goals that it can search.
    pub fn limits(&self) -> Limits {
        self.definition().limits()
    }

    pub(crate) fn check_into(&self, ranges: &mut Ranges) {
        self.definition().check(ranges);
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Tpe::default().into()
    }
}
