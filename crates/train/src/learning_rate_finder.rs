//! The learning-rate range test: how the loss answers while the rate grows from far too small to far too large.
//!
//! *Source*: Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3 (the test, with a rate that grows
//! linearly); the exponential growth, and the two ways to read the curve, are those of fastai's `lr_find` and its course.
//!
//! Deterministic: the seed decides, no clock is read, and every number is f64 from plain arithmetic and `proofmark_tensor::math`.

use proofmark_tensor::math::{ln_f64, pow_f64};
use serde::Serialize;

use crate::error::TrainError;
use crate::training::{Probe, TrainingInput};

/// How the rate grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RangeTest {
    /// The first rate. Default 1e-7.
    pub from: f64,
    /// The last rate, if the loss lasts so long. Default 10.
    pub to: f64,
    /// Steps of training in all, at least 2. Default 300: 37 for each factor of ten.
    pub steps: usize,
}

impl Default for RangeTest {
    fn default() -> Self {
        RangeTest { from: 1e-7, to: 10.0, steps: 300 }
    }
}

/// What a range test found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RangeCurve {
    /// The steps, in their order.
    pub points: Vec<RangePoint>,
    /// Why it ended.
    pub ended: RangeEnd,
    /// What to set; `None` if the loss never fell.
    pub advice: Option<RateAdvice>,
}

/// A step of a range test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RangePoint {
    /// The step's rate.
    pub learning_rate: f64,
    /// The mean loss of its batch, before the step.
    pub loss: f64,
    /// The loss smoothed over neighbouring steps: a mean with weights that fall linearly to 0 at [`REACH`] steps.
    pub smoothed: f64,
}

/// Why a range test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RangeEnd {
    /// The last rate was reached.
    LastRate,
    /// The loss had grown far beyond its minimum: see [`BLOWN_UP`].
    LossGrew,
    /// The loss, or a gradient, was no longer a finite number.
    NotFinite,
    /// The person asked.
    Interrupted,
}

/// What to set, and the two readings of the curve that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RateAdvice {
    /// The rate to set: the smaller of the two readings, to two significant digits. Too small a rate costs time, too large a one
    /// the training.
    pub learning_rate: f64,
    /// Which of the readings it is.
    pub rule: RateRule,
    /// The rate at which the loss falls fastest, per factor of rate.
    pub steepest: f64,
    /// A tenth of the rate at which the loss is least: by then a step is already too long.
    pub tenth_of_minimum: f64,
    /// The least smoothed loss.
    pub least_loss: f64,
}

/// A reading of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RateRule {
    /// [`RateAdvice::steepest`].
    Steepest,
    /// [`RateAdvice::tenth_of_minimum`].
    TenthOfMinimum,
}

/// Steps on each side that a smoothed loss looks at; a quarter of a factor of ten at the default number of steps. Symmetric, unlike a
/// running mean, which would tell everything at too large a rate.
pub const REACH: usize = 9;

/// The test ends when the running mean of the loss is this many times its minimum (fastai's bound).
pub const BLOWN_UP: f64 = 4.0;

/// How much of the running mean a step keeps.
const KEPT: f64 = 0.9;

/// The loss must fall by this share of where it began, or nothing was learnt at any rate.
const LEAST_FALL: f64 = 0.02;

/// Trains a copy while the rate grows. `go_on` is told the steps done and all of them, and says whether to go on.
///
/// # Errors
/// What a training says that cannot begin or cannot run; that the loss is no number ends the test and is no error.
pub fn range_test(
    input: TrainingInput<'_>,
    test: RangeTest,
    go_on: &mut dyn FnMut(usize, usize) -> bool,
) -> Result<RangeCurve, TrainError> {
    let mut probe = Probe::new(input)?;
    let mut measured: Vec<(f64, f64)> = Vec::with_capacity(test.steps);
    let mut running = RunningMean::default();
    let mut ended = RangeEnd::LastRate;
    for step in 0..test.steps {
        if !go_on(step, test.steps) {
            ended = RangeEnd::Interrupted;
            break;
        }
        let learning_rate = test.rate(step);
        let loss = match probe.step(learning_rate) {
            Ok((loss, _)) => loss,
            Err(TrainError::LossNotFinite { .. } | TrainError::GradientNotFinite { .. }) => {
                ended = RangeEnd::NotFinite;
                break;
            }
            Err(error) => return Err(error),
        };
        measured.push((learning_rate, loss));
        if running.blows_up(loss) {
            ended = RangeEnd::LossGrew;
            break;
        }
    }
    let points = smoothed(&measured);
    let advice = advise(&points);
    Ok(RangeCurve { points, ended, advice })
}

