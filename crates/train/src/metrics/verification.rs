//! Verification: whether two samples are of one class, by the distance of their embeddings.
//!
//! Pairs are drawn, half of them of one class; they follow from the labels and the seed alone. What is measured of them is bootstrapped
//! over *samples*: a pair counts as often as both of its samples were drawn, since pairs that share a sample are not independent.

use proofmark_tensor::random::Stream;
use serde::Serialize;

use super::bootstrap::RESAMPLES;
use super::{EvaluationOptions, Predictions, bootstrap};
use crate::metrics::Estimate;

/// Pairs of one class, and as many of two.
const PAIRS: u32 = 5000;

/// Drawn pairs, nearest first.
pub(super) struct Pairs {
    pairs: Vec<Pair>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Pair {
    distance: f64,
    samples: [usize; 2],
    is_same: bool,
}

/// The distances up to which two samples are taken for one class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Thresholds {
    /// Of [`Metric::VerificationAccuracy`](super::Metric::VerificationAccuracy).
    pub accuracy: f64,
    /// Where errors of both kinds are equally frequent, as [`Metric::EqualErrorRate`](super::Metric::EqualErrorRate) has it.
    pub equal_error: f64,
}

/// What is measured of pairs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rates {
    /// Share of the pairs that a threshold tells apart.
    pub(super) accuracy: f64,
    /// False acceptances where they are as frequent as false rejections.
    pub(super) equal_error: f64,
    /// The distance up to which two samples would be taken for one class there.
    pub(super) equal_error_threshold: f64,
    /// How often a pair of one class is nearer than one of two.
    pub(super) auc: f64,
}

impl Pairs {
    /// Draws pairs: 5,000 of one class, whose first sample is any and whose second any other of its class, and 5,000 of two classes. A
    /// sample without such another one gives no pair. `None` if there are no embeddings, or no pair of either kind.
    pub(super) fn draw(predictions: &Predictions, seed: u64) -> Option<Pairs> {
        if predictions.embeddings.is_empty() {
            return None;
        }
        let labels = &predictions.labels;
        let mut by_class: Vec<usize> = (0..labels.len()).collect();
        by_class.sort_by_key(|sample| labels[*sample]);
        let stream = Stream::new(seed, "verification pairs");
        let drawn = |kind: u32, pair: u32, element: u32, n: usize| {
            ((u64::from(stream.u32_at(kind, u64::from(pair), element)) * n as u64) >> 32) as usize
        };
        let mut pairs = Vec::new();
        for (kind, is_same) in [(0, true), (1, false)] {
            for pair in 0..PAIRS {
                let place = drawn(kind, pair, 0, by_class.len());
                let first = by_class[place];
                let start = by_class.partition_point(|sample| labels[*sample] < labels[first]);
                let end = by_class.partition_point(|sample| labels[*sample] <= labels[first]);
                let others = if is_same { end - start - 1 } else { by_class.len() - (end - start) };
                if others == 0 {
                    continue;
                }
                let other = drawn(kind, pair, 1, others);
                let other = match is_same {
                    true => start + other + usize::from(start + other >= place),
                    false => other + if other >= start { end - start } else { 0 },
                };
                let samples = [first, by_class[other]];
                pairs.push(Pair { distance: predictions.distance(samples[0], samples[1]), samples, is_same });
            }
        }
        let n_same = pairs.iter().filter(|pair| pair.is_same).count();
        // Equal distances in the order in which they were drawn.
        pairs.sort_by(|a, b| a.distance.total_cmp(&b.distance));
        (n_same > 0 && n_same < pairs.len()).then_some(Pairs { pairs })
    }

    /// The distance at which accepting all nearer pairs as of one class is most often right; of equals the smallest. Half-way between
    /// two pairs.
    pub(super) fn best_threshold(&self) -> f64 {
        let different = self.pairs.iter().filter(|pair| !pair.is_same).count();
        // Pairs that are right when nothing is accepted.
        let (mut right, mut best, mut threshold) = (different, different, self.pairs[0].distance / 2.0);
        let mut at = 0;
        for group in self.pairs.chunk_by(|a, b| a.distance == b.distance) {
            let same = group.iter().filter(|pair| pair.is_same).count();
            at += group.len();
            right = right + same - (group.len() - same);
            if right > best {
                best = right;
                let next = self.pairs.get(at).map_or(group[0].distance, |next| next.distance);
                threshold = (group[0].distance + next) / 2.0;
            }
        }
        threshold
    }

