//! Sequences of labels that are read from samples, held against what stands there.

use proofmark_model::losses::best_path;
use proofmark_tensor::random::Stream;

use super::bootstrap::{RESAMPLES, interval};
use super::{Estimate, Measured, Metric, Predictions};

/// One sample, read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Labels that stand there, at least 1.
    pub labels: u64,
    /// How many labels must be put in, taken out or replaced to make them of what was read (Levenshtein 1966).
    pub errors: u64,
}

impl Reading {
    /// Of what a model gives for each step, the blank last, and the labels, which end at the first -1.
    pub fn of(probabilities: &[f32], outputs: usize, labels: &[i32]) -> Reading {
        let end = labels.iter().position(|label| *label < 0).unwrap_or(labels.len());
        let labels = &labels[..end];
        let errors = edit_distance(&best_path(probabilities, outputs), labels) as u64;
        Reading { labels: labels.len() as u64, errors }
    }

    /// Labels less the errors, not below 0: what a sample adds to the accuracy.
    pub fn right(self) -> u64 {
        self.labels.saturating_sub(self.errors)
    }
}

/// The fewest insertions, deletions and replacements that make one sequence of the other.
pub fn edit_distance(a: &[i32], b: &[i32]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.iter().enumerate() {
        // What stood one row above and one column before.
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in b.iter().enumerate() {
            let replaced = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// Sums over samples.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    labels: u64,
    errors: u64,
    right: u64,
    /// Of each sample as many times as it has labels.
    loss: f64,
}

impl Sums {
    fn add(&mut self, reading: Reading, loss: f64) {
        self.labels += reading.labels;
        self.errors += reading.errors;
        self.right += reading.right();
        self.loss += loss * reading.labels as f64;
    }

    fn value(&self, metric: Metric) -> Option<f64> {
        let a_label = |sum: f64| sum / self.labels.max(1) as f64;
        match metric {
            Metric::LabelErrorRate => Some(a_label(self.errors as f64)),
            Metric::Accuracy => Some(a_label(self.right as f64)),
            Metric::Loss => Some(a_label(self.loss)),
            _ => None,
        }
    }
}

/// A metric of sequences without its interval; `None` of one that they do not have.
pub(super) fn value(metric: Metric, predictions: &Predictions) -> Option<f64> {
    let mut sums = Sums::default();
    let samples = predictions.readings.iter().zip(&predictions.losses);
    samples.for_each(|(reading, loss)| sums.add(*reading, f64::from(*loss)));
    sums.value(metric)
}

/// The metrics that sequences have, with their intervals: a bootstrap of samples, each with all of its labels.
pub(super) fn measure(predictions: &Predictions, metrics: &[Metric], seed: u64) -> Vec<Measured> {
    let samples = predictions.readings.len();
    let stream = Stream::new(seed, "bootstrap");
    let mut bits = vec![0u32; samples];
    let resamples: Vec<Sums> = (0..if samples == 0 { 0 } else { RESAMPLES })
        .map(|resample| {
            stream.fill_bits(resample as u32, 0, &mut bits);
            let mut sums = Sums::default();
            for draw in &bits {
                let sample = ((u64::from(*draw) * samples as u64) >> 32) as usize;
                sums.add(predictions.readings[sample], f64::from(predictions.losses[sample]));
            }
            sums
        })
        .collect();
    let estimate = |metric: Metric| -> Option<Estimate> {
        let value = value(metric, predictions)?;
        Some(interval(value, resamples.iter().filter_map(|sums| sums.value(metric)).collect()))
    };
    let measured = Metric::ALL.iter().filter(|metric| metrics.contains(metric) && samples > 0);
    measured
        .filter_map(|&metric| {
            let estimate = estimate(metric)?;
            // Who reads nothing has no label right.
            let is_accuracy = metric == Metric::Accuracy;
            Some(Measured {
                metric,
                estimate,
                baseline: is_accuracy.then_some(0.0),
                gain: is_accuracy.then_some(estimate),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        // "kitten" and "sitting", as letters of the alphabet.
        let (kitten, sitting) = ([10, 8, 19, 19, 4, 13], [18, 8, 19, 19, 8, 13, 6]);
        assert_eq!(edit_distance(&kitten, &sitting), 3);
        assert_eq!(edit_distance(&sitting, &kitten), 3);
        assert_eq!([edit_distance(&[], &kitten), edit_distance(&kitten, &[]), edit_distance(&[], &[])], [6, 6, 0]);
        assert_eq!(edit_distance(&[1, 2, 3], &[2, 3, 1]), 2);
    }

    #[test]
    fn the_rate_is_of_all_labels_and_samples_are_drawn_whole() {
        let readings: Vec<Reading> = (0..400)
            .map(|i| if i % 4 == 0 { Reading { labels: 1, errors: 2 } } else { Reading { labels: 9, errors: 0 } })
            .collect();
        let predictions = Predictions {
            classes: 2,
            losses: (0..400).map(|i| if i % 4 == 0 { 3.0 } else { 1.0 }).collect(),
            readings,
            ..Predictions::default()
        };
        assert_eq!((predictions.n_samples(), predictions.is_empty()), (400, false));
        // 200 errors in 100 + 2700 labels; a sample of more errors than labels has none right.
        let asked = [Metric::Accuracy, Metric::LabelErrorRate, Metric::Loss, Metric::F1];
        let measured = measure(&predictions, &asked, 7);
        let values: Vec<(Metric, f64)> =
            measured.iter().map(|measured| (measured.metric, measured.estimate.value)).collect();
        let (accuracy, loss) = (2700.0 / 2800.0, (300.0 + 2700.0) / 2800.0);
        let expected = [(Metric::Accuracy, accuracy), (Metric::Loss, loss), (Metric::LabelErrorRate, 200.0 / 2800.0)];
        assert_eq!(values, expected);
        assert_eq!((predictions.mean_loss(), predictions.accuracy()), (loss, accuracy));
        for Measured { estimate, .. } in &measured {
            assert!(estimate.lower95 < estimate.value && estimate.value < estimate.upper95, "{estimate:?}");
        }
        assert_eq!(measured, super::measure(&predictions, &asked, 7));
        assert_eq!(super::measure(&Predictions::default(), &asked, 7), []);
    }

    #[test]
    fn labels_end_at_the_first_that_is_missing() {
        let rows = [0.9, 0.1, 0.0, 0.0, 0.2, 0.8, 0.1, 0.9, 0.0];
        assert_eq!(Reading::of(&rows, 3, &[0, 1, -1, -1]), Reading { labels: 2, errors: 0 });
        assert_eq!(Reading::of(&rows, 3, &[1, -1, -1]), Reading { labels: 1, errors: 1 });
    }
}
