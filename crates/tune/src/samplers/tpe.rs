//! The tree-structured Parzen estimator.
//!
//! **Model.** Trials are ranked, the best `good_share` of them (at most 25) are *good*. Good trials and the others each become a
//! mixture of products: a component for each trial, and one that knows nothing (the prior). Of points drawn from the good ones'
//! mixture the one with the largest ratio of the two densities becomes the trial. Sources: Bergstra et al. 2011 (*Algorithms
//! for hyper-parameter optimization*), section 4, for ratio, prior and widths; Bergstra, Yamins, Cox 2013 for the weights of old
//! trials; Falkner, Klein, Hutter 2018 (*BOHB*), section 3.2, for one product over all parameters instead of each parameter by itself;
//! Watanabe 2023 (*Tree-structured Parzen estimator: understanding its algorithm components*) for what each choice does.
//!
//! **Conditions.** Parameters that exist under the same conditions are a block. Blocks are chosen one after the other, parents
//! first, each from the trials that have it, ranked among themselves. The values of its parents, which are chosen already, weigh
//! the components by the density with which each of them makes them: so a depth that is shared by two families of models follows
//! the family, and densities of different dimensions are never compared.
//!
//! **Parallel trials.** A trial that still runs counts as one of the others, wherever it is going to end (the constant liar of
//! Ginsbourger et al. 2010): the ratio is low around it.
//!
//! **Several goals.** Ranks are fronts, and within a front what each trial adds to the hypervolume (Ozaki et al. 2020, *MOTPE*,
//! without its weights). **Pruned trials** rank behind complete ones, the longer they ran the better; failed ones teach nothing.
//!
//! **The ladder**: median regret after 200 trials, seeds 1 to 30, of `benches/tune.py`'s functions:
//!
//! | step | branin | hartmann6 | rosenbrock10 | network | ensemble |
//! |---|---|---|---|---|---|
//! | one density over the whole tree, absent parameters even | 0.0033 | 0.047 | 707 | 0.042 | 0.25 |
//! | block by block, not weighed by what is chosen | " | " | " | 0.013 | 0.026 |
//! | weighed by all that is chosen | " | " | " | 0.011 | 0.15 |
//! | and a choice's prior of two observations instead of one | " | " | " | 0.0026 | 0.14 |
//! | **and weighed by the parents only** | " | " | " | 0.0035 | 0.0077 |
//! | 64 candidates instead of 24 | 0.0019 | 0.034 | 575 | | |
//! | 16 candidates | 0.0034 | 0.034 | 1007 | | |
//! | kernels half as narrow at least | 0.0009 | 0.089 | 2060 | | |
//! | `good_share` 0.15 | 0.0016 | 0.097 | 1660 | | |
//!
//! The line in bold is what stands here. In `ensemble` some studies stay with the second best family, at 0.15: its medians jump
//! between the two. More candidates lead there more often (0.036 instead of 0.013 in `network`, before the last two steps). To be
//! weighed by values that do not matter only leaves fewer trials to learn from.

mod parzen;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::parzen::{Estimator, Point};
use super::{Memory, Question, SamplerDefinition, random};
use crate::draws::Draws;
use crate::ranges::Ranges;
use crate::space::{CheckedSpace, Values};
use crate::trial::TrialRecord;

/// Tree-structured Parzen estimator: good trials and the others each become a density over the space; of points drawn from the
/// good ones' density the next trial is the one where the ratio of the two is largest. For all kinds of parameters, conditions
/// and several goals.
///
/// *Source*: Bergstra et al. 2011; Watanabe 2023.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tpe {
    /// Trials drawn at random before there is a model, 1 to 10,000. Default 10.
    #[schemars(range(min = 1, max = 10_000))]
    pub startup_trials: u64,
    /// Points of which the best becomes the trial (Bergstra's number of draws), 1 to 10,000. Default 24.
    #[schemars(range(min = 1, max = 10_000))]
    pub candidates: u64,
    /// The share of trials that count as good (Bergstra's γ), above 0 and at most 0.5. Default 0.1.
    #[schemars(range(max = 0.5), extend("exclusiveMinimum" = 0.0))]
    pub good_share: f64,
}

