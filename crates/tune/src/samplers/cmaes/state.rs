//! The distribution of CMA-ES and how finished trials change it.

use proofmark_tensor::math::{exp_f64, ln_f64};

use super::Cmaes;
use super::eigen::eigen;
use crate::draws::Draws;
use crate::normal::inverse_normal_cdf;
use crate::samplers::Question;
use crate::space::{CheckedSpace, Parameter, Values};
use crate::trial::{TrialRecord, TrialState};

/// Draws outside the space before the last one is brought to the nearest point inside.
const MAX_RESAMPLES: usize = 100;

/// How far the probabilities of choices move in a generation towards the better half's. The ladder in `cmaes.rs` has the
/// measurement.
const CHOICE_RATE: f64 = 0.3;

/// The distribution from which trials are drawn. Follows from the trials that ended, in the order in which they did.
#[derive(Clone, Debug)]
pub(crate) struct State {
    strategy: Strategy,
    /// Indices of the parameters that are numbers with more than one value.
    numbers: Vec<usize>,
    /// The centre, on the unit interval of each number.
    mean: Vec<f64>,
    sigma: f64,
    covariance: Vec<Vec<f64>>,
    path_sigma: Vec<f64>,
    path_c: Vec<f64>,
    /// Square roots of the covariance's eigenvalues, and its eigenvectors.
    axes: (Vec<f64>, Vec<Vec<f64>>),
    generation: u64,
    /// For each parameter, the probabilities of its choices; empty for numbers.
    choices: Vec<Vec<f64>>,
    n_told: usize,
    /// Trials since the last update.
    waiting: Vec<u64>,
}

/// The strategy's parameters, all functions of the number of dimensions and the population (Hansen 2016, table 1).
#[derive(Clone, Debug)]
struct Strategy {
    population: usize,
    /// Of all ranks; the better half adds up to 1, the worse is negative.
    weights: Vec<f64>,
    mu_eff: f64,
    c_sigma: f64,
    d_sigma: f64,
    c_c: f64,
    c_1: f64,
    c_mu: f64,
    /// The expected length of a standard normal vector.
    chi: f64,
}

impl Strategy {
    fn new(n: usize, population: usize) -> Strategy {
        let n = n as f64;
        let lambda = population as f64;
        let raw: Vec<f64> = (1..=population).map(|rank| ln_f64(0.5 * (lambda + 1.0)) - ln_f64(rank as f64)).collect();
        let mu = population / 2;
        let sum = |weights: &[f64]| weights.iter().sum::<f64>();
        let squares = |weights: &[f64]| weights.iter().map(|weight| weight * weight).sum::<f64>();
        let mu_eff = sum(&raw[..mu]) * sum(&raw[..mu]) / squares(&raw[..mu]);
        let mu_eff_minus = sum(&raw[mu..]) * sum(&raw[mu..]) / squares(&raw[mu..]);
        let c_1 = 2.0 / ((n + 1.3) * (n + 1.3) + mu_eff);
        let c_mu = (2.0 * (mu_eff - 2.0 + 1.0 / mu_eff) / ((n + 2.0) * (n + 2.0) + mu_eff)).min(1.0 - c_1);
        let alpha =
            (1.0 + c_1 / c_mu).min(1.0 + 2.0 * mu_eff_minus / (mu_eff + 2.0)).min((1.0 - c_1 - c_mu) / (n * c_mu));
        let positive = sum(&raw[..mu]);
        let negative: f64 = raw.iter().filter(|weight| **weight < 0.0).map(|weight| -weight).sum();
        let weights = raw.iter().map(|raw| if *raw >= 0.0 { raw / positive } else { alpha * raw / negative }).collect();
        let c_sigma = (mu_eff + 2.0) / (n + mu_eff + 5.0);
        Strategy {
            population,
            weights,
            mu_eff,
            c_sigma,
            d_sigma: 1.0 + 2.0 * (((mu_eff - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + c_sigma,
            c_c: (4.0 + mu_eff / n) / (n + 4.0 + 2.0 * mu_eff / n),
            c_1,
            c_mu,
            chi: n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)),
        }
    }
}

impl State {
    pub(super) fn new(spec: &Cmaes, question: &Question<'_>) -> State {
        let space = question.space;
        let is_number = |parameter: &Parameter| parameter.n_choices().is_none() && parameter.n_values() != Some(1);
        let parameters = space.parameters();
        let numbers: Vec<usize> = (0..parameters.len()).filter(|idx| is_number(&parameters[*idx])).collect();
        let n = numbers.len();
        let default = 4 + (3.0 * ln_f64(n.max(1) as f64)).floor() as usize;
        let population = spec.population.map_or(default, |population| population as usize);
        let choices = parameters.iter().map(|parameter| match parameter.n_choices() {
            Some(n) => vec![1.0 / n as f64; n],
            None => Vec::new(),
        });
        let mut state = State {
            strategy: Strategy::new(n.max(1), population),
            mean: vec![0.5; n],
            sigma: spec.deviation,
            covariance: identity(n),
            path_sigma: vec![0.0; n],
            path_c: vec![0.0; n],
            axes: (vec![1.0; n], identity(n)),
            generation: 0,
            choices: choices.collect(),
            numbers,
            n_told: 0,
            waiting: Vec::new(),
        };
        if spec.startup_trials > 0 {
            state.start_at_best(spec, question);
        }
        state
    }

