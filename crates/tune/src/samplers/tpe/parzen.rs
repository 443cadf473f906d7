//! The Parzen estimator over a space with numbers, integers, choices and conditions.

use proofmark_tensor::math::{exp_f64, ln_f64};

use crate::draws::Draws;
use crate::normal::{inverse_normal_cdf, normal_cdf, normal_mass};
use crate::space::{CheckedSpace, Parameter, Value, Values};

const LN_SQRT_2_PI: f64 = 0.918_938_533_204_672_8;

/// A cell that is narrower than this share of a kernel's width has the density of its middle: the relative error is below 1 %
/// (its square over 24, times the curvature), and two error functions a kernel are saved.
const NARROW: f64 = 0.25;

/// A kernel is not narrower than the range divided by this, however many trials there are (Bergstra's clipping).
const MAX_FINENESS: f64 = 100.0;

/// Observations that the prior of a choice counts for; spread over the kernels, they keep choices alive that no good trial has
/// made. The ladder in `tpe.rs` has the measurement.
const CHOICE_PRIOR: f64 = 2.0;

/// A trial's values as coordinates: on the unit interval, or the index of a choice; `None` where the parameter does not exist.
#[derive(Clone, Debug)]
pub(super) struct Point(Vec<Option<Coordinate>>);

#[derive(Clone, Copy, Debug)]
struct Coordinate {
    /// The place on the unit interval.
    unit: f64,
    /// For discrete parameters, the value's index.
    idx: u64,
}

/// A mixture of products over a block of parameters: one component for each trial and one that knows nothing.
pub(super) struct Estimator<'s> {
    space: &'s CheckedSpace,
    /// Indices of the parameters.
    block: Vec<usize>,
    weights: Vec<f64>,
    ln_weights: Vec<f64>,
    /// By parameter of the block, then by component; the last component is the prior.
    factors: Vec<Vec<Factor>>,
}

/// One component's density of one parameter.
#[derive(Clone, Debug)]
enum Factor {
    /// Every value as likely as any other.
    Uniform,
    /// A normal distribution cut off at the ends of the unit interval: the logarithms are those of the mass that is left, and of
    /// the density at the mean.
    Normal { mean: f64, deviation: f64, ln_mass: f64, ln_peak: f64 },
    /// The observed choice, and the others less.
    Choice { idx: u64, p_observed: f64, p_other: f64 },
}

impl Point {
    pub(super) fn of(space: &CheckedSpace, values: &Values) -> Point {
        let coordinate = |parameter: &Parameter| {
            let value = values.get(&parameter.path)?;
            Some(Coordinate { unit: parameter.unit_of(value), idx: parameter.idx_of(value) })
        };
        Point(space.parameters().iter().map(coordinate).collect())
    }
}

/// The same weight for each of `n` trials.
pub(super) fn even(n: usize) -> Vec<f64> {
    vec![1.0; n]
}

/// The last 25 of `n` trials weigh 1, those before them the less the older they are, down to 1/n (Bergstra et al. 2013).
pub(super) fn recent(n: usize) -> Vec<f64> {
    let n_old = n.saturating_sub(25);
    let ramp = |idx: usize| {
        let share = if n_old > 1 { idx as f64 / (n_old - 1) as f64 } else { 0.0 };
        (1.0 / n as f64) * (1.0 - share) + share
    };
    (0..n).map(|idx| if idx < n_old { ramp(idx) } else { 1.0 }).collect()
}

impl<'s> Estimator<'s> {
    /// The density of a block's parameters, learned from the points of trials that have them, where those of `given` are chosen
    /// already: a component counts the more, the more likely it makes what is given.
    pub(super) fn new(
        space: &'s CheckedSpace,
        block: &[usize],
        points: Vec<Point>,
        mut weights: Vec<f64>,
        given: &Point,
    ) -> Estimator<'s> {
        weights.push(1.0);
        let parameters = space.parameters();
        let mut ln_weights: Vec<f64> = weights.iter().map(|weight| ln_f64(*weight)).collect();
        let is_given = |idx: &usize| given.0[*idx].is_some();
        for idx in (0..parameters.len()).filter(is_given) {
            add_log_densities(
                &mut ln_weights,
                &parameters[idx],
                &factors(&parameters[idx], idx, &points),
                given.0[idx],
            );
        }
        normalize(&mut ln_weights);
        let weights = ln_weights.iter().map(|ln_weight| exp_f64(*ln_weight)).collect();
        let factors = block.iter().map(|idx| factors(&parameters[*idx], *idx, &points)).collect();
        Estimator { space, block: block.to_vec(), weights, ln_weights, factors }
    }

    /// A point drawn from the mixture: one component for all parameters, so that what belongs together stays together.
    pub(super) fn draw(&self, draws: &mut Draws) -> Values {
        let component = draws.weighted(&self.weights);
        let value = |(idx, factors): (&usize, &Vec<Factor>)| {
            let parameter = &self.space.parameters()[*idx];
            (parameter.path.clone(), factors[component].draw(parameter, draws))
        };
        self.block.iter().zip(&self.factors).map(value).collect()
    }

    /// The logarithm of the density (for discrete parameters, of the probability) at a point.
    pub(super) fn log_density(&self, point: &Point) -> f64 {
        let mut terms = self.ln_weights.clone();
        for (idx, factors) in self.block.iter().zip(&self.factors) {
            add_log_densities(&mut terms, &self.space.parameters()[*idx], factors, point.0[*idx]);
        }
        normalize(&mut terms)
    }
}