impl Default for Tpe {
    fn default() -> Self {
        Tpe { startup_trials: 10, candidates: 24, good_share: 0.1 }
    }
}

/// The most trials that count as good.
const MAX_GOOD: usize = 25;

impl SamplerDefinition for Tpe {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("startup_trials", self.startup_trials as f64, 1.0..=10_000.0);
        ranges.number("candidates", self.candidates as f64, 1.0..=10_000.0);
        ranges.share("good_share", self.good_share, 0.5);
    }

    fn sample(&self, question: &Question<'_>, _memory: &mut Memory) -> Option<Values> {
        let ranked = question.history.ranked();
        if (ranked.len() as u64) < self.startup_trials {
            return Some(random::draw(question));
        }
        let running: Vec<&TrialRecord> = question.history.trials.iter().filter(|trial| trial.is_running()).collect();
        let mut draws = Draws::new(question.seed, "tune.tpe", question.number, question.attempt);
        let mut values = Values::new();
        for block in blocks(question.space) {
            if question.space.exists(&question.space.parameters()[block[0]], &values) {
                self.extend(question.space, &block, &ranked, &running, &mut values, &mut draws);
            }
        }
        Some(values)
    }
}

impl Tpe {
    /// Adds the values of a block's parameters.
    fn extend(
        &self,
        space: &CheckedSpace,
        block: &[usize],
        ranked: &[&TrialRecord],
        running: &[&TrialRecord],
        values: &mut Values,
        draws: &mut Draws,
    ) {
        let path = &space.parameters()[block[0]].path;
        let has_block = |trial: &&TrialRecord| trial.values.contains_key(path);
        let ranked: Vec<&TrialRecord> = ranked.iter().copied().filter(has_block).collect();
        let n_good = ((self.good_share * ranked.len() as f64).ceil() as usize).min(MAX_GOOD);
        let (good, others) = ranked.split_at(n_good.min(ranked.len()));
        let mut others: Vec<&TrialRecord> =
            others.iter().copied().chain(running.iter().copied().filter(has_block)).collect();
        others.sort_by_key(|trial| trial.number);
        let parents =
            space.parameters()[block[0]].when.iter().map(|condition| &space.parameters()[condition.parent_idx]);
        let parents = parents.filter_map(|parent| values.get_key_value(&parent.path));
        let given = Point::of(space, &parents.map(|(path, value)| (path.clone(), value.clone())).collect());
        let estimator = |trials: &[&TrialRecord], weights: Vec<f64>| {
            let points: Vec<Point> = trials.iter().map(|trial| Point::of(space, &trial.values)).collect();
            Estimator::new(space, block, points, weights, &given)
        };
        let good = estimator(good, parzen::even(good.len()));
        let others = estimator(&others, parzen::recent(others.len()));
        let mut best: Option<(f64, Values)> = None;
        for _ in 0..self.candidates {
            let candidate = good.draw(draws);
            let point = Point::of(space, &candidate);
            let gain = good.log_density(&point) - others.log_density(&point);
            if best.as_ref().is_none_or(|(most, _)| gain > *most) {
                best = Some((gain, candidate));
            }
        }
        values.extend(best.into_iter().flat_map(|(_, candidate)| candidate));
    }
}

/// The parameters that exist under the same conditions together, each block behind those on which it depends.
fn blocks(space: &CheckedSpace) -> Vec<Vec<usize>> {
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for &idx in space.order() {
        let when = &space.parameters()[idx].when;
        match blocks.iter_mut().find(|block| space.parameters()[block[0]].when == *when) {
            Some(block) => block.push(idx),
            None => blocks.push(vec![idx]),
        }
    }
    blocks
}
