//! Which parameters decided the result.
//!
//! PED-ANOVA (Watanabe, Bansal, Hutter 2023, *PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary
//! subspaces*): a parameter matters if its values among the best trials are spread otherwise than among all. fANOVA (Hutter et al.
//! 2014) splits the variance that a random forest explains; with the ten to a hundred trials of a study of trainings the forest
//! knows little, and most of its variance comes from the worst trials, which nobody cares about. PED-ANOVA has a closed form,
//! needs no forest, and asks about the good region. What it does not see is a parameter that matters only together with another.

use proofmark_tensor::math::{exp_f64, pow_f64};

use crate::space::{CheckedSpace, Parameter};
use crate::trial::{History, TrialRecord};

/// Fewer complete trials say nothing.
const MIN_TRIALS: usize = 8;
/// The best trials: this share of all (γ' of the paper), so that the smallest study compares at least two with eight.
const BEST_SHARE: f64 = 0.2;
/// Places on the unit interval at which densities are compared.
const GRID: usize = 50;

/// How much each parameter mattered for a goal, by path in the order of the space; the shares add up to 1.
///
/// `None` with fewer than 8 complete trials, or if no parameter made a difference. A parameter with one value has the share 0; a
/// conditional one is judged among the trials in which it exists, and counts in proportion to their number.
pub fn importance(space: &CheckedSpace, history: &History<'_>, goal_idx: usize) -> Option<Vec<(String, f64)>> {
    let mut ranked: Vec<(f64, &TrialRecord)> =
        history.trials.iter().filter_map(|trial| Some((*history.losses(trial)?.get(goal_idx)?, trial))).collect();
    if ranked.len() < MIN_TRIALS {
        return None;
    }
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let divergences: Vec<f64> = space.parameters().iter().map(|parameter| divergence(parameter, &ranked)).collect();
    let total: f64 = divergences.iter().sum();
    if total <= 0.0 || ranked.first().map(|first| first.0) == ranked.last().map(|last| last.0) {
        return None;
    }
    let shares = space.parameters().iter().zip(&divergences);
    Some(shares.map(|(parameter, divergence)| (parameter.path.clone(), divergence / total)).collect())
}

/// Pearson's divergence of the best trials' density from that of all: `∫ p (q/p - 1)²` (the paper's theorem 1).
fn divergence(parameter: &Parameter, ranked: &[(f64, &TrialRecord)]) -> f64 {
    let unit = |trial: &TrialRecord| {
        let value = trial.values.get(&parameter.path)?;
        Some(match parameter.n_choices() {
            Some(_) => parameter.idx_of(value) as f64,
            None => parameter.unit_of(value),
        })
    };
    let all: Vec<f64> = ranked.iter().filter_map(|(_, trial)| unit(trial)).collect();
    let n_best = ((BEST_SHARE * all.len() as f64).ceil() as usize).max(2);
    if all.len() < MIN_TRIALS || parameter.n_values() == Some(1) {
        return 0.0;
    }
    let best = &all[..n_best.min(all.len())];
    let (of_best, of_all) = match parameter.n_choices() {
        Some(n) => (shares(best, n), shares(&all, n)),
        None => (density(best), density(&all)),
    };
    let terms = of_best.iter().zip(&of_all).map(|(q, p)| p * (q / p - 1.0) * (q / p - 1.0));
    let exists = all.len() as f64 / ranked.len() as f64;
    exists * terms.sum::<f64>()
}

/// Each choice's share, with one observation spread evenly, so that none is 0.
fn shares(idxs: &[f64], n: usize) -> Vec<f64> {
    let mut counts = vec![1.0 / n as f64; n];
    for idx in idxs {
        counts[*idx as usize] += 1.0;
    }
    counts.iter().map(|count| count / (idxs.len() as f64 + 1.0)).collect()
}

/// A kernel density on the grid, with one observation spread evenly; Scott's width (1992), not below a place of the grid.
fn density(units: &[f64]) -> Vec<f64> {
    let n = units.len() as f64;
    let mean = units.iter().sum::<f64>() / n;
    let variance = units.iter().map(|unit| (unit - mean) * (unit - mean)).sum::<f64>() / (n - 1.0).max(1.0);
    let width = (1.059 * variance.sqrt() * pow_f64(n, -0.2)).max(1.0 / GRID as f64);
    let mut grid = vec![1.0 / GRID as f64; GRID];
    for unit in units {
        let kernel: Vec<f64> = (0..GRID)
            .map(|place| {
                let z = ((place as f64 + 0.5) / GRID as f64 - unit) / width;
                exp_f64(-0.5 * z * z)
            })
            .collect();
        let total: f64 = kernel.iter().sum();
        for (place, value) in grid.iter_mut().zip(&kernel) {
            *place += value / total;
        }
    }
    grid.iter().map(|place| place / (n + 1.0)).collect()
}