impl RangeTest {
    /// The rate of a step, from 0: `from (to / from)^(step / (steps - 1))`.
    fn rate(&self, step: usize) -> f64 {
        let last = self.steps.saturating_sub(1).max(1);
        self.from * pow_f64(self.to / self.from, step as f64 / last as f64)
    }
}

/// An exponential mean with its start corrected, as Adam's moments are.
#[derive(Default)]
struct RunningMean {
    mean: f64,
    weight: f64,
    least: Option<f64>,
}

impl RunningMean {
    /// Takes one more loss; whether the mean has left its minimum far behind.
    fn blows_up(&mut self, loss: f64) -> bool {
        self.mean = KEPT * self.mean + (1.0 - KEPT) * loss;
        self.weight = KEPT * self.weight + (1.0 - KEPT);
        let mean = self.mean / self.weight;
        let least = self.least.map_or(mean, |least| least.min(mean));
        self.least = Some(least);
        mean > BLOWN_UP * least
    }
}

fn smoothed(measured: &[(f64, f64)]) -> Vec<RangePoint> {
    let smooth = |at: usize| {
        let near = measured.iter().enumerate().skip(at.saturating_sub(REACH)).take_while(|(idx, _)| *idx <= at + REACH);
        let (sum, weights) = near.fold((0.0, 0.0), |(sum, weights), (idx, (_, loss))| {
            let weight = (REACH + 1 - idx.abs_diff(at)) as f64;
            (sum + weight * loss, weights + weight)
        });
        sum / weights
    };
    let points = measured.iter().enumerate();
    points
        .map(|(at, (learning_rate, loss))| RangePoint {
            learning_rate: *learning_rate,
            loss: *loss,
            smoothed: smooth(at),
        })
        .collect()
}

/// Reads the curve. NaN stands nowhere in it.
fn advise(points: &[RangePoint]) -> Option<RateAdvice> {
    let least = points.iter().enumerate().min_by(|a, b| a.1.smoothed.total_cmp(&b.1.smoothed))?;
    let (least_idx, least) = (least.0, least.1);
    let first = points.first()?;
    if first.smoothed - least.smoothed <= LEAST_FALL * first.smoothed.abs() {
        return None;
    }
    // Slopes between neighbours `REACH` steps apart, so that a batch's own luck does not decide; only down to the minimum.
    let slope = |(from, to): (&RangePoint, &RangePoint)| {
        (to.smoothed - from.smoothed) / (ln_f64(to.learning_rate) - ln_f64(from.learning_rate))
    };
    let falling = points.iter().zip(points.iter().skip(REACH)).take(least_idx.saturating_sub(REACH) + 1);
    let steepest = falling.enumerate().min_by(|a, b| slope(a.1).total_cmp(&slope(b.1)))?.0;
    let steepest = points.get(steepest + REACH / 2)?.learning_rate;
    let tenth_of_minimum = least.learning_rate / 10.0;
    let rule = if steepest <= tenth_of_minimum { RateRule::Steepest } else { RateRule::TenthOfMinimum };
    Some(RateAdvice {
        learning_rate: two_digits(steepest.min(tenth_of_minimum)),
        rule,
        steepest,
        tenth_of_minimum,
        least_loss: least.smoothed,
    })
}