    /// The mean starts at the best of the trials that were drawn at random.
    fn start_at_best(&mut self, spec: &Cmaes, question: &Question<'_>) {
        let history = question.history;
        let n_useful = |n: usize| {
            history.finished[..n]
                .iter()
                .filter_map(|number| history.trial(*number))
                .filter(|trial| is_useful(trial))
                .count()
        };
        let Some(n_told) = (0..=history.finished.len()).find(|n| n_useful(*n) as u64 >= spec.startup_trials) else {
            return;
        };
        self.n_told = n_told;
        let finished = &history.finished[..n_told];
        let best = history.ranked().into_iter().find(|trial| finished.contains(&trial.number));
        let Some(best) = best else { return };
        for (mean, idx) in self.mean.iter_mut().zip(&self.numbers) {
            let parameter = &question.space.parameters()[*idx];
            if let Some(value) = best.values.get(&parameter.path) {
                *mean = parameter.unit_of(value);
            }
        }
    }

    pub(super) fn n_told(&self) -> usize {
        self.n_told
    }

    /// Takes in the trials that ended since.
    pub(super) fn advance(&mut self, question: &Question<'_>) {
        let history = question.history;
        while self.n_told < history.finished.len() {
            let number = history.finished[self.n_told];
            self.n_told += 1;
            if history.trial(number).is_some_and(is_useful) {
                self.waiting.push(number);
            }
            if self.waiting.len() >= self.strategy.population {
                let generation = std::mem::take(&mut self.waiting);
                let ranked = history.ranked();
                let ranked: Vec<&TrialRecord> =
                    ranked.into_iter().filter(|trial| generation.contains(&trial.number)).collect();
                self.update(question, &ranked);
            }
        }
    }

    /// A point drawn from the distribution.
    pub(super) fn draw(&self, question: &Question<'_>) -> Values {
        let mut draws = Draws::new(question.seed, "tune.cmaes", question.number, question.attempt);
        let units = self.draw_units(question.space, &mut draws);
        question.space.values_by(|idx, parameter| match self.numbers.iter().position(|number| *number == idx) {
            Some(place) => parameter.at_unit(units[place]),
            None if parameter.n_choices().is_some() => parameter.value_at(draws.weighted(&self.choices[idx]) as u64),
            None => parameter.value_at(0),
        })
    }

    fn draw_units(&self, space: &CheckedSpace, draws: &mut Draws) -> Vec<f64> {
        let n = self.numbers.len();
        let mut units = Vec::new();
        for _ in 0..MAX_RESAMPLES {
            let z: Vec<f64> = (0..n).map(|_| draws.normal()).collect();
            units = (0..n).map(|i| self.sigma.mul_add(self.scaled(i, &z), self.mean[i])).collect();
            if units.iter().all(|unit| (0.0..=1.0).contains(unit)) {
                break;
            }
        }
        for (place, unit) in units.iter_mut().enumerate() {
            let parameter = &space.parameters()[self.numbers[place]];
            if parameter.n_values().is_some() {
                *unit = self.with_margin(parameter, place, *unit, draws);
            }
            *unit = unit.clamp(0.0, 1.0);
        }
        units
    }