    /// The rates of pairs that count so often; `None` if no pair of one class or none of two counts.
    pub(super) fn rates(&self, threshold: f64, weight: impl Fn([usize; 2]) -> f64) -> Option<Rates> {
        let total = |is_same: bool| -> f64 {
            self.pairs.iter().filter(|pair| pair.is_same == is_same).map(|pair| weight(pair.samples)).sum()
        };
        let [all_same, all_different] = [total(true), total(false)];
        if all_same == 0.0 || all_different == 0.0 {
            return None;
        }
        let [mut same, mut different, mut nearer, mut right] = [0.0; 4];
        let (mut equal_error, mut equal_error_threshold) = (None, 0.0);
        for group in self.pairs.chunk_by(|a, b| a.distance == b.distance) {
            let [mut own_same, mut own_different] = [0.0; 2];
            for pair in group {
                let own = if pair.is_same { &mut own_same } else { &mut own_different };
                *own += weight(pair.samples);
            }
            right += if group[0].distance <= threshold { own_same } else { own_different };
            let before = [different / all_different, 1.0 - same / all_same];
            same += own_same;
            different += own_different;
            nearer += own_same * (all_different - different + own_different / 2.0);
            let after = [different / all_different, 1.0 - same / all_same];
            if equal_error.is_none() && after[0] >= after[1] {
                // Where the lines between both points meet.
                let gaps = [before[1] - before[0], after[0] - after[1]];
                let share = gaps[0] / (gaps[0] + gaps[1]);
                equal_error = Some(before[0] + share * (after[0] - before[0]));
                equal_error_threshold = group[0].distance;
            }
        }
        Some(Rates {
            accuracy: right / (all_same + all_different),
            equal_error: equal_error.unwrap_or(0.0),
            equal_error_threshold,
            auc: nearer / (all_same * all_different),
        })
    }

    /// The threshold that pairs are judged by, beside the one of the equal error rate.
    pub(super) fn thresholds(&self, accuracy: f64) -> Option<Thresholds> {
        Some(Thresholds { accuracy, equal_error: self.rates(accuracy, |_| 1.0)?.equal_error_threshold })
    }

    /// The rates of the drawn pairs, each with its interval: the same draws of samples as every other metric's.
    pub(super) fn estimates(&self, samples: usize, threshold: f64, seed: u64) -> Option<[Estimate; 3]> {
        let value = self.rates(threshold, |_| 1.0)?;
        let stream = Stream::new(seed, "bootstrap");
        let (mut bits, mut times) = (vec![0u32; samples], vec![0.0f64; samples]);
        let mut resampled = Vec::with_capacity(RESAMPLES);
        for resample in 0..RESAMPLES {
            stream.fill_bits(resample as u32, 0, &mut bits);
            times.fill(0.0);
            for draw in &bits {
                times[((u64::from(*draw) * samples as u64) >> 32) as usize] += 1.0;
            }
            resampled.extend(self.rates(threshold, |[a, b]| times[a] * times[b]));
        }
        let estimate = |of: fn(&Rates) -> f64| bootstrap::interval(of(&value), resampled.iter().map(of).collect());
        Some([estimate(|rates| rates.accuracy), estimate(|rates| rates.equal_error), estimate(|rates| rates.auc)])
    }
}

/// Accuracy, equal error rate and area, with what pairs were judged by; `None` if nobody asks, or there are no pairs of both kinds.
pub(super) fn measure(
    predictions: &Predictions,
    options: &EvaluationOptions<'_>,
) -> Option<([Estimate; 3], Thresholds)> {
    if !options.metrics.iter().any(|metric| metric.is_of_pairs()) {
        return None;
    }
    let pairs = Pairs::draw(predictions, options.seed)?;
    let threshold = options.threshold.unwrap_or_else(|| pairs.best_threshold());
    Some((pairs.estimates(predictions.n_samples(), threshold, options.seed)?, pairs.thresholds(threshold)?))
}

