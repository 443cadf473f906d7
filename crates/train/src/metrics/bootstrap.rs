use proofmark_tensor::random::Stream;

use super::calibration::Sums;
use super::{Confusion, Estimate, Method, Predictions};

/// Number of resamples.
pub(super) const RESAMPLES: usize = 2000;

/// What each bootstrap resample of the samples gives; drawn once for all metrics, so that gains are paired.
pub(super) struct Resamples {
    resamples: Vec<Resample>,
}

/// One resample's counts and means.
pub(super) struct Resample {
    pub(super) confusion: Confusion,
    pub(super) baseline: Confusion,
    pub(super) loss: f64,
    pub(super) calibration_error: f64,
}

impl Resamples {
    /// Draws as many samples as there are, each with all of its rows, with replacement, 2,000 times.
    pub(super) fn draw(predictions: &Predictions, majority_class: usize, seed: u64) -> Self {
        let n = predictions.len();
        let stream = Stream::new(seed, "bootstrap");
        let facts: Vec<(usize, usize, f64, f64)> = (0..n)
            .map(|sample| {
                let predicted = predictions.predicted(sample);
                let confidence = f64::from(predictions.row(sample).get(predicted).copied().unwrap_or(0.0));
                (predictions.labels[sample] as usize, predicted, predictions.loss(sample), confidence)
            })
            .collect();
        let samples = predictions.n_samples();
        let mut bits = vec![0u32; samples];
        let resamples = (0..if n == 0 { 0 } else { RESAMPLES })
            .map(|resample| {
                stream.fill_bits(resample as u32, 0, &mut bits);
                let mut confusion = Confusion::empty(predictions.classes);
                let mut baseline = Confusion::empty(predictions.classes);
                let mut loss = 0.0;
                let mut calibration = Sums::default();
                let mut rows = 0;
                for draw in &bits {
                    let sample = ((u64::from(*draw) * samples as u64) >> 32) as usize;
                    for row in predictions.rows_of(sample) {
                        let (actual, predicted, row_loss, confidence) = facts[row];
                        if actual < predictions.classes {
                            confusion.add(actual, predicted);
                            baseline.add(actual, majority_class);
                        }
                        loss += row_loss;
                        calibration.add(confidence, actual == predicted);
                        rows += 1;
                    }
                }
                let calibration_error = calibration.expected_error();
                Resample { confusion, baseline, loss: loss / f64::from(rows.max(1)), calibration_error }
            })
            .collect();
        Resamples { resamples }
    }

    /// The value with the percentiles 2.5 and 97.5 of `of` over the resamples.
    pub(super) fn interval(&self, value: f64, of: impl Fn(&Resample) -> f64) -> Estimate {
        interval(value, self.resamples.iter().map(of).collect())
    }
}

/// The value with the percentiles 2.5 and 97.5 of what resamples gave.
pub(super) fn interval(value: f64, mut values: Vec<f64>) -> Estimate {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values.get((share * (values.len() as f64 - 1.0)).round() as usize).copied();
    // The percentile interval of a biased statistic can miss its value; it is then stretched to hold it.
    let lower95 = at(0.025).unwrap_or(value).min(value);
    let upper95 = at(0.975).unwrap_or(value).max(value);
    Estimate { value, lower95, upper95, method: Method::Bootstrap }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::wilson;

    #[test]
    fn the_bootstrap_of_a_proportion_is_close_to_wilson() {
        let n = 1000;
        let predictions = Predictions {
            classes: 2,
            probabilities: (0..n).flat_map(|i| if i % 10 == 0 { [0.2, 0.8] } else { [0.8, 0.2] }).collect(),
            losses: vec![0.0; n],
            labels: vec![0; n],
            ..Predictions::default()
        };
        let resamples = Resamples::draw(&predictions, 0, 7);
        let estimate = resamples.interval(0.9, |resample| resample.confusion.accuracy());
        let exact = wilson(900, 1000);
        assert!((estimate.lower95 - exact.lower95).abs() < 0.004, "{estimate:?} {exact:?}");
        assert!((estimate.upper95 - exact.upper95).abs() < 0.004, "{estimate:?} {exact:?}");
        let again = Resamples::draw(&predictions, 0, 7);
        assert_eq!(again.interval(0.9, |resample| resample.confusion.accuracy()), estimate);
    }

    /// Steps that are right or wrong as their sample is tell no more than one step of it would.
    #[test]
    fn steps_of_a_sample_are_drawn_together() {
        let (n, steps) = (400, 9);
        let right = |i: usize| !(i / steps).is_multiple_of(10);
        let row = |i| if right(i) { [0.8, 0.2] } else { [0.2, 0.8] };
        let probabilities: Vec<f32> = (0..n * steps).flat_map(row).collect();
        let whole = Predictions::of_steps(2, steps, &probabilities, &vec![0.0; n], &vec![0; n * steps]);
        assert_eq!((whole.len(), whole.n_samples(), whole.rows_of(1), whole.sample_of(17)), (3600, n, 9..18, 1));
        let estimate = Resamples::draw(&whole, 0, 7).interval(0.9, |resample| resample.confusion.accuracy());
        let exact = wilson(360, 400);
        assert!((estimate.lower95 - exact.lower95).abs() < 0.007, "{estimate:?} {exact:?}");
        assert!((estimate.upper95 - exact.upper95).abs() < 0.007, "{estimate:?} {exact:?}");
    }
}