    /// Row `i` of `B D z`.
    fn scaled(&self, i: usize, z: &[f64]) -> f64 {
        let (lengths, vectors) = &self.axes;
        (0..z.len()).map(|k| vectors[i][k] * lengths[k] * z[k]).sum()
    }

    /// Keeps a discrete parameter moving. Once the distribution is narrower than a cell it would give the same value for ever; so
    /// with the probability `1/(n λ)` that Hamano et al. 2022 take for their margin, the value becomes a neighbour of the mean's.
    fn with_margin(&self, parameter: &Parameter, place: usize, unit: f64, draws: &mut Draws) -> f64 {
        let alpha = 1.0 / (self.numbers.len() * self.strategy.population) as f64;
        let u = draws.uniform();
        let deviation = self.sigma * self.covariance[place][place].sqrt();
        let idx = parameter.idx_of(&parameter.at_unit(self.mean[place]));
        let (start, end) = parameter.cell(idx);
        let least = -inverse_normal_cdf(alpha);
        let is_narrow = deviation * least < (self.mean[place] - start).min(end - self.mean[place]);
        if !is_narrow || u >= 2.0 * alpha {
            return unit;
        }
        let last = parameter.n_values().map_or(0, |n| n - 1);
        let neighbour = if u < alpha { idx.saturating_sub(1) } else { (idx + 1).min(last) };
        let (start, end) = parameter.cell(neighbour);
        0.5 * (start + end)
    }

    /// One generation: the equations of Hansen 2016, figure 6, in their order.
    fn update(&mut self, question: &Question<'_>, ranked: &[&TrialRecord]) {
        let n = self.numbers.len();
        self.update_choices(question.space, ranked);
        if n == 0 {
            return;
        }
        let strategy = self.strategy.clone();
        let steps: Vec<Vec<f64>> = ranked.iter().map(|trial| self.step_of(question, trial)).collect();
        let mut mean_step = vec![0.0; n];
        for (step, weight) in steps.iter().zip(&strategy.weights).filter(|(_, weight)| **weight > 0.0) {
            for i in 0..n {
                mean_step[i] += weight * step[i];
            }
        }
        for (mean, step) in self.mean.iter_mut().zip(&mean_step) {
            *mean = self.sigma.mul_add(*step, *mean).clamp(0.0, 1.0);
        }
        let whitened = self.whitened(&mean_step);
        let keep = 1.0 - strategy.c_sigma;
        let gain = (strategy.c_sigma * (2.0 - strategy.c_sigma) * strategy.mu_eff).sqrt();
        for (path, step) in self.path_sigma.iter_mut().zip(&whitened) {
            *path = keep.mul_add(*path, gain * step);
        }
        let length = norm(&self.path_sigma);
        self.generation += 1;
        let mut fading = 1.0;
        for _ in 0..2 * self.generation.min(10_000) {
            fading *= keep;
        }
        let threshold = (1.4 + 2.0 / (n as f64 + 1.0)) * strategy.chi;
        let is_short = length / (1.0 - fading).sqrt() < threshold;
        let keep = 1.0 - strategy.c_c;
        let gain = if is_short { (strategy.c_c * (2.0 - strategy.c_c) * strategy.mu_eff).sqrt() } else { 0.0 };
        for (path, step) in self.path_c.iter_mut().zip(&mean_step) {
            *path = keep.mul_add(*path, gain * step);
        }
        let weights: Vec<f64> = strategy
            .weights
            .iter()
            .zip(&steps)
            .map(|(weight, step)| {
                if *weight >= 0.0 {
                    return *weight;
                }
                let length = norm(&self.whitened(step));
                weight * n as f64 / length.mul_add(length, 1e-12)
            })
            .collect();
        let lost = if is_short { 0.0 } else { strategy.c_1 * strategy.c_c * (2.0 - strategy.c_c) };
        let total: f64 = strategy.weights.iter().sum();
        let keep = 1.0 + lost - strategy.c_1 - strategy.c_mu * total;
        for i in 0..n {
            for j in 0..=i {
                let mut rank_mu = 0.0;
                for (weight, step) in weights.iter().zip(&steps) {
                    rank_mu += weight * step[i] * step[j];
                }
                let value = keep * self.covariance[i][j]
                    + strategy.c_1 * self.path_c[i] * self.path_c[j]
                    + strategy.c_mu * rank_mu;
                self.covariance[i][j] = value;
                self.covariance[j][i] = value;
            }
        }
        let change = strategy.c_sigma / strategy.d_sigma * (length / strategy.chi - 1.0);
        self.sigma = (self.sigma * exp_f64(change.min(1.0))).clamp(1e-12, 1.0);
        let (values, vectors) = eigen(&self.covariance);
        let largest = values.iter().copied().fold(0.0, f64::max);
        let lengths = values.iter().map(|value| value.max(1e-14 * largest).max(f64::MIN_POSITIVE).sqrt()).collect();
        self.axes = (lengths, vectors);
    }