/// The distance up to which two samples are taken for one class: the best one for pairs drawn from these samples. To be chosen on
/// validation. `None` without embeddings, or without pairs of both kinds.
pub fn verification_threshold(predictions: &Predictions, seed: u64) -> Option<f64> {
    Some(Pairs::draw(predictions, seed)?.best_threshold())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(of: &[(f64, bool)]) -> Pairs {
        let pair = |(idx, (distance, is_same)): (usize, &(f64, bool))| Pair {
            distance: *distance,
            samples: [2 * idx, 2 * idx + 1],
            is_same: *is_same,
        };
        Pairs { pairs: of.iter().enumerate().map(pair).collect() }
    }

    fn embedded(values: &[f32], labels: &[i32]) -> Predictions {
        let order: Vec<u32> = (0..labels.len() as u32).collect();
        Predictions::of_embeddings(3, values, &vec![0.0; labels.len()], labels, &order)
    }

    #[test]
    fn rates_by_hand() {
        let apart = pairs(&[(0.1, true), (0.3, true), (0.7, false), (0.9, false)]);
        assert_eq!(apart.best_threshold(), 0.5);
        let rates = apart.rates(0.5, |_| 1.0).unwrap();
        assert_eq!(rates, Rates { accuracy: 1.0, equal_error: 0.0, equal_error_threshold: 0.3, auc: 1.0 });
        // same, different, same, different: of four combinations three are in order; after the second pair both errors are one half.
        let mixed = pairs(&[(1.0, true), (2.0, false), (3.0, true), (4.0, false)]);
        assert_eq!(mixed.best_threshold(), 1.5);
        let rates = mixed.rates(1.5, |_| 1.0).unwrap();
        assert_eq!(rates, Rates { accuracy: 0.75, equal_error: 0.5, equal_error_threshold: 2.0, auc: 0.75 });
        // Ties count one half, and a line between the two ends meets the diagonal in the middle.
        let tied = pairs(&[(1.0, true), (1.0, false)]);
        let rates = tied.rates(1.0, |_| 1.0).unwrap();
        assert_eq!(rates, Rates { accuracy: 0.5, equal_error: 0.5, equal_error_threshold: 1.0, auc: 0.5 });
        // The third pair twice, the others once.
        let rates = mixed.rates(1.5, |[first, _]| if first == 4 { 2.0 } else { 1.0 }).unwrap();
        assert_eq!((rates.accuracy, rates.auc), (0.6, (2.0 + 2.0 * 1.0) / 6.0));
        assert!(mixed.rates(1.5, |_| 0.0).is_none());
    }

    /// A second, plain count of what the definition says.
    #[test]
    fn the_area_is_the_share_of_pairs_in_order() {
        let values: Vec<f32> = (0..90).map(|i| ((i * 37) % 90) as f32 / 30.0 + (i % 3) as f32 * 0.6).collect();
        let labels: Vec<i32> = (0..90).map(|i| i % 3).collect();
        let drawn = Pairs::draw(&embedded(&values, &labels), 7).unwrap();
        assert_eq!(drawn.pairs.len(), 10_000);
        for pair in &drawn.pairs {
            let [a, b] = pair.samples;
            assert!(a != b && (labels[a] == labels[b]) == pair.is_same);
            assert_eq!(pair.distance, (f64::from(values[a]) - f64::from(values[b])).abs());
        }
        let few: Vec<&Pair> = drawn.pairs.iter().step_by(50).collect();
        let sub = Pairs { pairs: few.iter().map(|pair| **pair).collect() };
        let (mut in_order, mut all) = (0.0, 0.0);
        for same in few.iter().filter(|pair| pair.is_same) {
            for different in few.iter().filter(|pair| !pair.is_same) {
                all += 1.0;
                in_order += match same.distance.total_cmp(&different.distance) {
                    std::cmp::Ordering::Less => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Greater => 0.0,
                };
            }
        }
        let rates = sub.rates(1.0, |_| 1.0).unwrap();
        assert!((rates.auc - in_order / all).abs() < 1e-12, "{rates:?}");
        let right = few.iter().filter(|pair| (pair.distance <= 1.0) == pair.is_same).count();
        assert_eq!(rates.accuracy, right as f64 / few.len() as f64);
    }

    #[test]
    fn intervals_hold_the_value_and_are_the_same_again() {
        let values: Vec<f32> = (0..60).map(|i| ((i * 17) % 60) as f32 / 40.0 + (i % 2) as f32).collect();
        let labels: Vec<i32> = (0..60).map(|i| i % 2).collect();
        let predictions = embedded(&values, &labels);
        let threshold = verification_threshold(&predictions, 3).unwrap();
        let drawn = Pairs::draw(&predictions, 3).unwrap();
        let estimates = drawn.estimates(60, threshold, 3).unwrap();
        for estimate in &estimates {
            assert!(estimate.lower95 < estimate.value && estimate.value < estimate.upper95, "{estimate:?}");
            assert!(estimate.upper95 - estimate.lower95 < 0.4, "{estimate:?}");
        }
        assert_eq!(Pairs::draw(&predictions, 3).unwrap().estimates(60, threshold, 3).unwrap(), estimates);
        assert_ne!(Pairs::draw(&predictions, 4).unwrap().pairs, drawn.pairs);
    }

    #[test]
    fn without_pairs_of_both_kinds_there_is_nothing_to_measure() {
        assert!(Pairs::draw(&embedded(&[1.0, 2.0], &[1, 1]), 0).is_none());
        assert!(Pairs::draw(&embedded(&[1.0, 2.0], &[0, 1]), 0).is_none());
        assert!(Pairs::draw(&Predictions::default(), 0).is_none());
        assert!(Pairs::draw(&embedded(&[1.0, 2.0, 5.0], &[0, 1, 1]), 0).is_some());
    }
}