/// Adds each component's log density of one coordinate to its term.
fn add_log_densities(terms: &mut [f64], parameter: &Parameter, factors: &[Factor], at: Option<Coordinate>) {
    let Some(coordinate) = at else { return };
    let cell = parameter.n_values().map(|_| parameter.cell(coordinate.idx));
    for (term, factor) in terms.iter_mut().zip(factors) {
        *term += factor.log_density(parameter, &coordinate, cell);
    }
}

/// Subtracts the logarithm of the terms' sum of exponentials from each, and returns it.
fn normalize(terms: &mut [f64]) -> f64 {
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = terms.iter().map(|term| exp_f64(term - most)).sum();
    let total = most + ln_f64(sum);
    terms.iter_mut().for_each(|term| *term -= total);
    total
}

impl Factor {
    fn draw(&self, parameter: &Parameter, draws: &mut Draws) -> Value {
        match (parameter.n_choices(), self) {
            (Some(n), Factor::Choice { idx, p_observed, p_other }) => {
                let mut probabilities = vec![*p_other; n];
                probabilities[*idx as usize] = *p_observed;
                parameter.value_at(draws.weighted(&probabilities) as u64)
            }
            (None, Factor::Normal { mean, deviation, .. }) => {
                let (low, high) = (normal_cdf(-mean / deviation), normal_cdf((1.0 - mean) / deviation));
                let z = inverse_normal_cdf((high - low).mul_add(draws.uniform(), low));
                parameter.at_unit(deviation.mul_add(z, *mean))
            }
            (_, _) => parameter.at_unit(draws.uniform()),
        }
    }

    fn log_density(&self, parameter: &Parameter, coordinate: &Coordinate, cell: Option<(f64, f64)>) -> f64 {
        match (self, cell) {
            (Factor::Choice { idx, p_observed, p_other }, _) => {
                ln_f64(if *idx == coordinate.idx { *p_observed } else { *p_other })
            }
            (Factor::Uniform, Some(_)) if parameter.n_choices().is_some() => {
                -ln_f64(parameter.n_choices().unwrap_or(1) as f64)
            }
            (Factor::Uniform, Some((start, end))) => ln_f64(end - start),
            (Factor::Uniform, None) => 0.0,
            (Factor::Normal { mean, deviation, ln_mass, ln_peak }, Some((start, end))) => {
                if end - start < NARROW * deviation {
                    let z = (0.5 * (start + end) - mean) / deviation;
                    return ln_peak - 0.5 * z * z + ln_f64(end - start);
                }
                let mass = normal_mass((start - mean) / deviation, (end - mean) / deviation);
                ln_f64(mass.max(f64::MIN_POSITIVE)) - ln_mass
            }
            (Factor::Normal { mean, deviation, ln_peak, .. }, None) => {
                let z = (coordinate.unit - mean) / deviation;
                ln_peak - 0.5 * z * z
            }
        }
    }
}

/// The factors of one parameter: one for each point, and the prior.
fn factors(parameter: &Parameter, idx: usize, points: &[Point]) -> Vec<Factor> {
    let seen: Vec<Option<Coordinate>> = points.iter().map(|point| point.0[idx]).collect();
    let n_seen = seen.iter().flatten().count();
    let mut factors = if let Some(n_choices) = parameter.n_choices() {
        choice_factors(n_choices as f64, n_seen, &seen)
    } else if parameter.n_values() == Some(1) {
        vec![Factor::Uniform; seen.len()]
    } else {
        let deviations = deviations(&seen);
        seen.iter()
            .zip(deviations)
            .map(|(seen, deviation)| match seen {
                Some(Coordinate { unit, .. }) => normal(*unit, deviation),
                None => Factor::Uniform,
            })
            .collect()
    };
    factors.push(if parameter.n_choices().is_some() { Factor::Uniform } else { normal(0.5, 1.0) });
    factors
}

fn normal(mean: f64, deviation: f64) -> Factor {
    let mass = normal_mass(-mean / deviation, (1.0 - mean) / deviation);
    let ln_mass = ln_f64(mass);
    Factor::Normal { mean, deviation, ln_mass, ln_peak: -ln_mass - ln_f64(deviation) - LN_SQRT_2_PI }
}

fn choice_factors(n_choices: f64, n_seen: usize, seen: &[Option<Coordinate>]) -> Vec<Factor> {
    let n_kernels = (n_seen as f64 + 1.0) / CHOICE_PRIOR;
    let total = 1.0 + n_choices / n_kernels;
    let p_other = 1.0 / n_kernels / total;
    let factor = |seen: &Option<Coordinate>| match seen {
        Some(Coordinate { idx, .. }) => Factor::Choice { idx: *idx, p_observed: p_other + 1.0 / total, p_other },
        None => Factor::Uniform,
    };
    seen.iter().map(factor).collect()
}

/// The kernels' widths: as far as the farther neighbour, not below `1/min(100, n+2)` of the range (Bergstra's heuristics).
fn deviations(seen: &[Option<Coordinate>]) -> Vec<f64> {
    let mut sorted: Vec<(f64, usize)> =
        seen.iter().enumerate().filter_map(|(idx, seen)| seen.map(|seen| (seen.unit, idx))).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let n = sorted.len();
    let minimum = 1.0 / (n as f64 + 2.0).min(MAX_FINENESS);
    let mut deviations = vec![1.0; seen.len()];
    for place in 0..n {
        let (unit, idx) = sorted[place];
        let below = if place > 0 {
            unit - sorted[place - 1].0
        } else if n > 1 {
            0.0
        } else {
            unit
        };
        let above = if place + 1 < n {
            sorted[place + 1].0 - unit
        } else if n > 1 {
            0.0
        } else {
            1.0 - unit
        };
        deviations[idx] = below.max(above).clamp(minimum, 1.0);
    }
    deviations
}