    /// `(x - m) / σ` of a trial. A parameter that did not exist in it gets a step at random, as if it had been drawn: so it
    /// neither widens nor narrows the distribution along that axis.
    fn step_of(&self, question: &Question<'_>, trial: &TrialRecord) -> Vec<f64> {
        let mut draws = Draws::new(question.seed, "tune.cmaes.absent", trial.number, 0);
        let step = |(place, idx): (usize, &usize)| {
            let parameter = &question.space.parameters()[*idx];
            match trial.values.get(&parameter.path) {
                Some(value) => (parameter.unit_of(value) - self.mean[place]) / self.sigma,
                None => self.covariance[place][place].sqrt() * draws.normal(),
            }
        };
        let mut step: Vec<f64> = self.numbers.iter().enumerate().map(step).collect();
        // A trial of an earlier generation, or one at random, may lie far outside the distribution; its length is cut as that of
        // an injected point (Hansen 2011, *Injecting external solutions into CMA-ES*, equation 4).
        let n = step.len() as f64;
        let most = n.sqrt() + 2.0 * n / (n + 2.0);
        let length = norm(&self.whitened(&step));
        if length > most {
            step.iter_mut().for_each(|step| *step *= most / length);
        }
        step
    }

    /// `C^(-1/2) step`.
    fn whitened(&self, step: &[f64]) -> Vec<f64> {
        let (lengths, vectors) = &self.axes;
        let n = step.len();
        let along: Vec<f64> =
            (0..n).map(|k| (0..n).map(|i| vectors[i][k] * step[i]).sum::<f64>() / lengths[k]).collect();
        (0..n).map(|i| (0..n).map(|k| vectors[i][k] * along[k]).sum()).collect()
    }

    /// Probabilities of choices move towards those of the better half, and none falls below a floor.
    fn update_choices(&mut self, space: &CheckedSpace, ranked: &[&TrialRecord]) {
        for (idx, parameter) in space.parameters().iter().enumerate() {
            let n = self.choices[idx].len();
            if n < 2 {
                continue;
            }
            let mut shares = vec![0.0; n];
            let mut total = 0.0;
            for (trial, weight) in ranked.iter().zip(&self.strategy.weights).filter(|(_, weight)| **weight > 0.0) {
                if let Some(value) = trial.values.get(&parameter.path) {
                    shares[parameter.idx_of(value) as usize] += weight;
                    total += weight;
                }
            }
            if total == 0.0 {
                continue;
            }
            let floor = 1.0 / (self.strategy.population * n) as f64;
            let probabilities = &mut self.choices[idx];
            for (probability, share) in probabilities.iter_mut().zip(&shares) {
                let moved = CHOICE_RATE * total * (share / total - *probability);
                *probability = (*probability + moved).max(floor);
            }
            let sum: f64 = probabilities.iter().sum();
            probabilities.iter_mut().for_each(|probability| *probability /= sum);
        }
    }
}

/// Whether anything can be learned from a trial.
fn is_useful(trial: &TrialRecord) -> bool {
    matches!(trial.state, TrialState::Complete { .. } | TrialState::Pruned)
}

fn identity(n: usize) -> Vec<Vec<f64>> {
    (0..n).map(|i| (0..n).map(|j| if i == j { 1.0 } else { 0.0 }).collect()).collect()
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|value| value * value).sum::<f64>().sqrt()
}
