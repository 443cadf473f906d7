//! Covariance matrix adaptation, as in Hansen 2016 (*The CMA evolution strategy: a tutorial*, arXiv 1604.00772): weighted
//! recombination with negative weights, step-size control by the cumulative path, rank-one and rank-µ updates, the parameters of
//! its table 1. It works on the unit interval of every number; outside it draws again, and brings the hundredth draw to the border.
//!
//! **A generation** is the next λ trials that end with something to learn from, whichever they are: nothing waits for a straggler.
//! A trial that was drawn from an older distribution is an injected point, and its step is cut to the length that points of this
//! one have (Hansen 2011). Failed trials do not count; pruned ones rank behind complete ones.
//!
//! **Integers and steps** are rounded, and the rounded value is what the update sees. With a margin, after Hamano et al. 2022
//! (*CMA-ES with margin*): once the distribution lies within one cell, its neighbours are drawn with the probability `1/(n λ)` each.
//! **Choices** have a probability each, independent of the numbers, that moves towards the better half's shares and never below
//! `1/(λ k)` for k choices; after Hamano et al. 2024 (*CatCMA*), with a fixed rate instead of its natural gradient's.
//! **Conditional** numbers that a trial lacks take a random step in its update, choices none: where nothing is known, nothing
//! changes on average.
//!
//! **The ladder**: median regret after 200 trials, seeds 1 to 30, of `benches/tune.py`'s functions:
//!
//! | step | branin | hartmann6 | rosenbrock10 | network | ensemble |
//! |---|---|---|---|---|---|
//! | choices at random | 1.9e-6 | 0.030 | 382 | 0.063 | 0.043 |
//! | choices adapt, no margin | " | " | " | 0.0023 | 0.080 |
//! | **choices adapt by 0.3, margin** | " | " | " | 0.0020 | 0.0077 |
//! | choices adapt by 0.6, margin | " | " | " | 0.0019 | 0.0074 |
//!
//! There are no restarts: within a few hundred trials no distribution of these functions converges.

mod eigen;
mod state;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use self::state::State;
use super::{Limits, Memory, Question, SamplerDefinition, random};
use crate::ranges::Ranges;
use crate::space::Values;

/// Covariance matrix adaptation: a normal distribution over the space that moves to where trials were good and learns which way
/// the valley lies. For numbers that depend on each other, one goal, up to 200 parameters and a hundred trials or more.
///
/// *Source*: Hansen 2016.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Cmaes {
    /// Trials drawn at random before the distribution starts, around the best of them; 0 to 10,000. At 0 it starts in the middle of
    /// the space. Default 0.
    #[schemars(range(max = 10_000))]
    pub startup_trials: u64,
    /// Trials from one update to the next (Hansen's λ), 4 to 1,000. Default: 4 + 3 ln n, rounded down, for n numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 4, max = 1000))]
    pub population: Option<u64>,
    /// The first standard deviation as a share of each range (Hansen's σ), above 0 and at most 1. Default 1/6.
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0.0))]
    pub deviation: f64,
}

impl Default for Cmaes {
    fn default() -> Self {
        Cmaes { startup_trials: 0, population: None, deviation: 1.0 / 6.0 }
    }
}

impl SamplerDefinition for Cmaes {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("startup_trials", self.startup_trials as f64, 0.0..=10_000.0);
        if let Some(population) = self.population {
            ranges.number("population", population as f64, 4.0..=1000.0);
        }
        ranges.share("deviation", self.deviation, 1.0);
    }

    fn limits(&self) -> Limits {
        // The eigenvectors cost the cube of the parameters; one goal, because the distribution follows one order of the trials.
        Limits { parameters: 200, goals: 1 }
    }

    fn sample(&self, question: &Question<'_>, memory: &mut Memory) -> Option<Values> {
        let n_useful = question.history.ranked().len() as u64;
        if n_useful < self.startup_trials {
            return Some(random::draw(question));
        }
        let n_finished = question.history.finished.len();
        let mut state = match memory.cmaes.take() {
            Some(state) if state.n_told() <= n_finished => state,
            _ => Box::new(State::new(self, question)),
        };
        state.advance(question);
        let values = state.draw(question);
        memory.cmaes = Some(state);
        Some(values)
    }
}