/// The nearest number of two significant decimal digits; of one below the smallest that can be scaled, the number itself.
fn two_digits(rate: f64) -> f64 {
    // The decimal text decides what the number is: 0.0021 is the f64 nearest to it, which no scaling gives exactly.
    format!("{rate:.1e}").parse().unwrap_or(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(loss: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        let test = RangeTest::default();
        (0..test.steps).map(|step| (test.rate(step), loss(test.rate(step)))).collect()
    }

    /// A fall by 2 about `middle`, in steps of factors of ten.
    fn fall(rate: f64, middle: f64) -> f64 {
        let x = ln_f64(rate / middle);
        if x < -2.0 {
            2.0
        } else if x > 2.0 {
            0.0
        } else {
            1.0 - x / 2.0
        }
    }

    #[test]
    fn rates_grow_by_equal_factors() {
        let test = RangeTest::default();
        assert!((test.rate(0) - 1e-7).abs() < 1e-20 && (test.rate(299) - 10.0).abs() < 1e-12);
        let factors: Vec<f64> = (1..300).map(|step| test.rate(step) / test.rate(step - 1)).collect();
        assert!(factors.iter().all(|factor| (factor - 1.0635).abs() < 1e-3), "{factors:?}");
    }

    #[test]
    fn the_steepest_fall_is_where_it_is() {
        // The loss falls about 1e-4, and stays at its floor until it rises at 1: a tenth of the minimum is a larger rate.
        let points =
            smoothed(&curve(|rate| 1.0 + fall(rate, 1e-4) - 0.01 * ln_f64(rate) + if rate > 1.0 { 3.0 } else { 0.0 }));
        let advice = advise(&points).expect("it falls");
        assert_eq!(advice.rule, RateRule::Steepest);
        assert!((2e-5..5e-4).contains(&advice.steepest), "{advice:?}");
        assert!((0.03..0.1).contains(&advice.tenth_of_minimum), "{advice:?}");
    }

    #[test]
    fn a_fall_close_to_the_rise_is_read_with_a_margin() {
        // It falls ever faster, until the loss rises at 0.3.
        let points = smoothed(&curve(|rate| if rate > 0.3 { 5.0 } else { 3.0 - 5.0 * rate }));
        let advice = advise(&points).expect("it falls");
        assert_eq!(advice.rule, RateRule::TenthOfMinimum);
        assert!(advice.learning_rate < advice.steepest, "{advice:?}");
        assert!((0.005..0.04).contains(&advice.learning_rate), "{advice:?}");
    }

    #[test]
    fn what_never_falls_has_no_advice() {
        assert_eq!(advise(&[]), None);
        assert_eq!(advise(&smoothed(&curve(|_| 2.3))), None);
        assert_eq!(advise(&smoothed(&curve(|rate| 2.3 + rate))), None);
        assert_eq!(advise(&smoothed(&curve(|_| 2.3)[..1])), None);
    }

    #[test]
    fn a_loss_blows_up_when_it_leaves_its_minimum_far_behind() {
        let mut running = RunningMean::default();
        assert!((0..50).all(|_| !running.blows_up(1.0)));
        let steps = (0..50).take_while(|_| !running.blows_up(10.0)).count();
        // The mean of ones passes 4 on its way to 10 after ln(6/9)/ln(0.9) steps, which are four.
        assert_eq!(steps, 3);
    }

    #[test]
    fn smoothing_moves_nothing_and_keeps_what_is_straight() {
        let measured: Vec<(f64, f64)> = (0..60).map(|step| (1.0 + f64::from(step), 5.0 + f64::from(step))).collect();
        let points = smoothed(&measured);
        assert!(points[REACH..60 - REACH].iter().all(|point| (point.smoothed - point.loss).abs() < 1e-9));
    }

    #[test]
    fn advice_has_two_digits() {
        for (rate, rounded) in [(0.002_149, 0.0021), (0.000_999_9, 0.001), (3.0, 3.0), (1.26e-7, 1.3e-7)] {
            assert_eq!(two_digits(rate), rounded);
        }
    }
}
